"""Moving from the file of a pilot to a server: every row as it is, in one commit, and read back before it counts.

Personal fields stay encrypted on the way, seals keep their stamps, and the key of the references comes along: the same
secrets open the new database, and a receipt of last year still names its entry.
"""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2
from sqlalchemy import Connection, Table

from service.storage import engines
from service.storage.backup import NotRestored
from service.storage.guards import fingerprint
from service.storage.schema import newest_revision
from service.storage.tables import INSTALLATION, METADATA, MINT

MOVED = tuple(table for table in METADATA.tables.values() if table not in (INSTALLATION, MINT))
"""Accounts and entries come before the moves that need them."""


def move_file(file: Path, url: str) -> int:
    """Copy a SQLite database into a migrated and empty PostgreSQL one; return the number of entries.

    The file is held meanwhile and renamed to `<file>.moved` when all is done. Raises NotRestored, and then nothing was
    changed.
    """
    source, engine = _held(file), engines.for_migrations(url)
    try:
        with engine.begin() as connection:
            for table in MOVED:
                _copy(source, connection, table)
            _bring_keys(source, connection)
            for table in MOVED:
                _refuse_difference(source, connection, table)
        (entries,) = source.execute("SELECT count(*) FROM entries").fetchone()
        file.rename(f"{file}.moved")
    finally:
        engine.dispose()
        source.close()
    return int(entries)


def _held(file: Path) -> Any:
    """Return a connection that has the file for itself; raises NotRestored."""
    if not file.is_file():
        raise NotRestored(f"{file}: there is no such file")
    source = dbapi2.connect(str(file), timeout=0, isolation_level=None)
    try:
        # Leaving WAL fails while anybody else has the file open.
        source.execute("PRAGMA journal_mode=DELETE").fetchone()
        source.execute("BEGIN EXCLUSIVE")
        shape = source.execute("SELECT version_num, guards FROM alembic_version, installation").fetchone()
    except dbapi2.OperationalError as error:
        source.close()
        why = "is in use; stop the service first" if "locked" in str(error) else "is no database of Senti"
        raise NotRestored(f"{file}: {why}") from error
    except dbapi2.DatabaseError as error:
        source.close()
        raise NotRestored(f"{file}: is no database of Senti") from error
    if shape != (newest_revision(), fingerprint("sqlite")):
        source.close()
        raise NotRestored(f"{file}: is of an older release; run `senti migrate` on it first")
    return source


def _copy(source: Any, target: Connection, table: Table) -> None:
    driver: Any = target.connection.driver_connection
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
        for row in source.execute(f"SELECT {columns} FROM {table.name} ORDER BY {_key(table)}"):  # noqa: S608
            copy.write_row(row)


def _bring_keys(source: Any, target: Connection) -> None:
    """Bring the key of the references, and let numbers go on where they were."""
    (key,) = source.execute("SELECT reference_key FROM installation").fetchone()
    (last,) = source.execute("SELECT last FROM mint").fetchone()
    (number,) = source.execute("SELECT coalesce(max(number), 0) FROM moves").fetchone()
    driver: Any = target.connection.driver_connection
    driver.execute("UPDATE installation SET reference_key = %s", (key,))
    driver.execute("SELECT setval('ids', %s + 1, false)", (last,))
    driver.execute("SELECT setval(pg_get_serial_sequence('moves', 'number'), %s + 1, false)", (number,))


def _refuse_difference(source: Any, target: Connection, table: Table) -> None:
    """Read both back, and raise NotRestored at the first row that is not the same."""
    driver: Any = target.connection.driver_connection
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    wanted = f"SELECT {columns} FROM {table.name} ORDER BY {_key(table)}"  # noqa: S608
    with driver.cursor(f"moved_{table.name}") as cursor:
        cursor.itersize = 10_000
        for row, moved in zip_longest(source.execute(wanted), _rows(cursor, wanted)):
            if row != moved:
                raise NotRestored(f"{table.name}: a row was not taken over as it is; nothing was moved")


def _rows(cursor: Any, wanted: str) -> Iterator[tuple[Any, ...]]:
    cursor.execute(wanted)
    yield from cursor


def _key(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
