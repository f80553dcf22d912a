"""Price lists: what they put in the place of what, what that changes for whom, and that nothing is left out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.countries import (
    BadPack,
    Band,
    NotOffered,
    Pack,
    Tariff,
    Tax,
    check_tariffs,
    differences,
    every_country,
    limit_changes,
    load_pack,
    read_tables,
    with_tables,
    write_tables,
)
from service.countries.difference import Change
from service.countries.tables import KINDS

KE, UG, GH = load_pack("ke"), load_pack("ug"), load_pack("gh")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NEW = date(2027, 1, 1)


def noon(of: date, pack: Pack) -> datetime:
    return datetime(of.year, of.month, of.day, 12, tzinfo=pack.zone)


SEND = """
country = "ke"
[[charges]]
service = "send"
valid_from = 2027-01-01
source = "example"
bands = [
    { from = 100, to = 10000, pays = 0 },
    { from = 10001, to = 50000, pays = 800 },
    { from = 50001, to = 25000000, pays = 10800 },
]
"""


@pytest.mark.parametrize("country", every_country())
def test_what_is_exported_is_read_as_the_same_prices(country: str) -> None:
    """An export that is handed in again as it is changes nothing, to the last source and day."""
    pack = load_pack(country)
    again = with_tables(pack, read_tables(write_tables(pack)))
    assert {kind: set(getattr(again, kind)) for kind in KINDS} == {kind: set(getattr(pack, kind)) for kind in KINDS}
    assert list(differences(pack, again)) == []
    assert check_tariffs(again, NOW) == []


def test_C_03_a_list_takes_over_on_its_first_day_and_the_old_table_ends_before() -> None:
    """Until the last instant of the year the old price is paid, then the new one; what is not named stays."""
    pack = with_tables(KE, read_tables(SEND))
    assert check_tariffs(pack, NOW) == []
    eve, morning = noon(NEW - timedelta(days=1), KE), noon(NEW, KE)
    assert pack.charge("send", 300_00, eve).published == 7_00
    assert pack.charge("send", 300_00, morning).published == 8_00
    assert pack.charge("withdraw", 300_00, morning) == KE.charge("withdraw", 300_00, morning)
    assert pack.commissions == KE.commissions


def test_a_list_over_a_list_that_has_not_begun_takes_its_place() -> None:
    """Two lists for one day: the later one counts; one that begins earlier ends the other before it began."""
    first = with_tables(KE, read_tables(SEND))
    second = with_tables(first, read_tables(SEND.replace("pays = 800", "pays = 900")))
    assert second.charge("send", 300_00, noon(NEW, KE)).published == 9_00
    earlier = with_tables(first, read_tables(SEND.replace("2027-01-01", "2026-12-25").replace("800", "850")))
    assert check_tariffs(earlier, NOW) == []
    assert earlier.charge("send", 300_00, noon(NEW, KE)).published == 8_50


def test_what_changes_is_said_for_which_amounts_and_from_which_day() -> None:
    """Bands that split, join and end elsewhere: stretches between the edges of both, those alike put together."""
    found = differences(KE, with_tables(KE, read_tables(SEND)))
    assert {(one.what, one.service, one.first, one.last) for one in found} == {("charges", "send", NEW, None)}
    said = [
        (
            one.least,
            one.most,
            one.before and one.before.at(one.least).total,
            one.after and one.after.at(one.least).total,
        )
        for one in found
    ]
    assert said[:3] == [
        (100_01, 500_00, 7_00, 8_00),
        (500_01, 1_000_00, 13_00, 108_00),
        (1_000_01, 1_500_00, 23_00, 108_00),
    ]
    assert said[-1] == (15_000_01, 20_000_00, 105_00, 108_00), "above 20,000 nothing changes"


def test_a_tax_that_changes_changes_each_service_that_it_is_taken_of() -> None:
    """Excise divides a charge anew where there is one; a levy is paid beside."""
    lower = replace(KE.taxes[0], basis_points=10_00, valid_from=NEW)
    pack = replace(KE, taxes=(replace(KE.taxes[0], valid_to=NEW - timedelta(days=1)), lower))
    found = differences(KE, pack)
    assert {one.service for one in found} == {"send", "withdraw", "bill", "bulk", "sale"}, "what is free has no excise"
    one = next(one for one in found if one.service == "send")
    assert (one.least, one.before.at(200_00), one.after.at(200_00)) == (100_01, (7_00, 91, 0), (7_00, 64, 0))  # type: ignore[union-attr]
    assert not one.gives_back


def test_a_levy_that_ended_earlier_than_was_known_gives_back_and_nothing_else_does() -> None:
    """Less of a tax beside the charge, for days gone by: a refund can make that good, no other change can be."""
    levy = next(tax for tax in UG.taxes if tax.base == "withdraw")
    ended = date(2026, 6, 30)
    pack = replace(UG, taxes=tuple(replace(tax, valid_to=ended) if tax is levy else tax for tax in UG.taxes))
    found = differences(UG, pack)
    assert found
    assert all(one.gives_back and one.service == "withdraw" and one.first == date(2026, 7, 1) for one in found)
    assert not any(one.gives_back for one in differences(pack, UG)), "the other way round more is taken"
    dearer = replace(levy, basis_points=levy.basis_points // 2)
    halved = replace(UG, taxes=tuple(dearer if tax is levy else tax for tax in UG.taxes))
    assert all(one.gives_back for one in differences(UG, halved))


# What follows makes any small table and any change of it, and asks each amount of each day for its price.

AMOUNTS, DAYS = 40, [date(2026, 11, 20) + timedelta(days=number) for number in range(8)]


@st.composite
def tables(draw: st.DrawFn, *, shares: bool = False) -> tuple[Tariff, ...]:
    turns = sorted(draw(st.sets(st.sampled_from(DAYS[1:]), max_size=2)))
    found = []
    for first, after in zip([date(2024, 1, 1), *turns], [*turns, None], strict=True):
        edges = sorted(draw(st.sets(st.integers(1, AMOUNTS - 1), max_size=3)))
        bands = [
            Band(
                least + 1,
                most,
                draw(st.none() | st.integers(0, 3)),
                "",
                draw(st.sampled_from([0, 0, 7_00])) if shares else 0,
            )
            for least, most in zip([0, *edges], [*edges, AMOUNTS], strict=True)
        ]
        bands = [band._replace(basis_points=0) if band.pays is None else band for band in bands]
        if all(band.pays is None for band in bands):
            bands[0] = bands[0]._replace(pays=0)
        found.append(Tariff("send", first, after - timedelta(days=1) if after else None, "example", tuple(bands)))
    return tuple(found)


@st.composite
def levies(draw: st.DrawFn) -> tuple[Tax, ...]:
    first, last = draw(st.sampled_from(DAYS)), draw(st.none() | st.sampled_from(DAYS))
    if last is not None and last < first:
        return ()
    base = draw(st.sampled_from(["send", "charge"]))
    rate = draw(st.sampled_from([5_00, 15_00]))
    return (Tax("levy", base, rate, "up", first, last, "example"),)


def price(pack: Pack, amount: int, at: date) -> object:
    try:
        charge = pack.charge("send", amount, noon(at, pack))
    except NotOffered:
        return None
    return (charge.published, charge.excise, charge.levy)


@given(old=tables(), new=tables(), taxes=st.tuples(levies(), levies()))
def test_C_03_no_change_of_any_amount_on_any_day_is_left_out_or_made_up(
    old: tuple[Tariff, ...], new: tuple[Tariff, ...], taxes: tuple[tuple[Tax, ...], tuple[Tax, ...]]
) -> None:
    """For each amount and day another price is paid only where a stretch says so, and then it is what it says."""
    before, after = replace(KE, charges=old, taxes=taxes[0]), replace(KE, charges=new, taxes=taxes[1])
    found = [one for one in differences(before, after) if (one.what, one.service) == ("charges", "send")]
    for at in DAYS:
        for amount in range(1, AMOUNTS + 1):
            here = [one for one in found if covers(one, amount, at)]
            assert len(here) <= 1
            prices = price(before, amount, at), price(after, amount, at)
            if here:
                said = [rule and tuple(rule.at(amount)) for rule in (here[0].before, here[0].after)]
                assert list(prices) == said
            else:
                assert prices[0] == prices[1]


def covers(one: Change, amount: int, at: date) -> bool:
    return one.least <= amount <= one.most and one.first <= at and (one.last is None or at <= one.last)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("country = ", "Invalid value"),
        ('country = "ke"', "there is none of charges"),
        ('country = "ke"\ntiers = 3', "unknown tiers"),
        (SEND.replace("pays = 800", "pays = 8.0"), "pays must be int"),
        (SEND.replace("pays = 800", 'pays = "800"'), "pays must be int"),
        (SEND.replace("2027-01-01", '"2027-01-01"'), "valid_from must be date"),
        (SEND.replace("source", "sauce"), "source is missing"),
        (SEND + "limits = 3", "unknown limits"),
    ],
)
def test_a_list_is_read_as_strictly_as_a_pack(text: str, said: str) -> None:
    with pytest.raises(BadPack, match=said):
        read_tables(text)


def test_a_whole_pack_may_change_prices_alone() -> None:
    """Limits and tiers are the file's: a pack that has others is refused with their names."""
    from importlib.resources import files

    text = (files("service.countries") / "ke.toml").read_text("utf-8")
    assert list(differences(KE, with_tables(KE, read_tables(text)))) == []
    assert differences(KE, with_tables(KE, read_tables(text.replace("pays = 108_00", "pays = 109_00"))))
    with pytest.raises(BadPack, match="tiers: not a price"):
        read_tables(text.replace("single =  50_000_00", "single =  60_000_00"))


LIMITS = """
country = "ke"
[[tier_limits]]
tier = 1
valid_from = 2027-01-01
single = 40_000_00
day = 60_000_00
balance = 90_000_00
month = 300_000_00
tills = 1
source = "example"
"""


def test_what_tiers_allow_changes_on_its_day_and_not_before() -> None:
    """Each bound by itself, with its day; the month that nobody was bound by begins; the other tier stays."""
    after = with_tables(KE, read_tables(LIMITS))
    eve = noon(NEW, KE) - timedelta(days=1)
    assert after.tier(1, eve) == KE.tiers[1] == KE.tier(1, eve)
    assert after.tier(1, noon(NEW, KE)) == (40_000_00, 60_000_00, 90_000_00, 300_000_00, 1)
    assert after.tier(2, noon(NEW, KE)) == KE.tiers[2]
    assert (KE.counts_months, after.counts_months) == (False, True)
    assert list(differences(KE, after)) == []
    assert [(one.tier, one.bound, one.first, one.before, one.after) for one in limit_changes(KE, after)] == [
        (1, "single", NEW, 50_000_00, 40_000_00),
        (1, "day", NEW, 70_000_00, 60_000_00),
        (1, "balance", NEW, 100_000_00, 90_000_00),
        (1, "month", NEW, None, 300_000_00),
    ]
    later = with_tables(after, read_tables(LIMITS.replace("2027-01-01", "2027-02-01").replace("60_000", "65_000")))
    assert [row.valid_from for row in later.tier_limits] == [NEW, date(2027, 2, 1)]
    assert [(one.bound, one.first, one.after) for one in limit_changes(after, later)] == [
        ("day", date(2027, 2, 1), 65_000_00)
    ]
    sooner = with_tables(later, read_tables(LIMITS.replace("2027-01-01", "2026-12-01")))
    assert [row.valid_from for row in sooner.tier_limits] == [date(2026, 12, 1)], "a list takes over from its day on"
    again = with_tables(KE, read_tables(write_tables(later)))
    assert list(limit_changes(later, again)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tier = 1", "tier = 9", "there is no such tier"),
        ("single = 40_000_00", "single = 61_000_00", "allows a single payment above its day"),
        ("month = 300_000_00", "month = 59_000_00", "allows a day above its month"),
        ("balance = 90_000_00", "balance = 900_000_00", "tier 1 allows more than tier 2"),
        ("tier = 1", "tier = 2", "tier 1 allows more than tier 2"),
        ('source = "example"', 'source = ""', "no source"),
    ],
)
def test_limits_that_are_not_sound_are_named(old: str, new: str, said: str) -> None:
    found = check_tariffs(with_tables(KE, read_tables(LIMITS.replace(old, new))), NOW)
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("single = 40_000_00", "single = 0"),
        ("single = 40_000_00", "single = -1"),
        ("single = 40_000_00", 'single = "40"'),
        ("single = 40_000_00\n", ""),
        ("tills = 1", "tills = 1\nmost = 2"),
        ("valid_from = 2027-01-01", "valid_from = 2027-01-01\nvalid_to = 2027-02-01"),
        ("tier = 1", 'tier = "1"'),
    ],
)
def test_I_14_limits_that_cannot_be_read_are_refused(old: str, new: str) -> None:
    """Nothing, less than nothing, text, words that there are not, and an end, which limits do not have."""
    with pytest.raises(BadPack):
        read_tables(LIMITS.replace(old, new))
