"""Tills: who may open how many, what they are called, and when one can be closed."""

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
    read_till_name,
    read_till_number,
    refuse_more_tills,
    tills_of,
)
from service.wallet.unit import Person
from tests.wallet.village import AMINA, BARAKA, PACK, Village, wallet


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


def test_who_is_locked_opens_none(village: Village) -> None:
    village.change(BARAKA, pin_tries=3)
    with village.refuses(PinLocked, help_line=PACK.help_line, service_code=PACK.people_code):
        opened(village)


@pytest.mark.parametrize("typed", ["500017", " 500 017 "])
def test_a_number_is_read_as_it_is_typed(typed: str) -> None:
    assert read_till_number(typed) == "500017"


@pytest.mark.parametrize(
    "typed",
    ["", "500018", "500071", "50001", "5000170000", "000000", "50001x", "\u0665\u0660\u0660\u0660\u0661\u0667", "1"],
)
def test_a_slip_in_a_number_is_seen(typed: str) -> None:
    with pytest.raises(BadTillNumber):
        read_till_number(typed)


@pytest.mark.parametrize("typed", ["Mama Mboga", "M&M's Bar No.7", "Duka la Zoë", "ሱቅ ሀሀሀ", "A" * 16])
def test_a_name_may_be_so(typed: str) -> None:
    assert read_till_name(f"  {typed} ") == typed


@pytest.mark.parametrize(
    "typed",
    ["", "1", "00", "ab", "12 34", "A" * 17, "%s{0}{{7*7}}", "SENTI help", "s\u0117nti", "a\nb;c", "abc\U0001f600"],
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
