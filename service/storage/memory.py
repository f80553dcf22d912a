"""The store in memory, for tests and demos: plain dictionaries, one transaction at a time, gone when the process ends.

It keeps every rule that the databases keep. What a transaction does is noted so that it can be undone.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from service.ledger.entry import Entry, Posted
from service.refusal import Refusal
from service.storage.engines import PATIENCE_SECONDS
from service.storage.memory_books import MemoryBooks
from service.storage.memory_rows import MemoryRows
from service.storage.store import Tx
from service.storage.turn import Turn
from service.storage.undo import Undo

T = TypeVar("T")


class MemoryStore:
    """A store that forgets."""

    def __init__(self) -> None:
        self._turn = Turn(PATIENCE_SECONDS)
        self._undo = Undo()
        self._minted = 0
        self._key = secrets.token_bytes(32)
        self._books = MemoryBooks(self._undo)
        self._rows = MemoryRows(self._undo)

    def transact(self, work: Callable[[Tx], T]) -> T:
        with self._turn.taken():
            try:
                with self._savepoint():
                    return work(Tx(self._books, self._rows, self._mint, self._savepoint))
            finally:
                self._undo.forget()

    def read(self, work: Callable[[Tx], T]) -> T:
        return self.transact(work)

    def post_one(self, entry: Entry) -> Posted:
        return self.transact(lambda tx: tx.books.post(entry))

    def post_many(self, entries: Sequence[Entry]) -> Sequence[Posted | Refusal]:
        def post(tx: Tx, entry: Entry) -> Posted | Refusal:
            try:
                return tx.books.post(entry)
            except Refusal as refusal:
                return refusal

        return self.transact(lambda tx: [post(tx, entry) for entry in entries])

    def installation_key(self) -> bytes:
        return self._key

    def schema_is_current(self, *, running: bool = False) -> bool:  # noqa: ARG002 (nobody migrates a memory)
        return True

    def check_safety(self) -> list[str]:
        return ["the memory forgets everything when the process ends"]

    def close(self) -> None:
        """There is nothing to close."""

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        mark = self._undo.mark()
        try:
            yield
        except BaseException:
            self._undo.back_to(mark)
            raise

    def _mint(self) -> int:
        self._minted += 1
        assert self._minted < 2**40, "the identifiers are used up"
        return self._minted
