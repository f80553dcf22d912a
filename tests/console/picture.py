"""Takes the pictures of the console that docs/console.md shows, from a demo that has just been started."""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from service.console.page import ROOT
from service.demo import PEOPLE
from tests.console.test_browser import Desk
from tests.phone import DOOR, PEOPLE_CODE
from tests.simulator.table import chromium, service

FOLDER = Path("docs/pictures")
SIZE = {"width": 1180, "height": 760}
AMINA = PEOPLE[0]


def dial(address: str, *keys: str) -> None:
    """Let Amina dial and press keys, as the gateway would send them."""
    for place in range(len(keys) + 1):
        form = {"sessionId": "ATUid_1", "phoneNumber": AMINA.phone, "serviceCode": PEOPLE_CODE, "networkCode": "63902"}
        sent = urlencode({**form, "text": "*".join(keys[:place])}).encode()
        urlopen(f"{address}{DOOR}/ussd", data=sent, timeout=10).close()


def take(folder: Path) -> None:
    """Let support look after a caller whose payment went wrong, and risk decide about it."""
    with ExitStack() as stack:
        address = stack.enter_context(service(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        chrome = stack.enter_context(chromium())
        sara, rita = (
            Desk(chrome.new_context(viewport=SIZE, color_scheme=scheme).new_page(), address)  # type: ignore[arg-type]
            for scheme in ("light", "dark")
        )
        dial(address, "1", "1", "500", AMINA.pin)
        sara.log_in("sara", check=False).find(AMINA.phone)
        sara.page.get_by_role("button", name="Talks and messages").wait_for()
        sara.page.screenshot(path=folder / "console-person.png")
        sara.page.get_by_role("button", name="Talks and messages").click()
        sara.page.screenshot(path=folder / "console-talks.png")
        sara.page.go_back()
        sara.page.get_by_role("row", name="cash paid in").get_by_role("link").click()
        sara.page.get_by_role("button", name="Reverse an entry").click()
        sara.press("Propose it")
        rita.log_in("rita", check=False).page.goto(sara.page.url)
        rita.page.screenshot(path=folder / "console-approval.png")
        rita.page.goto(f"{address}{ROOT}/boards/traffic")
        rita.page.locator(".uplot").first.wait_for()
        rita.page.screenshot(path=folder / "console-traffic.png")
        tom = Desk(chrome.new_context(viewport=SIZE, color_scheme="light").new_page(), address)  # type: ignore[arg-type]
        tom.log_in("tariq", check=False).page.goto(f"{address}{ROOT}/treasury")
        tom.page.screenshot(path=folder / "console-treasury.png")
        tom.page.goto(f"{address}{ROOT}/agents")
        tom.page.get_by_role("row").nth(1).get_by_role("link").first.click()
        tom.page.screenshot(path=folder / "console-shop.png")


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
