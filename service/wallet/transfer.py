"""Float from one agent to another: a super-agent supplies its own, and neighbours help each other out."""

from collections.abc import Sequence
from typing import NamedTuple

from service.clock import day
from service.countries import Pack
from service.ledger.chart import Reason
from service.ledger.entry import Cap, Ceiling, Entry, Move, NotEnough, OverCap
from service.ledger.post import post
from service.wallet.account import float_of
from service.wallet.agent import LARGEST_FLOAT, UnknownAgent, agent_by_number, keeper_of, tell_if_low
from service.wallet.drawer import cash_in_drawer
from service.wallet.notice import tell
from service.wallet.pin import refuse_locked
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.unit import Agent, Person, Unit


class Transfer(NamedTuple):
    """Float on its way to another agent, as it is shown before the PIN."""

    entry: int
    agent: str
    agent_name: str
    amount: int


def floats_sent_today(agent: Agent, unit: Unit, pack: Pack) -> str:
    """Name the counter of the float that an agent has sent to others on this day."""
    return f"float:{agent.number}:{day(unit.now, pack.zone)}"


def quote_transfer(unit: Unit, *, agent: Agent, keeper: Person, number: str, amount: int, pack: Pack) -> Transfer:
    """Find the other agent and mint the entry; raises PinLocked, UnknownAgent, SelfPayment, OverCap or NotEnough."""
    refuse_locked(unit, keeper)
    other = agent_by_number(unit, number)
    if other.number == agent.number:
        raise SelfPayment
    if keeper_of(unit, other).country != keeper.country:
        raise UnknownAgent
    left = pack.agents.float_day_limit - unit.books.used(floats_sent_today(agent, unit, pack))
    if amount > left:
        raise OverCap(left=max(0, left))
    balance = unit.books.balance(float_of(agent, pack.country))
    if amount > balance:
        raise NotEnough(balance=balance, total=amount)
    return Transfer(unit.mint(), other.number, other.name, amount)


def transfer_float(
    unit: Unit, *, agent: Agent, keeper: Person, quote: Transfer, pack: Pack, swap: int | None = None
) -> Receipt:
    """Move float to another agent in one entry and tell both; the keeper has been unlocked. For a `swap` of this number
    the same amount of cash has changed hands, and the entry counts it in both drawers.

    Raises QuoteChanged, or NotEnough, TooFull and OverCap as the ledger decides.
    """
    source = float_of(agent, pack.country)
    if receipt := already(unit, quote.entry, source):
        return receipt
    other = unit.rows.get(Agent, quote.agent)
    if other is None or (other.name, other.state) != (quote.agent_name, "active"):
        raise QuoteChanged
    target = float_of(other, pack.country)
    posted = post(
        unit.books,
        Entry(
            id=quote.entry,
            reason=Reason.TRANSFER,
            at=unit.now,
            moves=(Move(source, target, quote.amount, Reason.TRANSFER),),
            ceilings=(Ceiling(target, LARGEST_FLOAT),),
            caps=(
                Cap(floats_sent_today(agent, unit, pack), quote.amount, pack.agents.float_day_limit),
                *((cash_in_drawer(agent, quote.amount), cash_in_drawer(other, -quote.amount)) if swap else ()),
            ),
            once=f"swap:{swap}" if swap else None,
        ),
    )
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, source)
    common = {"reference": receipt.reference, "amount": quote.amount, "at": receipt.at.isoformat()}
    sent = {"agent": other.number, "agent_name": other.name, "balance": receipt.balance}
    got = {"agent": agent.number, "agent_name": agent.name, "balance": posted.balances[target]}
    tell(unit, keeper, "float_sent", common | sent, entry=receipt.entry)
    tell(unit, keeper_of(unit, other), "float_got", common | got, entry=receipt.entry)
    tell_if_low(unit, keeper=keeper, before=receipt.balance + quote.amount, after=receipt.balance, pack=pack)
    return receipt


def agents_under(unit: Unit, agent: Agent, *, limit: int) -> Sequence[Agent]:
    """Return the agents that belong to this one, by number."""
    return [other for other in unit.rows.find(Agent, under=agent.number, limit=limit) if other.state == "active"]
