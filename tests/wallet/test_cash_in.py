"""Cash-in: what an agent sees, what is posted, earned and told, and each refusal at its edge."""

from dataclasses import replace

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Move, NotEnough, TooFull
from service.wallet.cash_in import CashIn, cash_in, quote_cash_in
from service.wallet.people import UnknownPerson
from service.wallet.pin import PinLocked
from service.wallet.receipt import Receipt
from service.wallet.send import SelfPayment
from service.wallet.unit import Person, Withdrawal
from tests.wallet.village import (
    AMINA,
    FEES,
    NJERI,
    PACK,
    SHOP,
    TRUST,
    UGANDAN,
    Village,
    commission,
    float_,
    ref,
    wallet,
)

PAIR = f"pair:cash_in:{SHOP.number}:{AMINA.id}:2026-11-22"


@pytest.fixture(autouse=True)
def _stocked(village: Village) -> None:
    village.post((TRUST, float_(SHOP), 1000_00, Reason.ISSUE))


def quoted(village: Village, amount: int = 500_00, phone: str = AMINA.phone, keeper: Person = NJERI) -> CashIn:
    return village.do(lambda unit: quote_cash_in(unit, agent=SHOP, keeper=keeper, phone=phone, amount=amount))


def paid(village: Village, quote: CashIn) -> Receipt:
    pack = village.house.packs["ke"]
    return village.do(lambda unit: cash_in(unit, agent=SHOP, keeper=NJERI, quote=quote, pack=pack))


def test_cash_in_is_one_entry_two_messages_and_a_commission(village: Village) -> None:
    quote = quoted(village)
    assert quote == CashIn(quote.entry, AMINA.id, "AMINA O", 500_00)
    village.later(minutes=1)
    receipt = paid(village, quote)
    assert receipt == Receipt(quote.entry, ref(quote.entry), village.now, 500_00, False)
    moves = (
        Move(float_(SHOP), wallet(AMINA), 500_00, Reason.CASH_IN),
        Move(FEES, commission(SHOP), 8_00, Reason.COMMISSION),
    )
    assert village.entry(quote.entry) == Recorded(quote.entry, Reason.CASH_IN, village.now, moves, None)
    assert village.used(PAIR) == 500_00
    common = {"reference": ref(quote.entry), "amount": 500_00, "at": village.now.isoformat()}
    shop = {"agent": "100016", "agent_name": "Duka la Njeri", "balance": 500_00}
    kept = {"name": "AMINA O", "number": "0711***001", "balance": 500_00}
    assert village.said() == [
        (AMINA.phone, "cash_in", common | shop, quote.entry, None),
        (NJERI.phone, "cash_in_agent", common | kept, quote.entry, None),
        (NJERI.phone, "low_float", {"balance": 500_00}, None, None),
    ]
    before = village.everything()
    assert paid(village, quote) == receipt._replace(repeated=True)
    assert village.everything() == before


def test_where_nothing_is_earned_no_commission_moves(village: Village) -> None:
    quote = quoted(village, 40_00)
    paid(village, quote)
    moves = (Move(float_(SHOP), wallet(AMINA), 40_00, Reason.CASH_IN),)
    assert village.entry(quote.entry) == Recorded(quote.entry, Reason.CASH_IN, village.now, moves, None)


def test_splitting_a_day_s_cash_in_earns_the_agent_nothing(village: Village) -> None:
    """Ten times 50 earn what 500 at once would have: commission is that of the day's sum."""
    for _ in range(10):
        paid(village, quoted(village, 50_00))
    assert village.balance(commission(SHOP)) == 8_00
    village.later(days=1)
    paid(village, quoted(village, 50_00))
    assert village.balance(commission(SHOP)) == 12_00


def test_each_refusal_at_its_edge(village: Village) -> None:
    quoted(village, 1000_00)
    with village.refuses(NotEnough, balance=1000_00, total=1000_01):
        quoted(village, 1000_01)
    with village.refuses(SelfPayment):
        quoted(village, phone=NJERI.phone)
    for nobody in ("+254799999999", UGANDAN.phone):
        with village.refuses(UnknownPerson):
            quoted(village, phone=nobody)
    locked = village.change(NJERI, pin_tries=3)
    with village.refuses(PinLocked, service_code=PACK.people_code, help_line=PACK.help_line):
        quoted(village, keeper=locked)
    quote = quoted(village, 500_00)
    village.post((float_(SHOP), TRUST, 500_01, Reason.REDEEM))
    with village.refuses(NotEnough, balance=499_99, total=500_00):
        paid(village, quote)


def test_a_wallet_is_not_filled_beyond_its_tier_what_is_held_included(village: Village) -> None:
    village.audited = False
    village.tier(balance=600_00)
    quote = quoted(village)
    row = Withdrawal(id=77, person=AMINA.id, agent="1", amount=80_00, fee=15_00, excise=5_01, expires_at=village.now)
    village.do(lambda unit: unit.rows.add(row))
    with village.refuses(TooFull, room=499_99):
        paid(village, quote)
    village.change(row, excise=5_00)
    assert paid(village, quote).balance == 500_00


def test_a_charge_for_cash_in_is_not_silently_left_out(village: Village) -> None:
    village.pack(charges=tuple(replace(one, service="cash_in") for one in PACK.charges if one.service == "send"))
    with pytest.raises(AssertionError):
        quoted(village)
