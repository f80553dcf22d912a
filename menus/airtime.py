"""Airtime: for one's own number or another, how much, PIN, done."""

from collections.abc import Mapping
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT, PHONE
from menus.ordering import QUOTED, TOO_MUCH, from_look_on, quoted
from menus.steps import may_work
from service.phone import number_of
from service.ussd.screens import Ask, Choice, Do, Values
from service.wallet.order import AIRTIME, quote_airtime
from service.wallet.pin import PinLocked


def open_airtime(call: Call, values: Values) -> Mapping[str, Any]:
    """Turn a locked person away, and say how much is sold at a time."""
    may_work(call, values)
    least, most = call.pack.reach(AIRTIME, call.unit.now)
    return {"least": least, "most": most}


def mine(call: Call, _: Values) -> Mapping[str, Any]:
    """Take the caller's own number."""
    return {"phone": number_of(call.phone)}


def quote(call: Call, values: Values) -> Mapping[str, Any]:
    """Price it."""
    return quoted(quote_airtime(call.unit, payer=call.caller, phone=values["phone"], amount=values["amount"]))


SCREENS = (
    Do("airtime.open", open_airtime, then="airtime.phone", gives=("least", "most"), refuses=(PinLocked,)),
    Ask("airtime.phone", "phone", PHONE, then="airtime.amount", choices=(Choice("1", "airtime.mine"),)),
    Do("airtime.mine", mine, then="airtime.amount", gives=("phone",)),
    Ask("airtime.amount", "amount", AMOUNT, then="airtime.quote"),
    Do("airtime.quote", quote, then="airtime.look", gives=QUOTED, on=dict.fromkeys(TOO_MUCH, "airtime.amount"),
       refuses=(PinLocked,)),
    *from_look_on("airtime", amount="airtime.amount", told="airtime", not_told="not_airtime"),
)  # fmt: skip
