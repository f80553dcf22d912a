"""What is measured over HTTP, each in processes of its own: the service as `senti serve` runs it, and what it is
compared with under the same server with the same settings.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent


class Served(NamedTuple):
    """A server that answers; `pid` is the process that all others of it descend from."""

    port: int
    pid: int


@contextmanager
def served(url: str, folder: Path, *, workers: int, keyed: bool = False) -> Iterator[Served]:
    """Serve a database that has been migrated; `keyed` replaces the PIN's hash. What it logs goes to the folder."""
    command = [*senti(keyed=keyed), "serve", "--port", "PORT", "--workers", str(workers)]
    with running(command, folder, {"SENTI_DATABASE_URL": url}) as server:
        yield server


def senti(*, keyed: bool = False) -> list[str]:
    """Return what stands for `senti` on a command line."""
    if keyed:
        return [sys.executable, "-m", "tests.bench.keyed"]
    return [sys.executable, "-c", "from service.cli import main; main()"]


@contextmanager
def running(command: Sequence[str], folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Run a server until the block is left; PORT in the command becomes a free one."""
    port = free_port()
    with (folder / "served.log").open("ab") as log:
        process = subprocess.Popen(
            [part.replace("PORT", str(port)) for part in command],
            cwd=folder,
            env=clean_environment(settings),
            stdout=log,
            stderr=log,
        )
        try:
            _await(port, process, folder)
            yield Served(port, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


def clean_environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment with these settings of Senti and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SENTI_")}
    # People pay each other for the first time here; what is measured is a payment that arrives at once.
    return kept | {"PYTHONPATH": str(ROOT), "SENTI_DEMO_UNDO": "false"} | dict(settings or {})


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, (folder / "served.log").read_text("utf-8")[-2000:]
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("what should be measured does not answer")
