"""Bills and airtime by SMS under attack: forged and repeated messages, a silent biller, numbers that are pumped."""

from datetime import datetime, timedelta

import pytest

from service.budget import Budget
from service.gateways import billers
from service.jobs import errands
from service.wallet.order import place_order, quote_airtime
from service.wallet.unit import Challenge, Unit
from tests.hostile.test_orders import BACK, DONE, FIRST, HELD, STIMA, held, orders, owed, whole
from tests.hostile.test_pins import sms_code
from tests.hostile.test_sms import PIN_SAID, said
from tests.phone import BEGINNING, PINS, Town

BILL = "BILL STIMA 12345678901 200"
HOUR = timedelta(hours=1)


def waiting(town: Town) -> list[Challenge]:
    return list(town.app.read(lambda unit: unit.rows.find(Challenge, state="open")))


@pytest.mark.parametrize("text", ["AIRTIME 50", BILL])
def test_M_01_a_message_orders_nothing_and_its_code_orders_once(text: str, anywhere: Town) -> None:
    """Whoever forges Amina's number orders nothing; her code, however often it comes, orders one thing."""
    amina = anywhere.phone("Amina")
    assert "Answer" in said(amina, text)[0]
    assert (orders(anywhere), held(anywhere), anywhere.balance("Amina")) == ([], 0, FIRST)
    code = sms_code(anywhere, text=text)
    assert said(anywhere.phone("Baraka"), code)[0].startswith("That code is wrong")
    taken, done = said(amina, code)
    assert ("An SMS says when it is done" in taken, taken[:10]) == (True, done[:10])
    assert said(amina, code) == [f"Paid already, Ref {done[:10]}. Nothing more was taken."]
    assert [order.state for order in orders(anywhere)] == [DONE]
    assert len(anywhere.stand_in.book.paid) == 1
    whole(anywhere)


@pytest.mark.parametrize(
    "text",
    ["AIRTIME 50 {pin}", "AIRTIME 50 0722000003 {pin}", "AIRTIME 50 PIN {pin}", BILL + " {pin}", BILL + ", {pin}"],
)
def test_M_01_a_pin_behind_an_order_is_refused_and_forgotten(text: str, town: Town) -> None:
    """The person is told why; nothing waits for a code, and the PIN is neither tried nor kept."""
    answers = said(town.phone("Amina"), text.format(pin=PINS["Amina"]))
    assert [answer.startswith(PIN_SAID) for answer in answers] == [True]
    assert (waiting(town), town.person("Amina").pin_tries) == ([], 0)


def test_M_01_above_the_small_limit_an_order_needs_the_pin(town: Town) -> None:
    """Airtime and bills count for what SMS may pay in a day, as payments do."""
    amina = town.phone("Amina")
    assert "Dial *384*96*4*1*501#" in said(amina, "AIRTIME 501")[0]
    assert "Dial *384*96#, 3, 1" in said(amina, "BILL STIMA 12345678901 501")[0]
    for text in ("AIRTIME 450", "BILL STIMA 12345678901 450"):
        said(amina, sms_code(town, text=text))
    assert "Dial" in said(amina, "AIRTIME 101")[0]
    assert "Answer" in said(amina, "AIRTIME 100")[0]


@pytest.mark.parametrize("account", ["12345678991", "12345678992"])
def test_a_biller_who_says_nothing_about_an_account_ends_a_message_and_takes_nothing(
    account: str, anywhere: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(billers, "LOOK_SECONDS", 0.3)
    answer = said(anywhere.phone("Amina"), f"BILL {STIMA} {account} 200", message_id="one")
    assert answer == ["The biller does not answer now. Nothing was taken. Try again later."]
    assert said(anywhere.phone("Amina"), f"BILL {STIMA} {account} 200", message_id="one") == []
    assert (waiting(anywhere), orders(anywhere), owed(anywhere)) == ([], [], 0)


def test_what_a_provider_does_not_say_of_an_order_by_sms_stays_held_and_is_told(anywhere: Town) -> None:
    amina = anywhere.phone("Amina")
    text = "BILL STIMA 12345678985 200"
    (taken,) = said(amina, sms_code(anywhere, text=text))
    assert taken.endswith("An SMS says when it is done.")
    anywhere.wait(hours=2)
    (unsure,) = amina.new()
    assert unsure.startswith(f"{taken[:10]} Stima Power did not say if 12345678985 is paid. Do not pay again")
    assert ([order.state for order in orders(anywhere)], held(anywhere)) == ([HELD], 205_00)
    whole(anywhere)


def test_G_09_numbers_beside_each_other_have_a_budget_together() -> None:
    """Who has a block of numbers and pumps them all gets what one block gets; others are served meanwhile."""
    budget, at = Budget(per_number=2, per_prefix=5, in_all=8), BEGINNING
    block = [f"+25471100{number:04}" for number in range(10)]
    assert [budget.take(block[0], at) for _ in range(3)] == [None, None, at + HOUR]
    later = at + timedelta(minutes=10)
    assert [budget.take(phone, later) for phone in block[1:6]] == [None, None, None, at + HOUR, at + HOUR]
    elsewhere: list[datetime | None] = [
        budget.take(f"+2547220{number:05}", later) for number in range(0, 60_000, 15_000)
    ]
    assert elsewhere == [None, None, None, at + HOUR]
    assert budget.take(block[9], at + HOUR) is None
    assert [budget.take(phone, at + HOUR) for phone in block[7:9]] == [None, later + HOUR]


def pump(town: Town, times: int, phone: str = "+254722000003") -> None:
    """Let Amina order airtime of five shillings for a number so many times."""
    amina = town.person("Amina")

    def work(unit: Unit) -> None:
        for _ in range(times):
            place_order(unit, payer=amina, quote=quote_airtime(unit, payer=amina, phone=phone, amount=5_00))

    town.app.transact(work)


def test_G_09_airtime_that_is_pumped_is_bought_up_to_a_budget_and_the_rest_comes_back(anywhere: Town) -> None:
    """A number gets twenty in an hour; what waits too long comes back whole and is told, and the next hour is new."""
    job, *_ = errands(anywhere.app)

    def run() -> None:
        while job():
            pass

    pump(anywhere, 23)
    run()
    assert len(anywhere.stand_in.book.paid) == 20
    waits = [order for order in orders(anywhere) if order.state == HELD and order.sent_at is None]
    assert len(waits) == 3, "what did not go is known to be nowhere"
    pump(anywhere, 1, phone="+254722000004")
    run()
    assert len(anywhere.stand_in.book.paid) == 21
    for _ in range(7):
        anywhere.now += timedelta(minutes=5)
        run()
    assert len(anywhere.stand_in.book.paid) == 21
    late = {order.id for order in orders(anywhere) if order.state == BACK}
    assert late == {order.id for order in waits}
    anywhere.stand_in.calls.clear()
    anywhere.now += timedelta(minutes=30)
    pump(anywhere, 1)
    run()
    assert len(anywhere.stand_in.book.paid) == 22
    whole(anywhere)


def test_G_09_an_hour_has_so_many_answers_and_none_of_them_buys(town: Town) -> None:
    """A phone that writes AIRTIME for number after number reads thirty answers, buys nothing, and one code waits."""
    amina = town.phone("Amina")
    answers = [said(amina, f"AIRTIME 50 07220{number:05}") for number in range(40)]
    assert [len(answer) for answer in answers] == [1] * 30 + [0] * 10
    assert "That was your last answer by SMS for this hour" in answers[29][0]
    assert (len(waiting(town)), orders(town), town.balance("Amina")) == (1, [], FIRST)


@pytest.mark.parametrize("number", ["+254900123456", "0900123456", "+442071838750", "+88213123456", "12345"])
def test_G_09_airtime_goes_to_mobile_numbers_of_the_country_alone(number: str, town: Town) -> None:
    """Neither premium numbers nor other countries are topped up."""
    assert said(town.phone("Amina"), f"AIRTIME 50 {number}")[0].startswith("Not a mobile number here.")
    assert waiting(town) == []
