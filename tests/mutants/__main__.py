"""`python -m tests.mutants`: spoil the code in a copy, one small thing at a time, and see that the tests notice.

Exit status 0 if fewer mutants live than may, each with its reason in alive.toml, and every planted fault was found.
"""

import argparse
import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from tests.mutants import planted, python
from tests.mutants.copy import ROOT
from tests.mutants.written import Mutant, Row, Written, read, rows

PARTS = (*python.PARTS, "planted")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {' '.join(PARTS)}; service.wallet.send; service/outbox.py")
    given = parser.parse_args(arguments)
    functions = [name for name in given.names if name.startswith("service.")]
    files = [name for name in given.names if (ROOT / name).is_file()]
    if unknown := set(given.names) - {*PARTS, *functions, *files}:
        parser.error(f"no such part, function or file: {' '.join(sorted(unknown))}")
    console = Console() if sys.stdout.isatty() else Console(width=120)
    written = read()
    sound = True
    for part in python.PARTS:
        chosen = [name for name in functions if name.startswith(f"service.{part}")]
        if not given.names or part in given.names or chosen:
            sound &= _python(part, written, chosen, console)
    if not given.names or "planted" in given.names or files:
        sound &= _planted(files, console)
    return 0 if sound else 1


def _planted(files: Sequence[str], console: Console) -> bool:
    faults = [fault for fault in planted.read() if not files or fault.file in files]
    assert faults, "no fault is planted there"
    found = planted.run(faults, lambda said: console.print(said, markup=False, highlight=False))
    shown = Table(title="Planted faults", title_justify="left", box=box.SIMPLE)
    for column in ("in", "fault", "found by"):
        shown.add_column(column, overflow="fold")
    for fault, by in found:
        shown.add_row(fault.file.removeprefix("service/"), fault.what, by or "[red]NOT FOUND[/red]")
    console.print(shown)
    missed = sum(not one.by for one in found)
    console.print(f"{len(found) - missed} of {len(found)} planted faults were found.", highlight=False)
    return not missed


def _python(part: str, written: Written, only: Sequence[str], console: Console) -> bool:
    judged = python.run(part, written, only)
    assert judged.functions, f"nothing in service/{part} is called so"
    table = rows(judged.functions, judged.alive, written)
    console.print(_table(f"Mutants of service/{part}", table))
    unexplained = [one for one in judged.alive if not written.explains(one)]
    killed = _no_longer(written, judged, only)
    for title, mutants in (("ALIVE, AND NOBODY SAID WHY", unexplained), ("EXPLAINED, AND NOT ALIVE", killed)):
        for one in mutants:
            said = f"{title}: {one.function}\n- {one.was}\n+ {one.now}"
            console.print(said, markup=False, highlight=False, soft_wrap=True)
    for name in judged.unjudged:
        console.print(f"CAME TO NO JUDGEMENT: {name}", markup=False, highlight=False)
    in_all = sum(row.mutants for row in table)
    share = sum(row.alive for row in table) / in_all
    most = python.PARTS[part].most_alive
    console.print(f"{share:.1%} of {in_all} mutants live; less than {most:.0%} may.", highlight=False)
    return share < most and not (unexplained or killed or judged.unjudged)


def _no_longer(written: Written, judged: python.Judged, only: Sequence[str]) -> list[Mutant]:
    """Return what is explained and was killed, or is no mutant any more: its explanation is to be deleted."""
    return [one for one in written.why if one.function in judged.functions and one not in judged.alive]


def _table(title: str, told: Sequence[Row]) -> Table:
    shown = Table(title=title, title_justify="left", box=box.SIMPLE)
    for column in ("module", "mutants", "killed", "alive", "of these explained", "share alive"):
        shown.add_column(column, justify="left" if column == "module" else "right")
    total = Row("in all", *(sum(numbers) for numbers in zip(*(row[1:] for row in told), strict=True)))
    for row in (*told, total):
        shown.add_row(row.module, *(f"{count:,}" for count in row[1:]), f"{row.alive / row.mutants:.1%}")
    return shown


if __name__ == "__main__":
    sys.exit(main())
