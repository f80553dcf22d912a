"""Going to the providers: each order is handed to its provider, and what came of it is written down.

An order is taken in one commit, its provider is called outside of any, and the answer is written in the next. Whoever
dies in between leaves a lease that runs out. From the first hand-over on a provider may have done it: then it is asked
about under the same name, and never ordered under another. What stays unknown stays held, for staff (mark_stuck).
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from time import monotonic_ns
from typing import NamedTuple, Protocol, TypeVar

import structlog

from service.budget import Budget
from service.money import Currency
from service.wallet.order import AIRTIME, REFUSED, give_back, mark_stuck, person_of, settle
from service.wallet.ordered import Order
from service.wallet.unit import Seen, Unit

log = structlog.get_logger()

T = TypeVar("T")

LEASE = timedelta(minutes=2)
"""Outlives the slowest call: adapters give up after a quarter of it."""

BACK_OFF = (5, 15, 60, 5 * 60, 15 * 60, 60 * 60)
"""Seconds until an order is tried or asked about again; the last for ever."""

QUIET = timedelta(minutes=10)
"""A provider who says so long after the last hand-over that it knows of no such order will never do it."""

EACH, AT_ONCE = 2, 8
"""Orders of one provider, and of all, under way at a time: who is slow keeps nobody else waiting."""


class Fate(StrEnum):
    """What a provider made of an order."""

    DONE = "done"  # it is paid
    TAKEN = "taken"  # it is under way, and will be told or asked about
    REFUSED = "refused"  # it never will be
    UNHEARD = "unheard"  # the provider knows of no such order
    NOT_SENT = "not_sent"  # the provider was not reached
    UNSURE = "unsure"  # anything else: it may be done


class Answer(NamedTuple):
    """What came of one call; `provider_id` is what the provider calls the order."""

    fate: Fate
    provider_id: str | None = None
    detail: str = ""


class Errand(NamedTuple):
    """An order on its way to its provider, who knows it by `reference`; `again`: it may have been there before, `late`:
    so long ago that it must not be begun any more.
    """

    order: Order
    reference: str
    currency: Currency
    again: bool
    late: bool = False


class Provider(Protocol):
    """Who does what is ordered. Calls the network, for half a minute at most: never in a hop, never in a commit."""

    def pay(self, errand: Errand) -> Answer:
        """Hand an order over for the first time, or after the provider has said that it knows of none."""

    def ask(self, errand: Errand) -> Answer:
        """Find out what became of an order that may have been handed over."""


class AirtimeNews(NamedTuple):
    """What the seller of airtime says of an order, by its own name for it; `amount` is minor units."""

    provider_id: str
    phone: str
    currency: str
    amount: int
    done: bool


class Vouching(NamedTuple):
    """The seller of airtime asks whether an order is ours."""

    provider_id: str
    phone: str
    currency: str
    amount: int


class Transact(Protocol):
    """Runs work in one commit; it may run it again from its beginning."""

    def __call__(self, work: Callable[[Unit], T]) -> T: ...


def run_errands(transact: Transact, providers: Mapping[str, Provider], airtime: Budget) -> int:
    """Go on with the orders that are due, some of each provider at a time, and return how many were dealt with.

    Airtime beyond its budget is not bought: it waits for room, and goes back whole when it has waited too long (G-09).
    """
    begun = monotonic_ns()
    errands = transact(lambda unit: _take(unit, list(providers)))
    if not errands:
        return 0
    ways = [providers.get(one.order.provider) if _has_room(one, airtime) else None for one in errands]
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="errand") as pool:
        answers = list(pool.map(partial(_go, begun), errands, ways))
    for errand, answer in zip(errands, answers, strict=True):
        _write_down(transact, errand, answer)
    return len(errands)


def _write_down(transact: Transact, errand: Errand, answer: Answer) -> None:
    transact(lambda unit: note_answer(unit, errand, answer))


def _take(unit: Unit, providers: Sequence[str]) -> list[Errand]:
    """Lease the orders that are due: from this commit on each may have been handed over."""
    first = unit.rows.due(Order, before=unit.now, state="waiting", limit=1, lock=False)
    if not first:
        return []
    errands: list[Errand] = []
    for provider in dict.fromkeys((first[0].provider, *providers)):
        for row in unit.rows.due(Order, before=unit.now, state="waiting", provider=provider, limit=EACH):
            if len(errands) < AT_ONCE:
                errands.append(_lease(unit, row, known=provider in providers))
    return errands


def _lease(unit: Unit, row: Order, *, known: bool) -> Errand:
    goes = row.sent_at is not None or (known and not _is_late(unit, row))
    taken = replace(
        row,
        sent_at=(row.sent_at if _is_late(unit, row) or row.stuck else unit.now) if goes else None,
        tries=row.tries + 1,
        next_at=unit.now + LEASE,
    )
    unit.rows.put(taken)
    currency = unit.house.packs[person_of(unit, row).country].currency
    return Errand(taken, unit.house.references.write(row.id), currency, row.sent_at is not None, _is_late(unit, row))


def _has_room(errand: Errand, airtime: Budget) -> bool:
    """Count airtime that is bought for the first time, and say whether this hour has room for it."""
    row = errand.order
    if row.kind != AIRTIME or errand.again or row.sent_at is None:
        return True
    if airtime.take(row.account, row.sent_at) is None:
        return True
    log.error("more airtime is wanted than an hour has room for", entry=row.id)
    return False


def _go(begun: int, errand: Errand, provider: Provider | None) -> Answer:
    if provider is None or errand.order.sent_at is None:
        return Answer(Fate.NOT_SENT)
    if (
        monotonic_ns() - begun > LEASE // timedelta(microseconds=1) * 500
    ):  # this process stood still: another may have it
        return Answer(Fate.UNSURE, detail="the lease is over")
    try:
        answer = provider.ask(errand) if errand.again else provider.pay(errand)
        may_go = answer.fate is Fate.UNHEARD and not errand.late and not errand.order.stuck
        return provider.pay(errand) if may_go else answer
    except Exception:
        log.exception("a provider's adapter broke", provider=errand.order.provider)
        return Answer(Fate.UNSURE)


def note_answer(unit: Unit, errand: Errand, answer: Answer) -> None:
    """Write down what came of a call, unless the order has ended meanwhile, or somebody else has it in hand."""
    taken = errand.order
    row = unit.rows.lock(Order, taken.id)
    if row is None or row.state != "waiting":
        _say_if_contradicted(row, answer.fate)
        return
    if answer.fate is Fate.DONE:
        settle(unit, row, answer.provider_id)
        return
    if row.next_at != taken.next_at:  # the lease ran out: whoever has it now says how it stands
        return
    if answer.fate is Fate.REFUSED:
        log.warning("an order was refused", provider=row.provider, reason=answer.detail)
        give_back(unit, row, REFUSED)
    elif answer.fate is Fate.NOT_SENT and not errand.again:
        log.warning("an order did not go", provider=row.provider, reason=answer.detail)
        _not_there(unit, row)
    elif answer.fate is Fate.UNHEARD:
        _unheard(unit, row)
    else:
        row = replace(row, provider_id=answer.provider_id or row.provider_id)
        if not _told_before(unit, row):
            _wait(unit, row)


def _not_there(unit: Unit, row: Order) -> None:
    """The provider cannot know of it: it is tried again, until it is too late for that."""
    if _is_late(unit, row):
        give_back(unit, row)
    else:
        unit.rows.put(replace(row, sent_at=None, next_at=_later(unit, row)))


def _unheard(unit: Unit, row: Order) -> None:
    """The provider knows of none, and it is too late to begin: what was handed over may still be on its way.

    It is never forgotten that something was: else what came late would be paid and given back as well.
    """
    assert row.sent_at is not None, f"order {row.id} was never handed over"
    if unit.now - row.sent_at >= QUIET:
        give_back(unit, row)
    else:
        unit.rows.put(replace(row, next_at=row.sent_at + QUIET))


def _wait(unit: Unit, row: Order) -> None:
    patience = timedelta(seconds=_pack_seconds(unit, row)[1])
    if not row.stuck and unit.now - row.at >= patience:
        row = mark_stuck(unit, row)
        log.error("nobody knows what became of an order", provider=row.provider, entry=row.id)
    unit.rows.put(replace(row, next_at=_later(unit, row)))


def _is_late(unit: Unit, row: Order) -> bool:
    return unit.now - row.at >= timedelta(seconds=_pack_seconds(unit, row)[0])


def _pack_seconds(unit: Unit, row: Order) -> tuple[int, int]:
    pack = unit.house.packs[person_of(unit, row).country]
    return pack.order_seconds, pack.order_unsure_seconds


def _later(unit: Unit, row: Order) -> datetime:
    return unit.now + timedelta(seconds=BACK_OFF[min(row.tries, len(BACK_OFF)) - 1])


def mind_orders(unit: Unit) -> int:
    """Let no order wait for a time that only a clock knew which was put back since; return how many did."""
    latest = unit.now + timedelta(seconds=BACK_OFF[-1]) + LEASE
    lost = [row for row in unit.rows.find(Order, state="waiting", limit=1_000_000) if row.next_at > latest]
    for found in lost:
        row = unit.rows.lock(Order, found.id)
        if row is not None and row.state == "waiting":
            unit.rows.put(replace(row, next_at=unit.now))
    return len(lost)


def note_airtime(unit: Unit, news: AirtimeNews) -> None:
    """End an order for airtime as its seller says; what comes before our own answer is kept until that is written.

    News may be forged, late, double or contradict each other: the first that fits decides, and only what still waits.
    """
    found = unit.rows.find(Order, provider_id=news.provider_id, limit=1)
    row = unit.rows.lock(Order, found[0].id) if found else None
    if row is None:
        unit.rows.add(Seen(key=_heard(unit, news.provider_id, news.phone, news.amount, done=news.done), at=unit.now))
        return
    currency = unit.house.packs[person_of(unit, row).country].currency.code
    if (row.kind, row.account, row.amount, currency) != (AIRTIME, news.phone, news.amount, news.currency):
        log.error("news of airtime do not fit the order")
    elif row.state != "waiting":
        _say_if_contradicted(row, Fate.DONE if news.done else Fate.REFUSED)
    elif news.done:
        settle(unit, row)
    else:
        give_back(unit, row, REFUSED)


def vouch(unit: Unit, asked: Vouching) -> bool:
    """Say whether airtime was ordered here, once for each order: a stolen key of our account buys nothing."""
    for found in unit.rows.find(Order, account=asked.phone, state="waiting"):
        row = unit.rows.lock(Order, found.id)
        if row is None or (row.kind, row.state, row.amount) != (AIRTIME, "waiting", asked.amount):
            continue
        currency = unit.house.packs[person_of(unit, row).country].currency.code
        named = {row.vouched_for or asked.provider_id, row.provider_id or asked.provider_id}
        if row.sent_at is not None and currency == asked.currency and named == {asked.provider_id}:
            unit.rows.put(replace(row, vouched_for=asked.provider_id))
            return True
    return False


def _told_before(unit: Unit, row: Order) -> bool:
    """End an order of which its seller has spoken before we knew what it calls it; say whether it has."""
    if row.provider_id is None or row.kind != AIRTIME:
        return False
    done, failed = (
        unit.rows.get(Seen, _heard(unit, row.provider_id, row.account, row.amount, done=each)) is not None
        for each in (True, False)
    )
    if done == failed:  # nothing was heard yet, or two things that cannot both be true
        return False
    if done:
        settle(unit, row)
    else:
        give_back(unit, row, REFUSED)
    return True


def _heard(unit: Unit, provider_id: str, phone: str, amount: int, *, done: bool) -> str:
    about = f"airtime {provider_id} {phone} {amount} {done}"
    return f"airtime:{hmac.digest(unit.house.code_key, about.encode(), 'sha256').hex()[:32]}"


def _say_if_contradicted(row: Order | None, fate: Fate) -> None:
    said = {"done": Fate.REFUSED, "returned": Fate.DONE}.get(row.state) if row else None
    if row and fate is said:
        log.error("a provider contradicts what was decided", provider=row.provider, state=row.state, entry=row.id)
