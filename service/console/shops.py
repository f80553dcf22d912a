"""Agents: all shops, one shop with its money, what is foretold of it and who belongs to it, and what was earned."""

from collections.abc import Sequence
from typing import Any

from flask import Response

from service.console.office import NotFound, Office, Visit
from service.console.page import go_to, number_asked, page
from service.console.people import case_line, lines
from service.phone import mask_phone
from service.reference import luhn_digit
from service.wallet.account import commission_of, float_of
from service.wallet.advice import ending
from service.wallet.agent import FIRST, set_shop
from service.wallet.case import WAITING
from service.wallet.commission import CommissionRun, owed_to, period_at
from service.wallet.drawer import Shortage, Till, known_cash
from service.wallet.logbook import note
from service.wallet.name import masked
from service.wallet.report import OVERCHARGE, reports_about
from service.wallet.unit import Agent, Case, Person, Unit

SHOWN, UNDER, CASES, SHORTAGES, RUNS = 50, 100, 20, 20, 24


def _numbers(place: int) -> list[str]:
    """Return the numbers that a page of the list is about: they are given out one after the other."""
    serials = range(FIRST + place * SHOWN, FIRST + (place + 1) * SHOWN)
    return [f"{serial}{luhn_digit(str(serial))}" for serial in serials]


def listed(office: Office, visit: Visit) -> Response:
    """Show all shops by number, with their float and what is owed to them."""
    place = number_asked("page") or 0

    def work(unit: Unit) -> dict[str, Any]:
        newest = unit.rows.find(Agent, newest=True, limit=1)
        last = (int(newest[0].number[:-1]) - FIRST) // SHOWN if newest else 0
        here = min(place, last)
        rows = unit.rows.find(Agent, number=_numbers(here), limit=SHOWN)
        return {"rows": _with_money(unit, rows), "older": here + 1 if here < last else None}

    return page(office, visit, "agents.html", **office.read(work))


def _with_money(unit: Unit, rows: Sequence[Agent]) -> list[dict[str, Any]]:
    """Return shops as a list shows them; the people and the tills of all of them are asked for at once."""
    people = {one.id: one for one in unit.rows.find(Person, id=[row.person for row in rows], limit=SHOWN)}
    tills = {one.agent: one for one in unit.rows.find(Till, agent=[row.number for row in rows], limit=SHOWN)}
    countries = {row.number: people[row.person].country for row in rows}
    unit.books.ahead(*(float_of(row, countries[row.number]) for row in rows))
    found = []
    for row in rows:
        country = countries[row.number]
        found.append(
            {
                "agent": row,
                "pack": unit.house.packs[country],
                "float": unit.books.balance(float_of(row, country)),
                "owed": unit.books.balance(commission_of(row, country)),
                "ends": [at for at in ending(unit, tills.get(row.number)) if at],
            }
        )
    return found


def shown(office: Office, visit: Visit, number: str) -> Response:
    """Show a shop: its float and cash, when they end, what it earned, who belongs to it, and what is said of it."""
    before = number_asked("before")

    def work(unit: Unit) -> dict[str, Any]:
        row = unit.rows.get(Agent, number)
        keeper = unit.rows.get(Person, row.person) if row else None
        if row is None or keeper is None:
            raise NotFound
        pack, till = unit.house.packs[keeper.country], unit.rows.get(Till, number)
        account = float_of(row, keeper.country)
        float_ends, cash_ends = ending(unit, till)
        about = unit.rows.find(Case, other=keeper.id, state=list(WAITING), limit=CASES)
        return {
            "agent": row,
            "keeper": {"id": keeper.id, "name": masked(keeper.name), "phone": mask_phone(keeper.phone)},
            "agent_pack": pack,
            "balance": unit.books.balance(account),
            "cash": known_cash(unit, till, pack) if till else None,
            "float_ends": float_ends,
            "cash_ends": cash_ends,
            "owed": owed_to(unit, row, pack),
            "reports": reports_about(unit, row),
            "cases": [case_line(unit, one) for one in about if one.what == OVERCHARGE],
            "under": unit.rows.find(Agent, under=number, limit=UNDER),
            "shortages": unit.rows.find(Shortage, agent=number, newest=True, limit=SHORTAGES),
            "lines": lines(unit, account, before),
        }

    return page(office, visit, "agent.html", **office.read(work))


def suspend(office: Office, visit: Visit, number: str) -> Response:
    """Stop a shop from working, at once: it needs no second person, opening it again does."""

    def work(unit: Unit) -> None:
        row = unit.rows.get(Agent, number)
        if row is None or row.state != "active":
            raise NotFound
        set_shop(unit, number, "suspended")
        note(unit, staff=visit.name, role=visit.role, act="suspend shop", about=f"agent {number}")

    office.transact(work)
    return go_to(f"/agents/{number}")


def commission(office: Office, visit: Visit) -> Response:
    """Show what each period has brought all agents of a country, and when the next one is paid."""

    def work(unit: Unit) -> list[dict[str, Any]]:
        return [
            {
                "pack": pack,
                "runs": unit.rows.find(CommissionRun, country=pack.country, newest=True, limit=RUNS),
                "next_at": period_at(pack, unit.now).next_at,
            }
            for pack in office.packs.values()
        ]

    return page(office, visit, "commission.html", countries=office.read(work))
