"""Content: what a seller has for sale under a short code, a text or access codes.

Prices are whole millionths of a minor unit, so that there is no floor: what is below one minor unit adds up exactly on
a tab (tab.py). A price never changes what was bought, and a subscription never goes on at another price.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.gsm7 import downgrade, septets, trim
from service.money import Currency
from service.reference import luhn_digit, luhn_ok
from service.refusal import Refusal
from service.wallet.merchant import Merchant
from service.wallet.till import UnknownTill, payable_till
from service.wallet.unit import Person, Unit

FIRST = 20_001
"""Serial numbers of items begin here; those of tills and agents begin elsewhere, so that they are seldom alike."""

KINDS = ("text", "code", "subscription", "metered")

TITLE_SHOWN = 20
"""Septets of a title at most: it is never shown in part."""

LONGEST_TEXT = 3_000
LONGEST_ACCESS = 24

LINE, LINES = 28, 4
"""Septets of a line, and lines of a page, in which a text is read on the screen."""


class BadItemCode(Refusal):
    """The check digit says that the code of what is bought is mistyped."""


class UnknownItem(Refusal):
    """Nothing is sold under this code here and now."""


class OwnItem(Refusal):
    """The item is sold by whoever wants to buy it (I-08)."""


class SoldOut(Refusal):
    """There is no access code left."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something for sale. `code` ends with a Luhn digit; `days` is how long bought is bought, or a period's length."""

    code: str
    serial: int
    till: str
    kind: str  # one of KINDS
    title: str
    price: int
    days: int
    text: str
    state: str = "open"  # open, paused
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Bought:
    """That somebody has bought an item, until when it is theirs, and the access code they got; `id` is the entry's."""

    id: int
    person: int
    item: str
    paid: int
    """What left the wallet for it at once, in minor units."""
    access: str
    at: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class AccessCode:
    """One of the codes that a seller has handed in: it is given out once."""

    id: int
    item: str
    code: str
    state: str = "free"  # free, given


@dataclass(frozen=True, kw_only=True)
class Tab:
    """What somebody owes a till that is less than one minor unit, in millionths of it."""

    person: int
    till: str
    owed: int


def read_item_code(typed: str) -> str:
    """Return the code of an item; raises BadItemCode."""
    code = typed.replace(" ", "")
    if not (6 <= len(code) <= 7 and code.isascii() and code.isdigit() and code[0] != "0" and luhn_ok(code)):
        raise BadItemCode
    return code


def read_price(text: str, currency: Currency) -> int | None:
    """Return a price in millionths of a minor unit: `2`, `0.50`, `0.000001`; None if it is none."""
    most = currency.exponent + 6
    found = re.fullmatch(rf"(0|[1-9][0-9]{{0,5}})(?:\.([0-9]{{1,{most}}}))?", text)
    return int(found[1] + (found[2] or "").ljust(most, "0")) or None if found else None


def read_title(text: str) -> str | None:
    """Return a title as it is kept, or None if it is none: 3 to 20 letters that every phone shows."""
    title = " ".join(downgrade(trim(text)).split())
    return title if 3 <= (septets(title) or 0) <= TITLE_SHOWN and "?" not in title else None


def pages_of(text: str) -> Sequence[Sequence[str]]:
    """Return a text as the pages in which it is read on a screen."""
    lines: list[str] = []
    for word in text.split():
        while word:
            room = LINE - ((septets(lines[-1]) or 0) + 1 if lines else LINE)
            if lines and (septets(word) or 0) <= room:
                lines[-1], word = f"{lines[-1]} {word}", ""
            else:
                head = next(end for end in range(len(word), 0, -1) if (septets(word[:end]) or 0) <= LINE)
                lines.append(word[:head])
                word = word[head:]
    return [lines[first : first + LINES] for first in range(0, len(lines), LINES)] or [[""]]


def new_item(unit: Unit, *, till: str, kind: str, title: str, price: int, days: int, text: str) -> Item:
    """Put something up for sale at an open till; raises UnknownTill."""
    assert kind in KINDS, f"no kind {kind}"
    row = unit.rows.get(Merchant, till)
    if row is None or row.state != "open":
        raise UnknownTill
    newest = unit.rows.find(Item, newest=True, limit=1)
    serial = newest[0].serial + 1 if newest else FIRST
    while True:
        item = Item(
            code=f"{serial}{luhn_digit(str(serial))}",
            serial=serial,
            till=till,
            kind=kind,
            title=title,
            price=price,
            days=days,
            text=text,
            at=unit.now,
        )
        if unit.rows.add(item):
            return item
        serial += 1  # somebody else has put something up meanwhile


def load_codes(unit: Unit, item: Item, codes: Sequence[str]) -> int:
    """Add access codes to be given out, and return how many were new: the same one is never there twice."""
    return sum(unit.rows.add(AccessCode(id=unit.mint(), item=item.code, code=code)) for code in codes)


def turn_sale(unit: Unit, code: str, state: str) -> Item:
    """Sell an item, or sell it no more for the time being; raises UnknownItem."""
    item = unit.rows.lock(Item, code)
    if item is None:
        raise UnknownItem
    unit.rows.put(replace(item, state=state))
    return item


def item_of(unit: Unit, code: str) -> Item:
    """Return an item; raises UnknownItem."""
    item = unit.rows.get(Item, code)
    if item is None:
        raise UnknownItem
    return item


def on_sale(unit: Unit, code: str, country: str) -> tuple[Item, Merchant, Person]:
    """Return an item that is sold in a country, its till and who is paid; raises UnknownItem."""
    item = item_of(unit, code)
    if item.state != "open":
        raise UnknownItem
    try:
        return item, *payable_till(unit, item.till, country)
    except UnknownTill:
        raise UnknownItem from None
