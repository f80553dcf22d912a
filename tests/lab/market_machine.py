"""The service of a market town: that of any town, with a seller's till, content, pots, a group, and providers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import Any, TypeVar, cast
from unittest.mock import patch

from service.app import App
from service.budget import Budget
from service.gateways.billers import Billers
from service.wallet import errand
from service.wallet.agent import agent_by_number
from service.wallet.cash_in import cash_in, quote_cash_in
from service.wallet.errand import run_errands
from service.wallet.group_money import give, quote_gift
from service.wallet.groups import answer, found_group, invite
from service.wallet.meter import new_seller_key
from service.wallet.people import person_by_phone
from service.wallet.savings import open_pot
from service.wallet.seller_payday import put_up
from service.wallet.till import new_till
from service.wallet.unit import Person, Unit
from tests.lab.market_outside import Outside
from tests.lab.town_machine import Machine
from tests.phone import NUMBERS

TILL = "500017"
SOLD: Mapping[str, tuple[str, str, int, int]] = {
    "200014": ("News", "text", 200_300_007, 1),
    "200022": ("Joke", "text", 400_001, 1),
    "200030": ("Weekly", "subscription", 7_000_000_000, 7),
    "200048": ("Daily", "subscription", 100_000_000, 1),
    "200055": ("Book", "metered", 150_333_333, 0),
    "200063": ("Calls", "metered", 333_333, 0),
}
"""What is sold by code: title, kind, price in millionths of a cent, days."""

TEXT = "The rain had come late that year, and the market of Nakuru was full of people with stories and potatoes. " * 3
T = TypeVar("T")


class Serial:
    """An executor that does one thing after another: nothing in a town hangs on the order of threads."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> "Serial":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        pass

    def map(self, work: Callable[..., T], *parts: Any) -> Iterator[T]:
        return map(work, *parts)


@dataclass
class MarketMachine(Machine):
    """The service and the world around it."""

    outside: Outside = field(default_factory=Outside)
    seller_key: str = ""
    look: Callable[[], None] = lambda: None
    """Is called after each commit of the worker."""

    def fit(self, app: App) -> App:
        return replace(app, billers=cast(Billers, self.outside))

    def open(self) -> None:
        self.app.transact(self._open)

    def _open(self, unit: Unit) -> None:
        people = {name: self._person(unit, name) for name in ("Amina", "Baraka", "Njeri", "Achieng")}
        shop = agent_by_number(unit, "100016")
        assert shop is not None
        keeper = people["Njeri"]
        for name, amount in (("Baraka", 9_000_00), ("Achieng", 6_000_00), ("Amina", 5_000_00)):
            quote = quote_cash_in(unit, agent=shop, keeper=keeper, phone=people[name].phone, amount=amount)
            cash_in(unit, agent=shop, keeper=keeper, quote=quote, pack=self.app.home.pack)
        till = new_till(unit, person_id=people["Baraka"].id, name="Habari Leo")
        assert till.number == TILL
        for code, (title, kind, price, days) in SOLD.items():
            text = "" if title == "Calls" else TEXT if title == "Book" else f"What {title} says."
            item = put_up(unit, till=TILL, kind=kind, title=title, price=price, days=days, text=text)
            assert item.code == code, item.code
        self.seller_key = new_seller_key(unit, TILL)
        for name in ("Amina", "Achieng"):
            open_pot(unit, person_id=people[name].id, name=f"{name[:2]} goal", goal=9_000_00)
        group = found_group(unit, person_id=people["Amina"].id, name="Chama", needed=2)
        for name in ("Baraka", "Achieng"):
            invite(unit, person=people["Amina"], group_id=group.id, phone=people[name].phone)
            answer(unit, person_id=people[name].id, group_id=group.id, joins=True)
        amina = self._person(unit, "Amina")
        give(unit, giver=amina, gift=quote_gift(unit, giver=amina, group_id=group.id, amount=900_00))

    def _person(self, unit: Unit, name: str) -> Person:
        found = person_by_phone(unit, NUMBERS[name])
        assert found is not None
        return found

    def start_worker(self) -> None:
        super().start_worker()
        airtime = Budget(per_number=20, per_prefix=1_000, in_all=20_000)
        errands = lambda: run_errands(self._transact, self.outside.providers, airtime)  # noqa: E731
        self.jobs = [partial(self._do, job) for job in (errands, *self.jobs)]

    def _transact(self, work: Callable[[Unit], T]) -> T:
        done = self.app.transact(work)
        self.look()
        return done

    def _do(self, job: Callable[[], int]) -> int:
        if done := job():
            self.look()
        return done


@contextmanager
def one_by_one() -> Iterator[None]:
    """Let the worker go to the providers one after another."""
    with patch.object(errand, "ThreadPoolExecutor", Serial):
        yield
