"""Letting a member of a group go: who must agree, who has no voice, and what stays of what they gave."""

from typing import Any

import pytest

from service.wallet.group import Group, Removal
from service.wallet.group_money import TooFewMembers, given_by, payouts_for
from service.wallet.group_removal import (
    RemovalWaits,
    agree_to_go,
    expire_removals,
    propose_removal,
    refuse_to_go,
    removals_for,
    show_removal,
)
from service.wallet.groups import NoGroup, answer, invite, leave, left_of, make_treasurer, members_of
from service.wallet.inbox import RequestOver
from service.wallet.pin import WalletBlocked
from service.wallet.statement import balance_of
from service.wallet.unit import Person, Unit
from tests.wallet.chama import account, founded, given, proposed, roles, yes
from tests.wallet.village import ACHIENG, AMINA, BARAKA, NJERI, PACK, Village

WHOM = {"name": "NJERI K", "number": "0711***010"}


@pytest.fixture(autouse=True)
def _money(village: Village) -> None:
    for who in (AMINA, BARAKA, NJERI):
        village.give(who, 2000_00)


def wants_out(village: Village, group: Group, who: Person = NJERI, *, by: Person = BARAKA) -> Removal:
    return village.do(lambda unit: propose_removal(unit, person=by, group_id=group.id, member=who.id))


def says(village: Village, who: Person, row: Removal) -> bool:
    return village.do(lambda unit: agree_to_go(unit, person=who, removal_id=row.id))


def says_no(village: Village, who: Person, row: Removal) -> None:
    village.do(lambda unit: refuse_to_go(unit, person=who, removal_id=row.id))


def state(village: Village, row: Removal) -> str:
    return next(one.state for one in village.rows(Removal) if one.id == row.id)


def waits_for(village: Village, who: Person) -> list[int]:
    return [row.id for row in village.do(lambda unit: removals_for(unit, who))]


def test_a_member_goes_when_as_many_others_agree_as_must(village: Village) -> None:
    """Whoever proposes it agrees by that; the one it is about is not asked, and told when it is done."""
    group = founded(village, BARAKA, NJERI, ACHIENG, needed=3)
    row = wants_out(village, group)
    said: dict[str, Any] = {"asked_by": "BARAKA M", "group": "Chama", "service_code": PACK.people_code, **WHOM}
    assert village.said() == [(one.phone, "group_let_go", said, None, row.expires_at) for one in (AMINA, ACHIENG)]
    assert (waits_for(village, AMINA), waits_for(village, NJERI), waits_for(village, BARAKA)) == ([row.id], [], [])
    shown = village.do(lambda unit: show_removal(unit, AMINA, row.id))
    assert (shown.name, shown.yeses, shown.needed) == ("NJERI K", 1, 3)
    assert not says(village, AMINA, row)
    assert says(village, ACHIENG, row)
    assert roles(village, group) == {AMINA.id: "chair", BARAKA.id: "member", ACHIENG.id: "member"}
    told = [(one.phone, one.key) for one in village.told()]
    assert told == [*((one.phone, "group_left") for one in (AMINA, BARAKA, ACHIENG)), (NJERI.phone, "group_removed")]
    assert state(village, row) == "done"


def test_who_is_to_go_has_no_voice_and_strangers_have_none(village: Village) -> None:
    group = founded(village, BARAKA, NJERI)
    row = wants_out(village, group)
    for who in (NJERI, ACHIENG, BARAKA):
        with village.refuses(RequestOver):
            says(village, who, row)
        with village.refuses(RequestOver):
            says_no(village, who, row)
    for who, by in ((ACHIENG, AMINA), (AMINA, AMINA), (NJERI, ACHIENG)):
        with village.refuses(NoGroup):
            wants_out(village, group, who, by=by)


def test_nobody_goes_where_too_few_are_left_to_agree(village: Village) -> None:
    """Of two members neither can put the other out and ask a friend in."""
    group = founded(village, BARAKA)
    with village.refuses(TooFewMembers, needed=2):
        wants_out(village, group, BARAKA, by=AMINA)


def test_one_at_a_time_and_what_another_asks_about_the_same_is_a_yes(village: Village) -> None:
    group = founded(village, BARAKA, NJERI, ACHIENG, needed=2)
    row = wants_out(village, group)
    with village.refuses(RemovalWaits):
        wants_out(village, group, ACHIENG)
    with village.refuses(RequestOver):
        wants_out(village, group)
    assert wants_out(village, group, by=AMINA).id == row.id
    assert (state(village, row), len(village.rows(Removal))) == ("done", 1)
    wants_out(village, group, ACHIENG)


def test_who_left_counts_no_more(village: Village) -> None:
    """Neither a proposer who left, nor one it is about who left by themselves: then nothing waits any more."""
    group = founded(village, BARAKA, NJERI, ACHIENG, needed=2)
    row = wants_out(village, group)
    village.do(lambda unit: leave(unit, person=BARAKA, group_id=group.id))
    assert not says(village, AMINA, row)
    village.do(lambda unit: leave(unit, person=NJERI, group_id=group.id))
    assert waits_for(village, ACHIENG) == []
    with village.refuses(RequestOver):
        says(village, ACHIENG, row)


def test_noes_end_it_when_it_can_never_be(village: Village) -> None:
    group = founded(village, BARAKA, NJERI, ACHIENG, needed=2)
    row = wants_out(village, group)
    village.told()
    says_no(village, AMINA, row)
    assert (state(village, row), village.told()) == ("open", [])
    says_no(village, ACHIENG, row)
    assert state(village, row) == "refused"
    assert village.said() == [(BARAKA.phone, "group_stays", {"group": "Chama", **WHOM}, None, None)]
    wants_out(village, group)


def test_L_12_a_removal_that_nobody_decides_is_over_at_its_time(village: Village) -> None:
    """Time decides; the worker only tells, and nothing of whom it was about if they left by themselves."""
    group = founded(village, BARAKA, NJERI, ACHIENG, needed=2)
    rows = [wants_out(village, group), wants_out(village, group, ACHIENG, by=AMINA)]
    village.do(lambda unit: leave(unit, person=ACHIENG, group_id=group.id))
    village.told()
    village.later(seconds=PACK.group_payout_seconds)
    with village.refuses(RequestOver):
        says(village, AMINA, rows[0])
    assert [village.do(expire_removals) for _ in "12"] == [2, 0]
    assert [state(village, row) for row in rows] == ["over", "over"]
    assert [(one.phone, one.key) for one in village.told()] == [(BARAKA.phone, "group_stays")]


def test_what_they_gave_stays_in_the_book_and_their_yes_counts_no_more(village: Village) -> None:
    """All that was put in is still somebody's, of those who left too; who is asked anew may come back."""
    group = founded(village, BARAKA, NJERI, needed=2)
    for who in (AMINA, BARAKA, NJERI):
        given(village, group, 100_00, who)
    payout = proposed(village, group, 50_00, by=NJERI, to=ACHIENG)
    says(village, AMINA, wants_out(village, group))

    def gave(unit: Unit) -> list[int]:
        rows = [*members_of(unit, group.id), *left_of(unit, group.id)]
        return [unit.books.used(given_by(group.id, row.person)) for row in rows]

    assert (village.do(gave), village.balance(account(group))) == ([100_00] * 3, 300_00)
    assert village.do(lambda unit: balance_of(unit, NJERI)) == 1900_00
    assert yes(village, AMINA, payout) is None, "the proposer is a member no more"
    assert village.do(lambda unit: payouts_for(unit, NJERI)) == []
    village.do(lambda unit: invite(unit, person=AMINA, group_id=group.id, phone=NJERI.phone))
    village.do(lambda unit: answer(unit, person_id=NJERI.id, group_id=group.id, joins=True))
    assert village.do(lambda unit: left_of(unit, group.id)) == []


def test_a_chair_can_be_let_go_and_the_treasurer_follows(village: Village) -> None:
    group = founded(village, BARAKA, NJERI, ACHIENG, needed=2)
    village.do(lambda unit: make_treasurer(unit, person=AMINA, group_id=group.id, other=NJERI.id))
    assert says(village, ACHIENG, wants_out(village, group, AMINA))
    assert roles(village, group) == {BARAKA.id: "member", NJERI.id: "chair", ACHIENG.id: "member"}


def test_a_blocked_wallet_neither_proposes_nor_agrees(village: Village) -> None:
    group = founded(village, BARAKA, NJERI)
    row = wants_out(village, group)
    amina = village.change(AMINA, state="blocked")
    for act in (lambda: says(village, amina, row), lambda: wants_out(village, group, BARAKA, by=amina)):
        with village.refuses(WalletBlocked, help_line=PACK.help_line):
            act()
