"""Cash before the walk: who near can pay an amount, and keeping it there for a while.

A reservation moves no money. It is a promise out of a drawer: what was declared, with what went in and out since, less
all that is promised already. That is decided with the till and its counter locked, so that two at one instant cannot
both have the last of it. Time decides that a promise is over; the worker only tells.

What a drawer holds is nobody's business but the agent's: a customer reads who can pay what the customer could take out
now, and asks so only some times a day.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from service.clock import day
from service.countries import Pack
from service.phone import mask_phone
from service.refusal import Refusal
from service.wallet.agent import UnknownAgent, agent_by_number, keeper_of
from service.wallet.drawer import Till, area_of, declare, known_cash, known_of, note_shortage
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.pin import refuse_locked
from service.wallet.promise import LIVE, MOST_LIVE, PromiseOver, Reservation, live
from service.wallet.report import last_served
from service.wallet.send import SelfPayment
from service.wallet.tally import count
from service.wallet.unit import Agent, Person, Unit
from service.wallet.withdraw import may_withdraw

LOOKED_AT = 50
"""Tills of an area that are looked at, those declared last."""

SHOWN = 5
"""So many agents are shown at most: what one screen lists."""


class NobodyNear(Refusal):
    """No agent in this place, which may have been guessed, is known to have so much cash."""

    says = ("place",)


class TooManyAsks(Refusal):
    """The person has asked for cash in enough places today."""


class CashGone(Refusal):
    """The agent who was picked cannot keep so much cash any more."""


class TooManyReserved(Refusal):
    """The person has reserved enough: too much at once, or too often today."""


class DrawerShort(Refusal):
    """By what was declared there is not enough cash for what is promised."""


def place_of(unit: Unit, person: Person) -> str:
    """Return the place where an agent last served this person, or nothing."""
    agent = last_served(unit, person)
    return agent.place if agent else ""


def find_cash(unit: Unit, *, person: Person, amount: int, place: str, pack: Pack) -> Sequence[Agent] | Refusal:
    """Return a few agents in a place who can pay an amount; a question is counted, and must be committed.

    Returns NobodyNear; raises PinLocked, NotOffered, OverSingle, OverCap, NotEnough or TooManyAsks.
    """
    refuse_locked(unit, person)
    may_withdraw(unit, person, amount)
    asked = f"cash-asks:{person.id}:{day(unit.now, pack.zone)}"
    if count(unit, asked, 0) >= pack.cash_asks_per_day:
        raise TooManyAsks
    count(unit, asked, 1)
    area = area_of(pack.country, place)
    tills = unit.rows.find(Till, area=area, newest=True, limit=LOOKED_AT)
    cash = known_of(unit, tills, pack)
    for row in live(unit, list(cash)):
        cash[row.agent] -= row.amount
    able = sorted(number for number, free in cash.items() if free >= amount)
    agents = unit.rows.find(Agent, number=able)
    found = [agent for agent in agents if agent.state == "active" and agent.person != person.id][:SHOWN]
    if not found:
        note_shortage(unit, agent=None, area=area, amount=amount, why="cash")
        return NobodyNear(place=place)
    return found


def kept_for(unit: Unit, person: Person) -> Reservation | None:
    """Return what is kept for this person, or asked to be, if anything."""
    return next(iter(_own(unit, person)), None)


def _own(unit: Unit, person: Person) -> list[Reservation]:
    rows = unit.rows.find(Reservation, person=person.id, shop="", state=list(LIVE))
    return [row for row in rows if row.expires_at > unit.now]


def reserve(unit: Unit, *, person: Person, number: str, amount: int, pack: Pack) -> Reservation:
    """Ask an agent to keep cash for a person who comes for it; the agent is told.

    Raises PinLocked, TooManyReserved, UnknownAgent, SelfPayment, CashGone, or what `may_withdraw` raises.
    """
    refuse_locked(unit, person)
    made = f"reserves:{person.id}:{day(unit.now, pack.zone)}"
    if count(unit, made, 0) >= pack.reserves_per_day:  # one at a time for each person, from here on
        raise TooManyReserved
    if len(_own(unit, person)) >= pack.open_reservations:
        raise TooManyReserved
    agent = agent_by_number(unit, number)
    if agent.person == person.id:
        raise SelfPayment
    if keeper_of(unit, agent).country != person.country:
        raise UnknownAgent
    may_withdraw(unit, person, amount)
    if may_promise(unit, number, pack) < amount:
        raise CashGone
    # Nothing may refuse after this line.
    count(unit, made, 1)
    until = unit.now + timedelta(seconds=pack.reserve_seconds)
    row = Reservation(id=unit.mint(), agent=number, person=person.id, amount=amount, expires_at=until)
    unit.rows.append(row)
    said = {"name": masked(person.name), "number": mask_phone(person.phone), "amount": amount}
    more = {"until": until.isoformat(), "service_code": pack.agents_code}
    tell(unit, keeper_of(unit, agent), "cash_wanted", said | more, expires_at=until)
    return row


def may_promise(unit: Unit, number: str, pack: Pack) -> int:
    """Return how much cash a shop may still promise; its till is locked, and its cash does not change meanwhile."""
    till = unit.rows.lock(Till, number)
    cash = known_cash(unit, till, pack, locks=True) if till else None
    rows = live(unit, [number])
    if cash is None or len(rows) >= MOST_LIVE:
        return 0
    return cash - sum(row.amount for row in rows)


def wanted_of(unit: Unit, agent: Agent) -> Sequence[Reservation]:
    """Return what is asked of a shop and what it has promised, oldest first."""
    return sorted(live(unit, [agent.number]), key=lambda row: row.id)


def declare_cash(unit: Unit, *, agent: Agent, amount: int, pack: Pack) -> int:
    """Write down what is in a drawer, and take back what it cannot bear: questions first, then promises, newest first.

    Who loses one is told at once. Returns how much was taken back, in minor units.
    """
    declare(unit, agent=agent, amount=amount, pack=pack)
    short, lost = -may_promise(unit, agent.number, pack), 0
    for row in sorted(wanted_of(unit, agent), key=lambda row: (row.state == "asked", row.id), reverse=True):
        if lost >= short:
            break
        turn_away(unit, agent=agent, reservation=row.id, pack=pack)
        lost += row.amount
    return lost


def keep(unit: Unit, *, agent: Agent, reservation: int, pack: Pack) -> Reservation | Refusal:
    """Promise the cash and tell the customer; raises PromiseOver.

    A returned DrawerShort (more was paid out since than the drawer could bear) has been noted and must be committed.
    """
    left = may_promise(unit, agent.number, pack)
    row = _live(unit, agent, reservation, states=("asked",))
    if left < 0:
        note_shortage(unit, agent=agent, area=area_of(pack.country, agent.place), amount=row.amount, why="cash")
        return DrawerShort()
    unit.rows.put(replace(row, state="kept"))
    said = {"agent": agent.number, "agent_name": agent.name, "amount": row.amount, "until": row.expires_at.isoformat()}
    key, code = ("swap_kept", pack.agents_code) if row.shop else ("cash_kept", pack.people_code)
    tell(unit, _person(unit, row), key, said | {"service_code": code}, expires_at=row.expires_at)
    return row


def turn_away(unit: Unit, *, agent: Agent, reservation: int, pack: Pack) -> Reservation:
    """Say that there is no cash for a reservation, promised or not, and tell the customer; raises PromiseOver."""
    row = _live(unit, agent, reservation, states=LIVE)
    unit.rows.put(replace(row, state="declined"))
    note_shortage(unit, agent=agent, area=area_of(pack.country, agent.place), amount=row.amount, why="cash")
    said = {"agent": agent.number, "agent_name": agent.name, "amount": row.amount}
    if row.shop:
        tell(unit, _person(unit, row), "swap_over", said)
    else:
        tell(unit, _person(unit, row), "cash_declined", said | {"service_code": pack.people_code})
    return row


def give_up_all(unit: Unit, person: Person) -> None:
    """Let go what is kept for a person who closes their wallet."""
    for row in _own(unit, person):
        give_up(unit, person=person, reservation=row.id)


def give_up(unit: Unit, *, person: Person, reservation: int) -> None:
    """Let a reservation go before its time and tell the agent; raises PromiseOver."""
    row = unit.rows.lock(Reservation, reservation)
    if row is None or row.person != person.id or row.state not in LIVE or row.expires_at <= unit.now:
        raise PromiseOver
    unit.rows.put(replace(row, state="given_up"))
    _tell_free(unit, row, person)


def expire_reservations(unit: Unit, *, limit: int = 20) -> int:
    """Close reservations whose time is over and tell both sides; says how many."""
    rows = [row for state in LIVE for row in unit.rows.due(Reservation, before=unit.now, state=state, limit=limit)]
    for row in rows:
        person, agent = _person(unit, row), unit.rows.get(Agent, row.agent)
        assert agent is not None, f"no agent {row.agent}"
        unit.rows.put(replace(row, state="over"))
        if row.shop:
            tell(unit, person, "swap_over", {"agent": agent.number, "agent_name": agent.name, "amount": row.amount})
        else:
            code = unit.house.packs[person.country].people_code
            said = {"agent": agent.number, "agent_name": agent.name, "amount": row.amount, "service_code": code}
            tell(unit, person, "cash_over" if row.state == "kept" else "cash_unanswered", said)
        _tell_free(unit, row, person)
    return len(rows)


def _tell_free(unit: Unit, row: Reservation, person: Person) -> None:
    agent = unit.rows.get(Agent, row.agent)
    assert agent is not None, f"no agent {row.agent}"
    if row.shop:
        other = unit.rows.get(Agent, row.shop)
        assert other is not None, f"no agent {row.shop}"
        tell(
            unit,
            keeper_of(unit, agent),
            "swap_over",
            {"agent": other.number, "agent_name": other.name, "amount": row.amount},
        )
        return
    said = {"name": masked(person.name), "number": mask_phone(person.phone), "amount": row.amount}
    tell(unit, keeper_of(unit, agent), "cash_free", said)


def _live(unit: Unit, agent: Agent, reservation: int, *, states: Sequence[str]) -> Reservation:
    row = unit.rows.lock(Reservation, reservation)
    if row is None or row.agent != agent.number or row.state not in states or row.expires_at <= unit.now:
        raise PromiseOver
    return row


def _person(unit: Unit, row: Reservation) -> Person:
    person = unit.rows.get(Person, row.person)
    assert person is not None, f"no person {row.person}"
    return person
