"""Short names that people give to those whom they pay: `MAMA` instead of ten digits.

A nickname is its giver's own and nobody else's; it finds a number and never hides one: before the PIN the registered
name stands beside it. It belongs to a person and not to a number, so who gets the number later does not inherit it.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace

from service.gsm7 import trim
from service.refusal import Refusal
from service.wallet.identity import Nicknames
from service.wallet.known import whom_one_has_paid
from service.wallet.name import masked
from service.wallet.people import only, people_at
from service.wallet.unit import Asked, Paid, Person, Unit

LETTERS = 7
"""At most so many letters: it stands beside the registered name where room is scarcest."""

SHOWN = 14
"""Septets of both together: no more than of a registered name alone."""

MOST = 50
"""So many one person may give."""


class BadNickname(Refusal):
    """A nickname is one word of two to seven letters."""


class NicknameTaken(Refusal):
    """The same person has given this nickname to somebody else."""


class NotPaidYet(Refusal):
    """Only whom one has paid can be given a nickname; whether anybody has the number is not told (V-03)."""


class TooManyNicknames(Refusal):
    """Fifty are given already."""


class UnknownNickname(Refusal):
    """Nobody is called so by this person."""


def read_nickname(typed: str) -> str:
    """Return a nickname as it is kept, in capitals; raises BadNickname."""
    letters = unicodedata.normalize("NFKD", trim(typed).upper())
    name = "".join(letter for letter in letters if not unicodedata.combining(letter))
    if not (2 <= len(name) <= LETTERS and name.isascii() and name.isalpha()):
        raise BadNickname
    return name


def given_by(person: Person) -> Asked:
    """Return what `nicknames_of` will ask."""
    return Asked.get(Nicknames, person.id)


def nicknames_of(unit: Unit, person: Person) -> Mapping[int, str]:
    """Return the nicknames that somebody has given, by the ids of people."""
    row = unit.rows.get(Nicknames, person.id)
    return {int(other): name for other, name in row.names.items()} if row else {}


def called(unit: Unit, giver: Person, typed: str) -> Person:
    """Return whom somebody calls so; raises UnknownNickname, also where that wallet has no number any more."""
    names = nicknames_of(unit, giver)
    try:
        name = read_nickname(typed)
    except BadNickname:
        raise UnknownNickname from None
    found = next((other for other, nick in names.items() if nick == name), None)
    person = unit.rows.get(Person, found) if found is not None else None
    if person is None or not person.has_number:
        raise UnknownNickname
    return person


def both(nick: str, name: str) -> str:
    """Return what a person reads before they pay somebody: `MAMA=AMINA O`, or the masked name alone."""
    return f"{nick}={masked(name, SHOWN - len(nick) - 1)}" if nick else masked(name)


def give_nickname(unit: Unit, giver: Person, other: int, name: str) -> None:
    """Call a person so from now on, or by no nickname if it is empty; raises NicknameTaken or TooManyNicknames."""
    unit.rows.add(Nicknames(person=giver.id, names={}))
    row = unit.rows.lock(Nicknames, giver.id)
    assert row is not None, "a row that was added is there"
    names = {who: nick for who, nick in row.names.items() if who != str(other)}
    if name in names.values():
        raise NicknameTaken
    if name and len(names) >= MOST:
        raise TooManyNicknames
    # Nothing may refuse after this line.
    unit.rows.put(replace(row, names=names | ({str(other): name} if name else {})))


def paid_at(unit: Unit, payer: Person, phone: str) -> Person:
    """Return the person at a number whom somebody has paid; raises NotPaidYet, also where there is nobody (V-03), or
    WhichOne.
    """
    person = only([one for one in people_at(unit, phone) if unit.rows.get(Paid, payer.id, one.id)])
    if person is None:
        raise NotPaidYet
    return person


def to_name(unit: Unit, payer: Person) -> Sequence[tuple[Person, str]]:
    """Return whom a person may give a nickname, the newest first, with what they are called."""
    names = nicknames_of(unit, payer)
    return [(person, names.get(person.id, "")) for person in whom_one_has_paid(unit, payer)]


def forget_nicknames(unit: Unit, person: Person) -> None:
    """Forget what a person called others: their wallet is closed."""
    if row := unit.rows.lock(Nicknames, person.id):
        unit.rows.put(replace(row, names={}))
