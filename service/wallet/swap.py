"""Two agents help each other out: one gives cash and gets float, the other gives float and gets cash.

Whoever is short asks the other, or whoever has too much offers it; the row is a reservation out of the drawer that the
cash comes from (promise.py). The cash is brought first, and who has it in hand pays by PIN: float and both drawers then
change in one entry. Nothing has changed before, and without the other's yes nothing ever does.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from service.clock import day
from service.countries import Pack
from service.ledger.entry import NotEnough
from service.refusal import Refusal
from service.wallet.account import float_of
from service.wallet.agent import UnknownAgent, agent_by_number
from service.wallet.drawer import Till, area_of
from service.wallet.inbox import AskedEnough
from service.wallet.notice import tell
from service.wallet.pin import refuse_locked
from service.wallet.promise import LIVE, PromiseOver, Reservation, use
from service.wallet.receipt import Receipt, already
from service.wallet.reserve import LOOKED_AT, SHOWN, may_promise
from service.wallet.send import SelfPayment
from service.wallet.tally import count
from service.wallet.transfer import Transfer, quote_transfer, transfer_float
from service.wallet.unit import Agent, Person, Unit

SWAPS_A_DAY = 10
"""So often a shop may ask others on one day: what is refused tells something of what they hold."""

CASH, FLOAT = "cash", "float"


class NobodyToSwap(Refusal):
    """No agent near needs the opposite today."""


class SwapTooLarge(Refusal):
    """The other shop cannot give so much."""


def partners(unit: Unit, *, agent: Agent, gets: str, pack: Pack) -> Sequence[Agent]:
    """Return a few agents near who, at today's pace, run out of what this one has, and not of what it needs."""
    area, today = area_of(pack.country, agent.place), day(unit.now, pack.zone)
    tills = unit.rows.find(Till, area=area, newest=True, limit=LOOKED_AT)

    def ends(till: Till, what: str) -> bool:
        at = till.cash_ends if what == CASH else till.float_ends
        return at is not None and day(at, pack.zone) == today

    gives = FLOAT if gets == CASH else CASH
    able = [till.agent for till in tills if till.agent != agent.number and ends(till, gives) and not ends(till, gets)]
    found = unit.rows.find(Agent, number=able, limit=LOOKED_AT)
    return [other for other in found if other.state == "active"][:SHOWN]


def propose_swap(
    unit: Unit, *, agent: Agent, keeper: Person, number: str, amount: int, gets: str, pack: Pack
) -> Reservation:
    """Ask another shop for cash against float (`gets` cash), or offer it cash for its float; it is told.

    Who offers has said yes already. Raises PinLocked, AskedEnough, UnknownAgent, SelfPayment, NotEnough (of one's own)
    or SwapTooLarge (of the other's).
    """
    refuse_locked(unit, keeper)
    asked = f"swaps:{agent.number}:{day(unit.now, pack.zone)}"
    if count(unit, asked, 0) >= SWAPS_A_DAY:
        raise AskedEnough
    other = agent_by_number(unit, number)
    their = unit.rows.get(Person, other.person)
    if other.number == agent.number:
        raise SelfPayment
    if their is None or their.country != keeper.country:
        raise UnknownAgent
    giver, payer, paying = (other, agent, keeper) if gets == CASH else (agent, other, their)
    left = may_promise(unit, giver.number, pack)
    balance = unit.books.balance(float_of(payer, pack.country))
    mine, others = (balance, left) if gets == CASH else (left, balance)
    if amount > mine:
        raise NotEnough(balance=max(0, mine), total=amount)
    if amount > others:
        raise SwapTooLarge
    # Nothing may refuse after this line.
    count(unit, asked, 1)
    until = unit.now + timedelta(seconds=pack.reserve_seconds)
    row = Reservation(
        id=unit.mint(),
        agent=giver.number,
        person=paying.id,
        shop=payer.number,
        amount=amount,
        expires_at=until,
        state="asked" if gets == CASH else "kept",
    )
    unit.rows.append(row)
    said = {"agent": agent.number, "agent_name": agent.name, "amount": amount, "until": until.isoformat()}
    key = "swap_asked" if gets == CASH else "swap_offered"
    tell(unit, their, key, said | {"service_code": pack.agents_code}, expires_at=until)
    return row


def paying(unit: Unit, agent: Agent) -> Sequence[Reservation]:
    """Return the swaps in which this shop gets cash and pays in float, oldest first."""
    rows = unit.rows.find(Reservation, shop=agent.number, state=list(LIVE))
    return [row for row in rows if row.expires_at > unit.now]


def quote_swap(unit: Unit, *, agent: Agent, keeper: Person, swap: int, pack: Pack) -> Transfer:
    """Price a swap whose cash is there; raises PromiseOver, or what a transfer is refused for."""
    row = _agreed(unit, agent, swap, lock=False)
    return quote_transfer(unit, agent=agent, keeper=keeper, number=row.agent, amount=row.amount, pack=pack)


def settle_swap(unit: Unit, *, agent: Agent, keeper: Person, swap: int, quote: Transfer, pack: Pack) -> Receipt:
    """Pay for the cash: float and both drawers change in one entry; the keeper has been unlocked.

    Raises PromiseOver, or what a transfer is refused for.
    """
    if receipt := already(unit, quote.entry, float_of(agent, pack.country)):
        return receipt
    row = _agreed(unit, agent, swap, lock=True)
    assert (row.agent, row.amount) == (quote.agent, quote.amount), f"swap {swap} was quoted otherwise"
    receipt = transfer_float(unit, agent=agent, keeper=keeper, quote=quote, pack=pack, swap=swap)
    # Nothing may refuse after this line.
    use(unit, row, quote.entry)
    return receipt


def refuse_swap(unit: Unit, *, agent: Agent, swap: int) -> None:
    """Let the one who would pay say no, and tell the other; raises PromiseOver."""
    row = unit.rows.lock(Reservation, swap)
    if row is None or row.shop != agent.number or row.state not in LIVE or row.expires_at <= unit.now:
        raise PromiseOver
    unit.rows.put(replace(row, state="given_up"))
    giver = agent_by_number(unit, row.agent)
    their = unit.rows.get(Person, giver.person)
    assert their is not None, f"no person {giver.person}"
    tell(unit, their, "swap_over", {"agent": agent.number, "agent_name": agent.name, "amount": row.amount})


def _agreed(unit: Unit, agent: Agent, swap: int, *, lock: bool) -> Reservation:
    row = (unit.rows.lock if lock else unit.rows.get)(Reservation, swap)
    if row is None or row.shop != agent.number or row.state != "kept" or row.expires_at <= unit.now:
        raise PromiseOver
    return row
