"""One PIN tried on very many wallets: no wallet locks, but all of them together show it.

People mistype a few PINs in a hundred; where a fifth of very many is wrong somebody is guessing, or our own pepper is
not the right one, and nobody's PIN is looked at for the rest of the hour: to lock everybody one by one would be worse.

Each process counts what it has seen in this hour, and now and then adds it to what all have seen, in the commit of a
wrong PIN: so many processes together let through hardly more guesses than one.
"""

from datetime import datetime
from typing import NamedTuple

from service.refusal import Refusal

ENOUGH = 1_000
"""Wrong PINs in an hour below which nothing is concluded: of 10,000 PINs they open a tenth of one wallet (P-05)."""

SHARE = 5
"""One in so many may be wrong."""

TOLD_IN = 20
"""A process tells the others whenever it has seen another twentieth of ENOUGH."""


class ManyGuesses(Refusal):
    """So many PINs are wrong just now, of everybody, that none is looked at."""


class Seen(NamedTuple):
    """PINs that were looked at, and how many of them were wrong."""

    tries: int = 0
    wrong: int = 0

    def plus(self, other: "Seen") -> "Seen":
        """Return both together."""
        return Seen(self.tries + other.tries, self.wrong + other.wrong)


class Guesses:
    """What one process has seen in this hour; a try that is counted twice because work was run again does no harm."""

    def __init__(self, enough: int = ENOUGH) -> None:
        self.enough = enough
        self._hour, self._told, self._untold = "", Seen(), Seen()

    def refuse_many(self, now: datetime) -> None:
        """Raise ManyGuesses if somebody seems to be guessing."""
        if self._hour != hour(now):
            return
        seen = self._told.plus(self._untold)
        if seen.wrong >= self.enough and seen.wrong * SHARE > seen.tries:
            raise ManyGuesses

    def count(self, now: datetime, *, right: bool) -> Seen | None:
        """Count one PIN that was looked at; returns what is to be told to the others, if it is time to."""
        if self._hour != hour(now):
            self._hour, self._told, self._untold = hour(now), Seen(), Seen()
        self._untold = self._untold.plus(Seen(1, not right))
        return self._untold if not right and self._untold.wrong * TOLD_IN >= self.enough else None

    def learn(self, now: datetime, seen: Seen) -> None:
        """Take over what all processes have seen in this hour, with what this one has just told."""
        if self._hour == hour(now):
            self._told, self._untold = seen, Seen()


def hour(now: datetime) -> str:
    """Name an hour."""
    return f"{now:%Y%m%d%H}"
