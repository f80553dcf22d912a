"""The documentation does what it says."""

import doctest
import re
from pathlib import Path

from service.log import set_up
from tests import cases

ROOT = Path(__file__).parent.parent


def test_the_tour() -> None:
    set_up(level="error")  # the tour prints screens, not the log
    results = doctest.testfile(str(ROOT / "docs" / "tour.md"), module_relative=False)
    assert results.attempted > 10
    assert results.failed == 0


def test_the_list_of_cases_is_current() -> None:
    assert cases.PAGE.read_text("utf-8") == cases.page(), "run `python -m tests.cases`"


def test_every_citation_says_what_holds() -> None:
    assert [citation for citation in cases.citations() if not citation.says] == []


def test_the_documentation_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"
