"""The load generator: a process that writes prepared bytes to open connections and clocks the answers.

It shares the cores with what it measures, so it is one thread and one loop without a thought to spare. A hop counts
from the moment at which it was due: a slow answer makes nobody wait to be counted.

    python -m tests.bench.generator < load.json > seen.json
"""

import gc
import json
import random
import select
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count, islice, repeat
from typing import NamedTuple

from tests.bench.phones import HOPS, TALKS, Talk

PREPARING_LINES = 32
MOST_WRONG = 20


@dataclass
class Load:
    """What is asked: talks on so many connections, for so many seconds or so many in all.

    `rate` begins so many in a second, due one after another at even distances (or at chance moments), whether earlier
    ones are over or not; without it each line begins its next talk when its last is over. `last_hop_only` makes the
    other hops of `at_once` talks beforehand, and clocks only the last.
    """

    port: int
    kind: str
    people: int
    lines: int
    first: int = 0
    seconds: float | None = None
    talks: int | None = None
    rate: float | None = None
    by_chance: bool = False
    last_hop_only: bool = False
    at_once: int = 0


@dataclass
class Seen:
    """What came of it: how long each hop took in seconds, by its place in the talk, and talks that went wrong."""

    seconds: float = 0.0
    begun: int = 0
    ended: int = 0
    hops: list[list[float]] = field(default_factory=lambda: [[] for _ in HOPS])
    wrong: list[str] = field(default_factory=list)

    @property
    def latencies(self) -> list[float]:
        return [took for hop in self.hops for took in hop]

    @property
    def talks_per_second(self) -> float:
        return self.ended / self.seconds

    @property
    def hops_per_second(self) -> float:
        return len(self.latencies) / self.seconds


class Job(NamedTuple):
    """Part of a talk: `due` is the moment of its first hop, or None for now; `place` is that hop's in the talk."""

    due: float | None
    talk: Talk
    place: int


class Line:
    """One connection to the service, and the talk on it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.job = Job(None, (), 0)
        self.step = 0
        self.since = 0.0
        self.heard = b""

    def speak(self) -> None:
        """Send the next hop."""
        self.socket.send(self.job.talk[self.step].request)

    def hear(self) -> bytes | None:
        """Return an answer if all of it is there."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("the service closed a connection")
        heard = self.heard + part if self.heard else part
        ends = heard.find(b"\r\n\r\n") + 4
        at = heard.find(b"content-length: ", 0, ends) + 16
        if ends < 4 or at < 16 or len(heard) < ends + int(heard[at : heard.find(b"\r", at)]):
            self.heard = heard
            return None
        self.heard = b""
        return heard


def drive(lines: list[Line], jobs: Iterator[Job], seen: Seen) -> None:
    """Play every job on a line, in their order; those that are due wait for a line, and are counted from then."""
    clock, ready = time.perf_counter, select.epoll()
    by_number = {line.socket.fileno(): line for line in lines}
    for number in by_number:
        ready.register(number, select.EPOLLIN)
    idle, coming, busy = list(lines), next(jobs, None), 0
    while busy or coming:
        while idle and coming and (coming.due is None or coming.due <= clock()):
            line, busy = idle.pop(), busy + 1
            line.job, line.step = coming, 0
            line.since = clock() if coming.due is None else coming.due
            line.speak()
            coming = next(jobs, None)
        if idle and coming and coming.due is not None:
            # epoll itself waits in whole milliseconds.
            select.select([ready.fileno()], [], [], max(0.0, coming.due - clock()))
            events = ready.poll(0)
        else:
            events = ready.poll(30)
            if not events:
                seen.wrong.append("no answer for 30 seconds")
                break
        for number, _ in events:
            line = by_number[number]
            if _over(line, seen):
                busy -= 1
                idle.append(line)
    ready.close()


def _over(line: Line, seen: Seen) -> bool:
    """Take in what a line heard; say whether its talk is over."""
    answer = line.hear()
    if answer is None:
        return False
    now = time.perf_counter()
    talk, place = line.job.talk, line.job.place + line.step
    seen.hops[place].append(now - line.since)
    if not talk[line.step].answer.search(answer):
        if len(seen.wrong) < MOST_WRONG:
            seen.wrong.append(f"hop {place}: {answer.decode(errors='replace')[-200:]}")
        return True
    line.step += 1
    if line.step == len(talk):
        seen.ended += 1
        return True
    line.since = now
    line.speak()
    return False


def run(load: Load) -> Seen:
    """Do what is asked."""
    talks = (TALKS[load.kind](number, load.people) for number in count(load.first))
    seen = Seen()
    if load.last_hop_only:
        _last_hops(load, talks, seen)
        return seen
    with _lines(load.port, load.lines) as lines:
        begin = time.perf_counter()
        jobs = (Job(due, talk, 0) for due, talk in zip(_starts(load, begin), talks, strict=False))
        drive(lines, _counted(jobs, seen), seen)
        seen.seconds = time.perf_counter() - begin
    return seen


@contextmanager
def _lines(port: int, many: int) -> Iterator[list[Line]]:
    lines = [Line(port) for _ in range(many)]
    try:
        yield lines
    finally:
        for line in lines:
            line.socket.close()


def _starts(load: Load, begin: float) -> Iterator[float | None]:
    """Yield when each talk is due; None is now."""
    chance, due = random.Random(7), begin
    for _ in range(load.talks) if load.talks else count():
        if load.rate:
            due += chance.expovariate(load.rate) if load.by_chance else 1 / load.rate
        if load.seconds and (due if load.rate else time.perf_counter()) > begin + load.seconds:
            return
        yield due if load.rate else None


def _counted(jobs: Iterator[Job], seen: Seen) -> Iterator[Job]:
    for job in jobs:
        seen.begun += 1
        yield job


def _last_hops(load: Load, talks: Iterator[Talk], seen: Seen) -> None:
    """Bring talks to their last hop, off the clock, and then make all last hops, until the time is up."""
    assert load.seconds, "a time is needed"
    while seen.seconds < load.seconds and not seen.wrong:
        ready = list(islice(talks, load.at_once))
        prepared = Seen()
        # Lines are opened for each turn: a service closes those that it hears nothing on for long.
        with _lines(load.port, PREPARING_LINES) as lines:
            drive(lines, iter([Job(None, talk[:-1], 0) for talk in ready]), prepared)
        seen.wrong += prepared.wrong
        last = len(ready[0]) - 1
        with _lines(load.port, load.lines) as lines:
            begin = time.perf_counter()
            starts = _starts(load, begin) if load.rate else repeat(None)
            jobs = [Job(due, talk[last:], last) for due, talk in zip(starts, ready, strict=False)]
            drive(lines, _counted(iter(jobs), seen), seen)
            seen.seconds += time.perf_counter() - begin
        if load.rate:
            return


def main() -> None:
    """Read what is asked, do it, and write down what was seen."""
    load = Load(**json.load(sys.stdin))
    gc.disable()
    json.dump(asdict(run(load)), sys.stdout)


if __name__ == "__main__":
    main()
