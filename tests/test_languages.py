"""What a language is: its file says its name, its letters, and whether a speaker has read it, and that is kept true."""

from pathlib import Path

import pytest

import menus
from menus import off, product, proof
from menus.account import LANGUAGES
from service.countries import every_country, load_pack
from service.gateways.africastalking import AfricasTalking
from service.ussd.engine import begin
from service.ussd.text import Words, load_words

README = Path(menus.__file__).parents[1] / "README.md"
FILES: dict[str, Words] = {path.stem: load_words(path) for path in sorted(menus.TEXT.glob("*.toml"))}
KEYS = {language: key for key, language in LANGUAGES}


@pytest.mark.parametrize("language", FILES)
def test_each_language_has_a_name_a_key_and_a_country(language: str) -> None:
    assert FILES[language].name
    assert language in KEYS
    assert any(language in load_pack(country).languages for country in every_country())


def test_keys_of_languages_never_move() -> None:
    assert KEYS == {"en": "1", "sw": "2", "fr": "3", "am": "4", "lg": "5", "rw": "6", "ha": "7"}


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
    offered = [f"{KEYS[language]} {FILES[language].name}" for language in ("en", "sw", "fr")]
    assert reply.text.splitlines()[1:4] == offered
