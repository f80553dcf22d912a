"""Records in memory, with the same uniqueness and the same orders as the tables have."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from service.storage.codec import plain
from service.storage.record import Record, Unique
from service.storage.records import BY_KIND
from service.storage.undo import Undo
from service.wallet.unit import Asked, Renewed

R = TypeVar("R")

_OPTIONAL = {kind: record.optional for kind, record in BY_KIND.items()}


class MemoryRows:
    """All records of one memory store."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self._rows: dict[type[Any], dict[tuple[Any, ...], Any]] = {kind: {} for kind in BY_KIND}
        self._unique: dict[tuple[type[Any], Unique, tuple[Any, ...]], tuple[Any, ...]] = {}
        self._found: dict[tuple[type[Any], str, Any], dict[tuple[Any, ...], None]] = {}

    def ahead(self, *asked: Asked) -> None:
        """Nothing is far away."""

    def get(self, kind: type[R], *key: Any) -> R | None:
        assert len(key) == len(BY_KIND[kind].key), f"{BY_KIND[kind].table} have the key {BY_KIND[kind].key}"
        return self._rows[kind].get(key)

    lock = get

    def find(self, kind: type[R], /, *, limit: int = 100, newest: bool = False, **equal: Any) -> Sequence[R]:
        record = BY_KIND[kind]
        self._check_sought(record, equal)
        wanted = {name: value if isinstance(value, list | tuple) else (value,) for name, value in equal.items()}
        rows = [
            row
            for row in self._candidates(record, wanted)
            if all(getattr(row, name) in values for name, values in wanted.items())
        ]
        order = (*record.order, *record.key) if newest else record.key
        rows.sort(key=lambda row: tuple(getattr(row, name) for name in order), reverse=newest)
        return rows[:limit]

    def column(self, kind: type[R], name: str, *, after: int, limit: int) -> Sequence[tuple[int, Any]]:
        rows = sorted((key[0], getattr(row, name)) for key, row in self._rows[kind].items() if key[0] > after)
        return rows[:limit]

    def due(self, kind: type[R], *, before: datetime, limit: int = 100, lock: bool = True, **equal: Any) -> Sequence[R]:
        del lock  # one works at a time here
        record = BY_KIND[kind]
        due = record.due
        assert due, f"{record.table} are never due"
        rows = [
            row
            for row in self._candidates(record, {name: (value,) for name, value in equal.items()})
            if all(getattr(row, name) == value for name, value in equal.items())
            and getattr(row, due) is not None
            and getattr(row, due) <= before
        ]
        rows.sort(key=lambda row: tuple(getattr(row, name) for name in (due, *record.key)))
        return rows[:limit]

    def add(self, row: Any) -> bool:
        record = BY_KIND[type(row)]
        row = plain(record, row)
        key = _values(row, record.key)
        self._check(record, row)
        if key in self._rows[record.kind] or any(name in self._unique for name in _unique_names(record, row)):
            return False
        self._enter(record, key, row)
        return True

    def append(self, row: Any) -> None:
        assert self.add(row), f"{BY_KIND[type(row)].table} has the row already"

    def put(self, row: Any) -> None:
        record = BY_KIND[type(row)]
        row = plain(record, row)
        key = _values(row, record.key)
        before = self._rows[record.kind].get(key)
        assert before is not None, f"no such row in {record.table}"
        self._check(record, row)
        taken = [self._unique.get(name, key) for name in _unique_names(record, row)]
        assert all(holder == key for holder in taken), f"{record.table} refuses the row"
        self._leave(record, key, before)
        self._enter(record, key, row)

    def forget(self, kind: type[R], *, before: datetime, limit: int = 1000) -> int:
        record = BY_KIND[kind]
        age = record.age
        assert age, f"{record.table} are never forgotten"
        old = [row for row in self._rows[kind].values() if getattr(row, age) < before][:limit]
        for row in old:
            key = _values(row, record.key)
            self._leave(record, key, row)
            self._undo.drop(self._rows[kind], key)
        return len(old)

    def renew(self, kind: type[Any], *, after: Any, limit: int) -> Renewed:
        del kind, after, limit  # nothing is sealed here
        return Renewed(None, 0)

    def _candidates(self, record: Record, wanted: dict[str, Any]) -> Iterable[Any]:
        rows = self._rows[record.kind]
        for name in _indexed(record):
            if name in wanted:
                found = {key for value in wanted[name] for key in self._found.get((record.kind, name, value), ())}
                return [rows[key] for key in found]
        return list(rows.values())

    def _enter(self, record: Record, key: tuple[Any, ...], row: Any) -> None:
        self._undo.put(self._rows[record.kind], key, row)
        for unique in _unique_names(record, row):
            self._undo.put(self._unique, unique, key)
        for name in _indexed(record):
            keys = self._found.setdefault((record.kind, name, getattr(row, name)), {})
            self._undo.put(keys, key, None)

    def _leave(self, record: Record, key: tuple[Any, ...], row: Any) -> None:
        for unique in _unique_names(record, row):
            self._undo.drop(self._unique, unique)
        for name in _indexed(record):
            self._undo.drop(self._found[record.kind, name, getattr(row, name)], key)

    def _check(self, record: Record, row: Any) -> None:
        empty = [name for name in record.types if getattr(row, name) is None and name not in _OPTIONAL[record.kind]]
        assert not empty, f"{record.table} refuses the row: {empty} are empty"
        if record.differ:
            one, other = (getattr(row, name) for name in record.differ)
            assert one != other, f"{record.table} refuses the row"

    def _check_sought(self, record: Record, equal: Iterable[str]) -> None:
        hidden = record.sealed - record.sought
        assert not hidden.intersection(equal), f"{record.table} cannot be searched by {sorted(hidden)}"


def _values(row: Any, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)


def _unique_names(record: Record, row: Any) -> list[tuple[type[Any], Unique, tuple[Any, ...]]]:
    return [
        (record.kind, unique, _values(row, unique.fields))
        for unique in record.unique
        if unique.where is None or getattr(row, unique.where[0]) == unique.where[1]
    ]


def _indexed(record: Record) -> list[str]:
    fields = [*(unique.fields for unique in record.unique), *record.indexes]
    return list(dict.fromkeys(names[0] for names in fields))
