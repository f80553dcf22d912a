"""Whether the time that a PIN takes says if it was right: two samples, and how likely chance sets them so far apart.

Right and wrong ones are checked in turn, so that a slow moment strikes both. What is compared is the check itself, at
its shipped cost: what a hop does afterwards differs, and so does what it says.
"""

import time
from bisect import bisect_right
from collections.abc import Sequence
from math import exp, sqrt

from service.wallet.pin import is_pin, seal_pin
from tests.bench.stand import Figures, Measure, Stand

NAMES = ("right or wrong PIN, p", "nearly right PIN, p")
PERSON, PIN, NEARLY, WRONG = 7, "4827", "4828", "9136"


def prepare(stand: Stand) -> Measure:
    """Seal one PIN and check it again and again."""
    house = stand.app(stand.database()).house
    sealed = seal_pin(house, PERSON, PIN)

    def clock(pin: str) -> float:
        began = time.perf_counter()
        is_pin(house, PERSON, pin, sealed)
        return time.perf_counter() - began

    def measure() -> Figures:
        turns = [(clock(PIN), clock(NEARLY), clock(WRONG)) for _ in range(stand.size.checks)]
        right, nearly, wrong = zip(*turns, strict=True)
        return dict(zip(NAMES, (likely(right, wrong), likely(right, nearly)), strict=True))

    return measure


def likely(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how likely two large samples of one source are this far apart: Kolmogorov and Smirnov's test."""
    here, there = sorted(one), sorted(other)
    apart = max(
        abs(bisect_right(here, value) / len(here) - bisect_right(there, value) / len(there))
        for value in (*here, *there)
    )
    scaled = apart * sqrt(len(here) * len(there) / (len(here) + len(there)))
    if scaled < 0.2:  # the series comes to 1 there, and converges too slowly to say so
        return 1.0
    return 2.0 * sum((-1.0) ** (turn - 1) * exp(-2 * (turn * scaled) ** 2) for turn in range(1, 101))
