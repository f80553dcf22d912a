"""Both sides of cash before the walk at once: many customers and agents, and nobody who was promised walks in vain.

What is really in each drawer is counted here, beside the service. Agents pay others only from what is not promised.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from service.ledger.chart import Reason
from service.refusal import Refusal
from service.wallet.drawer import Till, declare, known_cash
from service.wallet.promise import Reservation, live
from service.wallet.reserve import (
    CashGone,
    NobodyNear,
    expire_reservations,
    find_cash,
    give_up,
    keep,
    kept_for,
    reserve,
    turn_away,
)
from service.wallet.unit import Agent, Notice, Person
from tests.wallet.test_reserve import KEEPERS, by_approval, by_code, paid_in
from tests.wallet.village import PACK, TRUST, Village, float_, person, wallet

PLACES = ("Nakuru", "Kisumu")
CUSTOMERS, SHOPS, MINUTES = 40, 6, 900


@dataclass
class Fair:
    """A day of a market, minute by minute."""

    seed: int
    village: Village = field(default_factory=Village)
    real: dict[str, int] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    thinking: list[tuple[Person, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.village.pack(cash_asks_per_day=500, reserves_per_day=500)
        numbers = [f"{200_000 + shop}" for shop in range(SHOPS)]
        keepers = [person(1000 + n, f"Keeper {n}", f"+25471290{n:04}") for n in range(SHOPS)]
        self.people = [person(2000 + n, f"Customer {n}", f"+25472990{n:04}") for n in range(CUSTOMERS)]
        self.shops = [
            Agent(number=number, person=keeper.id, name=f"Shop {number}", place=PLACES[n % 2])
            for n, (number, keeper) in enumerate(zip(numbers, keepers, strict=True))
        ]
        self.village.do(lambda unit: [unit.rows.add(one) for one in (*keepers, *self.people, *self.shops)])
        KEEPERS.update(zip(numbers, keepers, strict=True))
        for shop in self.shops:
            self.village.do(lambda unit, shop=shop: unit.books.open(float_(shop)))  # type: ignore[misc]
            self.village.post((TRUST, float_(shop), 100_000_00, Reason.ISSUE))
            self.declare(shop, self.dice.randrange(0, 8_000, 100) * 100)
        for one in self.people:
            self.village.do(lambda unit, one=one: unit.books.open(wallet(one)))  # type: ignore[misc]
            self.village.give(one, 20_000_00)

    def declare(self, shop: Agent, amount: int) -> None:
        self.real[shop.number] = amount
        self.village.do(lambda unit: declare(unit, agent=shop, amount=amount, pack=PACK))

    def shop(self, number: str) -> Agent:
        return next(shop for shop in self.shops if shop.number == number)

    def promised(self, shop: Agent) -> int:
        return sum(row.amount for row in self.village.do(lambda unit: live(unit, [shop.number])))

    def minute(self) -> None:
        """Let somebody do something, and look whether every promise can be kept."""
        self.village.later(seconds=self.dice.choice((15, 30, 30, 60)))
        act = self.dice.choice((self.ask, self.decide, self.answer, self.answer, self.come, self.others, self.pay_in))
        act()
        if self.dice.random() < 0.2:
            self.village.do(expire_reservations)
        self.look()

    def look(self) -> None:
        for till in self.village.rows(Till):
            known = self.village.do(lambda unit, till=till: known_cash(unit, till, PACK))  # type: ignore[misc]
            assert known == self.real[till.agent]
            assert self.promised(self.shop(till.agent)) <= known

    def ask(self) -> None:
        one, amount = self.dice.choice(self.people), self.dice.randrange(100, 3_000, 50) * 100
        pack, place = self.village.house.packs["ke"], self.dice.choice(PLACES)
        found = self.village.do(lambda unit: find_cash(unit, person=one, amount=amount, place=place, pack=pack))
        if isinstance(found, Refusal):
            assert isinstance(found, NobodyNear)
            near = [shop for shop in self.shops if shop.place == place]
            assert all(self.real[shop.number] - self.promised(shop) < amount for shop in near)
            self.seen["nobody"] += 1
            return
        self.thinking.append((one, self.dice.choice(found).number, amount))

    def decide(self) -> None:
        """Pick one of those who were found a while ago: others may have been quicker."""
        if not self.thinking:
            return
        one, number, amount = self.thinking.pop(self.dice.randrange(len(self.thinking)))
        pack = self.village.house.packs["ke"]
        try:
            self.village.do(lambda unit: reserve(unit, person=one, number=number, amount=amount, pack=pack))
            self.seen["reserved"] += 1
        except CashGone:
            self.seen["gone"] += 1
        except Refusal:
            self.seen["has one"] += 1

    def answer(self) -> None:
        rows = [row for row in self.village.rows(Reservation) if row.state == "asked"]
        if not rows:
            return
        row = self.dice.choice(rows)
        shop = self.shop(row.agent)
        act = turn_away if self.dice.random() < 0.2 else keep
        try:
            self.village.do(lambda unit: act(unit, agent=shop, reservation=row.id, pack=PACK))
            self.seen[act.__name__] += 1
        except Refusal:
            self.seen["too late"] += 1

    def come(self) -> None:
        """Somebody who was promised cash comes, and is paid: this is what it is all about."""
        numbers = [shop.number for shop in self.shops]
        kept = [row for row in self.village.do(lambda unit: live(unit, numbers)) if row.state == "kept"]
        if not kept:
            return
        row = self.dice.choice(kept)
        one = next(one for one in self.people if one.id == row.person)
        if self.dice.random() < 0.2:
            self.village.do(lambda unit: give_up(unit, person=one, reservation=row.id))
            return
        assert self.real[row.agent] >= row.amount
        self.take(one, self.shop(row.agent), row.amount)
        self.seen["came"] += 1

    def others(self) -> None:
        """Somebody comes without asking first, and gets what is promised to nobody."""
        one, shop = self.dice.choice(self.people), self.dice.choice(self.shops)
        amount = self.dice.randrange(100, 1_500, 50) * 100
        if self.village.do(lambda unit: kept_for(unit, one)):
            return
        if self.real[shop.number] - self.promised(shop) < amount:
            self.seen["walked in vain"] += 1
        else:
            self.take(one, shop, amount)

    def take(self, one: Person, shop: Agent, amount: int) -> None:
        if self.village.balance(wallet(one)) < amount + 500_00:
            self.village.give(one, amount + 500_00)
        way = self.dice.choice((by_code, by_approval))
        way(self.village, amount, one, shop)
        self.real[shop.number] -= amount

    def pay_in(self) -> None:
        one, shop = self.dice.choice(self.people), self.dice.choice(self.shops)
        amount = self.dice.randrange(50, 1_500, 50) * 100
        paid_in(self.village, amount, one, shop)
        self.real[shop.number] += amount


@pytest.mark.parametrize("seed", range(3))
def test_nobody_is_promised_cash_that_is_not_there(seed: int) -> None:
    fair = Fair(seed)
    for _ in range(MINUTES):
        fair.minute()
    assert min(fair.seen[what] for what in ("reserved", "gone", "keep", "turn_away", "came", "nobody")) > 5
    states = Counter(row.state for row in fair.village.rows(Reservation))
    assert min(states["used"], states["declined"], states["over"] + states["given_up"]) > 0
    notices = fair.village.do(lambda unit: unit.rows.find(Notice, limit=100_000))
    over = [one for one in notices if one.key in ("cash_over", "cash_unanswered")]
    assert len(over) == states["over"]  # each is told once
