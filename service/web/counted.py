"""Before and after each posting: what stands still is refused; what is posted is noted, and counted at the commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from service.ledger.books import Books
from service.ledger.entry import Entry, Posted
from service.storage.store import Tx


def counted(tx: Tx, posted: list[Entry], refuse: Callable[[Books, Entry], None]) -> Tx:
    """Return the transaction with its postings noted; what a savepoint undoes is struck out again.

    `refuse` is asked before each posting, and may raise.
    """

    @contextmanager
    def savepoint() -> Iterator[None]:
        before = len(posted)
        try:
            with tx.savepoint():
                yield
        except BaseException:
            del posted[before:]
            raise

    return tx._replace(books=cast(Books, _Noting(tx.books, posted, refuse)), savepoint=savepoint)


class _Noting:
    """Books that note what is posted to them and are otherwise the books."""

    def __init__(self, books: Books, posted: list[Entry], refuse: Callable[[Books, Entry], None]) -> None:
        self._books = books
        self._posted = posted
        self._refuse = refuse

    def post(self, entry: Entry) -> Posted:
        self._refuse(self._books, entry)
        result = self._books.post(entry)
        if not result.repeated:
            self._posted.append(entry)
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._books, name)
