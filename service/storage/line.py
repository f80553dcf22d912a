"""Connections to PostgreSQL that speak libpq's own language: any number of statements, one round trip.

For statements as small as ours the comfort of a driver costs as much as the statement. Each is prepared when it is
first used on a connection; what is sent together is answered together (libpq's pipeline).
"""

import secrets
import select
from binascii import hexlify
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from threading import BoundedSemaphore
from typing import Any, NamedTuple

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.types.numeric import IntLoader

from service.storage.engines import PATIENCE_SECONDS, connect_settings
from service.storage.listening import SILENT_SECONDS
from service.storage.patience import cut_when_over, in_time, seconds_left
from service.storage.store import Busy
from service.storage.wire import Statement

_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Answer(NamedTuple):
    """What a statement gave, in the manner of a cursor."""

    rows: Sequence[tuple[Any, ...]]
    rowcount: int
    said: str

    def fetchall(self) -> Sequence[tuple[Any, ...]]:
        return self.rows

    def fetchone(self) -> tuple[Any, ...] | None:
        return self.rows[0] if self.rows else None


class Lost(Exception):
    """The connection is gone; what was sent last was done or was not."""


class Failed(Exception):
    """A statement failed, and those that were sent after it were ignored."""

    def __init__(self, state: str, said: str) -> None:
        super().__init__(said)
        self.state = state


class Line:
    """One connection, used by one thread at a time; by its name the server's process for it is found."""

    def __init__(self, address: str) -> None:
        self.name = f"senti {secrets.token_hex(8)}"
        settings = connect_settings() | {"application_name": self.name}
        self._connection = psycopg.connect(address, autocommit=True, **settings)
        self._connection.adapters.register_loader("numeric", IntLoader)  # a sum of amounts
        self._reader = Transformer(self._connection)
        self._pq = self._connection.pgconn
        self._pq.enter_pipeline_mode()
        self._names: dict[str, bytes] = {}
        self._numbers = count()
        self._poll = select.poll()
        self._poll.register(self._pq.socket, select.POLLIN)
        self.lost = False

    @property
    def socket(self) -> int:
        return self._pq.socket

    def ask(self, statements: Sequence[Statement]) -> Sequence[Answer]:
        """Send statements in one go and return what each gave; raises Failed or Lost."""
        written = [(sql, [_written(value) for value in values]) for sql, values in statements]
        try:
            wanted = [self._send(sql, values) for sql, values in written]
            self._pq.pipeline_sync()
            results = list(self._results())
        except psycopg.OperationalError as error:
            self.close()
            raise Lost(str(error)) from error
        except BaseException:
            self.close()  # half a question was asked
            raise
        answers: list[Answer] = []
        failed = next((result for result in results if result.status not in _DONE), None)
        if failed is not None:
            for (sql, _), new in zip(statements, wanted, strict=True):
                if new:
                    del self._names[sql]
            self._raise(failed)
        left = iter(results)
        for new in wanted:
            if new:
                next(left)
            answers.append(self._answer(next(left)))
        return answers

    def close(self) -> None:
        """Hang up; nothing more can be asked."""
        self.lost = True
        self._connection.close()

    def _send(self, sql: str, values: Sequence[bytes | None]) -> bool:
        """Send a statement, and before it what prepares it; say whether that was needed."""
        new = sql not in self._names
        if new:
            self._names[sql] = b"s%d" % next(self._numbers)
            self._pq.send_prepare(self._names[sql], sql.encode())
        self._pq.send_query_prepared(self._names[sql], values)
        return new

    def _results(self) -> Iterator[PGresult]:
        unsent = self._pq.flush()  # what is longer than the socket's buffer leaves bit by bit, while answers come in
        while True:
            while self._pq.is_busy():
                self._await(unsent)
                if unsent:
                    unsent = self._pq.flush()
                self._pq.consume_input()
            result = self._pq.get_result()
            if result is None:
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return
            yield result

    def _await(self, unsent: int) -> None:
        if unsent:
            self._poll.modify(self._pq.socket, select.POLLIN | select.POLLOUT)
        try:
            if not self._poll.poll(SILENT_SECONDS * 1000):
                raise psycopg.OperationalError("the server is silent")
        finally:
            if unsent:
                self._poll.modify(self._pq.socket, select.POLLIN)

    def _answer(self, result: PGresult) -> Answer:
        self._reader.set_pgresult(result)
        rows = self._reader.load_rows(0, result.ntuples, tuple)
        return Answer(rows, result.command_tuples or 0, (result.command_status or b"").decode())

    def _raise(self, result: PGresult) -> None:
        said = result.error_message.decode(errors="replace")
        field = result.error_field(DiagnosticField.SQLSTATE)
        if self._pq.status != ConnStatus.OK:
            self.close()
            raise Lost(said)
        raise Failed(field.decode() if field else "", said)


class Lines:
    """Connections that are made when they are needed, at most so many, and kept."""

    def __init__(self, address: str, most: int, made: Callable[[], None]) -> None:
        self._address = address
        self._made = made
        self._idle: deque[Line] = deque()
        self._places = BoundedSemaphore(most)

    @contextmanager
    def one(self) -> Iterator[Line]:
        """Lend a connection; raises Busy if none is had in time. After a lost one all that lie idle are let go."""
        left = seconds_left()
        if left <= 0 or not self._places.acquire(timeout=min(PATIENCE_SECONDS, left)):
            raise Busy("no connection")
        try:
            line = self._take()
            try:
                with cut_when_over(line.socket):
                    yield line
            finally:
                if line.lost:
                    self.close()
                else:
                    self._idle.append(line)
        finally:
            self._places.release()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Line:
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            line = in_time(lambda: Line(self._address), undo=Line.close)
        except psycopg.OperationalError as error:
            raise Busy("no connection") from error
        self._made()
        return line


def _written(value: int | str | bytes | None) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return b"\\x" + hexlify(value)
    return str(value).encode()
