"""Reports for the regulator, for a spreadsheet or to print; each is written into the logbook before it leaves."""

import io
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import islice

from flask import Response

from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import field, page, visible
from service.sheet import in_units, sheet_lines
from service.wallet.logbook import note
from service.wallet.names import in_latin
from service.wallet.regulator import HEAD, REPORTS, Found, Period, read_period
from service.wallet.staff import StaffRefusal

MOST_PRINTED = 2_000
FORMS = ("csv", "pdf")


class TooLongToPrint(StaffRefusal):
    """A report of more than two thousand lines is a file for a spreadsheet, and not to print."""


def form(office: Office, visit: Visit) -> Response:
    """Show which reports there are."""
    return page(office, visit, "reports.html", reports=REPORTS, packs=office.packs, forms=FORMS)


def made(office: Office, visit: Visit) -> Response:
    """Return a report."""
    report, country, kind = field("report", 20), field("country", 2), field("form", 3)
    if report not in REPORTS or country not in office.packs or kind not in FORMS:
        raise NotFound
    if not (field("first") and field("last")):
        raise Missing
    period = read_period(office.packs[country], field("first"), field("last"))
    said = {"country": country, "first": str(period.first), "last": str(period.last), "form": kind}
    office.transact(
        lambda unit: note(
            unit, staff=visit.name, role=visit.role, act="make report", about=f"report {report}", values=said
        )
    )
    name = f"senti-{report}-{country}-{period.first}-{period.last}"
    found = REPORTS[report](office.read, period)
    if kind == "pdf":
        return _file(_printed(name, period, list(islice(found, MOST_PRINTED + 1))), f"{name}.pdf", "application/pdf")
    return _file(_sheet(period, found), f"{name}.csv", "text/csv; charset=utf-8")


def _file(body: bytes | Iterator[str], name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, content_type=kind, headers=headers)


def _sheet(period: Period, found: Iterable[Found]) -> Iterator[str]:
    """Yield the lines of a report; the last says how many there were, so that one that was cut short is noticed."""

    def rows() -> Iterator[Sequence[str]]:
        many = 0
        for one in found:
            many += 1
            yield [str(visible(cell)) for cell in _cells(period, one)]
        yield _end(many)

    return sheet_lines(HEAD, rows())


def _end(many: int) -> Sequence[str]:
    return ("END", f"{many} lines", *[""] * (len(HEAD) - 2))


def _cells(period: Period, one: Found) -> Sequence[str]:
    at = one.at.astimezone(period.pack.zone).isoformat(timespec="seconds")
    amount, currency = str(in_units(one.amount, period.pack.currency)), period.pack.currency.code
    return (one.reference, at, one.what, amount, currency, str(one.payments), *one.payer, *one.payee, one.note)


def _printed(name: str, period: Period, found: Sequence[Found]) -> bytes:
    """Return a report as PDF, in Latin letters; raises TooLongToPrint."""
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, TableStyle

    if len(found) > MOST_PRINTED:
        raise TooLongToPrint
    style = getSampleStyleSheet()["BodyText"].clone("small", fontSize=6, leading=7)
    rows = [HEAD, *[_cells(period, one) for one in found], _end(len(found))]
    cells = [[Paragraph(escape(in_latin(str(visible(cell)))), style) for cell in row] for row in rows]
    table = LongTable(cells, repeatRows=1)
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.25, "grey"), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    text = io.BytesIO()
    SimpleDocTemplate(text, pagesize=landscape(A4), title=name, margin=20, leftMargin=20, rightMargin=20).build([table])
    return text.getvalue()
