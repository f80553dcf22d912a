"""Price lists: tables of prices, taxes and limits of tiers that take the place of a country's from their first day on.

What a list does not name stays. Of what it names (a service, or a tax of a base) the older tables stay for the days
before its own first day, and end there: yesterday's prices are never written anew by leaving them out.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from service.countries.pack import Pack, Tier, TierLimits
from service.countries.tariff import Tariff, Tax

KINDS = ("charges", "sales", "commissions", "taxes", "tier_limits")


@dataclass(frozen=True)
class Tables:
    """What a price list says, in the order of its text."""

    country: str
    charges: tuple[Tariff, ...] = ()
    sales: tuple[Tariff, ...] = ()
    commissions: tuple[Tariff, ...] = ()
    taxes: tuple[Tax, ...] = ()
    tier_limits: tuple[TierLimits, ...] = ()


def with_tables(pack: Pack, tables: Tables) -> Pack:
    """Return a pack with the prices of a list."""
    return replace(
        pack,
        charges=_joined(pack.charges, tables.charges),
        sales=_joined(pack.sales, tables.sales),
        commissions=_joined(pack.commissions, tables.commissions),
        taxes=_joined(pack.taxes, tables.taxes),
        tier_limits=_limited(pack.tier_limits, tables.tier_limits),
    )


def _joined(old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return all rows, those of one service or tax together and by date."""
    names = list(dict.fromkeys(map(_name, (*old, *new))))
    return tuple(row for name in names for row in _turned(_of(old, name), _of(new, name)))


def _limited(old: tuple[TierLimits, ...], new: tuple[TierLimits, ...]) -> tuple[TierLimits, ...]:
    """Return the older rows of each tier up to the first day of its new ones, and these."""
    first = {row.tier: min(one.valid_from for one in new if one.tier == row.tier) for row in new}
    return (*(row for row in old if row.valid_from < first.get(row.tier, date.max)), *new)


def _name(row: Tariff | Tax) -> tuple[str, ...]:
    return (row.service,) if isinstance(row, Tariff) else (row.name, row.base)


def _of(rows: Iterable[Any], name: tuple[str, ...]) -> list[Any]:
    return [row for row in rows if _name(row) == name]


def _turned(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Any]:
    """Yield the older rows up to the first day of the new ones, and these."""
    first = min((row.valid_from for row in new), default=date.max)
    for row in old:
        if row.valid_from < first:
            ends = row.valid_to is not None and row.valid_to < first
            yield row if ends or not new else replace(row, valid_to=first - timedelta(days=1))
    yield from new


def write_tables(pack: Pack) -> str:
    """Return all prices of a pack as a price list, for an editor."""
    lines = [
        "# Amounts are in minor units: 100 are 1.00 where the currency has two decimals.",
        f'country = "{pack.country}"',
    ]
    for kind in KINDS[:3]:
        for table in getattr(pack, kind):
            lines += ["", f"[[{kind}]]", f"service = {_text(table.service)}", *_days(table)]
            lines += [f"source = {_text(table.source)}", "bands = ["]
            lines += [f"    {{ {', '.join(_band(band))} }}," for band in table.bands]
            lines.append("]")
    for tax in pack.taxes:
        lines += ["", "[[taxes]]", f"name = {_text(tax.name)}", f"base = {_text(tax.base)}"]
        lines += [f"basis_points = {tax.basis_points}", f"rounding = {_text(tax.rounding)}"]
        lines += [*_days(tax), f"source = {_text(tax.source)}"]
    lines += ["", "# What tiers allow from a day on. By the file of the country:"]
    lines += [f"# tier {number}: {', '.join(_allowed(tier))}" for number, tier in sorted(pack.tiers.items())]
    for row in pack.tier_limits:
        lines += ["", "[[tier_limits]]", f"tier = {row.tier}", f"valid_from = {row.valid_from}"]
        lines += [*_allowed(row.allows), f"source = {_text(row.source)}"]
    return "\n".join(lines) + "\n"


def _allowed(tier: Tier) -> list[str]:
    return [f"{name} = {bound}" for name, bound in tier._asdict().items() if bound is not None]


def _text(said: str) -> str:
    """What is a string in JSON is one in TOML."""
    return json.dumps(said, ensure_ascii=False)


def _days(row: Tariff | Tax) -> list[str]:
    return [f"valid_from = {row.valid_from}", *([f"valid_to = {row.valid_to}"] if row.valid_to else [])]


def _band(band: Any) -> Iterator[str]:
    yield f"from = {band.least}"
    yield f"to = {band.most}"
    yield "offered = false" if band.pays is None else f"pays = {band.pays}"
    if band.basis_points:
        yield f"basis_points = {band.basis_points}"
    if band.source:
        yield f"source = {_text(band.source)}"
