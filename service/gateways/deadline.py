"""A call that ends in time, whatever the other side does: a library's time-outs count for each read alone.

What outlasts its time goes on in a thread of its own until the library gives up; only so many may do that at once.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotDone
from typing import TypeVar

T = TypeVar("T")


class TooLate(Exception):
    """The call has not ended in time: nobody knows what came of it."""


class Full(Exception):
    """As many calls as may be are under way: this one was not begun."""


class Calls:
    """Calls to one other side, so many of them at a time."""

    def __init__(self, most: int) -> None:
        self._room = threading.BoundedSemaphore(most)

    def within(self, seconds: float, work: Callable[[], T]) -> T:
        """Return what a call returns, or raise what it raises, TooLate or Full."""
        if not self._room.acquire(blocking=False):
            raise Full
        result: Future[T] = Future()

        def run() -> None:
            try:
                made = work()
            except BaseException as error:  # noqa: BLE001  (it is raised where somebody waits for it)
                self._room.release()
                result.set_exception(error)
            else:
                self._room.release()
                result.set_result(made)

        threading.Thread(target=run, daemon=True, name="call").start()
        try:
            return result.result(timeout=seconds)
        except NotDone:
            raise TooLate from None
