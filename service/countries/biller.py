"""Whose bills are paid in a country: what their account numbers look like, and how much may be paid of what is due."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from service.gsm7 import septets

EXACT, PARTIAL, ANY = AMOUNTS = ("exact", "partial", "any")
"""What may be paid: what is due and no other amount; up to what is due; whatever the person wishes."""

NAME_SHOWN = 14
ACCOUNT_NAME_SHOWN = 18
LONGEST_ACCOUNT = 16


class Biller(NamedTuple):
    """One biller; amounts are minor units. `account` is the shape of an account number as a regular expression,
    `account_name` what it is called where it is printed, `url` where the biller is asked.
    """

    code: str
    name: str
    account_name: str
    account: str
    rule: str
    least: int
    most: int
    url: str


def check_billers(billers: Sequence[Biller], where: str) -> Iterator[str]:
    """Yield what is wrong with a country's billers."""
    codes = [one.code for one in billers]
    for one in billers:
        here = f"{where}: biller {one.code}"
        if codes.count(one.code) > 1:
            yield f"{here}: there are two of this code"
        if not re.fullmatch("[1-9][0-9]{5}", one.code):
            yield f"{here}: a code has six digits"
        for name, longest in ((one.name, NAME_SHOWN), (one.account_name, ACCOUNT_NAME_SHOWN)):
            if not 2 <= (septets(name) or 0) <= longest:
                yield f"{here}: {name!r} does not have 2 to {longest} letters that every phone shows"
        if one.least > one.most:
            yield f"{here}: the least amount is above the most"
        url = urlsplit(one.url)
        if url.scheme != "https" or not url.hostname or url.username or url.query or url.fragment:
            yield f"{here}: url must be https://host, with no user, query or fragment"
        try:
            re.compile(one.account)
        except re.error:
            yield f"{here}: account is no regular expression"
