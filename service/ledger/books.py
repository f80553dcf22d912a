"""What a storage engine offers to the ledger: one set of books inside one database transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move, Posted


class Recorded(NamedTuple):
    """An entry as the books hold it."""

    id: int
    reason: Reason
    at: datetime
    moves: tuple[Move, ...]
    once: str | None


class Line(NamedTuple):
    """One move seen from one account: `amount` is signed from its side, `balance` is what was left (locked kinds)."""

    number: int
    entry: int
    at: datetime
    entry_reason: Reason
    move: Move
    amount: int
    balance: int | None


class Seal(NamedTuple):
    """A batch of entries closed under a keyed MAC that covers the seal before it."""

    number: int
    at: datetime
    previous: bytes
    totals: Mapping[Account, int]
    mac: bytes
    entries: int


class Step(NamedTuple):
    """One account that can refuse, in one move: what the line before left, the change, and what is said to be left."""

    entry: int
    account: Account
    before: int
    change: int
    after: int


class Books(Protocol):
    """The books. Reads see the writes of the same transaction."""

    def seals_at_once(self) -> int:
        """Return how many entries may be sealed in one commit: where one connection writes, everybody waits for it."""

    def ahead(self, *asked: Account | str) -> None:
        """Say whose balance (an account that can refuse) or which counter is asked next: see `Rows.ahead`."""

    def open(self, account: Account) -> None:
        """Write the account's row if it is not there: rows exist before they are locked.

        Accounts that never refuse (fees, tax, ...) need not be opened: posting opens them.
        """

    def post(self, entry: Entry) -> Posted:
        """Write the entry under locks taken in id order, or raise NotEnough, TooFull, OverCap or AlreadyDone.

        The same id with the same moves answers again with `repeated` and the balances of that time; with other moves
        it is an AssertionError, and so is a locked account that was never opened.
        """

    def entry(self, entry_id: int) -> Recorded | None: ...
    def entry_once(self, once: str) -> Recorded | None: ...
    def some(self, ids: Collection[int]) -> Mapping[int, Recorded]:
        """Return those of these entries that exist, by id."""

    def balance(self, account: Account) -> int:
        """Return what an account holds, 0 if it was never opened; trust is below zero."""

    def balances(self, country: str | None = None, kind: Kind | None = None) -> Iterator[tuple[Account, int]]:
        """Yield every account, or those of a country, or of one kind in it, with its balance, in id order.

        A page of them is held at once; in a transaction that reads they are all of one moment.
        """

    def lines(self, account: Account, *, before: int | None = None, limit: int = 20) -> Sequence[Line]:
        """Return the newest moves of an account, newest first, older than line number `before`."""

    def used(self, key: str) -> int:
        """Return a counter as it stands now: for what people are shown, not for what is decided."""

    def counter(self, key: str) -> int:
        """Return a counter, and keep it from changing until the transaction ends (not in a transaction that reads)."""

    def entries(self, *, after: int = 0, limit: int = 1000) -> Sequence[Recorded]:
        """Return entries in id order, for audits."""

    def unsealed(self, *, limit: int) -> Sequence[Recorded]:
        """Return so many entries that no seal covers, of those first written, in id order.

        The sealer's lock is held until the transaction ends. They are found by looking which entries have no seal: ids
        are minted before the price is shown, so a small one may be written after a great one.
        """

    def oldest_unsealed(self) -> datetime | None: ...
    def add_seal(self, seal: Seal, digests: Mapping[int, bytes]) -> None:
        """Write a seal and, for each entry id that it covers, that entry's digest in order."""

    def seals(self) -> Iterator[tuple[Seal, Sequence[tuple[int, bytes]]]]:
        """Yield every seal with its (entry id, digest) in sealed order."""

    def last_seal(self) -> Seal | None: ...
    def seal(self, number: int) -> Seal | None: ...
    def sealed_by(self, number: int) -> Sequence[Recorded]:
        """Return the entries that a seal covers, in id order."""

    def steps_of(self, number: int) -> Sequence[Step]:
        """Return, for each move that a seal covers and each of its accounts that can refuse, what it was left with."""
