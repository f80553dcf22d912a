"""Counting things that have a budget: wrong codes, messages answered. The key names the stretch of time."""

from dataclasses import replace

from service.wallet.unit import Tally, Unit


def tally_of(unit: Unit, key: str) -> Tally:
    """Return a tally as it stands; the row is locked until the transaction ends."""
    unit.rows.add(Tally(key=key, count=0, at=unit.now))
    tally = unit.rows.lock(Tally, key)
    assert tally is not None, "a row that was added is there"
    return tally


def count(unit: Unit, key: str, more: int) -> int:
    """Add to a tally and return it as it stood before; the row is locked until the transaction ends."""
    tally = tally_of(unit, key)
    if more:
        unit.rows.put(replace(tally, count=tally.count + more, at=unit.now))
    return tally.count
