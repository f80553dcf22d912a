"""Sellers' content from the terminal: put up, sold, paused, sold again by two people, and access codes loaded."""

from pathlib import Path

from tests.cli.conftest import Senti

AMINA, BARAKA = "+254711000001", "+254722000002"
TILL, NEWS, CODES = "500017", "200014", "200022"


def with_till(senti: Senti, tmp_path: Path) -> Path:
    assert "is open" in senti.sent(BARAKA, "7", "10", "Habari Leo", "5182")
    text = tmp_path / "news.txt"
    text.write_text("Rain in Nakuru.\nMaize at 40 a kilo.\n", "utf-8")
    return text


def put_up(senti: Senti, *more: str) -> str:
    return senti.says("content", "add", TILL, "--title", "News of today", "--by", "ann", *more).strip()


def test_a_text_is_put_up_sold_and_paused(senti: Senti, tmp_path: Path) -> None:
    text = with_till(senti, tmp_path)
    assert put_up(senti, "--price", "2", "--text", str(text), "--days", "7") == NEWS
    about = {"code": NEWS, "till": TILL, "kind": "text", "title": "News of today", "price_millionths": 200_000_000}
    about |= {"days": 7, "state": "open", "codes_left": 0}
    assert senti.json("content", "list") == [about]
    assert senti.json("content", "show", NEWS) == about
    assert NEWS in senti.says("content", "list")
    assert "Bought News of today." in senti.sent(AMINA, "3", "2", NEWS, "4071")
    assert "Rain in Nakuru. Maize at 40 a kilo." in [one["text"] for one in senti.json("inbox", AMINA)]
    assert senti.json("till", "show", TILL)["takings"] == 2_00
    senti.says("content", "pause", NEWS, "--by", "ann")
    assert senti.json("content", "show", NEWS)["state"] == "paused"
    made = senti.says("content", "resume", NEWS, "--by", "ann").strip()
    assert senti.no("approve", made, "--by", "Ann") == "senti: Who made it may not approve it.\n"
    senti.says("approve", made, "--by", "bob")
    assert senti.json("content", "show", NEWS)["state"] == "open"
    assert senti.no("content", "resume", NEWS, "--by", "ann") == f"senti: {NEWS} is sold already\n"
    assert senti.json("audit")["sound"]


def test_access_codes_are_loaded_once(senti: Senti, tmp_path: Path) -> None:
    with_till(senti, tmp_path)
    code = put_up(senti, "--price", "10", "--kind", "code")
    file = tmp_path / "codes.csv"
    file.write_text("AA-1,x\nBB-2\nAA-1\n\n", "utf-8")
    assert (
        senti.says("content", "load-codes", code, str(file), "--by", "ann") == "2 codes added; 0 were there before.\n"
    )
    assert (
        senti.says("content", "load-codes", code, str(file), "--by", "ann") == "0 codes added; 2 were there before.\n"
    )
    assert senti.json("content", "show", code)["codes_left"] == 2
    file.write_text("A" * 25, "utf-8")
    assert "code 1 has not 1 to 24 letters" in senti.no(
        "content", "load-codes", code, str(file), "--by", "ann", status=2
    )


def test_a_subscription_is_put_up(senti: Senti, tmp_path: Path) -> None:
    text = with_till(senti, tmp_path)
    code = put_up(senti, "--price", "10", "--kind", "subscription", "--days", "7", "--text", str(text))
    assert senti.json("content", "show", code)["kind"] == "subscription"
    assert "nothing is taken yet" in senti.sent(AMINA, "3", "2", code, "4071")
    senti.says("sms", AMINA, f"ACCEPT {code}")
    assert "KES 10 paid till" in senti.json("inbox", AMINA)[-1]["text"]


def test_what_cannot_be_sold_is_refused_with_the_reason(senti: Senti, tmp_path: Path) -> None:
    text = with_till(senti, tmp_path)
    wrong = (
        (("--price", "0", "--text", str(text)), "a price is written like"),
        (("--price", "500.00000001", "--text", str(text)), "content costs KES 500.00 at most"),
        (("--price", "2"), "--text FILE"),
        (("--price", "2", "--kind", "code", "--text", str(text)), "--text FILE"),
    )
    for more, said in wrong:
        assert said in senti.no("content", "add", TILL, "--title", "News", "--by", "ann", *more, status=2)
    assert "--title has 3 to 20" in senti.no(
        "content", "add", TILL, "--title", "x", "--price", "2", "--by", "ann", status=2
    )
    elsewhere = ("content", "add", "500025", "--title", "News", "--price", "2", "--text", str(text), "--by", "ann")
    assert "No open till" in senti.no(*elsewhere)
    assert "Mistyped" in senti.no("content", "show", "200015")
    assert "Nothing is sold" in senti.no("content", "pause", NEWS, "--by", "ann")
