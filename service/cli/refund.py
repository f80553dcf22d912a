"""Giving back a tax that was taken wrongly: proposed by one, approved by another, carried out in bites."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from service.cli.approval import say_proposed
from service.cli.group import unusable
from service.cli.opened import opened, served

if TYPE_CHECKING:
    from service.app import App
    from service.wallet.unit import Approval

_day = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--tax", required=True, metavar="NAME", help="The tax, as the country's pack calls it.")
@click.option("--from", "first", required=True, type=_day, help="The first day, by the country's calendar.")
@click.option("--to", "last", required=True, type=_day, help="The last day, this one included.")
@click.option("--country", metavar="CODE", help="The country, where more than one is served.")
@click.option("--by", metavar="NAME", help="Who proposes it; without it the batch is shown and not proposed.")
def refund(tax: str, first: datetime, last: datetime, country: str | None, by: str | None) -> None:
    """Propose to give back what was taken of a tax on days on which the country's pack says now that it was not lawful.

    Prints how many payments that is and how much in all, and the approval id. `senti approve ID --by OTHER` does it.
    """
    from service.money import show_amount_full
    from service.wallet.operator import propose
    from service.wallet.refund import Batch, review, values_of

    with opened() as app:
        pack = served(app, country)
        batch = Batch(pack.country, tax, first.date(), last.date())
        if batch.last < batch.first:
            raise unusable("--to is before --from")
        entries, total = app.read(lambda unit: review(unit, batch))
        shown = show_amount_full(total, pack.currency)
        click.echo(f"{tax}, {batch.first} to {batch.last}: {entries} payments, {shown} to give back.", err=True)
        if by is not None and entries:
            values = values_of(batch, entries, total)
            say_proposed(app, app.transact(lambda unit: propose(unit, act="refund", values=values, maker=by)))


def carry_out(app: "App", approval: "Approval") -> None:
    """Give back, in bites of one commit each, what an approved batch says, and print how far it has come.

    The worker, where one runs, does it as well; it goes on where it broke off.
    """
    from service.money import show_amount_full
    from service.wallet.refund import begin, give_some

    app.transact(lambda unit: begin(unit, approval))  # of a release before, nothing is written down yet
    told = -1
    while True:
        row = app.transact(lambda unit: give_some(unit, approval.id))
        assert row is not None, "it was begun"
        if row.done != told or row.state == "paid":
            shown, told = show_amount_full(row.given, app.house.packs[row.country].currency), row.done
            click.echo(f"{row.done} of {row.entries} payments, {shown} given back.", err=True)
        if row.state == "paid":
            return
