"""Two people: what waits for a second yes, and saying yes or no to what was shown."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Response

from service.console.office import Missing, NotAllowed, NotFound, Office, Visit
from service.console.page import asked, field, go_to, page
from service.console.prices import changed_by, refuse_unsound
from service.console.refunds import refuse_large
from service.countries import Pack
from service.phone import mask_phone
from service.wallet.operator import ACTS, approve, decline, is_wish, redeem_asked
from service.wallet.proposal import country_of, facts, version
from service.wallet.unit import Approval, Unit

STATES = ("open", "approved", "declined", "taken")
SHOWN = 100

TERMINAL_ONLY = frozenset({"pay_provider"})
"""Acts that are proposed and approved with `senti` alone."""


def listed(office: Office, visit: Visit) -> Response:
    """Show the acts in a state, the newest first."""
    state = asked("state") or "open"
    if state not in STATES:
        raise NotFound
    rows = office.read(lambda unit: _some(unit, state))
    return page(office, visit, "approvals.html", rows=rows, state=state, states=STATES)


def _some(unit: Unit, state: str) -> list[dict[str, Any]]:
    rows = unit.rows.find(Approval, state=state, newest=True, limit=SHOWN)
    return [
        {
            "reference": unit.house.references.write(row.id),
            "act": row.act,
            "maker": row.maker,
            "checker": row.checker or "",
            "at": row.at,
            "amount": row.values.get("amount"),
            "pack": pack_of(unit, row),
            "wish": is_wish(row),
        }
        for row in rows
    ]


def pack_of(unit: Unit, row: Approval) -> Pack:
    """Return the country whose money an act is in."""
    packs = unit.house.packs
    return packs.get(country_of(unit, row) or "") or next(iter(packs.values()))


def shown(office: Office, visit: Visit, reference: str) -> Response:
    """Show one act with all that a decision hangs on."""
    row, found = office.read(lambda unit: _one(unit, reference))
    changes, limits = office.read(lambda unit: changed_by(unit, row))
    act_pack = office.read(lambda unit: pack_of(unit, row))
    may_approve = row.act in ACTS and row.act not in TERMINAL_ONLY and visit.may(f"approve {row.act}")
    return page(
        office,
        visit,
        "approval.html",
        row=row,
        reference=reference,
        act_pack=act_pack,
        changes=changes,
        limits=limits,
        facts={
            name: value if name != "new_phone" or visit.may("approve renumber") else mask_phone(value)
            for name, value in found.items()
            if name not in ("act", "maker", "state")
        },
        seen=version(found),
        wish=is_wish(row),
        may_approve=may_approve and row.maker != visit.name,
        own=row.maker == visit.name,
        terminal=row.act in TERMINAL_ONLY,
    )


def _one(unit: Unit, reference: str) -> tuple[Approval, Mapping[str, Any]]:
    number = unit.house.references.read(reference)
    row = unit.rows.get(Approval, number) if number is not None else None
    if row is None:
        raise NotFound
    return row, facts(unit, row)


def yes(office: Office, visit: Visit, act: str, reference: str) -> Response:
    """Approve the version that was shown."""
    seen = field("seen")
    if act == "tariff":
        refuse_unsound(office, office.read(lambda unit: _one(unit, reference))[0])
    if act == "refund":
        refuse_large(office, office.read(lambda unit: _one(unit, reference))[0])

    def work(unit: Unit) -> None:
        row, _ = _one(unit, reference)
        if row.act != act or act in TERMINAL_ONLY:
            raise NotAllowed
        approve(unit, approval_id=row.id, checker=visit.name, role=visit.role, seen=seen)

    office.transact(work)
    return go_to(f"/approvals/{reference}")


def no(office: Office, visit: Visit, reference: str) -> Response:
    """Take an act off the table: one's own, or one that one might have approved."""

    def work(unit: Unit) -> None:
        row, _ = _one(unit, reference)
        if row.maker != visit.name and not visit.may(f"approve {row.act}"):
            raise NotAllowed
        decline(unit, approval_id=row.id, by=visit.name, role=visit.role)

    office.transact(work)
    return go_to(f"/approvals/{reference}")


def answer_wish(office: Office, visit: Visit, reference: str) -> Response:
    """Propose what an agent has wished, by the bank's reference of what was paid out."""
    bank_ref = field("bank_ref", 40)
    if not bank_ref:
        raise Missing
    wish, _ = office.read(lambda unit: _one(unit, reference))
    work = partial(redeem_asked, wish_id=wish.id, bank_ref=bank_ref, maker=visit.name, role=visit.role)
    made = office.transact(work)
    return go_to(f"/approvals/{office.references.write(made.id)}")
