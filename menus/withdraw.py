"""Withdrawing cash: which agent, how much, PIN, and a code to show to that agent."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import AGENT, AMOUNT, PIN
from menus.steps import SLIPS, check_pin, look_twice, may_pay
from service.countries import NotOffered, Rule
from service.ledger.entry import NotEnough, OverCap
from service.ussd.screens import Ask, Choice, Do, End, Menu, Values
from service.wallet.agent import UnknownAgent, agent_by_number
from service.wallet.limits import OverSingle
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.rules import DELAYING, hits, note
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.till import UnknownTill
from service.wallet.withdraw import Quote, TooManyWaiting, expires_at, quote_withdrawal, withdraw


def open_withdrawal(call: Call, _: Values) -> Mapping[str, Any]:
    """Turn a locked person away."""
    return {**may_pay(call, "withdraw"), "purse": ""}


def open_till(call: Call, values: Values) -> Mapping[str, Any]:
    """Say what is in a till, to be taken out of it and not out of the wallet."""
    return {**may_pay(call, "withdraw", values["till"]), "purse": values["till"]}


def quote(call: Call, values: Values) -> Mapping[str, Any]:
    """Find the agent and price the withdrawal."""
    of = {"agent_number": values["agent"], "amount": values["amount"], "till": values.get("purse", "")}
    quoted = quote_withdrawal(call.unit, payer=call.caller, **of)
    shown = {"fee": quoted.charge.published, "excise": quoted.excise, "levy": quoted.levy, "total": quoted.total}
    return {"quote": quoted._asdict(), "agent_name": quoted.agent_name, **shown}


def _hits(call: Call, values: Values) -> Sequence[Rule]:
    quoted = Quote(**values["quote"])
    return hits(call.unit, "withdraw", person=call.caller, amount=quoted.amount, shop=quoted.agent)


def hold(call: Call, values: Values) -> Mapping[str, Any]:
    """Set the money aside and give the code."""
    quoted = Quote(**values["quote"])
    receipt = withdraw(call.unit, payer=call.caller, quote=quoted, pack=call.pack)
    if rules := values.get("rules"):
        keeper = agent_by_number(call.unit, quoted.agent).person
        note(call.unit, rules, person=call.caller, entry=receipt.entry, other=keeper)
    until = expires_at(call.unit, receipt.entry).isoformat()
    return {"reference": receipt.reference, "hold": receipt.entry, "until": until}


TOO_MUCH = dict.fromkeys((NotOffered, OverSingle, OverCap, NotEnough), "withdraw.amount")

SCREENS = (
    Do("withdraw.open", open_withdrawal, then="withdraw.agent", gives=("balance", "most_now", "purse"),
       refuses=(PinLocked,)),
    Do("till.cash", open_till, then="withdraw.agent", gives=("balance", "most_now", "purse"),
       refuses=(PinLocked, UnknownTill)),
    Ask("withdraw.agent", "agent", AGENT, then="withdraw.amount", choices=(Choice("1", "near.open"),)),
    Ask("withdraw.amount", "amount", AMOUNT, then="withdraw.quote"),
    Do("withdraw.quote", quote, then="withdraw.look", gives=("quote", "agent_name", "fee", "excise", "levy", "total"),
       on={UnknownAgent: "withdraw.agent", SelfPayment: "withdraw.agent", **TOO_MUCH},
       refuses=(PinLocked, TooManyWaiting, UnknownTill)),
    Do("withdraw.look", look_twice(_hits), then="withdraw.pin", gives=("rules", "quote"),
       on=dict.fromkeys(SLIPS, "withdraw.sure"), refuses=DELAYING),
    Menu("withdraw.sure", (Choice("1", "withdraw.agreed"),)),
    Do("withdraw.agreed", look_twice(_hits, agreed=True), then="withdraw.pin", gives=("rules", "quote"),
       refuses=DELAYING),
    Ask("withdraw.pin", "pin", PIN, then="withdraw.unlock", secret=True),
    Do("withdraw.unlock", check_pin, then="withdraw.hold", on={WrongPin: "withdraw.pin"}, refuses=(PinLocked,),
       unlocks=True),
    Do("withdraw.hold", hold, then="withdraw.done", gives=("reference", "hold", "until"), posts=True,
       on={QuoteChanged: "withdraw.quote", **TOO_MUCH}, refuses=(UnknownTill,), told="withdrawn",
       not_told="not_withdrawn"),
    End("withdraw.done"),
)  # fmt: skip
