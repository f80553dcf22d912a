"""Buying content: what is shown and paid, that again is free, codes that are given out once, prices without a floor."""

import os
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.countries import Band, load_pack
from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Account, Cap, Move, NotEnough, OverCap
from service.money import MILLION, show_fine
from service.wallet.audit import audit_all
from service.wallet.buy import Quote, buy, owned, page_of, quote_buy
from service.wallet.complaint import Complaint, NotBought, complain
from service.wallet.item import (
    AccessCode,
    BadItemCode,
    Bought,
    Item,
    OwnItem,
    SoldOut,
    Tab,
    UnknownItem,
    load_codes,
    new_item,
    pages_of,
    read_item_code,
    read_price,
    read_title,
    turn_sale,
)
from service.wallet.merchant import Merchant
from service.wallet.pin import PinLocked
from service.wallet.receipt import Receipt
from service.wallet.send import QuoteChanged
from service.wallet.statement import check_reference
from service.wallet.takings import quote_refund, refund, sales_today
from service.wallet.till import UnknownTill, new_till
from service.wallet.unit import Case, Person
from tests.wallet.village import ACHIENG, AMINA, BARAKA, NJERI, PACK, UGANDAN, Overheard, Village, ref, wallet

TILL, OTHER_TILL = "500017", "500025"
TAKINGS = Account.read(f"ke:takings:{TILL}")
NEWS, CODES = "200014", "200022"
PRICE = 2_00 * MILLION


@pytest.fixture(autouse=True)
def shop(village: Village) -> None:
    """Baraka sells a text for 2 shillings at his till, and Amina has money."""
    village.do(lambda unit: new_till(unit, person_id=BARAKA.id, name="Habari Leo"))
    assert put_up(village, text="Rain in Nakuru today.").code == NEWS
    village.give(AMINA, 2_000_00)
    village.told()


def put_up(village: Village, **other: Any) -> Item:
    usual: dict[str, Any] = {"kind": "text", "title": "News of today", "price": PRICE, "days": 7, "text": ""}
    values = {"till": TILL} | usual | other
    return village.do(lambda unit: new_item(unit, **values))


def quoted(village: Village, code: str = NEWS, buyer: Person = AMINA) -> Quote:
    return village.do(lambda unit: quote_buy(unit, buyer=buyer, code=code))


def bought(village: Village, quote: Quote, buyer: Person = AMINA, caps: tuple[Cap, ...] = ()) -> tuple[Bought, Receipt]:
    return village.do(lambda unit: buy(unit, buyer=buyer, quote=quote, caps=caps))


def test_a_quote_shows_everything_and_moves_nothing(village: Village) -> None:
    before = village.everything()
    quote = quoted(village)
    assert quote == Quote(quote.entry, NEWS, "text", "News of today", TILL, "Habari Leo", PRICE, 7, 2_00, 0)
    assert village.everything() == before


def test_a_purchase_is_one_entry_a_receipt_and_the_text(village: Village) -> None:
    quote = quoted(village)
    made, receipt = bought(village, quote, caps=(Cap("other", 5),))
    moves = (Move(wallet(AMINA), TAKINGS, 2_00, Reason.BUY),)
    assert village.entry(quote.entry) == Recorded(quote.entry, Reason.BUY, village.now, moves, None)
    until = village.now + timedelta(days=7)
    assert made == Bought(id=quote.entry, person=AMINA.id, item=NEWS, paid=2_00, access="", at=village.now, until=until)
    assert receipt == Receipt(quote.entry, ref(quote.entry), village.now, 1_998_00, False)
    assert (village.used(f"out:{AMINA.id}:2026-11-22"), village.used("other")) == (2_00, 5)
    said = {"title": "News of today", "till_name": "Habari Leo", "till": TILL, "price": PRICE}
    said |= {"reference": receipt.reference, "balance": 1_998_00, "closes": until.isoformat()}
    assert village.said() == [
        (AMINA.phone, "bought", said, quote.entry, None),
        (AMINA.phone, "content", {"content": "Rain in Nakuru today."}, None, None),
    ]
    assert check(village, receipt.reference) == ("A O", "H L")


def check(village: Village, reference: str) -> tuple[str, str]:
    return village.do(lambda unit: check_reference(unit, reference)).parties


def test_L_06_a_purchase_that_is_asked_again_is_answered_again(village: Village) -> None:
    """Also when it is sold no more: nothing is taken twice, and nobody is told twice."""
    quote = quoted(village)
    made, receipt = bought(village, quote)
    village.do(lambda unit: turn_sale(unit, NEWS, "paused"))
    before = village.everything()
    assert bought(village, quote) == (made, receipt._replace(repeated=True))
    assert village.everything() == before


def test_bought_is_bought_until_its_time_is_over(village: Village) -> None:
    made, _ = bought(village, quoted(village))
    assert village.do(lambda unit: owned(unit, AMINA, NEWS)) == made
    assert village.do(lambda unit: owned(unit, NJERI, NEWS)) is None
    village.do(lambda unit: turn_sale(unit, NEWS, "paused"))
    village.later(days=7, microseconds=-1)
    assert village.do(lambda unit: owned(unit, AMINA, NEWS)) == made
    village.later(microseconds=1)
    assert village.do(lambda unit: owned(unit, AMINA, NEWS)) is None
    village.do(lambda unit: turn_sale(unit, NEWS, "open"))
    again, _ = bought(village, quoted(village))
    assert village.do(lambda unit: owned(unit, AMINA, NEWS)) == again
    other = put_up(village, title="Other news")
    assert village.do(lambda unit: owned(unit, AMINA, other.code)) is None


def test_each_refusal_at_its_edge(village: Village) -> None:
    for code in ("200030", TILL):
        with village.refuses(UnknownItem):
            quoted(village, code)
    with village.refuses(UnknownItem):
        quoted(village, buyer=UGANDAN)
    with village.refuses(OwnItem):
        quoted(village, buyer=BARAKA)
    with village.refuses(NotEnough, balance=0, total=2_00):
        quoted(village, buyer=NJERI)
    village.tier(day=1_99)
    with village.refuses(OverCap, left=1_99):
        quoted(village)
    village.tier()
    locked = village.change(AMINA, pin_tries=3)
    with village.refuses(PinLocked, help_line=PACK.help_line, service_code=PACK.people_code):
        quoted(village, buyer=locked)
    village.change(AMINA)
    village.do(lambda unit: turn_sale(unit, NEWS, "paused"))
    with village.refuses(UnknownItem):
        quoted(village)
    village.do(lambda unit: turn_sale(unit, NEWS, "open"))
    village.change(village.rows(Merchant)[0], state="closed")
    with village.refuses(UnknownItem):
        quoted(village)
    with village.refuses(UnknownTill):
        put_up(village)


@pytest.mark.parametrize("other", [{"title": "Old news"}, {"price": PRICE + MILLION}, {"state": "paused"}, {"days": 6}])
def test_S_15_what_is_not_as_it_was_shown_is_not_bought(village: Village, other: dict[str, Any]) -> None:
    """Title, price, how long it lasts and that it is sold must be those of the moment of paying."""
    quote = quoted(village)
    village.change(village.rows(Item)[0], **other)
    with village.refuses(QuoteChanged):
        bought(village, quote)


def test_S_15_a_till_that_closed_between_quote_and_pin_is_not_paid(village: Village) -> None:
    """Nothing is taken, and no code is given out."""
    quote = quoted(village)
    village.change(village.rows(Merchant)[0], state="closed")
    with village.refuses(QuoteChanged):
        bought(village, quote)


def test_refusals_of_the_books_leave_nothing(village: Village) -> None:
    quote = quoted(village)
    with village.refuses(OverCap, left=1):
        bought(village, quote, caps=(Cap("other", 2, 1),))
    village.tier(day=1_99)
    with village.refuses(OverCap, left=1_99):
        bought(village, quote)


def test_an_access_code_is_given_out_once_and_then_it_is_sold_out(village: Village) -> None:
    put_up(village, kind="code", title="Exam papers")
    item = village.rows(Item)[1]
    assert village.do(lambda unit: load_codes(unit, item, ["AA-1", "BB-2", "AA-1"])) == 2
    assert village.do(lambda unit: load_codes(unit, item, ["AA-1"])) == 0
    village.give(NJERI, 2_00)
    village.told()
    one, two = quoted(village, CODES), quoted(village, CODES, NJERI)
    late = quoted(village, CODES)
    got = [bought(village, one)[0].access, bought(village, two, NJERI)[0].access]
    assert sorted(got) == ["AA-1", "BB-2"]
    assert {row.state for row in village.rows(AccessCode)} == {"given"}
    assert ("content", {"content": f"Exam papers: {got[0]}"}) in [(one[1], one[2]) for one in village.said()]
    other = put_up(village, kind="code", title="Other papers")
    village.do(lambda unit: load_codes(unit, other, ["CC-3"]))
    with village.refuses(SoldOut):
        bought(village, late)
    assert bought(village, quoted(village, other.code))[0].access == "CC-3"
    with village.refuses(SoldOut):
        quoted(village, CODES)
    assert village.do(lambda unit: owned(unit, NJERI, CODES)) is not None


def test_a_code_is_not_sent_to_a_number_that_several_share(village: Village) -> None:
    """S-14: it would lie in the phone for all of them; its buyer reads it on the screen."""
    item = put_up(village, kind="code", title="Exam papers")
    village.do(lambda unit: load_codes(unit, item, ["AA-1"]))
    village.told()
    shared = village.change(AMINA, shared=True)
    made, _ = bought(village, quoted(village, CODES, shared), shared)
    assert made.access == "AA-1"
    assert [one.key for one in village.told()] == ["bought", "content_dial"]


def test_a_long_text_is_read_on_pages(village: Village) -> None:
    words = " ".join(f"word{number}" for number in range(60)) + " " + "x" * 40
    item = put_up(village, text=words)
    village.told()
    bought(village, quoted(village, item.code))
    assert [one.key for one in village.told()] == ["bought", "content_dial"]
    number, read = 0, list[str]()
    while True:
        lines, more = page_of(item, number)
        assert all(len(line) <= 28 for line in lines)
        assert len(lines) <= 4
        read += lines
        number += 1
        if not more:
            break
    assert "".join("".join(read).split()) == "".join(words.split())
    assert number > 3
    assert pages_of("") == [[""]]


@pytest.mark.parametrize("price", [1, 3_000, MILLION - 1, MILLION, 1_500_000])
def test_prices_below_a_cent_add_up_exactly(village: Village, price: int) -> None:
    """What is owed is always less than a cent; what was paid and what is owed are what was bought, to a millionth."""
    item, times = put_up(village, price=price), 40
    for time in range(1, times + 1):
        quote = quoted(village, item.code)
        made, receipt = bought(village, quote)
        owed = sum(row.owed for row in village.rows(Tab))
        assert bool(receipt.reference) == bool(made.paid) == (village.entry(quote.entry) is not None)
        assert 0 <= owed < MILLION
        assert village.balance(TAKINGS) * MILLION + owed == time * price
    assert 2_000_00 - village.balance(wallet(AMINA)) == times * price // MILLION


def test_what_was_put_on_the_tab_since_the_quote_is_shown_again(village: Village) -> None:
    """S-15: two purchases of three quarters of a cent; the second would take a cent, and says so first."""
    item = put_up(village, price=750_000)
    one, two = quoted(village, item.code), quoted(village, item.code)
    assert (one.amount, one.tab, two.amount) == (0, 750_000, 0)
    bought(village, one)
    with village.refuses(QuoteChanged):
        bought(village, two)
    again = quoted(village, item.code)
    assert (again.amount, again.tab) == (1, 500_000)
    bought(village, again)
    assert [row.owed for row in village.rows(Tab)] == [500_000]


def test_a_repeat_of_what_was_too_small_for_an_entry_is_that_purchase(village: Village) -> None:
    item = put_up(village, price=400_000)
    quote = quoted(village, item.code)
    made, _ = bought(village, quote)
    before = village.everything()
    assert bought(village, quote)[0] == made
    assert village.everything() == before


CHARGES = int(os.environ.get("SENTI_TEST_CHARGES", "2000"))
"""So many purchases are made of many prices: `SENTI_TEST_CHARGES=1000000` makes a million."""


@pytest.mark.parametrize("seed", [7])
def test_any_number_of_small_charges_sums_exactly(village: Village, seed: int) -> None:
    """Of many people, tills and prices, in any order: by sums of this test's own, to the millionth of a cent."""
    dice = random.Random(seed)
    village.do(lambda unit: new_till(unit, person_id=NJERI.id, name="Muziki"))
    prices = [1, 7, 999_999, 1_000_001, 333_333, 2_718_281, 3 * MILLION]
    items = [put_up(village, till=till, price=price) for till in (TILL, OTHER_TILL) for price in prices]
    buyers = (AMINA, ACHIENG)
    village.give(ACHIENG, 100_000_00)
    village.give(AMINA, 100_000_00)
    owing: dict[tuple[int, str], int] = {}
    before = {buyer.id: village.balance(wallet(buyer)) for buyer in buyers}
    for _ in range(CHARGES):
        buyer, item = dice.choice(buyers), dice.choice(items)
        bought(village, quoted(village, item.code, buyer), buyer)
        owing[buyer.id, item.till] = owing.get((buyer.id, item.till), 0) + item.price
    tabs = {(row.person, row.till): row.owed for row in village.rows(Tab)}
    assert {key: owed % MILLION for key, owed in owing.items()} == {key: tabs.get(key, 0) for key in owing}
    for buyer in buyers:
        paid = sum(owed // MILLION for (person, _), owed in owing.items() if person == buyer.id)
        assert before[buyer.id] - village.balance(wallet(buyer)) == paid
    for till in (TILL, OTHER_TILL):
        earned = sum(owed // MILLION for (_, at), owed in owing.items() if at == till)
        assert village.balance(Account.read(f"ke:takings:{till}")) == earned
    problems = village.do(lambda unit: audit_all(unit, seal_key=b"k" * 32)).problems
    assert not [one for one in problems if not one.detail.startswith(("issue", "cash_in"))], "they came past the cases"


@pytest.mark.parametrize("country", ["ke", "ug", "gh"])
def test_what_a_small_price_costs_its_seller_is_never_more_than_the_share(country: str) -> None:
    pack = load_pack(country)
    dear = replace(pack.sales[0], bands=(Band(1, 10**9, 7),))
    assert replace(pack, sales=(dear,)).cost_of_content(1_000, Village().now).published == 7
    assert replace(pack, sales=(dear,)).cost_of_content(699, Village().now).published == 6
    assert replace(pack, sales=(dear,)).cost_of_content(99, Village().now).published == 0
    for amount in (*range(1, 3_000), *range(3_000, pack.content_price_most, 997), pack.content_price_most):
        fee = pack.cost_of_content(amount, Village().now).published
        assert fee * 100_00 <= amount * pack.content_fee_most


def test_a_seller_sees_what_was_sold_and_may_give_it_back(village: Village) -> None:
    made, receipt = bought(village, quoted(village))
    till = village.rows(Merchant)[0]
    assert village.do(lambda unit: sales_today(unit, till, PACK))[:2] == (1, 2_00)
    back = village.do(lambda unit: quote_refund(unit, owner=BARAKA, till=TILL, text=receipt.reference))
    village.do(lambda unit: refund(unit, owner=BARAKA, refund=back))
    assert village.balance(wallet(AMINA)) == 2_000_00
    assert made.paid == back.amount


def test_a_till_whose_buyers_complain_sells_no_more(village: Village) -> None:
    """As many as the pack says, within its time, each counted once; staff get a case and the seller a message."""
    village.pack(content_complaints=2)
    village.give(NJERI, 2_00)
    bought(village, quoted(village))
    for _ in range(3):
        village.do(lambda unit: complain(unit, AMINA, NEWS))
    assert village.rows(Item)[0].state == "open"
    village.later(seconds=PACK.complaint_seconds)
    with village.refuses(NotBought):
        village.do(lambda unit: complain(unit, AMINA, NEWS))
    mine, _ = bought(village, quoted(village))[0], bought(village, quoted(village, buyer=NJERI), NJERI)
    village.told()
    village.do(lambda unit: complain(unit, NJERI, NEWS))
    assert village.rows(Item)[0].state == "open", "the first complaint is too old"
    village.do(lambda unit: complain(unit, AMINA, NEWS))
    assert village.rows(Item)[0].state == "paused"
    (case,) = village.rows(Case)
    assert (case.what, case.about, case.other, case.values) == ("content", mine.id, BARAKA.id, {"till": TILL})
    assert [(one.phone, one.key) for one in village.told()] == [(BARAKA.phone, "content_paused")]
    with village.refuses(UnknownItem):
        quoted(village)
    assert len(village.rows(Complaint)) == 2


def test_what_is_typed_and_shown() -> None:
    assert read_item_code(" 200 014") == NEWS
    for typed in ("200015", "0", "98", "000000", "", "2000140000", "\u0662\u0660\u0660\u0660\u0661\u0664"):
        with pytest.raises(BadItemCode):
            read_item_code(typed)
    money = PACK.currency
    assert [read_price(text, money) for text in ("2", "0.5", "0.003", "0.00000001")] == [
        PRICE,
        50 * MILLION,
        300_000,
        1,
    ]
    for text in ("0", "0.0", "-1", "1,5", "01", "1e3", ".5", "0.000000001", "1 000"):
        assert read_price(text, money) is None, text
    assert [show_fine(price, money) for price in (PRICE, 50 * MILLION, 300_000, 1)] == [
        "KES 2", "KES 0.50", "KES 0.003", "KES 0.00000001"]  # fmt: skip
    assert read_title("  Habari za  leo ") == "Habari za leo"
    assert [read_title(text) for text in ("ab", "x" * 21, "\u0e01\u0e01\u0e01")] == [None, None, None]
    assert [read_title(text) for text in ("abc", "x" * 20)] == ["abc", "x" * 20]


def test_a_line_is_filled_to_its_end(village: Village) -> None:
    """Of 28 signs; a word that is longer than a line is cut, and the next one follows on what is left of it."""
    text = " ".join(("a", "b" * 26, "c" * 13, "d" * 14, "e" * 13, "f" * 15, "g" * 29, "h" * 26))
    lines = [f"a {'b' * 26}", f"{'c' * 13} {'d' * 14}", "e" * 13, "f" * 15]
    assert pages_of(text) == [lines, ["g" * 28, f"g {'h' * 26}"]]
    item = put_up(village, text=text)
    assert page_of(item, 0) == (tuple(lines), True)
    assert page_of(item, 1) == page_of(item, 9) == (("g" * 28, f"g {'h' * 26}"), False)


def test_a_quote_asks_for_what_it_announces(village: Village) -> None:
    """What is announced and never asked would be fetched for nothing."""

    def work(unit: Any) -> None:
        heard = Overheard(unit)
        quote_buy(heard.unit, buyer=AMINA, code=NEWS)
        assert set(heard.announced) <= set(heard.asked)

    village.do(work)


def test_complaints_about_one_till_pause_no_other(village: Village) -> None:
    """Nor do those about another count; of each reason staff get a case of their own."""
    village.pack(content_complaints=2)
    village.do(lambda unit: new_till(unit, person_id=ACHIENG.id, name="Muziki"))
    song = put_up(village, till=OTHER_TILL, title="A song of today")
    village.give(NJERI, 4_00)
    for who in (AMINA, NJERI):
        for code in (NEWS, song.code):
            bought(village, quoted(village, code, who), who)

    def complains(who: Person, code: str) -> dict[str, str]:
        village.do(lambda unit: complain(unit, who, code))
        return {row.code: row.state for row in village.rows(Item)}

    complains(AMINA, song.code)
    assert complains(NJERI, NEWS) == {NEWS: "open", song.code: "open"}
    assert complains(AMINA, NEWS) == {NEWS: "paused", song.code: "open"}
    assert complains(NJERI, song.code) == {NEWS: "paused", song.code: "paused"}
    assert [case.values for case in village.rows(Case)] == [{"till": TILL}, {"till": OTHER_TILL}]
