"""What was measured: one row for each thing, with the figure of every round."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal, NamedTuple


class NotRun(Exception):
    """A row cannot be measured on this machine; says why, and the line that installs what is missing."""

    def __init__(self, why: str, cure: str) -> None:
        super().__init__(f"{why}: {cure}")
        self.why, self.cure = why, cure


class Mark(NamedTuple):
    """What the median should come to: the first mark, and the aim beyond it."""

    kind: Literal["at least", "at most"]
    first: float
    aim: float

    def reached(self, value: float, wanted: float) -> bool:
        return value >= wanted if self.kind == "at least" else value <= wanted


@dataclass
class Row:
    """One thing that is measured: a figure for each round, and the row (`over`) that it is compared with.

    A mark judges the ratio where there is a row to compare with, else the figure. `by` says who ran it where that is
    not us.
    """

    name: str
    by: str = ""
    unit: str = "/s"
    over: str | None = None
    mark: Mark | None = None
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

    def judged(self, rows: "Sequence[Row]") -> list[float]:
        """Return what the mark judges: ratios where there is another row, else figures."""
        return self.ratios(rows) if self.over else self.figures

    def verdict(self, rows: "Sequence[Row]") -> str | None:
        """Say "aim reached", "reached" (the first mark) or "missed"; None where there is no mark or no figure."""
        judged = self.judged(rows)
        if self.mark is None or not judged:
            return None
        value = median(judged)
        if self.mark.reached(value, self.mark.aim):
            return "aim reached"
        return "reached" if self.mark.reached(value, self.mark.first) else "missed"

    def told(self, rows: "Sequence[Row]") -> dict[str, Any]:
        """Return the row as JSON."""
        return {
            "name": self.name,
            "by": self.by,
            "unit": self.unit,
            "figures": self.figures,
            "over": self.over,
            "ratios": self.ratios(rows),
            "mark": self.mark and self.mark._asdict(),
            "verdict": self.verdict(rows),
            "note": self.note,
            "not_run": str(self.not_run) if self.not_run else None,
        }


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that this part (0 to 1) of the values does not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
