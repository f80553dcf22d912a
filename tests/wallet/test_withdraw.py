"""Withdrawing: what is held, who is paid for which code, what is given back, and each refusal at its edge."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Move, NotEnough, OverCap
from service.ledger.post import held_by, resolves
from service.refusal import Refusal
from service.wallet.agent import UnknownAgent
from service.wallet.limits import OverSingle
from service.wallet.pin import PinLocked
from service.wallet.receipt import Receipt
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.unit import Agent, Person, Rows, Tally, Unit, Withdrawal
from service.wallet.withdraw import (
    Payout,
    Quote,
    TooManyCodes,
    TooManyWaiting,
    WrongCode,
    code_is_good,
    expires_at,
    find_payout,
    pay_out,
    quote_withdrawal,
    return_expired,
    return_expired_of,
    withdraw,
    withdrawal_code,
)
from tests.wallet.village import (
    ACHIENG,
    AMINA,
    BARAKA,
    CODE_KEY,
    FEES,
    NJERI,
    OTHER_SHOP,
    PACK,
    SHOP,
    TAX,
    Village,
    commission,
    float_,
    ref,
    wallet,
)

COUNTER = f"out:{AMINA.id}:2026-11-22"
PAIR = f"pair:withdraw:{SHOP.number}:{AMINA.id}:2026-11-22"


UNPAID = tuple(replace(one, bands=tuple(band._replace(pays=0) for band in one.bands)) for one in PACK.commissions)


def quoted(village: Village, amount: int = 500_00, agent: str = SHOP.number, payer: Person = AMINA) -> Quote:
    return village.do(lambda unit: quote_withdrawal(unit, payer=payer, agent_number=agent, amount=amount))


def held(village: Village, quote: Quote, payer: Person = AMINA) -> Receipt:
    pack = village.house.packs["ke"]
    return village.do(lambda unit: withdraw(unit, payer=payer, quote=quote, pack=pack))


def waiting(village: Village, amount: int = 500_00) -> Withdrawal:
    """Hold an amount at the first shop and return the row, its message read."""
    quote = quoted(village, amount)
    held(village, quote)
    village.told()
    return next(row for row in village.rows(Withdrawal) if row.id == quote.entry)


def code(row: Withdrawal) -> str:
    return withdrawal_code(CODE_KEY, row.id)


def found(village: Village, typed: str, agent: Agent = SHOP, keeper: Person = NJERI) -> Payout | Refusal:
    return village.do(lambda unit: find_payout(unit, agent=agent, keeper=keeper, code=typed))


def payout(village: Village, row: Withdrawal) -> Payout:
    one = found(village, code(row))
    assert isinstance(one, Payout)
    return one


def paid(village: Village, one: Payout, agent: Agent = SHOP, keeper: Person = NJERI) -> Receipt:
    return village.do(lambda unit: pay_out(unit, agent=agent, keeper=keeper, payout=one, pack=PACK))


def test_a_quote_shows_everything_and_moves_nothing(village: Village) -> None:
    village.give(AMINA, 2000_00)
    before = village.everything()
    quote = quoted(village)
    assert quote == Quote(quote.entry, "100016", "Duka la Njeri", 500_00, 25_22, 3_78)
    assert (quote.charge, quote.total) == (29_00, 529_00)
    assert village.everything() == before


def test_what_is_withdrawn_is_held_and_its_code_is_sent(village: Village) -> None:
    village.give(AMINA, 2000_00)
    quote = quoted(village)
    village.later(minutes=1)
    receipt = held(village, quote)
    assert receipt == Receipt(quote.entry, ref(quote.entry), village.now, 1471_00, False)
    account, until = held_by("ke", quote.entry), village.now + timedelta(minutes=15)
    moves = (Move(wallet(AMINA), account, 529_00, Reason.HOLD),)
    assert village.entry(quote.entry) == Recorded(quote.entry, Reason.HOLD, village.now, moves, None)
    assert village.used(COUNTER) == 500_00
    row = Withdrawal(
        id=quote.entry, person=AMINA.id, agent="100016", amount=500_00, fee=25_22, excise=3_78, expires_at=until
    )
    assert village.rows(Withdrawal) == [row]
    values = {
        "reference": ref(quote.entry),
        "amount": 500_00,
        "agent": "100016",
        "fee": 29_00,
        "hold": quote.entry,
        "until": until.isoformat(),
    }
    assert village.said() == [(AMINA.phone, "withdrawal_code", values, quote.entry, until)]
    assert village.do(lambda unit: expires_at(unit, quote.entry)) == until
    before = village.everything()
    assert held(village, quote) == receipt._replace(repeated=True)
    village.change(SHOP, name="Duka Jipya")
    assert held(village, quote) == receipt._replace(repeated=True)
    village.change(SHOP)
    assert village.everything() == before


def test_each_refusal_of_a_quote_at_its_edge(village: Village) -> None:
    village.give(AMINA, 528_99)
    with village.refuses(NotEnough, balance=528_99, total=529_00):
        quoted(village)
    village.give(AMINA, 1)
    quoted(village)
    with village.refuses(SelfPayment):
        quoted(village, payer=NJERI)
    with village.refuses(UnknownAgent):
        quoted(village, agent="100032")
    village.tier(single=500_00)
    quoted(village)
    with village.refuses(OverSingle, single=500_00):
        quoted(village, 500_01)
    village.tier(day=500_00)
    quoted(village)
    with village.refuses(OverCap, left=500_00):
        quoted(village, 500_01)
    village.change(SHOP, state="closed")
    with village.refuses(UnknownAgent):
        quoted(village)
    village.change(SHOP)
    locked = village.change(AMINA, pin_tries=3)
    with village.refuses(PinLocked, help_line=PACK.help_line):
        quoted(village, payer=locked)


def test_L_12_five_codes_wait_and_no_sixth(village: Village) -> None:
    """Codes that were paid or given back, and other people's, are not counted."""
    village.give(AMINA, 2000_00)
    rows = [waiting(village, 50_00) for _ in range(5)]
    with village.refuses(TooManyWaiting):
        quoted(village, 50_00)
    village.change(rows[2], state="returned")
    quoted(village, 50_00)
    village.change(rows[2], person=BARAKA.id)
    quoted(village, 50_00)


@pytest.mark.parametrize(
    "other", [{"fee": 25_21}, {"excise": 3_77}, {"agent_name": "Duka la Juma"}, {"agent": "100032"}]
)
def test_S_15_what_is_not_as_it_was_shown_is_not_held(village: Village, other: dict[str, object]) -> None:
    """Charge and shop of the quote must be those of the moment of paying."""
    village.give(AMINA, 2000_00)
    quote = quoted(village)._replace(**other)  # type: ignore[arg-type]
    with village.refuses(QuoteChanged):
        held(village, quote)


def test_each_refusal_of_a_hold_at_its_edge(village: Village) -> None:
    village.give(AMINA, 2000_00)
    quote = quoted(village)
    village.change(SHOP, state="closed")
    with village.refuses(QuoteChanged):
        held(village, quote)
    village.change(SHOP)
    village.tier(single=499_99)
    with village.refuses(OverSingle, single=499_99):
        held(village, quote)
    village.tier(day=499_99)
    with village.refuses(OverCap, left=499_99):
        held(village, quote)
    village.tier(single=500_00, day=500_00)
    village.post((wallet(AMINA), FEES, 1471_01, Reason.FEE))
    with village.refuses(NotEnough, balance=528_99, total=529_00):
        held(village, quote)
    village.give(AMINA, 1)
    assert held(village, quote).balance == 0


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


@pytest.mark.parametrize("state", ["paid", "returned"])
def test_a_code_that_was_used_or_returned_is_not_good(village: Village, state: str) -> None:
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


def test_P_14_an_agent_may_be_wrong_three_times_an_hour(village: Village) -> None:
    """The fourth code of an hour is not looked at, right or not; the next hour begins anew; good codes do not count."""
    village.give(AMINA, 2000_00)
    row = waiting(village)
    for _ in range(5):
        payout(village, row)
    for _ in range(3):
        assert isinstance(found(village, "0000000"), WrongCode)
    key = f"codes:{SHOP.number}:2026112209"
    assert [(one.key, one.count) for one in village.rows(Tally)] == [(key, 3)]
    with village.refuses(TooManyCodes):
        found(village, code(row))
    assert isinstance(found(village, "0000000", OTHER_SHOP, ACHIENG), WrongCode)
    village.later(minutes=59, seconds=59)
    village.change(row, expires_at=village.now + timedelta(hours=1))
    with village.refuses(TooManyCodes):
        found(village, code(row))
    village.later(seconds=1)
    payout(village, row)
    locked = village.change(NJERI, pin_tries=3)
    with village.refuses(PinLocked, help_line=PACK.help_line):
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
    got = {"agent": "100016", "agent_name": "Duka la Njeri", "fee": 29_00, "balance": 1471_00}
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


GIVERS: list[Callable[[Village], object]] = [
    lambda village: village.do(return_expired),
    lambda village: village.do(lambda unit: return_expired_of(unit, AMINA)),
]


@pytest.mark.parametrize("give_back", GIVERS)
def test_what_expired_goes_back_whole_with_its_limit(village: Village, give_back: Callable[[Village], object]) -> None:
    """Amount and charge, the limit of the day on which it was held, and one message."""
    village.give(AMINA, 2000_00)
    row = waiting(village)
    village.now = row.expires_at - timedelta(microseconds=1)
    before = village.everything()
    give_back(village)
    assert village.everything() == before
    village.now = row.expires_at + timedelta(days=1)
    give_back(village)
    assert (village.balance(wallet(AMINA)), village.used(COUNTER)) == (2000_00, 0)
    ((phone, key, values, entry_id, until),) = village.said()
    assert entry_id is not None
    assert (phone, key, until) == (AMINA.phone, "returned", None)
    assert values == {
        "reference": ref(entry_id),
        "amount": 529_00,
        "agent": "100016",
        "balance": 2000_00,
        "at": village.now.isoformat(),
    }
    moves = (Move(held_by("ke", row.id), wallet(AMINA), 529_00, Reason.RELEASE),)
    assert village.entry(entry_id) == Recorded(entry_id, Reason.RELEASE, village.now, moves, resolves(row.id))
    assert village.rows(Withdrawal)[0].state == "returned"
    before = village.everything()
    give_back(village)
    assert village.everything() == before


def test_what_expires_at_this_moment_has_expired(village: Village) -> None:
    village.give(AMINA, 2000_00)
    row = waiting(village)
    village.now = row.expires_at
    village.do(lambda unit: return_expired_of(unit, AMINA))
    assert village.balance(wallet(AMINA)) == 2000_00


class Meanwhile:
    """Rows between whose finding and locking a worker gives back what has expired."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unit.rows, name)

    def find(self, kind: Any, **asked: Any) -> Any:
        found = self.unit.rows.find(kind, **asked)
        return_expired(self.unit)
        return found


def test_L_12_what_the_worker_has_given_back_meanwhile_is_not_given_back_again(village: Village) -> None:
    """The row is looked at again under its lock."""
    village.give(AMINA, 2000_00)
    village.now = waiting(village).expires_at
    village.do(lambda unit: return_expired_of(replace(unit, rows=cast(Rows, Meanwhile(unit))), AMINA))
    assert len(village.said()) == 1


def test_one_hold_is_given_back_in_a_commit_and_no_other_person_s_by_looking(village: Village) -> None:
    village.give(AMINA, 2000_00)
    rows = [waiting(village, 50_00) for _ in range(3)]
    village.change(rows[0], state="paid")
    village.later(days=1)
    village.do(lambda unit: return_expired_of(unit, BARAKA))
    assert village.said() == []
    assert [village.do(return_expired) for _ in range(3)] == [1, 1, 0]
    assert village.do(lambda unit: return_expired(unit, limit=5)) == 0
    assert [row.state for row in village.rows(Withdrawal)] == ["paid", "returned", "returned"]
