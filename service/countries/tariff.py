"""What things cost, what agents earn and what the state takes, in bands and with dates.

A band holds its first and its last amount, both inclusive, in minor units. A table or tax is in force from its first
to its last day, both inclusive, by the calendar of the country.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from service.refusal import Refusal


class NotOffered(Refusal):
    """The service is not offered for this amount; says the least and the most that it is offered for."""

    says = ("least", "most")


class Charge(NamedTuple):
    """What a payer pays for a service: `fee` stays with the operator, `excise` goes to the state."""

    fee: int
    excise: int

    @property
    def total(self) -> int:
        """The published charge."""
        return self.fee + self.excise


class Band(NamedTuple):
    """From `least` to `most` this many minor units are paid; `source` only where it is not that of the table."""

    least: int
    most: int
    pays: int
    source: str = ""


@dataclass(frozen=True)
class Tariff:
    """One table of bands for one service, in force from `valid_from` to `valid_to` (open if None)."""

    service: str
    valid_from: date
    valid_to: date | None
    source: str
    bands: tuple[Band, ...]
    _ends: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ends", tuple(band.most for band in self.bands))

    def pays(self, amount: int) -> int:
        """Return what the band of an amount says; raises NotOffered outside of the bands."""
        place = bisect_left(self._ends, amount)
        if place == len(self.bands) or amount < self.bands[place].least:
            raise NotOffered(least=self.bands[0].least, most=self.bands[-1].most)
        return self.bands[place].pays


@dataclass(frozen=True)
class Tax:
    """A tax that stands inside published charges: `percent` of the net fee, in force between two days."""

    name: str
    percent: int
    valid_from: date
    valid_to: date | None
    source: str

    def inside(self, charge: int) -> int:
        """Return the tax in a charge that includes it, rounded half up to a minor unit."""
        whole = 100 + self.percent
        return (2 * charge * self.percent + whole) // (2 * whole)


def in_force(row: Tariff | Tax, day: date) -> bool:
    """Say whether a table or a tax counts on a day."""
    return row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
