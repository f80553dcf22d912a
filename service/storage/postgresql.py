"""The store in PostgreSQL: a posting with its guards is one call of one function in the database, one round trip."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import URL

from service.ledger.entry import Entry, Posted, check_entry
from service.refusal import Refusal
from service.storage import engines
from service.storage.books import SqlBooks
from service.storage.codec import Cipher
from service.storage.crowd import Crowd
from service.storage.ghosts import Ghosts
from service.storage.line import Answer, Failed, Lines, Lost
from service.storage.postgresql_post import POST, answers, arguments, free_accounts, texts
from service.storage.postgresql_wire import PostgresqlWire, marked
from service.storage.safety import check_postgresql
from service.storage.sql import SqlStore, connected
from service.storage.store import Busy, Tx, Unsure
from service.storage.trouble import AnswerLost, again
from service.storage.wire import Wire
from service.ussd.session import Conversation

_OPEN = "INSERT INTO accounts (id) SELECT unnest(?::text[]) ORDER BY 1 ON CONFLICT DO NOTHING"
_SEALER_LOCK = 734_002
_STRETCH = 32  # the sequence `ids` counts in these steps
_STALE_SECONDS = 1.0
# Crowds on their way at one time: as many as processors. Fewer leave a processor idle, more make smaller crowds
# (measured on two, as parts of TPC-B in the same run: one 0.64 and 0.82, two 0.77 and 0.87, three 0.63 and 0.69).
_LANES = os.cpu_count() or 2
_CONNECTIONS = engines.POSTGRESQL_CONNECTIONS + _LANES

T = TypeVar("T")


class PostgresqlBooks(SqlBooks):
    """The books of one transaction."""

    def __init__(self, wire: Wire, wrote: set[type[Any]], opened: set[str]) -> None:
        super().__init__(wire, wrote)
        self._opened = opened
        self.opens: set[str] = set()

    def post(self, entry: Entry) -> Posted:
        check_entry(entry)
        if missing := free_accounts((entry,)) - self._opened - self.opens:
            self._wire.write(_OPEN, (texts(missing),))
            self.opens |= missing
        self.wrote.add(Entry)
        self._fetched.clear()
        (answer,) = answers((entry,), self._wire.write(POST, arguments((entry,))).fetchone())
        if isinstance(answer, Refusal):
            raise answer
        return answer or self._again(entry)

    def undone(self) -> None:
        super().undone()
        self.opens.clear()

    def counter(self, key: str) -> int:
        if self._wire.reads:
            return self.used(key)
        self._write("INSERT INTO counters (key, value) VALUES (?, 0) ON CONFLICT DO NOTHING", key)
        return int(self._one("SELECT value FROM counters WHERE key = ? FOR NO KEY UPDATE", key))

    def _find_settled(self, before: int) -> int:
        # The reach of a seal of that time. A clock may jump by hours: a seal is settled only where no transaction goes
        # on that is older than its own.
        settled = (
            "SELECT reach FROM seals "
            "WHERE written_at <= ? AND age(xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid) "
            "ORDER BY number DESC LIMIT 1"
        )
        return int(self._one(settled, before) or 0)

    def _lock_sealer(self) -> None:
        self._all("SELECT pg_advisory_xact_lock(?)", _SEALER_LOCK)


class PostgresqlStore(SqlStore):
    """A store in a PostgreSQL database, shared by any number of processes."""

    def __init__(self, url: URL, cipher: Cipher) -> None:
        engine = engines.postgresql(url)
        reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        super().__init__(engine, reader, cipher)
        self._lines = Lines(engines.for_libpq(url), _CONNECTIONS, self._forget_stretch)
        self._ghosts = Ghosts()
        self._opened: set[str] = set()
        self._stretch = (0, 0, 0.0)  # next identifier, end of the stretch, when it was fetched
        self._forgotten = 0
        self._mint_lock = Lock()
        self._crowd = Crowd(self._post_alone, self._post_in_order, lanes=_LANES)

    def post_one(self, entry: Entry) -> Posted:
        """Post an entry in one round trip; raises what refuses it, Busy or Unsure. Those in a crowd share a commit."""
        check_entry(entry)
        return self._crowd.post(entry)

    def post_many(self, entries: Sequence[Entry]) -> Sequence[Posted | Refusal]:
        """Post entries in their order, each for itself, and return what came of each.

        They go in one commit and one round trip, unless one is there twice: its second asking goes after the others.
        """
        for entry in entries:
            check_entry(entry)
        return self._post_in_order(entries)

    def _post_in_order(self, entries: Sequence[Entry]) -> Sequence[Posted | Refusal]:
        results: list[Posted | Refusal] = []
        for piece in _without_twins(entries):
            try:
                results += self._post(piece)
            except Busy as error:
                if results:  # the pieces before are written
                    raise Unsure from error
                raise
        return results

    def _post_alone(self, entry: Entry) -> Posted:
        (result,) = self._post((entry,))
        if isinstance(result, Refusal):
            raise result
        return result

    def _post(self, entries: Sequence[Entry]) -> Sequence[Posted | Refusal]:
        self._open_free(entries)
        (row,) = self._call(POST, arguments(entries), [entry.id for entry in entries]).rows
        return [answer or self._written(entry) for entry, answer in zip(entries, answers(entries, row), strict=True)]

    def _written(self, entry: Entry) -> Posted:
        """Answer for an entry that is written already."""
        try:
            return self.transact(lambda tx: tx.books.post(entry))
        except Busy as error:
            raise Unsure from error

    def check_safety(self) -> list[str]:
        """Return what is unsafe for real money about the settings of this database and the rights of this role."""
        with connected(self._reader) as connection:
            return check_postgresql(connection)

    def close(self) -> None:
        self._lines.close()
        super().close()

    def _open_free(self, entries: Sequence[Entry]) -> None:
        if missing := free_accounts(entries) - self._opened:
            self._call(_OPEN, (texts(missing),))
            self._opened |= missing

    def _once(self, work: Callable[[Tx], T], *, reads: bool) -> T:
        with self._lines.one() as line:
            wire, wrote = PostgresqlWire(line, reads=reads), set[type[Any]]()
            books = PostgresqlBooks(wire, wrote, self._opened)
            try:
                result = work(self._tx(wire, books, wrote))
            except BaseException as error:
                wire.roll_back()
                wire.raise_for(error)
                raise
            wire.commit(durable=wrote != {Conversation})
            self._opened |= books.opens
            return result

    def _call(self, sql: str, values: Sequence[str | None], entries: Sequence[int] = ()) -> Answer:
        """Run a statement that commits by itself and that may be run again: the ids of its entries tell."""

        def once() -> Answer:
            with self._lines.one() as line:
                try:
                    final = self._ghosts.end(line, entries)
                    answer = line.ask(((marked(sql), values),))[0]
                except Lost as error:
                    raise AnswerLost(str(error)) from error
                except Failed as error:
                    PostgresqlWire(line, reads=False).raise_for(error)
                    raise
                finally:
                    if line.lost and entries:
                        self._ghosts.note(line, entries)
                if not final and not _all_there(answer):
                    raise AnswerLost("what was asked before does not end")
                return answer

        return again(once)

    def _mint(self, wire: Wire) -> int:
        with self._mint_lock:
            following, end, fetched = self._stretch
            # An old stretch is thrown away, so that identifiers of all processes grow with time.
            if following < end and time.monotonic() - fetched <= _STALE_SECONDS:
                self._stretch = (following + 1, end, fetched)
                return following
            forgotten = self._forgotten
        # Asked outside of the lock: a server that does not answer one must not hold up all others.
        (following,) = wire.read("SELECT nextval('ids')").fetchone()
        assert following + _STRETCH < 2**40, "the identifiers are used up"
        with self._mint_lock:
            if forgotten == self._forgotten and following >= self._stretch[0]:
                self._stretch = (following + 1, following + _STRETCH, time.monotonic())
        return int(following)

    def _forget_stretch(self) -> None:
        # The server may have died and risen without the memory of a stretch, and give it out to somebody else.
        with self._mint_lock:
            self._stretch = (0, 0, 0.0)
            self._forgotten += 1


def _all_there(answer: Answer) -> bool:
    """Say whether every entry is written."""
    ((codes, *_),) = answer.rows
    return set(codes[1:-1].split(",")) <= {"posted", "exists"}


def _without_twins(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Cut a list before each entry that is, by its id or by what may happen once, in the same piece already."""
    piece: list[Entry] = []
    names: set[int | str | None] = set()
    for entry in entries:
        if entry.id in names or (entry.once and entry.once in names):
            yield piece
            piece, names = [], set()
        piece.append(entry)
        names.update((entry.id, entry.once))
    if piece:
        yield piece
