"""Cash before the walk: what a drawer is known to hold, who is found, what is promised, and how a promise ends."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from service.ledger.chart import Reason
from service.ledger.entry import NotEnough
from service.refusal import Refusal
from service.wallet.agent import add_agent
from service.wallet.cash_in import cash_in, quote_cash_in
from service.wallet.cash_out import ask_cash_out, give_cash, price_cash_out
from service.wallet.close import close_wallet
from service.wallet.drawer import Shortage, Till, area_of, cash_of, declare, known_cash
from service.wallet.operator import approve, propose
from service.wallet.pin import PinLocked, seal_pin
from service.wallet.promise import MOST_LIVE, PromiseOver, Reservation
from service.wallet.reserve import (
    CashGone,
    DrawerShort,
    NobodyNear,
    TooManyAsks,
    TooManyReserved,
    declare_cash,
    expire_reservations,
    find_cash,
    give_up,
    keep,
    kept_for,
    may_promise,
    place_of,
    reserve,
    turn_away,
    wanted_of,
)
from service.wallet.send import SelfPayment
from service.wallet.unit import Agent, Person, Request, Unit
from service.wallet.voucher import find_voucher, open_voucher, quote_voucher, send_voucher, voucher_code
from service.wallet.withdraw import Payout, find_payout, pay_out, quote_withdrawal, withdraw, withdrawal_code
from tests.wallet.village import (
    ACHIENG,
    AMINA,
    BARAKA,
    CODE_KEY,
    NJERI,
    OTHER_SHOP,
    PACK,
    SHOP,
    TRUST,
    Overheard,
    Village,
    float_,
    wallet,
)

KEEPERS = {SHOP.number: NJERI, OTHER_SHOP.number: ACHIENG}


def declared(village: Village, amount: int, shop: Agent = SHOP) -> None:
    village.do(lambda unit: declare(unit, agent=shop, amount=amount, pack=PACK))


def known(village: Village, shop: Agent = SHOP) -> int | None:
    def look(unit: Unit) -> int | None:
        till = unit.rows.get(Till, shop.number)
        return known_cash(unit, till, PACK) if till else None

    return village.do(look)


def found(village: Village, amount: int, place: str = "Nakuru", who: Person = AMINA) -> Sequence[Agent] | Refusal:
    return village.do(
        lambda unit: find_cash(unit, person=who, amount=amount, place=place, pack=village.house.packs["ke"])
    )


def reserved(village: Village, amount: int, who: Person = AMINA, shop: Agent = SHOP) -> Reservation:
    pack = village.house.packs["ke"]
    return village.do(lambda unit: reserve(unit, person=who, number=shop.number, amount=amount, pack=pack))


def kept(village: Village, row: Reservation, shop: Agent = SHOP) -> Reservation | Refusal:
    return village.do(lambda unit: keep(unit, agent=shop, reservation=row.id, pack=PACK))


def state(village: Village) -> list[str]:
    return [row.state for row in village.rows(Reservation)]


def paid_in(village: Village, amount: int, who: Person = AMINA, shop: Agent = SHOP) -> int:
    keeper = KEEPERS[shop.number]
    quote = village.do(lambda unit: quote_cash_in(unit, agent=shop, keeper=keeper, phone=who.phone, amount=amount))
    return village.do(lambda unit: cash_in(unit, agent=shop, keeper=keeper, quote=quote, pack=PACK)).entry


def by_code(village: Village, amount: int, who: Person = AMINA, shop: Agent = SHOP) -> None:
    """Withdraw as a customer does first."""
    quote = village.do(lambda unit: quote_withdrawal(unit, payer=who, agent_number=shop.number, amount=amount))
    village.do(lambda unit: withdraw(unit, payer=who, quote=quote, pack=PACK))
    code, keeper = withdrawal_code(CODE_KEY, quote.entry), KEEPERS[shop.number]
    payout = village.do(lambda unit: find_payout(unit, agent=shop, keeper=keeper, code=code))
    assert isinstance(payout, Payout)
    village.do(lambda unit: pay_out(unit, agent=shop, keeper=keeper, payout=payout, pack=PACK))


def by_approval(village: Village, amount: int, who: Person = AMINA, shop: Agent = SHOP) -> None:
    """Withdraw as the agent begins it."""
    keeper = KEEPERS[shop.number]
    village.do(lambda unit: ask_cash_out(unit, agent=shop, keeper=keeper, phone=who.phone, amount=amount))
    request = village.rows(Request)[-1]
    quote = village.do(lambda unit: price_cash_out(unit, request=request, pack=PACK))
    village.do(lambda unit: give_cash(unit, payer=who, quote=quote, pack=PACK))


def by_voucher(village: Village, amount: int, who: Person = AMINA, shop: Agent = SHOP) -> None:
    """Take out a voucher that Baraka has sent."""
    quote = village.do(lambda unit: quote_voucher(unit, payer=BARAKA, phone=who.phone, amount=amount))

    def send(unit: Unit) -> None:
        sealed = seal_pin(unit.house, quote.entry, "4820")
        send_voucher(unit, payer=BARAKA, phone=who.phone, quote=quote, sealed=sealed, pack=PACK)

    village.do(send)

    def take(unit: Unit) -> None:
        payout = find_voucher(unit, voucher_code(CODE_KEY, quote.entry))
        assert payout is not None
        opened = open_voucher(unit, agent=shop, payout=payout, secret="4820")
        assert isinstance(opened, Payout)
        pay_out(unit, agent=shop, keeper=KEEPERS[shop.number], payout=opened, pack=PACK)

    village.do(take)


@pytest.fixture
def fair(village: Village) -> Village:
    """Amina and Baraka have 2,000 each, Njeri's drawer 1,000."""
    village.give(AMINA, 2000_00)
    village.give(BARAKA, 2000_00)
    village.post((TRUST, float_(SHOP), 5000_00, Reason.ISSUE))
    declared(village, 1000_00)
    return village


@pytest.mark.parametrize("way", [by_code, by_approval, by_voucher])
def test_a_reservation_is_used_up_by_any_of_the_three_ways(fair: Village, way: object) -> None:
    row = reserved(fair, 400_00)
    kept(fair, row)
    way(fair, 300_00)  # type: ignore[operator]
    after = fair.rows(Reservation)[0]
    assert after.state == "used"
    assert after.entry is not None
    assert fair.entry(after.entry) is not None
    assert known(fair) == 700_00
    assert fair.do(lambda unit: kept_for(unit, AMINA)) is None


def test_cash_at_another_shop_or_of_somebody_else_uses_nothing_up(fair: Village) -> None:
    kept(fair, reserved(fair, 400_00))
    by_code(fair, 100_00, BARAKA)
    by_code(fair, 100_00, AMINA, OTHER_SHOP)
    assert state(fair) == ["kept"]
    assert known(fair) == 900_00


def test_a_drawer_is_what_was_declared_with_what_went_in_and_out_since(fair: Village) -> None:
    paid_in(fair, 300_00)
    assert known(fair) == 1300_00
    by_code(fair, 200_00)
    by_approval(fair, 100_00)
    assert known(fair) == 1000_00
    fair.post((TRUST, float_(SHOP), 7_00, Reason.ISSUE))  # money at the bank is no cash
    assert known(fair) == 1000_00
    declared(fair, 50_00)
    assert known(fair) == 50_00
    fair.later(seconds=PACK.drawer_seconds - 1)
    assert known(fair) == 50_00
    fair.later(seconds=1)
    assert known(fair) is None
    assert isinstance(found(fair, 50_00), NobodyNear)
    with fair.refuses(CashGone):
        reserved(fair, 50_00)


def test_a_cash_in_that_staff_undo_is_taken_out_of_the_drawer_again(fair: Village) -> None:
    entry = paid_in(fair, 300_00)

    def undo(unit: Unit) -> None:
        approve(unit, approval_id=propose(unit, act="reverse", values={"entry": entry}, maker="one").id, checker="two")

    fair.do(undo)
    assert known(fair) == 1000_00


def test_who_is_found_can_pay_and_no_more_is_said(fair: Village) -> None:
    assert found(fair, 1000_00) == [SHOP]
    assert found(fair, 1000_00, " NAKÚRU.") == [SHOP]
    assert isinstance(found(fair, 1000_01), NobodyNear)
    assert isinstance(found(fair, 500_00, "Kisumu"), NobodyNear)
    lacked = [(one.agent, one.area, one.amount, one.why) for one in fair.rows(Shortage)]
    assert lacked == [("", "ke:nakuru", 1000_01, "cash"), ("", "ke:kisumu", 500_00, "cash")]
    declared(fair, 2000_00, OTHER_SHOP)
    assert found(fair, 1500_00, "kisumu") == [OTHER_SHOP]
    kept(fair, reserved(fair, 600_00, BARAKA))
    assert found(fair, 400_00) == [SHOP]
    assert isinstance(found(fair, 400_01), NobodyNear)
    fair.change(SHOP, state="closed")
    assert isinstance(found(fair, 400_00), NobodyNear)


def test_nobody_finds_their_own_shop(fair: Village) -> None:
    fair.give(NJERI, 500_00)
    assert isinstance(found(fair, 100_00, who=NJERI), NobodyNear)
    with fair.refuses(SelfPayment):
        reserved(fair, 100_00, NJERI)


def test_V_03_questions_about_cash_have_a_budget_and_are_about_ones_own_money(fair: Village) -> None:
    """A robber who asks what a drawer holds must have that much to withdraw, and is answered so many times a day."""
    with fair.refuses(NotEnough, balance=2000_00, total=2029_00):
        found(fair, 2000_00)
    locked = fair.change(BARAKA, pin_tries=3)
    with fair.refuses(PinLocked, service_code=PACK.people_code, help_line=PACK.help_line):
        found(fair, 100_00, who=locked)
    for _ in range(PACK.cash_asks_per_day):
        found(fair, 1500_00)
    with fair.refuses(TooManyAsks):
        found(fair, 100_00)
    fair.later(hours=13)  # another day in Nairobi
    assert isinstance(found(fair, 100_00), NobodyNear)


def test_promises_never_sum_up_to_more_than_the_drawer(fair: Village) -> None:
    first = reserved(fair, 700_00)
    with fair.refuses(CashGone):
        reserved(fair, 300_01, BARAKA)
    second = reserved(fair, 300_00, BARAKA)
    assert [row.id for row in fair.do(lambda unit: wanted_of(unit, SHOP))] == [first.id, second.id]
    assert isinstance(kept(fair, first), Reservation)
    by_code(fair, 100_00, BARAKA)  # which uses up Baraka's own
    assert state(fair) == ["kept", "used"]


def test_what_was_paid_out_to_others_is_not_promised_again(fair: Village) -> None:
    """A question that was asked when there was enough is not agreed to when there no longer is; staff read of it."""
    row = reserved(fair, 700_00)
    by_code(fair, 400_00, BARAKA)
    assert isinstance(kept(fair, row), DrawerShort)
    assert [(one.agent, one.area, one.amount, one.why) for one in fair.rows(Shortage)] == [
        ("100016", "ke:nakuru", 700_00, "cash")
    ]
    assert state(fair) == ["asked"]
    declared(fair, 700_00)
    assert isinstance(kept(fair, row), Reservation)


def test_how_often_and_how_much_at_once_is_kept_for_one_person(fair: Village) -> None:
    row = reserved(fair, 100_00)
    with fair.refuses(TooManyReserved):
        reserved(fair, 100_00)
    for _ in range(PACK.reserves_per_day - 1):
        fair.do(lambda unit, row=row: give_up(unit, person=AMINA, reservation=row.id))  # type: ignore[misc]
        row = reserved(fair, 100_00)
    fair.do(lambda unit: give_up(unit, person=AMINA, reservation=row.id))
    with fair.refuses(TooManyReserved):
        reserved(fair, 100_00)
    with fair.refuses(PromiseOver):
        fair.do(lambda unit: give_up(unit, person=AMINA, reservation=row.id))
    other = reserved(fair, 100_00, BARAKA)
    with fair.refuses(PromiseOver):
        fair.do(lambda unit: give_up(unit, person=AMINA, reservation=other.id))
    with fair.refuses(PromiseOver):
        kept(fair, other, OTHER_SHOP)


def test_both_sides_hear_each_outcome(fair: Village) -> None:
    fair.told()
    until = (fair.now + timedelta(seconds=PACK.reserve_seconds)).isoformat()
    row = reserved(fair, 400_00)
    assert [(key, phone, ends) for phone, key, *_, ends in fair.said()] == [
        ("cash_wanted", NJERI.phone, row.expires_at)
    ]
    kept(fair, row)
    said = {"agent": "100016", "agent_name": "Duka la Njeri", "amount": 400_00, "until": until}
    values = said | {"service_code": PACK.people_code}
    assert fair.said() == [(AMINA.phone, "cash_kept", values, None, row.expires_at)]
    with fair.refuses(PromiseOver):
        kept(fair, row)
    fair.do(lambda unit: turn_away(unit, agent=SHOP, reservation=row.id, pack=PACK))
    assert [(key, phone) for phone, key, *_ in fair.said()] == [("cash_declined", AMINA.phone)]
    assert [(one.agent, one.area, one.why) for one in fair.rows(Shortage)] == [("100016", "ke:nakuru", "cash")]
    row = reserved(fair, 400_00)
    fair.do(lambda unit: give_up(unit, person=AMINA, reservation=row.id))
    assert [(key, phone) for phone, key, *_ in fair.said()][-1] == ("cash_free", NJERI.phone)


@pytest.mark.parametrize(("agreed", "key"), [(True, "cash_over"), (False, "cash_unanswered")])
def test_time_ends_a_reservation_and_the_customer_is_told_once(fair: Village, agreed: bool, key: str) -> None:
    row = reserved(fair, 400_00)
    if agreed:
        kept(fair, row)
    fair.later(seconds=PACK.reserve_seconds - 1)
    assert fair.do(expire_reservations) == 0
    assert fair.do(lambda unit: kept_for(unit, AMINA)) is not None
    fair.later(seconds=1)
    with fair.refuses(PromiseOver):
        fair.do(lambda unit: give_up(unit, person=AMINA, reservation=row.id))
    assert fair.do(lambda unit: kept_for(unit, AMINA)) is None  # whether or not the worker was there
    assert found(fair, 1000_00) == [SHOP]
    with fair.refuses(PromiseOver):
        kept(fair, row)
    with fair.refuses(PromiseOver):
        fair.do(lambda unit: turn_away(unit, agent=SHOP, reservation=row.id, pack=PACK))
    fair.told()
    assert [fair.do(expire_reservations) for _ in range(2)] == [1, 0]
    assert [(told, phone) for phone, told, *_ in fair.said()] == [(key, AMINA.phone), ("cash_free", NJERI.phone)]


def test_near_is_where_the_person_was_last_served(fair: Village) -> None:
    assert fair.do(lambda unit: place_of(unit, ACHIENG)) == ""
    assert fair.do(lambda unit: place_of(unit, AMINA)) == "Nakuru"
    by_code(fair, 100_00, AMINA, OTHER_SHOP)
    assert fair.do(lambda unit: place_of(unit, AMINA)) == "Kisumu"
    by_approval(fair, 100_00)
    assert fair.do(lambda unit: place_of(unit, AMINA)) == "Nakuru"


def test_a_new_shop_has_a_till_and_promises_nothing_before_it_declares(fair: Village) -> None:
    shop = fair.do(lambda unit: add_agent(unit, phone=BARAKA.phone, name="Baraka Shop", place="Nakuru Town"))
    assert [row.area for row in fair.rows(Till) if row.agent == shop.number] == ["ke:nakuru town"]
    with fair.refuses(CashGone):
        reserved(fair, 100_00, shop=shop)


@pytest.mark.parametrize(
    ("place", "area"), [("Nakuru", "ke:nakuru"), ("  nakuru-TOWN ", "ke:nakuru town"), ("Thiès", "ke:thies")]
)
def test_how_places_are_compared(place: str, area: str) -> None:
    assert area_of("ke", place) == area


def test_a_drawer_declared_below_what_is_promised_takes_the_newest_back(village: Village) -> None:
    """Questions go first, the newest before the older, no more than must; those customers and staff hear of it."""
    for one in (AMINA, BARAKA, ACHIENG):
        village.give(one, 2000_00)
    declared(village, 1000_00)
    rows = [reserved(village, amount, who) for who, amount in ((AMINA, 300_00), (BARAKA, 400_00), (ACHIENG, 200_00))]
    for row in rows[:2]:
        kept(village, row)
    village.told()

    def declares(amount: int) -> int:
        return village.do(lambda unit: declare_cash(unit, agent=SHOP, amount=amount, pack=PACK))

    assert (declares(900_00), state(village)) == (0, ["kept", "kept", "asked"])
    assert (declares(899_99), state(village)) == (200_00, ["kept", "kept", "declined"])
    assert (declares(300_00), state(village)) == (400_00, ["kept", "declined", "declined"])
    assert [(one.phone, one.key) for one in village.told()] == [
        (ACHIENG.phone, "cash_declined"), (BARAKA.phone, "cash_declined"),
    ]  # fmt: skip
    assert [one.amount for one in village.rows(Shortage)] == [200_00, 400_00]
    assert isinstance(found(village, 50_00), NobodyNear)


def test_a_wallet_that_closes_lets_go_what_is_kept_for_it(village: Village) -> None:
    """The agent is told whose cash is free, by name, and no nameless promise stays behind."""
    village.give(AMINA, 500_00)
    declared(village, 1000_00)
    kept(village, reserved(village, 300_00))
    village.post((wallet(AMINA), wallet(BARAKA), 500_00, Reason.SEND))
    village.told()
    village.do(lambda unit: close_wallet(unit, AMINA.id))
    assert state(village) == ["given_up"]
    (free,) = [one for one in village.told() if one.key == "cash_free"]
    assert (free.phone, free.values["name"]) == (NJERI.phone, "AMINA O")


def test_questions_are_taken_back_before_promises(fair: Village) -> None:
    """A question that is older than a promise goes first, and if that is enough no promise."""
    for one in (NJERI, ACHIENG):
        fair.give(one, 500_00)
    agreed = reserved(fair, 300_00)
    asked = reserved(fair, 400_00, BARAKA)
    late = reserved(fair, 200_00, ACHIENG)
    kept(fair, agreed)
    kept(fair, late)
    assert fair.do(lambda unit: declare_cash(unit, agent=SHOP, amount=500_00, pack=PACK)) == 400_00
    assert {row.id: row.state for row in fair.rows(Reservation)} == {
        agreed.id: "kept", asked.id: "declined", late.id: "kept",
    }  # fmt: skip


def test_who_declares_less_loses_no_more_promises_than_it_takes(fair: Village) -> None:
    fair.give(ACHIENG, 500_00)
    rows = [reserved(fair, amount, who) for who, amount in ((BARAKA, 600_00), (AMINA, 100_00), (ACHIENG, 300_00))]
    assert fair.do(lambda unit: declare_cash(unit, agent=SHOP, amount=600_00, pack=PACK)) == 400_00
    assert [row.state for row in fair.rows(Reservation)] == ["asked", "declined", "declined"], rows


def test_what_may_be_promised_is_decided_under_the_lock_of_its_cash(fair: Village) -> None:
    """Whoever pays cash out at this moment waits; and with very many promises nothing more is promised."""

    def work(unit: Unit) -> bool:
        heard = Overheard(unit)
        assert may_promise(heard.unit, SHOP.number, PACK) == 1000_00
        return ("counter", cash_of(SHOP.number)) in heard.asked

    assert fair.do(work)
    until = fair.now + timedelta(seconds=1)
    many = [
        Reservation(id=9_000 + number, agent=SHOP.number, person=AMINA.id, amount=1, expires_at=until)
        for number in range(MOST_LIVE)
    ]
    fair.do(lambda unit: all(unit.rows.add(row) for row in many[1:]))
    assert fair.do(lambda unit: may_promise(unit, SHOP.number, PACK)) == 1000_00 - len(many[1:])
    fair.do(lambda unit: unit.rows.add(many[0]))
    assert fair.do(lambda unit: may_promise(unit, SHOP.number, PACK)) == 0
    assert fair.do(lambda unit: may_promise(unit, "100032", PACK)) == 0


def test_those_who_declared_last_are_looked_at_where_there_are_very_many(fair: Village) -> None:
    fair.do(
        lambda unit: all(
            unit.rows.add(Till(agent=f"{number:06}", area="ke:nakuru", at=unit.now, next_at=unit.now))
            for number in range(50, 150)
        )
    )
    fair.later(seconds=1)
    declared(fair, 1000_00)
    assert found(fair, 1000_00) == [SHOP]


def test_reservations_of_a_day_are_those_of_the_country_s_day(fair: Village) -> None:
    for _ in range(PACK.reserves_per_day):
        row = reserved(fair, 100_00)
        fair.do(lambda unit, row=row: give_up(unit, person=AMINA, reservation=row.id))  # type: ignore[misc]
    fair.later(hours=12)  # 21:00 UTC is midnight in Nairobi
    declared(fair, 1000_00)
    reserved(fair, 100_00)


def test_so_many_promises_are_closed_in_one_commit(fair: Village) -> None:
    for who in (AMINA, BARAKA):
        reserved(fair, 100_00, who)
    fair.later(seconds=PACK.reserve_seconds)
    assert [fair.do(lambda unit: expire_reservations(unit, limit=1)) for _ in range(3)] == [1, 1, 0]
