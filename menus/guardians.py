"""Guardians: whom the owner names and removes, and what a guardian answers among their approvals."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import PHONE, PIN
from menus.steps import check_pin
from service.phone import mask_phone
from service.ussd.screens import Act, Ask, Choice, Do, End, Screen, Values
from service.wallet.guardians import (
    PinTooNew,
    TooManyGuardians,
    agree,
    decline_wish,
    guardians_of,
    name_guardian,
    refuse_name,
    refuse_unsure,
    remove_guardian,
    vouch,
    wish_of,
)
from service.wallet.inbox import AskedEnough, DeclinedTwice, RequestOver
from service.wallet.name import masked
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.send import SelfPayment
from service.wallet.sim import SimUnchecked

UNSURE = (PinLocked, PinTooNew, SimUnchecked)


def open_list(call: Call, _: Values) -> None:
    """Turn somebody away of whom it is not sure enough that they are the owner."""
    refuse_unsure(call.unit, call.caller)


def listed(call: Call, _: Values) -> Sequence[Values]:
    """List the guardians by number, masked: whoever holds the phone learns no name."""
    return [
        {"value": {"guardian": one.id, "number": mask_phone(one.phone)}, "number": mask_phone(one.phone)}
        for one in guardians_of(call.unit, call.caller)
    ]


def pick(call: Call, values: Values) -> Mapping[str, Any]:
    """Take a number that was typed for a new guardian, and one that was picked for one to remove."""
    picked = values["picked"]
    if isinstance(picked, str):
        refuse_name(call.unit, call.caller, picked)
        return {"phone": picked, "guardian": 0, "number": mask_phone(picked), "removes": False}
    return {"phone": "", **picked, "removes": True}


def name(call: Call, values: Values) -> None:
    """Ask whoever is behind the number."""
    name_guardian(call.unit, call.caller.id, values["phone"])


def remove(call: Call, values: Values) -> None:
    """Let the one who was picked be a guardian no more."""
    remove_guardian(call.unit, call.caller.id, values["guardian"])


def shown(call: Call, owner_id: int, *, vouch: bool) -> Mapping[str, Any]:
    """Return what a guardian sees of a wish before answering it; raises RequestOver, or what refuse_unsure raises."""
    refuse_unsure(call.unit, call.caller)
    owner = wish_of(call.unit, call.caller, owner_id, vouch=vouch).owner
    return {"name": masked(owner.name), "number": mask_phone(owner.phone)}


def accept(call: Call, values: Values) -> None:
    """Become a guardian."""
    agree(call.unit, call.caller, values["request"])


def decline(call: Call, values: Values) -> None:
    """Say no to that."""
    decline_wish(call.unit, call.caller, values["request"])


def confirm(call: Call, values: Values) -> None:
    """Vouch for somebody who asks for a new PIN."""
    vouch(call.unit, call.caller, values["request"])


def _by_pin(
    screen: str, act: Act, then: str, refuses: tuple[Any, ...], choices: tuple[Choice, ...] = ()
) -> Sequence[Screen]:
    """Return the screens of something that takes the PIN, and what it leads to."""
    return (
        Ask(f"{screen}.pin", "pin", PIN, then=f"{screen}.unlock", secret=True, choices=choices),
        Do(f"{screen}.unlock", check_pin, then=f"{screen}.do", on={WrongPin: f"{screen}.pin"}, refuses=(PinLocked,),
           unlocks=True),
        Do(f"{screen}.do", act, then=then, refuses=refuses, writes=True),
        End(then),
    )  # fmt: skip


SCREENS: tuple[Screen, ...] = (
    Do("guardians.open", open_list, then="guardians", refuses=UNSURE),
    Ask("guardians", "picked", PHONE, then="guardians.pick", suggests=listed, lines=("number",)),
    Do("guardians.pick", pick, then="guardians.name.pin", gives=("phone", "guardian", "number", "removes"),
       instead={"removes": "guardians.less.pin"}, on={TooManyGuardians: "guardians", SelfPayment: "guardians"}),
    *_by_pin("guardians.name", name, "guardians.asked",
             (*UNSURE, AskedEnough, DeclinedTwice, TooManyGuardians, SelfPayment)),
    *_by_pin("guardians.less", remove, "guardians.removed", ()),
    *_by_pin("guard.ask", accept, "guard.agreed", (*UNSURE, RequestOver), (Choice("2", "guard.decline"),)),
    Do("guard.decline", decline, then="guard.declined", refuses=(RequestOver,), writes=True),
    End("guard.declined"),
    *_by_pin("guard.vouch", confirm, "guard.vouched", (*UNSURE, RequestOver)),
)  # fmt: skip
