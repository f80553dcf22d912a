"""Letting a member of a group go: one proposes it, and it is done when as many agree as must agree to a payout.

The one it is about has no voice in it. What they gave stays in the group and in its book, and they are told when it is
done. Like all that changes a group it locks the group's row first.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from service.phone import mask_phone
from service.refusal import Refusal
from service.wallet.group import Group, Member, Removal
from service.wallet.group_money import TooFewMembers
from service.wallet.groups import NoGroup, groups_of, members_of, own_group, part
from service.wallet.inbox import RequestOver
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.pin import refuse_locked
from service.wallet.unit import Person, Unit


class RemovalWaits(Refusal):
    """The member wants another to go, which is not decided yet: one at a time."""


class Shown(NamedTuple):
    """A removal as it is shown before a member's yes: so many have agreed of those who must."""

    removal: int
    group: str
    name: str
    number: str
    yeses: int
    needed: int


def refuse_removal(unit: Unit, *, person: Person, group_id: int, member: int) -> Group:
    """Return the group, or raise PinLocked, NoGroup, TooFewMembers or RemovalWaits: so it cannot be proposed."""
    refuse_locked(unit, person)
    group = own_group(unit, person, group_id).group
    others = {row.person for row in members_of(unit, group.id)} - {member}
    if member == person.id or not _is_in(unit, group.id, member):
        raise NoGroup
    if len(others) < group.needed:
        raise TooFewMembers(needed=group.needed)
    if any(row.proposer == person.id for row in open_removals(unit, group.id)):
        raise RemovalWaits
    return group


def propose_removal(unit: Unit, *, person: Person, group_id: int, member: int) -> Removal:
    """Propose that a member goes; who proposes, and has been unlocked, agrees by that. The others are asked.

    What waits about this member already is agreed to instead. Raises what refuse_removal raises, and RequestOver.
    """
    own_group(unit, person, group_id, lock=True)
    for row in open_removals(unit, group_id):
        if row.member == member:
            agree_to_go(unit, person=person, removal_id=row.id)
            return row
    group = refuse_removal(unit, person=person, group_id=group_id, member=member)
    # Nothing may refuse after this line.
    pack = unit.house.packs[group.country]
    row = Removal(
        id=unit.mint(),
        group=group.id,
        proposer=person.id,
        member=member,
        agreed=(str(person.id),),
        expires_at=unit.now + timedelta(seconds=pack.group_payout_seconds),
    )
    unit.rows.append(row)
    goes = _person(unit, member)
    said = {"asked_by": masked(person.name), "group": group.name, "name": masked(goes.name)}
    said |= {"number": mask_phone(goes.phone), "service_code": pack.people_code}
    for one in members_of(unit, group.id):
        if one.person not in (person.id, member):
            tell(unit, _person(unit, one.person), "group_let_go", said, expires_at=row.expires_at)
    return row


def open_removals(unit: Unit, group_id: int) -> Sequence[Removal]:
    """Return the removals of a group that are not decided: whoever has left meanwhile needs none."""
    rows = unit.rows.find(Removal, group=group_id, state="open")
    return [row for row in rows if row.expires_at > unit.now and _is_in(unit, group_id, row.member)]


def removals_for(unit: Unit, person: Person) -> Sequence[Removal]:
    """Return the removals that wait for a member's word: never their own."""
    mine = str(person.id)
    rows = [row for seat in groups_of(unit, person) for row in open_removals(unit, seat.group.id)]
    return [row for row in rows if row.member != person.id and mine not in (*row.agreed, *row.refused)]


def show_removal(unit: Unit, person: Person, removal_id: int) -> Shown:
    """Return a removal as it is shown before a member's yes; raises RequestOver."""
    row, group = _waiting(unit, person, removal_id, lock=False)
    goes = _person(unit, row.member)
    yeses = len(_others(unit, row) & set(row.agreed))
    return Shown(row.id, group.name, masked(goes.name), mask_phone(goes.phone), yeses, group.needed)


def agree_to_go(unit: Unit, *, person: Person, removal_id: int) -> bool:
    """Say yes; with the last yes that it needs the member is out, which is True. They have been unlocked.

    Raises PinLocked or RequestOver.
    """
    refuse_locked(unit, person)
    row, group = _waiting(unit, person, removal_id, lock=True)
    row = replace(row, agreed=(*row.agreed, str(person.id)))
    done = len(_others(unit, row) & set(row.agreed)) >= group.needed
    unit.rows.put(replace(row, state="done") if done else row)
    if done:
        member, goes = unit.rows.lock(Member, group.id, row.member), _person(unit, row.member)
        assert member is not None, f"nobody {row.member} in group {group.id}"
        part(unit, group, member, goes)
        tell(unit, goes, "group_removed", {"group": group.name})
    return done


def refuse_to_go(unit: Unit, *, person: Person, removal_id: int) -> None:
    """Say no; if so many have that it can never be, it is over and its proposer told. Raises RequestOver."""
    row, group = _waiting(unit, person, removal_id, lock=True)
    row = replace(row, refused=(*row.refused, str(person.id)))
    if len(_others(unit, row) - set(row.refused)) < group.needed:
        row = replace(row, state="refused")
        _tell_stays(unit, row, group)
    unit.rows.put(row)


def expire_removals(unit: Unit, *, limit: int = 20) -> int:
    """Close removals whose time is over, and tell who proposed them; says how many."""
    rows = unit.rows.due(Removal, before=unit.now, state="open", limit=limit)
    for row in rows:
        group = unit.rows.get(Group, row.group)
        assert group is not None, f"no group {row.group}"
        unit.rows.put(replace(row, state="over"))
        if _is_in(unit, row.group, row.member) and _is_in(unit, row.group, row.proposer):
            _tell_stays(unit, row, group)
    return len(rows)


def _waiting(unit: Unit, person: Person, removal_id: int, *, lock: bool) -> tuple[Removal, Group]:
    """Return a removal that waits for this member's word; raises RequestOver. The group is locked before it."""
    there = unit.rows.get(Removal, removal_id)
    try:
        group = own_group(unit, person, there.group if there else 0, lock=lock).group
    except NoGroup:
        raise RequestOver from None
    row = unit.rows.lock(Removal, removal_id) if lock else there
    said = str(person.id)
    if row is None or row.state != "open" or row.expires_at <= unit.now or said in (*row.agreed, *row.refused):
        raise RequestOver
    if row.member == person.id or not _is_in(unit, group.id, row.member):
        raise RequestOver
    return row, group


def _is_in(unit: Unit, group_id: int, person_id: int) -> bool:
    member = unit.rows.get(Member, group_id, person_id)
    return member is not None and member.state == "in"


def _others(unit: Unit, row: Removal) -> set[str]:
    """Return those whose word counts: who is a member now, but for the one it is about."""
    return {str(one.person) for one in members_of(unit, row.group)} - {str(row.member)}


def _tell_stays(unit: Unit, row: Removal, group: Group) -> None:
    goes = _person(unit, row.member)
    said = {"group": group.name, "name": masked(goes.name), "number": mask_phone(goes.phone)}
    tell(unit, _person(unit, row.proposer), "group_stays", said)


def _person(unit: Unit, person_id: int) -> Person:
    person = unit.rows.get(Person, person_id)
    assert person is not None, f"no person {person_id}"
    return person
