"""Sellers are paid out once a day, in one entry, as far as their wallet and running subscriptions leave room."""

from datetime import timedelta

import pytest

from service.ledger.chart import Reason
from service.ledger.entry import Account, Move
from service.money import MILLION
from service.wallet.buy import buy, quote_buy
from service.wallet.item import Item
from service.wallet.merchant import Merchant
from service.wallet.seller_payday import SellerPayday, kept_back, pay_sellers, put_up
from service.wallet.subscription import ask_subscription, begin, end, quote_begin
from service.wallet.till import UnknownTill, new_till
from service.wallet.unit import Unit
from tests.wallet.village import AMINA, BARAKA, NJERI, PACK, Village, wallet

TILL, NEWS, WEEKLY = "500017", "200014", "200022"
TAKINGS = Account.read(f"ke:takings:{TILL}")


@pytest.fixture(autouse=True)
def shop(village: Village) -> None:
    """Baraka sells a text for 100 and a weekly paper for 70; Amina has bought the text."""
    village.do(lambda unit: new_till(unit, person_id=BARAKA.id, name="Habari Leo"))
    village.give(AMINA, 1_000_00)

    def work(unit: Unit) -> None:
        put_up(unit, till=TILL, kind="text", title="News of today", price=100_00 * MILLION, days=1, text="Rain.")
        put_up(unit, till=TILL, kind="subscription", title="Weekly", price=70_00 * MILLION, days=7, text="Rain.")
        buy(unit, buyer=AMINA, quote=quote_buy(unit, buyer=AMINA, code=NEWS))

    village.do(work)
    village.told()


def run(village: Village) -> None:
    while village.do(pay_sellers):
        pass


def test_takings_go_to_the_owner_once_a_day_in_one_entry(village: Village) -> None:
    (row,) = village.rows(SellerPayday)
    run(village)
    assert village.balance(wallet(BARAKA)) == 0, "the hour has not come"
    village.now = row.next_at
    run(village)
    assert (village.balance(wallet(BARAKA)), village.balance(TAKINGS)) == (100_00, 0)
    (notice,) = village.told()
    assert (notice.phone, notice.key, notice.values["amount"]) == (BARAKA.phone, "settled", 100_00)
    assert notice.entry is not None
    entry = village.entry(notice.entry)
    assert entry is not None
    assert (entry.reason, entry.moves) == (Reason.SWEEP, (Move(TAKINGS, wallet(BARAKA), 100_00, Reason.SWEEP),))
    assert entry.once == f"payout:{TILL}:2026-11-23"
    (after,) = village.rows(SellerPayday)
    assert after.next_at == row.next_at + timedelta(days=1)


def test_K_07_a_second_payout_of_a_day_cannot_be_written(village: Village) -> None:
    """The entry is named after till and day, so a worker that is run again pays nothing more."""
    (row,) = village.rows(SellerPayday)
    village.now = row.next_at
    run(village)
    village.later(hours=1)
    village.do(lambda unit: buy(unit, buyer=AMINA, quote=quote_buy(unit, buyer=AMINA, code=NEWS)))
    village.change(row)
    run(village)
    assert (village.balance(wallet(BARAKA)), village.balance(TAKINGS)) == (100_00, 100_00)
    village.later(days=1)
    run(village)
    assert village.balance(wallet(BARAKA)) == 200_00


def test_never_more_than_the_wallet_has_room_for(village: Village) -> None:
    village.pack(tiers={**PACK.tiers, 1: PACK.tiers[1]._replace(balance=30_00)})
    village.later(days=1)
    run(village)
    assert (village.balance(wallet(BARAKA)), village.balance(TAKINGS)) == (30_00, 70_00)
    village.later(days=1)
    run(village)
    assert (village.balance(wallet(BARAKA)), village.balance(TAKINGS)) == (30_00, 70_00)


def test_what_subscribers_could_ask_back_stays_in_the_till(village: Village) -> None:
    """So an end gives back at once, though everything was paid out that could be."""

    def work(unit: Unit) -> None:
        ask_subscription(unit, person=AMINA, quote=quote_buy(unit, buyer=AMINA, code=WEEKLY))
        begin(unit, person=AMINA, quote=quote_begin(unit, person=AMINA, code=WEEKLY))

    village.do(work)
    village.later(days=1, seconds=1)
    run(village)
    assert (village.balance(wallet(BARAKA)), village.balance(TAKINGS)) == (120_00, 50_00)
    village.later(days=1)
    run(village)
    assert village.balance(TAKINGS) == 40_00
    assert village.do(lambda unit: end(unit, person=AMINA, code=WEEKLY)).refund == 40_00
    assert village.balance(TAKINGS) == 0


def test_nothing_to_pay_is_no_entry_and_no_message(village: Village) -> None:
    village.later(days=1)
    run(village)
    village.told()
    village.later(days=1)
    run(village)
    assert village.told() == []
    with village.refuses(UnknownTill):
        village.do(lambda unit: put_up(unit, till="500025", kind="text", title="x", price=1, days=1, text="x"))


def test_what_other_tills_could_be_asked_for_is_not_kept_back(village: Village) -> None:
    """Of this till's subscriptions alone, and of those that run."""
    other = village.do(lambda unit: new_till(unit, person_id=NJERI.id, name="Muziki")).number

    def work(unit: Unit) -> list[int]:
        paper = put_up(unit, till=other, kind="subscription", title="Other", price=70_00 * MILLION, days=7, text="Sun.")
        ask_subscription(unit, person=AMINA, quote=quote_buy(unit, buyer=AMINA, code=paper.code))
        begin(unit, person=AMINA, quote=quote_begin(unit, person=AMINA, code=paper.code))
        tills = {row.number: row for row in unit.rows.find(Merchant)}
        return [kept_back(unit, tills[number]) for number in (TILL, other)]

    assert village.do(work) == [0, 60_00]

    def ended(unit: Unit) -> int:
        (item,) = [one for one in unit.rows.find(Item) if one.till == other and one.kind == "subscription"]
        end(unit, person=AMINA, code=item.code)
        return kept_back(unit, next(row for row in unit.rows.find(Merchant) if row.number == other))

    assert village.do(ended) == 0
