"""What is owed to billers and for airtime, and paying it out at the bank."""

import click

from service.cli.approval import say_proposed
from service.cli.group import refuse
from service.cli.opened import as_json, bank_ref, by_name, opened, served


@click.group()
def provider() -> None:
    """Show what is owed to billers and for airtime, and pay it out."""


@provider.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List what is owed to each provider."""
    from service.cli.out import print_columns, print_json
    from service.money import show_amount_full
    from service.wallet.provider import owed

    with opened() as app:
        rows, packs = app.read(owed), app.house.packs
    if as_json:
        return print_json(
            [{"country": country, "provider": name, "owed": amount} for (country, name), amount in rows.items()]
        )
    shown = [
        (country, name, show_amount_full(amount, packs[country].currency)) for (country, name), amount in rows.items()
    ]
    print_columns(["country", "provider", "owed"], shown, right=[2])


@provider.command()
@click.argument("name", metavar="PROVIDER")
@click.argument("amount")
@click.option("--country", metavar="CODE", help="The country, where more than one is served.")
@bank_ref
@by_name
def pay(name: str, amount: str, country: str | None, bank_ref: str, by: str) -> None:
    """Propose that AMOUNT was paid to PROVIDER at the bank; prints the approval id."""
    from service.money import read_amount
    from service.wallet.operator import propose
    from service.wallet.provider import owed

    with opened() as app:
        pack = served(app, country)
        if (pack.country, name) not in app.read(owed):
            raise refuse(f"nothing was ever owed to {name}: senti provider list")
        values = {"country": pack.country, "provider": name, "amount": read_amount(amount, pack.currency)}
        values |= {"bank_ref": bank_ref}
        say_proposed(app, app.transact(lambda unit: propose(unit, act="pay_provider", values=values, maker=by)))
