"""Applications of agents, merchants, and people for another tier: taken down by staff, with papers, granted by two."""

from typing import Any

from flask import Response, request

from service.clock import day
from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import asked, field, go_to, page
from service.phone import BadPhone, mask_phone, read_phone
from service.refusal import Refusal
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
from service.wallet.name import masked, read_name
from service.wallet.people import read_id_number
from service.wallet.proposal import OwnAffair
from service.wallet.tier import KIND as TIER
from service.wallet.tier import REFUSED as PAPERS_REFUSED
from service.wallet.tier import take_tier, turn_papers_down
from service.wallet.unit import Approval, Person, Unit

STATES = ("asked", "granted", "refused")
SHOWN = 100
ROOM = LARGEST + 10_000
"""Octets of a form that brings a paper."""

TYPES = {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}


def listed(office: Office, visit: Visit) -> Response:
    """Show the applications in a state, those that have waited longest first, and the form that takes one down."""
    state, kind = asked("state") or "asked", asked("kind")
    if state not in STATES or kind not in ("", *KINDS, TIER):
        raise NotFound

    def work(unit: Unit) -> list[dict[str, Any]]:
        wanted = {"state": state, **({"kind": kind} if kind else {})}
        rows = unit.rows.find(Application, newest=state != "asked", limit=SHOWN, **wanted)
        people = {one.id: one for one in unit.rows.find(Person, id=[row.person for row in rows], limit=SHOWN)}
        return [
            {
                "row": row,
                "reference": unit.house.references.write(row.id),
                "who": masked(people[row.person].name),
                "age": (unit.now - row.at).days if row.state == "asked" else None,
            }
            for row in rows
        ]

    rows, every = office.read(work), (*KINDS, TIER)
    return page(
        office,
        visit,
        "applications.html",
        rows=rows,
        state=state,
        states=STATES,
        kind=kind,
        kinds=KINDS,
        every=every,
    )


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


def tier_taken(office: Office, visit: Visit, person_id: int) -> Response:
    """Take down that a person has shown their papers for a tier, or is to fall back to one."""
    tier, name, number = field("tier", 2), field("name", LONGEST), field("id_number", 30)
    paper = field("paper", LONGEST)
    if not (tier.isascii() and tier.isdigit() and paper):
        raise Missing

    def work(unit: Unit) -> Application | Refusal:
        person = unit.rows.get(Person, person_id)
        if person is None:
            raise NotFound
        if person.phone == visit.staff.phone:
            raise OwnAffair
        higher = int(tier) > person.tier
        if higher and not (name and number):
            raise Missing
        row = take_tier(
            unit,
            person,
            tier=int(tier),
            name=read_name(name) if higher else "",
            id_number=read_id_number(number) if higher else "",
            paper=paper,
            by=visit.name,
        )
        if isinstance(row, Application):
            _note(unit, visit, "take application", row, tier=tier)
        return row

    found = office.transact(work)
    if isinstance(found, Refusal):  # a wrong document was counted, and that is committed
        raise found
    return go_to(f"/applications/{office.references.write(found.id)}")


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
    """Show an application with its papers and the acts about it that wait; the names of a person masked."""
    return _page(office, visit, reference, office.read(lambda unit: _about(unit, office, reference)))


def revealed(office: Office, visit: Visit, reference: str) -> Response:
    """Show which name stands in the papers for a tier, to be compared with them; that somebody looked is kept."""

    def work(unit: Unit) -> dict[str, Any]:
        about = _about(unit, office, reference)
        _note(unit, visit, "see paper", about["row"])
        return about

    return _page(office, visit, reference, office.transact(work), whole=True)


def _page(office: Office, visit: Visit, reference: str, about: dict[str, Any], *, whole: bool = False) -> Response:
    row = about["row"]
    kind = "tier" if row.kind == TIER else "open_shop"
    shown = row.name if whole or not row.name else masked(row.name)
    said: dict[str, Any] = {"paper_name": shown, "whole": whole, "act": kind, **about}
    return page(office, visit, "application.html", reference=reference, most=MOST, refusals=PAPERS_REFUSED, **said)


def _about(unit: Unit, office: Office, reference: str) -> dict[str, Any]:
    row = _one(unit, reference)
    person = unit.rows.get(Person, row.person)
    waiting = unit.rows.find(Approval, state="open", newest=True, limit=SHOWN)
    pack = unit.house.packs[person.country] if person else office.home
    tiers = pack.tiers_on(day(unit.now, pack.zone))
    return {
        "row": row,
        "person": person,
        "who": masked(person.name) if person else "",
        "phone": mask_phone(person.phone) if person else "",
        "person_pack": pack,
        "tiers": [tiers.get(number) for number in (person.tier, row.tier)] if person and row.tier else None,
        "papers": unit.rows.find(Paper, application=row.id, limit=MOST),
        "acts": [unit.house.references.write(one.id) for one in waiting if one.values.get("application") == row.id],
    }


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
    """Say no to an application: that needs no second person, granting it does. Of papers the person is told why."""
    why = field("why", 20)

    def work(unit: Unit) -> None:
        row = _one(unit, reference)
        if row.kind != TIER:
            _note(unit, visit, "refuse application", turn_down(unit, row.id))
            return
        if why not in PAPERS_REFUSED:
            raise Missing
        _note(unit, visit, "refuse application", turn_papers_down(unit, row.id, why), why=why)

    office.transact(work)
    return go_to(f"/applications/{reference}")
