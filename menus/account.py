"""What is mine: balance, statement, limits, language, PIN."""

from collections.abc import Mapping
from typing import Any

from menus.call import Call
from menus.fields import PIN
from menus.steps import check_pin, may_work
from service.refusal import Refusal
from service.ussd.screens import Act, Ask, Choice, Do, End, Menu, Values
from service.wallet.due import bring_up_to_date
from service.wallet.limits import limits_of
from service.wallet.people import choose_language
from service.wallet.pin import DifferentPin, OldPin, PinLocked, WeakPin, WrongPin, change_pin, choose_pin, is_pin
from service.wallet.statement import balance_of

BOUNDS = ("single", "day_limit", "left", "most_balance", "month_limit", "month_left")
LIMITS = (*BOUNDS, "tier")
LANGUAGES = (("1", "en"), ("2", "sw"), ("3", "fr"), ("4", "am"), ("5", "lg"), ("6", "rw"), ("7", "ha"), ("8", "num"))
"""The key of each language, the same in every country; a country shows those that it speaks."""


def read_balance(call: Call, _: Values) -> Mapping[str, Any]:
    """Say what the caller has."""
    bring_up_to_date(call.unit, call.caller)
    return {"balance": balance_of(call.unit, call.caller)}


def read_limits(call: Call, _: Values) -> Mapping[str, Any]:
    """Say what the caller may do today, and in which tier they are."""
    limits = limits_of(call.unit, call.caller)
    return dict(zip(BOUNDS, limits, strict=True)) | {"tier": call.caller.tier}


def choose(language: str) -> Act:
    """Return the step that makes this the caller's language."""

    def act(call: Call, _: Values) -> Mapping[str, Any]:
        choose_language(call.unit, call.caller, language)
        return {"language": language}

    return act


def keep_pin(call: Call, values: Values) -> Mapping[str, Any]:
    """Keep a verifier of the first of two new PINs until it is repeated."""
    person = call.caller
    old = (person.pin, *person.old_pins)
    return {"pending": choose_pin(call.unit, person.id, values["new_pin"], phone=call.phone, old=old)}


def change(call: Call, values: Values) -> Refusal | None:
    """Make the new PIN good if it was repeated."""
    if not is_pin(call.unit.house, call.caller.id, values["repeat"], values["pending"]):
        raise DifferentPin
    change_pin(call.unit, call.caller.id, sealed=values["pending"])
    return None


SCREENS = (
    Do("balance.read", read_balance, then="balance", gives=("balance",)),
    End("balance"),
    Menu("account", (
        Choice("1", "statement"),
        Choice("2", "limits.read"),
        Choice("3", "language"),
        Choice("4", "pin.open"),
        Choice("5", "check"),
        Choice("6", "ask_back.open"),
        Choice("7", "forgot.open"),
        Choice("8", "about"),
        Choice("9", "voucher.open"),
        Choice("10", "tills"),
        Choice("11", "orders"),
        Choice("12", "subs"),
        Choice("13", "savings.open"),
        Choice("14", "groups"),
        Choice("15", "proof"),
    ), pages=True),
    Do("limits.read", read_limits, then="limits", gives=LIMITS),
    End("limits"),
    Menu("language", tuple(Choice(key, f"language.{language}") for key, language in LANGUAGES)),
    *(Do(f"language.{language}", choose(language), then="language.done", gives=("language",), writes=True)
      for _, language in LANGUAGES),
    End("language.done"),
    Do("pin.open", may_work, then="pin.old", refuses=(PinLocked,)),
    Ask("pin.old", "pin", PIN, then="pin.check", secret=True),
    Do("pin.check", check_pin, then="pin.new", on={WrongPin: "pin.old"}, refuses=(PinLocked,), unlocks=True),
    Ask("pin.new", "new_pin", PIN, then="pin.keep", secret=True),
    Do("pin.keep", keep_pin, then="pin.repeat", gives=("pending",), on={WeakPin: "pin.new", OldPin: "pin.new"}),
    Ask("pin.repeat", "repeat", PIN, then="pin.change", secret=True),
    Do("pin.change", change, then="pin.done", on={DifferentPin: "pin.new"}, writes=True),
    End("pin.done"),
)  # fmt: skip
