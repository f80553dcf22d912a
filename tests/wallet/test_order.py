"""Ordering a bill or airtime: what a quote shows, what an order leaves behind, how it ends, and each refusal."""

from dataclasses import replace

import pytest

from service.countries import NotOffered
from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Move, NotEnough, OverCap
from service.ledger.post import held_by, resolves
from service.wallet.close import StillWaiting, refuse_close
from service.wallet.errand import (
    AirtimeNews,
    Answer,
    Errand,
    Fate,
    Vouching,
    mind_orders,
    note_airtime,
    note_answer,
    vouch,
)
from service.wallet.history import FACTS, look
from service.wallet.limits import OverSingle, ceiling_of
from service.wallet.order import (
    AIRTIME,
    BILL,
    Asked,
    BadAccount,
    BillerSilent,
    NothingDue,
    NotPayable,
    Quote,
    UnknownAccount,
    UnknownBiller,
    ask_biller,
    give_back,
    just_ordered,
    mark_stuck,
    place_order,
    quote_airtime,
    quote_bill,
    recent_accounts,
    settle,
    stuck_order,
)
from service.wallet.ordered import Order
from service.wallet.outside import NOT_FOUND, TOO_SLOW, AccountAnswer, AccountQuestion, Found, Unanswered
from service.wallet.pin import PinLocked
from service.wallet.proposal import NothingToApprove
from service.wallet.receipt import Receipt
from service.wallet.send import QuoteChanged
from service.wallet.statement import check_reference, statement
from service.wallet.unit import Case, Unit
from tests.wallet.village import AMINA, BARAKA, FEES, PACK, TAX, Overheard, Village, ref, wallet

STIMA, MAJI, KILIMO = "100201", "100202", "100203"
METER = "12345678901"
OWED = Account("ke", Kind.PROVIDER, STIMA)
ASKED = Asked(STIMA, METER, "WANJIKU K", None, 50_00, 50_000_00)


@pytest.fixture(autouse=True)
def money(village: Village) -> None:
    village.give(AMINA, 2_000_00)
    village.told()


def quoted(village: Village, amount: int = 500_00, asked: Asked = ASKED) -> Quote:
    return village.do(lambda unit: quote_bill(unit, payer=AMINA, asked=asked, amount=amount))


def airtime(village: Village, amount: int) -> Quote:
    return village.do(lambda unit: quote_airtime(unit, payer=AMINA, phone=AMINA.phone, amount=amount))


def placed(village: Village, quote: Quote) -> Receipt:
    return village.do(lambda unit: place_order(unit, payer=AMINA, quote=quote))


def order(village: Village) -> Order:
    return village.rows(Order)[-1]


def in_hand(unit: Unit) -> Order:
    (row,) = unit.rows.find(Order, newest=True, limit=1)
    found = unit.rows.lock(Order, row.id)
    assert found is not None
    return found


def told_by(village: Village, code: str, account: str, answer: AccountAnswer) -> Asked:
    outside = {AccountQuestion("ke", code, account): answer}
    return village.do(lambda unit: ask_biller(replace(unit, outside=outside), AMINA, code, account))


@pytest.mark.parametrize(
    ("code", "account", "due", "least", "most"),
    [
        (STIMA, METER, None, 50_00, 50_000_00),
        (STIMA, METER, 70_00, 50_00, 50_000_00),  # any amount, whatever is due
        (MAJI, "777123", 1_250_00, 10_00, 1_250_00),
        (MAJI, "777123", 5_00, 5_00, 5_00),  # what is due is less than the least
        (KILIMO, "AB1234", 4_500_00, 4_500_00, 4_500_00),
    ],
)
def test_what_may_be_paid_follows_from_the_billers_rule(
    village: Village, code: str, account: str, due: int | None, least: int, most: int
) -> None:
    asked = told_by(village, code, account, Found("Wanjiku Kamau", due))
    assert asked == Asked(code, account, "WANJIKU K", due, least, most)
    assert asked.is_exact == (least == most)


def test_a_biller_is_asked_outside_and_every_no_is_said(village: Village) -> None:
    with pytest.raises(Unanswered) as wanted:
        village.do(lambda unit: ask_biller(unit, AMINA, STIMA, METER))
    assert wanted.value.question == AccountQuestion("ke", STIMA, METER)
    for code, account, answer, no in (
        ("999999", METER, NOT_FOUND, UnknownBiller),
        (STIMA, METER[:-1], NOT_FOUND, BadAccount),
        (STIMA, METER + "\n", NOT_FOUND, BadAccount),
        (STIMA, METER, NOT_FOUND, UnknownAccount),
        (STIMA, METER, TOO_SLOW, BillerSilent),
        (MAJI, "777123", Found("W", 0), NothingDue),
        (KILIMO, "AB1234", Found("W", None), NothingDue),
    ):
        with village.refuses(no):
            told_by(village, code, account, answer)


def test_a_quote_shows_everything_and_moves_nothing(village: Village) -> None:
    before = village.everything()
    quote = quoted(village)
    assert quote == Quote(quote.entry, BILL, STIMA, METER, 500_00, 4_35, 65, 0)
    assert quote.total == 505_00
    bought = airtime(village, 100_00)
    assert bought == Quote(bought.entry, AIRTIME, AIRTIME, AMINA.phone, 100_00, 0, 0, 0)
    assert village.everything() == before


def test_an_order_holds_all_and_tells_nobody_yet(village: Village) -> None:
    quote = quoted(village)
    village.later(minutes=1)
    receipt = placed(village, quote)
    assert receipt == Receipt(quote.entry, ref(quote.entry), village.now, 1_495_00, False)
    held = held_by("ke", quote.entry)
    moves = (Move(wallet(AMINA), held, 505_00, Reason.HOLD),)
    assert village.entry(quote.entry) == Recorded(quote.entry, Reason.BILL, village.now, moves, None)
    assert village.rows(Order) == [
        Order(
            id=quote.entry,
            person=AMINA.id,
            kind=BILL,
            provider=STIMA,
            account=METER,
            amount=500_00,
            fee=4_35,
            excise=65,
            levy=0,
            at=village.now,
            next_at=village.now,
        )
    ]
    assert village.used(f"out:{AMINA.id}:2026-11-22") == 500_00
    assert village.said() == []
    assert village.do(lambda unit: check_reference(unit, ref(quote.entry))).state == "ordered"


def test_L_06_an_order_that_is_asked_again_is_answered_again(village: Village) -> None:
    """Also when the price has changed since: it is placed once."""
    quote = quoted(village)
    first = placed(village, quote)
    assert placed(village, quote) == first._replace(repeated=True)
    village.pack(billers=())
    assert placed(village, quote) == first._replace(repeated=True)
    assert len(village.rows(Order)) == 1


def test_what_is_done_goes_to_the_provider_and_is_told_once(village: Village) -> None:
    quote = quoted(village)
    placed(village, quote)
    village.later(minutes=1)
    village.do(lambda unit: settle(unit, in_hand(unit), "R1"))
    ended = village.do(lambda unit: unit.books.entry_once(resolves(quote.entry)))
    held = held_by("ke", quote.entry)
    assert ended is not None
    assert (ended.reason, ended.moves) == (
        Reason.SETTLE,
        (
            Move(held, OWED, 500_00, Reason.BILL),
            Move(held, FEES, 4_35, Reason.FEE),
            Move(held, TAX, 65, Reason.EXCISE),
        ),
    )
    assert (order(village).state, order(village).provider_id) == ("done", "R1")
    common = {"reference": ref(quote.entry), "amount": 500_00, "account": METER, "balance": 1_495_00}
    said = common | {"biller": "Stima Power", "fee": 5_00, "levy": 0, "at": village.now.isoformat()}
    assert village.said() == [(AMINA.phone, "bill_paid", said, ended.id, None)]
    checked = village.do(lambda unit: check_reference(unit, ref(quote.entry)))
    assert (checked.state, checked.amount, checked.parties) == ("done", 500_00, ("A O", "S P"))
    (item,) = village.do(lambda unit: statement(unit, wallet(AMINA), limit=1))
    assert (item.amount, item.other_shown, item.reference) == (-505_00, "Stima Power", ref(quote.entry))


def test_what_is_not_done_comes_back_whole_with_the_limit_of_its_day(village: Village) -> None:
    quote = quoted(village)
    placed(village, quote)
    village.later(days=1)
    village.do(lambda unit: give_back(unit, in_hand(unit)))
    assert village.balance(wallet(AMINA)) == 2_000_00
    assert village.used(f"out:{AMINA.id}:2026-11-22") == village.used(f"out:{AMINA.id}:2026-11-23") == 0
    ((_, key, said, _, _),) = village.said()
    assert (key, said["amount"], said["balance"]) == ("bill_late", 505_00, 2_000_00)
    assert village.do(lambda unit: check_reference(unit, ref(quote.entry))).state == "reversed"
    assert order(village).state == "returned"


def test_of_what_nobody_knows_the_person_and_staff_hear_once(village: Village) -> None:
    quote = quoted(village)
    placed(village, quote)
    with village.refuses(NothingToApprove):
        village.do(lambda unit: stuck_order(unit, quote.entry))
    for _ in range(2):
        village.do(lambda unit: unit.rows.put(mark_stuck(unit, in_hand(unit))))
    ((_, key, said, entry, _),) = village.said()
    assert (key, said["help_line"], entry) == ("bill_unsure", PACK.help_line, None)
    (case,) = village.rows(Case)
    assert (case.what, case.about, case.opener, case.state) == ("order", quote.entry, AMINA.id, "open")
    village.do(lambda unit: settle(unit, stuck_order(unit, quote.entry)))
    assert village.rows(Case)[0].state == "done"
    with village.refuses(NothingToApprove):
        village.do(lambda unit: stuck_order(unit, quote.entry))


def test_each_no_to_a_quote(village: Village) -> None:
    for amount, no, says in (
        (49_99, NotPayable, {"least": 50_00, "most": 50_000_00}),
        (50_000_01, NotPayable, {"least": 50_00, "most": 50_000_00}),
        (1_995_01, NotEnough, {"balance": 2_000_00, "total": 2_015_01}),
    ):
        with village.refuses(no, **says):
            quoted(village, amount)
    edges = {"least": 5_00, "most": 10_000_00}
    with village.refuses(NotOffered, **edges):
        airtime(village, 4_99)
    with village.refuses(NotOffered, **edges):
        airtime(village, 10_000_01)
    with village.refuses(NotEnough, balance=2_000_00, total=2_000_01):
        airtime(village, 2_000_01)
    village.tier(single=400_00)
    with village.refuses(OverSingle, single=400_00):
        quoted(village)
    village.tier(day=400_00, single=400_00)
    placed(village, quoted(village, 300_00))
    with village.refuses(OverCap, left=100_00):
        quoted(village, 101_00)
    village.change(AMINA, pin_tries=3)
    with pytest.raises(PinLocked):
        village.do(lambda unit: quote_bill(unit, payer=replace(AMINA, pin_tries=3), asked=ASKED, amount=100_00))


def test_S_15_what_has_changed_since_the_quote_is_quoted_again(village: Village) -> None:
    """The biller is gone, or the price is another one: nothing is held."""
    quote = quoted(village)
    village.pack(billers=())
    with village.refuses(QuoteChanged):
        placed(village, quote)
    village.pack()
    with village.refuses(QuoteChanged):
        placed(village, quote._replace(fee=4_36))
    village.tier(single=499_99)
    with village.refuses(OverSingle, single=499_99):
        placed(village, quote)
    village.tier(day=499_99, single=600_00)
    with village.refuses(OverCap, left=499_99):
        placed(village, quote)
    village.tier()
    placed(village, quoted(village, 1_600_00))
    with village.refuses(NotEnough, balance=2_000_00 - 1_620_00, total=505_00):
        placed(village, quote)


def test_W_05_the_same_order_within_the_window_is_known(village: Village) -> None:
    """Not one that came back, nor another account or amount."""

    def known(quote: Quote) -> object:
        return village.do(lambda unit: just_ordered(unit, AMINA, quote, unit.books.lines(wallet(AMINA))))

    assert known(quoted(village)) is None
    receipt = placed(village, quoted(village))
    assert known(quoted(village)) == {"reference": receipt.reference}
    assert known(quoted(village, 500_01)) is None
    assert known(quoted(village, asked=ASKED._replace(account="12345678902"))) is None
    village.later(seconds=PACK.repeat_window_seconds)
    assert known(quoted(village)) == {"reference": receipt.reference}
    village.later(seconds=1)
    assert known(quoted(village)) is None
    placed(village, quoted(village))
    village.do(lambda unit: give_back(unit, in_hand(unit)))
    assert known(quoted(village)) is None


def test_the_accounts_that_were_paid_last_are_offered_each_once(village: Village) -> None:
    def pay(account: str, done: bool = True) -> None:
        placed(village, quoted(village, 60_00, ASKED._replace(account=account)))
        village.do(lambda unit: settle(unit, in_hand(unit)) if done else give_back(unit, in_hand(unit)))

    for last in ("1", "2", "1", "3", "4"):
        pay(f"1234567890{last}")
    pay("12345678905", done=False)
    assert [account[-1] for _, account in village.do(lambda unit: recent_accounts(unit, AMINA))] == ["4", "3", "1"]
    village.pack(billers=tuple(one for one in PACK.billers if one.code != STIMA))
    assert village.do(lambda unit: recent_accounts(unit, AMINA)) == []


def test_what_may_come_back_counts_for_the_largest_balance_and_keeps_the_wallet_open(village: Village) -> None:
    before = village.do(lambda unit: ceiling_of(unit, AMINA)).most
    placed(village, quoted(village, 1_900_00 + 80_00))
    assert village.do(lambda unit: ceiling_of(unit, AMINA)).most == before - 2_000_00
    with pytest.raises(StillWaiting):
        village.do(lambda unit: refuse_close(unit, AMINA))
    village.do(lambda unit: settle(unit, in_hand(unit)))
    assert village.do(lambda unit: ceiling_of(unit, AMINA)).most == before
    village.do(lambda unit: refuse_close(unit, AMINA))


def test_what_is_held_for_a_bill_is_no_cash_that_was_asked_for(village: Village) -> None:
    """Rules about bills look at bills, and rules about cash do not see them."""
    placed(village, quoted(village, 100_00))

    def past(of: str) -> list[int]:
        found = village.do(
            lambda unit: FACTS["times_largest"](
                look(unit, person=AMINA, amount=1_000_00, other=None, shop="", lines=None, of=of)
            )
        )
        return [found]

    assert past("bill") == [10]
    assert past("withdraw") == past("airtime") == [10**6]


def test_an_answer_about_nothing_is_left_alone(village: Village) -> None:
    """The order was never written, or is over."""
    placed(village, quoted(village))
    row = order(village)
    village.do(lambda unit: give_back(unit, in_hand(unit)))
    before = village.everything()
    for taken in (row, replace(row, id=1)):
        errand = Errand(taken, "X", PACK.currency, again=False)
        village.do(lambda unit, errand=errand: note_answer(unit, errand, Answer(Fate.DONE)))  # type: ignore[misc]
    assert village.everything() == before


@pytest.mark.parametrize("kind", [BILL, AIRTIME])
def test_what_is_fetched_ahead_is_what_is_asked(village: Village, kind: str) -> None:
    def listen(unit: Unit) -> Overheard:
        heard = Overheard(unit)
        if kind == BILL:
            quote_bill(heard.unit, payer=AMINA, asked=ASKED, amount=500_00)
        else:
            quote_airtime(heard.unit, payer=AMINA, phone=AMINA.phone, amount=500_00)
        return heard

    heard = village.do(listen)
    assert heard.announced
    assert all(asked in heard.asked for asked in heard.announced)


def test_news_of_airtime_are_of_the_order_that_its_seller_names(village: Village) -> None:
    """Of two of the same amount for the same phone; and of orders that are over nothing is put off."""
    placed(village, airtime(village, 50_00))
    placed(village, airtime(village, 50_00))
    first, second = village.rows(Order)
    for number, one in enumerate((first, second)):
        village.change(one, provider_id=f"AT-{number}")
    news = AirtimeNews("AT-1", AMINA.phone, "KES", 50_00, done=True)
    village.do(lambda unit: note_airtime(unit, news))
    assert [row.state for row in village.rows(Order)] == ["waiting", "done"]
    village.later(days=-1)
    assert village.do(mind_orders) == 1
    assert [row.next_at == village.now for row in village.rows(Order)] == [True, False]


def test_everybody_is_offered_the_accounts_that_they_paid(village: Village) -> None:
    for _ in range(2):
        placed(village, quoted(village))
        village.do(lambda unit: settle(unit, in_hand(unit)))
    assert [account for _, account in village.do(lambda unit: recent_accounts(unit, AMINA))] == [METER]
    assert village.do(lambda unit: recent_accounts(unit, BARAKA)) == []
    bill, village.audited = order(village), False
    for number in range(20):
        airtime_row = replace(bill, id=bill.id + 1_000 + number, kind=AIRTIME, provider="airtime", account=AMINA.phone)
        village.do(lambda unit, row=airtime_row: unit.rows.append(row))  # type: ignore[misc]
    assert [account for _, account in village.do(lambda unit: recent_accounts(unit, AMINA))] == [METER]


def test_airtime_is_vouched_for_to_the_phone_that_it_was_ordered_for(village: Village) -> None:
    """Once, for its amount and while it waits: a stolen key of our account buys nothing for another phone."""
    placed(village, airtime(village, 50_00))
    village.change(order(village), sent_at=village.now)

    def vouched(phone: str = AMINA.phone, amount: int = 50_00, name: str = "AT-1") -> bool:
        return village.do(lambda unit: vouch(unit, Vouching(name, phone, "KES", amount)))

    assert not vouched(BARAKA.phone)
    assert not vouched(amount=50_01)
    assert vouched()
    assert vouched(), "asked again"
    assert not vouched(name="AT-2")
    village.do(lambda unit: settle(unit, in_hand(unit)))
    assert not vouched()


def test_the_end_of_an_order_closes_its_own_case(village: Village) -> None:
    for _ in range(2):
        placed(village, quoted(village))
        village.do(lambda unit: unit.rows.put(mark_stuck(unit, in_hand(unit))))
    village.do(lambda unit: settle(unit, in_hand(unit)))
    about = {case.about: case.state for case in village.rows(Case)}
    first, second = village.rows(Order)
    assert about == {first.id: "open", second.id: "done"}
