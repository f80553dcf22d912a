"""Paying by SMS: what waits for a code, what the code pays, and what a wrong one costs."""

import hmac
from datetime import timedelta

import pytest

from service.countries import Does, Rule
from service.ledger.entry import OverCap
from service.refusal import Refusal
from service.wallet.account import takings_of
from service.wallet.challenge import (
    Asked,
    PaidAlready,
    WrongChallenge,
    answer_by_sms,
    ask_by_sms,
    ask_order_by_sms,
    ask_pay_by_sms,
    challenge_code,
    sms_day,
)
from service.wallet.order import Quote as OrderQuote
from service.wallet.order import place_order, quote_airtime
from service.wallet.ordered import Order
from service.wallet.pay import Quote as PayQuote
from service.wallet.pin import PinLocked
from service.wallet.receipt import Receipt
from service.wallet.till import new_till
from service.wallet.unit import Case, Challenge, Unit
from service.wallet.withdraw import withdrawal_code
from tests.wallet.village import AMINA, BARAKA, CODE_KEY, NJERI, PACK, Village, person, ref, wallet

DAY = f"sms:{AMINA.id}:2026-11-22"


@pytest.fixture(autouse=True)
def _rich(village: Village) -> None:
    village.give(AMINA, 5000_00)


def asked(village: Village, amount: int = 400_00) -> Asked:
    pack = village.house.packs["ke"]
    return village.do(lambda unit: ask_by_sms(unit, payer=AMINA, phone=BARAKA.phone, amount=amount, pack=pack))


def answered(village: Village, code: str) -> Receipt | Refusal:
    pack = village.house.packs["ke"]
    return village.do(lambda unit: answer_by_sms(unit, payer=AMINA, code=code, pack=pack))


def code(one: Asked) -> str:
    return challenge_code(CODE_KEY, one.quote.entry)


def wrong(village: Village, typed: str = "0000000") -> None:
    assert isinstance(answered(village, typed), WrongChallenge)


def test_P_14_a_code_is_bound_to_its_key_its_purpose_and_its_payment() -> None:
    """It is derived when it is shown, and what pays by SMS takes no cash."""
    said = b"sms\x005\x000"
    number = int.from_bytes(hmac.digest(CODE_KEY, said, "sha256")[:16], "big")
    assert challenge_code(CODE_KEY, 5) == str(1_000_000 + number % 9_000_000)
    assert withdrawal_code(CODE_KEY, 5) != challenge_code(CODE_KEY, 5) != challenge_code(CODE_KEY, 6)


def test_a_small_payment_waits_for_its_code(village: Village) -> None:
    one = asked(village)
    assert one.by_code
    assert (one.quote.payee, one.quote.amount, one.quote.name) == (BARAKA.id, 400_00, "BARAKA M")
    until = village.now + timedelta(minutes=10)
    row = Challenge(id=one.quote.entry, person=AMINA.id, quote=one.quote._asdict(), expires_at=until)
    assert village.rows(Challenge) == [row]
    assert village.do(lambda unit: sms_day(AMINA, unit, PACK)) == DAY
    village.later(hours=12)  # midnight in Nairobi
    assert village.do(lambda unit: sms_day(AMINA, unit, PACK)) == f"sms:{AMINA.id}:2026-11-23"


def test_the_code_pays_once_and_counts_for_the_day(village: Village) -> None:
    one = asked(village)
    village.later(minutes=1)
    receipt = answered(village, code(one))
    assert receipt == Receipt(one.quote.entry, ref(one.quote.entry), village.now, 4593_00, False)
    assert village.balance(wallet(BARAKA)) == 400_00
    assert village.used(DAY) == 400_00
    assert village.rows(Challenge)[0].state == "used"
    before = village.everything()
    again = answered(village, code(one))
    assert isinstance(again, PaidAlready)
    assert again.said == {"reference": ref(one.quote.entry)}
    wrong(village)
    assert village.everything() == before


def test_only_the_last_payment_is_said_to_have_been_made(village: Village) -> None:
    first = asked(village)
    answered(village, code(first))
    second = asked(village, 300_00)
    answered(village, code(second))
    wrong(village, code(first))
    assert isinstance(answered(village, code(second)), PaidAlready)
    third = asked(village, 50_00)
    wrong(village, code(second))
    village.now = village.rows(Challenge)[-1].expires_at
    wrong(village, code(third))
    assert isinstance(answered(village, code(second)), PaidAlready)


def test_nobody_else_s_code_says_or_pays_anything(village: Village) -> None:
    one = asked(village)
    pack = village.house.packs["ke"]
    theirs = village.do(lambda unit: answer_by_sms(unit, payer=NJERI, code=code(one), pack=pack))
    assert isinstance(theirs, WrongChallenge)
    answered(village, code(one))
    theirs = village.do(lambda unit: answer_by_sms(unit, payer=NJERI, code=code(one), pack=pack))
    assert isinstance(theirs, WrongChallenge)


def test_P_14_a_newer_payment_ends_the_older_one_and_nobody_else_s(village: Village) -> None:
    """The code of the older payment is dead from then on."""
    other = Challenge(id=1, person=BARAKA.id, quote={}, expires_at=village.now)
    village.do(lambda unit: unit.rows.add(other))
    first, second = asked(village), asked(village, 300_00)
    assert [row.state for row in village.rows(Challenge)] == ["open", "over", "open"]
    wrong(village, code(first))
    assert isinstance(answered(village, code(second)), Receipt)


def test_P_14_a_code_is_guessed_three_times(village: Village) -> None:
    """The third wrong code ends the payment; the right one then pays nothing."""
    one = asked(village)
    for tries, state in ((1, "open"), (2, "open"), (3, "over")):
        wrong(village)
        (row,) = village.rows(Challenge)
        assert (row.tries, row.state) == (tries, state)
    wrong(village, code(one))
    assert village.balance(wallet(BARAKA)) == 0


def test_a_code_is_good_until_its_time_is_over(village: Village) -> None:
    one = asked(village)
    village.now = village.rows(Challenge)[0].expires_at
    wrong(village, code(one))
    village.now -= timedelta(microseconds=1)
    assert isinstance(answered(village, code(one)), Receipt)


def test_only_small_payments_are_made_by_code(village: Village) -> None:
    """One of 500.00, and 1,000.00 a day: a cent more needs the PIN, and nothing waits."""
    assert asked(village, 500_00).by_code
    before = village.everything()
    large = asked(village, 500_01)
    assert (large.by_code, large.quote.amount) == (False, 500_01)
    assert village.everything() == before
    answered(village, code(asked(village, 500_00)))
    village.later(minutes=1)
    one = asked(village, 400_00)
    answered(village, code(one))
    assert village.used(DAY) == 900_00
    assert not asked(village, 100_01).by_code
    assert asked(village, 100_00).by_code
    village.later(days=1)
    assert asked(village, 500_00).by_code


def test_K_08_the_limit_of_codes_is_decided_with_the_posting(village: Village) -> None:
    """What was within the day's limit when it was asked is refused when it no longer is."""
    one = asked(village)
    village.pack(sms_day_limit=399_99)
    with village.refuses(OverCap, left=399_99):
        answered(village, code(one))
    village.pack(sms_day_limit=400_00)
    assert isinstance(answered(village, code(one)), Receipt)


def test_P_01_who_is_locked_pays_by_no_code(village: Village) -> None:
    """Three wrong PINs lock this way, too, whatever the caller still believes of the person."""
    one = asked(village)
    village.change(AMINA, pin_tries=3)
    with village.refuses(PinLocked, service_code=PACK.people_code, help_line=PACK.help_line):
        answered(village, code(one))
    with village.refuses(PinLocked, service_code=PACK.people_code, help_line=PACK.help_line):
        asked(village)


def test_a_small_payment_at_a_till_waits_for_its_code_too(village: Village) -> None:
    """It counts for the same limits, is paid at the till, and a large one, or a second, needs the PIN."""
    till = village.do(lambda unit: new_till(unit, person_id=BARAKA.id, name="Mama Mboga"))
    village.told()

    def at_till(amount: int) -> tuple[PayQuote, bool]:
        pack = village.house.packs["ke"]
        return village.do(lambda unit: ask_pay_by_sms(unit, payer=AMINA, till=till.number, amount=amount, pack=pack))

    assert at_till(500_01)[1] is False
    assert village.rows(Challenge) == []
    quote, by_code = at_till(400_00)
    assert (by_code, quote.till, quote.amount, quote.owner) == (True, till.number, 400_00, BARAKA.id)
    receipt = answered(village, challenge_code(CODE_KEY, quote.entry))
    assert isinstance(receipt, Receipt)
    assert (receipt.entry, village.used(DAY)) == (quote.entry, 400_00)
    assert village.balance(takings_of(till, "ke")) == 398_00
    assert [(one.phone, one.key) for one in village.told()] == [(AMINA.phone, "paid"), (BARAKA.phone, "sale")]
    assert [row.state for row in village.rows(Challenge)] == ["used"]
    second, _ = at_till(400_00)
    village.pack(sms_day_limit=799_99)
    with village.refuses(OverCap, left=399_99):
        answered(village, challenge_code(CODE_KEY, second.entry))


def test_F_07_a_new_number_that_is_nearly_a_known_one_is_asked_about_on_a_screen(village: Village) -> None:
    """Whose number it nearly is, is said; nobody is asked about a number that they have paid."""
    near = person(910, "Otieno Okoth", "+254722000003")

    def come(unit: Unit) -> None:
        unit.rows.add(near)
        unit.books.open(wallet(near))

    village.do(come)
    answered(village, code(asked(village)))

    def ask(phone: str) -> Asked:
        return village.do(lambda unit: ask_by_sms(unit, payer=AMINA, phone=phone, amount=100_00, pack=PACK))

    strange = ask(near.phone)
    assert strange.near is not None
    assert (strange.near.id, strange.by_code) == (BARAKA.id, False)
    known = ask(BARAKA.phone)
    assert (known.near, known.by_code) == (None, True)


@pytest.mark.parametrize("where", ["person", "till"])
def test_F_03_what_a_rule_notes_of_a_payment_by_code_is_about_its_other_side(village: Village, where: str) -> None:
    """A payment that is delayed is noted with its amount; one that is paid, under its entry."""
    till = village.do(lambda unit: new_till(unit, person_id=BARAKA.id, name="Mama Mboga")).number
    rule = Rule(name="emptied", of="send" if where == "person" else "pay", does=Does.DELAY, seconds=60, case=True,
                at_least={"amount": 1}, at_most={})  # fmt: skip
    village.pack(rules=(rule,))
    pack = village.house.packs["ke"]

    def ask(unit: Unit) -> None:
        if where == "person":
            ask_by_sms(unit, payer=AMINA, phone=BARAKA.phone, amount=100_00, pack=pack)
        else:
            ask_pay_by_sms(unit, payer=AMINA, till=till, amount=100_00, pack=pack)

    def refused(unit: Unit) -> None:
        with pytest.raises(Refusal):
            ask(unit)

    village.do(refused)
    (case,) = village.rows(Case)
    assert (case.other, case.values) == (BARAKA.id, {"rules": ["emptied"], "delayed": 100_00})


def airtime(village: Village, amount: int = 400_00) -> tuple[OrderQuote, bool]:
    """Ask for airtime by SMS, and say whether it waits for a code."""
    pack = village.house.packs["ke"]

    def work(unit: Unit) -> tuple[OrderQuote, bool]:
        quote = quote_airtime(unit, payer=AMINA, phone=BARAKA.phone, amount=amount)
        return quote, ask_order_by_sms(unit, payer=AMINA, quote=quote, pack=pack)

    return village.do(work)


def test_airtime_waits_for_its_code_and_is_then_ordered_as_by_pin(village: Village) -> None:
    """It takes the place of what waited, counts for the same limits, and says at once that it is on its way."""
    older = asked(village)
    village.told()
    quote, by_code = airtime(village)
    assert by_code
    assert (village.rows(Order), village.told(), village.balance(wallet(AMINA))) == ([], [], 5000_00)
    wrong(village, code(older))
    receipt = answered(village, challenge_code(CODE_KEY, quote.entry))
    assert isinstance(receipt, Receipt)
    assert (receipt.entry, receipt.balance) == (quote.entry, 4600_00)
    (order,) = village.rows(Order)
    assert (order.id, order.kind, order.account, order.amount, order.state) == (
        *(quote.entry, "airtime", BARAKA.phone, 400_00),
        "waiting",
    )
    values = {"reference": ref(quote.entry), "amount": 400_00, "account": "0722***002", "balance": 4600_00}
    assert village.said() == [(AMINA.phone, "airtime_taken", values, None, None)]
    assert village.used(DAY) == 400_00
    village.pack(sms_day_limit=799_99)
    assert not airtime(village)[1]


def test_K_08_the_limit_of_codes_is_decided_with_an_order_too(village: Village) -> None:
    """Airtime that was within the day's limit when it was asked is refused when it no longer is."""
    quote, _ = airtime(village)
    village.pack(sms_day_limit=399_99)
    with village.refuses(OverCap, left=399_99):
        answered(village, challenge_code(CODE_KEY, quote.entry))
    assert not airtime(village)[1]


def test_L_06_an_order_of_which_the_code_was_answered_is_not_made_again(village: Village) -> None:
    """Neither by the code, nor where the same quote is placed once more."""
    quote, _ = airtime(village)
    answered(village, challenge_code(CODE_KEY, quote.entry))
    village.do(lambda unit: place_order(unit, payer=AMINA, quote=quote))
    assert isinstance(answered(village, challenge_code(CODE_KEY, quote.entry)), PaidAlready)
    assert (len(village.rows(Order)), village.balance(wallet(AMINA))) == (1, 4600_00)


@pytest.mark.parametrize(("does", "waits"), [(Does.ASK, False), (Does.NOTE, True)])
def test_a_rule_about_airtime_is_asked_on_a_screen_and_noted_with_the_order(
    village: Village, does: Does, waits: bool
) -> None:
    rule = Rule(name="unusual", of="airtime", does=does, seconds=0, case=True, at_least={"amount": 1}, at_most={})
    village.pack(rules=(rule,))
    quote, by_code = airtime(village)
    assert by_code is waits
    if waits:
        answered(village, challenge_code(CODE_KEY, quote.entry))
        (case,) = village.rows(Case)
        assert (case.about, case.opener, case.other, case.values) == (
            quote.entry,
            AMINA.id,
            AMINA.id,
            {"rules": ["unusual"]},
        )
