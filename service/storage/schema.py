"""Whether a database has the shape that this release needs; asked at every start, so it loads no migration tool."""

from pathlib import Path

from sqlalchemy import Connection, inspect

from service.storage import guards

MIGRATIONS = Path(__file__).parent / "migrations"


def newest_revision() -> str:
    """Return the number of the last migration: its file is called `NNNN_what.py`."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def is_current(connection: Connection, *, running: bool = False) -> bool:
    """Say whether a database has the newest migration and exactly the guards of this release, or is of a newer one.

    A newer release only adds, so that the one before goes on beside it while machines are restarted one by one. Where
    this release is running already, its guards were there, and others may have come since.
    """
    if not inspect(connection).has_table("alembic_version"):
        return False
    revision, newest = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar(), newest_revision()
    if running or revision != newest:
        return str(revision or "") >= newest
    in_force = connection.exec_driver_sql("SELECT guards FROM installation").scalar()
    return in_force == guards.fingerprint(connection.dialect.name)
