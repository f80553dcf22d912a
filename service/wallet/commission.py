"""Paying agents what they have earned: once for each agent and period, whoever runs the job, and how often.

What is paid is what stood on the agent's commission account when the period ended, however late the job comes: what was
earned since waits for the next. The entry is named after agent and period, so that a second one cannot be written.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from service.clock import day
from service.countries import Pack
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.ledger.post import post
from service.wallet.account import commission_of, float_of, house_account
from service.wallet.agent import keeper_of, lines_since
from service.wallet.notice import tell
from service.wallet.unit import Agent, Payday, Unit


@dataclass(frozen=True, kw_only=True)
class CommissionRun:
    """What one period has brought all agents of a country, in minor units: counted in the commit of each payment."""

    id: str  # country and period
    country: str
    period: str
    agents: int
    paid: int
    share: int
    """What went to super-agents, or to the operator where there is none."""
    began_at: datetime
    last_at: datetime


class Period(NamedTuple):
    """The last stretch of time that is to be paid now: its name, its end, and when the next one is paid."""

    name: str
    end: datetime
    next_at: datetime


class Owed(NamedTuple):
    """What an agent has earned and not been paid, what the last period brought into the float, and the next payday."""

    owed: int
    paid: int
    next_at: datetime


def period_at(pack: Pack, now: datetime) -> Period:
    """Return the period that is to be paid at a moment: one ends at midnight and is paid at the pack's hour."""
    hour = timedelta(hours=pack.agents.commission_hour)
    today = day(now - hour, pack.zone)
    first = today if pack.agents.commission_paid == "daily" else today.replace(day=1)
    before = first - timedelta(days=1)
    name = f"{before}" if pack.agents.commission_paid == "daily" else f"{before:%Y-%m}"
    after = first + timedelta(days=1) if pack.agents.commission_paid == "daily" else _next_month(first)
    return Period(name, _midnight(first, pack), _midnight(after, pack) + hour)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _midnight(of: date, pack: Pack) -> datetime:
    return datetime.combine(of, datetime.min.time(), tzinfo=pack.zone)


def pay_commission(unit: Unit, *, limit: int = 1) -> int:
    """Pay agents whose payday has come, one in a commit, and return how many were looked at."""
    rows = unit.rows.due(Payday, before=unit.now, limit=limit)
    for row in rows:
        agent = unit.rows.get(Agent, row.agent)
        assert agent is not None, f"no agent {row.agent}"
        period = _pay(unit, agent)
        unit.rows.put(Payday(agent=agent.number, next_at=period.next_at))
    return len(rows)


def _pay(unit: Unit, agent: Agent) -> Period:
    keeper = keeper_of(unit, agent)
    pack = unit.house.packs[keeper.country]
    period = period_at(pack, unit.now)
    once = _named(agent, period)
    due = accrued(unit, agent, pack, until=period.end)
    if due <= 0 or unit.books.entry_once(once) is not None:
        return period
    source, target = commission_of(agent, pack.country), float_of(agent, pack.country)
    share = due * pack.agents.head_office // 100_00  # what does not divide is the agent's
    head_office = _head_office(unit, agent, pack)
    parts = ((due - share, target), (share, head_office))
    _count(unit, pack.country, period.name, due - share, share)
    moves = tuple(Move(source, account, part, Reason.PAY_COMMISSION) for part, account in parts if part)
    posted = post(unit.books, Entry(id=unit.mint(), reason=Reason.PAY_COMMISSION, at=unit.now, moves=moves, once=once))
    # Nothing may refuse after this line.
    values = {
        "reference": unit.house.references.write(posted.id),
        "amount": due - share,
        "share": share,
        "balance": posted.balances.get(target, unit.books.balance(target)),
        "at": posted.at.isoformat(),
    }
    tell(unit, keeper, "commission_paid", values, entry=posted.id)
    return period


def _count(unit: Unit, country: str, period: str, paid: int, share: int) -> None:
    name = f"{country}:{period}"
    first = CommissionRun(
        id=name,
        country=country,
        period=period,
        agents=1,
        paid=paid,
        share=share,
        began_at=unit.now,
        last_at=unit.now,
    )
    if unit.rows.add(first):
        return
    run = unit.rows.lock(CommissionRun, name)
    assert run is not None, "a row that could not be added is there"
    more = {"agents": run.agents + 1, "paid": run.paid + paid, "share": run.share + share, "last_at": unit.now}
    unit.rows.put(replace(run, **more))  # type: ignore[arg-type]


def _head_office(unit: Unit, agent: Agent, pack: Pack) -> Account:
    above = unit.rows.get(Agent, agent.under) if agent.under else None
    return float_of(above, pack.country) if above else house_account(pack.country, Kind.FEES)


def accrued(unit: Unit, agent: Agent, pack: Pack, *, until: datetime) -> int:
    """Return what stands on an agent's commission account but for what was earned, or taken back, since a moment."""
    account = commission_of(agent, pack.country)
    later = [line for line in lines_since(unit, account, until) if line.entry_reason != Reason.PAY_COMMISSION]
    return unit.books.balance(account) - sum(line.amount for line in later)


def owed_to(unit: Unit, agent: Agent, pack: Pack) -> Owed:
    """Return what an agent has coming, and what the last period brought."""
    period = period_at(pack, unit.now)
    last = unit.books.entry_once(_named(agent, period))
    target = float_of(agent, pack.country)
    paid = sum(move.amount for move in last.moves if move.target == target) if last else 0
    return Owed(unit.books.balance(commission_of(agent, pack.country)), paid, period.next_at)


def _named(agent: Agent, period: Period) -> str:
    return f"commission:{agent.number}:{period.name}"
