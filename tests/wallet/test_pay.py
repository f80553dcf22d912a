"""Paying at a till: what a quote shows, what a payment leaves behind, and each refusal at its edge."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.countries import Band, Charge, NotOffered, Tax
from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Account, Cap, Move, NotEnough, OverCap
from service.wallet.limits import OverSingle
from service.wallet.merchant import Merchant
from service.wallet.pay import Quote, just_paid_till, pay_till, quote_pay
from service.wallet.pin import PinLocked
from service.wallet.receipt import Receipt
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.till import UnknownTill, new_till
from service.wallet.unit import Person, Unit
from tests.wallet.village import AMINA, BARAKA, FEES, PACK, TAX, UGANDAN, Overheard, Village, ref, wallet

TILL = "500017"
TAKINGS = Account.read(f"ke:takings:{TILL}")


@pytest.fixture(autouse=True)
def till(village: Village) -> None:
    """Baraka has a till, and Amina money."""
    assert village.do(lambda unit: new_till(unit, person_id=BARAKA.id, name="Mama Mboga")).number == TILL
    village.give(AMINA, 2_000_00)
    village.told()


def quoted(village: Village, amount: int = 500_00, payer: Person = AMINA, at: str = TILL) -> Quote:
    return village.do(lambda unit: quote_pay(unit, payer=payer, till=at, amount=amount))


def paid(village: Village, quote: Quote, payer: Person = AMINA, caps: tuple[Cap, ...] = ()) -> Receipt:
    return village.do(lambda unit: pay_till(unit, payer=payer, quote=quote, caps=caps))


def test_a_quote_shows_everything_and_moves_nothing(village: Village) -> None:
    before = village.everything()
    quote = quoted(village)
    assert quote == Quote(quote.entry, TILL, "Mama Mboga", BARAKA.id, 500_00, 0, 0, 0, 2_17, 33)
    assert (quote.total, quote.of_merchant.published) == (500_00, 2_50)
    assert village.everything() == before


def test_a_payment_is_one_entry_and_two_messages(village: Village) -> None:
    quote = quoted(village)
    village.later(minutes=1)
    receipt = paid(village, quote, caps=(Cap("other", 5),))
    assert receipt == Receipt(quote.entry, ref(quote.entry), village.now, 1_500_00, False)
    moves = (
        Move(wallet(AMINA), TAKINGS, 500_00, Reason.PAY),
        Move(TAKINGS, FEES, 2_17, Reason.FEE),
        Move(TAKINGS, TAX, 33, Reason.EXCISE),
    )
    assert village.entry(quote.entry) == Recorded(quote.entry, Reason.PAY, village.now, moves, None)
    assert village.balance(TAKINGS) == 497_50
    assert (village.used(f"out:{AMINA.id}:2026-11-22"), village.used("other")) == (500_00, 5)
    common = {"reference": ref(quote.entry), "amount": 500_00, "till": TILL, "at": village.now.isoformat()}
    mine = {"till_name": "Mama Mboga", "fee": 0, "levy": 0, "balance": 1_500_00}
    theirs = {"name": "AMINA O", "number": "0711***001", "fee": 2_50}
    assert village.said() == [
        (AMINA.phone, "paid", common | mine, quote.entry, None),
        (BARAKA.phone, "sale", common | theirs, quote.entry, None),
    ]


def test_L_06_a_payment_that_is_asked_again_is_answered_again(village: Village) -> None:
    """Also when the till has closed since, or costs have changed: what is paid is paid, and nobody is told twice."""
    quote = quoted(village)
    first = paid(village, quote)
    (row,) = village.rows(Merchant)
    before = village.everything()
    assert paid(village, quote) == first._replace(repeated=True)
    village.change(row, state="closed")
    assert paid(village, quote) == first._replace(repeated=True)
    village.change(row)
    village.pack(sales=(replace(PACK.sales[0], bands=(Band(1_00, 250_000_00, 0),)),))
    assert paid(village, quote) == first._replace(repeated=True)
    assert village.everything() == before


def test_each_refusal_of_a_quote_at_its_edge(village: Village) -> None:
    with village.refuses(NotEnough, balance=2_000_00, total=2_000_01):
        quoted(village, 2_000_01)
    quoted(village, 2_000_00)
    with village.refuses(SelfPayment):
        quoted(village, payer=BARAKA)
    for nobody in ("500025", "100016"):
        with village.refuses(UnknownTill):
            quoted(village, at=nobody)
    with village.refuses(UnknownTill):
        quoted(village, payer=UGANDAN)
    with village.refuses(NotOffered, least=1_00, most=250_000_00):
        quoted(village, 99)
    village.tier(single=500_00)
    quoted(village)
    with village.refuses(OverSingle, single=500_00):
        quoted(village, 500_01)
    village.tier(day=500_00)
    with village.refuses(OverCap, left=500_00):
        quoted(village, 500_01)
    village.change(BARAKA, state="closed")
    with village.refuses(UnknownTill):
        quoted(village)
    village.change(BARAKA)
    locked = village.change(AMINA, pin_tries=3)
    with village.refuses(PinLocked, help_line=PACK.help_line, service_code=PACK.people_code):
        quoted(village, payer=locked)


def test_one_payment_is_bounded_by_the_tier_of_the_tills_owner(village: Village) -> None:
    """Baraka is in the first tier. A PIN of his that is new keeps nothing from coming in."""
    single = PACK.tiers[1].single
    village.give(AMINA, 200_000_00)
    quote = quoted(village, single)
    with village.refuses(OverSingle, single=single):
        quoted(village, single + 1)
    with village.refuses(OverSingle, single=single):
        larger = quote._replace(amount=single + 1)
        cost = PACK.cost_of_sale(larger.amount, village.now)
        paid(village, larger._replace(cost=cost.fee, cost_excise=cost.excise))
    village.change(BARAKA, careful_until=village.now + timedelta(days=1))
    assert paid(village, quote).balance == 2_000_00 + 200_000_00 - single


@pytest.mark.parametrize(
    "other", [{"name": "Papa"}, {"fee": 1}, {"excise": 1}, {"levy": 1}, {"cost": 2_16}, {"owner": 1}]
)
def test_S_15_what_is_not_as_it_was_shown_is_not_paid(village: Village, other: dict[str, object]) -> None:
    """Name, owner, every price of the quote, and what the merchant pays, must be those of the moment of paying."""
    quote = quoted(village)._replace(**other)  # type: ignore[arg-type]
    with village.refuses(QuoteChanged):
        paid(village, quote)


@pytest.mark.parametrize("gone", ["till", "owner"])
def test_S_15_a_till_that_closed_since_the_quote_is_not_paid(village: Village, gone: str) -> None:
    """Nor one whose owner has closed the wallet."""
    quote = quoted(village)
    (row,) = village.rows(Merchant)
    village.change(row if gone == "till" else BARAKA, state="closed")
    with village.refuses(QuoteChanged):
        paid(village, quote)


def test_each_refusal_of_a_payment_at_its_edge(village: Village) -> None:
    quote = quoted(village)
    village.tier(single=499_99)
    with village.refuses(OverSingle, single=499_99):
        paid(village, quote)
    village.tier(day=499_99)
    with village.refuses(OverCap, left=499_99):
        paid(village, quote)
    village.tier()
    with village.refuses(OverCap, left=4):
        paid(village, quote, caps=(Cap("other", 5, 4),))
    village.post((wallet(AMINA), FEES, 1_500_01, Reason.FEE))
    with village.refuses(NotEnough, balance=499_99, total=500_00):
        paid(village, quote)


def test_who_pays_a_charge_or_a_tax_is_shown_it(village: Village) -> None:
    """A country may charge the payer: one percent to the state, here, and the fees of sending."""
    levy = Tax("e-levy", "pay", 1_00, "up", date(2022, 5, 1), None, "test")
    charges = (replace(PACK.charges[0], service="pay"), *(one for one in PACK.charges if one.service != "pay"))
    village.pack(taxes=(*PACK.taxes, levy), charges=charges)
    quote = quoted(village)
    assert (quote.charge, quote.total) == (Charge(6_09, 91, 5_00), 512_00)
    assert paid(village, quote).balance == 1_488_00
    assert village.balance(TAKINGS) == 497_50


def test_W_05_the_same_payment_is_known_for_two_minutes(village: Village) -> None:
    """The same amount at the same till, and no other: who pays again is asked first."""

    def known(amount: int) -> object:
        lines, quote = village.do(lambda unit: unit.books.lines(wallet(AMINA))), quoted(village, amount)
        return village.do(lambda unit: just_paid_till(unit, AMINA, quote, lines))

    assert known(500_00) is None
    receipt = paid(village, quoted(village))
    village.later(seconds=PACK.repeat_window_seconds)
    assert known(500_00) == {"reference": receipt.reference}
    assert known(500_01) is None
    village.later(seconds=1)
    assert known(500_00) is None


@pytest.mark.parametrize("step", ["quote", "pay"])
def test_what_is_fetched_ahead_is_what_is_asked(village: Village, step: str) -> None:
    quote = quoted(village)

    def listen(unit: Unit) -> Overheard:
        heard = Overheard(unit)
        if step == "quote":
            quote_pay(heard.unit, payer=AMINA, till=TILL, amount=500_00)
        else:
            pay_till(heard.unit, payer=AMINA, quote=quote)
        return heard

    heard = village.do(listen)
    assert heard.announced
    assert all(asked in heard.asked for asked in heard.announced)


def test_the_largest_payment_of_a_tier_is_paid(village: Village) -> None:
    village.tier(single=500_00)
    assert paid(village, quoted(village, 500_00)).balance == 1_500_00
