"""A word that names nothing does nothing by itself where it may be meant for more than one thing."""

from datetime import timedelta

import pytest

from tests.hostile.test_limits import newcomer
from tests.phone import AGENTS_CODE, PINS, Phone, Town

WRONG, RIGHT = "+254722000888", "+254722000777"


def paid(town: Town, number: str, amount: str) -> str:
    """Pay somebody and return the reference."""
    screen = town.phone("Amina").dial().press("1", number, amount, PINS["Amina"]).screen
    return screen.partition("Ref ")[2][:10]


def later(town: Town, seconds: int) -> None:
    """Let time pass without the worker."""
    town.now += timedelta(seconds=seconds)


@pytest.fixture
def amina(anywhere: Town) -> Phone:
    newcomer(anywhere, WRONG, "Wrong Man")
    newcomer(anywhere, RIGHT, "Zuri Asks")
    return anywhere.phone("Amina")


@pytest.mark.parametrize("worked", [False, True], ids=["not tidied", "settled"])
def test_M_04_a_late_word_does_not_take_back_another_payment(worked: bool, amina: Phone) -> None:
    """The wrong payment has arrived when UNDO comes; the right one is not touched, and can be named."""
    town = amina.town
    wrong = paid(town, WRONG, "300")
    later(town, 120)
    right = paid(town, RIGHT, "200")
    later(town, 185)
    if worked:
        town.work()
    amina.new()
    amina.sms("UNDO")
    assert amina.new() == [f"Which? Reply UNDO and its reference, or dial *384*96#, 99: {right} 200 ZURI A"]
    assert town.balance("Amina") == 2000_00 - 307_00 - 207_00
    amina.sms(f"UNDO {wrong}")
    assert amina.new() == ["Too late: it has arrived."]
    amina.sms(f"undo {right.lower()}")
    assert amina.new()[0].endswith("it did not go to ZURI A. Balance KES 1,693.00. 22/11/26 12:19")


def test_M_02_a_word_for_one_of_two_lists_both_and_never_guesses(amina: Phone) -> None:
    """The list names them; the same word once more does not take the other one."""
    town = amina.town
    first, second = paid(town, WRONG, "300"), paid(town, RIGHT, "200")
    amina.new()
    amina.sms("RUDISHA")
    assert amina.new()[0].endswith(f"99: {second} 200 ZURI A, {first} 300 WRONG M")
    amina.sms(f"UNDO {first}")
    assert "it did not go to WRONG M" in amina.new()[0]
    amina.sms("UNDO")  # the word for the first, once more: the second stays
    assert amina.new()[0].endswith(f"99: {second} 200 ZURI A")


def test_M_04_a_payment_that_was_made_since_may_be_meant(amina: Phone) -> None:
    """It went to somebody known and at once; what was made before does no harm, nor what is long over."""
    town = amina.town
    later(town, 60)
    paid(town, "1", "50")
    wrong = paid(town, WRONG, "300")
    paid(town, "1", "60")
    amina.new()
    amina.sms("UNDO")
    assert amina.new()[0].endswith(f"99: {wrong} 300 WRONG M")
    town.wait(minutes=21)
    paid(town, RIGHT, "200")
    amina.new()
    amina.sms("UNDO")
    assert "it did not go to ZURI A" in amina.new()[0]


def test_K_07_a_yes_or_no_of_one_word_is_for_one_question(amina: Phone) -> None:
    """Two customers ask for cash: the agent is told who, and neither is kept or turned away by a guess."""
    town, njeri = amina.town, amina.town.phone("Njeri")
    njeri.dial(AGENTS_CODE).press("1", RIGHT, "500", PINS["Njeri"])
    njeri.dial(AGENTS_CODE).press("3", "6", "5000")
    amina.dial().press("2", "1", "600", "1")
    later(town, 20)
    town.phone(RIGHT).dial().press("2", "1", "100", "1")
    for word in ("DECLINE", "kubali"):
        njeri.new()
        njeri.sms(word)
        assert njeri.new() == ["Which? To answer each, dial *384*97#, 3, 7: 600 AMINA O, 100 ZURI A"]
    njeri.dial(AGENTS_CODE).press("3", "7", "1", "2")
    njeri.new()
    njeri.sms("ACCEPT")
    assert njeri.new()[0].startswith("You keep KES 600.00 for AMINA O")
