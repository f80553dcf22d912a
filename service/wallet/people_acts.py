"""Acts of the operator about people and staff, as they are done once two of the staff have agreed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service.phone import mask_phone
from service.wallet.close import erase_messages
from service.wallet.forgotten import staff_code
from service.wallet.identity import NewNumber, PinReset
from service.wallet.idle import is_asleep
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.people import AlreadyRegistered, people_at, set_state
from service.wallet.pin import receive_only_until
from service.wallet.proposal import NothingToApprove
from service.wallet.roles import ROLES
from service.wallet.screening import free_state
from service.wallet.seats import leave_seat, lock_number
from service.wallet.staff import end_logins, lock_row
from service.wallet.unit import Approval, Person, Unit


def unblock(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Free a wallet that was blocked, or whose PIN is locked; raises NothingToApprove."""
    person = unit.rows.get(Person, approval.values["person"])
    if person is None or not person.has_number:  # closed since, or its number was taken from it
        raise NothingToApprove
    set_state(unit, person, free_state(unit, person.id))
    tell(unit, person, "unblocked", {})
    return {"phone": mask_phone(person.phone), "name": masked(person.name)}


def reset_pin(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Vouch for a person who waits for a new PIN; raises NothingToApprove."""
    person = unit.rows.lock(Person, approval.values["person"])
    row = unit.rows.lock(PinReset, approval.values["reset"])
    if person is None or row is None or person.reset != row.id or row.state != "waiting":
        raise NothingToApprove
    unit.rows.put(replace(row, vouched=True))
    help_line = unit.house.packs[person.country].help_line
    tell(unit, person, "pin_reset_vouched", {"opens": row.opens_at.isoformat(), "help_line": help_line})
    code = {"code": staff_code(unit.house.code_key, row.id)} if person.shared else {}
    return {"phone": mask_phone(person.phone), "name": masked(person.name), **code}


def identify(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Wake a wallet whose number slept; raises NothingToApprove."""
    person = unit.rows.lock(Person, approval.values["person"])
    if person is None or not person.has_number:
        raise NothingToApprove
    person = replace(person, used_at=unit.now)
    unit.rows.put(person)
    tell(unit, person, "awake", {"help_line": unit.house.packs[person.country].help_line})
    return {"phone": mask_phone(person.phone), "name": masked(person.name)}


def retire(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Take a number from a wallet that slept: who has the number now can open one. The money stays where it is."""
    there = unit.rows.get(Person, approval.values["person"])
    assert there is not None, "a proposal names a person that is there"
    lock_number(unit, there.phone)
    person = unit.rows.lock(Person, there.id)
    if person is None or not person.has_number or not is_asleep(unit, person):
        raise NothingToApprove
    erase_messages(unit, person)
    if person.reset and (reset := unit.rows.lock(PinReset, person.reset)):
        unit.rows.put(replace(reset, state="stopped"))
    unit.rows.put(replace(person, phone=f"retired {person.id}", state="retired", reset=None))
    leave_seat(unit, person)
    return {"phone": mask_phone(person.phone), "name": masked(person.name)}


def renumber(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Put a wallet behind another number; as after a change of SIM, money only comes in for a while."""
    there, wanted = unit.rows.get(Person, approval.values["person"]), unit.rows.get(NewNumber, approval.id)
    assert there is not None, "a proposal names a person"
    assert wanted is not None, "and a number"
    phone = wanted.phone
    lock_number(unit, there.phone)
    person = unit.rows.lock(Person, there.id)
    if person is None or person.state == "closed":
        raise NothingToApprove
    if people_at(unit, phone):
        raise AlreadyRegistered
    # Nothing may refuse after this line.
    help_line = unit.house.packs[person.country].help_line
    if person.has_number:
        tell(unit, person, "moved_away", {"number": mask_phone(phone), "help_line": help_line})
        erase_messages(unit, person)
    reset = unit.rows.lock(PinReset, person.reset) if person.reset else None
    if reset:
        unit.rows.put(replace(reset, state="stopped"))
    state = free_state(unit, person.id) if person.state == "retired" else person.state
    moved = replace(person, phone=phone, seat=0, shared=False, state=state, reset=None, used_at=unit.now)
    moved = replace(moved, swapped_at=unit.now, swap_cleared=False, sim_seen_at=None)
    unit.rows.put(moved)
    leave_seat(unit, person)
    until = receive_only_until(unit, moved)
    tell(unit, moved, "moved_here", {"closes": (until or unit.now).isoformat(), "help_line": help_line})
    if reset:
        tell(unit, moved, "pin_reset_stopped", {"at": unit.now.isoformat()})
    return {"phone": mask_phone(phone), "name": masked(person.name)}


def change_role(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Give one of the staff another role; their logins end, so that no page of the old one stays open."""
    staff = lock_row(unit, approval.values["staff"])
    assert approval.values["role"] in ROLES, "a proposal names a role that there is"
    unit.rows.put(replace(staff, role=approval.values["role"]))
    end_logins(unit, staff.name)
    return {"staff": staff.name, "role": approval.values["role"]}
