"""Lists of people whose money may not move: files of names, kept as they were read, and what has changed in them.

A list is handed in whole, as a CSV file with the columns number, name and aliases (with ; between them). What is not in
the file any more is off the list. Whoever is new or has changed waits here until everybody was compared with them.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from service.wallet.logbook import TERMINAL, note
from service.wallet.names import heard_words
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Unit

COLUMNS = ("number", "name", "aliases")
LONGEST, MOST_NAMES, MOST_LINES = 200, 60, 200_000
AT_ONCE = 500
"""Lines that are written in one commit."""
ALL = 2**31
EVERYBODY = "everybody"


class BadList(StaffRefusal):
    """The file is no list of names: its columns, a number or a name is missing, there twice, or too long."""

    says = ("line",)


class BadListName(StaffRefusal):
    """A list is called by 1 to 20 small letters, digits and dashes."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Somebody on a list: public, so nothing is sealed. `digest` changes with the names."""

    list: str
    number: str
    names: tuple[str, ...]
    digest: str
    state: str = "new"  # new: not everybody was compared with these names yet; listed, gone


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """How far everybody was compared with what is new on the lists; `version` grows with each change of them."""

    name: str
    after: int = 0
    version: int = 0
    state: str = "going"  # going, done


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A person whose name is like one on a list; `digest` is that of the names which it was compared with."""

    id: int
    person: int
    list: str
    number: str
    digest: str
    name: str
    """The listed name that is most like the person's."""
    score: int
    state: str = "open"  # open, cleared, confirmed
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Vetting:
    """Somebody whom the worker has still to look at, or has looked at: see vetting.py."""

    person: int
    state: str = "waiting"  # waiting, done
    next_at: datetime


class Line(NamedTuple):
    """One of a list's file."""

    number: str
    names: tuple[str, ...]

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.names).encode()).hexdigest()[:32]


class Changed(NamedTuple):
    """What an import has done: how many are listed, how many of them new or changed, and how many are off."""

    listed: int
    new: int
    gone: int


def read_list(text: str) -> list[Line]:
    """Return the lines of a list's file; raises BadList."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    found: dict[str, Line] = {}
    try:
        if tuple(cell.strip().casefold() for cell in next(rows, [])) != COLUMNS:
            raise BadList(line=1)
        for row in rows:
            if row:
                line = _line(row, rows.line_num)
                if line.number in found or len(found) == MOST_LINES:
                    raise BadList(line=rows.line_num)
                found[line.number] = line
    except csv.Error as error:
        raise BadList(line=rows.line_num) from error
    if not found:
        raise BadList(line=1)
    return list(found.values())


def _line(row: Sequence[str], place: int) -> Line:
    if len(row) != len(COLUMNS):
        raise BadList(line=place)
    number, name, aliases = (" ".join(cell.split()) for cell in row)
    names = [one for one in (" ".join(each.split()) for each in (name, *aliases.split(";"))) if one]
    if not number or not name or not any(heard_words(one) for one in names):
        raise BadList(line=place)
    if max(map(len, [number, *names])) > LONGEST or len(names) > MOST_NAMES:
        raise BadList(line=place)
    return Line(number, tuple(dict.fromkeys(names)))


def read_list_name(typed: str) -> str:
    """Return what a list is called: 1 to 20 small letters, digits and dashes; raises BadListName."""
    name = typed.strip().casefold()
    if not (1 <= len(name) <= 20 and name.isascii() and name.replace("-", "").isalnum()):
        raise BadListName
    return name


def pieces(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Yield the lines of a list as they are written, some in each commit."""
    yield from (lines[first : first + AT_ONCE] for first in range(0, len(lines), AT_ONCE))


def write_lines(unit: Unit, name: str, lines: Sequence[Line]) -> int:
    """Write down what is new or has changed of these lines of a list; say how many."""
    sweep = _lock_sweep(unit)
    there = {
        row.number: row for row in unit.rows.find(Listed, list=name, number=[one.number for one in lines], limit=ALL)
    }
    changed = 0
    for line in lines:
        row = there.get(line.number)
        if row is not None and row.digest == line.digest and row.state != "gone":
            continue
        changed += 1
        made = Listed(list=name, number=line.number, names=line.names, digest=line.digest)
        if row is None:
            unit.rows.append(made)
        else:
            unit.rows.put(made)
    if changed:
        _begin_anew(unit, sweep)
    return changed


def take_off(unit: Unit, name: str, lines: Sequence[Line], *, by: str, new: int, role: str = TERMINAL) -> Changed:
    """End the import of a list: whoever stands on none of its lines is off it; written into the logbook."""
    sweep = _lock_sweep(unit)
    there = {line.number for line in lines}
    rows = unit.rows.find(Listed, list=name, state=["new", "listed"], limit=ALL)
    gone = [row for row in rows if row.number not in there]
    for row in gone:
        unit.rows.put(replace(row, state="gone"))
    if gone:
        _begin_anew(unit, sweep)
    changed = Changed(len(lines), new, len(gone))
    note(unit, staff=by, role=role, act="import sanctions", about=f"list {name}", values=changed._asdict())
    return changed


class Called(NamedTuple):
    """A list: how many stand on it, and how many of them everybody was not compared with yet."""

    list: str
    listed: int
    new: int


def every_list(unit: Unit) -> list[Called]:
    """Return the lists that there are, by name."""
    rows = unit.rows.find(Listed, state=["new", "listed"], limit=ALL)
    names = sorted({row.list for row in rows})
    mine = {name: [row.state for row in rows if row.list == name] for name in names}
    return [Called(name, len(states), states.count("new")) for name, states in mine.items()]


def _lock_sweep(unit: Unit) -> Sweep:
    """Keep the lists as they are: whoever compares everybody with them waits, and so does another import."""
    unit.rows.add(Sweep(name=EVERYBODY))
    row = unit.rows.lock(Sweep, EVERYBODY)
    assert row is not None, "a row that was added is there"
    return row


def _begin_anew(unit: Unit, sweep: Sweep) -> None:
    """Have everybody compared with what is new on the lists, from the first person on."""
    unit.rows.put(replace(sweep, after=0, version=sweep.version + 1, state="going"))
