"""Guessing references: what a phone may ask is counted over both channels, and a guess hits next to nothing."""

import random

import pytest

from service.reference import ALPHABET, References
from service.wallet.check import MISSES_PER_HOUR
from tests.phone import PINS, Town

NEVER = References(b"another key, of another house")


def wrong(number: int) -> str:
    """Return a reference whose letters are right and which was never given out."""
    return NEVER.write(2**39 + number)


def test_F_05_wrong_references_are_counted_over_both_channels(town: Town) -> None:
    """After ten in an hour the phone is told nothing, not even of a real one; what is mistyped is asked again."""
    phone = town.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    real = phone.screen.split("Ref ")[1][:10]
    phone = town.phone("Baraka")
    for number in range(MISSES_PER_HOUR // 2):
        phone.sms(f"CHECK {wrong(number)}")
        phone.dial().press("7", "5", wrong(100 + number))
        assert phone.screen.startswith("Senti never gave out this reference."), phone.screen
    phone.dial().press("7", "5", real)
    assert phone.screen == "Too many references that we never gave. Try again in an hour."
    phone.new()
    phone.sms(f"CHECK {real}")
    assert phone.new() == ["Too many references that we never gave. Try again in an hour."]
    assert town.phone("Chebet").dial().press("7", "5", real).screen.startswith(f"{real} is genuine")
    town.wait(hours=1)
    assert phone.dial().press("7", "5", real).screen.startswith(f"{real} is genuine")


def test_a_right_reference_is_never_counted(town: Town) -> None:
    phone = town.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    real = phone.screen.split("Ref ")[1][:10]
    for _ in range(MISSES_PER_HOUR + 2):
        assert "genuine" in phone.dial().press("7", "5", real.lower()).screen


@pytest.mark.parametrize("entries", [10**6])
def test_F_05_guessing_is_hopeless_by_the_numbers(entries: int) -> None:
    """One made-up code in 1,024 passes the check letters, and of those one in 2^40 / entries is real."""
    dice, tries = random.Random(7), 200_000
    book = References(bytes(range(32)))
    made_up = ["".join(dice.choices(ALPHABET, k=10)) for _ in range(tries)]
    read = [number for text in made_up if (number := book.read(text)) is not None]
    assert 0.8 * tries / 1024 < len(read) < 1.2 * tries / 1024
    assert not [number for number in read if number < entries]
    hits_a_year = MISSES_PER_HOUR * 24 * 365 * entries / 2**40
    assert hits_a_year < 0.1, "one phone that always passes the check letters, in a year, among a million entries"
