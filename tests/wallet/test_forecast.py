"""When a till is empty: worked out by hand for tills whose days are all alike."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.wallet.forecast import BRISKEST, DAYS, LEAST_DAYS, Flow, runs_out

ZONE = ZoneInfo("Africa/Nairobi")
TODAY = datetime(2026, 11, 20, tzinfo=ZONE)  # a Friday


def at(hour: int, minute: int = 0, *, day: int = 0) -> datetime:
    return (TODAY + timedelta(days=day, hours=hour, minutes=minute)).astimezone(UTC)


def alike(days: int = 10, *, out: int = 100_00, into: int = 0) -> list[Flow]:
    """Return days on which so much goes out, and comes in, in each hour from eight to six."""
    hours = [at(hour, 30, day=-number) for number in range(1, days + 1) for hour in range(8, 18)]
    return [Flow(one, amount) for one in hours for amount in (-out, into) if amount]


def today(until: int, *, out: int = 100_00) -> list[Flow]:
    return [Flow(at(hour, 30), -out) for hour in range(8, until)]


def empty(flows: list[Flow], level: int, now: datetime) -> str | None:
    found = runs_out(flows, level=level, now=now, zone=ZONE)
    return f"{found.astimezone(ZONE):%H:%M}" if found else None


def test_at_the_usual_pace_it_lasts_as_long_as_the_sums_say() -> None:
    """A hundred an hour from twelve o'clock: 250 are gone at half past two, 601 last until the evening."""
    flows = alike() + today(12)
    assert empty(flows, 250_00, at(12)) == "14:30"
    assert empty(flows, 600_00, at(12)) == "18:00"
    assert empty(flows, 601_00, at(12)) is None


def test_what_comes_in_fills_the_till() -> None:
    flows = alike(out=150_00, into=50_00) + today(12, out=150_00) + [Flow(at(h, 30), 50_00) for h in range(8, 12)]
    assert empty(flows, 250_00, at(12)) == "14:30"


def test_a_brisk_day_is_over_sooner_and_a_slow_one_later() -> None:
    """Twice the usual by noon: (3 x 800 + 1000) / (3 x 400 + 1000) of it is believed, 1.545 times."""
    assert empty(alike() + today(12, out=200_00), 250_00, at(12)) == "13:37"
    assert empty(alike() + today(12, out=50_00), 250_00, at(12)) == "15:26"


def test_a_pace_beyond_reason_is_chance() -> None:
    """However much went out this morning, the rest of the day is at most two and a half times the usual one."""
    gone = [Flow(at(9), -100_000_00)]
    assert BRISKEST == 2_500
    assert empty(alike() + gone, 500_00, at(12)) == "14:00"


def test_the_same_weekday_counts_twice() -> None:
    """Fridays are market days: 300 an hour, else 100; of nine other days and one Friday (300 x 2 + 900) / 11."""
    fridays = [Flow(at(hour, 30, day=-7), -200_00) for hour in range(8, 18)]
    flows = alike() + fridays + today(12, out=136_36)
    assert empty(flows, 272_72, at(12)) == "14:00"


@pytest.mark.parametrize("days", range(LEAST_DAYS))
def test_a_till_without_a_past_is_not_foretold(days: int) -> None:
    assert empty(alike(days), 1_00, at(12)) is None


def test_what_is_long_past_is_forgotten() -> None:
    old = [Flow(flow.at - timedelta(days=DAYS), flow.amount) for flow in alike()]
    assert empty(old, 1_00, at(12)) is None


def test_a_day_on_which_nothing_moves_is_foretold_from_the_others() -> None:
    assert empty(alike(), 100_00, at(8)) == "09:00"


def test_an_empty_till_is_empty_now() -> None:
    assert empty(alike(), 0, at(12)) == "12:00"


def test_nothing_is_foretold_after_the_evening() -> None:
    assert empty(alike(), 0, at(21)) is None
