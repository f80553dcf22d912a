"""Nothing that a phone waits for takes longer than it was given, and what then is said is true."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from pysqlite3 import dbapi2

from service.ledger.post import post
from service.storage.patience import in_time, seconds_left, within
from service.storage.store import Busy, Store, Unsure
from service.wallet.unit import Person, Seen
from tests.conftest import DATABASES
from tests.ledger.shop import NOON, A, B, balance, fund, send
from tests.storage.people import person

WORTH = 0.3
"""Seconds that the work is given; all that it meets lasts longer, and yet less than what a lock may take by itself."""


@pytest.fixture
def ready(store: Store) -> Store:
    fund(store, {A: 1000, B: 0})
    store.transact(lambda tx: tx.rows.add(person(1)))
    return store


def pay(tx: Any) -> None:
    tx.rows.lock(Person, 1)
    post(tx.books, send(500, A, B, 100, fee=5))


@contextmanager
def held(lock: Callable[[], Callable[[], object]], seconds: float) -> Iterator[None]:
    """Hold a lock for some seconds, in a thread of its own; `lock` returns what lets go."""
    held, let_go = threading.Event(), []

    def hold() -> None:
        let_go.append(lock())
        held.set()
        time.sleep(seconds)
        let_go[0]()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    yield
    thread.join()


def held_outside(url: str) -> Callable[[], Callable[[], object]]:
    """Return what locks the database as another process does."""

    def lock() -> Callable[[], object]:
        if url.startswith("sqlite"):
            bare: Any = dbapi2.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
            bare.execute("BEGIN IMMEDIATE")
            return lambda: bare.close()
        connection = psycopg.connect(url)
        connection.execute("SELECT FROM people FOR UPDATE")
        return connection.close

    return lock


@pytest.mark.parametrize("engine", DATABASES)
def test_W_08_a_lock_is_waited_for_no_longer_than_there_is_time(ready: Store, store_url: str) -> None:
    """Another process holds what the work needs: it is Busy when its time is over, and works when nobody waits."""
    with held(held_outside(store_url), 1.2), pytest.raises(Busy), within(WORTH):
        ready.transact(pay)
    assert balance(ready, B) == 0
    with held(held_outside(store_url), 1.2):
        ready.transact(pay)
    assert balance(ready, B) == 100


@pytest.mark.parametrize("engine", ["sqlite"])
def test_W_08_a_turn_is_waited_for_no_longer_than_there_is_time(ready: Any) -> None:
    """Another thread of this process writes; the queue behind it does not wait longer than a phone does."""

    def lock() -> Callable[[], object]:
        turn = ready._turn.taken()
        turn.__enter__()
        return lambda: turn.__exit__(None, None, None)

    with held(lock, 1.2), pytest.raises(Busy), within(WORTH):
        ready.transact(pay)
    assert balance(ready, B) == 0


@pytest.mark.parametrize("engine", ["postgres"])
def test_W_08_a_server_that_does_not_answer_is_cut_off(ready: Store) -> None:
    """Whatever the server is doing: before COMMIT nothing was written, and the next work finds a fresh connection."""

    def work(tx: Any) -> None:
        pay(tx)
        tx.books._one("SELECT pg_sleep(1.5)")

    with pytest.raises(Busy), within(WORTH):
        ready.transact(work)
    assert balance(ready, B) == 0
    ready.transact(pay)
    assert balance(ready, B) == 100


@pytest.mark.parametrize("engine", ["postgres"])
def test_W_08_a_commit_that_does_not_answer_is_in_doubt(ready: Store, store_url: str) -> None:
    """The COMMIT was sent, and may be done later: the phone must not read that nothing was taken."""
    with psycopg.connect(store_url) as connection:
        connection.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END $$"
        )
        connection.execute(
            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON seen DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION slow()"
        )

    def slowly(tx: Any) -> None:
        pay(tx)
        tx.rows.add(Seen(key="sms:1", at=NOON))

    try:
        with pytest.raises(Unsure), within(WORTH):
            ready.transact(slowly)
        # Whoever asks for the same money next waits for the one in doubt, and then knows: here it was done.
        ready.transact(lambda tx: tx.rows.lock(Person, 1))
        assert balance(ready, B) == 100
    finally:
        with psycopg.connect(store_url) as connection:
            connection.execute("DROP FUNCTION slow CASCADE")


def test_W_08_a_connection_that_comes_too_late_is_closed() -> None:
    """Looking up a name or connecting cannot be cut: it is left to itself, and what it makes is put away."""
    go, closed = threading.Event(), threading.Event()

    def connect() -> str:
        assert go.wait(10)
        return "late"

    def close(late: str) -> None:
        assert late == "late"
        closed.set()

    with pytest.raises(Busy), within(WORTH):
        in_time(connect, undo=close)
    go.set()
    assert closed.wait(10)


def test_time_that_is_given_within_given_time_is_never_more() -> None:
    """Who is given less keeps less; nobody who is not given any is bound."""
    with within(5):
        with within(60):
            assert seconds_left() <= 5
        with within(1):
            assert seconds_left() <= 1
    assert seconds_left() == float("inf")
