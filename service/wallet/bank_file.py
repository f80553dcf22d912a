"""A bank statement as a CSV table: how it is read, and what it has to add up to.

The columns are `date` (2026-11-22), `amount` (what went out has a minus), `balance` (what was left), `reference`, and
if there are any `id` (the bank's own, for the line) and `text`; in any order, with commas or semicolons between them,
oldest or newest line first. Each line's balance follows from the one before, or the file is refused: a line is missing.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from service.money import Currency

MOST_LINES = 5_000
MOST_OCTETS = 4_000_000
LONGEST = 500
FIRST_YEAR, LAST_YEAR = 2000, 2199
"""A day outside of these is a slip, and no day can be reckoned on to from the last one that a calendar has."""
NEEDED = {"date", "amount", "balance", "reference"}
COLUMNS = NEEDED | {"id", "text"}

_AMOUNT = re.compile(r"(-?)((?:[0-9]{1,13}|[0-9]{1,3}(?:,[0-9]{3}){1,4}))(?:\.([0-9]{1,5}))?")


class BadStatement(ValueError):
    """The file is no statement that can be relied on; says why."""


class FileLine(NamedTuple):
    """A line as the bank wrote it; `bank_id` is empty where the bank gives none."""

    booked_on: str
    amount: int
    bank_id: str
    reference: str
    text: str


class BankFile(NamedTuple):
    """A statement, in minor units; `balances` is what the bank held at the end of each day that has lines."""

    first_day: str
    last_day: str
    opening: int
    closing: int
    balances: Mapping[str, int]
    lines: Sequence[FileLine]


def read_csv(data: bytes, currency: Currency) -> BankFile:
    """Read a statement in CSV, UTF-8; raises BadStatement."""
    rows = _rows(_text(data))
    read = [(_line(row, number, currency), _money(row["balance"], number, currency)) for number, row in rows]
    if not _follows(read):
        read.reverse()
    if not _follows(read):
        raise BadStatement("the balances do not follow from line to line: a line is missing, or was changed")
    lines = [line for line, _ in read]
    opening = read[0][1] - lines[0].amount
    return statement(lines, opening=opening, closing=read[-1][1])


def statement(
    lines: Sequence[FileLine], *, opening: int, closing: int, first_day: str = "", last_day: str = ""
) -> BankFile:
    """Return a statement whose lines are in the order of their days; raises BadStatement if it does not add up."""
    if opening + sum(line.amount for line in lines) != closing:
        raise BadStatement("its lines do not lead from the opening balance to the closing one")
    days = [line.booked_on for line in lines]
    if days != sorted(days):
        raise BadStatement("its lines are not in the order of their days")
    if last_day and days and days[-1] > last_day:
        raise BadStatement("it has a line behind the day of its closing balance")
    left, balances = opening, dict[str, int]()
    for line in lines:
        left += line.amount
        balances[line.booked_on] = left
    first, last = first_day or days[0], last_day or days[-1]
    return BankFile(first, last, opening, closing, {**balances, last: closing}, lines)


def plain(text: str) -> str:
    """Return what a bank or a payer wrote in one line."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:LONGEST]


def read_day(text: str) -> str:
    """Return a date as it is kept; raises BadStatement."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
            raise ValueError
        if not FIRST_YEAR <= date.fromisoformat(text).year <= LAST_YEAR:
            raise ValueError
        return text
    except ValueError:
        raise BadStatement(f"{plain(text)[:20]!r} is no date: 2026-11-22") from None


def read_money(text: str, currency: Currency) -> int | None:
    """Return minor units, or None if it is no amount of this currency."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    sign, whole, cents = found[1], found[2].replace(",", ""), found[3] or ""
    if cents[currency.exponent :].strip("0"):
        return None
    minor = int(whole + cents[: currency.exponent].ljust(currency.exponent, "0"))
    return -minor if sign else minor


def _text(data: bytes) -> str:
    if len(data) > MOST_OCTETS:
        raise BadStatement(f"it has more than {MOST_OCTETS:,} bytes")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise BadStatement("it is not UTF-8") from None


def _rows(text: str) -> Sequence[tuple[int, Mapping[str, str]]]:
    head = text.split("\n", 1)[0]
    try:
        table = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in head else ",", strict=True))
    except csv.Error as error:
        raise BadStatement(f"it is no table: {error}") from None
    names = [name.strip().casefold() for name in table[0]] if table else []
    if missing := NEEDED - set(names):
        raise BadStatement(f"it has no column {' and no column '.join(sorted(missing))} in its first line")
    if odd := sorted(name for name in names if name not in COLUMNS or names.count(name) > 1):
        raise BadStatement(f"it has a column {plain(odd[0])!r} that is not known, or there twice")
    rows = []
    for number, cells in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise BadStatement(f"line {number} has {len(cells)} columns, not {len(names)}")
        rows.append((number, dict(zip(names, (cell.strip() for cell in cells), strict=True))))
    if not 0 < len(rows) <= MOST_LINES:
        raise BadStatement(f"it has {len(rows)} lines, not 1 to {MOST_LINES:,}")
    return rows


def _line(row: Mapping[str, str], number: int, currency: Currency) -> FileLine:
    amount = _money(row["amount"], number, currency)
    if amount == 0:
        raise BadStatement(f"line {number} moves nothing")
    bank_id, reference, text = (plain(row.get(name, "")) for name in ("id", "reference", "text"))
    return FileLine(read_day(row["date"]), amount, bank_id, reference, text)


def _money(text: str, number: int, currency: Currency) -> int:
    found = read_money(text, currency)
    if found is None:
        raise BadStatement(f"line {number}: {plain(text)[:30]!r} is no amount in {currency.code}")
    return found


def _follows(read: Sequence[tuple[FileLine, int]]) -> bool:
    return all(left + line.amount == after for (_, left), (line, after) in pairwise(read))
