"""Groups: who is in, what is put in, how many must agree to pay out, and what a member who left still counts for."""

from typing import Any

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Move, NotEnough, OverCap, TooFull
from service.wallet.audit import audit_all
from service.wallet.close import close_wallet, refuse_close
from service.wallet.group import Group, Member, Payout
from service.wallet.group_money import (
    Gift,
    Proposal,
    TooFewMembers,
    TooManyPayouts,
    agree,
    expire_payouts,
    give,
    given_by,
    payouts_for,
    propose,
    quote_gift,
    quote_payout,
    refuse,
    show_payout,
)
from service.wallet.groups import (
    GroupFull,
    GroupMoney,
    NoGroup,
    StillGroup,
    TooManyGroups,
    answer,
    found_group,
    groups_of,
    invitations_for,
    invite,
    leave,
    make_treasurer,
    members_of,
)
from service.wallet.inbox import RequestOver
from service.wallet.people import WhichOne
from service.wallet.pin import WalletBlocked
from service.wallet.receipt import Receipt
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.statement import check_reference, statement
from service.wallet.unit import Person, Tally, Unit
from tests.wallet.village import ACHIENG, AMINA, BARAKA, CODE_KEY, NJERI, PACK, Village, ref, wallet


@pytest.fixture(autouse=True)
def _money(village: Village) -> None:
    for who in (AMINA, BARAKA):
        village.give(who, 2000_00)


def founded(village: Village, *others: Person, needed: int = 2) -> Group:
    """Found a group of Amina's that these others have joined."""
    group = village.do(lambda unit: found_group(unit, person_id=AMINA.id, name="Chama", needed=needed))
    for one in others:
        village.do(lambda unit, one=one: invite(unit, person=AMINA, group_id=group.id, phone=one.phone))  # type: ignore[misc]
        village.do(lambda unit, one=one: answer(unit, person_id=one.id, group_id=group.id, joins=True))  # type: ignore[misc]
    village.told()
    return group


def account(group: Group) -> Account:
    return Account("ke", Kind.GROUP, str(group.id))


def gift(village: Village, group: Group, amount: int, giver: Person = AMINA) -> Gift:
    return village.do(lambda unit: quote_gift(unit, giver=giver, group_id=group.id, amount=amount))


def given(village: Village, group: Group, amount: int, giver: Person = AMINA) -> Gift:
    made = gift(village, group, amount, giver)
    village.do(lambda unit: give(unit, giver=giver, gift=made))
    return made


def wanted(
    village: Village, group: Group, amount: int = 400_00, *, by: Person = BARAKA, to: Person = NJERI
) -> Proposal:
    asked: dict[str, Any] = {"phone": to.phone, "amount": amount, "why": "Seeds"}
    return village.do(lambda unit: quote_payout(unit, proposer=by, group_id=group.id, **asked))


def proposed(
    village: Village, group: Group, amount: int = 400_00, *, by: Person = BARAKA, to: Person = NJERI
) -> Payout:
    made = wanted(village, group, amount, by=by, to=to)
    row = village.do(lambda unit: propose(unit, proposer=by, proposal=made))
    village.told()
    return row


def yes(village: Village, who: Person, row: Payout) -> Receipt | None:
    made = village.do(lambda unit: show_payout(unit, who, row.id))
    return village.do(lambda unit: agree(unit, person=who, proposal=made))


def no(village: Village, who: Person, row: Payout) -> None:
    village.do(lambda unit: refuse(unit, person=who, payout_id=row.id))


def state(village: Village, row: Payout) -> str:
    return next(one.state for one in village.rows(Payout) if one.id == row.id)


def roles(village: Village, group: Group) -> dict[int, str]:
    return {row.person: row.role for row in village.do(lambda unit: members_of(unit, group.id))}


def test_people_join_by_their_own_yes_alone(village: Village) -> None:
    group = founded(village)
    village.do(lambda unit: invite(unit, person=AMINA, group_id=group.id, phone=BARAKA.phone))
    ((phone, key, said, _, until),) = village.said()
    assert (phone, key, said["group"], said["name"]) == (BARAKA.phone, "asked_group", "Chama", "AMINA O")
    assert until is not None
    assert [one.id for one in village.do(lambda unit: invitations_for(unit, BARAKA))] == [group.id]
    assert roles(village, group) == {AMINA.id: "chair"}
    village.do(lambda unit: answer(unit, person_id=BARAKA.id, group_id=group.id, joins=True))
    assert roles(village, group) == {AMINA.id: "chair", BARAKA.id: "member"}
    assert [(one.phone, one.key) for one in village.told()] == [(AMINA.phone, "group_joined")]
    with village.refuses(RequestOver):
        village.do(lambda unit: answer(unit, person_id=BARAKA.id, group_id=group.id, joins=True))


def test_an_invitation_is_declined_or_lapses_and_can_come_again(village: Village) -> None:
    group = founded(village)
    for _ in "12":
        village.do(lambda unit: invite(unit, person=AMINA, group_id=group.id, phone=BARAKA.phone))
        village.do(lambda unit: answer(unit, person_id=BARAKA.id, group_id=group.id, joins=False))
    village.later(days=1)
    village.do(lambda unit: invite(unit, person=AMINA, group_id=group.id, phone=BARAKA.phone))
    village.later(seconds=PACK.group_invite_seconds)
    assert village.do(lambda unit: invitations_for(unit, BARAKA)) == []
    with village.refuses(RequestOver):
        village.do(lambda unit: answer(unit, person_id=BARAKA.id, group_id=group.id, joins=True))


def test_who_invites_learns_nothing_about_a_number(village: Village) -> None:
    group = founded(village)
    village.do(lambda unit: invite(unit, person=AMINA, group_id=group.id, phone="+254799000099"))
    assert village.told() == []
    with village.refuses(SelfPayment):
        village.do(lambda unit: invite(unit, person=AMINA, group_id=group.id, phone=AMINA.phone))


def test_V_03_inviting_on_a_shared_number_shows_names_out_of_the_budget(village: Village) -> None:
    """Who is meant is asked with their names: one look-up of the day."""
    group = founded(village)
    village.change(NJERI, phone=BARAKA.phone, seat=1, shared=True)
    village.change(BARAKA, shared=True)

    def ask(unit: Unit) -> WhichOne | None:
        try:
            invite(unit, person=AMINA, group_id=group.id, phone=BARAKA.phone)
        except WhichOne as no:
            return no
        return None

    assert isinstance(village.do(ask), WhichOne)
    assert [row.count for row in village.rows(Tally) if row.key.startswith("looks:")] == [1]


def test_members_do_what_their_role_lets_them(village: Village) -> None:
    group = founded(village, BARAKA, NJERI)
    with village.refuses(NoGroup):
        village.do(lambda unit: invite(unit, person=BARAKA, group_id=group.id, phone=ACHIENG.phone))
    with village.refuses(NoGroup):
        village.do(lambda unit: make_treasurer(unit, person=BARAKA, group_id=group.id, other=BARAKA.id))
    village.do(lambda unit: make_treasurer(unit, person=AMINA, group_id=group.id, other=BARAKA.id))
    village.do(lambda unit: invite(unit, person=BARAKA, group_id=group.id, phone=ACHIENG.phone))
    village.do(lambda unit: make_treasurer(unit, person=AMINA, group_id=group.id, other=NJERI.id))
    assert roles(village, group) == {AMINA.id: "chair", BARAKA.id: "member", NJERI.id: "treasurer"}
    with village.refuses(NoGroup):
        village.do(lambda unit: make_treasurer(unit, person=AMINA, group_id=group.id, other=AMINA.id))


def test_what_is_put_in_is_one_entry_counted_for_the_giver_and_told_to_two(village: Village) -> None:
    group = founded(village, BARAKA)
    made = gift(village, group, 500_00, BARAKA)
    receipt = village.do(lambda unit: give(unit, giver=BARAKA, gift=made))
    moves = (Move(wallet(BARAKA), account(group), 500_00, Reason.CONTRIBUTE),)
    assert village.entry(made.entry) == Recorded(made.entry, Reason.CONTRIBUTE, village.now, moves, None)
    assert (receipt.balance, village.balance(account(group))) == (1500_00, 500_00)
    assert village.used(given_by(group.id, BARAKA.id)) == 500_00
    assert village.used(f"out:{BARAKA.id}:2026-11-22") == 500_00
    assert [(phone, key, entry) for phone, key, _, entry, _ in village.said()] == [
        (BARAKA.phone, "group_gave", made.entry),
        (AMINA.phone, "group_got", None),
    ]
    before = village.everything()
    again = village.do(lambda unit: give(unit, giver=BARAKA, gift=made))
    assert (again, village.everything()) == (receipt._replace(repeated=True), before)
    village.do(lambda unit: make_treasurer(unit, person=AMINA, group_id=group.id, other=BARAKA.id))
    given(village, group, 10_00)
    assert [(one.phone, one.key) for one in village.told()] == [
        (AMINA.phone, "group_gave"),
        (BARAKA.phone, "group_got"),
    ]


def test_no_more_is_put_in_than_there_is_and_than_limits_allow(village: Village) -> None:
    group = founded(village)
    with village.refuses(NotEnough, balance=2000_00, total=2000_01):
        gift(village, group, 2000_01)
    made = gift(village, group, 300_00)
    village.pack(group_balance=299_99)
    with village.refuses(TooFull, room=299_99):
        village.do(lambda unit: give(unit, giver=AMINA, gift=made))
    village.tier(day=200_00)
    with village.refuses(OverCap, left=200_00):
        village.do(lambda unit: give(unit, giver=AMINA, gift=made))


def test_the_second_yes_pays_what_sending_costs_and_everybody_hears_of_it(village: Village) -> None:
    group = founded(village, BARAKA, ACHIENG)
    given(village, group, 500_00)
    made = wanted(village, group)
    assert (made.name, made.amount, made.total, made.yeses, made.needed) == ("NJERI K", 400_00, 407_00, 1, 2)
    village.told()
    row = village.do(lambda unit: propose(unit, proposer=BARAKA, proposal=made))
    assert [(one.phone, one.key) for one in village.told()] == [
        (AMINA.phone, "group_asked"),
        (ACHIENG.phone, "group_asked"),
    ]
    assert village.balance(account(group)) == 500_00, "nothing is held"
    receipt = yes(village, AMINA, row)
    assert receipt is not None
    recorded = village.entry(row.id)
    assert recorded is not None
    assert (recorded.reason, recorded.moves[0]) == (
        Reason.SHARE_OUT,
        Move(account(group), wallet(NJERI), 400_00, Reason.SHARE_OUT),
    )
    assert (receipt.entry, receipt.balance, village.balance(wallet(NJERI))) == (row.id, 93_00, 400_00)
    assert [(one.phone, one.key, one.entry) for one in village.told()] == [
        (NJERI.phone, "group_paid_you", row.id),
        (BARAKA.phone, "group_paid", row.id),
        (AMINA.phone, "group_paid", None),
        (ACHIENG.phone, "group_paid", None),
    ]
    for who in (AMINA, ACHIENG):
        with village.refuses(RequestOver):
            yes(village, who, row)
    checked = village.do(lambda unit: check_reference(unit, ref(row.id)))
    assert (checked.amount, checked.parties) == (400_00, ("C", "N K"))
    book = village.do(lambda unit: statement(unit, account(group)))
    assert [(item.amount, item.other_shown) for item in book] == [(-407_00, "NJERI K"), (500_00, "AMINA O")]


def test_as_many_must_agree_as_was_said_and_each_counts_once(village: Village) -> None:
    group = founded(village, BARAKA, NJERI, needed=3)
    given(village, group, 500_00)
    row = proposed(village, group, to=ACHIENG)
    with village.refuses(RequestOver):
        yes(village, BARAKA, row)
    assert yes(village, AMINA, row) is None
    assert village.told() == []
    with village.refuses(RequestOver):
        yes(village, AMINA, row)
    with village.refuses(RequestOver):
        yes(village, ACHIENG, row)
    assert yes(village, NJERI, row) is not None


def test_the_yes_of_a_member_who_left_counts_no_more(village: Village) -> None:
    """Nor can they agree, see what waits, or read the book; who comes back is asked anew."""
    group = founded(village, BARAKA, NJERI, ACHIENG, needed=3)
    given(village, group, 500_00)
    row = proposed(village, group, to=ACHIENG)
    yes(village, NJERI, row)
    village.do(lambda unit: leave(unit, person=NJERI, group_id=group.id))
    assert [(one.phone, one.key, one.values["needed_now"]) for one in village.told()] == [
        (one.phone, "group_left", 0) for one in (AMINA, BARAKA, ACHIENG)
    ]
    assert yes(village, AMINA, row) is None, "two are members: the proposer and Amina"
    with village.refuses(RequestOver):
        yes(village, NJERI, row)
    assert village.do(lambda unit: payouts_for(unit, NJERI)) == []
    with village.refuses(NoGroup):
        gift(village, group, 1_00, NJERI)
    assert yes(village, ACHIENG, row) is not None


def test_a_proposer_who_left_counts_no_more_either(village: Village) -> None:
    group = founded(village, BARAKA, NJERI)
    given(village, group, 500_00)
    row = proposed(village, group, to=ACHIENG)
    village.do(lambda unit: leave(unit, person=BARAKA, group_id=group.id))
    assert yes(village, AMINA, row) is None
    assert yes(village, NJERI, row) is not None


def test_a_group_that_is_too_small_says_so_and_pays_nothing(village: Village) -> None:
    group = founded(village, BARAKA)
    given(village, group, 500_00)
    row = proposed(village, group)
    village.do(lambda unit: leave(unit, person=BARAKA, group_id=group.id))
    ((_, key, said, _, _),) = village.said()
    assert (key, said["needed_now"]) == ("group_left", 2)
    assert yes(village, AMINA, row) is None
    with village.refuses(TooFewMembers, needed=2):
        wanted(village, group, by=AMINA)


def test_the_last_one_cannot_leave_money_behind_and_the_chair_is_never_empty(village: Village) -> None:
    group = founded(village, BARAKA, NJERI)
    given(village, group, 20_00)
    village.do(lambda unit: make_treasurer(unit, person=AMINA, group_id=group.id, other=NJERI.id))
    village.do(lambda unit: leave(unit, person=AMINA, group_id=group.id))
    assert roles(village, group) == {BARAKA.id: "member", NJERI.id: "chair"}
    row = proposed(village, group, 20_00, to=BARAKA)
    yes(village, NJERI, row)
    village.do(lambda unit: leave(unit, person=NJERI, group_id=group.id))
    given(village, group, 1_00, BARAKA)
    with village.refuses(GroupMoney, pooled=1_00):
        village.do(lambda unit: leave(unit, person=BARAKA, group_id=group.id))


def test_an_empty_group_closes_with_its_last_member(village: Village) -> None:
    group = founded(village)
    village.do(lambda unit: leave(unit, person=AMINA, group_id=group.id))
    (row,) = village.rows(Group)
    assert (row.name, row.state) == ("", "closed")
    with village.refuses(NoGroup):
        gift(village, group, 1_00)


def test_what_is_not_there_is_not_paid_and_the_payout_waits(village: Village) -> None:
    """Too little money, or no room at the payee: the yes does not count, and can be said again."""
    group = founded(village, BARAKA, NJERI)
    given(village, group, 500_00)
    first, second = proposed(village, group, to=ACHIENG), proposed(village, group, to=ACHIENG)
    yes(village, AMINA, first)
    with village.refuses(NotEnough, balance=93_00, total=407_00):
        yes(village, AMINA, second)
    assert state(village, second) == "open"
    given(village, group, 400_00)
    village.tier(balance=700_00)
    with village.refuses(TooFull, room=300_00):
        yes(village, AMINA, second)
    village.pack()
    assert yes(village, AMINA, second) is not None


def test_noes_end_it_when_it_can_never_be_paid(village: Village) -> None:
    group = founded(village, BARAKA, NJERI)
    given(village, group, 500_00)
    row = proposed(village, group, to=ACHIENG)
    no(village, AMINA, row)
    assert (state(village, row), village.told()) == ("open", [])
    with village.refuses(RequestOver):
        yes(village, AMINA, row)
    no(village, NJERI, row)
    assert state(village, row) == "refused"
    assert [(one.phone, one.key) for one in village.told()] == [(BARAKA.phone, "group_over")]


def test_L_12_a_payout_that_nobody_decides_is_over_at_its_time(village: Village) -> None:
    """Time decides; the worker only tells."""
    group = founded(village, BARAKA)
    given(village, group, 500_00)
    row = proposed(village, group)
    village.later(seconds=PACK.group_payout_seconds)
    with village.refuses(RequestOver):
        yes(village, AMINA, row)
    assert village.do(expire_payouts) == 1
    assert village.do(expire_payouts) == 0
    assert state(village, row) == "over"
    assert [(one.phone, one.key) for one in village.told()] == [(BARAKA.phone, "group_over")]


def test_S_15_a_price_that_changed_is_shown_again(village: Village) -> None:
    """Between what a member read and their PIN nothing may become dearer."""
    group = founded(village, BARAKA)
    given(village, group, 500_00)
    row = proposed(village, group)
    seen = village.do(lambda unit: show_payout(unit, AMINA, row.id))
    with village.refuses(QuoteChanged):
        village.do(lambda unit: agree(unit, person=AMINA, proposal=seen._replace(fee=seen.fee - 1)))


def test_budgets(village: Village) -> None:
    group = founded(village, BARAKA)
    given(village, group, 500_00)
    for _ in range(3):
        proposed(village, group)
    with village.refuses(TooManyPayouts):
        wanted(village, group)
    village.pack(members_per_group=2)
    with village.refuses(GroupFull, members=2):
        village.do(lambda unit: invite(unit, person=AMINA, group_id=group.id, phone=NJERI.phone))
    for _ in range(PACK.groups_per_person - 1):
        founded(village)
    with village.refuses(TooManyGroups, most_groups=5):
        founded(village)


def test_a_blocked_wallet_neither_gives_nor_agrees(village: Village) -> None:
    group = founded(village, BARAKA)
    given(village, group, 500_00)
    row = proposed(village, group)
    amina = village.change(AMINA, state="blocked")
    for act in (lambda: gift(village, group, 1_00, amina), lambda: yes(village, amina, row)):
        with village.refuses(WalletBlocked, help_line=PACK.help_line):
            act()


def test_a_wallet_closes_when_its_owner_has_left(village: Village) -> None:
    group = founded(village, NJERI, ACHIENG)
    village.post((wallet(AMINA), wallet(BARAKA), 2000_00, Reason.SEND))
    with village.refuses(StillGroup):
        village.do(lambda unit: refuse_close(unit, AMINA))
    village.do(lambda unit: leave(unit, person=AMINA, group_id=group.id))
    village.do(lambda unit: close_wallet(unit, AMINA.id))
    assert village.do(lambda unit: groups_of(unit, AMINA)) == []
    assert [row.state for row in village.rows(Member) if row.person == AMINA.id] == ["out"]


def test_the_audit_finds_a_payout_that_was_never_paid(village: Village) -> None:
    group = founded(village, BARAKA)
    given(village, group, 500_00)
    row = proposed(village, group)

    def found() -> list[tuple[str, str]]:
        report = village.do(lambda unit: audit_all(unit, seal_key=CODE_KEY))
        return [(one.where, one.detail) for one in report.problems if one.check == "groups_paid_what_was_agreed"]

    assert found() == []
    village.change(row, state="paid")
    assert found() == [(f"payout {row.id}", f"is paid, and no entry takes it from group {group.id}")]
    village.change(row, state="open")
    yes(village, AMINA, row)
    assert found() == []
    village.change(group, state="closed")
    assert found() == [(str(account(group)), "belongs to no open group")]
