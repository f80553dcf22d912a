"""Several people on one phone: each has a wallet and a PIN of their own, and sees nothing of the others'.

Whoever holds the phone says whose wallet is meant, and nothing is shown of it before that person's PIN. A seat says
which of those on the number somebody is; money, limits and all that is remembered belong to the person (S-14,
docs/decisions/shared-phone.md).
"""

import hmac
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from service.countries import Pack
from service.phone import number_of
from service.refusal import Refusal
from service.wallet.agent import agent_of
from service.wallet.idle import is_asleep
from service.wallet.name import masked
from service.wallet.notice import READER_SHOWN
from service.wallet.people import SEATS, AlreadyRegistered, people_at, register
from service.wallet.pin import refuse_locked, unlock
from service.wallet.tally import count
from service.wallet.unit import Paid, Person, Unit

WRONG_AN_HOUR = 10
"""Wrong PINs of all on one number, after which none is looked at until the hour is over."""


class PhoneFull(Refusal):
    """Four people share the number already."""


class ShopAlone(Refusal):
    """The number is that of a shop, which nobody else can share."""


class NameOnPhone(Refusal):
    """Somebody on this number is called so already, as others see it."""


class ManyWrongPins(Refusal):
    """Too many wrong PINs were typed on this phone in this hour, whosever they were meant to be."""

    says = ("help_line",)


class Callers(NamedTuple):
    """Who may be calling from a number: the one person, or those of whom one has to be chosen."""

    person: Person | None
    sharers: tuple[Person, ...] = ()


def callers(unit: Unit, phone: str, chosen: int | None = None) -> Callers:
    """Return who calls: who was chosen before and has given their PIN, the only one on the number, or who shares it.

    Where all of those sleep it is one of them: then nothing is shown of anybody (P-11).
    """
    people = people_at(unit, phone)
    if len(people) == 1 and not people[0].shared:
        return Callers(people[0])
    known = next((one for one in people if one.id == chosen), None)
    awake = tuple(one for one in people if not is_asleep(unit, one))
    if known or not awake:
        return Callers(known or next(iter(people), None))
    return Callers(None, awake)


def enter(unit: Unit, person: Person, pin: str) -> Person | Refusal:
    """Return a person who shares a number, if this is their PIN; a wrong one is counted and must be committed.

    Raises PinLocked, or ManyWrongPins for all on the number.
    """
    mark = hmac.digest(unit.house.code_key, f"seats {person.phone}".encode(), "sha256").hex()[:20]
    wrong = f"seats:{mark}:{unit.now:%Y%m%d%H}"
    if count(unit, wrong, 0) >= WRONG_AN_HOUR:
        raise ManyWrongPins(help_line=unit.house.packs[person.country].help_line)
    found = unlock(unit, person.id, pin)
    if isinstance(found, Refusal):
        count(unit, wrong, 1)
    return found


def refuse_seat(unit: Unit, owner: Person) -> None:
    """Raise PinLocked, ShopAlone or PhoneFull where nobody else can be let in on a number."""
    refuse_locked(unit, owner)
    if agent_of(unit, owner.id):
        raise ShopAlone
    if len(people_at(unit, owner.phone)) >= SEATS:
        raise PhoneFull


def refuse_name(unit: Unit, phone: str, name: str) -> None:
    """Raise NameOnPhone where two on a number would look alike to whoever has to choose one of them."""
    if masked(name, READER_SHOWN) in [masked(one.name, READER_SHOWN) for one in people_at(unit, phone)]:
        raise NameOnPhone


def take_seat(
    unit: Unit, *, owner: Person, person_id: int, name: str, id_number: str, language: str, pin: str, pack: Pack
) -> Person:
    """Open one more wallet on the number of somebody who has been unlocked and lets it happen; `pin` is a verifier.

    Raises what refuse_seat and refuse_name raise, or AlreadyRegistered: of any number at one instant each gets a seat
    of their own, or none.
    """
    others = lock_number(unit, owner.phone)
    locked = next((one for one in others if one.id == owner.id), None)
    if locked is None:
        raise AlreadyRegistered
    refuse_seat(unit, locked)
    refuse_name(unit, owner.phone, name)
    taken = {one.seat for one in others}
    person = register(
        unit,
        person_id=person_id,
        phone=owner.phone,
        name=name,
        id_number=id_number,
        language=language,
        pin=pin,
        pack=pack,
        seat=next(seat for seat in range(1, SEATS + 1) if seat not in taken),
    )
    for one in others:
        unit.rows.put(replace(one, shared=True))
    return person


def leave_seat(unit: Unit, person: Person) -> None:
    """Let whoever is left alone on a number have it to themselves; the person has left it, and the number is locked."""
    rest = [one for one in people_at(unit, person.phone) if one.id != person.id]
    if len(rest) == 1 and rest[0].shared:
        unit.rows.put(replace(rest[0], shared=False))


def lock_number(unit: Unit, phone: str) -> Sequence[Person]:
    """Keep everybody on a number from changing, in the order of their ids, and return them."""
    locked: dict[int, Person | None] = {}
    # Who has joined while the others were waited for is there only when it is looked again.
    while more := sorted({one.id for one in people_at(unit, phone)} - locked.keys()):
        locked.update((each, unit.rows.lock(Person, each)) for each in more)
    return [one for one in locked.values() if one is not None and one.phone == number_of(phone)]


def found_at(unit: Unit, viewer: Person, address: str, *, all_listed: bool = False) -> Sequence[Person]:
    """Return whom somebody can mean by a number: themselves only where nobody else is there.

    Where there are several, who is hidden from strangers is found by nobody but those who have paid them, unless
    `all_listed`: an agent at the counter. Looking at several names is for the caller to count (V-03).
    """
    people = people_at(unit, address)
    if len(people) <= 1:
        return people
    others = [one for one in people if one.id != viewer.id and one.country == viewer.country]
    return [one for one in others if all_listed or not one.unlisted or _has_paid(unit, viewer, one)]


def _has_paid(unit: Unit, payer: Person, payee: Person) -> bool:
    return unit.rows.get(Paid, payer.id, payee.id) is not None
