"""How long work may take: a phone waits for three seconds, a worker has time.

Waits for a turn, a connection and a lock are cut to what is left. What the database itself does not end in time, be it
several locks in a row, a stopped server or a dead network, a watching thread ends by cutting the connection: that costs
a hop no round trip. Cut before COMMIT nothing was written; cut at COMMIT nobody knows.
"""

import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotDone
from contextlib import contextmanager, suppress
from typing import TypeVar

from service.storage.store import Busy

T = TypeVar("T")

_TICK_SECONDS = 0.1


class _Mine(threading.local):
    ends = math.inf


_mine = _Mine()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give the work of this thread so much time; then it ends as Busy, or as Unsure if it was committing."""
    before = _mine.ends
    _mine.ends = min(before, time.monotonic() + seconds)
    try:
        yield
    finally:
        _mine.ends = before


def seconds_left() -> float:
    """Return how many seconds the work of this thread has; infinite where nobody waits for it."""
    return _mine.ends - time.monotonic()


def in_time(work: Callable[[], T], undo: Callable[[T], object]) -> T:
    """Run what cannot be cut, such as looking up a name and connecting; raises Busy where it outlasts what is left.

    What comes too late is undone.
    """
    left = seconds_left()
    if left == math.inf:
        return work()
    result: Future[T] = Future()

    def run() -> None:
        try:
            made = work()
        except BaseException as error:  # noqa: BLE001 (it is raised where somebody waits for it)
            result.set_exception(error)
        else:
            result.set_result(made)

    threading.Thread(target=run, daemon=True, name="connecting").start()
    try:
        return result.result(timeout=max(0.0, left))
    except NotDone:
        if result.done():  # just now, or it was the work itself that raised this
            return result.result()
        result.add_done_callback(lambda late: late.exception() or undo(late.result()))
        raise Busy("no connection in time") from None


_watched: dict[int, float] = {}
"""By socket: when the work on it ends."""

_guard = threading.Lock()
_watcher: threading.Thread | None = None


@contextmanager
def cut_when_over(connection_socket: int) -> Iterator[None]:
    """Cut this connection if the work of this thread is not done in its time."""
    if _mine.ends == math.inf:
        yield
        return
    _watch()
    _watched[connection_socket] = _mine.ends
    try:
        yield
    finally:
        with _guard:  # the socket may be another's from here on
            del _watched[connection_socket]


def _watch() -> None:
    global _watcher  # a process that was forked starts its own
    if _watcher is not None and _watcher.is_alive():
        return
    with _guard:
        if _watcher is None or not _watcher.is_alive():
            _watcher = threading.Thread(target=_cut_overdue, daemon=True, name="patience")
            _watcher.start()


def _cut_overdue() -> None:
    never = threading.Event()
    while not never.wait(_TICK_SECONDS):
        now = time.monotonic()
        with _guard:
            for connection_socket, ends in list(_watched.items()):
                if ends <= now:
                    _cut(connection_socket)


def _cut(connection_socket: int) -> None:
    # A copy is shut down and closed: the original is the driver's, and fails for it as a connection that was lost.
    with suppress(OSError), socket.socket(fileno=os.dup(connection_socket)) as copy:
        copy.shutdown(socket.SHUT_RDWR)
