"""Paying sellers of content: once a day what is in their till goes to their wallet, in one entry, by itself.

What running subscriptions could ask back stays in the till, so that an end gives back at once. A wallet that is full
takes what it has room for; the rest waits for the next day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.clock import day
from service.countries import Pack
from service.wallet.account import takings_of, wallet_of
from service.wallet.item import Item, new_item
from service.wallet.limits import ceiling_of
from service.wallet.merchant import Merchant
from service.wallet.subscription import Subscription, unused
from service.wallet.takings import Settlement, settle
from service.wallet.unit import Person, Unit

AT_ONCE = 10_000
"""Subscriptions of one till that are looked at for what they could ask back."""


@dataclass(frozen=True, kw_only=True)
class SellerPayday:
    """When a seller of content is next paid out."""

    till: str
    next_at: datetime


def put_up(unit: Unit, *, till: str, kind: str, title: str, price: int, days: int, text: str) -> Item:
    """Put something up for sale at a till, which is paid out every day from then on; raises UnknownTill."""
    item = new_item(unit, till=till, kind=kind, title=title, price=price, days=days, text=text)
    row = unit.rows.get(Merchant, till)
    owner = unit.rows.get(Person, row.person) if row else None
    assert owner is not None, f"nobody has till {till}"
    unit.rows.add(SellerPayday(till=till, next_at=_next(unit, unit.house.packs[owner.country])))
    return item


def pay_sellers(unit: Unit, *, limit: int = 1) -> int:
    """Pay sellers whose time has come, one in a commit, and return how many were looked at."""
    rows = unit.rows.due(SellerPayday, before=unit.now, limit=limit)
    for row in rows:
        till = unit.rows.lock(Merchant, row.till)
        assert till is not None, f"no till {row.till}"
        owner = unit.rows.get(Person, till.person)
        assert owner is not None, f"no person {till.person}"
        pack = unit.house.packs[owner.country]
        _pay(unit, till, owner, f"payout:{till.number}:{day(unit.now, pack.zone)}")
        unit.rows.put(SellerPayday(till=till.number, next_at=_next(unit, pack)))
    return len(rows)


def _pay(unit: Unit, till: Merchant, owner: Person, once: str) -> None:
    if not owner.has_number or unit.books.entry_once(once) is not None:
        return
    room = max(0, ceiling_of(unit, owner).most - unit.books.balance(wallet_of(owner)))
    free = unit.books.balance(takings_of(till, owner.country)) - kept_back(unit, till)
    if (amount := min(free, room)) > 0:
        settle(unit, owner=owner, settlement=Settlement(unit.mint(), till.number, amount), once=once)


def kept_back(unit: Unit, till: Merchant) -> int:
    """Return what the running subscriptions of a till could ask back now, in minor units."""
    codes = [item.code for item in unit.rows.find(Item, till=till.number, limit=1_000) if item.kind == "subscription"]
    running = unit.rows.find(Subscription, item=codes, state="active", limit=AT_ONCE) if codes else ()
    return sum(unused(unit, row) for row in running)


def _next(unit: Unit, pack: Pack) -> datetime:
    """Return the next of the hours at which commission is paid, too."""
    hour = timedelta(hours=pack.agents.commission_hour)
    today = day(unit.now - hour, pack.zone)
    return datetime.combine(today + timedelta(days=1), datetime.min.time(), tzinfo=pack.zone) + hour
