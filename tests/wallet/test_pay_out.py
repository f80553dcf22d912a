"""Paying out: which code finds which withdrawal, what is posted, earned and told, and who is paid nothing."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Entry, Move
from service.ledger.post import held_by, hold, post, resolves
from service.wallet.batch import Bulk, account_of
from service.wallet.pin import PinLocked
from service.wallet.receipt import Receipt
from service.wallet.unit import Tally, Unit, Voucher, Withdrawal
from service.wallet.withdraw import (
    VOUCHER,
    Payout,
    WrongCode,
    code_is_good,
    pay_out,
)
from service.wallet.wrong_codes import TooManyCodes
from tests.wallet.test_withdraw import UNPAID, code, found, paid, payout, waiting
from tests.wallet.village import (
    ACHIENG,
    AMINA,
    BARAKA,
    FEES,
    NJERI,
    NOON,
    OTHER_SHOP,
    PACK,
    SHOP,
    TAX,
    TRUST,
    Village,
    commission,
    float_,
    ref,
)

PAIR = f"pair:withdraw:{SHOP.number}:{AMINA.id}:2026-11-22"


def test_a_code_finds_its_withdrawal_at_its_agent(village: Village) -> None:
    village.give(AMINA, 2000_00)
    rows = [waiting(village), waiting(village, 100_00)]
    one = payout(village, rows[1])
    assert one == Payout(one.entry, rows[1].id, "AMINA O", 100_00)
    assert [notice.key for notice in village.told()] == []
    assert isinstance(found(village, code(rows[0]), OTHER_SHOP, ACHIENG), WrongCode)
    village.now = rows[0].expires_at - timedelta(microseconds=1)
    payout(village, rows[0])
    assert village.do(lambda unit: code_is_good(unit, rows[0].id))
    village.now = rows[0].expires_at
    assert isinstance(found(village, code(rows[0])), WrongCode)
    assert not village.do(lambda unit: code_is_good(unit, rows[0].id))


def test_L_12_however_many_wait_at_an_agent_the_last_is_found(village: Village) -> None:
    """The codes of others do not hide one."""
    village.audited = False
    village.give(AMINA, 2000_00)
    row = waiting(village)
    others = [replace(row, id=number, person=BARAKA.id) for number in range(100_000, 100_150)]
    village.do(lambda unit: [unit.rows.add(other) for other in others])
    last = village.change(others[-1], person=AMINA.id)
    assert payout(village, last).withdrawal == last.id


@pytest.mark.parametrize("state", ["paid", "returned"])
def test_a_code_that_was_used_or_returned_is_not_good(village: Village, state: str) -> None:
    village.audited = False
    village.give(AMINA, 2000_00)
    row = village.change(waiting(village), state=state)
    assert isinstance(found(village, code(row)), WrongCode)
    assert not village.do(lambda unit: code_is_good(unit, row.id))
    assert not village.do(lambda unit: code_is_good(unit, row.id + 1))


@pytest.mark.parametrize("state", ["blocked", "closed"])
def test_nobody_is_paid_for_the_code_of_one_who_was_blocked(village: Village, state: str) -> None:
    village.give(AMINA, 2000_00)
    row = waiting(village)
    one = payout(village, row)
    village.change(AMINA, state=state)
    assert isinstance(found(village, code(row)), WrongCode)
    with village.refuses(WrongCode):
        paid(village, one)


def test_P_14_after_three_wrong_codes_an_agent_waits_longer_and_longer(village: Village) -> None:
    """Until then no code is looked at, right or not; the next hour begins anew; good codes do not count."""
    village.give(AMINA, 2000_00)
    row = waiting(village)
    for _ in range(5):
        payout(village, row)
    for _ in range(3):
        assert isinstance(found(village, "0000000"), WrongCode)
    key = f"codes:{SHOP.number}:2026112209"
    assert [(one.key, one.count) for one in village.rows(Tally)] == [(key, 3)]
    with village.refuses(TooManyCodes, minutes=1):
        found(village, code(row))
    assert isinstance(found(village, "0000000", OTHER_SHOP, ACHIENG), WrongCode)
    village.later(minutes=1)
    payout(village, row)
    assert isinstance(found(village, "0000000"), WrongCode)
    village.later(seconds=59)
    with village.refuses(TooManyCodes, minutes=2):
        found(village, code(row))
    village.later(seconds=61)
    payout(village, row)


def test_P_14_an_agent_has_eight_guesses_an_hour(village: Village) -> None:
    """Whoever types without a pause: so many of nine million codes, and the next hour as many."""
    ends, tries = village.now + timedelta(hours=2), list[datetime]()
    while village.now < ends:
        try:
            assert isinstance(found(village, "0000000"), WrongCode)
            tries.append(village.now)
        except TooManyCodes as no:
            village.later(minutes=int(str(no.said["minutes"])) - 1, seconds=59)
        village.later(seconds=1)
    assert len(tries) == 16
    assert [one - NOON < timedelta(hours=1) for one in tries] == [True] * 8 + [False] * 8


def test_an_agent_whose_pin_is_locked_pays_nothing_out(village: Village) -> None:
    village.give(AMINA, 2000_00)
    row = waiting(village)
    locked = village.change(NJERI, pin_tries=3)
    with village.refuses(PinLocked, service_code=PACK.people_code, help_line=PACK.help_line):
        found(village, code(row), keeper=locked)


def test_paying_out_is_one_entry_two_messages_and_a_row(village: Village) -> None:
    village.give(AMINA, 2000_00)
    row = waiting(village)
    village.later(minutes=1)
    one = payout(village, row)
    receipt = paid(village, one)
    assert receipt == Receipt(one.entry, ref(one.entry), village.now, 500_00, False)
    account = held_by("ke", row.id)
    moves = (
        Move(account, float_(SHOP), 500_00, Reason.WITHDRAW),
        Move(account, FEES, 25_22, Reason.FEE),
        Move(account, TAX, 3_78, Reason.EXCISE),
        Move(FEES, commission(SHOP), 8_00, Reason.COMMISSION),
    )
    recorded = Recorded(one.entry, Reason.WITHDRAW, village.now, moves, resolves(row.id))
    assert village.entry(one.entry) == recorded
    assert village.used(PAIR) == 500_00
    assert village.rows(Withdrawal)[0].state == "paid"
    common = {"reference": ref(one.entry), "amount": 500_00, "at": village.now.isoformat()}
    got = {"agent": "100016", "agent_name": "Duka la Njeri", "fee": 29_00, "levy": 0, "balance": 1471_00}
    gave = {"name": "AMINA O", "number": "0711***001", "balance": 500_00}
    assert village.said() == [
        (AMINA.phone, "withdrawn", common | got, one.entry, None),
        (NJERI.phone, "paid_out", common | gave, one.entry, None),
    ]
    before = village.everything()
    assert paid(village, one) == receipt._replace(repeated=True)
    assert village.everything() == before
    with village.refuses(WrongCode):
        paid(village, one._replace(entry=one.entry + 500))


def test_where_nothing_is_earned_no_commission_moves(village: Village) -> None:
    village.pack(commissions=UNPAID)
    village.give(AMINA, 2000_00)
    row = waiting(village)
    pack = village.house.packs["ke"]
    one = payout(village, row)
    village.do(lambda unit: pay_out(unit, agent=SHOP, keeper=NJERI, payout=one, pack=pack))
    recorded = village.entry(one.entry)
    assert recorded is not None
    assert [move.reason for move in recorded.moves] == [Reason.WITHDRAW, Reason.FEE, Reason.EXCISE]


def test_only_the_agent_of_a_withdrawal_pays_it_out_and_in_time(village: Village) -> None:
    village.give(AMINA, 2000_00)
    row = waiting(village)
    one = payout(village, row)
    with village.refuses(WrongCode):
        paid(village, one, OTHER_SHOP, ACHIENG)
    village.now = row.expires_at
    with village.refuses(WrongCode):
        paid(village, one)
    village.now = row.expires_at - timedelta(microseconds=1)
    paid(village, one)


def test_P_10_nobody_is_paid_for_the_code_of_one_whose_sim_was_just_changed(village: Village) -> None:
    """Neither found nor paid, and paid once that time is over."""
    village.give(AMINA, 2000_00)
    row = waiting(village)
    one = payout(village, row)
    village.change(AMINA, swapped_at=village.now - timedelta(seconds=PACK.swap_seconds - 1))
    assert isinstance(found(village, code(row)), WrongCode)
    with village.refuses(WrongCode):
        paid(village, one)
    village.later(seconds=1)
    assert payout(village, row).withdrawal == row.id
    paid(village, one)


def test_each_who_is_paid_by_a_batch_is_a_customer_of_their_own(village: Village) -> None:
    """Two cash vouchers of one batch at one agent: each earns what a first one of the day earns."""
    village.audited = False

    def settle(unit: Unit) -> list[int]:
        batch = Bulk(
            id=unit.mint(), country="ke", name="wages", digest="d", lines=2, amount=200_00, charge=0, at=unit.now
        )
        unit.rows.append(batch)
        unit.books.open(account_of(batch))
        post(unit.books, entry(unit, Move(TRUST, account_of(batch), 200_00, Reason.ISSUE)))
        holds = []
        for number in range(2):
            hold_id = unit.mint()
            hold(unit.books, entry_id=hold_id, at=unit.now, source=account_of(batch), amount=100_00)
            unit.rows.append(
                Withdrawal(
                    id=hold_id,
                    person=batch.id,
                    agent=VOUCHER,
                    amount=100_00,
                    fee=0,
                    excise=0,
                    expires_at=unit.now + timedelta(days=1),
                )
            )
            unit.rows.append(Voucher(id=hold_id, phone=f"+25479900000{number}", secret="", code_index=str(number)))
            holds.append(hold_id)
        return holds

    def entry(unit: Unit, move: Move) -> Entry:
        return Entry(id=unit.mint(), reason=move.reason, at=unit.now, moves=(move,))

    before = village.balance(commission(SHOP))
    for hold_id in village.do(settle):
        made = village.do(lambda unit: unit.mint())
        paid(village, Payout(made, hold_id, "", 100_00, voucher=True, opened=True))
        earned, before = village.balance(commission(SHOP)) - before, village.balance(commission(SHOP))
        assert earned == 5_00
        assert village.used(f"pair:withdraw:{SHOP.number}:{hold_id}:2026-11-22") == 100_00
