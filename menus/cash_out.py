"""Cash for a customer who has no code: the agent asks, the customer approves, and then the cash is given."""

from collections.abc import Mapping
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT, PHONE
from menus.steps import may_work
from service.countries import NotOffered
from service.money import show_amount
from service.ussd.screens import Ask, Do, End, Values
from service.wallet.cash_out import ask_cash_out, just_approved
from service.wallet.inbox import AskedEnough, DeclinedTwice
from service.wallet.pin import PinLocked
from service.wallet.send import SelfPayment


def open_cash_out(call: Call, values: Values) -> Mapping[str, Any]:
    """Say which customer has just approved, for an agent who waits for it."""
    may_work(call, values)
    given = just_approved(call.unit, keeper=call.caller)
    return {"given": f"{show_amount(given.amount, call.pack.currency)} {given.name}" if given else ""}


def ask_customer(call: Call, values: Values) -> None:
    """Ask whoever is behind the number."""
    ask_cash_out(call.unit, agent=call.shop, keeper=call.caller, phone=values["phone"], amount=values["amount"])


SCREENS = (
    Do("cashout.open", open_cash_out, then="cashout.phone", gives=("given",), refuses=(PinLocked,)),
    Ask("cashout.phone", "phone", PHONE, then="cashout.amount"),
    Ask("cashout.amount", "amount", AMOUNT, then="cashout.ask"),
    Do("cashout.ask", ask_customer, then="cashout.asked", writes=True,
       on={NotOffered: "cashout.amount", SelfPayment: "cashout.phone", DeclinedTwice: "cashout.phone"},
       refuses=(PinLocked, AskedEnough)),
    End("cashout.asked"),
)  # fmt: skip
