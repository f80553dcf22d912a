"""Faults on purpose: a store that breaks at the n-th thing it is asked, and code that breaks at a line."""

import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from service.ledger.entry import Entry, Posted
from service.refusal import Refusal
from service.storage.memory import MemoryStore
from service.storage.store import Store, Tx

T = TypeVar("T")

WRITES = ("add", "append", "put", "post", "open", "add_seal")


class Broken(Exception):
    """Something that nobody expected."""


def kept(memory: MemoryStore) -> Callable[[], None]:
    """Return what makes this memory again what it is now."""
    parts = pickle.dumps({name: part for name, part in vars(memory).items() if name != "_turn"})
    return lambda: vars(memory).update(pickle.loads(parts))


class Faulty:
    """A store that works like another, until it is told to break.

    `at` counts what is asked within transactions, from 1; `writes` counts only what writes; `after` breaks when the
    asked thing is done. `commit` is what to raise at the commit, once: before it (nothing is written) or after it.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.at = 0
        self.after = False
        self.writes = False
        self.calls: list[str] = []
        self.broke: set[str] = set()
        self.commit: tuple[str, Exception] | None = None

    def transact(self, work: Callable[[Tx], T]) -> T:
        def spoilt(tx: Tx) -> T:
            self.calls.clear()
            watched = Tx(self._watch(tx.books), self._watch(tx.rows), self._watched("mint", tx.mint), tx.savepoint)
            result = work(watched)
            self._break("before")
            return result

        result = self.store.transact(spoilt)
        self._break("after")
        return result

    def _break(self, when: str) -> None:
        if self.commit and self.commit[0] == when:
            error, self.commit = self.commit[1], None
            raise error

    def read(self, work: Callable[[Tx], T]) -> T:
        return self.store.read(work)

    def post_one(self, entry: Entry) -> Posted:
        return self.store.post_one(entry)

    def post_many(self, entries: Sequence[Entry]) -> Sequence[Posted | Refusal]:
        return self.store.post_many(entries)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def _watch(self, part: Any) -> Any:
        return _Watched(part, self._watched)

    def _watched(self, name: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **kwargs: Any) -> Any:
            if self.writes and name not in WRITES:
                return ask(*args, **kwargs)
            self.calls.append(name)
            breaks = len(self.calls) == self.at
            if breaks:
                self.broke.add(name)
            if breaks and not self.after:
                raise Broken(name)
            result = ask(*args, **kwargs)
            if breaks:
                raise Broken(name)
            return result

        return asked


class _Watched:
    def __init__(self, part: Any, watched: Callable[[str, Callable[..., Any]], Callable[..., Any]]) -> None:
        self._part = part
        self._watched = watched

    def __getattr__(self, name: str) -> Any:
        return self._watched(name, getattr(self._part, name))


Line = tuple[str, int]


def lines_of(work: Callable[[], object], parts: Sequence[str]) -> list[Line]:
    """Return each line of the files whose path holds one of these parts that this work runs through, once."""
    seen: dict[Line, None] = {}

    def note(file: str, line: int) -> None:
        seen[(file, line)] = None

    with _each_line(parts, note):
        work()
    return list(seen)


@contextmanager
def breaking_at(place: Line, parts: Sequence[str]) -> Iterator[None]:
    """Raise Broken when this line is reached, once."""
    left = [place]

    def note(file: str, line: int) -> None:
        if left and (file, line) == place:
            left.clear()
            raise Broken(f"{file}:{line}")

    with _each_line(parts, note):
        yield


@contextmanager
def _each_line(parts: Sequence[str], note: Callable[[str, int], None]) -> Iterator[None]:
    ours: dict[str, bool] = {}

    def local(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            note(frame.f_code.co_filename, frame.f_lineno)
        return local

    def trace(frame: FrameType, _event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        if file not in ours:
            ours[file] = any(part in file for part in parts)
        return local if ours[file] else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
