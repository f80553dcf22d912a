"""Applications: somebody wants to be an agent or a merchant, or in another tier (tier.py). Staff take it down, with
papers; two of them say yes.

Papers are photographs or PDF files. What a file is called plays no part: its first octets say what it is. They are
sealed as names are, never changed, and handed out only as files to be saved.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from service.wallet.agent import AlreadyAgent, add_agent, agent_by_number, agent_of
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.people import UnknownPerson, WhichOne, person_by_phone
from service.wallet.staff import StaffRefusal
from service.wallet.till import new_till, read_till_name, refuse_more_tills
from service.wallet.unit import Approval, Person, Unit

KINDS = ("agent", "merchant")

LARGEST, MOST = 400_000, 4
"""Octets of a paper, and papers of an application."""

BEGINS: Mapping[str, bytes] = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-"}
"""What may be handed in, and how each begins."""

LONGEST = 40


class AlreadyAsked(StaffRefusal):
    """An application of this person for this waits already."""


class NotAPaper(StaffRefusal):
    """The file is no photograph (JPEG, PNG) and no PDF, or it is empty."""


class PaperTooLarge(StaffRefusal):
    """A paper is larger than this."""

    says = ("octets",)


class EnoughPapers(StaffRefusal):
    """An application has no more papers than this."""

    says = ("papers",)


class NotWaiting(StaffRefusal):
    """The application was decided."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """What somebody asks for; `place` is that of the shop, `paper` the number of a form in a folder."""

    id: int
    kind: str  # one of KINDS, or tier
    person: int
    name: str
    """That of the shop; for a tier that of the person, as the papers spell it."""
    place: str
    under: str | None
    paper: str
    tier: int | None = None
    """The tier that the person is to be in."""
    state: str = "asked"  # asked, granted, refused
    why: str = ""
    """Why papers were refused: one of tier.REFUSED."""
    taken_by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One file of an application: its kind, a digest of it, and the file itself in base64."""

    id: int
    application: int
    kind: str  # one of BEGINS
    digest: str
    content: str
    at: datetime

    @property
    def octets(self) -> bytes:
        return b64decode(self.content)


def take_down(
    unit: Unit, *, kind: str, phone: str, name: str, place: str, under: str | None, paper: str, by: str
) -> Application:
    """Write an application down; `phone` is E.164, `under` a super-agent.

    Raises UnknownPerson, WhichOne, AlreadyAgent, UnknownAgent, BadTillName, PinLocked, TooManyTills or AlreadyAsked.
    """
    assert kind in KINDS, f"nobody can be {kind}"
    person = person_by_phone(unit, phone)
    if person is None or not person.has_number:
        raise UnknownPerson
    if kind == "agent":
        _refuse_keeper(unit, person, under)
    else:
        name, place, under = read_till_name(name), "", None
        refuse_more_tills(unit, person)
    row = Application(
        id=unit.mint(),
        kind=kind,
        person=person.id,
        name=name,
        place=place,
        under=under,
        paper=paper,
        taken_by=by,
        at=unit.now,
    )
    if not unit.rows.add(row):
        raise AlreadyAsked
    return row


def _refuse_keeper(unit: Unit, person: Person, under: str | None) -> None:
    if person.shared:
        raise WhichOne
    if agent_of(unit, person.id):
        raise AlreadyAgent
    if under is not None:
        agent_by_number(unit, under)


def attach(unit: Unit, application_id: int, octets: bytes) -> Paper:
    """Add a paper to an application that waits; raises NotWaiting, NotAPaper, PaperTooLarge or EnoughPapers."""
    application = _waiting(unit, application_id)
    kind = next((kind for kind, begins in BEGINS.items() if octets.startswith(begins)), None)
    if kind is None:
        raise NotAPaper
    if len(octets) > LARGEST:
        raise PaperTooLarge(octets=f"{LARGEST:,}")
    if len(unit.rows.find(Paper, application=application.id, limit=MOST)) == MOST:
        raise EnoughPapers(papers=MOST)
    paper = Paper(
        id=unit.mint(),
        application=application.id,
        kind=kind,
        digest=hashlib.sha256(octets).hexdigest(),
        content=b64encode(octets).decode(),
        at=unit.now,
    )
    unit.rows.append(paper)
    return paper


def turn_down(unit: Unit, application_id: int) -> Application:
    """Say no to an application, and tell who waits for it; raises NotWaiting."""
    row = decide(unit, application_id, "refused")
    person = unit.rows.get(Person, row.person)
    if person is not None:
        tell(unit, person, "not_granted", {"help_line": unit.house.packs[person.country].help_line})
    return row


def _waiting(unit: Unit, application_id: int) -> Application:
    application = unit.rows.lock(Application, application_id)
    if application is None or application.state != "asked":
        raise NotWaiting
    return application


def decide(unit: Unit, application_id: int, state: str, *, why: str = "") -> Application:
    """End an application so; raises NotWaiting."""
    after = replace(_waiting(unit, application_id), state=state, why=why)
    unit.rows.put(after)
    return after


def find_application(unit: Unit, typed: str) -> Application | None:
    """Return an application by its number."""
    number = unit.house.references.read(typed)
    return unit.rows.get(Application, number) if number is not None else None


def about_application(unit: Unit, application_id: int) -> Mapping[str, Any]:
    """Return what a decision about an application hangs on: papers by one digest of all of them."""
    row = unit.rows.get(Application, application_id)
    if row is None:
        return {}
    papers = unit.rows.find(Paper, application=row.id, limit=MOST)
    mark = hashlib.sha256(" ".join(sorted(paper.digest for paper in papers)).encode()).hexdigest()[:16]
    about = {"wants": row.kind, "application_state": row.state, "papers": len(papers), "digest": mark}
    if row.kind == "tier":
        person = unit.rows.get(Person, row.person)
        now = person.tier if person else 0
        return {
            **about,
            "tier_now": now,
            "tier_wanted": row.tier,
            "paper_name": masked(row.name),
            "taken_by": row.taken_by,
        }
    return {
        **about,
        "shop": row.name,
        **({"place": row.place, "under": row.under or ""} if row.kind == "agent" else {}),
    }


def grant(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Open the shop or the till that an application asks for; its owner is told the number.

    Raises NotWaiting, or what opening it refuses.
    """
    row = decide(unit, approval.values["application"], "granted")
    if row.kind not in KINDS:
        raise NotWaiting
    person = unit.rows.get(Person, row.person)
    if person is None or not person.has_number:
        raise UnknownPerson
    if row.kind == "merchant":
        return {"till": new_till(unit, person_id=person.id, name=row.name).number}
    agent = add_agent(unit, phone=person.address, name=row.name, place=row.place, under=row.under)
    pack = unit.house.packs[person.country]
    said = {"agent": agent.number, "agent_name": agent.name}
    tell(unit, person, "shop_opened", {**said, "service_code": pack.agents_code, "help_line": pack.help_line})
    return {"agent": agent.number}
