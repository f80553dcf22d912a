"""Tables for other people's programs: CSV that no spreadsheet takes for formulas."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from service.money import Currency

_FORMULAS = ("=", "+", "-", "@", "\ufffd")
"""What begins a formula, in any width of letters; the last stands for a control sign that was made visible."""


def write_sheet(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return CSV with a first line of names; a text that a spreadsheet would run gets a `'` in front (ASVS 1.2.10)."""
    return "".join(sheet_lines(head, rows))


def sheet_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the same line by line, for what is long."""
    yield _line(head)
    for row in rows:
        yield _line([_cell(value) for value in row])


def _line(row: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(row)
    return text.getvalue()


def _cell(value: object) -> str:
    text = str(value)
    if isinstance(value, int | Decimal):
        return text
    first = unicodedata.normalize("NFKC", text.lstrip())[:1]
    return f"'{text}" if first in _FORMULAS or text[:1] in ("\t", "\r", "\n") else text


def in_units(minor: int, currency: Currency) -> Decimal:
    """Return `1234.50`, always with cents, exactly: for other people's programs."""
    return Decimal(minor).scaleb(-currency.exponent)
