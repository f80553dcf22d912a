"""The approvals inbox: somebody asks for a person's yes, and nothing moves, nor is held, before it is given.

Every kind of question is a Request; what a yes does is with the kind (cash_out.py, request.py). Who asks learns nothing
about the number they asked: known, unknown and crowded numbers look alike. Time decides that a request is over; the
worker only tells the asker.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from service.clock import day
from service.phone import mask_phone, number_of
from service.refusal import Refusal
from service.wallet.known import look_up
from service.wallet.notice import tell
from service.wallet.people import only
from service.wallet.seats import found_at
from service.wallet.send import SelfPayment
from service.wallet.tally import count
from service.wallet.unit import Person, Request, Unit

MOST_WAITING = 5
"""Requests that wait for one person at a time: what one screen lists. More are not let in, and nobody is told."""

ASKS_AN_HOUR = 30
ASKS_A_PAIR = 5
"""So often one asker may ask in an hour, and one number in a day."""

DECLINES = 2
"""After so many of one person's noes the asker cannot ask them again that day."""


class AskedEnough(Refusal):
    """The asker has asked so often that no more is taken for now."""


class DeclinedTwice(Refusal):
    """Whoever is asked has said no to the asker twice today."""


class RequestOver(Refusal):
    """The request is answered, replaced, or too old."""


class Waiting(NamedTuple):
    """A request as the payer's list shows it."""

    id: int
    kind: str
    asker: Person
    amount: int
    values: Mapping[str, Any]


def ask(
    unit: Unit,
    *,
    kind: str,
    asker: Person,
    phone: str,
    amount: int,
    seconds: int,
    values: Mapping[str, Any],
    at_counter: bool = False,
) -> tuple[Person, Request] | None:
    """Write a request down for whoever is behind a number, in place of an older one of this kind; None if nobody can
    be asked there, which the asker must not be told.

    Raises SelfPayment, AskedEnough or DeclinedTwice: of these the number itself has no part. Where several share it,
    WhichOne or TooManyLookups, for their names are shown; an agent `at_counter` sees them as in a cash-in.
    """
    if number_of(phone) == asker.phone:
        raise SelfPayment
    people = found_at(unit, asker, phone, all_listed=at_counter)
    if len(people) > 1 and not at_counter:
        look_up(unit, asker, phone)
    payer = only(people)
    spend_ask(unit, asker, phone)
    if payer is None or payer.state == "closed" or payer.country != asker.country:
        return None
    count(unit, f"inbox:{payer.id}", 0)  # one asker at a time, so that no more come to wait than may
    mine = [row for row in _open(unit, payer) if (row.asker, row.kind) == (asker.id, kind)]
    for older in mine:
        if (row := unit.rows.lock(Request, older.id)) is not None and row.state == "open":
            unit.rows.put(replace(row, state="replaced"))
    if len(_open(unit, payer)) >= MOST_WAITING:
        return None
    request = Request(
        id=unit.mint(),
        kind=kind,
        asker=asker.id,
        payer=payer.id,
        amount=amount,
        values=values,
        expires_at=unit.now + timedelta(seconds=seconds),
    )
    unit.rows.append(request)
    return payer, request


def spend_ask(unit: Unit, asker: Person, phone: str) -> None:
    """Count that a person asks something of whoever is behind a number; raises AskedEnough or DeclinedTwice."""
    hourly, pair = f"asks:{asker.id}:{unit.now:%Y%m%d%H}", _pair(unit, asker, phone)
    if count(unit, hourly, 0) >= ASKS_AN_HOUR or count(unit, f"asks:{pair}", 0) >= ASKS_A_PAIR:
        raise AskedEnough
    if count(unit, f"declines:{pair}", 0) >= DECLINES:
        raise DeclinedTwice
    count(unit, hourly, 1)
    count(unit, f"asks:{pair}", 1)


def count_decline(unit: Unit, asker: Person, phone: str) -> None:
    """Count that whoever is behind a number has said no to a person."""
    count(unit, f"declines:{_pair(unit, asker, phone)}", 1)


def _pair(unit: Unit, asker: Person, phone: str) -> str:
    """Name a pair of people on a day, one of them by number: a budget tells nobody whether the number is known."""
    today = day(unit.now, unit.house.packs[asker.country].zone)
    pair = f"pair {asker.id} {number_of(phone)}"
    return f"{hmac.digest(unit.house.code_key, pair.encode(), 'sha256').hex()[:20]}:{today}"


def _open(unit: Unit, payer: Person) -> Sequence[Request]:
    rows = unit.rows.find(Request, payer=payer.id, state="open")
    return [row for row in rows if row.expires_at > unit.now]


def waiting_for(unit: Unit, payer: Person) -> Sequence[Waiting]:
    """Return what waits for a person's yes, oldest first."""
    rows = _open(unit, payer)[:MOST_WAITING]
    askers = {person.id: person for person in unit.rows.find(Person, id=[row.asker for row in rows])}
    return [Waiting(row.id, row.kind, askers[row.asker], row.amount, row.values) for row in rows]


def open_request(unit: Unit, payer: Person, request_id: int, *, lock: bool = False) -> Request:
    """Return a request that still waits for this person's yes; raises RequestOver."""
    row = (unit.rows.lock if lock else unit.rows.get)(Request, request_id)
    if row is None or row.payer != payer.id or row.state != "open" or row.expires_at <= unit.now:
        raise RequestOver
    return row


def approved(unit: Unit, request: Request, entry: int) -> None:
    """Close a request that is locked: this entry is what it asked for."""
    unit.rows.put(replace(request, state="approved", entry=entry))


def decline(unit: Unit, payer: Person, request_id: int) -> None:
    """Say no, and tell the asker; raises RequestOver."""
    request = open_request(unit, payer, request_id, lock=True)
    asker = _asker(unit, request)
    unit.rows.put(replace(request, state="declined"))
    count_decline(unit, asker, payer.phone)
    tell(unit, asker, "request_declined", {"amount": request.amount, "number": mask_phone(payer.phone)})


def end_requests(unit: Unit, person: Person) -> None:
    """Say no to all that a person is asked, and take back all that they ask: their wallet closes."""
    for asked in _open(unit, person):
        decline(unit, person, asked.id)
    for own in unit.rows.find(Request, asker=person.id, state="open"):
        if (row := unit.rows.lock(Request, own.id)) is not None and row.state == "open":
            unit.rows.put(replace(row, state="replaced"))


def expire_requests(unit: Unit, *, limit: int = 20) -> int:
    """Close requests whose time is over and tell who asked; says how many."""
    rows = unit.rows.due(Request, before=unit.now, state="open", limit=limit)
    for row in rows:
        payer = unit.rows.get(Person, row.payer)
        assert payer is not None, f"no person {row.payer}"
        unit.rows.put(replace(row, state="expired"))
        tell(unit, _asker(unit, row), "request_expired", {"amount": row.amount, "number": mask_phone(payer.phone)})
    return len(rows)


def _asker(unit: Unit, request: Request) -> Person:
    asker = unit.rows.get(Person, request.asker)
    assert asker is not None, f"no person {request.asker}"
    return asker
