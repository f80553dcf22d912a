"""I-09: nobody gains by rounding, nothing is lost or made by it, and no agent earns more by cutting a day's sum."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.countries import (
    IN_CHARGE,
    Band,
    Pack,
    check_tariffs,
    commission_of_pieces,
    every_country,
    load_pack,
)

PACKS = [load_pack(country) for country in every_country()]
DAYS = [datetime(2024, 6, 1, 9, tzinfo=UTC), datetime(2026, 11, 22, 9, tzinfo=UTC)]
LEVIES = [tax for pack in PACKS for tax in pack.taxes if tax.base != IN_CHARGE]
PIECES = st.lists(st.integers(1, 10_000_000), min_size=1, max_size=12)
EARNING = ["cash_in", "withdraw"]


def edges(bands: Iterable[Band]) -> list[int]:
    return sorted({edge + minor for band in bands for edge in (band.least, band.most) for minor in (-1, 0, 1)})


@pytest.mark.parametrize("pack", PACKS, ids=[pack.country for pack in PACKS])
@pytest.mark.parametrize("at", DAYS, ids=str)
@pytest.mark.parametrize("service", ["send", "withdraw", "cash_in"])
def test_I_09_the_parts_of_every_charge_are_the_whole_of_it(pack: Pack, at: datetime, service: str) -> None:
    """For every amount, fee and excise are what is published, and the levy is never a minor unit too much."""
    least, most = pack.reach(service, at)
    rates = [tax.basis_points for tax in LEVIES if tax in pack.taxes and tax.base == service]
    bands = {band.least: band.pays for band in pack.bands(service, at)}
    starts = sorted(bands)
    place = 0
    for amount in sorted({*range(least, most + 1, 10**pack.currency.exponent), *edges(pack.bands(service, at))}):
        if not least <= amount <= most:
            continue
        while place + 1 < len(starts) and starts[place + 1] <= amount:
            place += 1
        charge = pack.charge(service, amount, at)
        assert charge.fee + charge.excise == charge.published == bands[starts[place]], amount
        assert min(charge) >= 0
        assert charge.total == charge.fee + charge.excise + charge.levy
        assert charge.levy == 0 or any(0 <= charge.levy * 10_000 - amount * rate < 10_000 for rate in rates), amount


@given(pieces=PIECES)
def test_I_09_no_split_into_any_number_of_pieces_saves_tax(pieces: list[int]) -> None:
    """Up to twelve pieces of any size pay at least what the whole pays."""
    for tax in LEVIES:
        assert sum(map(tax.on, pieces)) >= tax.on(sum(pieces))


def test_a_levy_that_is_rounded_to_the_nearest_would_be_saved_by_pieces() -> None:
    """So the check of the tables refuses it: half a percent of 99 is nothing, and of 198 it is one."""
    half_up = replace(LEVIES[0], rounding="half up", basis_points=50)
    assert half_up.on(99) + half_up.on(99) < half_up.on(198)


def earned(pack: Pack, service: str, at: datetime, pieces: list[int]) -> int:
    """Add up what a day's pieces earn, as the wallet counts it."""
    total, before = 0, 0
    for piece in pieces:
        more = pack.commission(service, before + piece, at) - pack.commission(service, before, at)
        total, before = total + max(0, more), before + piece
    return total


@pytest.mark.parametrize("pack", PACKS, ids=[pack.country for pack in PACKS])
@pytest.mark.parametrize("service", EARNING)
def test_I_09_F_01_for_every_sum_the_pieces_of_a_day_earn_what_the_sum_earns(pack: Pack, service: str) -> None:
    """Each step of every sum, one minor unit at a time around the ends of bands: what it earns never falls."""
    at = DAYS[-1]
    (table,) = [table for table in pack.commissions if table.service == service]
    sums = [each for each in edges(table.bands) if each > 0]
    steps = [after - before for before, after in zip([0, *sums], sums, strict=False) if after > before]
    assert earned(pack, service, at, steps) == pack.commission(service, sum(steps), at)
    assert commission_of_pieces(table) == (0, 0)


@given(pieces=PIECES)
def test_I_09_F_01_any_split_earns_what_the_sum_earns(pieces: list[int]) -> None:
    """Up to twelve pieces of a day's sum earn the agent what the sum earns at once, in every country."""
    for pack in PACKS:
        for service in EARNING:
            assert earned(pack, service, DAYS[-1], pieces) == pack.commission(service, sum(pieces), DAYS[-1])


def test_a_commission_that_rewards_pieces_is_found() -> None:
    """A planted table that falls: 100 at once earn 5, and 50 and 50 earn 9."""
    ke = load_pack("ke")
    first, *rest = ke.commissions
    falling = replace(first, bands=(Band(1, 50, 9), Band(51, 100, 5), Band(101, 250_000_00, 6)))
    odd = replace(ke, commissions=(falling, *rest))
    assert earned(odd, "cash_in", DAYS[-1], [50, 50]) == 9 > odd.commission("cash_in", 100, DAYS[-1])
    assert commission_of_pieces(falling) == (51, 4)
    said = "ke.toml: cash_in from 2024-01-01: pieces of a sum from KES 0.51 on earn KES 0.04 more (I-09)"
    assert said in check_tariffs(odd, DAYS[-1])
