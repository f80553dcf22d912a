"""`python -m tests.lab.fuzz TARGET`: give one reader inputs by atheris, which follows the lines that they reach.

Prints one line of JSON. `--case` tries a single case again; `--hypothesis` lets Hypothesis make the cases instead.
"""

import argparse
import importlib
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from typing import Any, cast

from tests.lab.fuzz import TARGETS, Target
from tests.lab.fuzz.draw import Drawn, Feed

LONGEST_INPUT = 1_024
"""Octets that a case is made of."""


class Run:
    """Counts cases until there have been enough, and keeps the first that failed."""

    def __init__(self, check: Callable[[Any], Any], inputs: int, seconds: float) -> None:
        self.check, self.most, self.until = check, inputs, time.monotonic() + seconds
        self.cases = self.inputs = self.taken = 0
        self.failed: dict[str, str] | None = None

    def try_one(self, case: Any) -> None:
        """Try one case; what it raises is kept and raised."""
        try:
            inputs, taken = self.check(case)
        except Exception:
            self.failed = {"case": json.dumps(case), "why": traceback.format_exc()}
            raise
        self.cases += 1
        self.inputs += inputs
        self.taken += taken

    @property
    def over(self) -> bool:
        return self.inputs >= self.most or time.monotonic() > self.until

    def told(self) -> str:
        return json.dumps({"cases": self.cases, "inputs": self.inputs, "taken": self.taken, "failed": self.failed})


def by_coverage(name: str, inputs: int, seconds: float, seed: int) -> None:
    """Fuzz a target; never returns, because libFuzzer does not."""
    import atheris

    with atheris.instrument_imports(include=["service", "menus"]):
        target, check = opened(name)
    run = Run(check, inputs, seconds)

    def once(data: bytes) -> None:
        try:
            run.try_one(target.make(Feed(data)))
        except Exception:
            _leave(run)
        if run.over:
            _leave(run)

    here = tempfile.mkdtemp(prefix="senti-fuzz-")  # where libFuzzer leaves what it stumbled over itself
    words = (
        f"-seed={seed}",
        f"-max_len={LONGEST_INPUT}",
        "-len_control=0",
        "-timeout=600",
        f"-artifact_prefix={here}/",
    )
    atheris.Setup([sys.argv[0], *words], once)
    atheris.Fuzz()


def by_hypothesis(name: str, inputs: int, seconds: float, seed: int) -> None:
    """Let Hypothesis make the cases, and make one that fails as small as it can."""
    import hypothesis
    from hypothesis import strategies as st

    target, check = opened(name)
    run = Run(check, inputs, seconds)
    quick = [*hypothesis.HealthCheck]

    @hypothesis.seed(seed)
    @hypothesis.settings(max_examples=inputs, deadline=None, database=None, suppress_health_check=quick)
    @hypothesis.given(st.data())
    def every(data: st.DataObject) -> None:
        run.try_one(target.make(Drawn(data.draw)))
        if run.over:
            _leave(run)  # Hypothesis would notice that nothing is drawn any more

    try:
        every()
    except Exception:
        assert run.failed, traceback.format_exc()
    _leave(run)


def opened(name: str) -> tuple[Target, Callable[[Any], Any]]:
    """Return a target and what tries its cases; a world's log has taken over what nobody catches, which goes back."""
    target = cast(Target, importlib.import_module(f"tests.lab.fuzz.{name}"))
    check = target.open_world()
    sys.excepthook = sys.__excepthook__
    return target, check


def _leave(run: Run) -> None:
    print(run.told(), flush=True)
    os._exit(1 if run.failed else 0)


def main() -> None:
    """Fuzz one target."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hypothesis", action="store_true")
    parser.add_argument("--case", help="JSON of one case, as a failing run prints it")
    given = parser.parse_args()
    if given.case is None:
        (by_hypothesis if given.hypothesis else by_coverage)(given.target, given.inputs, given.seconds, given.seed)
    _, check = opened(given.target)
    print(check(json.loads(given.case)))


if __name__ == "__main__":
    main()
