"""A row about savings: a pot is money that a person keeps apart from their wallet, and whose else's it never is."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class Pot:
    """A pot: for a `goal` in minor units, or locked `until` a day of the country's calendar.

    `held` is what is in it, as the books say; it stands here so that what bounds a wallet need not ask the books.
    """

    id: int
    person: int
    name: str
    goal: int = 0
    until: str = ""
    held: int = 0
    opened_at: datetime
    next_at: datetime | None = None
    """When its owner is told that the lock is over; None: never, or no more."""
    state: str = "open"  # open, closed

    @property
    def missing(self) -> int:
        """What is still to be saved for the goal."""
        return max(0, self.goal - self.held)

    def is_locked(self, today: date) -> bool:
        """Say whether nothing can be taken out yet; on the day itself it can."""
        return bool(self.until) and today < date.fromisoformat(self.until)
