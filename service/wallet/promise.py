"""What of a drawer's cash is promised to whom, and for how long: see reserve.py.

This much is known to whoever pays cash out: what was kept for the one who takes it is used up by that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.refusal import Refusal
from service.wallet.unit import Asked, Unit

LIVE = ("asked", "kept")
MOST_LIVE = 200
"""Promises of one shop that are looked at; with so many it promises nothing more."""


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """Cash of a shop that is kept for a person, and what became of it. `entry` is what used it up."""

    id: int
    agent: str
    person: int
    amount: int
    expires_at: datetime
    state: str = "asked"  # asked, kept, declined, given_up, used, over
    entry: int | None = None
    shop: str = ""
    """The shop that gets the cash and pays for it in float, where two agents swap (swap.py); the person keeps it."""


class PromiseOver(Refusal):
    """The reservation is answered already, used, or too old."""


def live_at(number: str) -> Asked:
    """Return what `used_up` will ask first."""
    return Asked.find(Reservation, agent=[number], state=list(LIVE), limit=MOST_LIVE)


def live(unit: Unit, numbers: Sequence[str]) -> list[Reservation]:
    """Return what these shops have promised, or are asked to promise, and is not over."""
    rows = unit.rows.find(Reservation, agent=list(numbers), state=list(LIVE), limit=MOST_LIVE * len(numbers))
    return [row for row in rows if row.expires_at > unit.now]


def used_up(unit: Unit, number: str, *people: int) -> Reservation | None:
    """Lock and return what was kept at a shop for one of these people, who takes cash there now."""
    mine = next((row for row in live(unit, [number]) if row.person in people and not row.shop), None)
    row = unit.rows.lock(Reservation, mine.id) if mine else None
    return row if row is not None and row.state in LIVE else None


def use(unit: Unit, row: Reservation | None, entry: int) -> None:
    """Close a reservation, if there is one: this entry has paid the cash. The row is locked."""
    if row is not None:
        unit.rows.put(replace(row, state="used", entry=entry))
