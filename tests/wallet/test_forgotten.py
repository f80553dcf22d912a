"""A forgotten PIN: what is waited for, what stops it, what it needs, and what the new PIN may do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.ledger.chart import Reason
from service.refusal import Refusal
from service.wallet.forgotten import (
    ASKS_PER_DAY,
    CHOICES_PER_DAY,
    LacksStaff,
    NothingAsked,
    ResetWaits,
    TooManyResets,
    ask_reset,
    at_stake,
    choose_new_pin,
    mind_resets,
    put_new_pin,
    ready_reset,
    stop_request,
)
from service.wallet.identity import PinReset
from service.wallet.limits import OverSingle, limits_of, tier_of
from service.wallet.pay import pay_till, quote_pay
from service.wallet.pin import OldPin, WalletBlocked, WeakPin, is_pin, seal_pin, unlock
from service.wallet.reversal import ask_back, keep
from service.wallet.send import quote_send, send_money
from service.wallet.till import new_till
from service.wallet.unit import Person
from tests.wallet.village import AMINA, BARAKA, NJERI, PACK, SHOP, TRUST, Village, float_

DAY = timedelta(days=1)


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


@pytest.mark.parametrize(
    ("worth", "vouched", "no"),
    [(5_000_00, False, None), (5_000_01, False, LacksStaff), (5_000_01, True, None), (15_000_01, True, None)],
)
def test_what_is_at_stake_says_what_it_needs(
    village: Village, amina: Person, worth: int, vouched: bool, no: type[Refusal] | None
) -> None:
    """As it stands when the new PIN is chosen, not when it was asked for."""
    row = asked(village)
    village.give(AMINA, worth)
    village.later(days=1)
    village.change(row, vouched=vouched)
    if no is None:
        put(village)
        return
    with village.refuses(no, help_line=PACK.help_line):
        ready(village)


def test_what_is_asked_back_is_at_stake_too(village: Village, amina: Person) -> None:
    """It is set aside for two hours, which may be those in which the new PIN is chosen, and is then Amina's again."""
    village.give(BARAKA, 10_000_00)
    quote = village.do(lambda unit: quote_send(unit, payer=BARAKA, phone=AMINA.phone, amount=6_000_00))
    payment = village.do(lambda unit: send_money(unit, payer=BARAKA, quote=quote)).entry
    asked(village)
    village.later(hours=23, minutes=59)
    case = village.do(lambda unit: ask_back(unit, payer=BARAKA, payment=payment))
    village.later(minutes=1)
    assert village.do(lambda unit: at_stake(unit, amina)) == 6_000_00
    with village.refuses(LacksStaff, help_line=PACK.help_line):
        ready(village)
    village.do(lambda unit: keep(unit, payee=amina, case_id=case.id))
    assert village.do(lambda unit: at_stake(unit, amina)) == 6_000_00


def test_a_float_is_at_stake_too(village: Village) -> None:
    village.post((TRUST, float_(SHOP), 7_00, Reason.ISSUE))
    assert village.do(lambda unit: at_stake(unit, NJERI)) == 7_00


def test_takings_are_at_stake_too(village: Village) -> None:
    till = village.do(lambda unit: new_till(unit, person_id=AMINA.id, name="Mama Mboga"))
    village.give(BARAKA, 9_00)
    quote = village.do(lambda unit: quote_pay(unit, payer=BARAKA, till=till.number, amount=8_00))
    village.do(lambda unit: pay_till(unit, payer=BARAKA, quote=quote))
    assert village.do(lambda unit: at_stake(unit, AMINA)) == 8_00


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
