"""Sending money to another person: a quote that shows everything, then one entry.

The entry's id is minted with the quote, so that whatever is retried later is the same payment. What is paid is what
was quoted: if name, fee or limit have changed in between, the payment is refused and quoted again (S-15).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from service.countries import Charge, Pack, cash_cost
from service.ledger.books import Line
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Cap, Entry, Move, NotEnough, TooFull
from service.ledger.post import held_by, post
from service.phone import mask_phone
from service.refusal import Refusal
from service.wallet.account import counted_out, house_account, wallet_of
from service.wallet.agent import agent_of
from service.wallet.halt import refuse_halted
from service.wallet.known import KNOWN, look_up, pay_back
from service.wallet.limits import (
    OverSingle,
    caps_out,
    ceiling_of,
    in_its_words,
    limits_of,
    refuse_over,
    tier_of,
    waiting_of,
)
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.people import behind, may_receive, only
from service.wallet.pin import refuse_locked
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.seats import found_at
from service.wallet.sim import refuse_unseen_sim
from service.wallet.unit import Agent, Asked, Paid, Pending, Person, Unit


class SelfPayment(Refusal):
    """Payer and payee are the same person (I-08)."""


class QuoteChanged(Refusal):
    """What was shown is no longer what would be paid."""


class Quote(NamedTuple):
    """A payment as it is shown before the PIN, in minor units; `total` leaves the payer's wallet."""

    entry: int
    payee: int
    name: str
    amount: int
    fee: int
    excise: int
    levy: int = 0
    new: bool = False
    """The payer has never paid this person."""
    undo: int = 0
    """So many seconds the payment can still be taken back, and the payee waits for it; 0: it arrives at once."""

    @property
    def charge(self) -> Charge:
        return Charge(self.fee, self.excise, self.levy)

    @property
    def total(self) -> int:
        return self.amount + self.charge.total


class Room(NamedTuple):
    """What stands behind a quote: the most that the payer's limits still allow at once, and their balance."""

    most: int
    balance: int


def quote_send(unit: Unit, *, payer: Person, phone: str, amount: int, asked: bool = False) -> Quote:
    """Price a payment and mint its entry's id; `asked`: the payee has asked for it, so that the name is no secret.

    Raises PinLocked, SendsHalted, SelfPayment, TooManyLookups, WhichOne, UnknownPerson, NotOffered, OverSingle,
    OverCap or NotEnough, in turn.
    """
    return quote_in_room(unit, payer=payer, phone=phone, amount=amount, asked=asked)[0]


def quote_in_room(unit: Unit, *, payer: Person, phone: str, amount: int, asked: bool = False) -> tuple[Quote, Room]:
    """Price a payment as `quote_send` does, and say what room there was for it."""
    refuse_locked(unit, payer)
    refuse_halted(unit, payer.country)
    unit.rows.ahead(behind(phone), known_to(payer))
    unit.books.ahead(wallet_of(payer), *counted_out(payer, unit.now, unit.house.packs[payer.country]))
    payee, new = find_payee(unit, payer, phone, asked=asked)
    charge = unit.house.packs[payer.country].charge("send", amount, unit.now)
    refuse_unseen_sim(unit, payer, amount)
    limits = limits_of(unit, payer)
    refuse_over(limits, amount)
    undo = undo_seconds(unit, payee) if new else 0
    quote = Quote(unit.mint(), payee.id, masked(payee.name), amount, *charge, new, undo)
    balance = unit.books.balance(wallet_of(payer))
    if quote.total > balance:
        raise NotEnough(balance=balance, total=quote.total)
    return quote, Room(limits.at_once, balance)


def find_payee(unit: Unit, payer: Person, phone: str, *, asked: bool = False) -> tuple[Person, bool]:
    """Return whom a payer means by a number, and whether they have never paid them; `asked` is that of `quote_send`.

    Raises SelfPayment, TooManyLookups, WhichOne or UnknownPerson.
    """
    people = found_at(unit, payer, phone)
    if any(one.id == payer.id for one in people):
        raise SelfPayment
    # Nobody is asked about like somebody: an answer that is quicker would tell (V-04).
    new = not all(has_paid(unit, payer, each) for each in [one.id for one in people] or [NOBODY])
    if new and not asked:
        look_up(unit, payer, phone)
    found = only(people)
    payee = may_receive(None if new and not asked and found and found.unlisted else found, payer.country)
    return payee, new


def send_money(unit: Unit, *, payer: Person, quote: Quote, caps: tuple[Cap, ...] = ()) -> Receipt:
    """Move the quoted money in one entry and tell both sides; the payer has been unlocked.

    Raises QuoteChanged, OverSingle, or a refusal of the ledger (NotEnough, TooFull, OverCap) decided under its locks.
    """
    unit.rows.ahead(Asked.get(Person, quote.payee), *waiting_of(quote.payee), Asked.lock(Paid, payer.id, quote.payee))
    shop = None
    if quote.undo:
        unit.rows.ahead(Asked.find(Agent, person=quote.payee, limit=1))
        shop = agent_of(unit, quote.payee)
    payee = unit.rows.get(Person, quote.payee)
    assert payee is not None, f"no person {quote.payee}"
    source, pack = wallet_of(payer), unit.house.packs[payer.country]
    charge = pack.charge("send", quote.amount, unit.now)
    now = quote._replace(name=masked(payee.name), **charge._asdict())
    if now != quote or payee.state == "closed":
        if receipt := already(unit, quote.entry, source):
            return receipt
        raise QuoteChanged
    if quote.amount > (single := tier_of(unit, payer).single):
        raise OverSingle(single=single)
    with in_its_words(unit, payer, quote.amount):
        posted = post(unit.books, _entry(unit, payer, payee, quote, caps))
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, source)
    if posted.repeated:
        return receipt
    if quote.undo:
        _wait(unit, payer, payee, quote, receipt, by_staff=shop is not None)
        return receipt
    _tell_both(unit, payer, payee, quote, receipt, posted.balances[wallet_of(payee)])
    remember(unit, payer.id, payee.id)
    if quote.new:
        pay_back(unit, payer, payee.phone, looked_at=unit.now)
    return receipt


def _entry(unit: Unit, payer: Person, payee: Person, quote: Quote, caps: tuple[Cap, ...]) -> Entry:
    """Return the entry of a payment: to the payee, or set aside until it cannot be taken back any more."""
    source, target, ceiling = wallet_of(payer), wallet_of(payee), ceiling_of(unit, payee)
    moves: tuple[Move, ...] = (Move(source, target, quote.amount, Reason.SEND), *charge_moves(source, quote.charge))
    if quote.undo:
        # Whether there is room is decided when it arrives; that there is none now can be said at once.
        balance = unit.books.balance(target)
        if balance + quote.amount > ceiling.most and unit.books.entry(quote.entry) is None:
            raise TooFull(room=max(0, ceiling.most - balance))
        held = held_by(payer.country, quote.entry)
        unit.books.open(held)
        moves = (Move(source, held, quote.total, Reason.HOLD),)
    return Entry(
        id=quote.entry,
        reason=Reason.SEND,
        at=unit.now,
        moves=moves,
        ceilings=() if quote.undo else (ceiling,),
        caps=(*caps_out(unit, payer, quote.amount), *caps),
    )


def charge_moves(source: Account, charge: Charge) -> tuple[Move, ...]:
    """Return the moves of a charge: the operator's part and those of the state, where they are not zero."""
    country = source.country
    lines = (
        (charge.fee, Kind.FEES, Reason.FEE),
        (charge.excise, Kind.TAX, Reason.EXCISE),
        (charge.levy, Kind.TAX, Reason.LEVY),
    )
    return tuple(Move(source, house_account(country, kind), part, reason) for part, kind, reason in lines if part)


def _tell_both(unit: Unit, payer: Person, payee: Person, quote: Quote, receipt: Receipt, payee_balance: int) -> None:
    common = {"reference": receipt.reference, "amount": quote.amount, "at": receipt.at.isoformat()}
    paid = {
        "name": masked(payee.name),
        "number": mask_phone(payee.phone),
        "fee": quote.charge.published,
        "levy": quote.levy,
        "balance": receipt.balance,
    }
    got = {
        "name": masked(payer.name),
        "number": mask_phone(payer.phone),
        "balance": payee_balance,
        "cash": cash_cost(unit.house.packs[payee.country], quote.amount, unit.now),
    }
    tell(unit, payer, "sent", common | paid, entry=quote.entry)
    tell(unit, payee, "received", common | got, entry=quote.entry)


def _wait(unit: Unit, payer: Person, payee: Person, quote: Quote, receipt: Receipt, *, by_staff: bool) -> None:
    """Write down that the payer, or staff alone, can still send the money back, and tell both until when."""
    keys = ("reviewed", "review_coming") if by_staff else ("on_its_way", "coming")
    settles_at = receipt.at + timedelta(seconds=quote.undo)
    row = Pending(
        id=quote.entry,
        payer=payer.id,
        payee=payee.id,
        amount=quote.amount,
        fee=quote.fee,
        excise=quote.excise,
        levy=quote.levy,
        settles_at=settles_at,
    )
    unit.rows.append(row)
    common = {"reference": receipt.reference, "amount": quote.amount, "until": settles_at.isoformat()}
    paid = {
        "name": masked(payee.name),
        "number": mask_phone(payee.phone),
        "fee": quote.charge.published,
        "levy": quote.levy,
        "balance": receipt.balance,
    }
    tell(unit, payer, keys[0], common | paid, entry=quote.entry)
    tell(
        unit,
        payee,
        keys[1],
        common | {"name": masked(payer.name), "number": mask_phone(payer.phone)},
        entry=quote.entry,
    )


def remember(unit: Unit, payer: int, payee: int) -> None:
    """Count a payment that has arrived."""
    paid = unit.rows.lock(Paid, payer, payee)
    if paid is None:
        unit.rows.append(Paid(payer=payer, payee=payee, times=1, last_at=unit.now))
    else:
        unit.rows.put(replace(paid, times=paid.times + 1, last_at=unit.now))


NOBODY = 0
"""No person has this id."""


def known_to(payer: Person) -> Asked:
    """Return what `has_paid` will ask first."""
    return Asked.find(Paid, payer=payer.id, limit=KNOWN, newest=True)


def has_paid(unit: Unit, payer: Person, payee: int) -> bool:
    """Say whether money of this payer has ever arrived with this payee."""
    rows = unit.rows.find(Paid, payer=payer.id, limit=KNOWN, newest=True)
    if any(row.payee == payee for row in rows):
        return True
    return len(rows) == KNOWN and unit.rows.get(Paid, payer.id, payee) is not None


def undo_seconds(unit: Unit, payee: Person) -> int:
    """Return how long a first payment to somebody can be taken back; never what a shop was paid (F-06)."""
    seconds = unit.house.packs[payee.country].undo_seconds
    return seconds if seconds and agent_of(unit, payee.id) is None else 0


def just_paid(unit: Unit, payer: Person, quote: Quote, pack: Pack, lines: Sequence[Line]) -> Mapping[str, Any] | None:
    """Return the last payment of the same amount to the same person if it is younger than the pack's window (W-05).

    `lines` are the newest of the payer's wallet.
    """
    since = unit.now - timedelta(seconds=pack.repeat_window_seconds)
    entry = _just_begun(unit, payer, quote, since) if quote.undo else _just_sent(payer, quote, since, lines)
    return None if entry is None else {"reference": unit.house.references.write(entry)}


def _just_sent(payer: Person, quote: Quote, since: datetime, lines: Sequence[Line]) -> int | None:
    source = wallet_of(payer)
    for line in lines:
        if line.at < since:
            return None
        same = (line.move.reason, line.move.source, line.move.amount) == (Reason.SEND, source, quote.amount)
        if same and line.move.target.owner == str(quote.payee):
            return line.entry
    return None


def _just_begun(unit: Unit, payer: Person, quote: Quote, since: datetime) -> int | None:
    """Return such a payment that still waits: what was taken back may be paid again."""
    for row in unit.rows.find(Pending, payer=payer.id, state="waiting", newest=True):
        recorded = unit.books.entry(row.id)
        assert recorded is not None, f"no hold {row.id}"
        if (row.payee, row.amount) == (quote.payee, quote.amount) and recorded.at >= since:
            return row.id
    return None
