"""The PIN hop alone: talks are brought to the PIN's screen off the clock, and then only the last hop is timed."""

from collections.abc import Callable

from tests.bench.crowd import payments
from tests.bench.measure import percentile
from tests.bench.stand import Figures, Measure, Stand
from tests.bench.traffic import believe

LINES = (64, 128)
RATE, RATE_LINES = 500, 64
PARTS = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}


def at_peak(stand: Stand) -> Measure:
    """As many as go, keyed, on 64 and on 128 connections."""
    crowd, size = stand.crowd(keyed_pins=True), stand.size

    def measure() -> Figures:
        figures, before = {}, payments(crowd.url)
        every = []
        for lines in LINES:
            seen = crowd.traffic.run(
                crowd.served.port, lines=lines, seconds=size.seconds / 2, last_hop_only=True, at_once=size.people
            )
            figures[f"PIN hops, {lines} connections"] = seen.hops_per_second
            every.append(seen)
        believe(every, payments(crowd.url) - before)
        return figures

    return measure


def steady(*, keyed_pins: bool) -> Callable[[Stand], Measure]:
    """Return the part in which 500 are due in each second, whether the service keeps up or not."""
    tail = ", keyed" if keyed_pins else ""

    def prepare(stand: Stand) -> Measure:
        crowd, size = stand.crowd(keyed_pins=keyed_pins), stand.size

        def measure() -> Figures:
            before = payments(crowd.url)
            many = min(size.people, int(RATE * size.seconds))
            seen = crowd.traffic.run(
                crowd.served.port,
                lines=RATE_LINES,
                seconds=many / RATE,
                rate=RATE,
                last_hop_only=True,
                at_once=many,
            )
            believe([seen], payments(crowd.url) - before)
            took = {f"{name} of the PIN hop{tail}": percentile(seen.latencies, part) for name, part in PARTS.items()}
            return {f"PIN hops answered{tail}": seen.hops_per_second} | {n: one * 1000 for n, one in took.items()}

        return measure

    return prepare
