"""The documentation does what it says."""

import doctest
import re
from pathlib import Path

import pytest

from service.log import set_up
from tests import cases, peers
from tests.cli.conftest import _own_log

__all__ = ["_own_log"]

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT.parent / "shared" / "hostile-cases.md"


def test_the_tour() -> None:
    set_up(level="error")  # the tour prints screens, not the log
    results = doctest.testfile(str(ROOT / "docs" / "tour.md"), module_relative=False)
    assert results.attempted > 10
    assert results.failed == 0


def test_the_list_of_cases_is_current() -> None:
    assert cases.PAGE.read_text("utf-8") == cases.page(), "run `python -m tests.cases`"


def test_every_citation_says_what_holds() -> None:
    assert [citation for citation in cases.citations() if not citation.says] == []


def test_every_case_is_shown_or_says_why_not() -> None:
    said, cited = cases.table(), {citation.case for citation in cases.citations()}
    assert cited <= said["tried"].keys(), "cases that tests/cases.toml does not know"
    assert said["tried"].keys() - cited <= said["later"].keys() | said["never"].keys(), "no test, and no word why"
    assert said["later"].keys().isdisjoint(said["never"])
    assert all(text.strip() for lines in said.values() for text in lines.values())
    assert all(lines.keys() <= said["tried"].keys() for lines in said.values())


def test_the_list_of_cases_is_that_of_the_catalogue() -> None:
    if not CATALOGUE.exists():
        pytest.skip("the catalogue is not beside this tree")
    ids = re.findall(r"^\| ([A-Z]-[0-9]{2}) [AFM] \|", CATALOGUE.read_text("utf-8"), re.MULTILINE)
    assert sorted(cases.table()["tried"]) == sorted(ids)


def test_the_documentation_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


def test_every_bug_of_others_is_shown_not_to_be_here_or_says_why() -> None:
    shown = {citation.number for citation in peers.citations()}
    assert sorted(peers.BUGS) == list(range(1, 57))
    assert shown | peers.NOT_HERE.keys() == peers.BUGS.keys(), "no test, and no word why"
    assert shown.isdisjoint(peers.NOT_HERE), "there is a test: the reason is out of date"
    assert [citation for citation in peers.citations() if not citation.says] == []
    assert all(text.strip() for text in (*peers.BUGS.values(), *peers.NOT_HERE.values()))
