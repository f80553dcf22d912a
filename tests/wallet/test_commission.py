"""Paying commissions: which period is due when, what of it is whose, and that it happens once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.ledger.chart import Reason
from service.ledger.entry import Move
from service.refusal import Refusal
from service.wallet.commission import accrued, owed_to, pay_commission, period_at
from service.wallet.operator import approve, propose
from service.wallet.unit import Agent, Payday
from tests.wallet.village import (
    FEES,
    NJERI,
    NOON,
    OTHER_SHOP,
    PACK,
    SHOP,
    Village,
    commission,
    float_,
    ref,
)

DAILY = replace(PACK, agents=PACK.agents._replace(commission_paid="daily"))
DECEMBER = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
"""Six in the morning in Nairobi."""


def earned(village: Village, amount: int, shop: Agent = SHOP) -> None:
    village.post((FEES, commission(shop), amount, Reason.COMMISSION))


def paydays(village: Village, shop: Agent = SHOP) -> None:
    village.do(lambda unit: unit.rows.add(Payday(agent=shop.number, next_at=NOON)))


@pytest.mark.parametrize(
    ("now", "name", "end", "next_at"),
    [
        ("2026-12-01T02:59:59+00:00", "2026-10", "2026-10-31T21:00:00+00:00", "2026-12-01T03:00:00+00:00"),
        ("2026-12-01T03:00:00+00:00", "2026-11", "2026-11-30T21:00:00+00:00", "2027-01-01T03:00:00+00:00"),
        ("2028-02-29T12:00:00+00:00", "2028-01", "2028-01-31T21:00:00+00:00", "2028-03-01T03:00:00+00:00"),
        ("2027-01-31T22:00:00+00:00", "2026-12", "2026-12-31T21:00:00+00:00", "2027-02-01T03:00:00+00:00"),
    ],
)
def test_T_01_a_month_is_that_of_the_country_and_is_paid_at_its_hour(
    now: str, name: str, end: str, next_at: str
) -> None:
    """To the second, over a leap day and a year's end."""
    period = period_at(PACK, datetime.fromisoformat(now))
    assert (period.name, period.end, period.next_at) == (
        name,
        datetime.fromisoformat(end),
        datetime.fromisoformat(next_at),
    )


def test_a_day_may_be_the_period() -> None:
    period = period_at(DAILY, datetime(2026, 12, 1, 2, 59, tzinfo=UTC))
    assert (period.name, period.next_at) == ("2026-11-29", DECEMBER)
    period = period_at(DAILY, DECEMBER)
    assert (period.name, period.end) == ("2026-11-30", DECEMBER - timedelta(hours=6))


def test_what_a_month_has_earned_is_paid_once_and_a_quarter_is_the_head_office_s(village: Village) -> None:
    paydays(village)
    village.do(pay_commission)
    assert village.rows(Payday) == [Payday(agent=SHOP.number, next_at=DECEMBER)]
    assert village.said() == []
    earned(village, 100_01)
    village.now = DECEMBER - timedelta(seconds=1)
    assert village.do(pay_commission) == 0
    village.now = DECEMBER + timedelta(days=3)
    earned(village, 7_00)
    assert village.do(pay_commission) == 1
    (said,) = village.said()
    assert said[3] is not None
    entry = village.entry(said[3])
    assert entry is not None
    assert entry.once == "commission:100016:2026-11"
    assert entry.moves == (
        Move(commission(SHOP), float_(SHOP), 75_01, Reason.PAY_COMMISSION),
        Move(commission(SHOP), FEES, 25_00, Reason.PAY_COMMISSION),
    )
    values = {
        "reference": ref(entry.id),
        "amount": 75_01,
        "share": 25_00,
        "balance": 75_01,
        "at": village.now.isoformat(),
    }
    assert said == (NJERI.phone, "commission_paid", values, entry.id, None)
    owed = village.do(lambda unit: owed_to(unit, SHOP, PACK))
    assert owed == (7_00, 75_01, datetime(2027, 1, 1, 3, tzinfo=UTC))
    assert village.do(pay_commission) == 0
    paydays_again = village.rows(Payday)[0]
    village.change(paydays_again, next_at=NOON)
    before = village.do(lambda unit: unit.books.entries())
    assert village.do(pay_commission) == 1
    assert village.do(lambda unit: unit.books.entries()) == before
    village.now = datetime(2027, 1, 1, 3, tzinfo=UTC)
    village.do(pay_commission)
    assert village.balance(float_(SHOP)) == 75_01 + 5_25
    assert village.balance(commission(SHOP)) == 0


def test_K_07_periods_that_were_slept_through_are_made_up_for_by_one_run(village: Village) -> None:
    """Three months later everything earned until the last month's end is paid in one entry, named after that month."""
    paydays(village)
    village.do(pay_commission)
    for _ in range(3):
        earned(village, 100_00)
        village.later(days=30)
    village.now = datetime(2027, 3, 5, tzinfo=UTC)
    earned(village, 8_00)
    assert [village.do(pay_commission) for _ in range(3)] == [1, 0, 0]
    assert village.balance(float_(SHOP)) == 225_00
    assert village.balance(commission(SHOP)) == 8_00


def test_the_head_office_is_the_super_agent_where_there_is_one(village: Village) -> None:
    paydays(village, OTHER_SHOP)
    village.change(OTHER_SHOP, under=SHOP.number)
    earned(village, 100_00, OTHER_SHOP)
    village.now = DECEMBER
    village.do(pay_commission)
    assert (village.balance(float_(OTHER_SHOP)), village.balance(float_(SHOP))) == (75_00, 25_00)


@pytest.mark.parametrize(
    ("share", "due", "agent"), [(0, 1, 1), (25_00, 1, 1), (25_00, 3, 3), (100_00, 3, 0), (30_00, 10, 7)]
)
def test_I_09_no_cent_is_lost_in_the_split(village: Village, share: int, due: int, agent: int) -> None:
    """What does not divide is the agent's; the parts are the whole, and a part of nothing is no move."""
    paydays(village)
    village.pack(agents=PACK.agents._replace(head_office=share))
    earned(village, due)
    fees = village.balance(FEES)
    village.now = DECEMBER
    village.do(pay_commission)
    assert (village.balance(float_(SHOP)), village.balance(FEES) - fees) == (agent, due - agent)


def test_F_01_what_was_not_earned_is_taken_back_by_two_people_and_the_next_payday_pays_less(village: Village) -> None:
    """A claw-back is an entry of its own, and what is owed may fall below nothing: then nothing is paid."""
    paydays(village)
    earned(village, 100_00)
    values = {"agent": SHOP.number, "amount": 130_00, "reason": "split deposits"}
    made = village.do(lambda unit: propose(unit, act="clawback", values=values, maker="ann"))
    with pytest.raises(Refusal):
        village.do(lambda unit: approve(unit, approval_id=made.id, checker="Ann"))
    village.do(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    entry = village.entry(made.id)
    assert entry is not None
    assert entry.moves == (Move(commission(SHOP), FEES, 130_00, Reason.CLAWBACK),)
    told = {"reference": ref(made.id), "amount": 130_00, "commission": -30_00, "why": "split deposits"}
    assert village.said() == [(NJERI.phone, "clawback", told, made.id, None)]
    village.now = DECEMBER
    assert village.do(pay_commission) == 1
    assert village.said() == []
    earned(village, 50_00)
    village.now = datetime(2027, 1, 1, 3, tzinfo=UTC)
    village.do(pay_commission)
    assert village.balance(float_(SHOP)) == 15_00
    assert village.do(lambda unit: accrued(unit, SHOP, PACK, until=village.now)) == 0


def test_shops_are_paid_one_in_a_commit_and_shown_what_they_were_paid(village: Village) -> None:
    """Who has never been paid was paid nothing."""
    for shop in (SHOP, OTHER_SHOP):
        paydays(village, shop)
    earned(village, 100_00)
    assert village.do(lambda unit: owed_to(unit, SHOP, PACK)).paid == 0
    village.now = DECEMBER
    assert [village.do(pay_commission) for _ in range(3)] == [1, 1, 0]
    assert village.do(lambda unit: owed_to(unit, SHOP, PACK)).paid == 75_00
    assert village.do(lambda unit: owed_to(unit, OTHER_SHOP, PACK)).paid == 0
