"""The words of the SMS commands: none means two things, and what a language tells people to write is understood."""

import re
import tomllib

import pytest

import menus
from menus.sms import BY_WORD, COMMANDS, plain
from service.ussd.text import FIGURES, load_words

LANGUAGES = sorted(path.stem for path in menus.TEXT.glob("*.toml") if load_words(path).alphabet != FIGURES)
NO_COMMANDS = {"SMS", "PIN", "SIM"}
TELLING = {
    ("help", "text"): {"help"},
    ("no", "not_understood"): {"help"},
    ("no", "not_a_payment"): {"send"},
    ("no", "not_a_till"): {"pay"},
    ("no", "not_airtime"): {"airtime"},
    ("no", "not_a_bill"): {"bill"},
    ("sms", "till_opened"): {"pay"},
    ("no", "wrong_challenge"): {"send"},
    ("sms", "on_its_way"): {"undo"},
    ("sms", "withdrawn"): {"report"},
    ("sms", "cash_in"): {"report"},
    ("sms", "case_closed"): {"help"},
    ("sms", "sub_asked"): {"accept"},
    ("sub.asked", "text"): {"accept"},
    ("sms", "sub_begun"): {"stop"},
    ("sms", "sub_soon"): {"stop"},
    ("sms", "sub_renewed"): {"stop"},
    ("sms", "sub_unpaid"): {"stop"},
    ("sms", "help"): {"bal", "send", "undo", "mini", "limits", "check", "stop"},
}
"""Where people are told to write a word, and the commands that are meant, by their first word."""


def test_no_word_means_two_commands() -> None:
    words = [word for command in COMMANDS for word in command.words]
    assert len(words) == len(set(words)) == len(BY_WORD)
    assert all(plain(word) == word.lower() == word for word in words), "read in small plain letters"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_are_told_to_write_is_understood(language: str) -> None:
    said = tomllib.loads((menus.TEXT / f"{language}.toml").read_text("utf-8"))
    for (table, part), meant in TELLING.items():
        told = set(re.findall(r"\b[A-Z]{3,}\b", said[table][part])) - NO_COMMANDS
        assert {BY_WORD[word.lower()].words[0] for word in told} == meant, f"{table}.{part}: {told}"
