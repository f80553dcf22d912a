"""Each rule of the checker is given a talk that is sound but for one planted fault, and must be the one to find it."""

import pytest

from service.ussd.check import RULES, check
from service.ussd.limit import Limit
from tests.ussd import faults_of_room, faults_of_ways, faults_of_words
from tests.ussd.bikes import SCREENS, Kiosk, bikes
from tests.ussd.plant import Fault, say, saying

FAULTS = [*faults_of_ways.FAULTS, *faults_of_words.FAULTS, *faults_of_room.FAULTS]


def test_a_sound_talk_has_no_problems() -> None:
    assert check(bikes(), [Limit("wide", septets=178, units=78)], Kiosk()) == []


@pytest.mark.parametrize(
    ("rule", "found", "planted"), FAULTS, ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(FAULTS)]
)
def test_a_planted_fault_is_found_by_its_rule_and_no_other(rule: str, found: str, planted: Fault) -> None:
    problems = check(planted(), [], Kiosk())
    assert found in [str(problem) for problem in problems]
    assert {problem.rule for problem in problems} == {rule}


def test_each_rule_has_a_planted_fault() -> None:
    assert {rule.__name__ for rule in RULES} | {"fields"} == {rule for rule, _, _ in FAULTS}


def test_a_gateway_with_less_room_is_a_problem_and_is_measured() -> None:
    problems = [str(problem) for problem in check(bikes(), [Limit("tiny", septets=120, units=76)], Kiosk())]
    assert "limit: tiny has less room than the talk is laid out for" in problems
    assert "fits: hire.pin in en is 1 septets too long under no.dropped_secret" in problems


def test_a_home_that_another_role_reaches_is_measured_with_its_way_back() -> None:
    text = "x" * (156 - len("The rest was not read.\n"))
    alone = [screen for screen in SCREENS if screen.id == "rides.none"]
    unreached = check(saying("rides.none", "text", text, screens=alone, homes={"mechanic": "rides.none"}))
    assert "fits" not in {problem.rule for problem in unreached}
    reached = check(saying("rides.none", "text", text, homes={"rider": "home", "mechanic": "rides.none"}), [], Kiosk())
    assert "fits: rides.none in en is 15 septets too long under no.dropped_rest" in map(str, reached)


def test_six_screens_before_the_money_are_not_too_many() -> None:
    assert check(faults_of_ways.sure(2), [], Kiosk()) == []


def test_what_fits_exactly_is_no_problem() -> None:
    talk = saying("no", "out_of_order", "x" * 156)
    say(talk, "card", "text", "x" * (156 - 5) + "{left}")
    say(talk, "rides", "text", "x" * (156 - len("The rest was not read.\n\n1 00/00 W\n98 More\n0 Back 00 Home") - 11))
    say(talk, "rides", "line", "{day} {bike}")
    for said in talk.words.values():
        said.sms["hired"] = "{code}{bike}{owner}{price}" + "x" * (160 - 6 - 12 - 20 - 5)  # type: ignore[index]
        said.nav.update(talk.words["en"].nav)  # type: ignore[attr-defined]
        said.no.update(talk.words["en"].no)  # type: ignore[attr-defined]
    assert check(talk, [], Kiosk()) == []
