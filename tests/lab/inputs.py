"""Bad input: a million made-up inputs on everything that reads outside bytes, by a fuzzer that follows the code.

Each reader under tests/lab/fuzz/ is given inputs by atheris, which keeps those that reach new lines, and by
Hypothesis, which is better at letters and makes a failing case small. Nothing may break, be answered wrongly, or change
the books but by a payment whose PIN was given. The readers are programs of their own, two at a time.
"""

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any, cast

from tests.lab.finding import Finding, NotRun, Round, Say
from tests.lab.fuzz import Target

TITLE = "Bad input"
CASES = ("W-02", "I-01", "I-03", "I-04", "I-06", "I-13", "I-16", "O-02")

INPUTS: Mapping[str, int] = {
    "hops": 300_000,
    "doors": 250_000,
    "words": 314_000,
    "replies": 50_000,
    "settings": 30_000,
    "packs": 20_000,
    "lists": 20_000,
    "commands": 15_000,
    "backups": 1_000,
}
"""How many inputs each reader gets in the full form: a million in all. A backup is a whole file, restored."""

BY_HYPOTHESIS = 10
"""Every so many inputs one comes from Hypothesis."""

SHORT_SECONDS = 12
"""So long each reader is given inputs in the short form: as many as there is time for."""

AT_ONCE = 2


def run(size: Round, say: Say) -> list[Finding]:
    """Give every reader its inputs."""
    if find_spec("atheris") is None:
        raise NotRun("atheris has no wheel for this Python", "use Python 3.11 to 3.13 on Linux x86-64, and make")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda name: _fuzz(name, size, say), INPUTS))


def _fuzz(name: str, size: Round, say: Say) -> Finding:
    title = cast(Target, importlib.import_module(f"tests.lab.fuzz.{name}")).TITLE
    say(title)
    wanted = INPUTS[name]
    seconds = 7_200 if size == "full" else SHORT_SECONDS
    share = wanted // BY_HYPOTHESIS
    made, _ = _told(name, share, seconds / BY_HYPOTHESIS, "--hypothesis")
    done, cover = _told(name, wanted - made["inputs"], seconds)
    results = [made, done]
    failed = [result["failed"] for result in results if result["failed"]]
    for one in failed:
        replay = f"{sys.executable} -m tests.lab.fuzz {name} --case {shlex.quote(one['case'])}"
        say(f"{title} FAILED:\n{one['why']}\nTo try it again: {replay}")
    return Finding(
        what=title,
        faults=sum(result["inputs"] for result in results),
        acknowledged=sum(result["taken"] for result in results),
        lost=0,
        doubled=0,
        unbalanced=len(failed),
        note="; ".join(one["why"].strip().splitlines()[-1] for one in failed) or f"{cover} places in the code reached",
    )


def _told(name: str, inputs: int, seconds: float, *more: str) -> tuple[dict[str, Any], int]:
    """Run one reader's program; return what it counted, and how much of the code its inputs have reached."""
    command = [sys.executable, "-m", "tests.lab.fuzz", name, f"--inputs={inputs}", f"--seconds={seconds}", *more]
    patience = seconds + 600  # a world has to be built, and a failing case to be made small
    with TemporaryDirectory(prefix="senti-fuzz-") as here:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
            errors="replace",
            env=os.environ | {"TMPDIR": here},
        )
    reached = [int(count) for count in re.findall(r" cov: ([0-9]+) ", done.stderr)]
    try:
        return json.loads(done.stdout.splitlines()[-1]), max(reached, default=0)
    except (ValueError, IndexError):
        raise RuntimeError(f"{name} ended with {done.returncode}: {done.stderr[-2_000:]}") from None
