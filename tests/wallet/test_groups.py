"""Groups: who founds one, who joins and leaves, and what each may do in it."""

import pytest

from service.ledger.chart import Reason
from service.wallet.close import close_wallet, refuse_close
from service.wallet.group import Group, Member
from service.wallet.group_money import (
    TooManyPayouts,
)
from service.wallet.groups import (
    GroupFull,
    GroupMoney,
    NoGroup,
    StillGroup,
    TooManyGroups,
    answer,
    groups_of,
    has_to_do_with_groups,
    invitations_for,
    invite,
    leave,
    make_treasurer,
)
from service.wallet.inbox import RequestOver
from service.wallet.people import WhichOne
from service.wallet.send import SelfPayment
from service.wallet.unit import Person, Tally, Unit
from tests.wallet.chama import founded, gift, given, proposed, roles, wanted, yes
from tests.wallet.village import ACHIENG, AMINA, BARAKA, NJERI, PACK, Village, wallet


@pytest.fixture(autouse=True)
def _money(village: Village) -> None:
    for who in (AMINA, BARAKA):
        village.give(who, 2000_00)


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


def test_who_has_to_do_with_groups(village: Village) -> None:
    """Whoever is in one or is asked; not a stranger to all, nor who said no."""
    group = founded(village, BARAKA)
    village.do(lambda unit: invite(unit, person=AMINA, group_id=group.id, phone=NJERI.phone))

    def has(who: Person) -> bool:
        return village.do(lambda unit: has_to_do_with_groups(unit, who))

    assert [has(who) for who in (AMINA, BARAKA, NJERI, ACHIENG)] == [True, True, True, False]
    founded(village)  # which asks nobody
    asked = [village.do(lambda unit, who=who: invitations_for(unit, who)) for who in (AMINA, BARAKA, NJERI, ACHIENG)]  # type: ignore[misc]
    assert asked == [[], [], [group], []]
    village.do(lambda unit: answer(unit, person_id=NJERI.id, group_id=group.id, joins=False))
    village.do(lambda unit: leave(unit, person=BARAKA, group_id=group.id))
    assert [has(who) for who in (AMINA, BARAKA, NJERI, ACHIENG)] == [True, False, False, False]


def test_ones_groups_are_found_among_any_number_of_others(village: Village) -> None:
    def others(unit: Unit) -> None:
        for _ in range(120):
            unit.rows.append(Group(id=unit.mint(), country="ke", name="Other", needed=2, opened_at=unit.now))

    village.audited = False
    village.do(others)
    group = founded(village)
    assert [seat.group for seat in village.do(lambda unit: groups_of(unit, AMINA))] == [group]


def test_a_wallet_closes_when_its_owner_has_left(village: Village) -> None:
    group = founded(village, NJERI, ACHIENG)
    village.post((wallet(AMINA), wallet(BARAKA), 2000_00, Reason.SEND))
    with village.refuses(StillGroup):
        village.do(lambda unit: refuse_close(unit, AMINA))
    village.do(lambda unit: leave(unit, person=AMINA, group_id=group.id))
    village.do(lambda unit: close_wallet(unit, AMINA.id))
    assert village.do(lambda unit: groups_of(unit, AMINA)) == []
    assert [row.state for row in village.rows(Member) if row.person == AMINA.id] == ["out"]
