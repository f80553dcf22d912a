"""Days: as they are typed, which one is meant, and how they follow each other."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.wallet.calendar import EVERY, BadDay, day_meant, following, read_day


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("5/12", "--12-05"),
        ("05-12", "--12-05"),
        ("5.12", "--12-05"),
        ("0512", "--12-05"),
        (" 5/12 ", "--12-05"),
        ("29/2", "--02-29"),
        ("5/12/27", "2027-12-05"),
        ("5/12/2027", "2027-12-05"),
        ("051227", "2027-12-05"),
        ("05122027", "2027-12-05"),
    ],
)
def test_a_day_is_read_as_people_write_it(typed: str, read: str) -> None:
    assert read_day(typed) == read


@pytest.mark.parametrize(
    "typed", ["", "0", "00", "98", "1", "9", "31/2", "29/2/27", "13/13", "32/1", "0/1", "5/12/", "5 12", "٥/١٢", "512"]
)
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(BadDay):
        read_day(typed)


def test_without_a_year_the_next_such_day_is_meant() -> None:
    today = date(2026, 11, 22)
    assert day_meant("--12-05", after=today) == date(2026, 12, 5)
    assert day_meant("--11-22", after=today) == date(2027, 11, 22)
    assert day_meant("--02-29", after=today) == date(2028, 2, 29)
    assert day_meant("2026-11-21", after=today) == date(2026, 11, 21)


def test_the_31st_is_the_last_of_a_shorter_month_and_comes_back() -> None:
    days = [date(2027, 12, 31)]
    for _ in range(4):
        days.append(following(days[-1], "month", month_day=31))
    assert [f"{one:%d/%m}" for one in days] == ["31/12", "31/01", "29/02", "31/03", "30/04"]


@given(day=st.dates(date(2020, 1, 1), date(2040, 1, 1)), every=st.sampled_from(EVERY))
def test_the_next_day_is_later_and_never_leaves_a_month_out(day: date, every: str) -> None:
    after = following(day, every, month_day=day.day)
    assert 1 <= (after - day).days <= {"day": 1, "week": 7, "month": 31}[every]
    if every == "month":
        assert (after.year * 12 + after.month) - (day.year * 12 + day.month) == 1
