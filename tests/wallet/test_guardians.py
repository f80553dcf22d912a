"""Guardians: who may be one, what they may say, and when it counts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.wallet.forgotten import LacksStaff, ask_reset, ready_reset
from service.wallet.guardians import (
    PinTooNew,
    TooManyGuardians,
    agree,
    decline_wish,
    guardians_of,
    is_vouched,
    name_guardian,
    remove_guardian,
    vouch,
    wishes_for,
)
from service.wallet.identity import Guardian, PinReset, SimCheck
from service.wallet.inbox import DeclinedTwice, RequestOver
from service.wallet.pin import SimChanged, seal_pin, unlock
from service.wallet.send import SelfPayment
from service.wallet.sim import SimUnchecked
from service.wallet.unit import Notice, Person
from tests.wallet.village import ACHIENG, AMINA, BARAKA, NJERI, PACK, UGANDAN, Village

DAY = timedelta(days=1)


@pytest.fixture
def rich(village: Village) -> Village:
    """Amina has more than time alone guards."""
    village.give(AMINA, 100_000_00)
    return village


def now(village: Village, who: Person) -> Person:
    return next(row for row in village.rows(Person) if row.id == who.id)


def name(village: Village, whom: Person) -> None:
    village.do(lambda unit: name_guardian(unit, AMINA.id, whom.phone))


def say_yes(village: Village, who: Person) -> None:
    village.do(lambda unit: agree(unit, who, AMINA.id))


def confirm(village: Village, who: Person) -> None:
    person = now(village, who)
    village.do(lambda unit: vouch(unit, person, AMINA.id))


def named(village: Village, *people: Person) -> None:
    for who in people:
        name(village, who)
        say_yes(village, who)


def wishes(village: Village, who: Person) -> list[tuple[int, bool]]:
    return [(wish.owner.id, wish.vouch) for wish in village.do(lambda unit: wishes_for(unit, who))]


def ready(village: Village) -> PinReset:
    person = now(village, AMINA)
    return village.do(lambda unit: ready_reset(unit, person))


def test_two_guardians_stand_in_for_staff_and_one_does_not(rich: Village) -> None:
    named(rich, BARAKA, ACHIENG)
    rich.told()
    rich.do(lambda unit: ask_reset(unit, AMINA.id))
    assert [(one.phone, one.key) for one in rich.told()] == [
        (AMINA.phone, "pin_reset_asked"),
        (BARAKA.phone, "guardian_wanted"),
        (ACHIENG.phone, "guardian_wanted"),
    ]
    assert wishes(rich, BARAKA) == [(AMINA.id, True)]
    confirm(rich, BARAKA)
    assert wishes(rich, BARAKA) == []
    with rich.refuses(RequestOver):
        confirm(rich, BARAKA)
    rich.later(days=1)
    with rich.refuses(LacksStaff, help_line=PACK.help_line):
        ready(rich)
    confirm(rich, ACHIENG)
    assert ready(rich).agreed == (str(BARAKA.id), str(ACHIENG.id))


def test_guardians_are_asked_whatever_is_in_the_wallet(village: Village) -> None:
    """That they are asked tells them nothing of it."""
    named(village, BARAKA)
    village.told()
    village.do(lambda unit: ask_reset(unit, AMINA.id))
    told = {one.key: one for one in village.told()}
    values = {"name": "AMINA O", "number": "0711***001", "service_code": PACK.people_code}
    assert told["guardian_wanted"].values == values


def test_P_12_nobody_becomes_a_guardian_while_a_request_runs(rich: Village) -> None:
    """Who was only asked cannot agree meanwhile, and who agreed afterwards does not count for it."""
    named(rich, BARAKA)
    name(rich, ACHIENG)
    rich.do(lambda unit: ask_reset(unit, AMINA.id))
    assert wishes(rich, ACHIENG) == []
    with rich.refuses(RequestOver):
        say_yes(rich, ACHIENG)
    (late,) = (row for row in rich.rows(Guardian) if row.guardian == ACHIENG.id)
    rich.change(late, state="agreed", at=rich.now + timedelta(seconds=1))
    rich.later(hours=1)
    assert wishes(rich, ACHIENG) == []
    with rich.refuses(RequestOver):
        confirm(rich, ACHIENG)
    (row,) = rich.rows(PinReset)
    rich.change(row, agreed=(str(BARAKA.id), str(ACHIENG.id)))
    rich.later(days=1)
    with rich.refuses(LacksStaff, help_line=PACK.help_line):
        ready(rich)


def test_P_12_the_pin_that_removes_a_guardian_stops_the_request(rich: Village) -> None:
    """So none is removed while a request runs; both are told, once."""
    sealed = seal_pin(rich.house, AMINA.id, "4071")
    rich.change(AMINA, pin=sealed)
    named(rich, BARAKA, ACHIENG)
    rich.do(lambda unit: ask_reset(unit, AMINA.id))
    with pytest.raises(AssertionError):
        rich.do(lambda unit: remove_guardian(unit, AMINA.id, BARAKA.id))
    rich.do(lambda unit: unlock(unit, AMINA.id, "4071"))
    rich.told()
    rich.do(lambda unit: remove_guardian(unit, AMINA.id, BARAKA.id))
    assert [(one.phone, one.key) for one in rich.told()] == [
        (AMINA.phone, "guardian_removed"),
        (BARAKA.phone, "guardian_freed"),
    ]
    before = rich.everything()
    rich.do(lambda unit: remove_guardian(unit, AMINA.id, BARAKA.id))
    assert rich.everything() == before
    assert [one.id for one in rich.do(lambda unit: guardians_of(unit, AMINA))] == [ACHIENG.id]
    assert [row.state for row in rich.rows(PinReset)] == ["stopped"]


@pytest.mark.parametrize(
    ("changed", "no", "said"),
    [
        ({"careful_until": DAY}, PinTooNew, "opens"),
        ({"swapped_at": -DAY}, SimChanged, "closes"),
    ],
    ids=["new PIN", "new SIM"],
)
def test_P_10_whoever_may_be_a_thief_names_nobody_and_vouches_for_nobody(
    rich: Village, changed: dict[str, timedelta], no: type[PinTooNew], said: str
) -> None:
    """A SIM that was swapped, a PIN that was forgotten a short while ago: of the owner, and of a guardian."""
    times: dict[str, Any] = {field: rich.now + span for field, span in changed.items()}
    named(rich, BARAKA)
    amina = rich.change(AMINA, **times)
    with pytest.raises(no) as refused:
        name(rich, ACHIENG)
    assert said in refused.value.said
    rich.change(amina, careful_until=None, swapped_at=None)
    name(rich, ACHIENG)
    with pytest.raises(no):
        rich.do(lambda unit: agree(unit, replace(ACHIENG, **times), AMINA.id))
    rich.do(lambda unit: ask_reset(unit, AMINA.id))
    with pytest.raises(no):
        rich.do(lambda unit: vouch(unit, replace(BARAKA, **times), AMINA.id))


def test_P_10_where_the_network_can_be_asked_it_is_asked_first(village: Village) -> None:
    """A guardian is named when the network has spoken of the SIM within its span."""
    village.house = replace(village.house, sim_feed=True)
    with pytest.raises(SimUnchecked):
        name(village, BARAKA)
    village.change(AMINA, sim_seen_at=village.now)
    name(village, BARAKA)
    assert [row.state for row in village.rows(Guardian)] == ["asked"]
    assert village.rows(SimCheck) == []


def test_V_04_a_number_that_nobody_has_is_asked_like_any_other(village: Village) -> None:
    """The owner sees no difference, and nobody of another country is asked; one's own number is no secret."""
    for number in ("+254799000077", UGANDAN.phone, BARAKA.phone):
        assert village.do(lambda unit, number=number: name_guardian(unit, AMINA.id, number)) is None  # type: ignore[misc]
        assert village.do(lambda unit: guardians_of(unit, AMINA)) == []
    assert [row.guardian for row in village.rows(Guardian)] == [BARAKA.id]
    with village.refuses(SelfPayment):
        name(village, AMINA)


def test_there_are_two_at_most_and_a_no_is_a_no(village: Village) -> None:
    name(village, BARAKA)
    village.told()
    for left in (True, False):
        village.do(lambda unit: decline_wish(unit, BARAKA, AMINA.id))
        assert [(one.phone, one.key) for one in village.told()] == [(AMINA.phone, "guardian_declined")]
        assert wishes(village, BARAKA) == []
        if left:
            name(village, BARAKA)
            village.told()
    with village.refuses(DeclinedTwice):
        name(village, BARAKA)
    village.later(days=1)
    for who in (BARAKA, ACHIENG, NJERI):
        name(village, who)
    say_yes(village, BARAKA)
    say_yes(village, ACHIENG)
    with village.refuses(RequestOver):
        say_yes(village, NJERI)
    with village.refuses(TooManyGuardians):
        name(village, NJERI)


def test_a_question_to_become_a_guardian_grows_old(village: Village) -> None:
    name(village, BARAKA)
    (asked,) = village.rows(Notice)[-1:]
    assert asked.expires_at == village.now + timedelta(seconds=PACK.payment_request_seconds)
    village.later(seconds=PACK.payment_request_seconds)
    assert wishes(village, BARAKA) == []
    with village.refuses(RequestOver):
        say_yes(village, BARAKA)
    name(village, BARAKA)
    say_yes(village, BARAKA)


def test_whoever_closes_their_wallet_is_no_guardian(village: Village) -> None:
    named(village, BARAKA)
    village.change(BARAKA, state="closed")
    assert village.do(lambda unit: guardians_of(unit, AMINA)) == []


def test_P_12_only_one_s_own_guardians_who_still_are_vouch(rich: Village) -> None:
    """Those of somebody else do not count, nor one who was removed since; both are told apart at every look."""
    rich.do(lambda unit: name_guardian(unit, BARAKA.id, NJERI.phone))
    rich.do(lambda unit: agree(unit, NJERI, BARAKA.id))
    named(rich, BARAKA, ACHIENG)
    assert [one.id for one in rich.do(lambda unit: guardians_of(unit, AMINA))] == [BARAKA.id, ACHIENG.id]
    asked = rich.do(lambda unit: ask_reset(unit, AMINA.id))

    def vouched(*people: Person) -> bool:
        by = replace(asked, agreed=tuple(str(who.id) for who in people))
        return rich.do(lambda unit: is_vouched(unit, AMINA, by))

    assert vouched(BARAKA, ACHIENG)
    assert not vouched(BARAKA, NJERI)
    for row in rich.rows(Guardian):
        if row.guardian == ACHIENG.id:
            rich.change(row, state="over")
    assert not vouched(BARAKA, ACHIENG)
    assert wishes(rich, ACHIENG) == []


def test_new_pins_are_asked_about_first_and_the_times_are_kept(rich: Village) -> None:
    rich.do(lambda unit: name_guardian(unit, ACHIENG.id, BARAKA.phone))
    rich.later(seconds=1)
    named(rich, BARAKA)
    rows = {row.person: row for row in rich.rows(Guardian)}
    assert rows[AMINA.id].at == rich.now
    rich.later(seconds=1)
    name(rich, NJERI)
    rich.later(seconds=1)
    say_yes(rich, NJERI)
    assert [row.at for row in rich.rows(Guardian) if row.guardian == NJERI.id] == [rich.now]
    asked = rich.do(lambda unit: ask_reset(unit, AMINA.id))
    assert wishes(rich, BARAKA) == [(AMINA.id, True), (ACHIENG.id, False)]
    rich.do(lambda unit: name_guardian(unit, NJERI.id, BARAKA.phone))
    rich.change(now(rich, NJERI), state="closed")
    assert wishes(rich, BARAKA) == [(AMINA.id, True), (ACHIENG.id, False)]
    rich.change(now(rich, ACHIENG), state="closed")
    assert wishes(rich, BARAKA) == [(AMINA.id, True)]
    rich.change(now(rich, ACHIENG), state="active")
    rich.now = asked.lapses_at
    assert wishes(rich, BARAKA) == [(ACHIENG.id, False)]
    rich.now = rows[ACHIENG.id].at + timedelta(seconds=PACK.payment_request_seconds)
    assert wishes(rich, BARAKA) == []


def test_who_is_a_guardian_is_asked_once_and_a_no_has_its_time(village: Village) -> None:
    named(village, BARAKA)
    village.told()
    village.later(hours=1)
    name(village, BARAKA)
    assert village.told() == []
    assert [row.state for row in village.rows(Guardian)] == ["agreed"]
    village.change(ACHIENG, state="closed")
    name(village, ACHIENG)
    assert village.told() == []
    village.change(ACHIENG, state="active")
    name(village, ACHIENG)
    village.later(minutes=1)
    village.do(lambda unit: decline_wish(unit, ACHIENG, AMINA.id))
    village.do(lambda unit: remove_guardian(unit, AMINA.id, BARAKA.id))
    village.do(lambda unit: remove_guardian(unit, AMINA.id, NJERI.id))
    assert {(row.state, row.at) for row in village.rows(Guardian)} == {("over", village.now)}


def test_P_12_whose_pin_is_new_until_this_moment_is_trusted_from_it_on(village: Village) -> None:
    """Not a moment before, and it is said when."""
    village.change(AMINA, careful_until=village.now)
    name(village, BARAKA)
    until = village.now + timedelta(microseconds=1)
    village.change(now(village, AMINA), careful_until=until)
    with village.refuses(PinTooNew, opens=until.isoformat()):
        name(village, ACHIENG)
