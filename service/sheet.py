"""Tables for other people's programs: CSV that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def write_sheet(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return CSV with a first line of names; a text that a spreadsheet would run gets a `'` in front (I-12)."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(head)
    for row in rows:
        table.writerow([_harmless(cell) for cell in row])
    return text.getvalue()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell
