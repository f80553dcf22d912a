"""Withdrawing cash: which agent, how much, PIN, and a code to show to that agent."""

from collections.abc import Mapping
from typing import Any

from menus.call import Call
from menus.fields import AGENT, AMOUNT, PIN
from menus.steps import check_pin, may_pay
from service.countries import NotOffered
from service.ledger.entry import NotEnough, OverCap
from service.ussd.screens import Ask, Do, End, Values
from service.wallet.agent import UnknownAgent
from service.wallet.limits import OverSingle
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.withdraw import Quote, TooManyWaiting, expires_at, quote_withdrawal, withdraw


def quote(call: Call, values: Values) -> Mapping[str, Any]:
    """Find the agent and price the withdrawal."""
    quoted = quote_withdrawal(call.unit, payer=call.caller, agent_number=values["agent"], amount=values["amount"])
    shown = {"fee": quoted.charge.published, "excise": quoted.excise, "levy": quoted.levy, "total": quoted.total}
    return {"quote": quoted._asdict(), "agent_name": quoted.agent_name, **shown}


def hold(call: Call, values: Values) -> Mapping[str, Any]:
    """Set the money aside and give the code."""
    quoted = Quote(**values["quote"])
    receipt = withdraw(call.unit, payer=call.caller, quote=quoted, pack=call.pack)
    until = expires_at(call.unit, receipt.entry).isoformat()
    return {"reference": receipt.reference, "hold": receipt.entry, "until": until}


TOO_MUCH = dict.fromkeys((NotOffered, OverSingle, OverCap, NotEnough), "withdraw.amount")

SCREENS = (
    Do("withdraw.open", may_pay, then="withdraw.agent", gives=("balance",), refuses=(PinLocked,)),
    Ask("withdraw.agent", "agent", AGENT, then="withdraw.amount"),
    Ask("withdraw.amount", "amount", AMOUNT, then="withdraw.quote"),
    Do("withdraw.quote", quote, then="withdraw.pin", gives=("quote", "agent_name", "fee", "excise", "levy", "total"),
       on={UnknownAgent: "withdraw.agent", SelfPayment: "withdraw.agent", **TOO_MUCH},
       refuses=(PinLocked, TooManyWaiting)),
    Ask("withdraw.pin", "pin", PIN, then="withdraw.unlock", secret=True),
    Do("withdraw.unlock", check_pin, then="withdraw.hold", on={WrongPin: "withdraw.pin"}, refuses=(PinLocked,),
       unlocks=True),
    Do("withdraw.hold", hold, then="withdraw.done", gives=("reference", "hold", "until"), posts=True,
       on={QuoteChanged: "withdraw.quote", **TOO_MUCH}, told="withdrawn", not_told="not_withdrawn"),
    End("withdraw.done"),
)  # fmt: skip
