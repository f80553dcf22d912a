"""A small country to test in: accounts with short names, entries in one line, and money for everybody."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any, TypeVar

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Cap, Ceiling, Entry, Move, Posted
from service.ledger.post import post
from service.refusal import Refusal
from service.storage.store import Store

T = TypeVar("T")

NOON = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TRUST = Account("ke", Kind.TRUST)
FEES = Account("ke", Kind.FEES)
TAX = Account("ke", Kind.TAX)
FLOAT = Account("ke", Kind.FLOAT, "100016")
COMMISSION = Account("ke", Kind.COMMISSION, "100016")


def wallet(owner: object, country: str = "ke") -> Account:
    return Account(country, Kind.WALLET, str(owner))


A, B, C = wallet("a"), wallet("b"), wallet("c")


def entry(
    entry_id: int,
    *moves: tuple[Account, Account, int, Reason],
    reason: Reason | None = None,
    ceilings: Iterable[Ceiling] = (),
    caps: Iterable[Cap] = (),
    once: str | None = None,
) -> Entry:
    """Build an entry whose reason is its first move's."""
    made = tuple(Move(*move) for move in moves)
    why = reason or made[0].reason
    return Entry(id=entry_id, reason=why, at=NOON, moves=made, ceilings=tuple(ceilings), caps=tuple(caps), once=once)


def send(
    entry_id: int, source: Account, target: Account, amount: int, fee: int = 0, tax: int = 0, **more: Any
) -> Entry:
    """Build a payment with its charges."""
    charges = [(source, FEES, fee, Reason.FEE)] * bool(fee) + [(source, TAX, tax, Reason.EXCISE)] * bool(tax)
    return entry(entry_id, (source, target, amount, Reason.SEND), *charges, **more)


def fund(store: Store, amounts: dict[Account, int]) -> None:
    """Open accounts and put money into them; the float gets a lot."""

    def work(tx: Any) -> None:
        tx.books.open(FLOAT)
        issued = (TRUST, FLOAT, sum(amounts.values()) + 1_000_000, Reason.ISSUE)
        post(tx.books, entry(tx.mint(), issued))
        for account, amount in amounts.items():
            tx.books.open(account)
            if amount and account != FLOAT:
                post(tx.books, entry(tx.mint(), (FLOAT, account, amount, Reason.CASH_IN)))

    store.transact(work)


def balance(store: Store, account: Account) -> int:
    return store.read(lambda tx: tx.books.balance(account))


def posted(store: Store, wanted: Entry) -> Posted:
    """Post in a transaction of its own, through the ledger's front door."""
    return store.transact(lambda tx: post(tx.books, wanted))


def minted(store: Store) -> int:
    return store.transact(lambda tx: tx.mint())


def race(works: Iterable[Callable[[], T]]) -> list[T | Refusal]:
    """Run all at one instant, each on a thread; return what each gave, or its refusal. Other errors are raised."""
    waiting = list(works)
    start = Barrier(len(waiting))

    def run(work: Callable[[], T]) -> T | Refusal:
        start.wait()
        try:
            return work()
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(run, waiting))


def told(results: Iterable[object], kind: type[Any]) -> int:
    """Count the results of one kind."""
    return sum(isinstance(result, kind) for result in results)
