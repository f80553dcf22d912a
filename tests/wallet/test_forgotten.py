"""A forgotten PIN: what is waited for, what stops it, what it needs, and what the new PIN may do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.reference import one_time_code
from service.refusal import Refusal
from service.wallet.forgotten import (
    ASKS_PER_DAY,
    CHOICES_PER_DAY,
    NothingAsked,
    ResetWaits,
    StaffOnly,
    TooManyResets,
    WrongStaffCode,
    ask_reset,
    choose_new_pin,
    mind_resets,
    needs_of,
    prove_staff_code,
    put_new_pin,
    ready_reset,
    refuse_shared,
    staff_code,
    stop_request,
)
from service.wallet.identity import PinReset, SimCheck
from service.wallet.limits import OverSingle, limits_of, tier_of
from service.wallet.pin import REMEMBERED, OldPin, SimChanged, WalletBlocked, WeakPin, is_pin, seal_pin, unlock
from service.wallet.send import quote_send, send_money
from service.wallet.sim import SimUnchecked
from service.wallet.unit import Asked, Person, Unit
from service.wallet.wrong_codes import TooManyCodes
from tests.wallet.village import (
    AMINA,
    BARAKA,
    NOON,
    PACK,
    Overheard,
    Village,
    person,
)

DAY = timedelta(days=1)
CHEBET = person(910, "Chebet Rono", "+254733000010")


def stored(village: Village, who: Person = AMINA) -> Person:
    return next(row for row in village.rows(Person) if row.id == who.id)


def asked(village: Village, who: Person = AMINA) -> PinReset:
    return village.do(lambda unit: ask_reset(unit, who.id))


def ready(village: Village, who: Person = AMINA) -> PinReset:
    person = stored(village, who)
    return village.do(lambda unit: ready_reset(unit, person))


def chosen(village: Village, pin: str, who: Person = AMINA) -> str | Refusal:
    person = stored(village, who)
    return village.do(lambda unit: choose_new_pin(unit, person, pin))


def put(village: Village, pin: str = "8264", who: Person = AMINA) -> None:
    sealed = chosen(village, pin, who)
    assert isinstance(sealed, str), sealed
    village.do(lambda unit: put_new_pin(unit, who.id, sealed=sealed))


def minded(village: Village) -> int:
    return village.do(mind_resets)


@pytest.fixture
def amina(village: Village) -> Person:
    """Amina with the PIN 4071, locked."""
    sealed = seal_pin(village.house, AMINA.id, "4071")
    return village.change(AMINA, pin=sealed, pin_tries=3)  # type: ignore[no-any-return]


def test_a_request_is_written_down_and_told_at_once(village: Village, amina: Person) -> None:
    opens, lapses = village.now + DAY, village.now + 2 * DAY
    row = asked(village)
    half = village.now + DAY / 2
    assert row == PinReset(id=row.id, person=AMINA.id, at=village.now, opens_at=opens, lapses_at=lapses, next_at=half)
    assert village.rows(PinReset) == [row]
    assert stored(village) == replace(amina, reset=row.id)
    times = {"opens": opens.isoformat(), "closes": lapses.isoformat()}
    whom = {"service_code": PACK.people_code, "help_line": PACK.help_line}
    assert village.said() == [(AMINA.phone, "pin_reset_asked", times | whom, None, None)]
    with village.refuses(ResetWaits, opens=opens.isoformat()):
        asked(village)


def test_the_new_pin_is_good_after_a_day_and_frees_the_wallet(village: Village, amina: Person) -> None:
    """Until then it is refused; old and weak ones are; the PIN of before is remembered, and the owner is told."""
    row = asked(village)
    village.later(seconds=86_399)
    with village.refuses(ResetWaits, opens=row.opens_at.isoformat()):
        ready(village)
    with village.refuses(ResetWaits, opens=row.opens_at.isoformat()):
        village.do(lambda unit: put_new_pin(unit, AMINA.id, sealed="x"))
    village.later(seconds=1)
    assert ready(village) == row
    assert isinstance(chosen(village, "1234"), WeakPin)
    assert isinstance(chosen(village, "4071"), OldPin)
    village.told()
    put(village)
    person = stored(village)
    assert is_pin(village.house, AMINA.id, "8264", person.pin)
    until = village.now + DAY
    assert person == replace(amina, pin=person.pin, old_pins=(amina.pin,), pin_tries=0, careful_until=until)
    assert [one.state for one in village.rows(PinReset)] == ["done"]
    values = {"closes": until.isoformat(), "single": PACK.new_pin_single, "day_limit": PACK.new_pin_day}
    assert village.said() == [(AMINA.phone, "pin_reset_done", values | {"help_line": PACK.help_line}, None, None)]
    assert isinstance(village.do(lambda unit: unlock(unit, AMINA.id, "8264")), Person)
    with village.refuses(NothingAsked, hours=24):
        village.do(lambda unit: put_new_pin(unit, AMINA.id, sealed="x"))


def test_the_present_pin_stops_a_request(village: Village) -> None:
    """Wherever it is used; a wrong one does not."""
    amina = village.change(AMINA, pin=seal_pin(village.house, AMINA.id, "4071"))
    row = asked(village)
    village.told()
    village.do(lambda unit: unlock(unit, AMINA.id, "9999"))
    assert stored(village).reset == row.id
    assert village.do(lambda unit: unlock(unit, AMINA.id, "4071")) == amina
    assert stored(village) == amina
    assert village.rows(PinReset) == [replace(row, state="stopped")]
    assert village.said() == [(AMINA.phone, "pin_reset_stopped", {"at": village.now.isoformat()}, None, None)]
    village.later(days=1)
    with village.refuses(NothingAsked, hours=24):
        ready(village)


def test_one_key_stops_a_request_also_when_the_pin_is_locked(village: Village, amina: Person) -> None:
    row = asked(village)
    village.do(lambda unit: stop_request(unit, AMINA.id))
    assert (stored(village), village.rows(PinReset)) == (amina, [replace(row, state="stopped")])
    before = village.everything()
    village.do(lambda unit: stop_request(unit, AMINA.id))
    assert village.everything() == before


def test_the_owner_is_told_at_the_half_and_at_the_end_and_when_it_lapses(village: Village, amina: Person) -> None:
    """A worker that slept tells only what is true now; time decides, also where no worker was."""
    asked(village)
    village.told()
    assert minded(village) == 0
    for key, span in (("half", 12), ("open", 12), ("lapsed", 24)):
        village.later(hours=span)
        if key == "lapsed":
            with village.refuses(NothingAsked, hours=24):
                ready(village)
        assert minded(village) == 1
        assert [said[1] for said in village.said()] == [f"pin_reset_{key}"]
        assert minded(village) == 0
    assert stored(village) == amina
    assert [one.state for one in village.rows(PinReset)] == ["lapsed"]
    asked(village)
    village.told()
    village.later(days=1)
    assert minded(village) == 1
    assert [said[1] for said in village.said()] == ["pin_reset_open"]


def test_a_request_that_lapsed_unseen_makes_room_for_another(village: Village, amina: Person) -> None:
    asked(village)
    village.later(days=2)
    village.told()
    again = asked(village)
    assert [one.state for one in village.rows(PinReset)] == ["lapsed", "waiting"]
    assert stored(village).reset == again.id
    assert [said[1] for said in village.said()] == ["pin_reset_lapsed", "pin_reset_asked"]


def test_requests_and_choices_are_counted(village: Village, amina: Person) -> None:
    """Messages cost, and what is said about a PIN of before tells something."""
    for _ in range(ASKS_PER_DAY):
        asked(village)
        village.do(lambda unit: stop_request(unit, AMINA.id))
    with village.refuses(TooManyResets):
        asked(village)
    village.later(days=1)
    asked(village)
    village.later(days=1)
    for _ in range(CHOICES_PER_DAY):
        assert isinstance(chosen(village, "4071"), OldPin)
    assert isinstance(chosen(village, "8264"), TooManyResets)


def test_a_blocked_wallet_gets_no_new_pin(village: Village, amina: Person) -> None:
    """Blocked before, or in between."""
    asked(village)
    village.later(days=1)
    village.change(stored(village), state="blocked")
    for act in (asked, ready, put):
        with village.refuses(WalletBlocked, help_line=PACK.help_line):
            act(village)


def test_P_12_for_a_day_after_a_new_pin_little_goes_out(village: Village, amina: Person) -> None:
    """Single payment and day are low, in what is shown and in what is posted; then the tier's count again."""
    village.give(AMINA, 4_000_00)
    asked(village)
    village.later(days=1)
    put(village)
    person = stored(village)
    limits = village.do(lambda unit: limits_of(unit, person))
    assert (limits.single, limits.day) == (PACK.new_pin_single, PACK.new_pin_day)
    with village.refuses(OverSingle, single=PACK.new_pin_single):
        village.do(lambda unit: quote_send(unit, payer=person, phone=BARAKA.phone, amount=PACK.new_pin_single + 1))
    quote = village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=1_500_00))
    with village.refuses(OverSingle, single=PACK.new_pin_single):
        village.do(lambda unit: send_money(unit, payer=person, quote=quote))
    village.later(days=1)
    assert village.do(lambda unit: tier_of(unit, person)) == PACK.tiers[2]


def test_one_request_is_minded_at_a_time(village: Village, amina: Person) -> None:
    """And one that was stopped since it was found is left alone, though its time has come."""
    first = asked(village)
    village.do(lambda unit: ask_reset(unit, BARAKA.id))
    village.told()
    village.now = first.next_at
    assert minded(village) == 1
    assert [one.phone for one in village.told()] == [AMINA.phone]

    def mind(unit: Unit) -> int:
        between = Overheard(unit)
        between.before_lock = lambda: stop_request(unit, BARAKA.id)
        return mind_resets(between.unit)

    assert village.do(mind) == 1
    assert [one.key for one in village.told()] == ["pin_reset_stopped"]
    assert minded(village) == 0


def test_the_last_pins_are_remembered_and_no_more(village: Village, amina: Person) -> None:
    village.change(stored(village), old_pins=("a", "b", "c", "d", "e", "f"))
    asked(village)
    village.later(days=1)
    village.do(lambda unit: put_new_pin(unit, AMINA.id, sealed="new"))
    assert stored(village).old_pins == (amina.pin, "a", "b", "c")[: REMEMBERED - 1]


def test_P_10_more_than_the_bound_waits_for_the_network_and_the_bound_does_not(village: Village) -> None:
    """The network has spoken if it did since the new PIN was asked for."""
    village.house = replace(village.house, sim_feed=True)
    village.pack(sim_check_above=700_00)
    asked(village)
    (check,) = village.rows(SimCheck)
    assert check.person == AMINA.id
    village.change(check, state="answered")
    village.give(AMINA, 700_00)
    village.later(days=1)
    ready(village)
    village.give(AMINA, 1)

    def refused(unit: Unit) -> None:
        with pytest.raises(SimUnchecked):
            ready_reset(unit, next(row for row in unit.rows.find(Person) if row.id == AMINA.id))

    village.do(refused)
    assert [(row.person, row.state) for row in village.rows(SimCheck)] == [(AMINA.id, "answered"), (AMINA.id, "queued")]
    village.change(stored(village), sim_seen_at=NOON)
    village.do(refused)
    village.change(stored(village), sim_seen_at=NOON + timedelta(microseconds=1))
    ready(village)


def test_S_14_who_shares_a_number_proves_the_code_that_staff_have_told(village: Village) -> None:
    """The right one before its time is told that it waits; wrong ones are counted by the hour."""
    village.do(lambda unit: refuse_shared(unit, AMINA))
    row, shared = asked(village), village.change(stored(village), shared=True)
    with village.refuses(StaffOnly, help_line=PACK.help_line):
        village.do(lambda unit: refuse_shared(unit, shared))
    right = one_time_code(village.house.code_key, "staff", row.id, 0)
    assert staff_code(village.house.code_key, row.id) == right

    def proved(code: str) -> Refusal | None:
        return village.do(lambda unit: prove_staff_code(unit, shared, code))

    with village.refuses(ResetWaits, opens=row.opens_at.isoformat()):
        proved(right)
    village.later(days=1)
    assert proved(right) is None
    for _ in range(PACK.code_tries):
        assert isinstance(proved("1234567"), WrongStaffCode)
    for code in (right, "1234567"):
        with village.refuses(TooManyCodes, minutes=60):
            proved(code)
    village.later(hours=1)
    assert proved(right) is None
    village.change(row, state="stopped")
    assert isinstance(proved(right), WrongStaffCode)


def test_what_a_new_pin_needs_is_told_as_things_stand(village: Village) -> None:
    nothing = village.do(lambda unit: needs_of(unit, AMINA))
    village.give(AMINA, 5_000_01)
    assert (nothing, village.do(lambda unit: needs_of(unit, AMINA))) == (PACK.reset_needs(0), "staff")


def test_P_12_a_request_is_found_unlocked_so_that_the_person_is_locked_first(village: Village) -> None:
    """As everybody locks them; and who shares a number finds nothing under keys that others are told."""
    row = asked(village)
    village.change(stored(village), shared=True)
    village.told()
    village.now = row.next_at
    found: list[Any] = []

    def mind(unit: Unit) -> list[Any]:
        between = Overheard(unit)

        def due(kind: Any, **more: Any) -> Any:
            found.append(more["lock"])
            return unit.rows.due(kind, **more)

        between.due = due  # type: ignore[attr-defined]
        mind_resets(between.unit)
        return between.asked[:2]

    assert village.do(mind) == [Asked.lock(Person, AMINA.id), Asked.lock(PinReset, row.id)]
    assert found == [False]
    (told,) = village.told()
    assert (told.key, told.values) == (
        "pin_reset_vouched",
        {"opens": row.opens_at.isoformat(), "help_line": PACK.help_line, "reader": "AMINA O"},
    )


def test_P_10_whose_sim_was_changed_asks_for_no_new_pin_and_chooses_none(village: Village) -> None:
    """Whoever has the SIM may be a thief: the request that ran before waits, too."""
    asked(village)
    village.later(days=1)
    swapped = village.change(stored(village), swapped_at=village.now)

    def refused(unit: Unit) -> None:
        with pytest.raises(SimChanged):
            ready_reset(unit, swapped)
        with pytest.raises(SimChanged):
            ask_reset(unit, AMINA.id)

    village.do(refused)
