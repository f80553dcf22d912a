"""Applications: taken down with papers, granted by two, and papers that come out as files and nothing else."""

from dataclasses import replace

import pytest

from service.console.applications import ROOM
from service.wallet.application import LARGEST, MOST, Application, Paper
from service.wallet.logbook import every_note
from service.wallet.merchant import Merchant
from service.wallet.unit import Agent
from tests.console.conftest import Browser
from tests.console.test_approvals import made, seen
from tests.phone import Town

PDF = b"%PDF-1.7\n<script>alert(1)</script>"
ASKED = {"kind": "agent", "phone": "0722000002", "name": "Baraka Stores", "place": "Thika", "paper": "A 17"}


def taken(browser: Browser, **fields: str) -> str:
    """Take an application down and return its reference."""
    answer = browser.post("/applications", **{**ASKED, **fields})
    assert answer.status_code == 303, browser.reads()
    return str(answer.headers["Location"]).rsplit("/", 1)[-1]


def applications(town: Town) -> list[Application]:
    return list(town.app.read(lambda unit: unit.rows.find(Application)))


def granted(town: Town, maker: Browser, checker: Browser, reference: str) -> None:
    act = made(maker, "open_shop", application=reference)
    assert town.app.read(lambda unit: unit.rows.find(Application))[-1].state == "asked"
    assert checker.post(f"/approve/open_shop/{act}", seen=seen(checker, act)).status_code == 303, checker.reads()


def test_C_01_an_application_becomes_a_shop_by_two(town: Town) -> None:
    """Support takes it down, agents propose, risk approves what they saw: the shop is there, under its super-agent."""
    sara, aisha, rita = (Browser(town).log_in(who) for who in ("sara", "aisha", "rita"))
    reference = taken(sara, under="100016")
    assert "Mwangi" not in sara.get(f"/applications/{reference}").text
    assert sara.post("/propose/open_shop", application=reference).status_code == 403
    act = made(aisha, "open_shop", application=reference)
    page = rita.get(f"/approvals/{act}").text
    for said in ("Baraka Stores", "Thika", "BARAKA M", "100016"):
        assert said in page, said
    assert aisha.post(f"/approve/open_shop/{act}", seen=seen(rita, act)).status_code == 403
    assert rita.post(f"/approve/open_shop/{act}", seen=seen(rita, act)).status_code == 303
    shop = town.app.read(lambda unit: unit.rows.find(Agent, newest=True))[0]
    assert (shop.name, shop.place, shop.under, shop.state) == ("Baraka Stores", "Thika", "100016", "active")
    assert applications(town)[0].state == "granted"
    assert shop.number in town.phone("Baraka").inbox()[-1], "he learns his number"
    assert aisha.post("/propose/open_shop", application=reference).status_code == 409
    assert sara.post("/applications", **{**ASKED}).status_code == 409, "Baraka keeps a shop now"


def test_an_application_of_a_merchant_becomes_a_till(town: Town) -> None:
    """The owner is told its number by SMS; the name follows the rules of tills."""
    aisha, rita = Browser(town).log_in("aisha"), Browser(town).log_in("rita")
    assert aisha.post("/applications", **{**ASKED, "kind": "merchant", "name": "Senti"}).status_code == 409
    reference = taken(aisha, kind="merchant", name="Baraka Books")
    granted(town, aisha, rita, reference)
    (till,) = town.app.read(lambda unit: unit.rows.find(Merchant))
    assert (till.name, till.state) == ("Baraka Books", "open")
    assert till.number in town.phone("Baraka").inbox()[-1]


def test_C_04_a_paper_that_came_since_makes_it_another_version(town: Town) -> None:
    """What was shown had no paper: the yes is refused, and asked for again with it."""
    aisha, rita = Browser(town).log_in("aisha"), Browser(town).log_in("rita")
    reference = taken(aisha)
    act = made(aisha, "open_shop", application=reference)
    version = seen(rita, act)
    assert aisha.hand_in(f"/applications/{reference}/papers", PDF).status_code == 303
    assert rita.post(f"/approve/open_shop/{act}", seen=version).status_code == 409
    assert rita.post(f"/approve/open_shop/{act}", seen=seen(rita, act)).status_code == 303
    assert aisha.hand_in(f"/applications/{reference}/papers", PDF).status_code == 409, "it was decided"


def test_I_15_a_paper_comes_out_as_a_file_of_its_kind_and_never_as_a_page(town: Town) -> None:
    """A PDF with markup in it is saved as PDF; looking is written down; another application's paper is not there."""
    aisha, sara = Browser(town).log_in("aisha"), Browser(town).log_in("sara")
    reference = taken(aisha)
    aisha.hand_in(f"/applications/{reference}/papers", PDF)
    (paper,) = town.app.read(lambda unit: unit.rows.find(Paper))
    answer = aisha.get(f"/applications/{reference}/papers/{paper.id}")
    assert answer.data == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert [row.act for row in town.app.read(lambda unit: list(every_note(unit)))][-1] == "see paper"
    assert sara.get(f"/applications/{reference}/papers/{paper.id}").status_code == 403
    other = taken(aisha, phone="0711000001", name="Amina Stores")
    assert aisha.get(f"/applications/{other}/papers/{paper.id}").status_code == 404


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"\x89PNG",
        b"GIF89a",
        b" %PDF-1.7",
        b"<svg onload=alert(1)>",
        b"PK\x03\x04",
    ],
)
def test_I_15_what_is_no_paper_is_refused_whatever_it_is_called(file: bytes, town: Town) -> None:
    """The first octets decide: pages, pictures that can hold scripts, archives and nothing at all."""
    aisha = Browser(town).log_in("aisha")
    reference = taken(aisha)
    assert aisha.hand_in(f"/applications/{reference}/papers", file).status_code == 409
    assert town.app.read(lambda unit: unit.rows.find(Paper)) == []


def test_papers_are_few_and_small(town: Town) -> None:
    """One octet too many, a form that is too long, and one paper too many are refused."""
    aisha = Browser(town).log_in("aisha")
    place = f"/applications/{taken(aisha)}/papers"
    assert aisha.hand_in(place, PDF.ljust(LARGEST + 1)).status_code == 409
    assert aisha.hand_in(place, PDF.ljust(ROOM)).status_code == 409
    assert "larger than" in aisha.reads()
    for _ in range(MOST):
        assert aisha.hand_in(place, PDF.ljust(LARGEST)).status_code == 303
    assert aisha.hand_in(place, PDF).status_code == 409
    assert "4 papers at most" in aisha.reads()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "king"},
        {"phone": "0799000009"},
        {"phone": "12"},
        {"name": ""},
        {"place": ""},
        {"paper": ""},
        {"under": "100017"},
        {"under": "100032"},
        {"phone": "0711000010"},
        {"kind": "merchant", "name": "x"},
        {"phone": "0700000003"},
    ],
)
def test_I_14_what_is_no_application_is_refused(fields: dict[str, str], town: Town) -> None:
    """Unknown kinds, people without a wallet, mistyped super-agents, who keeps a shop already, and one's own number."""
    assert Browser(town).log_in("aisha").post("/applications", **{**ASKED, **fields}).status_code == 409
    assert applications(town) == []


def test_one_application_of_a_kind_waits_and_a_refused_one_makes_room(town: Town) -> None:
    aisha = Browser(town).log_in("aisha")
    reference = taken(aisha)
    assert aisha.post("/applications", **ASKED).status_code == 409
    assert aisha.post(f"/applications/{reference}/refuse").status_code == 303
    assert aisha.post(f"/applications/{reference}/refuse").status_code == 409
    assert "was not granted" in town.phone("Baraka").inbox()[-1]
    assert "Baraka Stores" in aisha.get("/applications?state=refused").text
    assert taken(aisha) != reference
    assert aisha.get("/applications?state=x").status_code == 404


def test_C_01_nobody_grants_their_own(town: Town) -> None:
    """The applicant is who approves: neither by a second name nor by their own."""
    aisha, rita = Browser(town).log_in("aisha"), Browser(town).log_in("rita")
    reference = taken(aisha)
    baraka = town.person("Baraka")
    town.app.transact(lambda unit: unit.rows.put(replace(baraka, phone="+254700000006")))
    act = made(aisha, "open_shop", application=reference)
    assert rita.post(f"/approve/open_shop/{act}", seen=seen(rita, act)).status_code == 409
    town.app.transact(lambda unit: unit.rows.put(baraka))
    assert applications(town)[0].state == "asked"
