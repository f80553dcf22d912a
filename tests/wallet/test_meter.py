"""Meters: whatever is dropped, repeated or reordered, charged <= used <= cap, and every millionth is accounted for."""

import os
import random
from typing import Any

import pytest

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Move, NotEnough, OverCap
from service.money import MILLION
from service.wallet.audit import audit_all
from service.wallet.buy import Quote, quote_buy
from service.wallet.close import StillWaiting, refuse_close
from service.wallet.complaint import NotBought, complain
from service.wallet.history import FACTS, NEVER, look
from service.wallet.item import Item, Tab, new_item
from service.wallet.limits import ceiling_of
from service.wallet.meter import (
    BadCap,
    NoMeter,
    Reading,
    SellerKey,
    hear,
    new_seller_key,
    open_meter,
    open_of,
    quote_meter,
    read_page,
    stop_all_meters,
    stop_meter,
    stop_silent,
    till_of_key,
)
from service.wallet.metered import Meter
from service.wallet.send import QuoteChanged
from service.wallet.statement import check_reference, statement
from service.wallet.takings import RefundedAlready, quote_refund, refund
from service.wallet.till import new_till
from service.wallet.unit import Case
from tests.wallet.village import AMINA, BARAKA, NJERI, PACK, Village, ref, wallet

TILL, BOOK, CALLS = "500017", "200014", "200022"
TAKINGS = Account.read(f"ke:takings:{TILL}")
WORDS = " ".join(f"word{number}" for number in range(60))
PAGES = 5


@pytest.fixture(autouse=True)
def shop(village: Village) -> None:
    """Baraka sells a book by the page, for 1 shilling, and calls by the minute, for 0.25 cents; Amina has 100."""
    village.do(lambda unit: new_till(unit, person_id=BARAKA.id, name="Habari Leo"))
    for title, price, text in (("A book", 1_00 * MILLION, WORDS), ("Calls", 250_000, "")):
        made = {"kind": "metered", "title": title, "price": price, "days": 30, "text": text}
        village.do(lambda unit, made=made: new_item(unit, till=TILL, **made))  # type: ignore[misc]
    village.give(AMINA, 100_00)
    village.told()


def quoted(village: Village, code: str = BOOK, cap: int = 3_00) -> Quote:
    def work(unit: Any) -> Quote:
        return quote_meter(unit, quote=quote_buy(unit, buyer=AMINA, code=code), cap=cap, person=AMINA)

    return village.do(work)


def opened(village: Village, code: str = BOOK, cap: int = 3_00) -> Meter:
    quote = quoted(village, code, cap)
    return village.do(lambda unit: open_meter(unit, person=AMINA, quote=quote))[0]


def page(village: Village, number: int) -> Any:
    return village.do(lambda unit: read_page(unit, AMINA, BOOK, number))


def heard(village: Village, meter: Meter, seq: int, total: int, *, stop: bool = False) -> Reading:
    return village.do(lambda unit: hear(unit, till=TILL, meter_id=meter.id, seq=seq, total=total, stop=stop))


def row(village: Village) -> Meter:
    return village.rows(Meter)[-1]


def held(meter: Meter) -> Account:
    return Account("ke", Kind.HELD, str(meter.id))


def assert_sound(village: Village) -> None:
    problems = village.do(lambda unit: audit_all(unit, seal_key=b"k" * 32)).problems
    assert not [one for one in problems if not one.detail.startswith(("issue", "cash_in"))], problems


def test_a_cap_is_set_aside_and_said(village: Village) -> None:
    quote = quoted(village)
    meter, receipt = village.do(lambda unit: open_meter(unit, person=AMINA, quote=quote))
    assert (meter.id, meter.cap, meter.state, receipt.balance) == (quote.entry, 3_00, "open", 97_00)
    entry = village.entry(meter.id)
    assert entry is not None
    assert (entry.reason, entry.moves) == (Reason.BUY, (Move(wallet(AMINA), held(meter), 3_00, Reason.HOLD),))
    (notice,) = village.told()
    assert (notice.key, notice.entry, notice.values["amount"]) == ("meter_open", meter.id, 3_00)
    assert village.used(f"out:{AMINA.id}:2026-11-22") == 3_00
    before = village.everything()
    assert village.do(lambda unit: open_meter(unit, person=AMINA, quote=quote)) == (
        meter,
        receipt._replace(repeated=True),
    )
    assert village.everything() == before
    assert_sound(village)


def test_each_refusal_of_a_meter(village: Village) -> None:
    for cap in (99, PACK.content_price_most + 1):
        with village.refuses(BadCap, least=1_00, most=PACK.content_price_most):
            quoted(village, cap=cap)
    with village.refuses(NotEnough, balance=100_00, total=100_01):
        quoted(village, cap=100_01)
    quote = quoted(village)
    village.tier(day=2_99)
    with village.refuses(OverCap, left=2_99):
        village.do(lambda unit: open_meter(unit, person=AMINA, quote=quote))
    village.tier()
    village.change(village.rows(Item)[0], price=2_00 * MILLION)
    with village.refuses(QuoteChanged):
        village.do(lambda unit: open_meter(unit, person=AMINA, quote=quote))
    village.change(village.rows(Item)[0], price=1_00 * MILLION)
    running = opened(village).id
    with village.refuses(QuoteChanged):
        village.do(lambda unit: open_meter(unit, person=AMINA, quote=quote))
    with village.refuses(NoMeter):
        village.do(lambda unit: hear(unit, till="500025", meter_id=running, seq=1, total=1))
    with village.refuses(NoMeter):
        village.do(lambda unit: read_page(unit, NJERI, BOOK, 0))
    village.post((wallet(AMINA), Account.read("ke:fees:"), 97_00, Reason.FEE))
    with village.refuses(StillWaiting):
        village.do(lambda unit: refuse_close(unit, AMINA))


def test_a_page_is_paid_once_however_often_it_is_read(village: Village) -> None:
    meter = opened(village)
    first = page(village, 0)
    assert (first[0], first[2], row(village).used) == (0, True, 1)
    assert page(village, 1)[0] == 1
    assert page(village, 0) == first
    assert row(village).used == 2
    village.told()
    assert village.do(lambda unit: stop_meter(unit, AMINA, BOOK))
    assert (village.balance(wallet(AMINA)), village.balance(TAKINGS), village.balance(held(meter))) == (98_00, 2_00, 0)
    (notice,) = village.told()
    said = {"title": "A book", "till_name": "Habari Leo", "paid": 2_00, "refund": 1_00, "units": 2, "balance": 98_00}
    assert (notice.key, notice.values) == ("meter_done", said | {"reference": notice.values["reference"]})
    entry = village.do(lambda unit: unit.books.entry_once(f"resolve:{meter.id}"))
    assert entry is not None
    moves = (Move(held(meter), TAKINGS, 2_00, Reason.BUY), Move(held(meter), wallet(AMINA), 1_00, Reason.RELEASE))
    assert (entry.reason, entry.moves, entry.id) == (Reason.BUY, moves, notice.entry)
    assert village.used(f"out:{AMINA.id}:2026-11-22") == 2_00
    assert not village.do(lambda unit: stop_meter(unit, AMINA, BOOK))
    assert village.do(lambda unit: open_of(unit, AMINA, BOOK)) is None
    assert_sound(village)


def test_the_meter_stops_at_the_cap(village: Village) -> None:
    opened(village, cap=2_00)
    assert page(village, 1)[0] == 1
    assert page(village, 2) is None
    assert (row(village).state, row(village).charged, village.balance(wallet(AMINA))) == ("closed", 2_00, 98_00)
    with village.refuses(NoMeter):
        page(village, 0)


def test_what_was_not_used_comes_back_whole(village: Village) -> None:
    meter = opened(village)
    village.told()
    assert village.do(lambda unit: stop_all_meters(unit, AMINA)) == 1
    assert village.balance(wallet(AMINA)) == 100_00
    (notice,) = village.told()
    assert (notice.values["paid"], notice.values["refund"]) == (0, 3_00)
    checked = village.do(lambda unit: check_reference(unit, ref(meter.id)))
    assert (checked.amount, checked.parties, checked.state) == (3_00, ("A O", "H L"), "returned")
    items = village.do(lambda unit: statement(unit, wallet(AMINA)))
    assert [(one.amount, one.other_shown) for one in items[:2]] == [(3_00, "Habari Leo"), (-3_00, "Habari Leo")]
    assert_sound(village)


def test_the_meter_stops_when_it_has_heard_nothing(village: Village) -> None:
    """Time decides: what is told later counts no more, whether or not the worker has come."""
    meter = opened(village, CALLS)
    heard(village, meter, 1, 8)
    village.later(seconds=PACK.meter_silence_seconds - 1)
    assert village.do(stop_silent) == 0
    assert heard(village, meter, 2, 9) == Reading("open", 9, 1_191, 2)
    village.later(seconds=PACK.meter_silence_seconds)
    assert heard(village, meter, 3, 1_000) == Reading("closed", 9, 0, 2)
    assert village.do(stop_silent) == 0
    assert row(village).charged == 2
    opened(village, CALLS)
    village.later(seconds=PACK.meter_silence_seconds)
    assert village.do(stop_silent) == 1
    assert row(village).state == "closed"
    assert_sound(village)


def test_a_number_that_was_heard_changes_nothing(village: Village) -> None:
    meter = opened(village, CALLS)
    assert heard(village, meter, 0, 0) == Reading("open", 0, 1_200, 0)
    assert heard(village, meter, 5, 10) == Reading("open", 10, 1_190, 5)
    for seq, total in ((5, 999), (4, 999), (5, 0), (0, 999)):
        assert heard(village, meter, seq, total) == Reading("open", 10, 1_190, 5)
    assert heard(village, meter, 6, 3) == Reading("open", 10, 1_190, 6), "it never counts back"
    done = heard(village, meter, 7, 12, stop=True)
    assert done == Reading("closed", 12, 0, 7)
    before = village.everything()
    assert heard(village, meter, 7, 12, stop=True) == done
    assert heard(village, meter, 9, 99) == done
    assert village.everything() == before


def test_more_than_the_cap_is_the_cap(village: Village) -> None:
    meter = opened(village, CALLS)
    assert heard(village, meter, 1, 5_000_000) == Reading("closed", 1_200, 0, 1)
    assert (row(village).charged, village.balance(wallet(AMINA))) == (3_00, 97_00)
    assert_sound(village)


def test_a_meter_is_no_cash_that_was_asked_for(village: Village) -> None:
    """Rules about cash do not see what was set aside for content; that its owner was there, they do."""
    village.later(days=200)

    def fact(name: str, of: str = "withdraw") -> int:
        return village.do(
            lambda unit: FACTS[name](look(unit, person=AMINA, amount=50_00, other=None, shop="", lines=None, of=of))
        )

    assert (fact("cash_outs_today"), fact("times_largest"), fact("idle_days")) == (0, NEVER, 200)
    opened(village)
    assert (fact("cash_outs_today"), fact("times_largest"), fact("idle_days")) == (0, NEVER, 0)


def test_what_may_come_back_from_a_meter_counts_for_the_largest_balance(village: Village) -> None:
    """So the rest finds room in the wallet always, and nobody holds more than the country allows."""
    village.tier(balance=100_00)
    assert village.do(lambda unit: ceiling_of(unit, AMINA)).most == 100_00
    meter = opened(village, cap=30_00)
    assert village.do(lambda unit: ceiling_of(unit, AMINA)).most == 70_00
    heard(village, meter, 1, 5, stop=True)
    assert village.do(lambda unit: ceiling_of(unit, AMINA)).most == 100_00
    assert village.balance(wallet(AMINA)) == 95_00


@pytest.mark.parametrize(("pages", "state", "amount"), [(2, "done", 2_00), (0, "returned", 3_00)])
def test_both_references_of_a_meter_can_be_checked(village: Village, pages: int, state: str, amount: int) -> None:
    """The one of its beginning says what became of it, and what was charged in the end; the other who paid whom."""
    meter = opened(village)
    assert village.do(lambda unit: check_reference(unit, ref(meter.id)))[3:6] == (3_00, ("A O", "H L"), "held")
    heard(village, meter, 1, pages, stop=True)
    found = village.do(lambda unit: check_reference(unit, ref(meter.id)))
    assert (found.amount, found.parties, found.state) == (amount, ("A O", "H L"), state)
    ended = village.told()[-1].entry
    assert ended is not None
    found = village.do(lambda unit: check_reference(unit, ref(ended)))
    assert (found.amount, found.state) == (amount, "done")
    assert found.parties == (("A O", "H L") if pages else ("A O", "A O"))


def test_the_seller_gives_back_what_a_meter_charged(village: Village) -> None:
    """To who paid it, no more than it was, and with the limit of the day."""
    meter = opened(village)
    heard(village, meter, 1, 2, stop=True)
    ended = village.told()[-1].entry
    assert ended is not None
    used = village.used(f"out:{AMINA.id}:2026-11-22")
    with village.refuses(RefundedAlready, left=2_00):
        village.do(lambda unit: quote_refund(unit, owner=BARAKA, till=TILL, text=ref(ended), amount=2_01))
    quote = village.do(lambda unit: quote_refund(unit, owner=BARAKA, till=TILL, text=ref(ended), amount=1_50))
    assert (quote.payer, quote.name) == (AMINA.id, "AMINA O")
    village.do(lambda unit: refund(unit, owner=BARAKA, refund=quote))
    assert village.balance(wallet(AMINA)) == 99_50
    assert village.used(f"out:{AMINA.id}:2026-11-22") == used - 1_50
    assert_sound(village)


def test_who_has_used_a_meter_may_complain(village: Village) -> None:
    """While it runs, and for the pack's days after; not who opened it and used nothing, nor a stranger."""
    meter = opened(village)
    for who in (AMINA, NJERI):
        with village.refuses(NotBought):
            village.do(lambda unit, who=who: complain(unit, who, BOOK))  # type: ignore[misc]
    heard(village, meter, 1, 1)
    village.do(lambda unit: complain(unit, AMINA, BOOK))
    heard(village, meter, 2, 2, stop=True)
    village.later(seconds=PACK.complaint_seconds - 1)
    village.pack(content_complaints=1)
    village.do(lambda unit: complain(unit, AMINA, BOOK))
    (case,) = village.rows(Case)
    assert (case.what, case.about, case.opener, case.other) == ("content", meter.id, AMINA.id, BARAKA.id)
    village.later(seconds=1)
    with village.refuses(NotBought):
        village.do(lambda unit: complain(unit, AMINA, BOOK))


def test_a_key_opens_one_till_and_the_newest_alone(village: Village) -> None:
    key = village.do(lambda unit: new_seller_key(unit, TILL))
    assert len(key) >= 40
    assert village.do(lambda unit: till_of_key(unit, key)) == TILL
    assert key not in repr(village.rows(SellerKey))
    newer = village.do(lambda unit: new_seller_key(unit, TILL))
    assert village.do(lambda unit: till_of_key(unit, key)) is None
    assert village.do(lambda unit: till_of_key(unit, newer)) == TILL
    assert village.do(lambda unit: till_of_key(unit, "")) is None


METERS = int(os.environ.get("SENTI_TEST_METERS", "300"))
"""So many meters are run by what is dropped, repeated and reordered: `SENTI_TEST_METERS=100000` runs more."""


@pytest.mark.parametrize("seed", [11])
def test_charged_is_never_more_than_used_nor_used_than_the_cap(village: Village, seed: int) -> None:
    """Of any service that tells of it over a bad line: by sums of this test's own, to the millionth of a cent."""
    dice = random.Random(seed)
    village.give(AMINA, 900_000_00)
    before, whole = village.balance(wallet(AMINA)), 0
    for _ in range(METERS):
        price = dice.choice([1, 333_333, 250_000, 999_999, MILLION, 1_700_001, 3 * MILLION])
        village.change(village.rows(Item)[1], price=price)
        cap = dice.randint(-(-price // MILLION), 40)
        meter = opened(village, CALLS, cap)
        told, total = list[tuple[int, int]](), 0
        for seq in range(1, dice.randint(2, 9)):
            total += dice.choice([0, 1, 1, 2, 5, 40 * MILLION // price])
            told.append((seq, total))
        sent = [one for one in told if dice.random() < 0.8] * 2
        dice.shuffle(sent)
        stays, seen, used = True, 0, 0
        most = cap * MILLION // price
        for seq, total in sent:
            if stays and seq > seen:
                seen, used = seq, max(used, min(total, most))
                stays = total < most
            reading = heard(village, meter, seq, total)
            assert (reading.state == "open", reading.used) == (stays, used)
        if stays:
            how = dice.randrange(3)
            if how == 0:
                village.do(lambda unit: stop_meter(unit, AMINA, CALLS))
            elif how == 1:
                village.later(seconds=PACK.meter_silence_seconds)
                assert village.do(stop_silent) == 1
            else:
                heard(village, meter, 99, 0, stop=True)
        done = village.do(lambda unit, number=meter.id: unit.rows.get(Meter, number))  # type: ignore[misc]
        owed = sum(tab.owed for tab in village.rows(Tab))
        whole += used * price
        assert (done.state, done.used) == ("closed", used)
        assert done.charged <= cap
        assert used * price <= cap * MILLION
        assert village.balance(TAKINGS) * MILLION + owed == whole, "nothing is charged that was not used"
        assert before - village.balance(wallet(AMINA)) == village.balance(TAKINGS)
        assert 0 <= owed < MILLION
    assert_sound(village)


def test_everybody_has_their_own_meters(village: Village) -> None:
    meter = opened(village)
    assert village.do(lambda unit: open_of(unit, NJERI, BOOK)) is None
    assert village.do(lambda unit: stop_meter(unit, NJERI, BOOK)) is False
    assert village.do(lambda unit: stop_all_meters(unit, NJERI)) == 0
    assert village.do(lambda unit: open_of(unit, AMINA, BOOK)) == meter
    assert village.do(lambda unit: stop_meter(unit, AMINA, BOOK)) is True
    assert village.do(lambda unit: open_of(unit, AMINA, BOOK)) is None
    assert village.do(lambda unit: stop_meter(unit, AMINA, BOOK)) is False
    assert village.do(lambda unit: stop_all_meters(unit, AMINA)) == 0
