"""Cases: what people asked to be looked into, and what staff do about it."""

from typing import TYPE_CHECKING, Any

import click

from service.cli.approval import say_proposed
from service.cli.group import refuse
from service.cli.opened import as_json, by_name, opened

if TYPE_CHECKING:
    from service.app import App
    from service.wallet.unit import Case


@click.group()
def case() -> None:
    """Show what people asked to be looked into, and answer it."""


@case.command("list")
@click.option("--state", default="open", show_default=True, help="asked, open, done or closed.")
@as_json
def listed(state: str, as_json: bool) -> None:
    """List the cases in a state, oldest first."""
    from service.cli.out import print_columns, print_json
    from service.wallet.unit import Case

    with opened() as app:
        rows = app.read(lambda unit: unit.rows.find(Case, state=state, limit=1000))
        found = [_about(app, row, reveal=False) for row in rows]
    if as_json:
        return print_json(found)
    heads = ["case", "what", "state", "opened_at", "due_at", "about", "opener", "other", "held"]
    print_columns(heads, [[one[head] for head in heads] for one in found], right=[8])


@case.command()
@click.argument("number")
@click.option("--reveal", is_flag=True, help="Write phone numbers out.")
@as_json
def show(number: str, reveal: bool, as_json: bool) -> None:
    """Show the case NUMBER."""
    from service.cli.out import print_json

    with opened() as app:
        about = _about(app, _known(app, number), reveal=reveal)
    if as_json:
        return print_json(about)
    for name, value in about.items():
        click.echo(f"{name}: {value}")


@case.command()
@click.argument("number")
@click.option("--note", required=True, help="Why; it is kept with the case.")
@click.option("--outcome", type=click.Choice(["fraud", "honest", "unclear"]), help="What a pattern turned out to be.")
@by_name
def close(number: str, note: str, outcome: str | None, by: str) -> None:
    """Close the case NUMBER without moving money."""
    from service.wallet.case import close_case

    with opened() as app:
        row = _known(app, number)
        app.transact(lambda unit: close_case(unit, case_id=row.id, by=by, note=note, outcome=outcome))
        click.echo(f"Closed: {number}")


@case.command()
@click.argument("number")
@by_name
def reverse(number: str, by: str) -> None:
    """Propose to give back what the payee still has of the payment that the case NUMBER is about."""
    from service.wallet.operator import propose

    with opened() as app:
        row = _known(app, number)
        made = app.transact(lambda unit: propose(unit, act="case_reverse", values={"case": row.id}, maker=by))
        say_proposed(app, made)


def _known(app: "App", number: str) -> "Case":
    from service.wallet.case import case_by_number

    row = app.read(lambda unit: case_by_number(unit, number))
    if row is None:
        raise refuse(f"{number} is no case")
    return row


def _about(app: "App", row: "Case", *, reveal: bool) -> dict[str, Any]:
    from service.cli.out import moment
    from service.phone import mask_phone
    from service.wallet.unit import Person

    people = app.read(lambda unit: unit.rows.find(Person, id=[row.opener, row.other]))
    phones = {one.id: one.phone if reveal else mask_phone(one.phone) for one in people}
    write, zone = app.house.references.write, app.home.pack.zone
    return {
        "case": write(row.id),
        "what": row.what,
        "state": row.state,
        "opened_at": moment(row.opened_at, zone),
        "due_at": moment(row.due_at, zone),
        "about": write(row.about),
        "opener": phones.get(row.opener, ""),
        "other": phones.get(row.other, ""),
        "held": row.held,
        "values": dict(row.values),
    }
