"""The PIN: four digits that only their owner knows, kept as a peppered Argon2id verifier.

A slow hash cannot protect ten thousand candidates; the pepper outside the database and the lock after three tries do
(docs/decisions/pin-cost.md). One counter serves every channel.
"""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import ClassVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from service.countries import Pack
from service.refusal import Refusal
from service.wallet.guesses import Seen, hour
from service.wallet.house import House
from service.wallet.identity import PinReset
from service.wallet.notice import tell
from service.wallet.tally import count
from service.wallet.unit import Person, Unit

REMEMBERED = 4
"""How many past PINs may not come back (P-06)."""


class BadPin(Refusal):
    """A PIN is exactly four digits."""


class WeakPin(Refusal):
    """The PIN is among the first that a thief would try."""


class OldPin(Refusal):
    """The PIN is one of the last four."""


class DifferentPin(Refusal):
    """The repeated PIN is not the first one."""


class WrongPin(Refusal):
    """The PIN is wrong; so many tries are left."""

    says = ("tries",)


class PinLocked(Refusal):
    """Three wrong PINs on any channel: money comes in, but does not go out, until a new PIN is chosen."""

    says: ClassVar[tuple[str, ...]] = ("service_code", "help_line")


class SeatLocked(PinLocked):
    """Three wrong PINs, on a number that several share: only the operator's staff help, and not a message to it."""

    says = ("help_line",)


class WalletBlocked(PinLocked):
    """The operator has blocked the wallet: no PIN opens it, and only the operator frees it."""

    says = ("help_line",)


class SimChanged(PinLocked):
    """The number was moved to another SIM a short while ago: money comes in, but does not go out (P-10)."""

    says = ("closes", "help_line")


def read_pin(typed: str) -> str:
    """Return a PIN as typed: four ASCII digits; raises BadPin."""
    if len(typed) != 4 or not (typed.isascii() and typed.isdigit()):
        raise BadPin
    return typed


def seal_pin(house: House, person_id: int, pin: str) -> str:
    """Return a verifier of the PIN that is worth nothing without the pepper or for another person."""
    salt = secrets.token_bytes(16)
    digest = _argon2id(house.pepper, person_id, salt, house.pin_memory_kib).derive(pin.encode())
    return f"1${house.pin_memory_kib}${salt.hex()}${digest.hex()}"


def is_pin(house: House, person_id: int, pin: str, sealed: str) -> bool:
    """Say whether the PIN is the one that was sealed for this person, under any of the house's peppers."""
    return any(_is_under(pepper, person_id, pin, sealed) for pepper in (house.pepper, *house.other_peppers))


def _is_under(pepper: bytes, person_id: int, pin: str, sealed: str) -> bool:
    _, memory_kib, salt, digest = sealed.split("$")
    try:
        _argon2id(pepper, person_id, bytes.fromhex(salt), int(memory_kib)).verify(pin.encode(), bytes.fromhex(digest))
    except InvalidKey:
        return False
    return True


def _argon2id(pepper: bytes, person_id: int, salt: bytes, memory_kib: int) -> Argon2id:
    return Argon2id(
        salt=salt,
        length=32,
        iterations=1,
        lanes=1,
        memory_cost=memory_kib,
        ad=str(person_id).encode(),
        secret=pepper,
    )


def refuse_locked(unit: Unit, person: Person) -> None:
    """Raise PinLocked, or what is narrower, if this person's money may not go out."""
    pack = unit.house.packs[person.country]
    refuse_blocked(unit, person)
    refuse_swapped(unit, person)
    if person.pin_tries >= pack.pin_tries:
        raise _locked(person, pack)


def refuse_blocked(unit: Unit, person: Person) -> None:
    """Raise WalletBlocked if the operator has stopped this person's money."""
    if person.state != "active":
        raise WalletBlocked(help_line=unit.house.packs[person.country].help_line)


def receive_only_until(unit: Unit, person: Person) -> datetime | None:
    """Return until when money only comes in because the SIM was changed, or None."""
    if person.swapped_at is None or person.swap_cleared:
        return None
    until = person.swapped_at + timedelta(seconds=unit.house.packs[person.country].swap_seconds)
    return until if until > unit.now else None


def refuse_swapped(unit: Unit, person: Person) -> None:
    """Raise SimChanged for a while after the SIM was changed."""
    if until := receive_only_until(unit, person):
        raise SimChanged(closes=until.isoformat(), help_line=unit.house.packs[person.country].help_line)


def _locked(person: Person, pack: Pack) -> PinLocked:
    if person.shared:
        return SeatLocked(help_line=pack.help_line)
    return PinLocked(service_code=pack.people_code, help_line=pack.help_line)


def unlock(unit: Unit, person_id: int, pin: str) -> Person | Refusal:
    """Return the person whose PIN this is, or the refusal; a wrong try is counted and must be committed.

    Raises PinLocked, or ManyGuesses while very many PINs are wrong.
    The right PIN stops a request for a new one: who knows it has not forgotten it.
    The person's row stays locked until the transaction ends, so that of any number of guesses at once at most three
    are looked at (P-03).
    """
    person = unit.rows.lock(Person, person_id)
    assert person is not None, f"no person {person_id}"
    refuse_locked(unit, person)
    unit.house.guesses.refuse_many(unit.now)
    right = is_pin(unit.house, person.id, pin, person.pin)
    untold = unit.house.guesses.count(unit.now, right=right)
    if right:
        changing = unit.house.other_peppers and not _is_under(unit.house.pepper, person.id, pin, person.pin)
        if person.pin_tries or changing:
            sealed = seal_pin(unit.house, person.id, pin) if changing else person.pin
            person = replace(person, pin=sealed, pin_tries=0)
            unit.rows.put(person)
        return stop_reset(unit, person) if person.reset else person
    tries = person.pin_tries + 1
    unit.rows.put(replace(person, pin_tries=tries))
    if untold:
        _tell_others(unit, untold)
    pack = unit.house.packs[person.country]
    if tries >= pack.pin_tries:
        return _locked(person, pack)
    return WrongPin(tries=pack.pin_tries - tries)


def _tell_others(unit: Unit, seen: Seen) -> None:
    """Add what this process has seen of PINs to what all have, and learn of theirs (P-05)."""
    before = Seen(*(count(unit, f"pins:{what}:{hour(unit.now)}", more) for what, more in seen._asdict().items()))
    unit.house.guesses.learn(unit.now, before.plus(seen))


def choose_pin(unit: Unit, person_id: int, pin: str, *, phone: str, old: tuple[str, ...] = ()) -> str:
    """Return a verifier for a new PIN; raises WeakPin or OldPin. `old` are the verifiers that may not come back."""
    if is_weak(pin, phone):
        raise WeakPin
    if any(is_pin(unit.house, person_id, pin, sealed) for sealed in old):
        raise OldPin
    return seal_pin(unit.house, person_id, pin)


def change_pin(unit: Unit, person_id: int, *, sealed: str) -> None:
    """Put a new verifier in place of the old one, which is remembered, and tell the owner: a thief may have done it."""
    person = unit.rows.lock(Person, person_id)
    assert person is not None, f"no person {person_id}"
    remembered = (person.pin, *person.old_pins)[: REMEMBERED - 1]
    unit.rows.put(replace(person, pin=sealed, old_pins=remembered, pin_tries=0))
    help_line = unit.house.packs[person.country].help_line
    tell(unit, person, "pin_changed", {"at": unit.now.isoformat(), "help_line": help_line})


def stop_reset(unit: Unit, person: Person) -> Person:
    """Stop a person's request for a new PIN and tell them; their row is locked. Returns the row as it stands."""
    asked = unit.rows.lock(PinReset, person.reset)
    assert asked is not None, f"no request {person.reset}"
    person = replace(person, reset=None)
    unit.rows.put(person)
    unit.rows.put(replace(asked, state="stopped"))
    tell(unit, person, "pin_reset_stopped", {"at": unit.now.isoformat()})
    return person


KEYPAD = {sign: (i // 3, i % 3) for i, sign in enumerate("123456789*0#")}
YEARS = range(1920, 2030)
DAYS = range(1, 32)
MONTHS = range(1, 13)


def is_weak(pin: str, phone: str) -> bool:
    """Say whether a PIN is easy to guess: patterns of digits, dates, keypad shapes, part of the phone number (P-04)."""
    first, second = int(pin[:2]), int(pin[2:])
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return (
        len(set(pin)) <= 2  # 1111, 1121, 1122, 1212, 1221
        or len(steps) == 1  # 1234, 4321, 2468, 7890
        or int(pin) in YEARS
        or (first in DAYS and second in MONTHS)
        or (first in MONTHS and second in DAYS)
        or _is_shape(pin)
        or pin in phone
    )


def _is_shape(pin: str) -> bool:
    """Say whether the finger walks a path of neighbouring keys or around a rectangle: 2580, 1470, 1397, 2684."""
    places = [KEYPAD[digit] for digit in pin]
    paces = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(places)]
    (down, across), (then_down, then_across), third = paces
    neighbours = all(abs(d) + abs(a) == 1 for d, a in paces)
    rectangle = third == (-down, -across) and down * then_down + across * then_across == 0
    return len(set(pin)) == 4 and (neighbours or rectangle)
