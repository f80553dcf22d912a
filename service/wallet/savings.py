"""Savings: pots for a goal, or locked until a day. Money goes from the wallet into a pot and back, and nowhere else.

Each pot is an account of its own, so nothing spends it by mistake; it is free, and no limit of a day counts it, for
nothing leaves its owner. It counts for their largest balance (limits.py). See docs/decisions/savings.md.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from service.clock import day
from service.gsm7 import downgrade, septets
from service.ledger.chart import Reason
from service.ledger.entry import Entry, Move, NotEnough
from service.ledger.post import post
from service.refusal import Refusal
from service.wallet.account import pot_of, wallet_of
from service.wallet.calendar import DayOutOfReach, day_meant, moment
from service.wallet.notice import tell
from service.wallet.pin import refuse_locked
from service.wallet.pot import Pot
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.unit import Person, Unit

NAME_SHOWN = 12
"""Septets of a pot's name at most: it is never shown in part."""


class BadPotName(Refusal):
    """What was typed is no name of a pot: 2 to 12 letters and digits, two letters at least."""


class TooManyPots(Refusal):
    """A person has no more pots than this."""

    says = ("most_pots",)


class NoPot(Refusal):
    """The pot is closed, or somebody else's."""


class PotLocked(Refusal):
    """Nothing can be taken out before this day."""

    says = ("unlocks",)


class StillSaved(Refusal):
    """There is money in savings: it is taken out first."""

    says = ("in_pot",)


class Saving(NamedTuple):
    """What is about to go into a pot, or out of it, in minor units; `entry` is the one that will be posted."""

    entry: int
    pot: int
    name: str
    amount: int


def read_pot_name(typed: str) -> str:
    """Return the name of a pot as it is kept; raises BadPotName."""
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    letters = sum(sign.isalpha() for sign in name)
    odd = [sign for sign in name if not (unicodedata.category(sign)[0] in "LM" or sign in "0123456789 '-.&")]
    if letters < 2 or odd or not (septets(downgrade(name)) or NAME_SHOWN + 1) <= NAME_SHOWN:
        raise BadPotName
    return name


def pots_of(unit: Unit, person: Person) -> Sequence[Pot]:
    """Return the open pots of a person, oldest first."""
    return unit.rows.find(Pot, person=person.id, state="open")


def refuse_more_pots(unit: Unit, person: Person) -> None:
    """Raise TooManyPots if the person has as many as there may be."""
    most = unit.house.packs[person.country].most_pots
    if len(pots_of(unit, person)) >= most:
        raise TooManyPots(most_pots=most)


def lock_day(unit: Unit, person: Person, text: str) -> date:
    """Return the day that a text of `read_day` means as the end of a lock; raises DayOutOfReach."""
    pack = unit.house.packs[person.country]
    today = day(unit.now, pack.zone)
    until, last = day_meant(text, after=today), today + timedelta(days=pack.longest_lock_days)
    if not today < until <= last:
        first = moment(today + timedelta(days=1), 0, pack)
        raise DayOutOfReach(earliest=first.isoformat(), latest=moment(last, 0, pack).isoformat())
    return until


def open_pot(unit: Unit, *, person_id: int, name: str, goal: int = 0, until: str = "") -> Pot:
    """Open a pot for a goal, or one that is locked until a day; no money moves by it. Raises TooManyPots."""
    assert bool(goal) != bool(until), "a pot is for a goal or until a day"
    person = unit.rows.lock(Person, person_id)
    assert person is not None, f"no person {person_id}"
    refuse_more_pots(unit, person)
    # Nothing may refuse after this line.
    pack = unit.house.packs[person.country]
    tells = moment(date.fromisoformat(until), pack.standing.hour, pack) if until else None
    pot = Pot(id=unit.mint(), person=person.id, name=name, goal=goal, until=until, opened_at=unit.now, next_at=tells)
    unit.rows.append(pot)
    unit.books.open(pot_of(pot, person.country))
    return pot


def own_pot(unit: Unit, person: Person, pot_id: int, *, lock: bool = False) -> Pot:
    """Return an open pot of this person; raises NoPot."""
    pot = (unit.rows.lock if lock else unit.rows.get)(Pot, pot_id)
    if pot is None or pot.person != person.id or pot.state != "open":
        raise NoPot
    return pot


def quote_save(unit: Unit, *, owner: Person, pot_id: int, amount: int) -> Saving:
    """Mint the entry that puts money into a pot; raises PinLocked, NoPot or NotEnough."""
    refuse_locked(unit, owner)
    pot = own_pot(unit, owner, pot_id)
    balance = unit.books.balance(wallet_of(owner))
    if amount > balance:
        raise NotEnough(balance=balance, total=amount)
    return Saving(unit.mint(), pot.id, pot.name, amount)


def quote_take_out(unit: Unit, *, owner: Person, pot_id: int, amount: int) -> Saving:
    """Mint the entry that takes money out of a pot; raises PinLocked, NoPot, PotLocked or NotEnough."""
    refuse_locked(unit, owner)
    pot = own_pot(unit, owner, pot_id)
    refuse_pot_locked(unit, owner, pot)
    if amount > pot.held:
        raise NotEnough(balance=pot.held, total=amount)
    return Saving(unit.mint(), pot.id, pot.name, amount)


def refuse_pot_locked(unit: Unit, owner: Person, pot: Pot) -> None:
    """Raise PotLocked before the day of a locked pot: days begin at midnight of the country."""
    pack = unit.house.packs[owner.country]
    if pot.is_locked(day(unit.now, pack.zone)):
        raise PotLocked(unlocks=unlocks(unit, owner, pot))


def unlocks(unit: Unit, owner: Person, pot: Pot) -> str:
    """Return when a locked pot opens, as it is shown; nothing for one that is not locked any more, or never was."""
    pack = unit.house.packs[owner.country]
    locked = pot.is_locked(day(unit.now, pack.zone))
    return moment(date.fromisoformat(pot.until), 0, pack).isoformat() if locked else ""


def save(unit: Unit, *, owner: Person, saving: Saving) -> Receipt:
    """Put money into a pot, in one entry; the owner has been unlocked. Raises NoPot or NotEnough."""
    pot = _lock(unit, owner, saving)
    if receipt := already(unit, saving.entry, wallet_of(owner)):
        return receipt
    move = Move(wallet_of(owner), pot_of(pot, owner.country), saving.amount, Reason.SAVE)
    return _move(unit, owner, replace(pot, held=pot.held + saving.amount), saving, move, "saved")


def take_out(unit: Unit, *, owner: Person, saving: Saving) -> Receipt:
    """Take money out of a pot, in one entry; the owner has been unlocked. Raises NoPot, PotLocked or NotEnough.

    There is always room for it in the wallet: what is saved counts for the largest balance already.
    """
    pot = _lock(unit, owner, saving)
    if receipt := already(unit, saving.entry, wallet_of(owner)):
        return receipt
    refuse_pot_locked(unit, owner, pot)
    move = Move(pot_of(pot, owner.country), wallet_of(owner), saving.amount, Reason.TAKE_OUT)
    return _move(unit, owner, replace(pot, held=pot.held - saving.amount), saving, move, "taken_out")


def _lock(unit: Unit, owner: Person, saving: Saving) -> Pot:
    return own_pot(unit, owner, saving.pot, lock=True)


def _move(unit: Unit, owner: Person, after: Pot, saving: Saving, move: Move, key: str) -> Receipt:
    """Post the move, write down what is in the pot then, and tell the owner."""
    posted = post(unit.books, Entry(id=saving.entry, reason=move.reason, at=unit.now, moves=(move,)))
    # Nothing may refuse after this line.
    receipt = receipt_for(unit, posted, wallet_of(owner))
    unit.rows.put(after)
    said = {
        "reference": receipt.reference,
        "amount": saving.amount,
        "pot": after.name,
        "in_pot": after.held,
        "missing": after.missing,
        "balance": receipt.balance,
        "at": receipt.at.isoformat(),
    }
    tell(unit, owner, key, said, entry=posted.id)
    return receipt


def close_pot(unit: Unit, owner: Person, pot_id: int) -> None:
    """Close a pot in which there is nothing, locked or not; raises NoPot or StillSaved."""
    pot = own_pot(unit, owner, pot_id, lock=True)
    if pot.held:
        raise StillSaved(in_pot=pot.held)
    unit.rows.put(replace(pot, state="closed"))


def tell_unlocked(unit: Unit, *, limit: int = 20) -> int:
    """Tell people, once, of locked pots whose day has come, at the hour of standing orders; says how many."""
    rows = unit.rows.due(Pot, before=unit.now, state="open", limit=limit)
    for row in rows:
        owner = unit.rows.get(Person, row.person)
        assert owner is not None, f"no person {row.person}"
        unit.rows.put(replace(row, next_at=None))
        code = unit.house.packs[owner.country].people_code
        tell(unit, owner, "pot_open", {"pot": row.name, "in_pot": row.held, "service_code": code})
    return len(rows)


def refuse_saved(unit: Unit, person: Person) -> None:
    """Raise StillSaved if there is money in a pot of this person: their wallet stays open for it."""
    if saved := sum(pot.held for pot in pots_of(unit, person)):
        raise StillSaved(in_pot=saved)


def forget_pots(unit: Unit, person: Person) -> None:
    """Close a person's pots, which are empty, and erase what they were called: their wallet closes."""
    for row in unit.rows.find(Pot, person=person.id):
        unit.rows.put(replace(row, name="", state="closed"))
