"""Withdrawing: what is quoted and held, what is given back, and each refusal at its edge."""

import hmac
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
from service.wallet.unit import Agent, Person, Rows, Unit, Withdrawal
from service.wallet.withdraw import (
    Payout,
    Quote,
    TooManyWaiting,
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
    AMINA,
    BARAKA,
    CODE_KEY,
    FEES,
    NJERI,
    PACK,
    SHOP,
    Village,
    ref,
    wallet,
)

COUNTER = f"out:{AMINA.id}:2026-11-22"


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


def test_P_14_a_code_is_bound_to_its_key_its_purpose_and_its_hold() -> None:
    """It is derived when it is shown, never stored."""
    said = b"withdraw\x005\x000"
    number = int.from_bytes(hmac.digest(CODE_KEY, said, "sha256")[:16], "big")
    assert withdrawal_code(CODE_KEY, 5) == str(1_000_000 + number % 9_000_000)


def test_a_quote_shows_everything_and_moves_nothing(village: Village) -> None:
    village.give(AMINA, 2000_00)
    before = village.everything()
    quote = quoted(village)
    assert quote == Quote(quote.entry, "100016", "Duka la Njeri", 500_00, 25_22, 3_78)
    assert (quote.charge.published, quote.total) == (29_00, 529_00)
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
        "levy": 0,
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
    with village.refuses(PinLocked, service_code=PACK.people_code, help_line=PACK.help_line):
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
    village.audited = False
    village.give(AMINA, 2000_00)
    rows = [waiting(village, 50_00) for _ in range(3)]
    village.change(rows[0], state="paid")
    village.later(days=1)
    village.do(lambda unit: return_expired_of(unit, BARAKA))
    assert village.said() == []
    assert [village.do(return_expired) for _ in range(3)] == [1, 1, 0]
    assert village.do(lambda unit: return_expired(unit, limit=5)) == 0
    assert [row.state for row in village.rows(Withdrawal)] == ["paid", "returned", "returned"]
