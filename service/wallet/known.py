"""Whom a person knows: a budget for names of strangers, and a second look at a number that is nearly a known one.

Whom one has paid is known, and costs nothing here. Of everybody else a person may look up so many different numbers a
day, over all channels, whether anybody is behind them or not; who then pays gets that one back when the money arrives.
The same holds, in a budget of its own, for accounts at billers.
"""

import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from service.clock import day
from service.phone import mask_phone, number_of
from service.refusal import Refusal
from service.wallet.name import masked
from service.wallet.tally import count
from service.wallet.unit import Asked, Paid, Person, Tally, Unit

KNOWN = 20
"""So many of the people whom a person has paid most often are looked at."""

OFTEN = 3
"""So many of those whom a person has paid most often are offered first, and then the newest of the others."""


class TooManyLookups(Refusal):
    """The day's names of strangers are used up; known people can be paid all the same."""


class TooManyAccounts(Refusal):
    """The day's accounts at billers are used up; those that were paid before can be paid all the same."""


def look_up(unit: Unit, payer: Person, phone: str) -> None:
    """Count a number that this person has never paid, once a day; raises TooManyLookups (V-03)."""
    _look(unit, payer, "look", number_of(phone), TooManyLookups)


def look_up_account(unit: Unit, payer: Person, biller: str, account: str) -> None:
    """Count an account that this person has never paid, once a day; raises TooManyAccounts (V-03)."""
    _look(unit, payer, "bill", f"{biller} {account}", TooManyAccounts)


def _look(unit: Unit, payer: Person, kind: str, what: str, no: type[Refusal]) -> None:
    used, seen = _budget(unit, payer, kind, what, unit.now)
    if unit.rows.get(Tally, seen) is not None:
        return
    if count(unit, used, 0) >= unit.house.packs[payer.country].lookups_per_day:
        raise no
    unit.rows.add(Tally(key=seen, count=1, at=unit.now))
    count(unit, used, 1)


def pay_back(unit: Unit, payer: Person, phone: str, *, looked_at: datetime) -> None:
    """Give a look-up back, once, because money has arrived there; before, taking back would show names for nothing."""
    _pay_back(unit, *_budget(unit, payer, "look", number_of(phone), looked_at))


def pay_back_account(unit: Unit, payer: Person, biller: str, account: str, *, looked_at: datetime) -> None:
    """Give the look-up of an account back, once, because its bill is paid."""
    _pay_back(unit, *_budget(unit, payer, "bill", f"{biller} {account}", looked_at))


def _pay_back(unit: Unit, used: str, seen: str) -> None:
    looked = unit.rows.lock(Tally, seen)
    if looked is not None and looked.count:
        unit.rows.put(replace(looked, count=0))
        count(unit, used, -1)


def _budget(unit: Unit, payer: Person, kind: str, what: str, at: datetime) -> tuple[str, str]:
    """Name two tallies of a day: how many strangers, and this one; the number itself stands in neither."""
    today = day(at, unit.house.packs[payer.country].zone)
    mark = hmac.digest(unit.house.code_key, f"{kind} {payer.id} {what}".encode(), "sha256").hex()[:20]
    return f"{kind}s:{payer.id}:{today}", f"{kind}:{mark}:{today}"


def nearly(one: str, other: str) -> bool:
    """Say whether two numbers differ by one digit, or by two neighbours that are swapped."""
    if len(one) != len(other) or one == other:
        return False
    wrong = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(wrong) == 1:
        return True
    first, last = wrong[0], wrong[1]
    return len(wrong) == 2 and last == first + 1 and one[first : last + 1] == other[last] + other[first]


def near_miss(unit: Unit, payer: Person, phone: str) -> Person | None:
    """Return whom this person pays, if a number that they never paid is nearly that one's."""
    rows = unit.rows.find(Paid, payer=payer.id, limit=KNOWN, newest=True)
    people: Sequence[Person] = unit.rows.find(Person, id=[row.payee for row in rows]) if rows else ()
    found = {person.id: person for person in people if person.has_number and nearly(person.phone, number_of(phone))}
    return next((found[row.payee] for row in rows if row.payee in found), None)


def shown(person: Person) -> tuple[str, str]:
    """Return what others see of a person: name and number, both masked."""
    return masked(person.name), mask_phone(person.phone)


def all_paid(payer: Person) -> tuple[Asked, Asked]:
    """Return what `whom_one_has_paid` asks first: who was paid most often, and who was paid once, the newest first."""
    often = Asked.find(Paid, payer=payer.id, limit=KNOWN, newest=True)
    return often, Asked.find(Paid, payer=payer.id, times=1, limit=KNOWN, newest=True)


def whom_one_has_paid(unit: Unit, payer: Person, *, first: int = 0, limit: int = KNOWN) -> Sequence[Person]:
    """Return people whom a person has paid: `first` of them by how often, then the others, the newest first."""
    often = unit.rows.find(Paid, payer=payer.id, limit=KNOWN, newest=True)
    once = unit.rows.find(Paid, payer=payer.id, times=1, limit=KNOWN, newest=True)
    others = {row.payee: row for row in (*often[first:], *once)}
    lately = sorted(others.values(), key=lambda row: (row.last_at, row.payee), reverse=True)
    ids = list(dict.fromkeys(row.payee for row in (*often[:first], *lately)))[:limit]
    people = {person.id: person for person in unit.rows.find(Person, id=ids)}
    return [people[payee] for payee in ids if payee in people and people[payee].has_number]
