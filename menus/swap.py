"""Swapping with a neighbour: cash for float, or float for cash. What waits for an answer stands under Promises."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.drawer import say_no, say_yes
from menus.fields import AMOUNT, PIN
from menus.steps import check_pin, may_work
from service.ledger.entry import NotEnough, OverCap, TooFull
from service.ussd.screens import Act, Ask, Choice, Do, End, Menu, Pick, Values
from service.wallet.agent import UnknownAgent
from service.wallet.inbox import AskedEnough
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.promise import PromiseOver
from service.wallet.reserve import DrawerShort
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.swap import (
    CASH,
    FLOAT,
    NobodyToSwap,
    SwapTooLarge,
    partners,
    propose_swap,
    quote_swap,
    refuse_swap,
    settle_swap,
)
from service.wallet.transfer import Transfer
from service.wallet.unit import Agent


def find(gets: str) -> Act:
    """Return the step that finds who near needs the opposite."""

    def act(call: Call, _: Values) -> Mapping[str, Any]:
        found = partners(call.unit, agent=call.shop, gets=gets, pack=call.pack)
        if not found:
            raise NobodyToSwap
        return {
            "gets": gets,
            "near": [{"value": one.number, "agent": one.number, "agent_name": one.name} for one in found],
        }

    return act


def listed(_: Call, values: Values) -> Sequence[Values]:
    """List who was found."""
    return list(values["near"])


def ask(call: Call, values: Values) -> Mapping[str, Any]:
    """Ask the other, or offer it to them."""
    number, gets = values["partner"], values["gets"]
    row = propose_swap(
        call.unit,
        agent=call.shop,
        keeper=call.caller,
        number=number,
        amount=values["amount"],
        gets=gets,
        pack=call.pack,
    )
    other = call.unit.rows.get(Agent, number)
    assert other is not None, f"no agent {number}"
    shop = {"agent": other.number, "agent_name": other.name}
    return {**shop, "until": row.expires_at.isoformat(), "offers": gets == FLOAT}


def quote(call: Call, values: Values) -> Mapping[str, Any]:
    """Price what the cash in hand is paid with."""
    swap = values["promise"]["id"]
    quoted = quote_swap(call.unit, agent=call.shop, keeper=call.caller, swap=swap, pack=call.pack)
    return {"quote": quoted._asdict(), "agent": quoted.agent, "agent_name": quoted.agent_name}


def pay(call: Call, values: Values) -> Mapping[str, Any]:
    """Pay for the cash."""
    quoted, swap = Transfer(**values["quote"]), values["promise"]["id"]
    receipt = settle_swap(call.unit, agent=call.shop, keeper=call.caller, swap=swap, quote=quoted, pack=call.pack)
    return {"reference": receipt.reference, "balance": receipt.balance}


def refuse(call: Call, values: Values) -> None:
    """Say that nothing is paid."""
    refuse_swap(call.unit, agent=call.shop, swap=values["promise"]["id"])


REFUSED = (PinLocked, PromiseOver, NotEnough, OverCap, UnknownAgent, SelfPayment)

SCREENS = (
    Do("swap.open", may_work, then="swap", refuses=(PinLocked,)),
    Menu("swap", (Choice("1", "swap.cash"), Choice("2", "swap.float"))),
    Do("swap.cash", find(CASH), then="swap.with", gives=("gets", "near"), on={NobodyToSwap: "swap"}),
    Do("swap.float", find(FLOAT), then="swap.with", gives=("gets", "near"), on={NobodyToSwap: "swap"}),
    Pick("swap.with", "partner", listed, then="swap.amount", lines=("agent", "agent_name")),
    Ask("swap.amount", "amount", AMOUNT, then="swap.ask"),
    Do("swap.ask", ask, then="swap.asked", gives=("agent", "agent_name", "until", "offers"),
       instead={"offers": "swap.offered"}, on=dict.fromkeys((NotEnough, SwapTooLarge), "swap.amount"),
       refuses=(PinLocked, AskedEnough, UnknownAgent, SelfPayment), writes=True),
    End("swap.asked"),
    End("swap.offered"),
    Menu("swap.give", (Choice("1", "swap.yes", when="asked"), Choice("2", "swap.no"))),
    Do("swap.yes", say_yes, then="swap.agreed", refuses=(PromiseOver, DrawerShort), writes=True),
    End("swap.agreed"),
    Do("swap.no", say_no, then="swap.refused", refuses=(PromiseOver,), writes=True),
    Menu("swap.take", (Choice("1", "swap.quote", when="agreed"), Choice("2", "swap.refuse"))),
    Do("swap.quote", quote, then="swap.pin", gives=("quote", "agent", "agent_name"), refuses=REFUSED),
    Ask("swap.pin", "pin", PIN, then="swap.unlock", secret=True),
    Do("swap.unlock", check_pin, then="swap.pay", on={WrongPin: "swap.pin"}, refuses=(PinLocked,), unlocks=True),
    Do("swap.pay", pay, then="swap.done", gives=("reference", "balance"), posts=True,
       refuses=(PromiseOver, QuoteChanged, NotEnough, OverCap, TooFull), told="float_sent", not_told="not_float_sent"),
    End("swap.done"),
    Do("swap.refuse", refuse, then="swap.refused", refuses=(PromiseOver,), writes=True),
    End("swap.refused"),
)  # fmt: skip
