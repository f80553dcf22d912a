"""What was measured: one row for each thing, with the figure of every round."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


class NotRun(Exception):
    """A row cannot be measured on this machine; says why, and the line that installs what is missing."""

    def __init__(self, why: str, cure: str) -> None:
        super().__init__(f"{why}: {cure}")
        self.why, self.cure = why, cure


@dataclass
class Row:
    """One thing that is measured: a figure for each round, and the row (`over`) that it is compared with.

    `by` says who ran it where that is not us. `mark` is what the median should reach: ("ratio", 0.6) of the other row,
    ("at least", 100), or for a time ("at most", 100) milliseconds.
    """

    name: str
    by: str = ""
    unit: str = "/s"
    over: str | None = None
    mark: tuple[str, float] | None = None
    note: str = ""
    figures: list[float] = field(default_factory=list)
    not_run: NotRun | None = None

    @property
    def middle(self) -> float:
        return median(self.figures)

    def ratios(self, rows: "Sequence[Row]") -> list[float]:
        """Return this row's figures over the other row's of the same rounds."""
        other = next((row for row in rows if row.name == self.over), None)
        if other is None or not other.figures:
            return []
        return [mine / theirs for mine, theirs in zip(self.figures, other.figures, strict=False)]

    def reached(self, rows: "Sequence[Row]") -> bool | None:
        """Say whether the mark is reached by the median; None where there is no mark or no figure."""
        if self.mark is None or not self.figures:
            return None
        kind, wanted = self.mark
        if kind == "ratio":
            ratios = self.ratios(rows)
            return median(ratios) >= wanted if ratios else None
        return self.middle <= wanted if kind == "at most" else self.middle >= wanted

    def told(self, rows: "Sequence[Row]") -> dict[str, Any]:
        """Return the row as JSON."""
        return {
            "name": self.name,
            "by": self.by,
            "unit": self.unit,
            "figures": self.figures,
            "over": self.over,
            "ratios": self.ratios(rows),
            "mark": self.mark,
            "reached": self.reached(rows),
            "note": self.note,
            "not_run": str(self.not_run) if self.not_run else None,
        }


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that this part (0 to 1) of the values does not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
