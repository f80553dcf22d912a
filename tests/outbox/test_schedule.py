"""What happens again and again happens once each time: K-07."""

import threading
from datetime import timedelta

import pytest

from service.schedule import Job, run_due
from service.wallet.unit import Seen, Timer, Unit
from tests.outbox.conftest import NOON, Post

HOUR = timedelta(hours=1)


def mark(unit: Unit) -> None:
    """Leave a trace that shows if it is done twice."""
    assert unit.rows.add(Seen(key=f"done {len(unit.rows.find(Seen))}", at=unit.now))


def done(post: Post) -> int:
    return len(post.transact(lambda unit: unit.rows.find(Seen)))


def test_K_07_a_job_is_done_at_its_time_and_once(post: Post) -> None:
    """A job is done at its time and once."""
    jobs = {"seal": Job(HOUR, mark)}
    assert [run_due(post.transact, jobs) for _ in range(3)] == [1, 0, 0]
    post.wait(minutes=59)
    assert run_due(post.transact, jobs) == 0
    post.wait(minutes=1)
    assert run_due(post.transact, jobs) == 1
    assert done(post) == 2


def test_K_07_peer_24_in_parallel_it_is_done_once(post: Post) -> None:
    """Six threads at the moment when a job is due: it is done once."""
    jobs = {"seal": Job(HOUR, mark)}
    threads = [threading.Thread(target=run_due, args=(post.transact, jobs)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done(post) == 1


def test_K_07_what_was_slept_through_is_made_up_for_once(post: Post) -> None:
    """What was slept through is made up for once."""
    jobs = {"seal": Job(HOUR, mark)}
    run_due(post.transact, jobs)
    post.wait(hours=9, minutes=20)
    assert [run_due(post.transact, jobs) for _ in range(2)] == [1, 0]
    timer = post.transact(lambda unit: unit.rows.get(Timer, "seal"))
    assert timer == Timer(name="seal", next_at=NOON + 10 * HOUR), "and then at its old hours again"


class Killed(BaseException):
    """The process dies here."""


def test_K_07_killed_half_way_it_is_done_anew_and_whole(post: Post) -> None:
    """Killed half way it is done anew and whole."""

    def dies(unit: Unit) -> None:
        mark(unit)
        raise Killed

    with pytest.raises(Killed):
        run_due(post.transact, {"seal": Job(HOUR, dies)})
    assert done(post) == 0
    assert run_due(post.transact, {"seal": Job(HOUR, mark)}) == 1
    assert done(post) == 1


def test_a_job_that_is_not_done_goes_on_at_once_in_bites(post: Post) -> None:
    """What is more than one bite is done bite by bite, each in its own commit, and then rests until its time."""
    left = [True, True, False]

    def bite(unit: Unit) -> bool:
        mark(unit)
        return left.pop(0)

    jobs = {"seal": Job(HOUR, bite)}
    assert [run_due(post.transact, jobs) for _ in range(4)] == [1, 1, 1, 0]
    assert done(post) == 3
    timer = post.transact(lambda unit: unit.rows.get(Timer, "seal"))
    assert timer == Timer(name="seal", next_at=NOON + HOUR)


def test_a_job_that_fails_changes_nothing_rests_and_lets_the_others_work(post: Post) -> None:
    def fails(unit: Unit) -> None:
        mark(unit)
        raise ValueError("PIN 4071")

    jobs = {"bad": Job(HOUR, fails), "good": Job(HOUR, mark)}
    assert [run_due(post.transact, jobs) for _ in range(3)] == [1, 0, 0]
    assert done(post) == 1
    jobs["bad"] = Job(HOUR, mark)
    assert run_due(post.transact, jobs) == 0
    post.wait(minutes=1)
    assert run_due(post.transact, jobs) == 1
