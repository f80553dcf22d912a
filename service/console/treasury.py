"""The treasury's page: e-money against the bank's statement, what does not match and how old it is, and closed days."""

from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response, request

from service.clock import day as day_of
from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import asked, field, go_to, page, table_file
from service.console.people import case_line
from service.countries import Pack
from service.ledger.chart import Kind
from service.sheet import in_units
from service.wallet.account import house_account
from service.wallet.bank import import_statement, statements_of
from service.wallet.bank_camt import read_statement
from service.wallet.bank_file import MOST_OCTETS, BadStatement, plain
from service.wallet.day_close import DayClose, closes_of
from service.wallet.difference import differences_of
from service.wallet.refund import in_suspense
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Unit
from service.wallet.watch import BOOKS
from service.wallet.watched import Watched

STATEMENTS, CLOSES = 20, 40
LARGEST_FORM = MOST_OCTETS + 100_000
"""The file, and the fields beside it."""


class NoStatementFile(StaffRefusal):
    """The file that was sent is no statement that can be relied on; says why, in English."""

    says = ("why",)


def shown(office: Office, visit: Visit) -> Response:
    """Show one country's money: issued, at the bank, and every difference."""
    pack = _pack(office, asked("country"))
    return page(office, visit, "treasury.html", **office.read(lambda unit: _figures(unit, pack)), its=pack)


def _pack(office: Office, country: str) -> Pack:
    pack = office.packs.get(country or office.home.country)
    if pack is None:
        raise NotFound
    return pack


def _figures(unit: Unit, pack: Pack) -> dict[str, Any]:
    statements, closes = statements_of(unit, pack.country, STATEMENTS), closes_of(unit, pack.country, CLOSES)
    issued = -unit.books.balance(house_account(pack.country, Kind.TRUST))
    bank = statements[0].closing if statements else None
    return {
        "issued": issued,
        "bank": bank,
        "bank_day": statements[0].last_day if statements else "",
        "difference": None if bank is None else bank - issued,
        "differences": differences_of(unit, pack.country),
        "suspended": [
            {
                "item": one,
                "reference": unit.house.references.write(one.entry),
                "payment": unit.house.references.write(one.payment),
                "case": case_line(unit, one.case) if one.case else None,
            }
            for one in in_suspense(unit, pack.country)
        ],
        "suspense": unit.books.balance(house_account(pack.country, Kind.SUSPENSE)),
        "statements": statements,
        "closes": closes,
        "watched": unit.rows.get(Watched, BOOKS),
        "yesterday": (day_of(unit.now, pack.zone) - timedelta(days=1)).isoformat(),
        "countries": list(unit.house.packs),
    }


def imported(office: Office, visit: Visit) -> Response:
    """Take a statement of the bank; what is known already adds nothing."""
    pack = _pack(office, field("country"))
    files = request.files.getlist("file")
    if len(files) != 1 or not files[0].filename:
        raise Missing
    with closing(files[0]) as file:
        name, data = plain(file.filename or ""), file.stream.read(MOST_OCTETS + 1)
    try:
        read = read_statement(data, pack.currency)
    except BadStatement as error:
        raise NoStatementFile(why=str(error)) from None
    work = partial(import_statement, country=pack.country, name=name, data=data, read=read)
    office.transact(partial(work, by=visit.name, role=visit.role))
    return go_to(f"/treasury?country={pack.country}")


def closed(office: Office, visit: Visit, number: int) -> Response:
    """Show a closed day as it was signed."""
    row = _close(office, number)
    return page(office, visit, "day_close.html", row=row, its=office.packs.get(row.country) or office.home)


def closed_file(office: Office, visit: Visit, number: int) -> Response:
    """Return the signed text of a closed day, with its signature in a head."""
    del visit
    row = _close(office, number)
    heads = {
        "Content-Disposition": f'attachment; filename="senti-{row.country}-{row.day}.txt"',
        "Senti-Signature": row.signature,
    }
    return Response(row.said, content_type="text/plain; charset=utf-8", headers=heads)


def closed_table(office: Office, visit: Visit, number: int) -> Response:
    """Return a closed day as CSV: the figures, and each difference."""
    del visit
    row = _close(office, number)
    return table_file(f"senti-{row.country}-{row.day}", HEAD, _lines(row, office.packs.get(row.country) or office.home))


HEAD = ("what", "day", "reference", "amount")


def _lines(row: DayClose, pack: Pack) -> list[tuple[object, ...]]:
    issued, bank = row.figures["issued"], row.figures["bank"]
    totals = (("issued", issued), ("bank balance", bank), ("difference", bank - issued))
    items = [(kind, day, ref, amount) for kind, day, ref, amount, _ in row.figures["items"]]
    return [
        (what, day, reference, in_units(amount, pack.currency))
        for what, day, reference, amount in (*((what, row.day, "", amount) for what, amount in totals), *items)
    ]


def _close(office: Office, number: int) -> DayClose:
    row = office.read(lambda unit: unit.rows.get(DayClose, number))
    if row is None:
        raise NotFound
    return row
