"""Nobody knows what people will press: long random walks over every role and language, with the books sound after.

`SENTI_TEST_HOPS=100000` walks that far; a walk that fails names the seed that walks it again.
"""

import os
import random

import pytest

from service.wallet.people import choose_language
from service.wallet.withdraw import withdrawal_code
from tests.phone import AGENTS_CODE, NUMBERS, PEOPLE_CODE, PINS, Phone, Town

HOPS = int(os.environ.get("SENTI_TEST_HOPS", "3000"))
WALKERS = ("Amina", "Baraka", "Chebet", "Njeri", "Achieng", "Zawadi", "+254799000077")

KEYS = ("1", "2", "3", "4", "5", "7", "8", "9", "0", "00", "98")
# fmt: off
GARBAGE = (
    "", " ", "*", "#", "**", "1*1", "-5", "+5", "1e3", "NaN", "0x10", "1_000", "9" * 80, "9" * 200,
    "\u0661\u0662\u0663", "\uff15\uff10\uff10", "\u00b2", "\u202eabc", "\u00a0500\u00a0", "\U0001f600", "\x00",
    "\x1b1", "a\nb", "Zo\u00eb \u014ag\u0169g\u0129", "%s{0}{{7*7}}", "'; DROP TABLE people;--",
)
# fmt: on


def likely(dice: random.Random, who: str, town: Town) -> str:
    """Return something that might be the right answer somewhere."""
    codes = [withdrawal_code(town.app.house.code_key, dice.randint(1, 200))]
    people = [number.replace("+254", "0") for number in NUMBERS.values()]
    pin, known = PINS.get(who, "8062"), ("8062", "500", "1,000.50", "250001", "100016", "Wanjiru Kamau", "A1234567")
    return dice.choice([pin, *known, *people, *codes])


def step(dice: random.Random, phone: Phone, who: str, town: Town) -> None:
    luck = dice.random()
    if phone.over or luck < 0.08:
        code = AGENTS_CODE if dice.random() < 0.3 else PEOPLE_CODE
        path = "*".join(likely(dice, who, town) if dice.random() < 0.5 else dice.choice(KEYS) for _ in range(3))
        phone.dial(code, typed=path if dice.random() < 0.1 else "")
    elif luck < 0.12:
        phone.hop()
    elif luck < 0.14:
        phone.end(dice.choice(("Success", "Incomplete", "Failed")))
    elif luck < 0.16:
        town.wait(seconds=dice.choice((1, 31, 181, 1000, 90_000)))
    else:
        kind = dice.random()
        phone.press(
            dice.choice(KEYS) if kind < 0.45 else likely(dice, who, town) if kind < 0.85 else dice.choice(GARBAGE)
        )


@pytest.mark.parametrize("seed", range(3))
def test_S_10_I_16_random_walks_over_every_menu(seed: int) -> None:
    """Whatever is pressed, every answer is a screen that fits, nothing is a dead end, and the books are sound."""
    dice = random.Random(seed)
    town = Town()
    phones = {who: town.phone(who) for who in WALKERS}
    hops = HOPS // 3
    for hop in range(hops):
        who = dice.choice(WALKERS)
        step(dice, phones[who], who, town)
        if hop % 500 == 0:
            town.assert_sound()
            _speak_otherwise(dice, town)
    town.assert_sound()


def _speak_otherwise(dice: random.Random, town: Town) -> None:
    person = town.person(dice.choice(tuple(PINS)))
    town.app.transact(lambda unit: choose_language(unit, person, dice.choice(("en", "sw", "fr"))))
