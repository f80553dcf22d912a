"""Payments by phone over HTTP, five hops each: how many, how soon each hop is answered, what they cost."""

from collections.abc import Sequence

from tests.bench.anatomy import dissect
from tests.bench.cost import Cost, cost
from tests.bench.crowd import gather, payments
from tests.bench.generator import Seen
from tests.bench.measure import percentile
from tests.bench.served import served
from tests.bench.stand import Figures, Measure, Stand, opened
from tests.bench.traffic import Traffic, believe

KINDS = {"menu": (0, 1, 2), "quote": (3,), "PIN": (4,)}
"""Kinds of hop by their places in a talk: those that only show a screen, the one that prices, the one that pays."""

SQLITE_PEOPLE = 1_000


def on_postgresql(stand: Stand) -> Measure:
    """Sends at the shipped cost of a PIN, and at half of that load how evenly they are answered."""
    crowd, seconds = stand.crowd(), stand.size.seconds
    stand.hops["PostgreSQL"] = dissect(lambda: opened(crowd.url), talks=stand.size.talks)

    def measure() -> Figures:
        port, posted = crowd.served.port, payments(crowd.url)
        warm = crowd.traffic.run(port, seconds=seconds / 4)
        before = cost(crowd.url, crowd.served.pid)
        peak = crowd.traffic.run(port, seconds=seconds)
        after = cost(crowd.url, crowd.served.pid)
        calm = crowd.traffic.run(port, seconds=seconds, rate=peak.talks_per_second / 2, by_chance=True)
        believe([warm, peak, calm], payments(crowd.url) - posted)
        return {**_speeds("PostgreSQL", peak, calm), **_evenness(calm), **_costs(before, after, peak.ended)}

    return measure


def keyed(stand: Stand) -> Measure:
    """Sends with a keyed digest in place of the PIN's hash."""
    crowd, seconds = stand.crowd(keyed_pins=True), stand.size.seconds

    def measure() -> Figures:
        port, posted = crowd.served.port, payments(crowd.url)
        warm = crowd.traffic.run(port, seconds=seconds / 4)
        before = cost(crowd.url, crowd.served.pid)
        peak = crowd.traffic.run(port, seconds=seconds)
        after = cost(crowd.url, crowd.served.pid)
        believe([warm, peak], payments(crowd.url) - posted)
        cpu = _costs(before, after, peak.ended)["vCPU-hours a million sends"]
        return {"sends, keyed": peak.talks_per_second, "vCPU-hours a million sends, keyed": cpu}

    return measure


def on_sqlite(stand: Stand) -> Measure:
    """The same on SQLite, by the one process that may."""
    url, seconds, people = f"sqlite:///{stand.folder / 'hops.db'}", stand.size.seconds, SQLITE_PEOPLE
    with opened(url) as app:
        gather(app, people)
    stand.hops["SQLite"] = dissect(lambda: opened(url), talks=stand.size.talks)
    traffic = Traffic(people)

    def measure() -> Figures:
        posted = payments(url)
        # Its worker is a thread of the service, and would go on sending receipts while others are measured.
        with served(url, stand.folder, workers=1) as server:
            warm = traffic.run(server.port, seconds=seconds / 4)
            peak = traffic.run(server.port, seconds=seconds)
            calm = traffic.run(server.port, seconds=seconds, rate=peak.talks_per_second / 2, by_chance=True)
        believe([warm, peak, calm], payments(url) - posted)
        return _speeds("SQLite", peak, calm)

    return measure


def _speeds(engine: str, peak: Seen, calm: Seen) -> Figures:
    return {
        f"sends, {engine}": peak.talks_per_second,
        f"hops, {engine}": peak.hops_per_second,
        f"p50, {engine}": percentile(calm.latencies, 0.5) * 1000,
        f"p99, {engine}": percentile(calm.latencies, 0.99) * 1000,
    }


def _evenness(calm: Seen) -> Figures:
    """Return for each kind of hop how much longer than the middle one the hundredth took."""
    figures = {}
    for kind, places in KINDS.items():
        took: Sequence[float] = [one for place in places for one in calm.hops[place]]
        figures[f"p99 over p50, {kind}"] = percentile(took, 0.99) / percentile(took, 0.5)
    return figures


def _costs(before: Cost, after: Cost, sends: int) -> Figures:
    cpu, disk, wal = (b - a for a, b in zip(before, after, strict=True))
    return {
        "disk a send": disk / sends / 1000,
        "WAL a send": wal / sends / 1000,
        "vCPU-hours a million sends": cpu / sends * 1_000_000 / 3600,
    }
