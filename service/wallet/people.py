"""Who has a wallet: opening one, finding one, and what a person may change about it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from service.countries import Pack
from service.phone import number_of, seat_of
from service.refusal import Refusal
from service.wallet.account import wallet_of
from service.wallet.names import write_keys
from service.wallet.notice import tell
from service.wallet.pin import choose_pin
from service.wallet.sanctions import Vetting
from service.wallet.unit import Asked, Person, Unit

SEATS = 4
"""So many people may share one number."""


class UnknownPerson(Refusal):
    """Nobody who can be paid stands behind this number; unknown, closed and unlisted look alike (V-04)."""


class AlreadyRegistered(Refusal):
    """The number has a wallet already."""


class WhichOne(Refusal):
    """Several people share the number: one of them has to be named."""


class BadIdNumber(Refusal):
    """What was typed is not the number of an identity document: 5 to 20 letters and digits."""


def read_id_number(typed: str) -> str:
    """Return an identity number as it is kept: capitals and digits; raises BadIdNumber."""
    number = typed.replace(" ", "").replace("-", "").upper()
    if not (5 <= len(number) <= 20 and number.isascii() and number.isalnum()):
        raise BadIdNumber
    return number


def people_at(unit: Unit, address: str) -> Sequence[Person]:
    """Return everybody behind a number, by seat, or the one whom an address names."""
    found = sorted(unit.rows.find(Person, phone=number_of(address), limit=SEATS), key=lambda one: one.seat)
    seat = seat_of(address)
    return [one for one in found if seat in (None, one.seat)]


def behind(address: str) -> Asked:
    """Return what `people_at` will ask."""
    return Asked.find(Person, phone=number_of(address), limit=SEATS)


def person_by_phone(unit: Unit, address: str) -> Person | None:
    """Return the only person behind a number, or the one whom an address names; raises WhichOne."""
    return only(people_at(unit, address))


def only(people: Sequence[Person]) -> Person | None:
    """Return the only one of these, or None; raises WhichOne if there are several."""
    if len(people) > 1:
        raise WhichOne
    return people[0] if people else None


def payable(unit: Unit, phone: str, country: str) -> Person:
    """Return the person who can receive money at a number, or raise UnknownPerson."""
    return may_receive(person_by_phone(unit, phone), country)


def may_receive(person: Person | None, country: str) -> Person:
    """Return a person who can receive money in a country, or raise UnknownPerson."""
    if person is None or person.state == "closed" or person.country != country:
        raise UnknownPerson
    return person


def begin_registration(unit: Unit, phone: str, pin: str) -> Mapping[str, Any]:
    """Return the id of a person to be and the verifier of their first PIN: the PIN itself is not kept."""
    person_id = unit.mint()
    return {"person_id": person_id, "pending": choose_pin(unit, person_id, pin, phone=phone)}


def register(
    unit: Unit,
    *,
    person_id: int,
    phone: str,
    name: str,
    id_number: str,
    language: str,
    pin: str,
    pack: Pack,
    tier: int = 1,
    seat: int = 0,
) -> Person:
    """Open a wallet; `pin` is a verifier, and who joins others on a number has another `seat`.

    Raises AlreadyRegistered.
    """
    person = Person(
        id=person_id,
        country=pack.country,
        phone=phone,
        name=name,
        id_number=id_number,
        language=language,
        tier=tier,
        pin=pin,
        registered_at=unit.now,
        seat=seat,
        shared=seat > 0,
    )
    if not unit.rows.add(person):
        raise AlreadyRegistered
    write_keys(unit, person)
    unit.rows.append(Vetting(person=person.id, next_at=unit.now))
    unit.books.open(wallet_of(person))
    tell(unit, person, "welcome", {"person": person.name, "service_code": pack.people_code})
    return person


def choose_language(unit: Unit, person: Person, language: str) -> None:
    """Speak to a person in this language from now on."""
    assert language in unit.house.packs[person.country].languages, f"no language {language}"
    row = unit.rows.lock(Person, person.id)
    assert row is not None, f"no person {person.id}"
    unit.rows.put(replace(row, language=language))


def turn_listing(unit: Unit, person: Person) -> bool:
    """Hide a person from those who never paid them, or show them again; say whether they are hidden now."""
    row = unit.rows.lock(Person, person.id)
    assert row is not None, f"no person {person.id}"
    unit.rows.put(replace(row, unlisted=not row.unlisted))
    return not row.unlisted


def set_state(unit: Unit, person: Person, state: str) -> None:
    """Block or free a person; being freed also forgets wrong PINs and a change of SIM."""
    row = unit.rows.lock(Person, person.id)
    assert row is not None, f"no person {person.id}"
    row = replace(row, state=state)
    if state in ("active", "held"):
        row = replace(row, pin_tries=0, swap_cleared=row.swapped_at is not None)
    unit.rows.put(row)
