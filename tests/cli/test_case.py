"""What staff do about a payment that somebody wants back: by commands, and with two people where money moves."""

import pytest

from tests.cli.conftest import Senti
from tests.phone import PINS

AMINA, BARAKA = "+254711000001", "+254722000002"


@pytest.fixture
def asked(senti: Senti) -> str:
    """Amina has paid Baraka 500 by mistake, and he has said no: the number of her case."""
    senti.sent(AMINA, "1", "1", "500", PINS["Amina"])
    senti.sent(AMINA, "7", "6", "1", PINS["Amina"])
    (case,) = senti.json("case", "list", "--state", "asked")
    senti.sent(BARAKA, "6", "1", "2")
    return str(case["case"])


def wallet(senti: Senti, phone: str) -> int:
    return int(senti.json("person", "show", phone)["balance"])


def test_a_case_is_listed_with_masked_numbers(senti: Senti, asked: str) -> None:
    (case,) = senti.json("case", "list")
    assert (case["case"], case["state"], case["held"]) == (asked, "open", 0)
    assert (case["opener"], case["other"]) == ("0711***001", "0722***002")
    assert AMINA not in senti.says("case", "show", asked)
    assert senti.json("case", "show", asked, "--reveal")["opener"] == AMINA
    assert asked in senti.says("case", "list")


def test_two_people_give_back_over_the_head_of_the_payee_once(senti: Senti, asked: str) -> None:
    """L-08: what was given back is not given back again, by whatever door."""
    before = wallet(senti, AMINA), wallet(senti, BARAKA)
    made = senti.says("case", "reverse", asked, "--by", "ann").strip()
    assert (wallet(senti, AMINA), wallet(senti, BARAKA)) == before
    assert "Who made it may not approve it" in senti.no("approve", made, "--by", "ann")
    senti.says("approve", made, "--by", "bob")
    assert (wallet(senti, AMINA), wallet(senti, BARAKA)) == (before[0] + 500_00, before[1] - 500_00)
    assert senti.json("case", "show", asked)["state"] == "done"
    again = senti.says("case", "reverse", asked, "--by", "ann").strip()
    assert senti.no("approve", again, "--by", "bob")
    assert senti.no("case", "close", asked, "--note", "done", "--by", "ann")
    assert (wallet(senti, AMINA), wallet(senti, BARAKA)) == (before[0] + 500_00, before[1] - 500_00)
    assert senti.json("audit")["sound"]


def test_a_case_is_closed_with_a_reason_and_moves_nothing(senti: Senti, asked: str) -> None:
    before = wallet(senti, AMINA), wallet(senti, BARAKA)
    assert "Closed" in senti.says("case", "close", asked, "--note", "he sold her a goat", "--by", "ann")
    assert senti.json("case", "list") == []
    shown = senti.json("case", "show", asked)
    assert (shown["state"], shown["values"]["note"], shown["values"]["closed_by"]) == (
        "closed",
        "he sold her a goat",
        "ann",
    )
    assert senti.no("case", "close", asked, "--note", "again", "--by", "ann")
    assert (wallet(senti, AMINA), wallet(senti, BARAKA)) == before


def test_what_is_no_case_is_said_to_be_none(senti: Senti, asked: str) -> None:
    for words in (("show",), ("close", "--note", "x", "--by", "ann"), ("reverse", "--by", "ann")):
        assert senti.no("case", words[0], "QK7M2X9TRD", *words[1:]) == "senti: QK7M2X9TRD is no case\n"
