"""Identifiers: never the same twice, growing with time, within what a reference can carry."""

import subprocess
import sys
import threading
from typing import Any

import psycopg
import pytest

from service.storage.postgresql_wire import PostgresqlWire
from service.storage.store import Store
from service.storage.wire import Values
from tests.conftest import DATABASES, opened
from tests.ledger.shop import minted
from tests.storage.people import notice

PROCESS = """
import sys
from service.storage.open import open_store
store = open_store(sys.argv[1], field_keys=[bytes(32)], index_keys=[bytes(32)])
for _ in range(20):
    print(*store.transact(lambda tx: [tx.mint() for _ in range(25)]))
store.close()
"""


def test_K_04_identifiers_grow_from_one(store: Store) -> None:
    """Within one process each is greater than the one before, and the first is 1."""
    numbers = [minted(store) for _ in range(50)] + store.transact(lambda tx: [tx.mint() for _ in range(50)])
    assert numbers[0] == 1
    assert numbers == sorted(set(numbers))
    assert max(numbers) < 2**40


def test_K_04_what_was_rolled_back_is_not_given_out_with_other_content(store: Store) -> None:
    """The row that would have shown the number is gone with the number, or the number is never given out again."""
    kept: list[int] = []

    def work(tx: Any) -> None:
        kept.append(tx.mint())
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            store.transact(work)
    before = minted(store)
    assert minted(store) > before
    assert before not in kept[:-1] or len(set(kept)) == 1


@pytest.mark.parametrize("engine", DATABASES)
def test_K_04_peer_15_three_processes_and_a_restart(store: Store, store_url: str) -> None:
    """1,500 identifiers from three processes at once, and more after a restart: no two alike."""
    command = [sys.executable, "-c", PROCESS, store_url]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    numbers = [int(number) for process in running for number in process.communicate()[0].split()]
    assert len(numbers) == len(set(numbers)) == 1500
    again = opened(store_url)
    assert minted(again) > max(numbers)
    again.close()


@pytest.mark.parametrize("engine", ["postgres"])
def test_K_04_identifiers_of_two_processes_follow_each_other_in_time(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that rested a second gives out numbers beyond those that others gave out meanwhile."""
    clock = {"seconds": 0.0}
    monkeypatch.setattr("service.storage.postgresql.time.monotonic", lambda: clock["seconds"])
    other = opened(store_url)
    first = minted(store)
    meanwhile = [minted(other) for _ in range(40)]
    assert minted(store) < max(meanwhile)
    clock["seconds"] = 2.0
    assert minted(store) > max(meanwhile) > first
    other.close()


@pytest.mark.parametrize("engine", ["postgres"])
def test_W_08_who_waits_for_numbers_holds_up_nobody_else(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the server does not answer one who asks for numbers, others get theirs."""
    read, asked, answer = PostgresqlWire.read, threading.Event(), threading.Event()
    slow: list[int] = []

    def slowly(wire: PostgresqlWire, sql: str, values: Values = ()) -> Any:
        if "nextval" in sql and threading.current_thread() is waiting:
            asked.set()
            assert answer.wait(30)
        return read(wire, sql, values)

    monkeypatch.setattr(PostgresqlWire, "read", slowly)
    waiting = threading.Thread(target=lambda: slow.extend([minted(store), minted(store)]), daemon=True)
    waiting.start()
    assert asked.wait(30)
    quick: list[int] = []
    other = threading.Thread(target=lambda: quick.extend([minted(store), minted(store)]), daemon=True)
    other.start()
    other.join(20)
    held_up = other.is_alive()
    answer.set()
    waiting.join(20)
    assert not held_up
    assert len({*quick, *slow}) == 4


def write_and_mint(tx: Any) -> list[int]:
    """Write a row under a number, which needs a living connection, and mint another."""
    number = tx.mint()
    tx.rows.add(notice(number))
    return [number, tx.mint()]


@pytest.mark.parametrize("engine", ["postgres"])
def test_D_03_a_server_that_has_forgotten_a_stretch_may_give_it_to_another(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that dies can rise with an older counter: who lived through that mints no number twice."""
    monkeypatch.setattr("service.storage.postgresql._STALE_SECONDS", 60)
    mine = [minted(store)]
    with psycopg.connect(store_url, autocommit=True) as server:  # what a crash comes to for those connected
        server.execute("ALTER SEQUENCE ids RESTART")
        server.execute(
            "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    other = opened(store_url)
    others = [minted(other) for _ in range(9)]
    mine += store.transact(write_and_mint)
    other.close()
    assert others[0] == mine[0], "the first of mine was never seen by anybody"
    assert not set(mine[1:]) & set(others)
