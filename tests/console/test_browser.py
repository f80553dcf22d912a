"""Staff in a real browser: their day, by mouse and by keyboard alone, at 360 px, in the dark, and two who race.

A code is good once: who logs in again within half a minute waits for the next code, as people do.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from service.demo import PASSWORD, demo_secret
from service.wallet.staff import code_at
from tests.simulator.table import CHROMIUM, chromium, service

pytestmark = pytest.mark.browser
SPENT: set[tuple[str, str, str]] = set()
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with service(tmp_path_factory.mktemp("console")) as found:
        yield found


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    if os.environ.get("SENTI_TEST_WITHOUT_BROWSER") == "1":
        pytest.skip("SENTI_TEST_WITHOUT_BROWSER=1")
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium (or set SENTI_TEST_WITHOUT_BROWSER=1)")
    with chromium() as found:
        yield found


class Desk:
    """One browser of one of the staff; whatever a page complains of is a failure at the end."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.address}/console{path}")

    def log_in(self, name: str, *, check: bool = True) -> "Desk":
        self.open("/login")
        if check:
            self.check()
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_label("Code of now", exact=True).fill(self.fresh_code(name))
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("heading", name="Approvals")).to_be_visible()
        return self

    def fresh_code(self, name: str) -> str:
        while (spent := (self.address, name, code_at(demo_secret(name), datetime.now(UTC)))) in SPENT:
            self.page.wait_for_timeout(1000)
        SPENT.add(spent)
        return spent[2]

    def find(self, what: str) -> None:
        self.page.get_by_role("searchbox").fill(what)
        self.page.get_by_role("button", name="Find").click()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def check(self) -> None:
        """Assert that axe finds nothing, by day and by night, and that nothing is wider than a small window."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = Axe().run(self.page)
            assert found.violations_count == 0, found.generate_report()
        before = self.page.viewport_size
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"
        assert before is not None
        self.page.set_viewport_size(before)


@contextmanager
def desks(chrome: Browser, address: str, *names: str) -> Iterator[list[Desk]]:
    with ExitStack() as stack:
        found = []
        for name in names:
            context = stack.enter_context(chrome.new_context(viewport=WIDE))  # type: ignore[arg-type]
            found.append(Desk(context.new_page(), address).log_in(name))
        yield found
        assert [complaint for desk in found for complaint in desk.complaints] == []


def test_support_helps_a_caller_and_risk_approves_a_reversal(chrome: Browser, address: str) -> None:
    with desks(chrome, address, "sara", "rita") as (sara, rita):
        sara.check()
        sara.find("0711 000 001")
        expect(sara.page.get_by_role("heading", name="AMINA O")).to_be_visible()
        assert "0711000001" not in sara.page.url
        sara.check()
        sara.page.get_by_text("Show name, phone and document").first.click()
        sara.page.get_by_label("Why?").fill("the caller lost her card")
        sara.check()
        sara.press("Show name, phone and document")
        expect(sara.page.get_by_role("heading", name="Amina Odhiambo")).to_be_visible()
        sara.page.get_by_role("button", name="Talks and messages").click()
        sara.check()
        sara.page.get_by_role("link", name="Back to the person").click()
        expect(sara.page.get_by_role("heading", name="AMINA O")).to_be_visible()
        sara.page.get_by_role("link", name=re.compile("^[0-9A-Z]{10}$")).first.click()
        sara.check()
        sara.page.get_by_role("button", name="Reverse an entry").click()
        sara.check()
        sara.press("Propose it")
        expect(sara.page.get_by_text("somebody else approves it")).to_be_visible()
        place = sara.page.url
        rita.page.goto(place)
        rita.check()
        rita.press("Approve what is shown")
        expect(rita.page.get_by_text("Approved by rita")).to_be_visible()
        sara.open("/cases")
        sara.check()


def test_two_of_the_treasury_race_and_one_wins(chrome: Browser, address: str, tmp_path: Path) -> None:
    with desks(chrome, address, "aisha", "tariq", "teresa") as (aisha, tariq, teresa):
        aisha.find("100024")
        aisha.check()
        aisha.page.get_by_role("button", name="Issue float").click()
        aisha.page.get_by_label("Amount").fill("-5")
        aisha.page.get_by_label("The bank's reference").fill("FT 77")
        aisha.press("Propose it")
        expect(aisha.page.get_by_role("alert")).to_be_visible()
        assert aisha.page.get_by_label("The bank's reference").input_value() == "FT 77"
        aisha.complaints.clear()  # the browser writes down every answer that is not 200
        aisha.check()
        aisha.page.get_by_label("Amount").fill("2,500")
        aisha.press("Propose it")
        for desk in (tariq, teresa):
            desk.page.goto(aisha.page.url)
        tariq.press("Approve what is shown")
        expect(tariq.page.get_by_text("Approved by tariq")).to_be_visible()
        teresa.press("Approve what is shown")
        expect(teresa.page.get_by_text("somebody has decided it")).to_be_visible()
        teresa.complaints.clear()
        teresa.check()
        teresa.find("100024")
        expect(teresa.page.get_by_text("KES 3,700.00").first).to_be_visible()
        close_a_day(tariq, teresa, tmp_path)


def close_a_day(tariq: Desk, teresa: Desk, folder: Path) -> None:
    """A statement comes in, what it says is seen, the day is closed by two, and what was signed is read."""
    day = f"{datetime.now(UTC).date() - timedelta(days=2)}"
    (folder / "bank.csv").write_text(f"date,amount,balance,reference,text\n{day},70,70,FT 1,Njeri\n", "utf-8")
    tariq.page.get_by_role("link", name="Treasury").click()
    tariq.check()
    tariq.page.get_by_label("File").set_input_files(folder / "bank.csv")
    tariq.press("Import a statement")
    expect(tariq.page.get_by_text("the bank has it").first).to_be_visible()
    tariq.check()
    tariq.page.get_by_role("link", name="Find out whose money it is").first.click()
    tariq.check()
    tariq.open(f"/propose/day_close?country=ke&day={day}")
    tariq.check()
    tariq.press("Propose it")
    teresa.page.goto(tariq.page.url)
    teresa.check()
    teresa.press("Approve what is shown")
    expect(teresa.page.get_by_text("Approved by teresa")).to_be_visible()
    teresa.page.get_by_role("link", name="Treasury").click()
    teresa.page.get_by_role("link", name=day, exact=True).first.click()
    expect(teresa.page.get_by_text("Senti day close")).to_be_visible()
    teresa.check()
    teresa.page.get_by_role("link", name="Standstill").click()
    expect(teresa.page.get_by_role("button", name="Stop it now")).to_be_visible()
    teresa.check()


def test_risk_hands_in_a_list_and_two_look_at_who_may_be_on_it(chrome: Browser, address: str, tmp_path: Path) -> None:
    file = tmp_path / "un.csv"
    file.write_text("number,name,aliases\nQDi.7,Chebet Rono,Mama Chebet\n")
    with desks(chrome, address, "rita", "ravi") as (rita, ravi):
        rita.find("rono chebet")
        rita.check()
        rita.page.get_by_role("link", name="CHEBET R").click()
        expect(rita.page.get_by_role("heading", name="CHEBET R")).to_be_visible()
        rita.page.get_by_role("link", name="Risk").click()
        rita.page.get_by_text("Hand in a list").first.click()
        rita.check()
        rita.page.get_by_label("List", exact=True).fill("un")
        rita.page.get_by_label("File").set_input_files(file)
        rita.press("Hand in a list")
        for _ in range(60):
            if rita.page.get_by_role("cell", name="CHEBET R").count():
                break
            rita.page.wait_for_timeout(500)
            rita.open("/risk")
        rita.check()
        rita.page.get_by_role("row", name=re.compile("CHEBET R")).get_by_role("link").click()
        rita.check()
        rita.page.get_by_role("button", name="Say that a person is not on the list").click()
        rita.check()
        rita.press("Propose it")
        ravi.page.goto(rita.page.url)
        ravi.check()
        ravi.press("Approve what is shown")
        expect(ravi.page.get_by_text("Approved by ravi")).to_be_visible()
        for place in ("/decisions", "/reports"):
            ravi.open(place)
            ravi.check()


def test_auditor_and_administrators_read_what_was_done(chrome: Browser, address: str, tmp_path: Path) -> None:
    with desks(chrome, address, "omar", "ada", "adam") as (omar, ada, adam):
        omar.page.get_by_role("link", name="Logbook").click()
        omar.check()
        omar.page.get_by_label("Who").fill("ada")
        omar.press("Filter")
        expect(omar.page.get_by_role("cell", name="ada (admin)").first).to_be_visible()
        with omar.page.expect_download() as file:
            omar.page.get_by_role("link", name="As a file (CSV)").click()
        file.value.save_as(tmp_path / "log.csv")
        assert '"log in"' in (tmp_path / "log.csv").read_text()
        ada.page.get_by_role("link", name="Staff").click()
        ada.check()
        ada.page.get_by_role("row", name=re.compile("^samuel")).get_by_role("link", name="Change a role").click()
        ada.page.get_by_label("New role").select_option("risk")
        ada.check()
        ada.press("Propose it")
        adam.page.goto(ada.page.url)
        adam.press("Approve what is shown")
        expect(adam.page.get_by_text("Approved by adam")).to_be_visible()


def test_a_day_by_keyboard_alone_in_swahili(chrome: Browser, address: str) -> None:
    """Logging in, finding somebody, changing the language and leaving: Tab, letters and Enter."""
    with chrome.new_context(viewport=NARROW) as context:  # type: ignore[arg-type]
        desk = Desk(context.new_page(), address)
        page, keys = desk.page, desk.page.keyboard
        desk.open()
        expect(page.get_by_label("Name", exact=True)).to_be_focused()
        keys.type("samuel")
        keys.press("Tab")
        keys.type(PASSWORD)
        keys.press("Tab")
        keys.type(code_at(demo_secret("samuel"), datetime.now(UTC)))
        keys.press("Enter")
        expect(page.get_by_role("heading", name="Approvals")).to_be_visible()
        keys.press("Tab")
        expect(page.get_by_role("link", name="To the content")).to_be_focused()
        keys.press("Tab")
        expect(page.get_by_role("link", name="To the search")).to_be_focused()
        keys.press("Enter")
        expect(page.get_by_role("searchbox")).to_be_focused()
        keys.type("0722000002")
        keys.press("Enter")
        expect(page.get_by_role("heading", name="BARAKA M")).to_be_visible()
        page.get_by_label("Language").focus()
        keys.type("Kis")
        keys.press("Tab")
        keys.press("Enter")
        expect(page.get_by_role("heading", name="Idhini")).to_be_visible()
        desk.check()
        page.get_by_role("button", name="Toka").focus()
        keys.press("Enter")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        assert desk.complaints == []
