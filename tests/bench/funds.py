"""Counting what is owed to everybody of the large books, as a worker does it each night."""

import json
import resource
import subprocess
import sys
import time

from service.jobs import press_of
from service.wallet.funds import publish
from tests.bench.served import ROOT, clean_environment
from tests.bench.stand import Figures, Measure, Stand, opened

NAMES = ("proof of funds, counted", "proof of funds, memory")


def prepare(stand: Stand) -> Measure:
    """Count in a process of its own, whose memory can be looked at."""
    url, _ = stand.large_town

    def measure() -> Figures:
        command = [sys.executable, "-m", "tests.bench.funds", url]
        done = subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=clean_environment())
        return dict(zip(NAMES, json.loads(done.stdout.splitlines()[-1]), strict=True))

    return measure


def count(url: str) -> tuple[float, float]:
    """Return the seconds and the MiB of one count."""
    with opened(url) as app:
        began = time.perf_counter()
        publish(press_of(app), "ke")
        took = time.perf_counter() - began
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(count(sys.argv[1])))
