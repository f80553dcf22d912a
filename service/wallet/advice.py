"""Telling an agent in time that float or cash runs out: the worker reckons each till once an hour (forecast.py).

Only what customers did is a pace: float that was bought, sold or sent is not. A shop where nothing has happened today
is not open, as far as anybody knows, and hears nothing. Each till is told of once a day.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from service.clock import day
from service.countries import Pack
from service.ledger.chart import Reason
from service.wallet.account import float_of
from service.wallet.agent import lines_since
from service.wallet.drawer import Till, known_cash
from service.wallet.forecast import CLOSES, DAYS, Flow, runs_out
from service.wallet.notice import tell
from service.wallet.swap import CASH, FLOAT, partners
from service.wallet.tally import count
from service.wallet.unit import Agent, Person, Unit

EVERY = timedelta(hours=1)
CUSTOMERS = frozenset({Reason.CASH_IN, Reason.WITHDRAW})
OPENS = 6


def advise(unit: Unit, *, limit: int = 1) -> int:
    """Reckon tills whose hour has come and tell their agents what is new; says how many."""
    tills = unit.rows.due(Till, before=unit.now, limit=limit)
    for till in tills:
        agent = unit.rows.get(Agent, till.agent)
        keeper = unit.rows.get(Person, agent.person) if agent else None
        assert agent is not None, f"no agent {till.agent}"
        assert keeper is not None, f"no keeper of {till.agent}"
        pack = unit.house.packs[keeper.country]
        after = _reckon(unit, till, agent, pack) if _is_open(unit.now, pack) else till
        unit.rows.put(replace(after, next_at=unit.now + EVERY))
        if agent.state == "active":
            _tell_new(unit, after, agent, keeper, pack)
    return len(tills)


def _is_open(now: datetime, pack: Pack) -> bool:
    return OPENS <= now.astimezone(pack.zone).hour < CLOSES


def _reckon(unit: Unit, till: Till, agent: Agent, pack: Pack) -> Till:
    """Return the till with the moments at which float and cash end today, if they do."""
    account = float_of(agent, pack.country)
    newest, today = unit.books.lines(account, limit=1), day(unit.now, pack.zone)
    if not newest or day(newest[0].at, pack.zone) != today:
        return replace(till, float_ends=None, cash_ends=None)
    lines = lines_since(unit, account, unit.now - timedelta(days=DAYS + 1))
    flows = [Flow(line.at, line.amount) for line in lines if line.entry_reason in CUSTOMERS]
    cash = known_cash(unit, till, pack)
    float_ends = runs_out(flows, level=unit.books.balance(account), now=unit.now, zone=pack.zone)
    if cash is None:
        return replace(till, float_ends=float_ends, cash_ends=None)
    paid = [flow._replace(amount=-flow.amount) for flow in flows]
    return replace(till, float_ends=float_ends, cash_ends=runs_out(paid, level=cash, now=unit.now, zone=pack.zone))


def _tell_new(unit: Unit, till: Till, agent: Agent, keeper: Person, pack: Pack) -> None:
    for what, ends in ((FLOAT, till.float_ends), (CASH, till.cash_ends)):
        told = f"ends:{what}:{agent.number}:{day(unit.now, pack.zone)}"
        if ends is None or ends <= unit.now or count(unit, told, 1):
            continue
        near = partners(unit, agent=agent, gets=what, pack=pack)
        said = {"until": ends.isoformat(), "partner": near[0].name if near else "", "service_code": pack.agents_code}
        tell(unit, keeper, f"{what}_ends", said, expires_at=ends)


def ending(unit: Unit, till: Till | None) -> tuple[datetime | None, datetime | None]:
    """Return when float and cash of a till end later today, as it was reckoned last."""
    ends = (till.float_ends, till.cash_ends) if till else (None, None)
    first, second = (at if at is not None and at > unit.now else None for at in ends)
    return first, second
