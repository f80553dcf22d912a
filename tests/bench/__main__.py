"""`python -m tests.bench`: measure, print a table, write JSON under var/bench/.

Exit status 0 if every row ran, 2 if one could not. What is slow is said and not punished: time depends on the machine.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from service.log import set_up
from tests.bench.machine import describe
from tests.bench.plan import FULL, SHORT, run
from tests.bench.report import save, show

FOLDER = Path(__file__).parent.parent.parent / "var" / "bench"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    default = os.environ.get("ROUND", "full")
    parser.add_argument("round", nargs="?", choices=("full", "short"), default=default, help="short: under 3 minutes")
    size = SHORT if parser.parse_args(arguments).round == "short" else FULL
    console = Console()
    if not console.is_terminal:
        console = Console(width=110)
    machine = describe()
    with console.status("preparing") as status:

        def say(what: str) -> None:
            status.update(what)
            if not console.is_terminal:
                console.print(what, style="dim")

        done = run(size, say)
    show(done, machine, console)
    console.print(f"Written to {save(done, machine, FOLDER)}")
    return 0 if done.complete else 2


if __name__ == "__main__":
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        set_up(to=nowhere)  # as the service logs, for its cost; what breaks here belongs on the terminal
        sys.excepthook = sys.__excepthook__
        sys.exit(main())
