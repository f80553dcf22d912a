"""A payment as it is offered before the PIN: its quote, what cash will cost the payee, and what would be cheaper.

The payer may pay for the cash too: then so much more is sent that the payee can take the whole amount out.
"""

from typing import NamedTuple

from service.countries import NotOffered, Tip, cash_cost, cheaper_nearby
from service.wallet.send import Quote, Room, quote_in_room
from service.wallet.unit import Person, Unit


class Offer(NamedTuple):
    """A quote for an amount `asked`, in minor units.

    `cash` is what it costs the payee to take that amount out (0: free, or not offered); `cash_paid` says that the quote
    pays for it, `may_pay_cash` that it could. A tip is given for the amount that was typed only.
    """

    quote: Quote
    asked: int
    cash: int
    cash_paid: bool
    may_pay_cash: bool
    tip: Tip | None


def offer_send(
    unit: Unit, *, payer: Person, phone: str, amount: int, pay_cash: bool = False, asked: bool = False
) -> Offer:
    """Price a payment, with the payee's withdrawal of that amount if `pay_cash`; `asked` and what it raises are those
    of `quote_send`.
    """
    pack = unit.house.packs[payer.country]
    cash = cash_cost(pack, amount, unit.now)
    sent = amount + cash if pay_cash else amount
    quote, room = quote_in_room(unit, payer=payer, phone=phone, amount=sent, asked=asked)
    if pay_cash and cash:
        return Offer(quote, amount, cash, True, False, None)
    may = bool(cash) and _has_room(unit, payer, room, amount + cash)
    return Offer(quote, amount, cash, False, may, cheaper_nearby(pack, amount, unit.now))


def _has_room(unit: Unit, payer: Person, room: Room, amount: int) -> bool:
    try:
        charge = unit.house.packs[payer.country].charge("send", amount, unit.now)
    except NotOffered:
        return False
    return amount <= room.most and amount + charge.total <= room.balance
