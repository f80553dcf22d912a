"""The locks on the books: what the database itself refuses, whoever asks.

Illegal moves, moves without an account or an entry, and any change to what was written. The list of legal moves is
taken from the chart; `migrate` puts the guards in force again whenever they differ from those here.
"""

import hashlib
from collections.abc import Sequence
from importlib.resources import files

from sqlalchemy import Connection

from service.ledger.chart import LEGAL, LOCKED

APPEND_ONLY = ("entries", "moves", "seals", "sealed", "logbook", "day_closes", "price_lists")

_LOCKED = ", ".join(f"'{kind}'" for kind in sorted(LOCKED))
_TRIPLES = ", ".join(f"'{reason}:{source}:{target}'" for reason, source, target in sorted(LEGAL))


def sqlite_guards() -> Sequence[str]:
    """Return the statements that put the guards of SQLite in force."""
    statements: list[str] = []
    for table, key in zip(APPEND_ONLY, ("id", "number", "number", "entry", "number", "number", "id"), strict=True):
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        statements += _trigger(f"{table}_no_update", f"BEFORE UPDATE ON {table} {refuse}")
        statements += _trigger(f"{table}_no_delete", f"BEFORE DELETE ON {table} {refuse}")
        # INSERT OR REPLACE deletes a row without asking the trigger above.
        taken = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"  # noqa: S608
        statements += _trigger(f"{table}_no_replace", f"BEFORE INSERT ON {table} {taken} {refuse}")
    statements += _trigger(
        "accounts_stay", "BEFORE DELETE ON accounts BEGIN SELECT RAISE(ABORT, 'accounts are never deleted'); END"
    )
    statements += _trigger(
        "accounts_keep_id",
        "BEFORE UPDATE OF id ON accounts BEGIN SELECT RAISE(ABORT, 'accounts keep their id'); END",
    )
    kind = _sqlite_kind("NEW.id")
    balance = f"WHEN (NEW.balance IS NOT NULL) <> ({kind} IN ({_LOCKED}))"
    for event in ("INSERT", "UPDATE"):
        refuse = "BEGIN SELECT RAISE(ABORT, 'a locked account has a balance, no other has'); END"
        statements += _trigger(f"accounts_kind_{event.lower()}", f"BEFORE {event} ON accounts {balance} {refuse}")
    source, target = _sqlite_kind("NEW.source"), _sqlite_kind("NEW.target")
    cases = (
        ("illegal move", f"NEW.reason || ':' || {source} || ':' || {target} NOT IN ({_TRIPLES})"),
        ("move leaves its country", f"{_sqlite_country('NEW.source')} <> {_sqlite_country('NEW.target')}"),
        ("move without what was left of its source", f"(NEW.source_after IS NOT NULL) <> ({source} IN ({_LOCKED}))"),
        ("move without what was left of its target", f"(NEW.target_after IS NOT NULL) <> ({target} IN ({_LOCKED}))"),
        ("move without entry", "NOT EXISTS (SELECT 1 FROM entries WHERE id = NEW.entry)"),
        ("move without source", "NOT EXISTS (SELECT 1 FROM accounts WHERE id = NEW.source)"),
        ("move without target", "NOT EXISTS (SELECT 1 FROM accounts WHERE id = NEW.target)"),
    )
    whens = " ".join(f"WHEN {when} THEN RAISE(ABORT, '{said}')" for said, when in cases)
    statements += _trigger("moves_lawful", f"BEFORE INSERT ON moves BEGIN SELECT CASE {whens} END; END")
    return statements


def _trigger(name: str, rest: str) -> tuple[str, str]:
    return f"DROP TRIGGER IF EXISTS {name}", f"CREATE TRIGGER {name} {rest}"


def _sqlite_kind(account: str) -> str:
    rest = f"substr({account}, instr({account}, ':') + 1)"
    return f"substr({rest}, 1, instr({rest}, ':') - 1)"


def _sqlite_country(account: str) -> str:
    return f"substr({account}, 1, instr({account}, ':'))"


def postgresql_guards() -> Sequence[str]:
    """Return the statements that put the guards of PostgreSQL in force, the posting function among them."""
    guards = (files("service.storage") / "guards.sql").read_text("utf-8")
    return (
        guards.replace("$locked", _LOCKED).replace("$legal", _TRIPLES),
        (files("service.storage") / "post_entries_v2.sql").read_text("utf-8"),
        *(
            f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            for table in APPEND_ONLY
        ),
    )


_GUARDS = {"sqlite": sqlite_guards, "postgresql": postgresql_guards}


def fingerprint(dialect: str) -> str:
    """Return what tells these guards from other ones."""
    return hashlib.sha256("\n".join(_GUARDS[dialect]()).encode()).hexdigest()


def put_in_force(connection: Connection) -> None:
    """Install the guards, unless exactly these are in force."""
    dialect = connection.dialect.name
    wanted = fingerprint(dialect)
    if connection.exec_driver_sql("SELECT guards FROM installation").scalar() == wanted:
        return
    percent = "%%" if dialect == "postgresql" else "%"
    for statement in _GUARDS[dialect]():
        connection.exec_driver_sql(statement.replace("%", percent))
    connection.exec_driver_sql(f"UPDATE installation SET guards = '{wanted}'")  # noqa: S608 (a digest of our own)
