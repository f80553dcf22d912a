"""What a message to Senti can be answered with: a reply, or one of the reasons why not."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from menus.call import Call
from menus.fields import SEVERAL
from service.gsm7 import clip, downgrade
from service.money import Currency, show_number
from service.phone import BadPhone, read_phone
from service.refusal import Refusal
from service.wallet.name import masked
from service.wallet.unit import Person

TO = "to|kwa|a|pour|eri|ku|kuri|ga|zuwa"
"""Words that stand before the number that is paid."""


class NotUnderstood(Refusal):
    """The message is none of the commands."""


class NotAPayment(Refusal):
    """After the word for sending stands no amount with a number behind it."""


class NotATill(Refusal):
    """After the word for paying stands no till number with an amount behind it."""


class PinInMessage(Refusal):
    """Something that may be a PIN stands in the message."""


class SharedPhone(Refusal):
    """Several people share the number: who writes cannot be known, and what is answered lies in the phone."""

    says = ("service_code",)


class DialToChoose(Refusal):
    """Several people share the number that is to be paid: which of them is meant is chosen on a screen."""

    says = ("service_code",)


class NotRegistered(Refusal):
    """The sender has no wallet."""

    says = ("service_code",)


class TooLate(Refusal):
    """The message was under way for too long."""


class TooManyMessages(Refusal):
    """The sender has used up this hour's answers."""

    says = ("service_code",)


class Answer(NamedTuple):
    """A reply: a key of MESSAGES and its values; `seconds` is how long it is worth sending."""

    key: str
    values: Mapping[str, Any]
    seconds: int | None = None


def has_pin(text: str) -> bool:
    """Say whether a stray token may be somebody's PIN; it is compared with nothing."""
    return re.search(r"(?<![0-9])[0-9]{4}(?![0-9])", text) is not None


@lru_cache
def money_in(currency: Currency) -> str:
    """Return the expression of an amount in a message, with the currency in front, behind, or not at all; it has one
    group, the number.
    """
    money = "|".join(re.escape(name) for name in (currency.code, *currency.aliases))
    return rf"(?:(?:{money})\.?\s*)?([0-9][0-9.,]*)(?:/[=-])?(?:\s*(?:{money}))?"


def is_phone(text: str, call: Call) -> bool:
    """Say whether something is a mobile number of the country."""
    try:
        return bool(read_phone(text.rstrip(".,;:"), call.pack.region))
    except BadPhone:
        return False


def phone_of(text: str, call: Call) -> str:
    """Read a mobile number at the end of a message; raises BadPhone, or PinInMessage if a PIN may stand behind it."""
    try:
        return read_phone(text, call.pack.region)
    except BadPhone:
        tokens = re.split(r"[\s,.;:-]+", text)
        for end in range(len(tokens) - 1, 0, -1):
            if has_pin(" ".join(tokens[end:])) and is_phone(" ".join(tokens[:end]), call):
                raise PinInMessage from None
        raise


def to_dial(call: Call, *keys: str, amount: int = 0) -> str:
    """Return what to dial; no phone can dial a point, so an amount with cents is asked for on a screen."""
    typed = show_number(amount, call.pack.currency).replace(",", "") if amount else ""
    return "*".join([call.pack.people_code.rstrip("#"), *keys, *([typed] if typed.isdigit() else [])]) + "#"


def several(lines: Sequence[str]) -> str:
    """Return as many of these as a message has room for, each whole."""
    return next(text for end in range(len(lines), -1, -1) if len(text := ", ".join(lines[:end])) <= SEVERAL)


def amount_of(call: Call, amount: int, person: Person) -> str:
    """Return a sum and whose it is, short."""
    return f"{show_number(amount, call.pack.currency)} {clip(downgrade(masked(person.name)), 10)}"
