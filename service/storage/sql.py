"""What SQLite and PostgreSQL have in common as stores: one transaction for one piece of work.

A connection lost before COMMIT has written nothing, and the work is run again; one lost at COMMIT is Unsure.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.storage.codec import Cipher
from service.storage.patience import cut_when_over, seconds_left
from service.storage.rows import Shelf, SqlRows
from service.storage.schema import is_current
from service.storage.store import Busy, Tx, Unsure
from service.storage.trouble import Again, again
from service.storage.wire import Wire

T = TypeVar("T")


class SqlStore(ABC):
    """A store in tables."""

    def __init__(self, writer: Engine, reader: Engine, cipher: Cipher) -> None:
        self._writer = writer
        self._reader = reader
        self._shelf = Shelf(cipher)

    def transact(self, work: Callable[[Tx], T]) -> T:
        return again(lambda: self._once(work, reads=False))

    def read(self, work: Callable[[Tx], T]) -> T:
        return again(lambda: self._look(work))

    def _look(self, work: Callable[[Tx], T]) -> T:
        try:
            return self._once(work, reads=True)
        except Unsure as error:
            raise Again("nothing was to be written") from error

    def installation_key(self) -> bytes:
        with connected(self._reader) as connection:
            return bytes(connection.exec_driver_sql("SELECT reference_key FROM installation").scalar_one())

    def schema_is_current(self, *, running: bool = False) -> bool:
        with connected(self._reader) as connection:
            return is_current(connection, running=running)

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()

    @abstractmethod
    def _once(self, work: Callable[[Tx], T], *, reads: bool) -> T:
        """Run the work in one transaction, once."""

    @abstractmethod
    def _mint(self, wire: Wire) -> int: ...

    def _tx(self, wire: Wire, books: Any, wrote: set[type[Any]]) -> Tx:
        @contextmanager
        def savepoint() -> Iterator[None]:
            try:
                with wire.step():
                    yield
            except BaseException:
                books.undone()
                rows.undone()
                raise

        rows = SqlRows(wire, self._shelf, wrote)
        return Tx(books, rows, lambda: self._mint(wire), savepoint)


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """Give a connection; raises Busy if none is had in time, or if the time of this work is over."""
    if seconds_left() <= 0:
        raise Busy("no time left")
    try:
        connection = engine.connect()
    except (PoolTimeout, DBAPIError) as error:
        raise Busy("no connection") from error
    with connection, _cut_when_over(connection):
        yield connection


def _cut_when_over(connection: Connection) -> AbstractContextManager[None]:
    driver: Any = connection.connection.driver_connection
    return cut_when_over(driver.fileno()) if hasattr(driver, "fileno") else nullcontext()
