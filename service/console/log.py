"""The logbook as pages: what the staff did, by whom, about what; also as a file for a spreadsheet."""

from collections.abc import Sequence
from datetime import UTC
from functools import partial

from flask import Response

from service.console.office import Office, Visit
from service.console.page import asked, number_asked, page, table_file, words_of
from service.wallet.logbook import Noted, note
from service.wallet.unit import Unit

FILTERS = ("staff", "act", "about")
ROWS = 50
MOST_PAGES = 100
MOST_EXPORTED = 10_000
HEAD = ("number", "at", "staff", "role", "act", "about", "values", "stamp")


def listed(office: Office, visit: Visit) -> Response:
    """Show a page of the logbook, newest first."""
    chosen = _chosen()
    place = min(number_asked("page") or 0, MOST_PAGES)
    rows = office.read(partial(_rows, chosen=chosen, limit=(place + 1) * ROWS + 1))[place * ROWS :]
    older = place + 1 if len(rows) > ROWS and place < MOST_PAGES else None
    return page(
        office, visit, "log.html", rows=rows[:ROWS], chosen=chosen, older=older, filters=FILTERS, words_of=words_of
    )


def exported(office: Office, visit: Visit) -> Response:
    """Return the newest rows as CSV; that somebody took them is a row too."""

    # Written down first, and alone: whoever writes makes others wait, and reading this much takes a while.
    office.transact(lambda unit: note(unit, staff=visit.name, role=visit.role, act="export log"))
    rows = office.read(partial(_rows, chosen=_chosen(), limit=MOST_EXPORTED))
    return table_file("senti-logbook", HEAD, [_cells(row) for row in rows])


def _chosen() -> dict[str, str]:
    return {name: given for name in FILTERS if (given := asked(name))}


def _rows(unit: Unit, *, chosen: dict[str, str], limit: int) -> Sequence[Noted]:
    return unit.rows.find(Noted, newest=True, limit=limit, **chosen)


def _cells(row: Noted) -> tuple[object, ...]:
    at = row.at.astimezone(UTC).isoformat(timespec="milliseconds")
    return (row.number, at, row.staff, row.role, row.act, row.about, words_of(row.values), row.stamp)
