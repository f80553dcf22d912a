"""A release comes while phones ring: migrations are waited for, killed, and lived with by old machines."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, text

from service.app import make_app
from service.storage import engines, guards
from service.storage.migrate import migrate
from service.ussd.session import Conversation
from service.wallet.unit import Unit
from tests.conftest import DATABASES, opened
from tests.ledger.shop import A, B, balance, fund, posted, send
from tests.phone import PINS, Town, demo_settings
from tests.serving.conftest import wait_for


@pytest.fixture
def nowhere(engine: str, tmp_path: Path, new_database: Callable[..., str]) -> str:
    """The address of a database without a table."""
    return new_database() if engine == "postgres" else f"sqlite:///{tmp_path}/senti.db"


@pytest.mark.parametrize("engine", DATABASES)
def test_O_08_the_release_before_goes_on_beside_a_newer_one(nowhere: str) -> None:
    """A newer release has migrated and its guards are in force: old machines stay ready, and may be restarted."""
    migrate(nowhere)
    settings = demo_settings(database_url=nowhere)
    running = make_app(settings)

    def change(*statements: str) -> None:
        engine = engines.for_migrations(nowhere)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    change("UPDATE installation SET guards = 'of a newer release'")
    assert running.health().ready
    assert not running.store.schema_is_current()
    change("UPDATE alembic_version SET version_num = '9999'")
    assert running.health().ready
    restarted = make_app(settings)
    assert restarted.health().ready
    change("UPDATE alembic_version SET version_num = '0001'")
    assert not running.health().ready
    running.store.close()
    restarted.store.close()


def _migrate_slowly(url: str, arrived: Path) -> None:
    put_in_force = guards.put_in_force

    def slowly(connection: Connection) -> None:
        put_in_force(connection)
        arrived.touch()
        time.sleep(60)

    guards.put_in_force = slowly
    migrate(url)


@pytest.mark.parametrize("engine", DATABASES)
def test_O_08_a_migration_that_is_killed_leaves_nothing_and_can_be_run_again(nowhere: str, tmp_path: Path) -> None:
    """Killed when all its work is done and not committed: the money of the old release is there, untouched."""
    migrate(nowhere, to="0001")
    engine = engines.for_migrations(nowhere)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO accounts (id, balance) VALUES ('ke:wallet:a', 0)"))
    engine.dispose()
    worker = multiprocessing.get_context("spawn").Process(target=_migrate_slowly, args=(nowhere, tmp_path / "arrived"))
    worker.start()
    wait_for((tmp_path / "arrived").exists, seconds=60)
    assert worker.pid
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    left = opened(nowhere)
    assert not left.schema_is_current()
    left.close()
    migrate(nowhere)
    store = opened(nowhere)
    assert store.schema_is_current()
    fund(store, {A: 10, B: 0})
    posted(store, send(500, A, B, 10, fee=0))
    assert balance(store, B) == 10
    store.close()


@pytest.mark.parametrize("engine", DATABASES)
def test_O_08_two_migrators_at_once_make_one_database(nowhere: str) -> None:
    """Two machines are deployed at one moment: one migrates, the other finds it done or says that it is busy."""
    wrong: list[BaseException] = []

    def run() -> None:
        try:
            migrate(nowhere)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [error for error in wrong if "locked" not in str(error)] == []
    store = opened(nowhere)
    assert store.schema_is_current()
    store.close()


@pytest.mark.parametrize("engine", ["postgres"])
def test_O_08_postings_go_on_after_a_migration_that_waited_for_them(nowhere: str) -> None:
    """Migrating what is current takes no lock that a posting waits for."""
    migrate(nowhere)
    store = opened(nowhere)
    fund(store, {A: 100, B: 0})
    with psycopg.connect(nowhere) as held:
        held.execute("SELECT balance FROM accounts FOR UPDATE")
        migrate(nowhere)
    posted(store, send(500, A, B, 10, fee=0))
    assert balance(store, B) == 10
    store.close()


def test_S_11_a_talk_that_a_newer_release_kept_goes_on_in_this_one() -> None:
    """The balancer sends the next hop to the release before, which does not know all that was kept."""
    town = Town()
    amina = town.phone("Amina").dial().press("1", "1", "500")

    def newer(unit: Unit) -> None:
        (talk,) = unit.rows.find(Conversation, phone=amina.number)
        unit.rows.put(replace(talk, session={**talk.session, "something_new": 1}))

    town.app.transact(newer)
    assert amina.press(PINS["Amina"]).screen.startswith("Sent KES 500")
    town.assert_sound()
