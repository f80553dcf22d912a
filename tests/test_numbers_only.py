"""The language of figures: what a person who cannot read is shown before money moves, and what each refusal means."""

import re
from pathlib import Path

import pytest

import menus
from menus import product
from service.countries import every_country, load_pack
from service.ussd.graph import steps
from service.ussd.screens import Ask
from service.ussd.text import FIGURES, Talk, load_words, names_in

PAGE = Path(menus.__file__).parents[1] / "docs" / "decisions" / "numbers-only.md"
WORDS = load_words(menus.TEXT / "num.toml")
WHOM = {"phone", "number", "agent", "till", "account", "pot", "group"}
AT_THE_COUNTER = {"payout.pin", "sell.pin"}
"""The payee stands there with a code, or is a bank."""


def before_the_money(talk: Talk) -> list[Ask]:
    """Return each screen whose secret moves money."""
    asks = [screen for screen in talk.screens.values() if isinstance(screen, Ask) and screen.secret]
    return [ask for ask in asks if any(do.posts for do in steps(talk, ask.then))]


@pytest.mark.parametrize("country", every_country())
def test_before_the_pin_stand_the_amount_the_price_and_the_number_of_the_other_side(country: str) -> None:
    talk = product(load_pack(country), b"proof")
    assert talk.words["num"].alphabet == FIGURES
    screens = before_the_money(talk)
    assert len(screens) >= 9
    for ask in screens:
        words = names_in(WORDS.screens[ask.id]["text"])
        others = names_in(talk.words["en"].screens[ask.id]["text"])
        assert "amount" in words
        assert {"fee", "excise", "levy", "total", "pays"} & others <= words, ask.id
        assert words & WHOM or ask.id in AT_THE_COUNTER, f"{ask.id} does not say whom"


def test_each_refusal_has_a_number_of_its_own_which_the_page_explains() -> None:
    """A person tells the number to an agent or the help line, who find it on the page."""
    numbers = {code: found[1] for code, said in WORDS.no.items() if (found := re.match(r"!([0-9]+)( |$)", said))}
    assert numbers.keys() == WORDS.no.keys()
    assert len(set(numbers.values())) == len(numbers)
    told = dict(re.findall(r"^\| ([0-9]+) \| `([a-z_]+)`", PAGE.read_text("utf-8"), re.MULTILINE))
    assert {code: number for number, code in told.items()} == numbers
