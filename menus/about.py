"""What is known about me: what is stored, no more news, and closing the wallet."""

from collections.abc import Mapping
from typing import Any

from menus.call import Call
from menus.fields import PIN
from menus.steps import check_pin
from service.ussd.screens import Ask, Choice, Do, End, Menu, Values
from service.wallet.close import StillAgent, StillMoney, StillWaiting, close_wallet, refuse_close
from service.wallet.groups import StillGroup
from service.wallet.name import masked
from service.wallet.nickname import nicknames_of
from service.wallet.notice import stop_news, tell
from service.wallet.people import turn_listing
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.savings import StillSaved


def read_stored(call: Call, _: Values) -> Mapping[str, Any]:
    """Say what is stored, masked, on the screen and by message: whoever holds the phone learns little."""
    person = call.caller
    known = {
        "since": person.registered_at.isoformat(),
        "name": masked(person.name),
        "document": f"***{person.id_number[-3:]}",
        "nicknames": len(nicknames_of(call.unit, person)),
    }
    tell(call.unit, person, "stored", known | {"help_line": call.pack.help_line})
    return known


def stop(call: Call, _: Values) -> None:
    """Send the caller no more news."""
    stop_news(call.unit, call.phone)


def turn(call: Call, _: Values) -> Mapping[str, Any]:
    """Hide the caller from strangers, or show them again."""
    return {"hidden": turn_listing(call.unit, call.caller)}


def may_close(call: Call, _: Values) -> None:
    """Turn somebody away whose wallet cannot be closed."""
    refuse_close(call.unit, call.caller)


def close(call: Call, _: Values) -> None:
    """Close the wallet of the caller, who has been unlocked."""
    close_wallet(call.unit, call.caller.id)


NOT_YET = (PinLocked, StillAgent, StillGroup, StillMoney, StillSaved, StillWaiting)

SCREENS = (
    Menu("about", (
        Choice("1", "about.read"),
        Choice("2", "about.stop"),
        Choice("3", "about.turn"),
        Choice("4", "close.open"),
        Choice("5", "seat.open"),
        Choice("6", "nick"),
    )),
    Do("about.read", read_stored, then="about.stored", gives=("since", "name", "document", "nicknames"), writes=True),
    End("about.stored"),
    Do("about.stop", stop, then="about.stopped", writes=True),
    End("about.stopped"),
    Do("about.turn", turn, then="about.listed", gives=("hidden",), instead={"hidden": "about.unlisted"}, writes=True),
    End("about.listed"),
    End("about.unlisted"),
    Do("close.open", may_close, then="close.pin", refuses=NOT_YET),
    Ask("close.pin", "pin", PIN, then="close.unlock", secret=True),
    Do("close.unlock", check_pin, then="close.do", on={WrongPin: "close.pin"}, refuses=(PinLocked,), unlocks=True),
    Do("close.do", close, then="close.done", refuses=NOT_YET, writes=True),
    End("close.done"),
)  # fmt: skip
