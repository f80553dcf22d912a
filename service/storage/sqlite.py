"""The store in one SQLite file: one writer at a time, so a posting decides with apply() itself, in this process."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pysqlite3 import dbapi2
from sqlalchemy import URL, Connection

from service.ledger.chart import LOCKED, Reason
from service.ledger.entry import Account, AlreadyDone, Entry, Posted, apply, check_entry
from service.refusal import Refusal
from service.storage import engines
from service.storage.books import SqlBooks
from service.storage.codec import Cipher, to_micros
from service.storage.crowd import Crowd
from service.storage.sql import SqlStore, connected
from service.storage.store import Tx, Unsure
from service.storage.trouble import DATABASE_ERRORS, raise_for
from service.storage.turn import Turn
from service.storage.wire import SqliteWire, Wire

T = TypeVar("T")

RESTORED_GAP = 2**20
"""How far the identifiers of a backup are put on: what the lost days gave out is never given out again."""


class SqliteBooks(SqlBooks):
    """The books of one transaction, which holds the write lock from its first statement."""

    _wire: SqliteWire

    def seals_at_once(self) -> int:
        return 500

    def post(self, entry: Entry) -> Posted:
        self.wrote.add(Entry)
        posted = post_in(self._wire, entry)
        return self._again(entry) if posted is None else posted

    def counter(self, key: str) -> int:
        return self.used(key)


def post_in(wire: SqliteWire, entry: Entry) -> Posted | None:
    """Write an entry, or raise what refuses it; None if this id is there already."""
    wire.begin_steps()
    driver = wire.driver
    if driver.execute("SELECT 1 FROM entries WHERE id = ?", (entry.id,)).fetchone():
        return None
    if entry.once is not None:
        winner = driver.execute("SELECT reason FROM entries WHERE once = ?", (entry.once,)).fetchone()
        if winner:
            raise AlreadyDone(reason=Reason(winner[0]))
    balances: dict[Account, int] = {}
    for account in {account for move in entry.moves for account in move[:2]}:
        if account.kind in LOCKED:
            row = driver.execute("SELECT balance FROM accounts WHERE id = ?", (str(account),)).fetchone()
            assert row is not None, f"account {account} was never opened"
            balances[account] = row[0]
        else:
            driver.execute("INSERT INTO accounts (id) VALUES (?) ON CONFLICT DO NOTHING", (str(account),))
    counters = {}
    for cap in entry.caps:
        row = driver.execute("SELECT value FROM counters WHERE key = ?", (cap.key,)).fetchone()
        counters[cap.key] = row[0] if row else 0
    after = apply(entry, balances, counters)
    # Nothing may refuse after this line.
    driver.execute(
        "INSERT INTO entries (id, reason, at, once) VALUES (?, ?, ?, ?)",
        (entry.id, entry.reason, to_micros(entry.at), entry.once),
    )
    driver.executemany(
        "INSERT INTO moves (entry, source, target, amount, reason, source_after, target_after) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        list(_lines(entry, balances)),
    )
    changed = [(balance, str(account)) for account, balance in after.balances.items()]
    driver.executemany("UPDATE accounts SET balance = ? WHERE id = ?", changed)
    driver.executemany(
        "INSERT INTO counters (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        list(after.counters.items()),
    )
    return Posted(entry.id, entry.at, after.balances)


def _lines(entry: Entry, balances: dict[Account, int]) -> Iterator[tuple[object, ...]]:
    left = dict(balances)
    for move in entry.moves:
        for account, change in ((move.source, -move.amount), (move.target, move.amount)):
            if account in left:
                left[account] += change
        afters = (left.get(move.source), left.get(move.target))
        yield (entry.id, str(move.source), str(move.target), move.amount, move.reason, *afters)


class SqliteStore(SqlStore):
    """A store in a file."""

    def __init__(self, url: URL, cipher: Cipher) -> None:
        super().__init__(engines.sqlite_writer(url), engines.sqlite_reader(url), cipher)
        self._turn = Turn(engines.PATIENCE_SECONDS)
        self._crowd = Crowd(self._post_alone, self.post_many, lanes=1)

    def transact(self, work: Callable[[Tx], T]) -> T:
        """Run the work when its turn has come: there is one connection that writes."""
        with self._turn.taken():
            return super().transact(work)

    def _once(self, work: Callable[[Tx], T], *, reads: bool) -> T:
        with connected(self._reader if reads else self._writer) as connection:
            wire, wrote = SqliteWire(connection), set[type[Any]]()
            try:
                connection.begin()
                result = work(self._tx(wire, SqliteBooks(wire, wrote), wrote))
            except BaseException as error:
                connection.rollback()
                raise_for(error)
                raise
            _commit(connection)
            return result

    def post_one(self, entry: Entry) -> Posted:
        """Post an entry; raises what refuses it, or Busy. Postings in a crowd share a commit."""
        check_entry(entry)
        return self._crowd.post(entry)

    def _post_alone(self, entry: Entry) -> Posted:
        with self._writing() as books:
            return books.post(entry)

    def post_many(self, entries: Sequence[Entry]) -> Sequence[Posted | Refusal]:
        """Post entries in one commit, in this order, each for itself; return for each what came of it."""
        results: list[Posted | Refusal] = []
        with self._writing() as books:
            for entry in entries:
                try:
                    results.append(books.post(entry))
                except Refusal as refusal:
                    results.append(refusal)
        return results

    def backup(self, path: Path) -> None:
        """Write a copy of the database, whole and of one moment, while others go on working."""
        with connected(self._reader) as connection:
            copy = dbapi2.connect(str(path))
            try:
                connection.connection.driver_connection.backup(copy)  # type: ignore[union-attr]
                copy.execute("UPDATE mint SET last = last + ?", (RESTORED_GAP,))
                copy.commit()
            finally:
                copy.close()

    def check_safety(self) -> list[str]:
        """Return what is unsafe for real money about the settings of this database."""
        problems = []
        with self._turn.taken(), connected(self._writer) as connection:
            for pragma, safe, said in (
                ("journal_mode", "wal", "the journal is not WAL"),
                ("synchronous", 2, "synchronous is below FULL: a power cut could undo what was promised"),
                ("foreign_keys", 1, "foreign keys are not kept"),
            ):
                value = connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
                if value != safe and not (pragma == "synchronous" and value == 3):
                    problems.append(said)
        return problems

    @contextmanager
    def _writing(self) -> Iterator[SqliteBooks]:
        with self._turn.taken(), connected(self._writer) as connection:
            try:
                connection.begin()
                yield SqliteBooks(SqliteWire(connection), set())
            except BaseException as error:
                connection.rollback()
                raise_for(error)
                raise
            _commit(connection)

    def _mint(self, wire: Wire) -> int:
        (minted,) = wire.write("UPDATE mint SET last = last + 1 RETURNING last").fetchone()
        assert minted < 2**40, "the identifiers are used up"
        return int(minted)


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except DATABASE_ERRORS as error:
        connection.rollback()
        if _leaves_in_doubt(error):
            raise Unsure from error
        raise_for(error)
        raise


def _leaves_in_doubt(error: BaseException) -> bool:
    """Say whether a COMMIT that failed may have been done all the same.

    A sync that failed may have been written, and recovery will then find it.
    """
    return not isinstance(error, dbapi2.IntegrityError) and "database is locked" not in str(error)
