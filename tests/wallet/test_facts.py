"""The facts that rules are written in, at their edges: whole numbers, out of what this person's lines say."""

from datetime import timedelta
from typing import Any

import pytest

from service.ledger.chart import Reason
from service.wallet import history
from service.wallet.unit import Paid
from tests.wallet.village import AMINA, BARAKA, FEES, NJERI, NOON, OTHER_SHOP, SHOP, Village, wallet


def fact(village: Village, name: str, amount: int = 100_00, **more: Any) -> int:
    asked = {"other": None, "shop": "", "lines": None, **more}
    found = village.do(lambda unit: history.Facts(history.look(unit, person=AMINA, amount=amount, **asked))[name])
    assert type(found) is int, f"{name} is {found!r}"
    return found


def came(village: Village, amount: int) -> None:
    village.post((wallet(BARAKA), wallet(AMINA), amount, Reason.SEND))


def went(village: Village, amount: int) -> None:
    village.post((wallet(AMINA), wallet(BARAKA), amount, Reason.SEND))


@pytest.fixture(autouse=True)
def _money(village: Village) -> None:
    village.give(AMINA, 1_000_00)
    village.give(BARAKA, 10_000_00)
    village.later(hours=2)


def test_every_fact_is_a_whole_number_whatever_went_before(village: Village) -> None:
    """Divisions leave no fraction that a rule would be compared with."""
    for amount in (33, 77, 41, 59, 67):
        went(village, amount)
    came(village, 7)
    for of in ("send", "pay", "withdraw", "cash_in"):
        for name in history.FACTS:
            fact(village, name, 1_01, of=of, shop=SHOP.number)
    assert fact(village, "times_usual", 1_17) == 1
    assert fact(village, "times_largest", 1_53) == 1
    assert fact(village, "cash_in_percent", 9_99) == 0
    assert fact(village, "cash_in_minutes") == 120


def test_what_was_passed_on_is_of_what_came_within_the_hour(village: Village) -> None:
    """A cent that came is counted, and what went already, and this payment; what pays a charge came from nobody."""
    came(village, 1)
    assert fact(village, "passed_on_percent", 1) == 100
    assert fact(village, "payers_hour") == 1
    came(village, 99)
    went(village, 50)
    assert fact(village, "passed_on_percent", 25) == 75
    village.post((wallet(AMINA), FEES, 1, Reason.FEE))
    assert fact(village, "payers_hour") == 1


def test_a_stranger_is_who_has_not_paid_this_person_before(village: Village) -> None:
    came(village, 5)
    for payer, payee in ((BARAKA.id, NJERI.id), (NJERI.id, AMINA.id)):
        row = Paid(payer=payer, payee=payee, times=9, last_at=NOON)
        village.do(lambda unit, row=row: unit.rows.add(row))  # type: ignore[misc]
    assert fact(village, "strangers_hour") == 1
    village.do(lambda unit: unit.rows.add(Paid(payer=BARAKA.id, payee=AMINA.id, times=2, last_at=NOON)))
    assert fact(village, "strangers_hour") == 0


def test_nearly_reportable_is_from_nine_tenths_to_just_below(village: Village) -> None:
    edge = 1_000_00
    village.pack(report_from=edge)
    amounts = (edge * 9 // 10 - 1, edge * 9 // 10, edge - 1, edge, edge + 1)
    assert [fact(village, "near_report_day", amount) for amount in amounts] == [0, 1, 1, 0, 0]
    for amount in (950_00, 999_99, 1_000_00):
        came(village, amount)
    assert fact(village, "near_report_day", 999_99) == 3


def test_what_is_usual_to_pay_in_is_not_what_is_usual_to_pay(village: Village) -> None:
    went(village, 3_00)
    assert fact(village, "times_largest", 1_000_00, of="cash_in") == 1
    assert fact(village, "times_largest", 1_000_00, of="send") == 333


def test_today_is_that_of_the_country(village: Village) -> None:
    village.now = NOON.replace(hour=21) - timedelta(microseconds=1)
    village.give(AMINA, 5)
    assert fact(village, "cash_ins_today") == 2
    village.later(microseconds=1)
    assert fact(village, "cash_ins_today") == 0


def test_cash_is_elsewhere_where_the_shop_is_another_and_so_is_its_place(village: Village) -> None:
    assert [fact(village, "elsewhere", shop=shop) for shop in ("", SHOP.number, OTHER_SHOP.number)] == [0, 0, 1]


def test_how_long_a_wallet_slept_is_read_past_what_others_have_sent(village: Village) -> None:
    """Where more was sent than is read, it slept at least since the oldest line that was."""
    went(village, 1)
    village.later(days=10)
    for _ in range(history.BURIED):
        came(village, 1)
    village.later(days=3)
    assert fact(village, "idle_days") == 3


def test_what_never_moved_slept_since_it_was_opened(village: Village) -> None:
    village.later(days=30)
    assert fact(village, "idle_days") == 30
    came(village, 1)
    assert fact(village, "idle_days") == 30
