"""Bugs that other money services had in their books, and that ours do not have; tests/peers.py has them all."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pysqlite3 import dbapi2

from service.ledger.entry import AlreadyDone, Posted
from service.ledger.post import post
from service.money import BadAmount, Currency, read_amount
from service.refusal import Refusal
from service.storage.store import Store
from service.wallet.account import wallet_of
from service.wallet.operator import approve, propose
from service.wallet.proposal import NothingToApprove
from tests.conftest import DATABASES, assert_sound, opened
from tests.hostile.crowd import at_once
from tests.ledger.shop import FLOAT, A, B, balance, fund, minted, posted, send, wallet
from tests.ledger.test_post import held, released
from tests.phone import PINS, Town


def test_L_05_I_10_peer_07_no_entry_leaves_its_country(store: Store) -> None:
    """Accounts of two countries, and so of two currencies, never meet in an entry; decimals follow the currency."""
    abroad = wallet("c", country="ug")
    fund(store, {A: 1000, B: 0})
    store.transact(lambda tx: tx.books.open(abroad))
    for pair in ((A, abroad), (abroad, A)):
        with pytest.raises(AssertionError, match="leaves its country"):
            posted(store, send(100, *pair, 5))
    assert balance(store, A) == 1000
    assert [read_amount("15", Currency(code, places, ())) for code, places in (("XOF", 0), ("TND", 3))] == [15, 15_000]
    with pytest.raises(BadAmount):
        read_amount("1.5", Currency("XOF", 0, ()))


def test_I_05_peer_08_two_negatives_make_no_payment(store: Store) -> None:
    """An amount, a charge or both below zero, or nothing at all: no entry, and no account moves."""
    fund(store, {A: 1000, B: 1000})
    for amount, fee in [(-500, 0), (-500, -5), (500, -5), (0, 5), (-1, -1)]:
        for attempt in (store.post_one, partial(posted, store)):
            with pytest.raises(AssertionError):
                attempt(send(100, A, B, amount, fee=fee))
    assert (balance(store, A), balance(store, B)) == (1000, 1000)


def test_K_09_peer_09_who_is_cancelled_lets_go_of_every_lock(store: Store) -> None:
    """A request ends in the middle of a posting, in whatever way: the wallet is untouched and free for the next one."""
    fund(store, {A: 1000, B: 0})
    for how in (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        with pytest.raises(how):
            store.transact(partial(cancelled, how))
        assert balance(store, A) == 1000
    results = at_once([partial(posted, store, send(number, A, B, 100)) for number in range(200, 206)])
    assert all(isinstance(result, Posted) for result in results)
    assert balance(store, A) == 400


def cancelled(how: type[BaseException], tx: Any) -> None:
    """Post, and end before the commit."""
    post(tx.books, send(100, A, B, 600))
    raise how


def test_L_01_peer_12_every_hold_has_a_line_in_the_books(store: Store) -> None:
    """What a hold and its end do to a balance stands in the moves: each balance is the sum of its lines."""
    fund(store, {A: 1000})
    wanted = held(store, 300)

    def lines() -> list[tuple[int, int | None]]:
        return store.read(lambda tx: [(line.amount, line.balance) for line in tx.books.lines(A)])

    assert lines() == [(-300, 700), (1000, 1000)]
    assert balance(store, A) == 700
    released(store, wanted)
    assert lines() == [(300, 1000), (-300, 700), (1000, 1000)]
    assert balance(store, A) == 1000


def test_A_04_peer_16_one_entry_twice_in_a_batch_is_posted_once(store: Store) -> None:
    """The same entry stands twice in a batch, and once in the next: posted once, answered alike each time."""
    fund(store, {A: 1000, B: 0})
    batch = [send(100, A, B, 600), send(101, A, B, 1), send(100, A, B, 600)]
    first, _, second = store.post_many(batch)
    assert isinstance(first, Posted)
    assert second == first._replace(repeated=True)
    assert store.post_many(batch[:1]) == [second]
    assert balance(store, B) == 601


@pytest.mark.parametrize("engine", DATABASES)
def test_O_08_peer_20_two_set_up_one_database_at_once(
    engine: str, tmp_path: Path, new_database: Callable[..., str]
) -> None:
    """Two programs migrate an empty database at one instant: all end well, and it is set up once."""
    url = new_database() if engine == "postgres" else f"sqlite:///{tmp_path}/senti.db"
    code = f"from service.storage.migrate import migrate; migrate({url!r})"
    crowd = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [one.communicate(timeout=120)[1] for one in crowd]
    assert [one.returncode for one in crowd] == [0, 0], "\n".join(said)
    store = opened(url)
    assert store.schema_is_current()
    fund(store, {A: 10})
    assert_sound(store)
    store.close()


def test_L_09_peer_32_of_two_reversals_that_many_approve_one_is_made(on_disk: Town) -> None:
    """Two proposals to undo one cash-in, each approved by four people at one instant: the money goes back once."""
    njeri = on_disk.phone("Njeri").dial("*384*97#").press("1", "0722000002", "100", PINS["Njeri"])
    assert njeri.over, njeri.screen
    entry = newest_of(on_disk, "Baraka")
    made = [
        on_disk.app.transact(lambda unit: propose(unit, act="reverse", values={"entry": entry}, maker="ann")).id
        for _ in range(2)
    ]

    def one(number: int, name: str) -> object:
        try:
            return on_disk.app.transact(lambda unit: approve(unit, approval_id=number, checker=name))
        except Refusal as no:
            return no

    results = at_once([partial(one, number, f"bob {turn}") for number in made for turn in range(4)])
    assert sum(not isinstance(result, Refusal) for result in results) == 1
    assert sum(isinstance(result, NothingToApprove | AlreadyDone) for result in results) == 7
    assert on_disk.balance("Baraka") == 15_000


def newest_of(town: Town, who: str) -> int:
    """Return the id of the entry that moved somebody's money last."""
    account = wallet_of(town.person(who))
    return town.app.read(lambda unit: unit.books.lines(account, limit=1)[0].entry)


@pytest.mark.parametrize("engine", DATABASES)
@pytest.mark.parametrize("edge", [2**31, 2**32])
def test_D_12_peer_53_numbers_go_on_past_thirty_two_bits(edge: int, store_url: str) -> None:
    """Identifiers and move numbers stand before 2^31 and 2^32: entries go on across, and so do amounts beyond them."""
    if store_url.startswith("sqlite"):
        with dbapi2.connect(store_url.removeprefix("sqlite:///")) as file:
            assert file.execute("UPDATE mint SET last = ?", [edge - 3]).rowcount == 1
        file.close()
    else:
        with psycopg.connect(store_url) as connection:
            connection.execute(f"SELECT setval('ids', {edge - 64})")
            connection.execute(f"ALTER TABLE moves ALTER COLUMN number RESTART WITH {edge - 3}")
            narrow = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND data_type = %s"
            assert connection.execute(narrow, ["integer"]).fetchone() == (0,)
    store = opened(store_url)
    fund(store, {A: 2 * edge, B: 0})
    numbers = [minted(store) for _ in range(100)]
    for number in numbers:
        posted(store, send(number, A, B, edge // 100, fee=1))
    assert numbers == sorted(numbers)
    assert numbers[-1] > edge
    assert balance(store, B) == edge // 100 * 100
    assert balance(store, FLOAT) == 1_000_000
    assert_sound(store)
    store.close()
