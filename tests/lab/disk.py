"""The disk under PostgreSQL: it is full, it does not sync, it does not write, it does not read; then it is well again.

Phones pay all the while, as in machine.py. The database has a small file system of its own, which a large file fills;
for the other faults strace answers the system calls of PostgreSQL's processes with EIO. PostgreSQL dies of most of this
on purpose, and is started again whenever it has ended, as an operator's machine would do it. Nothing else is restarted.

Errors meet the processes that are there, not those that recover: PostgreSQL 18.4 whose recovery was hit, too, stood
still for ever three times, with its helpers and no recovery (it may have been strace). A full disk meets them all.
"""

import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
from sqlalchemy import make_url

from service.storage.migrate import migrate
from tests.bench.measure import NotRun as NoServer
from tests.lab.answers import machine
from tests.lab.finding import Finding, NotRun, Round, Say
from tests.lab.kills import server_of_our_own
from tests.lab.machine import Breaking, children

TITLE = "The disk under PostgreSQL"

FAULTS = {"full": 60, "short": 10}
"""Faults of each kind."""

PAYING_SECONDS = 0.5
"""For so long phones pay between two faults."""

DISK_MIB = 400
TOOLS = {"strace": "strace", "mkfs.ext4": "e2fsprogs", "mount": "mount"}
"""Programs, and the Debian packages that they come from."""

CALLS = {
    "syncs that failed": "fsync,fdatasync",
    "writes that failed": "pwrite64,pwritev,pwritev2",
    "reads that failed": "pread64,preadv,preadv2",
}
SETTINGS = {
    "shared_buffers": "1MB",  # little is kept in memory, so that the disk is read
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
    "checkpoint_timeout": "30s",
}


def run(size: Round, say: Say) -> list[Finding]:
    """Fill the disk, then let it fail."""
    if missing := [package for program, package in TOOLS.items() if shutil.which(program) is None]:
        raise NotRun(f"there is no {' and no '.join(missing)} here", f"apt-get install {' '.join(missing)}")
    if os.geteuid() != 0:
        raise NotRun("only root may mount a small disk and trace PostgreSQL", "sudo make lab")
    try:
        return [full(FAULTS[size], say), broken(FAULTS[size], say)]
    except NoServer as missing_server:
        raise NotRun(missing_server.why, missing_server.cure) from None


def full(wanted: int, say: Say) -> Finding:
    """Leave PostgreSQL no room, now for a table's next page and now for its log's next file."""
    chance = random.Random(9)

    def fill(disk: "Disk", number: int) -> str:
        with disk.filled(room=chance.choice([0, 8_192, 100_000])):
            if number % 2:
                disk.ask(*["SELECT pg_switch_wal()", "SELECT txid_current()"] * 4)
            time.sleep(chance.uniform(0.5, 1.5))
        return "times no room for the log" if number % 2 else "times no room for tables"

    return _paying("disk full, PostgreSQL", wanted, fill, say)


def broken(wanted: int, say: Say) -> Finding:
    """Answer what PostgreSQL asks of its disk with an error."""
    chance = random.Random(10)

    def spoil(disk: "Disk", number: int) -> str:
        kind = list(CALLS)[number % len(CALLS)]
        for _ in range(5):
            if disk.fail(CALLS[kind], seconds=chance.uniform(0.3, 1.0)):
                return kind
        raise AssertionError(f"no call has failed: {kind}")

    return _paying("disk errors, PostgreSQL", wanted, spoil, say)


def _paying(what: str, wanted: int, break_once: "Callable[[Disk, int], str]", say: Say) -> Finding:
    with small_disk() as disk, tempfile.TemporaryDirectory(prefix="senti-lab-") as folder:
        migrate(disk.url)
        with machine(Path(folder), disk.url, SENTI_WORKERS="2") as here:

            def serve() -> None:
                here.begin("worker")
                here.serve()

            def pay_and_break(number: int) -> str:
                time.sleep(PAYING_SECONDS)
                return break_once(disk, number)

            finding = Breaking(what, disk.url, here, say).go(wanted, pay_and_break, serve)
        note = f"{finding.note}; PostgreSQL was started again {disk.started} times"
        return Finding(**{**vars(finding), "note": note})


@dataclass
class Disk:
    """A small disk with a PostgreSQL on it, which is started again whenever it has ended."""

    mount: Path
    server: Any
    started: int = 0

    def __post_init__(self) -> None:
        self.url = self.server.get_uri()
        self._data = self.mount / "data"
        self._over = Event()
        self._thread = Thread(target=self._keep, daemon=True)

    def begin(self) -> None:
        """Settle the server for the experiment, and keep it running from now on."""
        self.ask(*(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in SETTINGS.items()))
        self._control("stop", "-m", "fast")
        self._start()
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join(timeout=60)
        self._control("stop", "-m", "immediate")

    def ask(self, *statements: str) -> None:
        """Ask these, one after another; what fails, or finds no server, does not matter."""
        for statement in statements:
            with suppress(psycopg.Error), psycopg.connect(self.url, autocommit=True, connect_timeout=2) as line:
                line.execute(statement)

    @contextmanager
    def filled(self, *, room: int) -> Iterator[None]:
        """Leave so many bytes on the disk."""
        ballast = self.mount / "ballast"
        state = os.statvfs(self.mount)
        try:
            with suppress(OSError), ballast.open("wb") as file:  # there is no room: that is what it is for
                os.posix_fallocate(file.fileno(), 0, max(1, state.f_bavail * state.f_frsize - room))
            yield
        finally:
            ballast.unlink(missing_ok=True)

    def fail(self, calls: str, *, seconds: float) -> int:
        """Let these calls of all processes of the server fail for so long, and return how many did."""
        while not (main := self._postmaster()):
            time.sleep(0.05)
        with tempfile.NamedTemporaryFile(prefix="senti-lab-", mode="r") as told:
            words = [f"-p{pid}" for pid in children(main)]
            inject = f"inject={calls}:error=EIO"
            tracer = subprocess.Popen(
                ["strace", "-f", "-qq", "-o", told.name, "-e", f"trace={calls}", "-e", inject, *words],
                stderr=subprocess.DEVNULL,
            )
            try:
                time.sleep(0.2)  # until it has them all
                self.ask("CHECKPOINT")
                time.sleep(seconds)
            finally:
                tracer.terminate()
                tracer.wait(timeout=20)
            return told.read().count("(INJECTED)")

    def _keep(self) -> None:
        while not self._over.wait(0.1):
            if not self._postmaster():
                self.started += 1
                self._start()

    def _start(self) -> None:
        folder = make_url(self.url).query["host"]
        self._control("-l", str(self._data / "log"), "-o", f"-h '' -k {folder}", "start", "-t", "20")

    def _control(self, *words: str) -> None:
        subprocess.run(
            [self.server.bin_path / "pg_ctl", "-w", "-D", str(self._data), *words],
            user=self.server.system_user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )

    def _postmaster(self) -> int:
        with suppress(OSError, ValueError, IndexError):
            pid = int((self._data / "postmaster.pid").read_text().split()[0])
            if b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return 0


@contextmanager
def small_disk() -> Iterator[Disk]:
    """Give a file system of its own with a PostgreSQL on it; raises NotRun."""
    with tempfile.TemporaryDirectory(prefix="senti-lab-") as folder:
        image, mount = Path(folder) / "image", Path(folder) / "disk"
        mount.mkdir()
        Path(folder).chmod(0o755)
        with image.open("wb") as file:
            file.truncate(DISK_MIB * 2**20)
        _run("mkfs.ext4", "-q", "-m", "0", str(image))
        _run("mount", "-o", "loop", str(image), str(mount))
        try:
            with server_of_our_own(mount) as server:
                disk = Disk(mount, server)
                disk.begin()
                try:
                    yield disk
                finally:
                    disk.end()
        finally:
            _run("umount", "--lazy", str(mount))


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotRun(f"{words[0]}: {done.stderr.strip()}", "run it where root may mount a loop device")
