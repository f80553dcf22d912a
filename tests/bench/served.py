"""The service, served as `senti serve` does, for as long as a measurement lasts."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def served(url: str, folder: Path, *, workers: int) -> Iterator[int]:
    """Serve a database that has been migrated; give the port. What it logs goes to a file in the folder."""
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SENTI_")}
    environment |= {"SENTI_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from service.cli import main; main()"]
    command += ["serve", "--port", str(port), "--workers", str(workers)]
    with (folder / "served.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _await(port, process, folder)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def _await(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, (folder / "served.log").read_text("utf-8")[-2000:]
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the service does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
