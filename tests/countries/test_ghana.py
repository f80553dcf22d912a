"""The Ghanaian pack: limits as published, and the e-levy that came, changed and went."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.countries import check_tariffs, load_pack
from service.phone import national, read_phone

GH = load_pack("gh")
ABOLISHED = datetime(2025, 4, 2, tzinfo=UTC)  # midnight in Accra
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "levy"),
    [
        (datetime(2022, 4, 30, 23, 59, tzinfo=UTC), 0),
        (datetime(2022, 5, 1, tzinfo=UTC), 4_50),
        (datetime(2022, 12, 31, 23, 59, tzinfo=UTC), 4_50),
        (datetime(2023, 1, 1, tzinfo=UTC), 3_00),
        (ABOLISHED - INSTANT, 3_00),
        (ABOLISHED, 0),
        (datetime(2026, 11, 22, tzinfo=UTC), 0),
    ],
)
def test_T_01_the_e_levy_counts_by_the_moment_of_the_payment(at: datetime, levy: int) -> None:
    """300 cedis cost what the day's rule says, from its first instant to its last."""
    charge = GH.charge("send", 300_00, at)
    assert charge == (75, 0, levy)
    assert charge.total == 75 + levy


def test_nobody_pays_the_e_levy_for_taking_cash_out() -> None:
    assert GH.charge("withdraw", 300_00, ABOLISHED - INSTANT).levy == 0


def test_I_09_a_levy_is_never_less_than_its_rate_and_never_a_pesewa_more() -> None:
    """Rounded up to a whole pesewa: exact for all amounts, and no split saves."""
    tax = next(tax for tax in GH.taxes if tax.valid_from == date(2023, 1, 1))
    for amount in range(1, 10_001):
        assert 0 <= tax.on(amount) * 100 - amount < 100


def test_the_limits_are_those_of_the_bank_of_ghana() -> None:
    assert {number: (tier.day, tier.balance, tier.month) for number, tier in GH.tiers.items()} == {
        1: (3_000_00, 5_000_00, 10_000_00),
        2: (15_000_00, 40_000_00, None),
        3: (25_000_00, 75_000_00, None),
    }


def test_the_tables_are_sound() -> None:
    assert check_tariffs(GH, ABOLISHED) == []
    assert national(read_phone(GH.example_phone, GH.region)) == GH.example_phone
