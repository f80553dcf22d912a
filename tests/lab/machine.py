"""The machine around the service: its disk fills, its clock jumps, its processes stand still, messages do not leave.

Phones pay all the while (see phones.py): what each has read is held against the books at the end. Nothing is restarted
by hand: when a fault is over, the next payment must be done by itself. What a phone reads meanwhile is checked, too:
whoever reads "Nothing was taken" dials and pays again, so that a false word shows as a payment too many, or as a DONE.
"""

import os
import random
import re
import resource
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from service.storage.migrate import migrate
from service.wallet.unit import Notice
from tests.bench.crowd import gather
from tests.bench.measure import NotRun as NoServer
from tests.bench.servers import postgres
from tests.fakes.africastalking import fake_africastalking
from tests.lab.answers import machine
from tests.lab.bank import postmaster_of
from tests.lab.finding import Finding, NotRun, Round, Say
from tests.lab.phones import Crowd, problems, verify
from tests.serving.conftest import Machine, app_at

TITLE = "Disk, clock, stopped processes, messages"

FAULTS = {"full": 60, "short": 4}
"""Faults of each kind."""

PATIENCE: dict[Round, float] = {"full": 240, "short": 0}
"""For so long the last messages are waited for: one of which nobody heard is sent again after three minutes."""

PEOPLE, AT_ONCE = 12, 4
READERS = 60
"""People among whom messages are lost: in an hour no number is sent more than 200, and what is over it waits."""

JUMPS = {"an hour back": "-1h", "a day on": "+1d", "ten years on": "+10y", "to 2038": "@2038-01-19 03:14:00"}
"""In the words of faketime; `@` is a time that then goes on."""

HEARD_SECONDS = 1.1
"""After so long every process has noticed that the clock has jumped."""

ANEW = re.compile(r"CON (?:(?:NOT sent|HAIKUTUMWA): [^\n]*\n)?Senti\n1 ")


def run(size: Round, say: Say) -> list[Finding]:
    """Break one part of the machine after another."""
    wanted = FAULTS[size]
    _faketime()  # what is missing is said before the first minute is spent
    try:
        return [
            full_disk(wanted, say),
            stopped(wanted, say),
            clock(wanted, say),
            clock_inside(wanted, say),
            no_messages(max(2, wanted // 10), say, patience_seconds=PATIENCE[size]),
        ]
    except NoServer as missing:
        raise NotRun(missing.why, missing.cure) from None


@dataclass
class Breaking:
    """Phones that pay on a machine while it is broken and mended again and again."""

    what: str
    url: str
    here: Machine
    say: Say
    people: int = PEOPLE
    injected: Counter[str] = field(default_factory=Counter)

    def go(self, wanted: int, break_once: Callable[[int], str], serve: Callable[[], object], note: str = "") -> Finding:
        """Serve, let phones pay, break and mend so often, and judge; `break_once` returns what it broke."""
        recovery = 0.0
        with app_at(self.url) as app:
            gather(app, self.people)
            before = problems(app)
            serve()
            crowd = Crowd(self.here.port, people=self.people, at_once=AT_ONCE)
            crowd.begin_and_see()
            try:
                for number in range(wanted):
                    self.say(f"{self.what}, {number} of {wanted}")
                    self.injected[break_once(number)] += 1
                    recovery = max(recovery, _recovered(crowd))
            finally:
                crowd.end()
            verdict = verify(app, crowd.seen.payments, before)
        seen = crowd.seen
        # A talk that is over by a clock that jumped begins anew, with nothing paid: that is no false word.
        odd = [screen for screen in seen.strange if not ANEW.match(screen)]
        strange = "".join(f"; strange: {screen!r}" for screen in odd[:2])
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(self.injected.items()))
        return Finding(
            what=self.what,
            faults=self.injected.total(),
            acknowledged=seen.done,
            lost=verdict.lost,
            doubled=verdict.doubled,
            unbalanced=len(verdict.problems) + len(odd),
            longest_recovery_seconds=recovery,
            note=f"{said}; in doubt, then told: {dict(seen.doubts)}{note}{strange}",
        )


def _recovered(crowd: Crowd) -> float:
    """Wait for a payment after a fault, and return how many seconds it took."""
    began, done = time.monotonic(), crowd.seen.done
    while crowd.seen.done == done:
        crowd.go_on(seconds=0.02)
    return time.monotonic() - began


@contextmanager
def _on_sqlite(**settings: str) -> Iterator[tuple[str, Machine]]:
    with tempfile.TemporaryDirectory(prefix="senti-lab-") as folder:
        url = f"sqlite:///{folder}/senti.db"
        migrate(url)
        with machine(Path(folder), url, **settings) as here:
            yield url, here


def children(pid: int) -> list[int]:
    """Return the processes that a process has begun."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def full_disk(wanted: int, say: Say) -> Finding:
    """Let no file of the service grow, as on a full disk: writing fails within a statement, or at COMMIT."""
    with _on_sqlite() as (url, here):
        chance = random.Random(7)

        def fill(_: int) -> str:
            (web,) = children(here.processes[0].pid)
            limit = resource.prlimit(web, resource.RLIMIT_FSIZE)
            size = os.stat(here.url.removeprefix("sqlite:///") + "-wal").st_size
            room = chance.choice([0, 1024, size, size + 10_000])
            resource.prlimit(web, resource.RLIMIT_FSIZE, (room, limit[1]))
            time.sleep(chance.uniform(0.3, 1.5))
            resource.prlimit(web, resource.RLIMIT_FSIZE, limit)
            return "times without room"

        return Breaking("disk full, SQLite", url, here, say).go(wanted, fill, here.serve)


def stopped(wanted: int, say: Say) -> Finding:
    """Stop a web process, the worker, or a process of PostgreSQL for up to five seconds, and let it go on."""
    with postgres() as server, server.database() as url, tempfile.TemporaryDirectory(prefix="senti-lab-") as folder:
        migrate(url)
        with machine(Path(folder), url, SENTI_WORKERS="2") as here:
            chance = random.Random(8)

            def stop(number: int) -> str:
                worker, web = here.processes[0].pid, children(here.processes[1].pid)
                postmaster = _postmaster(url)
                kinds = {"web processes": [chance.choice(web)], "workers": [worker]}
                if postmaster:
                    kinds |= {"postmasters": [postmaster], "databases": [postmaster, *children(postmaster)]}
                kind = list(kinds)[number % len(kinds)]
                _stop(kinds[kind], chance.uniform(0.5, 5))
                return f"{kind} stopped"

            def serve() -> None:
                here.begin("worker")
                here.serve()

            return Breaking("processes stopped, PostgreSQL", url, here, say).go(wanted, stop, serve)


def _stop(pids: list[int], seconds: float) -> None:
    try:
        for pid in pids:
            with suppress(ProcessLookupError):  # it has ended since
                os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _postmaster(url: str) -> int:
    with psycopg.connect(url) as connection:
        return postmaster_of(connection)


def clock(wanted: int, say: Say) -> Finding:
    """Let the clock of the whole service jump, also between two hops of a talk, and jump back.

    faketime with DONT_FAKE_MONOTONIC makes every wait for SQLite's writer last two seconds: recovery says little here.
    """
    with _clock() as (told, environment), _on_sqlite(**environment) as (url, here):

        def jump(number: int) -> str:
            name = list(JUMPS)[number % len(JUMPS)]
            for offset in (JUMPS[name], "+0"):
                _set(told, offset)
                time.sleep(HEARD_SECONDS + 0.5)
            return name

        return Breaking("clock, SQLite", url, here, say).go(wanted, jump, here.serve)


def clock_inside(wanted: int, say: Say) -> Finding:
    """Let the clock jump while hops stand in the middle of their transactions, at a wallet that is locked, and back."""
    with (
        postgres() as server,
        server.database() as url,
        _clock() as (told, environment),
        tempfile.TemporaryDirectory(prefix="senti-lab-") as folder,
    ):
        migrate(url)
        with machine(Path(folder), url, SENTI_WORKERS="2", **environment) as here:

            def jump(number: int) -> str:
                name = list(JUMPS)[number % len(JUMPS)]
                for offset in (JUMPS[name], "+0"):
                    while not _while_hops_wait(url, lambda offset=offset: _set(told, offset)):  # type: ignore[misc]
                        time.sleep(0.1)
                    time.sleep(0.5)
                return name

            def serve() -> None:
                here.begin("worker")
                here.serve()

            return Breaking("clock inside transactions, PostgreSQL", url, here, say).go(wanted, jump, serve)


def _while_hops_wait(url: str, act: Callable[[], object]) -> bool:
    """Lock all wallets; act as soon as somebody waits for one, and say whether somebody did."""
    waits = (
        "SELECT FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name LIKE 'senti%' AND wait_event_type = 'Lock'"
    )
    with psycopg.connect(url, autocommit=True) as eyes, psycopg.connect(url) as hand:
        hand.execute("SELECT FROM accounts WHERE id LIKE '%:wallet:%' ORDER BY id FOR UPDATE")
        until = time.monotonic() + 0.8  # a hop waits for two seconds at most
        while time.monotonic() < until:
            if eyes.execute(waits).fetchone() is not None:
                act()
                time.sleep(HEARD_SECONDS)
                return True
            time.sleep(0.01)
    return False


@contextmanager
def _clock() -> Iterator[tuple[Path, dict[str, str]]]:
    """Give a file that says what the clock shows, and the environment in which it is believed."""
    library = _faketime()
    with tempfile.TemporaryDirectory(prefix="senti-lab-") as folder:
        told = Path(folder) / "clock"
        _set(told, "+0")
        yield (
            told,
            {
                "LD_PRELOAD": str(library),
                "FAKETIME_TIMESTAMP_FILE": str(told),
                "FAKETIME_CACHE_DURATION": "1",  # seconds; to read the file each time costs most of a processor
                "DONT_FAKE_MONOTONIC": "1",
            },
        )


def _faketime() -> Path:
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        raise NotRun("there is no faketime here", "apt-get install faketime")
    return library


def _set(told: Path, offset: str) -> None:
    new = told.with_suffix(".new")
    new.write_text(offset + "\n")
    new.replace(told)  # whole at once: the service reads it all the time


def no_messages(wanted: int, say: Say, *, patience_seconds: float) -> Finding:
    """Let the SMS gateway hang up, break or be away while phones pay; then all messages leave, none more than twice.

    That all have left is asked only where there is the patience to wait for it.
    """
    key = {"SENTI_AFRICASTALKING_API_KEY": "invented", "SENTI_AFRICASTALKING_USERNAME": "senti"}
    with fake_africastalking() as fake, _on_sqlite(**key, SENTI_AFRICASTALKING_BASE_URL=fake.url) as (url, here):
        moods = ("drop_reply", "error", "slow")

        def misbehave(number: int) -> str:
            fake.mood = moods[number % len(moods)]
            time.sleep(3)
            fake.mood = "well"
            return f"times in the mood {moods[number % len(moods)]!r}"

        finding = Breaking("SMS gateway, SQLite", url, here, say, READERS).go(wanted, misbehave, here.serve)
        waiting = _drained(url, patience_seconds)
        copies = Counter(fake.taken())
    twice = sum(count > 2 for count in copies.values())
    again = sum(count == 2 for count in copies.values())
    note = f"{finding.note}; {len(copies)} messages, {again} of them sent twice, {waiting} still wait"
    values = {**vars(finding), "doubled": finding.doubled + twice, "note": note}
    return Finding(**{**values, "lost": finding.lost + (waiting if patience_seconds else 0)})


def _drained(url: str, seconds: float) -> int:
    """Wait until no message waits any more, and return how many still do."""
    until = time.monotonic() + seconds
    while True:
        with app_at(url) as app:
            left = app.read(lambda unit: unit.rows.find(Notice, state=("queued", "sending"), limit=100_000))
        if not left or time.monotonic() > until:
            return len(left)
        time.sleep(1)
