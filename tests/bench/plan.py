"""What a run measures, in which order: every row once in each round, so that a slow minute strikes all of them."""

import tempfile
import traceback
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.bench import (
    funds,
    growth,
    limits,
    memory,
    menus,
    month,
    pages,
    pins,
    postings,
    sends,
    shared,
    starts,
    telling,
    tills,
)
from tests.bench.machine import Busyness
from tests.bench.measure import NotRun, Row
from tests.bench.rivals import RIVALS
from tests.bench.rows import TPC_B, rows
from tests.bench.stand import Measure, Size, Stand


class Part(NamedTuple):
    """Something that gives one figure for each of some rows; `once` is what takes too long for every round."""

    name: str
    prepare: Callable[[Stand], Measure]
    rows: Sequence[str]
    once: bool = False


def _begin(start: str) -> tuple[str, ...]:
    """Return the names of the rows that begin so."""
    return tuple(name for name in rows() if name.startswith(start))


def _http(engine: str) -> tuple[str, ...]:
    return tuple(f"{what}, {engine}" for what in ("sends", "hops", "p50", "p99"))


def _costs() -> tuple[str, ...]:
    return ("disk a send", "WAL a send", "vCPU-hours a million sends")


def _steady(tail: str) -> tuple[str, ...]:
    return tuple(f"{what}{tail}" for what in ("PIN hops answered", *(f"{part} of the PIN hop" for part in pins.PARTS)))


# fmt: off
PARTS = (
    Part("tpc-b",        limits.tpc_b,           (TPC_B,)),
    Part("postings",     postings.on_postgresql, ("postings, PostgreSQL",)),
    Part("bulk",         postings.in_bulk,       ("bulk postings, PostgreSQL",)),
    Part("sqlite",       postings.on_sqlite,     ("bare SQLite", "postings, SQLite")),
    Part("sends",        sends.on_postgresql,    (*_http("PostgreSQL"), *_begin("p99 over"), *_costs())),
    Part("sends-keyed",  sends.keyed,            ("sends, keyed", "vCPU-hours a million sends, keyed")),
    Part("pins",         pins.at_peak,           _begin("PIN hops, ")),
    Part("steady",       pins.steady(keyed_pins=False), _steady("")),
    Part("steady-keyed", pins.steady(keyed_pins=True),  _steady(", keyed")),
    Part("menus",        menus.of_senti,         ("empty Flask route", "menu hops", "menu hops beside others")),
    Part("rivals",       menus.of_rivals,        (*RIVALS, "fastest framework")),
    Part("shared",       shared.prepare,         tuple(shared.WAYS)),
    Part("growth",       growth.prepare,         tuple(name for name in rows() if name.endswith(" books"))),
    Part("pages",        pages.prepare,          pages.NAMES),
    Part("funds",        funds.prepare,          funds.NAMES, once=True),
    Part("starts",       starts.prepare,         _begin("start of")),
    Part("sends-sqlite", sends.on_sqlite,        _http("SQLite")),
    Part("telling",      telling.prepare,        telling.NAMES),
    Part("month",        month.prepare,          month.NAMES),
    Part("tills",        tills.prepare,          tills.NAMES),
    Part("memory",       memory.prepare,         _begin("memory"), once=True),
)
# fmt: on


@dataclass
class Run:
    """Everything that one run came to."""

    size: Size
    rows: dict[str, Row]
    stand: Stand
    parts: Sequence[Part] = PARTS
    busy: float | None = None

    @property
    def complete(self) -> bool:
        return all(row.not_run is None for row in self.rows.values())


def run(size: Size, say: Callable[[str], None], only: Collection[str] = ()) -> Run:
    """Measure everything, or the parts of these names; rows that cannot be measured here say why."""
    parts = [part for part in PARTS if not only or part.name in only]
    wanted = {name for part in parts for name in part.rows}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="senti-bench-")))
        stand = Stand(size, folder, stack, say)
        done = Run(size, {name: row for name, row in rows().items() if name in wanted}, stand, parts)
        ready = [(part, _prepared(part, done)) for part in parts]
        busy = Busyness()
        for number in range(1, size.rounds + 1):
            for part, measure in ready:
                if measure and (number == size.rounds or not part.once):
                    say(f"round {number} of {size.rounds}: {part.name}")
                    _measure(part, measure, done)
        done.busy = busy.share()
    for name, note in stand.notes.items():
        done.rows[name].note = note
    for name, by in stand.by.items():
        done.rows[name].by = by
    return done


def _prepared(part: Part, done: Run) -> Measure | None:
    try:
        return part.prepare(done.stand)
    except Exception as error:  # the others go on; the table and the exit status say it
        _not_run(part, done, error)
        return None


def _measure(part: Part, measure: Measure, done: Run) -> None:
    if any(done.rows[name].not_run for name in part.rows):
        return
    try:
        figures = measure()
    except Exception as error:
        _not_run(part, done, error)
        return
    assert set(figures) == set(part.rows), f"{part.name} gave {sorted(figures)}, not {sorted(part.rows)}"
    for name, figure in figures.items():
        done.rows[name].figures.append(figure)


def _not_run(part: Part, done: Run, error: Exception) -> None:
    if not isinstance(error, NotRun):
        traceback.print_exception(error)
        error = NotRun(f"it broke off: {error!r:.300}", f"nothing; see why with --only {part.name}")
    for name in part.rows:
        done.rows[name].not_run = error
