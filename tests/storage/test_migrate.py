"""From any older database to this release, in one step, with everything that was in it."""

from collections.abc import Callable
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pysqlite3 import dbapi2
from sqlalchemy import Connection, text

from service.ledger.entry import NotEnough
from service.storage import engines, guards
from service.storage.migrate import migrate
from service.storage.schema import MIGRATIONS, newest_revision
from service.storage.tables import METADATA
from tests.conftest import DATABASES, assert_sound, opened
from tests.ledger.shop import A, B, balance, fund, posted, send


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def nowhere(engine: str, tmp_path: Path, new_database: Callable[..., str]) -> str:
    """The address of a database without a table; the directory of the file is not there yet."""
    return new_database() if engine == "postgres" else f"sqlite:///{tmp_path}/var/deep/senti.db"


def on(url: str, work: Callable[[Connection], Any]) -> Any:
    migrations = engines.for_migrations(url)
    try:
        with migrations.begin() as connection:
            return work(connection)
    finally:
        migrations.dispose()


@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options'")
def test_the_migrations_build_the_tables_of_the_code(nowhere: str) -> None:
    """A column in the code that no migration makes is found here, and so is the other way round."""
    migrate(nowhere)
    differences = on(nowhere, lambda connection: compare_metadata(MigrationContext.configure(connection), METADATA))
    assert [str(one) for one in differences if "alembic_version" not in str(one)] == []


def test_an_empty_database_is_not_current_and_then_it_is(nowhere: str) -> None:
    if nowhere.startswith("sqlite"):
        Path(nowhere.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    store = opened(nowhere)
    assert not store.schema_is_current()
    migrate(nowhere, to="0001")
    assert not store.schema_is_current()
    migrate(nowhere)
    assert store.schema_is_current()
    key = store.installation_key()
    migrate(nowhere)
    assert store.installation_key() == key
    store.close()


OLD = (
    "INSERT INTO accounts (id, balance) VALUES ('ke:trust:', NULL), ('ke:wallet:a', 700), ('ke:wallet:b', 300), "
    "('ke:float:100016', 0)",
    "INSERT INTO entries (id, reason, at) VALUES (1, 'issue', 5), (2, 'cash_in', 6), (3, 'send', 7)",
    "INSERT INTO moves (entry, source, target, amount, reason, source_after, target_after) VALUES "
    "(1, 'ke:trust:', 'ke:float:100016', 1000, 'issue', NULL, 1000), "
    "(2, 'ke:float:100016', 'ke:wallet:a', 1000, 'cash_in', 0, 1000), "
    "(3, 'ke:wallet:a', 'ke:wallet:b', 300, 'send', 700, 300)",
    "INSERT INTO counters (key, value) VALUES ('day:a', 300)",
)


def test_a_database_of_the_first_release_keeps_its_money(nowhere: str) -> None:
    """Rows written before the guards are there afterwards, sound, and guarded."""
    migrate(nowhere, to="0001")

    def fill(connection: Connection) -> bytes:
        for statement in OLD:
            connection.execute(text(statement))
        return bytes(connection.scalar(text("SELECT reference_key FROM installation")))

    key = on(nowhere, fill)
    migrate(nowhere)
    store = opened(nowhere)
    assert store.installation_key() == key
    assert (balance(store, A), balance(store, B)) == (700, 300)
    assert store.read(lambda tx: tx.books.counter("day:a")) == 300
    posted(store, send(100, A, B, 700, fee=0))
    with pytest.raises(NotEnough):
        posted(store, send(101, A, B, 1))
    assert_sound(store)
    store.close()
    with pytest.raises(Exception, match="append-only"):
        on(nowhere, lambda connection: connection.execute(text("DELETE FROM moves")))


def test_guards_that_differ_are_put_in_force_again(nowhere: str) -> None:
    """A newer chart of legal moves needs no migration of its own: migrating again is enough."""
    migrate(nowhere)

    def weaken(connection: Connection) -> None:
        drop = {"sqlite": "DROP TRIGGER moves_lawful", "postgresql": "DROP TRIGGER moves_lawful ON moves"}
        connection.execute(text(drop[connection.dialect.name]))
        connection.execute(text("UPDATE installation SET guards = 'of an older release'"))

    on(nowhere, weaken)
    store = opened(nowhere)
    assert not store.schema_is_current()
    migrate(nowhere)
    assert store.schema_is_current()
    fund(store, {A: 10})
    store.close()
    insert = (
        "INSERT INTO moves (entry, source, target, amount, reason, source_after) "
        "VALUES (1, 'ke:wallet:a', 'ke:trust:', 1, 'send', 1)"
    )
    with pytest.raises(Exception, match=r"illegal"):
        on(nowhere, lambda connection: connection.execute(text(insert)))


def test_a_migration_that_fails_leaves_nothing(nowhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Connection) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(guards, "put_in_force", fail)
    with pytest.raises(ZeroDivisionError):
        migrate(nowhere)
    monkeypatch.undo()
    migrate(nowhere)
    store = opened(nowhere)
    assert store.schema_is_current()
    store.close()


def test_the_number_of_the_newest_migration_is_read_from_its_file(engine: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_O_08_a_file_that_another_is_setting_up_is_waited_for(tmp_path: Path) -> None:
    """SQLite refuses to turn its journal on, at once and whatever its patience, while another connection writes."""
    path = tmp_path / "senti.db"
    other = dbapi2.connect(str(path), isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE another (a)")
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO another VALUES (1)")
    writing = Timer(0.5, lambda: other.execute("COMMIT"))
    writing.start()
    migrate(f"sqlite:///{path}")
    writing.join()
    other.close()
    store = opened(f"sqlite:///{path}")
    assert store.schema_is_current()
    store.close()
