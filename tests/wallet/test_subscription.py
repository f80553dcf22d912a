"""Subscriptions: two yeses, a reminder before each renewal, one charge for each period, and an end that gives back."""

from datetime import timedelta
from typing import Any

import pytest

from service.ledger.chart import Reason
from service.ledger.entry import Account, Move, NotEnough, OverCap
from service.wallet.audit import audit_all
from service.wallet.buy import owned, quote_buy
from service.wallet.close import StillWaiting, refuse_close
from service.wallet.item import MILLION, Bought, Item, Tab, new_item, turn_sale
from service.wallet.pin import PinLocked
from service.wallet.send import QuoteChanged
from service.wallet.subscription import (
    Ended,
    NoSubscription,
    Subscription,
    ask_subscription,
    begin,
    end,
    end_all,
    mind_subscriptions,
    quote_begin,
    subscriptions_of,
)
from service.wallet.takings import quote_refund, quote_settlement, refund, settle
from service.wallet.till import new_till
from service.wallet.unit import Case
from tests.wallet.village import AMINA, BARAKA, PACK, Village, ref, wallet

TILL, WEEKLY, DAILY = "500017", "200014", "200022"
TAKINGS = Account.read(f"ke:takings:{TILL}")
PRICE = 70_00
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def shop(village: Village) -> None:
    """Baraka sells a weekly paper for 70 and a daily joke for 1; Amina has 200."""
    village.do(lambda unit: new_till(unit, person_id=BARAKA.id, name="Habari Leo"))
    village.do(lambda unit: sold(unit, "Weekly paper", PRICE, 7))
    village.do(lambda unit: sold(unit, "Daily joke", 1_00, 1))
    village.give(AMINA, 200_00)
    village.told()


def sold(unit: Any, title: str, price: int, days: int) -> Item:
    kind, fine = "subscription", price * MILLION
    return new_item(unit, till=TILL, kind=kind, title=title, price=fine, days=days, text="All of it.")


def asked(village: Village, code: str = WEEKLY) -> Subscription:
    def work(unit: Any) -> Subscription:
        return ask_subscription(unit, person=AMINA, quote=quote_buy(unit, buyer=AMINA, code=code))

    return village.do(work)


def begun(village: Village, code: str = WEEKLY) -> Bought:
    asked(village, code)
    made = village.do(lambda unit: begin(unit, person=AMINA, quote=quote_begin(unit, person=AMINA, code=code)))[0]
    village.told()
    return made


def work(village: Village) -> None:
    """Do what the worker does, as often as there is something."""
    while village.do(mind_subscriptions):
        pass


def wait(village: Village, days: int) -> list[str]:
    """Let days pass, with a worker each hour, and return the keys of what was told."""
    for _ in range(days * 24):
        village.later(hours=1)
        work(village)
    return [one.key for one in village.told()]


def row(village: Village) -> Subscription:
    (found,) = village.rows(Subscription)
    return found


def test_the_first_yes_takes_nothing_and_the_second_begins(village: Village) -> None:
    made = asked(village)
    assert (made.state, made.until) == ("asked", village.now + DAY)
    assert [(one.key, one.entry) for one in village.told()] == [("sub_asked", None)]
    assert village.balance(wallet(AMINA)) == 200_00
    assert village.do(lambda unit: owned(unit, AMINA, WEEKLY)) is None
    village.later(hours=1)
    quote = village.do(lambda unit: quote_begin(unit, person=AMINA, code=WEEKLY))
    assert (quote.entry, quote.amount) == (made.id, PRICE)
    bought, receipt = village.do(lambda unit: begin(unit, person=AMINA, quote=quote))
    until = village.now + 7 * DAY
    assert (bought.id, bought.paid, bought.until, receipt.balance) == (made.id, PRICE, until, 130_00)
    entry = village.entry(made.id)
    assert entry is not None
    assert (entry.reason, entry.moves) == (Reason.BUY, (Move(wallet(AMINA), TAKINGS, PRICE, Reason.BUY),))
    (notice,) = village.told()
    assert (notice.key, notice.entry, notice.values["closes"]) == ("sub_begun", made.id, until.isoformat())
    assert village.do(lambda unit: owned(unit, AMINA, WEEKLY)) == bought
    now = row(village)
    assert (now.state, now.next_at, now.renewal != made.id) == ("active", until - DAY, True)
    before = village.everything()
    assert village.do(lambda unit: begin(unit, person=AMINA, quote=quote))[1] == receipt._replace(repeated=True)
    assert village.everything() == before


def test_a_yes_that_comes_too_late_or_twice_begins_nothing(village: Village) -> None:
    asked(village)
    said = village.do(lambda unit: quote_begin(unit, person=AMINA, code=WEEKLY))
    newer = asked(village)
    with village.refuses(NoSubscription):
        village.do(lambda unit: begin(unit, person=AMINA, quote=said))
    with village.refuses(NoSubscription):
        village.do(lambda unit: begin(unit, person=BARAKA, quote=said._replace(entry=newer.id)))
    village.later(days=1)
    with village.refuses(NoSubscription):
        village.do(lambda unit: quote_begin(unit, person=AMINA, code=WEEKLY))
    with village.refuses(NoSubscription):
        village.do(lambda unit: begin(unit, person=AMINA, quote=said._replace(entry=newer.id)))
    assert village.do(lambda unit: subscriptions_of(unit, AMINA)) == []


def test_S_15_another_price_between_the_two_yeses_is_not_taken(village: Village) -> None:
    """By a millionth of a cent: neither shown again as if it were agreed to, nor taken."""
    asked(village)
    quote = village.do(lambda unit: quote_begin(unit, person=AMINA, code=WEEKLY))
    village.change(village.rows(Item)[0], price=PRICE * MILLION + 1)
    for act in (
        lambda unit: quote_begin(unit, person=AMINA, code=WEEKLY),
        lambda unit: begin(unit, person=AMINA, quote=quote),
    ):
        with village.refuses(QuoteChanged):
            village.do(act)


def test_a_reminder_comes_before_each_renewal_and_each_is_one_entry(village: Village) -> None:
    first = begun(village)
    assert wait(village, 5) == []
    assert wait(village, 1) == ["sub_soon"]
    assert wait(village, 1) == ["sub_renewed"]
    bought = village.rows(Bought)
    assert [one.paid for one in bought] == [PRICE] * 2
    assert bought[0].id == first.id
    assert (village.balance(wallet(AMINA)), village.balance(TAKINGS)) == (60_00, 140_00)


def test_however_late_the_worker_comes_the_reminder_stands_first_and_one_period_is_taken(village: Village) -> None:
    """L-13: a month was slept through. Nothing piles up: one reminder, its time, and one charge."""
    begun(village)
    village.later(days=30)
    work(village)
    (soon,) = village.told()
    assert (soon.key, soon.values["closes"]) == ("sub_soon", (village.now + DAY).isoformat())
    assert village.balance(wallet(AMINA)) == 130_00
    village.later(hours=23)
    work(village)
    assert village.told() == []
    village.later(hours=1)
    work(village)
    assert [one.key for one in village.told()] == ["sub_renewed"]
    assert (len(village.rows(Bought)), village.balance(wallet(AMINA))) == (2, 60_00)
    assert row(village).until == village.now + 7 * DAY


def test_K_07_a_renewal_that_is_done_twice_has_happened_once(village: Village) -> None:
    """Its id was fixed when the period before was paid: a worker that is run again writes it once."""
    begun(village)
    wait(village, 6)
    due = row(village)
    village.later(days=1)
    work(village)
    village.told()
    assert village.entry(due.renewal) is not None
    before = village.balance(wallet(AMINA))
    village.change(row(village), **{name: getattr(due, name) for name in ("renewal", "next_at", "until", "reminded")})
    with pytest.raises(AssertionError, match="has the row already"):
        work(village)
    assert village.balance(wallet(AMINA)) == before


def test_who_cannot_pay_is_told_once_and_it_ends_after_the_packs_days(village: Village) -> None:
    begun(village)
    village.post((wallet(AMINA), Account.read("ke:fees:"), 130_00, Reason.FEE))
    assert wait(village, 7) == ["sub_soon", "sub_unpaid"]
    assert wait(village, 1) == []
    assert village.rows(Bought)[0].until <= village.now
    assert wait(village, 1) == ["sub_over"]
    assert row(village).state == "ended"
    village.give(AMINA, 200_00)
    assert wait(village, 9) == []
    assert (village.balance(wallet(AMINA)), len(village.rows(Bought))) == (200_00, 1)


def test_money_that_comes_in_between_pays_one_period_from_then_on(village: Village) -> None:
    begun(village)
    village.post((wallet(AMINA), Account.read("ke:fees:"), 130_00, Reason.FEE))
    wait(village, 7)
    village.give(AMINA, 200_00)
    assert wait(village, 1) == ["sub_renewed"]
    assert village.balance(wallet(AMINA)) == 130_00
    assert (row(village).misses, row(village).until) == (0, village.now + 7 * DAY)


@pytest.mark.parametrize("held", [{"pin_tries": 3}, {"state": "blocked"}])
def test_no_money_goes_out_of_a_wallet_that_is_locked(village: Village, held: dict[str, Any]) -> None:
    begun(village)
    village.change(AMINA, **held)
    assert wait(village, 7) == ["sub_soon", "sub_unpaid"]
    assert village.balance(wallet(AMINA)) == 130_00


def test_another_price_is_not_renewed(village: Village) -> None:
    """Nor another period, nor what is sold no more: it ends, says so, and what was paid stays to its end."""
    begun(village)
    begun(village, DAILY)
    village.change(village.rows(Item)[0], price=80_00 * MILLION)
    village.do(lambda unit: turn_sale(unit, DAILY, "paused"))
    told = wait(village, 7)
    assert sorted(told) == ["sub_changed", "sub_over"]
    assert {one.state for one in village.rows(Subscription)} == {"ended"}
    assert village.balance(wallet(AMINA)) == 129_00
    assert village.do(lambda unit: quote_buy(unit, buyer=AMINA, code=WEEKLY)).amount == 80_00


def test_a_price_that_changes_behind_the_reminder_is_not_taken(village: Village) -> None:
    begun(village)
    assert wait(village, 6) == ["sub_soon"]
    village.change(village.rows(Item)[0], price=71_00 * MILLION)
    assert wait(village, 1) == ["sub_changed"]
    assert village.balance(wallet(AMINA)) == 130_00


def test_a_day_takes_no_more_than_its_cap_of_all_subscriptions(village: Village) -> None:
    village.pack(subscriptions_day_limit=70_50)
    begun(village)
    asked(village, DAILY)
    village.told()
    quote = village.do(lambda unit: quote_begin(unit, person=AMINA, code=DAILY))
    with village.refuses(OverCap, left=50):
        village.do(lambda unit: begin(unit, person=AMINA, quote=quote))
    assert village.balance(wallet(AMINA)) == 130_00
    village.later(days=1)
    begun(village, DAILY)
    assert village.balance(wallet(AMINA)) == 129_00


def test_stop_gives_back_the_whole_days_that_are_left(village: Village) -> None:
    bought = begun(village)
    village.later(days=2, seconds=1)
    assert village.do(lambda unit: end(unit, person=AMINA, code=WEEKLY)) == Ended("Weekly paper", 40_00, 0)
    assert (village.balance(wallet(AMINA)), village.balance(TAKINGS)) == (170_00, 30_00)
    mine, theirs = village.told()
    said = {"title": "Weekly paper", "refund": 40_00, "wanted": 0, "balance": 170_00}
    assert (mine.key, mine.values) == ("sub_stopped", said | {"reference": mine.values["reference"]})
    assert (theirs.phone, theirs.key, theirs.values["amount"]) == (BARAKA.phone, "refund_paid", 40_00)
    assert theirs.values["original"] == ref(bought.id)
    assert mine.entry == theirs.entry is not None
    assert village.used(f"out:{AMINA.id}:2026-11-22") == 30_00
    assert village.do(lambda unit: owned(unit, AMINA, WEEKLY)) is None
    with village.refuses(NoSubscription):
        village.do(lambda unit: end(unit, person=AMINA, code=WEEKLY))
    assert wait(village, 20) == []


def test_stop_at_once_gives_back_all_but_the_day_that_has_begun(village: Village) -> None:
    begun(village)
    assert village.do(lambda unit: end(unit, person=AMINA, code=WEEKLY)).refund == 60_00


def test_stop_on_the_last_day_gives_nothing_back_and_what_is_paid_stays(village: Village) -> None:
    begun(village)
    village.later(days=6, seconds=1)
    assert village.do(lambda unit: end(unit, person=AMINA, code=WEEKLY)).refund == 0
    assert [one.key for one in village.told()] == ["sub_stopped"]
    assert village.do(lambda unit: owned(unit, AMINA, WEEKLY)) is not None


def test_what_the_seller_has_taken_out_is_a_case(village: Village) -> None:
    """What there is goes back at once; of the rest staff hear, and the person reads it."""
    begun(village)
    settlement = village.do(lambda unit: quote_settlement(unit, owner=BARAKA, till=TILL))
    village.do(lambda unit: settle(unit, owner=BARAKA, settlement=settlement))
    village.told()
    village.later(seconds=1)
    assert village.do(lambda unit: end(unit, person=AMINA, code=WEEKLY)) == Ended("Weekly paper", 0, 60_00)
    (told,) = village.told()
    assert (told.key, told.values["wanted"]) == ("sub_stopped", 60_00)
    (case,) = village.rows(Case)
    assert (case.what, case.other, case.values) == ("unused", BARAKA.id, {"till": TILL, "owed": 60_00})


def test_L_09_what_the_seller_gave_back_already_is_not_given_back_again(village: Village) -> None:
    """Never more than was paid, refunds by the menu and the unused days together."""
    bought = begun(village)
    text = ref(bought.id)
    back = village.do(lambda unit: quote_refund(unit, owner=BARAKA, till=TILL, text=text, amount=50_00))
    village.do(lambda unit: refund(unit, owner=BARAKA, refund=back))
    village.later(seconds=1)
    assert village.do(lambda unit: end(unit, person=AMINA, code=WEEKLY)).refund == 20_00
    assert village.balance(wallet(AMINA)) == 200_00


def test_stop_all_ends_all_and_what_waits_for_a_yes(village: Village) -> None:
    begun(village)
    asked(village, DAILY)
    village.told()
    assert village.do(lambda unit: end_all(unit, AMINA)) == 2
    assert sorted(one.key for one in village.told()) == ["refund_paid", "sub_stopped", "sub_stopped"]
    assert village.do(lambda unit: end_all(unit, AMINA)) == 0
    assert village.do(lambda unit: subscriptions_of(unit, AMINA)) == []


def test_a_wallet_with_a_subscription_is_not_closed(village: Village) -> None:
    begun(village)
    village.post((wallet(AMINA), Account.read("ke:fees:"), 130_00, Reason.FEE))
    with village.refuses(StillWaiting):
        village.do(lambda unit: refuse_close(unit, AMINA))


def test_a_price_with_a_fraction_is_taken_exactly(village: Village) -> None:
    """Three periods of a third of a cent more than 1 shilling: 3.01 in all, and nothing is left on the tab."""
    village.change(village.rows(Item)[1], price=100_333_333)
    begun(village, DAILY)
    wait(village, 2)
    assert len(village.rows(Bought)) == 3
    assert [one.owed for one in village.rows(Tab)] == [999_999]
    assert village.balance(TAKINGS) == 300
    problems = village.do(lambda unit: audit_all(unit, seal_key=b"k" * 32)).problems
    assert not [one for one in problems if not one.detail.startswith(("issue", "cash_in"))]


def test_the_second_yes_is_refused_where_the_money_is_not_there(village: Village) -> None:
    asked(village)
    village.post((wallet(AMINA), Account.read("ke:fees:"), 130_01, Reason.FEE))
    with village.refuses(NotEnough, balance=69_99, total=70_00):
        village.do(lambda unit: quote_begin(unit, person=AMINA, code=WEEKLY))
    locked = village.change(AMINA, pin_tries=3)
    with village.refuses(PinLocked, help_line=PACK.help_line, service_code=PACK.people_code):
        village.do(lambda unit: quote_begin(unit, person=locked, code=WEEKLY))
