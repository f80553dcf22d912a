"""The table on the terminal, and the same as JSON."""

import json
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench.measure import Row
from tests.bench.plan import Run


def show(run: Run, machine: dict[str, Any], console: Console) -> None:
    """Print what was measured."""
    console.print(_rates(run))
    for engine, steps in run.stand.hops.items():
        table = Table(title=f"One hop on {engine}, nobody else there", title_justify="left", box=box.SIMPLE)
        trips = "round trips" if engine == "PostgreSQL" else "statements"
        for column in ("hop", trips, "commits", "our CPU, µs", "in all, µs"):
            table.add_column(column, justify="left" if column == "hop" else "right", no_wrap=True)
        for step in steps:
            table.add_row(step.hop, *(f"{figure:,}" for figure in step[1:]))
        console.print(table)
    for line in _about(run, machine):
        console.print(line, style="dim", highlight=False, soft_wrap=True)
    for row in run.rows.values():
        if row.not_run:
            said = f"NOT RUN: {row.name}: {row.not_run.why}. To install: {row.not_run.cure}"
            console.print(said, style="bold red", highlight=False, soft_wrap=True)


def _rates(run: Run) -> Table:
    every, size = list(run.rows.values()), run.size
    title = f"{size.rounds} rounds of {size.seconds:g} s in turn, load generator on the same cores"
    table = Table(title=title, title_justify="left", box=box.SIMPLE)
    for column in ("what", "median", "least to most", "ratio", "first mark", "aim", ""):
        table.add_column(column, justify="right" if column in ("median", "ratio") else "left", overflow="fold")
    for row in every:
        if row.not_run:
            table.add_row(row.name, "NOT RUN")
            continue
        spread = f"{shown(row, min(row.figures))} to {shown(row, max(row.figures))}"
        name = f"{row.name} ({row.by})" if row.by else row.name
        marks = [_mark(row, value) for value in (row.mark.first, row.mark.aim)] if row.mark else ["", ""]
        verdict = row.verdict(every) or ""
        told = f"[red]{verdict}[/red]" if verdict == "missed" else verdict
        table.add_row(name, f"{shown(row, row.middle)} {row.unit}", spread, _ratio(row, every), *marks, told)
    return table


def _mark(row: Row, value: float) -> str:
    assert row.mark
    sign = ">=" if row.mark.kind == "at least" else "<="
    return f"{sign} {value:g} {'x' if row.over else row.unit}"


def shown(row: Row, value: float) -> str:
    """Return a figure of a row as people read it."""
    return f"{value:,.0f}" if row.unit in ("/s", "us") or value >= 1_000 else f"{value:,.2f}"


def _ratio(row: Row, every: list[Row]) -> str:
    ratios = row.ratios(every)
    return f"{median(ratios):.2f} x {row.over}" if ratios else ""


def _about(run: Run, machine: dict[str, Any]) -> list[str]:
    busy, about = run.busy, run.stand.about
    return [
        *(f"{row.name}: {row.note}" for row in run.rows.values() if row.note),
        f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_mib']} MiB, {machine['system']}",
        f"Python {machine['python']}, SQLite {machine['sqlite']}, commit {machine['commit']}",
        "PostgreSQL: " + ", ".join(f"{name} {value}" for name, value in about.get("postgresql", {}).items()),
        f"load before the run {machine['load_before']:.2f} (0 is idle)"
        + ("" if busy is None else f"; during it {busy:.0%} of the cores' time was used, by anybody"),
    ]


def save(run: Run, machine: dict[str, Any], folder: Path) -> Path:
    """Write all figures as JSON and return where."""
    folder.mkdir(parents=True, exist_ok=True)
    every = list(run.rows.values())
    told = {
        "machine": machine,
        "size": asdict(run.size),
        "about": run.stand.about | {"busy": run.busy},
        "rows": [row.told(every) for row in every],
        "hops": {engine: [step._asdict() for step in steps] for engine, steps in run.stand.hops.items()},
        "complete": run.complete,
    }
    path = folder / f"bench-{machine['at'][:19].replace(':', '')}.json"
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return path
