"""What a use case works with: the books, the rows about people, and what the house knows.

Records are frozen values; a storage engine keeps them in tables of the same names. `phone`, `name` and other personal
fields leave the process only encrypted. Everything a use case writes is one database commit.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from service.ledger.books import Books
from service.phone import at_seat
from service.wallet.house import House

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a wallet. The id is opaque; books and rows refer to it, never to the phone number."""

    id: int
    country: str
    phone: str
    name: str
    id_number: str
    language: str
    tier: int
    state: str = "active"  # active, blocked, held, closed, retired
    pin: str  # salt and peppered Argon2id, see pin.py
    pin_tries: int = 0
    old_pins: tuple[str, ...] = ()
    registered_at: datetime
    reset: int | None = None
    """The request for a new PIN that waits."""
    careful_until: datetime | None = None
    """Until then little may go out: the PIN was forgotten and is new."""
    swapped_at: datetime | None = None
    """When the number was last moved to another SIM, as far as anybody has said."""
    swap_cleared: bool = False
    """The operator knows that the owner has the new SIM."""
    sim_seen_at: datetime | None = None
    """When the network last said how old the SIM is."""
    unlisted: bool = False
    """Who has never paid this person does not find them by their number."""
    used_at: datetime | None = None
    """When somebody last dialled or wrote from the number, give or take a week: see idle.py. None: when it began."""
    seat: int = 0
    """Which of those on one number this is: 0 for the first, then 1 to 3; see seats.py."""
    shared: bool = False
    """There are others on the number: it shows nothing before this person's PIN, and messages say whom they are for."""

    @property
    def address(self) -> str:
        """The number, and which person on it: what a payment finds somebody by."""
        return at_seat(self.phone, self.seat)

    @property
    def has_number(self) -> bool:
        """Whether this person is behind their number: not who closed the wallet, nor whose number was retired."""
        return self.state not in ("closed", "retired")


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A shop that turns cash into e-money and back; `number` ends with a Luhn digit."""

    number: str
    person: int
    name: str
    place: str
    state: str = "active"
    under: str | None = None
    """The number of the super-agent whom this one belongs to."""


@dataclass(frozen=True, kw_only=True)
class Payday:
    """When an agent is next paid what they have earned."""

    agent: str
    next_at: datetime


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A message to be sent after the commit: words are rendered in the reader's language when it leaves.

    `state`: queued, sending, sent, delivered, failed, parked, unknown.
    """

    id: int
    person: int | None
    phone: str
    key: str
    values: Mapping[str, Any]
    language: str
    at: datetime
    entry: int | None = None
    state: str = "queued"
    tries: int = 0
    next_at: datetime
    expires_at: datetime | None = None
    provider_id: str | None = None
    detail: str = ""
    link_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """Money held for a person who walks to an agent; `id` is the entry that holds it."""

    id: int
    person: int
    agent: str
    amount: int
    fee: int
    excise: int
    expires_at: datetime
    state: str = "waiting"  # waiting, paid, returned
    levy: int = 0
    till: str = ""
    """Whose takings it came out of; without one, the wallet."""

    @property
    def held(self) -> int:
        """All that was set aside: what does not go to the agent goes to the operator and the state."""
        return self.amount + self.fee + self.excise + self.levy


@dataclass(frozen=True, kw_only=True)
class Voucher:
    """What a withdrawal that is bound to no agent has besides: see voucher.py. `id` is that of the withdrawal."""

    id: int
    phone: str
    code_index: str
    secret: str
    tries: int = 0


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A payment that its payer can still take back; `id` is the entry that holds it, and the payment's own."""

    id: int
    payer: int
    payee: int
    amount: int
    fee: int
    excise: int
    levy: int
    settles_at: datetime
    state: str = "waiting"  # waiting, settled, taken_back, returned

    @property
    def held(self) -> int:
        """All that was set aside: amount and charge."""
        return self.amount + self.fee + self.excise + self.levy


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something that somebody asks to be looked into, with a number and a clock; see case.py.

    `about` is an entry, `other` the person on its other side. `held` is what is set aside meanwhile, by the
    entry of the case's own number.
    """

    id: int
    what: str  # overcharge, reversal
    opener: int
    about: int
    other: int
    state: str = "asked"  # asked, open, done, closed
    held: int = 0
    opened_at: datetime
    due_at: datetime
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """A payment asked for by SMS that waits for its one-time code; `id` is the entry it will post."""

    id: int
    person: int
    quote: Mapping[str, Any]
    expires_at: datetime
    tries: int = 0
    state: str = "open"  # open, used, over


@dataclass(frozen=True, kw_only=True)
class Request:
    """What somebody asks a person to approve; nothing is held for it. `entry` is what it became, once approved."""

    id: int
    kind: str  # cash_out, payment
    asker: int
    payer: int
    amount: int
    values: Mapping[str, Any]
    expires_at: datetime
    state: str = "open"  # open, approved, declined, expired, replaced
    entry: int | None = None


@dataclass(frozen=True, kw_only=True)
class Approval:
    """An act of the operator that one person made and another must approve."""

    id: int
    act: str
    values: Mapping[str, Any]
    maker: str
    checker: str | None = None
    state: str = "open"  # open, approved, taken, declined
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Something that must have its effect once only: a message id, a delivery report."""

    key: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A number that wants no messages but receipts and codes."""

    phone: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Paid:
    """How often a person has paid another."""

    payer: int
    payee: int
    times: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How often something was done in a stretch of time that its key names: wrong codes, messages answered."""

    key: str
    count: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Timer:
    """A thing that happens again and again; its next time moves in the commit of its effect."""

    name: str
    next_at: datetime


@dataclass(frozen=True, kw_only=True)
class KnownKey:
    """A secret that something here was sealed under, known by a mark that tells nothing of it."""

    mark: str
    purpose: str  # secret, pepper
    at: datetime
    state: str = "live"  # live, retired
    last_seal: int | None = None
    """The last seal that it may have made, once it is retired."""
    seal_key: str | None = None
    """What those seals are read with: it seals nothing any more, so it is no secret."""


class Renewed(NamedTuple):
    """How far rows have been sealed anew: the key of the last one looked at (None: it was the last), and how many."""

    last: Any
    rows: int


class Asked(NamedTuple):
    """A question to the rows: for one by its key, or for those whose fields equal these."""

    kind: type[Any]
    key: tuple[Any, ...] = ()
    equal: tuple[tuple[str, Any], ...] = ()
    limit: int = 1
    newest: bool = False
    locks: bool = False

    @classmethod
    def get(cls, kind: type[Any], *key: Any) -> "Asked":
        return cls(kind, key)

    @classmethod
    def lock(cls, kind: type[Any], *key: Any) -> "Asked":
        return cls(kind, key, locks=True)

    @classmethod
    def find(cls, kind: type[Any], /, *, limit: int = 100, newest: bool = False, **equal: Any) -> "Asked":
        named = tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in equal.items())
        return cls(kind, equal=named, limit=limit, newest=newest)


class Rows(Protocol):
    """Records by their key (the first field, or the first two for Paid)."""

    def ahead(self, *asked: Asked) -> None:
        """Say what will be asked next, in these very words: across a wire it is then fetched in one go.

        It changes nothing else. What is fetched is used once, and not at all after a row was written.
        """

    def get(self, kind: type[R], *key: Any) -> R | None: ...
    def lock(self, kind: type[R], *key: Any) -> R | None:
        """Get the row and keep it from changing until the transaction ends."""

    def find(self, kind: type[R], /, *, limit: int = 100, newest: bool = False, **equal: Any) -> Sequence[R]:
        """Return the rows whose fields equal these (a list or tuple: are one of), in key order."""

    def column(self, kind: type[R], name: str, *, after: int, limit: int) -> Sequence[tuple[int, Any]]:
        """Return (key, this field) of the rows with a greater key, in key order: for audits of a whole table."""

    def add(self, row: Any) -> bool:
        """Write a new row; False, and nothing written, if its key or another unique field is taken."""

    def append(self, row: Any) -> None:
        """Write a new row that nobody else can have written; if somebody has all the same, the work is run again."""

    def put(self, row: Any) -> None:
        """Write over the row of the same key."""

    def forget(self, kind: type[R], *, before: datetime, limit: int = 1000) -> int:
        """Delete rows that nobody has touched since a moment, and say how many: old talks and tallies only."""

    def renew(self, kind: type[Any], *, after: Any, limit: int) -> Renewed:
        """Seal anew, under the first key, what was sealed under an older one: so many rows after a key as stored."""

    def due(self, kind: type[R], *, before: datetime, limit: int = 100, lock: bool = True, **equal: Any) -> Sequence[R]:
        """Lock and return rows whose next_at or expires_at has come, oldest first, skipping those locked by others.

        Without `lock` they are only looked at, whoever holds them.
        """


@dataclass(frozen=True)
class Unit:
    """One piece of work: all that is written through it is committed together or not at all."""

    books: Books
    rows: Rows
    mint: Callable[[], int]
    savepoint: Callable[[], AbstractContextManager[None]]
    house: House
    now: datetime
    outside: Mapping[Any, Any] = field(default_factory=dict)
    """What those outside have answered to what this piece of work asks: see outside.py."""
