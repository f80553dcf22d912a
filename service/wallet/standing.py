"""Standing orders: an amount that goes to a person or a till every day, week or month, until its payer stops it.

What the payer agreed to with the PIN is the amount and its charge. The id of the next payment is minted beforehand, so
that however many workers try it, and whatever breaks in between, it is one payment. Paying is in standing_run.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from service.clock import day
from service.countries import Charge
from service.phone import mask_phone
from service.refusal import Refusal
from service.wallet.calendar import DayOutOfReach, day_meant, moment
from service.wallet.limits import OverSingle, refuse_large_sale, tier_of
from service.wallet.merchant import Merchant
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.pin import refuse_locked
from service.wallet.send import SelfPayment, find_payee
from service.wallet.till import payable_till
from service.wallet.unit import Person, Unit

FARTHEST = 366
"""Days from today in which the first payment lies."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A standing order. `payee` is who is paid; of a till (`till`) it is who owned it when the order was made.

    `charge` is what each payment may cost beside the amount, in minor units. `due_on` is the day that is paid next, by
    the country's calendar; `entry` is what that payment will be. `step` says what is done at `next_at`.
    """

    id: int
    payer: int
    payee: int
    till: str = ""
    amount: int
    charge: int
    every: str  # day, week, month
    month_day: int
    due_on: str
    entry: int
    step: str = "pay"  # remind, pay, again
    next_at: datetime
    failed: int = 0
    """Days in a row on which it could not be paid."""
    state: str = "active"  # active, stopped, over


class TooManyOrders(Refusal):
    """A person has no more standing orders than this."""

    says = ("most_orders",)


class OrderOver(Refusal):
    """The standing order is over already."""


class Order(NamedTuple):
    """A standing order as it is shown before the PIN; `charge` is that of one payment, in minor units."""

    payee: int
    till: str
    name: str
    number: str
    amount: int
    charge: int
    every: str
    first: str


def orders_of(unit: Unit, payer: Person) -> Sequence[Standing]:
    """Return what a person lets pay again and again, oldest first."""
    return unit.rows.find(Standing, payer=payer.id, state="active")


def refuse_more_orders(unit: Unit, payer: Person) -> None:
    """Raise PinLocked, or TooManyOrders if the person has as many as there may be."""
    refuse_locked(unit, payer)
    most = unit.house.packs[payer.country].standing.most
    if len(orders_of(unit, payer)) >= most:
        raise TooManyOrders(most_orders=most)


def quote_order(
    unit: Unit, *, payer: Person, to: str, amount: int, every: str, first: str, is_till: bool = False
) -> Order:
    """Say whom a standing order would pay and what each payment costs; `first` is a day as `read_day` gives it.

    Raises TooManyOrders, DayOutOfReach, NotOffered, OverSingle, SelfPayment and what finding the payee raises. That
    there is enough money is not asked: it is paid later.
    """
    refuse_more_orders(unit, payer)
    pack = unit.house.packs[payer.country]
    today = day(unit.now, pack.zone)
    begins = day_meant(first, after=today)
    if not today < begins <= today + timedelta(days=FARTHEST):
        reach = (moment(today + timedelta(days=days), 0, pack).isoformat() for days in (1, FARTHEST))
        raise DayOutOfReach(**dict(zip(("earliest", "latest"), reach, strict=True)))
    charge = pack.charge("pay" if is_till else "send", amount, unit.now)
    if amount > (single := tier_of(unit, payer).single):
        raise OverSingle(single=single)
    if is_till:
        row, owner = payable_till(unit, to, payer.country)
        if owner.id == payer.id:
            raise SelfPayment
        refuse_large_sale(unit, owner, amount)
        whom = (owner.id, row.number, row.name, row.number)
    else:
        payee, _ = find_payee(unit, payer, to)
        whom = (payee.id, "", masked(payee.name), mask_phone(payee.phone))
    return Order(*whom, amount, charge.total, every, begins.isoformat())


def make_order(unit: Unit, *, payer_id: int, order: Order) -> Standing:
    """Make the order of a payer who has been unlocked, and tell them; raises PinLocked or TooManyOrders."""
    payer = unit.rows.lock(Person, payer_id)
    assert payer is not None, f"no person {payer_id}"
    refuse_more_orders(unit, payer)
    # Nothing may refuse after this line.
    first = date.fromisoformat(order.first)
    row = Standing(
        id=unit.mint(),
        payer=payer.id,
        payee=order.payee,
        till=order.till,
        amount=order.amount,
        charge=order.charge,
        every=order.every,
        month_day=first.day,
        due_on=order.first,
        entry=unit.mint(),
        next_at=unit.now,
    )
    unit.rows.append(row := set_for(unit, payer, row, first))
    said = shown(unit, row) | {"fee": order.charge, "day": due_at(unit, payer, row).isoformat()}
    tell(unit, payer, "order_made", said | {"service_code": unit.house.packs[payer.country].people_code})
    return row


def set_for(unit: Unit, payer: Person, row: Standing, due: date) -> Standing:
    """Return a standing order that is paid on this day next, and reminded of before if the pack says so."""
    pack = unit.house.packs[payer.country]
    pays, reminder = (moment(due - timedelta(days=days), pack.standing.hour, pack) for days in (0, 1))
    reminds = pack.standing.reminds and row.every != "day" and reminder > unit.now
    step, next_at = ("remind", reminder) if reminds else ("pay", pays)
    return replace(row, due_on=due.isoformat(), step=step, next_at=next_at)


def due_at(unit: Unit, payer: Person, row: Standing) -> datetime:
    """Return when a standing order is paid next."""
    pack = unit.house.packs[payer.country]
    return moment(date.fromisoformat(row.due_on), pack.standing.hour, pack)


def shown(unit: Unit, row: Standing) -> dict[str, object]:
    """Return what every message and screen about a standing order says: amount, whom, and their number, masked."""
    if row.till:
        till = unit.rows.get(Merchant, row.till)
        return {"amount": row.amount, "paid_to": till.name if till else "", "number": row.till}
    payee = unit.rows.get(Person, row.payee)
    assert payee is not None, f"no person {row.payee}"
    number = mask_phone(payee.phone) if payee.has_number else ""
    return {"amount": row.amount, "paid_to": masked(payee.name), "number": number}


def charge_of(unit: Unit, payer: Person, row: Standing, at: datetime) -> Charge:
    """Return what a payment costs at a moment; raises NotOffered."""
    return unit.house.packs[payer.country].charge("pay" if row.till else "send", row.amount, at)


def own_order(unit: Unit, payer: Person, order_id: int, *, lock: bool = False) -> Standing:
    """Return a standing order of this person that is not over; raises OrderOver."""
    row = (unit.rows.lock if lock else unit.rows.get)(Standing, order_id)
    if row is None or row.payer != payer.id or row.state != "active":
        raise OrderOver
    return row


def stop_order(unit: Unit, payer: Person, order_id: int) -> None:
    """Stop a standing order for good; a payment that was made before stays. Raises OrderOver."""
    unit.rows.put(replace(own_order(unit, payer, order_id, lock=True), state="stopped"))


def agree_to_charge(unit: Unit, *, payer: Person, order_id: int, charge: int) -> None:
    """Let each payment cost so much from now on; the payer has been unlocked. Raises OrderOver."""
    unit.rows.put(replace(own_order(unit, payer, order_id, lock=True), charge=charge))


def stop_all_orders(unit: Unit, payer: Person) -> None:
    """Stop all that a person lets pay: their wallet closes."""
    for row in orders_of(unit, payer):
        locked = unit.rows.lock(Standing, row.id)
        if locked is not None and locked.state == "active":
            unit.rows.put(replace(locked, state="stopped"))
