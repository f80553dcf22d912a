"""A month in a made-up district, with frauds planted in it: what the rules catch, and whom they bother for nothing.

Everybody goes through the use cases on the memory store with a simulated clock. Honest life has what makes rules err:
traders whom many pay and who pay their supplier in the evening, savings groups that meet and hand the pot to one,
travellers, people who pay a school fee once, and some who come back after half a year. Each round has another seed, and
none is the one that the rules were written with. The undo window, the budget of look-ups and the codes of depositors
are off: they stop some of these frauds too, and only the rules are measured here.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple, TypeVar

from service.countries import Does, Rule, load_pack
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.reference import References
from service.refusal import Refusal
from service.storage.memory import MemoryStore
from service.wallet.account import float_of, wallet_of
from service.wallet.cash_in import cash_in, quote_cash_in
from service.wallet.house import House
from service.wallet.rules import hits
from service.wallet.send import quote_send, send_money
from service.wallet.unit import Agent, Person, Unit
from service.wallet.withdraw import Payout, pay_out, quote_withdrawal, withdraw
from tests.bench.stand import Figures, Measure, Stand

T = TypeVar("T")

FIRST = datetime(2026, 10, 31, 21, tzinfo=UTC)  # midnight in Nairobi
DAYS = 30
PLACES = ("Nakuru", "Kisumu", "Eldoret")
PEOPLE, TRADERS, SLEEPERS = 150, 6, 6
NAMES = ("frauds caught", "alarms that are frauds", "honest payments asked or delayed")
FIRST_SEED = 100
"""The rules were written with seeds below."""


class Deed(NamedTuple):
    """Somebody does something at a time; `fraud` names the episode that it belongs to."""

    at: datetime
    turn: int
    act: Callable[[], list[Rule]]
    fraud: str


@dataclass
class District:
    """Its people, shops and clock; what is still to come, and what the rules said of what was done."""

    seed: int
    rules: tuple[Rule, ...] = load_pack("ke").rules
    store: MemoryStore = field(default_factory=MemoryStore)
    now: datetime = FIRST
    alarms: Counter[tuple[bool, str]] = field(default_factory=Counter)
    caught: set[str] = field(default_factory=set)
    planted: set[str] = field(default_factory=set)
    honest: int = 0
    bothered: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice, self._turns, self._deeds = random.Random(self.seed), count(), list[Deed]()
        pack = load_pack("ke")
        agents = pack.agents._replace(deposit_code_above=10**12)
        self.pack = replace(pack, undo_seconds=0, lookups_per_day=10**6, agents=agents, rules=self.rules)
        house = House(
            packs={"ke": self.pack},
            references=References(bytes(32)),
            pepper=b"p" * 32,
            code_key=b"c" * 32,
            log_key=b"l" * 32,
            pin_memory_kib=8,
        )
        self._house = house
        self.people = [self._person(number) for number in range(PEOPLE)]
        self.shops = [
            Agent(number=str(100_000 + number), person=self.people[number].id, name=f"Duka {number}", place=place)
            for number, place in enumerate(place for place in PLACES for _ in range(4))
        ]
        self.home = {one.id: self.dice.choice(PLACES) for one in self.people}
        self.do(self._settle)

    def _person(self, number: int) -> Person:
        return Person(
            id=1_000 + number, country="ke", phone=f"+2547330{number:05}", name=f"Asha Bibi{number}", id_number="",
            language="en", tier=2, pin="", registered_at=FIRST - timedelta(days=400),
        )  # fmt: skip

    def _settle(self, unit: Unit) -> None:
        trust = Account("ke", Kind.TRUST)
        for one in self.people:
            unit.rows.add(one)
            unit.books.open(wallet_of(one))
        for shop in self.shops:
            unit.rows.add(shop)
            unit.books.open(float_of(shop, "ke"))
            issue = Move(trust, float_of(shop, "ke"), 50_000_000_00, Reason.ISSUE)
            unit.books.post(Entry(id=unit.mint(), reason=Reason.ISSUE, at=self.now, moves=(issue,)))

    def do(self, work: Callable[[Unit], T]) -> T:
        return self.store.transact(
            lambda tx: work(Unit(tx.books, tx.rows, tx.mint, tx.savepoint, self._house, self.now))
        )

    # What people do: each returns the rules that hit, and does what they let it do

    def pays(self, payer: Person, payee: Person, amount: int | Callable[[], int]) -> list[Rule]:
        amount = amount if isinstance(amount, int) else amount()

        def work(unit: Unit) -> list[Rule]:
            quote = quote_send(unit, payer=payer, phone=payee.phone, amount=amount)
            found = hits(unit, "send", person=payer, amount=amount, other=wallet_of(payee))
            if not any(rule.does is Does.DELAY for rule in found):
                send_money(unit, payer=payer, quote=quote)
            return found

        return self.do(work)

    def brings(self, who: Person, amount: int, where: Agent | str) -> list[Rule]:
        shop = self.shop(where) if isinstance(where, str) else where
        keeper = next(one for one in self.people if one.id == shop.person)

        def work(unit: Unit) -> list[Rule]:
            quote = quote_cash_in(unit, agent=shop, keeper=keeper, phone=who.phone, amount=amount)
            found = hits(unit, "cash_in", person=who, amount=amount, shop=shop.number)
            cash_in(unit, agent=shop, keeper=keeper, quote=quote, pack=self.pack)
            return found

        return self.do(work)

    def takes(self, who: Person, amount: int, where: Agent | str) -> list[Rule]:
        shop = self.shop(where) if isinstance(where, str) else where
        keeper = next(one for one in self.people if one.id == shop.person)

        def work(unit: Unit) -> list[Rule]:
            quote = quote_withdrawal(unit, payer=who, agent_number=shop.number, amount=amount)
            found = hits(unit, "withdraw", person=who, amount=amount, shop=shop.number)
            if not any(rule.does is Does.DELAY for rule in found):
                withdraw(unit, payer=who, quote=quote, pack=self.pack)
                payout = Payout(unit.mint(), quote.entry, "", amount)
                pay_out(unit, agent=shop, keeper=keeper, payout=payout, pack=self.pack)
            return found

        return self.do(work)

    # How a month goes

    def plan(self, at: datetime, act: Callable[..., list[Rule]], *arguments: object, fraud: str = "") -> None:
        heappush(self._deeds, Deed(at, next(self._turns), partial(act, *arguments), fraud))
        if fraud:
            self.planted.add(fraud)

    def live(self) -> None:
        """Let the month pass."""
        while self._deeds:
            deed = heappop(self._deeds)
            self.now = deed.at
            try:
                found = deed.act()
            except Refusal as no:
                self.refused[no.code] += 1
                continue
            self._count(found, deed.fraud)

    def _count(self, found: Sequence[Rule], fraud: str) -> None:
        for name in {rule.name for rule in found}:
            self.alarms[bool(fraud), name] += 1
        if fraud:
            self.caught |= {fraud} if found else set()
        else:
            self.honest += 1
            self.bothered += any(rule.does is not Does.NOTE for rule in found)

    def shop(self, place: str) -> Agent:
        return self.dice.choice([shop for shop in self.shops if shop.place == place])

    def amount(self, middle: int, spread: int = 3) -> int:
        """Return some shillings about a middle, in cents: most within a third and three times of it."""
        return max(50, int(middle * spread ** self.dice.gauss(0, 0.6))) * 100

    def moment(self, number: int, first: int = 7, last: int = 21) -> datetime:
        """Return a moment of a day by the clock of the country."""
        return FIRST + timedelta(days=number, seconds=self.dice.uniform(first * 3600, last * 3600))


def month(seed: int) -> District:
    """Live a month with everything in it."""
    here = District(seed)
    plan(here)
    here.live()
    return here


def plan(here: District) -> None:
    """Plan the month: honest life first, then the frauds."""
    for honest in (_ordinary, _traders, _savers, _sleepers):
        honest(here)
    for fraud in (_mules, _fans, _below, _far, _split, _loops, _drained, _slips):
        fraud(here)


def _ordinary(here: District) -> None:
    dice, people = here.dice, here.people[: PEOPLE - SLEEPERS]
    for one in people:
        friends, middle = dice.sample(people, 6), dice.choice((150, 300, 600, 1_500))
        for day in range(DAYS):
            place = here.home[one.id] if dice.random() < 0.95 else dice.choice(PLACES)
            if day % 5 == one.id % 5:
                amount = here.amount(middle * 12)
                here.plan(here.moment(day, 7, 11), here.brings, one, amount, place)
            for _ in range(dice.choices((0, 1, 2, 3), (4, 3, 2, 1))[0]):
                friend = dice.choice(friends)
                if friend is not one:
                    amount = here.amount(middle)
                    here.plan(here.moment(day), here.pays, one, friend, amount)
            if dice.random() < 0.15:
                amount = here.amount(middle * 4)
                late = (22, 26) if dice.random() < 0.03 else (8, 20)
                here.plan(here.moment(day, *late), here.takes, one, amount, place)
        if dice.random() < 0.3:  # a school fee
            fee, school, day = middle * 20 * 100, dice.choice(people), dice.randrange(DAYS)
            at = here.moment(day, 11, 15)
            here.plan(at - timedelta(hours=2), here.brings, one, 2 * fee, here.home[one.id])
            if school is not one:
                here.plan(at, here.pays, one, school, fee)


def _traders(here: District) -> None:
    traders = here.people[20 : 20 + TRADERS]
    for trader in traders:
        supplier = here.dice.choice(here.people[40:60])
        for day in range(DAYS):
            for buyer in here.dice.sample(here.people[60:140], here.dice.randint(8, 20)):
                amount = here.amount(200)
                here.plan(here.moment(day, 8, 19), here.pays, buyer, trader, amount)
            here.plan(here.moment(day, 19, 21), here.pays, trader, supplier, partial(_most_of, here, trader))


def _savers(here: District) -> None:
    """Groups that meet once a week: within an hour all pay the treasurer, who hands the pot to one of them."""
    for group in range(5):
        members = here.people[70 + 12 * group : 82 + 12 * group]
        for day in range(group, DAYS, 7):
            meets, turn = here.moment(day, 14, 17), here.dice.choice(members[1:])
            for one in members[1:]:
                at = meets + timedelta(minutes=here.dice.uniform(0, 40))
                here.plan(at, here.pays, one, members[0], 500_00)
            pot = 500_00 * (len(members) - 2)
            here.plan(meets + timedelta(minutes=50), here.pays, members[0], turn, pot)


def _sleepers(here: District) -> None:
    """Some come back after half a year and begin with something small, some with all they have."""
    for number, one in enumerate(here.people[PEOPLE - SLEEPERS : PEOPLE - SLEEPERS // 2]):
        amount = 300_00 if number else 4_000_00
        here.plan(FIRST - timedelta(days=200), here.brings, one, 5_000_00, "Nakuru")
        here.plan(here.moment(10 + number), here.pays, one, here.people[5], amount)


def _most_of(here: District, who: Person) -> int:
    """Return most of what somebody has, in whole shillings."""
    return max(1, here.do(lambda unit: unit.books.balance(wallet_of(who))) * 9 // 1000) * 100


# Frauds


def _mules(here: District) -> None:
    for ring in range(6):
        fraud, day = f"mule {ring}", here.dice.randrange(2, DAYS)
        begins, mule, boss = here.moment(day, 9, 18), here.people[30 + ring], here.people[50 + ring]
        for victim in here.dice.sample(here.people[60:140], here.dice.randint(8, 16)):
            at, amount = begins + timedelta(minutes=here.dice.uniform(0, 35)), here.amount(2_000)
            here.plan(at - timedelta(hours=3), here.brings, victim, amount * 2, here.home[victim.id])
            here.plan(at, here.pays, victim, mule, amount)
        here.plan(begins + timedelta(minutes=45), here.pays, mule, boss, partial(_most_of, here, mule), fraud=fraud)


def _fans(here: District) -> None:
    for ring in range(4):
        fraud, begins = f"fan {ring}", here.moment(here.dice.randrange(2, DAYS), 9, 20)
        thief = here.people[36 + ring]
        here.plan(begins - timedelta(hours=2), here.brings, thief, 60_000_00, here.home[thief.id])
        for number, mule in enumerate(here.dice.sample(here.people[60:140], 16)):
            at = begins + timedelta(minutes=2 * number)
            here.plan(at, here.pays, thief, mule, 3_000_00, fraud=fraud)


def _below(here: District) -> None:
    edge = here.pack.report_from
    for ring in range(4):
        fraud, day, one = f"below {ring}", here.dice.randrange(2, DAYS), here.people[62 + ring]
        payee = here.people[6 + ring]
        for _ in range(4):
            at, amount = here.moment(day, 9, 19), edge * here.dice.randint(91, 99) // 100
            here.plan(at, here.brings, one, amount + 500_00, here.home[one.id])
            here.plan(at + timedelta(minutes=40), here.pays, one, payee, amount, fraud=fraud)


def _far(here: District) -> None:
    for ring in range(8):
        fraud, one = f"far {ring}", here.dice.choice(here.people[60:140])
        at = here.moment(here.dice.randrange(DAYS), 8, 20)
        near, far = here.dice.sample(PLACES, 2)
        amount = here.dice.randint(60, 400) * 100_00
        here.plan(at, here.brings, one, amount, near)
        soon = timedelta(minutes=here.dice.uniform(4, 25))
        here.plan(at + soon, here.takes, one, amount * 9 // 10, far, fraud=fraud)


def _split(here: District) -> None:
    for ring in range(6):
        fraud, one = f"split {ring}", here.dice.choice(here.people[60:140])
        at = here.moment(here.dice.randrange(DAYS), 8, 20)
        tills = here.dice.sample(here.shops, 2)
        for number in range(10):
            when = at + timedelta(minutes=3 * number)
            here.plan(when, here.brings, one, 1_000_00, tills[number % 2], fraud=fraud)


def _loops(here: District) -> None:
    for ring in range(4):
        fraud, day, one = f"loop {ring}", here.dice.randrange(DAYS), here.dice.choice(here.people[60:140])
        shop = here.shop(here.home[one.id])
        for number in range(5):
            at = FIRST + timedelta(days=day, hours=8 + 2 * number)
            here.plan(at, here.brings, one, 2_000_00, shop, fraud=fraud)
            here.plan(at + timedelta(minutes=61), here.takes, one, 1_800_00, shop, fraud=fraud)


def _drained(here: District) -> None:
    for number, one in enumerate(here.people[PEOPLE - SLEEPERS // 2 :]):
        fraud = f"drained {number}"
        here.plan(FIRST - timedelta(days=200), here.brings, one, 20_000_00, "Nakuru")
        here.plan(here.moment(15 + number), here.pays, one, here.people[7], 18_000_00, fraud=fraud)
    for number in range(4):
        one, day = here.people[65 + number], here.dice.randrange(DAYS - 1)
        at = FIRST + timedelta(days=day, hours=19)
        here.plan(at, here.brings, one, 40_000_00, here.home[one.id])
        late = at + timedelta(hours=here.dice.uniform(6.1, 9.5))
        here.plan(late, here.takes, one, 30_000_00, here.home[one.id], fraud=f"night {number}")


def _slips(here: District) -> None:
    """A zero too many, on a day when there is enough in the wallet."""
    for number in range(10):
        one, day = here.people[80 + number], here.dice.randrange(12, DAYS)
        at = here.moment(day, 12, 18)
        here.plan(at - timedelta(hours=3), here.brings, one, 60_000_00, here.home[one.id])
        here.plan(at, here.pays, one, here.people[8], partial(_ten_times_usual, here, one), fraud=f"slip {number}")


def _ten_times_usual(here: District, who: Person) -> int:
    lines = here.do(lambda unit: unit.books.lines(wallet_of(who), limit=200))
    paid = sorted(-line.amount for line in lines if line.amount < 0 and line.move.reason == Reason.SEND)
    return 10 * (paid[len(paid) // 2] // 100 * 100 + 100_00) if paid else 3_000_00


def by_kind(here: District) -> Iterator[tuple[str, int, int]]:
    """Yield each kind of fraud with how many were planted and how many were caught."""
    kinds: dict[str, list[bool]] = defaultdict(list)
    for fraud in sorted(here.planted):
        kinds[fraud.rsplit(" ", 1)[0]].append(fraud in here.caught)
    yield from ((kind, len(found), sum(found)) for kind, found in kinds.items())


def measures(here: District) -> Figures:
    """Return recall and precision in percent, and how many honest payments of 10,000 were held up."""
    true = sum(number for (fraud, _), number in here.alarms.items() if fraud)
    return {
        NAMES[0]: 100 * len(here.caught) / len(here.planted),
        NAMES[1]: 100 * true / max(1, here.alarms.total()),
        NAMES[2]: 10_000 * here.bothered / here.honest,
    }


def prepare(stand: Stand) -> Measure:
    """Live another month in each round."""
    seeds = count(FIRST_SEED)

    def measure() -> Figures:
        here = month(next(seeds))
        kinds = ", ".join(f"{kind} {caught}/{planted}" for kind, planted, caught in by_kind(here))
        stand.notes[NAMES[0]] = f"the last month: {kinds}; {here.honest:,} honest payments"
        return measures(here)

    return measure


if __name__ == "__main__":
    for seed in range(3):
        lived = month(seed)
        print(measures(lived), list(by_kind(lived)), dict(lived.alarms), lived.refused, lived.honest)
