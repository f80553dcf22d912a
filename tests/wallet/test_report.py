"""Reporting an agent by one word: what it is about, until when, once, and that the agent hears nothing of it."""

from datetime import timedelta

import pytest

from service.ledger.chart import Reason
from service.ledger.post import resolves
from service.wallet.case import CaseThere, case_number
from service.wallet.cash_in import cash_in, quote_cash_in
from service.wallet.report import (
    CASE_SECONDS,
    NothingToReport,
    Reported,
    last_served,
    report_overcharge,
    reports_about,
)
from service.wallet.send import quote_send, send_money
from service.wallet.unit import Agent, Case, Person
from service.wallet.withdraw import return_expired
from tests.wallet.test_inbox import asked, given, quoted, waiting
from tests.wallet.test_withdraw import paid as paid_out
from tests.wallet.test_withdraw import payout
from tests.wallet.test_withdraw import waiting as held
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
    ref,
    wallet,
)


def report(village: Village, person: Person = AMINA) -> Reported:
    return village.do(lambda unit: report_overcharge(unit, person))


def paid_in(village: Village, shop: Agent = SHOP, keeper: Person = NJERI, customer: Person = AMINA) -> int:
    village.post((TRUST, float_(shop), 500_00, Reason.ISSUE))
    phone = customer.phone
    quote = village.do(lambda unit: quote_cash_in(unit, agent=shop, keeper=keeper, phone=phone, amount=500_00))
    village.do(lambda unit: cash_in(unit, agent=shop, keeper=keeper, quote=quote, pack=PACK))
    return quote.entry


def test_the_last_thing_that_an_agent_did_is_reported_once_and_the_agent_is_not_told(village: Village) -> None:
    entry = paid_in(village)
    village.told()
    reported = report(village)
    (case,) = village.rows(Case)
    assert case == Case(
        id=case.id,
        what="overcharge",
        opener=AMINA.id,
        about=entry,
        other=NJERI.id,
        state="open",
        opened_at=village.now,
        due_at=village.now + timedelta(seconds=CASE_SECONDS),
        values={"agent": "100016"},
    )
    number = village.do(lambda unit: case_number(unit, case))
    assert reported == Reported(number, "100016", ref(entry))
    assert village.said() == []
    with village.refuses(CaseThere, reference=number):
        report(village)
    assert village.do(lambda unit: reports_about(unit, SHOP)) == 1
    assert village.do(lambda unit: reports_about(unit, OTHER_SHOP)) == 0
    later = paid_in(village)
    assert report(village).reference == ref(later)
    assert village.do(lambda unit: reports_about(unit, SHOP)) == 2


def test_a_day_is_a_day(village: Village) -> None:
    paid_in(village)
    village.later(days=1, microseconds=-1)
    assert report(village).agent == "100016"
    paid_in(village)
    village.later(days=1)
    with village.refuses(NothingToReport, help_line=PACK.help_line):
        report(village)
    with village.refuses(NothingToReport, help_line=PACK.help_line):
        report(village, BARAKA)


@pytest.mark.parametrize("code_first", [True, False])
def test_cash_by_a_code_counts_when_it_was_given(village: Village, code_first: bool) -> None:
    """A code that was made before a cash-in elsewhere and paid out after it is what is reported, and the other way."""
    village.give(AMINA, 2000_00)
    row = held(village)
    if code_first:
        paid_out(village, payout(village, row))
    village.later(minutes=1)
    paid_in(village, OTHER_SHOP, ACHIENG)
    village.later(minutes=1)
    if not code_first:
        paid_out(village, payout(village, row))
    found = report(village)
    assert found.agent == ("100024" if code_first else "100016")
    if not code_first:
        entry = village.do(lambda unit: unit.books.entry_once(resolves(row.id)))
        assert entry is not None
        assert found.reference == ref(entry.id)


def test_cash_that_was_approved_counts_and_a_code_that_waits_does_not(village: Village) -> None:
    village.give(AMINA, 2000_00)
    village.later(days=2)
    held(village)
    with village.refuses(NothingToReport, help_line=PACK.help_line):
        report(village)
    asked(village)
    quote = quoted(village, waiting(village)[0])
    given(village, quote)
    assert report(village) == Reported(report_number(village), "100016", ref(quote.entry))


def report_number(village: Village) -> str:
    (case,) = village.rows(Case)
    return village.do(lambda unit: case_number(unit, case))


def test_of_those_on_one_number_the_last_who_was_served_reports(village: Village) -> None:
    """Whoever is named first; and of two at one moment the one whose entry is the later."""
    served = [paid_in(village, customer=BARAKA), paid_in(village, OTHER_SHOP, ACHIENG)]
    assert served[0] < served[1]
    assert village.do(lambda unit: report_overcharge(unit, BARAKA, AMINA)).reference == ref(served[1])
    assert village.rows(Case)[-1].opener == AMINA.id
    village.later(seconds=1)
    village.give(ACHIENG, 2000_00)
    last = village.do(lambda unit: report_overcharge(unit, ACHIENG, BARAKA))
    assert village.rows(Case)[-1].opener == ACHIENG.id
    assert last.reference not in [ref(entry) for entry in served]


def test_money_that_came_back_is_no_agent_s_work(village: Village) -> None:
    """Nobody was at the agent, whose code went out of time; nor does what waits for another person count."""
    village.give(AMINA, 2000_00)
    village.later(days=2)
    held(village)
    village.later(seconds=PACK.withdrawal_seconds)
    assert village.do(return_expired) == 1
    village.pack(undo_seconds=300)
    quote = village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=100_00))
    village.do(lambda unit: send_money(unit, payer=AMINA, quote=quote))
    with village.refuses(NothingToReport, help_line=PACK.help_line):
        report(village)


def test_what_an_agent_did_is_found_below_a_page_of_other_moves(village: Village) -> None:
    entry = paid_in(village)
    for _ in range(30):
        village.post((wallet(AMINA), wallet(BARAKA), 1, Reason.SEND))
    village.audited = False
    assert village.do(lambda unit: last_served(unit, AMINA)) == SHOP
    assert report(village).reference == ref(entry)
