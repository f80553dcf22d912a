"""The tables: accounts, entries, moves, counters and seals, and one table for each kind of record.

Times are UTC microseconds, identifiers 64-bit numbers. The rules that a table cannot say itself (which moves are
legal, what may never be changed) stand in guards.py. Migrations build these tables; a test compares the two.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.sql import quoted_name
from sqlalchemy.types import TypeEngine

from service.ledger.entry import LARGEST
from service.storage.codec import index_column
from service.storage.record import Record, Unique
from service.storage.records import RECORDS

METADATA = MetaData()

Number = BigInteger().with_variant(Integer(), "sqlite")
Name = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared byte by byte, as Python does: locks are taken in this order."""

_COLUMN: Mapping[str, TypeEngine[Any]] = {
    "number": Number,
    "flag": Number,
    "time": Number,
    "text": Name,
    "table": Text(),
    "list": Text(),
}


def _table(name: str, *parts: Column[Any] | CheckConstraint | Index) -> Table:
    return Table(name, METADATA, *parts, sqlite_strict=True)


def _number(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Number, nullable=null)


def _name(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Name, nullable=null)


INSTALLATION = _table(
    "installation",
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("reference_key", LargeBinary, nullable=False),
    _name("guards", null=True),
    CheckConstraint("id = 1", name="one_installation"),
)
"""One row: the key of the references, and which guards are in force."""

MINT = _table("mint", Column("id", Number, primary_key=True, autoincrement=False), _number("last"))
"""The last identifier handed out, on SQLite; PostgreSQL has a sequence instead."""

ACCOUNTS = _table(
    "accounts",
    Column("id", Name, primary_key=True),
    _number("balance", null=True),
    CheckConstraint(f"balance BETWEEN 0 AND {LARGEST}", name="balance_in_bounds"),
)
"""`balance` is null where an account never refuses: it is the sum of its moves."""

_ONCE = text("once IS NOT NULL")

ENTRIES = _table(
    "entries",
    Column("id", Number, primary_key=True, autoincrement=False),
    _name("reason"),
    _number("at"),
    _name("once", null=True),
    CheckConstraint("id > 0", name="entry_id_above_zero"),
    Index("entries_once", "once", unique=True, postgresql_where=_ONCE, sqlite_where=_ONCE),
)

MOVES = _table(
    "moves",
    Column("number", Number, Identity(always=True), primary_key=True),
    _number("entry"),
    _name("source"),
    _name("target"),
    _number("amount"),
    _name("reason"),
    _number("source_after", null=True),
    _number("target_after", null=True),
    CheckConstraint(f"amount BETWEEN 1 AND {LARGEST}", name="amount_above_zero"),
    CheckConstraint("source <> target", name="source_is_not_target"),
    Index("moves_entry", "entry"),
    Index("moves_source", "source", "number"),
    Index("moves_target", "target", "number"),
)
"""`number` grows with the writing; `..._after` is what a locked account held after the move."""

COUNTERS = _table(
    "counters",
    Column("key", Name, primary_key=True),
    _number("value"),
    CheckConstraint(f"value BETWEEN -{LARGEST} AND {LARGEST}", name="counter_in_bounds"),
)

SEALS = _table(
    "seals",
    Column("number", Number, primary_key=True, autoincrement=False),
    _number("at"),
    Column("previous", LargeBinary, nullable=False),
    Column("totals", Text(), nullable=False),
    Column("mac", LargeBinary, nullable=False),
    _number("entries"),
    _number("reach"),
    _number("low"),
    _number("written_at"),
)
"""Where to look for unsealed moves: none has a number up to `low`. `reach` is the last number given out by
`written_at`, the engine's own time: two minutes later, and once every transaction of then has ended, no smaller one can
still come."""

SEALED = _table(
    "sealed",
    Column("entry", Number, primary_key=True, autoincrement=False),
    _number("seal"),
    _number("place"),
    Column("digest", LargeBinary, nullable=False),
    Index("sealed_seal", "seal", "place", unique=True),
)


def _columns(record: Record) -> Iterator[Column[Any]]:
    for name, kind in record.types.items():
        stored: TypeEngine[Any] = LargeBinary() if name in record.sealed else _COLUMN[kind]
        key, null = name in record.key and name not in record.sealed, name in record.optional
        yield Column(quoted_name(name, True), stored, primary_key=key, nullable=null, autoincrement=False)
        if name in record.sought:
            yield Column(index_column(name), LargeBinary(), primary_key=name in record.key, nullable=null)


def _find(record: Record, fields: tuple[str, ...]) -> list[str]:
    return [index_column(name) if name in record.sought else name for name in fields]


def unique_name(record: Record, unique: Unique) -> str:
    """Return the name of the index that keeps a uniqueness."""
    return "_".join((record.table, *unique.fields, *((unique.where[1],) if unique.where else ()), "unique"))


def _record_table(record: Record) -> Table:
    table = _table(record.table, *_columns(record))
    for unique in record.unique:
        where = table.c[unique.where[0]] == unique.where[1] if unique.where else None
        columns = [table.c[name] for name in _find(record, unique.fields)]
        Index(unique_name(record, unique), *columns, unique=True, postgresql_where=where, sqlite_where=where)
    for fields in record.indexes:
        Index("_".join((record.table, *fields)), *(table.c[name] for name in _find(record, fields)))
    if record.differ:
        table.append_constraint(
            CheckConstraint(f"{record.differ[0]} <> {record.differ[1]}", name=f"{record.table}_differ")
        )
    return table


TABLES = {record.kind: _record_table(record) for record in RECORDS}
