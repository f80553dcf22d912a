"""Acts of the operator: made by one, approved by another, done once, and told to whom they concern."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import AlreadyDone, Cap, Entry, Move, NotEnough, OverCap, Posted, TooFull
from service.ledger.post import NotReversible
from service.phone import BadPhone
from service.refusal import Refusal
from service.wallet.agent import LARGEST_FLOAT, UnknownAgent, set_shop
from service.wallet.case import open_case
from service.wallet.cash_in import cash_in, quote_cash_in
from service.wallet.forgotten import NothingAsked, ask_reset
from service.wallet.identity import NewNumber, PinReset
from service.wallet.logbook import Noted
from service.wallet.operator import (
    NeedsBankRef,
    PayerGone,
    SamePerson,
    approve,
    ask_redeem,
    decline,
    propose,
    propose_identify,
    propose_renumber,
    propose_reset,
    redeem_asked,
)
from service.wallet.pay import pay_till, quote_pay
from service.wallet.people import AlreadyRegistered
from service.wallet.proposal import NothingToApprove, OtherVersion, OwnAffair, facts, version
from service.wallet.reversal import ask_back, keep
from service.wallet.send import quote_send, send_money
from service.wallet.staff import Staff
from service.wallet.statement import UnknownReference, undone
from service.wallet.till import new_till
from service.wallet.undo import settle_due
from service.wallet.unit import Agent, Approval, Person, Unit
from tests.wallet.village import (
    AMINA,
    BARAKA,
    FEES,
    NJERI,
    PACK,
    SHOP,
    TAX,
    TRUST,
    Overheard,
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


def of_staff(village: Village, name: str, phone: str) -> None:
    """Give somebody an account among the staff, under their number."""
    row = Staff(name=name, role="support", phone=phone, password="", secret="", at=village.now)
    village.do(lambda unit: unit.rows.add(row))


def refused(village: Village, work: Callable[[Unit], object]) -> None:
    def run(unit: Unit) -> None:
        with pytest.raises(OwnAffair), unit.savepoint():
            work(unit)

    village.do(run)


@pytest.mark.parametrize("who", [AMINA, BARAKA], ids=["payer", "payee"])
@pytest.mark.parametrize("named", ["payment", "arrival"])
def test_C_01_nobody_of_the_staff_decides_about_a_payment_of_their_own(
    village: Village, who: Person, named: str
) -> None:
    """Whichever of its two references names it, and while it waits: neither as the one who asks nor as the other."""
    village.give(AMINA, 2_000_00)
    village.pack(undo_seconds=300)
    quote = village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=500_00))
    entry = village.do(lambda unit: send_money(unit, payer=AMINA, quote=quote)).entry
    if named == "arrival":
        village.told()
        village.later(minutes=5)
        village.do(settle_due)
        arrived = village.told()[0].entry
        assert arrived is not None
        entry = arrived
    of_staff(village, "own", who.phone)
    refused(village, lambda unit: propose(unit, act="reverse", values={"entry": entry}, maker="Own"))
    made = proposed(village, "reverse", entry=entry)
    refused(village, lambda unit: approve(unit, approval_id=made, checker="own"))
    of_staff(village, "other", NJERI.phone)
    assert approved(village, made, "other").keys() == {"reference"}
    assert village.balance(wallet(AMINA)) == 2_000_00


def test_C_01_nor_about_a_shop_a_till_a_wallet_or_an_account_of_their_own(village: Village) -> None:
    """Nor about a case of theirs; about others they may."""
    of_staff(village, "own", NJERI.phone)
    village.give(AMINA, 2_000_00)
    till = village.do(lambda unit: new_till(unit, person_id=NJERI.id, name="Duka la Njeri")).number
    sale = village.do(lambda unit: quote_pay(unit, payer=AMINA, till=till, amount=100_00))
    village.do(lambda unit: pay_till(unit, payer=AMINA, quote=sale))
    village.post((TRUST, float_(SHOP), 100_00, Reason.ISSUE))
    cash = village.do(lambda unit: quote_cash_in(unit, agent=SHOP, keeper=NJERI, phone=AMINA.phone, amount=100_00))
    village.do(lambda unit: cash_in(unit, agent=SHOP, keeper=NJERI, quote=cash, pack=PACK))
    case = village.do(
        lambda unit: open_case(unit, what="overcharge", opener=AMINA, about=cash.entry, other=NJERI.id, seconds=60)
    )
    own: tuple[tuple[str, dict[str, Any]], ...] = (
        ("issue", {"agent": SHOP.number, "amount": 1, "bank_ref": "B"}),
        ("reverse", {"entry": sale.entry}),
        ("reverse", {"entry": cash.entry}),
        ("unblock", {"person": NJERI.id}),
        ("case_reverse", {"case": case.id}),
        ("unblock", {"person": AMINA.id, "staff": "own"}),
    )
    for act, values in own:
        refused(village, lambda unit, act=act, values=values: propose(unit, act=act, values=values, maker="own"))  # type: ignore[misc]
    made = proposed(village, "unblock", maker="own", person=AMINA.id)
    assert village.rows(Approval)[-1].id == made


def test_C_04_what_was_seen_is_what_is_approved(village: Village) -> None:
    """The version that was shown is good; any other is not, and what was declined or never was is not open."""
    made = issued(village)

    def seen(unit: Unit) -> str:
        row = unit.rows.get(Approval, made)
        assert row is not None
        return version(facts(unit, row))

    shown = village.do(seen)
    village.change(SHOP, name="Another name")
    with village.refuses(OtherVersion):
        village.do(lambda unit: approve(unit, approval_id=made, checker="bob", seen=shown))
    village.change(SHOP, name=SHOP.name)
    village.do(lambda unit: approve(unit, approval_id=made, checker="bob", seen=shown))
    other = issued(village, bank_ref="B 2")
    village.do(lambda unit: decline(unit, approval_id=other, by="Bob", role="risk"))
    assert [row.state for row in village.rows(Approval)] == ["approved", "declined"]
    last = village.rows(Noted)[-1]
    assert (last.staff, last.role, last.act, last.about) == ("bob", "risk", "decline issue", f"approval {ref(other)}")
    for approval_id in (made, other, other + 1000):
        with village.refuses(NothingToApprove):
            village.do(lambda unit, one=approval_id: decline(unit, approval_id=one, by="bob"))  # type: ignore[misc]


def test_C_08_the_role_of_who_proposes_is_noted_with_every_act(village: Village) -> None:
    """Of who shares a number, too, for whom staff ask for the new PIN as well."""
    shared = village.change(AMINA, shared=True)
    made = village.do(lambda unit: propose_reset(unit, shared, id_number=AMINA.id_number, maker="ann", role="support"))
    assert isinstance(made, Approval)
    wish = village.do(lambda unit: ask_redeem(unit, agent=SHOP, amount=100_00)).id
    village.do(lambda unit: redeem_asked(unit, wish_id=wish, bank_ref="B 9", maker="ann", role="treasury"))
    assert [(row.role, row.act) for row in village.rows(Noted)] == [
        ("support", "make reset_pin"),
        ("treasury", "make redeem"),
    ]


def test_a_suspended_shop_is_settled_with_and_gets_nothing(village: Village) -> None:
    village.post((TRUST, float_(SHOP), 300_00, Reason.ISSUE))
    village.do(lambda unit: set_shop(unit, SHOP.number, "suspended"))
    more = issued(village)
    with village.refuses(UnknownAgent):
        approved(village, more)
    back = issued(village, act="redeem", bank_ref="B 2")
    assert approved(village, back) == {"reference": ref(back), "balance": 200_00}
    fine = proposed(village, "clawback", agent=SHOP.number, amount=1_00, reason="twice")
    assert approved(village, fine) == {"reference": ref(fine), "balance": -1_00}
    entry = village.entry(fine)
    assert entry is not None
    assert entry.reason == Reason.CLAWBACK


def test_L_19_what_a_payer_who_is_gone_has_paid_is_not_reversed(village: Village) -> None:
    """It would have nowhere to go."""
    village.give(AMINA, 2_000_00)
    quote = village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=500_00))
    village.do(lambda unit: send_money(unit, payer=AMINA, quote=quote))
    made = proposed(village, "reverse", entry=quote.entry)
    village.change(AMINA, state="closed")
    with village.refuses(PayerGone):
        approved(village, made)


def test_L_09_a_reversal_counts_what_it_gives_back(village: Village) -> None:
    """In the books, so that no second hand gives back more than was paid."""
    village.give(AMINA, 2_000_00)
    quote = village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=500_00))
    village.do(lambda unit: send_money(unit, payer=AMINA, quote=quote))
    made = proposed(village, "reverse", entry=quote.entry)
    assert approved(village, made) == {"reference": ref(made)}
    assert village.used(undone(quote.entry)) == 500_00


def test_a_shop_is_opened_again_and_closed_by_two_when_nothing_is_left(village: Village) -> None:
    village.do(lambda unit: set_shop(unit, SHOP.number, "suspended"))
    assert approved(village, proposed(village, "resume_shop", agent=SHOP.number)) == {"agent": SHOP.number}
    assert village.rows(Agent)[0].state == "active"
    village.post((TRUST, float_(SHOP), 5, Reason.ISSUE))
    closing = proposed(village, "close_shop", agent=SHOP.number)
    with village.refuses(NothingToApprove):
        approved(village, closing)
    village.post((float_(SHOP), TRUST, 5, Reason.REDEEM))
    assert approved(village, closing) == {"agent": SHOP.number}
    assert village.rows(Agent)[0].state == "closed"


def wrong_document(village: Village, work: Callable[[Unit], object]) -> None:
    """It is refused, and nothing is proposed."""
    before = village.rows(Approval)
    assert isinstance(village.do(work), Refusal)
    assert village.rows(Approval) == before


def test_P_12_a_new_pin_is_vouched_for_with_the_document_or_by_the_agent_who_saw_it(village: Village) -> None:
    """Another document is refused, and so is an agent who has seen none."""
    with village.refuses(NothingAsked, hours=PACK.pin_reset_seconds // 3600):
        village.do(lambda unit: propose_reset(unit, AMINA, id_number=AMINA.id_number, maker="ann"))
    reset = village.do(lambda unit: ask_reset(unit, AMINA.id))
    amina = next(row for row in village.rows(Person) if row.id == AMINA.id)
    with village.refuses(NothingToApprove):
        village.do(lambda unit: propose_reset(unit, amina, id_number=None, maker="ann"))
    wrong_document(village, lambda unit: propose_reset(unit, amina, id_number="00000000", maker="ann"))
    values = {"person": AMINA.id, "reset": reset.id}
    made = village.do(lambda unit: propose_reset(unit, amina, id_number=AMINA.id_number, maker="ann", role="support"))
    assert isinstance(made, Approval)
    assert (made.act, made.values, made.maker) == ("reset_pin", values, "ann")
    village.change(reset, seen_by=SHOP.number)
    trusted = village.do(lambda unit: propose_reset(unit, amina, id_number=None, maker="bob", role="risk"))
    assert isinstance(trusted, Approval)
    assert (trusted.act, trusted.values, trusted.maker) == ("reset_pin", values, "bob")
    assert [(row.role, row.act) for row in village.rows(Noted)] == [
        ("support", "make reset_pin"),
        ("risk", "make reset_pin"),
    ]


def test_P_12_of_who_shares_a_number_staff_ask_and_vouch_at_once(village: Village) -> None:
    """For the request is told to a phone that others hold."""
    shared = village.change(AMINA, shared=True)
    wrong_document(village, lambda unit: propose_reset(unit, shared, id_number="00000000", maker="ann"))
    made = village.do(lambda unit: propose_reset(unit, shared, id_number=AMINA.id_number, maker="ann"))
    assert isinstance(made, Approval)
    (reset,) = village.rows(PinReset)
    assert made.values == {"person": AMINA.id, "reset": reset.id}


def test_P_11_who_slept_is_woken_by_staff_who_saw_the_document(village: Village) -> None:
    """Who does not sleep is not woken, and no other document wakes anybody."""
    with village.refuses(NothingToApprove):
        village.do(lambda unit: propose_identify(unit, AMINA, id_number=AMINA.id_number, maker="ann"))
    village.later(days=400)
    wrong_document(village, lambda unit: propose_identify(unit, AMINA, id_number="00000000", maker="ann"))
    made = village.do(
        lambda unit: propose_identify(unit, AMINA, id_number=AMINA.id_number, maker="ann", role="support")
    )
    assert isinstance(made, Approval)
    assert (made.act, made.values, made.maker) == ("identify", {"person": AMINA.id}, "ann")
    assert village.rows(Noted)[-1].role == "support"


def test_P_11_a_wallet_moves_to_a_free_number_of_its_country_with_the_document(village: Village) -> None:
    """Not one of another country, of somebody else, or of a wallet that is closed."""

    def asks(who: Person, phone: str, document: str = AMINA.id_number) -> Approval | Refusal:
        return village.do(
            lambda unit: propose_renumber(unit, who, phone=phone, id_number=document, maker="ann", role="support")
        )

    with village.refuses(BadPhone):
        asks(AMINA, "+256711000009")
    with village.refuses(AlreadyRegistered):
        asks(AMINA, BARAKA.phone)
    with village.refuses(NothingToApprove):
        asks(replace(AMINA, state="closed"), "+254733000001")
    wrong_document(village, lambda unit: propose_renumber(unit, AMINA, phone="+254733000001", id_number="0", maker="x"))
    made = asks(AMINA, "+254733000001")
    assert isinstance(made, Approval)
    assert (made.act, made.values, made.maker) == ("renumber", {"person": AMINA.id}, "ann")
    assert village.rows(NewNumber) == [NewNumber(id=made.id, phone="+254733000001")]
    assert village.rows(Noted)[-1].role == "support"


def test_C_01_nobody_moves_a_wallet_to_their_own_number(village: Village) -> None:
    """A wallet that comes to the phone of who proposes or approves it is their affair, whoever it was of."""
    mine = "+254733000001"

    def asks(unit: Unit, maker: str) -> Approval | Refusal:
        return propose_renumber(unit, AMINA, phone=mine, id_number=AMINA.id_number, maker=maker)

    of_staff(village, "own", mine)
    refused(village, lambda unit: asks(unit, "own"))
    made = village.do(lambda unit: asks(unit, "ann"))
    assert isinstance(made, Approval)
    refused(village, lambda unit: approve(unit, approval_id=made.id, checker="own"))
    assert approved(village, made.id).keys() == {"phone", "name"}


def test_P_09_who_waits_for_a_new_pin_hears_at_the_new_number_that_the_request_is_stopped(village: Village) -> None:
    """Without it they would wait for a day that does not come; who asked for nothing hears nothing of it."""
    village.do(lambda unit: ask_reset(unit, AMINA.id))
    for owner, phone in ((AMINA, "+254733000001"), (BARAKA, "+254733000002")):
        made = village.do(
            lambda unit, owner=owner, phone=phone: propose_renumber(  # type: ignore[misc]
                unit, owner, phone=phone, id_number=owner.id_number, maker="ann", role="support"
            )
        )
        assert isinstance(made, Approval)
        village.told()
        approved(village, made.id)
        heard = [(phone == notice.phone, notice.key) for notice in village.told()]
        stopped = [(True, "pin_reset_stopped")] if owner is AMINA else []
        assert heard == [(False, "moved_away"), (True, "moved_here"), *stopped]
    assert [row.state for row in village.rows(PinReset)] == ["stopped"]


def test_L_09_a_reversal_at_the_moment_of_another_gives_back_no_more_than_was_paid(village: Village) -> None:
    """What has gone back is counted in the books, whoever gives it; and what cannot be reversed is named."""
    village.give(AMINA, 2_000_00)
    quote = village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=500_00))
    village.do(lambda unit: send_money(unit, payer=AMINA, quote=quote))
    made = proposed(village, "reverse", entry=quote.entry)

    def twice(unit: Unit) -> None:
        between = Overheard(unit)

        def post(entry: Entry) -> Posted:
            caps = (Cap(undone(quote.entry), 1),)
            move = Move(wallet(AMINA), wallet(BARAKA), 1, Reason.SEND)
            unit.books.post(Entry(id=unit.mint(), reason=Reason.SEND, at=unit.now, moves=(move,), caps=caps))
            return unit.books.post(entry)

        between.post = post  # type: ignore[attr-defined]
        approve(between.unit, approval_id=made, checker="bob")

    with village.refuses(OverCap, left=499_99):
        village.do(twice)
    case = village.do(lambda unit: ask_back(unit, payer=AMINA, payment=quote.entry))
    village.do(lambda unit: keep(unit, payee=BARAKA, case_id=case.id))
    partly = proposed(village, "case_reverse", case=case.id)
    village.post((wallet(BARAKA), wallet(NJERI), 499_00, Reason.SEND))
    assert approved(village, partly) == {"reference": ref(partly)}
    with village.refuses(NotReversible, reason=Reason.SEND):
        approved(village, made)
