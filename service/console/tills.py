"""Merchants: all tills, and one till with who is behind it, its takings, what it sells and who complained."""

from typing import Any

from flask import Response

from service.console.office import NotFound, Office, Visit
from service.console.page import number_asked, page
from service.console.people import case_line, lines
from service.console.shops import CASES, SHOWN
from service.phone import mask_phone
from service.wallet.account import takings_of
from service.wallet.case import WAITING
from service.wallet.complaint import Complaint
from service.wallet.item import Item
from service.wallet.merchant import Assistant, Merchant
from service.wallet.name import masked
from service.wallet.till import FIRST
from service.wallet.unit import Case, Person, Unit

ITEMS, COMPLAINTS = 200, 20


def listed(office: Office, visit: Visit) -> Response:
    """Show all tills by number, with what is in them."""
    place = number_asked("page") or 0

    def work(unit: Unit) -> dict[str, Any]:
        newest = unit.rows.find(Merchant, newest=True, limit=1)
        last = (newest[0].serial - FIRST) // SHOWN if newest else 0
        here = min(place, last)
        serials = list(range(FIRST + here * SHOWN, FIRST + (here + 1) * SHOWN))
        rows = unit.rows.find(Merchant, serial=serials, limit=SHOWN)
        people = {one.id: one for one in unit.rows.find(Person, id=[row.person for row in rows], limit=SHOWN)}
        found = [
            {
                "till": row,
                "pack": unit.house.packs[people[row.person].country],
                "takings": unit.books.balance(takings_of(row, people[row.person].country)),
                "owner": masked(people[row.person].name),
            }
            for row in rows
        ]
        return {"rows": found, "older": here + 1 if here < last else None}

    return page(office, visit, "tills.html", **office.read(work))


def shown(office: Office, visit: Visit, number: str) -> Response:
    """Show a till: its owner, its takings, what it sells, complaints and cases."""
    before = number_asked("before")

    def work(unit: Unit) -> dict[str, Any]:
        row = unit.rows.get(Merchant, number)
        owner = unit.rows.get(Person, row.person) if row else None
        if row is None or owner is None:
            raise NotFound
        account = takings_of(row, owner.country)
        about = unit.rows.find(Case, other=owner.id, state=list(WAITING), limit=CASES)
        return {
            "till": row,
            "owner": {"id": owner.id, "name": masked(owner.name), "phone": mask_phone(owner.phone)},
            "till_pack": unit.house.packs[owner.country],
            "takings": unit.books.balance(account),
            "assistants": len(unit.rows.find(Assistant, till=number, state="active", limit=SHOWN)),
            "items": unit.rows.find(Item, till=number, limit=ITEMS),
            "complaints": [one.at for one in unit.rows.find(Complaint, till=number, newest=True, limit=COMPLAINTS)],
            "cases": [case_line(unit, one) for one in about if one.values.get("till") == number],
            "lines": lines(unit, account, before),
        }

    return page(office, visit, "till.html", **office.read(work))
