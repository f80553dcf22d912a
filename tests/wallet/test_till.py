"""Tills: who may open how many, what they are called, and when one can be closed."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from service.ledger.chart import Reason
from service.ledger.entry import Account
from service.reference import luhn_ok
from service.wallet.merchant import Merchant
from service.wallet.pin import PinLocked
from service.wallet.till import (
    FIRST,
    BadTillName,
    BadTillNumber,
    StillTakings,
    TooManyTills,
    UnknownTill,
    close_till,
    new_till,
    own_till,
    read_till_name,
    read_till_number,
    refuse_more_tills,
    tills_of,
)
from service.wallet.unit import Asked, Person, Unit
from tests.wallet.village import AMINA, BARAKA, PACK, Overheard, Village, wallet


def opened(village: Village, who: Person = BARAKA, name: str = "Mama Mboga") -> Merchant:
    return village.do(lambda unit: new_till(unit, person_id=who.id, name=name))


def test_a_till_has_a_number_with_a_check_digit_and_its_owner_is_told(village: Village) -> None:
    till = opened(village)
    assert (till.serial, till.person, till.name, till.state) == (FIRST, BARAKA.id, "Mama Mboga", "open")
    assert till.number.startswith(str(FIRST))
    assert luhn_ok(till.number)
    said = {"till": till.number, "till_name": "Mama Mboga", "service_code": PACK.people_code}
    assert village.said() == [(BARAKA.phone, "till_opened", said, None, None)]
    assert village.do(lambda unit: tills_of(unit, BARAKA)) == [till]


def test_a_tier_bounds_how_many_and_the_next_serial_is_free(village: Village) -> None:
    """Baraka is in the first tier and has one, Amina in the second; a serial that is taken is passed."""
    assert (PACK.tiers[1].tills, PACK.tiers[2].tills) == (1, 5)
    first = opened(village)
    with village.refuses(TooManyTills, tills=1):
        opened(village)
    village.do(lambda unit: unit.rows.add(Merchant(
        number="7", serial=FIRST + 1, person=AMINA.id, name="x", opened_at=village.now, state="closed"
    )))  # fmt: skip
    numbers = [opened(village, AMINA).serial for _ in range(5)]
    assert [first.serial, *numbers] == [FIRST, *range(FIRST + 2, FIRST + 7)]
    with village.refuses(TooManyTills, tills=5):
        village.do(lambda unit: refuse_more_tills(unit, AMINA))


def test_a_till_is_opened_under_the_newest_number_and_that_moment(village: Village) -> None:
    """However many there are: it is not tried from the first one on."""
    first = opened(village, AMINA)
    second = opened(village, AMINA)
    village.later(hours=1)
    third = opened(village, AMINA)
    assert [first.serial, second.serial, third.serial] == [FIRST, FIRST + 1, FIRST + 2]
    assert (first.opened_at, third.opened_at) == (village.now - timedelta(hours=1), village.now)
    village.change(second, serial=90_000)
    assert opened(village, AMINA).serial == 90_001


def test_a_number_that_others_take_meanwhile_is_passed(village: Village) -> None:
    taken = iter([False, False])

    def open_between(unit: Unit) -> Merchant:
        between = Overheard(unit)
        between.add = lambda row: next(taken, None) is None and unit.rows.add(row)  # type: ignore[attr-defined]
        return new_till(between.unit, person_id=BARAKA.id, name="Mama Mboga")

    assert village.do(open_between).serial == FIRST + 2


def test_a_till_is_locked_before_it_is_closed_and_by_nobody_who_looks(village: Village) -> None:
    till = opened(village)
    locked = Asked.lock(Merchant, till.number)

    def asked(work: Callable[[Unit], object]) -> list[object]:
        def overheard(unit: Unit) -> list[object]:
            heard = Overheard(unit)
            work(heard.unit)
            return heard.asked

        return village.do(overheard)

    assert locked not in asked(lambda unit: own_till(unit, BARAKA, till.number))
    assert locked in asked(lambda unit: close_till(unit, BARAKA, till.number))


def test_who_is_locked_opens_none(village: Village) -> None:
    village.change(BARAKA, pin_tries=3)
    with village.refuses(PinLocked, help_line=PACK.help_line, service_code=PACK.people_code):
        opened(village)


@pytest.mark.parametrize("typed", ["500017", " 500 017 ", "5000005"])
def test_a_number_is_read_as_it_is_typed(typed: str) -> None:
    assert read_till_number(typed) == typed.replace(" ", "")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "500018",
        "500071",
        "50001",
        "5000170000",
        "50000009",
        "000000",
        "50001x",
        "\u0665\u0660\u0660\u0660\u0661\u0667",
        "1",
    ],
)
def test_a_slip_in_a_number_is_seen(typed: str) -> None:
    with pytest.raises(BadTillNumber):
        read_till_number(typed)


@pytest.mark.parametrize("typed", ["Mama Mboga", "M&M's Bar No.7", "Duka la Zoë", "ሱቅ ሀሀሀ", "A" * 16, "Abc", "a-b c"])
def test_a_name_may_be_so(typed: str) -> None:
    assert read_till_name(f"  {typed} ") == typed


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1",
        "00",
        "ab",
        "12 34",
        "A" * 17,
        "%s{0}{{7*7}}",
        "SENTI help",
        "s\u0117nti",
        "a\nb;c",
        "abc\U0001f600",
        "ሀ" * 17,
        "abc`d",
        "abc\x7f",
    ],
)
def test_I_07_a_name_is_plain_and_not_ours(typed: str) -> None:
    """A till is not called by placeholders, or as if it were Senti."""
    with pytest.raises(BadTillName):
        read_till_name(typed)


def test_only_an_own_till_without_takings_is_closed(village: Village) -> None:
    till = opened(village)
    with village.refuses(UnknownTill):
        village.do(lambda unit: close_till(unit, AMINA, till.number))
    village.give(AMINA, 5)
    village.post((wallet(AMINA), Account.read(f"ke:takings:{till.number}"), 5, Reason.PAY))
    with village.refuses(StillTakings, takings=5):
        village.do(lambda unit: close_till(unit, BARAKA, till.number))


def test_a_closed_till_is_nobodys_and_makes_room(village: Village) -> None:
    till = opened(village)
    assert village.do(lambda unit: close_till(unit, BARAKA, till.number)).number == till.number
    with village.refuses(UnknownTill):
        village.do(lambda unit: close_till(unit, BARAKA, till.number))
    assert opened(village).number != till.number
