"""Messages leave here: after the commit of what they tell, at least once, and seldom twice.

A message is taken in one commit, sent outside of any, and what became of it is written in the next. Whoever dies in
between leaves a lease that runs out, and then somebody takes the message again. A gateway that may or may not have
sent is asked once more and then left alone: each text has its reference, so that seeing it twice harms nobody.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

import structlog

from service.budget import CLOCK_SLACK, Budget
from service.wallet.unit import Notice, Timer, Unit

log = structlog.get_logger()

T = TypeVar("T")

LANE = "sms lane"
"""The Timer until which nothing is sent: the gateway's account needs somebody's hand, or it was not reached."""

CLOCK = "latest time"
"""The Timer that remembers how late it was."""

EVER = datetime.max.replace(tzinfo=UTC)

LANE_PAUSE = timedelta(minutes=5)
REACH_PAUSE = timedelta(seconds=30)
"""How long a gateway that is not reached is left alone: one try in this time, so that all goes on when it is back."""

LEASE = timedelta(minutes=3)
"""Outlives the slowest call that is not a drip: connecting and reading take some 13 seconds."""

LATEST_START = timedelta(minutes=2)
"""A message whose lease has run for so long is not sent any more by who took it."""

BACK_OFF = (timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
MOST_TRIES = len(BACK_OFF) + 1
CLOSES = {"lane_stopped": LANE_PAUSE, "unreachable": REACH_PAUSE}
"""Outcomes after which the lane is closed for a while; the message in hand and those behind it go back untried."""

UNSURE_PAUSE = timedelta(minutes=2)
REPORTED_PAUSE = timedelta(minutes=15)
"""When a message is sent again that the network could not bring, for a reason that may pass."""

UNSURE = "it may have been sent"
LONGEST = 1600
"""Letters: ten parts; what is longer was never meant to be a message."""

BITE = 16
QUICK = 0.005
"""Seconds a message: while sending is so quick, several are taken at once; else one, so that a death costs one."""

ENOUGH_SECONDS = 2


class Transact(Protocol):
    """Runs work in one commit; it may run it again from its beginning."""

    def __call__(self, work: Callable[[Unit], T]) -> T: ...


class Attempt(Protocol):
    """What a gateway made of a message; `outcome` is one of accepted, not_sent, unknown, refused, unsendable,
    lane_stopped, unreachable.
    """

    @property
    def outcome(self) -> str: ...
    @property
    def provider_id(self) -> str | None: ...
    @property
    def detail(self) -> str: ...


class Send(Protocol):
    """Sends one message to one number; calls the network."""

    def __call__(self, *, to: str, text: str, link_id: str | None = None) -> Attempt: ...


class News(Protocol):
    """A delivery report; `fate` is one of pending, delivered, failed."""

    @property
    def provider_id(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def fate(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def final(self) -> bool: ...


class Dealt(NamedTuple):
    """A message as it was taken, as it shall stand, and why."""

    taken: Notice
    after: Notice
    outcome: str


def send_due(
    transact: Transact,
    send: Send,
    render: Callable[[Notice], str],
    now: Callable[[], datetime],
    *,
    budget: Budget,
    codes: Budget,
    limit: int = 100,
    count: Callable[[str], None] = lambda _: None,
) -> int:
    """Send what is due, at most `limit` messages or for two seconds, and return how many were dealt with.

    `render` gives the text in the reader's language. `count` is told each outcome, which besides those of Attempt may
    be expired, unrendered, over_budget, late. Raises what `transact` raises: then leases run out, and nothing is lost.
    What expires has the budget `codes`: who pays somebody many cents must not be able to hold back their codes (G-09).
    """
    began = time.monotonic()
    done, bite = 0, 1
    dealt: list[Dealt] = []
    while True:
        most = min(bite, limit - done) if time.monotonic() - began < ENOUGH_SECONDS else 0
        taken = _firmly(transact, dealt, most)
        if not taken:
            return done
        started = time.monotonic()
        dealt = []
        for notice in taken:
            before = dealt[-1].outcome if dealt else ""
            mine = budget if notice.expires_at is None else codes
            if before in CLOSES:
                one = Dealt(notice, _untried(notice, now() + CLOSES[before]), before)
            else:
                one = _deal(notice, send, render, now(), mine)
            dealt.append(one)
            count(one.outcome)
        done += len(taken)
        quick = time.monotonic() - started < QUICK * len(taken)
        bite = min(bite * 2, BITE) if quick else 1


def note_report(unit: Unit, news: News) -> bool:
    """Move the message that a delivery report is about, forward only; returns whether it moved.

    A report may be forged, late or out of order: it never moves what was not sent, nor what has come to its end.
    """
    found = unit.rows.find(Notice, provider_id=news.provider_id, limit=1)
    notice = unit.rows.lock(Notice, found[0].id) if found else None
    if notice is None or notice.provider_id != news.provider_id or notice.phone != news.phone:
        return False
    if news.fate == "delivered" and notice.state in ("sent", "queued"):
        unit.rows.put(replace(notice, state="delivered", detail=""))
        return True
    if news.fate == "failed" and notice.state == "sent":
        again = not news.final and notice.tries == 1
        state, next_at = ("queued", unit.now + REPORTED_PAUSE) if again else ("failed", notice.next_at)
        unit.rows.put(replace(notice, state=state, next_at=next_at, detail=news.reason))
        return True
    return False


def send_again(unit: Unit, notice_id: int) -> bool:
    """Queue anew a message that is parked, failed or of unknown fate; False where it is not, or has expired."""
    notice = unit.rows.lock(Notice, notice_id)
    if notice is None or notice.state not in ("parked", "failed", "unknown") or _expired(notice, unit.now):
        return False
    unit.rows.put(replace(notice, state="queued", tries=0, next_at=unit.now, detail=""))
    return True


def park_waiting(unit: Unit, why: str) -> int:
    """Park every message that has not left, for somebody to decide about; return how many."""
    waiting = unit.rows.find(Notice, state=("queued", "sending"), limit=10_000_000)
    for notice in waiting:
        unit.rows.put(replace(notice, state="parked", detail=why))
    return len(waiting)


def mind_the_clock(unit: Unit) -> int:
    """Note the time; where the clock has been put back, let no message wait for a time that only the wrong one knew.

    Returns how many were brought back. Run it every half minute or so.
    """
    noted = unit.rows.lock(Timer, CLOCK)
    if noted is None:
        unit.rows.add(Timer(name=CLOCK, next_at=unit.now))
        return 0
    unit.rows.put(replace(noted, next_at=unit.now))
    if noted.next_at <= unit.now + CLOCK_SLACK:
        return 0
    latest = unit.now + BACK_OFF[-1]
    waiting = unit.rows.find(Notice, state=("queued", "sending"), limit=10_000_000)
    late = [notice for notice in waiting if notice.next_at > latest]
    for notice in late:
        unit.rows.put(replace(notice, next_at=unit.now))
    log.warning("the clock was put back", count=len(late))
    return len(late)


def waiting_since(unit: Unit) -> datetime | None:
    """Return when the message was queued that is to leave before all others, or None: asked often, read by an index."""
    waiting = [
        notice
        for state in ("queued", "sending")
        for notice in unit.rows.due(Notice, before=EVER, limit=1, lock=False, state=state)
    ]
    return min((notice.at for notice in waiting), default=None)


def run_worker(stop: threading.Event, jobs: Sequence[Callable[[], int]]) -> None:
    """Run the jobs in turn until told to stop, resting while there is nothing to do.

    Each returns how much it did. One that fails is logged and does not keep the others from their work.
    """
    while not stop.is_set():
        did, failed = 0, False
        for job in jobs:
            try:
                did += job()
            except Exception:
                failed = True
                log.exception("a job failed")
        if failed or not did:
            stop.wait(2 if failed else 0.2)


def run_workers(stop: threading.Event, *works: Sequence[Callable[[], int]]) -> None:
    """Run several lists of jobs side by side until told to stop, and until each has."""
    beside = [threading.Thread(target=run_worker, args=(stop, jobs)) for jobs in works[1:]]
    for thread in beside:
        thread.start()
    run_worker(stop, works[0])
    for thread in beside:
        thread.join()


def _firmly(transact: Transact, dealt: Sequence[Dealt], most: int) -> list[Notice]:
    """Settle and take; try again if it fails, because what is not written down is sent again."""
    for wait in (1, 2, 4) if dealt else ():
        try:
            return transact(lambda unit: _settle_and_take(unit, dealt, most))
        except Exception:
            log.exception("what was sent could not be written down")
            time.sleep(wait)
    return transact(lambda unit: _settle_and_take(unit, dealt, most))


def _settle_and_take(unit: Unit, dealt: Sequence[Dealt], most: int) -> list[Notice]:
    """Write what became of the last messages and take the next, in one commit."""
    for taken, after, _ in dealt:
        row = unit.rows.lock(Notice, taken.id)
        # If the lease has run out and somebody else has it now, it is theirs to say.
        if row is not None and (row.state, row.next_at) == (taken.state, taken.next_at):
            unit.rows.put(after)
    pauses = [CLOSES[one.outcome] for one in dealt if one.outcome in CLOSES]
    if pauses:
        closed = Timer(name=LANE, next_at=unit.now + max(pauses))
        if not unit.rows.add(closed):
            unit.rows.put(closed)
    lane = unit.rows.get(Timer, LANE)
    # A time further ahead than any pause was set by a clock that has been put back since.
    closed_now = lane is not None and unit.now < lane.next_at <= unit.now + LANE_PAUSE
    if most <= 0 or closed_now:
        return []
    return _take(unit, most)


def _take(unit: Unit, most: int) -> list[Notice]:
    found = list(unit.rows.due(Notice, before=unit.now, limit=most, state="sending"))
    if len(found) < most:
        found += unit.rows.due(Notice, before=unit.now, limit=most - len(found), state="queued")
    worn = [notice for notice in found if notice.tries >= MOST_TRIES]
    for notice in worn:
        # Its lease ran out each time: whoever sends this dies of it.
        unit.rows.put(replace(notice, state="unknown", detail=UNSURE))
    taken = [
        replace(notice, state="sending", tries=notice.tries + 1, next_at=unit.now + LEASE)
        for notice in found
        if notice not in worn
    ]
    for notice in taken:
        unit.rows.put(notice)
    return _take(unit, most) if worn and not taken else taken


def _deal(notice: Notice, send: Send, render: Callable[[Notice], str], at: datetime, budget: Budget) -> Dealt:
    """Send one message that was taken, or find out why not."""
    if _expired(notice, at):
        return Dealt(notice, replace(notice, state="failed", detail="expired"), "expired")
    if at > notice.next_at - LEASE + LATEST_START:
        return Dealt(notice, _untried(notice, at), "late")
    text = _rendered(notice, render)
    if not text:
        return Dealt(notice, replace(notice, state="parked", detail="it has no text"), "unrendered")
    room = budget.take(notice.phone, at)
    if room is not None:
        return Dealt(notice, _untried(notice, room), "over_budget")
    try:
        attempt = send(to=notice.phone, text=text, link_id=notice.link_id)
    except Exception:
        log.exception("a gateway broke", notice=notice.id)
        return _decide(notice, "unknown", None, "", at)
    return _decide(notice, attempt.outcome, attempt.provider_id, attempt.detail, at)


def _rendered(notice: Notice, render: Callable[[Notice], str]) -> str:
    try:
        text = render(notice)
    except Exception:
        log.exception("a notice cannot be written", notice=notice.id, key=notice.key)
        return ""
    if len(text) > LONGEST:
        log.error("a notice is too long", notice=notice.id, key=notice.key)
        return ""
    return text


def _decide(notice: Notice, outcome: str, provider_id: str | None, detail: str, at: datetime) -> Dealt:
    """Say how a message stands after an attempt."""
    unsure = notice.detail == UNSURE
    kept = UNSURE if unsure else detail
    spent = notice.tries >= MOST_TRIES
    doubt = "unknown" if unsure or spent else "queued"
    later = at + BACK_OFF[min(notice.tries, len(BACK_OFF)) - 1]
    after = {
        "accepted":     replace(notice, state="sent", provider_id=provider_id, detail=""),
        "not_sent":     replace(notice, state="parked" if spent else "queued", next_at=later, detail=kept),
        "unknown":      replace(notice, state=doubt, next_at=at + UNSURE_PAUSE, detail=UNSURE),
        "refused":      replace(notice, state="failed", detail=detail),
        "unsendable":   replace(notice, state="parked", detail=detail),
        **{closing: _untried(notice, at + pause) for closing, pause in CLOSES.items()},
    }[outcome]  # fmt: skip
    if outcome == "lane_stopped":
        log.error("the sms lane is stopped", reason=detail)
    elif after.state not in ("sent", "queued"):
        log.warning("a message did not go", notice=notice.id, key=notice.key, outcome=outcome, reason=detail)
    return Dealt(notice, after, outcome)


def _untried(notice: Notice, next_at: datetime) -> Notice:
    return replace(notice, state="queued", tries=notice.tries - 1, next_at=next_at)


def _expired(notice: Notice, at: datetime) -> bool:
    return notice.expires_at is not None and notice.expires_at <= at
