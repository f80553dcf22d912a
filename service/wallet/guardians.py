"""Guardians: two people whom the owner of a wallet trusts to say that it is them who asks for a new PIN.

They see nothing of the wallet, and can do nothing alone. Naming and removing takes the owner's PIN, which stops any
request that runs; and only who had agreed before a request was made counts for it. So whoever holds the phone or the
SIM and does not know the PIN cannot choose who vouches for them. A number that nobody has looks like one that somebody
has (V-04): the owner sees who has agreed, not who was asked.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from service.phone import mask_phone, number_of
from service.refusal import Refusal
from service.wallet.identity import Guardian, PinReset
from service.wallet.inbox import RequestOver, count_decline, spend_ask
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.people import people_at
from service.wallet.pin import refuse_locked
from service.wallet.send import SelfPayment
from service.wallet.sim import SimUnchecked, ask_about, is_seen
from service.wallet.tally import count
from service.wallet.unit import Person, Unit

NEEDED = 2
"""So many guardians a person may have, and so many must confirm."""


class TooManyGuardians(Refusal):
    """The person has two guardians already."""


class PinTooNew(Refusal):
    """The PIN was forgotten and is new: for a while its owner neither names guardians nor vouches for anybody."""

    says = ("opens",)


class Wish(NamedTuple):
    """What somebody asks of a guardian: to become one, or to vouch for a new PIN."""

    owner: Person
    vouch: bool


def refuse_unsure(unit: Unit, person: Person) -> None:
    """Raise PinLocked, PinTooNew or SimUnchecked where it is not sure enough that this is the owner of the wallet."""
    refuse_locked(unit, person)
    if person.careful_until is not None and person.careful_until > unit.now:
        raise PinTooNew(opens=person.careful_until.isoformat())
    fresh = timedelta(seconds=unit.house.packs[person.country].sim_fresh_seconds)
    if not is_seen(unit, person, fresh):
        ask_about(unit, person)
        raise SimUnchecked


def guardians_of(unit: Unit, person: Person) -> Sequence[Person]:
    """Return the people who have agreed to be this person's guardians."""
    rows = unit.rows.find(Guardian, person=person.id, state="agreed")
    people = unit.rows.find(Person, id=[row.guardian for row in rows]) if rows else ()
    return [one for one in people if one.has_number]


def refuse_name(unit: Unit, owner: Person, phone: str) -> None:
    """Raise SelfPayment or TooManyGuardians: of these the number of somebody else has no part."""
    if number_of(phone) == owner.phone:
        raise SelfPayment
    if len(guardians_of(unit, owner)) >= NEEDED:
        raise TooManyGuardians


def name_guardian(unit: Unit, owner_id: int, phone: str) -> None:
    """Ask whoever is behind a number to be a guardian; the owner has been unlocked, and is not told whether anybody is.

    Raises SelfPayment, TooManyGuardians, AskedEnough, DeclinedTwice, or what refuse_unsure raises.
    """
    owner = _locked(unit, owner_id)
    refuse_unsure(unit, owner)
    refuse_name(unit, owner, phone)
    spend_ask(unit, owner, phone)
    people = people_at(unit, phone)
    # Who shares a number is asked on a phone that others read: nobody becomes a guardian there.
    other = people[0] if len(people) == 1 and not people[0].shared else None
    if other is None or other.state == "closed" or other.country != owner.country:
        return
    row = Guardian(person=owner.id, guardian=other.id, at=unit.now)
    if not unit.rows.add(row):
        there = unit.rows.lock(Guardian, owner.id, other.id)
        if there is None or there.state == "agreed":
            return
        unit.rows.put(row)
    code = unit.house.packs[owner.country].people_code
    tell(unit, other, "asked_guardian", _shown(owner) | {"service_code": code}, expires_at=_until(unit, row, owner))


def remove_guardian(unit: Unit, owner_id: int, guardian_id: int) -> None:
    """Let somebody be a guardian no more, and tell both; the owner has been unlocked. Does nothing a second time."""
    owner = _locked(unit, owner_id)
    assert owner.reset is None, "the PIN has stopped every request for a new one"
    row, other = unit.rows.lock(Guardian, owner.id, guardian_id), unit.rows.get(Person, guardian_id)
    if row is None or other is None or row.state != "agreed":
        return
    unit.rows.put(replace(row, state="over", at=unit.now))
    help_line = unit.house.packs[owner.country].help_line
    tell(unit, owner, "guardian_removed", _shown(other) | {"help_line": help_line})
    tell(unit, other, "guardian_freed", _shown(owner))


def wishes_for(unit: Unit, person: Person) -> Sequence[Wish]:
    """Return what is asked of a person as a guardian: first the new PINs."""
    rows = unit.rows.find(Guardian, guardian=person.id, state=("asked", "agreed"))
    owners = {one.id: one for one in unit.rows.find(Person, id=[row.person for row in rows])} if rows else {}
    wishes = []
    for row in rows:
        owner = owners[row.person]
        if not owner.has_number:
            continue
        if row.state == "asked" and unit.now < _until(unit, row, owner) and owner.reset is None:
            wishes.append(Wish(owner, False))
        elif row.state == "agreed" and _asked_for(unit, row, owner) is not None:
            wishes.append(Wish(owner, True))
    return sorted(wishes, key=lambda wish: not wish.vouch)


def wish_of(unit: Unit, person: Person, owner_id: int, *, vouch: bool) -> Wish:
    """Return one of these wishes; raises RequestOver."""
    found = next((wish for wish in wishes_for(unit, person) if (wish.owner.id, wish.vouch) == (owner_id, vouch)), None)
    if found is None:
        raise RequestOver
    return found


def agree(unit: Unit, person: Person, owner_id: int) -> None:
    """Become a guardian, and tell the owner; the guardian to be has been unlocked.

    Raises RequestOver, or what refuse_unsure raises.
    """
    refuse_unsure(unit, person)
    count(unit, f"guardians:{owner_id}", 0)  # one at a time, so that there are no more than two
    row = unit.rows.lock(Guardian, owner_id, person.id)
    owner = wish_of(unit, person, owner_id, vouch=False).owner
    if row is None or len(guardians_of(unit, owner)) >= NEEDED:
        raise RequestOver
    # Nothing may refuse after this line.
    unit.rows.put(replace(row, state="agreed", at=unit.now))
    code = unit.house.packs[owner.country].people_code
    tell(unit, owner, "guardian_agreed", _shown(person) | {"service_code": code})


def decline_wish(unit: Unit, person: Person, owner_id: int) -> None:
    """Say no to being a guardian, and tell the owner; raises RequestOver."""
    row = unit.rows.lock(Guardian, owner_id, person.id)
    owner = wish_of(unit, person, owner_id, vouch=False).owner
    assert row is not None, "what is asked is written down"
    unit.rows.put(replace(row, state="over", at=unit.now))
    count_decline(unit, owner, person.phone)
    tell(unit, owner, "guardian_declined", {"number": mask_phone(person.phone)})


def vouch(unit: Unit, person: Person, owner_id: int) -> None:
    """Say that it is the owner who asks for a new PIN, and tell them so; the guardian has been unlocked.

    Raises RequestOver, or what refuse_unsure raises.
    """
    refuse_unsure(unit, person)
    owner = wish_of(unit, person, owner_id, vouch=True).owner
    asked = unit.rows.lock(PinReset, owner.reset)
    if asked is None or asked.state != "waiting" or str(person.id) in asked.agreed:
        raise RequestOver
    # Nothing may refuse after this line.
    unit.rows.put(replace(asked, agreed=(*asked.agreed, str(person.id))))
    code = unit.house.packs[owner.country].people_code
    tell(unit, owner, "pin_reset_agreed", _shown(person) | {"service_code": code})


def is_vouched(unit: Unit, person: Person, asked: PinReset) -> bool:
    """Say whether two guardians of a person have confirmed a request for a new PIN."""
    rows = unit.rows.find(Guardian, person=person.id, state="agreed")
    return sum(row.at <= asked.at and str(row.guardian) in asked.agreed for row in rows) >= NEEDED


def tell_guardians(unit: Unit, owner: Person) -> None:
    """Tell the guardians of a person who asks for a new PIN: always, so that they learn nothing of the wallet by it."""
    code = unit.house.packs[owner.country].people_code
    for guardian in guardians_of(unit, owner):
        tell(unit, guardian, "guardian_wanted", _shown(owner) | {"service_code": code})


def _asked_for(unit: Unit, row: Guardian, owner: Person) -> PinReset | None:
    """Return the request for a new PIN that a guardian can still confirm."""
    asked = unit.rows.get(PinReset, owner.reset) if owner.reset else None
    if asked is None or asked.state != "waiting" or unit.now >= asked.lapses_at:
        return None
    return asked if row.at <= asked.at and str(row.guardian) not in asked.agreed else None


def _until(unit: Unit, row: Guardian, owner: Person) -> datetime:
    return row.at + timedelta(seconds=unit.house.packs[owner.country].payment_request_seconds)


def _shown(person: Person) -> dict[str, str]:
    return {"name": masked(person.name), "number": mask_phone(person.phone)}


def _locked(unit: Unit, person_id: int) -> Person:
    person = unit.rows.lock(Person, person_id)
    assert person is not None, f"no person {person_id}"
    return person
