"""Checking a receipt: its reference is typed, and what it stands for is shown, to people and to agents."""

from collections.abc import Mapping
from typing import Any

from menus.call import Call
from menus.fields import REFERENCE
from service.refusal import Refusal
from service.ussd.screens import Ask, Do, End, Values
from service.wallet.check import TooManyChecks, check_receipt
from service.wallet.statement import UnknownReference

STATES = ("done", "on_its_way", "taken_back", "reversed", "partly", "held", "paid", "returned", "ordered")
"""What may have become of an entry (`state_of`): a screen for each."""


def look(call: Call, values: Values) -> Mapping[str, Any] | Refusal:
    """Find what the reference stands for."""
    found = check_receipt(call.unit, call.phone, values["receipt"])
    if isinstance(found, Refusal):
        return found
    payer, payee = found.parties
    shown = {"reference": found.reference, "amount": found.amount, "payer": payer, "payee": payee}
    times = {"at": found.at.isoformat(), "until": (found.until or found.at).isoformat()}
    return {**shown, **times, **{f"is_{state}": state == found.state for state in STATES}}


SCREENS = (
    Ask("check", "receipt", REFERENCE, then="check.look"),
    Do("check.look", look, then="check.done",
       gives=("reference", "amount", "payer", "payee", "at", "until", *(f"is_{state}" for state in STATES)),
       instead={f"is_{state}": f"check.{state}" for state in STATES}, on={UnknownReference: "check"},
       refuses=(TooManyChecks,)),
    *(End(f"check.{state}") for state in STATES),
)  # fmt: skip
