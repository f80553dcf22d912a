"""Standing orders: what is agreed to, what is paid when, what is said when it cannot be, and how it ends."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from service.countries import NotOffered
from service.ledger.chart import Reason
from service.ledger.entry import Move
from service.wallet.audit import audit_all
from service.wallet.calendar import DayOutOfReach
from service.wallet.close import close_wallet
from service.wallet.limits import OverSingle
from service.wallet.merchant import Merchant
from service.wallet.notice import stop_news
from service.wallet.people import UnknownPerson
from service.wallet.pin import PinLocked
from service.wallet.send import SelfPayment
from service.wallet.standing import (
    Order,
    OrderOver,
    Standing,
    TooManyOrders,
    agree_to_charge,
    make_order,
    orders_of,
    quote_order,
    stop_order,
)
from service.wallet.standing_run import run_standing
from service.wallet.till import new_till
from service.wallet.unit import Case, Pending, Person
from tests.wallet.village import ACHIENG, AMINA, BARAKA, CODE_KEY, NJERI, PACK, UGANDAN, Village, wallet

TILL = "500017"


@pytest.fixture(autouse=True)
def _money(village: Village) -> None:
    village.give(AMINA, 2000_00)


def quoted(village: Village, to: str = BARAKA.phone, *, payer: Person = AMINA, **changed: Any) -> Order:
    asked: dict[str, Any] = {"amount": 500_00, "every": "day", "first": "2026-11-23"} | changed
    return village.do(lambda unit: quote_order(unit, payer=payer, to=to, **asked))


def ordered(village: Village, to: str = BARAKA.phone, **changed: Any) -> Standing:
    order = quoted(village, to, **changed)
    made = village.do(lambda unit: make_order(unit, payer_id=AMINA.id, order=order))
    village.told()
    return made


def run(village: Village, at: str) -> list[tuple[str, str]]:
    """Let the worker come at a time of the country, and return who was told what."""
    village.now = datetime.fromisoformat(f"{at}:00+03:00").astimezone(UTC)
    while village.do(run_standing):
        pass
    return [(one.phone, one.key) for one in village.told()]


def only(village: Village) -> Standing:
    (row,) = village.rows(Standing)
    return row


def has(village: Village, who: Person) -> int:
    return village.balance(wallet(who))


SENT = [(AMINA.phone, "sent"), (BARAKA.phone, "received")]


def test_what_is_agreed_to_is_whom_how_much_and_the_charge(village: Village) -> None:
    order = quoted(village)
    assert order == Order(BARAKA.id, "", "BARAKA M", "0722***002", 500_00, 7_00, "day", "2026-11-23")
    row = village.do(lambda unit: make_order(unit, payer_id=AMINA.id, order=order))
    assert (row, has(village, AMINA)) == (only(village), 2000_00)
    assert (row.step, row.next_at.isoformat()) == ("pay", "2026-11-23T08:00:00+03:00")
    ((phone, key, said, entry, _),) = village.said()
    assert (phone, key, entry) == (AMINA.phone, "order_made", None)
    assert said == {
        "amount": 500_00,
        "paid_to": "BARAKA M",
        "number": "0722***002",
        "fee": 7_00,
        "day": "2026-11-23T08:00:00+03:00",
        "service_code": PACK.people_code,
    }


def test_it_is_paid_each_day_at_the_hour_of_the_country_as_one_sends(village: Village) -> None:
    row = ordered(village)
    assert run(village, "2026-11-23T07:59") == []
    assert run(village, "2026-11-23T08:00") == SENT
    recorded = village.entry(row.entry)
    assert recorded is not None
    assert (recorded.reason, recorded.moves[0]) == (
        Reason.SEND,
        Move(wallet(AMINA), wallet(BARAKA), 500_00, Reason.SEND),
    )
    assert village.used(f"out:{AMINA.id}:2026-11-23") == 500_00
    after = only(village)
    assert (after.due_on, after.failed, after.entry != row.entry) == ("2026-11-24", 0, True)
    assert run(village, "2026-11-23T20:00") == []
    assert run(village, "2026-11-24T08:00") == SENT
    assert has(village, AMINA) == 2000_00 - 2 * 507_00


def test_L_12_days_without_a_worker_are_one_payment(village: Village) -> None:
    """Three days late it is paid once, and goes on from the day after."""
    ordered(village)
    assert run(village, "2026-11-26T03:00") == SENT
    assert run(village, "2026-11-26T09:00") == []
    assert only(village).due_on == "2026-11-27"
    assert has(village, AMINA) == 1493_00


def test_L_12_a_clock_that_is_put_back_pays_nothing_twice(village: Village) -> None:
    """The next day of the order stands in its row."""
    ordered(village)
    assert run(village, "2026-11-23T08:00") == SENT
    assert run(village, "2026-11-22T12:00") == []
    assert run(village, "2026-11-23T09:00") == []


def test_a_month_that_is_too_short_ends_with_it(village: Village) -> None:
    ordered(village, every="month", first="2026-12-31", amount=100_00)
    days = []
    for day in ("2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"):
        assert run(village, f"{day}T08:00") == SENT
        days.append(only(village).due_on)
    assert days == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]


def test_of_a_weekly_one_the_payer_hears_the_day_before_unless_they_want_no_news(village: Village) -> None:
    ordered(village, every="week", first="2026-11-25")
    assert run(village, "2026-11-24T08:00") == [(AMINA.phone, "order_soon")]
    assert run(village, "2026-11-24T23:00") == []
    assert run(village, "2026-11-25T08:00") == SENT
    village.do(lambda unit: stop_news(unit, AMINA.phone))
    assert run(village, "2026-12-01T08:00") == []
    assert run(village, "2026-12-02T08:00") == SENT
    village.pack(standing=PACK.standing._replace(reminds=False))
    assert run(village, "2026-12-08T08:00") == [], "what was set before"
    assert run(village, "2026-12-09T08:00") == SENT
    assert (only(village).step, only(village).next_at.isoformat()) == ("pay", "2026-12-16T05:00:00+00:00")


def test_a_reminder_that_comes_too_late_is_the_payment(village: Village) -> None:
    ordered(village, every="week", first="2026-11-25")
    assert run(village, "2026-11-25T10:00") == SENT


def test_what_fails_is_tried_once_more_that_day_and_then_is_over_for_it(village: Village) -> None:
    """Nothing piles up: there is one payment the next day, not two."""
    ordered(village, amount=1999_00)
    assert run(village, "2026-11-23T08:00") == [(AMINA.phone, "order_short")]
    assert run(village, "2026-11-23T15:59") == []
    village.mark -= 1
    (first,) = village.told()
    assert dict(first.values) == {
        "amount": 1999_00,
        "paid_to": "BARAKA M",
        "number": "0722***002",
        "balance": 2000_00,
        "total": 2032_00,
        "next_try": "2026-11-23T16:00:00+03:00",
        "service_code": PACK.people_code,
    }
    assert run(village, "2026-11-23T16:00") == [(AMINA.phone, "order_short")]
    assert (only(village).failed, only(village).due_on) == (1, "2026-11-24")
    assert run(village, "2026-11-23T23:59") == []
    village.give(AMINA, 5000_00)
    assert run(village, "2026-11-24T08:00") == SENT
    assert (only(village).failed, has(village, BARAKA)) == (0, 1999_00)


def test_the_second_try_pays_when_money_has_come(village: Village) -> None:
    row = ordered(village, amount=1999_00)
    run(village, "2026-11-23T08:00")
    village.give(AMINA, 100_00)
    assert run(village, "2026-11-23T16:00") == SENT
    assert village.entry(row.entry) is not None
    assert (only(village).failed, only(village).due_on) == (0, "2026-11-24")


def test_after_three_days_it_is_over_with_words(village: Village) -> None:
    ordered(village, amount=1999_00)
    for day in (23, 24):
        run(village, f"2026-11-{day}T08:00")
        assert run(village, f"2026-11-{day}T16:00") == [(AMINA.phone, "order_short")]
    run(village, "2026-11-25T08:00")
    assert run(village, "2026-11-25T17:00") == [(AMINA.phone, "order_short"), (AMINA.phone, "order_over")]
    village.mark -= 2
    short, over = village.told()
    assert (short.values["next_try"], over.values["days"]) == ("", 3)
    assert only(village).state == "over"
    assert run(village, "2026-11-26T08:00") == []


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"state": "blocked"}, "order_unable"),
        ({"pin_tries": 3}, "order_unable"),
        ({"swapped_at": datetime(2026, 11, 23, tzinfo=UTC)}, "order_unable"),
        ({"used_at": datetime(2026, 1, 1, tzinfo=UTC)}, "asleep"),
        ({"careful_until": datetime(2026, 12, 1, tzinfo=UTC)}, "order_limit"),
    ],
)
def test_what_stops_a_hand_stops_an_order(village: Village, changed: dict[str, Any], key: str) -> None:
    ordered(village, amount=1001_00)
    village.change(AMINA, **changed)
    assert run(village, "2026-11-23T08:00") == [(AMINA.phone, key)]
    assert (has(village, AMINA), only(village).step) == (2000_00, "again")


def test_the_days_limit_and_the_receivers_room_count(village: Village) -> None:
    ordered(village)
    village.tier(day=400_00)
    assert run(village, "2026-11-23T08:00") == [(AMINA.phone, "order_limit")]
    village.pack(tiers={**PACK.tiers, 1: PACK.tiers[1]._replace(balance=499_00)})
    assert run(village, "2026-11-23T16:00") == [(AMINA.phone, "order_full")]


def test_a_rule_that_delays_stops_it_for_now_and_one_that_asks_was_answered_with_the_pin(village: Village) -> None:
    ordered(village)
    rules = [replace(rule, at_least={"amount": 1}) for rule in PACK.rules if rule.of == "send"]
    village.pack(rules=tuple(rule for rule in rules if rule.name == "unusual"))
    assert run(village, "2026-11-23T08:00") == SENT
    village.pack(rules=tuple(rule for rule in rules if rule.name == "passed_on"))
    assert run(village, "2026-11-24T08:00") == [(AMINA.phone, "order_unable")]
    assert [case.values["delayed"] for case in village.rows(Case)] == [500_00]
    village.pack(rules=tuple(rule for rule in rules if rule.name == "emptied"))
    assert [key for _, key in run(village, "2026-11-24T16:00")] == ["on_its_way", "coming"], "staff look first"
    assert [row.amount for row in village.rows(Pending)] == [500_00]


def test_S_15_a_charge_that_has_grown_is_never_taken_unasked(village: Village) -> None:
    """The payer hears of it, the day before too, and agrees or does not."""
    ordered(village, every="week", first="2026-11-25")
    row = village.change(only(village), charge=6_00)
    assert run(village, "2026-11-24T08:00") == [(AMINA.phone, "order_charge")]
    assert run(village, "2026-11-25T08:00") == [(AMINA.phone, "order_charge")]
    assert has(village, AMINA) == 2000_00
    village.do(lambda unit: agree_to_charge(unit, payer=AMINA, order_id=row.id, charge=7_00))
    assert run(village, "2026-11-25T16:00") == SENT


def test_a_charge_that_is_smaller_is_simply_paid(village: Village) -> None:
    village.change(ordered(village), charge=9_00)
    run(village, "2026-11-23T08:00")
    assert has(village, AMINA) == 1493_00


def test_who_was_paid_before_is_paid_at_once_and_a_stranger_waits_as_ever(village: Village) -> None:
    village.pack(undo_seconds=300)
    ordered(village)
    assert [key for _, key in run(village, "2026-11-23T08:00")] == ["on_its_way", "coming"]


def test_a_closed_wallet_ends_the_order_that_pays_it(village: Village) -> None:
    ordered(village)
    village.do(lambda unit: close_wallet(unit, BARAKA.id))
    village.told()
    assert run(village, "2026-11-23T08:00") == [(AMINA.phone, "order_gone")]
    assert (only(village).state, has(village, AMINA)) == ("over", 2000_00)


def test_a_wallet_that_closes_ends_its_own(village: Village) -> None:
    order = quoted(village, AMINA.phone, payer=BARAKA)
    village.do(lambda unit: make_order(unit, payer_id=BARAKA.id, order=order))
    village.do(lambda unit: close_wallet(unit, BARAKA.id))
    assert only(village).state == "stopped"
    village.told()
    assert run(village, "2026-11-23T08:00") == []


def test_a_till_is_paid_as_by_hand_and_ends_it_by_closing(village: Village) -> None:
    village.do(lambda unit: new_till(unit, person_id=BARAKA.id, name="Mama Mboga"))
    order = quoted(village, TILL, is_till=True)
    assert order == Order(BARAKA.id, TILL, "Mama Mboga", TILL, 500_00, 0, "day", "2026-11-23")
    row = ordered(village, TILL, is_till=True)
    assert run(village, "2026-11-23T08:00") == [(AMINA.phone, "paid"), (BARAKA.phone, "sale")]
    assert village.entry(row.entry).reason == Reason.PAY  # type: ignore[union-attr]
    (till,) = village.rows(Merchant)
    village.change(till, state="closed")
    assert run(village, "2026-11-24T08:00") == [(AMINA.phone, "order_gone")]


def test_who_stops_it_is_not_asked_for_anything_and_nobody_else_can(village: Village) -> None:
    row = ordered(village)
    with village.refuses(OrderOver):
        village.do(lambda unit: stop_order(unit, BARAKA, row.id))
    village.do(lambda unit: stop_order(unit, AMINA, row.id))
    assert village.do(lambda unit: orders_of(unit, AMINA)) == []
    with village.refuses(OrderOver):
        village.do(lambda unit: stop_order(unit, AMINA, row.id))
    assert run(village, "2026-11-23T08:00") == []


def test_what_cannot_be_ordered(village: Village) -> None:
    reach = {"earliest": "2026-11-23T00:00:00+03:00", "latest": "2027-11-23T00:00:00+03:00"}
    for first in ("2026-11-22", "2026-11-21", "2027-11-24"):
        with village.refuses(DayOutOfReach, **reach):
            quoted(village, first=first)
    with village.refuses(SelfPayment):
        quoted(village, AMINA.phone)
    with village.refuses(UnknownPerson):
        quoted(village, UGANDAN.phone)
    with village.refuses(OverSingle, single=50_000_00):
        quoted(village, AMINA.phone, payer=BARAKA, amount=50_001_00)
    with village.refuses(NotOffered, least=1_00, most=250_000_00):
        quoted(village, amount=99)
    blocked = village.change(NJERI, state="blocked")
    with pytest.raises(PinLocked):
        quoted(village, payer=blocked)
    for _ in range(PACK.standing.most):
        ordered(village, ACHIENG.phone)
    with village.refuses(TooManyOrders, most_orders=5):
        quoted(village)


def test_the_books_are_sound_after_all_that(village: Village) -> None:
    ordered(village)
    run(village, "2026-11-23T08:00")
    run(village, "2026-11-24T08:00")
    report = village.do(lambda unit: audit_all(unit, seal_key=CODE_KEY))
    given = ("two_people_asked", "everybody_was_told")  # the money of the test was put there past the use cases
    assert [one for one in report.problems if one.check not in given] == []


def test_everybody_has_their_own_orders(village: Village) -> None:
    mine = ordered(village)
    assert village.do(lambda unit: orders_of(unit, AMINA)) == [mine]
    assert village.do(lambda unit: orders_of(unit, NJERI)) == []
    village.do(lambda unit: stop_order(unit, AMINA, mine.id))
    assert village.do(lambda unit: orders_of(unit, AMINA)) == []
