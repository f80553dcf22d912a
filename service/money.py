"""Money as people write it and as the books keep it: whole minor units, such as cents.

There is no float and no Decimal here. What is typed must follow one rule (below); what is ambiguous is refused,
never guessed: `1.000` might be one shilling or a thousand.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from service.gsm7 import trim
from service.refusal import Refusal

MILLION = 1_000_000
"""Millionths of a minor unit: prices of content are whole numbers of these."""


class Currency(NamedTuple):
    """A currency: `exponent` is how many decimals it has, `aliases` are other ways in which people write its code."""

    code: str
    exponent: int
    aliases: tuple[str, ...]


class BadAmount(Refusal):
    """What was typed is not an amount."""


def read_amount(text: str, currency: Currency, *, words: bool = False) -> int:
    """Read an amount that a person typed and return minor units; raises BadAmount.

    `500`, `1,000`, `1250.5`: at most 9 digits before the point and as many behind it as the currency has, ASCII only;
    no sign, no leading zero, no blank inside. With `words` (SMS) the currency may stand in front or behind: `500ksh`.
    """
    found = _shape(currency, words).fullmatch(trim(text))
    if found is None:
        raise BadAmount
    whole = found["whole"].replace(",", "")
    cents = (found["cents"] or "").ljust(currency.exponent, "0")
    return int(whole + cents)


@lru_cache
def _shape(currency: Currency, words: bool) -> re.Pattern[str]:
    whole = r"(?P<whole>[1-9][0-9]{0,8}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,2})"
    cents = rf"(?:\.(?P<cents>[0-9]{{1,{currency.exponent}}}))?" if currency.exponent else "(?P<cents>)"
    if not words:
        return re.compile(whole + cents)
    names = "|".join(re.escape(name) for name in (currency.code, *currency.aliases))
    # Front and behind: one of them, not both.
    return re.compile(rf"(?P<front>(?:{names}) *)?{whole}{cents}(?(front)| *(?:{names})?)", re.IGNORECASE | re.ASCII)


def show_number(minor: int, currency: Currency) -> str:
    """Return `1,234.50`, or `500` where there are no cents; minus in front of what is below zero."""
    full = _full(minor, currency)
    return full.removesuffix("." + "0" * currency.exponent) if currency.exponent else full


def show_amount(minor: int, currency: Currency) -> str:
    """Return `KES 1,234.50`, or `KES 500` where there are no cents: for screens."""
    return f"{currency.code} {show_number(minor, currency)}"


def show_amount_full(minor: int, currency: Currency) -> str:
    """Return `KES 500.00`, always with cents: for SMS, which are kept and compared."""
    return f"{currency.code} {_full(minor, currency)}"


def _full(minor: int, currency: Currency) -> str:
    sign = "-" if minor < 0 else ""
    whole, cents = divmod(abs(minor), 10**currency.exponent)
    return f"{sign}{whole:,}.{cents:0{currency.exponent}}" if currency.exponent else f"{sign}{whole:,}"


def show_fine(millionths: int, currency: Currency) -> str:
    """Return a price in millionths of a minor unit: `KES 2`, `KES 0.50`, `KES 0.003`; nothing of it is rounded."""
    minor, rest = divmod(millionths, MILLION)
    if not rest:
        return show_amount(minor, currency)
    point = "" if currency.exponent else "."
    return f"{currency.code} {_full(minor, currency)}{point}{rest:06}".rstrip("0")
