"""Giving a tax back: which and of which days, how many payments that is, another's yes, and how far it has come.

No page waits for the giving back: the worker does it, some payments in each commit.
"""

from datetime import date
from typing import Any

from flask import Response

from service.clock import day
from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import field, go_to, number_asked, page
from service.countries import IN_CHARGE, Pack
from service.wallet.operator import propose
from service.wallet.refund import MOST_LOOKED_AT, Batch, BatchChanged, Refund, batch_of, review, values_of
from service.wallet.unit import Approval, Unit

SHOWN = 100
REFRESH_SECONDS, TURNS = 5, 120
"""A page of a batch loads itself again, for ten minutes: a login must be able to end by resting."""


def taxes_of(pack: Pack) -> list[str]:
    """Return the taxes of a country that are taken beside a charge: of others nothing is given back."""
    return list(dict.fromkeys(tax.name for tax in pack.taxes if tax.base != IN_CHARGE))


def listed(office: Office, visit: Visit) -> Response:
    """Show what was given back and is being given back, and the form that another batch begins with."""
    rows = office.read(lambda unit: unit.rows.find(Refund, newest=True, limit=SHOWN))
    return page(
        office,
        visit,
        "refunds.html",
        rows=[(office.references.write(row.id), row, office.packs[row.country]) for row in rows],
        taxes=[(pack, tax) for pack in office.packs.values() for tax in taxes_of(pack)],
    )


def checked(office: Office, visit: Visit) -> Response:
    """Say of how many payments the tax would be given back, and how much in all; nothing is written down."""
    batch = _typed(office)
    entries, amount = office.read(lambda unit: review(unit, batch, most=MOST_LOOKED_AT))
    its_pack = office.packs[batch.country]
    return page(office, visit, "refund_check.html", batch=batch, its_pack=its_pack, entries=entries, amount=amount)


def proposed(office: Office, visit: Visit) -> Response:
    """Propose what was shown, for somebody else to approve; raises BatchChanged if it is something else by now."""
    batch = _typed(office)
    found = office.read(lambda unit: review(unit, batch, most=MOST_LOOKED_AT))
    if f"{found[0]} {found[1]}" != field("shown") or not found[0]:
        raise BatchChanged

    def work(unit: Unit) -> Approval:
        values = values_of(batch, *found)
        return propose(unit, act="refund", values=values, maker=visit.name, role=visit.role)

    return go_to(f"/approvals/{office.references.write(office.transact(work).id)}")


def _typed(office: Office) -> Batch:
    """Read the batch of a form, no day of it still to come; raises Missing."""
    country, _, tax = field("tax").partition(" ")
    pack = office.packs.get(country)
    if pack is None or tax not in taxes_of(pack):
        raise Missing
    try:
        first, last = (date.fromisoformat(field(name, 10)) for name in ("first", "last"))
    except ValueError:
        raise Missing from None
    if not first <= last <= day(office.now(), pack.zone):
        raise Missing
    return Batch(country, tax, first, last)


def refuse_large(office: Office, row: Approval) -> None:
    """Raise TooManyPayments if a batch is one for the terminal: looked at before anything is locked."""
    if row.act == "refund" and row.state == "open":
        office.read(lambda unit: review(unit, batch_of(row.values), most=MOST_LOOKED_AT))


def shown(office: Office, visit: Visit, reference: str) -> Response:
    """Show how far a batch has come, and what came of it."""
    number = office.references.read(reference)

    def work(unit: Unit) -> dict[str, Any]:
        row = unit.rows.get(Refund, number) if number is not None else None
        approval = unit.rows.get(Approval, number) if number is not None else None
        if row is None or approval is None:
            raise NotFound
        return {"row": row, "approval": approval, "its_pack": unit.house.packs[row.country]}

    about, turn = office.read(work), number_asked("turn") or 0
    answer = page(office, visit, "refund.html", reference=reference, **about)
    if about["row"].state == "paying" and turn < TURNS:
        # A header and no element: a page that is read to somebody is not taken from under them after the last turn.
        answer.headers["Refresh"] = f"{REFRESH_SECONDS}; url=?turn={turn + 1}"
    return answer
