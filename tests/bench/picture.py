"""The figures as one picture: every row that has a mark as a bar, drawn so that the first mark of all is one line.

A bar's length is how much better (or, left of the line, worse) than its first mark a row is, as a factor on a
logarithmic scale; the thin line on it goes from the worst to the best round, the small triangle is the aim.
"""

import math
from collections.abc import Iterator, Sequence
from html import escape
from statistics import median
from typing import Any

from tests.bench.measure import Row

LEFT, WIDTH, RIGHT, TALL, TOP = 290, 460, 250, 22, 64
DECADES = 1.0
"""Of the scale to each side of the line: a tenth of the mark, ten times the mark."""

TITLE = "How far from its first mark: bars to the right have reached it; triangle: aim; thin line: worst to best round"
GOOD, FAIR, POOR, INK, PALE = "#2e7d32", "#7cb342", "#c62828", "#212121", "#bdbdbd"
COLOURS = {"aim reached": GOOD, "reached": FAIR, "missed": POOR}


def draw(rows: Sequence[Row], machine: dict[str, Any]) -> str:
    """Return the picture as SVG."""
    marked = [row for row in rows if row.mark and (row.not_run or row.judged(rows))]
    height = TOP + TALL * len(marked) + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">',
        '<rect width="100%" height="100%" fill="white"/>',
        '<text x="12" y="20" font-size="15">How far from its first mark: longer is better</text>',
        f'<text x="12" y="38" fill="#616161">{escape(_about(machine))}</text>',
        *_scale(height),
    ]
    for place, row in enumerate(marked):
        parts += _bar(row, rows, TOP + TALL * place)
    return "\n".join([*parts, "</svg>", ""])


def _about(machine: dict[str, Any]) -> str:
    return f"{machine['cores']} cores of {machine['cpu']}, {machine['at'][:10]}, commit {machine['commit']}"


def _x(factor: float) -> float:
    """Return where a factor of the first mark stands."""
    log = max(-DECADES, min(DECADES, math.log10(factor))) if factor > 0 else -DECADES
    return LEFT + WIDTH * (log + DECADES) / (2 * DECADES)


def _scale(height: int) -> Iterator[str]:
    for factor in (0.1, 0.2, 0.5, 1, 2, 5, 10):
        x, first = _x(factor), factor == 1
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 10}" stroke="{INK if first else PALE}"/>'
        label = "first mark" if first else f"{factor:g} x"
        yield f'<text x="{x:.1f}" y="{TOP - 10}" text-anchor="middle" fill="#616161">{label}</text>'


def _bar(row: Row, rows: Sequence[Row], top: float) -> Iterator[str]:
    assert row.mark
    middle = top + TALL / 2
    yield f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(row.name)}</text>'
    if row.not_run:
        yield f'<text x="{_x(1) + 6:.1f}" y="{middle + 4}" fill="{POOR}">NOT RUN</text>'
        return
    judged, first = row.judged(rows), row.mark.first
    at_least = row.mark.kind == "at least"

    def factor(value: float) -> float:
        return value / first if at_least else first / max(value, 1e-9)

    ends = sorted((_x(1), _x(factor(median(judged)))))
    length, colour = max(1.5, ends[1] - ends[0]), COLOURS[row.verdict(rows) or "missed"]
    yield f'<rect x="{ends[0]:.1f}" y="{top + 5}" width="{length:.1f}" height="12" fill="{colour}"/>'
    worst, best = sorted(_x(factor(value)) for value in (min(judged), max(judged)))
    yield f'<path d="M{worst:.1f} {middle} H{best:.1f}" stroke="{INK}" stroke-width="1.5"/>'
    for x in (worst, best):
        yield f'<path d="M{x:.1f} {middle - 4} v8" stroke="{INK}" stroke-width="1.5"/>'
    aim = _x(factor(row.mark.aim))
    yield f'<path d="M{aim:.1f} {top + 12} l-4 8 h8 z" fill="{INK}"/>'
    sign, unit = (">=" if at_least else "<="), ("x" if row.over else row.unit)
    said = f"{_short(median(judged))} {unit} (mark {sign} {first:g}, aim {row.mark.aim:g})"
    yield f'<text x="{LEFT + WIDTH + 10}" y="{middle + 4}">{escape(said)}</text>'


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
