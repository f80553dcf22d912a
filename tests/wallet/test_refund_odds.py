"""Levies given back: what the audit finds, numbers of refunds, cents, clocks, and four hands at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from service.countries import Tax
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.reference import LAST_ENTRY
from service.storage.store import Busy, Store
from service.wallet.audit import refunds_have_payments
from service.wallet.operator import approve, propose
from service.wallet.refund import (
    Batch,
    levy_returned,
    refund_id,
    values_of,
)
from service.wallet.unit import Notice
from tests.wallet.test_refund import given, levied, paid, reviewed
from tests.wallet.village import (
    AMINA,
    BARAKA,
    NJERI,
    TAX,
    Village,
    wallet,
)

SUSPENSE = Account("ke", Kind.SUSPENSE)
MIDNIGHT = datetime(2025, 4, 1, 21, 0, tzinfo=UTC)  # 2 April begins in Nairobi
OPEN = Tax("e-levy", "send", 1_00, "up", date(2023, 1, 1), None, "test")
ENDED = replace(OPEN, valid_to=date(2025, 4, 1))
DAY = Batch("ke", "e-levy", date(2025, 4, 2), date(2025, 4, 2))


@pytest.fixture
def morning(village: Village) -> Village:
    """9:15 of a day on which the levy should have been gone, and is still taken."""
    levied(village, OPEN)
    village.now = MIDNIGHT - timedelta(hours=12)
    village.give(AMINA, 5000_00)
    village.give(BARAKA, 5000_00)
    village.now = MIDNIGHT + timedelta(hours=9, minutes=15)
    return village


def test_the_audit_finds_a_refund_of_nothing_and_one_that_nobody_approved(morning: Village) -> None:
    morning.audited = False

    def found() -> list[str]:
        return [what for _, what in morning.do(lambda unit: list(refunds_have_payments(unit)))]

    paid(morning)
    levied(morning, ENDED)
    given(morning)
    assert found() == ["gives a tax back, and no batch was approved"]
    values = values_of(DAY, 0, 0)
    made = morning.do(lambda unit: propose(unit, act="refund", values=values, maker="ann")).id
    morning.do(lambda unit: approve(unit, approval_id=made, checker="bob"))
    assert found() == []
    free = paid(morning, 50_00)
    back = Move(TAX, wallet(AMINA), 9, Reason.LEVY_REFUND)
    stray = Entry(id=refund_id(free), reason=Reason.LEVY_REFUND, at=morning.now, moves=(back,))
    morning.do(lambda unit: unit.books.post(stray))
    assert found() == ["gives back 9, and its payment paid 0 of a tax"]


def test_K_01_four_at_once_on_every_engine_give_each_levy_back_once(store: Store) -> None:
    """They run into each other at every wallet, and each person gets each levy once, with one message."""
    village = Village(store=store)  # type: ignore[arg-type]
    levied(village, OPEN)
    village.now = MIDNIGHT + timedelta(hours=1)
    for who in (AMINA, BARAKA, NJERI):
        village.give(who, 5000_00)
    pairs = [(AMINA, BARAKA), (BARAKA, NJERI), (NJERI, AMINA)]
    entries = [paid(village, 100_00 + n, *pairs[n % 3]) for n in range(12)]
    levied(village, ENDED)
    before = {who.id: village.balance(wallet(who)) for who in (AMINA, BARAKA, NJERI)}
    entered, total = reviewed(village)
    assert entered == 12

    def run() -> int:
        given_by_me, since = 0, None
        while True:
            try:
                bite = given(village, before=since, limit=7)
            except Busy:
                continue
            given_by_me, since = given_by_me + bite.total, bite.before
            if since is None:
                return given_by_me

    with ThreadPoolExecutor(4) as pool:
        reported = [future.result() for future in [pool.submit(run) for _ in range(4)]]
    after = {who.id: village.balance(wallet(who)) for who in (AMINA, BARAKA, NJERI)}
    assert sum(after.values()) - sum(before.values()) == total
    assert sum(reported) >= total, "who comes second may have counted what the first had given"
    told = sorted(notice.entry or 0 for notice in village.rows(Notice) if notice.key == "levy_refund")
    assert told == sorted(map(refund_id, entries))
    assert reviewed(village) == (0, 0)


def test_a_refund_has_a_number_that_no_payment_ever_gets() -> None:
    """From the far end, and the two ends never meet."""
    middle = LAST_ENTRY // 2
    assert [refund_id(entry) for entry in (0, middle - 1)] == [LAST_ENTRY, LAST_ENTRY - middle + 1]
    with pytest.raises(AssertionError):
        refund_id(middle)


def test_nothing_was_given_back_of_a_refund(morning: Village) -> None:
    """What stands in the upper half of numbers is a refund itself; one of another kind gives no levy back."""
    for entry in (1, LAST_ENTRY // 2 - 1, LAST_ENTRY // 2, LAST_ENTRY):
        assert morning.do(lambda unit, entry=entry: levy_returned(unit, entry)) == 0  # type: ignore[misc]
    entry = paid(morning)
    levied(morning, ENDED)
    given(morning)
    assert morning.do(lambda unit: levy_returned(unit, entry)) == 3_00
    assert morning.do(lambda unit: levy_returned(unit, refund_id(entry))) == 0


def test_a_levy_of_one_cent_is_given_back(morning: Village) -> None:
    small = replace(OPEN, basis_points=1, valid_to=None)
    levied(morning, small)
    entry = paid(morning, 100_00)
    levied(morning, replace(small, valid_to=date(2025, 4, 1)))
    assert reviewed(morning) == (1, 1)
    given(morning)
    assert morning.do(lambda unit: levy_returned(unit, entry)) == 1


def test_T_03_what_an_older_clock_has_written_later_hides_nothing_before_it(morning: Village) -> None:
    """A page may end in a line of the day before; the payments before that are read all the same."""
    first = paid(morning, 300_00)
    morning.later(days=-1)
    paid(morning, 301_00)
    morning.later(days=1)
    levied(morning, ENDED)
    bite = given(morning, limit=2)
    assert bite.entries == 0
    while bite.before is not None:
        bite = given(morning, before=bite.before, limit=2)
    assert morning.do(lambda unit: levy_returned(unit, first)) == 3_00


def test_a_batch_of_many_pages_is_reviewed_once_each(morning: Village) -> None:
    """More legs than are read at once: none is counted twice."""
    morning.give(AMINA, 40_000_00)
    levied(morning, OPEN)
    for _ in range(260):  # a fee and a levy each
        paid(morning, 100_00)
    levied(morning, ENDED)
    assert reviewed(morning) == (260, 260_00)
