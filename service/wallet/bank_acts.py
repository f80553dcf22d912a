"""What two people do about a difference to the bank's statement: tie a line to its entry, or find out whose it is.

A line that nothing explains may wait in suspense: as a case with a number and a clock (C-02). It is not in the books,
for no e-money was issued for it. It ends when it is tied to the entry that was posted for it in the end.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from service.ledger.books import Recorded
from service.wallet.bank import BankLine, at_the_bank
from service.wallet.case import AT_BANK
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Approval, Case, Unit

CASE_DAYS = 5
"""Working with the bank takes days; after these the case is late."""


class NoSuchLine(StaffRefusal):
    """No line of the bank's statement has this number, or it is explained already."""


class NotThisEntry(StaffRefusal):
    """The entry is not of the same amount at the bank, or explains another line already."""


def tie_values(unit: Unit, *, line: BankLine, entry: Recorded, why: str) -> Mapping[str, Any]:
    """Return what a proposal to tie a line to an entry says; raises NoSuchLine or NotThisEntry."""
    _refuse(unit, line, entry)
    return {"country": line.country, "line": line.id, "amount": line.amount, "tied": entry.id, "why": why}


def suspense_values(line: BankLine, why: str) -> Mapping[str, Any]:
    """Return what a proposal to find out whose money a line is says; raises NoSuchLine."""
    if line.state != "open":
        raise NoSuchLine
    return {"country": line.country, "line": line.id, "amount": line.amount, "why": why}


def tie(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Explain a line by an entry; its case, if it has one, is done. Raises NoSuchLine or NotThisEntry."""
    line, entry = _line(unit, approval), unit.books.entry(approval.values["tied"])
    if entry is None:
        raise NotThisEntry
    _refuse(unit, line, entry)
    unit.rows.put(replace(line, state="matched", entry=entry.id, why=approval.values["why"]))
    case = unit.rows.lock(Case, line.case_id) if line.case_id is not None else None
    if case is not None:
        unit.rows.put(replace(case, state="done"))
    return {"country": line.country, "amount": line.amount}


def suspend(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Open the case of a line whose owner is being found out; raises NoSuchLine."""
    line = _line(unit, approval)
    if line.state != "open":
        raise NoSuchLine
    case = Case(
        id=unit.mint(),
        what=AT_BANK[0],
        opener=0,
        about=line.id,
        other=0,
        state="open",
        opened_at=unit.now,
        due_at=unit.now + timedelta(days=CASE_DAYS),
        values={"amount": line.amount},
    )
    unit.rows.append(case)
    unit.rows.put(replace(line, state="suspense", case_id=case.id, why=approval.values["why"]))
    return {"country": line.country, "case": unit.house.references.write(case.id)}


def _line(unit: Unit, approval: Approval) -> BankLine:
    line = unit.rows.lock(BankLine, approval.values["line"])
    if line is None:
        raise NoSuchLine
    return line


def _refuse(unit: Unit, line: BankLine, entry: Recorded) -> None:
    if line.state == "matched":
        raise NoSuchLine
    taken = unit.rows.find(BankLine, entry=entry.id, state="matched", limit=1)
    if taken or at_the_bank(entry, line.country) != line.amount:
        raise NotThisEntry
