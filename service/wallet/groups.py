"""Groups: founding one, who is in it, and leaving it. What they do with money is in group_money.py.

Whatever changes a group locks its row first, so that of two hands one comes after the other. People join by their own
yes alone; who invites learns nothing about the number. See docs/decisions/groups.md.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from service.gsm7 import downgrade, septets
from service.phone import mask_phone, number_of
from service.refusal import Refusal
from service.wallet.account import group_of
from service.wallet.group import Group, Member
from service.wallet.inbox import RequestOver, count_decline, spend_ask
from service.wallet.known import look_up
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.people import only
from service.wallet.pin import refuse_locked
from service.wallet.seats import found_at
from service.wallet.send import SelfPayment
from service.wallet.unit import Person, Unit

NAME_SHOWN = 12
"""Septets of a group's name at most: it is never shown in part."""

NEEDED = (2, 3, 4)
"""How many members a group may want to agree before it pays out; its founder chooses, once."""

MAY_INVITE = ("chair", "treasurer")


class BadGroupName(Refusal):
    """What was typed is no name of a group: 2 to 12 letters and digits, two letters at least."""


class TooManyGroups(Refusal):
    """A person is in no more groups than this."""

    says = ("most_groups",)


class GroupFull(Refusal):
    """A group has no more members than this."""

    says = ("members",)


class NoGroup(Refusal):
    """The person is not in this group, or it is closed, or what they want is for another role."""


class StillGroup(Refusal):
    """The person is in a group: they leave it first."""


class GroupMoney(Refusal):
    """The last member cannot leave while there is money in the group."""

    says = ("pooled",)


class Seat(NamedTuple):
    """A group and what somebody is in it."""

    group: Group
    member: Member


def read_group_name(typed: str) -> str:
    """Return the name of a group as it is kept; raises BadGroupName."""
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    letters = sum(sign.isalpha() for sign in name)
    odd = [sign for sign in name if not (unicodedata.category(sign)[0] in "LM" or sign in "0123456789 '-.&")]
    if letters < 2 or odd or not (septets(downgrade(name)) or NAME_SHOWN + 1) <= NAME_SHOWN:
        raise BadGroupName
    return name


def has_to_do_with_groups(unit: Unit, person: Person) -> bool:
    """Say whether a person is in a group, or is asked to join one: most are not."""
    return bool(unit.rows.find(Member, person=person.id, state=("in", "asked"), limit=1))


def groups_of(unit: Unit, person: Person) -> Sequence[Seat]:
    """Return the groups that a person is in, oldest first."""
    rows = unit.rows.find(Member, person=person.id, state="in")
    groups = {one.id: one for one in unit.rows.find(Group, id=[row.group for row in rows])} if rows else {}
    return [Seat(groups[row.group], row) for row in rows]


def members_of(unit: Unit, group_id: int) -> Sequence[Member]:
    """Return who is in a group, in the order of their ids."""
    return unit.rows.find(Member, group=group_id, state="in")


def left_of(unit: Unit, group_id: int) -> Sequence[Member]:
    """Return who is in a group no more, or never joined it, in the order of their ids."""
    return unit.rows.find(Member, group=group_id, state="out")


def own_group(unit: Unit, person: Person, group_id: int, *, lock: bool = False) -> Seat:
    """Return a group that a person is in; raises NoGroup."""
    group = (unit.rows.lock if lock else unit.rows.get)(Group, group_id)
    member = unit.rows.get(Member, group_id, person.id)
    if group is None or group.state != "open" or member is None or member.state != "in":
        raise NoGroup
    return Seat(group, member)


def refuse_more_groups(unit: Unit, person: Person) -> None:
    """Raise PinLocked, or TooManyGroups if a person is in as many as the pack allows."""
    refuse_locked(unit, person)
    most = unit.house.packs[person.country].groups_per_person
    if len(groups_of(unit, person)) >= most:
        raise TooManyGroups(most_groups=most)


def found_group(unit: Unit, *, person_id: int, name: str, needed: int) -> Group:
    """Found a group with its first member, who is its chair; raises PinLocked or TooManyGroups."""
    assert needed in NEEDED, f"nobody asks for {needed}"
    founder = _lock(unit, person_id)
    refuse_more_groups(unit, founder)
    # Nothing may refuse after this line.
    group = Group(id=unit.mint(), country=founder.country, name=name, needed=needed, opened_at=unit.now)
    unit.rows.append(group)
    unit.rows.append(Member(group=group.id, person=founder.id, role="chair", state="in", expires_at=unit.now))
    unit.books.open(group_of(group))
    return group


def invite(unit: Unit, *, person: Person, group_id: int, phone: str) -> None:
    """Ask whoever is behind a number to join; who asks is not told whether anybody is.

    Raises PinLocked, NoGroup, SelfPayment, GroupFull, AskedEnough or DeclinedTwice; where several share the number
    WhichOne or TooManyLookups, for their names are shown.
    """
    refuse_locked(unit, person)
    group, member = own_group(unit, person, group_id, lock=True)
    if member.role not in MAY_INVITE:
        raise NoGroup
    if number_of(phone) == person.phone:
        raise SelfPayment
    pack = unit.house.packs[person.country]
    if len(members_of(unit, group.id)) >= pack.members_per_group:
        raise GroupFull(members=pack.members_per_group)
    people = found_at(unit, person, phone)
    if len(people) > 1:
        look_up(unit, person, phone)
    other = only(people)
    spend_ask(unit, person, phone)
    if other is None or not other.has_number or other.country != group.country:
        return
    there = unit.rows.lock(Member, group.id, other.id)
    if there is not None and there.state == "in":
        return
    until = unit.now + timedelta(seconds=pack.group_invite_seconds)
    asked = Member(group=group.id, person=other.id, expires_at=until)
    unit.rows.put(asked) if there is not None else unit.rows.append(asked)
    said = {"name": masked(person.name), "number": mask_phone(person.phone), "group": group.name}
    tell(unit, other, "asked_group", said | {"service_code": pack.people_code}, expires_at=until)


def invitations_for(unit: Unit, person: Person) -> Sequence[Group]:
    """Return the groups that wait for a person's yes."""
    rows = unit.rows.find(Member, person=person.id, state="asked")
    rows = [row for row in rows if row.expires_at > unit.now]
    groups = unit.rows.find(Group, id=[row.group for row in rows]) if rows else ()
    return [group for group in groups if group.state == "open"]


def answer(unit: Unit, *, person_id: int, group_id: int, joins: bool) -> None:
    """Join a group that has asked, and tell everybody in it; or do not.

    Raises RequestOver, and for a yes PinLocked, TooManyGroups or GroupFull.
    """
    group, person = unit.rows.lock(Group, group_id), _lock(unit, person_id)
    row = unit.rows.lock(Member, group_id, person_id)
    if group is None or group.state != "open" or row is None or row.state != "asked" or row.expires_at <= unit.now:
        raise RequestOver
    if not joins:
        unit.rows.put(replace(row, state="out"))
        for chair in (one for one in members_of(unit, group_id) if one.role in MAY_INVITE):
            count_decline(unit, _person(unit, chair.person), person.phone)
        return
    refuse_more_groups(unit, person)
    most = unit.house.packs[group.country].members_per_group
    if len(members_of(unit, group_id)) >= most:
        raise GroupFull(members=most)
    # Nothing may refuse after this line.
    unit.rows.put(replace(row, state="in", role="member"))
    said = {"name": masked(person.name), "number": mask_phone(person.phone), "group": group.name}
    for one in members_of(unit, group_id):
        if one.person != person_id:
            tell(unit, _person(unit, one.person), "group_joined", said)


def make_treasurer(unit: Unit, *, person: Person, group_id: int, other: int) -> None:
    """Let the chair make somebody the treasurer, in place of any other; raises NoGroup."""
    _, member = own_group(unit, person, group_id, lock=True)
    rows = members_of(unit, group_id)
    chosen = next((row for row in rows if row.person == other and row.role != "chair"), None)
    if member.role != "chair" or chosen is None:
        raise NoGroup
    for row in rows:
        if row.role == "treasurer":
            unit.rows.put(replace(row, role="member"))
    unit.rows.put(replace(chosen, role="treasurer"))


def leave(unit: Unit, *, person: Person, group_id: int) -> None:
    """Leave a group: what was given stays there. The last one closes it. Raises NoGroup or GroupMoney.

    Where the chair leaves the treasurer, or else the next, is chair. The others are told, and if there are fewer left
    than must agree to a payout, that too.
    """
    group, member = own_group(unit, person, group_id, lock=True)
    is_last = len(members_of(unit, group_id)) == 1
    if is_last and (pooled := unit.books.balance(group_of(group))):
        raise GroupMoney(pooled=pooled)
    # Nothing may refuse after this line.
    part(unit, group, member, person)
    if is_last:
        unit.rows.put(replace(group, name="", state="closed"))


def part(unit: Unit, group: Group, member: Member, person: Person) -> None:
    """Let a member be none any more, and tell the others; the group is locked."""
    rest = [row for row in members_of(unit, group.id) if row.person != person.id]
    unit.rows.put(replace(member, state="out", role="member"))
    if rest and member.role == "chair":
        heir = next((row for row in rest if row.role == "treasurer"), rest[0])
        unit.rows.put(replace(heir, role="chair"))
    said = {"name": masked(person.name), "number": mask_phone(person.phone), "group": group.name}
    lacks = group.needed if len(rest) < group.needed else 0
    for row in rest:
        tell(unit, _person(unit, row.person), "group_left", said | {"needed_now": lacks})


def refuse_grouped(unit: Unit, person: Person) -> None:
    """Raise StillGroup if a person is in a group."""
    if unit.rows.find(Member, person=person.id, state="in", limit=1):
        raise StillGroup


def _lock(unit: Unit, person_id: int) -> Person:
    person = unit.rows.lock(Person, person_id)
    assert person is not None, f"no person {person_id}"
    return person


def _person(unit: Unit, person_id: int) -> Person:
    person = unit.rows.get(Person, person_id)
    assert person is not None, f"no person {person_id}"
    return person
