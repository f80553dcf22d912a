"""Faults in the middle: whatever breaks, and wherever, all of the work is there or none of it."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from pysqlite3 import dbapi2
from sqlalchemy import event

from service.ledger.chart import Reason
from service.ledger.entry import Cap, NotEnough, Posted
from service.ledger.post import held_by, post
from service.storage.store import Busy, Store, Unsure
from service.ussd.session import Conversation
from service.wallet.unit import Notice, Person, Seen
from tests.conftest import DATABASES, opened
from tests.ledger.shop import FEES, A, B, C, balance, entry, fund, minted, send, told
from tests.storage.people import conversation, notice, person

HELD = held_by("ke", 501)


def steps() -> list[Callable[[Any], object]]:
    """One hop that pays: everything that a commit of the service holds, one statement or a few to a step."""
    return [
        lambda tx: tx.rows.add(conversation("hop")),
        lambda tx: tx.rows.add(Seen(key="sms:1", at=person().registered_at)),
        lambda tx: tx.rows.put(person(1, pin_tries=0)),
        lambda tx: tx.books.open(C),
        lambda tx: post(tx.books, send(500, A, C, 100, fee=5, caps=[Cap("day:a", 100, 1000)])),
        lambda tx: tx.books.open(HELD),
        lambda tx: post(tx.books, entry(501, (A, HELD, 50, Reason.HOLD))),
        lambda tx: tx.rows.add(notice(1)),
        lambda tx: tx.rows.put(conversation("hop", state="ended")),
    ]


def whole(tx: Any) -> None:
    for step in steps():
        step(tx)


def seen_of(store: Store) -> tuple[Any, ...]:
    """Everything that the hop would have changed."""
    return store.read(
        lambda tx: (
            [tx.books.balance(account) for account in (A, C, FEES, HELD)],
            [tx.books.entry(number) is not None for number in (500, 501)],
            tx.books.counter("day:a"),
            tx.rows.find(Person),
            [len(tx.rows.find(kind)) for kind in (Conversation, Seen, Notice)],
            [str(account) for account, _ in tx.books.balances()],
        )
    )


@pytest.fixture
def ready(store: Store) -> Store:
    fund(store, {A: 1000, B: 0})
    store.transact(lambda tx: tx.rows.add(person(1)))
    return store


DONE = ([845, 100, 5, 50], [True, True], 100, [person(1, pin_tries=0)], [1, 1, 1])


class Fault(Exception):
    """Something that broke."""


@pytest.mark.parametrize("broken", range(len(steps()) + 1))
def test_L_01_an_exception_after_each_step(ready: Store, broken: int) -> None:
    """Whatever a hop has done when it breaks is undone; done again it is done once."""

    def work(tx: Any) -> None:
        for number, step in enumerate(steps()):
            if number == broken:
                raise Fault
            step(tx)
        raise Fault

    before = seen_of(ready)
    with pytest.raises(Fault):
        ready.transact(work)
    assert seen_of(ready) == before
    ready.transact(whole)
    assert seen_of(ready)[:5] == DONE


TABLES = ["conversations", "seen", "people", "accounts", "entries", "moves", "counters", "notices"]


@pytest.fixture
def break_table(store_url: str) -> Iterator[Callable[[str], Any]]:
    """Makes each write into a table fail, until it is mended."""
    mending: list[str] = []

    def run(*statements: str) -> None:
        if store_url.startswith("postgresql"):
            with psycopg.connect(store_url) as connection:
                for statement in statements:
                    connection.execute(statement)
        else:
            bare = dbapi2.connect(store_url.removeprefix("sqlite:///"))
            for statement in statements:
                bare.execute(statement)
            bare.commit()
            bare.close()

    def spoil(table: str) -> Callable[[], None]:
        if store_url.startswith("postgresql"):
            body = "BEGIN RAISE EXCEPTION 'input/output error' USING ERRCODE = '58030'; END"
            run(
                f"CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
                f"CREATE TRIGGER broken BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION broken()",
            )
            mending.append(f"DROP TRIGGER broken ON {table}")
        else:
            refuse = "BEGIN SELECT RAISE(ABORT, 'input/output error'); END"
            for event in ("INSERT", "UPDATE"):
                run(f"CREATE TRIGGER broken_{event} BEFORE {event} ON {table} {refuse}")
                mending.append(f"DROP TRIGGER broken_{event}")
        return mend

    def mend() -> None:
        run(*mending)
        mending.clear()

    yield spoil
    mend()


@pytest.mark.parametrize("engine", DATABASES)
@pytest.mark.parametrize("table", TABLES)
def test_L_01_peer_06_a_database_error_at_each_write(
    ready: Store, table: str, break_table: Callable[[str], Any]
) -> None:
    """The disk fails under any one of the statements: nothing of the hop is there, and later all of it."""
    before = seen_of(ready)
    mend = break_table(table)
    with pytest.raises(Exception, match=r"input/output error|refuses"):
        ready.transact(whole)
    assert seen_of(ready) == before
    if table in ("accounts", "entries", "moves"):
        with pytest.raises(Exception, match=r"input/output error|refuses"):
            ready.post_one(send(500, A, B, 100, fee=5))
        assert seen_of(ready)[:5] == before[:5]
    mend()
    ready.transact(whole)
    assert seen_of(ready)[:5] == DONE


def cut_all(url: str) -> None:
    """End every connection that a store has."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'senti%'"
        )


def cut(url: str, tx: Any) -> None:
    """End the connection of a transaction from outside, as an operator or a dying server would."""
    pid = tx.books._one("SELECT pg_backend_pid()")
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 2000)", (pid,))


@pytest.mark.parametrize("engine", ["postgres"])
@pytest.mark.parametrize("broken", range(len(steps())))
def test_L_01_peer_52_the_connection_dies_before_each_step(ready: Store, store_url: str, broken: int) -> None:
    """A lost connection has written nothing: the hop is run again whole and is there once."""
    runs = []

    def work(tx: Any) -> None:
        runs.append(1)
        for number, step in enumerate(steps()):
            if number == broken and len(runs) == 1:
                cut(store_url, tx)
            step(tx)

    ready.transact(work)
    assert len(runs) == 2
    assert seen_of(ready)[:5] == DONE


@pytest.mark.parametrize("engine", ["postgres"])
def test_L_01_the_connection_dies_at_commit(ready: Store, store_url: str) -> None:
    """Nobody knows whether it was written: Unsure says so, and the entry's id tells."""

    def work(tx: Any) -> None:
        whole(tx)
        cut(store_url, tx)

    before = seen_of(ready)
    with pytest.raises(Unsure):
        ready.transact(work)
    assert ready.read(lambda tx: tx.books.entry(500)) is None
    assert seen_of(ready) == before
    ready.transact(whole)
    assert seen_of(ready)[:5] == DONE


@pytest.mark.parametrize("engine", ["postgres"])
def test_L_01_the_connection_dies_at_the_end_of_a_read(ready: Store, store_url: str) -> None:
    """Who only looked has nothing to be unsure about, and looks again."""
    looks: list[int] = []

    def look(tx: Any) -> int:
        looks.append(tx.books.balance(A))
        if len(looks) == 1:
            cut(store_url, tx)
        return looks[-1]

    assert ready.read(look) == 1000
    assert len(looks) == 2


@pytest.mark.parametrize("engine", ["postgres"])
def test_L_01_the_connection_dies_at_rollback(ready: Store, store_url: str) -> None:
    """Nothing is left to roll back: a refusal stays a refusal, and a bug a bug."""

    def work(tx: Any) -> None:
        whole(tx)
        cut(store_url, tx)
        raise NotEnough(balance=0, total=1)

    before = seen_of(ready)
    with pytest.raises(NotEnough):
        ready.transact(work)
    assert seen_of(ready) == before
    ready.transact(whole)
    assert seen_of(ready)[:5] == DONE


@pytest.mark.parametrize("engine", ["postgres"])
def test_L_01_a_bare_posting_survives_a_dead_connection(ready: Store, store_url: str) -> None:
    """The connections that post by themselves are made anew when the server has closed them."""
    ready.post_one(send(500, A, B, 1))
    cut_all(store_url)
    assert not ready.post_one(send(501, A, B, 1)).repeated
    assert balance(ready, B) == 2


def add_dying_line(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the next connection one whose end the driver meets in mid-sending, and raises instead of answering."""
    line = store._lines._take()

    def fail(*_: object) -> None:
        raise psycopg.OperationalError("sending query failed: server closed the connection unexpectedly")

    monkeypatch.setattr(line, "_send", fail)
    store._lines._idle.append(line)


@pytest.mark.parametrize("engine", ["postgres"])
def test_L_01_the_connection_dies_while_a_posting_is_sent(ready: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver raises where sending fails and answers where reading does: both are asked again by the entry's id."""
    add_dying_line(ready, monkeypatch)
    assert not ready.post_one(send(500, A, B, 1)).repeated
    add_dying_line(ready, monkeypatch)
    assert told(ready.post_many([send(501, A, B, 1), send(502, A, B, 1)]), Posted) == 2
    assert balance(ready, B) == 3


def test_L_01_no_server_is_busy_and_not_a_crash() -> None:
    """A database that cannot be reached is told in time, as Busy."""
    store = opened("postgresql://nobody@127.0.0.1:1/nothing")
    for work in (lambda: minted(store), lambda: store.post_one(send(500, A, B, 1)), store.schema_is_current):
        with pytest.raises(Busy):
            work()
    store.close()


@pytest.mark.parametrize("engine", ["postgres"])
def test_only_a_hop_that_goes_on_with_its_talk_alone_commits_without_waiting(ready: Store, store_url: str) -> None:
    """A talk that goes on may be lost with a power cut; one that begins, money, attempts and messages may not."""
    with psycopg.connect(store_url) as connection:
        connection.execute("CREATE TABLE noted (number bigint GENERATED ALWAYS AS IDENTITY, setting text)")
        note = "INSERT INTO noted (setting) VALUES (current_setting('synchronous_commit'))"
        connection.execute(
            f"CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {note}; RETURN NULL; END $$"
        )
        for table in ("conversations", "seen"):
            connection.execute(
                f"CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW EXECUTE FUNCTION note()"
            )
    session = conversation("one")
    works: list[Callable[[Any], object]] = [
        lambda tx: tx.rows.add(session),
        lambda tx: (tx.rows.put(session), tx.mint(), tx.books.counter("day")),
        lambda tx: (tx.rows.put(session), tx.rows.add(notice(1))),
        lambda tx: (tx.rows.put(session), post(tx.books, send(500, A, B, 1))),
        lambda tx: (tx.rows.put(session), tx.rows.put(person(1, pin_tries=3))),
        lambda tx: (tx.rows.put(session), tx.books.open(C)),
        lambda tx: tx.rows.add(Seen(key="sms:1", at=person().registered_at)),
    ]
    for work in works:
        ready.transact(work)
    with psycopg.connect(store_url) as connection:
        settings = [row[0] for row in connection.execute("SELECT setting FROM noted ORDER BY number")]
        connection.execute("DROP TABLE noted")
        connection.execute("DROP FUNCTION note() CASCADE")
    assert settings == ["on", "off", "on", "on", "on", "on", "on"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_D_08_a_sync_that_failed_leaves_a_bare_posting_in_doubt(ready: Store) -> None:
    """What a failed sync may have written is not said to be undone; asked again, the id tells."""
    here: Any = ready
    failing = [True, True]

    def fail(_connection: object) -> None:
        if failing and failing.pop():
            raise dbapi2.OperationalError("disk I/O error")

    event.listen(here._writer, "commit", fail)
    with pytest.raises(Unsure):
        ready.post_one(send(500, A, B, 1))
    with pytest.raises(Unsure):
        ready.post_many([send(500, A, B, 1), send(501, A, B, 1)])
    assert told(ready.post_many([send(500, A, B, 1), send(501, A, B, 1)]), Posted) == 2
    assert balance(ready, B) == 2
