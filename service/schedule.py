"""What happens again and again: expiries, seals, clean-ups. Each has a row with its next time.

The next time moves in the commit of the effect, so that a job done twice, in two places at once, or after a crash in
the middle has happened once. Times that were slept through are made up for by one run, not by many.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Protocol, TypeVar

import structlog

from service.wallet.unit import Timer, Unit

log = structlog.get_logger()

T = TypeVar("T")

AFTER_FAILURE = timedelta(minutes=1)
"""A job that failed is tried again after this, or after its own time if that is shorter."""


class Transact(Protocol):
    """Runs work in one commit; it may run it again from its beginning."""

    def __call__(self, work: Callable[[Unit], T]) -> T: ...


@dataclass(frozen=True)
class Job:
    """What is done how often; `act` does all its work through the unit that it is given.

    It takes bites, so that others get their turn, and returns True if there is more to be done at once.
    """

    every: timedelta
    act: Callable[[Unit], object]


def run_due(transact: Transact, jobs: Mapping[str, Job]) -> int:
    """Do each job whose time has come, each in its own commit, and return how many were done, wholly or in part.

    A job that fails changes nothing but its next time, and does not keep the others from theirs.
    """
    done = 0
    for name in transact(partial(_whose_time_has_come, jobs=jobs)):
        try:
            done += transact(partial(_do, name=name, job=jobs[name]))
        except Exception:
            log.exception("a job failed", job=name)
            transact(partial(_postpone, name=name, pause=min(jobs[name].every, AFTER_FAILURE)))
    return done


def _whose_time_has_come(unit: Unit, jobs: Mapping[str, Job]) -> list[str]:
    due = []
    for name in jobs:
        timer = unit.rows.get(Timer, name)
        if timer is None:
            unit.rows.add(Timer(name=name, next_at=unit.now))
        if timer is None or _has_come(unit, timer, jobs[name]):
            due.append(name)
    return due


def _has_come(unit: Unit, timer: Timer, job: Job) -> bool:
    """Say whether it is time; a time further ahead than the job's own was set by a clock that has been put back."""
    return timer.next_at <= unit.now or timer.next_at - unit.now > job.every


def _do(unit: Unit, name: str, job: Job) -> bool:
    timer = unit.rows.lock(Timer, name)
    if timer is None or not _has_come(unit, timer, job):
        return False
    if job.act(unit) is not True:
        missed = (unit.now - timer.next_at) // job.every
        unit.rows.put(replace(timer, next_at=timer.next_at + (missed + 1) * job.every))
    return True


def _postpone(unit: Unit, name: str, pause: timedelta) -> None:
    timer = unit.rows.lock(Timer, name)
    if timer is not None and timer.next_at <= unit.now:
        unit.rows.put(replace(timer, next_at=unit.now + pause))
