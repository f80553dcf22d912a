"""Prices at the terminal: a list is judged, proposed by one, approved by another, shown and exported."""

from pathlib import Path

from tests.cli.conftest import Senti
from tests.countries.test_price_lists import SEND

LATER = SEND.replace("2027", "2127")


def test_C_03_prices_are_changed_by_two_and_shown_with_their_dates(senti: Senti, tmp_path: Path) -> None:
    """What changes is said before anything is proposed; from its day on the price is another, in every command."""
    file = tmp_path / "prices.toml"
    file.write_text(LATER, "utf-8")
    said = senti("tariff", "propose", str(file))
    assert "charges of send, from 2127-01-01, KES 100.01 to KES 500.00: KES 7.00, then KES 8.00" in said.stderr
    assert said.stdout == ""
    made = senti.says("tariff", "propose", str(file), "--by", "ann").strip()
    assert "pays = 800" not in senti.says("approve", made)
    senti.no("approve", made, "--by", "ann")
    assert senti.json("tariff", "lists") == []
    senti.says("approve", made, "--by", "bob")
    (row,) = senti.json("tariff", "lists")
    assert (row["number"], row["first"], row["maker"], row["checker"]) == (1, "2127-01-01", "ann", "bob")
    for day, price in (("2126-12-31", "KES 307.00"), ("2127-01-01", "KES 308.00")):
        assert price in senti.says("tariff", "show", "send", "300", "--at", day)
    exported = senti.says("tariff", "export")
    assert "valid_from = 2127-01-01" in exported
    file.write_text(exported, "utf-8")
    assert "changes nothing" in senti.no("tariff", "propose", str(file), "--by", "ann")
    file.write_text(LATER.replace("from = 10001", "from = 10002"), "utf-8")
    assert "gap" in senti.no("tariff", "propose", str(file), "--by", "ann")
    file.write_bytes(b"\xff")
    assert "is not UTF-8" in senti.no("tariff", "propose", str(file), status=2)
