"""Towns by seeds: people, shops, a desk, a network and a worker, broken between any two statements, and an auditor.

`SENTI_TEST_SEED=N python -m tests.lab town` plays one town again, statement by statement, and says what happened in it;
with `SENTI_TEST_DAYS=14` it is one that lives two weeks.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from tests.lab.finding import Finding, Round, Say
from tests.lab.town_faults import FAULTS
from tests.lab.town_machine import Machine, clockwork
from tests.lab.town_play import Play
from tests.lab.town_prices import Prices, read_prices

TITLE = "Seeded towns"
TOWNS = {"full": 100_000, "short": 4_500}
FORTNIGHTS = {"full": 1_000, "short": 40}
DAYS = 14
STEPS = 32
AT_ONCE = 50
LAST_LINES = 30
FOLDER = Path(__file__).parent.parent.parent / "var" / "lab"


class Failure(NamedTuple):
    """A town in which the auditor did not agree, or something broke."""

    seed: int
    history: Sequence[str]
    name: str = "town"

    def __str__(self) -> str:
        last = "\n".join(self.history[-LAST_LINES:])
        return f"seed {self.seed} (again: SENTI_TEST_SEED={self.seed} python -m tests.lab {self.name})\n{last}"


class Tally(NamedTuple):
    """What came of some towns."""

    towns: int
    hit: Counter[str]
    told: Counter[str]
    entries: int
    failures: list[Failure]

    def __add__(self, other: "Tally") -> "Tally":  # type: ignore[override]
        return Tally(
            self.towns + other.towns,
            self.hit + other.hit,
            self.told + other.told,
            self.entries + other.entries,
            self.failures + other.failures,
        )


NONE = Tally(0, Counter(), Counter(), 0, [])


@cache
def _machine() -> tuple[Machine, Prices]:
    return Machine(), read_prices()


def play(seed: int, days: int = 0) -> Tally:
    """Let one town live, for some minutes or so many days; it fails with its history."""
    town, agreed = _live(seed, days)
    failures = [] if agreed else [Failure(seed, town.history)]
    return Tally(1, town.hit + town.machine.store.hit, town.auditor.resolved, town.auditor.entries, failures)


def history(seed: int, days: int = 0) -> list[str]:
    """Return what happens in a town, in lines that can be read."""
    return _live(seed, days)[0].history


def _live(seed: int, days: int) -> tuple[Play, bool]:
    machine, prices = _machine()
    machine.store.hit.clear()
    with clockwork(machine):
        town = Play(machine, prices, seed)
        try:
            for _ in range(days):
                town.day()
            for _ in range(0 if days else STEPS):
                town.step()
            town.end()
        except Exception as error:  # whatever it is, it is told with the town's history, and the next town goes on
            town.say(f"!!! {type(error).__name__}: {error}")
            return town, False
    return town, True


def play_some(seeds: Sequence[int], days: int = 0, one: Callable[[int, int], Tally] = play) -> Tally:
    """Let some towns live, one after another; after a few failures the others need not."""
    tally = NONE
    for seed in seeds:
        tally += one(seed, days)
        if len(tally.failures) > 2:
            break
    return tally


def play_all(
    seeds: Sequence[int],
    say: Say = lambda _: None,
    processes: int | None = None,
    *,
    days: int = 0,
    one: Callable[[int, int], Tally] = play,
) -> Tally:
    """Let many towns live, on all processors."""
    tally, at_once = NONE, 2 if days else AT_ONCE
    parts = [seeds[first : first + at_once] for first in range(0, len(seeds), at_once)]
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        for number, part in enumerate(pool.map(partial(play_some, days=days, one=one), parts)):
            tally += part
            if number % 20 == 19:
                say(f"{tally.towns:,} of {len(seeds):,} towns, {sum(tally.hit.values()):,} faults")
            if len(tally.failures) > 9:
                pool.shutdown(cancel_futures=True)
                break
    return tally


def never_hit(tally: Tally, faults: Iterable[str] = FAULTS) -> list[str]:
    """Return the kinds of fault that no town has met."""
    return sorted(set(faults) - set(tally.hit))


def run(size: Round, say: Say) -> list[Finding]:
    """Play the towns of this size, or the one of SENTI_TEST_SEED."""
    if given := os.environ.get("SENTI_TEST_SEED"):
        days = int(os.environ.get("SENTI_TEST_DAYS", "0"))
        print("\n".join(history(int(given), days)))
        return [finding("town", play(int(given), days))]
    short = play_all(range(TOWNS[size]), say)
    assert not never_hit(short), f"never hit: {never_hit(short)}"
    long = play_all(range(FORTNIGHTS[size]), say, days=DAYS)
    keep("town", [*short.failures, *long.failures], say)
    return [finding("towns", short), finding("towns of two weeks, audited each midnight", long)]


def keep(name: str, failures: Sequence[Failure], say: Say) -> None:
    """Write down how the first of these failed, and say it."""
    for failure in failures[:3]:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{name}-{failure.seed}.txt").write_text("\n".join(failure.history), encoding="utf-8")
        say(str(failure))


def finding(what: str, tally: Tally) -> Finding:
    seeds = ", ".join(str(failure.seed) for failure in tally.failures)
    """Return a line of the laboratory's table."""
    kinds = f"{tally.towns:,} towns, {tally.entries:,} entries, {len(tally.hit)} kinds of fault"
    return Finding(
        what=what,
        faults=sum(tally.hit.values()),
        acknowledged=sum(tally.told.values()),
        lost=_about(tally.failures, "not in the books", "the books know none", "never"),
        doubled=_about(tally.failures, "expected"),
        unbalanced=len(tally.failures),
        note=f"{kinds}; failing seeds: {seeds}" if seeds else kinds,
    )


def _about(failures: Iterable[Failure], *words: str) -> int:
    return sum(any(word in failure.history[-1] for word in words) for failure in failures)
