"""Each rule of the country pack hits what it is there for, at its edge, and lets ordinary life go on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.countries import Does, Rule, every_country, load_pack
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.ledger.post import NotReversible
from service.refusal import Refusal
from service.wallet import history
from service.wallet.challenge import answer_by_sms, ask_by_sms, challenge_code
from service.wallet.operator import approve, propose
from service.wallet.reversal import ask_back
from service.wallet.rules import (
    CASE_SECONDS,
    Emptied,
    FarCash,
    ManyPayees,
    PassedOn,
    Woken,
    check_rules,
    delays,
    hits,
    is_asked,
    note,
    note_delayed,
    refuse_or_ask,
    review_seconds,
    to_note,
)
from service.wallet.send import quote_send, send_money
from service.wallet.undo import TooLateToUndo, send_back, settle_due
from service.wallet.unit import Case, Paid, Person, Unit
from service.wallet.withdraw import quote_withdrawal, withdraw
from tests.wallet.village import (
    ACHIENG,
    AMINA,
    BARAKA,
    NJERI,
    OTHER_SHOP,
    PACK,
    SHOP,
    TRUST,
    Village,
    float_,
    person,
    wallet,
)

CROWD = [person(1000 + number, f"Asha Bibi{number}", f"+2547330{number:05}") for number in range(20)]


@pytest.fixture
def village(village: Village) -> Village:
    def settle(unit: Unit) -> None:
        for one in CROWD:
            unit.rows.add(one)
            unit.books.open(wallet(one))

    village.do(settle)
    for one in CROWD:
        village.give(one, 100_000_00)
    village.later(days=2)
    return village


def pays(village: Village, payer: Person, payee: Person, amount: int) -> None:
    village.post((wallet(payer), wallet(payee), amount, Reason.SEND))


def sends(village: Village, payer: Person, payee: Person, amount: int) -> int:
    """Send money as people do, and return its entry."""
    village.give(payer, 1_000_00)
    quote = village.do(lambda unit: quote_send(unit, payer=payer, phone=payee.phone, amount=amount))
    return village.do(lambda unit: send_money(unit, payer=payer, quote=quote)).entry


def names(village: Village, of: str, who: Person, amount: int, **more: Any) -> list[str]:
    return village.do(lambda unit: [rule.name for rule in hits(unit, of, person=who, amount=amount, **more)])


def facts(village: Village, who: Person, amount: int, **more: Any) -> history.Facts:
    asked = {"other": None, "shop": "", "lines": None, **more}
    return village.do(lambda unit: history.Facts(history.look(unit, person=who, amount=amount, **asked)))


def test_F_10_mules_pass_on_what_many_people_paid(village: Village) -> None:
    """Six people pay one within the hour, who sends most of it on: not yet."""
    for one in CROWD[:5]:
        pays(village, one, AMINA, 1_000_00)
    assert "passed_on" not in names(village, "send", AMINA, 5_000_00)
    pays(village, CROWD[5], AMINA, 1_000_00)
    assert "passed_on" not in names(village, "send", AMINA, 4_199_99)
    assert "passed_on" in names(village, "send", AMINA, 4_200_00)
    village.later(hours=1, seconds=1)
    assert names(village, "send", AMINA, 6_000_00) == []


@pytest.mark.parametrize("shop", [SHOP.number, ""])
def test_F_10_mules_do_not_take_it_out_either(village: Village, shop: str) -> None:
    """By a code at a shop or for a voucher, what may not be sent on may not be taken out."""
    for one in CROWD[:6]:
        pays(village, one, AMINA, 1_000_00)
    assert names(village, "withdraw", AMINA, 4_199_99, shop=shop) == []
    assert names(village, "withdraw", AMINA, 4_200_00, shop=shop) == ["passed_on"]


def test_a_savings_group_that_meets_again_is_no_ring_of_mules(village: Village) -> None:
    """Who has paid this person before is no stranger: four of six strangers delay the pot, three do not."""
    for one in CROWD[:6]:
        pays(village, one, AMINA, 1_000_00)
    for one in CROWD[:2]:
        village.do(
            lambda unit, one=one: unit.rows.add(Paid(payer=one.id, payee=AMINA.id, times=2, last_at=village.now))  # type: ignore[misc]
        )
    assert facts(village, AMINA, 5_000_00)["strangers_hour"] == 4
    assert names(village, "send", AMINA, 5_000_00) == ["passed_on"]
    village.do(lambda unit: unit.rows.add(Paid(payer=CROWD[2].id, payee=AMINA.id, times=2, last_at=village.now)))
    village.do(lambda unit: unit.rows.add(Paid(payer=CROWD[3].id, payee=AMINA.id, times=1, last_at=village.now)))
    assert names(village, "send", AMINA, 5_000_00) == []


def waits(village: Village, payer: Person, payee: Person, amount: int = 100_00) -> None:
    """Pay somebody for the first time, so that it can be taken back for a while."""
    quote = village.do(lambda unit: quote_send(unit, payer=payer, phone=payee.phone, amount=amount, asked=True))
    village.do(lambda unit: send_money(unit, payer=payer, quote=quote._replace(undo=300)))


@pytest.mark.parametrize("arrived", [False, True])
def test_F_10_who_is_paid_ten_times_is_one_person(arrived: bool, village: Village) -> None:
    """Whether the payments wait or have arrived; a withdrawal and money that is asked back are no payee at all."""
    village.give(AMINA, 100_000_00)
    for _ in range(10):
        waits(village, AMINA, CROWD[0])
    quote = village.do(lambda unit: quote_withdrawal(unit, payer=AMINA, agent_number=SHOP.number, amount=500_00))
    village.do(lambda unit: withdraw(unit, payer=AMINA, quote=quote, pack=PACK))
    if arrived:
        village.later(minutes=5)
        village.do(lambda unit: settle_due(unit, limit=100))
    assert facts(village, AMINA, 100_00, other=wallet(CROWD[0]))["payees_hour"] == 1
    for one in CROWD[1:9]:
        waits(village, AMINA, one)
    assert "many_payees" not in names(village, "send", AMINA, 100_00, other=wallet(CROWD[0]))
    assert "many_payees" in names(village, "send", AMINA, 100_00, other=wallet(CROWD[9]))


def test_F_10_a_stranger_who_pays_six_times_is_one_payer(village: Village) -> None:
    """What has waited before it arrived came from a person, who may be known by now; six of them are six."""
    for _ in range(6):
        waits(village, CROWD[0], AMINA, 1_000_00)
    village.later(minutes=5)
    village.do(lambda unit: settle_due(unit, limit=100))
    found = facts(village, AMINA, 5_000_00)
    assert (found["payers_hour"], found["strangers_hour"]) == (1, 0)
    assert "passed_on" not in names(village, "send", AMINA, 5_000_00)
    for one in CROWD[1:6]:
        waits(village, one, AMINA, 1_000_00)
    village.later(minutes=5)
    village.do(lambda unit: settle_due(unit, limit=100))
    found = facts(village, AMINA, 9_000_00)
    assert (found["payers_hour"], found["strangers_hour"]) == (6, 5)
    assert "passed_on" in names(village, "send", AMINA, 9_000_00)


def test_what_was_paid_before_is_not_unusual(village: Village) -> None:
    """The rent is ten times what people usually pay, and was paid last month, too."""
    village.give(AMINA, 100_000_00)
    for amount in (200_00, 250_00, 220_00, 8_000_00, 230_00, 200_00):
        pays(village, AMINA, BARAKA, amount)
    village.later(days=1)
    assert facts(village, AMINA, 15_999_99)["times_usual"] > 10
    assert names(village, "send", AMINA, 15_999_99) == []
    assert names(village, "send", AMINA, 16_000_00) == ["unusual"]


def test_a_first_payment_that_still_waits_is_a_payment_and_no_cash(village: Village) -> None:
    for one in CROWD[:5]:
        sends(village, AMINA, one, 100_00)
    assert facts(village, AMINA, 2_000_00)["times_usual"] == 20
    assert facts(village, AMINA, 2_000_00, of="withdraw")["times_usual"] == 0


def test_F_10_one_who_pays_many_is_asked(village: Village) -> None:
    """Who pays a tenth person within the hour is asked whether that is meant."""
    village.give(AMINA, 100_000_00)
    for one in CROWD[:9]:
        pays(village, AMINA, one, 100_00)
    assert names(village, "send", AMINA, 100_00, other=wallet(CROWD[0])) == []
    assert names(village, "send", AMINA, 100_00, other=wallet(CROWD[9])) == ["many_payees"]


def test_F_07_ten_times_the_usual_amount_is_asked_about(village: Village) -> None:
    """A slip of the finger: ten times the middle one of what was paid before is asked about."""
    village.give(AMINA, 200_000_00)
    for amount in (150_00, 250_00, 200_00, 300_00):
        pays(village, AMINA, BARAKA, amount)
    village.later(days=1)
    assert names(village, "send", AMINA, 90_000_00) == []  # four payments are no habit
    pays(village, AMINA, BARAKA, 220_00)
    village.later(days=1)
    assert facts(village, AMINA, 2_200_00)["times_usual"] == 10
    assert names(village, "send", AMINA, 2_199_99) == []
    assert names(village, "send", AMINA, 2_200_00) == ["unusual"]


@pytest.mark.parametrize("of", ["send", "withdraw"])
def test_F_09_a_wallet_that_slept_is_asked_about(village: Village, of: str) -> None:
    """Half a year after the last move, half of what is in a wallet does not leave unasked."""
    village.give(AMINA, 5_000_00)
    village.later(days=179, hours=23)
    assert names(village, of, AMINA, 5_000_00) == []
    village.later(hours=1)
    assert names(village, of, AMINA, 2_499_99) == []
    assert names(village, of, AMINA, 2_500_00) == ["woken"]
    assert names(village, of, AMINA, 4_500_00) == (["emptied", "woken"] if of == "send" else ["woken"])


def test_F_09_nobody_else_wakes_a_wallet(village: Village) -> None:
    """A shilling from a stranger, one paid in at an agent, and one that is asked back: the owner has moved nothing."""
    village.give(AMINA, 5_000_00)
    village.later(days=180)
    receipt = sends(village, BARAKA, AMINA, 1_00)
    village.later(minutes=1)
    village.do(lambda unit: ask_back(unit, payer=BARAKA, payment=receipt))
    village.give(AMINA, 1_00)
    assert facts(village, AMINA, 4_900_00)["idle_days"] == 180
    assert names(village, "send", AMINA, 4_900_00) == ["emptied", "woken"]
    for _ in range(history.PAGE):
        pays(village, BARAKA, AMINA, 1_00)
    assert names(village, "send", AMINA, 4_900_00) == ["emptied", "woken"]
    pays(village, AMINA, BARAKA, 1_00)
    assert names(village, "send", AMINA, 4_900_00) == []


def test_who_comes_back_with_cash_sends_it_unasked(village: Village) -> None:
    """What slept is less than what was just paid in."""
    village.give(AMINA, 1_000_00)
    village.later(days=180)
    village.give(AMINA, 999_99)
    assert names(village, "send", AMINA, 1_900_00) == ["emptied", "woken"]
    village.give(AMINA, 1_999_99)
    assert names(village, "send", AMINA, 3_900_00) == []


def test_F_09_staff_have_four_hours_before_an_emptied_wallet_is_empty(village: Village) -> None:
    """The review is what is said, the wait is what the quote then has, and staff send the money back by two people."""
    village.give(AMINA, 5_000_00)
    village.later(days=180)
    for one in (AMINA, BARAKA):  # who have looked at their balance now and then
        village.change(one, used_at=village.now)
    found = village.do(lambda unit: hits(unit, "send", person=AMINA, amount=4_900_00))
    with village.refuses(Emptied, until=(village.now + timedelta(hours=4)).isoformat()):
        village.do(lambda unit: refuse_or_ask(unit, found))
    village.do(lambda unit: refuse_or_ask(unit, found, agreed=True))
    assert is_asked(found)
    assert (review_seconds(found), review_seconds([])) == (4 * 3600, 0)
    quote = village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=4_900_00))
    waits = quote._replace(undo=review_seconds(found))
    receipt = village.do(lambda unit: send_money(unit, payer=AMINA, quote=waits))
    assert village.balance(wallet(BARAKA)) == 0
    act = village.do(lambda unit: propose(unit, act="reverse", values={"entry": receipt.entry}, maker="Wanjiku"))
    village.told()
    village.do(lambda unit: approve(unit, approval_id=act.id, checker="Otieno"))
    assert village.balance(wallet(AMINA)) == 5_000_00
    assert [(phone, key) for phone, key, *_ in village.said()] == [
        (AMINA.phone, "sent_back"), (BARAKA.phone, "stopped_coming"),
    ]  # fmt: skip
    again = village.do(lambda unit: propose(unit, act="reverse", values={"entry": receipt.entry}, maker="Wanjiku"))
    with village.refuses(NotReversible, reason=Reason.SEND):
        village.do(lambda unit: approve(unit, approval_id=again.id, checker="Otieno"))


def test_staff_come_too_late_when_it_has_arrived(village: Village) -> None:
    village.give(AMINA, 5_000_00)
    quote = village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=500_00))
    receipt = village.do(lambda unit: send_money(unit, payer=AMINA, quote=quote._replace(undo=60)))
    village.later(seconds=60)
    village.do(settle_due)
    with village.refuses(TooLateToUndo):
        village.do(lambda unit: send_back(unit, receipt.entry))


def test_F_03_amounts_just_below_what_is_reported_are_noted(village: Village) -> None:
    """Staff hear of the third within a day; the person does not (no tip-off)."""
    edge = PACK.report_from
    village.give(AMINA, 3 * edge)
    assert names(village, "send", AMINA, edge * 9 // 10) == ["near_report"][:0]
    pays(village, AMINA, BARAKA, edge * 9 // 10)
    pays(village, AMINA, BARAKA, edge - 1)
    pays(village, AMINA, BARAKA, edge)  # this one is reported anyway
    assert "near_report" not in names(village, "send", AMINA, edge * 9 // 10 - 1)
    found = village.do(lambda unit: hits(unit, "send", person=AMINA, amount=edge - 1))
    assert [rule.name for rule in found] == ["near_report"]
    village.do(lambda unit: refuse_or_ask(unit, found))  # says nothing
    assert to_note(found) == ["near_report"]


def test_F_02_F_04_cash_that_came_in_elsewhere_waits(village: Village) -> None:
    """Paid in at Nakuru and taken out at Kisumu within half an hour: not yet; at home, or later, it is ordinary."""
    village.give(AMINA, 10_000_00)
    village.later(minutes=29)
    assert names(village, "withdraw", AMINA, 8_000_00, shop=SHOP.number) == []
    assert names(village, "withdraw", AMINA, 7_999_99, shop=OTHER_SHOP.number) == []
    assert names(village, "withdraw", AMINA, 8_000_00, shop=OTHER_SHOP.number) == ["far_cash"]
    village.later(minutes=1)
    assert names(village, "withdraw", AMINA, 8_000_00, shop=OTHER_SHOP.number) == []


def test_F_12_much_cash_at_night_is_asked_about(village: Village) -> None:
    """From one to five by the clock of the country, much cash is asked about."""
    village.give(AMINA, 100_000_00)
    village.now = village.now.replace(hour=22, minute=0)  # one o'clock in Nairobi
    village.later(days=1)
    assert names(village, "withdraw", AMINA, 20_000_00) == ["at_night"]
    assert names(village, "withdraw", AMINA, 19_999_99) == []
    village.later(hours=4)
    assert names(village, "withdraw", AMINA, 20_000_00) == []


def test_F_01_cash_in_in_pieces_is_noted_over_all_tills(village: Village) -> None:
    """The fourth cash-in for one person within the hour opens a case, at whichever shop."""
    village.post((TRUST, float_(OTHER_SHOP), 10_000_00, Reason.ISSUE))
    for shop in (SHOP, OTHER_SHOP, SHOP):
        village.post((TRUST, float_(shop), 1_000_00, Reason.ISSUE))
        assert names(village, "cash_in", BARAKA, 1_000_00) == []
        village.post((float_(shop), wallet(BARAKA), 1_000_00, Reason.CASH_IN))
        village.later(minutes=5)
    assert names(village, "cash_in", BARAKA, 1_000_00) == ["split_cash"]
    village.later(minutes=46)
    assert names(village, "cash_in", BARAKA, 1_000_00) == []


def test_F_13_round_and_round_is_noted(village: Village) -> None:
    """Three times in and three times out on one day opens a case."""
    village.audited = False
    for _ in range(3):
        village.give(BARAKA, 1_000_00)
        village.later(hours=1)
        assert names(village, "cash_in", BARAKA, 1_000_00) == []
        held = village.do(lambda unit: unit.mint())
        out = Move(wallet(BARAKA), Account("ke", Kind.HELD, str(held)), 900_00, Reason.HOLD)

        def hold(unit: Unit, held: int = held, out: Move = out) -> None:
            unit.books.open(out.target)
            unit.books.post(Entry(id=held, reason=Reason.HOLD, at=village.now, moves=(out,)))

        village.do(hold)
    assert names(village, "cash_in", BARAKA, 1_000_00) == ["in_and_out"]
    village.later(days=1)
    assert names(village, "cash_in", BARAKA, 1_000_00) == []


def test_what_delays_is_told_until_when_and_what_asks_can_be_agreed_to(village: Village) -> None:
    delays, asks = (next(rule for rule in PACK.rules if rule.name == name) for name in ("passed_on", "many_payees"))

    def told(found: Sequence[Rule], *, agreed: bool = False) -> Refusal | None:
        try:
            village.do(lambda unit: refuse_or_ask(unit, found, agreed=agreed))
        except Refusal as no:
            return no
        return None

    no = told([asks, delays], agreed=True)
    assert isinstance(no, PassedOn)
    assert no.said == {"until": (village.now + timedelta(seconds=delays.seconds)).isoformat()}
    assert isinstance(told([asks]), ManyPayees)
    assert told([asks], agreed=True) is None


def test_a_delay_is_over_when_it_says(village: Village) -> None:
    """By then the rule hits no more: nobody is sent away twice with the same words."""
    for one in CROWD[:6]:
        pays(village, one, AMINA, 1_000_00)
    with pytest.raises(PassedOn) as refused:
        village.do(lambda unit: refuse_or_ask(unit, hits(unit, "send", person=AMINA, amount=6_000_00)))
    village.now = type(village.now).fromisoformat(str(refused.value.said["until"]))
    assert names(village, "send", AMINA, 6_000_00) == []
    village.give(BARAKA, 10_000_00)
    with pytest.raises(FarCash) as waits:
        village.do(
            lambda unit: refuse_or_ask(
                unit, hits(unit, "withdraw", person=BARAKA, amount=9_000_00, shop=OTHER_SHOP.number)
            )
        )
    village.now = type(village.now).fromisoformat(str(waits.value.said["until"]))
    assert names(village, "withdraw", BARAKA, 9_000_00, shop=OTHER_SHOP.number) == []


def test_a_case_is_opened_once_and_tells_staff_which_rules(village: Village) -> None:
    entry = village.post((wallet(CROWD[0]), wallet(AMINA), 1_000_00, Reason.SEND))
    for _ in range(2):
        village.do(lambda unit: note(unit, ["many_payees"], person=CROWD[0], entry=entry, other=AMINA.id))
    village.do(lambda unit: note(unit, [], person=CROWD[0], entry=1, other=AMINA.id))
    (case,) = village.rows(Case)
    assert (case.what, case.state, case.opener, case.other, case.about) == (
        "pattern", "open", CROWD[0].id, AMINA.id, entry,
    )  # fmt: skip
    assert case.values == {"rules": ["many_payees"]}


def test_a_delayed_payment_has_one_case_in_the_time_of_the_delay(village: Village) -> None:
    """It never becomes an entry; whoever tries again and again is one case."""
    delays, asks = (next(rule for rule in PACK.rules if rule.name == name) for name in ("passed_on", "many_payees"))

    def tries(*found: Rule) -> None:
        def work(unit: Unit) -> None:
            note_delayed(unit, found, person=AMINA, entry=unit.mint(), other=BARAKA.id, amount=5_000_00)

        village.do(work)

    tries(asks, replace(delays, case=False))
    assert village.rows(Case) == []
    tries(delays, asks)
    village.later(seconds=delays.seconds - 1)
    tries(delays)
    (case,) = village.rows(Case)
    assert (case.what, case.state, case.opener, case.other) == ("pattern", "open", AMINA.id, BARAKA.id)
    assert case.values == {"rules": ["passed_on"], "delayed": 5_000_00}
    village.later(seconds=1)
    tries(delays)
    assert len(village.rows(Case)) == 2


def test_no_rules_look_at_nothing(village: Village) -> None:
    """A pack without rules costs no read."""
    village.pack(rules=())
    assert village.do(lambda unit: hits(replace(unit, books=None), "send", person=AMINA, amount=1)) == []  # type: ignore[arg-type]


def test_a_newcomer_has_no_past(village: Village) -> None:
    found = facts(village, NJERI, 1_00, shop=SHOP.number)
    assert {name: found[name] for name in history.FACTS if found[name]} == {
        "amount": 1_00, "cash_in_minutes": history.NEVER, "cash_ins_hour": 1, "hour_of_day": 12, "idle_days": 2,
        "times_largest": history.NEVER,
    }  # fmt: skip
    assert names(village, "send", ACHIENG, 1_000_00) == []


@pytest.mark.parametrize("country", every_country())
def test_the_rules_of_every_pack_are_sound(country: str) -> None:
    assert list(check_rules(load_pack(country))) == []


GOOD = Rule(name="unusual", of="send", at_least={"amount": 1}, at_most={}, does=Does.ASK)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"name": "whim"}, "there is no such reason"),
        ({"of": "gift"}, "there is no such service"),
        ({"at_least": {}}, "it hits every payment"),
        ({"at_most": {"mood": 1}}, "there is no fact 'mood'"),
        ({"does": Does.DELAY, "seconds": 60}, "its words are those of 'ask'"),
        ({"name": "emptied", "does": Does.REVIEW, "seconds": 60}, "only a payment to a person can wait for staff"),
        ({"name": "emptied", "does": Does.REVIEW, "case": True}, "seconds belong to a delay or a review"),
        ({"does": Does.NOTE}, "nobody would hear of it"),
        ({"seconds": 60}, "seconds belong to a delay or a review"),
        ({"name": "far_cash", "does": Does.DELAY}, "seconds belong to a delay or a review"),
    ],
)
def test_an_odd_rule_is_found(changed: dict[str, Any], problem: str) -> None:
    pack = replace(PACK, rules=(replace(GOOD, **changed),))
    assert problem in "\n".join(check_rules(pack))
    assert list(check_rules(replace(PACK, rules=(GOOD,)))) == []


def test_woken_has_words_of_its_own() -> None:
    assert Woken.code == "woken"


def test_what_is_asked_about_is_not_paid_by_a_code(village: Village) -> None:
    """A message cannot be asked again: the answer is a string to dial, and the screens ask."""
    village.give(AMINA, 5_000_00)
    for one in CROWD[:9]:
        pays(village, AMINA, one, 10_00)

    def asks(to: Person) -> bool:
        return village.do(lambda unit: ask_by_sms(unit, payer=AMINA, phone=to.phone, amount=100_00, pack=PACK)).by_code

    assert asks(CROWD[0])
    assert not asks(CROWD[9])


def test_what_waits_is_not_begun_by_a_message(village: Village) -> None:
    for one in CROWD[:6]:
        pays(village, one, AMINA, 50_00)
    with village.refuses(PassedOn, until=(village.now + timedelta(hours=1)).isoformat()):
        village.do(lambda unit: ask_by_sms(unit, payer=AMINA, phone=BARAKA.phone, amount=290_00, pack=PACK))


def test_what_is_noted_is_noted_when_a_code_pays(village: Village) -> None:
    """Staff get the case with the payment, not with the question."""
    village.pack(
        rules=(Rule(name="near_report", of="send", at_least={"amount": 1}, at_most={}, does=Does.NOTE, case=True),)
    )
    village.give(AMINA, 5_000_00)
    asked = village.do(lambda unit: ask_by_sms(unit, payer=AMINA, phone=BARAKA.phone, amount=100_00, pack=PACK))
    assert village.rows(Case) == []
    code = challenge_code(village.house.code_key, asked.quote.entry)
    village.do(lambda unit: answer_by_sms(unit, payer=AMINA, code=code, pack=PACK))
    assert [case.about for case in village.rows(Case)] == [asked.quote.entry]


def test_a_delay_is_one_and_a_question_is_none() -> None:
    kinds = [replace(PACK.rules[0], does=does) for does in (Does.DELAY, Does.ASK, Does.REVIEW, Does.NOTE)]
    assert [delays([rule]) for rule in kinds] == [True, False, False, False]
    assert not delays([])


def test_F_03_a_case_of_a_pattern_is_opened_beside_others_and_has_its_time(village: Village) -> None:
    """One about the same entry for another reason is no reason to open none; nor is another person's."""
    entry = sends(village, AMINA, BARAKA, 100_00)
    village.do(lambda unit: ask_back(unit, payer=AMINA, payment=entry))
    village.do(lambda unit: note(unit, ["emptied"], person=AMINA, entry=entry, other=BARAKA.id))
    case = village.rows(Case)[-1]
    assert (case.what, case.about, case.due_at) == ("pattern", entry, village.now + timedelta(seconds=CASE_SECONDS))
    delay = replace(PACK.rules[0], does=Does.DELAY, seconds=60, case=True)
    for who in (BARAKA, AMINA):
        quote = village.do(lambda unit: unit.mint())
        village.do(
            lambda unit, who=who, quote=quote: note_delayed(  # type: ignore[misc]
                unit, [delay], person=who, entry=quote, other=NJERI.id, amount=5
            )
        )
    late = [row for row in village.rows(Case) if row.values.get("delayed")]
    assert [row.opener for row in late] == [BARAKA.id, AMINA.id]
    village.change(late[1], state="closed")
    village.do(lambda unit: note_delayed(unit, [delay], person=AMINA, entry=99_999, other=NJERI.id, amount=5))
    assert [row.about for row in village.rows(Case) if row.state == "open"][-1] == 99_999


def test_a_rule_of_one_service_looks_at_what_went_before_through_it(village: Village) -> None:
    """A thousand paid in is no surprise after a thousand paid in, whatever was sent."""
    village.give(AMINA, 1_000_00)
    pays(village, AMINA, BARAKA, 3_00)
    rule = replace(PACK.rules[0], name="unusual", of="cash_in", at_least={"times_largest": 2}, at_most={})
    village.pack(rules=(rule,))
    assert names(village, "cash_in", AMINA, 1_000_00) == []
    assert names(village, "cash_in", AMINA, 2_000_00) == ["unusual"]
