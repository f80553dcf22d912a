"""Shops with a till that runs out: how early and how rightly the forecast says so, against the plain average of today.

Each shop has its own size, hours, market day and payday, and chance in every hour. Every morning its till is filled
up. Each full hour the forecast is asked; the day goes on as it does, and what was said is held against it.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median
from zoneinfo import ZoneInfo

from service.wallet.forecast import CLOSES, Flow, runs_out
from tests.bench.stand import Figures, Measure, Stand

ZONE = ZoneInfo("Africa/Nairobi")
FIRST = datetime(2026, 9, 1, tzinfo=ZONE)
DAYS, LEARNT, SHOPS, OPENS = 35, 21, 10, 7
NAMES = (
    "tills: minutes by which it errs",
    "tills: by the average of today",
    "tills: run out and said two hours before",
    "tills: warnings that were right",
)
Forecast = Callable[[Sequence[Flow], int, datetime], datetime | None]


@dataclass
class Said:
    """What came of the forecasts."""

    errors: list[float] = field(default_factory=list)
    empty: int = 0
    early: int = 0
    warnings: int = 0
    right: int = 0


def learnt(flows: Sequence[Flow], level: int, now: datetime) -> datetime | None:
    """Ask the forecast of the service."""
    return runs_out(flows, level=level, now=now, zone=ZONE)


def average(flows: Sequence[Flow], level: int, now: datetime) -> datetime | None:
    """Say when the till is empty if the day goes on as it was on average since the shop opened."""
    opened = now.replace(hour=OPENS, minute=0)
    gone = -sum(flow.amount for flow in flows if opened <= flow.at <= now)
    passed = (now - opened) / timedelta(minutes=1)
    if gone <= 0 or not passed:
        return None
    empty = now + timedelta(minutes=level * passed / gone)
    return empty if empty.hour < CLOSES and empty.date() == now.date() else None


def days_of(dice: random.Random) -> list[tuple[int, list[Flow]]]:
    """Return a shop's days: what is in its till in the morning, and what then goes in and out."""
    size, market, peak = dice.uniform(0.5, 4), dice.randrange(7), dice.uniform(9, 18)
    lean = dice.uniform(0.5, 0.9)
    days = []
    for number in range(DAYS):
        begins = FIRST + timedelta(days=number)
        brisk = dice.lognormvariate(0, 0.25) * (1.6 if begins.weekday() == market else 1)
        brisk *= 1.5 if begins.day >= 28 else 1
        flows = []
        for hour in range(OPENS, CLOSES):
            crowd = size * brisk * (0.4 + 1.8 * max(0.0, 1 - abs(hour - peak) / 4))
            for _ in range(_poisson(dice, 3 * crowd)):
                at = begins + timedelta(hours=hour, seconds=dice.uniform(0, 3600))
                amount = int(dice.lognormvariate(7, 0.8)) * 100
                flows.append(Flow(at.astimezone(UTC), -amount if dice.random() < lean else amount))
        flows.sort()
        days.append((int(size * dice.uniform(25_000, 60_000)) * 100, flows))
    return days


def _poisson(dice: random.Random, mean: float) -> int:
    number, passed = 0, dice.expovariate(1)
    while passed < mean:
        number, passed = number + 1, passed + dice.expovariate(1)
    return number


def empty_at(level: int, flows: Sequence[Flow]) -> datetime | None:
    """Return when a till has really run out."""
    for flow in flows:
        level += flow.amount
        if level <= 0:
            return flow.at
    return None


def back_test(seed: int, forecast: Forecast) -> Said:
    """Ask each full hour of the last days of every shop."""
    said = Said()
    for shop in range(SHOPS):
        days = days_of(random.Random(f"{seed}, {shop}"))
        for number in range(LEARNT, DAYS):
            level, flows = days[number]
            past = [flow for _, one in days[number - LEARNT : number] for flow in one]
            truly = empty_at(level, flows)
            warned: datetime | None = None
            for hour in range(OPENS + 1, CLOSES):
                now = FIRST + timedelta(days=number, hours=hour)
                until = [flow for flow in flows if flow.at < now]
                left = level + sum(flow.amount for flow in until)
                if truly is not None and truly <= now:
                    break
                guess = forecast([*past, *until], left, now)
                if guess is None:
                    continue
                warned = warned or now
                if truly is not None:
                    said.errors.append(abs((guess - truly) / timedelta(minutes=1)))
            said.empty += truly is not None
            said.warnings += warned is not None
            said.right += warned is not None and truly is not None
            said.early += warned is not None and truly is not None and truly - warned >= timedelta(hours=2)
    return said


def prepare(stand: Stand) -> Measure:
    """Run other shops in each round."""
    seeds = count(100)

    def measure() -> Figures:
        seed = next(seeds)
        ours, plain = back_test(seed, learnt), back_test(seed, average)
        stand.notes[NAMES[2]] = (
            f"of {ours.empty} run-outs in {SHOPS * (DAYS - LEARNT)} days; the average: {_early(plain):.0f}"
        )
        return {
            NAMES[0]: median(ours.errors),
            NAMES[1]: median(plain.errors),
            NAMES[2]: _early(ours),
            NAMES[3]: 100 * ours.right / ours.warnings,
        }

    return measure


def _early(said: Said) -> float:
    return 100 * said.early / said.empty


if __name__ == "__main__":
    for seed in range(2):
        for name, forecast in (("learnt", learnt), ("average", average)):
            came = back_test(seed, forecast)
            print(seed, name, f"{median(came.errors):.0f} min", came.empty, came.early, came.warnings, came.right)
