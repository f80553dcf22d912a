"""The service that a simulated town runs on: real from the gateway's door to the books, with a memory that can break.

There is one for each process, because proving the menu takes longer than a town lives; each town begins with a copy of
the same memory. The clock, the network and the breaking of the process are in the hands of the simulation.
"""

import io
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar
from unittest.mock import patch
from urllib.parse import urlencode

import structlog

from service import outbox
from service.app import App, make_app, make_web
from service.demo import load_demo
from service.gateways.base import Outcome, Sent
from service.gateways.simulator import Simulator
from service.jobs import jobs
from service.ledger.entry import Entry, Posted
from service.refusal import Refusal
from service.storage.memory import MemoryStore
from service.storage.store import Busy, Tx, Unsure
from tests.hostile.faults import Broken, kept
from tests.lab.town_faults import STATEMENTS
from tests.phone import BEGINNING, demo_settings

T = TypeVar("T")


class Killed(BaseException):
    """The process is gone, as by SIGKILL: nothing in the service may catch this."""


class Brittle:
    """A memory that works like another until it breaks, once, where it was told to."""

    def __init__(self) -> None:
        self.memory = MemoryStore()
        self.hit: Counter[str] = Counter()
        self.heal()

    def heal(self) -> None:
        """Break no more."""
        self.fault, self.at, self.statements, self.commits = "", 0, 0, 0

    def break_at(self, fault: str, at: int) -> None:
        """Break at the n-th statement, or at the n-th commit, from now on."""
        self.heal()
        self.fault, self.at = fault, at

    def transact(self, work: Callable[[Tx], T]) -> T:
        if not self.fault:
            return self.memory.transact(work)

        def spoilt(tx: Tx) -> T:
            watched = tx._replace(books=_Watched(tx.books, self), rows=_Watched(tx.rows, self))
            result = work(watched)
            self._break("killed before the commit", Killed())
            self._break("unsure, not done", Unsure())
            return result

        self.commits += 1
        self._break("busy", Busy())
        result = self.memory.transact(spoilt)
        self._break("killed after the commit", Killed())
        self._break("unsure, done", Unsure())
        return result

    def statement(self) -> None:
        """Count one thing that is asked of the books or the rows."""
        self.statements += 1
        if self.statements == self.at and self.fault in STATEMENTS:
            self._strike(Killed() if self.fault == STATEMENTS[0] else Broken())

    def _break(self, fault: str, error: BaseException) -> None:
        if self.fault == fault and self.commits == self.at:
            self._strike(error)

    def _strike(self, error: BaseException) -> None:
        self.hit[self.fault] += 1
        self.heal()
        raise error

    def read(self, work: Callable[[Tx], T]) -> T:
        return self.memory.read(work)

    def post_one(self, entry: Entry) -> Posted:
        return self.transact(lambda tx: tx.books.post(entry))

    def post_many(self, entries: Sequence[Entry]) -> Sequence[Posted | Refusal]:
        return self.memory.post_many(entries)

    def installation_key(self) -> bytes:
        return bytes(range(32))  # references are the same on each run of a seed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.memory, name)


class _Watched:
    """Books or rows, each call of which is a statement."""

    def __init__(self, part: Any, store: Brittle) -> None:
        self._part, self._store = part, store

    def __getattr__(self, name: str) -> Callable[..., Any]:
        ask = getattr(self._part, name)

        def asked(*args: Any, **kwargs: Any) -> Any:
            self._store.statement()
            return ask(*args, **kwargs)

        return asked


class Heard(NamedTuple):
    """What a gateway is answered."""

    status_code: int
    content_type: str
    text: str


@dataclass
class Machine:
    """The service, composed once; `begin` gives it the memory that every town starts from."""

    now: datetime = BEGINNING
    store: Brittle = field(default_factory=Brittle)
    send_sms: Callable[[str, str], Sent] = lambda _to, _text: Sent(Outcome.ACCEPTED, "sim-0")

    def __post_init__(self) -> None:
        app = make_app(demo_settings(), store=self.store, now=lambda: self.now)
        lane = _Lane(self, codes=["*384*96#"], region="KE")
        self.app = self.fit(replace(app, gateways={**app.gateways, "simulator": lane}))
        self.web = make_web(self.app)
        load_demo(self.app.transact, self.app.home.pack)
        self.open()
        with clockwork(self):
            for job in jobs(self.app):
                while job():
                    pass
        self._put_back = kept(self.store.memory)

    def fit(self, app: App) -> App:
        """Return the service with what this town needs besides; nothing here."""
        return app

    def open(self) -> None:
        """Write what is there at the beginning besides the demo; nothing here."""

    def begin(self) -> None:
        """Forget everything but the demo's beginning."""
        self.now = BEGINNING
        self._put_back()
        self.store.heal()
        self.start_worker()

    def start_worker(self) -> None:
        """Start the worker anew: what it kept in its head is gone."""
        self.jobs = jobs(self.app)

    def post(self, path: str, form: Mapping[str, str]) -> Heard:
        """Post a form at a door, without a socket; raises Killed."""
        return self.send(path, urlencode(form).encode(), "application/x-www-form-urlencoded")

    def send(self, path: str, body: bytes, kind: str) -> Heard:
        """Post these bytes at a door; raises Killed."""
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "SERVER_NAME": "town",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        began: list[tuple[str, Any]] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
            began.append((status, headers))
            return lambda _: None

        text = b"".join(self.web.wsgi_app(environ, start))
        status, headers = began[0]
        return Heard(int(status[:3]), dict(headers)["Content-Type"], text.decode())


class _Lane(Simulator):
    """Where messages leave: into the simulation's hands."""

    def __init__(self, machine: Machine, *, codes: Sequence[str], region: str) -> None:
        super().__init__(codes=codes, region=region)
        self._machine = machine

    def send(self, *, to: str, text: str, link_id: str | None = None) -> Sent:
        return self._machine.send_sms(to, text)


@contextmanager
def clockwork(machine: Machine) -> Iterator[None]:
    """Let the worker's rests pass on the simulated clock, and let nobody draw what breaks for a log."""

    def sleep(seconds: float) -> None:
        machine.now += timedelta(seconds=seconds)

    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False
    )
    try:
        with patch.object(outbox, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=sleep)):
            yield
    finally:
        structlog.configure(**before)
