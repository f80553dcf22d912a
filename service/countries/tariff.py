"""What things cost, what agents earn and what the state takes, in bands and with dates.

A band holds its first and its last amount, both inclusive, in minor units. A table or tax is in force from its first
to its last day, both inclusive, by the calendar of the country.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from service.refusal import Refusal


class NotOffered(Refusal):
    """The service is not offered for this amount; says the least and the most that it is offered for."""

    says = ("least", "most")


class Charge(NamedTuple):
    """What a payer pays for a service: `fee` stays with the operator; `excise`, the tax inside the published charge,
    and `levy`, the tax on the amount, go to the state.
    """

    fee: int
    excise: int
    levy: int = 0

    @property
    def published(self) -> int:
        """What the table says: fee and excise."""
        return self.fee + self.excise

    @property
    def total(self) -> int:
        """All that is paid beside the amount."""
        return self.published + self.levy


class Band(NamedTuple):
    """From `least` to `most` this many minor units are paid, or None where the service is not offered.

    `basis_points` is a share of the amount besides, in hundredths of a percent, rounded up: pieces are never cheaper.
    `source` stands only where it is not that of the table.
    """

    least: int
    most: int
    pays: int | None
    source: str = ""
    basis_points: int = 0

    def price(self, amount: int) -> int:
        """Return what an amount of this band pays, where it is offered."""
        return (self.pays or 0) + ROUNDINGS["up"](amount * self.basis_points, 100_00)


@dataclass(frozen=True)
class Tariff:
    """One table of bands for one service, in force from `valid_from` to `valid_to` (open if None)."""

    service: str
    valid_from: date
    valid_to: date | None
    source: str
    bands: tuple[Band, ...]
    offered: tuple[Band, ...] = field(init=False, repr=False, compare=False)
    _ends: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "offered", tuple(band for band in self.bands if band.pays is not None))
        object.__setattr__(self, "_ends", tuple(band.most for band in self.bands))

    def pays(self, amount: int) -> int:
        """Return what the band of an amount says; raises NotOffered outside of the bands."""
        place = bisect_left(self._ends, amount)
        band = self.bands[place] if place < len(self.bands) else None
        if band is not None and amount >= band.least and band.pays is not None:
            return band.price(amount)
        raise NotOffered(least=self.offered[0].least, most=self.offered[-1].most)


IN_CHARGE = "charge"
"""The base of a tax that stands inside the published charge; any other base is a service, whose amount is taxed."""

ROUNDINGS: Mapping[str, Callable[[int, int], int]] = {
    "half up": lambda part, whole: (2 * part + whole) // (2 * whole),
    "up": lambda part, whole: -(-part // whole),
}
"""How a part of a minor unit is rounded. "up" never makes it cheaper to pay in pieces; inside a charge, which stays
what it is, "half up" is nearest to the truth.
"""


@dataclass(frozen=True)
class Tax:
    """A tax in basis points (hundredths of a percent) of its base, in force between two days."""

    name: str
    base: str
    basis_points: int
    rounding: str
    valid_from: date
    valid_to: date | None
    source: str

    def inside(self, charge: int) -> int:
        """Return the tax in a published charge that includes it."""
        return ROUNDINGS[self.rounding](charge * self.basis_points, 100_00 + self.basis_points)

    def on(self, amount: int) -> int:
        """Return the tax on an amount, which is paid beside it."""
        return ROUNDINGS[self.rounding](amount * self.basis_points, 100_00)


def in_force(row: Tariff | Tax, day: date) -> bool:
    """Say whether a table or a tax counts on a day."""
    return row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
