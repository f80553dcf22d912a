"""The money of groups: what is put in, how many must agree to pay out, and what a member who left still counts for."""

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Move, NotEnough, OverCap, TooFull
from service.wallet.audit import audit_all
from service.wallet.group_money import (
    TooFewMembers,
    agree,
    expire_payouts,
    give,
    given_by,
    payouts_for,
    propose,
    show_payout,
)
from service.wallet.groups import (
    NoGroup,
    leave,
    make_treasurer,
)
from service.wallet.inbox import RequestOver
from service.wallet.pin import WalletBlocked
from service.wallet.send import QuoteChanged
from service.wallet.statement import check_reference, statement
from tests.wallet.chama import account, founded, gift, given, no, proposed, roles, state, wanted, yes
from tests.wallet.village import ACHIENG, AMINA, BARAKA, CODE_KEY, NJERI, PACK, Village, ref, wallet


@pytest.fixture(autouse=True)
def _money(village: Village) -> None:
    for who in (AMINA, BARAKA):
        village.give(who, 2000_00)


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


def test_a_blocked_wallet_neither_gives_nor_agrees(village: Village) -> None:
    group = founded(village, BARAKA)
    given(village, group, 500_00)
    row = proposed(village, group)
    amina = village.change(AMINA, state="blocked")
    for act in (lambda: gift(village, group, 1_00, amina), lambda: yes(village, amina, row)):
        with village.refuses(WalletBlocked, help_line=PACK.help_line):
            act()


def test_what_waits_is_that_of_the_group_and_not_decided_yet(village: Village) -> None:
    """Three of another group, and three that were refused, leave room for one; and only one's own are asked about."""
    group, other = founded(village, BARAKA), founded(village, ACHIENG)
    for one in (group, other):
        given(village, one, 500_00)
    for _ in range(3):
        proposed(village, other, by=ACHIENG)
        no(village, AMINA, proposed(village, group))
    row = proposed(village, group)
    assert [one.id for one in village.do(lambda unit: payouts_for(unit, AMINA)) if one.group == group.id] == [row.id]
    founded(village, NJERI)
    assert village.do(lambda unit: payouts_for(unit, NJERI)) == []
    assert (set(roles(village, group)), set(roles(village, other))) == ({AMINA.id, BARAKA.id}, {AMINA.id, ACHIENG.id})


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
