"""One PIN tried on very many wallets: no wallet locks, but all of them together show it.

Each process counts for itself what it has seen in this hour. People mistype a few PINs in a hundred; where a fifth of
very many is wrong somebody is guessing, or our own pepper is not the right one, and nobody's PIN is looked at for the
rest of the hour: to lock everybody one by one would be worse.
"""

from datetime import datetime

from service.refusal import Refusal

ENOUGH = 1_000
"""Wrong PINs in an hour below which nothing is concluded: of 10,000 PINs they open a tenth of one wallet (P-05)."""

SHARE = 5
"""One in so many may be wrong."""


class ManyGuesses(Refusal):
    """So many PINs are wrong just now, of everybody, that none is looked at."""


class Guesses:
    """What one process has seen in this hour; a try that is counted twice because work was run again does no harm."""

    def __init__(self, enough: int = ENOUGH) -> None:
        self.enough = enough
        self._hour, self._tries, self._wrong = "", 0, 0

    def refuse_many(self, now: datetime) -> None:
        """Raise ManyGuesses if somebody seems to be guessing."""
        if self._hour == _hour(now) and self._wrong >= self.enough and self._wrong * SHARE > self._tries:
            raise ManyGuesses

    def count(self, now: datetime, *, right: bool) -> None:
        """Count one PIN that was looked at."""
        if self._hour != _hour(now):
            self._hour, self._tries, self._wrong = _hour(now), 0, 0
        self._tries += 1
        self._wrong += not right


def _hour(now: datetime) -> str:
    return f"{now:%Y%m%d%H}"
