"""Applications of agents and merchants: taken down by staff, with papers, and granted by two."""

from typing import Any

from flask import Response, request

from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import asked, field, go_to, page
from service.phone import BadPhone, mask_phone, read_phone
from service.wallet.agent import read_agent_number
from service.wallet.application import (
    KINDS,
    LARGEST,
    LONGEST,
    MOST,
    Application,
    Paper,
    attach,
    find_application,
    take_down,
    turn_down,
)
from service.wallet.logbook import note
from service.wallet.name import masked
from service.wallet.proposal import OwnAffair
from service.wallet.unit import Approval, Person, Unit

STATES = ("asked", "granted", "refused")
SHOWN = 100
ROOM = LARGEST + 10_000
"""Octets of a form that brings a paper."""

TYPES = {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}


def listed(office: Office, visit: Visit) -> Response:
    """Show the applications in a state, the newest first, and the form that takes one down."""
    state = asked("state") or "asked"
    if state not in STATES:
        raise NotFound

    def work(unit: Unit) -> list[dict[str, Any]]:
        rows = unit.rows.find(Application, state=state, newest=True, limit=SHOWN)
        people = {one.id: one for one in unit.rows.find(Person, id=[row.person for row in rows], limit=SHOWN)}
        return [
            {"row": row, "reference": unit.house.references.write(row.id), "who": masked(people[row.person].name)}
            for row in rows
        ]

    return page(office, visit, "applications.html", rows=office.read(work), state=state, states=STATES, kinds=KINDS)


def taken(office: Office, visit: Visit) -> Response:
    """Take an application down."""
    kind, name, place = field("kind"), field("name", LONGEST), field("place", LONGEST)
    paper, under = field("paper", LONGEST), field("under", 10)
    phone = _phone(office, field("phone", 20))
    if kind not in KINDS or not name or not paper or (kind == "agent" and not place):
        raise Missing
    if phone == visit.staff.phone:
        raise OwnAffair

    def work(unit: Unit) -> Application:
        above = read_agent_number(under) if under else None
        row = take_down(unit, kind=kind, phone=phone, name=name, place=place, under=above, paper=paper, by=visit.name)
        _note(unit, visit, "take application", row)
        return row

    return go_to(f"/applications/{office.references.write(office.transact(work).id)}")


def _phone(office: Office, typed: str) -> str:
    for pack in office.packs.values():
        try:
            return read_phone(typed, pack.region)
        except BadPhone:
            continue
    raise BadPhone


def _note(unit: Unit, visit: Visit, act: str, row: Application, **values: str) -> None:
    about = f"application {unit.house.references.write(row.id)}"
    note(unit, staff=visit.name, role=visit.role, act=act, about=about, values=values)


def _one(unit: Unit, reference: str) -> Application:
    row = find_application(unit, reference)
    if row is None:
        raise NotFound
    return row


def shown(office: Office, visit: Visit, reference: str) -> Response:
    """Show an application with its papers and the acts about it that wait."""

    def work(unit: Unit) -> dict[str, Any]:
        row = _one(unit, reference)
        person = unit.rows.get(Person, row.person)
        waiting = unit.rows.find(Approval, state="open", newest=True, limit=SHOWN)
        return {
            "row": row,
            "person": person,
            "who": masked(person.name) if person else "",
            "phone": mask_phone(person.phone) if person else "",
            "person_pack": unit.house.packs[person.country] if person else office.home,
            "papers": unit.rows.find(Paper, application=row.id, limit=MOST),
            "acts": [unit.house.references.write(one.id) for one in waiting if one.values.get("application") == row.id],
        }

    return page(office, visit, "application.html", reference=reference, most=MOST, **office.read(work))


def attached(office: Office, visit: Visit, reference: str) -> Response:
    """Add a paper to an application."""
    given = request.files.getlist("file")
    if len(given) != 1:
        raise Missing
    octets = given[0].read()

    def work(unit: Unit) -> None:
        row = _one(unit, reference)
        paper = attach(unit, row.id, octets)
        _note(unit, visit, "add paper", row, digest=paper.digest[:16])

    office.transact(work)
    return go_to(f"/applications/{reference}")


def paper(office: Office, visit: Visit, reference: str, paper_id: int) -> Response:
    """Hand out a paper as a file to be saved, never as a page; that somebody looked is written down."""

    def work(unit: Unit) -> Paper:
        row, found = _one(unit, reference), unit.rows.get(Paper, paper_id)
        if found is None or found.application != row.id:
            raise NotFound
        _note(unit, visit, "see paper", row, digest=found.digest[:16])
        return found

    found = office.transact(work)
    answer = Response(found.octets, content_type=TYPES[found.kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="senti-paper-{found.id}.{found.kind}"'
    return answer


def refused(office: Office, visit: Visit, reference: str) -> Response:
    """Say no to an application: that needs no second person, granting it does."""

    def work(unit: Unit) -> None:
        row = turn_down(unit, _one(unit, reference).id)
        _note(unit, visit, "refuse application", row)

    office.transact(work)
    return go_to(f"/applications/{reference}")
