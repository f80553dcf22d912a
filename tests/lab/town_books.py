"""The auditor's own books: what would happen if each thing that somebody asked for came to pass, and what has.

From what people asked, and prices read from the country pack, it knows every balance; from the service's books it sees
which of the things that may have happened in this step did. Anything else is a disagreement.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from service.demo import CASH_INS, FLOATS, PEOPLE, SENDS
from service.ledger.chart import Kind
from service.storage.store import Tx
from service.wallet.unit import Person
from tests.lab.town_prices import Prices

Account = tuple[str, str]
Books = dict[Account, int]
HELD, FEES, TAX, TRUST = ("held", ""), ("fees", ""), ("tax", ""), ("trust", "")

NOTICES = {
    "send": (("who", "sent"), ("other", "received")),
    "withdraw": (("who", "withdrawal_code"),),
    "pay_out": (("who", "paid_out"), ("other", "withdrawn")),
    "cash_in": (("who", "cash_in_agent"), ("other", "cash_in")),
    "return": (("who", "returned"),),
    "arrive": (("other", "received"),),
    "take_back": (("who", "taken_back"), ("other", "not_coming")),
    "payday": (("who", "commission_paid"),),
    "issue": (("who", "float_issue"),),
    "treasury": (),
}
"""Whom each kind of intention owes a message when it has happened."""

WAITS = (("who", "on_its_way"), ("other", "coming"))
"""The same of a payment that can still be taken back."""


class Disagreement(AssertionError):
    """The service and the auditor do not agree."""


@dataclass(eq=False)
class Intent:
    """Something that somebody asked for with all that it takes; amounts in cents.

    `held` is what it changes instead if it can still be taken back, and `waits` says that this has happened.
    """

    kind: str
    who: str
    other: str
    amount: int
    charge: int = 0
    changes: Books = field(default_factory=dict)
    held: Books | None = None
    waits: bool = False
    pair: tuple[str, str, str] | None = None
    hold: "Intent | None" = None
    opens: datetime | None = None
    seen: datetime | None = None
    denied: bool = False
    closed: bool = False
    told: str = ""
    reference: str = ""
    code: str = ""
    expires: datetime | None = None
    after: Books | None = None
    awaited: set[tuple[str, str]] = field(default_factory=set)

    @property
    def whole(self) -> int:
        """What the first move of its entry is: all that is set aside, or what is paid."""
        return self.amount + (self.charge if self.waits or self.kind == "withdraw" else 0)

    def __str__(self) -> str:
        state = "done" if self.seen else "not done"
        return f"{self.kind} of {self.amount / 100:.2f} by {self.who} with {self.other} ({state}, told: {self.told})"


@dataclass
class OwnBooks:
    """Balances by kind and owner, in cents, and every intention so far."""

    prices: Prices
    now: Callable[[], datetime]

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.prices.pack["zone"])
        self.shops = {
            number: (actor.phone, actor.shop[0])
            for (number, _), actor in zip(FLOATS, [actor for actor in PEOPLE if actor.shop], strict=True)
            if actor.shop
        }
        self.books: Books = defaultdict(int)
        self.pairs: Counter[tuple[str, str, str, str]] = Counter()
        self.entries = 0
        self.intents: list[Intent] = []
        self.touched: list[Intent] = []
        self.paid: set[tuple[str, str]] = set()
        self.old_friends = frozenset((payer, payee) for payer, payee, _ in SENDS)
        self.month = self.now().astimezone(self.zone).month
        self._open()

    def _open(self) -> None:
        """Enter the demo's history by the auditor's own arithmetic."""
        past = [self.intent("treasury", number, "", amount) for number, amount in FLOATS]
        keeper = self.shops[FLOATS[0][0]][0]
        past += [self.intent("cash_in", keeper, phone, amount) for phone, amount in CASH_INS]
        past += [self.intent("send", payer, payee, amount) for payer, payee, amount in SENDS]
        self.books = self.with_([(intent, intent.changes) for intent in past], day="before")
        self.paid |= self.old_friends
        for intent in past:
            self._count(intent, "before")
        self.entries = len(past)
        self.intents.clear()

    def intent(self, kind: str, who: str, other: str, amount: int, hold: Intent | None = None) -> Intent:
        """Open an intention: what it would change is known from the start."""
        new = Intent(kind, who, other, amount, hold=hold)
        if kind in ("send", "withdraw"):
            fee, excise = self.prices.charge(kind, amount)
            new.charge = fee + excise
        if kind == "send":
            new.changes = {
                ("wallet", who): -amount - new.charge,
                ("wallet", other): amount,
                FEES: fee,
                TAX: excise,
            }
            new.held = {("wallet", who): -amount - new.charge, HELD: amount + new.charge}
        elif kind == "arrive":
            fee, excise = self.prices.charge("send", amount)
            new.changes = {HELD: -amount - fee - excise, ("wallet", other): amount, FEES: fee, TAX: excise}
        elif kind == "withdraw":
            new.changes = {("wallet", who): -amount - new.charge, HELD: amount + new.charge}
        elif kind == "cash_in":
            shop = self.shop_of(who)
            new.changes = {("float", shop): -amount, ("wallet", other): amount}
            new.pair = ("cash_in", shop, other)
        elif kind in ("issue", "treasury"):
            shop = who if kind == "treasury" else self.shop_of(who)
            new.changes = {TRUST: -amount, ("float", shop): amount}
        elif kind == "pay_out":
            assert hold is not None
            fee, excise = self.prices.charge("withdraw", amount)
            new.changes = {HELD: -amount - fee - excise, ("float", hold.other): amount, FEES: fee, TAX: excise}
            new.pair = ("withdraw", hold.other, other)
        elif kind in ("return", "take_back"):
            assert hold is not None
            new.changes = {HELD: -amount, ("wallet", who): amount}
        self.intents.append(new)
        return new

    def _turn_of_the_month(self) -> None:
        """Note when a month has begun what each shop has earned by then: it is paid at the pack's hour of that day."""
        terms, local = self.prices.pack["agents"], self.now().astimezone(self.zone)
        assert terms["commission_paid"] == "monthly", "the simulation knows no other payday"
        if local.month == self.month:
            return
        self.month = local.month
        for shop, (keeper, _) in self.shops.items():
            earned = self.books["commission", shop]
            share = earned * terms["head_office"] // 100_00
            if earned > 0:
                new = self.intent("payday", keeper, shop, earned - share)
                new.changes = {("commission", shop): -earned, ("float", shop): earned - share, FEES: share}
                new.opens = local.replace(day=1, hour=terms["commission_hour"], minute=0, second=0)

    def shop_of(self, keeper: str) -> str:
        return next(number for number, (phone, _) in self.shops.items() if phone == keeper)

    def _day(self) -> str:
        return f"{self.now().astimezone(self.zone):%Y-%m-%d}"

    def with_(self, chosen: Collection[tuple[Intent, Books]], day: str) -> Books:
        """Return the books as they are when these have happened, too."""
        books = defaultdict(int, self.books)
        more: Counter[tuple[str, str, str, str]] = Counter()
        for intent, changes in chosen:
            for account, change in changes.items():
                books[account] += change
            if intent.pair:
                more[(*intent.pair, day)] += intent.amount
        for key, amount in more.items():
            before = self.pairs[key]
            earned = self.prices.earns(key[0], before + amount) - self.prices.earns(key[0], before)
            books[FEES] -= earned
            books["commission", key[1]] += earned
        return books

    def _count(self, intent: Intent, day: str) -> None:
        if intent.pair:
            self.pairs[(*intent.pair, day)] += intent.amount

    def look(self, found: Books, entries: int) -> None:
        """Find what has happened since the last look, or raise Disagreement: this is done after every step."""
        self._turn_of_the_month()
        touched = dict.fromkeys((*self.touched, *self._due()))
        may = [(intent, changes) for intent in touched if self._may_happen(intent) for changes in self._ways(intent)]
        self.touched.clear()
        day = self._day()
        for chosen in combinations(may, entries - self.entries) if entries >= self.entries else ():
            held = [intent.hold for intent, _ in chosen if intent.hold]
            if len(set(held)) == len(held) and len({intent for intent, _ in chosen}) == len(chosen):
                world = self.with_(chosen, day)
                if all(world[account] == found.get(account, 0) for account in {*world, *found}):
                    return self._see(chosen, world, day)
        raise Disagreement(self._differences(found, entries, may))

    def _may_happen(self, intent: Intent) -> bool:
        ends = intent.hold.expires if intent.hold and intent.kind in ("pay_out", "take_back") else None
        in_time = (ends is None or is_before(self.now(), ends)) and not is_before(self.now(), intent.opens)
        return not intent.seen and not intent.denied and not intent.closed and in_time

    def _ways(self, intent: Intent) -> Iterator[Books]:
        """Yield what it may change: who was a stranger when the price was shown may be known by the time of the PIN."""
        pair = intent.who, intent.other
        kept_shop = intent.other in (keeper for keeper, _ in self.shops.values())
        if intent.held is None or kept_shop or pair in self.paid:
            yield intent.changes
        if intent.held is not None and not kept_shop and pair not in self.old_friends:
            yield intent.held

    def _due(self) -> Iterator[Intent]:
        for intent in self.intents:
            over = intent.hold is not None and not is_before(self.now(), intent.hold.expires)
            if intent.kind == "payday" or (intent.kind in ("return", "arrive") and over):
                yield intent

    def _see(self, chosen: Sequence[tuple[Intent, Books]], world: Books, day: str) -> None:
        self.books = world
        self.entries += len(chosen)
        for intent, changes in chosen:
            intent.waits = changes is intent.held
            self._count(intent, day)
            intent.seen = self.now()
            intent.after = world if len(chosen) == 1 else None
            owed = WAITS if intent.waits else NOTICES[intent.kind]
            intent.awaited = {(getattr(intent, role), sms) for role, sms in owed}
            if intent.kind == "arrive" or (intent.kind == "send" and not intent.waits):
                self.paid.add((intent.who, intent.other))
            if intent.waits:
                intent.expires = self.now() + timedelta(seconds=self.prices.pack["limits"]["undo_seconds"])
                self.intent("arrive", intent.who, intent.other, intent.amount, hold=intent)
                self.intent("take_back", intent.who, intent.other, intent.amount + intent.charge, hold=intent)
            if intent.kind == "withdraw":
                intent.expires = self.now() + timedelta(seconds=self.prices.pack["limits"]["withdrawal_seconds"])
                self.intent("return", intent.who, intent.other, intent.amount + intent.charge, hold=intent)
            if intent.hold:
                for other in self.intents:
                    if other is not intent and other.hold is intent.hold:
                        other.denied = True

    def _differences(self, found: Books, entries: int, may: Sequence[tuple[Intent, Books]]) -> str:
        lines = [f"{entries} entries, expected {self.entries} and at most {len(may)} more"]
        for account in sorted({*found, *self.books}):
            if found.get(account, 0) != self.books[account]:
                kind, owner = account
                lines.append(f"{kind} {owner}: {found.get(account, 0)}, expected {self.books[account]}")
        return "\n  ".join([*lines, *(f"possible: {intent}" for intent, _ in may)])


def is_before(at: datetime, end: datetime | None) -> bool:
    return end is not None and at < end


def in_plain_words(tx: Tx) -> tuple[Books, int]:
    """Return the service's books in plain words, and how many entries they have."""
    phones = {str(person.id): person.phone for person in tx.rows.find(Person)}
    books: Books = Counter()
    for account, balance in tx.books.balances():
        owner = phones[account.owner] if account.kind == Kind.WALLET else account.owner
        books[str(account.kind), "" if account.kind == Kind.HELD else owner] += balance
    return books, len(tx.books.entries(limit=10**6))
