"""Letting a member of a group go: who is to go, the PIN, and the yes or no of the others."""

from collections.abc import Mapping
from typing import Any

from menus.call import Call
from menus.steps import by_pin
from service.ussd.screens import Choice, Do, End, Menu, Screen, Values
from service.wallet.group_money import TooFewMembers
from service.wallet.group_removal import (
    RemovalWaits,
    agree_to_go,
    propose_removal,
    refuse_removal,
    refuse_to_go,
    removals_for,
    show_removal,
)
from service.wallet.groups import NoGroup, groups_of
from service.wallet.inbox import RequestOver
from service.wallet.pin import PinLocked


def may_propose(call: Call, values: Values) -> Mapping[str, Any]:
    """Turn somebody away who cannot propose it."""
    group = refuse_removal(call.unit, person=call.caller, group_id=values["group_id"], member=values["member"])
    return {"needed": group.needed}


def propose(call: Call, values: Values) -> None:
    """Ask the others."""
    propose_removal(call.unit, person=call.caller, group_id=values["group_id"], member=values["member"])


def waiting(call: Call) -> list[Values]:
    """List what waits for the caller's word, for the approvals."""
    names = {seat.group.id: seat.group.name for seat in groups_of(call.unit, call.caller)}
    return [
        {"value": {"let_go": row.id}, "asked_by": names[row.group], "wanted": 0}
        for row in removals_for(call.unit, call.caller)
    ]


def shown(call: Call, removal_id: int) -> Mapping[str, Any]:
    """Return what is shown of one that was picked."""
    return show_removal(call.unit, call.caller, removal_id)._asdict()


def say_yes(call: Call, values: Values) -> Mapping[str, Any]:
    """Agree; the last yes lets the member go."""
    return {"is_out": agree_to_go(call.unit, person=call.caller, removal_id=values["removal"])}


def say_no(call: Call, values: Values) -> None:
    """Refuse."""
    refuse_to_go(call.unit, person=call.caller, removal_id=values["removal"])


NOT_NOW = (NoGroup, TooFewMembers, RemovalWaits)

SCREENS: tuple[Screen, ...] = (
    Do("group.remove", may_propose, then="group.remove.pin", gives=("needed",), refuses=(PinLocked, *NOT_NOW)),
    *by_pin("group.remove", propose, "group.remove.asked", refuses=(PinLocked, RequestOver, *NOT_NOW)),
    Menu("group.let_go", (Choice("1", "group.let_go.pin"), Choice("2", "group.let_go.no"))),
    *by_pin(
        "group.let_go",
        say_yes,
        "group.let_go.said",
        gives=("is_out",),
        refuses=(PinLocked, RequestOver),
        instead={"is_out": "group.let_go.out"},
    ),
    End("group.let_go.out"),
    Do("group.let_go.no", say_no, then="approvals.declined", refuses=(RequestOver,), writes=True),
)
