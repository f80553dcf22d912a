"""Reports for the regulator from the console: whole, safe for a spreadsheet, written down, by risk alone."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from service.console import reports
from service.wallet import regulator
from service.wallet.unit import Case, Person, Unit
from tests.console.conftest import Browser
from tests.console.test_decisions import emptied
from tests.console.test_people import noted
from tests.phone import Town

NOVEMBER = {"country": "ke", "first": "2026-11-01", "last": "2026-11-30"}


def rename(town: Town, name: str) -> None:
    amina = town.person("Amina")

    def work(unit: Unit) -> None:
        row = unit.rows.lock(Person, amina.id)
        assert row is not None
        unit.rows.put(replace(row, name=name))

    town.app.transact(work)


def test_I_12_what_is_suspicious_is_a_file_without_formulas(town: Town) -> None:
    """The line names who it is, what the rules said and what it turned out to be; the last line counts."""
    case = emptied(town)
    rename(town, '=HYPERLINK("https://evil.example")')
    rita = Browser(town).log_in("rita")
    assert rita.post(f"/cases/{case}/close", outcome="fraud", why="spoke to her").status_code == 303
    day = f"{town.now:%Y-%m-%d}"
    answer = rita.post("/reports", report="suspicious", form="csv", country="ke", first=day, last=day)
    line, end = csv.DictReader(io.StringIO(answer.text))
    assert line["payer"] == '\'=HYPERLINK("https://evil.example")'
    assert (line["reference"], line["amount"], line["note"]) == (case, "1850.00", "emptied woken fraud")
    assert line["payer_document"] == town.person("Amina").id_number
    assert (end["reference"], end["at"]) == ("END", "1 lines")
    (row,) = noted(town, "make report")
    assert (row.about, row.values["form"]) == ("report suspicious", "csv")


@pytest.mark.parametrize("name", ["<b>Amina</b> & Söhne", "አሚና በላይ", "\u202eAmina"])
def test_a_report_can_be_printed_whatever_somebody_is_called(name: str, town: Town) -> None:
    emptied(town)
    rename(town, name)
    day = f"{town.now:%Y-%m-%d}"
    rita = Browser(town).log_in("rita")
    answer = rita.post("/reports", report="suspicious", form="pdf", country="ke", first=day, last=day)
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    assert answer.data.rstrip().endswith(b"%%EOF")
    assert answer.headers["Content-Disposition"].endswith('.pdf"')


def test_what_is_too_long_to_print_is_said(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    emptied(town)
    monkeypatch.setattr(reports, "MOST_PRINTED", 0)
    day = f"{town.now:%Y-%m-%d}"
    rita = Browser(town).log_in("rita")
    answer = rita.post("/reports", report="suspicious", form="pdf", country="ke", first=day, last=day)
    assert answer.status_code == 409
    assert "too long to print" in rita.reads()


def test_reports_are_asked_for_by_risk_with_a_period(town: Town) -> None:
    rita = Browser(town).log_in("rita")
    assert rita.get("/reports").status_code == 200
    for wrong in ({"report": "all"}, {"country": "xx"}, {"form": "xls"}):
        asked = {"report": "large", "form": "csv", **NOVEMBER, **wrong}
        assert rita.post("/reports", **asked).status_code == 404
    assert (
        rita.post("/reports", report="large", form="csv", country="ke", first="2026-11-01", last="").status_code == 409
    )
    assert rita.post("/reports", report="large", form="csv", **{**NOVEMBER, "last": "2027-11-01"}).status_code == 409
    assert noted(town, "make report") == []
    answer = rita.post("/reports", report="large", form="csv", **NOVEMBER)
    assert answer.text.endswith('"END","0 lines"' + ',""' * 11 + "\r\n")
    assert Browser(town).log_in("omar").post("/reports", report="large", form="csv", **NOVEMBER).status_code == 403


def test_no_case_is_left_out_of_its_period_however_many_are_newer(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regulator, "AT_ONCE", 1)
    monkeypatch.setattr(regulator, "MOST_FOUND", 1)
    number, day = emptied(town), f"{town.now:%Y-%m-%d}"
    (case,) = town.app.read(lambda unit: unit.rows.find(Case, what="pattern", newest=True))
    town.now += timedelta(days=3)
    for _ in range(2):
        town.app.transact(
            lambda unit: unit.rows.append(replace(case, id=unit.mint(), about=unit.mint(), opened_at=unit.now))
        )
    rita = Browser(town).log_in("rita")
    answer = rita.post("/reports", report="suspicious", form="csv", country="ke", first=day, last=day)
    assert [line["reference"] for line in csv.DictReader(io.StringIO(answer.text))] == [number, "END"]
