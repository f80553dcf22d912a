"""Content by the page or the unit: how much at most, PIN, and the meter runs; pages are read until it stops."""

from collections.abc import Mapping
from typing import Any

from menus.buy import PAGE, lines_of_page
from menus.call import Call
from menus.fields import AMOUNT, PIN
from menus.steps import check_pin
from service.ledger.entry import NotEnough, OverCap
from service.ussd.screens import Ask, Choice, Do, End, Menu, Values
from service.wallet.buy import Quote
from service.wallet.limits import OverSingle
from service.wallet.meter import BadCap, NoMeter, open_meter, quote_meter, read_page, stop_meter
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.send import QuoteChanged


def quote_cap(call: Call, values: Values) -> Mapping[str, Any]:
    """See whether so much can be set aside."""
    quoted = quote_meter(call.unit, quote=Quote(**values["quote"]), cap=values["amount"], person=call.caller)
    return {"quote": quoted._asdict()}


def start(call: Call, values: Values) -> Mapping[str, Any]:
    """Set it aside, and let the meter run."""
    _, receipt = open_meter(call.unit, person=call.caller, quote=Quote(**values["quote"]))
    return {"reference": receipt.reference, "balance": receipt.balance}


def first(call: Call, values: Values) -> Mapping[str, Any]:
    """Show the first page."""
    return _page(call, values["item"], 0)


def turn(call: Call, values: Values) -> Mapping[str, Any]:
    """Show the next page, which is paid for if it is new."""
    return _page(call, values["item"], values["page"] + 1)


def _page(call: Call, code: str, number: int) -> Mapping[str, Any]:
    found = read_page(call.unit, call.caller, code, number)
    if found is None:
        return {**lines_of_page(number, (), more=False), "is_over": True}
    return {**lines_of_page(found[0], found[1], more=found[2]), "is_over": False}


def stop(call: Call, values: Values) -> None:
    """Stop the meter."""
    if not stop_meter(call.unit, call.caller, values["item"]):
        raise NoMeter


SCREENS = (
    Ask("meter.cap", "amount", AMOUNT, then="meter.quote"),
    Do("meter.quote", quote_cap, then="meter.pin", gives=("quote",),
       on={BadCap: "meter.cap"}, refuses=(NotEnough,)),
    Ask("meter.pin", "pin", PIN, then="meter.unlock", secret=True),
    Do("meter.unlock", check_pin, then="meter.start", on={WrongPin: "meter.pin"}, refuses=(PinLocked,), unlocks=True),
    Do("meter.start", start, then="meter.started", gives=("reference", "balance"), posts=True,
       on={QuoteChanged: "buy.quote"}, refuses=(NotEnough, OverCap, OverSingle), told="metered",
       not_told="not_metered"),
    End("meter.started"),
    Menu("meter.mine", (Choice("1", "meter.read", when="has_text"), Choice("2", "meter.stop"),
                        Choice("3", "buy.complain"))),
    Do("meter.read", first, then="meter.page", gives=(*PAGE, "is_over"), instead={"is_over": "meter.over"},
       refuses=(NoMeter,), writes=True),
    Menu("meter.page", (Choice("98", "meter.turn", when="more"), Choice("2", "meter.stop")), pages=True),
    Do("meter.turn", turn, then="meter.page", gives=(*PAGE, "is_over"), instead={"is_over": "meter.over"},
       refuses=(NoMeter,), writes=True),
    Do("meter.stop", stop, then="meter.over", refuses=(NoMeter,), writes=True),
    End("meter.over"),
)  # fmt: skip
