"""The store in PostgreSQL: a posting with its guards is one call of one function in the database, one round trip."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any, TypeVar

import psycopg
from sqlalchemy import URL, Connection

from service.ledger.chart import LOCKED, Reason
from service.ledger.entry import AlreadyDone, Entry, NotEnough, OverCap, Posted, TooFull, check_entry
from service.refusal import Refusal
from service.storage import engines
from service.storage.books import SqlBooks, read_account
from service.storage.codec import Cipher, to_micros
from service.storage.safety import check_postgresql
from service.storage.sql import Again, SqlStore, again, raise_for
from service.storage.store import Busy
from service.ussd.session import Conversation

T = TypeVar("T")

POST = (
    "SELECT code, said, a, b, locked, balances FROM post_entry_v1("
    "%s::bigint, %s::text, %s::bigint, %s::text, %s::text[], %s::text[], %s::bigint[], %s::text[], "
    "%s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[])"
)
_OPEN = "INSERT INTO accounts (id) SELECT unnest(%s::text[]) ORDER BY 1 ON CONFLICT DO NOTHING"
_LOCK_ACCOUNTS = (
    "SELECT FROM accounts WHERE id = ANY (%s::text[]) AND balance IS NOT NULL ORDER BY id FOR NO KEY UPDATE"
)
_LOCK_COUNTERS = "SELECT FROM counters WHERE key = ANY (%s::text[]) ORDER BY key FOR NO KEY UPDATE"
_SEALER_LOCK = 734_002
_STRETCH = 32  # the sequence `ids` counts in these steps
_STALE_SECONDS = 1.0


def _texts(values: Iterable[str]) -> str:
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return "{" + ",".join(quoted) + "}"


def _numbers(values: Iterable[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def arguments(entry: Entry) -> tuple[object, ...]:
    """Return what post_entry_v1 is called with; arrays are written as text, which costs the least."""
    moves, ceilings, caps = entry.moves, entry.ceilings, entry.caps
    return (
        *(entry.id, entry.reason.value, to_micros(entry.at), entry.once),
        _texts([str(move.source) for move in moves]),
        _texts([str(move.target) for move in moves]),
        _numbers([move.amount for move in moves]),
        _texts([move.reason for move in moves]),
        _texts([str(ceiling.account) for ceiling in ceilings]),
        _numbers([ceiling.most for ceiling in ceilings]),
        _texts([cap.key for cap in caps]),
        _numbers([cap.amount for cap in caps]),
        _numbers([cap.cap for cap in caps]),
    )


def answer(entry: Entry, row: Sequence[Any]) -> Posted | None:
    """Return what the function's answer means, or raise the refusal; None if this id is there already."""
    code, said, first, second, locked, balances = row
    match code:
        case "posted":
            return Posted(entry.id, entry.at, dict(zip(map(read_account, locked), balances, strict=True)))
        case "exists":
            return None
        case "not_enough":
            raise NotEnough(balance=first, total=second)
        case "too_full":
            raise TooFull(room=first)
        case "over_cap":
            raise OverCap(left=first)
    assert code == "already_done", f"post_entry_v1 said {code}"
    raise AlreadyDone(reason=Reason(said))


def free_accounts(entries: Iterable[Entry]) -> set[str]:
    """Return the accounts of these entries that never refuse."""
    moves = (move for entry in entries for move in entry.moves)
    return {str(account) for move in moves for account in move[:2] if account.kind not in LOCKED}


class PostgresqlBooks(SqlBooks):
    """The books of one transaction."""

    def __init__(self, connection: Connection, wrote: set[type[Any]], opened: set[str]) -> None:
        super().__init__(connection, wrote)
        self._reads = connection.get_execution_options().get("postgresql_readonly", False)
        self._opened = opened
        self.opens: set[str] = set()

    def post(self, entry: Entry) -> Posted:
        check_entry(entry)
        if missing := free_accounts((entry,)) - self._opened - self.opens:
            self._connection.exec_driver_sql(_OPEN, (_texts(missing),))
            self.opens |= missing
        self.wrote.add(Entry)
        posted = answer(entry, self._connection.exec_driver_sql(POST, arguments(entry)).one())
        return self._again(entry) if posted is None else posted

    def counter(self, key: str) -> int:
        if self._reads:
            return self._run("SELECT value FROM counters WHERE key = ?", key).scalar() or 0
        self._run("INSERT INTO counters (key, value) VALUES (?, 0) ON CONFLICT DO NOTHING", key)
        return int(self._run("SELECT value FROM counters WHERE key = ? FOR NO KEY UPDATE", key).scalar_one())

    def _lock_sealer(self) -> None:
        self._run("SELECT pg_advisory_xact_lock(?)", _SEALER_LOCK)


class PostgresqlStore(SqlStore):
    """A store in a PostgreSQL database, shared by any number of processes."""

    def __init__(self, url: URL, cipher: Cipher) -> None:
        engine = engines.postgresql(url)
        reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        super().__init__(engine, reader, cipher)
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._idle: deque[psycopg.Connection[Any]] = deque()
        self._opened: set[str] = set()
        self._stretch = (0, 0, 0.0)  # next identifier, end of the stretch, when it was fetched
        self._mint_lock = Lock()

    def post_one(self, entry: Entry) -> Posted:
        """Post an entry in a commit of its own, in one round trip; raises what refuses it, or Busy."""
        check_entry(entry)
        row = again(lambda: self._direct(lambda connection: self._call(connection, entry)))
        posted = answer(entry, row)
        return self.transact(lambda tx: tx.books.post(entry)) if posted is None else posted

    def post_many(self, entries: Sequence[Entry]) -> Sequence[Posted | Refusal]:
        """Post entries in one commit, in this order, each for itself; return for each what came of it."""
        for entry in entries:
            check_entry(entry)
        rows = again(lambda: self._direct(lambda connection: self._call_many(connection, entries)))
        return [self._result(entry, row) for entry, row in zip(entries, rows, strict=True)]

    def check_safety(self) -> list[str]:
        """Return what is unsafe for real money about the settings of this database and the rights of this role."""
        return again(lambda: self._direct(check_postgresql))

    def close(self) -> None:
        self._close_idle()
        super().close()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _result(self, entry: Entry, row: Sequence[Any]) -> Posted | Refusal:
        try:
            posted = answer(entry, row)
        except Refusal as refusal:
            return refusal
        return self.transact(lambda tx: tx.books.post(entry)) if posted is None else posted

    def _call(self, connection: psycopg.Connection[Any], entry: Entry) -> Sequence[Any]:
        self._open_free(connection, (entry,))
        return one_row(connection.execute(POST, arguments(entry), prepare=True))

    def _call_many(self, connection: psycopg.Connection[Any], entries: Sequence[Entry]) -> list[Sequence[Any]]:
        """Lock everything in order, then post one by one: sent together, committed together."""
        self._open_free(connection, entries)
        locked = {str(account) for entry in entries for move in entry.moves for account in move[:2]}
        keys = {cap.key for entry in entries for cap in entry.caps}
        with connection.pipeline(), connection.transaction():
            connection.execute(_LOCK_ACCOUNTS, (_texts(locked),))
            if keys:
                connection.execute(_LOCK_COUNTERS, (_texts(keys),))
            cursors = [connection.execute(POST, arguments(entry), prepare=True) for entry in entries]
        return [one_row(cursor) for cursor in cursors]

    def _open_free(self, connection: psycopg.Connection[Any], entries: Iterable[Entry]) -> None:
        if missing := free_accounts(entries) - self._opened:
            connection.execute(_OPEN, (_texts(missing),))
            self._opened |= missing

    def _direct(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Run the work on a connection where each statement commits by itself."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            result = work(connection)
        except psycopg.Error as error:
            if connection.closed:
                self._close_idle()
                # Whether it was written or not, the same entry may be asked for again: its id tells.
                raise Again(str(error)) from error
            self._idle.append(connection)
            raise_for(error)
            raise
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return result

    def _connect(self) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(self._address, autocommit=True, **engines.connect_settings())
        except psycopg.OperationalError as error:
            raise Busy("no connection") from error

    def _books(self, connection: Connection, wrote: set[type[Any]]) -> PostgresqlBooks:
        return PostgresqlBooks(connection, wrote, self._opened)

    def _commit(self, connection: Connection, books: PostgresqlBooks) -> None:
        if books.wrote == {Conversation}:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        connection.commit()
        self._opened |= books.opens

    def _mint(self, connection: Connection) -> int:
        with self._mint_lock:
            following, end, fetched = self._stretch
            # An old stretch is thrown away, so that identifiers of all processes grow with time.
            if following >= end or time.monotonic() - fetched > _STALE_SECONDS:
                following = int(connection.exec_driver_sql("SELECT nextval('ids')").scalar_one())
                end, fetched = following + _STRETCH, time.monotonic()
            self._stretch = (following + 1, end, fetched)
        assert following < 2**40, "the identifiers are used up"
        return following


def one_row(cursor: psycopg.Cursor[Any]) -> Sequence[Any]:
    """Return the only row of an answer."""
    row = cursor.fetchone()
    assert row is not None, "post_entry_v1 always answers"
    return tuple(row)
