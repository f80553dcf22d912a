"""The readers of outside bytes, a few hundred inputs each: the laboratory gives them a million."""

import importlib
import json
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import hypothesis
import pytest
from hypothesis import strategies as st

from tests.cli.conftest import _own_log  # noqa: F401  # worlds set up the log of their process
from tests.lab.fuzz import TARGETS, Target
from tests.lab.fuzz.draw import Drawn, Feed
from tests.lab.inputs import INPUTS

FOUND = Path(__file__).parent / "corpus" / "found.jsonl"
EXAMPLES = {
    "hops": 150,
    "doors": 500,
    "words": 1000,
    "replies": 400,
    "settings": 200,
    "packs": 100,
    "backups": 5,
    "lists": 300,
}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Worlds write into the folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def target_of(name: str) -> Target:
    return cast(Target, importlib.import_module(f"tests.lab.fuzz.{name}"))


def found() -> Iterator[tuple[str, str]]:
    """Yield what has failed once, with its reader."""
    for line in FOUND.read_text("utf-8").splitlines():
        one = json.loads(line)
        yield one["target"], json.dumps(one["case"])


@pytest.mark.parametrize("name", TARGETS)
def test_W_02_I_16_whatever_comes_in_is_read_or_refused(name: str) -> None:
    """Hops, requests, words, answers, settings, packs, commands, backups, wages: nothing breaks, and no money moves."""
    target = target_of(name)
    check = target.open_world()
    taken = []

    @hypothesis.settings(
        max_examples=EXAMPLES.get(name, 80),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[*hypothesis.HealthCheck],
    )
    @hypothesis.given(st.data())
    def every(data: st.DataObject) -> None:
        case = target.make(Drawn(data.draw))
        try:
            taken.append(check(json.loads(json.dumps(case))).taken)
        except Exception as wrong:
            raise AssertionError(f"python -m tests.lab.fuzz {name} --case {shlex.quote(json.dumps(case))}") from wrong

    every()
    assert sum(taken) > 0, "nothing was ever taken: these inputs prove nothing"


@pytest.mark.parametrize(("name", "case"), [*found()])
def test_what_has_failed_once_holds(name: str, case: str) -> None:
    inputs, _ = target_of(name).open_world()(json.loads(case))
    assert inputs > 0


@pytest.mark.parametrize("name", TARGETS)
def test_bytes_make_cases_that_can_be_printed(name: str) -> None:
    for data in (b"", b"\xff" * 400, bytes(range(256)) * 2):
        case = target_of(name).make(Feed(data))
        assert json.loads(json.dumps(case)) == case


def test_every_reader_gets_its_share_of_a_million() -> None:
    assert set(INPUTS) == set(TARGETS)
    assert sum(INPUTS.values()) == 1_000_000
