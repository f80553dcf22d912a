"""A forgotten PIN: its owner asks for a new one on their own phone, waits a day, and then chooses it.

The wait is what protects (docs/decisions/forgotten-pin.md): the owner is told at once, at half of it and at its end,
and whoever knows the present PIN stops the request by using it. Large sums need two of the staff as well. Time decides
what is open and what has lapsed; the worker only tells.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from service.clock import day
from service.countries import Pack
from service.reference import one_time_code
from service.refusal import Refusal
from service.wallet.account import float_of, takings_of, wallet_of
from service.wallet.agent import agent_of
from service.wallet.guardians import is_vouched, tell_guardians
from service.wallet.identity import PinReset
from service.wallet.notice import tell
from service.wallet.pin import REMEMBERED, OldPin, WeakPin, choose_pin, refuse_blocked, refuse_swapped, stop_reset
from service.wallet.pot import Pot
from service.wallet.sim import SimUnchecked, ask_about, is_seen
from service.wallet.tally import count
from service.wallet.till import tills_of
from service.wallet.unit import Case, Pending, Person, Unit, Withdrawal
from service.wallet.wrong_codes import TooManyCodes

ASKS_PER_DAY = 3
"""Requests of one wallet on one day: each sends messages."""

CHOICES_PER_DAY = 10
"""New PINs that may be proposed on one day: "you had that before" tells something about a PIN used elsewhere."""


class NothingAsked(Refusal):
    """No request for a new PIN waits."""

    says = ("hours",)


class ResetWaits(Refusal):
    """A new PIN was asked for, and its time has not come."""

    says = ("opens",)


class LacksStaff(Refusal):
    """The time has come, and neither two guardians have confirmed it nor staff have vouched for the document."""

    says = ("help_line",)


class StaffOnly(Refusal):
    """On a number that several share only staff let a new PIN be chosen: whoever asks may be another of them."""

    says = ("help_line",)


class WrongStaffCode(Refusal):
    """The code is not the one that staff have told, or there is no request for a new PIN."""


class TooManyResets(Refusal):
    """A new PIN was asked for too often today."""


def at_stake(unit: Unit, person: Person) -> int:
    """Return what a thief of the PIN could take: the wallet, its savings, what is held for it, its tills, its float."""
    withdrawn = unit.rows.find(Withdrawal, person=person.id, state="waiting")
    paid = unit.rows.find(Pending, payer=person.id, state="waiting")
    asked_back = unit.rows.find(Case, other=person.id, state="asked")  # the person's again, unless they give it back
    held = sum(row.held for row in withdrawn) + sum(row.held for row in paid) + sum(row.held for row in asked_back)
    takings = sum(unit.books.balance(takings_of(till, person.country)) for till in tills_of(unit, person))
    saved = sum(pot.held for pot in unit.rows.find(Pot, person=person.id, state="open"))
    worth = unit.books.balance(wallet_of(person)) + held + takings + saved
    shop = agent_of(unit, person.id)
    return worth + (unit.books.balance(float_of(shop, person.country)) if shop else 0)


def ask_reset(unit: Unit, person_id: int) -> PinReset:
    """Begin the wait for a new PIN and tell the owner; raises what is in its way: WalletBlocked, SimChanged,
    ResetWaits or TooManyResets.
    """
    person = _locked(unit, person_id)
    refuse_blocked(unit, person)
    refuse_swapped(unit, person)
    waiting = _waiting(unit, person)
    if waiting is not None:
        raise ResetWaits(opens=waiting.opens_at.isoformat())
    if count(unit, _today(unit, person, "pin-reset"), 1) >= ASKS_PER_DAY:
        raise TooManyResets
    # Nothing may refuse after this line.
    pack = unit.house.packs[person.country]
    if person.reset:
        person = _lapse(unit, person)
    wait, opens_at = timedelta(seconds=pack.pin_reset_seconds), unit.now + timedelta(seconds=pack.pin_reset_seconds)
    asked = PinReset(
        id=unit.mint(),
        person=person.id,
        at=unit.now,
        opens_at=opens_at,
        lapses_at=opens_at + timedelta(seconds=pack.pin_reset_open_seconds),
        next_at=unit.now + wait / 2,
    )
    unit.rows.append(asked)
    unit.rows.put(replace(person, reset=asked.id))
    if not person.shared:  # staff have asked, and tell it with the code
        tell(unit, person, "pin_reset_asked", _said(asked, pack))
    tell_guardians(unit, person)
    ask_about(unit, person)
    return asked


def ready_reset(unit: Unit, person: Person) -> PinReset:
    """Return the request whose new PIN may be chosen now.

    Raises WalletBlocked, SimChanged, NothingAsked, ResetWaits, LacksStaff or SimUnchecked.
    """
    refuse_blocked(unit, person)
    refuse_swapped(unit, person)
    asked, pack = _waiting(unit, person), unit.house.packs[person.country]
    if asked is None:
        raise NothingAsked(hours=-(-pack.pin_reset_seconds // 3600))
    if unit.now < asked.opens_at:
        raise ResetWaits(opens=asked.opens_at.isoformat())
    worth = at_stake(unit, person)
    needs = pack.reset_needs(worth)
    if needs == "staff" and not asked.vouched and not is_vouched(unit, person, asked):
        raise LacksStaff(help_line=pack.help_line)
    if worth > pack.sim_check_above and not is_seen(unit, person, unit.now - asked.at):
        ask_about(unit, person)
        raise SimUnchecked
    return asked


def refuse_shared(unit: Unit, person: Person) -> None:
    """Raise StaffOnly for who shares a number: the request is told to a phone that others hold."""
    if person.shared:
        raise StaffOnly(help_line=unit.house.packs[person.country].help_line)


def staff_code(code_key: bytes, reset: int) -> str:
    """Return the seven digits that staff tell the owner of a wallet on a shared number, once two have approved it."""
    return one_time_code(code_key, "staff", reset, 0)


def prove_staff_code(unit: Unit, person: Person, code: str) -> Refusal | None:
    """See whether this is the code that staff have told; a wrong one is counted and must be committed.

    Raises TooManyCodes, or what ready_reset raises: whoever does not know the code does not learn of the request.
    """
    tries = f"staff-code:{person.id}:{unit.now:%Y%m%d%H}"
    if count(unit, tries, 0) >= unit.house.packs[person.country].code_tries:
        raise TooManyCodes(minutes=60)
    asked = _waiting(unit, person)
    if asked is None or not any(staff_code(key, asked.id) == code for key in unit.house.code_keys):
        count(unit, tries, 1)
        return WrongStaffCode()
    ready_reset(unit, person)
    return None


def needs_of(unit: Unit, person: Person) -> str:
    """Return what a new PIN needs besides the wait, as things stand now."""
    return unit.house.packs[person.country].reset_needs(at_stake(unit, person))


def choose_new_pin(unit: Unit, person: Person, pin: str) -> str | Refusal:
    """Return a verifier for the new PIN, or why not: a try is counted and must be committed.

    Raises what ready_reset raises.
    """
    ready_reset(unit, person)
    if count(unit, _today(unit, person, "new-pin"), 1) >= CHOICES_PER_DAY:
        return TooManyResets()
    try:
        return choose_pin(unit, person.id, pin, phone=person.phone, old=(person.pin, *person.old_pins))
    except (WeakPin, OldPin) as no:
        return no


def put_new_pin(unit: Unit, person_id: int, *, sealed: str) -> None:
    """Make the new PIN good, free the wallet, and keep its limits low for a while; raises what ready_reset raises."""
    person = _locked(unit, person_id)
    asked, pack = ready_reset(unit, person), unit.house.packs[person.country]
    # Nothing may refuse after this line.
    until = unit.now + timedelta(seconds=pack.new_pin_seconds)
    remembered = (person.pin, *person.old_pins)[: REMEMBERED - 1]
    unit.rows.put(
        replace(person, pin=sealed, old_pins=remembered, pin_tries=0, reset=None, careful_until=until),
    )
    unit.rows.put(replace(asked, state="done"))
    values = {"closes": until.isoformat(), "single": pack.new_pin_single, "help_line": pack.help_line}
    tell(unit, person, "pin_reset_done", values | {"day_limit": pack.new_pin_day})


def stop_request(unit: Unit, person_id: int) -> None:
    """Stop a request for a new PIN: whoever holds the phone may; does nothing where none waits."""
    person = _locked(unit, person_id)
    if person.reset:
        stop_reset(unit, person)


def mind_resets(unit: Unit) -> int:
    """Tell the owner of one request whose next time has come, or let it lapse; say how many there were."""
    due = unit.rows.due(PinReset, before=unit.now, state="waiting", limit=1, lock=False)
    for one in due:
        # The person first, then the request: as everybody locks them.
        person = _locked(unit, one.person)
        row = unit.rows.lock(PinReset, one.id)
        if row is None or row.state != "waiting" or row.next_at > unit.now:
            continue
        values = _said(row, unit.house.packs[person.country])
        if unit.now >= row.lapses_at:
            _lapse(unit, person)
        elif unit.now >= row.opens_at:
            unit.rows.put(replace(row, next_at=row.lapses_at))
            _remind(unit, person, "pin_reset_open", values)
        else:
            unit.rows.put(replace(row, next_at=row.opens_at))
            _remind(unit, person, "pin_reset_half", values)
    return len(due)


def _remind(unit: Unit, person: Person, key: str, values: dict[str, Any]) -> None:
    """Tell the owner again; who shares a number finds nothing under the keys that others are told."""
    if person.shared:
        key, values = "pin_reset_vouched", {name: values[name] for name in ("opens", "help_line")}
    tell(unit, person, key, values)


def _lapse(unit: Unit, person: Person) -> Person:
    row = unit.rows.lock(PinReset, person.reset)
    assert row is not None, f"no request {person.reset}"
    unit.rows.put(replace(row, state="lapsed"))
    person = replace(person, reset=None)
    unit.rows.put(person)
    tell(unit, person, "pin_reset_lapsed", {"closes": row.lapses_at.isoformat()})
    return person


def _waiting(unit: Unit, person: Person) -> PinReset | None:
    """Return the request that waits: one whose time is over has lapsed, whether or not the worker was there."""
    row = unit.rows.get(PinReset, person.reset) if person.reset else None
    return row if row is not None and row.state == "waiting" and unit.now < row.lapses_at else None


def _today(unit: Unit, person: Person, what: str) -> str:
    return f"{what}:{person.id}:{day(unit.now, unit.house.packs[person.country].zone)}"


def _locked(unit: Unit, person_id: int) -> Person:
    person = unit.rows.lock(Person, person_id)
    assert person is not None, f"no person {person_id}"
    return person


def _said(asked: PinReset, pack: Pack) -> dict[str, Any]:
    times = {"opens": asked.opens_at.isoformat(), "closes": asked.lapses_at.isoformat()}
    return times | {"service_code": pack.people_code, "help_line": pack.help_line}
