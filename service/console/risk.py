"""The queue of those who look after risk: who may be on a list, and payments that wait until somebody has looked."""

from typing import Any

from flask import Response, request

from service.console.decisions import decisions_in
from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import field, go_to, page
from service.console.people import open_person
from service.wallet.logbook import Noted
from service.wallet.name import masked
from service.wallet.sanctions import (
    EVERYBODY,
    BadList,
    Hit,
    Listed,
    Sweep,
    pieces,
    read_list,
    read_list_name,
    take_off,
    write_lines,
)
from service.wallet.unit import Person, Unit

SHOWN, IMPORTS = 100, 20
STATES = ("open", "confirmed", "cleared")
MOST_OCTETS = 10_000_000
"""Of a list's file: the longest public ones have a tenth of it."""


def queue(office: Office, visit: Visit) -> Response:
    """Show what waits for a decision, and which lists there are."""

    def work(unit: Unit) -> dict[str, Any]:
        sweep = unit.rows.get(Sweep, EVERYBODY)
        return {
            "hits": hits_in(unit, "open"),
            "waiting": _waiting(unit),
            "lists": unit.rows.find(Noted, act="import sanctions", newest=True, limit=IMPORTS),
            "comparing": sweep is not None and sweep.state == "going",
        }

    return page(office, visit, "risk.html", **office.read(work))


def _waiting(unit: Unit) -> list[dict[str, Any]]:
    """Return payments that arrive unless somebody sends them back, the first to arrive in front."""
    found = [one for one in decisions_in(unit, state="open", limit=SHOWN) if one["until"]]
    return sorted(found, key=lambda one: one["until"])


def hits_in(unit: Unit, state: str) -> list[dict[str, Any]]:
    """Return people who may be on a list, masked, the newest first."""
    rows = unit.rows.find(Hit, state=state, newest=True, limit=SHOWN)
    people = {one.id: one for one in unit.rows.find(Person, id=sorted({row.person for row in rows}), limit=SHOWN)}
    return [
        {
            "reference": unit.house.references.write(row.id),
            "person": masked(people[row.person].name),
            "list": row.list,
            "listed": row.name,
            "score": row.score,
            "at": row.at,
        }
        for row in rows
    ]


def hit(office: Office, visit: Visit, reference: str) -> Response:
    """Show a person beside who stands on the list; it is a look at the person."""

    def work(unit: Unit) -> dict[str, Any]:
        number = unit.house.references.read(reference)
        row = unit.rows.get(Hit, number) if number is not None else None
        if row is None:
            raise NotFound
        person = open_person(unit, visit, row.person, "see hit")
        listed = unit.rows.get(Listed, row.list, row.number)
        return {
            "hit": row,
            "listed": listed,
            "person": person,
            "name": masked(person.name),
            "person_pack": unit.house.packs[person.country],
            "acts": [
                act
                for act, states in (("clear_hit", ("open", "confirmed")), ("confirm_hit", ("open",)))
                if row.state in states and visit.may(f"make {act}")
            ],
        }

    return page(office, visit, "hit.html", reference=reference, **office.transact(work))


def hand_in(office: Office, visit: Visit) -> Response:
    """Take in the whole of a list."""
    file, typed = request.files.get("file"), field("list", 20)
    if file is None or not typed:
        raise Missing
    name = read_list_name(typed)
    try:
        lines = read_list(file.read().decode())
    except UnicodeError:
        raise BadList(line=1) from None
    new = sum(office.transact(lambda unit, piece=piece: write_lines(unit, name, piece)) for piece in pieces(lines))  # type: ignore[misc]
    office.transact(lambda unit: take_off(unit, name, lines, by=visit.name, role=visit.role, new=new))
    return go_to("/risk")
