"""Wages and grants from a file: checked, handed in, approved by another as it was shown, and followed while it is paid.

No page waits for the paying: the worker does it, some lines in each commit.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from flask import Response

from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import asked, field, go_to, number_asked, page, table_file
from service.console.upload import handed_in, packed
from service.console.words import speak, unpaid
from service.countries import Pack
from service.phone import mask_phone
from service.sheet import in_units
from service.wallet.batch import Bulk, BulkLine, account_of
from service.wallet.bulk import Outcome, outcomes
from service.wallet.bulk_file import MOST_LINES, Fault, Line, judge, read_rows
from service.wallet.bulk_submit import LONGEST_NAME, find_bulk, read_bulk_name, submit, submit_rest
from service.wallet.logbook import note
from service.wallet.name import masked
from service.wallet.unit import Unit

SHOWN, FAULTS, BATCHES, LINES = 20, 100, 50, 100
"""Lines and faults that a check shows, batches of a list, and lines of the file that a page of a batch is about."""

REFRESH_SECONDS, TURNS = 5, 120
"""A page of a batch that is being paid loads itself again, for ten minutes: a login must be able to end by resting."""

BANK_REF = 40


class Judged(NamedTuple):
    """A file, and what was made of it."""

    pack: Pack
    text: str
    lines: Sequence[Line]
    faults: Sequence[Fault]


def listed(office: Office, visit: Visit) -> Response:
    """Show the newest batches, and the form that a file is handed in with."""
    rows = office.read(lambda unit: unit.rows.find(Bulk, newest=True, limit=BATCHES))
    batches = [(office.references.write(row.id), row, office.packs[row.country]) for row in rows]
    return page(office, visit, "bulks.html", batches=batches, packs=office.packs, most=MOST_LINES)


def checked(office: Office, visit: Visit) -> Response:
    """Show what is wrong with each line of a file and what it would cost.

    Nothing is written down but that it was looked at: it says of each number in the file whether it has a wallet.
    """
    found = _judged(office)
    values = {"payments": len(found.lines), "faults": len(found.faults)}
    office.transact(lambda unit: note(unit, staff=visit.name, role=visit.role, act="check bulk", values=values))
    return _check_page(office, visit, found)


def proposed(office: Office, visit: Visit) -> Response:
    """Hand in what was checked, for somebody else to approve; with faults only if they are to be left out."""
    found, bank_ref = _judged(office), field("bank_ref", BANK_REF)
    name = read_bulk_name(field("name"))
    if not bank_ref or not found.lines or (found.faults and field("leave_out") != "yes"):
        raise Missing
    work = partial(
        submit,
        country=found.pack.country,
        name=name,
        lines=found.lines,
        bank_ref=bank_ref,
        maker=visit.name,
        role=visit.role,
    )
    return go_to(f"/approvals/{office.references.write(office.transact(work).id)}")


def _judged(office: Office) -> Judged:
    """Read and judge the file of a form; raises BadFile and what handed_in raises."""
    text, pack = handed_in(), office.packs.get(field("country", 2))
    if pack is None:
        raise Missing
    rows = read_rows(text)
    lines, faults = office.read(lambda unit: judge(unit, rows, pack))
    return Judged(pack, text, lines, faults)


def _check_page(office: Office, visit: Visit, found: Judged) -> Response:
    amount = sum(line.amount for line in found.lines)
    charge = sum(line.charge.total for line in found.lines)
    return page(
        office,
        visit,
        "bulk_check.html",
        bulk_pack=found.pack,
        packed=packed(found.text),
        payments=len(found.lines),
        vouchers=sum(line.person is None for line in found.lines),
        amount=amount,
        charge=charge,
        some=[(line, *_payee(line)) for line in found.lines[:SHOWN]],
        faults=found.faults[:FAULTS],
        many=len(found.faults),
        longest_name=LONGEST_NAME,
    )


def _payee(line: Line) -> tuple[str, str]:
    return masked(line.person.name) if line.person else "", mask_phone(line.phone)


def shown(office: Office, visit: Visit, reference: str) -> Response:
    """Show a batch, how far it has come, and its lines a hundred at a time, or those that were refused."""
    first, only = max(2, number_asked("line") or 2), asked("only")

    def work(unit: Unit) -> dict[str, Any]:
        bulk = _bulk(unit, reference)
        if only == "refused":
            lines = unit.rows.find(BulkLine, bulk=bulk.id, state="refused", limit=LINES * 10)
        else:
            lines = unit.rows.find(BulkLine, bulk=bulk.id, number=list(range(first, first + LINES)), limit=LINES)
        last = unit.rows.find(BulkLine, bulk=bulk.id, newest=True, limit=1)[0].number
        return {
            "bulk": bulk,
            "bulk_pack": unit.house.packs[bulk.country],
            "lines": [_shown(office, visit, one) for one in outcomes(unit, sorted(lines, key=lambda one: one.number))],
            "left": unit.books.balance(account_of(bulk)) if bulk.state != "proposed" else 0,
            "next_line": first + LINES if only != "refused" and first + LINES <= last else None,
        }

    about = office.read(work)
    turn = number_asked("turn") or 0
    answer = page(office, visit, "bulk.html", reference=reference, only=only, going=_going(about["bulk"]), **about)
    if _going(about["bulk"]) and first == 2 and not only and turn < TURNS:
        # A header and no element: a page that is read to somebody is not taken from under them after the last turn.
        answer.headers["Refresh"] = f"{REFRESH_SECONDS}; url=?turn={turn + 1}"
    return answer


def _going(bulk: Bulk) -> bool:
    return bulk.state == "paying"


def _bulk(unit: Unit, reference: str) -> Bulk:
    bulk = find_bulk(unit, reference)
    if bulk is None:
        raise NotFound
    return bulk


def _shown(office: Office, visit: Visit, one: Outcome) -> dict[str, Any]:
    return {
        "number": one.line.number,
        "name": masked(one.person.name) if one.person else "",
        "phone": mask_phone(one.phone) if one.phone else "",
        "amount": one.line.amount,
        "charge": one.line.charge.total,
        "state": one.state,
        "entry": office.references.write(one.line.id) if one.line.state in ("paid", "voucher") else "",
        "why": unpaid(visit.language, one.line.why),
    }


def results(office: Office, visit: Visit, reference: str) -> Response:
    """Return what has become of each line as CSV, numbers masked: the organisation knows them by their lines."""

    def look(unit: Unit) -> tuple[Bulk, list[dict[str, Any]]]:
        bulk = _bulk(unit, reference)
        lines = sorted(unit.rows.find(BulkLine, bulk=bulk.id, limit=MOST_LINES), key=lambda one: one.number)
        return bulk, [_shown(office, visit, one) for one in outcomes(unit, lines)]

    bulk, rows = office.read(look)
    about = f"batch {office.references.write(bulk.id)}"
    office.transact(lambda unit: note(unit, staff=visit.name, role=visit.role, act="export bulk", about=about))
    currency = office.packs[bulk.country].currency
    head = ("line", "name", "phone", "amount", "charge", "state", "reference", "why")
    cells = [
        (
            row["number"],
            row["name"],
            row["phone"],
            in_units(row["amount"], currency),
            in_units(row["charge"], currency),
            speak(visit.language, f"state.{row['state']}"),
            row["entry"],
            row["why"],
        )
        for row in rows
    ]
    return table_file(f"senti-batch-{office.references.write(bulk.id)}", head, cells)


def rest(office: Office, visit: Visit, reference: str) -> Response:
    """Propose to take what is left of a batch out of the books: the bank has given it back to the organisation."""
    bank_ref = field("bank_ref", BANK_REF)
    if not bank_ref:
        raise Missing

    def work(unit: Unit) -> int:
        bulk = _bulk(unit, reference)
        return submit_rest(unit, bulk, bank_ref=bank_ref, maker=visit.name, role=visit.role).id

    return go_to(f"/approvals/{office.references.write(office.transact(work))}")
