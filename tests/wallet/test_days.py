"""Whatever is counted by the day is counted by that of the country: it ends at midnight in Nairobi, nine in the evening
in UTC, wherever the machine stands (T-01)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from service.wallet.cash_in import CashIn, deposits_today
from service.wallet.challenge import sms_day
from service.wallet.commission import period_at
from service.wallet.forgotten import ASKS_PER_DAY, TooManyResets, ask_reset, stop_request
from service.wallet.inbox import DeclinedTwice, decline
from service.wallet.request import ask_payment
from service.wallet.transfer import floats_sent_today
from service.wallet.unit import Request, Unit
from tests.wallet.village import AMINA, BARAKA, NOON, PACK, SHOP, Village

MIDNIGHT = NOON.replace(hour=21)
DEPOSIT = CashIn(7, AMINA.id, "AMINA O", 5_00)


@pytest.mark.parametrize(
    "named",
    [
        lambda unit: floats_sent_today(SHOP, unit, PACK),
        lambda unit: deposits_today(unit, SHOP, DEPOSIT, PACK),
        lambda unit: sms_day(AMINA, unit, PACK),
    ],
    ids=["float", "deposits", "sms"],
)
def test_T_01_a_counter_is_named_by_the_day_of_the_country(village: Village, named: Callable[[Unit], str]) -> None:
    """At the last instant of a day, the first of the next, and at midnight of UTC."""
    days = []
    for moment in (MIDNIGHT - timedelta(microseconds=1), MIDNIGHT, MIDNIGHT + timedelta(hours=3)):
        village.now = moment
        days.append(village.do(named).rpartition(":")[2])
    assert days == ["2026-11-22", "2026-11-23", "2026-11-23"]


def test_T_01_two_noes_are_good_until_midnight(village: Village) -> None:
    """Who has said no twice may be asked again on the next day."""

    def ask() -> None:
        village.do(lambda unit: ask_payment(unit, asker=AMINA, phone=BARAKA.phone, amount=5_00))

    for _ in range(2):
        ask()
        asked = next(row.id for row in village.rows(Request) if row.state == "open")
        village.do(lambda unit, asked=asked: decline(unit, BARAKA, asked))  # type: ignore[misc]
    village.now = MIDNIGHT - timedelta(microseconds=1)
    with pytest.raises(DeclinedTwice):
        ask()
    village.now = MIDNIGHT
    ask()


def test_T_01_a_new_pin_is_asked_for_so_often_until_midnight(village: Village) -> None:
    """Its counter is its own: who has chosen a PIN too often may still ask, and the other way round."""

    def ask() -> None:
        village.do(lambda unit: ask_reset(unit, AMINA.id))
        village.do(lambda unit: stop_request(unit, AMINA.id))

    for _ in range(ASKS_PER_DAY):
        ask()
    village.now = MIDNIGHT - timedelta(microseconds=1)
    with pytest.raises(TooManyResets):
        ask()
    village.now = MIDNIGHT
    ask()


def test_K_07_a_day_of_commission_ends_at_midnight_and_is_paid_at_its_hour(village: Village) -> None:
    """Where a pack pays daily, each day is a period of its own."""
    village.pack(agents=PACK.agents._replace(commission_paid="daily"))
    period, hour = period_at(village.house.packs["ke"], NOON), timedelta(hours=PACK.agents.commission_hour)
    assert (period.name, period.end, period.next_at) == (
        "2026-11-21",
        MIDNIGHT - timedelta(days=1),
        MIDNIGHT + hour,
    )
