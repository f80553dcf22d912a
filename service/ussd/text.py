"""The words of a talk: which sentence stands on which screen, in which language, and how values are put into it.

A placeholder is replaced once and literally: a value that looks like a placeholder stays what it is.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from service.gsm7 import downgrade, septets, units
from service.refusal import Refusal
from service.ussd.limit import Limit
from service.ussd.screens import Field, Screen, Values

SMALLEST = Limit("any", septets=156, units=76)
"""A USSD page of 160 septets or 80 units, less the four of `CON `."""

ONE_SMS = Limit("sms", septets=160, units=70)
TWO_PARTS = Limit("sms of two parts", septets=160, units=2 * 67)
"""A message in a language outside GSM-7 may be sent in two parts, which phones join; see `first` of Talk."""

FIRST_PART = Limit("first part of an sms", septets=153, units=67)

GSM7, UCS2, FIGURES = "gsm7", "ucs2", "figures"
"""What a language is written in: the phones' own alphabet; letters outside it, of which there is room for half; or
figures and signs of the phones' own alphabet, for people who cannot read."""

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_MAYBE = re.compile(r"\[(\??)([^\[\]]*)\]")
_ALL = 99
"""More than any sentence has parts that may be left out."""

Show = Callable[[str], str]
"""From the name of a value to what the person reads."""


@dataclass(frozen=True)
class Words:
    """The words of one language: of screens by id and part (`text`, `line`, or a key), and the other tables.

    `name` is its own name, in letters that every phone shows; `reviewed`, that a speaker has read all of it.
    """

    screens: Mapping[str, Mapping[str, str]]
    nav: Mapping[str, str]
    no: Mapping[str, str]
    told: Mapping[str, str]
    sms: Mapping[str, str]
    name: str = ""
    reviewed: bool = False
    alphabet: str = GSM7


class _Width(NamedTuple):
    septets: int | None
    units: int


@dataclass(frozen=True)
class Talk:
    """Everything that can be said on one service: screens, the first one of each role, fields, and words.

    `sms` names the values of each SMS; `sms_fields` show some values otherwise in an SMS than on a screen. `first` are
    values that stand in the first line of a message of two parts: the second may be late, or lost, and on some phones
    they are not joined.
    """

    screens: Mapping[str, Screen]
    homes: Mapping[str, str]
    fields: Mapping[str, Field]
    words: Mapping[str, Words]
    default_language: str
    sms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sms_fields: Mapping[str, Field] = field(default_factory=dict)
    limit: Limit = SMALLEST
    first: frozenset[str] = frozenset()
    reader: str = ""
    """The widest name that a message for one of several people on a number begins with."""
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The messages that may go to such a number, and the values that they show there."""
    anywhere: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By the home of a talk: words in small letters that lead from any of its screens to another, where the screen
    itself does not take them."""

    def said(self, language: str) -> Words:
        """Return the words of a language, or of the default language where there are none."""
        return self.words.get(language) or self.words[self.default_language]

    def show(self, values: Values) -> Show:
        """Return how these values are shown on a screen; what is wider than its field allows is a bug."""

        def shown(name: str) -> str:
            text = clean(self.fields[name].shown(values, name))
            width, (_, widest) = _width(text), self._widest[name]
            fits = width.units <= widest.units and (
                widest.septets is None or (width.septets is not None and width.septets <= widest.septets)
            )
            assert fits, f"{name} is shown wider than its field allows"
            return text

        return shown

    def widest(self, name: str) -> str:
        """Return what is shown of a value at its widest."""
        return self._widest[name][0]

    def sms_field(self, name: str) -> Field:
        """Return how a value is shown in an SMS."""
        return self.sms_fields.get(name) or self.fields[name]

    @cached_property
    def _widest(self) -> Mapping[str, tuple[str, _Width]]:
        shown = {name: clean(field.show(field.widest)) for name, field in self.fields.items()}
        return {name: (text, _width(text)) for name, text in shown.items()}


def make_talk(
    screens: Iterable[Screen],
    *,
    homes: Mapping[str, str],
    fields: Mapping[str, Field],
    words: Mapping[str, Words],
    default_language: str,
    sms: Mapping[str, tuple[str, ...]] | None = None,
    sms_fields: Mapping[str, Field] | None = None,
    limit: Limit = SMALLEST,
    first: Iterable[str] = (),
    reader: str = "",
    shared: Mapping[str, tuple[str, ...]] | None = None,
    anywhere: Mapping[str, Mapping[str, str]] | None = None,
) -> Talk:
    """Join screens and words into a talk; two screens of one id are a bug."""
    assert default_language in words, f"the default language {default_language} has no words"
    by_id: dict[str, Screen] = {}
    for screen in screens:
        assert screen.id not in by_id, f"two screens are called {screen.id}"
        by_id[screen.id] = screen
    told = (sms or {}, sms_fields or {}, limit, frozenset(first), reader, shared or {}, anywhere or {})
    return Talk(by_id, homes, fields, words, default_language, *told)


def load_words(path: Path, **fixed: str) -> Words:
    """Read the words of one language from TOML; raise ValueError where something is not a sentence in its table.

    `fixed` are plain values that are the same for everybody, such as `{example_phone}`: they become part of the words.
    In the head of the file stands what the language is: `name`, `reviewed`, `alphabet`.
    """
    tables: dict[str, dict[str, str]] = {}
    text = path.read_text("utf-8")
    for name, said in fixed.items():
        text = text.replace(f"{{{name}}}", said)
    found = tomllib.loads(text)
    head = found.pop("name", ""), found.pop("reviewed", False), found.pop("alphabet", GSM7)
    if not isinstance(head[0], str) or not isinstance(head[1], bool) or head[2] not in (GSM7, UCS2, FIGURES):
        raise ValueError(f"{path.name}: its head is name, reviewed = true or false, alphabet = gsm7, ucs2 or figures")
    for name, table in found.items():
        if not isinstance(table, dict) or not all(isinstance(said, str) for said in table.values()):
            raise ValueError(f'{path.name}: [{name}] must be a flat table of sentences; screens are quoted: ["a.b"]')
        tables[name] = table
    nav, no, told, sms = (tables.pop(name, {}) for name in ("nav", "no", "told", "sms"))
    return Words(tables, nav, no, told, sms, *head)


def fill(sentence: str, show: Show, *, extras: int = _ALL, widest: bool = False) -> str:
    """Replace each `{name}` by what is shown of it, once.

    `[...]` is left out where nothing is shown of its values; of `[...|...]` the first is said that shows something (the
    `widest`, for a proof). Of the parts `[?...]`, which are said where there is room, only the first `extras` are; they
    alone may show no value.
    """
    if "[" in sentence:
        room = iter(range(extras))

        def said(part: re.Match[str]) -> str:
            if part[1] and next(room, None) is None:
                return ""
            ways = part[2].split("|")
            each = [way for way in ways if any(map(show, names_in(way))) or (part[1] and not names_in(way))]
            if widest:
                each.sort(key=lambda way: -_length(_PLACE.sub(lambda place: show(place[1]), way)))
            return each[0] if each else ""

        sentence = _MAYBE.sub(said, sentence)
    return _PLACE.sub(lambda place: show(place[1]), sentence)


def extras_in(sentence: str) -> int:
    """Return how many parts of a sentence are said only where there is room."""
    return sentence.count("[?")


def extras_that_tell(sentence: str) -> int:
    """Return how many of these show a value; others, such as a title, are no loss."""
    return sum(bool(part[1] and names_in(part[2])) for part in _MAYBE.finditer(sentence))


def names_in(sentence: str) -> set[str]:
    """Return the names of the values that a sentence shows."""
    return set(_PLACE.findall(sentence))


def without_places(sentence: str) -> str:
    """Return what a sentence says of its own."""
    return _PLACE.sub("", sentence)


def stray_braces(sentence: str) -> bool:
    """Say whether a sentence has a brace that is no placeholder, or a bracket, or a way to say it, without one."""

    def said(part: re.Match[str]) -> str:
        ways = part[2].split("|")
        return part[2] if all(map(names_in, ways)) or (part[1] and len(ways) == 1) else part[0]

    bare = _MAYBE.sub(said, sentence)
    return bool(re.search(r"[{}\[\]]", _PLACE.sub("", bare)))


def clean(shown: str) -> str:
    """Put a space for each letter that cannot be seen: line breaks, controls, no-break spaces, direction marks."""
    return shown if shown.isprintable() else "".join(letter if letter.isprintable() else " " for letter in shown)


def too_long(text: str, limit: Limit) -> int:
    """Return by how many septets, or UCS-2 units if a letter forces them, a text is too long; 0 or less fits."""
    width = _width(text)
    return width.units - limit.units if width.septets is None else width.septets - limit.septets


def render_no(talk: Talk, refusal: Refusal, language: str) -> str:
    """Say a refusal in its words."""
    return fill(talk.said(language).no[refusal.code], talk.show(refusal.said))


def render_told(talk: Talk, key: str, values: Values, language: str) -> str:
    """Say what happened to a money action, for the next dial."""
    return fill(talk.said(language).told[key], talk.show(values))


READER = "reader"
"""The value of a message that says whom it is for, where several people read what comes to a phone: it stands first."""


def render_sms(talk: Talk, key: str, values: Values, language: str, *, widest: bool = False) -> str:
    """Return the text of an SMS; values are written in GSM-7 unless the language itself is outside that alphabet.

    What is said only where there is room is left out, the last part first, until the text fits one message, or two
    parts in such a language.
    """
    sentence = talk.said(language).sms[key]
    plain = clean if septets(sentence) is None else downgrade
    lead = f"{plain(values[READER])}: " if READER in values else ""
    for extras in range(extras_in(sentence), -1, -1):
        text = fill(
            sentence, lambda name: plain(talk.sms_field(name).shown(values, name)), extras=extras, widest=widest
        )
        text = _led(lead, text.rstrip(), sms_room(talk.said(language)))
        if too_long(text, sms_room(talk.said(language))) <= 0:
            break
    return text


def _led(lead: str, text: str, room: Limit) -> str:
    """Put whom it is for in front of a message; where it takes two parts, behind the first line, which stays whole."""
    first, line, rest = text.partition("\n")
    if lead and line and room == TWO_PARTS and too_long(lead + text, ONE_SMS) > 0:
        return f"{first}\n{lead}{rest}"
    return lead + text


def sms_room(words: Words) -> Limit:
    """Return how long a message in a language may be."""
    return TWO_PARTS if words.alphabet == UCS2 else ONE_SMS


def _width(text: str) -> _Width:
    return _Width(septets(text), units(text))


def _length(text: str) -> int:
    width = _width(text)
    return width.units if width.septets is None else width.septets
