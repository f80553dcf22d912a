"""The proof of funds: counting now, and the signed file of a day."""

from typing import TYPE_CHECKING

import click

from service.cli.opened import opened, patience, served

if TYPE_CHECKING:
    from service.wallet.funds import Funds
    from service.wallet.unit import Unit

country = click.option("--country", metavar="CODE", help="One of those that are served; the first without it.")


@click.group()
def funds() -> None:
    """Count what is owed to customers, or show a day's signed file: what the page /funds gives to everybody."""


@funds.command()
@country
def count(country: str | None) -> None:
    """Count now, if this day has no count yet, and print its signed file. The worker does it after each midnight."""
    from service.cli.out import print_json
    from service.jobs import press_of
    from service.wallet.funds import Funds, name_at, publish

    with opened() as app, patience("Counting"):
        code = served(app, country).country
        found = app.read(lambda unit: unit.rows.get(Funds, name_at(unit, code)))
        print_json(dict((found or publish(press_of(app), code)).file))


@funds.command()
@click.argument("day", required=False)
@country
def show(day: str | None, country: str | None) -> None:
    """Print the signed file of DAY (2026-11-23), or of the last count."""
    from service.cli.group import refuse
    from service.cli.out import print_json
    from service.wallet.funds import Funds, newest

    with opened() as app:
        code = served(app, country).country

        def look(unit: "Unit") -> "Funds | None":
            return unit.rows.get(Funds, f"{code}-{day}") if day else newest(unit, code)

        found = app.read(look)
    if found is None:
        raise refuse("nothing was counted then")
    print_json(dict(found.file))
