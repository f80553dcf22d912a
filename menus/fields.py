"""What people type and what they see: how it is read, how it is shown, and how wide it can get."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from menus.call import Call
from menus.prices import monthly, price_fields
from service.countries import IN_CHARGE, Pack
from service.countries.biller import ACCOUNT_NAME_SHOWN, LONGEST_ACCOUNT
from service.countries.biller import NAME_SHOWN as BILLER_SHOWN
from service.gsm7 import clip, downgrade, trim
from service.money import MILLION, BadAmount, read_amount, show_amount, show_amount_full, show_fine, show_number
from service.phone import BadPhone, national, read_phone
from service.refusal import Refusal
from service.ussd.screens import Field
from service.wallet.agent import BadAgentNumber, read_agent_number
from service.wallet.buy import IN_ONE_SMS
from service.wallet.calendar import BadDay, read_day
from service.wallet.challenge import challenge_code
from service.wallet.deposit import deposit_code
from service.wallet.groups import NAME_SHOWN as GROUP_SHOWN
from service.wallet.groups import BadGroupName, read_group_name
from service.wallet.item import LINE, LONGEST_ACCESS, TITLE_SHOWN, BadItemCode, read_item_code
from service.wallet.name import BadName, read_name
from service.wallet.nickname import LETTERS, MOST, SHOWN, BadNickname, UnknownNickname, called, read_nickname
from service.wallet.notice import BEHIND_PIN
from service.wallet.order import BadAccount, read_account
from service.wallet.people import BadIdNumber, read_id_number
from service.wallet.pin import BadPin, read_pin
from service.wallet.savings import NAME_SHOWN as POT_SHOWN
from service.wallet.savings import BadPotName, read_pot_name
from service.wallet.till import (
    LONGEST,
    NAME_SHOWN,
    SHORTEST,
    BadTillName,
    BadTillNumber,
    read_till_name,
    read_till_number,
)
from service.wallet.voucher import voucher_code
from service.wallet.withdraw import withdrawal_code

WIDEST_MONEY = 9_999_999_999
WIDEST_FEE = 999_999
WHY_SHOWN = 20
SEVERAL = 90
"""Letters that a message has for what it lists beside a sentence."""
BILLERS_SHOWN = 30
"""Letters that it has for the words that billers are called by."""
WIDEST_TIME = "2026-12-28T23:58:58+00:00"


class BadReference(Refusal):
    """A reference is ten letters and digits."""


class BadCode(Refusal):
    """A one-time code is exactly seven digits."""


class BadWhy(Refusal):
    """What a payout is for is said in 2 to 20 letters."""


class BadPlace(Refusal):
    """A place has two letters at least."""


class BadSecret(Refusal):
    """The secret of a voucher is exactly four digits."""


def _amount(typed: str, call: Call) -> int:
    return read_amount(typed, call.pack.currency)


def _phone(typed: str, call: Call) -> str:
    return read_phone(typed, call.pack.region)


def _payee(typed: str, call: Call) -> str:
    """Read a number, or a nickname that the caller has given: letters only."""
    if trim(typed).isalpha():
        return called(call.unit, call.caller, typed).address
    return _phone(typed, call)


def _code(typed: str, _: Call) -> str:
    if len(typed) != 7 or not (typed.isascii() and typed.isdigit()):
        raise BadCode
    return typed


def _reference(typed: str, _: Call) -> str:
    if sum(letter.isalnum() for letter in typed) != 10:
        raise BadReference
    return typed


def _secret(typed: str, _: Call) -> str:
    try:
        return read_pin(typed)
    except BadPin:
        raise BadSecret from None


def _place(typed: str, _: Call) -> str:
    try:
        return read_name(typed)
    except BadName:
        raise BadPlace from None


def _why(typed: str, _: Call) -> str:
    """Read what a payout is for: two letters at least, so that no key is taken for it."""
    said = " ".join(typed.split())
    if sum(sign.isalpha() for sign in said) < 2 or len(downgrade(said)) > WHY_SHOWN:
        raise BadWhy
    return said


def _text(width: int) -> Field:
    return Field(show=lambda value: clip(downgrade(str(value)), width), widest="W" * width)


def _maybe_text(width: int) -> Field:
    """Nothing is shown of what is empty, or of what a talk of the release before does not know."""
    return Field(show=lambda value: clip(downgrade(str(value)), width), widest="W" * width, optional=True)


def _order_to(typed: str, call: Call) -> Mapping[str, object]:
    """Read who is to be paid again and again: a till, whose number is shorter, a number, a nickname."""
    digits = trim(typed).replace(" ", "")
    if SHORTEST <= len(digits) <= LONGEST and digits.isascii() and digits.isdigit() and digits[0] != "0":
        return {"phone": read_till_number(digits), "is_till": True}
    return {"phone": _payee(typed, call), "is_till": False}


# What is typed. How it is shown is said once, in `fields`.
AMOUNT = Field(show=str, widest=WIDEST_MONEY, read=_amount, refuses=(BadAmount,))
PHONE = Field(show=national, widest="+254722000002", read=_phone, refuses=(BadPhone,))
PAYEE = Field(show=national, widest="+254722000002", read=_payee, refuses=(BadPhone, UnknownNickname))
NICKNAME = Field(show=str, widest="", read=lambda typed, _: read_nickname(typed), refuses=(BadNickname,))
NAME = Field(show=str, widest="", read=lambda typed, _: read_name(typed), refuses=(BadName,))
ID_NUMBER = Field(show=str, widest="", read=lambda typed, _: read_id_number(typed), refuses=(BadIdNumber,))
PIN = Field(show=str, widest="", read=lambda typed, _: read_pin(typed), refuses=(BadPin,))
AGENT = Field(show=str, widest="", read=lambda typed, _: read_agent_number(typed), refuses=(BadAgentNumber,))
TILL = Field(show=str, widest="", read=lambda typed, _: read_till_number(typed), refuses=(BadTillNumber,))
ITEM = Field(show=str, widest="", read=lambda typed, _: read_item_code(typed), refuses=(BadItemCode,))
TILL_NAME = Field(show=str, widest="", read=lambda typed, _: read_till_name(typed), refuses=(BadTillName,))
REFERENCE = Field(show=str, widest="", read=_reference, refuses=(BadReference,))
ACCOUNT = Field(show=str, widest="", read=lambda typed, _: read_account(typed), refuses=(BadAccount,))
SECRET = Field(show=str, widest="", read=_secret, refuses=(BadSecret,))
PLACE = Field(show=str, widest="", read=_place, refuses=(BadPlace,))
ORDER_TO = Field(show=str, widest="", read=_order_to, refuses=(BadPhone, UnknownNickname, BadTillNumber))
GROUP_NAME = Field(show=str, widest="", read=lambda typed, _: read_group_name(typed), refuses=(BadGroupName,))
WHY = Field(show=str, widest="", read=_why, refuses=(BadWhy,))
POT_NAME = Field(show=str, widest="", read=lambda typed, _: read_pot_name(typed), refuses=(BadPotName,))
DAY = Field(show=str, widest="", read=lambda typed, _: read_day(typed), refuses=(BadDay,))
CODE = Field(show=str, widest="", read=_code, refuses=(BadCode,))


def _tax(money: Callable[[int], str], taken: bool) -> Field:
    """Nothing is shown of a tax or a cost that is nothing; a country that knows no such tax needs no room for it."""
    return Field(lambda minor: money(minor) if minor else "", WIDEST_FEE if taken else 0, optional=True)


def _shared(pack: Pack, code_key: bytes, money: Callable[[int], str]) -> dict[str, Field]:
    """Return the fields that differ between screens and messages only in how money is written."""
    at = Field(lambda iso: f"{_local(iso, pack):%d/%m/%y %H:%M}", WIDEST_TIME)
    amount, fee = Field(money, WIDEST_MONEY), Field(money, WIDEST_FEE)
    hour = Field(lambda iso: f"{_local(iso, pack):%H:%M}" if iso else "", WIDEST_TIME, optional=True)
    moment = Field(lambda iso: f"{_local(iso, pack):%d/%m/%y %H:%M}" if iso else "", WIDEST_TIME, optional=True)
    some = Field(lambda minor: money(minor) if minor else "", WIDEST_MONEY, optional=True)
    date = Field(lambda iso: f"{_local(iso, pack):%d/%m/%y}", WIDEST_TIME)
    names = [
        "amount",
        "balance",
        "total",
        "left",
        "single",
        "day_limit",
        "most_balance",
        "least",
        "most",
        "cash_in",
        "cash_out",
        "commission",
        "paid",
        "share",
    ]
    return {
        **dict.fromkeys(names, amount),
        "fee": fee,
        "excise": _tax(money, any(tax.base == IN_CHARGE for tax in pack.taxes)),
        "levy": _tax(money, any(tax.base != IN_CHARGE for tax in pack.taxes)),
        "month_limit": monthly(money, WIDEST_MONEY if pack.counts_months else None),
        "cash": _tax(money, taken=True),
        "refund": _tax(money, taken=True),
        "at": at,
        **dict.fromkeys(("drawer", "promised"), some),
        **dict.fromkeys(("float_ends", "cash_ends"), hour),
        "partner": Field(lambda name: clip(downgrade(name), 16), "W" * 16, optional=True),
        "opens": at,
        "closes": at,
        "case": _text(10),
        "wanted": some,
        "charged": Field(money, WIDEST_FEE, optional=True),
        **dict.fromkeys(("kept", "taken_back"), some),
        "until": Field(lambda iso: f"{_local(iso, pack):%H:%M}", WIDEST_TIME),
        "arrives": hour,
        "reviewed": hour,
        "day": Field(lambda iso: f"{_local(iso, pack):%d/%m}", WIDEST_TIME),
        "hold": Field(lambda hold: withdrawal_code(code_key, hold), 1),
        "deposit": Field(lambda said: deposit_code(code_key, said), ""),
        "voucher": Field(lambda entry: voucher_code(code_key, entry), 1),
        "challenge": Field(lambda entry: challenge_code(code_key, entry), 1),
        "phone": PHONE,
        "number": _text(10),
        "near_name": _maybe_text(14),
        "near_number": _maybe_text(10),
        "new_name": _text(14),
        "new_number": _maybe_text(10),
        "name": _text(14),
        "nick": _maybe_text(LETTERS),
        "whom": _maybe_text(SHOWN),
        "nicknames": Field(lambda count: str(count) if count else "", MOST, optional=True),
        "other": _text(14),
        "payer": _text(3),
        "payee": _text(3),
        "person": _text(20),
        "place": _text(16),
        "agent": _text(6),
        "agent_name": _text(16),
        "organisation": _text(20),
        "till": _text(LONGEST),
        "till_name": _text(NAME_SHOWN),
        "purse": _maybe_text(LONGEST),
        "biller": _text(BILLER_SHOWN),
        "billers": _maybe_text(BILLERS_SHOWN),
        "account": _text(LONGEST_ACCOUNT),
        "account_name": _text(ACCOUNT_NAME_SHOWN),
        "bill": _text(BILLER_SHOWN + 1 + LONGEST_ACCOUNT),
        "holder": _text(14),
        "due": some,
        "tills": Field(str, 99),
        "most_orders": Field(str, 99),
        "paid_to": _text(NAME_SHOWN),
        "group": _text(GROUP_SHOWN),
        "pooled": amount,
        **dict.fromkeys(("members", "yeses", "needed", "most_groups"), Field(str, 99)),
        "needed_now": Field(lambda count: str(count) if count else "", 9, optional=True),
        **dict.fromkeys(
            ("chair_gave", "treasurer_gave", "member_gave", "left_gave"),
            Field(lambda minor: "" if minor is None else money(minor), WIDEST_MONEY, optional=True),
        ),
        "pot": _text(POT_SHOWN),
        "has": Field(lambda minor: show_number(minor, pack.currency), WIDEST_MONEY),
        "lacks": Field(lambda minor: show_number(minor, pack.currency) if minor else "", WIDEST_MONEY, optional=True),
        "in_pot": amount,
        "missing": some,
        "unlocks": Field(lambda iso: f"{_local(iso, pack):%d/%m/%y}" if iso else "", WIDEST_TIME, optional=True),
        "most_pots": Field(str, 99),
        **dict.fromkeys(("per_day", "per_week", "per_month"), some),
        "new_fee": _tax(money, taken=True),
        "next_try": Field(lambda iso: f"{_local(iso, pack):%d/%m %H:%M}" if iso else "", WIDEST_TIME, optional=True),
        **dict.fromkeys(("earliest", "latest"), date),
        "takings": amount,
        "cost": amount,
        "reference": _text(10),
        "original": _text(10),
        "help_line": _text(13),
        "next_help": _maybe_text(13),
        "tier": Field(str, 9),
        "funds_page": _text(24),
        "proof": _text(19),
        "tries": Field(str, 9),
        "hours": Field(str, 999),
        "since": date,
        "document": _text(6),
        "counter": _text(13),
        "entries": Field(str, 99_999),
        "waiting": Field(str, 9),
        "asked_by": _text(16),
        "why": _text(30),
        "given": Field(lambda said: clip(downgrade(said), 34), "W" * 34, optional=True),
        "minutes": Field(str, 99),
        "service_code": _text(10),
        "dial": _text(34),
        "lines": _text(124),
        "several": _text(SEVERAL),
        "item": _text(7),
        "days": Field(str, 366),
        "units": Field(str, 99_999_999_999),
        **dict.fromkeys(("asked_till", "paid_till"), moment),
        "title": _text(TITLE_SHOWN),
        "price": Field(lambda price: show_fine(price, pack.currency), _finest(pack)),
        "tab": Field(lambda price: show_fine(price, pack.currency) if price else "", MILLION - 1, optional=True),
        "access": _maybe_text(LONGEST_ACCESS),
        "content": _text(IN_ONE_SMS),
        **dict.fromkeys(("line1", "line2", "line3", "line4"), _maybe_text(LINE)),
    }


def _finest(pack: Pack) -> int:
    """Return the price of content that is shown at the greatest width: the dearest, less a millionth."""
    return pack.content_price_most * MILLION - 1


def fields(pack: Pack, code_key: bytes) -> Mapping[str, Field]:
    """Return how each value is shown on a screen of this country; screens drop `.00`."""
    signed = Field(lambda minor: f"{'-' if minor < 0 else '+'}{show_number(abs(minor), pack.currency)}", -WIDEST_MONEY)
    shared = _shared(pack, code_key, lambda minor: show_amount(minor, pack.currency))
    return {**shared, **price_fields(pack), "signed": signed}


def sms_fields(pack: Pack, code_key: bytes) -> Mapping[str, Field]:
    """Return how each value is shown in a message of this country: always with two decimals."""
    shared = _shared(pack, code_key, lambda minor: show_amount_full(minor, pack.currency))
    # A number that several share is not told these.
    return {**shared, **{name: replace(shared[name], optional=True) for name in BEHIND_PIN}}


def _local(iso: str, pack: Pack) -> datetime:
    return datetime.fromisoformat(iso).astimezone(pack.zone)
