"""The PIN: which are refused, how one is sealed, how often one may be wrong, and how it is changed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from service.refusal import Refusal
from service.wallet.guesses import Guesses, Seen
from service.wallet.pin import (
    BadPin,
    OldPin,
    PinLocked,
    SeatLocked,
    SimChanged,
    WalletBlocked,
    WeakPin,
    WrongPin,
    change_pin,
    choose_pin,
    is_pin,
    is_weak,
    read_pin,
    receive_only_until,
    refuse_locked,
    seal_pin,
    unlock,
)
from service.wallet.unit import Person, Tally
from tests.wallet.village import AMINA, NOON, PACK, Village


def stored(village: Village) -> Person:
    return next(row for row in village.rows(Person) if row.id == AMINA.id)


def tried(village: Village, pin: str) -> Person | Refusal:
    return village.do(lambda unit: unlock(unit, AMINA.id, pin))


@pytest.fixture
def amina(village: Village) -> Person:
    """Amina with the PIN 4071."""
    return village.change(AMINA, pin=seal_pin(village.house, AMINA.id, "4071"))  # type: ignore[no-any-return]


@pytest.mark.parametrize("typed", ["407", "40711", "40 1", "407a", "٤٠٧١", "４０７１", "407²", ""])
def test_a_pin_is_four_ascii_digits(typed: str) -> None:
    """Nothing else is read as one."""
    assert read_pin("4071") == "4071"
    with pytest.raises(BadPin):
        read_pin(typed)


def test_a_verifier_is_argon2id_of_pepper_person_and_salt(village: Village) -> None:
    """Old verifiers must open for ever: this is how they are made."""
    house = replace(village.house, pin_memory_kib=16)
    sealed = seal_pin(house, AMINA.id, "4071")
    version, memory, salt, digest = sealed.split("$")
    assert (version, memory, len(salt)) == ("1", "16", 32)
    made = Argon2id(
        salt=bytes.fromhex(salt), length=32, iterations=1, lanes=1, memory_cost=16, ad=b"901", secret=house.pepper
    )
    assert made.derive(b"4071").hex() == digest
    assert seal_pin(house, AMINA.id, "4071") != sealed
    assert is_pin(village.house, AMINA.id, "4071", sealed)
    assert not is_pin(village.house, AMINA.id, "4072", sealed)
    assert not is_pin(village.house, AMINA.id + 1, "4071", sealed)
    other = replace(village.house, pepper=b"other" * 8)
    assert not is_pin(other, AMINA.id, "4071", sealed)
    assert is_pin(replace(other, other_peppers=(b"x" * 32, house.pepper)), AMINA.id, "4071", sealed)


def test_the_right_pin_unlocks_and_writes_nothing(village: Village, amina: Person) -> None:
    before = village.everything()
    assert tried(village, "4071") == amina
    assert village.everything() == before


def test_P_01_three_wrong_pins_lock(village: Village, amina: Person) -> None:
    """Each is counted, the third answers that money is locked in, and then even the right one does not open."""
    for tries in (1, 2):
        wrong = tried(village, "4072")
        assert isinstance(wrong, WrongPin)
        assert wrong.said == {"tries": 3 - tries}
        assert stored(village) == replace(amina, pin_tries=tries)
    locked = tried(village, "4072")
    assert isinstance(locked, PinLocked)
    assert locked.said == {"service_code": PACK.people_code, "help_line": PACK.help_line}
    assert stored(village).pin_tries == 3
    with village.refuses(PinLocked, service_code=PACK.people_code, help_line=PACK.help_line):
        tried(village, "4071")
    village.pack(pin_tries=4)
    wrong = tried(village, "4072")
    assert isinstance(wrong, PinLocked)


def test_the_right_pin_forgets_wrong_ones(village: Village, amina: Person) -> None:
    tried(village, "4072")
    tried(village, "4072")
    assert tried(village, "4071") == amina
    assert stored(village) == amina


@pytest.mark.parametrize(
    ("changed", "locked"),
    [({"pin_tries": 2}, False), ({"pin_tries": 3}, True), ({"pin_tries": 4}, True), ({"state": "blocked"}, True)],
)
def test_whose_money_may_not_go_out(village: Village, changed: dict[str, Any], locked: bool) -> None:
    person = replace(AMINA, **changed)
    if not locked:
        village.do(lambda unit: refuse_locked(unit, person))
        return
    said = {"help_line": PACK.help_line}
    blocked = person.state != "active"
    no = WalletBlocked if blocked else PinLocked
    with village.refuses(no, **(said if blocked else said | {"service_code": PACK.people_code})):
        village.do(lambda unit: refuse_locked(unit, person))


def test_a_right_pin_is_sealed_anew_under_the_new_pepper(village: Village, amina: Person) -> None:
    """While a pepper is being changed, a PIN under the old one opens, and afterwards stands under the new one."""
    old = village.house
    village.house = replace(old, pepper=b"newer" * 8, other_peppers=(old.pepper,))
    assert isinstance(tried(village, "4072"), WrongPin)
    assert stored(village).pin == amina.pin
    assert isinstance(tried(village, "4071"), Person)
    person = stored(village)
    assert (person.pin != amina.pin, person.pin_tries) == (True, 0)
    village.house = replace(village.house, other_peppers=())
    assert tried(village, "4071") == person
    village.house = replace(village.house, other_peppers=(old.pepper,))
    before = village.everything()
    assert tried(village, "4071") == person
    assert village.everything() == before


def test_P_06_a_new_pin_is_neither_weak_nor_one_of_the_last_four(village: Village, amina: Person) -> None:
    """A changed PIN is remembered with the two before it; wrong tries are forgotten, and the owner is told."""

    def chosen(pin: str) -> str:
        person = stored(village)
        old = (person.pin, *person.old_pins)
        return village.do(lambda unit: choose_pin(unit, AMINA.id, pin, phone=AMINA.phone, old=old))

    village.change(amina, pin_tries=2)
    seals = [amina.pin]
    for pin in ("8264", "9530", "7391", "6195"):
        seals.append(chosen(pin))
        village.do(lambda unit: change_pin(unit, AMINA.id, sealed=seals[-1]))
        values = {"at": village.now.isoformat(), "help_line": PACK.help_line}
        assert village.said() == [(AMINA.phone, "pin_changed", values, None, None)]
    person = stored(village)
    assert (person.pin, person.old_pins, person.pin_tries) == (seals[4], (seals[3], seals[2], seals[1]), 0)
    for old in ("6195", "7391", "9530", "8264"):
        with village.refuses(OldPin):
            chosen(old)
    assert is_pin(village.house, AMINA.id, "4071", chosen("4071"))
    with village.refuses(WeakPin):
        chosen("1234")


WEAK = (
    *("1111", "1121", "1122", "1212", "1221", "7477"),  # one or two digits
    *("1234", "4321", "2468", "7890", "8901", "0987", "1470", "3692"),  # equal steps, also over the nought
    *("1920", "2000", "2029"),  # years
    *("3105", "0112", "3112", "1231", "1201", "0131"),  # days and months, either first
    *("2580", "1478", "7896", "3214", "0852", "9632"),  # a path of neighbouring keys
    *("1397", "2684", "1364", "3179", "9713", "7931", "4631", "1793"),  # around a rectangle
    *("1000", "0001", "7110"),  # a piece of the phone number
)
GOOD = (
    *("4071", "8264", "9530", "7391", "6195"),
    *("1918", "2030"),  # no years
    *("3213", "1332", "0013", "1300", "3200", "0032"),  # no dates
    *("1546", "1379", "1298", "1687"),  # no shapes
)


@pytest.mark.parametrize("pin", WEAK)
def test_P_04_a_pin_that_a_thief_tries_first_is_weak(pin: str) -> None:
    """Repetitions, steps, years, dates, shapes on the keys and pieces of the number."""
    assert is_weak(pin, "+254711000001")


@pytest.mark.parametrize("pin", GOOD)
def test_P_04_a_pin_that_is_next_to_a_weak_one_is_not(pin: str) -> None:
    """Just outside of each pattern."""
    assert not is_weak(pin, "+254700000000")


def test_P_10_a_changed_sim_keeps_money_in_until_its_time_is_over(village: Village) -> None:
    """To the microsecond, and with the words that say until when."""
    swapped = village.change(AMINA, swapped_at=village.now)
    until = village.now + timedelta(seconds=PACK.swap_seconds)
    said = {"closes": until.isoformat(), "help_line": PACK.help_line}
    village.now = until - timedelta(microseconds=1)
    assert village.do(lambda unit: receive_only_until(unit, swapped)) == until
    with village.refuses(SimChanged, **said):
        village.do(lambda unit: refuse_locked(unit, swapped))
    village.now = until
    assert village.do(lambda unit: receive_only_until(unit, swapped)) is None
    village.do(lambda unit: refuse_locked(unit, swapped))


def test_who_shares_a_number_is_sent_to_the_help_line(village: Village) -> None:
    """A message to the number would be read by the others on it."""
    locked = village.change(AMINA, shared=True, pin_tries=3)
    with village.refuses(SeatLocked, help_line=PACK.help_line):
        village.do(lambda unit: refuse_locked(unit, locked))


def test_P_05_right_pins_are_counted_as_right(village: Village, amina: Person) -> None:
    """However many people pay in an hour, nobody is taken for a guesser."""
    village.house = replace(village.house, guesses=Guesses(enough=2))
    for _ in range(5):
        tried(village, "4071")
    assert [row for row in village.rows(Tally) if row.key.startswith("pins:")] == []
    assert isinstance(tried(village, "4072"), WrongPin)
    assert {row.key.split(":")[1]: row.count for row in village.rows(Tally)} == {"tries": 6, "wrong": 1}


def test_P_05_what_is_told_to_others_is_what_they_have_not_heard() -> None:
    """Told with a wrong one, as soon as there is a twentieth of enough; a right one tells nothing."""
    guesses = Guesses(enough=40)
    assert [guesses.count(NOON, right=right) for right in (False, True, False)] == [None, None, Seen(3, 2)]
    assert guesses.count(NOON, right=True) is None
    assert Seen(3, 2).plus(Seen(4, 1)) == Seen(7, 3)
