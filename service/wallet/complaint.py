"""Complaints about content: who has bought may complain; a till that draws many within some days sells no more.

What its till sells is paused then, renewals too, and staff get a case; two of them let it be sold again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.refusal import Refusal
from service.wallet.item import Bought, Item, UnknownItem, item_of
from service.wallet.merchant import Merchant
from service.wallet.metered import Meter
from service.wallet.notice import tell
from service.wallet.unit import Case, Person, Unit

CASE_SECONDS = 86_400
METERS = 5
"""So many of a person's newest meters of one item are looked at: some may have counted nothing."""


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """That somebody complained of what a till sells, and when last: everybody counts once."""

    till: str
    person: int
    at: datetime


class NotBought(Refusal):
    """The person has bought nothing under this code of late."""


def complain(unit: Unit, person: Person, code: str) -> Merchant:
    """Note that somebody complains of what they bought, or used, and pause a till that has drawn too many.

    Raises UnknownItem or NotBought.
    """
    item = item_of(unit, code)
    about = _bought(unit, person, code)
    if about is None:
        raise NotBought
    till = unit.rows.lock(Merchant, item.till)
    if till is None:
        raise UnknownItem
    made = Complaint(till=till.number, person=person.id, at=unit.now)
    if not unit.rows.add(made):
        unit.rows.put(made)
    pack = unit.house.packs[person.country]
    most, since = pack.content_complaints, unit.now - timedelta(seconds=pack.complaint_seconds)
    newest = unit.rows.find(Complaint, till=till.number, newest=True, limit=most)
    if len(newest) == most and newest[-1].at > since:
        _pause(unit, till, person, about)
    return till


def _bought(unit: Unit, person: Person, code: str) -> int | None:
    """Return the entry of what somebody bought or used last under a code: it is theirs still, or was not long ago."""
    since = unit.now - timedelta(seconds=unit.house.packs[person.country].complaint_seconds)
    for one in unit.rows.find(Bought, person=person.id, item=code, newest=True, limit=1):
        if one.at > since or one.until > unit.now:
            return one.id
    for meter in unit.rows.find(Meter, person=person.id, item=code, newest=True, limit=METERS):
        began = unit.books.entry(meter.id) if meter.used else None
        if began and (began.at > since or meter.state == "open"):
            return meter.id
    return None


def _pause(unit: Unit, till: Merchant, person: Person, about: int) -> None:
    codes = [item.code for item in unit.rows.find(Item, till=till.number, limit=1000) if item.state == "open"]
    sold = [item for code in codes if (item := unit.rows.lock(Item, code)) and item.state == "open"]
    if not sold:
        return
    for item in sold:
        unit.rows.put(replace(item, state="paused"))
    owner = unit.rows.get(Person, till.person)
    assert owner is not None, f"no person {till.person}"
    tell(unit, owner, "content_paused", {"till": till.number, "help_line": unit.house.packs[owner.country].help_line})
    if not unit.rows.find(Case, about=about, what="content", limit=1):
        unit.rows.append(
            Case(
                id=unit.mint(),
                what="content",
                opener=person.id,
                about=about,
                other=owner.id,
                state="open",
                opened_at=unit.now,
                due_at=unit.now + timedelta(seconds=CASE_SECONDS),
                values={"till": till.number},
            )
        )
