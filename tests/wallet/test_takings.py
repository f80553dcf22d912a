"""What a merchant does with takings: the day's sales, moving them to the wallet, giving some back, asking for more."""

from collections.abc import Callable

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Account, Cap, Entry, Move, NotEnough, OverCap, Posted, TooFull
from service.ledger.post import held_by
from service.refusal import Refusal
from service.wallet.audit import audit_all
from service.wallet.close import StillTill, refuse_close
from service.wallet.merchant import Merchant
from service.wallet.pay import Quote, pay_till, quote_pay
from service.wallet.people import UnknownPerson
from service.wallet.request import ask_sale, pay_sale
from service.wallet.send import QuoteChanged
from service.wallet.statement import UnknownReference, check_reference, undone
from service.wallet.takings import (
    NoTakings,
    NotASale,
    Refund,
    RefundedAlready,
    Sales,
    Settlement,
    TillShort,
    quote_refund,
    quote_settlement,
    refund,
    sales_today,
    settle,
)
from service.wallet.till import UnknownTill, close_till, new_till, tills_of
from service.wallet.unit import Asked, Person, Request, Unit
from service.wallet.withdraw import Quote as Withdrawal
from service.wallet.withdraw import find_payout, pay_out, quote_withdrawal, return_expired, withdraw, withdrawal_code
from tests.wallet.village import AMINA, BARAKA, NJERI, PACK, SHOP, Overheard, Village, float_, ref, wallet

TILL = "500017"
TAKINGS = Account.read(f"ke:takings:{TILL}")
COUNTER = f"out:{AMINA.id}:2026-11-22"


@pytest.fixture(autouse=True)
def sold(village: Village) -> Quote:
    """Amina has paid 500 at Baraka's till, of which he has 497.50."""
    village.do(lambda unit: new_till(unit, person_id=BARAKA.id, name="Mama Mboga"))
    village.give(AMINA, 2_000_00)
    made = village.do(lambda unit: quote_pay(unit, payer=AMINA, till=TILL, amount=500_00))
    village.do(lambda unit: pay_till(unit, payer=AMINA, quote=made))
    village.told()
    return made


def wanted(village: Village, owner: Person = BARAKA) -> Settlement:
    return village.do(lambda unit: quote_settlement(unit, owner=owner, till=TILL))


def back(village: Village, sale: Quote, amount: int | None = None, owner: Person = BARAKA) -> Refund:
    text = ref(sale.entry)
    return village.do(lambda unit: quote_refund(unit, owner=owner, till=TILL, text=text, amount=amount))


def till_of(village: Village) -> Merchant:
    (row,) = village.rows(Merchant)
    return row


def test_the_day_begins_at_midnight_of_the_country(village: Village) -> None:
    row = till_of(village)
    assert village.do(lambda unit: sales_today(unit, row, PACK)) == Sales(1, 500_00, 2_50, 497_50)
    village.later(hours=12)  # 21:00 UTC is midnight in Nairobi
    assert village.do(lambda unit: sales_today(unit, row, PACK)) == Sales(0, 0, 0, 497_50)


def test_takings_go_to_the_wallet_in_one_entry(village: Village) -> None:
    settlement = wanted(village)
    assert settlement == Settlement(settlement.entry, TILL, 497_50)
    receipt = village.do(lambda unit: settle(unit, owner=BARAKA, settlement=settlement))
    moves = (Move(TAKINGS, wallet(BARAKA), 497_50, Reason.SWEEP),)
    assert village.entry(settlement.entry) == Recorded(settlement.entry, Reason.SWEEP, village.now, moves, None)
    assert (receipt.balance, village.balance(TAKINGS)) == (497_50, 0)
    said = {"reference": receipt.reference, "amount": 497_50, "till": TILL, "balance": 497_50}
    said |= {"at": village.now.isoformat()}
    assert village.said() == [(BARAKA.phone, "settled", said, settlement.entry, None)]
    before = village.everything()
    again = village.do(lambda unit: settle(unit, owner=BARAKA, settlement=settlement))
    assert again == receipt._replace(repeated=True)
    assert village.everything() == before


def test_two_settlements_of_the_same_money_are_one(village: Village) -> None:
    first, second = wanted(village), wanted(village)
    village.do(lambda unit: settle(unit, owner=BARAKA, settlement=first))
    with village.refuses(QuoteChanged):
        village.do(lambda unit: settle(unit, owner=BARAKA, settlement=second))
    with village.refuses(NoTakings, takings=0):
        wanted(village)


def cash(village: Village, amount: int, owner: Person = BARAKA, till: str = TILL) -> Withdrawal:
    return village.do(
        lambda unit: quote_withdrawal(unit, payer=owner, agent_number=SHOP.number, amount=amount, till=till)
    )


def test_takings_are_taken_out_as_cash(village: Village) -> None:
    """Amount and charge wait in a hold, as those of a wallet do, and count as cash of the day."""
    made = cash(village, 300_00)
    assert (made.till, made.total) == (TILL, 329_00)
    receipt = village.do(lambda unit: withdraw(unit, payer=BARAKA, quote=made, pack=PACK))
    assert (receipt.balance, village.balance(TAKINGS), village.balance(wallet(BARAKA))) == (168_50, 168_50, 0)
    moves = (Move(TAKINGS, held_by("ke", made.entry), 329_00, Reason.HOLD),)
    assert village.entry(made.entry) == Recorded(made.entry, Reason.HOLD, village.now, moves, None)
    assert village.used(f"out:{BARAKA.id}:2026-11-22") == 300_00
    again = village.do(lambda unit: withdraw(unit, payer=BARAKA, quote=made, pack=PACK))
    assert again == receipt._replace(repeated=True)
    village.change(SHOP, name="Duka Jipya")
    assert village.do(lambda unit: withdraw(unit, payer=BARAKA, quote=made, pack=PACK)) == again
    village.change(SHOP)
    code = withdrawal_code(village.house.code_key, made.entry)
    payout = village.do(lambda unit: find_payout(unit, agent=SHOP, keeper=NJERI, code=code))
    assert not isinstance(payout, Refusal)
    village.told()
    village.do(lambda unit: pay_out(unit, agent=SHOP, keeper=NJERI, payout=payout, pack=PACK))
    assert village.balance(float_(SHOP)) == 300_00
    ((phone, key, said, *_), _) = village.said()
    assert (phone, key, said["purse"]) == (BARAKA.phone, "withdrawn", TILL)
    assert "balance" not in said


def test_cash_that_nobody_fetched_is_in_the_till_again(village: Village) -> None:
    made = cash(village, 300_00)
    village.do(lambda unit: withdraw(unit, payer=BARAKA, quote=made, pack=PACK))
    village.told()
    village.later(seconds=PACK.withdrawal_seconds)
    assert village.do(return_expired) == 1
    assert (village.balance(TAKINGS), village.used(f"out:{BARAKA.id}:2026-11-22")) == (497_50, 0)
    ((_, key, said, *_),) = village.said()
    assert (key, said["purse"], said["amount"], "balance" in said) == ("returned", TILL, 329_00, False)


def test_no_more_cash_than_is_in_the_till_of_ones_own(village: Village) -> None:
    """What was there when it was quoted is counted again under the till's lock."""
    with village.refuses(NotEnough, balance=497_50, total=529_00):
        cash(village, 500_00)
    with village.refuses(UnknownTill):
        cash(village, 100_00, owner=AMINA)
    first, second = cash(village, 300_00), cash(village, 300_00)
    village.do(lambda unit: withdraw(unit, payer=BARAKA, quote=first, pack=PACK))
    with village.refuses(NotEnough, balance=168_50, total=329_00):
        village.do(lambda unit: withdraw(unit, payer=BARAKA, quote=second, pack=PACK))
    exact = cash(village, 139_50)
    assert village.do(lambda unit: withdraw(unit, payer=BARAKA, quote=exact, pack=PACK)).balance == 0


def test_what_the_wallet_has_no_room_for_stays_in_the_till(village: Village) -> None:
    """The tier bounds the wallet, as it does for any money that comes in."""
    village.pack(tiers={**PACK.tiers, 1: PACK.tiers[1]._replace(balance=97_50)})
    settlement = wanted(village)
    assert settlement.amount == 97_50
    village.give(BARAKA, 1)
    with village.refuses(TooFull, room=97_49):
        village.do(lambda unit: settle(unit, owner=BARAKA, settlement=settlement))
    village.give(BARAKA, 97_49)
    with village.refuses(NoTakings, takings=497_50):
        wanted(village)


def test_only_the_owner_takes_from_a_till(village: Village, sold: Quote) -> None:
    settlement, refunded = wanted(village), back(village, sold)
    for act in (
        lambda: wanted(village, AMINA),
        lambda: back(village, sold, owner=AMINA),
        lambda: village.do(lambda unit: settle(unit, owner=AMINA, settlement=settlement)),
        lambda: village.do(lambda unit: refund(unit, owner=AMINA, refund=refunded)),
    ):
        with village.refuses(UnknownTill):
            act()


def test_a_payment_is_given_back_with_the_days_limit_and_without_the_fee(village: Village, sold: Quote) -> None:
    made = back(village, sold, 200_00)
    assert made == Refund(made.entry, TILL, sold.entry, AMINA.id, "AMINA O", 200_00)
    village.later(days=1)
    receipt = village.do(lambda unit: refund(unit, owner=BARAKA, refund=made))
    moves = (Move(TAKINGS, wallet(AMINA), 200_00, Reason.REFUND),)
    assert village.entry(made.entry) == Recorded(made.entry, Reason.REFUND, village.now, moves, None)
    assert (village.balance(wallet(AMINA)), village.balance(TAKINGS)) == (1_700_00, 297_50)
    assert village.used(COUNTER) == 300_00, "the day on which it was paid"
    common = {"reference": receipt.reference, "original": ref(sold.entry), "amount": 200_00, "till": TILL}
    common |= {"at": village.now.isoformat()}
    assert village.said() == [
        (AMINA.phone, "refunded", common | {"till_name": "Mama Mboga", "balance": 1_700_00}, made.entry, None),
        (BARAKA.phone, "refund_paid", common | {"name": "AMINA O"}, made.entry, None),
    ]
    assert village.do(lambda unit: refund(unit, owner=BARAKA, refund=made)) == receipt._replace(repeated=True)
    checked = village.do(lambda unit: check_reference(unit, ref(sold.entry)))
    assert (checked.state, checked.amount) == ("partly", 500_00)


def test_L_09_never_more_is_given_back_than_was_paid(village: Village, sold: Quote) -> None:
    """Two refunds that were both quoted whole: one is paid. Nor from a till that has too little in it."""
    village.post((wallet(AMINA), TAKINGS, 1_000_00, Reason.PAY))
    first, second = back(village, sold), back(village, sold)
    assert first.amount == 500_00
    with village.refuses(RefundedAlready, left=500_00):
        back(village, sold, 500_01)
    village.do(lambda unit: refund(unit, owner=BARAKA, refund=first))
    with village.refuses(QuoteChanged):
        village.do(lambda unit: refund(unit, owner=BARAKA, refund=second))
    with village.refuses(RefundedAlready, left=0):
        back(village, sold)
    assert village.do(lambda unit: check_reference(unit, ref(sold.entry))).state == "reversed"


def test_nothing_is_given_back_that_is_not_in_the_till(village: Village, sold: Quote) -> None:
    with village.refuses(TillShort, takings=497_50):
        back(village, sold, 497_51)
    assert back(village, sold).amount == 497_50
    made, settlement = back(village, sold, 497_50), wanted(village)
    village.do(lambda unit: settle(unit, owner=BARAKA, settlement=settlement))
    with village.refuses(QuoteChanged):
        village.do(lambda unit: refund(unit, owner=BARAKA, refund=made))


def test_only_what_was_paid_here_is_given_back(village: Village) -> None:
    other = village.post((wallet(AMINA), wallet(NJERI), 5, Reason.SEND))
    for text, no in ((ref(other), NotASale), ("2222222222", UnknownReference)):
        with village.refuses(no):
            village.do(lambda unit, text=text: quote_refund(unit, owner=BARAKA, till=TILL, text=text))  # type: ignore[misc]


def test_a_till_is_locked_before_anything_leaves_it(village: Village, sold: Quote) -> None:
    """Nothing locks takings in the books: two hands would take the same money."""
    made, settlement = back(village, sold, 1_00), wanted(village)._replace(amount=396_50)
    out = cash(village, 71_00)

    def locked(work: Callable[[Unit], object]) -> bool:
        def overheard(unit: Unit) -> bool:
            heard = Overheard(unit)
            work(heard.unit)
            return Asked.lock(Merchant, TILL) in heard.asked

        return village.do(overheard)

    assert locked(lambda unit: refund(unit, owner=BARAKA, refund=made))
    assert locked(lambda unit: withdraw(unit, payer=BARAKA, quote=out, pack=PACK))
    assert locked(lambda unit: settle(unit, owner=BARAKA, settlement=settlement))
    assert village.balance(TAKINGS) == 100_00 - out.total


def test_the_last_cent_is_given_back_and_no_less_than_one(village: Village, sold: Quote) -> None:
    with village.refuses(TillShort, takings=497_50):
        back(village, sold, 0)
    village.post((wallet(AMINA), TAKINGS, 2_50, Reason.PAY))
    for amount in (1, 499_98, 1):
        made = back(village, sold, amount)
        village.do(lambda unit, made=made: refund(unit, owner=BARAKA, refund=made))  # type: ignore[misc]
    assert village.balance(TAKINGS) == 0


def test_L_09_two_refunds_at_once_give_back_no_more_than_was_paid(village: Village, sold: Quote) -> None:
    """What has gone back of a payment is counted in the books, under their lock."""
    made = back(village, sold, 497_50)

    def twice(unit: Unit) -> None:
        between = Overheard(unit)

        def post(entry: Entry) -> Posted:
            move = Move(wallet(AMINA), wallet(BARAKA), 3_00, Reason.SEND)
            undo = Cap(undone(sold.entry), 3_00)
            unit.books.post(Entry(id=unit.mint(), reason=Reason.SEND, at=unit.now, moves=(move,), caps=(undo,)))
            return unit.books.post(entry)

        between.post = post  # type: ignore[attr-defined]
        refund(between.unit, owner=BARAKA, refund=made)

    with village.refuses(OverCap, left=497_00):
        village.do(twice)


def test_a_wallet_is_not_filled_by_a_refund_beyond_its_tier(village: Village, sold: Quote) -> None:
    made = back(village, sold, 100_00)
    village.tier(balance=1_599_99)
    with village.refuses(TooFull, room=99_99):
        village.do(lambda unit: refund(unit, owner=BARAKA, refund=made))


def test_a_payment_at_another_till_is_not_given_back_from_this_one(village: Village) -> None:
    other = village.do(lambda unit: new_till(unit, person_id=NJERI.id, name="Duka la Njeri"))
    made = village.do(lambda unit: quote_pay(unit, payer=AMINA, till=other.number, amount=10_00))
    village.do(lambda unit: pay_till(unit, payer=AMINA, quote=made))
    with village.refuses(NotASale):
        back(village, made)
    with village.refuses(UnknownReference):
        village.do(lambda unit: quote_refund(unit, owner=BARAKA, till=TILL, text="not a reference"))


def test_a_payer_who_has_gone_gets_nothing_back(village: Village, sold: Quote) -> None:
    made = back(village, sold, 5_00)
    village.change(AMINA, state="closed")
    with village.refuses(QuoteChanged):
        village.do(lambda unit: refund(unit, owner=BARAKA, refund=made))
    with village.refuses(UnknownPerson):
        back(village, sold)


def test_a_till_asks_to_be_paid_and_is_paid_once(village: Village) -> None:
    def ask(unit: Unit) -> None:
        ask_sale(unit, merchant=BARAKA, till=TILL, phone=AMINA.phone, amount=100_00)

    village.do(ask)
    assert [(one.phone, one.key, one.expires_at) for one in village.told()] == [
        (AMINA.phone, "asked_sale", village.rows(Request)[0].expires_at)
    ]
    village.do(lambda unit: ask_sale(unit, merchant=BARAKA, till=TILL, phone="+254799000077", amount=100_00))
    assert village.told() == []
    (request,) = village.rows(Request)
    assert (request.kind, request.values, request.amount) == ("till", {"till": TILL}, 100_00)
    quote = village.do(lambda unit: quote_pay(unit, payer=AMINA, till=TILL, amount=100_00))
    receipt = village.do(lambda unit: pay_sale(unit, payer=AMINA, request_id=request.id, quote=quote))
    again = village.do(lambda unit: pay_sale(unit, payer=AMINA, request_id=request.id, quote=quote))
    assert again == receipt._replace(repeated=True)
    assert village.balance(TAKINGS) == 597_50
    assert [(row.state, row.entry) for row in village.rows(Request)] == [("approved", quote.entry)]


def test_a_payment_that_arrives_at_a_closed_till_is_not_lost(village: Village) -> None:
    """It read the till while that was open. The till stays in the list until it is settled; so does the wallet open."""
    settlement = wanted(village)
    village.do(lambda unit: settle(unit, owner=BARAKA, settlement=settlement))
    row = village.do(lambda unit: close_till(unit, BARAKA, TILL))
    assert village.do(lambda unit: tills_of(unit, BARAKA)) == []
    village.post((wallet(AMINA), TAKINGS, 7, Reason.PAY))
    (late,) = village.do(lambda unit: tills_of(unit, BARAKA))
    assert (late.number, late.state) == (row.number, "closed")
    with village.refuses(StillTill):
        village.do(lambda unit: refuse_close(unit, BARAKA))
    assert wanted(village).amount == 7


def test_the_audit_finds_takings_below_zero_and_takings_of_nobody(village: Village) -> None:
    """Nothing locks takings in the books, so a program that takes too much is found by the audit."""

    def problems() -> list[tuple[str, str]]:
        report = village.do(lambda unit: audit_all(unit, seal_key=b"k" * 32))
        return [(problem.check, problem.where) for problem in report.problems if "takings" in problem.where]

    assert problems() == []
    village.post((TAKINGS, wallet(BARAKA), 497_51, Reason.SWEEP))
    assert problems() == [("none_below_zero", str(TAKINGS))]
    village.post((wallet(BARAKA), Account.read("ke:takings:500025"), 1, Reason.PAY))
    assert ("wallets_have_owners", "ke:takings:500025") in problems()
