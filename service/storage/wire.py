"""One transaction's way to its database: statements are handed to the driver itself.

The comfort above the driver costs three times what a small statement costs. Values are marked by `?`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy import Connection, Dialect

Values = Sequence[Any]
Statement = tuple[str, Values]


class Wire(ABC):
    """An open transaction. A savepoint is sent when something is about to be written behind it, and not before."""

    dialect: Dialect
    reads = False
    """Whether it may only read."""
    far = False
    """Whether every answer is a round trip."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._unsent: list[str] = []

    @abstractmethod
    def read(self, sql: str, values: Values = ()) -> Any:
        """Run a statement that leaves nothing to undo but locks, and return the driver's cursor."""

    @abstractmethod
    def write(self, sql: str, values: Values = ()) -> Any:
        """Run a statement that writes, and return the driver's cursor."""

    def write_later(self, sql: str, values: Values) -> None:
        """Write one row for certain, at the latest with the commit."""
        assert self.write(sql, values).rowcount == 1, f"nothing written by {sql}"

    @abstractmethod
    def write_many(self, sql: str, rows: Iterable[Values]) -> None:
        """Run a statement that writes, once for each row of values."""

    def read_soon(self, sql: str, values: Values) -> Callable[[], Any]:
        """Run a statement that only reads, at the latest when the function is called that gives its cursor."""
        return lambda: self.read(sql, values)

    @abstractmethod
    def _soon(self, sql: str) -> None:
        """Send this before whatever is sent next."""

    def begin_steps(self) -> None:
        """Send the savepoints of the steps that are about to write for the first time."""
        while self._unsent:
            self._soon(f"SAVEPOINT {self._unsent.pop(0)}")

    @contextmanager
    def step(self) -> Iterator[None]:
        """Undo what is written in the block if it raises.

        A savepoint that was not needed is let go by the commit: work has a few steps, not hundreds.
        """
        name = f"step_{next(self._numbers)}"
        self._unsent.append(name)
        try:
            yield
        except BaseException:
            if name not in self._unsent:
                self._soon(f"ROLLBACK TO SAVEPOINT {name}")
            raise
        finally:
            if name in self._unsent:
                self._unsent.remove(name)


class SqliteWire(Wire):
    """In the process itself: every statement is answered at once."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.dialect = connection.dialect
        self.driver: Any = connection.connection.driver_connection

    def read(self, sql: str, values: Values = ()) -> Any:
        return self.driver.execute(sql, values)

    def write(self, sql: str, values: Values = ()) -> Any:
        self.begin_steps()
        return self.driver.execute(sql, values)

    def write_many(self, sql: str, rows: Iterable[Values]) -> None:
        self.begin_steps()
        self.driver.executemany(sql, rows)

    def _soon(self, sql: str) -> None:
        self.driver.execute(sql)
