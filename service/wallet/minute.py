"""What happened in each minute, for those who watch: counted in each process, and written down every few seconds.

Nothing that a phone waits for writes here. A process that is killed loses what it has counted and not yet written, so
these figures are for watching; the books are for money.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from service.wallet.unit import Unit

T = TypeVar("T")

EVERY = timedelta(seconds=10)
KEPT = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class Minute:
    """How often something happened in a minute, in all processes together.

    `theme` and `name` say what (`posted`, `ke send`); `value` is money in minor units, or milliseconds.
    """

    key: str
    at: datetime
    theme: str
    name: str
    count: int
    value: int


class Transact(Protocol):
    """Runs work in one commit; it may run it again from its beginning."""

    def __call__(self, work: Callable[[Unit], T]) -> T: ...


def minute_of(at: datetime) -> datetime:
    """Return the beginning of a moment's minute."""
    return at.replace(second=0, microsecond=0)


class Minutes:
    """What this process has counted and not yet written down."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._counted: dict[tuple[datetime, str, str], tuple[int, int]] = {}
        self._written_at = datetime.min.replace(tzinfo=now().tzinfo)

    def add(self, theme: str, name: str, *, count: int = 1, value: int = 0) -> None:
        """Count something that has happened now."""
        self._add((minute_of(self._now()), theme, name), count, value)

    def _add(self, key: tuple[datetime, str, str], count: int, value: int) -> None:
        with self._lock:
            counts, values = self._counted.get(key, (0, 0))
            self._counted[key] = (counts + count, values + value)

    def write(self, transact: Transact) -> int:
        """Write down what was counted, if it is time; return how many rows that were. What fails is tried again."""
        now = self._now()
        if abs(now - self._written_at) < EVERY:
            return 0
        self._written_at = now
        with self._lock:
            taken, self._counted = self._counted, {}
        if not taken:
            return 0
        try:
            transact(lambda unit: _write(unit, taken))
        except BaseException:
            for key, (count, value) in taken.items():
                self._add(key, count, value)
            raise
        return len(taken)


def _write(unit: Unit, counted: dict[tuple[datetime, str, str], tuple[int, int]]) -> None:
    """Add to the rows of these minutes, in the order of their keys: other processes lock the same ones."""
    for (at, theme, name), (count, value) in sorted(counted.items()):
        new = Minute(key=f"{at:%Y-%m-%dT%H:%M} {theme} {name}", at=at, theme=theme, name=name, count=count, value=value)
        if not unit.rows.add(new):
            row = unit.rows.lock(Minute, new.key)
            assert row is not None, "a row that cannot be added is there"
            unit.rows.put(replace(row, count=row.count + count, value=row.value + value))


def minutes(unit: Unit, theme: str, *, last: int) -> list[Minute]:
    """Return what was counted of a theme in the last minutes, the one that goes on among them."""
    now = minute_of(unit.now)
    wanted = [now - timedelta(minutes=back) for back in range(last)]
    return list(unit.rows.find(Minute, theme=theme, at=wanted, limit=MOST))


MOST = 20_000
"""More than an hour's rows of a theme."""


def last_of(unit: Unit, theme: str, name: str) -> datetime | None:
    """Return the last minute in which something happened, as far back as is kept."""
    found = unit.rows.find(Minute, theme=theme, name=name, newest=True, limit=1)
    return found[0].at if found else None
