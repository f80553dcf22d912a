"""Comparing people with the lists: whose name is like one of them has their money held until two of the staff looked.

Nobody is compared in a talk: the worker does it, outside of any commit, and what a payment reads is the state of a
wallet, as always. Who is held reads what anybody reads whose wallet is blocked, and never why (no tip-off).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from service.wallet.names import heard_words
from service.wallet.notice import tell
from service.wallet.proposal import NothingToApprove
from service.wallet.sanctions import Hit, Listed
from service.wallet.unit import Approval, Person, Unit

HOLDING = ("open", "confirmed")


class Match(NamedTuple):
    """Somebody on a list whom a person may be, by which of their names, and how alike they are in percent."""

    listed: Listed
    name: str
    score: int


class Lists:
    """Names to compare people with, ready to be compared."""

    def __init__(self, rows: Sequence[Listed]) -> None:
        named = [(row, name, " ".join(heard_words(name))) for row in rows for name in row.names]
        self._many = [one for one in named if " " in one[2]]
        self._single: dict[str, list[tuple[Listed, str]]] = {}
        for row, name, plain in named:
            if plain and " " not in plain:
                self._single.setdefault(plain, []).append((row, name))
        self._plain = [plain for _, _, plain in self._many]

    def like(self, name: str, least: int) -> list[Match]:
        """Return who on the lists has a name that is alike to at least so many percent, each once, by the best name.

        The words of both names are compared in any order, and those that both have count whole (rapidfuzz's token set
        ratio). A name of one word is only like the same word: half of a country has one of them.
        """
        from rapidfuzz import fuzz, process

        plain = " ".join(heard_words(name))
        if " " not in plain:
            return [Match(row, listed, 100) for row, listed in self._single.get(plain, ())]
        scored = process.extract(plain, self._plain, scorer=fuzz.token_set_ratio, score_cutoff=least, limit=None)
        best: dict[tuple[str, str], Match] = {}
        for _, score, place in scored:  # the most alike come first
            row, listed, _ = self._many[place]
            best.setdefault((row.list, row.number), Match(row, listed, int(score)))
        return list(best.values())


def note_matches(unit: Unit, person_id: int, matches: Sequence[Match]) -> None:
    """Write down whom a person may be, and hold their money; what was cleared is asked again only if it has changed."""
    person = unit.rows.lock(Person, person_id)
    for match in matches:
        row = match.listed
        there = unit.rows.find(Hit, person=person_id, list=row.list, number=row.number, limit=1)
        hit = unit.rows.lock(Hit, there[0].id) if there else None
        if hit is None:
            hit = Hit(
                id=unit.mint(),
                person=person_id,
                list=row.list,
                number=row.number,
                digest=row.digest,
                name=match.name,
                score=match.score,
                at=unit.now,
            )
            unit.rows.append(hit)
        elif hit.digest != row.digest:
            state = "open" if hit.state == "cleared" else hit.state
            unit.rows.put(replace(hit, digest=row.digest, name=match.name, score=match.score, state=state, at=unit.now))
    if person is not None and person.state == "active" and is_held(unit, person_id):
        unit.rows.put(replace(person, state="held"))


def is_held(unit: Unit, person_id: int) -> bool:
    """Say whether somebody may be on a list, as far as two of the staff have not said otherwise."""
    return bool(unit.rows.find(Hit, person=person_id, state=list(HOLDING), limit=1))


def free_state(unit: Unit, person_id: int) -> str:
    """Return the state of a wallet that nothing else stands against."""
    return "held" if is_held(unit, person_id) else "active"


def clear_hit(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Say that a person is not who is on the list: their money is free if nothing else holds it."""
    hit, person = _decide(unit, approval, HOLDING, "cleared")
    if person is not None and person.state == "held" and not is_held(unit, person.id):
        unit.rows.put(replace(person, state="active"))
        tell(unit, person, "unblocked", {})
    return {"list": hit.list, "number": hit.number}


def confirm_hit(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Say that a person is who is on the list: their money stays held."""
    hit, _ = _decide(unit, approval, ("open",), "confirmed")
    return {"list": hit.list, "number": hit.number}


def _decide(unit: Unit, approval: Approval, before: tuple[str, ...], after: str) -> tuple[Hit, Person | None]:
    there = unit.rows.get(Hit, approval.values["hit"])
    person = unit.rows.lock(Person, there.person) if there else None
    hit = unit.rows.lock(Hit, approval.values["hit"])
    if hit is None or hit.state not in before:
        raise NothingToApprove
    unit.rows.put(replace(hit, state=after))
    return replace(hit, state=after), person
