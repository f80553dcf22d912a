"""The row of what is paid for by the page or the unit: see meter.py."""

from dataclasses import dataclass
from datetime import datetime

from service.money import MILLION


@dataclass(frozen=True, kw_only=True)
class Meter:
    """A meter; `id` is the entry that holds its cap. `used` counts units, `seq` is the number last heard."""

    id: int
    person: int
    item: str
    price: int
    cap: int
    used: int = 0
    seq: int = 0
    next_at: datetime
    """If nothing is heard until then, it stops."""
    state: str = "open"  # open, closed
    charged: int = 0

    @property
    def held(self) -> int:
        """What is set aside, in minor units."""
        return self.cap

    @property
    def most_units(self) -> int:
        """So many units the cap pays for."""
        return self.cap * MILLION // self.price
