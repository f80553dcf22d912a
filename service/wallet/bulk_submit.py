"""Handing a file of wages or grants in: the batch and the act that somebody else approves, in one commit."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.gsm7 import downgrade, septets, trim
from service.wallet.batch import Bulk, account_of
from service.wallet.bulk import hand_in
from service.wallet.bulk_file import Line
from service.wallet.logbook import TERMINAL
from service.wallet.operator import propose
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Approval, Unit

LONGEST_NAME = 20


class BadBulkName(StaffRefusal):
    """The name of a batch has 2 to 20 letters, as they fit into a message."""


class HandedInBefore(StaffRefusal):
    """The same payments were handed in under this name: another month has another name."""


class NothingLeft(StaffRefusal):
    """Not all lines of the batch are paid yet, or nothing is left of its money."""


def read_bulk_name(typed: str) -> str:
    """Return the name of a batch as the people read it; raises BadBulkName."""
    name = downgrade(trim(typed))
    if not 2 <= (septets(name) or 0) <= LONGEST_NAME:
        raise BadBulkName
    return name


def submit(
    unit: Unit, *, country: str, name: str, lines: Sequence[Line], bank_ref: str, maker: str, role: str = TERMINAL
) -> Approval:
    """Write a batch down and propose to pay it, funded by the credit at the bank; raises HandedInBefore."""
    made = hand_in(unit, country=country, name=name, lines=lines)
    if made is None:
        raise HandedInBefore
    values = {"bulk": made.id, "country": country, "name": name, "lines": made.lines, "amount": made.total}
    return propose(unit, act="bulk", values={**values, "bank_ref": bank_ref}, maker=maker, role=role)


def submit_rest(unit: Unit, bulk: Bulk, *, bank_ref: str, maker: str, role: str = TERMINAL) -> Approval:
    """Propose to take what is left of a batch out of the books; raises NothingLeft."""
    values = rest_of(unit, bulk)
    return propose(unit, act="bulk_rest", values={**values, "bank_ref": bank_ref}, maker=maker, role=role)


def rest_of(unit: Unit, bulk: Bulk) -> Mapping[str, Any]:
    """Return what an act that gives the rest of a batch back is about; raises NothingLeft."""
    left = unit.books.balance(account_of(bulk)) if bulk.state == "paid" else 0
    if not left:
        raise NothingLeft
    return {"bulk": bulk.id, "country": bulk.country, "name": bulk.name, "amount": left}


def find_bulk(unit: Unit, typed: str) -> Bulk | None:
    """Return a batch by its number, or by that of the act that pays it."""
    number = unit.house.references.read(typed)
    approval = unit.rows.get(Approval, number) if number is not None else None
    known = approval.values.get("bulk") if approval else number
    return unit.rows.get(Bulk, known) if known is not None else None
