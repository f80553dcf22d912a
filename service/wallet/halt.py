"""Standing still: payments, or the making of e-money, are stopped by one person and let go on by two.

Stopping is safe, so it is done at once; the watch over the books does it too, where something does not add up
(watch.py). People read that nothing was taken; what comes in, balances and statements go on (C-07). What waits for a
time, standing orders and subscriptions, waits on, and is paid once when payments go on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from service.ledger.books import Books
from service.ledger.entry import Entry
from service.refusal import Refusal
from service.wallet.brake import SENDS, WHAT, Brake
from service.wallet.logbook import TERMINAL, note
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Approval, Unit

T = TypeVar("T")

WATCH = "watch"
"""Who halts by itself; its role in the logbook is the same word, which no person has."""

WAITS = timedelta(minutes=10)
"""What waits for a time and cannot be done now is looked at again after this."""

LONGEST_WHY = 200


@dataclass(frozen=True, kw_only=True)
class Halt:
    """What stands still, since when, why and by whom."""

    id: int
    country: str
    what: str  # sends, issuing
    why: str
    by: str
    at: datetime
    state: str = "on"  # on, over


class SendsHalted(Refusal):
    """All payments stand still: nothing was taken (C-07)."""


class IssuingHalted(StaffRefusal):
    """No e-money is issued or redeemed until two people have let it go on."""


class NotHalted(StaffRefusal):
    """Nothing of the kind stands still."""


def halts_on(unit: Unit) -> Sequence[Halt]:
    """Return what stands still."""
    return unit.rows.find(Halt, state="on")


def look_again(brake: Brake, now: datetime, read: Callable[[Callable[[Unit], Sequence[Halt]]], Sequence[Halt]]) -> None:
    """Have a process know what stands still, if it has not looked for a while."""
    if not brake.take_turn(now):
        return
    try:
        brake.learn({(row.country, row.what) for row in read(halts_on)})
    except BaseException:
        brake.forget()
        raise


def refuse_stopped(brake: Brake, books: Books, entry: Entry) -> None:
    """Raise SendsHalted or IssuingHalted for an entry that a halt stops, unless it is in the books already."""
    what = brake.stops(entry)
    if what is not None and books.entry(entry.id) is None:
        raise SendsHalted if what == SENDS else IssuingHalted


def refuse_halted(unit: Unit, country: str) -> None:
    """Raise SendsHalted before somebody types an amount in vain."""
    if unit.house.brake.is_on(country, SENDS):
        raise SendsHalted


def halt(unit: Unit, *, country: str, what: str, why: str, by: str, role: str = TERMINAL) -> Halt:
    """Stop something in a country now, and return the halt; the one that is on, if it stands still already."""
    assert what in WHAT, f"nothing is called {what}"
    assert country in unit.house.packs, f"no country {country}"
    row = Halt(id=unit.mint(), country=country, what=what, why=why[:LONGEST_WHY], by=by, at=unit.now)
    if not unit.rows.add(row):
        return unit.rows.find(Halt, country=country, what=what, state="on", limit=1)[0]
    unit.house.brake.forget()
    note(unit, staff=by, role=role, act=f"halt {what}", about=f"country {country}", values={"why": row.why})
    return row


def resume_values(unit: Unit, *, country: str, what: str, why: str) -> Mapping[str, Any]:
    """Return what a proposal to let something go on says; raises NotHalted."""
    found = unit.rows.find(Halt, country=country, what=what, state="on", limit=1)
    if not found:
        raise NotHalted
    return {"country": country, "halt": found[0].id, "why": why[:LONGEST_WHY]}


def resume(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Let go on what a halt has stopped; raises NotHalted if that one is over. Another one needs its own two people."""
    row = unit.rows.lock(Halt, approval.values["halt"])
    if row is None or row.state != "on":
        raise NotHalted
    unit.rows.put(replace(row, state="over"))
    unit.house.brake.forget()
    return {"country": row.country, "what": row.what}
