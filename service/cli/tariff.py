"""Prices: what they are, since when, and whether the tables make sense."""

from typing import TYPE_CHECKING

import click

from service.cli.group import refuse
from service.cli.opened import as_json

if TYPE_CHECKING:
    from service.countries import Pack


@click.group()
def tariff() -> None:
    """Show and check what things cost."""


def _packs() -> "list[Pack]":
    from service.countries import load_pack
    from service.settings import read_settings

    return [load_pack(country) for country in read_settings().countries]


@tariff.command()
def check() -> None:
    """Look for gaps, overlaps and falling dates; print for which amount paying in pieces saves most."""
    from service.clock import now
    from service.countries import check_tariffs, worst_split
    from service.money import show_amount_full

    packs = _packs()
    if problems := [problem for pack in packs for problem in check_tariffs(pack)]:
        raise refuse(*problems)
    for pack in packs:
        tables = len(pack.charges) + len(pack.commissions)
        click.echo(f"{pack.country}: sound. {tables} tables, {len(pack.taxes)} taxes.")
        for service in dict.fromkeys(table.service for table in pack.charges):
            amount, saved = worst_split(pack, service, now())
            said = f"saves at most {show_amount_full(saved, pack.currency)}, of {show_amount_full(amount, pack.currency)}"
            click.echo(f"  {service}: paying in pieces {said if saved else 'saves nothing'}")
