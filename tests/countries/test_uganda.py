"""The Ugandan pack against the published tables, written down here a second time."""

from datetime import UTC, datetime

import pytest

from service.countries import NotOffered, check_tariffs, load_pack, worst_split
from service.phone import national, read_phone

UG = load_pack("ug")
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

# Last shilling of a band, and what it costs; both begin at 500.
SEND = ((5_000, 100), (60_000, 500), (125_000, 1_000))
WITHDRAW = ((2_500, 330), (5_000, 440), (15_000, 700), (30_000, 880), (45_000, 1_210), (60_000, 1_500),
            (125_000, 1_925), (250_000, 3_575), (500_000, 7_000), (1_000_000, 12_500))  # fmt: skip


@pytest.mark.parametrize(("service", "table"), [("send", SEND), ("withdraw", WITHDRAW)])
def test_every_amount_costs_what_is_published(service: str, table: tuple[tuple[int, int], ...]) -> None:
    for amount in range(1, 1_000_500):
        row = next((row for row in table if amount <= row[0]), None) if amount >= 500 else None
        try:
            charge = UG.charge(service, amount, AT)
        except NotOffered:
            assert row is None, amount
            continue
        assert row is not None, amount
        assert charge.published == row[1], amount
        # Half a percent of what is withdrawn, and never less than that: no tax on what is sent, no excise.
        levy = -(-amount // 200) if service == "withdraw" else 0
        assert (charge.excise, charge.levy) == (0, levy), amount


def test_larger_payments_than_are_published_are_not_offered() -> None:
    with pytest.raises(NotOffered) as refused:
        UG.charge("send", 125_001, AT)
    assert refused.value.said == {"least": 500, "most": 125_000}
    assert UG.smallest("send", AT) == 500


def test_the_tables_are_sound() -> None:
    assert check_tariffs(UG, AT) == []
    assert worst_split(UG, "send", AT) == (60_001, 400)


def test_I_09_no_split_saves_tax() -> None:
    """A tax that is rounded up is never less for the pieces than for the whole."""
    (tax,) = UG.taxes
    for whole in range(2, 1_001):
        for piece in range(1, whole):
            assert tax.on(piece) + tax.on(whole - piece) >= tax.on(whole)


def test_money_and_numbers_are_written_as_at_home() -> None:
    assert (UG.currency.code, UG.currency.exponent, str(UG.zone)) == ("UGX", 0, "Africa/Kampala")
    assert national(read_phone(UG.example_phone, UG.region)) == UG.example_phone
