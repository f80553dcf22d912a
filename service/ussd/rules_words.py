"""Rules about words and keys: every sentence is there, in every language, and says what it may say."""

import re
from collections.abc import Iterator
from typing import Any

from service.gsm7 import septets
from service.refusal import Refusal
from service.ussd.engine import BACK, HOME, MORE
from service.ussd.graph import refusals
from service.ussd.problem import Problem
from service.ussd.render import MOST_SUGGESTIONS, is_paged
from service.ussd.screens import Ask, Do, DroppedRest, DroppedSecret, Field, Menu, NoSuchChoice, Pick, Screen
from service.ussd.text import FIGURES, UCS2, Talk, Words, names_in, stray_braces, without_places

_NAV = {"back": BACK, "home": HOME, "more": MORE}
_SPELT_KEY = re.compile(r"^\d+[ .):]", re.MULTILINE)


def words(talk: Talk) -> Iterator[Problem]:
    """Every screen, line, key, told message and SMS has words in every language."""
    for language, have in _every_sentence(talk):
        for table, part in sorted(_wanted(talk) - have.keys()):
            yield Problem("words", table, language, f"has no {part!r}")


def refusals_said(talk: Talk) -> Iterator[Problem]:
    """Every refusal that a talk may meet has words in every language."""
    for language, said in talk.words.items():
        for kind in sorted(met(talk), key=lambda kind: kind.code):
            if kind.code not in said.no:
                yield Problem("refusals_said", "no", language, f"has no {kind.code!r}")


def orphans(talk: Talk) -> Iterator[Problem]:
    """No words stand there for nothing. Those of a refusal may be for another channel, which is not known here."""
    for language, have in _every_sentence(talk):
        for table, part in sorted((table, part) for table, part in have.keys() - _wanted(talk) if table != "no"):
            yield Problem("orphans", table, language, f"says {part!r}, which nothing shows")


def places(talk: Talk) -> Iterator[Problem]:
    """A sentence shows values that its place offers, and the same ones in every language of words."""
    first, kinds = dict(_every_sentence(talk))[talk.default_language], met(talk)
    for language, have in _every_sentence(talk):
        words = talk.words[language].alphabet != FIGURES  # figures name people by their numbers: see below
        for (table, part), sentence in have.items():
            names, offered = names_in(sentence), _offered(talk, kinds, table, part)
            if unknown := names - offered:
                yield Problem("places", table, language, f"shows {sorted(unknown)} in {part!r}: not to be had there")
            elif words and (table, part) in first and names != names_in(first[table, part]):
                yield Problem("places", table, language, f"shows other values in {part!r} than {talk.default_language}")
            if stray_braces(sentence):
                yield Problem("places", table, language, f"has a stray brace or bracket in {part!r}")


def figures(talk: Talk) -> Iterator[Problem]:
    """A language of figures has no letter of its own, and shows each figure that others read: amounts, times, codes."""
    first = dict(_every_sentence(talk))[talk.default_language]
    names = {said.name for said in talk.words.values()}  # each language is called as it calls itself
    for language, have in _every_sentence(talk):
        if talk.words[language].alphabet != FIGURES:
            continue
        for (table, part), sentence in have.items():
            if sentence not in names and any(map(str.isalpha, without_places(sentence))):
                yield Problem("figures", table, language, f"has a letter in {part!r}")
            read = {name for name in names_in(first.get((table, part), "")) if _is_figure(talk, name)}
            if hidden := sorted(read - names_in(sentence)):
                yield Problem("figures", table, language, f"does not show {hidden} in {part!r}")


def alphabets(talk: Talk) -> Iterator[Problem]:
    """A language of the phones' own alphabet has no letter outside it; the name of each is read by all."""
    for language, have in _every_sentence(talk):
        if septets(talk.words[language].name) is None:
            yield Problem("alphabets", "name", language, "is outside GSM-7")
        if talk.words[language].alphabet == UCS2:
            continue
        for table, part in sorted(place for place, sentence in have.items() if septets(sentence) is None):
            yield Problem("alphabets", table, language, f"has a letter outside GSM-7 in {part!r}")


def keys(talk: Talk) -> Iterator[Problem]:
    """Keys are numbers, each is there once, those of the engine are free, and no text spells a key itself.

    98 may be a choice that is there only at times: whoever presses it for more then gets more.
    """
    for screen in talk.screens.values():
        choices = screen.choices if isinstance(screen, Menu | Ask) else ()
        pressed = [choice.key for choice in choices]
        turns = isinstance(screen, Menu) and all(choice.when for choice in choices if choice.key == MORE)
        if isinstance(screen, Ask) and screen.choices and screen.suggests:
            yield Problem("keys", screen.id, "", "has keys beside the numbers of its suggestions")
        for key in sorted(set(pressed)):
            if not re.fullmatch("[0-9]{1,2}", key) or (key in _NAV.values() and not (key == MORE and turns)):
                yield Problem("keys", screen.id, "", f"uses {key!r}, which is not to be had as a key")
            if pressed.count(key) > 1:
                yield Problem("keys", screen.id, "", f"has the key {key} twice")
        for language, said in talk.words.items():
            for part, sentence in said.screens.get(screen.id, {}).items():
                if _SPELT_KEY.search(sentence):
                    yield Problem("keys", screen.id, language, f"spells a key in {part!r}")


def way_back(talk: Talk) -> Iterator[Problem]:
    """The words for back, home and more begin with the keys that do it."""
    for language, said in talk.words.items():
        for part, key in _NAV.items():
            if part in said.nav and not said.nav[part].startswith(f"{key} "):
                yield Problem("way_back", "nav", language, f"does not begin {part!r} with {key}")


def fields(talk: Talk, call: Any) -> Iterator[Problem]:
    """No field takes what is a key: 0 and 00, its own choices, the numbers of suggestions, and 98 if it has pages."""
    for screen in talk.screens.values():
        if isinstance(screen, Ask):
            numbers = [str(number + 1) for number in range(MOST_SUGGESTIONS)] if screen.suggests else []
            numbers += [MORE] if any(is_paged(screen, said) for said in talk.words.values()) else []
            for typed in (BACK, HOME, *numbers, *(choice.key for choice in screen.choices)):
                if wrong := _tried(screen.field, typed, call):
                    yield Problem("fields", screen.id, "", wrong)


def met(talk: Talk) -> set[type[Refusal]]:
    """Return each kind of refusal that a talk may show."""
    kinds: set[type[Refusal]] = {NoSuchChoice, DroppedSecret, DroppedRest}
    for screen in talk.screens.values():
        kinds.update(refusals(screen))
    return kinds


def _tried(field: Field, typed: str, call: Any) -> str | None:
    if field.read is None:
        return "asks for what cannot be typed"
    try:
        field.read(typed, call)
    except field.refuses:
        return None
    except Exception as bug:  # noqa: BLE001 - whatever it is, the field is not proven
        return f"answers {typed!r} with {type(bug).__name__}, which it does not name"
    return f"takes {typed!r}, which is a key"


def _is_figure(talk: Talk, name: str) -> bool:
    """Say whether a value is shown in figures, on screens or in messages."""
    return name in talk.fields and any(sign.isdigit() for sign in talk.widest(name))


def _parts(screen: Screen) -> tuple[str, ...]:
    if isinstance(screen, Do):
        return ()
    lists = isinstance(screen, Pick) or (isinstance(screen, Ask) and screen.suggests is not None)
    choices = screen.choices if isinstance(screen, Menu | Ask) else ()
    return ("text", *(choice.key for choice in choices), *(["line"] if lists else []))


def _wanted(talk: Talk) -> set[tuple[str, str]]:
    """Return the (table, part) of every sentence that a talk needs, refusals apart."""
    wanted = {(screen.id, part) for screen in talk.screens.values() for part in _parts(screen)}
    steps = [screen for screen in talk.screens.values() if isinstance(screen, Do)]
    wanted |= {("told", key) for do in steps for key in (do.told, do.not_told) if key}
    return wanted | {("nav", part) for part in _NAV} | {("sms", key) for key in talk.sms}


def _tables(said: Words) -> dict[str, Any]:
    return {**said.screens, "nav": said.nav, "no": said.no, "told": said.told, "sms": said.sms}


def _every_sentence(talk: Talk) -> Iterator[tuple[str, dict[tuple[str, str], str]]]:
    """Yield each language with its sentences by (table, part)."""
    for language, said in talk.words.items():
        tables = _tables(said).items()
        yield language, {(table, part): sentence for table, parts in tables for part, sentence in parts.items()}


def _offered(talk: Talk, met: set[type[Refusal]], table: str, part: str) -> set[str]:
    """Return the names of the values that a sentence may show, in a talk that may meet these refusals."""
    screen = talk.screens.get(table)
    if table == "nav":
        return set()
    if table == "no":
        kinds = [kind for kind in met if kind.code == part]
        return {name for kind in kinds for name in kind.says} & talk.fields.keys() if kinds else set(talk.fields)
    if table == "sms":
        return set(talk.sms.get(part, ())) & (talk.fields.keys() | talk.sms_fields.keys())
    if part == "line" and isinstance(screen, Ask | Pick):
        return set(screen.lines) & talk.fields.keys()
    return set(talk.fields)
