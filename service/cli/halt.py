"""Standing still: payments or float are stopped by one person at once, and let go on by two."""

import click

from service.cli.approval import say_proposed
from service.cli.opened import as_json, by_name, opened, served

why_text = click.option("--why", required=True, metavar="TEXT", help="Why; it stays in the logbook: no names.")


@click.group()
def halt() -> None:
    """Stop payments, or the issuing of float, at once; let them go on by two people."""


@halt.command()
@click.option("--country", metavar="CODE", help="Only there; without it everywhere.")
@why_text
@by_name
def sends(country: str | None, why: str, by: str) -> None:
    """Stop all payments; cash-in, balances and statements go on."""
    _throw("sends", country, why, by)


@halt.command()
@click.option("--country", metavar="CODE", help="Only there; without it everywhere.")
@why_text
@by_name
def issuing(country: str | None, why: str, by: str) -> None:
    """Stop the issuing and redeeming of float."""
    _throw("issuing", country, why, by)


@halt.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List what stands still, since when and why."""
    from service.cli.out import moment, print_columns, print_json
    from service.wallet.halt import halts_on

    heads = ["what", "country", "since", "by", "why"]
    with opened() as app:
        rows = app.read(halts_on)
        found = [
            dict(zip(heads, (row.what, row.country, moment(row.at, app.home.pack.zone), row.by, row.why), strict=True))
            for row in rows
        ]
    if as_json:
        return print_json(found)
    print_columns(heads, [[one[head] for head in heads] for one in found])


@halt.command()
@click.argument("what", type=click.Choice(["sends", "issuing"]))
@click.option("--country", metavar="CODE", help="The country, where more than one is served.")
@why_text
@by_name
def resume(what: str, country: str | None, why: str, by: str) -> None:
    """Propose to let WHAT go on in a country; prints the approval id."""
    from service.wallet.halt import resume_values
    from service.wallet.operator import propose
    from service.wallet.unit import Approval, Unit

    with opened() as app:
        code = served(app, country).country

        def work(unit: Unit) -> Approval:
            values = resume_values(unit, country=code, what=what, why=why)
            return propose(unit, act="resume", values=values, maker=by)

        say_proposed(app, app.transact(work))


def _throw(what: str, country: str | None, why: str, by: str) -> None:
    from service.wallet.halt import halt as throw
    from service.wallet.unit import Unit

    with opened() as app:
        codes = [served(app, country).country] if country else list(app.house.packs)

        def work(unit: Unit) -> None:
            for code in codes:
                throw(unit, country=code, what=what, why=why, by=by)

        app.transact(work)
    click.echo(f"Halted: {what} in {', '.join(codes)}. To let it go on, two people: senti halt resume {what} --by NAME")
