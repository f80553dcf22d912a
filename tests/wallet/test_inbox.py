"""The approvals inbox: what is asked, of whom, how often, and what a yes or a no leaves behind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Move, NotEnough, OverCap
from service.wallet.cash_out import Quote, ask_cash_out, give_cash, just_approved, price_cash_out, refuse_cash_out
from service.wallet.inbox import (
    AskedEnough,
    DeclinedTwice,
    RequestOver,
    decline,
    end_requests,
    expire_requests,
    open_request,
    waiting_for,
)
from service.wallet.limits import OverSingle
from service.wallet.people import set_state
from service.wallet.pin import PinLocked
from service.wallet.receipt import Receipt
from service.wallet.request import ask_payment
from service.wallet.send import QuoteChanged
from service.wallet.unit import Agent, Person, Request, Unit
from tests.wallet.village import (
    ACHIENG,
    AMINA,
    BARAKA,
    FEES,
    NJERI,
    OTHER_SHOP,
    PACK,
    SHOP,
    TAX,
    UGANDAN,
    Overheard,
    Village,
    commission,
    float_,
    ref,
    wallet,
)

COUNTER = f"out:{AMINA.id}:2026-11-22"


def asked(
    village: Village, amount: int = 500_00, *, phone: str = AMINA.phone, shop: Agent = SHOP, keeper: Person = NJERI
) -> None:
    village.do(lambda unit: ask_cash_out(unit, agent=shop, keeper=keeper, phone=phone, amount=amount))


def waiting(village: Village, payer: Person = AMINA) -> list[int]:
    return [one.id for one in village.do(lambda unit: waiting_for(unit, payer))]


def quoted(village: Village, request_id: int, payer: Person = AMINA) -> Quote:
    def work(unit: Unit) -> Quote:
        request = open_request(unit, payer, request_id)
        quote = price_cash_out(unit, request=request, pack=PACK)
        refuse_cash_out(unit, payer=payer, quote=quote)
        return quote

    return village.do(work)


def given(village: Village, quote: Quote, payer: Person = AMINA) -> Receipt:
    return village.do(lambda unit: give_cash(unit, payer=payer, quote=quote, pack=village.house.packs["ke"]))


def one_waits(village: Village, amount: int = 500_00) -> int:
    asked(village, amount)
    village.told()
    (request,) = waiting(village)
    return request


def test_a_question_holds_nothing_and_says_the_price(village: Village) -> None:
    village.give(AMINA, 2000_00)
    asked(village)
    assert village.balance(wallet(AMINA)) == 2000_00
    (row,) = village.rows(Request)
    until = village.now + timedelta(minutes=10)
    assert row == Request(
        id=row.id,
        kind="cash_out",
        asker=NJERI.id,
        payer=AMINA.id,
        amount=500_00,
        values={"agent": "100016"},
        expires_at=until,
    )
    values = {
        "agent": "100016",
        "agent_name": "Duka la Njeri",
        "amount": 500_00,
        "fee": 29_00,
        "levy": 0,
        "service_code": PACK.people_code,
    }
    assert village.said() == [(AMINA.phone, "asked_cash", values, None, until)]


def test_a_yes_moves_the_money_in_one_entry_and_tells_both(village: Village) -> None:
    village.give(AMINA, 2000_00)
    request = one_waits(village)
    quote = quoted(village, request)
    assert quote == Quote(quote.entry, request, "100016", "Duka la Njeri", 500_00, 25_22, 3_78, 0)
    receipt = given(village, quote)
    assert receipt == Receipt(quote.entry, ref(quote.entry), village.now, 1471_00, False)
    moves = (
        Move(wallet(AMINA), float_(SHOP), 500_00, Reason.WITHDRAW),
        Move(wallet(AMINA), FEES, 25_22, Reason.FEE),
        Move(wallet(AMINA), TAX, 3_78, Reason.EXCISE),
        Move(FEES, commission(SHOP), 8_00, Reason.COMMISSION),
    )
    assert village.entry(quote.entry) == Recorded(
        quote.entry, Reason.WITHDRAW, village.now, moves, f"request:{request}"
    )
    assert village.used(COUNTER) == 500_00
    (row,) = village.rows(Request)
    assert (row.state, row.entry) == ("approved", quote.entry)
    common = {"reference": ref(quote.entry), "amount": 500_00, "at": village.now.isoformat()}
    got = {"agent": "100016", "agent_name": "Duka la Njeri", "fee": 29_00, "levy": 0, "balance": 1471_00}
    gives = {"name": "AMINA O", "number": "0711***001", "balance": village.balance(float_(SHOP))}
    assert village.said() == [
        (AMINA.phone, "withdrawn", common | got, quote.entry, None),
        (NJERI.phone, "give_cash", common | gives, quote.entry, None),
    ]
    before = village.everything()
    assert given(village, quote) == receipt._replace(repeated=True)
    assert village.everything() == before
    said = village.do(lambda unit: just_approved(unit, keeper=NJERI))
    assert said is not None
    assert tuple(said) == ("AMINA O", 500_00)
    assert village.do(lambda unit: just_approved(unit, keeper=ACHIENG)) is None
    village.later(minutes=10)
    assert village.do(lambda unit: just_approved(unit, keeper=NJERI)) is None


def test_L_08_two_quotes_of_one_request_pay_once(village: Village) -> None:
    """Two talks have each minted an entry: the second is told that the request is over."""
    village.give(AMINA, 5000_00)
    request = one_waits(village)
    first, second = quoted(village, request), quoted(village, request)
    given(village, first)
    with village.refuses(RequestOver):
        given(village, second)


def test_each_refusal_of_a_yes_at_its_edge(village: Village) -> None:
    village.give(AMINA, 528_99)
    request = one_waits(village)
    with village.refuses(NotEnough, balance=528_99, total=529_00):
        quoted(village, request)
    village.give(AMINA, 1)
    quote = quoted(village, request)
    with village.refuses(RequestOver):
        quoted(village, request, BARAKA)
    with village.refuses(RequestOver):
        given(village, quote, BARAKA)
    village.tier(single=499_99)
    with village.refuses(OverSingle, single=499_99):
        quoted(village, request)
    with village.refuses(OverSingle, single=499_99):
        given(village, quote)
    village.tier(day=499_99)
    with village.refuses(OverCap, left=499_99):
        quoted(village, request)
    with village.refuses(OverCap, left=499_99):
        given(village, quote)
    village.tier()
    locked = village.change(AMINA, pin_tries=3)
    with village.refuses(PinLocked, service_code=PACK.people_code, help_line=PACK.help_line):
        quoted(village, request, locked)
    village.change(AMINA)
    village.change(SHOP, state="closed")
    with village.refuses(QuoteChanged):
        given(village, quote)
    village.change(SHOP)
    village.later(minutes=10)
    with village.refuses(RequestOver):
        given(village, quote)


@pytest.mark.parametrize("other", [{"fee": 25_21}, {"agent_name": "Duka la Juma"}])
def test_S_15_what_is_not_as_it_was_shown_is_not_given(village: Village, other: dict[str, object]) -> None:
    """Charge and shop of the quote must be those of the moment of paying."""
    village.give(AMINA, 2000_00)
    quote = quoted(village, one_waits(village))._replace(**other)  # type: ignore[arg-type]
    with village.refuses(QuoteChanged):
        given(village, quote)


def test_V_04_who_cannot_be_asked_looks_like_who_can(village: Village) -> None:
    """Unknown, closed, foreign and crowded numbers are asked without a word, and count against the same budgets."""
    closed = "+254711000099"
    village.do(lambda unit: set_state(unit, BARAKA, "closed"))
    for phone in ("+254799000009", UGANDAN.phone, BARAKA.phone, closed):
        asked(village, phone=phone)
    assert village.rows(Request) == []
    assert village.said() == []
    for _ in range(4):
        asked(village, phone=closed)
    with village.refuses(AskedEnough):
        asked(village, phone=closed)
    asked(village, phone=closed, shop=OTHER_SHOP, keeper=ACHIENG)


def test_the_newer_question_of_one_asker_replaces_the_older(village: Village) -> None:
    village.give(AMINA, 2000_00)
    first = one_waits(village)
    quote = quoted(village, first)
    asked(village, 300_00)
    (second,) = waiting(village)
    assert [row.state for row in village.rows(Request)] == ["replaced", "open"]
    with village.refuses(RequestOver):
        given(village, quote)
    assert given(village, quoted(village, second)).balance == 2000_00 - 329_00


def test_nobody_is_flooded(village: Village) -> None:
    """Five wait at most, and an asker has a budget by the hour that is told whoever is asked."""
    for n in range(7):
        asker = replace(AMINA, id=950 + n, phone=f"+25471100095{n}")

        def ask(unit: Unit, asker: Person = asker) -> None:
            unit.rows.add(asker)
            ask_payment(unit, asker=asker, phone=BARAKA.phone, amount=100_00)

        village.do(ask)
    assert len(waiting(village, BARAKA)) == 5
    assert len(village.told()) == 5
    for n in range(30):
        asked(village, phone=f"+2547990001{n:02}")
    with village.refuses(AskedEnough):
        asked(village)
    village.later(hours=1)
    asked(village)


def test_two_noes_are_enough_for_a_day(village: Village) -> None:
    for _ in range(2):
        no = partial(decline, payer=AMINA, request_id=one_waits(village))
        village.do(no)
        values = {"amount": 500_00, "number": "0711***001"}
        assert village.said() == [(NJERI.phone, "request_declined", values, None, None)]
        with village.refuses(RequestOver):
            village.do(no)
    with village.refuses(DeclinedTwice):
        asked(village)
    asked(village, shop=OTHER_SHOP, keeper=ACHIENG)
    asked(village, phone=BARAKA.phone)
    village.later(days=1)
    asked(village)


def test_T_06_time_decides_that_a_request_is_over_and_the_worker_tells_once(village: Village) -> None:
    """Ten minutes less a moment it is open; then it is over, whether or not a worker has been there."""
    village.give(AMINA, 2000_00)
    request = one_waits(village)
    village.later(minutes=10, microseconds=-1)
    quote = quoted(village, request)
    assert village.do(expire_requests) == 0
    village.later(microseconds=1)
    assert waiting(village) == []
    with village.refuses(RequestOver):
        given(village, quote)
    assert village.do(expire_requests) == 1
    values = {"amount": 500_00, "number": "0711***001"}
    assert village.said() == [(NJERI.phone, "request_expired", values, None, None)]
    assert village.do(expire_requests) == 0


def test_one_s_inbox_holds_what_one_is_asked_and_by_whom(village: Village) -> None:
    asked(village)
    asked(village, 70_00, phone=BARAKA.phone)
    (one,) = village.do(lambda unit: waiting_for(unit, AMINA))
    assert (one.kind, one.asker, one.amount, one.values) == ("cash_out", NJERI, 500_00, {"agent": SHOP.number})
    assert len(waiting(village, BARAKA)) == 1
    assert waiting(village, ACHIENG) == []


def test_who_closes_says_no_to_what_they_are_asked_and_asks_for_nothing_more(village: Village) -> None:
    """Who had asked is told; what others ask of others stays."""
    asked(village)
    asked(village, 70_00, shop=OTHER_SHOP, keeper=ACHIENG)
    asked(village, 80_00, phone=BARAKA.phone)
    village.do(lambda unit: ask_payment(unit, asker=AMINA, phone=BARAKA.phone, amount=5_00))
    village.do(lambda unit: ask_payment(unit, asker=AMINA, phone=NJERI.phone, amount=6_00))
    village.told()
    village.do(lambda unit: end_requests(unit, AMINA))
    assert [(one.phone, one.key, one.values["amount"]) for one in village.told()] == [
        (NJERI.phone, "request_declined", 500_00),
        (ACHIENG.phone, "request_declined", 70_00),
    ]
    assert {row.amount: row.state for row in village.rows(Request)} == {
        500_00: "declined",
        70_00: "declined",
        80_00: "open",
        5_00: "replaced",
        6_00: "replaced",
    }


def test_a_request_that_was_answered_meanwhile_is_not_put_aside(village: Village) -> None:
    """By a newer one, or because who asked closes their wallet: its row is asked again under the lock."""
    village.give(AMINA, 2000_00)
    first = one_waits(village)

    def between(work: Callable[[Unit], object]) -> Callable[[Unit], None]:
        def run(unit: Unit) -> None:
            heard = Overheard(unit)

            def say_no() -> None:
                heard.before_lock = lambda: None
                decline(unit, AMINA, first)

            heard.before_lock = say_no
            work(heard.unit)

        return run

    village.do(between(lambda unit: end_requests(unit, NJERI)))
    assert [row.state for row in village.rows(Request)] == ["declined"]


def test_the_newest_cash_that_was_approved_for_this_shop_is_shown_and_nothing_else(village: Village) -> None:
    village.give(AMINA, 3000_00)
    village.give(BARAKA, 3000_00)
    given(village, quoted(village, one_waits(village)))
    asked(village, 70_00, phone=BARAKA.phone)
    (request,) = waiting(village, BARAKA)
    given(village, quoted(village, request, BARAKA), BARAKA)
    asked(village, 50_00)
    village.do(lambda unit: ask_payment(unit, asker=NJERI, phone=BARAKA.phone, amount=5_00))
    (bill,) = waiting(village, BARAKA)
    row = next(row for row in village.rows(Request) if row.id == bill)
    village.change(row, state="approved")
    assert village.do(lambda unit: just_approved(unit, keeper=NJERI)) == ("BARAKA M", 70_00)
    assert village.used(f"pair:withdraw:{SHOP.number}:{BARAKA.id}:2026-11-22") == 70_00


def test_the_largest_amount_of_a_tier_is_given(village: Village) -> None:
    village.give(AMINA, 2000_00)
    quote = quoted(village, one_waits(village))
    village.tier(single=500_00)
    assert given(village, quote).balance == 1471_00
