"""The cash in an agent's drawer, as far as anybody knows it: what the agent declared, and what went in and out since.

Cash is no money of the books, so a drawer is no account. Each posting that stands for cash counts it on a counter of
the shop, under the posting's own locks; a declaration remembers what the counter showed then. What is promised of the
cash stands in reserve.py.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.countries import Pack
from service.ledger.entry import Cap
from service.wallet.unit import Agent, Unit


@dataclass(frozen=True, kw_only=True)
class Till:
    """A shop's two stores of money, e-float and cash: what was last declared, and when they end at today's pace."""

    agent: str
    area: str
    """Country and place, as `area_of` writes it: near is what has the same."""
    declared: int | None = None
    counted: int = 0
    """What the counter of cash showed at the declaration."""
    at: datetime
    """When the cash was declared, or the till opened."""
    next_at: datetime
    """When the worker next reckons how long both last."""
    float_ends: datetime | None = None
    cash_ends: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """Somebody could not be served: a shop (or, where no shop could, an area) lacked cash or float."""

    id: int
    agent: str
    area: str
    amount: int
    why: str  # cash, float
    at: datetime


def area_of(country: str, place: str) -> str:
    """Return how a place is compared: without accents, capitals and signs."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", place) if not unicodedata.combining(sign))
    words = "".join(sign if sign.isalnum() else " " for sign in bare.casefold()).split()
    return f"{country}:{' '.join(words)}"


def cash_of(number: str) -> str:
    """Name the counter of the cash that went into a shop's drawer, less what came out of it."""
    return f"drawer:{number}"


def cash_in_drawer(agent: Agent, amount: int) -> Cap:
    """Return the count of cash that an entry stands for: into the drawer above zero, out of it below."""
    return Cap(cash_of(agent.number), amount)


def open_till(unit: Unit, agent: Agent, country: str) -> None:
    """Write down a shop whose cash nobody has declared yet."""
    unit.rows.add(Till(agent=agent.number, area=area_of(country, agent.place), at=unit.now, next_at=unit.now))


def declare(unit: Unit, *, agent: Agent, amount: int, pack: Pack) -> None:
    """Write down how much cash is in the drawer now, in minor units."""
    open_till(unit, agent, pack.country)
    till = unit.rows.lock(Till, agent.number)
    assert till is not None, "a row that was added is there"
    counted = unit.books.counter(cash_of(agent.number))
    area = area_of(pack.country, agent.place)
    unit.rows.put(replace(till, area=area, declared=amount, counted=counted, at=unit.now, next_at=unit.now))


def known_cash(unit: Unit, till: Till, pack: Pack, *, locks: bool = False) -> int | None:
    """Return what is in the drawer as far as is known; None if that is nothing to go by: not declared, or long ago.

    With `locks` it does not change until the transaction ends; the till is locked.
    """
    if till.declared is None or till.at + timedelta(seconds=pack.drawer_seconds) <= unit.now:
        return None
    moved = (unit.books.counter if locks else unit.books.used)(cash_of(till.agent))
    return till.declared + moved - till.counted


def known_of(unit: Unit, tills: Sequence[Till], pack: Pack) -> dict[str, int]:
    """Return what is in each of these drawers of which that is known, by the number of the shop."""
    unit.books.ahead(*(cash_of(till.agent) for till in tills))
    known = {till.agent: known_cash(unit, till, pack) for till in tills}
    return {number: cash for number, cash in known.items() if cash is not None}


def note_shortage(unit: Unit, *, agent: Agent | None, area: str, amount: int, why: str) -> None:
    """Write down that somebody was not served, for staff to read (`senti agent shortages`)."""
    number = agent.number if agent else ""
    unit.rows.append(Shortage(id=unit.mint(), agent=number, area=area, amount=amount, why=why, at=unit.now))


def lacked_float(unit: Unit, *, agent: Agent, amount: int, pack: Pack) -> None:
    """Write down that a shop's float was too small for a customer's cash."""
    note_shortage(unit, agent=agent, area=area_of(pack.country, agent.place), amount=amount, why="float")
