"""An account's page: its moves, newest first, each with what was left after it.

Pages follow line numbers, not times: two moves of one moment have an order, and what is written while somebody turns
the page does not move the lines that they have not seen yet.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.ledger.books import Books, Line
from service.ledger.entry import Account


class Page(NamedTuple):
    """Lines, newest first; `older` is what to ask for `before`, or None on the last page."""

    lines: Sequence[Line]
    older: int | None


def statement(books: Books, account: Account, *, before: int | None = None, limit: int = 20) -> Page:
    """Return one page of an account's lines, older than line number `before`."""
    lines = books.lines(account, before=before, limit=limit + 1)
    return Page(lines[:limit], lines[limit - 1].number if len(lines) > limit else None)


def every_line(books: Books, account: Account, *, page: int = 1000) -> Iterator[Line]:
    """Yield all lines of an account, newest first, page by page."""
    before: int | None = None
    while True:
        lines, before = statement(books, account, before=before, limit=page)
        yield from lines
        if before is None:
            return
