"""What a language is: its file says its name, its letters, and whether a speaker has read it, and that is kept true."""

from collections.abc import Sequence
from functools import partial
from itertools import chain, combinations
from pathlib import Path

import pytest

import menus
from menus import off, product, proof
from menus.account import LANGUAGES
from service.countries import every_country, load_pack
from service.gateways.africastalking import AfricasTalking
from service.ussd.engine import begin
from service.ussd.render import extras_of, is_paged, lines_of
from service.ussd.text import FIRST_PART, TWO_PARTS, UCS2, Talk, Words, load_words, names_in, render_sms, too_long

README = Path(menus.__file__).parents[1] / "README.md"
FILES: dict[str, Words] = {path.stem: load_words(path) for path in sorted(menus.TEXT.glob("*.toml"))}
KEYS = {language: key for key, language in LANGUAGES}


@pytest.mark.parametrize("language", FILES)
def test_each_language_has_a_name_a_key_and_a_country(language: str) -> None:
    assert FILES[language].name
    assert language in KEYS
    assert any(language in load_pack(country).languages for country in every_country())


def test_keys_of_languages_never_move() -> None:
    assert KEYS == {"en": "1", "sw": "2", "fr": "3", "am": "4", "lg": "5", "rw": "6", "ha": "7", "num": "8"}


def test_the_readme_lists_the_languages_as_they_are() -> None:
    lines = [
        f"| {said.name} | `{language}` | {said.alphabet} | {'yes' if said.reviewed else 'no: off in production'} "
        f"| {', '.join(country for country in every_country() if language in load_pack(country).languages)} |"
        for language, said in sorted(FILES.items(), key=lambda each: KEYS[each[0]])
    ]
    found = README.read_text("utf-8").partition("| language |")[2].partition("\n\n")[0]
    assert found.splitlines()[2:] == lines


@pytest.mark.parametrize("country", every_country())
def test_where_money_is_real_only_languages_that_a_speaker_has_read_are_spoken(country: str) -> None:
    """They are not on the menus, the menus are still proven, and who has chosen one of the others reads the first."""
    pack = load_pack(country)
    talk = product(pack, b"proof", reviewed_only=True)
    read = [language for language in pack.languages if FILES[language].reviewed]
    assert read
    assert list(talk.words) == read
    assert off(pack) == [language for language in pack.languages if language not in read]
    assert proof(talk, pack, [AfricasTalking.limit]) == []
    for language in off(pack):
        assert f"language.{language}" not in talk.screens
        assert f"register.{language}" not in talk.screens
        assert talk.said(language) == talk.words[read[0]]


def test_a_country_offers_its_own_languages_under_the_keys_of_all() -> None:
    pack = load_pack("ke")
    talk = product(pack, b"proof")
    _, reply = begin(talk, role="newcomer", language="sw", call=None)  # type: ignore[arg-type]
    offered = [
        f"{KEYS[language]} {FILES[language].name}" for language in sorted(pack.languages, key=lambda each: KEYS[each])
    ]
    assert reply.text.splitlines()[1:] == offered


@pytest.mark.parametrize("country", every_country())
def test_lines_of_paged_screens_fit_whatever_is_not_said(country: str) -> None:
    """Where nothing is shown of a value, the line that it stood on goes; what is left never grows together too long."""
    talk = product(load_pack(country), b"proof")
    for said in (said for said in talk.words.values() if said.alphabet == UCS2):
        for screen in (screen for screen in talk.screens.values() if is_paged(screen, said)):
            names = sorted(set().union(*map(names_in, said.screens[screen.id].values())))
            maybe = [name for name in names if talk.fields[name].optional]
            for gone in chain.from_iterable(combinations(maybe, count) for count in range(len(maybe) + 1)):
                show = partial(_shown_without, talk, gone)
                extras = extras_of(screen, said)
                for line in lines_of(screen, said, show, lines=(), when=None, extras=extras):
                    for below in (said.nav["more"], f"{said.nav['back']} {said.nav['home']}"):
                        assert too_long(f"{line}\n{below}", talk.limit) <= 0, (screen.id, gone)


def _shown_without(talk: Talk, gone: Sequence[str], name: str) -> str:
    return "" if name in gone else talk.widest(name)


def test_the_first_part_of_a_receipt_in_amharic_is_whole_in_itself() -> None:
    """Its first 67 letters hold who, how much and the reference; both parts together hold all of it."""
    talk = product(load_pack("ke"), b"proof")
    for key in ("sent", "received", "on_its_way", "coming", "withdrawal_code", "withdrawn", "cash_in", "paid_out"):
        values = {name: talk.sms_field(name).widest for name in talk.sms[key]}
        text = render_sms(talk, key, values, "am", widest=True)
        first, _ = text.split("\n")
        assert too_long(first, FIRST_PART) <= 0 < too_long(text, FIRST_PART)
        assert too_long(text, TWO_PARTS) <= 0
        for name in ("reference", "amount", *({"name", "hold", "agent"} & set(talk.sms[key]) - {"agent_name"})):
            assert talk.sms_field(name).show(values[name]) in first, (key, name)
