"""Withdrawing cash: the person asks, the money is held, and an agent who is shown the code pays it out.

The code is derived and never stored; it is good at one agent, for one amount, until the hold expires. Time decides
that it has expired; the worker only tidies.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from service.countries import Charge, Pack
from service.ledger.chart import Reason
from service.ledger.entry import Entry, Move, NotEnough
from service.ledger.post import held_by, hold, post, release, resolves
from service.phone import mask_phone
from service.reference import one_time_code
from service.refusal import Refusal
from service.wallet.account import float_of, wallet_of
from service.wallet.agent import UnknownAgent, agent_by_number, earn, keeper_of
from service.wallet.batch import Bulk
from service.wallet.drawer import cash_in_drawer
from service.wallet.halt import refuse_halted
from service.wallet.limits import OverSingle, caps_out, given_back, in_its_words, limits_of, refuse_over, tier_of
from service.wallet.name import masked
from service.wallet.notice import tell, tell_number
from service.wallet.people import people_at
from service.wallet.pin import receive_only_until, refuse_locked
from service.wallet.promise import live_at, use, used_up
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.send import QuoteChanged, SelfPayment, charge_moves
from service.wallet.sim import refuse_unseen_sim
from service.wallet.takings import purse
from service.wallet.tally import count
from service.wallet.unit import Agent, Asked, Person, Unit, Voucher, Withdrawal
from service.wallet.wrong_codes import refuse_guesses, wrong_codes

MOST_WAITING = 5
"""Codes of one person that may wait at a time: nobody takes cash at more shops, and a thousand would crowd a shop."""

VOUCHER = "voucher"
"""Stands for the agent of a withdrawal that any agent may pay (voucher.py)."""

NO_LIMIT = 2**31


class TooManyWaiting(Refusal):
    """So many withdrawals of this person wait already that no more are begun."""


class WrongCode(Refusal):
    """No withdrawal waits at this agent under this code."""


class Quote(NamedTuple):
    """A withdrawal as it is shown before the PIN, in minor units; `total` leaves the wallet."""

    entry: int
    agent: str
    agent_name: str
    amount: int
    fee: int
    excise: int
    levy: int = 0
    till: str = ""
    """Whose takings are taken out; without one it is the wallet."""

    @property
    def charge(self) -> Charge:
        return Charge(self.fee, self.excise, self.levy)

    @property
    def total(self) -> int:
        return self.amount + self.charge.total


class Payout(NamedTuple):
    """A withdrawal as the agent sees it before paying out cash; `entry` is the one that will be posted."""

    entry: int
    withdrawal: int
    name: str
    amount: int
    voucher: bool = False
    opened: bool = False
    """Whether the secret of a voucher was given."""


def quote_withdrawal(unit: Unit, *, payer: Person, agent_number: str, amount: int, till: str = "") -> Quote:
    """Price a withdrawal; raises PinLocked, TooManyWaiting, UnknownAgent, SelfPayment, UnknownTill, NotOffered,
    OverSingle, OverCap, NotEnough.

    One talk of a phone is live at a time, so that no other withdrawal can begin between this and the PIN.
    """
    refuse_locked(unit, payer)
    if len(unit.rows.find(Withdrawal, person=payer.id, state="waiting", limit=MOST_WAITING)) == MOST_WAITING:
        raise TooManyWaiting
    agent = agent_by_number(unit, agent_number)
    if agent.person == payer.id:
        raise SelfPayment
    if keeper_of(unit, agent).country != payer.country:
        raise UnknownAgent
    charge = may_withdraw(unit, payer, amount, till)
    return Quote(unit.mint(), agent.number, agent.name, amount, *charge, till)


def may_withdraw(unit: Unit, payer: Person, amount: int, till: str = "") -> Charge:
    """Return what it costs a person to take out an amount; raises NotOffered, SimUnseen, OverSingle, OverCap, NotEnough
    where they could not now.
    """
    refuse_halted(unit, payer.country)
    charge = unit.house.packs[payer.country].charge("withdraw", amount, unit.now)
    refuse_unseen_sim(unit, payer, amount)
    refuse_over(limits_of(unit, payer), amount)
    balance, total = unit.books.balance(purse(unit, payer, till)), amount + charge.total
    if total > balance:
        raise NotEnough(balance=balance, total=total)
    return charge


def withdraw(unit: Unit, *, payer: Person, quote: Quote, pack: Pack) -> Receipt:
    """Hold amount and charge for the agent named and queue the code by SMS; the payer has been unlocked."""
    source = purse(unit, payer, quote.till, lock=True)
    charge = pack.charge("withdraw", quote.amount, unit.now)
    agent = unit.rows.get(Agent, quote.agent)
    now = quote._replace(**charge._asdict())
    if now != quote or agent is None or (agent.name, agent.state) != (quote.agent_name, "active"):
        if receipt := already(unit, quote.entry, source):
            return receipt
        raise QuoteChanged
    if quote.amount > (single := tier_of(unit, payer).single):
        raise OverSingle(single=single)
    if quote.till:  # takings keep no balance that could refuse: they are added up under the till's lock
        if receipt := already(unit, quote.entry, source):
            return receipt
        if (takings := unit.books.balance(source)) < quote.total:
            raise NotEnough(balance=takings, total=quote.total)
    with in_its_words(unit, payer, quote.amount):
        posted = hold(
            unit.books,
            entry_id=quote.entry,
            at=unit.now,
            source=source,
            amount=quote.total,
            caps=caps_out(unit, payer, quote.amount),
        )
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, source)
    if not posted.repeated:
        expires_at = unit.now + timedelta(seconds=pack.withdrawal_seconds)
        unit.rows.add(
            Withdrawal(
                id=quote.entry,
                person=payer.id,
                agent=quote.agent,
                amount=quote.amount,
                fee=quote.fee,
                excise=quote.excise,
                levy=quote.levy,
                expires_at=expires_at,
                till=quote.till,
            )
        )
        values = {
            "reference": receipt.reference,
            "amount": quote.amount,
            "agent": quote.agent,
            "fee": quote.charge.published,
            "levy": quote.levy,
            "hold": quote.entry,
            "until": expires_at.isoformat(),
        }
        tell(unit, payer, "withdrawal_code", values, entry=quote.entry, expires_at=expires_at)
    return receipt


def withdrawal_code(code_key: bytes, hold: int) -> str:
    """Return the seven digits that prove a withdrawal to its agent."""
    return one_time_code(code_key, "withdraw", hold, 0)


Find = Callable[[Unit, str], "Payout | None"]
"""Looks for a code among what waits for no agent."""


def find_payout(
    unit: Unit, *, agent: Agent, keeper: Person, code: str, otherwise: Find | None = None
) -> Payout | Refusal:
    """Return the withdrawal that waits at this agent under this code; a wrong code is counted and must be committed.

    `otherwise` is where to look next.
    """
    refuse_locked(unit, keeper)
    refuse_guesses(unit, agent)
    for row in unit.rows.find(Withdrawal, agent=agent.number, state="waiting", limit=NO_LIMIT):
        is_its_code = any(withdrawal_code(key, row.id) == code for key in unit.house.code_keys)
        if is_its_code and row.expires_at > unit.now:
            person = unit.rows.get(Person, row.person)
            assert person is not None, f"no person {row.person}"
            if person.state != "active" or receive_only_until(unit, person):
                break
            return Payout(unit.mint(), row.id, masked(person.name), row.amount)
    if otherwise is not None and (found := otherwise(unit, code)) and _held_in(unit, found) == keeper.country:
        return found
    count(unit, wrong_codes(unit, agent), 1)
    return WrongCode()


def _held_in(unit: Unit, payout: Payout) -> str:
    """Return the country in whose money a withdrawal is held: only its agents can pay it."""
    recorded = unit.books.entry(payout.withdrawal)
    assert recorded is not None, f"no hold {payout.withdrawal}"
    return recorded.moves[0].source.country


def pay_out(unit: Unit, *, agent: Agent, keeper: Person, payout: Payout, pack: Pack) -> Receipt:
    """Give the held money to the agent's float, who pays cash; raises WrongCode if it is gone or too late."""
    unit.rows.ahead(Asked.lock(Withdrawal, payout.withdrawal), live_at(agent.number))
    row = unit.rows.lock(Withdrawal, payout.withdrawal)
    assert row is not None, f"no withdrawal {payout.withdrawal}"
    held, target = held_by(pack.country, row.id), float_of(agent, pack.country)
    if receipt := already(unit, payout.entry, target):
        return receipt
    mine = payout.opened if row.agent == VOUCHER else row.agent == agent.number
    if row.state != "waiting" or row.expires_at <= unit.now or not mine:
        raise WrongCode
    if not may_be_paid(unit, row):
        raise WrongCode
    kept = used_up(unit, agent.number, *_takers(unit, row))
    batch = _batch_of(unit, row)
    customer = row.id if batch else row.person  # each who is paid by a batch is a customer of their own
    earned, pair = earn(unit, service="withdraw", agent=agent, person_id=customer, amount=row.amount, pack=pack)
    charge = charge_moves(held, Charge(row.fee, row.excise, row.levy))
    posted = post(
        unit.books,
        Entry(
            id=payout.entry,
            reason=Reason.WITHDRAW,
            at=unit.now,
            moves=(Move(held, target, row.amount, Reason.WITHDRAW), *charge, *earned),
            caps=(pair, cash_in_drawer(agent, -row.amount)),
            once=resolves(row.id),
        ),
    )
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, target)
    unit.rows.put(replace(row, state="paid", agent=agent.number))
    use(unit, kept, receipt.entry)
    _tell_paid(unit, agent, keeper, row, batch, receipt)
    return receipt


def may_be_paid(unit: Unit, row: Withdrawal) -> bool:
    """Say whether cash may go out for a withdrawal: not from a wallet that is blocked, or whose SIM is new."""
    person = unit.rows.get(Person, row.person)
    if person is None:
        return _batch_of(unit, row) is not None
    return person.state == "active" and receive_only_until(unit, person) is None


def _batch_of(unit: Unit, row: Withdrawal) -> Bulk | None:
    """Return the batch that a voucher was sent from: it then stands where a person does."""
    return unit.rows.get(Bulk, row.person) if row.agent == VOUCHER else None


def _takers(unit: Unit, row: Withdrawal) -> tuple[int, ...]:
    """Return who may come for the cash: of a voucher its receiver, too, if they have a wallet."""
    if row.agent != VOUCHER:
        return (row.person,)
    voucher = unit.rows.get(Voucher, row.id)
    assert voucher is not None, f"no voucher {row.id}"
    return (row.person, *(one.id for one in people_at(unit, voucher.phone)))


def _tell_paid(unit: Unit, agent: Agent, keeper: Person, row: Withdrawal, batch: Bulk | None, receipt: Receipt) -> None:
    common = {"reference": receipt.reference, "amount": row.amount, "at": receipt.at.isoformat()}
    if batch:
        number = {"number": _receiver(unit, row)}
        _tell_receiver(unit, batch, row, "voucher_taken", common | {"agent": agent.number}, receipt.entry)
        tell(unit, keeper, "voucher_paid_out", common | number | {"balance": receipt.balance}, entry=receipt.entry)
        return
    person = unit.rows.get(Person, row.person)
    assert person is not None, f"no person {row.person}"
    if row.agent == VOUCHER:
        number = {"number": _receiver(unit, row)}
        balance = {"balance": unit.books.balance(wallet_of(person))}
        tell(unit, person, "voucher_paid", common | number | balance | {"agent": agent.number}, entry=receipt.entry)
        tell(unit, keeper, "voucher_paid_out", common | number | {"balance": receipt.balance}, entry=receipt.entry)
        return
    got = {
        "agent": agent.number,
        "agent_name": agent.name,
        "fee": row.fee + row.excise,
        "levy": row.levy,
        **({"purse": row.till} if row.till else {"balance": unit.books.balance(wallet_of(person))}),
    }
    paid = {"name": masked(person.name), "number": mask_phone(person.phone), "balance": receipt.balance}
    tell(unit, person, "withdrawn", common | got, entry=receipt.entry)
    tell(unit, keeper, "paid_out", common | paid, entry=receipt.entry)


def return_expired(unit: Unit, *, limit: int = 1) -> int:
    """Give back the money of withdrawals whose time is over, one in a commit; says how many.

    More than one would lock wallets in the order in which holds expire, and postings lock them in the order of ids.
    """
    rows = unit.rows.due(Withdrawal, before=unit.now, state="waiting", limit=limit)
    for row in rows:
        give_back(unit, row)
    return len(rows)


def return_expired_of(unit: Unit, person: Person) -> None:
    """Give a person their expired holds back at once, so that what they are shown is true (L-12)."""
    waiting: Sequence[Withdrawal] = unit.rows.find(Withdrawal, person=person.id, state="waiting")
    # All rows are locked before the wallet is: the worker takes a row first, too.
    expired = [unit.rows.lock(Withdrawal, row.id) for row in waiting if row.expires_at <= unit.now]
    for row in expired:
        if row is not None and row.state == "waiting":
            give_back(unit, row)


def give_back(unit: Unit, row: Withdrawal) -> None:
    """Give what a withdrawal holds back to its owner, with the limit of its day, and tell them; the row is locked."""
    recorded = unit.books.entry(row.id)
    assert recorded is not None, f"no hold {row.id}"
    if batch := _batch_of(unit, row):
        posted = release(unit.books, entry_id=unit.mint(), at=unit.now, held=recorded)
        unit.rows.put(replace(row, state="returned"))
        return _tell_receiver(unit, batch, row, "voucher_over", {"amount": row.amount}, posted.id)
    person = unit.rows.get(Person, row.person)
    assert person is not None, f"no person {row.person}"
    # The limit of the day on which the money was held is given back with the money.
    caps = given_back(unit, person, row.amount, counted_at=recorded.at)
    posted = release(unit.books, entry_id=unit.mint(), at=unit.now, held=recorded, caps=caps)
    unit.rows.put(replace(row, state="returned"))
    values = {
        "reference": unit.house.references.write(posted.id),
        "amount": row.held,
        "agent": row.agent,
        **({"purse": row.till} if row.till else {"balance": posted.balances[wallet_of(person)]}),
        "at": posted.at.isoformat(),
    }
    if row.agent != VOUCHER:
        tell(unit, person, "returned", values, entry=posted.id)
        return
    tell(unit, person, "voucher_returned", values | {"number": _receiver(unit, row)}, entry=posted.id)
    voucher = unit.rows.get(Voucher, row.id)
    assert voucher is not None, f"no voucher {row.id}"
    tell_number(unit, voucher.phone, person.language, "voucher_over", {"amount": row.amount})


def _tell_receiver(unit: Unit, batch: Bulk, row: Withdrawal, key: str, values: Mapping[str, Any], entry: int) -> None:
    voucher = unit.rows.get(Voucher, row.id)
    assert voucher is not None, f"no voucher {row.id}"
    language = unit.house.packs[batch.country].languages[0]
    tell_number(unit, voucher.phone, language, key, values, entry=entry)


def _receiver(unit: Unit, row: Withdrawal) -> str:
    voucher = unit.rows.get(Voucher, row.id)
    assert voucher is not None, f"no voucher {row.id}"
    return mask_phone(voucher.phone)


def code_is_good(unit: Unit, hold: int) -> bool:
    """Say whether cash still waits for a withdrawal's code."""
    row = unit.rows.get(Withdrawal, hold)
    return row is not None and row.state == "waiting" and row.expires_at > unit.now


def expires_at(unit: Unit, hold: int) -> datetime:
    """Return when a withdrawal's code stops being good."""
    row = unit.rows.get(Withdrawal, hold)
    assert row is not None, f"no withdrawal {hold}"
    return row.expires_at
