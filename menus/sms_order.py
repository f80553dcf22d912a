"""Airtime and bills by SMS: what it costs and a code to answer with, or for more than a little a string to dial.

As with SEND nothing moves before the code. The provider is told after that, and another message says what came of it.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from menus.call import Call
from menus.fields import BILLERS_SHOWN
from menus.sms_answer import TO, Answer, PinInMessage, has_pin, is_phone, money_in, phone_of, to_dial
from service.countries import Biller
from service.money import Currency, read_amount
from service.phone import national, number_of
from service.refusal import Refusal
from service.wallet.challenge import ask_order_by_sms
from service.wallet.due import bring_up_to_date
from service.wallet.order import Quote, ask_biller, quote_airtime, quote_bill, read_account


class NotAirtime(Refusal):
    """After the word for airtime stands no amount, with or without a number behind it."""


class NotABill(Refusal):
    """After the word for bills stand no biller, account and amount."""

    says = ("billers",)


@lru_cache
def _airtime(currency: Currency) -> re.Pattern[str]:
    return re.compile(rf"{money_in(currency)}(?:[\s:,]+(?:(?:{TO}|for|wa|ya)\s+|le\s*)?(\+?[0-9].*))?", re.I)


@lru_cache
def _bill(currency: Currency) -> re.Pattern[str]:
    return re.compile(rf"(\S+)\s+(\S+)(?:\s+{money_in(currency)}(\s.*)?)?", re.I)


def top_up(call: Call, text: str) -> Answer | Refusal:
    """Quote airtime: `AIRTIME 50` for the number that asks, `AIRTIME 50 0722000002` for another."""
    found = _airtime(call.pack.currency).fullmatch(text)
    if _ends_in_pin(found[2] or "" if found else text):
        raise PinInMessage
    if not found or is_phone(found[1], call):
        raise NotAirtime
    amount = read_amount(found[1].rstrip(".,"), call.pack.currency)
    phone = phone_of(found[2], call) if found[2] else number_of(call.phone)
    bring_up_to_date(call.unit, call.caller)
    try:
        quote = quote_airtime(call.unit, payer=call.caller, phone=phone, amount=amount)
        dial = to_dial(call, "4", national(phone) if found[2] else "1", amount=amount)
        return _asked(call, quote, {"phone": phone}, {"dial": dial})
    except Refusal as no:
        return no  # the network stays asked about the SIM, and staff hear of what a rule delays


def pay_bill(call: Call, text: str) -> Answer | Refusal:
    """Quote a bill: `BILL STIMA 12345678901 500`; without an amount, what is due."""
    found = _bill(call.pack.currency).fullmatch(text)
    if _ends_in_pin(found[4] or "" if found else text):
        raise PinInMessage
    biller = _biller(call, found[1]) if found else None
    if found is None or biller is None or found[4]:
        raise NotABill(billers=_names(call))
    account = read_account(found[2])
    if has_pin(account) and not re.fullmatch(biller.account, account, re.ASCII):
        raise PinInMessage
    amount = read_amount(found[3].rstrip(".,"), call.pack.currency) if found[3] else 0
    bring_up_to_date(call.unit, call.caller)
    try:
        asked = ask_biller(call.unit, call.caller, biller.code, account)
        amount = amount or asked.due or 0
        if not amount:
            return NotABill(billers=_names(call))
        quote = quote_bill(call.unit, payer=call.caller, asked=asked, amount=amount)
        shown = {"biller": biller.name, "account": account, "holder": asked.holder}
        return _asked(call, quote, shown, {"service_code": call.pack.people_code})
    except Refusal as no:  # an account that was looked up stays counted, too
        return no


def _ends_in_pin(text: str) -> bool:
    """Say whether the last word may be a PIN."""
    return re.search(r"(?<!\S)[0-9]{4}\W*$", text) is not None


def _asked(call: Call, quote: Quote, shown: Mapping[str, str], dial: Mapping[str, str]) -> Answer:
    values = {"amount": quote.amount, "fee": quote.charge.total, "total": quote.total, **shown}
    if ask_order_by_sms(call.unit, payer=call.caller, quote=quote, pack=call.pack):
        values |= {"challenge": quote.entry, "minutes": max(1, call.pack.challenge_seconds // 60)}
        return Answer(f"{quote.kind}_code", values, seconds=call.pack.challenge_seconds)
    return Answer(f"{quote.kind}_dial", {**values, **dial})


def _biller(call: Call, named: str) -> Biller | None:
    """Find a biller by its code, or by the first word of its name."""
    found = [one for one in call.pack.billers if named.upper() in (one.code, _word(one))]
    return found[0] if len(found) == 1 else None


def _word(biller: Biller) -> str:
    return biller.name.split()[0].upper()


def _names(call: Call) -> str:
    """Return what billers can be called, as many as there is room for."""
    words = [_word(one) for one in call.pack.billers]
    return next(text for end in range(len(words), -1, -1) if len(text := ", ".join(words[:end])) <= BILLERS_SHOWN)
