"""Tills: where a person is paid as a merchant. A till has a number, whose last digit finds slips, and a name.

What is paid there goes to `takings`, an account that keeps no locked balance, so that payers never wait for each other;
see docs/decisions/tills.md.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from service.gsm7 import downgrade, septets
from service.reference import luhn_digit, luhn_ok
from service.refusal import Refusal
from service.wallet.account import takings_of
from service.wallet.limits import tier_of
from service.wallet.merchant import Merchant
from service.wallet.notice import tell
from service.wallet.people import UnknownPerson, may_receive
from service.wallet.pin import refuse_locked
from service.wallet.unit import Person, Unit

FIRST = 50_001
"""Serial numbers of tills begin here; agents' begin lower, so that the two are seldom alike."""

SHORTEST, LONGEST = 6, 7
"""Digits of a till number, with its check digit."""

NAME_SHOWN = 16
"""Septets of a till's name at most: it is never shown in part."""

OURS = "senti"


class BadTillNumber(Refusal):
    """The check digit says that the till number is mistyped."""


class UnknownTill(Refusal):
    """There is no open till with this number here."""


class BadTillName(Refusal):
    """What was typed is no name of a till: 3 to 16 letters and digits, three letters at least, and not our own."""


class TooManyTills(Refusal):
    """A person of this tier has no more tills than this."""

    says = ("tills",)


class StillTakings(Refusal):
    """There is money in the till: it is settled first."""

    says = ("takings",)


def read_till_number(typed: str) -> str:
    """Return a till number; raises BadTillNumber."""
    number = typed.replace(" ", "")
    digits = SHORTEST <= len(number) <= LONGEST and number.isascii() and number.isdigit()
    if not (digits and number[0] != "0" and luhn_ok(number)):
        raise BadTillNumber
    return number


def read_till_name(typed: str) -> str:
    """Return the name of a till as it is kept; raises BadTillName."""
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    letters = sum(sign.isalpha() for sign in name)
    odd = [sign for sign in name if not (unicodedata.category(sign)[0] in "LM" or sign in "0123456789 '-.&")]
    if letters < 3 or odd or not (septets(downgrade(name)) or NAME_SHOWN + 1) <= NAME_SHOWN:
        raise BadTillName
    if OURS in downgrade(name).casefold():
        raise BadTillName
    return name


def tills_of(unit: Unit, person: Person) -> Sequence[Merchant]:
    """Return the open tills of a person, oldest first, and closed ones in which a last payment has arrived since."""
    every = unit.rows.find(Merchant, person=person.id)
    return [row for row in every if row.state == "open" or unit.books.balance(takings_of(row, person.country))]


def refuse_more_tills(unit: Unit, person: Person) -> None:
    """Raise PinLocked, or TooManyTills if the person has as many as their tier allows."""
    refuse_locked(unit, person)
    most = tier_of(unit, person).tills
    if len(tills_of(unit, person)) >= most:
        raise TooManyTills(tills=most)


def new_till(unit: Unit, *, person_id: int, name: str) -> Merchant:
    """Open a till for a person who has been unlocked, and tell them its number.

    Raises what refuse_more_tills raises.
    """
    person = unit.rows.lock(Person, person_id)
    assert person is not None, f"no person {person_id}"
    refuse_more_tills(unit, person)
    # Nothing may refuse after this line.
    newest = unit.rows.find(Merchant, newest=True, limit=1)
    serial = newest[0].serial + 1 if newest else FIRST
    while not unit.rows.add(till := _till(unit, person, name, serial)):
        serial += 1  # somebody else has opened one meanwhile
    tell(unit, person, "till_opened", {"till": till.number, "till_name": till.name, **_code(unit, person)})
    return till


def _till(unit: Unit, person: Person, name: str, serial: int) -> Merchant:
    number = f"{serial}{luhn_digit(str(serial))}"
    return Merchant(number=number, serial=serial, person=person.id, name=name, opened_at=unit.now)


def _code(unit: Unit, person: Person) -> dict[str, str]:
    return {"service_code": unit.house.packs[person.country].people_code}


def own_till(unit: Unit, person: Person, number: str, *, lock: bool = False) -> Merchant:
    """Return a till of this person; raises UnknownTill."""
    till = (unit.rows.lock if lock else unit.rows.get)(Merchant, number)
    if till is None or till.person != person.id:
        raise UnknownTill
    return till


def payable_till(unit: Unit, number: str, country: str) -> tuple[Merchant, Person]:
    """Return an open till of a country and its owner, or raise UnknownTill."""
    till = unit.rows.get(Merchant, number)
    if till is None or till.state != "open":
        raise UnknownTill
    try:
        return till, may_receive(unit.rows.get(Person, till.person), country)
    except UnknownPerson:
        raise UnknownTill from None


def close_till(unit: Unit, person: Person, number: str) -> Merchant:
    """Close a till for good; raises UnknownTill, or StillTakings if there is money in it."""
    till = own_till(unit, person, number, lock=True)
    if till.state != "open":
        raise UnknownTill
    if takings := unit.books.balance(takings_of(till, person.country)):
        raise StillTakings(takings=takings)
    # Nothing may refuse after this line.
    unit.rows.put(replace(till, state="closed"))
    return till
