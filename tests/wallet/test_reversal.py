"""Asking back: what is set aside, what goes back and what does not, once, by whom, and who is told."""

from datetime import timedelta
from typing import Any

import pytest

from service.ledger.chart import Reason
from service.ledger.entry import Cap, Entry, Move, NotEnough, OverCap, Posted
from service.ledger.post import NotReversible
from service.wallet.audit import audit_all
from service.wallet.case import CaseClosed, CaseThere, close_case
from service.wallet.operator import approve, propose
from service.wallet.reversal import (
    CaseOver,
    NotAskable,
    ask_back,
    cases_for,
    free_due,
    give_back,
    keep,
    take_from_payee,
)
from service.wallet.send import quote_send, send_money
from service.wallet.statement import check_reference, undone
from service.wallet.unit import Case, Person, Unit
from tests.wallet.village import ACHIENG, AMINA, BARAKA, CODE_KEY, FEES, Overheard, Village, ref, wallet

COUNTER = f"out:{AMINA.id}:2026-11-22"


@pytest.fixture(autouse=True)
def _money(village: Village) -> None:
    village.give(AMINA, 2000_00)


def paid(village: Village, amount: int = 500_00, payee: Person = BARAKA, payer: Person = AMINA) -> int:
    quote = village.do(lambda unit: quote_send(unit, payer=payer, phone=payee.phone, amount=amount))
    village.do(lambda unit: send_money(unit, payer=payer, quote=quote))
    village.told()
    return quote.entry


def asked(village: Village, payment: int, payer: Person = AMINA) -> Case:
    return village.do(lambda unit: ask_back(unit, payer=payer, payment=payment))


def back(village: Village, case: Case, payee: Person = BARAKA) -> Any:
    return village.do(lambda unit: give_back(unit, payee=payee, case_id=case.id))


def reversed_by_staff(village: Village, act: str, values: dict[str, int]) -> None:
    made = village.do(lambda unit: propose(unit, act=act, values=values, maker="njeri"))
    village.do(lambda unit: approve(unit, approval_id=made.id, checker="otieno"))


def sound(village: Village) -> None:
    report = village.do(lambda unit: audit_all(unit, seal_key=CODE_KEY))
    assert [one for one in report.problems if one.check not in ("everybody_was_told", "two_people_asked")] == []


def test_L_10_what_is_left_is_set_aside_and_goes_back_with_the_payee_s_yes(village: Village) -> None:
    """Part is spent: the rest goes back, the charge stays, and the limit of the day is not given back (T-06)."""
    payment = paid(village)
    paid(village, 200_00, payee=ACHIENG, payer=BARAKA)
    left, fees = village.balance(wallet(BARAKA)), village.balance(FEES)
    case = asked(village, payment)
    assert (case.held, case.state, village.balance(wallet(BARAKA))) == (left, "asked", 0)
    assert case.due_at == village.now + timedelta(seconds=village.house.packs["ke"].consent_seconds)
    ((phone, key, values, entry, _),) = village.said()
    assert (phone, key, values["reference"], values["amount"], entry) == (
        BARAKA.phone,
        "asked_back",
        ref(case.id),
        left,
        case.id,
    )
    assert village.do(lambda unit: cases_for(unit, BARAKA)) == [case]
    sound(village)
    before = village.balance(wallet(AMINA))
    back(village, case)
    assert (village.balance(wallet(AMINA)) - before, village.balance(FEES)) == (left, fees)
    assert village.used(COUNTER) == 500_00
    assert [(one.phone, one.key, one.values["amount"]) for one in village.told()] == [
        (AMINA.phone, "reversed", left),
        (BARAKA.phone, "reversed", left),
    ]
    assert village.do(lambda unit: check_reference(unit, ref(payment))).state == "partly"
    with village.refuses(CaseOver):
        back(village, case)
    with village.refuses(CaseOver):
        village.do(lambda unit: keep(unit, payee=BARAKA, case_id=case.id))
    sound(village)


@pytest.mark.parametrize("how", ["no", "silence"])
def test_L_12_a_no_and_silence_free_what_was_set_aside_and_staff_look(village: Village, how: str) -> None:
    """The payee has their money again, both are told, and the worker who comes twice does nothing twice."""
    payment = paid(village)
    case = asked(village, payment)
    village.told()
    village.now = case.due_at - timedelta(microseconds=1)
    assert village.do(free_due) == 0
    if how == "no":
        village.do(lambda unit: keep(unit, payee=BARAKA, case_id=case.id))
    else:
        village.now = case.due_at
        with village.refuses(CaseOver):
            back(village, case)
        assert village.do(free_due) == 1
    assert (village.balance(wallet(BARAKA)), village.rows(Case)[0].state) == (500_00, "open")
    assert [(one.phone, one.key) for one in village.told()] == [
        (BARAKA.phone, "freed"),
        (AMINA.phone, "not_given_back"),
    ]
    assert village.do(free_due) == 0
    sound(village)


def test_L_09_a_payment_goes_back_once_whoever_does_it(village: Village) -> None:
    """By consent and then by staff, or by staff and then asked: never more than was paid."""
    first, second = paid(village), paid(village, 300_00)
    back(village, asked(village, first))
    with pytest.raises(NotReversible):
        reversed_by_staff(village, "reverse", {"entry": first})
    reversed_by_staff(village, "reverse", {"entry": second})
    with village.refuses(NotAskable):
        asked(village, second)
    assert village.balance(wallet(BARAKA)) == 0
    assert village.do(lambda unit: check_reference(unit, ref(first))).state == "reversed"
    sound(village)


@pytest.mark.parametrize("answered", [False, True], ids=["asked", "open"])
def test_L_09_who_is_reversed_by_staff_is_asked_no_more(village: Village, answered: bool) -> None:
    """What waits for the payee's answer goes back, and nothing beside it: they are told that the case is over."""
    payment = paid(village)
    case = asked(village, payment)
    if answered:
        village.do(lambda unit: keep(unit, payee=BARAKA, case_id=case.id))
    village.told()
    reversed_by_staff(village, "reverse", {"entry": payment})
    assert (village.balance(wallet(AMINA)), village.balance(wallet(BARAKA))) == (2000_00, 0)
    assert (village.rows(Case)[0].state, village.rows(Case)[0].held) == ("done", 0)
    decided = {"reference": ref(case.id), "amount": 500_00, "name": "AMINA O"}
    told = village.told()
    assert [dict(one.values) for one in told if one.key == "case_decided"] == ([] if answered else [decided])
    assert sorted(one.phone for one in told if one.key == "reversed") == [AMINA.phone, BARAKA.phone]
    assert village.do(lambda unit: cases_for(unit, BARAKA)) == []
    with village.refuses(CaseOver):
        back(village, case)
    village.now = case.due_at
    assert village.do(free_due) == 0
    sound(village)


def test_L_09_what_is_spent_beside_a_case_is_not_reversed_and_the_case_goes_on(village: Village) -> None:
    """Staff's reversal is whole or refused: what was set aside stays so."""
    payment = paid(village)
    paid(village, 200_00, payee=ACHIENG, payer=BARAKA)
    case = asked(village, payment)
    with pytest.raises(NotEnough):
        reversed_by_staff(village, "reverse", {"entry": payment})
    assert village.do(lambda unit: cases_for(unit, BARAKA)) == [case]
    sound(village)


def test_L_10_staff_give_back_what_is_there_and_never_more(village: Village) -> None:
    """Two of them, after the payee's no; where nothing is left it is refused, and nobody goes below zero."""
    payment = paid(village)
    case = asked(village, payment)
    with pytest.raises(CaseOver):
        reversed_by_staff(village, "case_reverse", {"case": case.id})
    village.do(lambda unit: keep(unit, payee=BARAKA, case_id=case.id))
    paid(village, 493_00, payee=ACHIENG, payer=BARAKA)
    assert village.balance(wallet(BARAKA)) == 0
    with pytest.raises(NotEnough):
        reversed_by_staff(village, "case_reverse", {"case": case.id})
    village.give(BARAKA, 900_00)
    before = village.balance(wallet(AMINA))
    reversed_by_staff(village, "case_reverse", {"case": case.id})
    assert (village.balance(wallet(AMINA)) - before, village.balance(wallet(BARAKA))) == (500_00, 400_00)
    with pytest.raises(CaseOver):
        reversed_by_staff(village, "case_reverse", {"case": case.id})
    sound(village)


def test_L_09_who_gives_a_part_back_still_owes_the_rest(village: Village) -> None:
    """Staff reach it whenever there is some, never more than the payment in all; what they close stays closed."""
    payment = paid(village)
    paid(village, 450_00, payee=ACHIENG, payer=BARAKA)
    first = village.balance(wallet(BARAKA))
    case, before = asked(village, payment), village.balance(wallet(AMINA))
    back(village, case)
    row = village.rows(Case)[0]
    assert (row.state, row.held) == ("open", 0)
    assert row.due_at == village.now + timedelta(days=7)
    with pytest.raises(NotEnough):
        reversed_by_staff(village, "case_reverse", {"case": case.id})
    village.give(BARAKA, 100_00)
    reversed_by_staff(village, "case_reverse", {"case": case.id})
    assert (village.balance(wallet(AMINA)) - before, village.rows(Case)[0].state) == (first + 100_00, "open")
    village.give(BARAKA, 900_00)
    reversed_by_staff(village, "case_reverse", {"case": case.id})
    assert (village.balance(wallet(AMINA)) - before, village.rows(Case)[0].state) == (500_00, "done")
    assert village.balance(wallet(BARAKA)) == 500_00 + first
    assert village.do(lambda unit: check_reference(unit, ref(payment))).state == "reversed"
    with pytest.raises(CaseOver):
        reversed_by_staff(village, "case_reverse", {"case": case.id})
    sound(village)


def test_a_case_about_money_that_is_all_spent_goes_to_staff_at_once(village: Village) -> None:
    payment = paid(village)
    paid(village, 493_00, payee=ACHIENG, payer=BARAKA)
    case = asked(village, payment)
    assert (case.held, case.state) == (0, "open")
    village.do(lambda unit: close_case(unit, case_id=case.id, by="njeri", note="spent"))
    assert village.rows(Case)[0].state == "closed"
    with village.refuses(CaseClosed):
        village.do(lambda unit: close_case(unit, case_id=case.id, by="njeri", note="again"))
    sound(village)


def test_where_nothing_is_left_staff_have_a_week_and_a_cent_is_set_aside(village: Village) -> None:
    payment, second = paid(village, 100_00), paid(village, 50_00)
    village.post((wallet(BARAKA), wallet(ACHIENG), 149_99, Reason.SEND))
    case = asked(village, payment)
    assert (case.held, case.state) == (1, "asked")
    other = asked(village, second)
    assert (other.held, other.state, other.due_at) == (0, "open", village.now + timedelta(days=7))
    with village.refuses(CaseThere, reference=ref(case.id)):
        asked(village, payment)


def test_L_10_who_pays_at_the_moment_of_asking_has_what_is_left_set_aside(village: Village) -> None:
    """Twice: what was read was spent before it was held."""
    payment = paid(village)

    def ask(unit: Unit) -> Case:
        between = Overheard(unit)
        spent = iter([(wallet(BARAKA), wallet(ACHIENG), 300_00), (wallet(BARAKA), wallet(ACHIENG), 199_00)])

        def post(entry: Entry) -> Posted:
            if move := next(spent, None):
                moves = (Move(*move, Reason.SEND),)
                unit.books.post(Entry(id=unit.mint(), reason=Reason.SEND, at=unit.now, moves=moves))
            return unit.books.post(entry)

        between.post = post  # type: ignore[attr-defined]
        return ask_back(between.unit, payer=AMINA, payment=payment)

    village.audited = False
    assert village.do(ask).held == 1_00
    assert village.balance(wallet(BARAKA)) == 0


@pytest.mark.parametrize("who", ["payee", "staff"])
def test_L_09_who_gives_back_while_others_do_gives_no_more_than_was_paid(village: Village, who: str) -> None:
    """Whatever the rows say, what has gone back of a payment is counted in the books."""
    case = asked(village, paid(village))
    if who == "staff":
        village.do(lambda unit: keep(unit, payee=BARAKA, case_id=case.id))

    def twice(unit: Unit) -> None:
        between = Overheard(unit)

        def post(entry: Entry) -> Posted:
            move = Move(wallet(AMINA), wallet(BARAKA), 1, Reason.SEND)
            undo = Cap(undone(case.about), 1)
            unit.books.post(Entry(id=unit.mint(), reason=Reason.SEND, at=unit.now, moves=(move,), caps=(undo,)))
            return unit.books.post(entry)

        between.post = post  # type: ignore[attr-defined]
        if who == "staff":
            take_from_payee(between.unit, case_id=case.id, entry_id=unit.mint())
        else:
            give_back(between.unit, payee=BARAKA, case_id=case.id)

    with village.refuses(OverCap, left=499_99):
        village.do(twice)


def test_L_09_a_reversal_ends_the_case_about_that_payment_and_no_other(village: Village) -> None:
    """Nor a case about something else that the same payment has."""
    first, second = paid(village, 100_00), paid(village, 200_00)
    asked(village, second)
    case = asked(village, first)
    village.give(BARAKA, 500_00)
    reversed_by_staff(village, "reverse", {"entry": first})
    assert {row.about: row.state for row in village.rows(Case)} == {first: "done", second: "asked"}
    with pytest.raises(CaseOver):
        reversed_by_staff(village, "case_reverse", {"case": case.id + 1000})
    about_cash = asked(village, paid(village, 50_00))
    village.do(lambda unit: keep(unit, payee=BARAKA, case_id=about_cash.id))
    row = next(row for row in village.rows(Case) if row.id == about_cash.id)
    village.change(row, what="report")
    village.told()
    reversed_by_staff(village, "reverse", {"entry": row.about})
    assert next(one for one in village.rows(Case) if one.id == row.id).state == "open", "a report is not a reversal"
    village.audited = False


def test_L_10_the_payee_s_yes_says_what_they_have_left_and_staff_what_is_missing(village: Village) -> None:
    """A single cent is given back, too."""
    payment = paid(village)
    case = asked(village, payment)
    village.give(BARAKA, 77_00)
    assert back(village, case).balance == 77_00
    second = paid(village, 300_00)
    case = asked(village, second)
    village.do(lambda unit: keep(unit, payee=BARAKA, case_id=case.id))
    village.post((wallet(BARAKA), wallet(ACHIENG), village.balance(wallet(BARAKA)), Reason.SEND))
    with pytest.raises(NotEnough) as no:
        reversed_by_staff(village, "case_reverse", {"case": case.id})
    assert no.value.said == {"balance": 0, "total": 300_00}
    village.give(BARAKA, 1)
    reversed_by_staff(village, "case_reverse", {"case": case.id})
    assert village.balance(wallet(BARAKA)) == 0
