"""A queue for the one who may write: whoever came first goes first, and nobody waits for ever.

The lock of the standard library lets a busy thread take it again and again while others wait for seconds.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from service.storage.patience import seconds_left
from service.storage.store import Busy


class Turn:
    """A lock that is handed over in the order in which it was asked for."""

    def __init__(self, patience_seconds: float) -> None:
        self._patience_seconds = patience_seconds
        self._guard = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for the turn and hold it; raises Busy if it does not come in time."""
        self._take()
        try:
            yield
        finally:
            self._pass_on()

    def _take(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        if not mine.acquire(timeout=max(0.0, min(self._patience_seconds, seconds_left()))):
            with self._guard:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                    raise Busy("others are writing")
            # The turn came just as the patience ended: it is ours.

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
