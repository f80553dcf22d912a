"""Bills and airtime on their way: which there are, what is known of them, and what staff have found out."""

from typing import TYPE_CHECKING, Any

import click

from service.cli.approval import say_proposed
from service.cli.group import refuse
from service.cli.opened import as_json, by_name, opened

if TYPE_CHECKING:
    from service.app import App
    from service.wallet.ordered import Order


@click.group()
def order() -> None:
    """Show bills and airtime on their way, and end those of which nobody has heard."""


@order.command("list")
@click.option("--state", type=click.Choice(["waiting", "done", "returned"]), default="waiting", show_default=True)
@as_json
def listed(state: str, as_json: bool) -> None:
    """List the orders in a state, oldest first; `stuck` are those that wait for staff."""
    from service.cli.out import print_columns, print_json
    from service.wallet.ordered import Order

    with opened() as app:
        rows = app.read(lambda unit: unit.rows.find(Order, state=state, limit=10_000))
        found = [_about(app, row, reveal=False) for row in rows]
    if as_json:
        return print_json(found)
    heads = ["order", "kind", "provider", "amount", "at", "stuck", "tries", "next_at"]
    print_columns(heads, [[one[head] for head in heads] for one in found], right=[3, 6])


@order.command()
@click.argument("reference")
@click.option("--reveal", is_flag=True, help="Write the account or phone number out.")
@as_json
def show(reference: str, reveal: bool, as_json: bool) -> None:
    """Show the order REFERENCE, which the provider knows by the same name."""
    from service.cli.out import print_json

    with opened() as app:
        about = _about(app, _known(app, reference), reveal=reveal)
    if as_json:
        return print_json(about)
    for name, value in about.items():
        click.echo(f"{name}: {value}")


@order.command()
@click.argument("reference")
@by_name
def settle(reference: str, by: str) -> None:
    """Propose that the order REFERENCE was carried out: the provider has said so. Another person approves."""
    _propose("order_settle", reference, by)


@order.command("return")
@click.argument("reference")
@by_name
def return_(reference: str, by: str) -> None:
    """Propose to give the order REFERENCE back: the provider has not done it and never will. Another approves."""
    _propose("order_return", reference, by)


def _propose(act: str, reference: str, by: str) -> None:
    from service.wallet.operator import propose
    from service.wallet.order import stuck_order

    with opened() as app:
        row = _known(app, reference)
        app.transact(lambda unit: stuck_order(unit, row.id))
        say_proposed(app, app.transact(lambda unit: propose(unit, act=act, values={"entry": row.id}, maker=by)))


def _known(app: "App", reference: str) -> "Order":
    from service.wallet.ordered import Order

    number = app.house.references.read(reference)
    row = app.read(lambda unit: unit.rows.get(Order, number)) if number is not None else None
    if row is None:
        raise refuse(f"{reference} is no bill and no airtime: senti order list")
    return row


def _about(app: "App", row: "Order", *, reveal: bool) -> dict[str, Any]:
    from service.cli.out import moment
    from service.wallet.order import person_of

    pack = app.house.packs[app.read(lambda unit: person_of(unit, row)).country]
    return {
        "order": app.house.references.write(row.id),
        "kind": row.kind,
        "provider": row.provider,
        "account": row.account if reveal else f"***{row.account[-3:]}",
        "amount": row.amount,
        "charge": row.held - row.amount,
        "state": row.state,
        "stuck": row.stuck,
        "at": moment(row.at, pack.zone),
        "sent_at": moment(row.sent_at, pack.zone) if row.sent_at else None,
        "tries": row.tries,
        "next_at": moment(row.next_at, pack.zone),
        "provider_id": row.provider_id,
    }
