"""What a merchant does with takings: sees the day's sales, moves them to the wallet, gives some of them back.

Takings keep no balance that is locked. Only what is here takes from them, and it locks the till's row first: so what it
adds up can only have grown meanwhile, and takings are never below zero.
"""

from datetime import datetime
from typing import NamedTuple

from service.clock import day
from service.countries import Pack
from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Cap, Entry, Move
from service.ledger.post import post
from service.refusal import Refusal
from service.wallet.account import takings_of, wallet_of
from service.wallet.agent import lines_since
from service.wallet.limits import ceiling_of, given_back
from service.wallet.merchant import Merchant
from service.wallet.metered import Meter
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.people import may_receive
from service.wallet.pin import refuse_locked
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.send import QuoteChanged
from service.wallet.statement import UnknownReference, undone
from service.wallet.till import own_till
from service.wallet.unit import Person, Unit

SALES = (Reason.PAY, Reason.BUY)
"""What comes into a till: payments there, and content that is sold."""


class NoTakings(Refusal):
    """There is nothing in the till, or less than is asked for."""

    says = ("takings",)


class TillShort(Refusal):
    """There is less in the till than is to be given back."""

    says = ("takings",)


class NotASale(Refusal):
    """The reference is of nothing that was paid at this till."""


class RefundedAlready(Refusal):
    """Of this payment no more than this can still be given back."""

    says = ("left",)


class Sales(NamedTuple):
    """A till's day so far, in minor units: how many payments, of how much, what they cost, and what is in the till."""

    entries: int
    amount: int
    cost: int
    takings: int


class Settlement(NamedTuple):
    """Takings that are about to go to the owner's wallet; `entry` is the one that will be posted."""

    entry: int
    till: str
    amount: int


class Refund(NamedTuple):
    """What is about to be given back of a payment; `entry` is the one that will be posted."""

    entry: int
    till: str
    payment: int
    payer: int
    name: str
    amount: int


def sales_today(unit: Unit, till: Merchant, pack: Pack) -> Sales:
    """Return what was paid at a till since midnight of the country."""
    account = takings_of(till, pack.country)
    midnight = datetime.combine(day(unit.now, pack.zone), datetime.min.time(), tzinfo=pack.zone)
    lines = lines_since(unit, account, midnight)
    sales = [line.amount for line in lines if line.move.reason in SALES]
    cost = -sum(line.amount for line in lines if line.move.reason in (Reason.FEE, Reason.EXCISE))
    return Sales(len(sales), sum(sales), cost, unit.books.balance(account))


def quote_settlement(unit: Unit, *, owner: Person, till: str) -> Settlement:
    """Return all that is in a till, or what of it the wallet has room for, to be moved there; it costs nothing.

    Raises PinLocked, UnknownTill or NoTakings.
    """
    refuse_locked(unit, owner)
    row = own_till(unit, owner, till)
    room = max(0, ceiling_of(unit, owner).most - unit.books.balance(wallet_of(owner)))
    takings = unit.books.balance(takings_of(row, owner.country))
    if not (amount := min(takings, room)):
        raise NoTakings(takings=takings)
    return Settlement(unit.mint(), row.number, amount)


def settle(unit: Unit, *, owner: Person, settlement: Settlement, once: str | None = None) -> Receipt:
    """Move takings to the owner's wallet; the owner has been unlocked, or it is done for them, `once` under a name.

    Raises UnknownTill, QuoteChanged or TooFull.
    """
    till = own_till(unit, owner, settlement.till, lock=True)
    source, target = takings_of(till, owner.country), wallet_of(owner)
    if receipt := already(unit, settlement.entry, target):
        return receipt
    if unit.books.balance(source) < settlement.amount:
        raise QuoteChanged
    posted = post(
        unit.books,
        Entry(
            id=settlement.entry,
            reason=Reason.SWEEP,
            at=unit.now,
            moves=(Move(source, target, settlement.amount, Reason.SWEEP),),
            ceilings=(ceiling_of(unit, owner),),
            once=once,
        ),
    )
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, target)
    said = {"reference": receipt.reference, "amount": settlement.amount, "till": till.number}
    tell(unit, owner, "settled", said | {"balance": receipt.balance, "at": receipt.at.isoformat()}, entry=posted.id)
    return receipt


def purse(unit: Unit, owner: Person, number: str, *, lock: bool = False) -> Account:
    """Return the account that cash is taken out of: of a till of one's own, locked before it is taken from, or the
    wallet where none is named. Raises UnknownTill.
    """
    return takings_of(own_till(unit, owner, number, lock=lock), owner.country) if number else wallet_of(owner)


def quote_refund(unit: Unit, *, owner: Person, till: str, text: str, amount: int | None = None) -> Refund:
    """Return what can be given back of the payment that a reference names: the most, or an amount.

    The most is what is left of it, and in the till: what being paid has cost the merchant does not come back.
    Raises PinLocked, UnknownTill, UnknownReference, NotASale, UnknownPerson, RefundedAlready or TillShort.
    """
    refuse_locked(unit, owner)
    row = own_till(unit, owner, till)
    sale = _sale(unit, row, owner.country, text)
    payer = may_receive(unit.rows.get(Person, _payer_of(unit, sale)), owner.country)
    left = sale.moves[0].amount - unit.books.used(undone(sale.id))
    takings = unit.books.balance(takings_of(row, owner.country))
    wanted = min(left, takings) if amount is None else amount
    if not 0 < left >= wanted:
        raise RefundedAlready(left=left)
    if not 0 < wanted <= takings:
        raise TillShort(takings=takings)
    return Refund(unit.mint(), row.number, sale.id, payer.id, masked(payer.name), wanted)


def _sale(unit: Unit, till: Merchant, country: str, text: str) -> Recorded:
    entry = unit.house.references.read(text)
    recorded = unit.books.entry(entry) if entry is not None else None
    if recorded is None:
        raise UnknownReference
    if recorded.reason not in SALES or recorded.moves[0].target != takings_of(till, country):
        raise NotASale
    return recorded


def _payer_of(unit: Unit, sale: Recorded) -> int:
    """Return who paid: what a meter has charged comes out of what was set aside for it."""
    source = sale.moves[0].source
    meter = unit.rows.get(Meter, int(source.owner)) if source.kind == Kind.HELD else None
    return meter.person if meter else int(source.owner)


def refund(unit: Unit, *, owner: Person, refund: Refund) -> Receipt:
    """Give back what was quoted, out of the till, with the limit of the day on which it was paid.

    The owner has been unlocked. Raises UnknownTill, QuoteChanged (the payer or the takings are gone, or somebody else
    gave it back meanwhile) or TooFull.
    """
    till = own_till(unit, owner, refund.till, lock=True)
    source, sale = takings_of(till, owner.country), unit.books.entry(refund.payment)
    payer = unit.rows.get(Person, refund.payer)
    assert sale is not None, f"no payment {refund.payment}"
    assert payer is not None, f"no person {refund.payer}"
    target = wallet_of(payer)
    if receipt := already(unit, refund.entry, target):
        return receipt
    paid = sale.moves[0].amount
    left = min(paid - unit.books.used(undone(sale.id)), unit.books.balance(source))
    if refund.amount > left or payer.state == "closed":
        raise QuoteChanged
    posted = post(
        unit.books,
        Entry(
            id=refund.entry,
            reason=Reason.REFUND,
            at=unit.now,
            moves=(Move(source, target, refund.amount, Reason.REFUND),),
            ceilings=(ceiling_of(unit, payer),),
            caps=(
                Cap(undone(sale.id), refund.amount, paid),
                *given_back(unit, payer, refund.amount, counted_at=sale.at),
            ),
        ),
    )
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, target)
    common = {
        "reference": receipt.reference,
        "original": unit.house.references.write(sale.id),
        "amount": refund.amount,
        "till": till.number,
        "at": receipt.at.isoformat(),
    }
    tell(unit, payer, "refunded", common | {"till_name": till.name, "balance": receipt.balance}, entry=posted.id)
    tell(unit, owner, "refund_paid", common | {"name": refund.name}, entry=posted.id)
    return receipt
