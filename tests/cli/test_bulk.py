import csv
from pathlib import Path

import pytest

from tests.cli.conftest import Senti

FILE = "phone,amount,name,secret\n0722000002,1500,Baraka,\n0711000001,20.50,,\n0799000009,700,,4821\n"
ACME = ("--name", "ACME wages Nov", "--bank-ref", "NCBA 1", "--by", "ann")


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "wages.csv").write_text(FILE, "utf-8")
    return str(tmp_path / "wages.csv")


def test_a_file_is_checked_handed_in_approved_paid_and_told(senti: Senti, file: str, tmp_path: Path) -> None:
    checked = senti("bulk", "check", file)
    assert checked.exit_code == 0, checked.output
    assert "3 payments, 1 of them by voucher: KES 2,220.50 and charges KES 34.00." in checked.stderr
    made = senti.says("bulk", "submit", file, *ACME).strip()
    assert senti.json("bulk", "list")[0]["state"] == "proposed"
    assert "nobody has approved it" in senti.no("bulk", "pay", made)
    assert "name ACME wages Nov, lines 3, amount KES 2,254.50, bank_ref NCBA 1" in senti.says("approve", made)
    assert "3 of 3 lines are paid, 0 were refused." in senti.says("approve", made, "--by", "bob")
    assert "3 of 3 lines are paid, 0 were refused." in senti.says("approve", made, "--by", "bob")
    out = str(tmp_path / "results.csv")
    senti.says("bulk", "results", made, "--to", out)
    lines = list(csv.reader(Path(out).read_text("utf-8").splitlines()))
    assert lines[0] == ["line", "phone", "amount", "state", "reference", "why"]
    assert [line[:4] for line in lines[1:]] == [
        ["2", "254722000002", "1500", "paid"],
        ["3", "254711000001", "20.50", "paid"],
        ["4", "254799000009", "700", "voucher"],
    ]
    assert "is there already" in senti.no("bulk", "results", made, "--to", out, status=2)
    assert "Nothing is left" in senti.no("bulk", "return", made, "--bank-ref", "NCBA 2", "--by", "ann")
    assert "handed in under this name before" in senti.no("bulk", "submit", file, *ACME)
    assert senti.json("audit")["sound"]


def test_I_12_a_file_with_faults_is_refused_whole_unless_they_are_left_out(senti: Senti, tmp_path: Path) -> None:
    """Every fault is named by its line; what is no table, no UTF-8 or too large is said in one line."""
    path = tmp_path / "=1+1.csv"
    path.write_text(FILE + "12,5,,\n0722000002,-3,,\n", "utf-8")
    said = senti.no("bulk", "check", str(path))
    assert "line 5: not a mobile number here\nline 6: not an amount" in said
    assert "--leave-out" in senti.no("bulk", "submit", str(path), *ACME)
    senti.says("bulk", "submit", str(path), *ACME, "--leave-out")
    assert senti.json("bulk", "list")[0]["lines"] == 3
    for bad, words in ((b"phone;amount\n\xff;3", "is not UTF-8"), (b"a,b\n", "no column"), (b"x" * 5_000_001, "bytes")):
        path.write_bytes(bad)
        assert words in senti.no("bulk", "check", str(path), status=2)
    for name in ("A", "=HYPERLINK(evil) and more", "\n"):
        others = ("--name", name, "--bank-ref", "NCBA 1", "--by", "ann")
        path.write_text(FILE, "utf-8")
        assert "2 to 20 letters" in senti.no("bulk", "submit", str(path), *others)
