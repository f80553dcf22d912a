"""Subscriptions: two yeses, a reminder before each renewal, one charge for each period, and an end that gives back."""

from datetime import timedelta
from typing import Any

import pytest

from service.ledger.chart import Reason
from service.ledger.entry import Account, Move, NotEnough, OverCap
from service.money import MILLION
from service.wallet.audit import audit_all
from service.wallet.buy import Quote, buy, owned, quote_buy
from service.wallet.close import StillWaiting, refuse_close
from service.wallet.item import Bought, Item, Tab, new_item, turn_sale
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
from service.wallet.takings import RefundedAlready, quote_refund, quote_settlement, refund, settle
from service.wallet.till import new_till
from service.wallet.unit import Case, Person
from tests.wallet.village import AMINA, BARAKA, NJERI, PACK, Overheard, Village, ref, wallet

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


def asked(village: Village, code: str = WEEKLY, who: Person = AMINA) -> Subscription:
    def work(unit: Any) -> Subscription:
        return ask_subscription(unit, person=who, quote=quote_buy(unit, buyer=who, code=code))

    return village.do(work)


def begun(village: Village, code: str = WEEKLY, who: Person = AMINA) -> Bought:
    asked(village, code, who)
    made = village.do(lambda unit: begin(unit, person=who, quote=quote_begin(unit, person=who, code=code)))[0]
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
    assert [(one.key, one.entry, one.expires_at) for one in village.told()] == [("sub_asked", None, made.until)]
    assert village.balance(wallet(AMINA)) == 200_00
    assert village.do(lambda unit: owned(unit, AMINA, WEEKLY)) is None
    village.later(hours=1)
    quote = village.do(lambda unit: quote_begin(unit, person=AMINA, code=WEEKLY))
    fine = PRICE * MILLION
    assert quote == Quote(made.id, WEEKLY, "subscription", "Weekly paper", TILL, "Habari Leo", fine, 7, PRICE, 0)
    bought, receipt = village.do(lambda unit: begin(unit, person=AMINA, quote=quote))
    until = village.now + 7 * DAY
    assert (bought.id, bought.paid, bought.until, receipt.balance) == (made.id, PRICE, until, 130_00)
    assert bought.access == ""
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


def test_C_07_a_renewal_waits_while_payments_stand_still_and_one_period_is_taken(village: Village) -> None:
    """Three weeks of standing still: no miss is counted, nobody is told, and afterwards one week is paid."""
    begun(village)
    wait(village, 6)
    before = village.balance(wallet(AMINA))
    village.house.brake.learn({("ke", "sends")})
    assert wait(village, 21) == []
    assert (row(village).misses, row(village).state) == (0, "active")
    assert village.balance(wallet(AMINA)) == before
    village.house.brake.learn(())
    wait(village, 1)
    assert village.balance(wallet(AMINA)) == before - PRICE


@pytest.mark.parametrize("gone", [{}, {"state": "retired", "phone": "retired 901"}], ids=["asleep", "retired"])
def test_P_11_a_number_that_sleeps_or_has_another_owner_renews_nothing(village: Village, gone: dict[str, Any]) -> None:
    """Whoever has the number now has said no yes, and could not say stop; what is paid stays to its end."""
    begun(village)
    if gone:
        village.change(AMINA, **gone)
    else:
        village.pack(idle_days=6)
    village.told()
    wait(village, 6)
    assert (row(village).state, row(village).misses) == ("ended", 0)
    assert village.balance(wallet(AMINA)) == 130_00
    wait(village, 30)
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
    assert village.used(f"undone:{bought.id}") == 40_00
    assert village.rows(Case) == []
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
    assert village.do(lambda unit: end(unit, person=AMINA, code=WEEKLY)) == Ended("Weekly paper", 0, 0)
    (told,) = village.told()
    said = {"title": "Weekly paper", "refund": 0, "wanted": 0, "reference": "", "balance": 130_00}
    assert (told.key, told.values) == ("sub_stopped", said)
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
    said = {"title": "Weekly paper", "refund": 0, "wanted": 60_00, "reference": "", "balance": 130_00}
    assert (told.key, told.values) == ("sub_stopped", said)
    (case,) = village.rows(Case)
    assert (case.what, case.other, case.values) == ("unused", BARAKA.id, {"till": TILL, "owed": 60_00})
    assert (case.state, case.due_at) == ("open", village.now + DAY)


def test_L_09_what_the_seller_gave_back_already_is_not_given_back_again(village: Village) -> None:
    """Never more than was paid, refunds by the menu and the unused days together."""
    bought = begun(village)
    village.post((wallet(AMINA), TAKINGS, 100_00, Reason.PAY))  # of which there is enough in the till
    text = ref(bought.id)
    back = village.do(lambda unit: quote_refund(unit, owner=BARAKA, till=TILL, text=text, amount=50_00))
    village.do(lambda unit: refund(unit, owner=BARAKA, refund=back))
    village.later(seconds=1)
    assert village.do(lambda unit: end(unit, person=AMINA, code=WEEKLY)).refund == 20_00
    assert village.balance(wallet(AMINA)) == 100_00
    with village.refuses(RefundedAlready, left=0):
        village.do(lambda unit: quote_refund(unit, owner=BARAKA, till=TILL, text=text))


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


def test_everybody_has_their_own_subscriptions(village: Village) -> None:
    """To the same paper: one asks, begins and ends, and nothing of the other's is touched."""
    village.give(NJERI, 200_00)
    hers = asked(village, who=NJERI)
    begun(village)
    assert village.do(lambda unit: subscriptions_of(unit, NJERI)) == [hers]
    begun(village, who=NJERI)
    assert village.do(lambda unit: end_all(unit, AMINA)) == 1
    (left,) = village.do(lambda unit: subscriptions_of(unit, NJERI))
    assert (left.id != hers.id, left.state) == (True, "active")


def test_what_runs_is_neither_ended_nor_begun_again_by_asking_anew(village: Village) -> None:
    begun(village)
    asked(village)
    assert [one.state for one in village.rows(Subscription)] == ["active", "asked"]
    quote = village.do(lambda unit: quote_begin(unit, person=AMINA, code=WEEKLY))
    with village.refuses(NoSubscription):
        village.do(lambda unit: begin(unit, person=AMINA, quote=quote))


def test_what_waits_for_its_money_can_be_ended(village: Village) -> None:
    begun(village)
    village.post((wallet(AMINA), Account.read("ke:fees:"), 130_00, Reason.FEE))
    wait(village, 7)
    assert row(village).until <= village.now
    assert village.do(lambda unit: end(unit, person=AMINA, code=WEEKLY)) == Ended("Weekly paper", 0, 0)


def test_S_15_what_was_put_on_the_tab_since_the_second_quote_is_shown_again(village: Village) -> None:
    """The tab is that of this till; the last cent of the wallet is enough."""
    village.change(village.rows(Item)[1], price=100 * MILLION + 600_000)
    cheap = village.change(village.do(lambda unit: sold(unit, "Other joke", 1, 1)), price=600_000, kind="text")
    asked(village, DAILY)
    stale = village.do(lambda unit: quote_begin(unit, person=AMINA, code=DAILY))
    other = village.do(lambda unit: quote_buy(unit, buyer=AMINA, code=cheap.code))
    village.do(lambda unit: buy(unit, buyer=AMINA, quote=other))
    with village.refuses(QuoteChanged):
        village.do(lambda unit: begin(unit, person=AMINA, quote=stale))
    quote = village.do(lambda unit: quote_begin(unit, person=AMINA, code=DAILY))
    assert (stale.amount, stale.tab, quote.amount, quote.tab) == (1_00, 600_000, 1_01, 200_000)
    village.post((wallet(AMINA), Account.read("ke:fees:"), 198_99, Reason.FEE))
    assert village.do(lambda unit: quote_begin(unit, person=AMINA, code=DAILY)) == quote
    village.do(lambda unit: begin(unit, person=AMINA, quote=quote))
    assert village.balance(wallet(AMINA)) == 0


def test_a_cap_of_a_day_is_that_of_the_country_s_day(village: Village) -> None:
    village.pack(subscriptions_day_limit=70_50)
    begun(village)
    village.later(hours=12)  # 21:00 UTC is midnight in Nairobi
    begun(village, DAILY)
    assert village.balance(wallet(AMINA)) == 129_00


def test_a_short_period_is_reminded_of_at_its_half(village: Village) -> None:
    """And where the worker is late, half a period lies between the reminder and the money."""
    begun(village, DAILY)
    assert row(village).next_at == village.now + DAY / 2
    village.later(days=3)
    work(village)
    assert row(village).next_at == village.now + DAY / 2


def test_a_period_that_is_too_cheap_for_an_entry_has_none(village: Village) -> None:
    village.change(village.rows(Item)[1], price=400_000)
    asked(village, DAILY)
    village.told()
    quote = village.do(lambda unit: quote_begin(unit, person=AMINA, code=DAILY))
    village.do(lambda unit: begin(unit, person=AMINA, quote=quote))
    assert [(one.key, one.entry) for one in village.told()] == [("sub_begun", None)]
    assert village.do(lambda unit: end(unit, person=AMINA, code=DAILY)) == Ended("Daily joke", 0, 0)


def test_what_is_unused_is_rounded_down_and_what_the_till_lacks_of_it_is_owed(village: Village) -> None:
    """Five sevenths of 70.01 are 50.007; the till has 20."""
    village.change(village.rows(Item)[0], price=70_01 * MILLION)
    begun(village)
    village.post((TAKINGS, wallet(BARAKA), 50_01, Reason.SWEEP))
    village.told()
    village.later(days=1, seconds=1)
    assert village.do(lambda unit: end(unit, person=AMINA, code=WEEKLY)) == Ended("Weekly paper", 20_00, 30_00)
    assert [one.values for one in village.rows(Case)] == [{"till": TILL, "owed": 30_00}]


def test_L_09_of_two_who_end_it_at_once_one_does(village: Village) -> None:
    """It is looked at again under its lock."""
    begun(village)
    village.post((wallet(AMINA), TAKINGS, 100_00, Reason.PAY))

    def meanwhile(unit: Any) -> None:
        heard = Overheard(unit)

        def first() -> None:
            heard.before_lock = lambda: None
            end(unit, person=AMINA, code=WEEKLY)

        heard.before_lock = first
        with pytest.raises(NoSubscription):
            end(heard.unit, person=AMINA, code=WEEKLY)

    village.do(meanwhile)
    assert village.balance(wallet(AMINA)) == 90_00
