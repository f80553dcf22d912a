"""`python -m tests.bench`: measure, print a table, write JSON and a picture under var/bench/.

Exit status 0 if every row ran, 2 if one could not. What is slow is said and not punished: time depends on the machine.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from service.log import set_up
from tests.bench.machine import describe
from tests.bench.picture import draw
from tests.bench.plan import PARTS, run
from tests.bench.report import save, show
from tests.bench.stand import FULL, SHORT

FOLDER = Path(__file__).parent.parent.parent / "var" / "bench"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    default = os.environ.get("ROUND", "full")
    parser.add_argument("round", nargs="?", choices=("full", "short"), default=default, help="short: some 6 minutes")
    names = [part.name for part in PARTS]
    parser.add_argument("--only", nargs="+", choices=names, default=(), metavar="PART", help=f"some of {names}")
    parser.add_argument("--rounds", type=int, help="instead of what belongs to the round")
    parser.add_argument("--seconds", type=float, help="for each figure of a round, likewise")
    given = parser.parse_args(arguments)
    size = SHORT if given.round == "short" else FULL
    size = replace(size, rounds=given.rounds or size.rounds, seconds=given.seconds or size.seconds)
    console = Console()
    if not console.is_terminal:
        console = Console(width=130)
    machine = describe()
    with console.status("preparing") as status:

        def say(what: str) -> None:
            status.update(what)
            if not console.is_terminal:
                console.print(what, style="dim")

        done = run(size, say, given.only)
    show(done, machine, console)
    written = save(done, machine, FOLDER)
    picture = written.with_suffix(".svg")
    picture.write_text(draw(list(done.rows.values()), machine), encoding="utf-8")
    console.print(f"Written to {written} and {picture}")
    return 0 if done.complete else 2


if __name__ == "__main__":
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        set_up(to=nowhere)  # as the service logs, for its cost; what breaks here belongs on the terminal
        sys.excepthook = sys.__excepthook__
        sys.exit(main())
