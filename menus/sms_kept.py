"""Reading by SMS what is kept apart from the wallet: savings, the money of groups, and what is paid again and again."""

from datetime import date

from menus.call import Call
from menus.sms_answer import Answer, several
from service.clock import day
from service.gsm7 import clip, downgrade
from service.money import show_number
from service.wallet.account import group_of
from service.wallet.groups import groups_of
from service.wallet.savings import pots_of
from service.wallet.standing import due_at, orders_of, shown


def saved(call: Call, _: str) -> Answer:
    """List the pots of a person, what is in each, and the day of those that are locked."""
    pots, today = pots_of(call.unit, call.caller), day(call.unit.now, call.pack.zone)
    lines = [
        f"{downgrade(pot.name)} {show_number(pot.held, call.pack.currency)}"
        + (f" ({date.fromisoformat(pot.until):%d/%m/%y})" if pot.is_locked(today) else "")
        for pot in pots
    ]
    total = sum(pot.held for pot in pots)
    return Answer("savings", {"in_pot": total, "several": several(lines)}) if pots else _none(call, "savings")


def groups(call: Call, _: str) -> Answer:
    """List the groups of a person and what is in each."""
    lines = [
        f"{downgrade(seat.group.name)} {show_number(call.unit.books.balance(group_of(seat.group)), call.pack.currency)}"
        for seat in groups_of(call.unit, call.caller)
    ]
    return Answer("groups", {"several": several(lines)}) if lines else _none(call, "groups")


def standing_orders(call: Call, _: str) -> Answer:
    """List what a person lets pay again and again: how much, whom, and the next day."""
    lines = []
    for row in orders_of(call.unit, call.caller):
        to = clip(downgrade(str(shown(call.unit, row)["paid_to"])), 10)
        on = day(due_at(call.unit, call.caller, row), call.pack.zone)
        lines.append(f"{show_number(row.amount, call.pack.currency)} {to} {on:%d/%m}")
    return Answer("orders", {"several": several(lines)}) if lines else _none(call, "orders")


def _none(call: Call, key: str) -> Answer:
    return Answer(f"{key}_empty", {"service_code": call.pack.people_code})
