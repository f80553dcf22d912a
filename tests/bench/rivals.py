"""Frameworks that exist for the same job: installed beside, in an environment of their own, and served alike.

anysd is not here: it needs a Redis server, and with one it was slower than both of these (docs/performance.md).
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from tests.bench.measure import NotRun
from tests.bench.served import ROOT, Served, clean_environment, running

RIVALS = {"cardisk": "0.4.7", "cloey": "0.1.3"}
FOLDER = ROOT / "var" / "bench" / "rivals"


def install() -> Path:
    """Return the Python of the rivals' environment, made if it is not there; raises NotRun."""
    python = FOLDER / "bin" / "python"
    wanted = [f"{name}=={release}" for name, release in RIVALS.items()] + [f"granian=={version('granian')}"]
    done = FOLDER / "installed"
    if done.is_file() and done.read_text("utf-8").split() == wanted:
        return python
    uv = Path(sys.executable).parent / "uv"
    for command in (
        [sys.executable, "-m", "venv", "--without-pip", str(FOLDER)],
        [str(uv), "pip", "install", "-q", "--python", str(python), *wanted],
    ):
        try:
            said = subprocess.run(command, capture_output=True, text=True, timeout=300)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotRun(f"no environment for the other frameworks: {error}", " ".join(command)) from None
        if said.returncode:
            why = (said.stderr or said.stdout).strip().splitlines()[-1:]
            raise NotRun(f"the other frameworks do not install: {' '.join(why)}", " ".join(command))
    done.write_text(" ".join(wanted), "utf-8")
    return python


@contextmanager
def serving(rival: str, python: Path, folder: Path, *, workers: int) -> Iterator[Served]:
    """Serve one of them, with nothing in its memory yet."""
    command = [str(python), "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", "PORT"]
    command += ["--workers", str(workers), "--no-ws", "--log-level", "error", f"tests.bench.rival_{rival}:app"]
    assert clean_environment()["PYTHONPATH"] == str(ROOT)
    with running(command, folder) as server:
        yield server
