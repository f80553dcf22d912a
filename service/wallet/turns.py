"""Work of which there are several: the oldest is done first, and one that breaks keeps no other waiting."""

from collections.abc import Callable, Iterable

import structlog

log = structlog.get_logger()


class Turns:
    """Whose turn it is among what waits, by number; what broke has its turn, and its traceback, behind all else."""

    def __init__(self, what: str) -> None:
        self._what, self._broken = what, set[int]()

    def __call__(self, waiting: Iterable[int], work: Callable[[int], object]) -> int:
        """Do some work for the first with which it goes, and say whether there was one.

        Raises what was raised if it went with none: whoever calls again does so after a while.
        """
        trouble: Exception | None = None
        for one in sorted(waiting, key=lambda one: (one in self._broken, one)):
            try:
                work(one)
            except Exception as broke:  # noqa: BLE001 (whatever it is, it is said, and raised in the end)
                if one not in self._broken:
                    log.error("it breaks, others go on", what=self._what, id=one, error=repr(broke))
                self._broken.add(one)
                trouble = broke
            else:
                self._broken.discard(one)
                return 1
        if trouble is not None:
            raise trouble
        return 0
