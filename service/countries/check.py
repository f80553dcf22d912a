"""Looks for mistakes in a country's price tables, and for amounts that are cheaper to pay in several pieces.

Each check is a pure function that returns problems in words; an empty list means that the tables are sound.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from itertools import pairwise
from math import gcd, inf

from service.clock import day
from service.countries.biller import check_billers
from service.countries.pack import SALE, Pack, Tier
from service.countries.tariff import IN_CHARGE, Band, Tariff, Tax, in_force
from service.money import show_amount_full

CHARGED = ("send", "pay", "bill", "airtime", "withdraw", "cash_in", "bulk")
"""Services that a pack must price."""
EARNING = ("cash_in", "withdraw")
"""Services for which a pack must say what an agent earns."""


def check_tariffs(pack: Pack, at: datetime) -> list[str]:
    """Return what is wrong with the tables of a pack: gaps, overlaps, falling dates, missing sources, odd charges,
    and services without a price at this moment or later.
    """
    today = day(at, pack.zone)
    return [
        *(problem for table in _tables(pack) for problem in _check_table(pack, table)),
        *(problem for table in (*pack.charges, *pack.commissions) for problem in _check_flat(pack, table)),
        *(problem for table in pack.commissions for problem in _check_pieces(pack, table)),
        *_check_dates(pack, "charges", pack.charges, CHARGED, today),
        *_check_dates(pack, "sales", pack.sales, (SALE,), today),
        *_check_dates(pack, "commissions", pack.commissions, EARNING, today),
        *(problem for tax in pack.taxes for problem in _check_tax(pack, tax)),
        *_check_reach(pack),
        *_check_tiers(pack),
        *check_billers(pack.billers, f"{pack.country}.toml"),
    ]


def worst_split(pack: Pack, service: str, at: datetime) -> tuple[int, int]:
    """Return the amount for which paying in pieces saves most, and how much it saves, in minor units; (0, 0) if none.

    The pieces are taken as filling their bands, which is the cheapest way to cover an amount; a service whose least
    amount is more than half of its first band could make that look slightly better than it is, never worse.
    """
    today = day(at, pack.zone)
    tables = (*pack.charges, *pack.sales)
    bands = next(table for table in tables if table.service == service and in_force(table, today)).offered
    step = reduce(gcd, (band.most for band in bands))
    pieces = [(band.most // step, band.price(band.most)) for band in bands]
    # cheapest[n]: the least that n steps can be paid for in pieces.
    cheapest = [0]
    for steps in range(1, -(-bands[-1].least // step) + 1):
        cheapest.append(min(pays + cheapest[max(0, steps - most)] for most, pays in pieces))
    # Within a band the charge stands still while the pieces grow dearer: its first amount gains most. A share grows.
    edges = [
        (band, amount) for band in bands for amount in ((band.least, band.most) if band.basis_points else (band.least,))
    ]
    saved = [(band.price(amount) - cheapest[-(-amount // step)], -amount) for band, amount in edges]
    most_saved, least = max(saved)
    return (-least, most_saved) if most_saved > 0 else (0, 0)


def commission_of_pieces(table: Tariff) -> tuple[int, int]:
    """Return the day's sum from which an agent earns most more in pieces than at once, and how much; (0, 0) if never.

    Of each piece is paid what the day's sum earns with it beyond what it earned without, never less than nothing. So
    only a table that falls somewhere rewards pieces: what falls is not taken back.
    """
    gained, worst = 0, (0, 0)
    for band, after in pairwise(table.offered):
        if (gain := (band.pays or 0) - (after.pays or 0)) > 0:
            gained += gain
            worst = (after.least, gained)
    return worst


def _tables(pack: Pack) -> tuple[Tariff, ...]:
    return (*pack.charges, *pack.sales, *pack.commissions)


def _where(pack: Pack, table: Tariff) -> str:
    return f"{pack.country}.toml: {table.service} from {table.valid_from}"


def _check_table(pack: Pack, table: Tariff) -> Iterator[str]:
    where = _where(pack, table)
    if not table.source.strip():
        yield f"{where}: no source"
    if table.valid_to is not None and table.valid_to < table.valid_from:
        yield f"{where}: falling dates, it ends on {table.valid_to} before it begins"
    for number, band in enumerate(table.bands, start=1):
        yield from (f"{where}, band {number}: {problem}" for problem in _check_band(pack, band))
    first, last = table.bands.index(table.offered[0]), table.bands.index(table.offered[-1])
    if any(band.pays is None for band in table.bands[first:last]):
        yield f"{where}: not offered between amounts that are"
    for number, (band, after) in enumerate(pairwise(table.bands), start=2):
        yield from (f"{where}, band {number}: {problem}" for problem in _check_step(pack, band, after))


def _check_flat(pack: Pack, table: Tariff) -> Iterator[str]:
    """A share of the amount is for merchants: advice and pieces are reckoned with what stands still within a band."""
    if any(band.basis_points for band in table.bands):
        yield f"{_where(pack, table)}: a share of the amount, which only sales may have"


def _check_pieces(pack: Pack, table: Tariff) -> Iterator[str]:
    least, gained = commission_of_pieces(table)
    if gained:
        where = _where(pack, table)
        yield f"{where}: pieces of a sum from {_show(pack, least)} on earn {_show(pack, gained)} more (I-09)"


def _check_band(pack: Pack, band: Band) -> Iterator[str]:
    if band.least <= 0:
        yield f"begins at {band.least}, not above zero"
    if band.most < band.least:
        yield f"ends at {_show(pack, band.most)} before it begins at {_show(pack, band.least)}"
    if band.pays is None:
        return
    pays = band.price(band.least)
    if band.pays < 0 or band.basis_points < 0:
        yield f"pays {_show(pack, pays)}, below zero"
    elif pays >= band.least > 0 and pays:
        yield f"pays {_show(pack, pays)} for {_show(pack, band.least)}: as much as the amount or more"


def _check_step(pack: Pack, band: Band, after: Band) -> Iterator[str]:
    if after.least <= band.least:
        yield f"unsorted, begins at {_show(pack, after.least)} behind a band that begins at {_show(pack, band.least)}"
    elif after.least <= band.most:
        yield f"overlap, {_show(pack, after.least)} to {_show(pack, band.most)} is in two bands"
    elif after.least > band.most + 1:
        yield f"gap, {_show(pack, band.most + 1)} to {_show(pack, after.least - 1)} is in no band"
    if (
        band.pays is not None
        and after.pays is not None
        and (pays := after.price(after.least)) < (below := band.price(band.most))
    ):
        yield f"pays less ({_show(pack, pays)}) than the band below it ({_show(pack, below)})"


def _check_dates(
    pack: Pack, what: str, tables: Sequence[Tariff], services: Sequence[str], today: date
) -> Iterator[str]:
    for service in sorted({table.service for table in tables} - set(services)):
        yield f"{pack.country}.toml: {what} for an unknown service {service!r}"
    for service in services:
        mine = [table for table in tables if table.service == service]
        if not mine:
            yield f"{pack.country}.toml: no {what} for {service}"
            continue
        if mine[0].valid_from > today:
            yield f"{_where(pack, mine[0])}: no table is in force before, and today is {today}"
        if mine[-1].valid_to is not None:
            yield f"{_where(pack, mine[-1])}: no table follows when it ends on {mine[-1].valid_to}"
        for table, after in pairwise(mine):
            yield from (f"{_where(pack, after)}: {problem}" for problem in _check_turn(table, after))


def _check_turn(table: Tariff, after: Tariff) -> Iterator[str]:
    if after.valid_from <= table.valid_from:
        yield f"falling dates, it stands behind the table from {table.valid_from}"
    elif table.valid_to is None or after.valid_from <= table.valid_to:
        yield f"overlap, the table from {table.valid_from} is then still in force"
    elif after.valid_from > table.valid_to + timedelta(days=1):
        yield f"gap, no table is in force from {table.valid_to + timedelta(days=1)} to {_eve(after.valid_from)}"


def _eve(first: date) -> date:
    return first - timedelta(days=1)


def _check_tax(pack: Pack, tax: Tax) -> Iterator[str]:
    where = f"{pack.country}.toml: tax {tax.name} from {tax.valid_from}"
    if not tax.source.strip():
        yield f"{where}: no source"
    if not 0 < tax.basis_points < 100_00:
        yield f"{where}: {tax.basis_points} basis points"
    if tax.base != IN_CHARGE and tax.rounding != "up":
        yield f"{where}: rounded {tax.rounding}, so that it is less for an amount in pieces (I-09)"
    if tax.base not in (IN_CHARGE, *CHARGED):
        yield f"{where}: unknown base {tax.base!r}"
    if tax.valid_to is not None and tax.valid_to < tax.valid_from:
        yield f"{where}: falling dates, it ends on {tax.valid_to} before it begins"
    for other in pack.taxes:
        # One line on the screen and in the books for each base: two taxes on one amount would need a line each.
        if other is not tax and other.base == tax.base and in_force(tax, other.valid_from):
            yield f"{where}: overlap, {other.name} is taken of {tax.base} too from {other.valid_from}"


def _check_reach(pack: Pack) -> Iterator[str]:
    largest = max(tier.single for tier in pack.every_tier)
    for table in _tables(pack):
        if table.bands[-1].most < largest:
            yield f"{_where(pack, table)}: ends at {_show(pack, table.bands[-1].most)}, one payment may be more"


def _check_tiers(pack: Pack) -> Iterator[str]:
    yield from _check_order(f"{pack.country}.toml", pack.tiers)
    for row in pack.tier_limits:
        where = f"{pack.country}.toml: tier {row.tier} from {row.valid_from}"
        if row.tier not in pack.tiers:
            yield f"{where}: there is no such tier"
        if not row.source.strip():
            yield f"{where}: no source"
        if sum((one.tier, one.valid_from) == (row.tier, row.valid_from) for one in pack.tier_limits) > 1:
            yield f"{where}: overlap, it is there twice"
    for first in sorted({row.valid_from for row in pack.tier_limits}):
        yield from _check_order(f"{pack.country}.toml, from {first}", pack.tiers_on(first))


def _check_order(where: str, tiers: Mapping[int, Tier]) -> Iterator[str]:
    for number, tier in sorted(tiers.items()):
        if not tier.single <= tier.day:
            yield f"{where}: tier {number} allows a single payment above its day"
        if tier.month is not None and not tier.day <= tier.month:
            yield f"{where}: tier {number} allows a day above its month"
    for (low, tier), (high, better) in pairwise(sorted(tiers.items())):
        if any(a > b for a, b in zip(_bounds(tier), _bounds(better), strict=True)):
            yield f"{where}: tier {low} allows more than tier {high}"


def _bounds(tier: Tier) -> tuple[float, ...]:
    return (tier.single, tier.day, tier.balance, inf if tier.month is None else tier.month, tier.tills)


def _show(pack: Pack, amount: int) -> str:
    return show_amount_full(amount, pack.currency)
