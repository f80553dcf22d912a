"""The bank's statement by command: import, differences, the two acts about them, and the close of a day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Senti

YESTERDAY = f"{datetime.now(UTC).date() - timedelta(days=2)}"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "bank.csv"
    path.write_text(
        f"date,amount,balance,reference,text\n{YESTERDAY},500,500,FT 1,\n{YESTERDAY},70,570,FT 2,Njeri\n",
        encoding="utf-8",
    )
    return str(path)


def test_a_statement_is_imported_once_and_its_differences_end_by_two(senti: Senti, file: str) -> None:
    assert senti.says("bank", "import", file, "--by", "ann") == (
        "2 lines, 2 of them new, 0 of those explained by an entry.\n"
    )
    assert "0 of them new" in senti.says("bank", "import", file, "--by", "bob")
    issued = senti.approved("float", "issue", "100016", "500", "--bank-ref", "ft-1")
    found = senti.json("bank", "differences")
    (line,) = [one["number"] for one in found if one["side"] == "bank"]
    assert issued not in [one["number"] for one in found], "its reference explains it"
    assert "Njeri" not in senti.says("bank", "differences")
    assert "Njeri" in senti.says("bank", "differences", "--reveal")
    senti.approved("bank", "suspend", line, "--why", "nobody knows the payer")
    case = next(one["case"] for one in senti.json("bank", "differences") if one["number"] == line)
    assert senti.json("case", "show", case)["what"] == "bank"
    late = senti.approved("float", "issue", "100016", "70", "--bank-ref", "OTHER 2")
    senti.approved("bank", "tie", line, late, "--why", "it was Njeri")
    assert [one for one in senti.json("bank", "differences") if one["side"] == "bank"] == []
    assert senti.json("audit")["sound"]


def test_a_day_is_closed_and_its_text_can_be_read(senti: Senti, file: str) -> None:
    senti.says("bank", "import", file, "--by", "ann")
    senti.approved("bank", "close", YESTERDAY)
    assert YESTERDAY in senti.says("bank", "closes")
    text = senti.says("bank", "closes", YESTERDAY)
    assert text.startswith("Senti day close\nnumber: 1\ncountry: ke\n")
    assert "approved by: bob\n" in text
    assert "signature (Ed25519): " in text
    assert "closed already" in senti.no("bank", "close", YESTERDAY, "--by", "ann")
    assert "is not closed" in senti.no("bank", "closes", "2020-01-01")
    assert senti.json("audit")["sound"]


def test_what_is_no_statement_or_no_line_is_said_in_words(senti: Senti, tmp_path: Path, file: str) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("date,amount\n", encoding="utf-8")
    assert "it has no column balance" in senti.no("bank", "import", str(bad), "--by", "ann", status=2)
    assert "is no line of the bank" in senti.no("bank", "suspend", "QQQQQQQQQQ", "--why", "x", "--by", "ann")
    assert "No imported statement covers" in senti.no("bank", "close", "2020-01-01", "--by", "ann")
    senti.says("bank", "import", file, "--by", "ann")
    line = senti.json("bank", "differences")[0]["number"]
    assert "is no entry" in senti.no("bank", "tie", line, "QQQQQQQQQQ", "--why", "x", "--by", "ann")
