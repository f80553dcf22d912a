"""Counting postings: what a piece of work posts is noted while it runs, and counted when it is committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from service.ledger.books import Books
from service.ledger.entry import Entry, Posted
from service.storage.store import Tx


def counted(tx: Tx, posted: list[str]) -> Tx:
    """Return the transaction with its postings noted by reason; what a savepoint undoes is struck out again."""

    @contextmanager
    def savepoint() -> Iterator[None]:
        before = len(posted)
        try:
            with tx.savepoint():
                yield
        except BaseException:
            del posted[before:]
            raise

    return tx._replace(books=cast(Books, _Noting(tx.books, posted)), savepoint=savepoint)


class _Noting:
    """Books that note what is posted to them and are otherwise the books."""

    def __init__(self, books: Books, posted: list[str]) -> None:
        self._books = books
        self._posted = posted

    def post(self, entry: Entry) -> Posted:
        result = self._books.post(entry)
        if not result.repeated:
            self._posted.append(entry.reason.value)
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._books, name)
