"""Accounts, moves, guards and entries, and apply(): the rules of the books as plain computation.

An account's id says what it is (`ke:wallet:17`): no row has to be read to know whether a move is legal.
Every storage engine must decide as apply() does; the contract suite holds them to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from service.ledger.chart import LEGAL, LOCKED, Kind, Reason
from service.refusal import Refusal

LARGEST = 10**15
"""No amount, balance or counter ever passes this, in minor units: far below 2**63, so sums cannot overflow."""

MOST_MOVES = 1000
"""No entry has more moves than this: what one entry adds to one account stays below 2**63, too."""


class NotEnough(Refusal):
    """The account holds less than the moves take from it."""

    says = ("balance", "total")


class TooFull(Refusal):
    """The account may take only this much more."""

    says = ("room",)


class OverCap(Refusal):
    """A counter, such as what was sent today, may grow only by this much more."""

    says = ("left",)


class AlreadyDone(Refusal):
    """What may happen once has happened, as another entry."""

    says = ("reason",)


class Account(NamedTuple):
    """One account of one country's books; `owner` is a person id, an agent number, a hold's id, or empty."""

    country: str
    kind: Kind
    owner: str = ""

    def __str__(self) -> str:
        return f"{self.country}:{self.kind}:{self.owner}"

    @classmethod
    def read(cls, text: str) -> "Account":
        country, kind, owner = text.split(":", 2)
        return cls(country, Kind(kind), owner)


class Move(NamedTuple):
    """Money from a source to a target: `amount` is above zero, in minor units."""

    source: Account
    target: Account
    amount: int
    reason: Reason


class Ceiling(NamedTuple):
    """After the entry this account may hold at most so much."""

    account: Account
    most: int


class Cap(NamedTuple):
    """Count `amount` onto a counter, which may reach at most `cap`; the counter moves only if the entry is posted.

    An amount below zero gives back what was counted before.
    """

    key: str
    amount: int
    cap: int = LARGEST


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Moves that happen together or not at all.

    `id` is minted when the price is quoted and kept over every retry. `once` names what may happen a single time
    (`resolve:17`, `reverse:17`): a second entry with the same name is refused with AlreadyDone.
    """

    id: int
    reason: Reason
    at: datetime
    moves: tuple[Move, ...]
    ceilings: tuple[Ceiling, ...] = ()
    caps: tuple[Cap, ...] = ()
    once: str | None = None


class Posted(NamedTuple):
    """What posting gave: `balances` holds the locked accounts afterwards; `repeated` says it was there already."""

    id: int
    at: datetime
    balances: Mapping[Account, int]
    repeated: bool = False


class After(NamedTuple):
    """Balances and counters that an entry would leave behind (only those it touches)."""

    balances: Mapping[Account, int]
    counters: Mapping[str, int]


def check_entry(entry: Entry) -> None:
    """Assert that an entry could be written in any state of the books: anything else is a bug, not a refusal."""
    assert 0 < entry.id < 2**63, f"no entry can be called {entry.id}"
    assert 0 < len(entry.moves) <= MOST_MOVES, f"entry {entry.id} has {len(entry.moves)} moves"
    for move in entry.moves:
        assert 0 < move.amount <= LARGEST, f"entry {entry.id} moves {move.amount}"
        assert move.source != move.target, f"entry {entry.id} moves from {move.source} to itself"
        assert move.source.country == move.target.country, f"entry {entry.id} leaves its country"
        legal = (move.reason, move.source.kind, move.target.kind) in LEGAL
        assert legal, f"entry {entry.id}: {move.reason} from {move.source.kind} to {move.target.kind}"
    for cap in entry.caps:
        assert max(abs(cap.amount), cap.cap) <= LARGEST, f"entry {entry.id} counts {cap.amount} of {cap.cap}"
    if entry.ceilings:
        touched = {account for move in entry.moves for account in (move.source, move.target)}
        for ceiling in entry.ceilings:
            judged = ceiling.account in touched and ceiling.account.kind in LOCKED and ceiling.most <= LARGEST
            assert judged, f"entry {entry.id} has a ceiling over {ceiling.account} that it cannot judge"


def apply(entry: Entry, balances: Mapping[Account, int], counters: Mapping[str, int]) -> After:
    """Return what the entry leaves behind, or raise the refusal that it meets.

    `balances` must hold every locked account that the entry names; counters not given are zero. Accounts are judged by
    what is left when all moves are made, in the order of their ids: first that none is below zero, then that none is
    above LARGEST; then ceilings, then caps, in the order given.
    """
    check_entry(entry)
    after: dict[Account, int] = {}
    taken: dict[Account, int] = {}
    for move in entry.moves:
        for account, change in ((move.source, -move.amount), (move.target, move.amount)):
            if account.kind in LOCKED:
                after[account] = after.get(account, balances[account]) + change
        taken[move.source] = taken.get(move.source, 0) + move.amount
    for account in sorted(after):
        if after[account] < 0:
            raise NotEnough(balance=balances[account], total=taken[account])
    for account in sorted(after):
        if after[account] > LARGEST:
            raise TooFull(room=LARGEST - balances[account])
    for ceiling in entry.ceilings:
        if after[ceiling.account] > max(ceiling.most, balances[ceiling.account]):
            raise TooFull(room=max(0, ceiling.most - balances[ceiling.account]))
    counted: dict[str, int] = {}
    for cap in entry.caps:
        counted[cap.key] = counted.get(cap.key, counters.get(cap.key, 0)) + cap.amount
        if counted[cap.key] > cap.cap:
            raise OverCap(left=max(0, cap.cap - counters.get(cap.key, 0)))
    return After(after, counted)
