"""How values are printed: JSON for programs, aligned columns for people."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click


def print_json(value: object) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return a time of a country as ISO 8601 with its offset."""
    return at.astimezone(zone).isoformat(timespec="milliseconds")


def print_columns(head: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = ()) -> None:
    """Print rows in aligned columns; those of `right` are numbers."""
    table = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(head))]
    numbers = set(right)
    for row in table:
        cells = [
            cell.rjust(width) if place in numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())
