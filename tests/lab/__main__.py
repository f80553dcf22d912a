"""`python -m tests.lab`: break everything around the money, print one table, write JSON under var/lab/.

Exit status 0 if every experiment ran and nothing was lost, doubled or unbalanced; 1 if something was; 2 if an
experiment could not run on this machine. What an experiment found is written as soon as it ends, so that the full form
can be run one experiment at a time, on several evenings: `--so-far` prints the last full run of each.
"""

import argparse
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from rich import box
from rich.console import Console
from rich.table import Table

from service.log import set_up
from tests.bench.machine import describe
from tests.lab.finding import Experiment, Finding, NotRun, Round

FOLDER = Path(__file__).parent.parent.parent / "var" / "lab"
EXPERIMENTS: tuple[str, ...] = ("town", "market", "answers", "kills", "bank", "machine", "disk", "nodes", "inputs")
"""Modules of this folder, in the order in which they run."""

# fmt: off
MINUTES = {          # full, short; on two cores, the full ones reckoned from the short
    "town":    (60,  2),
    "market":  (110, 1.5),
    "answers": (40,  1.5),
    "kills":   (60,  1.5),
    "bank":    (40,  1.5),
    "machine": (30,  2),
    "disk":    ( 5,  1),
    "nodes":   (25,  2),
    "inputs":  (45,  1.5),
}
# fmt: on


@dataclass
class Run:
    """What came of one experiment."""

    name: str
    title: str
    seconds: float = 0
    findings: list[Finding] = field(default_factory=list)
    not_run: NotRun | None = None
    broke: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiments."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    parser.add_argument("--round", choices=("full", "short"), default=os.environ.get("ROUND", "full"))
    parser.add_argument("--so-far", action="store_true", help="run nothing; print the last run of each experiment")
    parser.add_argument("names", nargs="*", help=f"some of: {' '.join(EXPERIMENTS)} (default: all)")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(EXPERIMENTS):
        parser.error(f"no such experiment: {' '.join(sorted(unknown))}")
    console = Console() if sys.stdout.isatty() else Console(width=120)
    names = [name for name in EXPERIMENTS if not given.names or name in given.names]
    if given.so_far:
        return so_far(names, given.round, console)
    minutes = {name: MINUTES[name][given.round == "short"] for name in names}
    each = ", ".join(f"{name} {count:g}" for name, count in minutes.items())
    console.print(f"About {sum(minutes.values()):g} minutes on two cores: {each}", highlight=False)
    machine, runs = describe(), list[Run]()
    path = FOLDER / f"lab-{time.strftime('%Y-%m-%dT%H%M%S')}.json"
    for name in names:
        runs.append(perform(name, given.round, console))
        save(path, runs, given.round, machine)
    console.print(table(runs))
    for one in runs:
        if one.not_run:
            said = f"NOT RUN: {one.title}: {one.not_run.why}. To install: {one.not_run.cure}"
            console.print(said, style="bold red", highlight=False, soft_wrap=True)
        if one.broke:
            console.print(f"BROKE OFF: {one.title}\n{one.broke}", style="bold red", markup=False, soft_wrap=True)
    console.print(f"Written to {path}")
    return verdict(runs)


def so_far(names: Sequence[str], size: Round, console: Console) -> int:
    """Print the last run of each experiment, by what was written of it, and return the exit status of all of them."""
    last: dict[str, tuple[Run, str]] = {}
    for path in sorted(FOLDER.glob("lab-*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        for run in told["runs"] if told["round"] == size else ():
            findings = [Finding(**{key: one[key] for key in one if key != "holds"}) for one in run["findings"]]
            missing = NotRun(**run["not_run"]) if run["not_run"] else None
            one = Run(run["experiment"], run["title"], run["seconds"], findings, missing, run["broke"])
            last[one.name] = (
                one,
                f"{one.name}: {one.seconds / 60:.0f} minutes, {path.stem}, {told['machine']['commit']}",
            )
    found = [last[name] for name in names if name in last]
    console.print(table([run for run, _ in found]))
    for _, when in found:
        console.print(when, highlight=False)
    if never := [name for name in names if name not in last]:
        console.print(f"NOT RUN: {' '.join(never)}", style="bold red")
    return verdict([run for run, _ in found]) or (2 if never else 0)


def verdict(runs: Sequence[Run]) -> int:
    """Return the exit status of these runs."""
    if any(one.broke or not all(finding.holds for finding in one.findings) for one in runs):
        return 1
    return 2 if any(one.not_run for one in runs) else 0


def perform(name: str, size: Round, console: Console) -> Run:
    """Run one experiment; what breaks in it is kept and said."""
    experiment = cast(Experiment, importlib.import_module(f"tests.lab.{name}"))
    one, began = Run(name, experiment.TITLE), time.monotonic()
    with console.status(experiment.TITLE) as status:

        def say(what: str) -> None:
            status.update(f"{experiment.TITLE}: {what}")
            if not console.is_terminal:
                console.print(f"{experiment.TITLE}: {what}", style="dim", highlight=False)

        say("begins")
        try:
            one.findings = experiment.run(size, say)
        except NotRun as missing:
            one.not_run = missing
        except Exception:  # the others go on; the table and the exit status say it
            one.broke = traceback.format_exc()
    one.seconds = time.monotonic() - began
    return one


def table(runs: Sequence[Run]) -> Table:
    """Return the one table of the laboratory."""
    shown = Table(title="The laboratory of faults", title_justify="left", box=box.SIMPLE)
    for column in ("what", "faults", "acknowledged", "lost", "doubled", "unbalanced", "longest recovery", "", "note"):
        shown.add_column(column, justify="left" if column in ("what", "", "note") else "right", overflow="fold")
    for one in runs:
        if one.not_run or one.broke:
            said = "NOT RUN" if one.not_run else "BROKE OFF"
            shown.add_row(one.title, *[""] * 6, f"[red]{said}[/red]", "")
        for finding in one.findings:
            counts = (finding.faults, finding.acknowledged, finding.lost, finding.doubled, finding.unbalanced)
            recovery = finding.longest_recovery_seconds
            shown.add_row(
                finding.what,
                *(f"{count:,}" for count in counts),
                "" if recovery is None else f"{recovery:.1f} s",
                "holds" if finding.holds else "[red]FAILS[/red]",
                finding.note,
            )
    return shown


def save(path: Path, runs: Sequence[Run], size: Round, machine: dict[str, object]) -> None:
    """Write what was found so far as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = [
        {
            "experiment": one.name,
            "title": one.title,
            "seconds": round(one.seconds, 1),
            "not_run": one.not_run and {"why": one.not_run.why, "cure": one.not_run.cure},
            "broke": one.broke,
            "findings": [{**asdict(finding), "holds": finding.holds} for finding in one.findings],
        }
        for one in runs
    ]
    path.write_text(json.dumps({"machine": machine, "round": size, "runs": told}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        set_up(to=nowhere)
        sys.excepthook = sys.__excepthook__
        sys.exit(main())
