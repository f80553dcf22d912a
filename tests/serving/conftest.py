import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from service.app import App, make_app
from service.demo import load_demo
from service.settings import Settings
from service.wallet.unit import Notice

ROOT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-c", "from service.cli import main; main()")
AMINA, BARAKA = "+254711000001", "+254722000002"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Machine:
    """A machine with a database, where commands are run as processes of their own."""

    def __init__(self, folder: Path, url: str, **settings: str) -> None:
        self.folder = folder
        self.url = url
        self.port = free_port()
        self.log = folder / f"log-{secrets.token_hex(4)}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SENTI_")}
        self.environment = kept | {
            "PYTHONPATH": str(ROOT),
            "SENTI_DATABASE_URL": url,
            "SENTI_PIN_MEMORY_KIB": "8",
            "SENTI_PORT": str(self.port),
            **settings,
        }
        if settings.get("SENTI_MODE") != "production":
            self.environment["SENTI_DEMO_UNDO"] = "false"  # what is counted here are payments that arrive at once
        self.processes: list[subprocess.Popen[bytes]] = []

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            [*COMMAND, *words], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60
        )

    def says(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def begin(self, *words: str) -> "subprocess.Popen[bytes]":
        """Start a command that goes on; what it prints and logs goes to `log`."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*COMMAND, *words],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self.processes.append(process)
        return process

    def serve(self, *words: str) -> "subprocess.Popen[bytes]":
        """Start a command that serves, and wait until it is ready."""
        process = self.begin(*(words or ("serve",)))
        wait_for(lambda: process.poll() is not None or self.answers(), seconds=30)
        assert process.poll() is None, self.log.read_text()
        return process

    def answers(self) -> bool:
        try:
            return self.get("/health/ready")[0] == 200
        except OSError:
            return False

    def get(self, path: str, port: int | None = None) -> tuple[int, str]:
        try:
            with urlopen(f"http://127.0.0.1:{port or self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def hop(
        self, session: str, text: str = "", *, phone: str = AMINA, code: str = "*384*96#", secret: str = "demo"
    ) -> str:
        """Post one hop as Africa's Talking does, and return the screen."""
        form = {"sessionId": session, "phoneNumber": phone, "serviceCode": code, "networkCode": "63902", "text": text}
        url = f"http://127.0.0.1:{self.port}/gateways/africastalking/{secret}/ussd"
        with urlopen(url, urlencode(form).encode(), timeout=20) as answer:
            assert answer.status == 200
            return str(answer.read().decode())

    def talk(self, *keys: str, phone: str = AMINA) -> str:
        """Dial and press these keys; return the last screen."""
        session = f"ATUid_{secrets.token_hex(16)}"
        screen = self.hop(session, phone=phone)
        for count in range(1, len(keys) + 1):
            screen = self.hop(session, "*".join(keys[:count]), phone=phone)
        return screen

    def logged(self) -> list[dict[str, Any]]:
        """Return the lines of the log, each of which must be JSON but for what is printed to people."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if not line.startswith("Senti")]

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                below = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
                process.kill()
                for child in below:  # it may have a clock that jumps, and not notice for long
                    with suppress(ProcessLookupError):
                        os.kill(int(child), signal.SIGKILL)
            process.wait(timeout=10)


def wait_for(met: Callable[[], object], *, seconds: float) -> None:
    """Wait until a condition is met, or fail."""
    until = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < until, f"not within {seconds} seconds"
        time.sleep(0.02)


def stop(process: "subprocess.Popen[bytes]", by: signal.Signals = signal.SIGTERM) -> int:
    """Tell a process to stop, and return its exit status."""
    process.send_signal(by)
    return process.wait(timeout=20)


@contextmanager
def app_at(url: str) -> Iterator[App]:
    """Open a database in this process, beside whoever serves it, to look at it or to load the demo."""
    app = make_app(Settings(_env_file=None, database_url=url, pin_memory_kib=8, demo_undo=False))  # type: ignore[call-arg, arg-type]
    try:
        yield app
    finally:
        app.store.close()


def load(url: str) -> str:
    """Load the demo into a migrated database."""
    with app_at(url) as app:
        load_demo(app.transact, app.home.pack)
    return url


def messages(url: str, **equal: object) -> list[Notice]:
    """Return messages in the outbox, oldest first."""
    with app_at(url) as app:
        return list(app.read(lambda unit: unit.rows.find(Notice, limit=1000, **equal)))  # type: ignore[arg-type]


@contextmanager
def machine_at(folder: Path, url: str, **settings: str) -> Iterator[Machine]:
    """Give a machine; whatever still runs on it afterwards is ended."""
    machine = Machine(folder, url, **settings)
    try:
        yield machine
    finally:
        machine.end()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    """Give machines for one test."""
    with ExitStack() as ending:
        yield lambda url, **settings: ending.enter_context(machine_at(tmp_path, url, **settings))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """The address of a migrated, empty database, on each engine that can be served."""
    return str(request.getfixturevalue(f"{request.param}_url"))
