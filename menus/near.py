"""Cash before the walk: who near can pay an amount, and asking one of them to keep it."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT, PLACE
from service.countries import NotOffered
from service.ledger.entry import NotEnough, OverCap
from service.refusal import Refusal
from service.ussd.screens import Ask, Choice, Do, End, Menu, Values
from service.wallet.agent import UnknownAgent
from service.wallet.limits import OverSingle
from service.wallet.pin import PinLocked
from service.wallet.promise import PromiseOver
from service.wallet.reserve import (
    CashGone,
    NobodyNear,
    TooManyAsks,
    TooManyReserved,
    find_cash,
    give_up,
    kept_for,
    place_of,
    reserve,
)
from service.wallet.send import SelfPayment
from service.wallet.unit import Agent


def open_near(call: Call, _: Values) -> Mapping[str, Any]:
    """Show what is kept for the caller already, if anything is."""
    row = kept_for(call.unit, call.caller)
    if row is None:
        return {
            "reserved": 0,
            "kept": 0,
            "amount": 0,
            "agent": "",
            "agent_name": "",
            "until": call.unit.now.isoformat(),
            "purse": "",
        }
    agent = call.unit.rows.get(Agent, row.agent)
    assert agent is not None, f"no agent {row.agent}"
    shop = {"agent": agent.number, "agent_name": agent.name, "until": row.expires_at.isoformat(), "purse": ""}
    return {"reserved": row.id, "kept": row.amount if row.state == "kept" else 0, "amount": row.amount, **shop}


def guess_place(call: Call, _: Values) -> Mapping[str, Any]:
    """Look where the caller was, where an agent served them last."""
    place = place_of(call.unit, call.caller)
    return {"place": place, "nowhere": not place}


def look(call: Call, values: Values) -> Mapping[str, Any] | Refusal:
    """Find who can pay."""
    amount, place = values["amount"], values["place"]
    found = find_cash(call.unit, person=call.caller, amount=amount, place=place, pack=call.pack)
    if isinstance(found, Refusal):
        return found
    return {
        "near": [{"value": {"agent": agent.number}, "agent": agent.number, "agent_name": agent.name} for agent in found]
    }


def listed(_: Call, values: Values) -> Sequence[Values]:
    """List who was found."""
    return list(values["near"])


def pick(_: Call, values: Values) -> Mapping[str, Any]:
    """Tell an agent that was picked from a place that was typed."""
    picked = values["near_picked"]
    if isinstance(picked, str):
        return {"place": picked, "agent": "", "elsewhere": True}
    return {"place": values["place"], "agent": picked["agent"], "elsewhere": False}


def keep_cash(call: Call, values: Values) -> Mapping[str, Any]:
    """Ask the agent to keep the cash."""
    number = values["agent"]
    row = reserve(call.unit, person=call.caller, number=number, amount=values["amount"], pack=call.pack)
    agent = call.unit.rows.get(Agent, number)
    assert agent is not None, f"no agent {number}"
    return {"agent_name": agent.name, "until": row.expires_at.isoformat()}


def let_go(call: Call, values: Values) -> None:
    """Give up what is kept."""
    give_up(call.unit, person=call.caller, reservation=values["reserved"])


TOO_MUCH = dict.fromkeys((NotOffered, OverSingle, OverCap, NotEnough), "near.amount")

SCREENS = (
    Do("near.open", open_near, then="near.amount",
       gives=("reserved", "kept", "amount", "agent", "agent_name", "until", "purse"),
       instead={"reserved": "near.kept"}),
    Menu("near.kept", (Choice("1", "withdraw.quote"), Choice("2", "near.let_go"))),
    Do("near.let_go", let_go, then="near.free", refuses=(PromiseOver,), writes=True),
    End("near.free"),
    Ask("near.amount", "amount", AMOUNT, then="near.guess"),
    Do("near.guess", guess_place, then="near.look", gives=("place", "nowhere"), instead={"nowhere": "near.place"}),
    Ask("near.place", "place", PLACE, then="near.look"),
    Do("near.look", look, then="near", gives=("near",), on={NobodyNear: "near.place", **TOO_MUCH},
       refuses=(PinLocked, TooManyAsks)),
    Ask("near", "near_picked", PLACE, then="near.pick", suggests=listed, lines=("agent", "agent_name")),
    Do("near.pick", pick, then="near.keep", gives=("place", "agent", "elsewhere"), instead={"elsewhere": "near.look"}),
    Do("near.keep", keep_cash, then="near.done", gives=("agent_name", "until"),
       on={CashGone: "near.place", UnknownAgent: "near.place", SelfPayment: "near.place", **TOO_MUCH},
       refuses=(PinLocked, TooManyReserved), writes=True),
    End("near.done"),
)  # fmt: skip
