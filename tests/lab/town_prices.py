"""What things cost, by the auditor's own arithmetic: it reads the bands of a country pack itself."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import service.countries

Bands = list[tuple[int, int, int]]


class Prices(NamedTuple):
    """Bands by service: first amount, last amount, what is paid, all in cents."""

    charges: Mapping[str, Bands]
    commissions: Mapping[str, Bands]
    tax_points: int
    pack: Mapping[str, Any]

    def charge(self, service: str, amount: int) -> tuple[int, int]:
        """Return the operator's part and the state's part of a charge; the state's is inside, rounded half up."""
        whole = next(pays for least, most, pays in self.charges[service] if least <= amount <= most)
        state = round_half_up(whole * self.tax_points, 100_00 + self.tax_points)
        return whole - state, state

    def earns(self, service: str, total: int) -> int:
        """Return what an agent earns for a day's sum with one customer."""
        bands = self.commissions[service]
        if total < bands[0][0]:
            return 0
        return next((pays for least, most, pays in bands if least <= total <= most), bands[-1][2])


def round_half_up(above: int, below: int) -> int:
    """Return a fraction of whole numbers as a whole number."""
    whole, rest = divmod(above, below)
    return whole + (2 * rest >= below)


def read_prices(country: str = "ke") -> Prices:
    """Read the pack; there must be one table for each service, for the simulation knows no dates."""
    path = Path(service.countries.__file__).parent / f"{country}.toml"
    pack = tomllib.loads(path.read_text(encoding="utf-8"))

    def bands(kind: str) -> dict[str, Bands]:
        tables: dict[str, Bands] = {}
        for table in pack[kind]:
            assert table["service"] not in tables, "two tables: which one counts?"
            offered = [band for band in table["bands"] if band.get("offered", True)]
            tables[table["service"]] = [(band["from"], band["to"], band["pays"]) for band in offered]
        return tables

    (tax,) = pack["taxes"]
    return Prices(bands("charges"), bands("commissions"), tax["basis_points"], pack)
