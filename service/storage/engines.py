"""Connections to the databases, with the settings that money needs.

SQLite comes from a wheel whose library has the fix of the WAL-reset fault. One connection writes, and writers queue for
it fairly; others only read. Nothing waits longer than two seconds for a lock or a connection, nor longer than the work
has time.
"""

import time
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo
from pysqlite3 import dbapi2 as sqlite_module
from sqlalchemy import URL, Engine, create_engine, event, make_url

from service.storage.listening import Listening
from service.storage.patience import in_time, seconds_left

PATIENCE_SECONDS = 2
POSTGRESQL_CONNECTIONS = 16
SQLITE_READERS = 4
MIGRATING_SECONDS = 60
"""So long one migration waits for another that is setting up the same file."""
_SAFE_WAL = (3, 51, 3)

_POSTGRESQL_OPTIONS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "lock_timeout": f"{PATIENCE_SECONDS}s",
        "statement_timeout": "30s",  # the sealer relies on it: see SETTLED_MICROS
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
        "jit": "off",
        # A young database has no statistics, and plans made without them read whole tables at each posting (measured:
        # three times the time, growing). Everything that a phone waits for has an index, and is to use it.
        "enable_seqscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        # A plan made for the lists at hand looks cheaper to the planner and costs more than the statement.
        "plan_cache_mode": "force_generic_plan",
    }.items()
)


# A server that lost its power or its network says nothing more, and without these a connection waits for hours. What is
# sent must be received, and who waits for an answer hears that the other machine is there: within ten seconds.
_SILENCE = {"tcp_user_timeout": 10_000, "keepalives_idle": 4, "keepalives_interval": 2, "keepalives_count": 3}


class Unsafe(Exception):
    """A database that could lose money: the service does not start on it."""


def refuse_wal_reset(version: tuple[int, int, int]) -> None:
    """Raise Unsafe for a SQLite library that can corrupt a WAL file which several connections use."""
    if version < _SAFE_WAL:
        said, safe = (".".join(map(str, numbers)) for numbers in (version, _SAFE_WAL))
        raise Unsafe(f"SQLite {said} has the WAL-reset fault; {safe} or newer is needed")


def read_url(url: str) -> URL:
    """Return the parsed address of a database; raises ValueError if it is of no kind that Senti knows.

    Several servers of which one may be written to: `postgresql://USER:PASSWORD@/NAME?host=A:5432&host=B:5432
    &target_session_attrs=read-write`, as SQLAlchemy reads it.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return parsed
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError("a database is sqlite:///PATH or postgresql://...")


def for_migrations(url: str) -> Engine:
    """Return an engine with one connection that may change the schema."""
    parsed = read_url(url)
    if parsed.get_backend_name() == "sqlite":
        assert parsed.database
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        return sqlite_writer(parsed, patience_seconds=MIGRATING_SECONDS)
    return create_engine(parsed, pool_size=1, max_overflow=0)


def sqlite_writer(url: URL, *, patience_seconds: int = PATIENCE_SECONDS) -> Engine:
    """Return the engine with the one connection that writes; each transaction takes the write lock when it begins."""
    return _sqlite(url, begin="BEGIN IMMEDIATE", connections=1, query_only=False, patience_seconds=patience_seconds)


def sqlite_reader(url: URL) -> Engine:
    """Return an engine whose transactions see one moment of the database and cannot write."""
    return _sqlite(url, begin="BEGIN", connections=SQLITE_READERS, query_only=True)


def _sqlite(
    url: URL, *, begin: str, connections: int, query_only: bool, patience_seconds: int = PATIENCE_SECONDS
) -> Engine:
    refuse_wal_reset(sqlite_module.sqlite_version_info)
    engine = create_engine(
        url,
        module=sqlite_module,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=PATIENCE_SECONDS,
        connect_args={"timeout": patience_seconds, "check_same_thread": False},
    )
    pragmas = (
        f"busy_timeout={patience_seconds * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        f"query_only={'ON' if query_only else 'OFF'}",
    )

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            _insist(connection, f"PRAGMA {pragma}", patience_seconds)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        patience = max(0, int(1000 * min(patience_seconds, seconds_left())))
        if connection.info.get("patience", patience_seconds * 1000) != patience:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")
            connection.info["patience"] = patience
        connection.exec_driver_sql(begin)

    return engine


def _insist(connection: Any, sql: str, patience_seconds: float) -> None:
    """Run a statement that SQLite refuses at once, without waiting, while another connection is setting up the file."""
    ends = time.monotonic() + min(patience_seconds, seconds_left())
    while True:
        try:
            connection.execute(sql).fetchall()
        except sqlite_module.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > ends:
                raise
            time.sleep(0.01)
        else:
            return


def postgresql(url: URL) -> Engine:
    """Return the engine for transactions on PostgreSQL."""
    engine = create_engine(
        url,
        pool_size=POSTGRESQL_CONNECTIONS,
        max_overflow=0,
        pool_timeout=PATIENCE_SECONDS,
        connect_args=connect_settings(),
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, args: Any, settings: Any) -> Any:
        return in_time(lambda: Listening.connect(*args, **settings), undo=lambda late: late.close())

    return engine


def for_libpq(url: URL) -> str:
    """Return the address of a PostgreSQL database as libpq reads it, with all the servers that it names."""
    _, given = url.get_dialect()().create_connect_args(url)
    return make_conninfo("", **{name: str(value) for name, value in given.items() if name != "context"})


def connect_settings() -> dict[str, Any]:
    """Return what every connection to PostgreSQL is opened with."""
    return {
        "options": _POSTGRESQL_OPTIONS,
        "connect_timeout": PATIENCE_SECONDS,
        "application_name": "senti",
        **_SILENCE,
    }


def micros_now() -> int:
    """Return the engine's own time, in UTC microseconds."""
    return time.time_ns() // 1000
