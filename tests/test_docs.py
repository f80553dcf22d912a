"""The documentation does what it says."""

import doctest
from pathlib import Path

from service.log import set_up

ROOT = Path(__file__).parent.parent


def test_the_tour() -> None:
    set_up(level="error")  # the tour prints screens, not the log
    results = doctest.testfile(str(ROOT / "docs" / "tour.md"), module_relative=False)
    assert results.attempted > 10
    assert results.failed == 0
