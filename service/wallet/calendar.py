"""Days as people type them, and as they follow each other: by the country's calendar, never by counting seconds."""

import calendar
import re
from datetime import date, datetime, time, timedelta

from service.countries import Pack
from service.refusal import Refusal

_TYPED = re.compile(r"(\d\d?)[-/.](\d\d?)(?:[-/.](\d\d|\d{4}))?|(\d\d)(\d\d)(\d\d|\d{4})?", re.ASCII)
_LEAP = 2028
"""A year that has every day there is."""

EVERY = ("day", "week", "month")


class BadDay(Refusal):
    """What was typed is no day of the calendar."""


class DayOutOfReach(Refusal):
    """The day is too early or too late for what it is meant for."""

    says = ("earliest", "latest")


def read_day(typed: str) -> str:
    """Return a day as typed, `5/12`, `0512` or with its year, as `2026-12-05`, or `--12-05` without one; raises BadDay.

    The day stands before the month, as it is written in every country served.
    """
    found = _TYPED.fullmatch(typed.strip())
    if found is None:
        raise BadDay
    day, month, year = (found[1], found[2], found[3]) if found[1] else (found[4], found[5], found[6])
    full = (int(year) if len(year) == 4 else 2000 + int(year)) if year else _LEAP
    try:
        read = date(full, int(month), int(day))
    except ValueError:
        raise BadDay from None
    return read.isoformat() if year else f"--{read:%m-%d}"


def day_meant(text: str, *, after: date) -> date:
    """Return the day that a text of `read_day` means: without a year the next one after a day."""
    if not text.startswith("--"):
        return date.fromisoformat(text)
    year = after.year
    while True:
        try:
            found = date.fromisoformat(f"{year:04}-{text[2:]}")
        except ValueError:  # 29 February
            found = after
        if found > after:
            return found
        year += 1


def following(day: date, every: str, *, month_day: int) -> date:
    """Return the next of a row of days; in a month that has no such day it is its last."""
    if every == "day":
        return day + timedelta(days=1)
    if every == "week":
        return day + timedelta(days=7)
    assert every == "month", f"nothing is paid every {every}"
    first = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return first.replace(day=min(month_day, calendar.monthrange(first.year, first.month)[1]))


def moment(day: date, hour: int, pack: Pack) -> datetime:
    """Return when an hour of a day begins in a country."""
    return datetime.combine(day, time(hour), tzinfo=pack.zone)
