"""Asking for money back: what can be asked for, who answers, and what staff then see."""

from datetime import timedelta

import pytest

from service.ledger.chart import Reason
from service.refusal import Refusal
from service.wallet.case import CaseThere
from service.wallet.reversal import (
    CaseOver,
    NotAskable,
    cases_for,
    free_due,
    payments_to_ask,
)
from service.wallet.undo import settle_due
from service.wallet.unit import Case, Unit
from tests.wallet.test_reversal import asked, back, paid
from tests.wallet.village import ACHIENG, AMINA, BARAKA, Village, person, ref, wallet

COUNTER = f"out:{AMINA.id}:2026-11-22"


@pytest.fixture(autouse=True)
def _money(village: Village) -> None:
    village.give(AMINA, 2000_00)


def test_F_06_what_cannot_be_asked_back(village: Village) -> None:
    """A shop's money, somebody else's payment, what is a day old, what was asked before, what still waits."""
    shop, payment = paid(village, 100_00, payee=ACHIENG), paid(village)
    for wrong, payer in ((shop, AMINA), (payment, BARAKA), (payment + 1000, AMINA)):
        with village.refuses(NotAskable):
            asked(village, wrong, payer)
    assert [one.entry for one in village.do(lambda unit: payments_to_ask(unit, AMINA))] == [payment]
    case = asked(village, payment)
    with village.refuses(CaseThere, reference=ref(case.id)):
        asked(village, payment)
    assert village.do(lambda unit: payments_to_ask(unit, AMINA)) == []
    village.pack(undo_seconds=300)
    village.give(ACHIENG, 500_00)
    waits = paid(village, 100_00, payee=BARAKA, payer=ACHIENG)
    with village.refuses(NotAskable):
        asked(village, waits, ACHIENG)
    village.later(seconds=300)
    village.do(settle_due)
    assert [one.amount for one in village.do(lambda unit: payments_to_ask(unit, ACHIENG))] == [100_00]
    village.later(seconds=village.house.packs["ke"].request_seconds - 300)
    with village.refuses(NotAskable):
        asked(village, waits, ACHIENG)


def test_only_who_was_paid_answers(village: Village) -> None:
    case = asked(village, paid(village))
    refused: type[Refusal] = CaseOver
    with village.refuses(refused):
        back(village, case, payee=ACHIENG)
    entry = village.entry(case.id)
    assert entry is not None
    assert entry.reason == Reason.HOLD


def test_F_06_what_is_offered_to_be_asked_back_is_what_can_be(village: Village) -> None:
    """One's own payments to people within the day, newest first, five at most: not cash, not what others sent."""
    shop, day_ = paid(village, 10_00, payee=ACHIENG), timedelta(seconds=village.house.packs["ke"].request_seconds)

    def offered() -> list[int]:
        return [one.entry for one in village.do(lambda unit: payments_to_ask(unit, AMINA))]

    old = paid(village, 20_00)
    village.later(seconds=1)
    payments = [paid(village, 30_00) for _ in range(5)]
    village.give(BARAKA, 100_00)
    paid(village, 1_00, payee=AMINA, payer=BARAKA)
    assert offered() == payments[::-1]
    assert shop not in offered()
    case = asked(village, payments[4])
    assert offered() == [*payments[3::-1], old]
    village.now = village.entry(old).at + day_  # type: ignore[union-attr]
    assert offered() == payments[3::-1]
    report = village.rows(Case)[0]
    village.change(report, what="report")
    assert offered() == payments[::-1], "a case about something else"
    village.change(BARAKA, state="closed")
    assert offered() == []
    with village.refuses(NotAskable):
        asked(village, payments[0])
    assert case.other == BARAKA.id


def test_only_cases_about_one_s_own_wallet_wait_for_one_and_until_their_time(village: Village) -> None:
    """Each is freed in a commit of its own; staff then have a week."""
    chebet = person(910, "Chebet Rono", "+254733000010")

    def come(unit: Unit) -> None:
        unit.rows.add(chebet)
        unit.books.open(wallet(chebet))

    village.do(come)
    mine, theirs = asked(village, paid(village, 100_00)), asked(village, paid(village, 200_00, payee=chebet))
    assert village.do(lambda unit: cases_for(unit, BARAKA)) == [mine]
    assert village.do(lambda unit: cases_for(unit, chebet)) == [theirs]
    village.now = mine.due_at
    assert village.do(lambda unit: cases_for(unit, BARAKA)) == []
    assert [village.do(free_due) for _ in range(3)] == [1, 1, 0]
    assert {(row.state, row.held, row.due_at) for row in village.rows(Case)} == {
        ("open", 0, village.now + timedelta(days=7))
    }
