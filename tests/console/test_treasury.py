"""The treasury at two browsers: a statement comes in, differences have an age, a day is closed and signed."""

import csv
import io
import re

import pytest

from service.ledger.signature import is_signed
from service.wallet.bank import BankLine
from service.wallet.day_close import DayClose
from tests.console.conftest import Browser
from tests.console.test_approvals import ISSUE, made, seen
from tests.console.test_text import NASTY, Tags
from tests.phone import Town

TABLE = "date,amount,balance,reference,text\n2026-11-22,5000,5000,FT 900,{text}\n2026-11-22,70,5070,NO NAME,{text}\n"


def upload(browser: Browser, data: bytes, name: str = "november.csv", country: str = "ke") -> int:
    form = {"token": browser.token(), "country": country, "file": (io.BytesIO(data), name)}
    return browser.open("POST", "/console/treasury/import", data=form).status_code


def approved(maker: Browser, checker: Browser, act: str, **fields: str) -> str:
    reference = made(maker, act, **fields)
    assert checker.post(f"/approve/{act}/{reference}", seen=seen(checker, reference)).status_code == 303, (
        checker.reads()
    )
    return reference


def test_C_02_a_statement_comes_in_and_what_nobody_explains_gets_a_case(town: Town) -> None:
    """Two lines: one is explained by the float that two people issued, the other waits as a case with its age."""
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    approved(tariq, teresa, "issue", **ISSUE)
    assert upload(tariq, TABLE.format(text="Njeri").encode()) == 303
    page = tariq.get("/treasury").text
    assert "noname" in page
    assert "ft900" not in page
    board = tariq.get("/boards/money/issued-ke.csv").text
    assert '"At the bank, by its last statement","2026-11-22","5070.00"' in board
    assert '"Bank less e-money; Treasury says what it is","","-' in board, "a spreadsheet can add it up"
    (line,) = (row for row in town.app.read(lambda unit: unit.rows.find(BankLine)) if row.state == "open")
    number = town.app.house.references.write(line.id)
    approved(tariq, teresa, "bank_suspense", line=number, why="asked the bank")
    town.wait(days=3)
    tariq.log_in("tariq")
    case = re.search(r'/cases/(\w{10})">', tariq.get("/treasury").text)
    assert case
    assert '<td class="sum">3</td>' in tariq.get("/treasury").text
    assert "money at the bank" in tariq.get(f"/cases/{case[1]}").text
    assert "Reverse" not in tariq.reads()


def test_I_12_the_same_file_twice_adds_nothing(town: Town) -> None:
    """Whoever presses twice, or a colleague who loads it again, changes nothing."""
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    for browser in (tariq, tariq, teresa):
        assert upload(browser, TABLE.format(text="x").encode()) == 303
    assert len(town.app.read(lambda unit: unit.rows.find(BankLine))) == 2


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"date,amount\n", 409),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", 409),
        (b"\xff\xfe", 409),
        (b"", 409),
    ],
)
def test_I_14_a_file_that_is_no_statement_is_refused_in_words(town: Town, data: bytes, status: int) -> None:
    """It says why, and nothing of it is kept."""
    tariq = Browser(town).log_in("tariq")
    assert upload(tariq, data) == status
    assert town.app.read(lambda unit: unit.rows.find(BankLine)) == []


def test_no_file_and_another_country_are_refused(town: Town) -> None:
    tariq = Browser(town).log_in("tariq")
    assert tariq.post("/treasury/import", country="ke").status_code == 409
    assert upload(tariq, TABLE.encode(), country="xx") == 404
    assert tariq.get("/treasury?country=xx").status_code == 404


@pytest.mark.parametrize("name", NASTY)
def test_I_15_what_a_payer_wrote_is_text_on_every_page(name: str, town: Town) -> None:
    """A payer's words in the bank's statement run nowhere: they are shown to who decides, letter by letter."""
    tariq, rita = Browser(town).log_in("tariq"), Browser(town).log_in("rita")
    said = name.replace('"', '""')
    table = f'date,amount,balance,reference,text\n2026-11-22,70,70,"{said}","{said}"\n'
    assert upload(tariq, table.encode(), name=name.replace("\t", " ").replace(chr(34), "") + ".csv") == 303
    (line,) = town.app.read(lambda unit: unit.rows.find(BankLine))
    reference = made(tariq, "bank_suspense", line=town.app.house.references.write(line.id), why=name)
    for page in (tariq.get("/treasury"), rita.get(f"/approvals/{reference}")):
        found = Tags(page.text)
        assert not {"script", "img", "iframe", "object"} & set(found.tags)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", page.text)


def test_a_day_is_closed_by_two_signed_and_taken_away_as_text_and_table(town: Town) -> None:
    """Risk reads the figures that the treasury proposed and approves them: the page, the text and the table agree."""
    tariq, rita, omar = (Browser(town).log_in(name) for name in ("tariq", "rita", "omar"))
    upload(tariq, TABLE.format(text="=1+1").encode())
    town.wait(days=1)
    tariq.log_in("tariq")
    rita.log_in("rita")
    reference = made(tariq, "day_close", country="ke", day="2026-11-22")
    assert "KES 5,070.00" in rita.get(f"/approvals/{reference}").text
    assert tariq.post(f"/approve/day_close/{reference}", seen=seen(tariq, reference)).status_code == 409, "the maker"
    assert rita.post(f"/approve/day_close/{reference}", seen=seen(rita, reference)).status_code == 303
    (row,) = town.app.read(lambda unit: unit.rows.find(DayClose))
    omar.log_in("omar")
    assert row.said in omar.get("/treasury/closes/1").text.replace("&#34;", '"')
    answer = omar.get("/treasury/closes/1/text")
    signature = bytes.fromhex(answer.headers["Senti-Signature"])
    assert is_signed(bytes.fromhex(row.public_key), answer.data, signature)
    lines = list(csv.reader(io.StringIO(omar.get("/treasury/closes/1/table").text)))
    assert ["bank balance", "2026-11-22", "", "5070.00"] in lines
    assert sum(float(one[3].lstrip("'")) for one in lines[4:]) == float(lines[3][3].lstrip("'"))
    assert made_again(tariq, "2026-11-22") == 409
    assert omar.get("/treasury/closes/2").status_code == 404


def made_again(browser: Browser, day: str) -> int:
    return browser.post("/propose/day_close", country="ke", day=day).status_code


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-11-31"])
def test_a_day_that_no_calendar_of_ours_has_is_refused_in_words(town: Town, day: str) -> None:
    """The last day that a computer knows has no midnight at its end."""
    tariq = Browser(town).log_in("tariq")
    assert tariq.post("/propose/day_close", country="ke", day=day).status_code == 409
