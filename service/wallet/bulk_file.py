"""A file of wages or grants: how it is read, and what is wrong with it, before anything moves.

The columns are `phone`, `amount`, `name` and `secret`, in any order, with commas or semicolons between them. Where a
name is given, the wallet must be of that name; a secret of four digits makes a voucher for whoever has no wallet.
"""

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from service.countries import Charge, NotOffered, Pack
from service.money import BadAmount, read_amount, show_amount_full
from service.phone import BadPhone, read_phone
from service.wallet.name import masked
from service.wallet.people import SEATS
from service.wallet.pin import BadPin, read_pin
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Person, Unit

MOST_LINES = 20_000
NEEDED = {"phone", "amount"}
TOGETHER = 500
"""Lines whose owners are looked up by one question."""

COLUMNS = NEEDED | {"name", "secret"}


class BadFile(StaffRefusal):
    """The file is no list of payments."""

    says = ("which",)


class NoTable(BadFile):
    """It is no CSV."""


class NoColumn(BadFile):
    """Its first line names no such column."""


class OddColumn(BadFile):
    """Its first line names a column that is not known, or one twice."""


class OddLine(BadFile):
    """A line has more or fewer columns than the first."""


class OddLength(BadFile):
    """It has no line, or too many."""


class Row(NamedTuple):
    """A line as it stands in the file, with its number there."""

    number: int
    phone: str
    amount: str
    name: str
    secret: str


class Line(NamedTuple):
    """A line that can be paid, in minor units; `person` is None where a voucher is sent."""

    number: int
    person: Person | None
    phone: str
    secret: str
    amount: int
    charge: Charge


class Fault(NamedTuple):
    """What is wrong with a line: a word of FAULTS, and the values that it speaks of."""

    number: int
    why: str
    said: Mapping[str, object] = {}


FAULTS = (
    "bad_phone", "bad_amount", "same_number", "other_name", "shared_number", "other_country", "no_wallet", "bad_secret",
    "not_offered",
)  # fmt: skip
"""What can be wrong with a line; the words stand in service/console/text."""


def read_rows(text: str) -> Sequence[Row]:
    """Return the lines of a file; raises BadFile."""
    text = text.removeprefix("\ufeff")
    head = text.split("\n", 1)[0]
    try:
        table = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in head else ",", strict=True))
    except csv.Error as error:
        raise NoTable(which=error) from None
    names = [name.strip().casefold() for name in table[0]] if table else []
    if missing := NEEDED - set(names):
        raise NoColumn(which=", ".join(sorted(missing)))
    if odd := sorted(name for name in names if name not in COLUMNS or names.count(name) > 1):
        raise OddColumn(which=repr(odd[0]))
    rows = []
    for number, cells in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise OddLine(which=number)
        said = dict(zip(names, (cell.strip() for cell in cells), strict=True))
        rows.append(Row(number, said["phone"], said["amount"], said.get("name", ""), said.get("secret", "")))
    if not 0 < len(rows) <= MOST_LINES:
        raise OddLength(which=f"{MOST_LINES:,}")
    return rows


def judge(unit: Unit, rows: Sequence[Row], pack: Pack) -> tuple[Sequence[Line], Sequence[Fault]]:
    """Return the lines that can be paid, and what is wrong with the others."""
    lines, faults = list[Line](), list[Fault]()
    seen: dict[str, int] = {}
    for first in range(0, len(rows), TOGETHER):
        some = rows[first : first + TOGETHER]
        phones = [_phone(row, pack) for row in some]
        there = _owners(unit, [phone for phone in phones if phone])
        for row, phone in zip(some, phones, strict=True):
            judged = _judge(unit, row, phone, pack, seen, there)
            (lines if isinstance(judged, Line) else faults).append(judged)  # type: ignore[arg-type]
    return lines, faults


def _phone(row: Row, pack: Pack) -> str:
    try:
        return read_phone(row.phone, pack.region)
    except BadPhone:
        return ""


def _owners(unit: Unit, phones: Sequence[str]) -> Mapping[str, Sequence[Person]]:
    """Return who is behind each of these numbers, by seat: one question for all of them."""
    found: dict[str, list[Person]] = {}
    for person in unit.rows.find(Person, phone=sorted(set(phones)), limit=SEATS * TOGETHER):
        found.setdefault(person.phone, []).append(person)
    return {phone: sorted(people, key=lambda one: one.seat) for phone, people in found.items()}


def _judge(
    unit: Unit, row: Row, phone: str, pack: Pack, seen: dict[str, int], there: Mapping[str, Sequence[Person]]
) -> Line | Fault:
    if not phone:
        return Fault(row.number, "bad_phone")
    try:
        amount = read_amount(row.amount, pack.currency)
    except BadAmount:
        return Fault(row.number, "bad_amount")
    if phone in seen:
        return Fault(row.number, "same_number", {"line": seen[phone]})
    seen[phone] = row.number
    people = there.get(phone, ())
    called = [person for person in people if not row.name or _is_called(person.name, row.name)]
    if people and not called:
        return Fault(row.number, "other_name", {"name": masked(people[0].name)})
    if len(called) > 1:
        return Fault(row.number, "shared_number")
    person = called[0] if called else None
    if person is not None and person.country != pack.country:
        return Fault(row.number, "other_country")
    if person is None and not row.secret:
        return Fault(row.number, "no_wallet")
    service = "bulk" if person else "withdraw"
    try:
        if person is None:
            read_pin(row.secret)
        charge = pack.charge(service, amount, unit.now)
    except BadPin:
        return Fault(row.number, "bad_secret")
    except NotOffered:
        least, most = (show_amount_full(edge, pack.currency) for edge in pack.reach(service, unit.now))
        return Fault(row.number, "not_offered", {"least": least, "most": most})
    return Line(row.number, person, phone, "" if person else row.secret, amount, charge)


def _is_called(name: str, said: str) -> bool:
    """Say whether two spellings of a name share a word: order, accents and middle names differ between lists."""
    return bool(_words(name) & _words(said))


def _words(name: str) -> set[str]:
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return {word for word in bare.casefold().replace("-", " ").split() if len(word) > 1}
