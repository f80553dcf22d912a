"""The disk under PostgreSQL is full, and fails in each of three ways: what a phone was told is so."""

import os
import shutil
from collections.abc import Callable

import pytest

from tests.lab.disk import CALLS, TOOLS, broken, full
from tests.lab.finding import Finding, Say


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk and trace PostgreSQL")
@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"there is not all of {', '.join(TOOLS)}")
@pytest.mark.parametrize("fault", [full, broken])
def test_D_07_D_08_the_disk_under_postgresql(fault: Callable[[int, Say], Finding]) -> None:
    """No payment is acknowledged that is not there, none is made twice, and the service goes on by itself."""
    finding = fault(len(CALLS), lambda _: None)
    assert finding.holds, finding
