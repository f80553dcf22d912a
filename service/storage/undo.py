"""What lets a transaction in memory be taken back: for each change, how to undo it, newest last."""

from collections.abc import Callable, MutableMapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Undo:
    """The changes of one transaction."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def note(self, step: Callable[[], object]) -> None:
        """Remember how to undo a change that is about to be made."""
        self._steps.append(step)

    def put(self, mapping: MutableMapping[K, V], key: K, value: V) -> None:
        """Set a value, so that it can be undone."""
        if key in mapping:
            before = mapping[key]
            self.note(lambda: mapping.__setitem__(key, before))
        else:
            self.note(lambda: mapping.pop(key))
        mapping[key] = value

    def drop(self, mapping: MutableMapping[K, V], key: K) -> None:
        """Remove a value, so that it can be undone."""
        before = mapping.pop(key)
        self.note(lambda: mapping.__setitem__(key, before))

    def mark(self) -> int:
        """Return a place to come back to."""
        return len(self._steps)

    def back_to(self, mark: int) -> None:
        """Undo everything since a mark, newest first."""
        while len(self._steps) > mark:
            self._steps.pop()()

    def forget(self) -> None:
        """Keep what was done."""
        self._steps.clear()
