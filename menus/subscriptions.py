"""Subscriptions: the first yes where content is bought, the second one and the end under My account."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import PIN
from menus.steps import check_pin
from service.ledger.entry import NotEnough, OverCap
from service.ussd.screens import Ask, Choice, Do, End, Menu, Pick, Values
from service.wallet.buy import Quote
from service.wallet.item import item_of
from service.wallet.limits import OverSingle
from service.wallet.merchant import Merchant
from service.wallet.meter import stop_all_meters
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.send import QuoteChanged
from service.wallet.subscription import (
    NoSubscription,
    ask_subscription,
    begin,
    end,
    end_all,
    quote_begin,
    subscriptions_of,
)


def ask(call: Call, values: Values) -> Mapping[str, Any]:
    """Note the first yes."""
    row = ask_subscription(call.unit, person=call.caller, quote=Quote(**values["quote"]))
    return {"closes": row.until.isoformat()}


def mine(call: Call, _: Values) -> Sequence[Values]:
    """List what the caller has subscribed to."""
    listed = []
    for row in subscriptions_of(call.unit, call.caller):
        item = item_of(call.unit, row.item)
        till = call.unit.rows.get(Merchant, item.till)
        asked, until = row.state == "asked", row.until.isoformat()
        value: dict[str, Any] = {
            "item": row.item,
            "title": item.title,
            "till": item.till,
            "till_name": till.name if till else "",
        }
        value |= {"price": row.price, "days": row.days, "is_asked": asked}
        value |= {"asked_till": until if asked else "", "paid_till": "" if asked else until}
        listed.append({"value": value, "title": item.title, "price": row.price})
    return listed


SHOWN = ("item", "title", "till", "till_name", "price", "days", "is_asked", "asked_till", "paid_till")


def look(_: Call, values: Values) -> Mapping[str, Any]:
    """Take apart what was picked."""
    return {name: values["picked_sub"][name] for name in SHOWN}


def quote_yes(call: Call, values: Values) -> Mapping[str, Any]:
    """Say what the second yes takes at once."""
    quoted = quote_begin(call.unit, person=call.caller, code=values["item"])
    return {"quote": quoted._asdict(), "amount": quoted.amount, "tab": quoted.tab}


def say_yes(call: Call, values: Values) -> Mapping[str, Any]:
    """Begin it."""
    made, receipt = begin(call.unit, person=call.caller, quote=Quote(**values["quote"]))
    return {"reference": receipt.reference, "balance": receipt.balance, "closes": made.until.isoformat()}


def end_one(call: Call, values: Values) -> Mapping[str, Any]:
    """End it at once."""
    ended = end(call.unit, person=call.caller, code=values["item"])
    return {"title": ended.title, "refund": ended.refund}


def end_every(call: Call, _: Values) -> Mapping[str, Any]:
    """End all at once."""
    return {"entries": end_all(call.unit, call.caller) + stop_all_meters(call.unit, call.caller)}


SCREENS = (
    Ask("sub.pin", "pin", PIN, then="sub.unlock", secret=True),
    Do("sub.unlock", check_pin, then="sub.ask", on={WrongPin: "sub.pin"}, refuses=(PinLocked,), unlocks=True),
    Do("sub.ask", ask, then="sub.asked", gives=("closes",), on={QuoteChanged: "buy.quote"}, writes=True),
    End("sub.asked"),
    Pick("subs", "picked_sub", mine, then="sub.look", lines=("title", "price"), empty="subs.none"),
    End("subs.none"),
    Do("sub.look", look, then="sub", gives=SHOWN),
    Menu("sub", (Choice("1", "sub.quote", when="is_asked"), Choice("2", "sub.end"), Choice("3", "subs.end")),
         pages=True),
    Do("sub.quote", quote_yes, then="sub.yes.pin", gives=("quote", "amount", "tab"),
       refuses=(PinLocked, NoSubscription, QuoteChanged, NotEnough)),
    Ask("sub.yes.pin", "pin", PIN, then="sub.yes.unlock", secret=True),
    Do("sub.yes.unlock", check_pin, then="sub.begin", on={WrongPin: "sub.yes.pin"}, refuses=(PinLocked,),
       unlocks=True),
    Do("sub.begin", say_yes, then="sub.begun", gives=("reference", "balance", "closes"), posts=True,
       refuses=(NoSubscription, QuoteChanged, NotEnough, OverCap, OverSingle),
       told="bought", not_told="not_bought"),
    End("sub.begun"),
    Do("sub.end", end_one, then="sub.ended", gives=("title", "refund"), refuses=(NoSubscription,), writes=True),
    End("sub.ended"),
    Do("subs.end", end_every, then="subs.ended", gives=("entries",), writes=True),
    End("subs.ended"),
)  # fmt: skip
