"""Finding somebody by their name, however it is spelled: each word of it, and each two together, by a keyed digest.

Two words have a row of their own, so that a search for both reads those who have both, and not everybody of one of the
names. Beginnings of words are not searched for: a thief of the database who counts digests could spell names by them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, groupby

from anyascii import anyascii

from service.wallet.unit import Person, Unit

WORDS = 5
"""So many words of a name are searched for, the longest; the rest only narrow."""
PLACES = 16
"""A person's rows have the ids from sixteen times theirs on: five words make fifteen rows."""
SHOWN, READ = 20, 60
"""People who are shown for a name, and rows that are read to find them."""

SOUNDS = (("ph", "f"), ("kh", "h"), ("ou", "u"), ("y", "i"), ("q", "k"))
"""Ways to spell one sound, which a caller does not say; of doubled letters one is left."""


@dataclass(frozen=True, kw_only=True)
class NameKey:
    """What a person is found by: a word of their name, or two; empty once the wallet is closed."""

    id: int
    key: str


def in_latin(text: str) -> str:
    """Return text in Latin letters, for what can print no others."""
    return anyascii(text)


def plain_words(name: str) -> list[str]:
    """Return the words of a name in small Latin letters, without accents and apostrophes: `Ng'ang'a Élie` is `nganga
    elie`. Other scripts are written in Latin letters, sign by sign.
    """
    latin = anyascii(name).casefold()
    return re.findall(r"[a-z]+", re.sub(r"['`]", "", latin))


def heard_words(name: str) -> list[str]:
    """Return the words of a name as they sound, none twice; initials are none."""
    return list(dict.fromkeys(_heard(word) for word in plain_words(name) if len(word) > 1))


def _heard(word: str) -> str:
    for spelled, sound in SOUNDS:
        word = word.replace(spelled, sound)
    return "".join(letter for letter, _ in groupby(word))


def keys_of(person: Person) -> list[NameKey]:
    """Return what a person is found by."""
    words = _longest(heard_words(person.name))
    keys = [*words, *_pairs(words)]
    return [NameKey(id=person.id * PLACES + place, key=key) for place, key in enumerate(keys)]


def write_keys(unit: Unit, person: Person) -> None:
    """Have a person who is new found by their name."""
    for row in keys_of(person):
        unit.rows.append(row)


def rename_keys(unit: Unit, person: Person) -> None:
    """Have a person found by the name that they have now, and no more by another; their row is locked."""
    there = {row.id for row in _keys_there(unit, person)}
    wanted = keys_of(person)
    for row in wanted:
        if row.id in there:
            unit.rows.put(row)
        else:
            unit.rows.append(row)
    for left in there - {row.id for row in wanted}:
        unit.rows.put(NameKey(id=left, key=""))


def has_keys(unit: Unit, person: Person) -> bool:
    """Say whether a person is found by their name already."""
    return unit.rows.get(NameKey, person.id * PLACES) is not None


def forget_keys(unit: Unit, person: Person) -> None:
    """Have a person found by their name no more; their row is locked."""
    for row in _keys_there(unit, person):
        unit.rows.put(replace(row, key=""))


def _keys_there(unit: Unit, person: Person) -> Sequence[NameKey]:
    places = [person.id * PLACES + place for place in range(PLACES)]
    return unit.rows.find(NameKey, id=places, limit=PLACES)


def find_by_name(unit: Unit, typed: str) -> tuple[Sequence[Person], bool]:
    """Return people of whose names these are words, who came last in front, and whether there are more of them."""
    words = heard_words(typed)
    rows: Sequence[NameKey] = ()
    for key in _pairs(_longest(words)) or words[:1]:
        rows = unit.rows.find(NameKey, key=key, newest=True, limit=READ)
        if len(rows) < READ:  # these are all who have both words: others that are sought narrow them down
            break
    ids = sorted({row.id // PLACES for row in rows})
    people = [one for one in unit.rows.find(Person, id=ids, limit=READ) if set(words) <= set(heard_words(one.name))]
    return people[::-1][:SHOWN], len(rows) == READ or len(people) > SHOWN


def _longest(words: Sequence[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))[:WORDS]


def _pairs(words: Sequence[str]) -> list[str]:
    return [" ".join(pair) for pair in combinations(sorted(words), 2)]
