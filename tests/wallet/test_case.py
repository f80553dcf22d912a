"""Cases: what is written down, once about one thing, and so many of one person at a time."""

from datetime import timedelta

from service.wallet.case import CaseThere, TooManyCases, case_by_number, case_number, open_case
from service.wallet.unit import Case
from tests.wallet.village import AMINA, BARAKA, PACK, Village, ref


def opened(village: Village, about: int, what: str = "overcharge") -> Case:
    return village.do(
        lambda unit: open_case(unit, what=what, opener=AMINA, about=about, other=BARAKA.id, seconds=60, values={"a": 1})
    )


def test_a_case_has_a_number_and_a_clock(village: Village) -> None:
    case = opened(village, 7)
    assert case == Case(
        id=case.id,
        what="overcharge",
        opener=AMINA.id,
        about=7,
        other=BARAKA.id,
        state="open",
        opened_at=village.now,
        due_at=village.now + timedelta(seconds=60),
        values={"a": 1},
    )
    assert village.rows(Case) == [case]
    assert village.do(lambda unit: case_number(unit, case)) == ref(case.id)
    assert village.do(lambda unit: case_by_number(unit, ref(case.id).lower())) == case
    assert village.do(lambda unit: case_by_number(unit, "QK7M2X9TRD")) is None


def test_F_06_one_thing_is_looked_into_once(village: Village) -> None:
    """Not even when the case is over; another case about it is another thing."""
    case = opened(village, 7)
    village.change(case, state="closed")
    with village.refuses(CaseThere, reference=ref(case.id)):
        opened(village, 7)
    opened(village, 7, what="reversal")


def test_F_06_so_many_cases_of_one_person_wait_at_a_time(village: Village) -> None:
    """Those that are over are not counted."""
    cases = [opened(village, about) for about in range(PACK.open_requests)]
    with village.refuses(TooManyCases):
        opened(village, 99)
    village.change(cases[0], state="asked")
    with village.refuses(TooManyCases):
        opened(village, 99)
    village.change(cases[0], state="done")
    opened(village, 99)
