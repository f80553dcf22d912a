"""Swaps between agents: both legs in one entry, nothing by one side's wish alone; and who is told that a till ends."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Move, NotEnough, OverCap
from service.wallet.advice import advise, ending
from service.wallet.agent import UnknownAgent
from service.wallet.drawer import Till, declare, known_cash
from service.wallet.inbox import AskedEnough
from service.wallet.promise import PromiseOver, Reservation
from service.wallet.receipt import Receipt
from service.wallet.reserve import expire_reservations, keep, kept_for, turn_away, wanted_of
from service.wallet.send import SelfPayment
from service.wallet.swap import (
    CASH,
    FLOAT,
    SWAPS_A_DAY,
    SwapTooLarge,
    partners,
    paying,
    propose_swap,
    quote_swap,
    refuse_swap,
    settle_swap,
)
from service.wallet.transfer import Transfer
from service.wallet.unit import Agent, Person
from tests.wallet.test_reserve import by_code, paid_in
from tests.wallet.village import ACHIENG, AMINA, NJERI, OTHER_SHOP, PACK, SHOP, TRUST, Village, float_, ref

NEIGHBOUR = replace(OTHER_SHOP, place="Nakuru")
PARTS = {SHOP.number: (SHOP, NJERI), NEIGHBOUR.number: (NEIGHBOUR, ACHIENG)}
TWO_DAYS = timedelta(days=2)


@pytest.fixture
def corner(village: Village) -> Village:
    """Njeri has a float of 5,000 and 200 in the drawer, Achieng next door none and 3,000."""
    village.change(NEIGHBOUR)
    village.post((TRUST, float_(SHOP), 5000_00, Reason.ISSUE))
    for shop, amount in ((SHOP, 200_00), (NEIGHBOUR, 3000_00)):
        village.do(lambda unit, shop=shop, amount=amount: declare(unit, agent=shop, amount=amount, pack=PACK))  # type: ignore[misc]
    village.told()
    return village


def proposed(village: Village, amount: int, shop: Agent = SHOP, gets: str = CASH, number: str = "") -> Reservation:
    agent, keeper = PARTS[shop.number]
    other = number or next(one for one in PARTS if one != shop.number)
    pack = village.house.packs["ke"]
    return village.do(
        lambda unit: propose_swap(unit, agent=agent, keeper=keeper, number=other, amount=amount, gets=gets, pack=pack)
    )


def agreed(village: Village, row: Reservation) -> None:
    village.do(lambda unit: keep(unit, agent=NEIGHBOUR, reservation=row.id, pack=PACK))


def quoted(village: Village, row: Reservation, agent: Agent = SHOP, keeper: Person = NJERI) -> Transfer:
    return village.do(lambda unit: quote_swap(unit, agent=agent, keeper=keeper, swap=row.id, pack=PACK))


def settled(village: Village, row: Reservation, quote: Transfer) -> Receipt:
    pack = village.house.packs["ke"]
    return village.do(lambda unit: settle_swap(unit, agent=SHOP, keeper=NJERI, swap=row.id, quote=quote, pack=pack))


def drawers(village: Village) -> list[int | None]:
    tills = {till.agent: till for till in village.rows(Till)}
    return [
        village.do(lambda unit, number=number: known_cash(unit, tills[number], PACK))  # type: ignore[misc]
        for number in (SHOP.number, NEIGHBOUR.number)
    ]


def floats(village: Village) -> list[int]:
    return [village.balance(float_(shop)) for shop in (SHOP, NEIGHBOUR)]


def test_both_legs_are_in_one_entry(corner: Village) -> None:
    row = proposed(corner, 1000_00)
    assert [(key, phone) for phone, key, *_ in corner.said()] == [("swap_asked", ACHIENG.phone)]
    agreed(corner, row)
    assert [(key, phone) for phone, key, *_ in corner.said()] == [("swap_kept", NJERI.phone)]
    assert (floats(corner), drawers(corner)) == ([5000_00, 0], [200_00, 3000_00])
    quote = quoted(corner, row)
    receipt = settled(corner, row, quote)
    assert receipt == Receipt(quote.entry, ref(quote.entry), corner.now, 4000_00, False)
    assert (floats(corner), drawers(corner)) == ([4000_00, 1000_00], [1200_00, 2000_00])
    moves = (Move(float_(SHOP), float_(NEIGHBOUR), 1000_00, Reason.TRANSFER),)
    recorded = Recorded(quote.entry, Reason.TRANSFER, corner.now, moves, f"swap:{row.id}")
    assert corner.entry(quote.entry) == recorded
    assert [(key, phone) for phone, key, *_ in corner.said()] == [
        ("float_sent", NJERI.phone),
        ("float_got", ACHIENG.phone),
    ]
    assert [(one.state, one.entry) for one in corner.rows(Reservation)] == [("used", quote.entry)]
    before = corner.everything()
    assert settled(corner, row, quote) == receipt._replace(repeated=True)
    assert corner.everything() == before
    with corner.refuses(PromiseOver):
        quoted(corner, row)


def test_nothing_is_settled_when_only_one_agrees(corner: Village) -> None:
    row = proposed(corner, 1000_00)
    with corner.refuses(PromiseOver):
        quoted(corner, row)
    corner.do(lambda unit: turn_away(unit, agent=NEIGHBOUR, reservation=row.id, pack=PACK))
    with corner.refuses(PromiseOver):
        agreed(corner, row)
    offer = proposed(corner, 500_00, NEIGHBOUR, FLOAT)
    assert offer.state == "kept"  # who offers has agreed; Njeri has not, until her PIN
    assert floats(corner) == [5000_00, 0]
    corner.do(lambda unit: refuse_swap(unit, agent=SHOP, swap=offer.id))
    with corner.refuses(PromiseOver):
        quoted(corner, offer)
    with corner.refuses(PromiseOver):
        corner.do(lambda unit: refuse_swap(unit, agent=SHOP, swap=row.id))
    assert drawers(corner) == [200_00, 3000_00]


def test_an_offer_of_cash_is_paid_by_whoever_has_it_in_hand(corner: Village) -> None:
    row = proposed(corner, 700_00, NEIGHBOUR, FLOAT)
    assert [(key, phone) for phone, key, *_ in corner.said()] == [("swap_offered", NJERI.phone)]
    assert [one.id for one in corner.do(lambda unit: paying(unit, SHOP))] == [row.id]
    with corner.refuses(PromiseOver):
        quoted(corner, row, NEIGHBOUR, ACHIENG)  # who brings the cash cannot pay themselves
    settled(corner, row, quoted(corner, row))
    assert (floats(corner), drawers(corner)) == ([4300_00, 700_00], [900_00, 2300_00])


def test_time_ends_a_swap_and_both_are_told(corner: Village) -> None:
    row = proposed(corner, 1000_00)
    agreed(corner, row)
    quote = quoted(corner, row)
    corner.told()
    corner.later(seconds=PACK.reserve_seconds)
    with corner.refuses(PromiseOver):
        settled(corner, row, quote)
    assert [corner.do(expire_reservations) for _ in range(2)] == [1, 0]
    assert sorted((key, phone) for phone, key, *_ in corner.said()) == [
        ("swap_over", NJERI.phone),
        ("swap_over", ACHIENG.phone),
    ]


def test_each_refusal_of_a_swap_at_its_edge(corner: Village) -> None:
    with corner.refuses(SwapTooLarge):
        proposed(corner, 3000_01)
    with corner.refuses(NotEnough, balance=5000_00, total=5000_01):
        proposed(corner, 5000_01)
    with corner.refuses(NotEnough, balance=3000_00, total=3000_01):
        proposed(corner, 3000_01, NEIGHBOUR, FLOAT)
    with corner.refuses(NotEnough, balance=0, total=1):
        proposed(corner, 1, NEIGHBOUR, CASH)
    with corner.refuses(SelfPayment):
        proposed(corner, 1, number=SHOP.number)
    with corner.refuses(UnknownAgent):
        proposed(corner, 1, number="100032")
    first = proposed(corner, 3000_00)
    with corner.refuses(SwapTooLarge):
        proposed(corner, 1)  # all is promised
    agreed(corner, first)
    quote = quoted(corner, first)
    corner.pack(agents=PACK.agents._replace(float_day_limit=2999_99))
    with corner.refuses(OverCap, left=2999_99):
        settled(corner, first, quote)
    corner.pack()
    corner.post((float_(SHOP), TRUST, 2000_01, Reason.REDEEM))
    with corner.refuses(NotEnough, balance=2999_99, total=3000_00):
        settled(corner, first, quote)
    assert (floats(corner)[1], drawers(corner)) == (0, [200_00, 3000_00])


def test_others_are_asked_so_often_a_day(corner: Village) -> None:
    for _ in range(SWAPS_A_DAY):
        proposed(corner, 1_00)
    with corner.refuses(AskedEnough):
        proposed(corner, 1_00)


def test_a_swap_is_no_reservation_of_the_keeper_as_a_person(corner: Village) -> None:
    """Njeri may have cash kept for herself beside it, and taking her own money out does not use the swap up."""
    row = proposed(corner, 1000_00)
    agreed(corner, row)
    assert corner.do(lambda unit: kept_for(unit, NJERI)) is None
    assert [one.id for one in corner.do(lambda unit: wanted_of(unit, NEIGHBOUR))] == [row.id]
    corner.give(NJERI, 500_00)
    by_code(corner, 100_00, NJERI, NEIGHBOUR)
    assert [one.state for one in corner.rows(Reservation)] == ["kept"]


def moment(village: Village, number: str, what: str) -> datetime | None:
    till = next(till for till in village.rows(Till) if till.agent == number)
    return village.do(lambda unit: ending(unit, till))[what == CASH]


def weeks(village: Village, amount: int, shop: Agent) -> None:
    """Let a shop take in so much each day at noon for four days, and a little this morning."""
    for _ in range(4):
        paid_in(village, amount, AMINA, shop)
        village.later(days=1)
    village.later(hours=-2)
    paid_in(village, 100, AMINA, shop)


def test_an_agent_is_told_once_a_day_that_the_float_ends(corner: Village) -> None:
    """Noon's customers bring 1,000 of cash each day; today 999 of float are left at ten."""
    weeks(corner, 1000_00, SHOP)
    corner.told()
    assert moment(corner, SHOP.number, FLOAT) is None
    while corner.do(advise):
        pass
    ends = moment(corner, SHOP.number, FLOAT)
    assert ends is not None
    assert corner.now + timedelta(hours=2) < ends < corner.now + timedelta(hours=3)
    ((phone, key, values, _, until),) = corner.said()
    assert (phone, key, until) == (NJERI.phone, "float_ends", ends)
    assert datetime.fromisoformat(values.pop("until")) == ends
    assert values == {"partner": "", "service_code": PACK.agents_code}
    assert corner.do(advise) == 0  # not before an hour is over
    corner.later(hours=1)
    while corner.do(advise):
        pass
    assert corner.said() == []
    corner.now = ends
    assert moment(corner, SHOP.number, FLOAT) is None  # what is past is not foretold


def test_a_swap_is_offered_with_somebody_near_who_needs_the_opposite(corner: Village) -> None:
    weeks(corner, 1000_00, SHOP)

    def found(gets: str, shop: Agent) -> list[str]:
        return [one.number for one in corner.do(lambda unit: partners(unit, agent=shop, gets=gets, pack=PACK))]

    assert found(CASH, NEIGHBOUR) == []
    till = next(till for till in corner.rows(Till) if till.agent == NEIGHBOUR.number)
    corner.change(till, cash_ends=corner.now + timedelta(hours=3), next_at=corner.now + TWO_DAYS)
    corner.told()
    while corner.do(advise):
        pass
    assert [(key, values["partner"]) for _, key, values, *_ in corner.said()] == [("float_ends", "Mama Otieno")]
    assert found(FLOAT, SHOP) == [NEIGHBOUR.number]
    assert found(CASH, NEIGHBOUR) == [SHOP.number]
    assert found(CASH, SHOP) == []
    corner.change(NEIGHBOUR, place="Kisumu", state="closed")
    assert found(FLOAT, SHOP) == []


def test_a_shop_that_is_not_open_today_hears_nothing(corner: Village) -> None:
    for _ in range(4):
        paid_in(corner, 1000_00)
        corner.later(days=1)
    corner.later(hours=-2)
    corner.told()
    while corner.do(advise):
        pass
    assert corner.said() == []


def test_a_swap_is_looked_for_in_one_s_own_place_and_on_today_s_calendar(corner: Village) -> None:
    """Whose float ends after midnight in Nairobi, or who keeps shop elsewhere, needs nothing today."""
    till = next(till for till in corner.rows(Till) if till.agent == NEIGHBOUR.number)

    def found() -> list[str]:
        return [one.number for one in corner.do(lambda unit: partners(unit, agent=SHOP, gets=FLOAT, pack=PACK))]

    midnight = corner.now.replace(hour=21)
    short = corner.change(till, cash_ends=midnight - timedelta(microseconds=1))
    assert found() == [NEIGHBOUR.number]
    corner.change(short, cash_ends=midnight)
    assert found() == []
    corner.now = midnight
    assert found() == [NEIGHBOUR.number]
    corner.change(short, cash_ends=midnight, area="ke:kisumu")
    assert found() == []


def test_what_is_asked_is_counted_by_the_day_of_the_country(corner: Village) -> None:
    for _ in range(SWAPS_A_DAY):
        proposed(corner, 1_00)
    corner.now = corner.now.replace(hour=20, minute=59)
    with corner.refuses(AskedEnough):
        proposed(corner, 1_00)
    corner.now = corner.now.replace(hour=21)
    corner.do(lambda unit: declare(unit, agent=NEIGHBOUR, amount=10_00, pack=PACK))
    corner.told()
    row = proposed(corner, 1_00)
    assert corner.said()[-1][4] == row.expires_at, "a question that is over is not sent any more"


def test_all_that_there_is_may_be_swapped_and_nobody_s_abroad(corner: Village) -> None:
    row = proposed(corner, 3000_00, NEIGHBOUR, FLOAT)
    assert row.amount == 3000_00
    corner.change(ACHIENG, country="ug")
    with corner.refuses(UnknownAgent):
        proposed(corner, 1_00)


def test_one_pays_one_s_own_swaps_until_their_time(corner: Village) -> None:
    def owed(shop: Agent) -> list[int]:
        return [one.id for one in corner.do(lambda unit: paying(unit, shop))]

    mine, theirs = proposed(corner, 1_00), proposed(corner, 2_00, NEIGHBOUR, FLOAT)
    assert owed(SHOP) == [mine.id, theirs.id]
    assert owed(NEIGHBOUR) == []
    corner.do(lambda unit: refuse_swap(unit, agent=SHOP, swap=mine.id))
    assert owed(SHOP) == [theirs.id]
    corner.now = theirs.expires_at
    assert owed(SHOP) == []
    for swap in (theirs.id, theirs.id + 1000):
        with corner.refuses(PromiseOver):
            corner.do(lambda unit, swap=swap: refuse_swap(unit, agent=SHOP, swap=swap))  # type: ignore[misc]
