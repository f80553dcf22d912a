"""Cash-out that the agent begins: the customer approves it with their PIN, the agent's float has the money at once.

Nothing is held before the yes. The price is that of a withdrawal, and the entry's id is minted when the customer is
shown it; with the yes the agent is told to give the cash, and not before.
"""

from typing import NamedTuple

from service.countries import Charge, Pack
from service.ledger.chart import Reason
from service.ledger.entry import Entry, Move, NotEnough
from service.ledger.post import post
from service.phone import mask_phone
from service.wallet.account import float_of, wallet_of
from service.wallet.agent import agent_by_number, earn, keeper_of
from service.wallet.drawer import cash_in_drawer
from service.wallet.halt import refuse_halted
from service.wallet.inbox import approved, ask, open_request
from service.wallet.limits import OverSingle, caps_out, in_its_words, limits_of, refuse_over, tier_of
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.pin import refuse_locked
from service.wallet.promise import live_at, use, used_up
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.send import QuoteChanged, charge_moves
from service.wallet.sim import refuse_unseen_sim
from service.wallet.unit import Agent, Asked, Person, Request, Unit

CASH_OUT = "cash_out"


class Quote(NamedTuple):
    """A cash-out as the customer sees it, in minor units; `total` leaves the wallet."""

    entry: int
    request: int
    agent: str
    agent_name: str
    amount: int
    fee: int
    excise: int
    levy: int

    @property
    def charge(self) -> Charge:
        return Charge(self.fee, self.excise, self.levy)

    @property
    def total(self) -> int:
        return self.amount + self.charge.total


class Given(NamedTuple):
    """A cash-out that a customer has just approved."""

    name: str
    amount: int


def ask_cash_out(unit: Unit, *, agent: Agent, keeper: Person, phone: str, amount: int) -> None:
    """Ask a customer to approve a cash-out; the agent is not told whether there is one behind the number.

    Raises PinLocked, NotOffered, SelfPayment, WhichOne, AskedEnough or DeclinedTwice.
    """
    refuse_locked(unit, keeper)
    pack = unit.house.packs[keeper.country]
    charge = pack.charge("withdraw", amount, unit.now)
    asked = ask(
        unit,
        kind=CASH_OUT,
        asker=keeper,
        phone=phone,
        amount=amount,
        seconds=pack.cash_request_seconds,
        values={"agent": agent.number},
        at_counter=True,
    )
    if asked is not None:
        payer, request = asked
        said = {"agent": agent.number, "agent_name": agent.name, "amount": amount, "fee": charge.published}
        more = {"levy": charge.levy, "service_code": pack.people_code}
        tell(unit, payer, "asked_cash", said | more, expires_at=request.expires_at)


def price_cash_out(unit: Unit, *, request: Request, pack: Pack) -> Quote:
    """Price what an agent asks for and mint its entry's id, whether or not there is money for it.

    Raises UnknownAgent or NotOffered.
    """
    agent = agent_by_number(unit, request.values["agent"])
    charge = pack.charge("withdraw", request.amount, unit.now)
    return Quote(unit.mint(), request.id, agent.number, agent.name, request.amount, *charge)


def refuse_cash_out(unit: Unit, *, payer: Person, quote: Quote) -> None:
    """Raise RequestOver, PinLocked, OverSingle, OverCap or NotEnough before the PIN is asked."""
    open_request(unit, payer, quote.request)
    refuse_locked(unit, payer)
    refuse_halted(unit, payer.country)
    refuse_unseen_sim(unit, payer, quote.amount)
    refuse_over(limits_of(unit, payer), quote.amount)
    balance = unit.books.balance(wallet_of(payer))
    if quote.total > balance:
        raise NotEnough(balance=balance, total=quote.total)


def give_cash(unit: Unit, *, payer: Person, quote: Quote, pack: Pack) -> Receipt:
    """Move the money to the agent's float in one entry and tell the agent to pay; the payer has been unlocked.

    Raises RequestOver, QuoteChanged, OverSingle, or NotEnough and OverCap as the ledger decides.
    """
    source = wallet_of(payer)
    if receipt := already(unit, quote.entry, source):
        return receipt
    unit.rows.ahead(Asked.lock(Request, quote.request), live_at(quote.agent))
    request = open_request(unit, payer, quote.request, lock=True)
    agent = unit.rows.get(Agent, quote.agent)
    charge = pack.charge("withdraw", request.amount, unit.now)
    if agent is None or (agent.name, agent.state, charge) != (quote.agent_name, "active", quote.charge):
        raise QuoteChanged
    if quote.amount > (single := tier_of(unit, payer).single):
        raise OverSingle(single=single)
    kept = used_up(unit, agent.number, payer.id)
    target = float_of(agent, pack.country)
    paid = Move(source, target, quote.amount, Reason.WITHDRAW)
    earned, pair = earn(unit, service="withdraw", agent=agent, person_id=payer.id, amount=quote.amount, pack=pack)
    entry = Entry(
        id=quote.entry,
        reason=Reason.WITHDRAW,
        at=unit.now,
        moves=(paid, *charge_moves(source, charge), *earned),
        caps=(*caps_out(unit, payer, quote.amount), pair, cash_in_drawer(agent, -quote.amount)),
        once=f"request:{request.id}",
    )
    with in_its_words(unit, payer, quote.amount):
        posted = post(unit.books, entry)
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, source)
    approved(unit, request, quote.entry)
    use(unit, kept, quote.entry)
    _tell_both(unit, agent, payer, quote, receipt, posted.balances[target])
    return receipt


def _tell_both(unit: Unit, agent: Agent, payer: Person, quote: Quote, receipt: Receipt, left: int) -> None:
    keeper = keeper_of(unit, agent)
    common = {"reference": receipt.reference, "amount": quote.amount, "at": receipt.at.isoformat()}
    got = {
        "agent": agent.number,
        "agent_name": agent.name,
        "fee": quote.charge.published,
        "levy": quote.levy,
        "balance": receipt.balance,
    }
    gives = {"name": masked(payer.name), "number": mask_phone(payer.phone), "balance": left}
    tell(unit, payer, "withdrawn", common | got, entry=receipt.entry)
    tell(unit, keeper, "give_cash", common | gives, entry=receipt.entry)


def just_approved(unit: Unit, *, keeper: Person) -> Given | None:
    """Return the newest cash-out that a customer of this agent has approved, while it may still be at the counter."""
    rows = unit.rows.find(Request, asker=keeper.id, kind=CASH_OUT, state="approved", newest=True, limit=1)
    if not rows or rows[0].expires_at <= unit.now:
        return None
    payer = unit.rows.get(Person, rows[0].payer)
    assert payer is not None, f"no person {rows[0].payer}"
    return Given(masked(payer.name), rows[0].amount)
