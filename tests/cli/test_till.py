"""The operator's view of tills, and the square to print."""

from pathlib import Path

from tests.cli.conftest import Senti

AMINA, BARAKA = "+254711000001", "+254722000002"
TILL = "500017"


def with_sale(senti: Senti) -> None:
    """Baraka has a till, where Amina has paid 500."""
    assert "is open" in senti.sent(BARAKA, "7", "10", "Mama Mboga", "5182")
    assert "Paid KES 500 to Mama Mboga." in senti.sent(AMINA, "3", TILL, "500", "4071")


def test_tills_are_shown_with_what_is_in_them(senti: Senti) -> None:
    with_sale(senti)
    shown = {"number": TILL, "name": "Mama Mboga", "state": "open", "phone": BARAKA, "takings": 497_50}
    assert senti.json("till", "list") == [shown]
    assert senti.json("till", "show", TILL) == shown
    assert TILL in senti.says("till", "list")
    assert senti.no("till", "show", "500025") == "senti: there is no till 500025\n"
    assert "Mistyped" in senti.no("till", "show", "500018")


def test_the_books_name_the_till_that_takings_are_of(senti: Senti) -> None:
    with_sale(senti)
    (book,) = senti.json("books")["books"]
    takings = {"id": f"ke:takings:{TILL}", "kind": "takings", "owner": TILL, "balance": 497_50}
    assert takings in book["accounts"]
    assert book["total"] == 0
    assert senti.json("audit")["sound"]


def test_the_square_of_a_till(senti: Senti, tmp_path: Path) -> None:
    with_sale(senti)
    made = senti.json("till", "qr", TILL)
    assert made["payload"].startswith("000201010211")
    assert TILL in made["payload"]
    drawn = senti.says("till", "qr", TILL)
    assert drawn.endswith(f"{made['payload']}\n")
    assert len(drawn.splitlines()) > 20
    senti.says("till", "qr", TILL, "--svg", str(tmp_path / "till.svg"))
    assert "<svg" in (tmp_path / "till.svg").read_text("utf-8")
    assert senti.no("till", "qr", "500025") == "senti: there is no open till 500025\n"
