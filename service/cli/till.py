"""Tills: looking at one or at all, and the square to print."""

from typing import TYPE_CHECKING

import click

from service.cli.group import refuse
from service.cli.opened import as_json, opened

if TYPE_CHECKING:
    from service.wallet.merchant import Merchant
    from service.wallet.unit import Unit

MOST = 100_000
"""Tills that a list shows."""


@click.group()
def till() -> None:
    """Show the tills of merchants."""


@till.command("list")
@as_json
def list_all(as_json: bool) -> None:
    """List all tills with what is in them."""
    from service.wallet.merchant import Merchant

    with opened() as app:
        _print(
            app.read(lambda unit: [_about(unit, row) for row in unit.rows.find(Merchant, limit=MOST)]),
            as_json,
            one=False,
        )


@till.command()
@click.argument("number")
@as_json
def show(number: str, as_json: bool) -> None:
    """Show the till with this NUMBER."""
    from service.wallet.merchant import Merchant
    from service.wallet.till import read_till_number

    with opened() as app:
        read = read_till_number(number)
        found = app.read(lambda unit: [_about(unit, row) for row in unit.rows.find(Merchant, number=read)])
    if not found:
        raise refuse(f"there is no till {read}")
    _print(found, as_json, one=True)


@till.command()
@click.argument("number")
@click.option("--svg", "file", type=click.Path(dir_okay=False), help="Write the square to this file, for a printer.")
@as_json
def qr(number: str, file: str | None, as_json: bool) -> None:
    """Print the square that customers read at the till with this NUMBER, and what stands in it."""
    import segno

    from service.cli.out import print_json
    from service.wallet.qr import payload
    from service.wallet.till import read_till_number

    with opened() as app:
        read = read_till_number(number)
        row, country = app.read(lambda unit: _open_till(unit, read))
        text = payload(row, app.house.packs[country])
    square = segno.make(text, error="m", micro=False)
    if file:
        square.save(file, kind="svg", scale=8)
    if as_json:
        return print_json({"number": row.number, "name": row.name, "payload": text})
    if not file:
        square.terminal(compact=True)
    click.echo(text)


def _open_till(unit: "Unit", number: str) -> "tuple[Merchant, str]":
    from service.wallet.merchant import Merchant
    from service.wallet.unit import Person

    row = unit.rows.get(Merchant, number)
    if row is None or row.state != "open":
        raise refuse(f"there is no open till {number}")
    owner = unit.rows.get(Person, row.person)
    assert owner is not None, f"no person {row.person}"
    return row, owner.country


def _about(unit: "Unit", row: "Merchant") -> dict[str, object]:
    from service.wallet.account import takings_of
    from service.wallet.unit import Person

    owner = unit.rows.get(Person, row.person)
    assert owner is not None, f"no person {row.person}"
    return {
        "number": row.number,
        "name": row.name,
        "state": row.state,
        "phone": owner.phone,
        "takings": unit.books.balance(takings_of(row, owner.country)),
    }


def _print(found: list[dict[str, object]], as_json: bool, *, one: bool) -> None:
    from service.cli.out import print_columns, print_json

    if as_json:
        return print_json(found[0] if one else found)
    heads = ["number", "name", "state", "phone", "takings"]
    print_columns(heads, [[about[head] for head in heads] for about in found], right=(4,))
