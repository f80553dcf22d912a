"""Agents: who becomes one, under whom, who runs a shop, and how far back a shop's lines are read."""

from datetime import timedelta

import pytest

from service.ledger.chart import Reason
from service.wallet.agent import (
    AlreadyAgent,
    UnknownAgent,
    add_agent,
    agent_of,
    keepers_among,
    lines_since,
    owes,
    set_shop,
)
from service.wallet.people import WhichOne
from service.wallet.unit import Agent
from tests.wallet.village import ACHIENG, AMINA, BARAKA, FEES, NJERI, NOON, SHOP, TRUST, Village, commission, float_


def added(village: Village, under: str | None = None) -> Agent:
    return village.do(lambda unit: add_agent(unit, phone=AMINA.phone, name="Duka", place="Nakuru", under=under))


def test_a_shop_may_stand_under_one_that_is_there(village: Village) -> None:
    with village.refuses(UnknownAgent):
        added(village, "100032")
    agent = added(village, SHOP.number)
    assert (agent.person, agent.under, agent.state) == (AMINA.id, SHOP.number, "active")
    assert village.balance(float_(agent)) == village.balance(commission(agent)) == 0
    with village.refuses(AlreadyAgent):
        added(village)


def test_S_14_who_shares_a_number_keeps_no_shop(village: Village) -> None:
    """A shop has its number to itself."""
    village.change(AMINA, shared=True)
    with pytest.raises(WhichOne):
        added(village)


def test_a_shop_that_was_closed_is_nobodys(village: Village) -> None:
    """A suspended one is its keeper's; what was closed stays closed, and owes nothing when nothing is in it."""
    village.do(lambda unit: set_shop(unit, SHOP.number, "suspended"))
    found = village.do(lambda unit: agent_of(unit, NJERI.id))
    assert found is not None
    assert found.state == "suspended"
    village.do(lambda unit: set_shop(unit, SHOP.number, "closed"))
    assert village.do(lambda unit: agent_of(unit, NJERI.id)) is None
    for number in (SHOP.number, "100032"):
        with village.refuses(UnknownAgent):
            village.do(lambda unit, number=number: set_shop(unit, number, "active"))  # type: ignore[misc]


def test_what_is_left_to_settle_is_float_or_commission_either_way(village: Village) -> None:
    assert not village.do(lambda unit: owes(unit, SHOP))
    village.post((TRUST, float_(SHOP), 5, Reason.ISSUE))
    assert village.do(lambda unit: owes(unit, SHOP))
    village.post((float_(SHOP), TRUST, 5, Reason.REDEEM))
    village.post((FEES, commission(SHOP), 1, Reason.COMMISSION))
    assert village.do(lambda unit: owes(unit, SHOP))


def test_keepers_are_those_of_shops_among_the_people_asked_about(village: Village) -> None:
    assert village.do(lambda unit: keepers_among(unit, {AMINA.id, NJERI.id})) == {NJERI.id}
    assert village.do(lambda unit: keepers_among(unit, {AMINA.id, BARAKA.id})) == set()
    assert village.do(lambda unit: keepers_among(unit, set())) == set()
    assert village.do(lambda unit: keepers_among(unit, [ACHIENG.id, NJERI.id])) == {ACHIENG.id, NJERI.id}


def test_T_01_a_line_that_stands_below_an_older_one_is_found(village: Village) -> None:
    """Times are taken before locks: they may be out of order by some seconds; and a long day has many pages."""
    since = NOON + timedelta(minutes=10)
    for seconds in (0, -59, 0, -30, 1):
        village.now = since + timedelta(seconds=seconds)
        village.post((TRUST, float_(SHOP), 1, Reason.ISSUE))
    for _ in range(400):
        village.post((TRUST, float_(SHOP), 1, Reason.ISSUE))
    lines = village.do(lambda unit: lines_since(unit, float_(SHOP), since))
    assert len(lines) == 403
    assert {line.at for line in lines} == {since, since + timedelta(seconds=1)}
