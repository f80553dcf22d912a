"""What every storage engine is: a place where work is committed together or not at all."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeVar

from service.ledger.books import Books
from service.wallet.unit import Rows

T = TypeVar("T")


class Tx(NamedTuple):
    """One open transaction."""

    books: Books
    rows: Rows
    mint: Callable[[], int]
    savepoint: Callable[[], AbstractContextManager[None]]


class Busy(Exception):
    """A lock or a connection was not had in time; nothing was written."""


class Unsure(Exception):
    """The connection was lost at COMMIT: the work is done or it is not, and nobody may say which without looking."""


class Store(Protocol):
    """An engine. `transact` commits what the function did, or rolls all of it back if it raises."""

    def transact(self, work: Callable[[Tx], T]) -> T:
        """Run the work in one transaction; serialization failures and deadlocks run it again whole.

        May raise Busy or Unsure; after any other exception nothing was written.
        """

    def close(self) -> None: ...
