"""Looking at people whom nobody has looked at yet, and at everybody again when a list has changed.

Who opens a wallet has a row here from that commit on; who had one before got theirs with the migration. The worker
has them found by their name, and compares them with the lists outside of any commit: names are many, and on SQLite a
phone would wait for the one who writes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from service.wallet.names import has_keys, write_keys
from service.wallet.sanctions import ALL, EVERYBODY, Listed, Sweep, Vetting
from service.wallet.screening import Lists, Match, note_matches
from service.wallet.unit import Person, Unit

T = TypeVar("T")

AT_ONCE = 20
"""People who are looked at in one go."""


class Work(Protocol):
    """Does a piece of work in one transaction."""

    def __call__(self, work: Callable[[Unit], T]) -> T: ...


class Bite(NamedTuple):
    """Some people to be compared: those who are new, or, with `swept`, those who come next of everybody."""

    people: Sequence[Person]
    version: int
    swept: Sweep | None = None


class Vetter:
    """Looks at people, and keeps the lists ready to compare them with until they change."""

    def __init__(self, read: Work, transact: Work) -> None:
        self._read, self._transact = read, transact
        self._lists: dict[bool, tuple[int, Lists]] = {}

    def __call__(self) -> int:
        """Look at some people whose turn it is; say how many."""
        bite = self._read(_bite)
        if bite is None:
            return 0
        lists = self._ready(bite)
        packs = self._read(lambda unit: unit.house.packs)
        found = {one.id: lists.like(one.name, packs[one.country].sanctions_score) for one in bite.people if one.name}
        if bite.swept:
            return self._transact(partial(_swept, bite=bite, found=found))
        return self._transact(partial(_vetted, bite=bite, found=found))

    def _ready(self, bite: Bite) -> Lists:
        """Return all that is on the lists for who is new, and what is new on them for everybody."""
        version, lists = self._lists.get(bite.swept is None, (-1, Lists(())))
        if version != bite.version:
            states = ["new"] if bite.swept else ["new", "listed"]
            lists = Lists(self._read(lambda unit: unit.rows.find(Listed, state=states, limit=ALL)))
            self._lists[bite.swept is None] = (bite.version, lists)
        return lists


def _bite(unit: Unit) -> Bite | None:
    sweep = unit.rows.get(Sweep, EVERYBODY)
    version = sweep.version if sweep else 0
    if due := unit.rows.due(Vetting, before=unit.now, state="waiting", limit=AT_ONCE, lock=False):
        return Bite(unit.rows.find(Person, id=[row.person for row in due], limit=AT_ONCE), version)
    if sweep is None or sweep.state == "done":
        return None
    next_ones = unit.rows.column(Person, "tier", after=sweep.after, limit=AT_ONCE)
    return Bite(unit.rows.find(Person, id=[person for person, _ in next_ones], limit=AT_ONCE), version, sweep)


def _vetted(unit: Unit, *, bite: Bite, found: dict[int, list[Match]]) -> int:
    """Write down who is new. Who was compared with a list of before is met again: a change walks over everybody."""
    for person in bite.people:
        row = unit.rows.lock(Vetting, person.id)
        if row is None or row.state != "waiting":
            continue
        locked = unit.rows.lock(Person, person.id)
        if locked is not None and locked.state != "closed":
            if not has_keys(unit, locked):
                write_keys(unit, locked)
            note_matches(unit, person.id, found.get(person.id, ()))
        unit.rows.put(replace(row, state="done"))
    return len(bite.people)


def _swept(unit: Unit, *, bite: Bite, found: dict[int, list[Match]]) -> int:
    sweep = unit.rows.lock(Sweep, EVERYBODY)
    if sweep is None or sweep != bite.swept:
        return 1  # another worker was quicker, or a list has changed and everybody is looked at again
    for person_id, matches in found.items():
        if matches:
            note_matches(unit, person_id, matches)
    if bite.people:
        unit.rows.put(replace(sweep, after=max(one.id for one in bite.people)))
        return len(bite.people)
    # Everybody was compared with what was new.
    fresh = unit.rows.find(Listed, state="new", limit=AT_ONCE * AT_ONCE)
    for row in fresh:
        unit.rows.put(replace(row, state="listed"))
    if not fresh:
        unit.rows.put(replace(sweep, state="done"))
    return 1
