"""What a regulator is told: which payments, which pieces, which days; nothing twice and nothing of another period."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from service.wallet import regulator
from service.wallet.regulator import BadPeriod, Found, large, read_period, structured
from service.wallet.send import quote_send, send_money
from service.wallet.unit import Person, Unit
from tests.wallet.village import AMINA, BARAKA, PACK, Village

RULES = replace(PACK, report_from=1_000_00, rules=())
DAY = "2026-11-22"


@pytest.fixture
def village() -> Iterator[Village]:
    village = Village()
    village.house = replace(village.house, packs={**village.house.packs, "ke": RULES})
    yield village
    village.assert_readable()


def pay(village: Village, payer: Person, payee: Person, amount: int, *, undo: int = 0) -> None:
    def work(unit: Unit) -> None:
        quote = quote_send(unit, payer=payer, phone=payee.phone, amount=amount)
        send_money(unit, payer=payer, quote=quote._replace(undo=undo))

    village.do(work)


def told(village: Village, report: object, first: str = DAY, last: str = DAY) -> list[Found]:
    return list(report(village.do, read_period(RULES, first, last)))  # type: ignore[operator]


def test_large_payments_are_those_from_the_edge_on_with_who_paid_whom(village: Village) -> None:
    """Charges beside a payment are none; cash that was paid in is one; who they are stands there whole."""
    village.give(AMINA, 5_000_00)
    pay(village, AMINA, BARAKA, 999_99)
    pay(village, AMINA, BARAKA, 1_000_00)
    cash, sent = told(village, large)
    assert (cash.what, cash.amount, cash.payee.name, cash.payer.name) == (
        "cash_in", 5_000_00, "Amina Odhiambo", "Duka la Njeri (float 100016)",
    )  # fmt: skip
    assert (sent.what, sent.amount, sent.payments, sent.note) == ("send", 1_000_00, 1, "")
    assert sent.payer == ("Amina Odhiambo", AMINA.phone, AMINA.id_number)
    assert sent.payee == ("Baraka Mwangi", BARAKA.phone, BARAKA.id_number)


def test_a_period_is_whole_days_of_the_country(village: Village) -> None:
    """Nairobi is three hours ahead: what was paid at nine in the evening, UTC, is of the next day there."""
    village.give(AMINA, 50_000_00)
    village.now += timedelta(hours=12)
    pay(village, AMINA, BARAKA, 2_000_00)
    village.now += timedelta(days=2)
    pay(village, AMINA, BARAKA, 3_000_00)
    amounts = {day: [one.amount for one in told(village, large, day, day)] for day in (DAY, "2026-11-23", "2026-11-25")}
    assert amounts == {DAY: [50_000_00], "2026-11-23": [2_000_00], "2026-11-25": [3_000_00]}
    assert len(told(village, large, "2026-11-01", "2026-12-31")) == 3
    assert told(village, large, "2026-11-24", "2026-11-24") == []


def test_nothing_is_lost_or_told_twice_between_bites(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    village.give(AMINA, 50_000_00)
    for _ in range(7):
        pay(village, AMINA, BARAKA, 1_000_00)
    whole = told(village, large)
    assert len({one.reference for one in whole}) == 8
    for size in (1, 2, 3):
        monkeypatch.setattr(regulator, "AT_ONCE", size)
        assert told(village, large) == whole


def test_F_03_pieces_of_one_day_that_together_reach_the_edge_are_told_once(village: Village) -> None:
    """Six hundred twice is; five hundred and a hundred are not, nor six hundred on two days, nor crumbs."""
    village.give(AMINA, 50_000_00)
    pay(village, AMINA, BARAKA, 600_00)
    pay(village, AMINA, BARAKA, 600_00)
    pay(village, AMINA, BARAKA, 99_00)
    village.give(BARAKA, 500_00)
    pay(village, BARAKA, AMINA, 600_00)
    village.now += timedelta(days=1)
    pay(village, BARAKA, AMINA, 600_00)
    (one,) = told(village, structured, DAY, "2026-11-23")
    assert (one.amount, one.payments, one.payer.name, one.what) == (1_200_00, 2, "Amina Odhiambo", "send")
    assert len(one.note.split()) == 2
    assert one.reference == one.note.split()[0]


def test_a_payment_that_waited_is_its_payers(village: Village) -> None:
    """What arrives out of a hold names both sides; what still waits, or was taken back, is not told."""
    village.give(AMINA, 50_000_00)
    pay(village, AMINA, BARAKA, 2_000_00, undo=300)
    assert [one.what for one in told(village, large)] == ["cash_in"]


def test_a_payment_whose_id_is_a_month_older_than_itself_is_told(village: Village) -> None:
    """A standing order has the next payment's id when the one before it is made."""
    village.give(AMINA, 50_000_00)
    for _ in range(5):
        pay(village, AMINA, BARAKA, 100_00)
    quote = village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=2_000_00))
    village.now += timedelta(days=29)
    for _ in range(20):
        pay(village, AMINA, BARAKA, 100_00)
    village.now += timedelta(days=2)
    village.do(lambda unit: send_money(unit, payer=AMINA, quote=quote._replace(undo=0)))
    day = f"{village.now:%Y-%m-%d}"
    assert [one.amount for one in told(village, large, day, day)] == [2_000_00]


@pytest.mark.parametrize(
    ("first", "last"),
    [("", DAY), (DAY, "x"), (DAY, "2026-11-21"), ("2026-01-01", "2026-12-31"), ("22.11.2026", DAY)],
)
def test_what_is_no_period(first: str, last: str) -> None:
    with pytest.raises(BadPeriod):
        read_period(RULES, first, last)


def test_the_first_year_that_a_computer_knows_is_no_period() -> None:
    with pytest.raises(BadPeriod):
        read_period(RULES, "0001-01-01", "0001-01-02")
