"""Several servers, of which one may be written to: the service finds it, and finds the next one when it changes."""

from collections.abc import Callable, Iterator
from os import environ, kill
from signal import SIGCONT, SIGSTOP
from socket import socket

import psycopg
import pytest
from sqlalchemy import make_url

from service.ledger.entry import Posted
from service.storage.migrate import migrate
from service.storage.store import Busy, Store
from tests.conftest import assert_sound, opened
from tests.ledger.shop import A, B, balance, fund, send


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a port at which nobody answers."""
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def several(url: str, *before: str) -> str:
    """Return an address that names other servers before the one of this database."""
    parsed = make_url(url)
    path = parsed.query.get("host") or parsed.host
    own = f"{path}:{parsed.port or 5432}"
    query = {"host": (*before, own), "target_session_attrs": "read-write"}
    return parsed.set(host=None, port=None, query=query).render_as_string(hide_password=False)


def test_a_server_that_is_gone_is_passed_over(postgres_url: str, silent: str) -> None:
    """On both ways into the database, and for migrations."""
    url = several(postgres_url, silent)
    migrate(url)
    store = opened(url)
    fund(store, {A: 1000, B: 0})
    assert isinstance(store.post_one(send(500, A, B, 100, fee=0)), Posted)
    assert balance(store, B) == 100
    store.close()


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    store = opened(postgres_url)
    fund(store, {A: 1000, B: 0})
    yield store
    assert_sound(store)
    store.close()


@pytest.mark.parametrize("way", ["post_one", "transact"])
def test_a_connection_to_a_standby_is_left_for_another(
    store: Store, postgres_url: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While only standbys answer it is Busy, not a bug; afterwards nothing of them is left in the pool."""
    ways: dict[str, Callable[[int], Posted]] = {
        "post_one": lambda id: store.post_one(send(id, A, B, 100, fee=0)),
        "transact": lambda id: store.transact(lambda tx: tx.books.post(send(id, A, B, 100, fee=0))),
    }
    store.close()  # what is opened from now on finds a server that only reads
    name = make_url(postgres_url).database
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        with pytest.raises(Busy):
            ways[way](500)
        owner.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    # One try must be enough now.
    monkeypatch.setattr("service.storage.trouble._TRIES", 1)
    ways[way](501)
    assert balance(store, B) == 100


@pytest.fixture
def stopped(postgres_url: str) -> Iterator[Callable[[], None]]:
    """Stops the processes that serve this database, as if their machine stood still: it receives and says nothing."""
    if "SENTI_TEST_POSTGRES_URL" in environ:
        pytest.skip("the server may be on another machine, where its process ids are not ours")
    pids: list[int] = []

    def stop() -> None:
        with psycopg.connect(postgres_url, autocommit=True) as owner:
            asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            for (pid,) in owner.execute(asked).fetchall():
                kill(pid, SIGSTOP)
                pids.append(pid)

    yield stop
    for pid in pids:
        kill(pid, SIGCONT)


@pytest.mark.parametrize("way", ["post_one", "transact"])
def test_D_06_a_server_that_stands_still_is_given_up(
    store: Store, way: str, stopped: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work that nobody waits for goes on with another connection, and is done once."""
    # Twice as long as the server may take to end a process (ghosts.py): it is not silent while it tries.
    monkeypatch.setattr("service.storage.line.SILENT_SECONDS", 2.0)
    ways: dict[str, Callable[[int], Posted]] = {
        "post_one": lambda id: store.post_one(send(id, A, B, 100, fee=0)),
        "transact": lambda id: store.transact(lambda tx: tx.books.post(send(id, A, B, 100, fee=0))),
    }
    ways[way](500)
    stopped()
    ways[way](501)
    assert balance(store, B) == 200
