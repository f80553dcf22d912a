"""The bank's statement of the trust account: importing it, differences, and closing a day."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.approval import say_proposed
from service.cli.group import refuse, unusable
from service.cli.opened import as_json, by_name, opened, served

if TYPE_CHECKING:
    from service.app import App
    from service.countries import Pack
    from service.wallet.bank import BankLine
    from service.wallet.unit import Approval, Unit

country_of = click.option("--country", metavar="CODE", help="The country, where more than one is served.")
why_text = click.option("--why", required=True, metavar="TEXT", help="Why; it stays in the logbook: no names.")


@click.group()
def bank() -> None:
    """Import the bank's statement, see what it does not match, and close days."""


@bank.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@country_of
@by_name
def import_(file: Path, country: str | None, by: str) -> None:
    """Import FILE: a table (CSV) or a camt.053 of the trust account; the same lines again add nothing."""
    from service.wallet.bank import import_statement
    from service.wallet.bank_camt import read_statement
    from service.wallet.bank_file import MOST_OCTETS, BadStatement

    if file.stat().st_size > MOST_OCTETS:
        raise unusable(f"{file} has more than {MOST_OCTETS:,} bytes")
    data = file.read_bytes()
    with opened() as app:
        pack = served(app, country)
        try:
            read = read_statement(data, pack.currency)
        except BadStatement as error:
            raise unusable(f"{file}: {error}") from None
        done = app.transact(
            lambda unit: import_statement(unit, country=pack.country, name=file.name, data=data, read=read, by=by)
        )
    click.echo(f"{len(read.lines)} lines, {done.new} of them new, {done.matched} of those explained by an entry.")


@bank.command()
@country_of
@click.option("--reveal", is_flag=True, help="Write out what the bank says about who paid.")
@as_json
def differences(country: str | None, reveal: bool, as_json: bool) -> None:
    """List what the bank has booked and the books do not explain, and the other way round, with the age in days."""
    from service.cli.out import print_columns, print_json
    from service.money import show_amount_full
    from service.wallet.bank import lines_without_entry
    from service.wallet.difference import differences_of

    with opened() as app:
        pack = served(app, country)
        found = [one._asdict() for one in app.read(lambda unit: differences_of(unit, pack.country))]
        lines = app.read(lambda unit: lines_without_entry(unit, pack.country)) if reveal else ()
        said = {app.house.references.write(line.id): line.text for line in lines}
        found = [one | {"text": said.get(one["number"], "")} for one in found] if reveal else found
    if as_json:
        return print_json(found)
    heads = ["side", "number", "day", "age", "reference", "amount", "state", *(["text"] if reveal else [])]
    shown = [one | {"amount": show_amount_full(one["amount"], pack.currency)} for one in found]
    print_columns(heads, [[one[head] for head in heads] for one in shown], right=[3, 5])


@bank.command()
@click.argument("line")
@click.argument("entry")
@why_text
@by_name
def tie(line: str, entry: str, why: str, by: str) -> None:
    """Propose that LINE of the bank is explained by ENTRY of the same amount; prints the approval id."""
    from service.wallet.bank_acts import tie_values

    def work(app: "App", unit: "Unit", row: "BankLine") -> dict[str, Any]:
        number = app.house.references.read(entry)
        recorded = unit.books.entry(number) if number is not None else None
        if recorded is None:
            raise refuse(f"{entry} is no entry")
        return dict(tie_values(unit, line=row, entry=recorded, why=why))

    _propose("bank_tie", line, by, work)


@bank.command()
@click.argument("line")
@why_text
@by_name
def suspend(line: str, why: str, by: str) -> None:
    """Propose a case for LINE of the bank, whose owner is being found out; prints the approval id."""
    from service.wallet.bank_acts import suspense_values

    _propose("bank_suspense", line, by, lambda _app, _unit, row: dict(suspense_values(row, why)))


@bank.command()
@click.argument("day")
@country_of
@by_name
def close(day: str, country: str | None, by: str) -> None:
    """Propose to close DAY (2026-11-22), which a statement covers; prints the figures and the approval id."""
    from service.wallet.day_close import close_values
    from service.wallet.operator import propose

    with opened() as app:
        pack = served(app, country)
        values = app.read(lambda unit: close_values(unit, country=pack.country, day=day))
        _say_figures(pack, values)
        say_proposed(app, app.transact(lambda unit: propose(unit, act="day_close", values=values, maker=by)))


@bank.command()
@click.argument("day", required=False)
@country_of
def closes(day: str | None, country: str | None) -> None:
    """Print the signed statement of DAY, or list the days that are closed."""
    from service.cli.out import print_columns
    from service.money import show_amount_full
    from service.wallet.day_close import closes_of

    with opened() as app:
        pack = served(app, country)
        rows = app.read(lambda unit: closes_of(unit, pack.country))
    if day is None:
        amounts = [[row.figures["issued"], row.figures["bank"]] for row in rows]
        shown = [[show_amount_full(one, pack.currency) for one in pair] for pair in amounts]
        heads = ["day", "issued", "at the bank", "made by", "approved by"]
        lines = [[row.day, *pair, row.maker, row.checker] for row, pair in zip(rows, shown, strict=True)]
        return print_columns(heads, lines, right=[1, 2])
    found = [row for row in rows if row.day == day]
    if not found:
        raise refuse(f"{day} is not closed")
    click.echo(found[0].said, nl=False)
    click.echo(f"signature (Ed25519): {found[0].signature}\npublic key: {found[0].public_key}")


def _say_figures(pack: "Pack", values: Any) -> None:
    from service.money import show_amount_full

    shown = {name: show_amount_full(values[name], pack.currency) for name in ("issued", "bank_balance", "difference")}
    said = f"issued {shown['issued']}, at the bank {shown['bank_balance']}, difference {shown['difference']}"
    click.echo(f"{values['day']}: {said} in {values['differences']} places", err=True)


def _propose(act: str, line: str, by: str, values: Any) -> None:
    from service.wallet.bank import BankLine
    from service.wallet.operator import propose

    with opened() as app:
        number = app.house.references.read(line)

        def work(unit: "Unit") -> "Approval":
            row = unit.rows.get(BankLine, number) if number is not None else None
            if row is None:
                raise refuse(f"{line} is no line of the bank: senti bank differences")
            return propose(unit, act=act, values=values(app, unit, row), maker=by)

        say_proposed(app, app.transact(work))
