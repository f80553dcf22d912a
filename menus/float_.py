"""An agent's float: what is in it, sending it to another agent, what has been earned, and selling it back."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import AGENT, AMOUNT, PIN
from menus.steps import NumberLike, ask_if_number, check_pin, may_work
from service.ledger.entry import NotEnough, OverCap, TooFull
from service.ussd.render import MOST_SUGGESTIONS
from service.ussd.screens import Ask, Choice, Do, End, Menu, Values
from service.wallet.account import float_of
from service.wallet.advice import ending
from service.wallet.agent import UnknownAgent
from service.wallet.commission import owed_to
from service.wallet.drawer import Till, known_cash
from service.wallet.inbox import AskedEnough
from service.wallet.operator import ask_redeem
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.promise import live
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.transfer import Transfer, agents_under, quote_transfer, transfer_float


def read_float(call: Call, _: Values) -> Mapping[str, Any]:
    """Say what is in the float, and in the drawer as far as that is known."""
    till = call.unit.rows.get(Till, call.shop.number)
    drawer = known_cash(call.unit, till, call.pack) if till else None
    promised = sum(row.amount for row in live(call.unit, [call.shop.number]))
    balance = call.unit.books.balance(float_of(call.shop, call.pack.country))
    float_ends, cash_ends = (at.isoformat() if at else "" for at in ending(call.unit, till))
    ends = {"float_ends": float_ends, "cash_ends": cash_ends}
    return {"balance": balance, "drawer": max(0, drawer or 0), "promised": promised, **ends}


def mine(call: Call, _: Values) -> Sequence[Values]:
    """Offer a super-agent the agents that belong to it."""
    under = agents_under(call.unit, call.shop, limit=MOST_SUGGESTIONS)
    return [{"value": agent.number, "agent": agent.number, "agent_name": agent.name} for agent in under]


def quote(call: Call, values: Values) -> Mapping[str, Any]:
    """Find the other agent."""
    quoted = quote_transfer(
        call.unit,
        agent=call.shop,
        keeper=call.caller,
        number=values["agent"],
        amount=values["amount"],
        pack=call.pack,
    )
    return {"quote": quoted._asdict(), "agent_name": quoted.agent_name}


def look(call: Call, values: Values) -> None:
    """Ask about an amount that is a number of this talk."""
    ask_if_number(call, values, values["amount"])


def pay(call: Call, values: Values) -> Mapping[str, Any]:
    """Move the float."""
    quoted = Transfer(**values["quote"])
    receipt = transfer_float(call.unit, agent=call.shop, keeper=call.caller, quote=quoted, pack=call.pack)
    return {"reference": receipt.reference, "balance": receipt.balance}


def read_commission(call: Call, _: Values) -> Mapping[str, Any]:
    """Say what was earned and when it is paid."""
    owed = owed_to(call.unit, call.shop, call.pack)
    return {"commission": owed.owed, "paid": owed.paid, "day": owed.next_at.isoformat()}


def may_sell(call: Call, values: Values) -> None:
    """Refuse to sell what is not there, before the PIN."""
    balance = call.unit.books.balance(float_of(call.shop, call.pack.country))
    if values["amount"] > balance:
        raise NotEnough(balance=balance, total=values["amount"])


def sell(call: Call, values: Values) -> Mapping[str, Any]:
    """Ask the operator's staff to take float back for money at the bank."""
    made = ask_redeem(call.unit, agent=call.shop, amount=values["amount"])
    return {"reference": call.unit.house.references.write(made.id)}


SCREENS = (
    Do("float.read", read_float, then="float", gives=("balance", "drawer", "promised", "float_ends", "cash_ends")),
    Menu("float", (
        Choice("1", "float.balance"),
        Choice("2", "transfer.open"),
        Choice("3", "commission.read"),
        Choice("4", "agent.last"),
        Choice("5", "sell.open"),
        Choice("6", "drawer.open"),
        Choice("7", "promises.open"),
        Choice("8", "swap.open"),
    )),
    End("float.balance"),
    Do("transfer.open", may_work, then="transfer.agent", refuses=(PinLocked,)),
    Ask("transfer.agent", "agent", AGENT, then="transfer.amount", suggests=mine, lines=("agent", "agent_name")),
    Ask("transfer.amount", "amount", AMOUNT, then="transfer.quote"),
    Do("transfer.quote", quote, then="transfer.look", gives=("quote", "agent_name"), refuses=(PinLocked,),
       on={UnknownAgent: "transfer.agent", SelfPayment: "transfer.agent", OverCap: "transfer.amount",
           NotEnough: "transfer.amount"}),
    Do("transfer.look", look, then="transfer.pin", on={NumberLike: "transfer.sure"}),
    Menu("transfer.sure", (Choice("1", "transfer.pin"),)),
    Ask("transfer.pin", "pin", PIN, then="transfer.unlock", secret=True),
    Do("transfer.unlock", check_pin, then="transfer.pay", on={WrongPin: "transfer.pin"}, refuses=(PinLocked,),
       unlocks=True),
    Do("transfer.pay", pay, then="transfer.done", gives=("reference", "balance"), posts=True,
       on={QuoteChanged: "transfer.quote", NotEnough: "transfer.amount", OverCap: "transfer.amount",
           TooFull: "transfer.amount"}, told="float_sent", not_told="not_float_sent"),
    End("transfer.done"),
    Do("commission.read", read_commission, then="commission", gives=("commission", "paid", "day")),
    End("commission"),
    Do("sell.open", may_work, then="sell.amount", refuses=(PinLocked,)),
    Ask("sell.amount", "amount", AMOUNT, then="sell.check"),
    Do("sell.check", may_sell, then="sell.pin", on={NotEnough: "sell.amount"}),
    Ask("sell.pin", "pin", PIN, then="sell.unlock", secret=True),
    Do("sell.unlock", check_pin, then="sell.ask", on={WrongPin: "sell.pin"}, refuses=(PinLocked,), unlocks=True),
    Do("sell.ask", sell, then="sell.done", gives=("reference",), refuses=(AskedEnough,), writes=True),
    End("sell.done"),
)  # fmt: skip
