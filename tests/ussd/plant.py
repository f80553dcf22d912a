"""How faults are planted in the sound talk: a screen is changed, a word is said otherwise or taken away."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from service.ussd.screens import Choice, Field, Screen
from service.ussd.text import Talk
from tests.ussd.bikes import BIKE, HOME, SCREENS, bikes

Fault = Callable[[], Talk]
Planted = tuple[str, str, Fault]
"""The rule that must find it, the words in which it is reported, and the talk."""


def plants(faults: list[Planted]) -> Callable[[str, str], Callable[[Fault], Fault]]:
    """Return a decorator that adds a talk with a fault to a list."""

    def fault(rule: str, found: str) -> Callable[[Fault], Fault]:
        def keep(planted: Fault) -> Fault:
            faults.append((rule, found, planted))
            return planted

        return keep

    return fault


def changed(screen_id: str, **changes: Any) -> tuple[Screen, ...]:
    return tuple(replace(screen, **changes) if screen.id == screen_id else screen for screen in SCREENS)


def with_choice(then: str, *more: Screen, key: str = "6") -> tuple[Screen, ...]:
    return (replace(HOME, choices=(*HOME.choices, Choice(key, then))), *SCREENS[1:], *more)


def saying(table: str, part: str, sentence: str, *languages: str, **other: Any) -> Talk:
    """Say something else in a language, or in both."""
    talk = bikes(**other)
    for language in languages or ("en", "sw"):
        tables: Mapping[str, Any] = {**vars(talk.words[language]), **talk.words[language].screens}
        if table in tables:
            tables[table][part] = sentence
        else:
            talk.words[language].screens[table] = {part: sentence}  # type: ignore[index]
    return talk


def in_ucs2(talk: Talk, language: str) -> Talk:
    """Let a language be one that is written in letters outside GSM-7."""
    return replace(talk, words={**talk.words, language: replace(talk.words[language], alphabet="ucs2")})


def in_figures(talk: Talk, language: str) -> Talk:
    """Take all letters away from a language, and let it be one of figures."""

    def bare(parts: Mapping[str, str]) -> dict[str, str]:
        return {part: re.sub(r"[^\W\d_]+(?![^{]*})", "*", said) for part, said in parts.items()}

    said = talk.words[language]
    screens = {screen: bare(parts) for screen, parts in said.screens.items()}
    tables = {"nav": bare(said.nav), "no": bare(said.no), "told": bare(said.told), "sms": bare(said.sms)}
    told = replace(said, screens=screens, **tables, alphabet="figures")  # type: ignore[arg-type]
    return replace(talk, words={**talk.words, language: told})


def hushed(talk: Talk, *sentences: tuple[str, str]) -> Talk:
    """Take words away that a changed talk has no use for."""
    for said in talk.words.values():
        for table, part in sentences:
            tables: Mapping[str, Any] = {**vars(said), **said.screens}
            del tables[table][part]
            if not tables[table]:
                del said.screens[table]  # type: ignore[attr-defined]
    return talk


def reads(typed_alone: str) -> Field:
    def read(typed: str, call: Any) -> str:
        if typed != typed_alone:
            raise next(iter(BIKE.refuses))(bike=typed)
        return typed

    return replace(BIKE, read=read)


def say(talk: Talk, table: str, part: str, sentence: str) -> Talk:
    for said in talk.words.values():
        said.screens[table][part] = sentence  # type: ignore[index]
    return talk


def beside(screen_id: str, key: str, then: str, when: str | None = None) -> tuple[Screen, ...]:
    """Put a key beside the field of a screen."""
    return changed(screen_id, choices=(Choice(key, then, when),))
