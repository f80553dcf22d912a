"""Whether my own money is in the published sum: the amount that was counted, and the code that fetches the proof."""

from collections.abc import Mapping
from typing import Any

from menus.call import Call
from service.ussd.screens import Do, End, Values
from service.wallet.funds import NotCounted, counted
from service.wallet.notice import tell


def read_counted(call: Call) -> Mapping[str, Any]:
    """Return what a screen or a message says of the caller's proof; raises NotCounted."""
    found = counted(call.unit, call.caller)
    page = call.pack.funds_page
    return {"balance": found.amount, "at": found.at.isoformat(), "proof": found.code, "funds_page": page}


def read_proof(call: Call, _: Values) -> Mapping[str, Any]:
    """Say it on the screen, and by message, because sixteen letters are copied more easily from there.

    Not on a number that several share: whoever has the code can read the balance.
    """
    said = read_counted(call)
    if not call.caller.shared:
        tell(call.unit, call.caller, "proof", said)
    return said


SCREENS = (
    Do("proof", read_proof, then="proof.shown", gives=("balance", "at", "proof", "funds_page"), refuses=(NotCounted,),
       writes=True),
    End("proof.shown"),
)  # fmt: skip
