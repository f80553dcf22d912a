"""Each mistake that a price table can have is planted once, and found at its place."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from service.countries import Band, Pack, Tariff, Tier, check_tariffs, load_pack

KE = load_pack("ke")
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SEND = KE.charges[0]

Fault = Callable[[Pack], Pack]


def with_bands(*bands: Band) -> Fault:
    """Replace the first four bands of the send table."""
    return lambda pack: replace(pack, charges=(replace(SEND, bands=bands + SEND.bands[4:]), *pack.charges[1:]))


def with_send(*tables: Tariff) -> Fault:
    return lambda pack: replace(pack, charges=(*tables, *pack.charges[1:]))


def with_tax(**change: object) -> Fault:
    return lambda pack: replace(pack, taxes=(replace(pack.taxes[0], **change),))  # type: ignore[arg-type]


A, B, C, D = SEND.bands[:4]
LATER = replace(SEND, valid_from=date(2026, 7, 1))

FAULTS: list[tuple[str, Fault, str]] = [
    ("gap", with_bands(A, B, C._replace(least=101_00), D),
     "send from 2024-01-01, band 3: gap, KES 100.01 to KES 100.99"),
    ("overlap", with_bands(A, B, C._replace(least=90_00), D), "band 3: overlap, KES 90.00 to KES 100.00"),
    ("the same cent twice", with_bands(A, B, C._replace(least=100_00), D), "band 3: overlap, KES 100.00 to KES 100.00"),
    ("unsorted", with_bands(A, C, B, D), "band 3: unsorted, begins at KES 49.01"),
    ("band upside down", with_bands(A, B, C._replace(most=100_00), D), "band 3: ends at KES 100.00 before it begins"),
    ("band from zero", with_bands(A._replace(least=0), B, C, D), "band 1: begins at 0"),
    ("negative", with_bands(A._replace(pays=-1), B, C, D), "band 1: pays KES -0.01, below zero"),
    ("as dear as the amount", with_bands(A._replace(pays=1_00), B, C, D), "band 1: pays KES 1.00 for KES 1.00"),
    ("falls", with_bands(A, B, C._replace(pays=50_00), D), "band 4: pays less (KES 13.00)"),
    ("no source", with_send(replace(SEND, source=" ")), "send from 2024-01-01: no source"),
    ("ends before it begins", with_send(replace(SEND, valid_to=date(2023, 1, 1))),
     "falling dates, it ends on 2023-01-01"),
    ("two in force", with_send(SEND, LATER), "send from 2026-07-01: overlap"),
    ("two on one day", with_send(replace(SEND, valid_to=date(2026, 7, 1)), LATER), "send from 2026-07-01: overlap"),
    ("days without a price", with_send(replace(SEND, valid_to=date(2026, 6, 28)), LATER),
     "send from 2026-07-01: gap, no table is in force from 2026-06-29 to 2026-06-30"),
    ("no price yet", with_send(replace(SEND, valid_from=date(2026, 11, 23))),
     "send from 2026-11-23: no table is in force before, and today is 2026-11-22"),
    ("no price some day", with_send(replace(SEND, valid_to=date(2027, 6, 30))),
     "send from 2024-01-01: no table follows when it ends on 2027-06-30"),
    ("falling dates", with_send(LATER, replace(SEND, valid_to=date(2026, 6, 30))),
     "send from 2024-01-01: falling dates"),
    ("no table", with_send(), "no charges for send"),
    ("unknown service", with_send(SEND, replace(SEND, service="sned")), "unknown service 'sned'"),
    ("too short", with_send(replace(SEND, bands=SEND.bands[:-1])), "ends at KES 50,000.00, one payment may be more"),
    ("tax without source", with_tax(source=""), "tax excise from 2023-07-01: no source"),
    ("tax of nothing", with_tax(basis_points=0), "tax excise from 2023-07-01: 0 basis points"),
    ("levy that pieces save", lambda pack: replace(pack, taxes=(replace(pack.taxes[0], base="send"),)),
     "tax excise from 2023-07-01: rounded half up, so that it is less for an amount in pieces"),
    ("tax with falling dates", with_tax(valid_to=date(2020, 1, 1)), "tax excise from 2023-07-01: falling dates"),
    ("tax twice", lambda pack: replace(pack, taxes=(*pack.taxes, replace(pack.taxes[0], valid_from=date(2025, 1, 1)))),
     "tax excise from 2023-07-01: overlap"),
    ("tier upside down", lambda pack: replace(pack, tiers={1: Tier(5, 4, 9)}),
     "tier 1 allows a single payment above its day"),
    ("month upside down", lambda pack: replace(pack, tiers={1: Tier(5, 7, 9, 6)}),
     "tier 1 allows a day above its month"),
    ("months upside down", lambda pack: replace(pack, tiers={1: Tier(5, 7, 9), 2: Tier(5, 7, 9, 70)}),
     "tier 1 allows more than tier 2"),
    ("tiers upside down", lambda pack: replace(pack, tiers={1: Tier(5, 9, 9), 2: Tier(5, 9, 8)}),
     "tier 1 allows more than tier 2"),
]  # fmt: skip


@pytest.mark.parametrize(("plant", "found"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_planted_fault_is_found_at_its_place(plant: Fault, found: str) -> None:
    problems = check_tariffs(plant(KE), AT)
    assert any(found in problem for problem in problems), problems
    assert all(problem.startswith("ke.toml: ") for problem in problems)


def test_a_table_may_follow_another_on_the_next_day() -> None:
    assert check_tariffs(with_send(replace(SEND, valid_to=date(2026, 6, 30)), LATER)(KE), AT) == []


def test_missing_commissions_are_found() -> None:
    assert "ke.toml: no commissions for withdraw" in check_tariffs(replace(KE, commissions=KE.commissions[:1]), AT)
