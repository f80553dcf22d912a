"""The table of docs/asvs.md is whole, current, and names only what is there."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.security import asvs

STANDARD = asvs.ROOT.parent / "shared" / "asvs-5.md"


def test_every_requirement_is_stated_once() -> None:
    counted = Counter(number for number, _, _ in asvs.stated())
    assert [number for number in asvs.wanted() if counted[number] != 1] == []
    assert set(counted) == set(asvs.wanted())
    assert set(asvs.table()["remarks"]) <= set(asvs.wanted())


def test_every_test_that_is_named_is_there() -> None:
    named = {name for _, kind, said in asvs.stated() if kind == "shown" for name in said.split()}
    assert sorted(name for name in named if asvs.found_at(name) is None) == []


def test_every_statement_says_something_that_can_be_looked_up() -> None:
    assert [number for number, _, said in asvs.stated() if not said.strip()] == []
    linked = {anchor for _, kind, said in asvs.stated() if kind in ("written", "operator") for anchor in said.split()}
    assert linked - asvs.anchors() == set()


def test_the_page_is_current() -> None:
    assert asvs.PAGE.read_text("utf-8") == asvs.page(), "run `python -m tests.security.asvs`"


def test_security_md_names_files_that_are_there() -> None:
    named = re.findall(r"`((?:service|menus|tests|docs)/[\w/.-]+)`", asvs.SECURITY.read_text("utf-8"))
    assert len(named) > 10
    assert [name for name in named if not Path(asvs.ROOT / name).exists()] == []


def test_the_requirements_are_those_of_the_standard() -> None:
    if not STANDARD.exists():
        pytest.skip("the standard is not beside this tree")
    ids = re.findall(r"^\| ([0-9.]+) \|.*\| [12] \|$", STANDARD.read_text("utf-8"), re.MULTILINE)
    assert sorted(ids, key=asvs.place) == asvs.wanted()
