"""Dashboards in a real browser: nothing to complain of, plots to hover over, new figures by themselves, and an end."""

import re

from playwright.sync_api import Browser, expect

from service.console.boards import THEMES
from tests.console.test_browser import address, chrome, desks, pytestmark  # noqa: F401 (fixtures)


def test_boards_are_read_by_everybody_and_ask_for_new_figures(
    chrome: Browser,  # noqa: F811
    address: str,  # noqa: F811
) -> None:
    """Plot and table say one time, the country's, wherever the laptop is; a page whose login is over leaves."""
    with desks(chrome, address, "tariq", "tariq") as (gone, tariq):
        for theme in THEMES:
            tariq.open(f"/boards/{theme}")
            tariq.check()
        tariq.open("/boards/traffic")
        over = tariq.page.locator(".u-over").first
        over.hover()
        legend = tariq.page.locator(".u-legend .u-value").first
        expect(legend).to_have_text(re.compile(r"[0-9]:[0-9]{2}"))
        minutes = [f"{int(hour)}:{minute}" for hour, minute in re.findall(r" ([0-9]{2}):([0-9]{2})", table(tariq))]
        said = re.search(r"([0-9]+):([0-9]{2})(am|pm)", legend.inner_text())
        assert said
        hour = int(said[1]) % 12 + (12 if said[3] == "pm" else 0)
        assert f"{hour}:{said[2]}" in minutes
        with tariq.page.expect_response(re.compile("/part$"), timeout=20_000) as answer:
            pass
        assert answer.value.status == 200
        gone.open("/boards/money")
        expect(gone.page.get_by_role("heading", name="Log in")).to_be_visible()
        tariq.page.context.clear_cookies()
        expect(tariq.page.get_by_role("heading", name="Log in")).to_be_visible(timeout=20_000)
        tariq.complaints.clear()  # the browser writes down every answer that is not 200


def table(desk: object) -> str:
    return str(desk.page.locator("#board table.striped").first.inner_text())  # type: ignore[attr-defined]
