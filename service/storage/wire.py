"""One transaction's way to its database: statements are handed to the driver itself.

The comfort above the driver costs three times what a small statement costs. What is above keeps the connections, begins
and ends transactions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy import Connection

Values = Sequence[Any] | Mapping[str, Any]


class Wire:
    """An open transaction. A savepoint is sent when something is about to be written behind it, and not before."""

    def __init__(self, connection: Connection) -> None:
        self.dialect = connection.dialect
        self.reads = bool(connection.get_execution_options().get("postgresql_readonly"))
        self.driver: Any = connection.connection.driver_connection
        self._numbers = count(1)
        self._unsent: list[str] = []

    @property
    def lost(self) -> bool:
        """Say whether the connection is gone, and the transaction with it."""
        return bool(getattr(self.driver, "closed", False))

    def read(self, sql: str, values: Values = ()) -> Any:
        """Run a statement that leaves nothing to undo but locks, and return the driver's cursor."""
        return self.driver.execute(sql, values)

    def write(self, sql: str, values: Values = ()) -> Any:
        """Run a statement that writes, and return the driver's cursor."""
        self.begin_steps()
        return self.driver.execute(sql, values)

    def write_many(self, sql: str, rows: Iterable[Values]) -> None:
        """Run a statement that writes, once for each row of values."""
        self.begin_steps()
        self.driver.cursor().executemany(sql, rows)

    def begin_steps(self) -> None:
        """Send the savepoints of the steps that are about to write for the first time."""
        while self._unsent:
            self.driver.execute(f"SAVEPOINT {self._unsent.pop(0)}")

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
                self.driver.execute(f"ROLLBACK TO SAVEPOINT {name}")
            raise
        finally:
            if name in self._unsent:
                self._unsent.remove(name)
