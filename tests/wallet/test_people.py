"""Opening wallets and shops, who can be paid, whose account is whose, and how much is still allowed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Cap, Ceiling, Entry, Move, OverCap
from service.phone import at_seat
from service.reference import luhn_ok
from service.wallet.account import (
    commission_of,
    float_of,
    house_account,
    provider_name,
    sent_this_month,
    sent_today,
    wallet_of,
)
from service.wallet.agent import (
    AlreadyAgent,
    BadAgentNumber,
    UnknownAgent,
    add_agent,
    agent_by_number,
    agent_of,
    commission_for,
    pair_today,
    read_agent_number,
)
from service.wallet.limits import (
    Limits,
    OverMonth,
    OverSingle,
    caps_out,
    ceiling_of,
    given_back,
    limits_of,
    refuse_over,
    waiting_of,
)
from service.wallet.metered import Meter
from service.wallet.ordered import Order
from service.wallet.people import (
    AlreadyRegistered,
    BadIdNumber,
    UnknownPerson,
    WhichOne,
    begin_registration,
    behind,
    payable,
    people_at,
    person_by_phone,
    read_id_number,
    register,
    set_state,
)
from service.wallet.pin import WeakPin, is_pin
from service.wallet.pot import Pot
from service.wallet.receipt import Receipt, already, receipt_for
from service.wallet.tally import count
from service.wallet.unit import Agent, Asked, Case, Pending, Person, Tally, Unit, Withdrawal
from tests.wallet.village import (
    AMINA,
    BARAKA,
    FEES,
    NJERI,
    OTHER_SHOP,
    PACK,
    SHOP,
    UGANDAN,
    Village,
    float_,
    ref,
    wallet,
)

LATE = datetime(2026, 11, 22, 20, 59, 59, tzinfo=UTC)
"""A second before midnight in Nairobi."""


def test_whose_account_is_whose() -> None:
    assert wallet_of(UGANDAN) == Account("ug", Kind.WALLET, "905")
    assert float_of(SHOP, "ke") == Account("ke", Kind.FLOAT, "100016")
    assert commission_of(SHOP, "ke") == Account("ke", Kind.COMMISSION, "100016")
    assert house_account("ug", Kind.TAX) == Account("ug", Kind.TAX, "")


def test_T_01_counters_are_of_a_person_and_a_day_of_the_country() -> None:
    """A day ends at midnight in Nairobi."""
    assert sent_today(AMINA, LATE, PACK) == "out:901:2026-11-22"
    after = LATE.replace(hour=21, minute=0, second=0)
    assert sent_today(AMINA, after, PACK) == "out:901:2026-11-23"
    assert pair_today("withdraw", "100016", 901, after, PACK) == "pair:withdraw:100016:901:2026-11-23"


@pytest.mark.parametrize("typed", ["100017", "10001", "1000160", "10001a", "", "１０００１６", "100O16", "-10016"])
def test_an_agent_number_is_six_digits_with_a_check(typed: str) -> None:
    assert read_agent_number("100016") == "100016"
    assert read_agent_number(" 100 016 ") == "100016"
    with pytest.raises(BadAgentNumber):
        read_agent_number(typed)


def test_an_agent_number_of_another_length_is_refused_though_its_check_is_right() -> None:
    for typed in ("10009", "1000009"):
        assert luhn_ok(typed)
        with pytest.raises(BadAgentNumber):
            read_agent_number(typed)


def test_shops(village: Village) -> None:
    assert village.do(lambda unit: agent_by_number(unit, "100024")) == OTHER_SHOP
    assert village.do(lambda unit: agent_of(unit, NJERI.id)) == SHOP
    assert village.do(lambda unit: agent_of(unit, AMINA.id)) is None
    village.change(SHOP, state="closed")
    for number in ("100016", "100032"):
        with village.refuses(UnknownAgent):
            village.do(lambda unit, number=number: agent_by_number(unit, number))  # type: ignore[misc]


def added(village: Village, phone: str) -> Agent:
    return village.do(lambda unit: add_agent(unit, phone=phone, name="Duka", place="Mombasa"))


def test_a_shop_gets_the_next_number_and_accounts(village: Village) -> None:
    shop = added(village, AMINA.phone)
    assert shop == Agent(number="100032", person=AMINA.id, name="Duka", place="Mombasa")
    assert village.rows(Agent) == [SHOP, OTHER_SHOP, shop]
    opened = dict(village.do(lambda unit: list(unit.books.balances())))
    assert opened[Account("ke", Kind.FLOAT, "100032")] == opened[Account("ke", Kind.COMMISSION, "100032")] == 0
    with village.refuses(AlreadyAgent):
        added(village, AMINA.phone)
    with village.refuses(UnknownPerson):
        added(village, "+254799999999")


def test_the_first_shop_of_all_begins_the_numbers(village: Village) -> None:
    empty = Village.__new__(Village)
    empty.store, empty.house, empty.now = type(village.store)(), village.house, village.now
    empty.do(lambda unit: unit.rows.add(AMINA))
    assert added(empty, AMINA.phone).number == "100016"


def test_commission_is_that_of_the_day_s_sum(village: Village) -> None:
    village.audited = False

    def earned(amount: int) -> tuple[int, str]:
        return village.do(
            lambda unit: commission_for(
                unit, service="withdraw", agent=SHOP, person_id=AMINA.id, amount=amount, pack=PACK
            )
        )

    key = "pair:withdraw:100016:901:2026-11-22"
    village.give(AMINA, 1_00)
    assert earned(100_00) == (5_00, key)
    assert earned(100_01) == (8_00, key)

    def counted(unit: Unit) -> None:
        moves = (Move(wallet(AMINA), FEES, 1, Reason.FEE),)
        unit.books.post(Entry(id=unit.mint(), reason=Reason.SEND, at=unit.now, moves=moves, caps=(Cap(key, 100_00),)))

    village.do(counted)
    assert earned(1) == (3_00, key)
    assert earned(400_00) == (3_00, key)
    falling = replace(
        PACK,
        commissions=tuple(
            replace(one, bands=tuple(band._replace(pays=9 - place) for place, band in enumerate(one.bands)))
            for one in PACK.commissions
        ),
    )
    less = village.do(
        lambda unit: commission_for(
            unit, service="withdraw", agent=SHOP, person_id=AMINA.id, amount=100_00, pack=falling
        )
    )
    assert less == (0, key)


def test_limits_are_the_tier_s_less_what_was_sent_today(village: Village) -> None:
    village.audited = False
    village.give(AMINA, 1_00)
    village.tier(single=50, day=100, balance=1000)

    def limits() -> Limits:
        return village.do(lambda unit: limits_of(unit, AMINA))

    def sent(amount: int) -> None:
        def work(unit: Unit) -> None:
            moves = (Move(wallet(AMINA), wallet(BARAKA), 1, Reason.SEND),)
            caps = (Cap(sent_today(AMINA, unit.now, PACK), amount),)
            unit.books.post(Entry(id=unit.mint(), reason=Reason.SEND, at=unit.now, moves=moves, caps=caps))

        village.do(work)

    assert limits() == Limits(50, 100, 100, 1000)
    sent(99)
    assert limits() == Limits(50, 100, 1, 1000)
    sent(30)
    assert limits() == Limits(50, 100, 0, 1000)
    assert village.do(lambda unit: caps_out(unit, AMINA, 7)) == (Cap("out:901:2026-11-22", 7, 100),)
    refuse_over(Limits(50, 100, 60, 1000), 50)
    refuse_over(Limits(50, 100, 50, 1000), 50)
    with village.refuses(OverSingle, single=50):
        refuse_over(Limits(50, 100, 60, 1000), 51)
    with village.refuses(OverCap, left=49):
        refuse_over(Limits(50, 100, 49, 1000), 50)


def test_a_month_s_limit_bounds_what_is_left_of_the_day(village: Village) -> None:
    """Counted for everybody where one tier is bound by it, so that nobody gains by a change of tier (T-06)."""
    village.audited = False
    village.tier(single=50, day=100, month=250)
    caps = (Cap("out:901:2026-11-22", 7, 100), Cap("out:901:2026-11", 7, 250))
    assert village.do(lambda unit: caps_out(unit, AMINA, 7)) == caps
    assert village.do(lambda unit: caps_out(unit, BARAKA, 7)) == (
        Cap("out:902:2026-11-22", 7, 70_000_00),
        Cap("out:902:2026-11", 7),
    )
    back = (Cap("out:901:2026-10-31", -7), Cap("out:901:2026-10", -7))
    counted_at = datetime(2026, 10, 31, 20, 59, 59, tzinfo=UTC)  # a second before midnight in Nairobi
    assert village.do(lambda unit: given_back(unit, AMINA, 7, counted_at=counted_at)) == back
    assert sent_this_month(AMINA, counted_at + timedelta(seconds=1), PACK) == "out:901:2026-11"
    village.give(AMINA, 1_00)

    def work(unit: Unit) -> None:
        moves = (Move(wallet(AMINA), wallet(BARAKA), 1, Reason.SEND),)
        counted = (Cap("out:901:2026-11", 180),)
        unit.books.post(Entry(id=unit.mint(), reason=Reason.SEND, at=unit.now, moves=moves, caps=counted))

    village.do(work)
    limits = village.do(lambda unit: limits_of(unit, AMINA))
    assert limits == Limits(50, 100, 70, 500_000_00, 250, 70)
    with village.refuses(OverMonth, left=49):
        refuse_over(limits._replace(left=49, month_left=49), 50)
    with village.refuses(OverCap, left=49):
        refuse_over(limits._replace(left=49), 50)


def test_a_ceiling_counts_what_is_held_for_its_owner(village: Village) -> None:
    village.audited = False
    village.tier(balance=100)

    def most() -> Ceiling:
        return village.do(lambda unit: ceiling_of(unit, AMINA))

    def hold(number: int, state: str = "waiting", person: int = AMINA.id) -> None:
        row = Withdrawal(
            id=number, person=person, agent="1", amount=40, fee=4, excise=1, expires_at=village.now, state=state
        )
        village.do(lambda unit: unit.rows.add(row))

    assert most() == Ceiling(wallet(AMINA), 100)
    hold(1, state="returned")
    hold(2, person=BARAKA.id)
    assert most() == Ceiling(wallet(AMINA), 100)
    hold(3)
    assert most() == Ceiling(wallet(AMINA), 55)
    hold(4)
    hold(5)
    assert most() == Ceiling(wallet(AMINA), 0)


@pytest.mark.parametrize("typed", ["1234", "1" * 21, "12é45", "12.45", "", "12 4", "１２３４５"])
def test_an_identity_number_is_letters_and_digits(typed: str) -> None:
    assert read_id_number(" ab-12 3") == "AB123"
    assert read_id_number("1" * 20) == "1" * 20
    with pytest.raises(BadIdNumber):
        read_id_number(typed)


def test_who_can_be_paid(village: Village) -> None:
    assert village.do(lambda unit: person_by_phone(unit, BARAKA.phone)) == BARAKA
    assert village.do(lambda unit: person_by_phone(unit, "+254799999999")) is None
    blocked = village.change(BARAKA, state="blocked")
    assert village.do(lambda unit: payable(unit, BARAKA.phone, "ke")) == blocked
    assert village.do(lambda unit: payable(unit, UGANDAN.phone, "ug")) == UGANDAN
    village.change(BARAKA, state="closed")
    for phone in (BARAKA.phone, UGANDAN.phone, "+254799999999"):
        with village.refuses(UnknownPerson):
            village.do(lambda unit, phone=phone: payable(unit, phone, "ke"))  # type: ignore[misc]


def test_a_wallet_is_opened_once(village: Village) -> None:
    phone = "+254799000009"
    begun = village.do(lambda unit: begin_registration(unit, phone, "4071"))
    assert is_pin(village.house, begun["person_id"], "4071", begun["pending"])
    with pytest.raises(WeakPin):
        village.do(lambda unit: begin_registration(unit, phone, "9900"))

    def opened(number: int) -> Person:
        return village.do(
            lambda unit: register(
                unit,
                person_id=number,
                phone=phone,
                name="Zawadi Juma",
                id_number="998877",
                language="fr",
                pin=begun["pending"],
                pack=PACK,
            )
        )

    person = opened(begun["person_id"])
    assert person == Person(
        id=begun["person_id"],
        country="ke",
        phone=phone,
        name="Zawadi Juma",
        id_number="998877",
        language="fr",
        tier=1,
        pin=begun["pending"],
        registered_at=village.now,
    )
    assert village.do(lambda unit: person_by_phone(unit, phone)) == person
    assert dict(village.do(lambda unit: list(unit.books.balances())))[wallet(person)] == 0
    assert village.said() == [(phone, "welcome", {"person": "Zawadi Juma", "service_code": "*384*96#"}, None, None)]
    with village.refuses(AlreadyRegistered):
        opened(begun["person_id"] + 1)


def test_who_joins_others_on_a_number_is_found_by_their_seat(village: Village) -> None:
    second = village.do(
        lambda unit: register(
            unit,
            person_id=990,
            phone=AMINA.phone,
            name="Zawadi Juma",
            id_number="998877",
            language="fr",
            pin="no PIN fits",
            pack=PACK,
            seat=1,
        )
    )
    assert (second.seat, second.shared, second.address) == (1, True, at_seat(AMINA.phone, 1))
    assert village.do(lambda unit: people_at(unit, AMINA.phone)) == [AMINA, second]
    assert village.do(lambda unit: people_at(unit, at_seat(AMINA.phone, 0))) == [AMINA]
    assert village.do(lambda unit: person_by_phone(unit, second.address)) == second
    with village.refuses(WhichOne):
        village.do(lambda unit: person_by_phone(unit, AMINA.phone))


def test_blocking_keeps_wrong_pins_and_freeing_forgets_them(village: Village) -> None:
    tried = village.change(BARAKA, pin_tries=2)
    village.do(lambda unit: set_state(unit, AMINA, "blocked"))
    village.do(lambda unit: set_state(unit, BARAKA, "blocked"))
    people = {one.id: one for one in village.rows(Person)}
    assert people[AMINA.id] == replace(AMINA, state="blocked")
    assert people[BARAKA.id] == replace(tried, state="blocked")
    village.do(lambda unit: set_state(unit, BARAKA, "active"))
    assert next(one for one in village.rows(Person) if one.id == BARAKA.id) == BARAKA
    swapped = village.change(AMINA, swapped_at=village.now)
    village.do(lambda unit: set_state(unit, AMINA, "active"))
    assert next(one for one in village.rows(Person) if one.id == AMINA.id) == replace(swapped, swap_cleared=True)


def test_a_provider_is_known_by_its_name_and_airtime_by_what_it_is(village: Village) -> None:
    assert village.do(lambda unit: provider_name(unit, "ke", "airtime")) == "Airtime"
    biller = PACK.billers[0]
    assert village.do(lambda unit: provider_name(unit, "ke", biller.code)) == biller.name


def test_counting_says_what_was_before_and_keeps_the_time(village: Village) -> None:
    assert village.do(lambda unit: count(unit, "k", 0)) == 0
    assert village.rows(Tally) == [Tally(key="k", count=0, at=village.now)]
    village.later(hours=1)
    assert [village.do(lambda unit: count(unit, "k", 2)) for _ in range(2)] == [0, 2]
    assert village.rows(Tally) == [Tally(key="k", count=4, at=village.now)]


def test_a_receipt_is_of_the_entry_and_the_account(village: Village) -> None:
    village.give(AMINA, 5_00)
    entry = village.post((wallet(AMINA), wallet(BARAKA), 2_00, Reason.SEND))
    at, recorded = village.now, village.entry(entry)
    assert isinstance(recorded, Recorded)
    village.later(hours=1)
    assert village.do(lambda unit: already(unit, entry, wallet(AMINA))) == Receipt(entry, ref(entry), at, 3_00, True)
    assert village.do(lambda unit: already(unit, entry + 99, wallet(AMINA))) is None

    def again(unit: Unit) -> Receipt:
        from service.ledger.entry import Entry

        posted = unit.books.post(Entry(id=entry, reason=recorded.reason, at=at, moves=recorded.moves))
        return receipt_for(unit, posted, wallet(BARAKA))

    assert village.do(again) == Receipt(entry, ref(entry), at, 2_00, True)


def test_what_is_said_ahead_is_what_is_asked() -> None:
    """Across a wire a question that was announced in other words is asked twice, so the words are compared."""
    assert Asked.get(Person, 5) == Asked(Person, (5,), (), 1, False, False)
    assert Asked.lock(Person, 5) == Asked(Person, (5,), (), 1, False, True)
    assert Asked.find(Person, id=[1, 2], phone="x") == Asked(
        Person, (), (("id", (1, 2)), ("phone", "x")), 100, False, False
    )
    assert Asked.find(Person, newest=True, limit=3) == Asked(Person, (), (), 3, True, False)
    assert behind("x") == behind("x/1") == Asked.find(Person, phone="x", limit=4)
    assert waiting_of(7) == (
        Asked.find(Withdrawal, person=7, state="waiting"),
        Asked.find(Pending, payer=7, state="waiting"),
        Asked.find(Order, person=7, state="waiting"),
        Asked.find(Meter, person=7, state="open"),
        Asked.find(Case, other=7, state="asked"),
        Asked.find(Pot, person=7, state="open"),
    )
    assert float_(SHOP) == float_of(SHOP, "ke")
