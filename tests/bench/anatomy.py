"""What one hop is made of: how often it waits for the database, how often it commits, what it costs to compute.

Counted below everything of ours, on the wire of PostgreSQL and in the library of SQLite; one phone, nobody else.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from statistics import median
from typing import Any, NamedTuple, TextIO
from urllib.parse import urlencode

from flask import Flask
from psycopg.pq import Trace
from sqlalchemy import event
from sqlalchemy.pool import Pool
from werkzeug.test import EnvironBuilder

from service.app import App, make_web
from service.storage.line import Line
from tests.bench.phones import CODE, FRIENDS, HOPS, PATH, PIN, phone_of

PAYERS, KNOWN = 4, FRIENDS
_sessions = count()
_amounts = count(1_000)
"""The same payment twice within minutes would be asked about."""


class Step(NamedTuple):
    """One hop: round trips (on SQLite statements), commits, and microseconds: of this process's CPU, and in all."""

    hop: str
    trips: int
    commits: int
    cpu: int
    wall: int


class Counter:
    """Counts round trips and commits of all connections together."""

    def __init__(self, wire: TextIO) -> None:
        self._wire = wire
        self._statements: list[str] = []

    def attach(self, driver: Any, _record: object) -> None:
        """Listen to a connection that was just opened."""
        if hasattr(driver, "pgconn"):
            driver.pgconn.trace(self._wire.fileno())
            driver.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        else:
            driver.set_trace_callback(self._statements.append)

    def take(self) -> tuple[int, int]:
        """Return round trips and commits since this was last asked."""
        self._wire.seek(0)
        said = self._wire.read()
        self._wire.seek(0)
        self._wire.truncate()
        trips = said.count("ReadyForQuery") + len(self._statements)
        commits = said.count('CommandComplete\t "COMMIT"') + self._statements.count("COMMIT")
        self._statements.clear()
        return trips, commits


@contextmanager
def _counted() -> Iterator[Counter]:
    """Count what every connection does that is opened from here on."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as wire:
        counter = Counter(wire)
        made = Line.__init__

        def make(line: Line, address: str) -> None:
            made(line, address)
            counter.attach(line._connection, None)

        event.listen(Pool, "connect", counter.attach)
        Line.__init__ = make  # type: ignore[assignment, method-assign]
        try:
            yield counter
        finally:
            Line.__init__ = made  # type: ignore[method-assign]
            event.remove(Pool, "connect", counter.attach)


def dissect(open_app: Callable[[], AbstractContextManager[App]], *, talks: int) -> list[Step]:
    """Send money a few times over and return the medians for each hop; `open_app` opens the same store each time.

    A few payers pay the same few people again and again, as people do: a phone lists them, and counts.
    """
    with _counted() as counter, open_app() as app:
        counts = _talks(make_web(app), talks, counter.take)
    with open_app() as app:
        clocks = _talks(make_web(app), talks, _clock)
    steps = []
    for place, hop in enumerate(HOPS):
        taken = [after for _, after in counts[place]]
        trips, commits = (round(median(figures)) for figures in zip(*taken, strict=True))
        spent = [tuple(b - a for a, b in zip(*pair, strict=True)) for pair in clocks[place]]
        cpu, wall = (round(median(figures) / 1000) for figures in zip(*spent, strict=True))
        steps.append(Step(hop, trips, commits, cpu, wall))
    return steps


def _clock() -> tuple[int, int]:
    return time.process_time_ns(), time.perf_counter_ns()


def _talks(web: Flask, talks: int, look: Callable[[], tuple[int, int]]) -> list[list[Any]]:
    """Return for each hop what `look` said before and after it, in every talk but the first ones, which warm up."""
    seen: list[list[Any]] = [[] for _ in HOPS]
    warm = PAYERS * KNOWN
    for talk in range(talks + warm):
        session = f"ATUid_anatomy{next(_sessions)}"
        text, payer = "", talk % PAYERS
        payee = payer + 1 + talk // PAYERS % KNOWN
        typed = ("", "1", f"0{phone_of(payee)[4:]}", str(next(_amounts)), PIN)
        for place, key in enumerate(typed):
            text = f"{text}*{key}" if text else key
            environ = _environ(text, payer, session)
            before = look()
            answer = web(environ, lambda *_: lambda _: None)
            after = look()
            screen = b"".join(answer).decode()
            assert screen.startswith("END" if place == len(typed) - 1 else "CON"), screen
            if talk >= warm:
                seen[place].append((before, after))
    return seen


def _environ(text: str, payer: int, session: str) -> dict[str, Any]:
    form = {"sessionId": session, "phoneNumber": phone_of(payer), "networkCode": "63902", "serviceCode": CODE}
    builder = EnvironBuilder(PATH, method="POST", data=urlencode({**form, "text": text}))
    builder.content_type = "application/x-www-form-urlencoded"
    return dict(builder.get_environ())
