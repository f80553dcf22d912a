"""Faults that are planted by hand, where no mutant goes: SQL, tables, and steps that stand in the wrong order.

planted.toml is a list of texts that are replaced by others, one at a time, and the tests that must notice.
"""

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.conftest import postgresql
from tests.mutants import copy

PAGE = Path(__file__).parent / "planted.toml"
SECONDS = 300
"""Tests that take longer hang: that is noticed, too."""


class Fault(NamedTuple):
    """What is wrong, the file and the text that is replaced (it stands there once), and the tests that must notice."""

    what: str
    file: str
    was: str
    now: str
    tests: tuple[str, ...]


class Found(NamedTuple):
    """A fault, and the test that noticed first, or nothing."""

    fault: Fault
    by: str


def read(path: Path = PAGE) -> list[Fault]:
    """Read the page."""
    page = tomllib.loads(path.read_text())
    return [
        Fault(one["what"], one["in"], one["was"], one["now"], tuple(page["tests"][one["found_by"]]))
        for one in page["fault"]
    ]


def run(faults: Sequence[Fault], say: Callable[[str], None]) -> list[Found]:
    """Plant one fault after another; without any, the same tests must pass."""
    place = copy.fresh("planted")
    with _server() as environment:
        for number, tests in enumerate(dict.fromkeys(fault.tests for fault in faults), 1):
            say(f"nothing planted, {number}")
            failed = _failed(place, tests, environment)
            assert not failed, f"without any fault these tests fail: {failed}"
        found = []
        for number, fault in enumerate(faults, 1):
            file = place / fault.file
            sound = file.read_text()
            file.write_text(planted(fault, sound))
            try:
                found.append(Found(fault, _failed(place, fault.tests, environment)))
            finally:
                file.write_text(sound)
            say(f"{number} of {len(faults)}: {fault.what}: {found[-1].by or 'NOT FOUND'}")
    return found


def planted(fault: Fault, sound: str) -> str:
    """Return a file's text with the fault in it."""
    times = sound.count(fault.was)
    assert times == 1, f"{fault.file} has {times} times what is to be spoiled for {fault.what!r}: {fault.was}"
    return sound.replace(fault.was, fault.now)


@contextmanager
def _server() -> Iterator[dict[str, str]]:
    with postgresql() as url:
        yield copy.environment() | {"SENTI_TEST_POSTGRES_URL": url}


def _failed(place: Path, tests: Sequence[str], environment: dict[str, str]) -> str:
    """Return the name of the first test that fails; empty if all pass."""
    command = (sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--tb=no", *tests)
    try:
        ran = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "the tests hang"
    if ran.returncode == 0:
        return ""
    named = [
        line.split(" - ")[0].split(" ", 1)[1]
        for line in ran.stdout.splitlines()
        if line.startswith(("FAILED", "ERROR"))
    ]
    return named[0].rpartition(os.sep)[2] if named else "the tests do not even begin"
