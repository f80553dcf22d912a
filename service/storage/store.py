"""What every storage engine is: a place where work is committed together or not at all."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeVar

from service.ledger.books import Books
from service.ledger.entry import Entry, Posted
from service.refusal import Refusal
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

    def read(self, work: Callable[[Tx], T]) -> T:
        """Run the work on one moment of the database; it may not write. May raise Busy."""

    def post_one(self, entry: Entry) -> Posted:
        """Post an entry outside any transaction; raises what refuses it, Busy, or Unsure: its id then tells.

        It is committed when this returns. Callers that come together may share a commit; each is decided for itself.
        """

    def post_many(self, entries: Sequence[Entry]) -> Sequence[Posted | Refusal]:
        """Post entries in one commit, in this order, each for itself; return for each what came of it.

        May raise Busy or Unsure.
        """

    def installation_key(self) -> bytes:
        """Return the 32 random bytes that the first migration gave to this installation."""

    def schema_is_current(self, *, running: bool = False) -> bool:
        """Say whether the database has what this release needs; a newer release may have added to it.

        `running` asks for a service that has found it current when it started.
        """

    def check_safety(self) -> list[str]:
        """Return one sentence for each thing that makes this database unsafe for real money."""

    def close(self) -> None: ...
