"""A levy that was abolished late is given back: the worked example of Ghana, on the village's books."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.countries import Tax
from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Move, OverCap
from service.ledger.post import levy_back, reverse
from service.wallet.operator import SamePerson, approve, propose
from service.wallet.refund import (
    Batch,
    BatchChanged,
    Bite,
    NoSuchTax,
    batch_of,
    give_back,
    refund_id,
    review,
    values_of,
)
from service.wallet.send import Quote, QuoteChanged, quote_send, send_money
from service.wallet.statement import check_reference
from service.wallet.undo import settle_due
from service.wallet.unit import Approval
from service.wallet.withdraw import find_payout, pay_out, quote_withdrawal, withdraw, withdrawal_code
from tests.wallet.village import (
    ACHIENG,
    AMINA,
    BARAKA,
    CODE_KEY,
    NJERI,
    PACK,
    SHOP,
    TAX,
    Village,
    ref,
    wallet,
)

SUSPENSE = Account("ke", Kind.SUSPENSE)
MIDNIGHT = datetime(2025, 4, 1, 21, 0, tzinfo=UTC)  # 2 April begins in Nairobi
OPEN = Tax("e-levy", "send", 1_00, "up", date(2023, 1, 1), None, "test")
ENDED = replace(OPEN, valid_to=date(2025, 4, 1))
DAY = Batch("ke", "e-levy", date(2025, 4, 2), date(2025, 4, 2))


def levied(village: Village, *taxes: Tax) -> None:
    village.pack(taxes=(*PACK.taxes, *taxes))


def paid(village: Village, amount: int = 300_00, payer: Any = AMINA, payee: Any = BARAKA) -> int:
    quote = village.do(lambda unit: quote_send(unit, payer=payer, phone=payee.phone, amount=amount))
    return village.do(lambda unit: send_money(unit, payer=payer, quote=quote)).entry


def reviewed(village: Village, batch: Batch = DAY) -> tuple[int, int]:
    return village.do(lambda unit: review(unit, batch))


def given(village: Village, batch: Batch = DAY, **more: Any) -> Bite:
    return village.do(lambda unit: give_back(unit, batch, **more))


@pytest.fixture
def morning(village: Village) -> Village:
    """9:15 of a day on which the levy should have been gone, and is still taken."""
    levied(village, OPEN)
    village.now = MIDNIGHT - timedelta(hours=12)
    village.give(AMINA, 5000_00)
    village.give(BARAKA, 5000_00)
    village.now = MIDNIGHT + timedelta(hours=9, minutes=15)
    return village


def test_what_was_taken_after_the_end_is_given_back_whole(morning: Village) -> None:
    """Points 2 to 4: the entry stays as it is, the payer gets 3.00 by an entry of its own and is told once."""
    entry = paid(morning)
    before, posted = morning.balance(wallet(AMINA)), morning.entry(entry)
    used = morning.used(f"out:{AMINA.id}:2025-04-02")
    assert morning.balance(TAX) == 3_00 + 91
    assert reviewed(morning) == (0, 0), "by the pack as it stood it was lawful"
    levied(morning, ENDED)
    morning.told()
    assert reviewed(morning) == (1, 3_00)
    morning.later(hours=2)
    assert given(morning) == Bite(1, 3_00, None)
    back = Move(TAX, wallet(AMINA), 3_00, Reason.LEVY_REFUND)
    assert morning.entry(refund_id(entry)) == Recorded(refund_id(entry), Reason.LEVY_REFUND, morning.now, (back,), None)
    assert morning.entry(entry) == posted
    assert (morning.balance(TAX), morning.balance(wallet(AMINA))) == (91, before + 3_00)
    assert morning.used(f"out:{AMINA.id}:2025-04-02") == used, "the day's limit is not touched"
    values = {"reference": ref(refund_id(entry)), "original": ref(entry), "amount": 3_00, "balance": before + 3_00}
    assert morning.said() == [
        (AMINA.phone, "levy_refund", values | {"at": morning.now.isoformat()}, refund_id(entry), None)
    ]
    checked = morning.do(lambda unit: check_reference(unit, ref(entry)))
    assert (checked.state, checked.amount, checked.levy_returned) == ("done", 300_00, 3_00)


def test_T_01_the_day_is_that_of_the_country(morning: Village) -> None:
    """One payment at the last instant of 1 April in Nairobi, one at the first of 2 April, one a day later."""
    morning.now = MIDNIGHT - timedelta(microseconds=100)
    lawful = paid(morning)
    morning.now = MIDNIGHT
    wrong = paid(morning, 301_00)
    morning.now = MIDNIGHT + timedelta(days=1)
    later = paid(morning, 302_00)
    levied(morning, ENDED)
    assert reviewed(morning) == (1, 3_01)
    assert reviewed(morning, DAY._replace(first=date(2025, 3, 1), last=date(2025, 4, 9))) == (2, 6_03)
    assert given(morning).entries == 1
    assert [morning.entry(refund_id(entry)) is not None for entry in (lawful, wrong, later)] == [False, True, False]


def test_however_often_it_is_run_it_happens_once(morning: Village) -> None:
    entries = [paid(morning, 100_00 + n) for n in range(7)]
    levied(morning, ENDED)
    taken = reviewed(morning)
    assert taken == (7, 1_00 + 6 * 1_01)
    before, sums = None, 0
    for _ in range(40):
        bite = given(morning, before=before, limit=3)
        sums, before = sums + bite.total, bite.before
        if before is None:
            break
    assert sums == taken[1]
    told = sorted(said[3] or 0 for said in morning.said() if said[1] == "levy_refund")
    assert told == sorted(map(refund_id, entries)), "one message each"
    done = morning.everything()
    assert given(morning) == Bite(0, 0, None)
    assert reviewed(morning) == (0, 0)
    assert morning.everything() == done


def test_a_crash_half_way_leaves_the_rest_for_the_next_run(morning: Village) -> None:
    for amount in range(100_00, 106_00, 1_00):
        paid(morning, amount)
    levied(morning, ENDED)
    entries, total = reviewed(morning)
    first = given(morning, limit=9)
    assert 0 < first.entries < entries
    rest = given(morning)  # from the beginning, as after a crash
    assert (first.entries + rest.entries, first.total + rest.total) == (entries, total)


def test_a_rate_that_was_too_high_is_given_back_in_part(morning: Village) -> None:
    entry = paid(morning, 300_00)
    levied(morning, ENDED, replace(OPEN, basis_points=25, valid_from=date(2025, 4, 2)))
    assert reviewed(morning) == (1, 2_25)
    given(morning)
    assert reviewed(morning) == (0, 0)
    assert morning.entry(refund_id(entry)) is not None


def test_what_was_reversed_is_not_given_back_again(morning: Village) -> None:
    """Its levy went back with it."""
    morning.audited = False
    entry = paid(morning)
    original = morning.entry(entry)
    assert original is not None
    before = morning.balance(wallet(AMINA))
    morning.do(lambda unit: reverse(unit.books, original, entry_id=unit.mint(), at=morning.now))
    assert morning.balance(wallet(AMINA)) == before + 300_00 + 7_00 + 3_00
    levied(morning, ENDED)
    assert reviewed(morning) == (0, 0)
    assert given(morning) == Bite(0, 0, None)


def test_a_reversal_after_the_refund_does_not_give_the_levy_back_again(morning: Village) -> None:
    morning.audited = False
    entry = paid(morning)
    levied(morning, ENDED)
    given(morning)
    original, before = morning.entry(entry), morning.balance(wallet(AMINA))
    assert original is not None
    undone = morning.do(lambda unit: reverse(unit.books, original, entry_id=entry + 500, at=morning.now))
    assert morning.balance(wallet(AMINA)) == before + 300_00 + 7_00
    assert morning.balance(TAX) == 0
    morning.later(minutes=1)
    again = morning.do(lambda unit: reverse(unit.books, original, entry_id=entry + 500, at=morning.now))
    assert again == undone._replace(repeated=True)


def test_a_reversal_and_a_refund_at_once_give_the_levy_back_once(morning: Village) -> None:
    """Whoever has not seen the other is stopped by the counter that both add to."""
    morning.audited = False
    entry = paid(morning)
    original = morning.entry(entry)
    assert original is not None
    morning.do(lambda unit: reverse(unit.books, original, entry_id=unit.mint(), at=morning.now))
    assert morning.used(levy_back(entry)) == 3_00
    levied(morning, ENDED)

    class Blind:
        """Books as they were before the reversal, for who asks what has been; what is posted is decided on the true."""

        def __init__(self, books: Any) -> None:
            self.books = books

        def __getattr__(self, name: str) -> Any:
            return getattr(self.books, name)

        def entry_once(self, _: str) -> None:
            return None

        def used(self, _: str) -> int:
            return 0

    with pytest.raises(OverCap):
        morning.do(lambda unit: give_back(replace(unit, books=Blind(unit.books)), DAY))


def test_a_reversal_after_the_end_gives_back_the_levy_that_was_taken_then(morning: Village) -> None:
    """Point 5: a payment of March is reversed in April."""
    morning.audited = False
    morning.now = MIDNIGHT - timedelta(days=10)
    before = morning.balance(wallet(AMINA))
    entry = paid(morning)
    levied(morning, ENDED)
    morning.now = MIDNIGHT + timedelta(days=1)
    original = morning.entry(entry)
    assert original is not None
    morning.do(lambda unit: reverse(unit.books, original, entry_id=unit.mint(), at=morning.now))
    assert morning.balance(wallet(AMINA)) == before
    assert reviewed(morning, DAY._replace(first=date(2025, 3, 1))) == (0, 0)


def test_a_payment_begun_before_the_end_and_confirmed_after_is_quoted_again(morning: Village) -> None:
    """Point 1 and 5: the moment of the posting decides, not that of the quote."""
    levied(morning, ENDED)
    morning.now = MIDNIGHT - timedelta(microseconds=100)
    quote: Quote = morning.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=300_00))
    assert quote.levy == 3_00
    morning.now = MIDNIGHT
    with pytest.raises(QuoteChanged):
        morning.do(lambda unit: send_money(unit, payer=AMINA, quote=quote))


@pytest.mark.parametrize(("state", "where"), [("closed", SUSPENSE), ("blocked", wallet(AMINA))])
def test_L_19_who_is_closed_or_blocked_loses_nothing(morning: Village, state: str, where: Account) -> None:
    """Money comes in where a wallet is blocked; that of a closed one waits for its owner, and nobody is told."""
    paid(morning)
    levied(morning, ENDED)
    morning.change(AMINA, state=state)
    before = morning.balance(where)
    morning.told()
    assert given(morning) == Bite(1, 3_00, None)
    assert morning.balance(where) == before + 3_00
    assert len(morning.told()) == (state == "blocked")
    assert reviewed(morning) == (0, 0)


def test_a_tax_on_a_withdrawal_goes_back_to_who_withdrew(village: Village) -> None:
    tax = Tax("cash tax", "withdraw", 50, "up", date(2023, 1, 1), None, "test")
    levied(village, tax)
    village.give(AMINA, 1000_00)
    quote = village.do(lambda unit: quote_withdrawal(unit, payer=AMINA, agent_number=SHOP.number, amount=200_00))
    held = village.do(lambda unit: withdraw(unit, payer=AMINA, quote=quote, pack=village.house.packs["ke"])).entry
    code = withdrawal_code(CODE_KEY, held)
    village.later(minutes=5)
    found: Any = village.do(lambda unit: find_payout(unit, agent=SHOP, keeper=NJERI, code=code))
    village.do(lambda unit: pay_out(unit, agent=SHOP, keeper=NJERI, payout=found, pack=village.house.packs["ke"]))
    levied(village, replace(tax, valid_to=village.now.date() - timedelta(days=1)))
    before = village.balance(wallet(AMINA))
    assert given(village, Batch("ke", "cash tax", village.now.date(), village.now.date())) == Bite(1, 1_00, None)
    assert village.balance(wallet(AMINA)) == before + 1_00


def test_a_payment_that_was_held_is_judged_by_the_moment_it_was_made(morning: Village) -> None:
    """One made in the last minute of the levy and arrived after it was lawful; of one made later the levy goes back."""
    morning.audited = False
    morning.pack(taxes=(*PACK.taxes, OPEN), undo_seconds=300)
    morning.now = MIDNIGHT - timedelta(minutes=1)
    lawful = paid(morning, 200_00)
    morning.now = MIDNIGHT + timedelta(minutes=10)
    wrong = paid(morning, 300_00, payee=ACHIENG)
    for _ in range(2):
        morning.later(minutes=10)
        morning.do(settle_due)
    assert morning.balance(TAX) >= 5_00
    levied(morning, ENDED)
    before = morning.balance(wallet(AMINA))
    assert given(morning) == Bite(1, 3_00, None)
    assert (morning.entry(refund_id(lawful)), morning.balance(wallet(AMINA))) == (None, before + 3_00)
    assert morning.do(lambda unit: check_reference(unit, ref(wrong))).levy_returned == 3_00
    original = morning.entry(wrong)
    assert original is not None
    morning.do(lambda unit: reverse(unit.books, original, entry_id=unit.mint(), at=morning.now))
    assert morning.balance(wallet(AMINA)) == before + 3_00 + 300_00 + 7_00


def test_two_different_people_and_what_was_reviewed(morning: Village) -> None:
    paid(morning)
    levied(morning, ENDED)
    values = values_of(DAY, *reviewed(morning))
    assert values == {
        "country": "ke", "tax": "e-levy", "from": "2025-04-02", "to": "2025-04-02", "entries": 1, "amount": 3_00,
    }  # fmt: skip
    assert batch_of(values) == DAY
    made = morning.do(lambda unit: propose(unit, act="refund", values=values, maker="ann")).id
    with pytest.raises(SamePerson):
        morning.do(lambda unit: approve(unit, approval_id=made, checker="Ann"))
    levied(morning, OPEN)
    with pytest.raises(BatchChanged):
        morning.do(lambda unit: approve(unit, approval_id=made, checker="bob"))
    levied(morning, ENDED)
    result = morning.do(lambda unit: approve(unit, approval_id=made, checker="bob"))
    assert result == {"country": "ke", "entries": 1, "amount": 3_00}
    assert [row.state for row in morning.rows(Approval)] == ["approved"]


@pytest.mark.parametrize("name", ["excise", "e-levvy"])
def test_a_tax_that_nobody_paid_beside_a_charge_is_refused(morning: Village, name: str) -> None:
    """Excise stands inside the charge, which stays what it is."""
    with pytest.raises(NoSuchTax):
        reviewed(morning, DAY._replace(tax=name))
