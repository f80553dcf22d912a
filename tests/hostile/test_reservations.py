"""Hostile cases of cash before the walk: everybody at one instant, on each engine, for the last cash in a drawer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from service.ledger.chart import Kind
from service.ledger.entry import Account
from service.wallet.agent import agent_by_number
from service.wallet.drawer import Till, declare, known_cash
from service.wallet.promise import Reservation, live
from service.wallet.reserve import expire_reservations, give_up, keep, reserve, turn_away
from service.wallet.swap import propose_swap, quote_swap, refuse_swap, settle_swap
from service.wallet.transfer import Transfer
from service.wallet.unit import Person, Unit
from service.wallet.withdraw import Payout, find_payout, pay_out, quote_withdrawal, withdraw, withdrawal_code
from tests.hostile.crowd import at_once
from tests.hostile.test_approvals import attempt, sound
from tests.hostile.test_limits import newcomer
from tests.phone import PINS, Town

SHOP = "100016"
CROWD = 8


def crowd(town: Town) -> list[Person]:
    """Open wallets with 500 each."""
    numbers = [f"+2547000000{number:02}" for number in range(10, 10 + CROWD)]
    for number in numbers:
        newcomer(town, number, "Juma Bakari")
        town.phone("Njeri").dial("*384*97#").press("1", number, "500", PINS["Njeri"]).end()
    return [town.person(number) for number in numbers]


def declared(town: Town, amount: int) -> None:
    town.app.transact(
        lambda unit: declare(unit, agent=agent_by_number(unit, SHOP), amount=amount, pack=town.app.home.pack)
    )


def promised(town: Town) -> int:
    return town.app.read(lambda unit: sum(row.amount for row in live(unit, [SHOP])))


def known(town: Town) -> int:
    def look(unit: Unit) -> int:
        till = unit.rows.get(Till, SHOP)
        assert till is not None
        return known_cash(unit, till, town.app.home.pack) or 0

    return town.app.read(look)


def asks(town: Town, person: Person, amount: int) -> partial[str]:
    pack = town.app.home.pack
    return partial(attempt, town, lambda unit: reserve(unit, person=person, number=SHOP, amount=amount, pack=pack))


def test_K_01_many_reserve_the_last_cash_at_one_instant(anywhere: Town) -> None:
    """Eight people ask for 200 each of a drawer of 500: two are promised it, and six hear that it is gone."""
    people = crowd(anywhere)
    declared(anywhere, 500_00)
    after = at_once([asks(anywhere, one, 200_00) for one in people])
    assert sorted(after) == ["", "", *["cash_gone"] * 6]
    assert promised(anywhere) == 400_00


def test_K_02_one_person_reserves_once_however_many_hands_ask(anywhere: Town) -> None:
    """The first reservations of somebody who has no row yet, from eight talks at one instant: one is made."""
    declared(anywhere, 5000_00)
    amina = anywhere.person("Amina")
    after = at_once([asks(anywhere, amina, 100_00) for _ in range(CROWD)])
    assert sorted(after) == ["", *["too_many_reserved"] * 7]
    assert promised(anywhere) == 100_00


def payout_of(town: Town, person: Person, amount: int) -> partial[str]:
    """Hold money for a person at the shop, and return the agent's last step of paying it out."""
    pack, keeper = town.app.home.pack, town.person("Njeri")

    def begin(unit: Unit) -> Payout:
        quote = quote_withdrawal(unit, payer=person, agent_number=SHOP, amount=amount)
        withdraw(unit, payer=person, quote=quote, pack=pack)
        code = withdrawal_code(unit.house.code_key, quote.entry)
        found = find_payout(unit, agent=agent_by_number(unit, SHOP), keeper=keeper, code=code)
        assert isinstance(found, Payout)
        return found

    payout = town.app.transact(begin)

    def pay(unit: Unit) -> None:
        pay_out(unit, agent=agent_by_number(unit, SHOP), keeper=keeper, payout=payout, pack=pack)

    return partial(attempt, town, pay)


def test_K_01_paying_out_and_reserving_at_one_instant(anywhere: Town) -> None:
    """A drawer of 500 pays four codes of 100 while four people ask for 200: what was asked before is not agreed to."""
    people, pack = crowd(anywhere), anywhere.app.home.pack
    pays = [payout_of(anywhere, one, 100_00) for one in people[:4]]
    declared(anywhere, 500_00)
    wishes = [asks(anywhere, one, 200_00) for one in people[4:]]
    at_once([job for pair in zip(pays, wishes, strict=True) for job in pair])
    assert known(anywhere) == 100_00
    made = anywhere.app.read(lambda unit: live(unit, [SHOP]))
    assert len(made) <= 2

    def agree(row: Reservation, unit: Unit) -> object:
        return keep(unit, agent=agent_by_number(unit, SHOP), reservation=row.id, pack=pack)

    assert [attempt(anywhere, partial(agree, row)) for row in made] == ["drawer_short"] * len(made)
    sound(anywhere)


def test_K_07_a_yes_a_no_giving_up_and_the_end_of_its_time_at_one_instant(anywhere: Town) -> None:
    """One of them wins, and each side is told what it is told once."""
    declared(anywhere, 5000_00)
    amina, pack = anywhere.person("Amina"), anywhere.app.home.pack
    row = anywhere.app.transact(lambda unit: reserve(unit, person=amina, number=SHOP, amount=100_00, pack=pack))
    anywhere.now = row.expires_at

    def early(unit: Unit) -> Unit:
        return replace(unit, now=unit.now - timedelta(seconds=1))

    def no(unit: Unit) -> object:
        return turn_away(early(unit), agent=agent_by_number(unit, SHOP), reservation=row.id, pack=pack)

    works = [no, lambda unit: give_up(early(unit), person=amina, reservation=row.id), expire_reservations] * 3
    at_once([partial(attempt, anywhere, work) for work in works])
    after = anywhere.app.read(lambda unit: unit.rows.get(Reservation, row.id))
    assert after is not None
    assert after.state in ("declined", "given_up", "over")
    anywhere.work()
    endings = {"declined": "cash_declined", "given_up": "cash_free", "over": "cash_unanswered"}
    told = [
        one.key for who in ("Amina", "Njeri") for one in anywhere.phone(who).notices() if one.key in endings.values()
    ]
    assert told.count(endings[after.state]) == 1
    assert len(told) == (2 if after.state == "over" else 1)


def test_K_01_one_swap_is_settled_once_however_often_it_is_paid_at_one_instant(anywhere: Town) -> None:
    """Six talks at the PIN of one swap, and its refusal: float and both drawers change once, together, or never."""
    keepers = {"100016": anywhere.person("Njeri"), "100024": anywhere.person("Achieng")}
    pack = anywhere.app.home.pack

    def begin(unit: Unit) -> tuple[int, list[Transfer]]:
        payer, giver = agent_by_number(unit, "100016"), agent_by_number(unit, "100024")
        for shop, amount in ((payer, 100_00), (giver, 900_00)):
            declare(unit, agent=shop, amount=amount, pack=pack)
        made = propose_swap(
            unit, agent=giver, keeper=keepers["100024"], number="100016", amount=800_00, gets="float", pack=pack
        )
        quotes = [quote_swap(unit, agent=payer, keeper=keepers["100016"], swap=made.id, pack=pack) for _ in range(6)]
        return made.id, quotes

    swap, quotes = anywhere.app.transact(begin)

    def pay(quote: Transfer, unit: Unit) -> None:
        payer = agent_by_number(unit, "100016")
        settle_swap(unit, agent=payer, keeper=keepers["100016"], swap=swap, quote=quote, pack=pack)

    def refuse(unit: Unit) -> None:
        refuse_swap(unit, agent=agent_by_number(unit, "100016"), swap=swap)

    works: list[Callable[[Unit], object]] = [*(partial(pay, quote) for quote in quotes), refuse]
    after = at_once([partial(attempt, anywhere, work) for work in works])
    assert sorted(after) == ["", *["promise_over"] * 6]
    settled = after[-1] != ""

    def look(unit: Unit) -> list[int]:
        tills = [unit.rows.get(Till, number) for number in keepers]
        cash = [known_cash(unit, till, pack) or 0 for till in tills if till]
        return [*cash, *(unit.books.balance(Account("ke", Kind.FLOAT, number)) for number in keepers)]

    moved = 800_00 * settled
    assert anywhere.app.read(look) == [100_00 + moved, 900_00 - moved, 50_000_00 - moved, 1_200_00 + moved]
    sound(anywhere)
