"""Strangers and near misses: how many names a person may see, and how many slips of the finger are caught."""

import random
from collections import Counter
from functools import partial

import pytest

from service.ledger.entry import NotEnough
from service.wallet.known import TooManyLookups, near_miss, nearly
from service.wallet.people import UnknownPerson, turn_listing
from service.wallet.receipt import Receipt
from service.wallet.send import Quote, quote_send, send_money
from service.wallet.undo import settle_due, take_back
from service.wallet.unit import Paid, Person, Tally, Unit
from tests.wallet.village import ACHIENG, AMINA, BARAKA, NJERI, PACK, Village, person, wallet

LIMIT = PACK.lookups_per_day


def strangers(many: int) -> list[str]:
    return [f"+2547110001{number:02}" for number in range(many)]


def quoted(village: Village, phone: str) -> Quote:
    return village.do(lambda unit: quote_send(unit, payer=AMINA, phone=phone, amount=100_00))


def pay(village: Village, quote: Quote) -> Receipt:
    return village.do(lambda unit: send_money(unit, payer=AMINA, quote=quote))


def looked(village: Village, phone: str) -> str:
    """Look a number up as a hop does, which keeps what a refusal has counted."""

    def work(unit: object) -> str:
        try:
            return quote_send(unit, payer=AMINA, phone=phone, amount=100_00).name  # type: ignore[arg-type]
        except (UnknownPerson, TooManyLookups, NotEnough) as no:
            return no.code

    return village.do(work)


def used(village: Village) -> int:
    return next((row.count for row in village.rows(Tally) if row.key == f"looks:{AMINA.id}:2026-11-22"), 0)


def test_V_03_names_of_strangers_are_budgeted_and_nobody_s_absence_is_cheaper(village: Village) -> None:
    """Numbers with nobody behind them, foreign and closed ones count as much as people; known people never count."""
    village.give(AMINA, 2000_00)
    village.do(lambda unit: unit.rows.append(Paid(payer=AMINA.id, payee=ACHIENG.id, times=1, last_at=unit.now)))
    closed = person(910, "Otieno Okoth", "+254711000099")
    village.do(lambda unit: unit.rows.append(closed))
    village.change(closed, state="closed")
    numbers = [BARAKA.phone, closed.phone, "+256711000001", *strangers(LIMIT - 3)]
    answers = [looked(village, number) for number in numbers]
    assert answers == ["BARAKA M", *["unknown_person"] * (LIMIT - 1)]
    assert {looked(village, number) for number in (NJERI.phone, "+254711000098")} == {"too_many_lookups"}
    assert looked(village, BARAKA.phone) == "BARAKA M", "seen today"
    assert looked(village, ACHIENG.phone) == "ACHIENG O", "paid before"
    assert used(village) == LIMIT
    assert all("2547" not in row.key for row in village.rows(Tally)), "no number is written down"
    village.later(days=1)
    assert looked(village, NJERI.phone) == "NJERI K"


def test_V_04_who_is_unlisted_is_found_by_whom_they_know(village: Village) -> None:
    """A stranger reads what they read of a number that nobody has, and it is counted; a known payer finds the name."""
    village.give(AMINA, 2000_00)
    assert village.do(lambda unit: turn_listing(unit, BARAKA))
    assert (looked(village, BARAKA.phone), used(village)) == ("unknown_person", 1)
    asked = village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=100_00, asked=True))
    assert asked.name == "BARAKA M"
    village.do(lambda unit: unit.rows.append(Paid(payer=AMINA.id, payee=BARAKA.id, times=1, last_at=unit.now)))
    assert looked(village, BARAKA.phone) == "BARAKA M"
    assert not village.do(lambda unit: turn_listing(unit, BARAKA))
    assert looked(village, BARAKA.phone) == "BARAKA M"


def test_V_03_paying_and_taking_back_shows_no_more_names_than_looking(village: Village) -> None:
    """However many payments to strangers are made and taken back, no more names are seen than the day's budget."""
    village.pack(undo_seconds=300)
    village.give(AMINA, 2000_00)
    people = [person(910 + place, "Otieno Okoth", number) for place, number in enumerate(strangers(LIMIT + 1))]

    def settle(unit: Unit) -> None:
        for one in people:
            unit.rows.append(one)
            unit.books.open(wallet(one))

    village.do(settle)
    for one in people[:LIMIT]:
        back = pay(village, quoted(village, one.phone)).entry
        village.do(partial(take_back, payer=AMINA, payment=back))
    assert looked(village, people[-1].phone) == "too_many_lookups"
    assert used(village) == LIMIT


def test_V_03_a_look_up_comes_back_once_the_money_has_arrived(village: Village) -> None:
    """Once for a number, however many payments to it arrive, and whether or not they waited."""
    village.pack(undo_seconds=300)
    village.give(AMINA, 2000_00)
    looked(village, ACHIENG.phone)
    first, second = quoted(village, BARAKA.phone), quoted(village, BARAKA.phone)
    for quote in (first, second, second):
        pay(village, quote)
    assert used(village) == 2
    village.later(seconds=300)
    assert village.do(lambda unit: settle_due(unit, limit=2)) == 2
    assert used(village) == 1
    at_once = quoted(village, NJERI.phone)
    assert (at_once.undo, used(village)) == (0, 2)
    pay(village, at_once)
    assert used(village) == 1


def test_one_who_asked_for_money_is_no_stranger(village: Village) -> None:
    village.give(AMINA, 2000_00)
    village.do(lambda unit: quote_send(unit, payer=AMINA, phone=BARAKA.phone, amount=100_00, asked=True))
    assert used(village) == 0


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("+254722000002", "+254722000003", True),
        ("+254722000012", "+254722000021", True),
        ("+254722000002", "+254722000002", False),
        ("+254722000012", "+254722000023", False),
        ("+254722000102", "+254722000201", False),
        ("+254722000002", "+25472200000", False),
    ],
)
def test_one_digit_or_one_swap_is_near(one: str, other: str, near: bool) -> None:
    assert nearly(one, other) == nearly(other, one) == near


def test_F_07_slips_are_caught_and_strangers_are_left_alone(village: Village) -> None:
    """Printed: how many generated slips of each kind are questioned, and how many numbers of strangers are."""
    dice = random.Random(11)

    def number() -> str:
        return "+2547" + "".join(dice.choices("0123456789", k=8))

    people = [person(1000 + place, "Mama Wanjiku", number()) for place in range(20)]

    def settle(unit: object) -> None:
        for one in people:
            unit.rows.append(one)  # type: ignore[attr-defined]
            unit.rows.append(Paid(payer=AMINA.id, payee=one.id, times=3, last_at=village.now))  # type: ignore[attr-defined]

    village.do(settle)

    def slip(digits: str, kind: str) -> str:
        place = dice.randrange(5, len(digits) - 1)
        other = dice.choice([digit for digit in "0123456789" if digit != digits[place]])
        if kind == "one digit":
            return digits[:place] + other + digits[place + 1 :]
        if kind == "two neighbours":
            return digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        return digits[:place] + other + dice.choice("0123456789") + digits[place + 2 :]

    def asked(phone: str) -> bool:
        return village.do(lambda unit: near_miss(unit, AMINA, phone)) is not None

    tries, caught = 600, Counter[str]()
    for kind in ("one digit", "two neighbours", "two digits"):
        typed = [slip(dice.choice(people).phone, kind) for _ in range(tries)]
        new = [phone for phone in typed if phone not in {one.phone for one in people}]
        caught[kind] = round(100 * sum(map(asked, new)) / len(new))
    alarms = sum(asked(number()) for _ in range(5_000))
    print(f"near misses questioned: {dict(caught)} percent; strangers questioned: {alarms} of 5,000")
    assert caught["one digit"] == caught["two neighbours"] == 100
    assert alarms <= 5, "twenty known numbers have some 1,600 near ones among a hundred million"


def test_a_slip_is_looked_for_among_those_whom_one_has_paid_oneself_most_often(village: Village) -> None:
    """Not among those whom others pay, nor behind the twenty; and the known one is found among a thousand wallets."""
    many = [person(1000 + place, "Mama Wanjiku", f"+2547330{place:05}") for place in range(0, 2_000, 20)]
    known, rare = many[-1], many[0]

    def settle(unit: Unit) -> None:
        for one in many:
            unit.rows.append(one)
        for times, one in enumerate([rare, *many[-20:]], 1):
            unit.rows.append(Paid(payer=AMINA.id, payee=one.id, times=times, last_at=unit.now))
        unit.rows.append(Paid(payer=BARAKA.id, payee=NJERI.id, times=99, last_at=unit.now))

    village.do(settle)

    def near(phone: str) -> Person | None:
        return village.do(lambda unit: near_miss(unit, AMINA, phone))

    assert near(known.phone[:-1] + "9") == known
    assert near(rare.phone[:-1] + "9") is None
    assert near(NJERI.phone[:-1] + "9") is None
    assert village.do(lambda unit: near_miss(unit, BARAKA, NJERI.phone[:-1] + "9")) == NJERI


def test_a_day_of_names_ends_at_midnight_of_the_country(village: Village) -> None:
    village.give(AMINA, 2000_00)
    village.later(hours=11, minutes=59)
    looked(village, BARAKA.phone)
    village.later(minutes=1)
    looked(village, BARAKA.phone)
    counted = {row.key.rpartition(":")[2]: row.count for row in village.rows(Tally) if row.key.startswith("look:")}
    assert counted == {"2026-11-22": 1, "2026-11-23": 1}
