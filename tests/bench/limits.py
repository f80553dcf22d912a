"""The limits that Senti is measured against: what the databases do by themselves, with nothing of ours in between."""

import random
import re
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from threading import Thread
from typing import Any, NamedTuple

import psycopg
from pysqlite3 import dbapi2
from sqlalchemy import make_url

from tests.bench.servers import Postgres
from tests.bench.stand import Measure, Stand

CLIENTS = 8

_FIVE = (
    "UPDATE pgbench_accounts SET abalance = abalance + %(delta)s WHERE aid = %(aid)s",
    "SELECT abalance FROM pgbench_accounts WHERE aid = %(aid)s",
    "UPDATE pgbench_tellers SET tbalance = tbalance + %(delta)s WHERE tid = %(tid)s",
    "UPDATE pgbench_branches SET bbalance = bbalance + %(delta)s WHERE bid = %(bid)s",
    "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) "
    "VALUES (%(tid)s, %(bid)s, %(aid)s, %(delta)s, CURRENT_TIMESTAMP)",
)
"""TPC-B as pgbench has it."""

_TABLES = (
    "CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88)) WITH (fillfactor = 100)",
    "CREATE TABLE pgbench_tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84))",
    "CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84))",
    "CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))",
    "INSERT INTO pgbench_branches (bid, bbalance) SELECT n, 0 FROM generate_series(1, {scale}) n",
    "INSERT INTO pgbench_tellers (tid, bid, tbalance) "
    "SELECT n, (n - 1) / 10 + 1, 0 FROM generate_series(1, 10 * {scale}) n",
    "INSERT INTO pgbench_accounts (aid, bid, abalance, filler) "
    "SELECT n, (n - 1) / 100000 + 1, 0, '' FROM generate_series(1, 100000 * {scale}) n",
)


class TpcB:
    """TPC-B on one database: pgbench's built-in script, prepared; where there is no pgbench, its five statements."""

    def __init__(self, server: Postgres, url: str, scale: int) -> None:
        self._url, self._scale, self._pgbench = url, scale, server.pgbench()
        if self._pgbench:
            self._run("-i", "-q", "-s", str(scale))
            return
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in _TABLES:
                connection.execute(statement.format(scale=scale))
            connection.execute("VACUUM ANALYZE")

    @property
    def by(self) -> str:
        """Say who runs it."""
        if self._pgbench is None:
            return "no pgbench here: psycopg"
        said = subprocess.run([self._pgbench, "--version"], capture_output=True, text=True, check=True).stdout
        return " ".join(said.replace("(PostgreSQL)", "").split()[:2])

    def measure(self, seconds: float) -> float:
        """Return transactions in a second."""
        if self._pgbench is None:
            with ExitStack() as connections:
                return count_in_threads(lambda number: self._client(number, connections), seconds)
        said = self._run("-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(max(1, round(seconds))))
        found = re.search(r"tps = ([0-9.]+) \(without", said)
        assert found, said
        return float(found[1])

    def _run(self, *arguments: str) -> str:
        assert self._pgbench
        # A URL with a socket directory in it is not understood by old releases: the parts are given one by one.
        url = make_url(self._url)
        environment = {
            "PGHOST": str(url.host or url.query.get("host", "")),
            "PGPORT": str(url.port or 5432),
            "PGUSER": url.username or "",
            "PGPASSWORD": str(url.password or ""),
            "PGDATABASE": url.database or "",
        }
        done = subprocess.run([self._pgbench, *arguments], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _client(self, number: int, connections: ExitStack) -> Callable[[], None]:
        connection = connections.enter_context(psycopg.connect(self._url, prepare_threshold=0))
        chance = random.Random(number)

        def transaction() -> None:
            values = {
                "aid": chance.randint(1, 100_000 * self._scale),
                "tid": chance.randint(1, 10 * self._scale),
                "bid": chance.randint(1, self._scale),
                "delta": chance.randint(-5000, 5000),
            }
            for statement in _FIVE:
                connection.execute(statement, values)
            connection.commit()

        return transaction


class BareSqlite:
    """The statements of a posting, on the tables of a store, through nothing but the module."""

    def __init__(self, path: str, accounts: list[str], first_id: int) -> None:
        self._driver: Any = dbapi2.connect(path, isolation_level=None, check_same_thread=False)
        self._driver.execute("PRAGMA synchronous=FULL")
        self._driver.execute("PRAGMA foreign_keys=ON")
        self._accounts, self._next = accounts, first_id

    def measure(self, seconds: float) -> float:
        """Return postings in a second, by one who writes: more writers would wait for each other."""
        return count_in_threads(lambda _: self._post, seconds, clients=1)

    def close(self) -> None:
        self._driver.close()

    def _post(self) -> None:
        run, self._next = self._driver.execute, self._next + 1
        entry, (payer, payee) = self._next, random.sample(self._accounts, 2)
        run("BEGIN IMMEDIATE")
        run("SELECT 1 FROM entries WHERE id = ?", (entry,)).fetchone()
        for account in (payer, payee):
            run("SELECT balance FROM accounts WHERE id = ?", (account,)).fetchone()
        for account in ("ke:fees:", "ke:tax:"):
            run("INSERT INTO accounts (id) VALUES (?) ON CONFLICT DO NOTHING", (account,))
        run("SELECT value FROM counters WHERE key = ?", (payer,)).fetchone()
        run("INSERT INTO entries (id, reason, at, once) VALUES (?, 'send', 0, NULL)", (entry,))
        self._driver.executemany(
            "INSERT INTO moves (entry, source, target, amount, reason, source_after, target_after) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (entry, payer, payee, 500, "send", 1, 1),
                (entry, payer, "ke:fees:", 6, "fee", 1, None),
                (entry, payer, "ke:tax:", 1, "excise", 1, None),
            ],
        )
        self._driver.executemany(
            "UPDATE accounts SET balance = balance + ? WHERE id = ?", [(-507, payer), (500, payee)]
        )
        run(
            "INSERT INTO counters (key, value) VALUES (?, 500) ON CONFLICT (key) DO UPDATE SET value = value + 500",
            (payer,),
        )
        run("COMMIT")


def count_in_threads(start: Callable[[int], Callable[[], None]], seconds: float, clients: int = CLIENTS) -> float:
    """Return how often in a second so many threads together do what `start` gives each of them."""
    return pace_in_threads(start, seconds, clients).rate


class Pace(NamedTuple):
    """How often in a second, and how many seconds each took."""

    rate: float
    took: list[float]


def pace_in_threads(start: Callable[[int], Callable[[], None]], seconds: float, clients: int = CLIENTS) -> Pace:
    """Let so many threads together do what `start` gives each of them, and clock every time."""
    took: list[list[float]] = [[] for _ in range(clients)]
    trouble: list[BaseException] = []
    work = [start(number) for number in range(clients)]
    begin = time.perf_counter()
    until = begin + seconds

    def loop(number: int) -> None:
        try:
            clock, mine, do = time.perf_counter, took[number], work[number]
            while (before := clock()) < until:
                do()
                mine.append(clock() - before)
        except BaseException as error:
            trouble.append(error)

    threads = [Thread(target=loop, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if trouble:
        raise trouble[0]
    every = [one for mine in took for one in mine]
    return Pace(len(every) / (time.perf_counter() - begin), every)


def tpc_b(stand: Stand) -> Measure:
    """TPC-B on a database of its own."""
    limit = TpcB(stand.server, stand.database(), stand.size.scale)
    stand.by["TPC-B"] = limit.by
    return lambda: {"TPC-B": limit.measure(stand.size.seconds)}
