"""Taking back a payment that has not arrived yet: one key on the first screen; a second where it could mean another."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from service.phone import mask_phone
from service.ussd.screens import Do, End, Pick, Values
from service.wallet.name import masked
from service.wallet.undo import NothingToUndo, TooLateToUndo, can_undo, take_back, was_last
from service.wallet.unit import Pending, Person


def open_undo(call: Call, _: Values) -> Mapping[str, Any]:
    """See whether one payment alone can be meant: then the key has said all."""
    rows = can_undo(call.unit, call.caller)
    alone = len(rows) == 1 and was_last(call.unit, call.caller, rows[0])
    return {"alone": alone, "waiting": waiting(call, {})[0]["value"] if alone else {}}


def waiting(call: Call, _: Values) -> Sequence[Values]:
    """List what can still be taken back, newest first."""
    rows = can_undo(call.unit, call.caller)
    people = {one.id: one for one in call.unit.rows.find(Person, id=[row.payee for row in rows])} if rows else {}
    return [_listed(row, people[row.payee]) for row in rows]


def _listed(row: Pending, payee: Person) -> Values:
    shown = {"amount": row.amount, "name": masked(payee.name), "number": mask_phone(payee.phone)}
    value = {"payment": row.id, "name": shown["name"], "number": shown["number"]}
    return {"value": value, **shown, "until": row.settles_at.isoformat()}


def take(call: Call, values: Values) -> Mapping[str, Any]:
    """Take the money home: no PIN, for it leaves nobody but the hold."""
    row, receipt = take_back(call.unit, call.caller, values["waiting"]["payment"])
    of = values["waiting"]
    shown = {"amount": row.held, "name": of["name"], "number": of.get("number", "")}
    return {**shown, "reference": receipt.reference, "balance": receipt.balance}


SCREENS = (
    Do("undo.open", open_undo, then="undo", gives=("alone", "waiting"), instead={"alone": "undo.take"}),
    Pick("undo", "waiting", waiting, then="undo.take", lines=("amount", "name", "number", "until"), empty="undo.late"),
    Do("undo.take", take, then="undo.done", gives=("amount", "name", "number", "reference", "balance"), writes=True,
       refuses=(NothingToUndo, TooLateToUndo), told="undone"),
    End("undo.done"),
    End("undo.late"),
)  # fmt: skip
