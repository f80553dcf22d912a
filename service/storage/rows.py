"""Records in tables, all kinds by the same few statements.

A statement is built once for each shape (which kind, which fields are compared) and then only filled in.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import BigInteger, ColumnElement, Dialect, LargeBinary, Select, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import Executable

from service.storage.codec import Cipher, Codec, to_micros
from service.storage.record import Record, Unique
from service.storage.records import BY_KIND
from service.storage.tables import TABLES, unique_name
from service.storage.wire import Statement, Wire
from service.ussd.session import Conversation
from service.wallet.unit import Asked, Renewed

R = TypeVar("R")

LIVE_CONVERSATION = unique_name(BY_KIND[Conversation], Unique(("phone",), where=("state", "live")))
_INSERT: dict[str, Callable[..., Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
Build = Callable[[], Executable]


class Shelf:
    """What all transactions of one store share: codecs and statements that are ready to be filled in."""

    def __init__(self, cipher: Cipher) -> None:
        self.codecs = {kind: Codec(record, cipher) for kind, record in BY_KIND.items()}
        self._ready: dict[object, tuple[str, Sequence[str], dict[str, Any]]] = {}

    def ready(self, dialect: Dialect, shape: object, build: Build, values: dict[str, Any]) -> Statement:
        """Return the statement of this shape, built if it is the first of its shape, and the values in its order."""
        ready = self._ready.get(shape)
        if ready is None:
            compiled = build().compile(dialect=dialect)  # type: ignore[attr-defined]
            ready = self._ready[shape] = (str(compiled), compiled.positiontup, dict(compiled.params))
        sql, order, fixed = ready
        given = fixed | values  # some values stand in the statement itself, such as SQLite's OFFSET 0
        return sql, tuple([given[name] for name in order])


class Begun:
    """Marks a transaction that began a talk: it may tell what became of an older one, so its commit is never lost."""


class SqlRows:
    """The records of one transaction."""

    def __init__(self, wire: Wire, shelf: Shelf, wrote: set[type[Any]]) -> None:
        self._wire = wire
        self._shelf = shelf
        self._wrote = wrote
        self._fetched: dict[Asked, Callable[[], Any]] = {}
        self._locked: dict[tuple[Any, ...], Any] = {}

    def undone(self) -> None:
        """Forget what was noted: a savepoint was taken back."""
        self._fetched.clear()
        self._locked.clear()

    def ahead(self, *asked: Asked) -> None:
        if self._wire.far:
            self._fetched.update({one: self._wire.read_soon(*self._statement(one)) for one in asked})

    def get(self, kind: type[R], *key: Any) -> R | None:
        return cast(R | None, self._first(Asked.get(kind, *key)))

    def lock(self, kind: type[R], *key: Any) -> R | None:
        return cast(R | None, self._first(Asked.lock(kind, *key)))

    def find(self, kind: type[R], /, *, limit: int = 100, newest: bool = False, **equal: Any) -> Sequence[R]:
        if any(isinstance(value, list | tuple) and not value for value in equal.values()):
            return []
        return self._rows(Asked.find(kind, limit=limit, newest=newest, **equal))

    def column(self, kind: type[R], name: str, *, after: int, limit: int) -> Sequence[tuple[int, Any]]:
        (key,), table = BY_KIND[kind].key, TABLES[kind]

        def build() -> Executable:
            rows = select(table.c[key], table.c[name]).where(table.c[key] > bindparam("after", type_=table.c[key].type))
            return rows.order_by(table.c[key]).limit(bindparam("limit", type_=BigInteger()))

        values = {"after": after, "limit": limit}
        statement = self._shelf.ready(self._wire.dialect, (kind, "column", name), build, values)
        return [tuple(row) for row in self._wire.read(*statement).fetchall()]

    def due(self, kind: type[R], *, before: datetime, limit: int = 100, lock: bool = True, **equal: Any) -> Sequence[R]:
        record, codec = BY_KIND[kind], self._shelf.codecs[kind]
        assert record.due, f"{record.table} are never due"
        values = {f"{name}_0": codec.sought(name, value) for name, value in equal.items()}
        values |= {"limit": limit, "before": to_micros(before)}
        names = tuple((name, 1) for name in equal)
        statement = self._ready((kind, "due", names, lock), lambda: self._due(record, names, lock=lock), values)
        return [codec.read(row) for row in self._wire.read(*statement).fetchall()]

    def add(self, row: Any) -> bool:
        kind = type(row)
        if self._shelf.codecs[kind].changing and self._is_there(row):
            return False
        columns = self._shelf.codecs[kind].write(row)
        insert = self._ready((kind, "add"), lambda: self._insert(kind, columns).on_conflict_do_nothing(), columns)
        written = self._write(kind, insert) == 1
        if written and kind is Conversation:
            self._wrote.add(Begun)
        return written

    def append(self, row: Any) -> None:
        kind = type(row)
        columns = self._shelf.codecs[kind].write(row)
        self._write_later(kind, self._ready((kind, "append"), lambda: self._insert(kind, columns), columns))
        if kind is Conversation:
            self._wrote.add(Begun)

    def put(self, row: Any) -> None:
        kind = type(row)
        record, codec, table = BY_KIND[kind], self._shelf.codecs[kind], TABLES[kind]
        place = (kind, *(getattr(row, name) for name in record.key))
        before = self._locked.get(place)
        names = tuple(name for name in record.types if before is None or getattr(row, name) != getattr(before, name))
        if not names:
            return
        columns = codec.write(row, names)
        keys = {f"at_{codec.column(name)}": codec.sought(name, getattr(row, name)) for name in record.key}

        def build() -> Executable:
            same = [table.c[name[3:]] == bindparam(name, type_=table.c[name[3:]].type) for name in keys]
            return update(table).where(*same).values({name: bindparam(name) for name in columns})

        statement = self._ready((kind, "put", names), build, columns | keys)
        if before is None:
            assert self._write(kind, statement) == 1, f"no such row in {record.table}"
        else:
            self._write_later(kind, statement)  # a row that is locked is there
            self._locked[place] = row

    def forget(self, kind: type[R], *, before: datetime, limit: int = 1000) -> int:
        record, table = BY_KIND[kind], TABLES[kind]
        assert record.age, f"{record.table} are never forgotten"
        age, key = table.c[record.age], table.c[self._shelf.codecs[kind].column(record.key[0])]

        def build() -> Executable:
            old = select(key).where(age < bindparam("before", type_=age.type)).order_by(age)
            return delete(table).where(key.in_(old.limit(bindparam("limit", type_=BigInteger()))))

        values = {"before": to_micros(before), "limit": limit}
        return self._write(kind, self._ready((kind, "forget"), build, values))

    def renew(self, kind: type[Any], *, after: Any, limit: int) -> Renewed:
        codec, table = self._shelf.codecs[kind], TABLES[kind]
        if not codec.changing:
            return Renewed(None, 0)
        (key_name,) = BY_KIND[kind].key
        key = table.c[codec.column(key_name)]
        columns = [column for column in table.c if column is key or isinstance(column.type, LargeBinary)]
        names = [column.name for column in columns]

        def build() -> Executable:
            rows = select(*columns).order_by(key).limit(bindparam("limit", type_=BigInteger())).with_for_update()
            return rows if after is None else rows.where(key > bindparam("after", type_=key.type))

        values = {"limit": limit} if after is None else {"limit": limit, "after": after}
        statement = self._ready((kind, "renew", after is None), build, values)
        rows = [dict(zip(names, row, strict=True)) for row in self._wire.read(*statement).fetchall()]
        renewed = [(row[key.name], anew) for row in rows if (anew := codec.anew(row))]
        for at, anew in renewed:
            self._renew_one(kind, key, at, anew)
        return Renewed(rows[-1][key.name] if len(rows) == limit else None, len(renewed))

    def _renew_one(self, kind: type[Any], key: Any, at: Any, anew: dict[str, Any]) -> None:
        def build() -> Executable:
            changed = update(TABLES[kind]).where(key == bindparam("at_key", type_=key.type))
            return changed.values({name: bindparam(name) for name in anew})

        self._write_later(kind, self._ready((kind, "anew", *anew), build, {**anew, "at_key": at}))

    def _is_there(self, row: Any) -> bool:
        """Say whether a row that is unique by a sealed field stands there under an older key: no index refuses it."""
        record = BY_KIND[type(row)]
        for fields, where in [(record.key, None), *record.unique]:
            if set(fields) & record.sought and (where is None or getattr(row, where[0]) == where[1]):
                equal = {name: getattr(row, name) for name in fields} | dict([where] if where else [])
                if self.find(record.kind, limit=1, **equal):
                    return True
        return False

    def _ready(self, shape: object, build: Build, values: dict[str, Any]) -> Statement:
        return self._shelf.ready(self._wire.dialect, shape, build, values)

    def _write(self, kind: type[Any], statement: Statement) -> int:
        self._outdate(kind)
        count = self._wire.write(*statement).rowcount
        if count:
            self._wrote.add(kind)
        return int(count)

    def _write_later(self, kind: type[Any], statement: Statement) -> None:
        self._outdate(kind)
        self._wire.write_later(*statement)
        self._wrote.add(kind)

    def _outdate(self, kind: type[Any]) -> None:
        self._fetched = {asked: answer for asked, answer in self._fetched.items() if asked.kind is not kind}

    def _insert(self, kind: type[Any], columns: Iterable[str]) -> Any:
        return _INSERT[self._wire.dialect.name](TABLES[kind]).values({name: bindparam(name) for name in columns})

    def _first(self, asked: Asked) -> Any:
        rows = self._rows(asked)
        return rows[0] if rows else None

    def _rows(self, asked: Asked) -> Sequence[Any]:
        if self._fetched and asked in self._fetched:
            return self._read(asked, self._fetched.pop(asked)())
        return self._read(asked, self._wire.read(*self._statement(asked)))

    def _read(self, asked: Asked, answer: Any) -> Sequence[Any]:
        kind, codec = asked.kind, self._shelf.codecs[asked.kind]
        rows = [codec.read(row) for row in answer.fetchall()]
        if asked.locks:
            for row in rows:
                self._locked[kind, *(getattr(row, name) for name in BY_KIND[kind].key)] = row
        return rows

    def _statement(self, asked: Asked) -> Statement:
        record, codec = BY_KIND[asked.kind], self._shelf.codecs[asked.kind]
        values: dict[str, Any] = {"limit": asked.limit}
        shape = []
        for name, value in zip(record.key, asked.key, strict=True) if asked.key else asked.equal:
            many = isinstance(value, tuple)
            wanted = [found for one in (value if many else (value,)) for found in codec.wanted(name, one)]
            none = not many and wanted[0] is None
            shape.append((name, 0 if none else len(wanted)))
            values.update({f"{name}_{place}": one for place, one in enumerate(wanted) if not none})
        names = tuple(shape)

        def build() -> Executable:
            if asked.key:
                statement = self._select(record, names)
                return statement.with_for_update() if asked.locks else statement
            return self._find(record, names, asked.newest)

        return self._ready((asked.kind, names, bool(asked.key), asked.newest, asked.locks), build, values)

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
        order: list[ColumnElement[Any]] = list(keys)
        if newest:
            order = [column.desc() for column in (*(table.c[name] for name in record.order), *keys)]
        elif not _is_found_by_key(record, {name for name, _ in names}):
            # PostgreSQL makes one plan for all values: it would walk the table in the order of its key until it has
            # found enough, and what is sought may stand at the end. By something that is no column it can only sort.
            order = [func.coalesce(column, column) for column in keys]
        return self._select(record, names).order_by(*order).limit(bindparam("limit", type_=BigInteger()))

    def _due(self, record: Record, names: tuple[tuple[str, int], ...], *, lock: bool) -> Executable:
        assert record.due
        table, codec = TABLES[record.kind], self._shelf.codecs[record.kind]
        time = table.c[record.due]
        order = (time, *(table.c[codec.column(name)] for name in record.key))
        statement = self._select(record, names).where(time <= bindparam("before", type_=time.type)).order_by(*order)
        statement = statement.limit(bindparam("limit", type_=BigInteger()))
        return statement.with_for_update(skip_locked=True) if lock else statement


def _is_found_by_key(record: Record, names: set[str]) -> bool:
    """Say whether the key's order is the way to these rows: all of them, some keys, or the one row that is unique."""
    unique = any(set(one.fields) <= names and one.where is None for one in record.unique)
    return not names or unique or bool(names & set(record.key))
