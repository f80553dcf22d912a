"""What an act of the operator is about, as it is shown to who approves it; and whom it concerns.

Whoever approves names what they saw by its digest. What has changed meanwhile changes the digest, and the yes is
refused (C-04). Shown is therefore what a decision hangs on, and nothing that changes by itself.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from service.ledger.chart import Kind
from service.ledger.entry import Account
from service.phone import mask_phone
from service.refusal import Refusal
from service.wallet.application import Application, about_application
from service.wallet.bank import BankLine
from service.wallet.batch import Bulk, BulkLine
from service.wallet.bulk_file import MOST_LINES
from service.wallet.case import case_number
from service.wallet.halt import Halt
from service.wallet.identity import NewNumber
from service.wallet.item import Item
from service.wallet.merchant import Merchant
from service.wallet.name import masked
from service.wallet.people import people_at
from service.wallet.prices import mark
from service.wallet.sanctions import Hit, Listed
from service.wallet.staff import Staff, StaffRefusal
from service.wallet.statement import check_reference, owner_shown, state_of
from service.wallet.unit import Agent, Approval, Case, Pending, Person, Unit


class NothingToApprove(Refusal):
    """There is no open act with this id."""


class OtherVersion(StaffRefusal):
    """What is to be approved is no longer what was shown."""


class OwnAffair(StaffRefusal):
    """The act concerns the wallet or the account of who makes or approves it."""


def facts(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Return what an act is about: amounts in minor units, people masked, everything else as text or a number."""
    found: dict[str, Any] = {"act": approval.act, "maker": approval.maker, "state": approval.state}
    for name in sorted(approval.values):
        show = _SHOWN.get(name)
        if show is None:
            found[name] = approval.values[name]
        else:
            found.update(show(unit, approval.values[name]))
    if wanted := unit.rows.get(NewNumber, approval.id):
        found["new_phone"] = wanted.phone
    return found


def _agent(unit: Unit, number: str) -> Mapping[str, Any]:
    agent = unit.rows.get(Agent, number)
    about = {"shop": agent.name, "place": agent.place, "shop_state": agent.state} if agent else {}
    return {"agent": number, **about}


def _person(unit: Unit, person_id: int) -> Mapping[str, Any]:
    person = unit.rows.get(Person, person_id)
    if person is None:
        return {"name": ""}
    return {"name": masked(person.name), "phone": mask_phone(person.phone), "person_state": person.state}


def _entry(unit: Unit, entry_id: int) -> Mapping[str, Any]:
    recorded = unit.books.entry(entry_id)
    reference = unit.house.references.write(entry_id)
    if recorded is None:
        return {"reference": reference}
    move = recorded.moves[0]
    return {
        "reference": reference,
        "reason": recorded.reason.value,
        "amount": check_reference(unit, reference).amount,
        "from": owner_shown(unit, move.source),
        "to": owner_shown(unit, move.target),
        "entry_state": state_of(unit, recorded),
    }


def _case(unit: Unit, case_id: int) -> Mapping[str, Any]:
    case = unit.rows.get(Case, case_id)
    if case is None:
        return {}
    about = {"case": case_number(unit, case), "what": case.what, "case_state": case.state, "held": case.held}
    return {**about, **_entry(unit, case.about)}


def _staff(unit: Unit, name: str) -> Mapping[str, Any]:
    staff = unit.rows.get(Staff, name)
    return {"staff": name, "role_now": staff.role if staff else ""}


def _halt(unit: Unit, halt_id: int) -> Mapping[str, Any]:
    row = unit.rows.get(Halt, halt_id)
    if row is None:
        return {}
    return {"halted": row.what, "halted_why": row.why, "halted_by": row.by, "halt_state": row.state}


def _hit(unit: Unit, hit_id: int) -> Mapping[str, Any]:
    hit = unit.rows.get(Hit, hit_id)
    if hit is None:
        return {}
    row = unit.rows.get(Listed, hit.list, hit.number)
    about = {"list": hit.list, "number": hit.number, "listed": hit.name, "score": hit.score, "hit_state": hit.state}
    return {**about, "listed_state": row.state if row else "gone", **_person(unit, hit.person)}


def _line(unit: Unit, line_id: int) -> Mapping[str, Any]:
    row = unit.rows.get(BankLine, line_id)
    if row is None:
        return {}
    return {"day": row.booked_on, "bank_reference": row.reference, "line_state": row.state}


def _tied(unit: Unit, entry_id: int) -> Mapping[str, Any]:
    recorded = unit.books.entry(entry_id)
    reason = recorded.reason.value if recorded else ""
    return {"reference": unit.house.references.write(entry_id), "tied_reason": reason}


def _bulk(unit: Unit, bulk_id: int) -> Mapping[str, Any]:
    """Lines never change once they were handed in: their digest stands for all of them."""
    bulk = unit.rows.get(Bulk, bulk_id)
    if bulk is None:
        return {}
    return {"batch": unit.house.references.write(bulk.id), "batch_state": bulk.state, "digest": bulk.digest[:16]}


def _item(unit: Unit, code: str) -> Mapping[str, Any]:
    item = unit.rows.get(Item, code)
    return {"item": code, **({"title": item.title, "till": item.till, "item_state": item.state} if item else {})}


def _application(unit: Unit, application_id: int) -> Mapping[str, Any]:
    row = unit.rows.get(Application, application_id)
    return {**about_application(unit, application_id), **(_person(unit, row.person) if row else {})}


def _prices(_: Unit, text: str) -> Mapping[str, Any]:
    return {"digest": mark(text)}


_SHOWN: Mapping[str, Callable[[Unit, Any], Mapping[str, Any]]] = {
    "agent": _agent,
    "person": _person,
    "entry": _entry,
    "case": _case,
    "staff": _staff,
    "halt": _halt,
    "hit": _hit,
    "line": _line,
    "tied": _tied,
    "bulk": _bulk,
    "prices": _prices,
    "item": _item,
    "application": _application,
}


def country_of(unit: Unit, approval: Approval) -> str | None:
    """Return in which country's money an act is, or None where it moves none."""
    values = approval.values
    if "country" in values:
        return str(values["country"])
    for person_id in _concerned(unit, approval):
        if person := unit.rows.get(Person, person_id):
            return person.country
    return None


def version(found: Mapping[str, Any]) -> str:
    """Return what tells these facts from others."""
    return hashlib.sha256(json.dumps(found, separators=(",", ":")).encode()).hexdigest()[:32]


def refuse_own(unit: Unit, approval: Approval, name: str) -> None:
    """Raise OwnAffair if an act concerns who makes or approves it; a name that has no account is nobody's."""
    staff = unit.rows.get(Staff, name)
    if staff is None:
        return
    people = unit.rows.find(Person, id=sorted(set(_concerned(unit, approval))))
    wanted = unit.rows.get(NewNumber, approval.id)
    phones = [*(person.phone for person in people), *([wanted.phone] if wanted else [])]
    if approval.values.get("staff") == name or staff.phone in phones:
        raise OwnAffair
    if "bulk" in approval.values and _is_paid(unit, approval.values["bulk"], staff):
        raise OwnAffair


def _is_paid(unit: Unit, bulk_id: int, staff: Staff) -> bool:
    """Say whether a batch pays one of the staff, into a wallet or by a voucher to their number."""
    mine = [person.id for person in people_at(unit, staff.phone)]
    if unit.rows.find(BulkLine, bulk=bulk_id, person=mine, limit=1):
        return True
    # Numbers are sealed, and have no index here: a voucher waits for whoever has no wallet.
    vouchers = unit.rows.find(BulkLine, bulk=bulk_id, person=None, limit=MOST_LINES)
    return any(line.phone == staff.phone for line in vouchers)


def _concerned(unit: Unit, approval: Approval) -> Iterator[int]:
    """Yield the people whose money or account an act is about."""
    values = approval.values
    if "person" in values:
        yield values["person"]
    if "agent" in values and (agent := unit.rows.get(Agent, values["agent"])):
        yield agent.person
    if "hit" in values and (hit := unit.rows.get(Hit, values["hit"])):
        yield hit.person
    if "application" in values and (asked := unit.rows.get(Application, values["application"])):
        yield asked.person
    item = unit.rows.get(Item, values["item"]) if "item" in values else None
    if item and (till := unit.rows.get(Merchant, item.till)):
        yield till.person
    entry = values.get("entry")
    if "case" in values and (case := unit.rows.get(Case, values["case"])):
        entry = case.about
        yield from (case.opener, case.other)
    recorded = unit.books.entry(entry) if entry is not None else None
    for move in recorded.moves if recorded else ():
        yield from _owners(unit, move.source)
        yield from _owners(unit, move.target)


def _owners(unit: Unit, account: Account) -> Iterator[int]:
    """Yield whose an account is; what waits, or waited, in a hold is its payer's and its payee's."""
    if account.kind == Kind.WALLET:
        yield int(account.owner)
    elif account.kind == Kind.FLOAT and (agent := unit.rows.get(Agent, account.owner)):
        yield agent.person
    elif account.kind == Kind.TAKINGS and (till := unit.rows.get(Merchant, account.owner)):
        yield till.person
    elif account.kind == Kind.HELD and (payment := unit.rows.get(Pending, int(account.owner))):
        yield from (payment.payer, payment.payee)
