"""Reading the fields of a gateway's form: each stands there once, is not too long, and looks as it should.

What is wrong is said by the field's name alone: the value may hold a PIN.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from service.gateways.base import Unreadable
from service.phone import is_e164

Form = Mapping[str, list[str]]

_ID = re.compile(r"[!-~]{1,128}")
_CODE = re.compile(r"\*[0-9]{1,6}(\*[0-9]{1,6})*#")
_NETWORK = re.compile(r"[0-9]{5,6}")
_DATES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ")

LONGEST_TEXT = 4000
"""Characters: a whole conversation fits, a flood does not."""


def text_of(form: Form, name: str, *, longest: int = LONGEST_TEXT, absent: str | None = None) -> str:
    """Return a field as it came; `absent` is what a missing one means, None that it may not be missing."""
    values = form.get(name, [])
    if not values and absent is not None:
        return absent
    if len(values) != 1 or len(values[0]) > longest or "\0" in values[0]:
        raise Unreadable(name)
    return values[0]


def id_of(form: Form, name: str) -> str:
    """Return a provider's id: opaque, printable, without blanks."""
    return _matching(_ID, form, name)


def code_of(form: Form, name: str) -> str:
    """Return a service code such as `*384*96#`."""
    return _matching(_CODE, form, name)


def phone_of(form: Form, name: str) -> str:
    """Return an E.164 number; a raw `+` in a badly encoded body has become a blank, and is put back."""
    phone = text_of(form, name, longest=25)
    if phone.startswith(" "):
        phone = "+" + phone[1:]
    if not is_e164(phone):
        raise Unreadable(name)
    return phone


def network_of(form: Form, name: str) -> str | None:
    """Return the network's number, or None: it is only counted, so an odd one is no reason to refuse."""
    network = text_of(form, name, absent="")
    return network if _NETWORK.fullmatch(network) else None


def count_of(form: Form, name: str) -> int:
    """Return a small count, or 0 where it is missing or odd."""
    count = text_of(form, name, absent="")
    return int(count) if re.fullmatch(r"[0-9]{1,6}", count) else 0


def moment_of(form: Form, name: str) -> datetime | None:
    """Return a moment in UTC from one of the two spellings in use, or None."""
    text = text_of(form, name, absent="")
    for spelling in _DATES:
        try:
            return datetime.strptime(text, spelling).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def word_of(form: Form, name: str) -> str:
    """Return a short word, or nothing where it is missing or is not one: never free text."""
    word = text_of(form, name, absent="")
    return word if re.fullmatch(r"[A-Za-z]{1,40}", word) else ""


def _matching(shape: re.Pattern[str], form: Form, name: str) -> str:
    value = text_of(form, name)
    if not shape.fullmatch(value):
        raise Unreadable(name)
    return value
