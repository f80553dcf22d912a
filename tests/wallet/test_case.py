"""Cases: what is written down, once about one thing, and so many of one person at a time."""

from datetime import timedelta

from service.wallet.case import (
    CaseClosed,
    CaseThere,
    TooManyCases,
    case_by_number,
    case_number,
    close_case,
    open_case,
    refuse_case,
)
from service.wallet.unit import Asked, Case, Person, Unit
from tests.wallet.village import AMINA, BARAKA, PACK, Overheard, Village, ref


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


def test_F_03_who_asked_for_a_case_hears_of_its_end_and_nobody_else(village: Village) -> None:
    """Who closed it and why is kept beside what was known; a case that staff opened of themselves tips nobody off."""
    case, found = opened(village, 7), opened(village, 8)
    found = village.change(found, what="pattern")
    for one in (case, found):
        village.do(lambda unit, one=one: close_case(unit, case_id=one.id, by="njeri", note="spent"))  # type: ignore[misc]
    assert village.said() == [(AMINA.phone, "case_closed", {"reference": ref(case.id)}, None, None)]
    values = {"a": 1, "closed_by": "njeri", "note": "spent"}
    assert [(row.state, row.values) for row in village.rows(Case)] == [("closed", values)] * 2
    with village.refuses(CaseClosed):
        village.do(lambda unit: close_case(unit, case_id=99, by="njeri", note="none"))
    assert village.do(lambda unit: case_by_number(unit, "not a number")) is None


def test_one_person_opens_one_case_at_a_time(village: Village) -> None:
    def asked(unit: Unit) -> list[object]:
        heard = Overheard(unit)
        refuse_case(heard.unit, what="overcharge", opener=AMINA, about=7)
        return heard.asked

    assert village.do(asked)[0] == Asked.lock(Person, AMINA.id)
