"""Assistants of a till: the owner names them by number, and they see its sales and read of each payment.

They take nothing out and give nothing back: what does asks for the owner (till.py, takings.py). Who names somebody
learns nothing about the number: known, unknown and crowded numbers look alike.
"""

from collections.abc import Sequence
from dataclasses import replace

from service.refusal import Refusal
from service.wallet.inbox import spend_ask
from service.wallet.merchant import Assistant, Merchant
from service.wallet.notice import tell
from service.wallet.people import people_at
from service.wallet.send import SelfPayment
from service.wallet.till import UnknownTill, own_till
from service.wallet.unit import Asked, Person, Unit

MOST = 5
"""So many people help at one till: each reads of each payment."""


class TooManyAssistants(Refusal):
    """The till has as many assistants as there can be."""


def helping_at(till: str) -> Asked:
    """Return what `assistants_of` asks first."""
    return Asked.find(Assistant, till=till, state="active", limit=MOST)


def assistants_of(unit: Unit, till: str) -> Sequence[Person]:
    """Return who helps at a till."""
    rows = unit.rows.find(Assistant, till=till, state="active", limit=MOST)
    people = unit.rows.find(Person, id=[row.person for row in rows]) if rows else ()
    return [person for person in people if person.has_number]


def tills_served(unit: Unit, person: Person) -> Sequence[Merchant]:
    """Return the open tills of others where a person helps."""
    rows = unit.rows.find(Assistant, person=person.id, state="active")
    tills = unit.rows.find(Merchant, number=[row.till for row in rows]) if rows else ()
    return [till for till in tills if till.state == "open"]


def served_till(unit: Unit, person: Person, number: str) -> Merchant:
    """Return a till of this person, or an open one where they help; raises UnknownTill."""
    till = unit.rows.get(Merchant, number)
    if till is not None and till.person == person.id:
        return till
    row = unit.rows.get(Assistant, number, person.id)
    if till is None or till.state != "open" or row is None or row.state != "active":
        raise UnknownTill
    return till


def name_assistant(unit: Unit, *, owner: Person, till: str, phone: str) -> None:
    """Let whoever is behind a number help at a till, and tell them; the owner is not told whether anybody is.

    Raises UnknownTill, SelfPayment, TooManyAssistants, AskedEnough or DeclinedTwice.
    """
    row = own_till(unit, owner, till, lock=True)
    if phone == owner.phone:
        raise SelfPayment
    if len(unit.rows.find(Assistant, till=till, state="active", limit=MOST)) == MOST:
        raise TooManyAssistants
    spend_ask(unit, owner, phone)
    people = people_at(unit, phone)  # of several on a number none is meant more than another, and nobody is told so
    person = people[0] if len(people) == 1 else None
    if person is None or not person.has_number or person.country != owner.country:
        return
    helper = Assistant(till=till, person=person.id, at=unit.now)
    if not unit.rows.add(helper):
        unit.rows.put(helper)
    code = {"service_code": unit.house.packs[owner.country].people_code}
    tell(unit, person, "till_helper", {"till": till, "till_name": row.name, **code})


def drop_assistant(unit: Unit, *, owner: Person, till: str, person_id: int) -> None:
    """Let somebody help at a till no more, and tell them; raises UnknownTill."""
    row = own_till(unit, owner, till, lock=True)
    helper, person = unit.rows.lock(Assistant, till, person_id), unit.rows.get(Person, person_id)
    if helper is None or person is None or helper.state != "active":
        return
    unit.rows.put(replace(helper, state="over", at=unit.now))
    tell(unit, person, "till_helper_over", {"till": till, "till_name": row.name})


def leave_tills(unit: Unit, person: Person) -> None:
    """Let somebody who closes their wallet help nowhere any more."""
    for helper in unit.rows.find(Assistant, person=person.id, state="active"):
        unit.rows.put(replace(helper, state="over", at=unit.now))
