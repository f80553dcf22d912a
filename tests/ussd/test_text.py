from pathlib import Path

import pytest

from service.ussd.limit import Limit
from service.ussd.screens import Field
from service.ussd.text import (
    extras_in,
    fill,
    load_words,
    make_talk,
    names_in,
    render_no,
    render_sms,
    stray_braces,
    too_long,
)
from tests.ussd.bikes import FIELDS, SCREENS, TooDear, bikes, words
from tests.ussd.plant import saying


def test_I_07_a_placeholder_is_replaced_once_and_literally() -> None:
    """What a value holds is never read as a placeholder or a format."""
    shown = {"a": "{b} %s {{a}} \\1", "b": "B"}
    assert fill("{a}/{b}/{a}", shown.__getitem__) == "{b} %s {{a}} \\1/B/{b} %s {{a}} \\1"
    assert names_in("{a} {b_2} {C} { a }") == {"a", "b_2"}
    assert stray_braces("{a} {C}")
    assert not stray_braces("{a}")


def test_what_stands_in_brackets_is_left_out_where_nothing_is_shown_of_its_values() -> None:
    shown = {"fee": "7", "excise": "", "name": "[{fee}]"}
    assert fill("Fee {fee}[ incl. {excise}]{excise}.", shown.__getitem__) == "Fee 7."
    assert fill("Fee {fee}[ incl. {excise}].", {**shown, "excise": "0.91"}.__getitem__) == "Fee 7 incl. 0.91."
    assert fill("{name}[ {name}]", shown.__getitem__) == "[{fee}] [{fee}]"


def test_of_several_ways_to_say_it_the_first_is_said_that_shows_something() -> None:
    sentence = "[Add {cash}|Without {paid}|Costs {only}]."
    shown = {"cash": "", "paid": "29", "only": "30"}
    assert fill(sentence, shown.__getitem__) == "Without 29."
    assert fill(sentence, {**shown, "cash": "9"}.__getitem__) == "Add 9."
    assert fill(sentence, {**shown, "cash": "9"}.__getitem__, widest=True) == "Without 29."
    assert fill(sentence, dict.fromkeys(shown, "").__getitem__) == "."
    assert stray_braces("[{a}|b]")
    assert stray_braces("[b]")
    assert not stray_braces("[?b]")
    assert stray_braces("[?b|{a}]")
    assert [fill("[?b]{a}", "{}".format, extras=extras) for extras in (0, 1)] == ["a", "ba"]


def test_what_needs_room_is_left_out_from_the_end() -> None:
    sentence = "Fee {fee}[? with tax {tax}][?, {tip}]."
    shown = {"fee": "7", "tax": "1", "tip": "less is more"}.__getitem__
    assert fill(sentence, shown) == "Fee 7 with tax 1, less is more."
    assert [fill(sentence, shown, extras=n) for n in (1, 0)] == ["Fee 7 with tax 1.", "Fee 7."]
    assert extras_in(sentence) == 2


def test_an_sms_leaves_out_what_has_no_room() -> None:
    for length, said in (
        (146, "x" * 146 + " QK7M2X"),
        (140, "x" * 140 + " QK7M2X, bike 12"),
        (131, "x" * 131 + " QK7M2X, bike 12 of Asha, 20."),
    ):
        talk = saying("sms", "hired", "x" * length + " {code}[?, bike {bike}][? of {owner}, {price}.]", "en")
        values = {"code": "QK7M2X", "bike": "12", "owner": "Asha", "price": 20}
        assert render_sms(talk, "hired", values, "en") == said


def test_I_07_an_sms_holds_names_literally_and_in_the_phones_alphabet() -> None:
    """A name full of traps costs no second message and shows nothing else."""
    values = {"code": "QK7M2X", "bike": "12", "owner": "{price} ☃ %s", "price": 20}
    assert render_sms(bikes(), "hired", values, "en") == "QK7M2X bike 12 of {price} ? %s, 20 tokens."


def test_an_sms_may_show_a_value_otherwise_than_a_screen() -> None:
    talk = bikes(sms_fields={"price": Field(show=lambda price: f"{price}.00", widest=99_999)})
    values = {"code": "QK7M2X", "bike": "12", "owner": "Asha", "price": 20}
    assert render_sms(talk, "hired", values, "sw") == "QK7M2X baiskeli 12 ya Asha, tokeni 20.00."
    assert talk.show(values)("price") == "20"


def test_a_language_outside_the_phones_alphabet_keeps_its_letters() -> None:
    talk = bikes()
    talk.words["sw"].sms["hired"] = "ŋ {owner}"  # type: ignore[index]
    assert render_sms(talk, "hired", {"owner": "Aŋa"}, "sw").startswith("ŋ ")


@pytest.mark.parametrize("shown", ["W" * 21, "€" * 20, "ŋ" * 3])
def test_a_value_may_be_wider_neither_in_septets_nor_in_units(shown: str) -> None:
    talk = bikes(fields={"owner": Field(show=str, widest="W" * 20)})
    assert talk.show({"owner": "W" * 20})("owner") == "W" * 20
    with pytest.raises(AssertionError, match="owner is shown wider"):
        talk.show({"owner": shown})("owner")


def test_a_language_without_words_reads_the_default() -> None:
    assert render_no(bikes(), TooDear(price=5, left=1), "xx") == "That is 5 tokens; you have 1."


def test_room_is_counted_in_septets_or_in_units_if_one_letter_forces_them() -> None:
    limit = Limit("small", septets=10, units=5)
    assert [too_long(text, limit) for text in ("x" * 10, "x" * 11, "€" * 5, "€" * 6, "ŋ" * 5, "ŋ" + "x" * 5)] == [
        0, 1, 0, 2, 0, 1,
    ]  # fmt: skip


@pytest.mark.parametrize("broken", ['[send.to]\ntext = "x"', '["send.to"]\ntext = 1', 'text = "x"'])
def test_words_that_are_no_flat_table_of_sentences_are_refused(tmp_path: Path, broken: str) -> None:
    (tmp_path / "en.toml").write_text(broken)
    with pytest.raises(ValueError, match=r"en\.toml"):
        load_words(tmp_path / "en.toml")


def test_two_screens_of_one_id_are_a_bug() -> None:
    with pytest.raises(AssertionError, match="home"):
        make_talk([*SCREENS, SCREENS[0]], homes={}, fields=FIELDS, words=words(), default_language="en")
