"""The laboratory's own table: what it must not let pass."""

import importlib
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.lab.__main__ import EXPERIMENTS, MINUTES, Run, main, save, verdict
from tests.lab.finding import Finding, NotRun

SOUND = Finding(what="kills", faults=10, acknowledged=100, lost=0, doubled=0, unbalanced=0)


def test_a_sound_run_ends_with_status_0() -> None:
    assert verdict([Run("kills", "Kills", findings=[SOUND])]) == 0


@pytest.mark.parametrize("wrong", ["lost", "doubled", "unbalanced"])
def test_one_lost_doubled_or_unbalanced_fails(wrong: str) -> None:
    assert verdict([Run("kills", "Kills", findings=[SOUND, Finding(**{**asdict(SOUND), wrong: 1})])]) == 1


@pytest.mark.parametrize("nothing", ["faults", "acknowledged"])
def test_a_run_that_hit_nothing_fails(nothing: str) -> None:
    assert verdict([Run("kills", "Kills", findings=[Finding(**{**asdict(SOUND), nothing: 0})])]) == 1


@pytest.mark.parametrize(("limit", "status"), [(None, 0), (10, 0), (9, 1)])
def test_a_recovery_that_takes_longer_than_promised_fails(limit: float | None, status: int) -> None:
    slow = replace(SOUND, longest_recovery_seconds=9.5, recovery_limit_seconds=limit)
    assert verdict([Run("kills", "Kills", findings=[slow])]) == status


def test_an_experiment_that_broke_off_fails() -> None:
    assert verdict([Run("kills", "Kills", broke="AssertionError")]) == 1


def test_what_could_not_run_is_not_green() -> None:
    assert verdict([Run("kills", "Kills", not_run=NotRun("no fiu", "apt-get install fiu-utils"))]) == 2


def test_an_unknown_experiment_is_refused() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["nonsense"])
    assert ended.value.code == 2


def test_every_experiment_is_a_module_with_a_title_and_takes_its_time() -> None:
    assert all(importlib.import_module(f"tests.lab.{name}").TITLE for name in EXPERIMENTS)
    assert tuple(MINUTES) == EXPERIMENTS


def test_the_last_run_of_each_experiment_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The full form in parts: an older run, a short one and what never ran do not make it green."""
    monkeypatch.setattr("tests.lab.__main__.FOLDER", tmp_path)
    runs = {name: Run(name, name, findings=[SOUND]) for name in EXPERIMENTS}
    bad = Run("kills", "kills", findings=[replace(SOUND, lost=1)])
    machine: dict[str, object] = {"commit": "abc"}
    save(tmp_path / "lab-1.json", [bad, *runs.values()], "full", machine)
    assert main(["--so-far"]) == 0
    save(tmp_path / "lab-2.json", [bad], "short", machine)
    assert main(["--so-far"]) == 0
    save(tmp_path / "lab-3.json", [bad], "full", machine)
    assert main(["--so-far"]) == 1
    save(tmp_path / "lab-4.json", [Run("kills", "kills", not_run=NotRun("no server", "install one"))], "full", machine)
    assert main(["--so-far"]) == 2
    (tmp_path / "lab-1.json").unlink()
    assert main(["--so-far", "town"]) == 2
    assert "NOT RUN: town" in capsys.readouterr().out


def test_the_page_says_how_long_each_takes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "laboratory.md").read_text("utf-8")
    for name, (full, short) in MINUTES.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {name} |")]
        assert row.endswith(f"| {full:g}, {short:g} |"), row
