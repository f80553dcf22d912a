"""Prices: what they are, since when, and whether the tables make sense."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.approval import say_proposed
from service.cli.group import refuse, unusable
from service.cli.opened import as_json, opened, served

if TYPE_CHECKING:
    from datetime import datetime

    from service.countries import Change, LimitChange, Pack, Tariff, Tax


@click.group()
def tariff() -> None:
    """Show and check what things cost."""


SERVICES = ("send", "pay", "bill", "airtime", "withdraw", "cash_in", "bulk")


def _packs(country: str | None) -> "list[Pack]":
    """Return the packs that are served, or one that may not be, as their files say."""
    from service.countries import load_pack
    from service.settings import read_settings

    return [load_pack(code) for code in ([country] if country else read_settings().countries)]


def _today(country: str | None) -> "list[Pack]":
    """Return the packs that are served, with their approved price lists; or one that is not, as its file says."""
    from service.countries import load_pack
    from service.settings import read_settings

    if country and country not in read_settings().countries:
        return [load_pack(country)]
    with opened() as app:
        return [pack for pack in app.house.packs.values() if country in (None, pack.country)]


@tariff.command()
@click.argument("service", required=False, type=click.Choice(SERVICES))
@click.argument("amount", required=False)
@click.option("--at", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day, by the country's calendar; else today.")
@click.option("--country", metavar="CODE", help="Of this country, served or not.")
@as_json
def show(service: str | None, amount: str | None, day: "datetime | None", country: str | None, as_json: bool) -> None:
    """Show all prices, commissions and taxes with their dates; or what SERVICE costs for AMOUNT on a day."""
    from service.cli.out import print_json

    if service is None and (amount is not None or day is not None):
        raise unusable("what is priced? as in: senti tariff show send 500 --at 2025-04-01")
    if service is not None and amount is None:
        raise unusable("how much? as in: senti tariff show send 500")
    packs = _today(country)
    if service is not None and amount is not None:
        return _show_price(packs[0], service, amount, day, as_json)
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
    from service.cli.words import in_words
    from service.clock import now
    from service.countries import NotOffered, cash_cost
    from service.money import read_amount, show_amount_full

    minor = read_amount(amount, pack.currency)
    at = day.replace(hour=12, tzinfo=pack.zone) if day else now().astimezone(pack.zone)
    tables = [table for table in pack.charges if table.service == service]
    first = min(table.valid_from for table in tables)
    if at.date() < first:
        raise refuse(f"{pack.country}: prices of {service} are known from {first}")
    try:
        charge = pack.charge(service, minor, at)
    except NotOffered as no:
        raise refuse(in_words(no, pack)) from no
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
@click.option("--country", metavar="CODE", help="Of this country, served or not; else of all that are served.")
def check(country: str | None) -> None:
    """Look for gaps, overlaps, falling dates and commissions that reward pieces; print where pieces save most."""
    from service.clock import now
    from service.countries import check_tariffs, worst_split
    from service.money import show_amount_full

    packs = _packs(country)
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


@tariff.command()
@click.option("--country", metavar="CODE", help="The country, where more than one is served.")
def export(country: str | None) -> None:
    """Print all prices as a list: change it and hand it in by propose."""
    from service.countries import write_tables

    with opened() as app:
        click.echo(write_tables(served(app, country)), nl=False)


@tariff.command()
@click.option("--country", metavar="CODE", help="The country, where more than one is served.")
@as_json
def lists(country: str | None, as_json: bool) -> None:
    """Show the price lists that were approved, oldest first."""
    from service.cli.out import moment, print_columns, print_json
    from service.wallet.prices import lists_of

    with opened() as app:
        pack = served(app, country)
        rows = app.read(lambda unit: lists_of(unit, pack.country))
    heads = ["number", "first", "maker", "checker"]
    found = [{**{head: getattr(row, head) for head in heads}, "at": moment(row.at, pack.zone)} for row in rows]
    if as_json:
        return print_json(found)
    print_columns([*heads, "at"], [list(one.values()) for one in found], right=(0,))


@tariff.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--country", metavar="CODE", help="The country, where more than one is served.")
@click.option("--by", metavar="NAME", help="Who proposes it; without it the list is judged and not proposed.")
def propose(file: Path, country: str | None, by: str | None) -> None:
    """Say what the price list in FILE would change, and propose it; `senti approve ID --by OTHER` approves it."""
    from service.wallet.operator import propose as write_down
    from service.wallet.prices import judge_prices, values_of

    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise unusable(f"{file} is not UTF-8") from None
    with opened() as app:
        pack = served(app, country)
        verdict = app.read(lambda unit: judge_prices(unit, pack.country, text))
        problems = verdict.problems or (app.spoken(verdict.pack)[1] if verdict.pack else [])
        if problems:
            raise refuse(*problems)
        for change in verdict.changes:
            click.echo(_changed(pack, change), err=True)
        for limit in verdict.limits:
            click.echo(_limited(pack, limit), err=True)
        if by is not None:
            values = app.read(lambda unit: values_of(unit, pack.country, text, verdict))
            say_proposed(app, app.transact(lambda unit: write_down(unit, act="tariff", values=values, maker=by)))


def _limited(pack: "Pack", change: "LimitChange") -> str:
    from service.money import show_amount_full

    def said(value: int | None) -> str:
        if value is None:
            return "no limit"
        return str(value) if change.bound == "tills" else show_amount_full(value, pack.currency)

    return f"tier {change.tier}, {change.bound}, from {change.first}: {said(change.before)}, then {said(change.after)}"


def _changed(pack: "Pack", change: "Change") -> str:
    """Say a stretch of amounts in which a price changes, with what is paid at both of its ends."""
    from service.money import show_amount_full

    def paid(rule: Any) -> str:
        if rule is None:
            return "not offered"
        ends = dict.fromkeys(show_amount_full(rule.at(end).total, pack.currency) for end in (change.least, change.most))
        return " to ".join(ends)

    least, most = (show_amount_full(end, pack.currency) for end in (change.least, change.most))
    days = f"from {change.first}" + (f" to {change.last}" if change.last else "")
    amounts = f"{least} to {most}"
    return f"{change.what} of {change.service}, {days}, {amounts}: {paid(change.before)}, then {paid(change.after)}"
