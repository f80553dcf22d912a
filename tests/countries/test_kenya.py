"""The Kenyan pack against the published tables, written down here a second time, in shillings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.countries import (
    Band,
    Charge,
    NotOffered,
    Pack,
    Tariff,
    check_tariffs,
    every_country,
    load_pack,
    worst_split,
)
from service.gsm7 import septets
from service.phone import read_phone

KE = load_pack("ke")
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

# Last whole shilling of a band, and what it costs; the first number is the least that is offered.
SEND = (1, (100, 0), (500, 7), (1_000, 13), (1_500, 23), (2_500, 33), (3_500, 53), (5_000, 57), (7_500, 78),
        (10_000, 90), (15_000, 100), (20_000, 105), (250_000, 108))  # fmt: skip
WITHDRAW = (50, (100, 11), (2_500, 29), (3_500, 52), (5_000, 69), (7_500, 87), (10_000, 115), (15_000, 167),
            (20_000, 185), (35_000, 197), (50_000, 278), (250_000, 309))  # fmt: skip
CASH_IN_EARNS = (50, (100, 4), (510, 8), (1_010, 9), (1_510, 10), (2_510, 11), (3_510, 12), (5_010, 14), (7_510, 20),
                 (10_010, 28), (15_010, 40), (20_020, 55), (25_020, 71), (30_020, 87), (35_020, 103), (40_020, 119),
                 (45_020, 135), (50_020, 150), (150_000, 190), (250_000, 190))  # fmt: skip
WITHDRAW_EARNS = (50, (100, 5), (500, 8), (1_000, 10), (1_500, 12), (2_500, 15), (3_500, 20), (5_000, 25), (7_500, 30),
                  (10_000, 35), (15_000, 45), (20_000, 60), (250_000, 65))  # fmt: skip


def published(table: Sequence[object], amount: int) -> int | None:
    """Look an amount of cents up by walking down the published rows; None where the service is not offered."""
    least, *rows = table
    assert isinstance(least, int)
    if amount < least * 100:
        return None
    for row in rows:
        assert isinstance(row, tuple)
        if amount <= row[0] * 100:
            return int(row[1]) * 100
    return None


def amounts() -> Iterator[int]:
    """Yield every whole shilling, and every cent around each place where a price may change."""
    yield from range(1_00, 250_000_00 + 1, 1_00)
    for table in (SEND, WITHDRAW, CASH_IN_EARNS, WITHDRAW_EARNS):
        for row in table[1:]:
            assert isinstance(row, tuple)
            yield from range(max(1, row[0] * 100 - 150), min(250_000_00, row[0] * 100 + 150) + 1)
    yield from range(1, 110_00)


@pytest.mark.parametrize(("service", "table"), [("send", SEND), ("withdraw", WITHDRAW)])
def test_every_amount_costs_what_is_published(service: str, table: Sequence[object]) -> None:
    for amount in amounts():
        try:
            said: int | None = KE.charge(service, amount, AT).total
        except NotOffered:
            said = None
        assert said == published(table, amount), amount


@pytest.mark.parametrize(("service", "table"), [("cash_in", CASH_IN_EARNS), ("withdraw", WITHDRAW_EARNS)])
def test_every_amount_earns_what_is_published(service: str, table: Sequence[object]) -> None:
    for amount in amounts():
        assert KE.commission(service, amount, AT) == (published(table, amount) or 0), amount


def test_a_days_sum_beyond_the_last_band_earns_as_the_last_band() -> None:
    assert KE.commission("cash_in", 500_000_00, AT) == 190_00
    assert KE.commission("withdraw", 500_000_00, AT) == 65_00
    assert KE.commission("cash_in", 0, AT) == 0


def test_outside_of_the_bands_a_service_is_not_offered() -> None:
    for service, amount, least in (
        ("send", 99, 1_00), ("send", 250_000_01, 1_00), ("withdraw", 49_99, 50_00), ("withdraw", 0, 50_00),
        ("withdraw", 250_000_01, 50_00), ("cash_in", 250_000_01, 1_00), ("send", 0, 1_00), ("send", -5_00, 1_00),
    ):  # fmt: skip
        with pytest.raises(NotOffered) as refusal:
            KE.charge(service, amount, AT)
        assert refusal.value.said == {"least": least, "most": 250_000_00}
    assert [KE.smallest(service, AT) for service in ("send", "withdraw", "cash_in")] == [1_00, 50_00, 1_00]


def test_excise_is_fifteen_in_a_hundred_and_fifteen_rounded_half_up() -> None:
    assert KE.charge("send", 500_00, AT) == Charge(fee=6_09, excise=91)
    assert KE.charge("withdraw", 50_00, AT) == Charge(fee=9_57, excise=1_43)
    assert KE.charge("send", 100_00, AT) == Charge(0, 0)


def test_I_09_peer_05_no_cent_is_lost_between_fee_and_excise_in_any_band() -> None:
    """Fee and excise add up to the published charge in every band, rounded half up, in whole cents."""
    (tax,) = KE.taxes
    for table in KE.charges:
        for band in table.bands:
            if band.pays is None:
                continue
            charge = KE.charge(table.service, band.least, AT)
            assert charge.fee + charge.excise == charge.total == band.pays
            # Half up, checked without dividing: the exact tax is between excise - 1/2 (inclusive) and excise + 1/2.
            assert (2 * charge.excise - 1) * 115 <= 2 * 15 * band.pays < (2 * charge.excise + 1) * 115
    for published_charge in range(500_00):
        assert 0 <= tax.inside(published_charge) <= published_charge


def test_the_house_never_pays_an_agent_more_than_it_takes_for_a_withdrawal() -> None:
    for amount in range(50_00, 250_000_00, 50_00):
        assert KE.commission("withdraw", amount, AT) <= KE.charge("withdraw", amount, AT).fee


def test_what_the_contract_promises() -> None:
    assert every_country() == ("gh", "ke", "ug")
    assert (KE.country, KE.region, str(KE.zone)) == ("ke", "KE", "Africa/Nairobi")
    assert KE.languages[:3] == ("en", "sw", "fr")
    assert (KE.people_code, KE.agents_code) == ("*384*96#", "*384*97#")
    assert KE.tiers[1] == (50_000_00, 70_000_00, 100_000_00, None, 1)
    assert KE.tiers[2] == (250_000_00, 500_000_00, 500_000_00, None, 5)
    assert (KE.sms_payment_limit, KE.sms_day_limit) == (500_00, 1_000_00)
    assert (KE.challenge_seconds, KE.sms_help_per_hour, KE.sms_commands_per_hour) == (600, 3, 30)
    assert septets(KE.help_line) is not None


def test_the_help_line_is_not_a_persons_number() -> None:
    with pytest.raises(Exception, match="bad_phone"):
        read_phone(KE.help_line, KE.region)


def test_the_tables_are_sound() -> None:
    assert check_tariffs(KE, AT) == []


def dated(pack: Pack, turn: date) -> Pack:
    """Return the pack with dearer sending and another excise from a day on."""
    send, *rest = pack.charges
    dearer = Tariff("send", turn, None, "test", tuple(b._replace(pays=(b.pays or 0) + 1_00) for b in send.bands))
    (tax,) = pack.taxes
    eve = turn - timedelta(days=1)
    return replace(
        pack,
        charges=(replace(send, valid_to=eve), dearer, *rest),
        taxes=(replace(tax, valid_to=eve), replace(tax, valid_from=turn, basis_points=20_00)),
    )


def test_prices_change_at_midnight_of_the_country() -> None:
    """Nairobi is three hours ahead of UTC: its 1 July begins at 21:00 UTC on 30 June."""
    pack = dated(KE, date(2026, 7, 1))
    before = datetime(2026, 6, 30, 20, 59, 59, 999_999, tzinfo=UTC)
    after = datetime(2026, 6, 30, 21, 0, tzinfo=UTC)
    assert pack.charge("send", 500_00, before) == Charge(6_09, 91)
    assert pack.charge("send", 500_00, after) == Charge(6_67, 1_33)
    assert pack.charge("withdraw", 50_00, after) == Charge(9_17, 1_83)


def test_before_the_first_table_there_is_no_price() -> None:
    with pytest.raises(AssertionError):
        KE.charge("send", 500_00, datetime(2023, 12, 31, tzinfo=UTC))


def test_splitting_is_known() -> None:
    """Small sends are free, so splitting can save the whole charge: a published property, reported and not hidden."""
    assert worst_split(KE, "send", AT) == (20_000_01, 108_00)
    amount, saved = worst_split(KE, "withdraw", AT)
    assert (amount, saved) == (35_000_01, 70_00)
    # 20,000 and 2,500 six times, and one cent more in the last of 20,000 that is free up to 35,000
    assert KE.charge("withdraw", amount, AT).total - saved == 208_00
    assert worst_split(KE, "cash_in", AT) == (0, 0)


TABLES = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 9)), min_size=1, max_size=4)


@given(TABLES)
def test_splitting_agrees_with_trying_everything(steps: list[tuple[int, int]]) -> None:
    bands: list[Band] = []
    for width, more in steps:
        least, pays = (bands[-1].most + 1, (bands[-1].pays or 0) + more) if bands else (1, more)
        bands.append(Band(least, least + width - 1, pays))
    table = Tariff("send", date(2024, 1, 1), None, "test", tuple(bands))
    best = [0]
    for amount in range(1, bands[-1].most + 1):
        best.append(min(table.pays(piece) + best[amount - piece] for piece in range(1, amount + 1)))
    saved = [table.pays(amount) - best[amount] for amount in range(1, bands[-1].most + 1)]
    expected = (saved.index(max(saved)) + 1, max(saved)) if max(saved) else (0, 0)
    assert worst_split(replace(KE, charges=(table,)), "send", AT) == expected
