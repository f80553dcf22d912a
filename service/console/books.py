"""Entries and cases: what staff look up besides people and shops."""

from typing import Any

from flask import Response

from service.console.decisions import decision
from service.console.office import NotFound, Office, Visit
from service.console.page import asked, page
from service.console.people import called, case_line
from service.ledger.chart import Kind
from service.wallet.case import AT_BANK, OUTCOMES, case_by_number
from service.wallet.name import masked
from service.wallet.refund import IN_SUSPENSE
from service.wallet.statement import owner_shown, state_of
from service.wallet.unit import Case, Person, Unit

CASES = 100
STATES = ("open", "asked", "done", "closed")


def entry(office: Office, visit: Visit, reference: str) -> Response:
    """Show the moves of an entry, people masked."""

    def work(unit: Unit) -> dict[str, Any]:
        number = unit.house.references.read(reference)
        recorded = unit.books.entry(number) if number is not None else None
        if recorded is None:
            raise NotFound
        moves = [
            {
                "from": called(unit, move.source),
                "to": called(unit, move.target),
                "amount": move.amount,
                "reason": move.reason.value,
            }
            for move in recorded.moves
        ]
        people = {
            int(account.owner): owner_shown(unit, account)
            for move in recorded.moves
            for account in (move.source, move.target)
            if account.kind == Kind.WALLET
        }
        return {
            "entry": recorded,
            "entry_pack": unit.house.packs[recorded.moves[0].source.country],
            "reference": unit.house.references.write(recorded.id),
            "state": state_of(unit, recorded),
            "moves": moves,
            "people": people,
        }

    return page(office, visit, "entry.html", **office.read(work))


def cases(office: Office, visit: Visit) -> Response:
    """Show the cases in a state, those whose clock ends first in front."""
    state = asked("state") or "open"
    if state not in STATES:
        raise NotFound

    def work(unit: Unit) -> list[dict[str, Any]]:
        found = [case_line(unit, row) for row in unit.rows.find(Case, state=state, newest=True, limit=CASES)]
        return sorted(found, key=lambda line: line["due_at"])

    return page(office, visit, "cases.html", rows=office.read(work), state=state, states=STATES)


def case(office: Office, visit: Visit, reference: str) -> Response:
    """Show a case: whom it is between, what it is about, and its clock."""

    def work(unit: Unit) -> dict[str, Any]:
        row = case_by_number(unit, reference)
        if row is None:
            raise NotFound
        known = {one.id: one for one in unit.rows.find(Person, id=[row.opener, row.other])}
        people = {one.id: masked(one.name) for one in known.values()}
        return {
            "line": case_line(unit, row),
            "opener": (row.opener, people.get(row.opener, "")),
            "other": (row.other, people.get(row.other, "")),
            "about": unit.house.references.write(row.about),
            "pattern": decision(unit, row, known) if row.what == "pattern" else None,
            "may_reverse": row.state == "open"
            and row.what not in (*AT_BANK, IN_SUSPENSE)
            and visit.may("make case_reverse"),
        }

    return page(office, visit, "case.html", outcomes=OUTCOMES, **office.read(work))
