"""The tab: what is bought for less than the smallest coin adds up, and is paid when it has come to one.

It is kept in whole millionths of a minor unit, for each person and till, and is always less than one unit. A row is
written before it is locked, so that two purchases at once lose nothing. Who closes the wallet is forgiven the rest.
"""

from dataclasses import replace
from typing import NamedTuple

from service.money import MILLION
from service.wallet.item import Tab
from service.wallet.unit import Person, Unit


class Sum(NamedTuple):
    """What is paid now in minor units, and what stays on the tab in millionths of one."""

    paid: int
    tab: int


def add_up(unit: Unit, person: Person, till: str, price: int) -> Sum:
    """Return what a price, in millionths, comes to with what is on the tab; nothing is written."""
    row = unit.rows.get(Tab, person.id, till) if price % MILLION else None
    return Sum(*divmod(price + (row.owed if row else 0), MILLION))


def put_on_tab(unit: Unit, person: Person, till: str, price: int) -> Sum:
    """Put a price on the tab, and take off it what is to be paid now: whoever calls posts that in the same commit.

    A price in whole units leaves the tab alone, and asks for no lock.
    """
    if not price % MILLION:
        return Sum(price // MILLION, 0)
    row = unit.rows.lock(Tab, person.id, till)
    if row is None:
        unit.rows.add(Tab(person=person.id, till=till, owed=0))
        row = unit.rows.lock(Tab, person.id, till)
        assert row is not None, "a tab that was written is there"
    paid, left = divmod(row.owed + price, MILLION)
    unit.rows.put(replace(row, owed=left))
    return Sum(paid, left)
