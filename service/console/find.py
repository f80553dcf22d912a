"""Finding what was typed into the box: a phone, a number of an agent or a till, a reference of
anything, or a name.

Phones and names stand in no address, and nothing that was typed is kept.
"""

from flask import Response

from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import field, go_to, page
from service.console.people import count_looks
from service.phone import BadPhone, mask_phone, read_phone
from service.wallet.agent import BadAgentNumber, read_agent_number
from service.wallet.batch import Bulk
from service.wallet.logbook import note
from service.wallet.merchant import Merchant
from service.wallet.name import BadName, masked, read_name
from service.wallet.names import find_by_name
from service.wallet.people import person_by_phone
from service.wallet.till import BadTillNumber, read_till_number
from service.wallet.unit import Agent, Approval, Case, Person, Unit


def find(office: Office, visit: Visit) -> Response:
    """Send the browser on to whom or what was looked for, or show who has the name."""
    typed = field("sought", 40)
    if not typed:
        raise Missing
    place = office.read(lambda unit: _place(unit, office, typed))
    # Who may not look at people does not learn either whether somebody has a wallet.
    if not visit.may(f"see {place.split('/')[1]}" if place else "see people"):
        raise NotFound
    if place is None:
        return _people_called(office, visit, typed)
    if place.startswith("/people/"):  # that somebody has a wallet is read from the answer alone
        about = f"person {place.rpartition('/')[2]}"
        office.transact(lambda unit: note(unit, staff=visit.name, role=visit.role, act="find person", about=about))
    return go_to(place)


def _place(unit: Unit, office: Office, typed: str) -> str | None:
    """Return the page of what was typed; phones never stand in an address."""
    number = unit.house.references.read(typed)
    if number is not None:
        reference = unit.house.references.write(number)
        if unit.books.entry(number):
            return f"/entries/{reference}"
        if unit.rows.get(Case, number):
            return f"/cases/{reference}"
        if unit.rows.get(Approval, number):
            return f"/approvals/{reference}"
        if unit.rows.get(Bulk, number):
            return f"/bulk/{reference}"
    try:
        if unit.rows.get(Agent, read_agent_number(typed)):
            return f"/agents/{read_agent_number(typed)}"
    except BadAgentNumber:
        pass
    try:
        if unit.rows.get(Merchant, read_till_number(typed)):
            return f"/tills/{read_till_number(typed)}"
    except BadTillNumber:
        pass
    for pack in office.packs.values():
        try:
            person = person_by_phone(unit, read_phone(typed, pack.region))
        except BadPhone:
            continue
        if person:
            return f"/people/{person.id}"
    return None


def _people_called(office: Office, visit: Visit, typed: str) -> Response:
    """Show who has this name, masked: they count as looked at. Raises NotFound."""
    try:
        name = read_name(typed)
    except BadName:
        raise NotFound from None
    people, more = office.transact(lambda unit: _called(unit, visit, name))
    if not people:
        raise NotFound
    return page(office, visit, "names.html", people=people, more=more, masked=masked, mask_phone=mask_phone)


def _called(unit: Unit, visit: Visit, name: str) -> tuple[list[Person], bool]:
    found, more = find_by_name(unit, name)
    people = [one for one in found if one.phone != visit.staff.phone]
    count_looks(unit, visit, len(people))
    note(unit, staff=visit.name, role=visit.role, act="find names", values={"found": len(people)})
    return people, more
