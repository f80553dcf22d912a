"""Paying at a till: a quote with the merchant's name and all that it costs, then one entry.

The money goes to the till's takings, which no payer waits for, less what the merchant pays for being paid. It
arrives at once and is never taken back by the payer (F-06): the merchant refunds. Paid is what was quoted (S-15).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from service.countries import Charge, Pack
from service.ledger.books import Line
from service.ledger.chart import Reason
from service.ledger.entry import Cap, Entry, Move, NotEnough
from service.ledger.post import post
from service.phone import mask_phone
from service.wallet.account import counted_out, takings_of, wallet_of
from service.wallet.assistant import assistants_of, helping_at
from service.wallet.halt import refuse_halted
from service.wallet.limits import OverSingle, caps_out, in_its_words, limits_of, refuse_large_sale, refuse_over, tier_of
from service.wallet.merchant import Merchant
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.pin import refuse_locked
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.send import QuoteChanged, SelfPayment, charge_moves
from service.wallet.sim import refuse_unseen_sim
from service.wallet.till import UnknownTill, payable_till
from service.wallet.unit import Asked, Person, Unit


class Quote(NamedTuple):
    """A payment at a till as it is shown before the PIN, in minor units; `total` leaves the payer's wallet.

    `cost` and `cost_excise` are what the merchant pays, out of the amount.
    """

    entry: int
    till: str
    name: str
    owner: int
    amount: int
    fee: int
    excise: int
    levy: int
    cost: int
    cost_excise: int

    @property
    def charge(self) -> Charge:
        return Charge(self.fee, self.excise, self.levy)

    @property
    def total(self) -> int:
        return self.amount + self.charge.total

    @property
    def of_merchant(self) -> Charge:
        return Charge(self.cost, self.cost_excise)


def quote_pay(unit: Unit, *, payer: Person, till: str, amount: int) -> Quote:
    """Price a payment at a till and mint its entry's id.

    Raises PinLocked, SendsHalted, UnknownTill, SelfPayment, NotOffered, OverSingle (of the payer or of the till's
    owner), OverCap or NotEnough, in turn.
    """
    refuse_locked(unit, payer)
    refuse_halted(unit, payer.country)
    pack = unit.house.packs[payer.country]
    unit.rows.ahead(Asked.get(Merchant, till))
    unit.books.ahead(wallet_of(payer), *counted_out(payer, unit.now, pack))
    row, owner = payable_till(unit, till, payer.country)
    if owner.id == payer.id:
        raise SelfPayment
    quote = _priced(unit, pack, Quote(unit.mint(), row.number, row.name, owner.id, amount, 0, 0, 0, 0, 0))
    refuse_unseen_sim(unit, payer, amount)
    refuse_over(limits_of(unit, payer), amount)
    refuse_large_sale(unit, owner, amount)
    balance = unit.books.balance(wallet_of(payer))
    if quote.total > balance:
        raise NotEnough(balance=balance, total=quote.total)
    return quote


def _priced(unit: Unit, pack: Pack, quote: Quote) -> Quote:
    """Return a quote with the prices of this moment."""
    charge, cost = pack.charge("pay", quote.amount, unit.now), pack.cost_of_sale(quote.amount, unit.now)
    return quote._replace(**charge._asdict(), cost=cost.fee, cost_excise=cost.excise)


def pay_till(unit: Unit, *, payer: Person, quote: Quote, caps: tuple[Cap, ...] = ()) -> Receipt:
    """Move the quoted money in one entry, tell both sides and who helps there; the payer has been unlocked.

    Raises QuoteChanged, OverSingle, or a refusal of the ledger (NotEnough, OverCap) decided under its locks.
    """
    unit.rows.ahead(Asked.get(Merchant, quote.till), Asked.get(Person, quote.owner), helping_at(quote.till))
    source, pack = wallet_of(payer), unit.house.packs[payer.country]
    try:
        till, owner = payable_till(unit, quote.till, payer.country)
        now = _priced(unit, pack, quote._replace(name=till.name, owner=owner.id))
    except UnknownTill:
        now = None
    if now != quote:
        if receipt := already(unit, quote.entry, source):
            return receipt
        raise QuoteChanged
    if quote.amount > (single := tier_of(unit, payer).single):
        raise OverSingle(single=single)
    refuse_large_sale(unit, owner, quote.amount)
    helpers = assistants_of(unit, quote.till)
    takings = takings_of(till, payer.country)
    moves = (
        Move(source, takings, quote.amount, Reason.PAY),
        *charge_moves(source, quote.charge),
        *charge_moves(takings, quote.of_merchant),
    )
    caps = (*caps_out(unit, payer, quote.amount), *caps)
    with in_its_words(unit, payer, quote.amount):
        posted = post(unit.books, Entry(id=quote.entry, reason=Reason.PAY, at=unit.now, moves=moves, caps=caps))
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, source)
    if not posted.repeated:
        _tell_all(unit, payer, owner, helpers, quote, receipt)
    return receipt


def _tell_all(
    unit: Unit, payer: Person, owner: Person, helpers: Sequence[Person], quote: Quote, receipt: Receipt
) -> None:
    common = {"reference": receipt.reference, "amount": quote.amount, "till": quote.till, "at": receipt.at.isoformat()}
    paid = {
        "till_name": quote.name,
        "fee": quote.charge.published,
        "levy": quote.levy,
        "balance": receipt.balance,
    }
    got = {"name": masked(payer.name), "number": mask_phone(payer.phone), "fee": quote.of_merchant.published}
    tell(unit, payer, "paid", common | paid, entry=quote.entry)
    tell(unit, owner, "sale", common | got, entry=quote.entry)
    for helper in helpers:
        if helper.id != payer.id:
            tell(unit, helper, "sale", common | got)


def just_paid_till(unit: Unit, payer: Person, quote: Quote, lines: Sequence[Line]) -> Mapping[str, Any] | None:
    """Return the last payment of the same amount at the same till if it is younger than the pack's window (W-05).

    `lines` are the newest of the payer's wallet.
    """
    since = unit.now - timedelta(seconds=unit.house.packs[payer.country].repeat_window_seconds)
    for line in lines:
        if line.at < since:
            return None
        if (line.move.reason, line.move.amount, line.move.target.owner) == (Reason.PAY, quote.amount, quote.till):
            return {"reference": unit.house.references.write(line.entry)}
    return None
