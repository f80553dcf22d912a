"""Asking somebody for money: they find the request among their approvals, and a yes is a payment like any other."""

from service.phone import mask_phone
from service.wallet.account import wallet_of
from service.wallet.assistant import served_till
from service.wallet.inbox import approved, ask, open_request
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.offer import Offer, offer_send
from service.wallet.pay import Quote as SaleQuote
from service.wallet.pay import pay_till
from service.wallet.receipt import Receipt, already
from service.wallet.send import Quote, send_money
from service.wallet.unit import Person, Request, Unit

PAYMENT = "payment"
TILL = "till"


def ask_payment(unit: Unit, *, asker: Person, phone: str, amount: int) -> None:
    """Ask whoever is behind a number for an amount; the asker is not told whether anybody is.

    Raises NotOffered, SelfPayment, TooManyLookups, WhichOne, AskedEnough or DeclinedTwice.
    """
    pack = unit.house.packs[asker.country]
    pack.charge("send", amount, unit.now)
    asked = ask(
        unit,
        kind=PAYMENT,
        asker=asker,
        phone=phone,
        amount=amount,
        seconds=pack.payment_request_seconds,
        values={},
    )
    if asked is not None:
        payer, request = asked
        said = {"name": masked(asker.name), "number": mask_phone(asker.phone), "amount": amount}
        tell(unit, payer, "asked_payment", said | {"service_code": pack.people_code}, expires_at=request.expires_at)


def ask_sale(unit: Unit, *, merchant: Person, till: str, phone: str, amount: int) -> None:
    """Ask whoever is behind a number to pay at a till; who asks, its owner or a helper, is not told whether anybody is.

    Raises UnknownTill, NotOffered, SelfPayment, AskedEnough or DeclinedTwice.
    """
    pack, row = unit.house.packs[merchant.country], served_till(unit, merchant, till)
    pack.charge("pay", amount, unit.now)
    seconds = pack.payment_request_seconds
    asked = ask(
        unit, kind=TILL, asker=merchant, phone=phone, amount=amount, seconds=seconds, values={"till": row.number}
    )
    if asked is not None:
        payer, request = asked
        said = {"till": row.number, "till_name": row.name, "amount": amount, "service_code": pack.people_code}
        tell(unit, payer, "asked_sale", said, expires_at=request.expires_at)


def pay_sale(unit: Unit, *, payer: Person, request_id: int, quote: SaleQuote) -> Receipt:
    """Pay at the till that has asked, once; raises RequestOver or what pay_till raises."""
    if receipt := already(unit, quote.entry, wallet_of(payer)):
        return receipt
    request = open_request(unit, payer, request_id, lock=True)
    assert (request.values["till"], request.amount) == (quote.till, quote.amount), f"request {request_id} is another"
    receipt = pay_till(unit, payer=payer, quote=quote)
    # Nothing may refuse after this line.
    approved(unit, request, quote.entry)
    return receipt


def offer_request(unit: Unit, *, payer: Person, request: Request, pay_cash: bool = False) -> Offer:
    """Price the payment that was asked for, with the asker's withdrawal if wished; raises what quote_send raises."""
    asker = unit.rows.get(Person, request.asker)
    assert asker is not None, f"no person {request.asker}"
    return offer_send(unit, payer=payer, phone=asker.address, amount=request.amount, pay_cash=pay_cash, asked=True)


def pay_request(unit: Unit, *, payer: Person, request_id: int, quote: Quote) -> Receipt:
    """Pay what was asked for, once; raises RequestOver or what send_money raises."""
    if receipt := already(unit, quote.entry, wallet_of(payer)):
        return receipt
    request = open_request(unit, payer, request_id, lock=True)
    assert request.asker == quote.payee, f"request {request_id} was quoted otherwise"
    assert request.amount <= quote.amount, f"request {request_id} was quoted for less"
    receipt = send_money(unit, payer=payer, quote=quote)
    # Nothing may refuse after this line.
    approved(unit, request, quote.entry)
    return receipt
