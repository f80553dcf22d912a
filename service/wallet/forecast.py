"""When a till is empty at today's pace: the e-float of a shop, or the cash in its drawer.

What usually goes in and out in each hour of the day is learnt from the last weeks, days of the same weekday counting
twice. Today is as brisk as it has been so far against what is usual by this hour; a young day says little, so it is
held towards the usual. All in whole minor units and thousandths.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAYS = 21
"""So many days are learnt from."""

CLOSES = 21
"""The hour after which nothing is foretold."""

LEAST_DAYS = 3
"""With fewer days behind it a till has no usual day."""

SLOWEST, BRISKEST = 500, 2_500
"""Today's pace in thousandths of the usual one: beyond that it is chance, and not a pace."""


class Flow(NamedTuple):
    """Something went into a till (above zero) or out of it, in minor units."""

    at: datetime
    amount: int


class Usual(NamedTuple):
    """What goes in and out in each hour of a usual day, in minor units."""

    into: Mapping[int, int]
    out: Mapping[int, int]


def runs_out(flows: Iterable[Flow], *, level: int, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when a till that holds `level` is empty today at today's pace, or None if it lasts until the evening.

    `flows` are those of the last DAYS days and of today, in any order. Says nothing (None) of a till without a past.
    """
    here = now.astimezone(zone)
    today = here.date()
    days: dict[date, list[Flow]] = defaultdict(list)
    for flow in flows:
        days[flow.at.astimezone(zone).date()].append(flow)
    so_far = days.pop(today, [])
    past = {one: found for one, found in days.items() if today - timedelta(days=DAYS) <= one < today}
    if len(past) < LEAST_DAYS:
        return None
    usual = _usual(past, today, zone)
    into = _pace(sum(flow.amount for flow in so_far if flow.amount > 0), usual.into, here)
    out = _pace(-sum(flow.amount for flow in so_far if flow.amount < 0), usual.out, here)
    return _walk(level, usual, into, out, here)


def _usual(past: Mapping[date, Sequence[Flow]], today: date, zone: ZoneInfo) -> Usual:
    into: dict[int, int] = defaultdict(int)
    out: dict[int, int] = defaultdict(int)
    weights = 0
    for one, flows in past.items():
        weight = 2 if one.weekday() == today.weekday() else 1
        weights += weight
        for flow in flows:
            hour = flow.at.astimezone(zone).hour
            (into if flow.amount > 0 else out)[hour] += weight * abs(flow.amount)
    return Usual({hour: total // weights for hour, total in into.items()}, {h: t // weights for h, t in out.items()})


def _pace(moved: int, usual: Mapping[int, int], here: datetime) -> int:
    """Return today's pace in thousandths of the usual one; a third of a usual day is added to both sides."""
    whole = sum(usual.values())
    by_now = sum(minor for hour, minor in usual.items() if hour < here.hour)
    by_now += usual.get(here.hour, 0) * here.minute // 60
    if not whole:
        return 1_000
    return min(BRISKEST, max(SLOWEST, 1_000 * (3 * moved + whole) // (3 * by_now + whole)))


def _walk(level: int, usual: Usual, into: int, out: int, here: datetime) -> datetime | None:
    """Let the rest of the day pass hour by hour; within an hour the till changes evenly."""
    moment = here
    while moment.hour < CLOSES:
        ends = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        minutes = max(1, (ends - moment) // timedelta(minutes=1))
        change = (usual.into.get(moment.hour, 0) * into - usual.out.get(moment.hour, 0) * out) * minutes // 60_000
        if level + change <= 0:
            return moment + timedelta(minutes=minutes * level // max(1, -change))
        level += change
        moment = ends
        if moment.date() != here.date():
            break
    return None
