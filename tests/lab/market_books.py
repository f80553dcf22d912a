"""The own books of a market's auditor: what each thing that was asked for would change, by its own arithmetic.

Beside balances it keeps how many entries there are, what is on each tab, and how many subscriptions and standing orders
run. After each step some of what may have happened explains all of the service's books, or somebody is wrong.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.ledger.chart import Kind
from service.storage.store import Tx
from service.wallet.item import Bought, Tab
from service.wallet.pot import Pot
from service.wallet.standing import Standing
from service.wallet.subscription import Subscription
from service.wallet.unit import Person
from tests.lab.market_machine import SOLD, TILL
from tests.lab.market_outside import Outside
from tests.lab.town_books import FEES, HELD, TAX, Books, Disagreement, Intent
from tests.lab.town_prices import Prices, round_half_up
from tests.phone import NUMBERS

M = 1_000_000
ENTRIES, TAKINGS, GROUP = ("entries", ""), ("takings", TILL), ("group", "")
SELLER, SHOP = NUMBERS["Baraka"], "100016"
AT_ONCE = 3
"""So many things happen in one step at most: a hop, or a commit of the worker."""

BY_TITLE = {title: (price, days) for title, _, price, days in SOLD.values()}


@dataclass(eq=False)
class Deal(Intent):
    """Something that may come to pass; `item` is what it is about, `figure` what is told of it."""

    item: str = ""
    shown: tuple[int, int] | None = None
    until: datetime | None = None
    units: frozenset[int] = frozenset({0})
    figure: int = 0
    owner: "Deal | None" = None
    """By whose reference it is told: an order's end goes by that of the order."""


@dataclass
class MarketBooks:
    """Balances and counts, and every deal so far."""

    prices: Prices
    now: Callable[[], datetime]
    outside: Outside
    books: Books = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.prices.pack["zone"])
        self.deals: list[Deal] = []
        self.touched: list[Deal] = []
        self.asked_for: set[tuple[str, str, int]] = set()
        self.open("payday", SELLER, opens=self._next(self._hour))
        self.open("commission", SHOP, opens=self._next_month())

    @property
    def _hour(self) -> int:
        return int(self.prices.pack["agents"]["commission_hour"])

    def _next_month(self) -> datetime:
        today = self.now().astimezone(self.zone).date().replace(day=1)
        return datetime.combine((today + timedelta(days=32)).replace(day=1), time(self._hour), self.zone)

    @property
    def entries(self) -> int:
        return self.books[ENTRIES]

    def open(self, kind: str, who: str, amount: int = 0, **more: object) -> Deal:
        """Let something be possible from now on."""
        new = Deal(kind, who, str(more.pop("other", "")), amount, **more)  # type: ignore[arg-type]
        self.deals.append(new)
        return new

    def running(self, kind: str, who: str = "", item: str = "") -> list[Deal]:
        """Return what has been opened and neither happened nor can never happen."""
        return [
            one
            for one in self.deals
            if one.kind == kind and not one.seen and not one.denied and who in ("", one.who) and item in ("", one.item)
        ]

    def _next(self, hour: int) -> datetime:
        today = self.now().astimezone(self.zone).date()
        at = datetime.combine(today, time(hour), self.zone)
        return at if at > self.now() else datetime.combine(today + timedelta(days=1), time(hour), self.zone)

    # What each would change

    def ways(self, one: Deal) -> Iterator[tuple[Books, int, int]]:
        """Yield what a deal may change, with the figure that is told then, and the units of a meter."""
        wallet, amount = ("wallet", one.who), one.amount
        if one.kind in ("bill", "airtime"):
            yield {wallet: -one.amount - one.charge, HELD: amount + one.charge, ENTRIES: 1}, amount, 0
        elif one.kind == "done":
            yield {HELD: -amount - one.charge, ("provider", one.item): amount, **self._cost(one), ENTRIES: 1}, amount, 0
        elif one.kind == "back":
            yield {HELD: -amount - one.charge, wallet: amount + one.charge, ENTRIES: 1}, amount + one.charge, 0
        elif one.kind == "pay":
            yield {wallet: -amount, **self._takes(amount, self.sale(amount)), ENTRIES: 1}, amount, 0
        elif one.kind == "buy":
            yield from self._buys(one)
        elif one.kind in ("begin", "renew"):
            price = BY_TITLE[one.item][0] // M
            if one.kind == "renew" or not self.running("renew", one.who, one.item):
                begins = {("subs", one.who): int(one.kind == "begin"), ENTRIES: 1}
                yield {wallet: -price, **self._takes(price, self.small(price)), **begins}, price, 0
        elif one.kind == "stop":
            yield from self._stops(one)
        elif one.kind == "meter":
            silent = self.now() - timedelta(seconds=self.prices.pack["limits"]["meter_silence_seconds"])
            others = self.running("end", one.who, one.item)
            if all(other.hold and other.hold.seen and other.hold.seen <= silent for other in others):
                yield {wallet: -amount, HELD: amount, ENTRIES: 1}, amount, 0
        elif one.kind == "end":
            yield from self._ends(one)
        elif one.kind in ("save", "take", "give"):
            other = GROUP if one.kind == "give" else ("pot", one.who)
            sign = -1 if one.kind == "take" else 1
            yield {wallet: -sign * amount, other: sign * amount, ENTRIES: 1}, amount, 0
        elif one.kind == "payout":
            yield {GROUP: -amount - one.charge, ("wallet", one.other): amount, **self._cost(one), ENTRIES: 1}, amount, 0
        elif one.kind == "standing":
            sent = {wallet: -amount - one.charge, ("wallet", one.other): amount, **self._cost(one)}
            yield {**sent, ENTRIES: 1}, amount, 0
        elif one.kind == "payday":
            free = self.books[TAKINGS] - sum(self._unused(each) for each in self.running("renew"))
            yield {TAKINGS: -free, wallet: free, ENTRIES: 1}, free, 0
        elif one.kind == "commission":
            earned = self.books["commission", SHOP]
            share = earned * int(self.prices.pack["agents"]["head_office"]) // 100_00
            yield {("commission", SHOP): -earned, ("float", SHOP): earned - share, FEES: share, ENTRIES: 1}, earned, 0
        else:
            counts = {"order": ("orders", 1), "unorder": ("orders", -1), "lapse": ("subs", -1), "over": ("orders", -1)}
            name, more = counts[one.kind]
            yield {(name, one.who): more}, 0, 0

    def _cost(self, one: Deal) -> Books:
        fee, excise = self.prices.charge("send" if one.kind in ("payout", "standing") else one.code, one.amount)
        return {FEES: fee, TAX: excise}

    def _takes(self, amount: int, cost: int) -> Books:
        state = round_half_up(cost * self.prices.tax_points, 100_00 + self.prices.tax_points)
        return {TAKINGS: amount - cost, FEES: cost - state, TAX: state}

    def sale(self, amount: int) -> int:
        """Return what the seller pays of a sale: the share is rounded up."""
        (table,) = self.prices.pack["sales"]
        if amount < table["bands"][0]["from"]:
            return 0
        band = next(band for band in table["bands"] if band["from"] <= amount <= band["to"])
        return int(band["pays"]) - int(-amount * band.get("basis_points", 0) // 100_00)

    def small(self, amount: int) -> int:
        """Return what the seller pays of content: never more than the share of the pack, rounded down."""
        return min(self.sale(amount), amount * int(self.prices.pack["limits"]["content_fee_most"]) // 100_00)

    def tab(self, who: str, price: int) -> tuple[int, int]:
        """Return what a price comes to with what is on the tab: cents that are paid, and millionths that stay."""
        if not price % M:
            return price // M, self.books["tab", who]
        return divmod(self.books["tab", who] + price, M)

    def _buys(self, one: Deal) -> Iterator[tuple[Books, int, int]]:
        paid, left = self.tab(one.who, BY_TITLE[one.item][0])
        if one.shown in (None, (paid, left)):
            tab = {("tab", one.who): left - self.books["tab", one.who], ENTRIES: 1}
            yield {("wallet", one.who): -paid, **self._takes(paid, self.small(paid)), **tab}, paid, 0

    def _unused(self, renewal: Deal) -> int:
        price, days = BY_TITLE[renewal.item]
        assert renewal.until is not None
        left = max(0, (renewal.until - self.now()) // timedelta(days=1))
        return price // M * min(left, days - 1) // days

    def _stops(self, one: Deal) -> Iterator[tuple[Books, int, int]]:
        for renewal in self.running("renew", one.who, one.item):
            due = self._unused(renewal)
            for back in {due, max(0, min(due, self.books[TAKINGS]))}:
                ends = {("subs", one.who): -1, ENTRIES: int(back > 0)}
                yield {TAKINGS: -back, ("wallet", one.who): back, **ends}, back, 0

    def _ends(self, one: Deal) -> Iterator[tuple[Books, int, int]]:
        for units in sorted(one.units):
            paid, left = self.tab(one.who, units * BY_TITLE[one.item][0]) if units else (0, self.books["tab", one.who])
            assert paid <= one.amount, "more would be charged than the cap"
            back = {("wallet", one.who): one.amount - paid, HELD: -one.amount, ENTRIES: 1}
            tab = {("tab", one.who): left - self.books["tab", one.who]}
            yield {**back, **self._takes(paid, self.small(paid)), **tab}, paid, units

    # Looking

    def look(self, found: Books) -> None:
        """Find what has happened since the last look, or raise Disagreement: this is done after every step."""
        due = [one for one in self.deals if one.kind in DUE]
        may = [
            one
            for one in sorted(
                dict.fromkeys((*self.touched, *due)), key=lambda one: one.kind in ("payday", "commission")
            )
            if not one.seen and not one.denied and (one.opens is None or self.now() >= one.opens)
        ]
        self.touched.clear()
        before = self.books
        for many in range(AT_ONCE + 1):
            chosen = self._explain(found, may, many)
            self.books, world = before, self.books
            if chosen is not None:
                return self._see(chosen, world)
        raise Disagreement(self._differences(found, may))

    def _explain(self, found: Books, may: Sequence[Deal], many: int) -> list[tuple[Deal, int, int]] | None:
        """Return which so many of these, one after another, lead to what was found; `books` is then that world."""
        if not many:
            right = all(self.books[account] == found.get(account, 0) for account in {*self.books, *found})
            return [] if right else None
        before = self.books
        for place, one in enumerate(may):
            others = [other for other in may[place + 1 :] if one.hold is None or other.hold is not one.hold]
            for changes, figure, units in list(self.ways(one)):
                self.books = defaultdict(int, before)
                for account, change in changes.items():
                    self.books[account] += change
                rest = self._explain(found, others, many - 1)
                if rest is not None:
                    return [(one, figure, units), *rest]
                self.books = before
        return None

    def _see(self, chosen: Sequence[tuple[Deal, int, int]], world: Books) -> None:
        self.books = world
        for one, figure, units in chosen:
            one.seen, one.figure, one.units = self.now(), figure, frozenset({units})
            one.after = world if len(chosen) == 1 else None
            one.awaited = self._awaited(one)
            for other in self.deals:
                if one.hold and other is not one and other.hold is one.hold:
                    other.denied = True
            self._follows(one)
        for provider, paid in self.outside.paid.items():
            if self.books["provider", provider] > paid:
                raise Disagreement(f"{provider} was given {self.books['provider', provider]}, and has done {paid}")

    def _awaited(self, one: Deal) -> set[tuple[str, str]]:
        if one.kind in ("buy", "stop") and not one.figure:
            return set()
        return {(one.who if role == "who" else one.other, sms) for role, sms in NOTICES.get(one.kind, ())}

    def _follows(self, one: Deal) -> None:
        if one.kind in ("bill", "airtime"):
            more = {"item": one.item, "hold": one, "owner": one, "charge": one.charge, "code": one.kind}
            self.open("done", one.who, one.amount, **more)
            self.open("back", one.who, one.amount, **more)
        elif one.kind in ("begin", "renew"):
            until = self.now() + timedelta(days=BY_TITLE[one.item][1])
            for kind in ("renew", "lapse"):
                self.open(kind, one.who, item=one.item, hold=one, until=until, opens=until)
        elif one.kind == "stop":
            for other in (*self.running("renew", one.who, one.item), *self.running("lapse", one.who, one.item)):
                other.denied = True
        elif one.kind == "meter":
            self.open("end", one.who, one.amount, item=one.item, hold=one)
        elif one.kind in ("order", "standing"):
            opens = self._next(self.prices.pack["standing_orders"]["hour"])
            if one.kind == "standing" or opens.astimezone(self.zone).date() == self.now().astimezone(self.zone).date():
                tomorrow = self.now().astimezone(self.zone).date() + timedelta(days=1)
                opens = datetime.combine(tomorrow, time(self.prices.pack["standing_orders"]["hour"]), self.zone)
            more = {"other": one.other, "charge": one.charge, "hold": one, "opens": opens}
            self.open("standing", one.who, one.amount, **more)
            self.open("over", one.who, one.amount, hold=one, opens=opens)
        elif one.kind == "unorder":
            left = self.running("standing", one.who)
            for other in (*left, *self.running("over", one.who)) if len(left) == 1 else ():
                other.denied = True
        elif one.kind == "payday":
            self.open("payday", SELLER, opens=self._next(self._hour))
        elif one.kind == "commission":
            self.open("commission", SHOP, opens=self._next_month())

    def _differences(self, found: Books, may: Sequence[Deal]) -> str:
        lines = [f"{kind} {owner}: {found.get((kind, owner), 0)}, expected {self.books[kind, owner]}"
                 for kind, owner in sorted({*found, *self.books})
                 if found.get((kind, owner), 0) != self.books[kind, owner]]  # fmt: skip
        return "\n  ".join(["the books", *lines, *(f"possible: {one} {one.item}" for one in dict.fromkeys(may))])


DUE = ("done", "back", "renew", "lapse", "end", "standing", "over", "payday", "commission")
"""What the worker may do at any time, or once it is due."""

DEALS = (
    *("bill", "airtime", "done", "back", "pay", "buy", "begin", "renew", "stop", "meter", "end"),
    *("save", "take", "give", "payout", "order", "standing", "unorder", "payday"),
)
"""All that may come to pass; a whole run must have seen each."""

NOTICES: Mapping[str, Sequence[tuple[str, str]]] = {
    "done": (("who", "done"),),
    "back": (("who", "back"),),
    "pay": (("who", "paid"), ("other", "sale")),
    "buy": (("who", "bought"),),
    "begin": (("who", "sub_begun"),),
    "renew": (("who", "sub_renewed"),),
    "stop": (("who", "sub_stopped"),),
    "meter": (("who", "meter_open"),),
    "end": (("who", "meter_done"),),
    "save": (("who", "saved"),),
    "take": (("who", "took"),),
    "give": (("who", "group_gave"),),
    "payout": (("other", "group_paid_you"),),
    "standing": (("who", "sent"), ("other", "received")),
    "payday": (("who", "settled"),),
}
"""Whom each kind of deal owes a message when it has happened."""


def in_plain_words(tx: Tx) -> Books:
    """Return the service's books in plain words, and what is counted beside them."""
    phones = {str(person.id): person.phone for person in tx.rows.find(Person)}
    books: Books = Counter()
    for account, balance in tx.books.balances():
        name = str(account.kind)
        owner = phones[account.owner] if account.kind == Kind.WALLET else account.owner
        if account.kind == Kind.POT:
            owner = phones[str(next(pot.person for pot in tx.rows.find(Pot) if str(pot.id) == account.owner))]
        books[name, "" if account.kind in (Kind.HELD, Kind.GROUP) else owner] += balance
    books[ENTRIES] = len(tx.books.entries(limit=10**6)) + sum(not row.paid for row in tx.rows.find(Bought, limit=10**6))
    for tab in tx.rows.find(Tab, limit=1000):
        books["tab", phones[str(tab.person)]] += tab.owed
    for sub in tx.rows.find(Subscription, state="active", limit=1000):
        books["subs", phones[str(sub.person)]] += 1
    for order in tx.rows.find(Standing, state="active", limit=1000):
        books["orders", phones[str(order.payer)]] += 1
    return books
