"""The browser's tests: they fail where there is no browser, and are left out only where somebody says so, visibly."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.simulator.table import CHROMIUM, Table, chromium, service

LEFT_OUT = "SENTI_TEST_WITHOUT_BROWSER"
_left_out: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs chromium")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get(LEFT_OUT) != "1":
        return
    without = [item for item in items if item.get_closest_marker("browser")]
    _left_out.extend(item.nodeid for item in without)
    items[:] = [item for item in items if item not in without]
    config.hook.pytest_deselected(items=without)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _left_out:
        terminalreporter.section("no browser")
        terminalreporter.line(f"NOT RUN: {len(_left_out)} tests of the simulator's page, because {LEFT_OUT}=1")


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service of its own, started as `make run` does."""
    with service(tmp_path_factory.mktemp("simulator")) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium (or set {LEFT_OUT}=1 to go without)")
    with chromium() as found:
        yield found


@pytest.fixture
def table(browser: Browser, address: str, tmp_path: Path) -> Iterator[Table]:
    """The page at 1400 pixels; afterwards nothing may have gone wrong in it, whatever the test was about."""
    with browser.new_context(viewport={"width": 1400, "height": 900}) as context:
        found = Table(context.new_page(), address, tmp_path)
        yield found
        assert found.complaints == []
