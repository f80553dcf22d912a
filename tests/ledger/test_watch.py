"""The watch looks into one seal and says what cannot be right; what is right it says nothing about."""

from collections.abc import Iterator

import pytest

from service.ledger.books import Step
from service.ledger.chart import Reason
from service.ledger.seal import Break, seal_batch
from service.ledger.watch import look_into
from service.storage.store import Store
from tests.conftest import DATABASES, SEAL_KEY, opened
from tests.ledger.shop import NOON, A, B, C, entry, fund, posted, send
from tests.ledger.tamper import tamper

pytestmark = pytest.mark.tampers


def found(store: Store) -> list[Break]:
    """Return what the watch finds in the last seal."""

    def look(tx: object) -> list[Break]:
        books = tx.books  # type: ignore[attr-defined]
        last = books.last_seal()
        return list(look_into(books, last, books.seal(last.number - 1))[1])

    return store.read(look)


@pytest.fixture
def sealed(store_url: str) -> Iterator[Store]:
    """Books with two seals: the last covers a send with a fee, and its reversal in part."""
    store = opened(store_url)
    fund(store, {A: 1000, B: 0, C: 0})
    posted(store, send(100, A, B, 500, fee=5, tax=1))
    store.transact(lambda tx: seal_batch(tx.books, SEAL_KEY, NOON))
    posted(store, send(101, B, C, 50, fee=2))
    posted(store, entry(102, (C, B, 20, Reason.SEND), (C, A, 5, Reason.SEND)))
    store.transact(lambda tx: seal_batch(tx.books, SEAL_KEY, NOON))
    yield store
    store.close()


def test_sound_seals_say_nothing_on_any_engine(sealed: Store) -> None:
    """What each account was left with, and what it had before, is told the same by every engine."""
    assert found(sealed) == []
    steps = sealed.read(lambda tx: tx.books.steps_of(2))
    assert list(steps) == [
        Step(101, B, 500, -50, 450),
        Step(101, C, 0, 50, 50),
        Step(101, B, 450, -2, 448),
        Step(102, C, 50, -20, 30),
        Step(102, B, 448, 20, 468),
        Step(102, C, 30, -5, 25),
        Step(102, A, 494, 5, 499),
    ]


def moves(change: str, entry_id: int, reason: str) -> str:
    return f"UPDATE moves SET {change} WHERE entry = {entry_id} AND reason = '{reason}'"


SPOILED = {
    "an amount": (moves("amount = amount + 1", 101, "send"), "entry 101"),
    "what was left": (moves("source_after = source_after + 1", 101, "fee"), "entry 101"),
    "a line of long ago": (moves("target_after = target_after + 1", 100, "send"), "entry 101"),
    "an illegal move": (moves("reason = 'cash_in'", 101, "send"), "entry 101"),
    "an entry without moves": ("DELETE FROM moves WHERE entry = 101", "entry 101"),
    "a fee": (moves("amount = 1, source_after = 449", 101, "fee"), "seal 2"),
    "below zero": (moves("target_after = -1, amount = -51", 101, "send"), "entry 101"),
}


# PostgreSQL's constraint on amounts holds with every trigger off.
CASES = [(one, what) for one in DATABASES for what in SPOILED if (one, what) != ("postgres", "below zero")]


@pytest.mark.parametrize(("engine", "what"), CASES)
def test_L_14_what_cannot_be_right_is_said_with_its_place(
    sealed: Store, engine: str, store_url: str, what: str
) -> None:
    """Whatever of it is changed behind the program's back, or by a fault of it, the watch names the place."""
    statement, where = SPOILED[what]
    tamper(engine, store_url, statement)
    assert where in [one.where for one in found(sealed)]
