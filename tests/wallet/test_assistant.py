"""Assistants of a till: who is one, what they may do, and what they hear."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.wallet.assistant import (
    MOST,
    TooManyAssistants,
    assistants_of,
    drop_assistant,
    leave_tills,
    name_assistant,
    served_till,
    tills_served,
)
from service.wallet.merchant import Assistant, Merchant
from service.wallet.pay import pay_till, quote_pay
from service.wallet.request import ask_sale
from service.wallet.send import SelfPayment
from service.wallet.takings import quote_refund, quote_settlement
from service.wallet.till import UnknownTill, close_till, new_till
from service.wallet.unit import Asked, Person, Request, Unit
from tests.wallet.village import ACHIENG, AMINA, BARAKA, NJERI, PACK, UGANDAN, Overheard, Village, ref

TILL = "500017"


@pytest.fixture(autouse=True)
def till(village: Village) -> None:
    """Achieng helps at Baraka's till."""
    village.do(lambda unit: new_till(unit, person_id=BARAKA.id, name="Mama Mboga"))
    named(village, ACHIENG.phone)
    village.give(AMINA, 2_000_00)


def named(village: Village, phone: str, owner: Person = BARAKA) -> None:
    village.do(lambda unit: name_assistant(unit, owner=owner, till=TILL, phone=phone))


def test_who_is_named_is_told_and_finds_the_till(village: Village) -> None:
    said = {"till": TILL, "till_name": "Mama Mboga", "service_code": PACK.people_code}
    assert (ACHIENG.phone, "till_helper", said, None, None) in village.said()
    assert [one.number for one in village.do(lambda unit: tills_served(unit, ACHIENG))] == [TILL]
    assert village.do(lambda unit: assistants_of(unit, TILL)) == [ACHIENG]


def test_V_04_nobody_learns_whether_a_number_has_a_wallet(village: Village) -> None:
    """Nobody, a closed wallet, one of another country and two on one number: the same answer, and no row."""
    village.change(NJERI, state="closed")
    second = replace(AMINA, id=990, seat=1, shared=True)
    village.change(AMINA, shared=True)
    assert village.do(lambda unit: unit.rows.add(second))
    for phone in ("+254799999999", NJERI.phone, UGANDAN.phone, AMINA.phone):
        named(village, phone)
    assert [row.person for row in village.rows(Assistant)] == [ACHIENG.id]


def test_each_refusal_of_a_name(village: Village) -> None:
    with village.refuses(UnknownTill):
        named(village, AMINA.phone, owner=ACHIENG)
    with village.refuses(SelfPayment):
        named(village, BARAKA.phone)

    for number in range(MOST - 1):
        helper = Assistant(till=TILL, person=5000 + number, at=village.now)
        village.do(lambda unit, helper=helper: unit.rows.add(helper))  # type: ignore[misc]
    with village.refuses(TooManyAssistants):
        named(village, AMINA.phone)


def test_an_assistant_hears_of_each_payment_and_takes_nothing(village: Village) -> None:
    village.told()
    quote = village.do(lambda unit: quote_pay(unit, payer=AMINA, till=TILL, amount=500_00))
    village.do(lambda unit: pay_till(unit, payer=AMINA, quote=quote))
    assert [(one.phone, one.key, one.entry) for one in village.told()] == [
        (AMINA.phone, "paid", quote.entry),
        (BARAKA.phone, "sale", quote.entry),
        (ACHIENG.phone, "sale", None),
    ]
    assert village.do(lambda unit: served_till(unit, ACHIENG, TILL)).number == TILL
    for act in (
        lambda unit: quote_settlement(unit, owner=ACHIENG, till=TILL),
        lambda unit: quote_refund(unit, owner=ACHIENG, till=TILL, text=ref(quote.entry)),
        lambda unit: close_till(unit, ACHIENG, TILL),
        lambda unit: drop_assistant(unit, owner=ACHIENG, till=TILL, person_id=ACHIENG.id),
    ):
        with village.refuses(UnknownTill):
            village.do(act)


def test_an_assistant_who_pays_there_reads_it_once(village: Village) -> None:
    village.give(ACHIENG, 100_00)
    village.told()
    quote = village.do(lambda unit: quote_pay(unit, payer=ACHIENG, till=TILL, amount=50_00))
    village.do(lambda unit: pay_till(unit, payer=ACHIENG, quote=quote))
    assert [(one.phone, one.key) for one in village.told()] == [(ACHIENG.phone, "paid"), (BARAKA.phone, "sale")]


def test_an_assistant_asks_customers_to_pay(village: Village) -> None:
    village.do(lambda unit: ask_sale(unit, merchant=ACHIENG, till=TILL, phone=AMINA.phone, amount=50_00))
    (request,) = village.rows(Request)
    assert (request.asker, request.payer, request.values) == (ACHIENG.id, AMINA.id, {"till": TILL})


@pytest.mark.parametrize("how", ["dropped", "left", "closed"])
def test_an_assistant_is_one_no_more(village: Village, how: str) -> None:
    village.told()
    if how == "dropped":
        village.do(lambda unit: drop_assistant(unit, owner=BARAKA, till=TILL, person_id=ACHIENG.id))
        assert [(one.phone, one.key) for one in village.told()] == [(ACHIENG.phone, "till_helper_over")]
        village.do(lambda unit: drop_assistant(unit, owner=BARAKA, till=TILL, person_id=ACHIENG.id))
        assert village.told() == []
    elif how == "left":

        def leave(unit: Unit) -> None:
            unit.rows.lock(Person, ACHIENG.id)  # as who closes a wallet does
            leave_tills(unit, ACHIENG)

        village.do(leave)
    else:
        village.do(lambda unit: close_till(unit, BARAKA, TILL))
    assert village.do(lambda unit: tills_served(unit, ACHIENG)) == []
    with village.refuses(UnknownTill):
        village.do(lambda unit: served_till(unit, ACHIENG, TILL))
    if how != "closed":
        named(village, ACHIENG.phone)
        assert village.do(lambda unit: assistants_of(unit, TILL)) == [ACHIENG]


def test_who_leaves_leaves_their_own_tills_and_at_that_moment(village: Village) -> None:
    other = village.do(lambda unit: new_till(unit, person_id=AMINA.id, name="Duka la Amina")).number
    named(village, ACHIENG.phone)
    named(village, NJERI.phone)
    village.do(lambda unit: name_assistant(unit, owner=AMINA, till=other, phone=ACHIENG.phone))
    assert [till.number for till in village.do(lambda unit: tills_served(unit, NJERI))] == [TILL]
    assert [till.number for till in village.do(lambda unit: tills_served(unit, ACHIENG))] == [TILL, other]
    village.later(hours=1)

    def drop(unit: Unit) -> list[object]:
        heard = Overheard(unit)
        drop_assistant(heard.unit, owner=AMINA, till=other, person_id=ACHIENG.id)
        drop_assistant(heard.unit, owner=AMINA, till=other, person_id=NJERI.id)
        return heard.asked

    assert Asked.lock(Merchant, other) in village.do(drop)
    dropped = village.now
    village.later(hours=1)

    def leave(unit: Unit) -> None:
        unit.rows.lock(Person, ACHIENG.id)
        leave_tills(unit, ACHIENG)

    village.do(leave)
    assert {(row.till, row.person): (row.state, row.at) for row in village.rows(Assistant)} == {
        (TILL, ACHIENG.id): ("over", village.now),
        (other, ACHIENG.id): ("over", dropped),
        (TILL, NJERI.id): ("active", dropped - timedelta(hours=1)),
    }


def test_helpers_are_named_one_at_a_time(village: Village) -> None:
    """Or there would be more than the most."""

    def asked(unit: Unit) -> list[object]:
        heard = Overheard(unit)
        name_assistant(heard.unit, owner=BARAKA, till=TILL, phone=ACHIENG.phone)
        return heard.asked

    assert Asked.lock(Merchant, TILL) in village.do(asked)
