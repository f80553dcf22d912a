"""What leaves, when, how often, and what is never sent: G-02, G-03, G-05, G-06, G-08, G-10, W-11."""

import threading
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from service.budget import Budget
from service.gateways.base import Fate, Outcome, Report, Sent
from service.outbox import (
    BITE,
    LANE_PAUSE,
    LEASE,
    MOST_TRIES,
    mind_the_clock,
    note_report,
    run_worker,
    send_again,
    waiting_since,
)
from service.wallet.unit import Notice, Unit
from tests.outbox.conftest import NOON, PHONE, Post


def says(outcome: Outcome, detail: str = "") -> Any:
    return lambda _to, _text: Sent(outcome, detail=detail)


def test_a_message_leaves_once_and_keeps_the_gateways_id(post: Post) -> None:
    first, second = post.queue(), post.queue()
    assert post.send() == 2
    assert post.gateway.sent == [(PHONE, str(first)), (PHONE, str(second))]
    assert post.notice(first).state == "sent"
    assert post.notice(first).provider_id == f"id-{first}"
    assert post.send() == 0
    assert len(post.gateway.sent) == 2
    assert post.counted == ["accepted", "accepted"]


def test_nothing_is_sent_inside_a_transaction(post: Post) -> None:
    """A gateway that hangs must hold no lock."""

    def outside(_to: str, _text: str) -> Sent:
        assert not post.inside
        assert post.transact(lambda unit: unit.now) == NOON, "the store is free for others meanwhile"
        return Sent(Outcome.ACCEPTED, "id")

    for _ in range(20):
        post.queue()
    post.gateway.says = outside
    assert post.send() == 20
    assert set(post.states()) == {"sent"}


def test_no_more_than_asked_for_leave_in_one_go(post: Post) -> None:
    for _ in range(40):
        post.queue()
    assert post.send(limit=30) == 30
    assert post.states().count("sent") == 30
    assert post.states().count("queued") == 10


def test_what_is_not_due_waits(post: Post) -> None:
    post.queue(next_at=NOON + timedelta(minutes=1))
    assert post.send() == 0
    post.wait(minutes=1)
    assert post.send() == 1


def test_G_05_without_the_commit_there_is_no_message(post: Post) -> None:
    """A fault behind the insert takes the message back with what it tells."""

    def fault(unit: Unit) -> None:
        notice = Notice(
            id=unit.mint(), person=None, phone=PHONE, key="k", values={}, language="en", at=unit.now, next_at=unit.now
        )
        assert unit.rows.add(notice)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        post.transact(fault)
    assert post.send() == 0
    assert post.gateway.sent == []


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("quick", [0, 1000], ids=["one at a time", "in handfuls"])
def test_G_03_peer_49_a_sender_killed_anywhere_loses_nothing(
    post: Post, monkeypatch: pytest.MonkeyPatch, quick: int
) -> None:
    """Killed a hundred times between sending and writing it down: each message has left.

    A death makes one duplicate at a gateway that takes its time, and at one that does not at most a handful.
    """
    monkeypatch.setattr("service.outbox.QUICK", quick)
    dice = Random(3)
    numbers = [post.queue() for _ in range(150)]

    def may_die(_to: str, text: str) -> Sent:
        if dice.random() < 0.4:
            raise Killed
        return Sent(Outcome.ACCEPTED, f"id-{text}")

    post.gateway.says = may_die
    deaths = 0
    for _ in range(1000):
        try:
            if not post.send() and "sending" not in post.states():
                break
        except Killed:
            deaths += 1
        post.wait(seconds=LEASE.seconds)
    sent = [int(text) for _, text in post.gateway.sent]
    assert deaths > 50
    assert set(sent) == set(numbers)
    assert len(sent) <= len(numbers) + deaths * (BITE if quick else 1)
    assert set(post.states()) <= {"sent", "unknown"}


def test_G_03_a_slow_gateway_has_one_message_in_hand_at_a_time(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a death leaves one in doubt, and the others leave without waiting for a lease."""
    for _ in range(5):
        post.queue()
    in_hand = []

    def slow(_to: str, _text: str) -> Sent:
        in_hand.append(post.states().count("sending"))
        clock[0] += 1
        return Sent(Outcome.ACCEPTED, "id")

    clock = [0]
    monkeypatch.setattr("service.outbox.ENOUGH_SECONDS", 100)
    monkeypatch.setattr("service.outbox.time.monotonic", lambda: clock[0])
    post.gateway.says = slow
    assert post.send() == 5
    assert in_hand == [1] * 5


def test_G_10_what_a_dead_worker_held_is_taken_by_another_when_its_lease_ends(post: Post) -> None:
    """What a dead worker held is taken by another when its lease ends."""
    number = post.queue()

    def die(_to: str, _text: str) -> Sent:
        raise Killed

    post.gateway.says = die
    with pytest.raises(Killed):
        post.send()
    assert post.notice(number).state == "sending"
    post.gateway.says = lambda _to, text: Sent(Outcome.ACCEPTED, f"id-{text}")
    assert post.send() == 0, "the lease still runs"
    post.wait(seconds=LEASE.seconds)
    assert post.send() == 1
    assert post.notice(number).state == "sent"


def test_G_10_two_workers_send_each_message_once(post: Post) -> None:
    """Two workers send each message once."""
    numbers = [post.queue() for _ in range(60)]
    workers = [threading.Thread(target=post.send) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(int(text) for _, text in post.gateway.sent) == numbers


def test_G_10_who_comes_back_after_the_lease_does_not_write_over_who_took_it(post: Post) -> None:
    """Sent late by the first and again by the second: the second's word stands."""
    number = post.queue()

    def sleep_over_the_lease(_to: str, _text: str) -> Sent:
        post.wait(seconds=LEASE.seconds)
        post.gateway.says = lambda _to, _text: Sent(Outcome.ACCEPTED, "id-second")
        post.send(limit=1)
        return Sent(Outcome.REFUSED, detail="406 UserInBlacklist")

    post.gateway.says = sleep_over_the_lease
    post.send(limit=1)
    assert post.notice(number).state == "sent"
    assert post.notice(number).provider_id == "id-second"


def test_G_06_a_message_that_never_goes_is_tried_five_times_and_parked(post: Post) -> None:
    """Each time after a longer pause, while others flow."""
    bad = post.queue(phone="+254799999999")

    def pick(to: str, text: str) -> Sent:
        return Sent(Outcome.NOT_SENT, detail="407 CouldNotRoute") if to != PHONE else Sent(Outcome.ACCEPTED, text)

    post.gateway.says = pick
    pauses = []
    for _ in range(60):
        post.queue()
        post.send()
        pauses.append(post.notice(bad).next_at - post.at)
        post.wait(minutes=30)
    assert [to for to, _ in post.gateway.sent].count("+254799999999") == MOST_TRIES
    assert post.notice(bad).state == "parked"
    assert post.notice(bad).detail == "407 CouldNotRoute"
    assert post.states().count("sent") == 60


@pytest.mark.parametrize("key", ["poison", "empty", "long"])
def test_G_06_what_cannot_be_written_is_parked_at_once_and_others_flow(post: Post, key: str) -> None:
    """What cannot be written is parked at once and others flow."""
    bad, good = post.queue(key), post.queue()
    assert post.send() == 2
    assert (post.notice(bad).state, post.notice(good).state) == ("parked", "sent")
    assert "4071" not in post.notice(bad).detail


def test_G_06_a_number_that_is_none_is_parked_at_once(post: Post) -> None:
    """A number that is none is parked at once."""
    post.gateway.says = says(Outcome.UNSENDABLE, "403 InvalidPhoneNumber")
    bad = post.queue()
    post.send()
    assert post.notice(bad).state == "parked"


def test_G_06_peer_11_a_message_that_kills_its_sender_is_not_tried_for_ever(post: Post) -> None:
    """A message that kills its sender is not tried for ever."""

    def die(_to: str, _text: str) -> Sent:
        raise Killed

    number = post.queue()
    post.gateway.says = die
    for _ in range(MOST_TRIES):
        with pytest.raises(Killed):
            post.send()
        post.wait(seconds=LEASE.seconds)
    assert post.send() == 0
    assert post.notice(number).state == "unknown"


@pytest.mark.parametrize("how", ["says so", "raises"])
def test_G_02_peer_51_what_may_have_been_sent_is_sent_once_more_and_then_left(post: Post, how: str) -> None:
    """At most one visible duplicate, with the same text and so the same reference."""

    def doubtful(_to: str, _text: str) -> Sent:
        if how == "raises":
            raise ValueError("PIN 4071")
        return Sent(Outcome.UNKNOWN, detail="ReadTimeout")

    number = post.queue()
    post.gateway.says = doubtful
    for _ in range(10):
        post.send()
        post.wait(hours=1)
    assert post.gateway.sent == [(PHONE, str(number))] * 2
    assert post.notice(number).state == "unknown"
    assert "4071" not in post.notice(number).detail


def test_G_02_a_doubt_is_kept_over_a_try_that_certainly_failed(post: Post) -> None:
    """A doubt is kept over a try that certainly failed."""
    number = post.queue()
    answers = [Outcome.UNKNOWN, Outcome.NOT_SENT, Outcome.UNKNOWN]
    post.gateway.says = lambda _to, _text: Sent(answers[len(post.gateway.sent) - 1])
    for _ in range(10):
        post.send()
        post.wait(hours=1)
    assert len(post.gateway.sent) == 3
    assert post.notice(number).state == "unknown"


def test_a_person_who_opted_out_is_not_asked_again(post: Post) -> None:
    post.gateway.says = says(Outcome.REFUSED, "406 UserInBlacklist")
    number = post.queue()
    post.send()
    post.wait(hours=9)
    assert post.send() == 0
    assert (post.notice(number).state, post.notice(number).detail) == ("failed", "406 UserInBlacklist")


def test_a_stopped_lane_keeps_everything_and_goes_on_when_it_is_mended(post: Post) -> None:
    """A bad key costs no message a try, is asked about now and then, and is counted for an alarm."""
    for _ in range(40):
        post.queue()
    for _ in range(12):
        post.gateway.says = says(Outcome.LANE_STOPPED, "the key is not accepted")
        post.send()
        assert post.send() == 0, "the lane rests"
        post.wait(seconds=LANE_PAUSE.seconds)
    assert len(post.gateway.sent) == 12
    assert set(post.states()) == {"queued"}
    assert "lane_stopped" in post.counted
    post.gateway.says = lambda _to, text: Sent(Outcome.ACCEPTED, f"id-{text}")
    while post.send():
        pass
    assert set(post.states()) == {"sent"}
    assert {post.notice(number).tries for number in range(1, 41)} == {1}


def test_D_10_G_01_a_gateway_that_is_away_for_a_day_wears_nothing_out(post: Post) -> None:
    """It is looked for with one message twice a minute; when it is back all go at once, each once, none is parked."""
    for _ in range(40):
        post.queue()
    for _ in range(24):
        post.gateway.says = says(Outcome.UNREACHABLE, "ConnectTimeout")
        assert post.send() > 0
        assert post.send() == 0, "the gateway is left alone"
        post.wait(hours=1)
    assert len(post.gateway.sent) == 24
    assert set(post.states()) == {"queued"}
    post.gateway.says = lambda _to, text: Sent(Outcome.ACCEPTED, f"id-{text}")
    post.send()
    assert set(post.states()) == {"sent"}
    assert {post.notice(number).tries for number in range(1, 41)} == {1}


def test_T_03_a_clock_that_is_put_back_keeps_no_message(post: Post) -> None:
    """What was queued, tried or stopped ten years ahead leaves as soon as the clock is right again."""

    def mind() -> int:
        return post.transact(mind_the_clock)

    assert mind() == 0
    right, post.at = post.at, post.at + timedelta(days=3653)
    waits, stops, tries = post.queue(), post.queue(phone="+254733000001"), post.queue(phone="+254733000002")
    post.gateway.says = lambda to, _text: Sent(Outcome.LANE_STOPPED if to.endswith("1") else Outcome.NOT_SENT)
    post.send()
    assert mind() == 0
    post.at = right + timedelta(seconds=30)
    assert mind() == 3
    assert mind() == 0
    post.gateway.says = lambda _to, text: Sent(Outcome.ACCEPTED, f"id-{text}")
    post.send()
    assert [post.notice(number).state for number in (waits, stops, tries)] == ["sent"] * 3


def test_T_03_a_budget_forgets_what_a_clock_that_was_put_back_counted() -> None:
    """What was sent ten years ahead does not fill the hour that it is now."""
    budget = Budget(per_number=1, per_prefix=1, in_all=1)
    assert budget.take(PHONE, NOON + timedelta(days=3653)) is None
    assert budget.take(PHONE, NOON) is None
    assert budget.take(PHONE, NOON) == NOON + timedelta(hours=1)


def test_a_lane_that_stops_in_the_middle_of_a_handful_sends_nothing_more(post: Post) -> None:
    for _ in range(40):
        post.queue()
    post.gateway.says = lambda _to, text: Sent(Outcome.LANE_STOPPED if int(text) == 10 else Outcome.ACCEPTED, text)
    post.send()
    assert max(int(text) for _, text in post.gateway.sent) == 10
    assert post.states().count("queued") == 31


def test_G_08_a_code_that_has_expired_is_never_sent(post: Post) -> None:
    """The provider was down for a day: the receipt still goes, the one-time code does not."""
    code = post.queue(expires_at=NOON + timedelta(minutes=10))
    receipt = post.queue()
    post.gateway.says = says(Outcome.LANE_STOPPED)
    post.send()
    post.wait(hours=24)
    post.gateway.says = lambda _to, text: Sent(Outcome.ACCEPTED, text)
    post.gateway.sent.clear()
    post.send()
    assert post.gateway.sent == [(PHONE, str(receipt))]
    assert (post.notice(code).state, post.notice(code).detail) == ("failed", "expired")


def test_G_08_a_code_that_expires_while_others_are_sent_is_not_sent(post: Post) -> None:
    """The clock is read before each message, not once for a handful."""
    for _ in range(8):
        post.queue(expires_at=NOON + timedelta(seconds=30))

    def slow(_to: str, _text: str) -> Sent:
        post.wait(seconds=10)
        return Sent(Outcome.ACCEPTED, "id")

    post.gateway.says = slow
    post.send()
    assert len(post.gateway.sent) == 3
    assert post.states().count("failed") == 5


def test_a_message_whose_lease_is_nearly_over_is_left_to_the_next(post: Post) -> None:
    for _ in range(8):
        post.queue()

    def very_slow(_to: str, _text: str) -> Sent:
        post.wait(minutes=1)
        return Sent(Outcome.ACCEPTED, "id")

    post.gateway.says = very_slow
    while post.send():
        pass
    assert len(post.gateway.sent) == 8
    assert set(post.states()) == {"sent"}
    assert "late" in post.counted


def test_one_number_gets_so_many_in_an_hour_and_the_rest_later(post: Post) -> None:
    post.budget = Budget(per_number=3, per_prefix=100, in_all=100)
    for _ in range(5):
        post.queue()
    other = post.queue(phone="+254711000001")
    post.send()
    assert [to for to, _ in post.gateway.sent].count(PHONE) == 3
    assert post.notice(other).state == "sent"
    post.wait(minutes=59)
    post.send()
    assert len(post.gateway.sent) == 4
    post.wait(minutes=1)
    post.send()
    assert set(post.states()) == {"sent"}
    assert {post.notice(number).tries for number in range(1, 6)} == {1}


def test_a_flood_of_receipts_holds_back_no_code(post: Post) -> None:
    """Whoever pays a cent two hundred times does not delay the code that their victim waits for; codes have a bound."""
    post.budget, post.codes = (
        Budget(per_number=3, per_prefix=4, in_all=4),
        Budget(per_number=2, per_prefix=100, in_all=100),
    )
    for _ in range(6):
        post.queue()
    codes = [post.queue(expires_at=NOON + timedelta(minutes=10)) for _ in range(3)]
    post.send()
    assert [post.notice(code).state for code in codes] == ["sent", "sent", "queued"]
    assert len(post.gateway.sent) == 3 + 2


def test_no_more_leave_in_an_hour_than_can_be_paid_for(post: Post) -> None:
    post.budget = Budget(per_number=100, per_prefix=4, in_all=4)
    for number in range(10):
        post.queue(phone=f"+25472200000{number}")
    post.send()
    assert len(post.gateway.sent) == 4
    post.wait(hours=1)
    post.send()
    assert len(post.gateway.sent) == 8


def report(number: str, fate: Fate, *, phone: str = PHONE, reason: str = "", final: bool = True) -> Report:
    return Report("africastalking", number, phone, fate, reason, final)


def test_W_11_a_report_moves_a_message_forward_and_never_back(post: Post) -> None:
    """A report moves a message forward and never back."""
    number = post.queue()
    post.send()
    name = f"id-{number}"
    assert not post.transact(lambda unit: note_report(unit, report(name, Fate.PENDING, final=False)))
    assert post.transact(lambda unit: note_report(unit, report(name, Fate.DELIVERED)))
    for late in (Fate.FAILED, Fate.PENDING, Fate.DELIVERED):
        assert not post.transact(lambda unit, late=late: note_report(unit, report(name, late)))  # type: ignore[misc]
    assert post.notice(number).state == "delivered"


def test_W_11_a_forged_report_does_nothing(post: Post) -> None:
    """An id that we do not hold, another's phone, and a message that has not left: no row changes, none is made."""
    number, waiting = post.queue(), post.queue(next_at=NOON + timedelta(days=1))
    post.send()
    before = [post.notice(number), post.notice(waiting)]
    for forged in (
        report("id-none", Fate.DELIVERED),
        report(f"id-{waiting}", Fate.DELIVERED),
        report(f"id-{number}", Fate.DELIVERED, phone="+254711000001"),
        report("", Fate.DELIVERED),
        report("None", Fate.DELIVERED),
    ):
        assert not post.transact(lambda unit, forged=forged: note_report(unit, forged))  # type: ignore[misc]
    assert [post.notice(number), post.notice(waiting)] == before
    assert len(post.states()) == 2


def test_W_11_a_failure_that_may_pass_is_tried_once_more(post: Post) -> None:
    """A failure that may pass is tried once more."""
    number = post.queue()
    post.send()
    passing = report(f"id-{number}", Fate.FAILED, reason="UserIsInactive", final=False)
    assert post.transact(lambda unit: note_report(unit, passing))
    assert post.send() == 0
    post.wait(hours=1)
    assert post.send() == 1
    assert post.transact(lambda unit: note_report(unit, passing))
    post.wait(hours=1)
    assert post.send() == 0
    assert (post.notice(number).state, post.notice(number).detail) == ("failed", "UserIsInactive")


def test_an_operator_can_send_a_parked_message_again(post: Post) -> None:
    parked, sent = post.queue("poison"), post.queue()
    post.send()
    assert not post.transact(lambda unit: send_again(unit, sent))
    assert not post.transact(lambda unit: send_again(unit, 999))
    assert post.transact(lambda unit: send_again(unit, parked))
    assert (post.notice(parked).state, post.notice(parked).tries) == ("queued", 0)


def test_an_expired_message_stays_unsent_whoever_asks(post: Post) -> None:
    code = post.queue(expires_at=NOON)
    post.send()
    assert not post.transact(lambda unit: send_again(unit, code))


def test_the_age_of_the_outbox_is_that_of_its_oldest_waiting_message(post: Post) -> None:
    assert post.transact(waiting_since) is None
    first = post.queue()
    post.wait(minutes=5)
    post.queue(next_at=NOON + timedelta(hours=1))
    assert post.transact(waiting_since) == NOON
    post.send()
    assert post.notice(first).state == "sent"
    assert post.transact(waiting_since) == NOON + timedelta(minutes=5)


def test_what_was_sent_is_written_down_even_if_the_database_stumbles(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or it would be sent again when the lease ends."""
    number = post.queue()
    monkeypatch.setattr("service.outbox.time.sleep", lambda _: None)
    whole, stumbles = post.store.transact, [0]

    def stumble(work: Any) -> Any:
        if post.gateway.sent and stumbles[0] < 2:
            stumbles[0] += 1
            raise ConnectionError
        return whole(work)

    monkeypatch.setattr(post.store, "transact", stumble)
    assert post.send() == 1
    assert post.notice(number).state == "sent"


def test_a_worker_goes_on_over_a_job_that_fails_and_stops_when_told() -> None:
    stop, did = threading.Event(), []

    def fails() -> int:
        raise ValueError("PIN 4071")

    def works() -> int:
        did.append(1)
        if len(did) == 2:
            stop.set()
        return 1

    stop.wait = lambda timeout=None: stop.is_set()  # type: ignore[method-assign]
    run_worker(stop, [fails, works])
    assert len(did) == 2


def test_every_outcome_that_a_gateway_knows_is_one_that_the_outbox_knows(post: Post) -> None:
    for outcome in Outcome:
        post.queue()
        post.gateway.says = says(outcome)
        post.send()
        post.wait(hours=10)
    assert set(Outcome) <= set(post.counted)
    assert replace(post.notice(1)).state == "sent"
