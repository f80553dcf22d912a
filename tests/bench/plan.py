"""What a run measures, in which order: every row once in each round, so that a slow minute strikes all of them."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from service.app import App, make_app
from service.settings import Settings
from service.storage.migrate import migrate
from tests.bench.anatomy import Step, dissect
from tests.bench.crowd import gather, payments
from tests.bench.limits import BareSqlite, TpcB
from tests.bench.machine import Busyness
from tests.bench.measure import NotRun, Row, percentile
from tests.bench.postings import FIRST_ID, Postings
from tests.bench.served import served
from tests.bench.servers import postgres
from tests.bench.traffic import Seen, Traffic


@dataclass(frozen=True)
class Size:
    """How long and how large."""

    rounds: int
    seconds: float
    wallets: int
    people: int
    scale: int
    talks: int = 60
    lines: int = 16
    workers: int = 2


FULL = Size(rounds=5, seconds=8, wallets=20_000, people=1_000, scale=10)
SHORT = Size(rounds=3, seconds=3, wallets=5_000, people=400, scale=8)

TPC_B, BARE = "TPC-B", "bare SQLite"
ENGINES = ("PostgreSQL", "SQLite")
_MARKS: Mapping[str, tuple[str, float]] = {
    "postings, PostgreSQL": ("ratio", 0.6),
    "postings, SQLite": ("at least", 1_000),
    "sends, PostgreSQL": ("at least", 100),
    "p99, PostgreSQL": ("at most", 100),
}


class Part(NamedTuple):
    """Something that gives one figure for each of some rows."""

    names: Sequence[str]
    measure: Callable[[], Mapping[str, float]]


@dataclass
class Run:
    """Everything that one run came to."""

    size: Size
    rows: dict[str, Row]
    hops: dict[str, list[Step]] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return all(row.not_run is None for row in self.rows.values())


def rows() -> dict[str, Row]:
    """Return the rows, in the order in which they are printed."""
    named = [
        Row(TPC_B, note="its five statements, prepared, 8 clients"),
        Row(
            "postings, PostgreSQL",
            over=TPC_B,
            note="post_one by 8 threads, fsync on: amount, fee, excise, two guards; those that meet share a commit",
        ),
        Row(BARE, note="the statements of a posting through pysqlite3 alone, one writer, synchronous=FULL"),
        Row("postings, SQLite", over=BARE, note="the same with synchronous=FULL"),
    ]
    for engine in ENGINES:
        named += [
            Row(f"sends, {engine}", over=TPC_B, note="dial, 1, number, amount, PIN over HTTP; receipts queued"),
            Row(f"hops, {engine}", over=TPC_B, note="the hops of these sends"),
            Row(f"p50, {engine}", unit="ms", note="of a hop, at half of that load"),
            Row(f"p99, {engine}", unit="ms", note="of a hop, at half of that load"),
        ]
    for row in named:
        row.mark = _MARKS.get(row.name)
    return {row.name: row for row in named}


def run(size: Size, say: Callable[[str], None]) -> Run:
    """Measure everything; rows that cannot be measured here say why."""
    done = Run(size, rows())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="senti-bench-")))
        say("preparing")
        parts = [*_on_postgres(done, stack, folder, say), *_on_sqlite(done, stack, folder, say)]
        busy = Busyness()
        for number in range(1, size.rounds + 1):
            for part in parts:
                say(f"round {number} of {size.rounds}: {part.names[0]}")
                for name, figure in part.measure().items():
                    done.rows[name].figures.append(figure)
        done.about["busy"] = busy.share()
    return done


def _on_postgres(done: Run, stack: ExitStack, folder: Path, say: Callable[[str], None]) -> Iterator[Part]:
    size, names = done.size, [TPC_B, *(name for name in done.rows if name.endswith("PostgreSQL"))]
    try:
        server = stack.enter_context(postgres())
    except NotRun as missing:
        for name in names:
            done.rows[name].not_run = missing
        return
    done.about["postgresql"] = server.settings()
    say("preparing TPC-B")
    tpc_b = TpcB(server, stack.enter_context(server.database()), size.scale)
    done.rows[TPC_B].by = tpc_b.by
    yield Part([TPC_B], lambda: {TPC_B: tpc_b.measure(size.seconds)})
    say("preparing wallets on PostgreSQL")
    app = stack.enter_context(opened(stack.enter_context(server.database())))
    postings = Postings(app, wallets=size.wallets)
    yield Part(names[1:2], lambda: {names[1]: postings.measure(size.seconds)})
    say("preparing people on PostgreSQL")
    yield _http(done, "PostgreSQL", stack.enter_context(server.database()), folder, workers=size.workers)


def _on_sqlite(done: Run, stack: ExitStack, folder: Path, say: Callable[[str], None]) -> Iterator[Part]:
    size, path = done.size, folder / "postings.db"
    say("preparing wallets on SQLite")
    app = stack.enter_context(opened(f"sqlite:///{path}"))
    postings = Postings(app, wallets=size.wallets)
    bare = BareSqlite(str(path), [str(account) for account in postings.accounts], 2 * FIRST_ID)
    stack.callback(bare.close)
    yield Part([BARE], lambda: {BARE: bare.measure(size.seconds)})
    yield Part(["postings, SQLite"], lambda: {"postings, SQLite": postings.measure(size.seconds)})
    say("preparing people on SQLite")
    yield _http(done, "SQLite", f"sqlite:///{folder / 'hops.db'}", folder, workers=1)


@contextmanager
def opened(url: str) -> Iterator[App]:
    """Open the service on a database, migrated, as the demo but without its people."""
    migrate(url)
    app = make_app(Settings(_env_file=None, database_url=url))  # type: ignore[call-arg, arg-type]
    try:
        yield app
    finally:
        app.store.close()


def _http(done: Run, engine: str, url: str, folder: Path, *, workers: int) -> Part:
    size = done.size
    with opened(url) as app:
        gather(app, size.people)
    done.hops[engine] = dissect(lambda: opened(url), talks=size.talks)
    traffic = Traffic(people=size.people, lines=size.lines)

    def measure() -> dict[str, float]:
        with opened(url) as app:
            before = payments(app)
        with served(url, folder, workers=workers) as port:
            seen = [traffic.peak(port, size.seconds / 4), traffic.peak(port, size.seconds)]
            seen.append(traffic.steady(port, size.seconds, seen[1].sends_per_second / 2))
        with opened(url) as app:
            _believe(seen, payments(app) - before)
        calm = seen[2].latencies
        return {
            f"sends, {engine}": seen[1].sends_per_second,
            f"hops, {engine}": seen[1].hops_per_second,
            f"p50, {engine}": percentile(calm, 0.5) * 1000,
            f"p99, {engine}": percentile(calm, 0.99) * 1000,
        }

    return Part([f"{what}, {engine}" for what in ("sends", "hops", "p50", "p99")], measure)


def _believe(seen: Sequence[Seen], posted: int) -> None:
    """Assert that every talk ended with a reference, and that the books hold exactly as many payments."""
    wrong = [said for one in seen for said in one.wrong]
    assert not wrong, f"{len(wrong)} talks went wrong, first {wrong[:3]}"
    sends = sum(one.sends for one in seen)
    assert sends == posted, f"phones saw {sends} payments, the books hold {posted}"
