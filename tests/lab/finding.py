"""What an experiment found, and why one could not run."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

Round = Literal["full", "short"]
Say = Callable[[str], None]
"""Told what is being done now, for the person who waits: "kills: PostgreSQL, 40 of 200"."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One row of the laboratory's table. A run that injected no fault proves nothing, and fails."""

    what: str
    faults: int
    acknowledged: int  # operations whose success somebody was told
    lost: int  # acknowledged, and not in the books
    doubled: int  # in the books more than once for one intention
    unbalanced: int  # problems of the audit, or reads that did not add up
    longest_recovery_seconds: float | None = None  # from the end of a fault to the next acknowledged operation
    recovery_limit_seconds: float | None = None  # what the longest recovery may take, where that was promised
    note: str = ""

    @property
    def holds(self) -> bool:
        """Say whether the experiment hit something, and nothing was lost, doubled, unbalanced, or back too late."""
        if self.recovery_limit_seconds and (self.longest_recovery_seconds or 0) > self.recovery_limit_seconds:
            return False
        return self.faults > 0 and self.acknowledged > 0 and not (self.lost or self.doubled or self.unbalanced)


class NotRun(Exception):
    """An experiment that this machine cannot run."""

    def __init__(self, why: str, cure: str) -> None:
        super().__init__(why)
        self.why, self.cure = why, cure


class Experiment(Protocol):
    """A module under tests/lab/ that has these."""

    TITLE: str

    def run(self, size: Round, say: Say) -> list[Finding]:
        """Inject faults and count; raises NotRun."""
