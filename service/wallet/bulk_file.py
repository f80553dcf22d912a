"""A file of wages or grants: how it is read, and what is wrong with it, before anything moves.

The columns are `phone`, `amount`, `name` and `secret`, in any order, with commas or semicolons between them. Where a
name is given, the wallet must be of that name; a secret of four digits makes a voucher for whoever has no wallet.
"""

import csv
import io
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from service.countries import Charge, NotOffered, Pack
from service.money import BadAmount, read_amount, show_amount_full
from service.phone import BadPhone, read_phone
from service.wallet.name import masked
from service.wallet.people import people_at
from service.wallet.pin import BadPin, read_pin
from service.wallet.unit import Person, Unit

MOST_LINES = 20_000
NEEDED = {"phone", "amount"}
COLUMNS = NEEDED | {"name", "secret"}


class BadFile(ValueError):
    """The file is no list of payments; says why."""


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
    """What is wrong with a line, in words for the operator's staff."""

    number: int
    why: str


def read_rows(text: str) -> Sequence[Row]:
    """Return the lines of a file; raises BadFile."""
    text = text.removeprefix("\ufeff")
    head = text.split("\n", 1)[0]
    try:
        table = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in head else ",", strict=True))
    except csv.Error as error:
        raise BadFile(f"no table: {error}") from None
    names = [name.strip().casefold() for name in table[0]] if table else []
    if missing := NEEDED - set(names):
        raise BadFile(f"no column {' and no column '.join(sorted(missing))} in its first line")
    if odd := sorted(name for name in names if name not in COLUMNS or names.count(name) > 1):
        raise BadFile(f"a column {odd[0]!r} that is not known, or there twice")
    rows = []
    for number, cells in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise BadFile(f"{len(cells)} columns in line {number}, not {len(names)}")
        said = dict(zip(names, (cell.strip() for cell in cells), strict=True))
        rows.append(Row(number, said["phone"], said["amount"], said.get("name", ""), said.get("secret", "")))
    if not 0 < len(rows) <= MOST_LINES:
        raise BadFile(f"{len(rows)} payments, not 1 to {MOST_LINES:,}")
    return rows


def judge(unit: Unit, rows: Sequence[Row], pack: Pack) -> tuple[Sequence[Line], Sequence[Fault]]:
    """Return the lines that can be paid, and what is wrong with the others."""
    lines, faults = list[Line](), list[Fault]()
    seen: dict[str, int] = {}
    for row in rows:
        judged = _judge(unit, row, pack, seen)
        if isinstance(judged, Line):
            lines.append(judged)
        else:
            faults.append(Fault(row.number, judged))
    return lines, faults


def _judge(unit: Unit, row: Row, pack: Pack, seen: dict[str, int]) -> Line | str:
    try:
        phone, amount = read_phone(row.phone, pack.region), read_amount(row.amount, pack.currency)
    except BadPhone:
        return "not a mobile number here"
    except BadAmount:
        return "not an amount"
    if phone in seen:
        return f"the same number as in line {seen[phone]}"
    seen[phone] = row.number
    people = people_at(unit, phone)
    called = [person for person in people if not row.name or _is_called(person.name, row.name)]
    if people and not called:
        return f"the wallet is {masked(people[0].name)}'s"
    if len(called) > 1:
        return "several people share the number: the name says whom"
    person = called[0] if called else None
    if person is not None and person.country != pack.country:
        return "a wallet of another country"
    if person is None and not row.secret:
        return "no wallet, and no secret for a voucher"
    service = "bulk" if person else "withdraw"
    try:
        if person is None:
            read_pin(row.secret)
        charge = pack.charge(service, amount, unit.now)
    except BadPin:
        return "a secret has four digits"
    except NotOffered:
        least, most = (show_amount_full(edge, pack.currency) for edge in pack.reach(service, unit.now))
        return f"offered from {least} to {most}"
    return Line(row.number, person, phone, "" if person else row.secret, amount, charge)


def _is_called(name: str, said: str) -> bool:
    """Say whether two spellings of a name share a word: order, accents and middle names differ between lists."""
    return bool(_words(name) & _words(said))


def _words(name: str) -> set[str]:
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return {word for word in bare.casefold().replace("-", " ").split() if len(word) > 1}
