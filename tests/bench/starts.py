"""How long until a service that is started answers its first hop, and until its worker has sent its first message."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count

import psycopg

from tests.bench.crowd import enlist
from tests.bench.phones import menus
from tests.bench.served import clean_environment, free_port, senti
from tests.bench.stand import Figures, Measure, Stand, opened

PATIENCE_SECONDS = 60
IMPORTS = [sys.executable, "-c", "import flask, sqlalchemy"]


def prepare(stand: Stand) -> Measure:
    """Start each on a database of one person, or a few."""
    url, newcomers = stand.database(), count()
    with opened(url) as app:
        enlist(app, next(newcomers))

    def measure() -> Figures:
        with opened(url) as app:
            enlist(app, next(newcomers))
        return {
            "start of imports": _imports(),
            "start of worker": _worker(stand, url),
            "start of web": _web(stand, url),
        }

    return measure


def _imports() -> float:
    began = time.perf_counter()
    subprocess.run(IMPORTS, check=True)
    return (time.perf_counter() - began) * 1000


def _web(stand: Stand, url: str) -> float:
    port = free_port()
    hop = menus(0, 1)[0]

    def is_answered() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as line:
                line.sendall(hop.request)
                return hop.answer.search(line.recv(65536)) is not None
        except OSError:
            return False

    return _until(is_answered, stand, [*senti(), "serve", "--port", str(port)], url)


def _worker(stand: Stand, url: str) -> float:
    with psycopg.connect(url, autocommit=True) as connection:

        def has_sent() -> bool:
            return connection.execute("SELECT FROM notices WHERE state <> 'sent'").fetchone() is None

        assert not has_sent(), "there is no message to send"
        return _until(has_sent, stand, [*senti(), "worker"], url)


def _until(done: Callable[[], bool], stand: Stand, command: Sequence[str], url: str) -> float:
    """Return the milliseconds from starting a command until something is done, and end the command."""
    began = time.perf_counter()
    with _running(stand, command, url) as process:
        while not done():
            assert process.poll() is None, "it ended by itself"
            assert time.perf_counter() - began < PATIENCE_SECONDS, "it does not begin"
            time.sleep(0.002)
        return (time.perf_counter() - began) * 1000


@contextmanager
def _running(stand: Stand, command: Sequence[str], url: str) -> Iterator[subprocess.Popen[bytes]]:
    with (stand.folder / "served.log").open("ab") as log:
        environment = clean_environment({"SENTI_DATABASE_URL": url})
        process = subprocess.Popen(command, cwd=stand.folder, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)
