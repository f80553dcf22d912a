"""Helping a caller: what a person has and did, and what they were told; masked, until a reason is given.

Every look is written into the logbook, and very many looks of one member of the staff raise an alarm (V-06).
"""

import re
from collections.abc import Mapping
from typing import Any

import structlog
from flask import Response

from service.clock import day
from service.console.office import Missing, NotFound, Office, TooManyReveals, Visit
from service.console.page import field, go_to, number_asked, page
from service.gsm7 import downgrade
from service.ledger.chart import Kind
from service.ledger.entry import Account
from service.ledger.statement import Page, statement
from service.phone import mask_phone
from service.ussd.session import Conversation
from service.wallet.account import wallet_of
from service.wallet.agent import agent_of
from service.wallet.application import Application
from service.wallet.case import WAITING, case_number
from service.wallet.idle import is_asleep
from service.wallet.limits import limits_of
from service.wallet.logbook import note
from service.wallet.name import masked
from service.wallet.people import set_state
from service.wallet.pin import receive_only_until
from service.wallet.proposal import OwnAffair
from service.wallet.statement import balance_of, owner_shown
from service.wallet.tally import count
from service.wallet.tier import KIND as TIER
from service.wallet.unit import Case, Notice, Person, Unit

log = structlog.get_logger()

LINES = 20
TALKS, MESSAGES = 10, 30
MANY_LOOKS = 100
"""Looks at people in a day after which somebody asks why."""
MOST_REVEALS = 50

_CODE = re.compile(r"(?<![0-9,.])[0-9]{7}(?![0-9,.])")
"""A one-time code: seven digits that stand alone."""
_NUMBER = re.compile(r"\+?([0-9]{4})[0-9]{2,8}([0-9]{3})(?![0-9])")
"""A phone number, or that of a document."""


def hidden(text: str, row: Person) -> str:
    """Return what stood on a phone without the codes that pay somebody out, whole numbers, and the owner's name."""
    for name in {row.name, downgrade(row.name)} - {""}:
        text = text.replace(name, masked(row.name))
    return _NUMBER.sub(r"\1***\2", _CODE.sub("*" * 7, text))


def person(office: Office, visit: Visit, person_id: int) -> Response:
    """Show a person, masked."""
    before = number_asked("before")
    about = office.transact(lambda unit: _look(unit, visit, person_id, before))
    return page(office, visit, "person.html", **about, whole=None)


def reveal(office: Office, visit: Visit, person_id: int) -> Response:
    """Show a person whole, once, for a reason that is written down."""
    why = field("why", 100)
    if len(why) < 5:
        raise Missing

    def work(unit: Unit) -> Mapping[str, Any]:
        today = day(unit.now, office.home.zone)
        if count(unit, f"reveals:{visit.name}:{today}", 1) >= MOST_REVEALS:
            raise TooManyReveals
        about = _look(unit, visit, person_id, None)
        note(unit, staff=visit.name, role=visit.role, act="reveal", about=f"person {person_id}", values={"why": why})
        return about

    try:
        about = office.transact(work)
    except TooManyReveals:
        log.error("somebody of the staff has revealed very many people", by=visit.name, count=MOST_REVEALS)
        raise
    row = about["person"]
    whole = {"name": row.name, "phone": row.phone, "id_number": row.id_number}
    return page(office, visit, "person.html", **about, whole=whole)


def _look(unit: Unit, visit: Visit, person_id: int, before: int | None) -> dict[str, Any]:
    """Read a person's page, and write down who has."""
    row = open_person(unit, visit, person_id, "see person")
    pack = unit.house.packs[row.country]
    agent = agent_of(unit, row.id)
    state = "pin_locked" if row.state == "active" and row.pin_tries >= pack.pin_tries else row.state
    cases = [*unit.rows.find(Case, opener=row.id, newest=True), *unit.rows.find(Case, other=row.id, newest=True)]
    found = lines(unit, wallet_of(row), before)
    papers = unit.rows.find(Application, person=row.id, kind=TIER, state="asked", limit=1)
    return {
        "person": row,
        "person_pack": pack,
        "name": masked(row.name) if row.name else "***",
        "phone": mask_phone(row.phone),
        "state": state,
        "asleep": row.has_number and is_asleep(unit, row),
        "receive_only": receive_only_until(unit, row),
        "balance": balance_of(unit, row),
        "limits": limits_of(unit, row)._asdict(),
        "agent": agent,
        "cases": [case_line(unit, case) for case in cases],
        "lines": found,
        "tiers": [number for number in sorted(pack.tiers) if number != row.tier and row.has_number],
        "asked": [unit.house.references.write(one.id) for one in papers],
        "acts": [act for act in _acts(unit, row) if visit.may(f"make {act}")],
        "may_block": row.state == "active" and visit.may("block people"),
    }


def open_person(unit: Unit, visit: Visit, person_id: int, act: str) -> Person:
    """Return a person whom staff look at, and write it down; raises NotFound, or OwnAffair for one's own wallet."""
    row = unit.rows.get(Person, person_id)
    if row is None:
        raise NotFound
    if row.phone == visit.staff.phone:
        log.warning("somebody of the staff looks for their own wallet", by=visit.name)
        raise OwnAffair
    count_looks(unit, visit, 1)
    note(unit, staff=visit.name, role=visit.role, act=act, about=f"person {row.id}")
    return row


def count_looks(unit: Unit, visit: Visit, more: int) -> None:
    """Count people whom one of the staff looks at; each hundred in a day is said aloud."""
    before = count(unit, f"looks:{visit.name}:{unit.now:%Y-%m-%d}", more)
    if (before + more) // MANY_LOOKS > before // MANY_LOOKS:
        log.error("somebody of the staff looks at very many people", by=visit.name, count=before + more)


def _acts(unit: Unit, row: Person) -> list[str]:
    """Return which acts can be proposed for a person now."""
    pack = unit.house.packs[row.country]
    closed = row.state == "blocked" or row.pin_tries >= pack.pin_tries or receive_only_until(unit, row) is not None
    asleep = row.has_number and is_asleep(unit, row)
    when = {"unblock": closed and row.has_number, "reset_pin": row.reset is not None, "identify": asleep}
    return [act for act, now in {**when, "retire": asleep, "renumber": row.state != "closed"}.items() if now]


def lines(unit: Unit, account: Account, before: int | None) -> dict[str, Any]:
    """Return a page of an account's lines, newest first, each with what was left after it."""
    found: Page = statement(unit.books, account, before=before, limit=LINES)
    shown = [
        {
            "at": line.at,
            "reference": unit.house.references.write(line.entry),
            "reason": line.entry_reason.value,
            "what": line.move.reason.value,
            **called(unit, line.move.target if line.amount < 0 else line.move.source),
            "amount": line.amount,
            "balance": line.balance,
        }
        for line in found.lines
    ]
    return {"shown": shown, "older": found.older}


def called(unit: Unit, account: Account) -> dict[str, str]:
    """Return whose account it is, masked, and of which kind."""
    mine = account.kind in (Kind.WALLET, Kind.FLOAT)
    return {"other": owner_shown(unit, account) if mine else "", "kind": account.kind.value}


def case_line(unit: Unit, case: Case) -> dict[str, Any]:
    """Return a case as lists show it."""
    return {
        "reference": case_number(unit, case),
        "what": case.what,
        "state": case.state,
        "opened_at": case.opened_at,
        "due_at": case.due_at,
        "late": case.state in WAITING and case.due_at < unit.now,
        "held": case.held,
    }


def talks(office: Office, visit: Visit, person_id: int) -> Response:
    """Show the last talks screen by screen, and the messages with what became of them."""

    def work(unit: Unit) -> dict[str, Any]:
        row = open_person(unit, visit, person_id, "see talks")
        about = {"person": row, "person_pack": unit.house.packs[row.country], "name": masked(row.name)}
        if not row.has_number:
            return {**about, "talks": [], "messages": []}
        held = unit.rows.find(Conversation, phone=row.phone, newest=True, limit=TALKS)
        sent = unit.rows.find(Notice, phone=row.phone, newest=True, limit=MESSAGES)
        return {**about, "talks": held, "messages": [one for one in sent if one.person in (None, row.id)]}

    about = office.transact(work)
    about["talks"] = [
        {
            "at": talk.started_at,
            "heard_at": talk.heard_at,
            "state": talk.state,
            "screens": [hidden(reply["text"], about["person"]) for reply in talk.replies.values()],
        }
        for talk in about["talks"]
    ]
    about["messages"] = [
        {"at": one.at, "state": one.state, "tries": one.tries, "text": hidden(office.render(one), about["person"])}
        for one in about["messages"]
    ]
    return page(office, visit, "talks.html", **about)


def block(office: Office, visit: Visit, person_id: int) -> Response:
    """Stop money from leaving a wallet at once: it needs no second person, freeing it does."""

    def work(unit: Unit) -> None:
        row = unit.rows.get(Person, person_id)
        if row is None or row.state != "active":
            raise NotFound
        set_state(unit, row, "blocked")
        open_person(unit, visit, person_id, "block")

    office.transact(work)
    return go_to(f"/people/{person_id}")
