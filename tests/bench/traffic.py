"""Traffic: the load generator set to work, and what it saw believed only if the books say the same."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict

from tests.bench.generator import Load, Seen
from tests.bench.served import ROOT

LINES = 16


class Traffic:
    """A crowd's phones; talks are numbered over all runs, so that no payment is the same as one shortly before."""

    def __init__(self, people: int) -> None:
        self.people = people
        self._first = 0

    def run(self, port: int, kind: str = "send", *, lines: int = LINES, **asked: object) -> Seen:
        """Let the generator work; raises AssertionError if a talk went wrong."""
        load = Load(port=port, kind=kind, people=self.people, lines=lines, first=self._first, **asked)  # type: ignore[arg-type]
        seen = generate(load)
        # Prepared talks may be more than were begun in time.
        self._first += seen.begun + load.at_once
        return seen


def generate(load: Load) -> Seen:
    """Run the generator in its process; raises AssertionError if a talk went wrong."""
    command = [sys.executable, "-m", "tests.bench.generator"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(asdict(load)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    seen = Seen(**json.loads(done.stdout))
    assert not seen.wrong, f"{len(seen.wrong)} talks went wrong, first {seen.wrong[:3]}"
    return seen


def believe(seen: Sequence[Seen], posted: int) -> None:
    """Assert that the books hold exactly as many payments as phones were told of."""
    paid = sum(one.ended for one in seen)
    assert paid == posted, f"phones saw {paid} payments, the books hold {posted}"
