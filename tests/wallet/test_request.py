"""Asking for money: it is paid as any payment, and names on a shared number cost a look."""

from dataclasses import replace
from datetime import timedelta

from service.wallet.inbox import (
    RequestOver,
)
from service.wallet.known import TooManyLookups
from service.wallet.people import WhichOne
from service.wallet.request import ask_payment, offer_request, pay_request
from service.wallet.send import SelfPayment
from service.wallet.unit import Person, Request
from tests.wallet.test_inbox import asked
from tests.wallet.village import (
    AMINA,
    BARAKA,
    NJERI,
    PACK,
    Village,
    person,
    wallet,
)

COUNTER = f"out:{AMINA.id}:2026-11-22"


def test_a_request_for_money_is_paid_as_any_payment_and_once(village: Village) -> None:
    village.give(AMINA, 2000_00)
    village.do(lambda unit: ask_payment(unit, asker=BARAKA, phone=AMINA.phone, amount=300_00))
    (request,) = village.rows(Request)
    values = {"name": "BARAKA M", "number": "0722***002", "amount": 300_00, "service_code": PACK.people_code}
    assert village.said() == [(AMINA.phone, "asked_payment", values, None, request.expires_at)]
    assert request.expires_at == village.now + timedelta(days=3)
    quotes = [village.do(lambda unit: offer_request(unit, payer=AMINA, request=request).quote) for _ in range(2)]
    receipt = village.do(lambda unit: pay_request(unit, payer=AMINA, request_id=request.id, quote=quotes[0]))
    assert receipt.balance == 2000_00 - 307_00
    assert [(row.state, row.entry) for row in village.rows(Request)] == [("approved", quotes[0].entry)]
    assert [notice.key for notice in village.told()] == ["sent", "received"]
    with village.refuses(RequestOver):
        village.do(lambda unit: pay_request(unit, payer=AMINA, request_id=request.id, quote=quotes[1]))
    before = village.everything()
    again = village.do(lambda unit: pay_request(unit, payer=AMINA, request_id=request.id, quote=quotes[0]))
    assert again == receipt._replace(repeated=True)
    assert village.everything() == before


def test_nobody_asks_themselves(village: Village) -> None:
    with village.refuses(SelfPayment):
        asked(village, phone=NJERI.phone)
    with village.refuses(SelfPayment):
        village.do(lambda unit: ask_payment(unit, asker=AMINA, phone=AMINA.phone, amount=300_00))


def shared(village: Village, *, unlisted: bool = False) -> Person:
    """Let somebody else join Amina on her number."""
    other = replace(person(910, "Chebet Rono", AMINA.phone), seat=1, shared=True, unlisted=unlisted)
    village.do(lambda unit: unit.rows.add(other))
    village.do(lambda unit: unit.books.open(wallet(other)))
    village.change(AMINA, shared=True)
    return other


def test_V_03_only_where_several_share_a_number_asking_looks_at_names(village: Village) -> None:
    """Whoever asks from afar spends a look; an agent at the counter sees all who are there, as in a cash-in."""
    village.pack(lookups_per_day=0)
    village.do(lambda unit: ask_payment(unit, asker=BARAKA, phone=AMINA.phone, amount=5_00))
    shared(village, unlisted=True)
    village.change(next(row for row in village.rows(Person) if row.id == 910), unlisted=False)
    with village.refuses(TooManyLookups):
        village.do(lambda unit: ask_payment(unit, asker=BARAKA, phone=AMINA.phone, amount=6_00))
    village.change(next(row for row in village.rows(Person) if row.id == 910), unlisted=True)
    with village.refuses(WhichOne):
        asked(village)
    village.pack(lookups_per_day=9)
    village.change(next(row for row in village.rows(Person) if row.id == 910), unlisted=False)
    with village.refuses(WhichOne):
        village.do(lambda unit: ask_payment(unit, asker=BARAKA, phone=AMINA.phone, amount=6_00))


def test_who_is_asked_for_money_spends_no_look_and_may_pay_the_cash_too(village: Village) -> None:
    village.give(AMINA, 2000_00)
    village.do(lambda unit: ask_payment(unit, asker=BARAKA, phone=AMINA.phone, amount=300_00))
    (request,) = village.rows(Request)
    village.pack(lookups_per_day=0)
    plain = village.do(lambda unit: offer_request(unit, payer=AMINA, request=request))
    with_cash = village.do(lambda unit: offer_request(unit, payer=AMINA, request=request, pay_cash=True))
    assert (plain.quote.amount, with_cash.quote.amount - plain.quote.amount) == (300_00, plain.cash)
    assert plain.cash > 0
