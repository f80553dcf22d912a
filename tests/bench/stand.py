"""What every measurement stands on: how large it is to be, and the databases and servers that several of them share."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from service.app import App, make_app
from service.settings import Settings
from service.storage.migrate import migrate
from service.wallet.pin import seal_pin
from tests.bench import keyed
from tests.bench.anatomy import Step
from tests.bench.crowd import gather
from tests.bench.served import Served, served
from tests.bench.servers import Postgres, postgres
from tests.bench.town import MOVES_EACH, settle, under_a_seal
from tests.bench.traffic import Traffic

T = TypeVar("T")


@dataclass(frozen=True)
class Size:
    """How long and how large. People can make no more PIN hops at once than they are."""

    rounds: int
    seconds: float
    wallets: int
    people: int
    scale: int
    many_people: int  # of the large books; ten moves each
    few_people: int
    bulk_lines: int
    hops_early: int  # when the memory of a web process is looked at
    hops_late: int
    reads: int  # pages of a kind that are read from the books in a round
    checks: int  # of a PIN, of each kind
    talks: int = 60
    workers: int = 2


FULL = Size(
    rounds=5,
    seconds=8,
    wallets=20_000,
    people=4_000,
    scale=10,
    many_people=1_000_000,
    few_people=10_000,
    bulk_lines=10_000,
    hops_early=10_000,
    hops_late=1_000_000,
    reads=1_000,
    checks=2_000,
)
SHORT = Size(
    rounds=3,
    seconds=2,
    wallets=5_000,
    people=1_000,
    scale=8,
    many_people=100_000,
    few_people=10_000,
    bulk_lines=10_000,
    hops_early=5_000,
    hops_late=20_000,
    reads=200,
    checks=300,
)

Figures = Mapping[str, float]
Measure = Callable[[], Figures]
"""Gives one figure for each of some rows."""


@dataclass
class Crowd:
    """People with phones on one database, and the service that answers them."""

    url: str
    traffic: Traffic
    serve: Callable[[], Served]

    @cached_property
    def served(self) -> Served:
        return self.serve()


@dataclass
class Stand:
    """What one run has built so far; it is all taken down when `stack` is closed."""

    size: Size
    folder: Path
    stack: ExitStack
    say: Callable[[str], None]
    about: dict[str, Any] = field(default_factory=dict)
    hops: dict[str, list[Step]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    by: dict[str, str] = field(default_factory=dict)
    _made: dict[str, object] = field(default_factory=dict)

    @cached_property
    def server(self) -> Postgres:
        """The PostgreSQL of this run; raises NotRun."""
        server = self.stack.enter_context(postgres())
        self.about["postgresql"] = server.settings()
        return server

    def shared(self, name: str, make: Callable[[], T]) -> T:
        """Return what several measurements use, made by the first."""
        if name not in self._made:
            self.say(f"preparing {name}")
            self._made[name] = make()
        return cast(T, self._made[name])

    def database(self) -> str:
        """Return the address of a new, empty database on PostgreSQL."""
        return self.stack.enter_context(self.server.database())

    def app(self, url: str) -> App:
        """Open the service on a database until the end of the run."""
        return self.stack.enter_context(opened(url))

    @cached_property
    def large_town(self) -> tuple[str, App]:
        """The address of the large books, and the service on them; SCALE=10 makes them ten times as large."""
        return self.town(self.many_people)

    @property
    def many_people(self) -> int:
        return self.size.many_people * int(os.environ.get("SCALE", "1"))

    def town(self, people: int) -> tuple[str, App]:
        """Fill a database with people and the moves of years."""
        url = self.database()
        app = self.app(url)
        self.say(f"loading {people:,} people with {people * MOVES_EACH:,} moves")
        settle(url, people)
        under_a_seal(url, people)
        return url, app

    def crowd(self, *, keyed_pins: bool = False) -> Crowd:
        """Return people on PostgreSQL whose PINs cost what is shipped, or next to nothing (see keyed.py)."""
        return self.shared(f"people{', keyed' * keyed_pins}", lambda: self._crowd(keyed_pins))

    def _crowd(self, keyed_pins: bool) -> Crowd:
        url, size = self.database(), self.size
        with opened(url) as app:
            gather(app, size.people, seal=keyed.seal if keyed_pins else seal_pin)

        def serve() -> Served:
            return self.stack.enter_context(served(url, self.folder, workers=size.workers, keyed=keyed_pins))

        return Crowd(url, Traffic(size.people), serve)


@contextmanager
def opened(url: str) -> Iterator[App]:
    """Open the service on a database, migrated, as the demo but without its people."""
    migrate(url)
    app = make_app(Settings(_env_file=None, database_url=url, demo_undo=False))  # type: ignore[call-arg, arg-type]
    try:
        yield app
    finally:
        app.store.close()
