"""Paying agents what they have earned: once for each agent and period, whoever runs the job, and how often.

What is paid is what stood on the agent's commission account when the period ended, however late the job comes: what was
earned since waits for the next. The entry is named after agent and period, so that a second one cannot be written.
"""

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
