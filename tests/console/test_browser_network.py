"""Wages and prices in a real browser: files chosen, judged, approved by another, and followed."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.console.test_browser import address, chrome, desks, pytestmark  # noqa: F401 (fixtures)
from tests.console.test_bulk import FILE
from tests.countries.test_price_lists import SEND
from tests.simulator.table import service


def test_wages_and_prices_are_handed_in_by_one_and_approved_by_another(
    chrome: Browser,  # noqa: F811
    address: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    (tmp_path / "wages.csv").write_text(FILE + "12,5,,\n", "utf-8")
    (tmp_path / "prices.toml").write_text(SEND.replace("2027", "2127"), "utf-8")
    with desks(chrome, address, "tariq", "teresa") as (tariq, teresa):
        tariq.page.get_by_role("link", name="Wages").click()
        tariq.check()
        tariq.page.get_by_label("File").set_input_files(tmp_path / "wages.csv")
        tariq.press("Check it")
        tariq.check()
        tariq.page.get_by_label("Who pays").fill("ACME wages Nov")
        tariq.page.get_by_label("The bank's reference").fill("NCBA 1")
        tariq.page.get_by_label("Leave out").check()
        tariq.press("Propose it")
        expect(tariq.page.get_by_text("somebody else approves it")).to_be_visible()
        tariq.check()
        teresa.page.goto(tariq.page.url)
        teresa.press("Approve what is shown")
        teresa.page.get_by_role("link", name="Look at the lines").click()
        expect(teresa.page.get_by_text("3 of 3 payments done")).to_be_visible(timeout=30_000)
        teresa.check()
        with teresa.page.expect_download() as file:
            teresa.page.get_by_role("button", name="As a file (CSV)").click()
        file.value.save_as(tmp_path / "lines.csv")
        assert "BARAKA M" in (tmp_path / "lines.csv").read_text()
        teresa.page.get_by_role("link", name="Prices").click()
        teresa.check()
        teresa.page.get_by_label("New prices").set_input_files(tmp_path / "prices.toml")
        teresa.press("Check it")
        expect(teresa.page.get_by_text("The list is sound")).to_be_visible()
        teresa.check()
        teresa.press("Propose it")
        tariq.page.goto(teresa.page.url)
        tariq.check()
        tariq.press("Approve what is shown")
        expect(tariq.page.get_by_text("Approved by tariq")).to_be_visible()
        tariq.page.get_by_role("link", name="Prices").click()
        expect(tariq.page.get_by_role("cell", name="2127-01-01")).to_be_visible()
        tariq.check()
        tariq.page.get_by_role("link", name="Tax refunds").click()
        expect(tariq.page.get_by_text("No country here takes a tax beside a charge.")).to_be_visible()
        tariq.check()


def test_a_tax_is_given_back_in_ghana(
    chrome: Browser,  # noqa: F811
    tmp_path: Path,
) -> None:
    """The form, what it comes to (nothing is wrong in a new town), in a country that takes a tax beside a charge."""
    with service(tmp_path, SENTI_COUNTRIES="ke,gh") as address, desks(chrome, address, "tariq") as (tariq,):  # noqa: F811
        tariq.open("/refunds")
        tariq.check()
        tariq.page.get_by_label("Tax").select_option("gh e-levy")
        tariq.page.get_by_label("First day").fill("2025-04-02")
        tariq.page.get_by_label("Last day").fill("2025-04-02")
        tariq.press("Show how much that is")
        expect(tariq.page.get_by_text("Of these days there is nothing to give back.")).to_be_visible()
        tariq.check()


def test_agents_are_looked_after_and_an_application_is_taken_down(
    chrome: Browser,  # noqa: F811
    address: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    (tmp_path / "form.pdf").write_bytes(b"%PDF-1.7\n")
    with desks(chrome, address, "aisha") as (aisha,):
        for place in ("Agents", "Tills", "Applications"):
            aisha.page.get_by_role("link", name=place, exact=True).click()
            expect(aisha.page.get_by_role("heading", name=place, exact=True)).to_be_visible()
            aisha.check()
        aisha.page.get_by_label("Phone", exact=True).fill("0722000002")
        aisha.page.get_by_label("Name of the shop or till").fill("Baraka Stores")
        aisha.page.get_by_label("Place").fill("Thika")
        aisha.page.get_by_label("Number of the form").fill("A 17")
        aisha.press("Take an application down")
        aisha.page.get_by_label("Add a paper").set_input_files(tmp_path / "form.pdf")
        aisha.press("Add it")
        aisha.check()
        with aisha.page.expect_download() as file:
            aisha.page.get_by_role("link", name="PDF").click()
        assert file.value.suggested_filename.endswith(".pdf")
        aisha.page.get_by_role("button", name="Grant an application").click()
        aisha.press("Propose it")
        expect(aisha.page.get_by_text("somebody else approves it")).to_be_visible()
        aisha.check()
        aisha.find("100016")
        aisha.press("Suspend: nothing is paid in or out")
        expect(aisha.page.get_by_role("button", name="Open a shop again")).to_be_visible()
        aisha.check()
        aisha.open("/commission")
        aisha.check()


def test_a_person_falls_back_to_a_tier_and_is_raised_again_with_papers(
    chrome: Browser,  # noqa: F811
    address: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    (tmp_path / "passport.pdf").write_bytes(b"%PDF-1.7\n")
    with desks(chrome, address, "sara", "rita") as (sara, rita):
        for tier in ("1", "2"):
            sara.find("0733 000 003")
            sara.page.get_by_text("Take papers for another tier").first.click()
            sara.page.get_by_label("Tier asked for").select_option(tier)
            sara.page.get_by_label("Number of the form").fill("K 3")
            if tier == "2":
                sara.page.get_by_label("Name in the papers").fill("Chebet Jepkosgei Rono")
                sara.page.get_by_label("Identity document").fill("33445566")
                sara.check()
            sara.press("Take papers for another tier")
            if tier == "2":
                sara.page.get_by_label("Add a paper").set_input_files(tmp_path / "passport.pdf")
                sara.press("Add it")
                rita.page.goto(sara.page.url)
                rita.press("Show the name in the papers")
                expect(rita.page.get_by_text("Chebet Jepkosgei Rono")).to_be_visible()
                rita.check()
            sara.check()
            sara.page.get_by_role("button", name="Change a person's tier").click()
            sara.press("Propose it")
            rita.open("/applications?kind=tier")
            rita.check()
            rita.page.goto(sara.page.url)
            rita.check()
            rita.press("Approve what is shown")
            expect(rita.page.get_by_text("Approved by rita")).to_be_visible()
