"""Price lists: new prices of a country and limits of its tiers, proposed by one, approved by another before their day.

A list is kept as it was handed in, and never changed. The prices of a country are those of its file with each approved
list over them, in order. Which price counts is said by the dates in them, so it does not matter at which moment a
process learns of a list, as long as that is before its first day: lists are approved an hour ahead at least.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from service.clock import day
from service.countries import (
    BadPack,
    Change,
    LimitChange,
    Pack,
    check_tariffs,
    differences,
    limit_changes,
    read_tables,
    with_tables,
)
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Approval, Unit

AHEAD = timedelta(hours=1)
"""So long before its first day a list is approved at least: every process looks for new ones much more often."""


MOST = 1_000
"""Stretches that a list may change: whoever approves it looks at each."""


class UnsoundPrices(StaffRefusal):
    """The price list cannot be approved: it is not sound, changes nothing, or what it changes is too near."""

    says = ("problem",)


class OtherPrices(StaffRefusal):
    """Another list was approved since this one was compared with the prices: it is handed in anew."""


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """A list that was approved; `number` counts those of a country; on the day `first` a price changes first."""

    id: str  # country and number, as `list_id` writes them
    country: str
    number: int
    text: str
    first: str
    approval: int
    maker: str
    checker: str
    at: datetime


class Verdict(NamedTuple):
    """What was made of a list: the pack that it would give, what it changes, and what is wrong with it, in words."""

    pack: Pack | None
    changes: Sequence[Change]
    problems: Sequence[str]
    limits: Sequence[LimitChange] = ()

    @property
    def first(self) -> date:
        """The first day on which a price or a limit is another."""
        return min([change.first for change in self.changes] + [change.first for change in self.limits])


def list_id(country: str, number: int) -> str:
    """Return the key of a country's list."""
    return f"{country}:{number}"


def lists_of(unit: Unit, country: str) -> Sequence[PriceList]:
    """Return the approved lists of a country, oldest first."""
    return sorted(unit.rows.find(PriceList, country=country, limit=10_000), key=lambda row: row.number)


def lists_after(unit: Unit, country: str, number: int) -> Sequence[PriceList]:
    """Return the lists that were approved behind one; asks for one row by its key where there are none."""
    found: list[PriceList] = []
    while row := unit.rows.get(PriceList, list_id(country, number + 1 + len(found))):
        found.append(row)
    return found


def with_lists(pack: Pack, lists: Sequence[PriceList]) -> Pack:
    """Return a pack with the prices of these lists, one over the other."""
    for row in lists:
        pack = with_tables(pack, read_tables(row.text))
    return pack


def priced(unit: Unit, country: str) -> tuple[Pack, int]:
    """Return a country's pack at what is approved at this moment, whatever this process has heard of, and how many
    lists that are.
    """
    lists = lists_of(unit, country)
    return with_lists(unit.house.filed[country], lists), len(lists)


def judge_prices(unit: Unit, country: str, text: str) -> Verdict:
    """Say what a price list would change, and what is wrong with it; an empty list of problems means that it may be."""
    try:
        tables = read_tables(text)
    except BadPack as problem:
        return Verdict(None, (), [str(problem)])
    if tables.country != country:
        return Verdict(None, (), [f"the price list is of {tables.country!r}, not of {country!r}"])
    old, _ = priced(unit, country)
    new = with_tables(old, tables)
    if problems := check_tariffs(new, unit.now):
        return Verdict(new, (), problems)
    changes, limits = differences(old, new), limit_changes(old, new)
    many = len(changes) + len(limits)
    if not 0 < many <= MOST:
        said = f"it changes {many:,} stretches of amounts, more than {MOST:,}" if many else "it changes nothing"
        return Verdict(new, (), [said])
    return Verdict(new, changes, _too_near(changes, limits, old, unit.now), limits)


def changes_of(unit: Unit, approval: Approval) -> tuple[Sequence[Change], Sequence[LimitChange]]:
    """Return what a list changes, or has changed, against those that it was proposed over; nothing if unreadable."""
    country, number, text = (approval.values[name] for name in ("country", "list", "prices"))
    old = with_lists(unit.house.filed[country], lists_of(unit, country)[: number - 1])
    try:
        new = with_tables(old, read_tables(text))
    except BadPack:  # another release reads lists otherwise
        return (), ()
    return differences(old, new), limit_changes(old, new)


def earliest(pack: Pack, now: datetime) -> date:
    """Return the first day that a list can change, by the country's calendar."""
    return day(now + AHEAD, pack.zone) + timedelta(days=1)


def _too_near(changes: Sequence[Change], limits: Sequence[LimitChange], pack: Pack, now: datetime) -> list[str]:
    """Days gone by, and today, stay what they were; but a tax that ended earlier than was known may be said to."""
    soon = earliest(pack, now)
    near = {(one.what, one.service, one.first) for one in changes if one.first < soon and not one.gives_back}
    near |= {("limits", f"tier {one.tier}", one.first) for one in limits if one.first < soon}
    return [
        f"{what}, {service}: changes from {first}, and the next day is {soon}" for what, service, first in sorted(near)
    ]


def values_of(unit: Unit, country: str, text: str, verdict: Verdict) -> Mapping[str, Any]:
    """Return what an act that approves a list is about; raises UnsoundPrices."""
    if verdict.problems:
        raise UnsoundPrices(problem=verdict.problems[0])
    number = len(lists_of(unit, country)) + 1
    return {"country": country, "list": number, "first": verdict.first.isoformat(), "prices": text}


def mark(text: str) -> str:
    """Return what tells the text of a list from others."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def activate(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Approve a list: it counts from its first day on. Raises OtherPrices or UnsoundPrices."""
    country, number, text = (approval.values[name] for name in ("country", "list", "prices"))
    verdict = judge_prices(unit, country, text)
    if len(lists_of(unit, country)) + 1 != number:
        raise OtherPrices
    if verdict.problems:
        raise UnsoundPrices(problem=verdict.problems[0])
    # Nothing may refuse after this line.
    unit.rows.append(
        PriceList(
            id=list_id(country, number),
            country=country,
            number=number,
            text=text,
            first=verdict.first.isoformat(),
            approval=approval.id,
            maker=approval.maker,
            checker=approval.checker or "",
            at=unit.now,
        )
    )
    return {"country": country, "list": number, "first": verdict.first.isoformat()}
