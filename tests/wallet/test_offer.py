"""What is offered before the PIN: the quote, the payee's cash, paying for it too, and a cheaper amount."""

from datetime import date

import pytest

from service.countries import Tax, Tip
from service.ledger.entry import NotEnough, OverCap
from service.wallet.limits import OverSingle
from service.wallet.offer import Offer, offer_send
from service.wallet.send import quote_send, send_money
from service.wallet.unit import Unit
from service.wallet.withdraw import quote_withdrawal
from tests.wallet.village import AMINA, BARAKA, PACK, SHOP, Overheard, Village, wallet


def offered(village: Village, amount: int, *, pay_cash: bool = False) -> Offer:
    return village.do(lambda unit: offer_send(unit, payer=AMINA, phone=BARAKA.phone, amount=amount, pay_cash=pay_cash))


def test_an_offer_says_what_cash_will_cost_and_what_would_be_cheaper(village: Village) -> None:
    village.give(AMINA, 5000_00)
    offer = offered(village, 1001_00)
    assert (offer.quote.amount, offer.quote.total) == (1001_00, 1024_00)
    assert offer == Offer(offer.quote, 1001_00, 29_00, False, True, Tip(1000_00, 10_00))


def test_where_no_cash_can_be_had_nothing_is_said_of_it(village: Village) -> None:
    village.give(AMINA, 5000_00)
    assert offered(village, 49_99)[1:] == (49_99, 0, False, False, None)
    assert offered(village, 49_99, pay_cash=True)[1:] == (49_99, 0, False, False, None)
    assert offered(village, 50_00)[1:] == (50_00, 11_00, False, True, None)


@pytest.mark.parametrize("amount", [50_00, 100_00, 489_00, 500_00, 1001_00, 2480_00])
def test_with_the_cash_paid_the_payee_can_take_the_whole_amount_out(village: Village, amount: int) -> None:
    """Also where the charge for sending is then that of a higher band."""
    village.give(AMINA, 5000_00)
    offer = offered(village, amount, pay_cash=True)
    assert (offer.asked, offer.cash_paid, offer.may_pay_cash, offer.tip) == (amount, True, False, None)
    assert offer.quote.amount == amount + offer.cash
    assert offer.quote.charge == PACK.charge("send", amount + offer.cash, village.now)
    village.do(lambda unit: send_money(unit, payer=AMINA, quote=offer.quote))
    taken = village.do(lambda unit: quote_withdrawal(unit, payer=BARAKA, agent_number=SHOP.number, amount=amount))
    assert taken.total == offer.quote.amount == village.balance(wallet(BARAKA))


def test_a_withdrawal_tax_is_paid_for_too(village: Village) -> None:
    """Uganda's 0.5 percent is of the amount that is taken out."""
    village.pack(taxes=(*PACK.taxes, Tax("withdrawal tax", "withdraw", 50, "up", date(2022, 1, 1), None, "test")))
    village.give(AMINA, 5000_00)
    offer = offered(village, 500_00, pay_cash=True)
    assert (offer.cash, offer.quote.amount) == (31_50, 531_50)


def test_the_key_is_there_only_where_it_can_be_paid(village: Village) -> None:
    """500 and 29 for the cash cost 13 to send: with a cent less than 542 the payer sees the cost only."""
    village.give(AMINA, 541_99)
    assert (offered(village, 500_00).cash, offered(village, 500_00).may_pay_cash) == (29_00, False)
    with village.refuses(NotEnough, balance=541_99, total=542_00):
        offered(village, 500_00, pay_cash=True)
    village.give(AMINA, 1)
    assert offered(village, 500_00).may_pay_cash
    village.tier(single=528_99)
    assert not offered(village, 500_00).may_pay_cash
    with village.refuses(OverSingle, single=528_99):
        offered(village, 500_00, pay_cash=True)
    village.tier(day=528_99)
    assert not offered(village, 500_00).may_pay_cash
    with village.refuses(OverCap, left=528_99):
        offered(village, 500_00, pay_cash=True)
    village.tier(single=529_00, day=529_00)
    assert offered(village, 500_00).may_pay_cash


def test_what_cannot_be_sent_with_the_cash_is_offered_without(village: Village) -> None:
    """The largest payment leaves no room for more, whatever the limits are."""
    village.give(AMINA, 400_000_00)
    village.tier(single=400_000_00)
    assert not offered(village, 250_000_00).may_pay_cash
    assert not offered(village, 249_691_01).may_pay_cash
    assert offered(village, 249_691_00).may_pay_cash


def test_an_offer_asks_the_database_nothing_that_a_quote_does_not(village: Village) -> None:
    village.give(AMINA, 5000_00)
    village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=1_00))  # no stranger from now on
    before = village.everything()

    def work(unit: Unit) -> None:
        quoting, offering = Overheard(unit), Overheard(unit)
        quote_send(quoting.unit, payer=AMINA, phone=BARAKA.phone, amount=1001_00)
        offer_send(offering.unit, payer=AMINA, phone=BARAKA.phone, amount=1001_00)
        assert (offering.announced, offering.asked) == (quoting.announced, quoting.asked)

    village.do(work)
    assert village.everything() == before


def test_cash_is_paid_for_only_where_that_is_asked(village: Village) -> None:
    village.give(AMINA, 5000_00)
    offer = village.do(lambda unit: offer_send(unit, payer=AMINA, phone=BARAKA.phone, amount=500_00))
    assert (offer.quote.amount, offer.cash_paid) == (500_00, False)
