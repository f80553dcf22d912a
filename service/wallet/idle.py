"""Numbers that sleep: nobody has dialled or written from them for so long that they may be somebody else's (P-11).

Whoever then dials is told nothing of the wallet, and the owner is found again by a document and two people (F-09). The
money stays whose it was. That a number is awake is noted once a week at most: it would be a write on every dial.
"""

from dataclasses import replace
from datetime import timedelta

from service.refusal import Refusal
from service.wallet.unit import Person, Unit

NOTED = timedelta(days=7)


class NumberIdle(Refusal):
    """The number has slept so long that its owner has to show who they are."""

    says = ("help_line",)


def is_asleep(unit: Unit, person: Person) -> bool:
    """Say whether nobody has used a number for the pack's `idle_days`."""
    pack = unit.house.packs[person.country]
    return unit.now - (person.used_at or person.registered_at) >= timedelta(days=pack.idle_days)


def refuse_asleep(unit: Unit, person: Person) -> None:
    """Raise NumberIdle for a number that has slept too long."""
    if is_asleep(unit, person):
        raise NumberIdle(help_line=unit.house.packs[person.country].help_line)


def note_use(unit: Unit, person: Person) -> None:
    """Note that a number is in use, if that was not noted of late; it must not be asleep."""
    if unit.now - (person.used_at or person.registered_at) < NOTED:
        return
    row = unit.rows.lock(Person, person.id)
    assert row is not None, f"no person {person.id}"
    unit.rows.put(replace(row, used_at=unit.now))
