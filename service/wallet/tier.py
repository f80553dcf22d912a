"""KYC tiers: staff take the papers of a person down, or say that they are good no more, and two of them agree.

What is asked for stands with the applications of agents and merchants, and its papers with theirs. The number of the
document is that of the wallet; a name that the papers spell otherwise is the wallet's from then on, is found by the
console, and is compared with the sanction lists anew. Nobody is raised whose money is held for any reason.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service.wallet.application import AlreadyAsked, Application, Paper, decide
from service.wallet.document import OtherDocument, compare_document
from service.wallet.limits import tier_now
from service.wallet.names import rename_keys
from service.wallet.notice import tell
from service.wallet.people import UnknownPerson
from service.wallet.sanctions import Vetting
from service.wallet.screening import is_held
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Approval, Person, Unit

KIND = "tier"

REFUSED = ("unreadable", "expired", "other_name", "unproven")
"""Why papers are not taken; each has a message of its own, in the person's words."""


class NoSuchTier(StaffRefusal):
    """The country has no such tier, or the person is in it already."""


class NotRaised(StaffRefusal):
    """The wallet is blocked or held: what stands against it is settled first."""


class NoPapers(StaffRefusal):
    """Nobody is raised to a higher tier without a paper."""


class OwnPapers(StaffRefusal):
    """Who took papers down does not approve them as well."""


def take_tier(
    unit: Unit, person: Person, *, tier: int, name: str, id_number: str, paper: str, by: str
) -> Application | OtherDocument:
    """Write down that somebody has shown their papers for a tier, or is to fall back to one; `name` is as they say.

    A document of another number is counted, and the refusal must be committed. Raises UnknownPerson, NoSuchTier,
    NotRaised or AlreadyAsked.
    """
    _refuse(unit, person, tier)
    if tier > person.tier and (no := compare_document(unit, person, id_number)):
        return no
    row = Application(
        id=unit.mint(),
        kind=KIND,
        person=person.id,
        name=name,
        place="",
        under=None,
        paper=paper,
        tier=tier,
        taken_by=by,
        at=unit.now,
    )
    if not unit.rows.add(row):
        raise AlreadyAsked
    return row


def _refuse(unit: Unit, person: Person, tier: int) -> None:
    if not person.has_number:
        raise UnknownPerson
    if tier == person.tier or tier not in unit.house.packs[person.country].tiers:
        raise NoSuchTier
    if tier > person.tier and (person.state != "active" or is_held(unit, person.id)):
        raise NotRaised


def refuse_unfit(unit: Unit, row: Application) -> Person:
    """Return whose tier an application is about; raises what granting it would raise now."""
    person = unit.rows.lock(Person, row.person)
    if person is None or row.tier is None:
        raise UnknownPerson
    _refuse(unit, person, row.tier)
    if row.tier > person.tier and not unit.rows.find(Paper, application=row.id, limit=1):
        raise NoPapers
    return person


def set_tier(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Give a person the tier that two of the staff have agreed to, and tell them their limits.

    Raises NotWaiting, UnknownPerson, NoSuchTier, NotRaised, NoPapers, or OwnPapers.
    """
    row = decide(unit, approval.values["application"], "granted")
    person = refuse_unfit(unit, row)
    assert row.tier is not None, "it was looked at"
    if row.taken_by == approval.checker:
        raise OwnPapers
    # Nothing may refuse after this line.
    after = replace(person, tier=row.tier, name=row.name if row.tier > person.tier else person.name)
    unit.rows.put(after)
    if after.name != person.name:
        rename_keys(unit, after)
        vetting = Vetting(person=person.id, next_at=unit.now)
        if unit.rows.lock(Vetting, person.id):
            unit.rows.put(vetting)
        else:
            unit.rows.append(vetting)
    limits, help_line = tier_now(unit, after), unit.house.packs[person.country].help_line
    said = {"single": limits.single, "day_limit": limits.day, "most_balance": limits.balance}
    tell(unit, after, "tier_set", {"tier": row.tier, **said, "month_limit": limits.month, "help_line": help_line})
    return {"tier": row.tier}


def turn_papers_down(unit: Unit, application_id: int, why: str) -> Application:
    """Say no to papers, for one of REFUSED, and tell the person; raises NotWaiting.

    Of a tier that was to be lowered nobody was told anything, nor are they now.
    """
    assert why in REFUSED, f"nobody is told {why}"
    row = decide(unit, application_id, "refused", why=why)
    person = unit.rows.get(Person, row.person)
    if person is not None and row.tier is not None and row.tier > person.tier:
        tell(unit, person, f"tier_{why}", {"help_line": unit.house.packs[person.country].help_line})
    return row
