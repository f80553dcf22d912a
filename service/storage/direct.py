"""Connections to PostgreSQL on which each statement commits by itself: one call, one round trip.

They speak libpq's own language, through psycopg: for a call as small as a posting the comfort above it costs as much as
the posting does.
"""

from collections import deque
from collections.abc import Sequence

import psycopg
from psycopg.generators import execute
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from service.storage.engines import connect_settings
from service.storage.listening import Listening
from service.storage.store import Busy
from service.storage.trouble import READ_ONLY, Again, AnswerLost, raise_for_state

Row = Sequence[str | None]


class Direct:
    """Connections that are made when they are needed, used by one thread at a time, and kept."""

    def __init__(self, address: str, prepared: dict[str, str]) -> None:
        self._address = address
        self._prepared = prepared
        self._idle: deque[Listening] = deque()

    def call(self, name: str, values: Sequence[int | str | None]) -> list[Row]:
        """Run a prepared statement and return its rows as text; raises Again, AnswerLost, Busy or AssertionError."""
        connection = self._idle.pop() if self._idle else self._connect()
        given = [None if value is None else str(value).encode() for value in values]
        try:
            connection.pgconn.send_query_prepared(name.encode(), given)  # None is NULL
            (result,) = connection.wait(execute(connection.pgconn))
        except psycopg.OperationalError as error:
            raise self._lost(connection, str(error)) from error
        self._check(connection, result)
        self._idle.append(connection)
        return [[_cell(result, row, column) for column in range(result.nfields)] for row in range(result.ntuples)]

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _connect(self) -> Listening:
        try:
            connection = Listening.connect(self._address, autocommit=True, **connect_settings())
        except psycopg.OperationalError as error:
            raise Busy("no connection") from error
        for name, sql in self._prepared.items():
            self._check(connection, connection.pgconn.prepare(name.encode(), sql.encode()))
        return connection

    def _check(self, connection: Listening, result: PGresult) -> None:
        if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            return
        said = result.error_message.decode(errors="replace")
        field = result.error_field(DiagnosticField.SQLSTATE)
        state = field.decode() if field else ""
        if connection.pgconn.status != ConnStatus.OK or state == READ_ONLY:
            lost = self._lost(connection, said)
            raise Again(said) if state == READ_ONLY else lost
        self._idle.append(connection)
        raise_for_state(state, said)
        raise AssertionError(f"a bug in a statement: {said}")

    def _lost(self, connection: Listening, said: str) -> AnswerLost:
        """Forget this connection and those that lie idle. Whether it was written, only the entry's id tells."""
        connection.close()
        self.close()
        return AnswerLost(said)


def _cell(result: PGresult, row: int, column: int) -> str | None:
    value = result.get_value(row, column)
    return None if value is None else value.decode()
