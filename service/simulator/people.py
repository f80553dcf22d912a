"""Whose phones the page offers: the people of the demo, as they are called now, and a number that nobody has yet."""

from typing import NamedTuple

from service.countries import Pack
from service.demo import LOCKED, NEWCOMER, PEOPLE
from service.phone import national
from service.wallet.unit import Agent, Person, Unit

SOMEBODY = "Nobody yet"


class Holder(NamedTuple):
    """Somebody with a phone: `pin` is None where none is chosen yet; `also` goes behind the name in a short list."""

    phone: str
    number: str
    name: str
    also: str
    role: str
    pin: str | None
    codes: tuple[str, ...]


class Met(NamedTuple):
    """Rows about the people of the demo, by phone number and by person id."""

    people: dict[str, Person]
    agents: dict[int, Agent]


def meet(unit: Unit) -> Met:
    """Read who has a wallet or a shop now."""
    phones = [*(actor.phone for actor in PEOPLE), NEWCOMER]
    found = sorted(unit.rows.find(Person, phone=phones), key=lambda one: -one.seat)
    people = {person.phone: person for person in found}  # of those who share a number the first
    agents = unit.rows.find(Agent, person=[person.id for person in people.values()])
    return Met(people, {agent.person: agent for agent in agents})


def holders(unit: Unit, pack: Pack) -> list[Holder]:
    """Return everybody whose phone can be held, in the order of the demo's list."""
    met = meet(unit)
    pins = {actor.phone: actor.pin for actor in PEOPLE}
    return [_holder(met, phone, pins.get(phone), pack) for phone in (*pins, NEWCOMER)]


def name_of(met: Met, phone: str) -> str:
    """Return what a person is called."""
    person = met.people.get(phone)
    return person.name if person else SOMEBODY


def _holder(met: Met, phone: str, pin: str | None, pack: Pack) -> Holder:
    person = met.people.get(phone)
    agent = met.agents.get(person.id) if person else None
    number = _grouped(national(phone))
    codes = (pack.agents_code, pack.people_code) if agent else (pack.people_code,)
    also, role = "", "customer"
    if agent:
        also, role = f", agent {agent.number}", f"agent {agent.number}, {agent.name}, {agent.place}"
    elif phone == LOCKED:
        also, role = ", PIN locked", "customer whose PIN is locked: may receive, not send"
    elif phone == NEWCOMER:
        also, role = f", {number}", "no wallet until somebody dials and registers"
    return Holder(phone, number, name_of(met, phone), also, role, pin, codes)


def _grouped(number: str) -> str:
    return " ".join((number[:4], number[4:7], number[7:]))
