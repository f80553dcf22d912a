"""Backups of the database: what a copy must be before it is trusted, and where one may be put back.

A SQLite file is never copied by copying the file: what stands in its journal would be missing. The copy is made by the
library, of one moment, while others go on working.
"""

import os
from pathlib import Path

from pysqlite3 import dbapi2
from sqlalchemy import make_url

from service.storage import engines
from service.storage.sqlite import RESTORED_GAP

_JOURNALS = ("-wal", "-shm", "-journal")
_HOLDS_ANYTHING = "SELECT EXISTS (SELECT 1 FROM people) + EXISTS (SELECT 1 FROM entries)"


class NotRestored(Exception):
    """A backup is not put back, and nothing was changed; says why."""


def sqlite_path(url: str) -> Path:
    """Return the file of a SQLite database's address."""
    name = make_url(url).database
    assert name, "a SQLite database has a file"
    return Path(name)


def copy_backup(backup: Path, copy: Path, *, called: Path) -> None:
    """Copy a backup to a file that is not there yet; raises NotRestored if it is damaged or no backup of Senti.

    `called` is the file that the operator named.
    """
    copy.unlink(missing_ok=True)
    # Nobody writes a backup, and reading it leaves no file beside it.
    source = dbapi2.connect(f"{backup.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    target = dbapi2.connect(str(copy))
    try:
        if source.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise NotRestored(f"{called}: is damaged")
        source.execute("SELECT reference_key FROM installation").fetchone()
        source.backup(target)
    except dbapi2.DatabaseError as error:
        raise NotRestored(f"{called}: is no backup of Senti ({error})") from error
    finally:
        source.close()
        target.close()


def refuse_used(path: Path) -> None:
    """Raise NotRestored if a SQLite database is in use, or holds anything."""
    if not path.exists() or path.stat().st_size == 0:
        return
    connection = dbapi2.connect(str(path), timeout=0)
    try:
        # Leaving WAL takes the file for oneself: it fails while anybody else has it open.
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and "installation" not in tables:
            raise NotRestored(f"{path}: holds something else")
        if tables and connection.execute(_HOLDS_ANYTHING).fetchone() != (0,):
            raise NotRestored(f"{path}: is not empty; move it away first")
    except dbapi2.OperationalError as error:
        raise NotRestored(f"{path}: is in use; stop the service first") from error
    except dbapi2.DatabaseError as error:
        raise NotRestored(f"{path}: is no database") from error
    finally:
        connection.close()


def remove(path: Path) -> None:
    """Remove a SQLite database with its journals, if it is there."""
    for rest in ("", *_JOURNALS):
        Path(f"{path}{rest}").unlink(missing_ok=True)


def put_in_place(copy: Path, path: Path) -> None:
    """Let a copy become the database, at once and whole."""
    for rest in _JOURNALS:
        Path(f"{path}{rest}").unlink(missing_ok=True)
    os.replace(copy, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def refuse_filled(url: str) -> None:
    """Raise NotRestored if a PostgreSQL database has any tables."""
    engine = engines.for_migrations(url)
    try:
        with engine.connect() as connection:
            count = connection.exec_driver_sql("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
            if count.scalar_one():
                raise NotRestored("the database is not empty; make a new one")
    finally:
        engine.dispose()


def put_on_identifiers(url: str) -> None:
    """Pass over the identifiers that a PostgreSQL database gave out after its backup: none is ever given out again."""
    engine = engines.for_migrations(url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT setval('ids', nextval('ids') + {RESTORED_GAP})")
    finally:
        engine.dispose()
