"""The simulator's page in a browser, and hands that press its keys; also what starts the service behind it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, Locator, Page, Request, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SENTI = Path(sys.executable).with_name("senti")
START_SECONDS = 60
expect.set_options(timeout=20_000)  # milliseconds; a page that is looked at beside other work is slow, not wrong


@contextmanager
def service(folder: Path, **more: str) -> Iterator[str]:
    """Run the demo on a fresh database and a free port; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {name: value for name, value in os.environ.items() if not name.startswith("SENTI_")}
    settings |= {"SENTI_DATABASE_URL": f"sqlite:///{folder}/senti.db", **more}
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(
            [SENTI, "run", "--port", str(port)], env=settings, cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _await(address, running, folder / "log")
        yield address
    finally:
        running.terminate()
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def _await(address: str, running: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(START_SECONDS * 10):
        try:
            with urlopen(f"{address}/health/ready", timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:  # refused, or not answered in time
            assert running.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(f"not ready after {START_SECONDS} s: {log.read_text()}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's browser without a window."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Phone:
    """One phone on the page, in somebody's hand."""

    def __init__(self, page: Page, place: int) -> None:
        self.root = page.locator(f"#phone-{place}")
        self.said = self.root.locator(".said")

    def key(self, name: str) -> Locator:
        return self.root.locator(f'[data-key="{name}"]')

    def press(self, digits: str) -> None:
        """Press the keys of the keypad, one by one."""
        for digit in digits:
            self.root.locator(f'[data-digit="{digit}"]').click()

    def send(self, digits: str) -> None:
        """Press digits and the call key."""
        self.press(digits)
        self.key("call").click()

    def reads(self, *words: str) -> None:
        """Wait until the screen shows all of this."""
        for part in words:
            expect(self.said).to_contain_text(part)

    def hold(self, phone: str) -> None:
        self.root.locator("select").select_option(phone)

    def unread(self, count: int) -> None:
        """Wait until the badge says so many."""
        badge = self.root.locator(".mail")
        if count:
            expect(badge.locator("b")).to_have_text(str(count))
        else:
            expect(badge).to_be_hidden()

    def open_newest(self) -> str:
        """Open the newest message and return what the screen then shows."""
        self.key("left").click()
        self.root.locator(".messages button").first.click()
        return self.said.inner_text()

    def home(self) -> None:
        self.key("end").click()
        expect(self.root).to_have_attribute("data-view", "idle")


class Table:
    """The whole page: three phones and the books."""

    def __init__(self, page: Page, address: str, folder: Path) -> None:
        self.page, self.address, self.folder = page, address, folder
        self.complaints: list[str] = []
        self.requests: list[Request] = []
        self.phones = [Phone(page, place) for place in (1, 2, 3)]
        self.last = page.locator(".last")
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request))

    def open(self) -> "Table":
        self.page.goto(f"{self.address}/simulator")
        expect(self.page.locator(".pulse")).to_contain_text("Live")
        return self

    def moves(self) -> list[tuple[str, str, str, str]]:
        """Return the newest entry as (source, target, amount, reason)."""
        rows = self.last.locator(".moves > li").all()
        return [
            (
                row.locator(".end").first.inner_text(),
                row.locator(".end").last.inner_text(),
                row.locator(".arrow b").inner_text(),
                row.locator(".arrow small").inner_text(),
            )
            for row in rows
        ]

    def fits(self) -> None:
        """Assert that nothing is wider than the window."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"{wide} px too wide"

    def shoot(self, name: str, *, whole: bool = False) -> Path:
        """Take a picture into the test's own folder."""
        file = self.folder / f"{name}.png"
        self.page.screenshot(path=file, full_page=whole)
        assert file.stat().st_size > 10_000
        return file
