"""What SQLite and PostgreSQL have in common as stores: one transaction for one piece of work, and what may go wrong.

Trouble that another try may cure runs the whole work again; a lock or a connection that is not had in time is Busy; a
connection lost at COMMIT is Unsure, because nobody knows. A broken constraint is a bug and raises AssertionError.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import stamina
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.storage.codec import Cipher
from service.storage.migrate import is_current
from service.storage.rows import LIVE_CONVERSATION, Shelf, SqlRows
from service.storage.store import Busy, Tx, Unsure

T = TypeVar("T")

_TRIES = 8
_TRIES_SECONDS = 3.0
_AGAIN = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_BUSY = frozenset({"55P03", "57014", "53300", "57P03", "25P03"})  # lock, statement or idle time is over; no connection


class Again(Exception):
    """Nothing was written, and the same work may well succeed if it is run again."""


class SqlStore(ABC):
    """A store whose tables are reached through SQLAlchemy's connections."""

    def __init__(self, writer: Engine, reader: Engine, cipher: Cipher) -> None:
        self._writer = writer
        self._reader = reader
        self._shelf = Shelf(cipher)

    def transact(self, work: Callable[[Tx], T]) -> T:
        return again(lambda: self._once(self._writer, work))

    def read(self, work: Callable[[Tx], T]) -> T:
        return again(lambda: self._once(self._reader, work))

    def installation_key(self) -> bytes:
        with connected(self._reader) as connection:
            return bytes(connection.exec_driver_sql("SELECT reference_key FROM installation").scalar_one())

    def schema_is_current(self) -> bool:
        with connected(self._reader) as connection:
            return is_current(connection)

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()

    def _once(self, engine: Engine, work: Callable[[Tx], T]) -> T:
        with connected(engine) as connection:
            wrote: set[type[Any]] = set()
            try:
                connection.begin()
                books = self._books(connection, wrote)
                result = work(self._tx(connection, books, wrote))
            except BaseException as error:
                connection.rollback()
                raise_for(error)
                raise
            try:
                self._commit(connection, books)
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise Unsure from error
                connection.rollback()
                raise_for(error)
                raise
            return result

    @abstractmethod
    def _books(self, connection: Connection, wrote: set[type[Any]]) -> Any: ...

    @abstractmethod
    def _mint(self, connection: Connection) -> int: ...

    def _commit(self, connection: Connection, _books: Any) -> None:
        connection.commit()

    def _tx(self, connection: Connection, books: Any, wrote: set[type[Any]]) -> Tx:
        @contextmanager
        def savepoint() -> Iterator[None]:
            with connection.begin_nested():
                yield

        return Tx(books, SqlRows(connection, self._shelf, wrote), lambda: self._mint(connection), savepoint)


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """Give a connection; raises Busy if none is had in time."""
    try:
        connection = engine.connect()
    except (PoolTimeout, DBAPIError) as error:
        raise Busy("no connection") from error
    with connection:
        yield connection


def again(work: Callable[[], T]) -> T:
    """Run the work, and run it again whole for as long as that may help; raises Busy when it does not."""
    try:
        return work()
    except Again:
        pass
    try:
        for attempt in stamina.retry_context(
            on=Again, attempts=_TRIES, timeout=_TRIES_SECONDS, wait_initial=0.005, wait_max=0.2, wait_jitter=0.05
        ):
            with attempt:
                return work()
    except Again as error:
        raise Busy("others were always faster") from error
    raise AssertionError("the last attempt raises")


def raise_for(error: BaseException) -> None:
    """Raise what a database error means; return if it is an error of another kind."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if state in _AGAIN or lost or LIVE_CONVERSATION in str(cause):
        raise Again(str(cause)) from error
    if state in _BUSY or "database is locked" in str(cause):
        raise Busy(str(cause)) from error
    if isinstance(error, IntegrityError) or type(cause).__name__ == "IntegrityError" or (state or "").startswith("23"):
        raise AssertionError(f"the database refuses: {cause}") from error
    assert not isinstance(error, SQLAlchemyError) or isinstance(error, DBAPIError), f"a bug in a statement: {error}"
