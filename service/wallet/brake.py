"""The brake: what stands still in a country just now, as this process last looked.

It is looked at before each posting and costs nothing there: each process reads the rows again when what it knows is
LOOKED_EVERY old. So a halt that anybody throws is felt everywhere within that time, also by doors nobody thought of.
See docs/decisions/halts.md.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Entry

SENDS, ISSUING = "sends", "issuing"
WHAT = (SENDS, ISSUING)
"""What can stand still: money that people and batches pay, and e-money that is made or taken out of the books."""

LOOKED_EVERY = timedelta(seconds=10)
"""A halt has to be felt within a minute, of which the worker's look at the books takes up to 35 (C-07, L-14)."""

CASE = "case:"
"""How an entry is called (`once`) that sets money aside until a case is decided: it keeps money in, so it passes."""

_OUT = frozenset({
    Reason.SEND, Reason.PAY, Reason.BILL, Reason.AIRTIME, Reason.BUY, Reason.HOLD, Reason.WITHDRAW, Reason.CONTRIBUTE,
    Reason.SHARE_OUT, Reason.DISBURSE,
})  # fmt: skip
_BANK = frozenset({Reason.ISSUE, Reason.REDEEM})


def stopped_by(entry: Entry) -> str | None:
    """Return which halt an entry would fall under, or None: what comes in, ends what has begun, or goes back passes."""
    if entry.reason in _BANK:
        return ISSUING
    begun = entry.moves[0].source.kind is Kind.HELD or (entry.once or "").startswith(CASE)
    return SENDS if entry.reason in _OUT and not begun else None


class Brake:
    """What stands still, by country."""

    def __init__(self) -> None:
        self._on: frozenset[tuple[str, str]] = frozenset()
        self._looked: datetime | None = None

    def take_turn(self, now: datetime) -> bool:
        """Say to one who asks that the rows are to be read again; others go on with what is known meanwhile."""
        if self._looked is not None and abs(now - self._looked) < LOOKED_EVERY:  # a clock may be put back
            return False
        self._looked = now
        return True

    def learn(self, on: Collection[tuple[str, str]]) -> None:
        """Know what stands still: (country, what)."""
        self._on = frozenset(on)

    def forget(self) -> None:
        """Have the rows read before the next piece of work: something has changed, or could not be read."""
        self._looked = None

    def is_on(self, country: str, what: str) -> bool:
        """Say whether something stands still in a country."""
        return (country, what) in self._on

    def stops(self, entry: Entry) -> str | None:
        """Return which halt an entry meets now, or None."""
        what = stopped_by(entry) if self._on else None
        return what if what is not None and self.is_on(entry.moves[0].source.country, what) else None
