"""How much may leave for others within an hour: to one number, to the numbers beside it, and in all.

Who earns by what is sent to numbers of theirs (messages, airtime) has a row of such numbers: their network gave them
out one after the other. It is kept by the one process that sends.
"""

from collections import deque
from datetime import datetime, timedelta

CLOCK_SLACK = timedelta(minutes=1)
"""Machines of one service are not further apart than this."""

BESIDE = 4
"""Numbers that differ in their last so many digits only have one prefix: ten thousand."""

HOUR = timedelta(hours=1)


class Budget:
    """How many of one kind may leave within an hour."""

    def __init__(self, *, per_number: int, per_prefix: int, in_all: int) -> None:
        self._per_number, self._per_prefix, self._in_all = per_number, per_prefix, in_all
        self._taken: deque[tuple[datetime, str]] = deque()
        self._by: dict[str, deque[datetime]] = {}

    def take(self, phone: str, at: datetime) -> datetime | None:
        """Count one to a number, or return the time at which there is room for it."""
        if self._taken and self._taken[-1][0] > at + CLOCK_SLACK:  # by a clock that has been put back since
            self._taken.clear()
            self._by.clear()
        while self._taken and self._taken[0][0] <= at - HOUR:
            self._forget(self._taken.popleft()[1])
        prefix = phone[:-BESIDE]
        for name, most in ((phone, self._per_number), (prefix, self._per_prefix)):
            if len(self._by.get(name, ())) >= most:
                return self._by[name][0] + HOUR
        if len(self._taken) >= self._in_all:
            return self._taken[0][0] + HOUR
        self._taken.append((at, phone))
        for name in (phone, prefix):
            self._by.setdefault(name, deque()).append(at)
        return None

    def _forget(self, phone: str) -> None:
        for name in (phone, phone[:-BESIDE]):
            self._by[name].popleft()
            if not self._by[name]:
                del self._by[name]
