"""Acts of the operator: made by one, approved by another, done once, and told to whom they concern."""

from collections.abc import Mapping
from typing import Any

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import AlreadyDone, Move, NotEnough, TooFull
from service.ledger.post import NotReversible
from service.wallet.agent import LARGEST_FLOAT, UnknownAgent
from service.wallet.cash_in import cash_in, quote_cash_in
from service.wallet.operator import NeedsBankRef, SamePerson, approve, ask_redeem, propose, redeem_asked
from service.wallet.proposal import NothingToApprove
from service.wallet.send import quote_send, send_money
from service.wallet.statement import UnknownReference
from service.wallet.unit import Approval
from tests.wallet.village import (
    AMINA,
    BARAKA,
    FEES,
    NJERI,
    PACK,
    SHOP,
    TAX,
    TRUST,
    Village,
    commission,
    float_,
    ref,
    wallet,
)


def proposed(village: Village, act: str, maker: str = "ann", **values: Any) -> int:
    return village.do(lambda unit: propose(unit, act=act, values=values, maker=maker)).id


def approved(village: Village, approval_id: int, checker: str = "bob") -> Mapping[str, Any]:
    return village.do(lambda unit: approve(unit, approval_id=approval_id, checker=checker))


def issued(village: Village, amount: int = 100_00, bank_ref: str = "B 1", act: str = "issue") -> int:
    return proposed(village, act, agent=SHOP.number, amount=amount, bank_ref=bank_ref)


def test_a_proposal_waits_and_moves_nothing(village: Village) -> None:
    made = proposed(village, "issue", "  Ann   LEE ", agent=SHOP.number, amount=100_00, bank_ref="B 1")
    values = {"agent": SHOP.number, "amount": 100_00, "bank_ref": "B 1"}
    assert village.rows(Approval) == [Approval(id=made, act="issue", values=values, maker="ann lee", at=village.now)]
    assert village.balance(float_(SHOP)) == 0
    with pytest.raises(AssertionError):
        proposed(village, "burn")


def test_issuing_and_redeeming_float(village: Village) -> None:
    made = issued(village)
    village.later(minutes=1)
    told = {"reference": ref(made), "amount": 100_00, "balance": 100_00, "at": village.now.isoformat()}
    assert approved(village, made, " Bob  LEE") == {"reference": ref(made), "balance": 100_00}
    moves = (Move(TRUST, float_(SHOP), 100_00, Reason.ISSUE),)
    assert village.entry(made) == Recorded(made, Reason.ISSUE, village.now, moves, "issue:b1")
    assert village.said() == [(NJERI.phone, "float_issue", told, made, None)]
    (row,) = village.rows(Approval)
    assert (row.state, row.checker) == ("approved", "bob lee")
    back = issued(village, 40_00, "B2", "redeem")
    assert approved(village, back) == {"reference": ref(back), "balance": 60_00}
    moves = (Move(float_(SHOP), TRUST, 40_00, Reason.REDEEM),)
    assert village.entry(back) == Recorded(back, Reason.REDEEM, village.now, moves, "redeem:b2")
    told = {"reference": ref(back), "amount": 40_00, "balance": 60_00, "at": village.now.isoformat()}
    assert village.said() == [(NJERI.phone, "float_redeem", told, back, None)]


@pytest.mark.parametrize("again", ["ann", " ANN ", "Ann"])
def test_C_01_who_made_an_act_does_not_approve_it(village: Village, again: str) -> None:
    """In no spelling of the name."""
    made = issued(village)
    with village.refuses(SamePerson):
        approved(village, made, again)


def test_C_04_an_act_is_done_once(village: Village) -> None:
    """Approved again, or an act that was never made, it does nothing."""
    made = issued(village)
    approved(village, made)
    for one in (made, made + 999):
        with village.refuses(NothingToApprove):
            approved(village, one)


def test_one_credit_of_the_bank_is_issued_once_however_it_is_spelled(village: Village) -> None:
    approved(village, issued(village, bank_ref="B 1x"))
    again = issued(village, bank_ref="b1 X")
    with village.refuses(AlreadyDone, reason=Reason.ISSUE):
        approved(village, again)
    approved(village, issued(village, bank_ref="b1x", act="redeem"))


def test_a_float_has_a_largest_sum_and_a_smallest(village: Village) -> None:
    made = issued(village, LARGEST_FLOAT + 1)
    with village.refuses(TooFull, room=LARGEST_FLOAT):
        approved(village, made)
    approved(village, issued(village, LARGEST_FLOAT))
    made = issued(village, LARGEST_FLOAT + 1, "B9", "redeem")
    with village.refuses(NotEnough, balance=LARGEST_FLOAT, total=LARGEST_FLOAT + 1):
        approved(village, made)


def test_L_15_a_shop_s_wish_to_sell_float_needs_the_bank_s_reference_and_two_of_the_staff(village: Village) -> None:
    """A wish is no redemption: it names no money at the bank, and nobody can approve it as it stands."""
    approved(village, issued(village, 100_00, "B1"))
    wish = village.do(lambda unit: ask_redeem(unit, agent=SHOP, amount=60_00)).id
    with village.refuses(NeedsBankRef):
        approved(village, wish)
    made = village.do(lambda unit: redeem_asked(unit, wish_id=wish, bank_ref="R 1", maker="Ann")).id
    with village.refuses(NothingToApprove):
        village.do(lambda unit: redeem_asked(unit, wish_id=wish, bank_ref="R 2", maker="cleo"))
    with village.refuses(NothingToApprove):
        village.do(lambda unit: redeem_asked(unit, wish_id=made, bank_ref="R 2", maker="cleo"))
    with village.refuses(SamePerson):
        approved(village, made, "ANN")
    assert village.balance(float_(SHOP)) == 100_00
    approved(village, made)
    assert village.balance(float_(SHOP)) == 40_00
    wish = village.do(lambda unit: ask_redeem(unit, agent=SHOP, amount=10_00)).id
    again = village.do(lambda unit: redeem_asked(unit, wish_id=wish, bank_ref="r1", maker="Ann")).id
    with village.refuses(AlreadyDone, reason=Reason.REDEEM):
        approved(village, again)


def test_a_closed_shop_gets_no_float(village: Village) -> None:
    made = issued(village)
    village.change(SHOP, state="closed")
    with village.refuses(UnknownAgent):
        approved(village, made)


def test_a_payment_is_reversed_whole_and_both_are_told(village: Village) -> None:
    village.give(AMINA, 1000_00)
    quote = village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=500_00))
    village.do(lambda unit: send_money(unit, payer=AMINA, quote=quote))
    village.told()
    village.later(minutes=1)
    made = proposed(village, "reverse", entry=quote.entry)
    assert approved(village, made) == {"reference": ref(made)}
    moves = (
        Move(wallet(BARAKA), wallet(AMINA), 500_00, Reason.REVERSE),
        Move(FEES, wallet(AMINA), 6_09, Reason.REVERSE),
        Move(TAX, wallet(AMINA), 91, Reason.REVERSE),
    )
    undone = Recorded(made, Reason.REVERSE, village.now, moves, f"reverse:{quote.entry}")
    assert village.entry(made) == undone
    told = {"reference": ref(made), "original": ref(quote.entry), "amount": 500_00, "at": village.now.isoformat()}
    said = sorted(village.said())
    assert said == [
        (AMINA.phone, "reversed", told | {"balance": 1000_00}, made, None),
        (BARAKA.phone, "reversed", told | {"balance": 0}, made, None),
    ]
    again = proposed(village, "reverse", entry=quote.entry)
    with village.refuses(AlreadyDone, reason=Reason.REVERSE):
        approved(village, again)


def test_a_reversed_cash_in_gives_back_the_day_s_commission_and_tells_the_shop(village: Village) -> None:
    village.post((TRUST, float_(SHOP), 1000_00, Reason.ISSUE))
    quote = village.do(lambda unit: quote_cash_in(unit, agent=SHOP, keeper=NJERI, phone=AMINA.phone, amount=500_00))
    village.do(lambda unit: cash_in(unit, agent=SHOP, keeper=NJERI, quote=quote, pack=PACK))
    village.told()
    pair = f"pair:cash_in:{SHOP.number}:{AMINA.id}:2026-11-22"
    assert village.used(pair) == 500_00
    village.later(days=1)
    made = proposed(village, "reverse", entry=quote.entry)
    approved(village, made)
    assert (village.used(pair), village.balance(commission(SHOP))) == (0, 0)
    assert sorted((phone, values["balance"]) for phone, _, values, _, _ in village.said()) == [
        (AMINA.phone, 0),
        (NJERI.phone, 1000_00),
    ]


def test_what_cannot_be_reversed(village: Village) -> None:
    entry = village.post((TRUST, float_(SHOP), 10_00, Reason.ISSUE))
    made = proposed(village, "reverse", entry=entry)
    with village.refuses(NotReversible, reason=Reason.ISSUE):
        approved(village, made)
    made = proposed(village, "reverse", entry=entry + 999)
    with village.refuses(UnknownReference):
        approved(village, made)


def test_unblocking_frees_and_forgets_wrong_pins(village: Village) -> None:
    village.change(BARAKA, state="blocked", pin_tries=3)
    made = proposed(village, "unblock", person=BARAKA.id)
    assert approved(village, made) == {"phone": "0722***002", "name": "BARAKA M"}
    (row,) = [one for one in village.rows(type(BARAKA)) if one.id == BARAKA.id]
    assert row == BARAKA
    assert village.said() == [(BARAKA.phone, "unblocked", {}, None, None)]
