"""What stands still: stopping at once, and letting it go on by two people."""

from functools import partial
from typing import Any

from flask import Response

from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import field, go_to, page
from service.wallet.brake import WHAT
from service.wallet.halt import LONGEST_WHY, halt, halts_on
from service.wallet.unit import Unit

ALL = "all"


def listed(office: Office, visit: Visit) -> Response:
    """Show what stands still, and the form that stops more."""
    rows = office.read(_rows)
    return page(office, visit, "halts.html", rows=rows, whats=WHAT, countries=list(office.packs), longest=LONGEST_WHY)


def _rows(unit: Unit) -> list[dict[str, Any]]:
    return [
        {"row": row, "reference": unit.house.references.write(row.id), "pack": unit.house.packs.get(row.country)}
        for row in halts_on(unit)
    ]


def thrown(office: Office, visit: Visit) -> Response:
    """Stop something, in one country or in all, at once."""
    what, country, why = field("what"), field("country"), field("why", LONGEST_WHY)
    if what not in WHAT or country not in (ALL, *office.packs):
        raise NotFound
    if not why:
        raise Missing
    office.transact(partial(_throw, what=what, country=country, why=why, visit=visit))
    return go_to("/halts")


def _throw(unit: Unit, *, what: str, country: str, why: str, visit: Visit) -> None:
    for one in unit.house.packs if country == ALL else (country,):
        halt(unit, country=one, what=what, why=why, by=visit.name, role=visit.role)
