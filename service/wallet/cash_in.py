"""Cash-in: a person hands cash to an agent, whose float pays e-money into their wallet."""

from typing import NamedTuple

from service.clock import day
from service.countries import Pack
from service.ledger.chart import Reason
from service.ledger.entry import Entry, Move, NotEnough
from service.ledger.post import post
from service.phone import mask_phone
from service.refusal import Refusal
from service.wallet.account import float_of, wallet_of
from service.wallet.agent import earn, tell_if_low
from service.wallet.drawer import cash_in_drawer
from service.wallet.limits import ceiling_of
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.people import payable
from service.wallet.pin import refuse_locked
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.send import SelfPayment
from service.wallet.tally import count
from service.wallet.unit import Agent, Person, Unit


class CashIn(NamedTuple):
    """A cash-in as the agent sees it before the PIN."""

    entry: int
    person: int
    name: str
    amount: int
    approved: bool = False
    """Whether the owner has told the code of a large deposit (deposit.py)."""


class NeedsCode(Refusal):
    """So large a deposit needs a code from the owner of the number."""


def needs_code(pack: Pack, amount: int) -> bool:
    """Say whether the owner of the number has to approve a deposit."""
    return amount > pack.agents.deposit_code_above


def deposits_today(unit: Unit, agent: Agent, quote: CashIn, pack: Pack) -> str:
    """Name the counter of deposits that were approved by a code, of one agent, person, amount and day."""
    return f"deposits:{agent.number}:{quote.person}:{quote.amount}:{day(unit.now, pack.zone)}"


def quote_cash_in(unit: Unit, *, agent: Agent, keeper: Person, phone: str, amount: int) -> CashIn:
    """Find the customer and check the float; raises PinLocked, UnknownPerson, SelfPayment,
    NotOffered or NotEnough.
    """
    refuse_locked(unit, keeper)
    person = payable(unit, phone, keeper.country)
    if person.id == keeper.id:
        raise SelfPayment
    charge = unit.house.packs[keeper.country].charge("cash_in", amount, unit.now)
    assert not charge.total, "no move takes a charge for cash-in yet"
    balance = unit.books.balance(float_of(agent, keeper.country))
    if amount > balance:
        raise NotEnough(balance=balance, total=amount)
    return CashIn(unit.mint(), person.id, masked(person.name), amount)


def cash_in(unit: Unit, *, agent: Agent, keeper: Person, quote: CashIn, pack: Pack) -> Receipt:
    """Pay the amount from the agent's float into the wallet and accrue the commission; the agent has been unlocked."""
    person = unit.rows.get(Person, quote.person)
    assert person is not None, f"no person {quote.person}"
    source = float_of(agent, pack.country)
    if receipt := already(unit, quote.entry, source):
        return receipt
    if needs_code(pack, quote.amount) and not quote.approved:
        raise NeedsCode
    earned, pair = earn(unit, service="cash_in", agent=agent, person_id=person.id, amount=quote.amount, pack=pack)
    posted = post(
        unit.books,
        Entry(
            id=quote.entry,
            reason=Reason.CASH_IN,
            at=unit.now,
            moves=(Move(source, wallet_of(person), quote.amount, Reason.CASH_IN), *earned),
            ceilings=(ceiling_of(unit, person),),
            caps=(pair, cash_in_drawer(agent, quote.amount)),
        ),
    )
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, source)
    if quote.approved and not posted.repeated:
        count(unit, deposits_today(unit, agent, quote, pack), 1)
    common = {"reference": receipt.reference, "amount": quote.amount, "at": receipt.at.isoformat()}
    shop = {"agent": agent.number, "agent_name": agent.name, "balance": posted.balances[wallet_of(person)]}
    kept = {"name": masked(person.name), "number": mask_phone(person.phone), "balance": receipt.balance}
    tell(unit, person, "cash_in", common | shop, entry=quote.entry)
    tell(unit, keeper, "cash_in_agent", common | kept, entry=quote.entry)
    tell_if_low(unit, keeper=keeper, before=receipt.balance + quote.amount, after=receipt.balance, pack=pack)
    return receipt
