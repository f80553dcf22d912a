"""What SQLite is opened with, and copies that can be trusted."""

from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2

from service.ledger.post import post
from service.ledger.seal import seal_batch
from service.storage.engines import Unsafe, refuse_wal_reset
from service.storage.open import open_store
from service.storage.sqlite import RESTORED_GAP, SqliteStore
from service.storage.store import Store
from service.wallet.unit import Person
from tests.conftest import FIELD_KEYS, INDEX_KEYS, SEAL_KEY, assert_sound, opened
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
        open_store(url, field_keys=FIELD_KEYS, index_keys=INDEX_KEYS)


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
