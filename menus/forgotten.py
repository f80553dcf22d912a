"""A forgotten PIN: asking for a new one, stopping the request, and choosing the new PIN when its time has come."""

from collections.abc import Mapping
from typing import Any

from menus.call import Call
from menus.fields import PIN
from service.refusal import Refusal
from service.ussd.screens import Ask, Choice, Do, End, Menu, Values
from service.wallet.forgotten import (
    LacksStaff,
    NothingAsked,
    ResetWaits,
    StaffOnly,
    TooManyResets,
    ask_reset,
    choose_new_pin,
    needs_of,
    put_new_pin,
    ready_reset,
    refuse_shared,
    stop_request,
)
from service.wallet.pin import DifferentPin, OldPin, SimChanged, WalletBlocked, WeakPin, is_pin
from service.wallet.sim import SimUnchecked


def open_request(call: Call, _: Values) -> None:
    """Say how far the request for a new PIN is."""
    refuse_shared(call.unit, call.caller)
    ready_reset(call.unit, call.caller)


def request(call: Call, _: Values) -> Mapping[str, Any]:
    """Ask for a new PIN, and say what else it needs."""
    asked, needs = ask_reset(call.unit, call.caller.id), needs_of(call.unit, call.caller)
    return {
        "opens": asked.opens_at.isoformat(),
        "counter": call.pack.help_line if needs == "staff" else "",
    }


def stop(call: Call, _: Values) -> None:
    """Stop the request for a new PIN."""
    stop_request(call.unit, call.caller.id)


def keep_pin(call: Call, values: Values) -> Mapping[str, Any] | Refusal:
    """Keep a verifier of the first of two new PINs until it is repeated."""
    chosen = choose_new_pin(call.unit, call.caller, values["new_pin"])
    return chosen if isinstance(chosen, Refusal) else {"pending": chosen}


def put(call: Call, values: Values) -> None:
    """Make the new PIN good if it was repeated."""
    if not is_pin(call.unit.house, call.caller.id, values["repeat"], values["pending"]):
        raise DifferentPin
    put_new_pin(call.unit, call.caller.id, sealed=values["pending"])


HALTED = {
    NothingAsked: "forgot.ask",
    ResetWaits: "forgot.waits",
    LacksStaff: "forgot.waits",
    SimUnchecked: "forgot.waits",
}

SCREENS = (
    Do("forgot.open", open_request, then="forgot.ready", on=HALTED, refuses=(WalletBlocked, SimChanged, StaffOnly)),
    Menu("forgot.ask", (Choice("1", "forgot.request"), Choice("3", "guardians.open"))),
    Do("forgot.request", request, then="forgot.asked", gives=("opens", "counter"),
       on={ResetWaits: "forgot.waits"}, refuses=(WalletBlocked, SimChanged, TooManyResets), writes=True),
    End("forgot.asked"),
    Menu("forgot.waits", (Choice("2", "forgot.stop"),)),
    Menu("forgot.ready", (Choice("1", "forgot.new"), Choice("2", "forgot.stop"))),
    Do("forgot.stop", stop, then="forgot.stopped", writes=True),
    End("forgot.stopped"),
    Ask("forgot.new", "new_pin", PIN, then="forgot.keep", secret=True),
    Do("forgot.keep", keep_pin, then="forgot.repeat", gives=("pending",),
       on={WeakPin: "forgot.new", OldPin: "forgot.new", **HALTED}, refuses=(WalletBlocked, SimChanged, TooManyResets)),
    Ask("forgot.repeat", "repeat", PIN, then="forgot.put", secret=True),
    Do("forgot.put", put, then="forgot.done", on={DifferentPin: "forgot.new", **HALTED},
       refuses=(WalletBlocked, SimChanged), writes=True),
    End("forgot.done"),
)  # fmt: skip
