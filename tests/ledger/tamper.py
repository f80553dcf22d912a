"""Hands that reach past every guard into the tables: what a dishonest keeper of the database could do."""

from collections.abc import Callable
from typing import Any

import psycopg
from pysqlite3 import dbapi2


def _run_sqlite(url: str, statements: tuple[str, ...]) -> None:
    connection = dbapi2.connect(url.removeprefix("sqlite:///"))
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for statement in statements:
        connection.execute(statement)
    for _, sql in triggers:
        connection.execute(sql)
    connection.commit()
    connection.close()


def _run_postgres(url: str, statements: tuple[str, ...]) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement)


RUN: dict[str, Callable[[str, tuple[str, ...]], None]] = {"sqlite": _run_sqlite, "postgres": _run_postgres}


def tamper(engine: str, url: str, *statements: Any) -> None:
    """Run SQL with every trigger off, and put the triggers back."""
    RUN[engine](url, statements)
