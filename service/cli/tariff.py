"""Prices: what they are, since when, and whether the tables make sense."""

from typing import TYPE_CHECKING, Any

import click

from service.cli.group import refuse, unusable
from service.cli.opened import as_json

if TYPE_CHECKING:
    from datetime import datetime

    from service.countries import Pack, Tariff, Tax


@click.group()
def tariff() -> None:
    """Show and check what things cost."""


SERVICES = ("send", "pay", "bill", "airtime", "withdraw", "cash_in", "bulk")


def _packs() -> "list[Pack]":
    from service.countries import load_pack
    from service.settings import read_settings

    return [load_pack(country) for country in read_settings().countries]


@tariff.command()
@click.argument("service", required=False, type=click.Choice(SERVICES))
@click.argument("amount", required=False)
@click.option("--at", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day, by the country's calendar; else today.")
@click.option("--country", metavar="CODE", help="Of this country, served or not.")
@as_json
def show(service: str | None, amount: str | None, day: "datetime | None", country: str | None, as_json: bool) -> None:
    """Show all prices, commissions and taxes with their dates; or what SERVICE costs for AMOUNT on a day."""
    from service.cli.out import print_json
    from service.countries import load_pack

    packs = [load_pack(country)] if country else _packs()
    if service is not None:
        if amount is None:
            raise unusable("how much? as in: senti tariff show send 500")
        return _show_price(packs[0], service, amount, day, as_json)
    if amount is not None or day is not None:
        raise unusable("what is priced? as in: senti tariff show send 500 --at 2025-04-01")
    if as_json:
        return print_json({"countries": [_about(pack) for pack in packs]})
    for pack in packs:
        for what, tables in (("price", pack.charges), ("price", pack.sales), ("commission", pack.commissions)):
            for table in tables:
                _print_table(pack, what, table)
        for tax in pack.taxes:
            click.echo(f"{pack.country} tax {tax.name}: {_rate(tax)}, rounded {tax.rounding}, {_dates(tax)}")


def _show_price(pack: "Pack", service: str, amount: str, day: "datetime | None", as_json: bool) -> None:
    """Print each line of a price at noon of a day, when the day's tables and taxes are in force."""
    from service.cli.out import print_columns, print_json
    from service.clock import now
    from service.countries import cash_cost
    from service.money import read_amount, show_amount_full

    minor = read_amount(amount, pack.currency)
    at = day.replace(hour=12, tzinfo=pack.zone) if day else now().astimezone(pack.zone)
    tables = [table for table in pack.charges if table.service == service]
    first = min(table.valid_from for table in tables)
    if at.date() < first:
        raise refuse(f"{pack.country}: prices of {service} are known from {first}")
    charge = pack.charge(service, minor, at)
    lines = {"amount": minor, "fee": charge.published, "excise": charge.excise, "levy": charge.levy}
    lines |= {"total": minor + charge.total}
    if service == "send":
        lines["cash"] = cash_cost(pack, minor, at)
    if as_json:
        about = {"country": pack.country, "currency": pack.currency.code, "service": service}
        return print_json(about | {"day": at.date().isoformat(), **lines})
    called = {"excise": "of the fee, excise", "levy": "tax on the amount", "cash": "cash-out costs the payee"}
    click.echo(f"{pack.country} {service} on {at.date()}")
    rows = [[called.get(name, name), show_amount_full(value, pack.currency)] for name, value in lines.items()]
    print_columns(["line", "is"], rows, right=(1,))


def _print_table(pack: "Pack", what: str, table: "Tariff") -> None:
    from service.cli.out import print_columns
    from service.money import show_amount_full

    click.echo(f"{pack.country} {what} of {table.service}, {_dates(table)} ({table.source})")
    rows = [
        ["not offered" if amount is None else show_amount_full(amount, pack.currency) for amount in band[:3]]
        + ([f"+ {_percent(band.basis_points)}"] if band.basis_points else [""])
        for band in table.bands
    ]
    print_columns(["from", "to", "pays", ""], rows, right=(0, 1, 2))
    click.echo()


def _rate(tax: "Tax") -> str:
    from service.countries import IN_CHARGE

    return f"{_percent(tax.basis_points)} " + (
        "inside the price" if tax.base == IN_CHARGE else f"of the amount of {tax.base}"
    )


def _percent(basis_points: int) -> str:
    whole, rest = divmod(basis_points, 100)
    return f"{f'{whole}.{rest:02}'.rstrip('0').rstrip('.')} percent"


def _dates(row: Any) -> str:
    return f"from {row.valid_from}" + (f" to {row.valid_to}" if row.valid_to else "")


def _about(pack: "Pack") -> dict[str, Any]:
    def table(row: "Tariff") -> dict[str, Any]:
        names = ("least", "most", "pays", "basis_points")
        bands = [{name: getattr(band, name) for name in names} for band in row.bands]
        return {"service": row.service, **_days(row), "source": row.source, "bands": bands}

    return {
        "country": pack.country,
        "currency": pack.currency.code,
        "charges": [table(row) for row in pack.charges],
        "sales": [table(row) for row in pack.sales],
        "commissions": [table(row) for row in pack.commissions],
        "taxes": [
            {name: getattr(tax, name) for name in ("name", "base", "basis_points", "rounding", "source")} | _days(tax)
            for tax in pack.taxes
        ],
    }


def _days(row: Any) -> dict[str, str | None]:
    return {
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
    }


@tariff.command()
def check() -> None:
    """Look for gaps, overlaps, falling dates and commissions that reward pieces; print where pieces save most."""
    from service.clock import now
    from service.countries import check_tariffs, worst_split
    from service.money import show_amount_full

    packs = _packs()
    if problems := [problem for pack in packs for problem in check_tariffs(pack, now())]:
        raise refuse(*problems)
    for pack in packs:
        tables = len(pack.charges) + len(pack.sales) + len(pack.commissions)
        click.echo(f"{pack.country}: sound. {tables} tables, {len(pack.taxes)} taxes.")
        for service in dict.fromkeys(table.service for table in (*pack.charges, *pack.sales)):
            amount, saved = worst_split(pack, service, now())
            shown = [show_amount_full(minor, pack.currency) for minor in (saved, amount)]
            said = f"saves at most {shown[0]}, of {shown[1]}" if saved else "saves nothing"
            click.echo(f"  {service}: paying in pieces {said}")
        for service in dict.fromkeys(table.service for table in pack.commissions):
            click.echo(f"  commission of {service}: pieces of a day's sum earn what the sum earns")
