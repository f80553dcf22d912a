"""Takes the picture of the simulator that the README shows, from a demo that has just been started."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect

from service.demo import PEOPLE
from tests.simulator.table import Table, chromium, service

FILE = Path("docs/pictures/simulator.png")
SIZE = {"width": 1400, "height": 830}
PIN = {actor.name.split()[0]: actor.pin for actor in PEOPLE}


def take(file: Path) -> None:
    """Let Amina send 500 to Baraka, who reads it, while Njeri is about to take cash in; then press the shutter."""
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as address, chromium() as browser:
        page = browser.new_context(viewport=SIZE, color_scheme="light").new_page()  # type: ignore[arg-type]
        table = Table(page, address, Path(folder)).open()
        amina, baraka, njeri = table.phones
        for typed, shown in (
            ("*384*96#", "1 Send money"), ("1", "which number?"), ("1", "How much"), ("500", "PIN:"),
            (PIN["Amina"], "Sent KES 500"),
        ):  # fmt: skip
            amina.send(typed)
            amina.reads(shown)
        amina.unread(1)
        baraka.unread(1)
        baraka.open_newest()
        for typed, shown in (
            ("*384*97#", "Cash-in"), ("1", "phone number?"), ("0722000002", "How much"), ("1000", "PIN:"),
        ):  # fmt: skip
            njeri.send(typed)
            njeri.reads(shown)
        expect(table.last).to_contain_text("KES 500.00")
        page.locator("h1").hover()
        page.wait_for_timeout(5000)  # until what has just come no longer glows
        file.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=file)
        assert table.complaints == [], table.complaints


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
