"""The logbook of the staff: one row for each thing that they did, written in its own commit, and never changed.

Each row carries a keyed stamp that covers the row before it, so an edit, a gap or another order is found by
`senti audit`. Rows cut off at the end can only be missed by somebody who remembers the last stamp: print it elsewhere.
Nothing personal stands here: people, entries and approvals are named by their numbers.
"""

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from service.wallet.tally import count
from service.wallet.unit import Unit

TERMINAL = "terminal"
"""The role of who typed a `senti` command: the machine's accounts say who that is; the name is only what was typed."""

PAGE = 500
"""Rows that are read at once."""


@dataclass(frozen=True, kw_only=True)
class Noted:
    """One thing that somebody did; `about` is what it concerns (`person 12`), `stamp` the keyed digest in hex."""

    number: int
    at: datetime
    staff: str
    role: str
    act: str
    about: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    stamp: str = ""


class Checked(NamedTuple):
    """What an audit of the logbook found: `last` is the stamp to remember."""

    rows: int
    last: str
    problems: Sequence[tuple[str, str]]


def note(
    unit: Unit, *, staff: str, role: str, act: str, about: str = "", values: Mapping[str, Any] | None = None
) -> None:
    """Write down what somebody does, in the commit in which it is done; call it last, for others now wait.

    Two who write at once queue for the day's tally. At midnight they may meet all the same: then one is run again.
    """
    count(unit, f"logbook:{unit.now:%Y-%m-%d}", 0)
    last = last_note(unit)
    row = Noted(
        number=last.number + 1 if last else 1,
        at=unit.now,
        staff=staff,
        role=role,
        act=act,
        about=about,
        values=dict(values or {}),
    )
    unit.rows.append(replace(row, stamp=_stamp(row, last.stamp if last else "", unit.house.log_key)))


def last_note(unit: Unit) -> Noted | None:
    """Return the newest row."""
    found = unit.rows.find(Noted, newest=True, limit=1)
    return found[0] if found else None


def _stamp(row: Noted, before: str, key: bytes) -> str:
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [row.number, at, row.staff, row.role, row.act, row.about, dict(row.values), before]
    text = json.dumps(["logbook", said], separators=(",", ":"), sort_keys=True)
    return hmac.digest(key, text.encode(), "sha256").hex()


def check_logbook(unit: Unit, older: Sequence[bytes] = ()) -> Checked:
    """Check every row from the first on; `older` are keys of before, which no row may use after today's key."""
    problems: list[tuple[str, str]] = []
    number, before, keys = 0, "", [unit.house.log_key, *older]
    for row in every_note(unit):
        if row.number != number + 1:
            problems.append((f"row {row.number}", "the row before it is gone"))
        made = [key for key in keys if hmac.compare_digest(_stamp(row, before, key), row.stamp)]
        if not made:
            problems.append((f"row {row.number}", "was changed, or does not follow the row before it"))
        elif made[0] == keys[0]:
            keys = keys[:1]
        number, before = row.number, row.stamp
    return Checked(number, before, problems)


def every_note(unit: Unit) -> Iterator[Noted]:
    """Yield the logbook from its first row on."""
    last = last_note(unit)
    for first in range(1, last.number + 1 if last else 1, PAGE):
        yield from unit.rows.find(Noted, number=list(range(first, first + PAGE)), limit=PAGE)
