"""How one kind of record is kept: its table, its key, what is sealed and how it is found; see records.py.

Columns follow from the fields of the dataclass. `sealed` fields are stored encrypted; those in `sought` too can be
found by equality, through a keyed index beside them. Every engine, the memory too, keeps the same uniqueness.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, get_origin, get_type_hints


class Unique(NamedTuple):
    """No two rows have the same values in these fields, of those rows where a field has a value, if one is named."""

    fields: tuple[str, ...]
    where: tuple[str, str] | None = None


@dataclass(frozen=True)
class Record:
    """How one kind of record is kept."""

    kind: type[Any]
    table: str
    key: tuple[str, ...]
    sealed: frozenset[str] = frozenset()
    sought: frozenset[str] = frozenset()
    unique: tuple[Unique, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    order: tuple[str, ...] = ()
    """What `find(newest=True)` sorts by, greatest first, before the key."""
    due: str | None = None
    """The time that `due` asks for."""
    age: str | None = None
    """The time that `forget` goes by; rows without one are kept for ever."""
    differ: tuple[str, str] | None = None
    """Two fields that may not be equal."""
    types: Mapping[str, str] = dataclasses.field(init=False)
    """What each field holds: number, text, flag, time, table (a mapping) or list (a tuple of texts)."""

    def __post_init__(self) -> None:
        hints = get_type_hints(self.kind)
        types = {field.name: _type(hints[field.name]) for field in dataclasses.fields(self.kind)}
        object.__setattr__(self, "types", types)

    @property
    def optional(self) -> frozenset[str]:
        return frozenset(name for name, hint in get_type_hints(self.kind).items() if type(None) in _arms(hint))


def _arms(hint: Any) -> tuple[Any, ...]:
    return getattr(hint, "__args__", ()) if get_origin(hint) is not tuple else ()


def _type(hint: Any) -> str:
    for arm in (hint, *(arm for arm in _arms(hint) if type(None) in _arms(hint))):
        origin = get_origin(arm) or arm
        for python, name in ((bool, "flag"), (int, "number"), (str, "text"), (datetime, "time"), (tuple, "list")):
            if origin is python:
                return name
        if origin is Mapping:
            return "table"
    raise AssertionError(f"no column holds {hint}")
