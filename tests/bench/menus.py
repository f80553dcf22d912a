"""Menu hops over HTTP: screens that are only shown, beside an empty route and beside what others have built."""

import sys

from tests.bench.rivals import RIVALS, install, serving
from tests.bench.served import running
from tests.bench.stand import Figures, Measure, Stand
from tests.bench.traffic import Traffic


def of_senti(stand: Stand) -> Measure:
    """Menu hops with sessions on PostgreSQL, and the same under the same server by a route that does nothing."""
    crowd, seconds, workers = stand.crowd(), stand.size.seconds, str(stand.size.workers)
    command = [sys.executable, "-m", "tests.bench.empty", "PORT", workers]
    empty = stand.stack.enter_context(running(command, stand.folder))

    def measure() -> Figures:
        crowd.traffic.run(crowd.served.port, "menus", seconds=seconds / 4)
        seen = crowd.traffic.run(crowd.served.port, "menus", seconds=seconds)
        bare = Traffic(crowd.traffic.people).run(empty.port, "menus", seconds=seconds)
        rate = seen.hops_per_second
        return {"empty Flask route": bare.hops_per_second, "menu hops": rate, "menu hops beside others": rate}

    return measure


def of_rivals(stand: Stand) -> Measure:
    """The same menus in other frameworks, each freshly started: they forget no session, and grow slower with each."""
    python = install()

    def measure() -> Figures:
        figures = {}
        for rival in RIVALS:
            traffic = Traffic(stand.size.people)
            with serving(rival, python, stand.folder, workers=stand.size.workers) as server:
                traffic.run(server.port, rival, talks=20)
                figures[rival] = traffic.run(server.port, rival, seconds=stand.size.seconds).hops_per_second
        return figures | {"fastest framework": max(figures.values())}

    return measure
