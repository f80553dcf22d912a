"""What a message to Senti can be answered with: a reply, or one of the reasons why not."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from menus.call import Call
from menus.fields import SEVERAL
from service.gsm7 import clip, downgrade
from service.money import show_number
from service.refusal import Refusal
from service.wallet.name import masked
from service.wallet.unit import Person


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


def several(lines: Sequence[str]) -> str:
    """Return as many of these as a message has room for, each whole."""
    return next(text for end in range(len(lines), -1, -1) if len(text := ", ".join(lines[:end])) <= SEVERAL)


def amount_of(call: Call, amount: int, person: Person) -> str:
    """Return a sum and whose it is, short."""
    return f"{show_number(amount, call.pack.currency)} {clip(downgrade(masked(person.name)), 10)}"
