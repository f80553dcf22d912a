"""What production refuses to run on, and copies that can be trusted."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from pysqlite3 import dbapi2
from sqlalchemy import make_url

from service.ledger.post import post
from service.ledger.seal import seal_batch
from service.storage.engines import Unsafe, refuse_wal_reset
from service.storage.migrate import migrate
from service.storage.open import open_store
from service.storage.sqlite import RESTORED_GAP, SqliteStore
from service.storage.store import Store
from service.wallet.unit import Person
from tests.conftest import FIELD_KEYS, INDEX_KEY, SEAL_KEY, assert_sound, opened
from tests.ledger.shop import NOON, A, B, balance, fund, minted, posted, send
from tests.storage.people import EVERYTHING, person


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 51, 1), (3, 51, 2)])
def test_K_11_a_library_with_the_wal_reset_fault(
    version: tuple[int, int, int], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WAL with several connections is refused below the SQLite release that mended it."""
    monkeypatch.setattr(dbapi2, "sqlite_version_info", version)
    with pytest.raises(Unsafe, match=r"WAL-reset"):
        opened(sqlite_url)
    refuse_wal_reset((3, 51, 3))


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match="a database is"):
        open_store(url, field_keys=FIELD_KEYS, index_key=INDEX_KEY)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_sqlite_is_opened_safely(store: Any) -> None:
    assert store.check_safety() == []
    with store._writer.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA synchronous = NORMAL")
    assert any("synchronous" in problem for problem in store.check_safety())
    waits = store.read(lambda tx: tx.books._one("PRAGMA busy_timeout"))
    assert waits == 2000


@pytest.mark.parametrize("engine", ["sqlite"])
def test_reading_cannot_write(store: Store) -> None:
    fund(store, {A: 100, B: 0})
    with pytest.raises(Exception, match="readonly"):
        store.read(lambda tx: post(tx.books, send(100, A, B, 1)))
    with pytest.raises(Exception, match="readonly"):
        store.read(lambda tx: tx.rows.add(person(1)))


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_backup_is_whole_and_goes_its_own_way(store: Any, tmp_path: Path) -> None:
    """A copy taken in the middle of work opens, is sound, and never gives out a number of the days it has not seen."""
    fund(store, {A: 100, B: 0})
    store.transact(lambda tx: [tx.rows.add(row) for row in EVERYTHING])
    store.transact(lambda tx: seal_batch(tx.books, SEAL_KEY, NOON))
    posted(store, send(100, A, B, 10))
    path = tmp_path / "copy.db"
    assert isinstance(store, SqliteStore)

    def half_way(tx: Any) -> None:
        post(tx.books, send(101, A, B, 10))
        store.backup(path)

    store.transact(half_way)
    lost = [minted(store) for _ in range(5)]
    copy = opened(f"sqlite:///{path}")
    assert copy.schema_is_current()
    assert copy.installation_key() == store.installation_key()
    assert balance(copy, B) == 10
    assert copy.read(lambda tx: tx.rows.get(Person, 1)) == EVERYTHING[0]
    assert minted(copy) > max(lost)
    assert minted(copy) > RESTORED_GAP
    assert_sound(copy)
    copy.close()


@pytest.fixture
def service_role(postgres_template: str, new_database: Callable[..., str]) -> Iterator[tuple[str, str]]:
    """A database migrated by its owner, and its address as the service's own role."""
    url, role = new_database(postgres_template), f"service_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    migrate(url, service_role=role)
    yield url, make_url(url).set(username=role, password="x").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP OWNED BY {role}")
        connection.execute(f"DROP ROLE {role}")


def put(row: Any, tx: Any) -> None:
    tx.rows.put(row)


def test_L_04_the_service_has_no_right_to_rewrite_the_books(service_role: tuple[str, str]) -> None:
    """With a role of its own the service does all its work, and the database has nothing to warn of."""
    owner, mine = service_role
    store = opened(mine)
    fund(store, {A: 100, B: 0})
    store.transact(lambda tx: [tx.rows.add(row) for row in EVERYTHING])
    for row in EVERYTHING:
        store.transact(partial(put, row))
    store.post_one(send(100, A, B, 10, fee=1))
    store.post_many([send(101, A, B, 10, fee=1)])
    store.transact(lambda tx: tx.books.counter("day"))
    store.transact(lambda tx: seal_batch(tx.books, SEAL_KEY, NOON))
    assert store.schema_is_current()
    assert store.check_safety() == []
    assert_sound(store)
    with psycopg.connect(mine) as connection:
        for statement in ("UPDATE moves SET amount = 1", "DELETE FROM entries", "TRUNCATE seals", "DELETE FROM sealed"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)
    with psycopg.connect(owner) as connection:
        connection.execute(f"GRANT DELETE ON moves TO {make_url(mine).username}")
    assert store.check_safety() == [f"role {make_url(mine).username} may DELETE moves"]
    store.close()


def test_what_makes_postgresql_unsafe_is_said(service_role: tuple[str, str]) -> None:
    """A superuser, an owner, and settings that lose commits are each named."""
    owner, mine = service_role
    as_owner = opened(owner)
    assert any("superuser" in problem for problem in as_owner.check_safety())
    as_owner.close()
    role = make_url(mine).username
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {role} SET synchronous_commit = off")
        connection.execute(f"ALTER TABLE seals OWNER TO {role}")
    store = opened(mine)
    problems = store.check_safety()
    assert [problem.split(":")[0] for problem in problems] == ["synchronous_commit is off", f"role {role} owns seals"]
    store.close()
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE seals OWNER TO {make_url(owner).username}")
