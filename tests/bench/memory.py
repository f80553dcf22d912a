"""What a web process holds after a few hops and after very many: what it never forgets would show."""

from tests.bench.cost import family, resident_mib
from tests.bench.phones import HOPS
from tests.bench.served import served
from tests.bench.stand import Figures, Measure, Stand

LINES = 32


def prepare(stand: Stand) -> Measure:
    """Whole sends, keyed so that a million hops take minutes, by one process."""
    crowd, size = stand.crowd(keyed_pins=True), stand.size
    stand.notes["memory of a web process, late"] = f"after {size.hops_late:,} hops, against {size.hops_early:,}"

    def measure() -> Figures:
        with served(crowd.url, stand.folder, workers=1, keyed=True) as server:
            early = size.hops_early // len(HOPS)
            crowd.traffic.run(server.port, lines=LINES, talks=early)
            before = _web_mib(server.pid)
            crowd.traffic.run(server.port, lines=LINES, talks=size.hops_late // len(HOPS) - early)
            after = _web_mib(server.pid)
        return {"memory of a web process, early": before, "memory of a web process, late": after}

    return measure


def _web_mib(server: int) -> float:
    """Return what the largest of the processes below the server holds."""
    return max(resident_mib(pid) for pid in family(server) if pid != server)
