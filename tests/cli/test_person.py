import re

import pytest

from tests.cli.conftest import Senti

AMINA, CHEBET, NEW = "+254711000001", "+254733000003", "+254799000009"


def test_a_person_has_the_shape_of_the_contract(senti: Senti) -> None:
    assert senti.json("person", "show", "0711 000 001") == {
        "phone": AMINA,
        "seat": 0,
        "name": "Amina Odhiambo",
        "language": "en",
        "tier": 2,
        "state": "active",
        "balance": 200_000,
        "limits": {
            "single": 25_000_000,
            "day": 50_000_000,
            "left": 50_000_000,
            "most_balance": 50_000_000,
            "month": None,
            "month_left": None,
        },
        "agent": None,
        "savings": [],
    }
    assert senti.json("person", "show", "+254711000010")["agent"] == "100016"
    assert "Amina Odhiambo  +254711000001  active" in senti.says("person", "show", AMINA)


def test_limits_shrink_with_what_was_sent(senti: Senti) -> None:
    senti.sent(AMINA, "1", "1", "500", "4071")
    assert senti.json("person", "show", AMINA)["limits"]["left"] == 50_000_000 - 50_000


@pytest.mark.parametrize("phone", ["12345", "0711000001x", "+14155550100", "0202222222"])
def test_I_04_a_number_that_is_none_is_refused(phone: str, senti: Senti) -> None:
    """Numbers on a command line are read as strictly as on a phone."""
    assert senti.no("person", "show", phone) == "senti: Not a mobile number here. Type it like 0722000002\n"


def test_a_number_without_a_wallet_is_said(senti: Senti) -> None:
    assert senti.no("person", "show", NEW) == f"senti: {NEW} has no wallet\n"


def test_S_14_of_several_on_a_number_one_is_named(senti: Senti) -> None:
    """By number alone the seats are listed; with a seat behind it every command is about that person."""

    senti.sent(AMINA, "7", "8", "5", "4071", "John Kamau", "22334455", "9034", "9034")
    said = f"senti: several people share {AMINA}: {AMINA}/0 AMINA O, {AMINA}/1 JOHN K\n"
    assert senti.no("person", "show", AMINA) == said
    assert senti.no("person", "block", AMINA) == said
    assert senti.json("person", "show", "0711000001/1")["name"] == "John Kamau"
    assert senti.json("statement", f"{AMINA}/1") == {"phone": AMINA, "balance": 0, "entries": []}
    made = senti.says("person", "reset-pin", f"{AMINA}/1", "--id-number", "22334455", "--by", "ann").strip()
    assert re.search(r"code [0-9]{7}$", senti.says("approve", made, "--by", "bob").strip())
    assert senti("person", "block", f"{AMINA}/1", "--by", "ann").exit_code == 0
    assert senti.json("person", "show", f"{AMINA}/1")["state"] == "blocked"
    assert senti.json("person", "show", f"{AMINA}/0")["state"] == "active"
    assert senti("person", "show", f"{AMINA}/x").exit_code == 2
    owners = [
        one["owner"] for book in senti.json("books")["books"] for one in book["accounts"] if one["kind"] == "wallet"
    ]
    assert {f"{AMINA}/0", f"{AMINA}/1"} < set(owners)


def test_a_person_is_registered_over_the_counter(senti: Senti) -> None:
    result = senti("person", "register", "0799000009", typed="Zawadi Njoroge\n87654321\n5923\n5923\n")
    assert result.exit_code == 0, result.output
    assert "5923" not in result.output
    about = senti.json("person", "show", NEW)
    assert (about["name"], about["tier"], about["balance"], about["state"]) == ("Zawadi Njoroge", 1, 0, "active")
    assert "New PIN, four digits?" in senti.sent(NEW, "7", "4", "5923")


def test_a_script_registers_with_the_pin_on_standard_input(senti: Senti) -> None:
    words = ("--name", "Zawadi Njoroge", "--id-number", "8765 4321", "--language", "sw", "--pin-stdin")
    assert "has a wallet" in senti.says("person", "register", NEW, *words, typed="5923\n")
    assert senti.json("person", "show", NEW)["language"] == "sw"
    assert "Tuma pesa" in senti.sent(NEW)


@pytest.mark.parametrize(
    ("pins", "said"),
    [
        ("1234\n1234\n", "Too easy to guess"),
        ("9000\n9000\n", "Too easy"),
        ("5923\n5924\n", "differ"),
        ("59x3\n", "four digits"),
    ],
)
def test_P_04_a_weak_or_mistyped_pin_opens_no_wallet(pins: str, said: str, senti: Senti) -> None:
    """Weak PINs are refused over the counter as they are on the phone: patterns, and parts of the number."""
    assert said in senti.no("person", "register", NEW, typed=f"Zawadi Njoroge\n87654321\n{pins}")
    senti.no("person", "show", NEW)


def test_a_number_with_a_wallet_is_not_registered_again(senti: Senti) -> None:
    assert "has a wallet already" in senti.no("person", "register", AMINA)


def test_blocking_acts_at_once_and_freeing_takes_two(senti: Senti) -> None:
    senti.says("person", "block", AMINA, "--by", "ann")
    assert senti.json("person", "show", AMINA)["state"] == "blocked"
    assert "KES 1" not in senti.sent(AMINA, "1", "1", "500", "4071")
    made = senti.says("person", "unblock", AMINA, "--by", "ann").strip()
    assert senti.json("person", "show", AMINA)["state"] == "blocked"
    assert "may not approve" in senti.no("approve", made, "--by", "Ann")
    assert f"unblock: person Amina Odhiambo {AMINA}" in senti.says("approve", made, "--by", "bob")
    assert senti.json("person", "show", AMINA)["state"] == "active"


def test_freeing_forgets_wrong_pins(senti: Senti) -> None:
    assert senti.json("person", "show", CHEBET)["state"] == "locked"
    senti.approved("person", "unblock", CHEBET)
    assert senti.json("person", "show", CHEBET)["state"] == "active"
    assert senti.json("inbox", CHEBET)[-1]["text"].startswith("Your Senti wallet is free again.")


def test_a_wallet_moves_to_another_number_by_two_people_and_the_document(senti: Senti) -> None:
    about = ("person", "renumber", AMINA, NEW, "--by", "one", "--id-number")
    assert senti.no(*about, "99999999").startswith("senti: That is not the ID document")
    assert "already" in senti.no("person", "renumber", AMINA, CHEBET, "--by", "one", "--id-number", "11223344")
    made = senti.says(*about, "11223344").split()[0]
    assert f"phone {NEW}" in senti.says("approve", made)
    assert "0799***009" in senti.says("approve", made, "--by", "two")
    assert senti.json("person", "show", NEW)["name"] == "Amina Odhiambo"
    assert senti.no("person", "show", AMINA) == f"senti: {AMINA} has no wallet\n"
