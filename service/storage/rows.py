"""Records in tables, all kinds by the same few statements.

A statement is built once for each shape (which kind, which fields are compared) and then only filled in.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import BigInteger, Dialect, Select, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import Executable

from service.storage.codec import Cipher, Codec, to_micros
from service.storage.records import BY_KIND, Record, Unique
from service.storage.tables import TABLES, unique_name
from service.storage.wire import Values, Wire
from service.ussd.session import Conversation

R = TypeVar("R")

LIVE_CONVERSATION = unique_name(BY_KIND[Conversation], Unique(("phone",), where=("state", "live")))
_INSERT: dict[str, Callable[..., Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
Build = Callable[[], Executable]


class Shelf:
    """What all transactions of one store share: codecs and statements that are ready to be filled in."""

    def __init__(self, cipher: Cipher) -> None:
        self.codecs = {kind: Codec(record, cipher) for kind, record in BY_KIND.items()}
        self._ready: dict[object, tuple[str, Sequence[str] | None, dict[str, Any]]] = {}

    def ready(self, dialect: Dialect, shape: object, build: Build, values: dict[str, Any]) -> tuple[str, Values]:
        """Return the statement of this shape, built if it is the first of its shape, and the values in its order."""
        ready = self._ready.get(shape)
        if ready is None:
            compiled = build().compile(dialect=dialect)  # type: ignore[attr-defined]
            ready = self._ready[shape] = (str(compiled), compiled.positiontup, dict(compiled.params))
        sql, order, fixed = ready
        given = fixed | values  # some values stand in the statement itself, such as SQLite's OFFSET 0
        return sql, given if order is None else tuple(given[name] for name in order)


class Begun:
    """Marks a transaction that began a talk: it may tell what became of an older one, so its commit is never lost."""


class SqlRows:
    """The records of one transaction."""

    def __init__(self, wire: Wire, shelf: Shelf, wrote: set[type[Any]]) -> None:
        self._wire = wire
        self._shelf = shelf
        self._wrote = wrote

    def get(self, kind: type[R], *key: Any) -> R | None:
        return self._one(kind, key, lock=False)

    def lock(self, kind: type[R], *key: Any) -> R | None:
        return self._one(kind, key, lock=True)

    def find(self, kind: type[R], *, limit: int = 100, newest: bool = False, **equal: Any) -> Sequence[R]:
        record, codec = BY_KIND[kind], self._shelf.codecs[kind]
        values: dict[str, Any] = {"limit": limit}
        shape = []
        for name, value in equal.items():
            many = isinstance(value, list | tuple)
            wanted = [codec.sought(name, one) for one in (value if many else (value,))]
            if not wanted:
                return []
            none = not many and wanted[0] is None
            shape.append((name, 0 if none else len(wanted)))
            values.update({f"{name}_{place}": one for place, one in enumerate(wanted) if not none})
        names = tuple(shape)
        return self._rows(kind, (kind, "find", names, newest), lambda: self._find(record, names, newest), values)

    def due(self, kind: type[R], *, before: datetime, limit: int = 100, **equal: Any) -> Sequence[R]:
        record, codec = BY_KIND[kind], self._shelf.codecs[kind]
        assert record.due, f"{record.table} are never due"
        values = {f"{name}_0": codec.sought(name, value) for name, value in equal.items()}
        values |= {"limit": limit, "before": to_micros(before)}
        names = tuple((name, 1) for name in equal)
        return self._rows(kind, (kind, "due", names), lambda: self._due(record, names), values)

    def add(self, row: Any) -> bool:
        kind = type(row)
        table, columns = TABLES[kind], self._shelf.codecs[kind].write(row)

        def build() -> Executable:
            insert = _INSERT[self._wire.dialect.name](table).values({name: bindparam(name) for name in columns})
            return cast(Executable, insert.on_conflict_do_nothing())

        written = bool(self._write(kind, (kind, "add"), build, columns))
        if written and kind is Conversation:
            self._wrote.add(Begun)
        return written

    def put(self, row: Any) -> None:
        kind = type(row)
        record, codec, table = BY_KIND[kind], self._shelf.codecs[kind], TABLES[kind]
        columns = codec.write(row)
        keys = [codec.column(name) for name in record.key]

        def build() -> Executable:
            same = [table.c[name] == bindparam(f"at_{name}", type_=table.c[name].type) for name in keys]
            return update(table).where(*same).values({name: bindparam(name) for name in columns})

        written = self._write(kind, (kind, "put"), build, columns | {f"at_{name}": columns[name] for name in keys})
        assert written == 1, f"no such row in {record.table}"

    def forget(self, kind: type[R], *, before: datetime, limit: int = 1000) -> int:
        record, table = BY_KIND[kind], TABLES[kind]
        assert record.age, f"{record.table} are never forgotten"
        age, key = table.c[record.age], table.c[self._shelf.codecs[kind].column(record.key[0])]

        def build() -> Executable:
            old = select(key).where(age < bindparam("before", type_=age.type)).order_by(age)
            return delete(table).where(key.in_(old.limit(bindparam("limit", type_=BigInteger()))))

        return self._write(kind, (kind, "forget"), build, {"before": to_micros(before), "limit": limit})

    def _write(self, kind: type[Any], shape: object, build: Build, values: dict[str, Any]) -> int:
        count = self._wire.write(*self._shelf.ready(self._wire.dialect, shape, build, values)).rowcount
        if count:
            self._wrote.add(kind)
        return int(count)

    def _one(self, kind: type[R], key: tuple[Any, ...], *, lock: bool) -> R | None:
        record, codec = BY_KIND[kind], self._shelf.codecs[kind]
        assert len(key) == len(record.key), f"{record.table} have the key {record.key}"
        values = {f"{name}_0": codec.sought(name, value) for name, value in zip(record.key, key, strict=True)}
        names = tuple((name, 1) for name in record.key)

        def build() -> Executable:
            statement = self._select(record, names)
            return statement.with_for_update() if lock else statement

        rows = self._rows(kind, (kind, "one", lock), build, values)
        return rows[0] if rows else None

    def _rows(self, kind: type[R], shape: object, build: Build, values: dict[str, Any]) -> Sequence[R]:
        codec = self._shelf.codecs[kind]
        statement = self._shelf.ready(self._wire.dialect, shape, build, values)
        return [codec.read(row) for row in self._wire.read(*statement).fetchall()]

    def _select(self, record: Record, names: tuple[tuple[str, int], ...]) -> Select[Any]:
        table, codec = TABLES[record.kind], self._shelf.codecs[record.kind]
        statement = select(*(table.c[name] for name in record.types))
        for name, count in names:
            column = table.c[codec.column(name)]
            wanted = [bindparam(f"{name}_{place}", type_=column.type) for place in range(count)]
            match = column.is_(None) if count == 0 else column == wanted[0] if count == 1 else column.in_(wanted)
            statement = statement.where(match)
        return statement

    def _find(self, record: Record, names: tuple[tuple[str, int], ...], newest: bool) -> Executable:
        table, codec = TABLES[record.kind], self._shelf.codecs[record.kind]
        keys = [table.c[codec.column(name)] for name in record.key]
        order = [column.desc() for column in (*(table.c[name] for name in record.order), *keys)] if newest else keys
        return self._select(record, names).order_by(*order).limit(bindparam("limit", type_=BigInteger()))

    def _due(self, record: Record, names: tuple[tuple[str, int], ...]) -> Executable:
        assert record.due
        table, codec = TABLES[record.kind], self._shelf.codecs[record.kind]
        time = table.c[record.due]
        order = (time, *(table.c[codec.column(name)] for name in record.key))
        statement = self._select(record, names).where(time <= bindparam("before", type_=time.type)).order_by(*order)
        return statement.limit(bindparam("limit", type_=BigInteger())).with_for_update(skip_locked=True)
