"""Standing orders: what I let pay again and again; a new one, and stopping one."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT, DAY, ORDER_TO
from menus.steps import by_pin
from menus.whose import which
from service.clock import day
from service.countries import NotOffered
from service.ussd.screens import Act, Ask, Choice, Do, End, Menu, Screen, Values
from service.wallet.calendar import EVERY, DayOutOfReach, moment
from service.wallet.known import TooManyLookups
from service.wallet.limits import OverSingle
from service.wallet.people import UnknownPerson, WhichOne
from service.wallet.pin import PinLocked
from service.wallet.send import SelfPayment
from service.wallet.standing import (
    Order,
    OrderOver,
    TooManyOrders,
    agree_to_charge,
    charge_of,
    due_at,
    make_order,
    orders_of,
    own_order,
    quote_order,
    refuse_more_orders,
    shown,
    stop_order,
)
from service.wallet.till import UnknownTill

PER = {"day": "per_day", "week": "per_week", "month": "per_month"}
"""The name under which the amount is shown, so that each is said in words of its own."""


def mine(call: Call, _: Values) -> Sequence[Values]:
    """List the caller's standing orders."""
    return [{"value": {"order": row.id}, **shown(call.unit, row)} for row in orders_of(call.unit, call.caller)]


def pick(call: Call, values: Values) -> Mapping[str, Any]:
    """Tell a number that was typed, of somebody to be paid, from a standing order that was picked."""
    picked = values["ordering"]
    blank = {"order": 0, "phone": "", "is_till": False, "amount": 0, "paid_to": "", "number": "", "day": ""}
    blank |= {"fee": 0, "new_fee": 0, "is_there": False, **dict.fromkeys(PER.values(), 0)}
    if "order" not in picked:
        refuse_more_orders(call.unit, call.caller)
        return {**blank, "day": call.unit.now.isoformat(), **picked}
    row = own_order(call.unit, call.caller, picked["order"])
    due = due_at(call.unit, call.caller, row)
    try:
        fee = charge_of(call.unit, call.caller, row, due).total
    except NotOffered:
        fee = row.charge
    per = {PER[row.every]: row.amount, "fee": row.charge, "new_fee": fee if fee > row.charge else 0}
    return {**blank, **shown(call.unit, row), **per, "order": row.id, "day": due.isoformat(), "is_there": True}


def choose(every: str) -> Act:
    """Return the step that says how often it is paid."""
    return lambda *_: {"every": every}


def next_days(call: Call, _: Values) -> Sequence[Values]:
    """Offer the next two days, and the first of the next month."""
    today = day(call.unit.now, call.pack.zone)
    month = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    days = sorted({today + timedelta(days=1), today + timedelta(days=2), month})
    return [{"value": one.isoformat(), "day": moment(one, 0, call.pack).isoformat()} for one in days]


def quote(call: Call, values: Values) -> Mapping[str, Any]:
    """Find who is paid, and say what each payment costs."""
    asked = {"to": values["phone"], "amount": values["amount"], "every": values["every"], "first": values["first"]}
    order = quote_order(call.unit, payer=call.caller, is_till=values["is_till"], **asked)
    first = moment(date.fromisoformat(order.first), call.pack.standing.hour, call.pack).isoformat()
    per = {name: order.amount if every == order.every else 0 for every, name in PER.items()}
    whom = {"paid_to": order.name, "number": order.number}
    return {"quote": order._asdict(), **whom, **per, "fee": order.charge, "day": first}


def make(call: Call, values: Values) -> None:
    """Make the standing order that was shown."""
    make_order(call.unit, payer_id=call.caller.id, order=Order(**values["quote"]))


def stop(call: Call, values: Values) -> None:
    """Stop it."""
    stop_order(call.unit, call.caller, values["order"])


def agree(call: Call, values: Values) -> None:
    """Let each payment cost what it costs now."""
    agree_to_charge(call.unit, payer=call.caller, order_id=values["order"], charge=values["new_fee"])


SHOWN = ("amount", "paid_to", "number", *PER.values(), "fee", "day")

SCREENS: tuple[Screen, ...] = (
    Ask("orders", "ordering", ORDER_TO, then="orders.pick", suggests=mine, lines=("amount", "paid_to", "number")),
    Do("orders.pick", pick, then="order.amount", gives=("order", "phone", "is_till", "is_there", "new_fee", *SHOWN),
       instead={"is_there": "order"}, on={TooManyOrders: "orders", OrderOver: "orders"}, refuses=(PinLocked,)),
    Ask("order.amount", "amount", AMOUNT, then="order.every"),
    Menu("order.every", tuple(Choice(str(key), f"order.every.{every}") for key, every in enumerate(EVERY, 1))),
    *(Do(f"order.every.{every}", choose(every), then="order.first", gives=("every",)) for every in EVERY),
    Ask("order.first", "first", DAY, then="order.quote", suggests=next_days, lines=("day",)),
    Do("order.quote", quote, then="order.pin", gives=("quote", *SHOWN[1:]),
       on={**dict.fromkeys((UnknownPerson, UnknownTill, SelfPayment, TooManyLookups, TooManyOrders), "orders"),
           WhichOne: "order.which", DayOutOfReach: "order.first",
           **dict.fromkeys((NotOffered, OverSingle), "order.amount")}, refuses=(PinLocked,)),
    which("order.which", "order.quote"),
    *by_pin("order", make, "order.made", refuses=(PinLocked, TooManyOrders)),
    Menu("order", (Choice("1", "order.stop"), Choice("2", "order.agree.pin", when="new_fee"))),
    Menu("order.stop", (Choice("1", "order.stop.do"),)),
    Do("order.stop.do", stop, then="order.stopped", refuses=(OrderOver,), writes=True),
    End("order.stopped"),
    *by_pin("order.agree", agree, "order.agreed", refuses=(OrderOver,)),
)  # fmt: skip
