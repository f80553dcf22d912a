"""Wages and grants from a file: checked, handed in by one of the staff, approved by another, and paid line by line."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.approval import say_proposed
from service.cli.group import refuse, unusable
from service.cli.opened import as_json, bank_ref, by_name, opened, served

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.app import App
    from service.countries import Pack
    from service.wallet.batch import Bulk
    from service.wallet.bulk_file import Fault, Line
    from service.wallet.unit import Unit

MOST_BYTES = 5_000_000
SHOWN = 20
"""Faults that are printed; the others are counted."""

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_country = click.option("--country", metavar="CODE", help="The country, where more than one is served.")


@click.group()
def bulk() -> None:
    """Pay wages or grants from a file: phone, amount, and if wished name and secret."""


@bulk.command()
@_file
@_country
def check(file: Path, country: str | None) -> None:
    """Say what is wrong with each line of FILE, and what it would cost; nothing is written down."""
    with opened() as app:
        pack = served(app, country)
        lines, faults = _judged(app, file, pack)
        _say_sum(pack, lines)
        _say_faults(faults)
    if faults:
        raise refuse(f"{len(faults)} lines cannot be paid")


@bulk.command()
@_file
@_country
@click.option("--name", required=True, help="Who pays, and for what, as the people read it: up to 20 letters.")
@bank_ref
@click.option("--leave-out", is_flag=True, help="Hand in the lines that can be paid, and leave out the others.")
@by_name
def submit(file: Path, country: str | None, name: str, bank_ref: str, leave_out: bool, by: str) -> None:
    """Hand FILE in, to be approved by somebody else; prints the approval id."""
    from service.wallet.bulk_submit import read_bulk_name, submit

    called = read_bulk_name(name)
    with opened() as app:
        pack = served(app, country)
        lines, faults = _judged(app, file, pack)
        _say_faults(faults)
        if not lines or (faults and not leave_out):
            raise refuse(f"{len(faults)} lines cannot be paid; --leave-out hands in the others")
        work = partial(submit, country=pack.country, name=called, lines=lines, bank_ref=bank_ref, maker=by)
        approval = app.transact(work)
        _say_sum(pack, lines)
        say_proposed(app, approval)


@bulk.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List the batches, oldest first."""
    from service.cli.out import moment, print_columns, print_json
    from service.money import show_amount_full
    from service.wallet.batch import Bulk

    with opened() as app:
        rows = app.read(lambda unit: unit.rows.find(Bulk, limit=10_000))
        packs, write = app.house.packs, app.house.references.write
    if as_json:
        about = [
            {"id": write(row.id), "name": row.name, "state": row.state, "lines": row.lines, "amount": row.amount,
             "charge": row.charge, "country": row.country, "at": moment(row.at, packs[row.country].zone)}
            for row in rows
        ]  # fmt: skip
        return print_json(about)
    table = [
        (write(row.id), row.name, row.state, row.lines, show_amount_full(row.total, packs[row.country].currency))
        for row in rows
    ]
    print_columns(["batch", "name", "state", "lines", "paid in"], table, right=(3, 4))


@bulk.command()
@click.argument("batch_id", metavar="BATCH")
def pay(batch_id: str) -> None:
    """Go on paying BATCH, which was approved and broke off."""
    with opened() as app:
        found = _batch(app, batch_id)
        if found.state == "proposed":
            raise refuse("nobody has approved it yet")
        carry_out(app, found.id)


@bulk.command()
@click.argument("batch_id", metavar="BATCH")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="A new file; printed if missing.")
def results(batch_id: str, to: Path | None) -> None:
    """Write what has become of each line of BATCH, as CSV."""
    from service.sheet import write_sheet

    with opened() as app:
        found = _batch(app, batch_id)
        rows = app.read(lambda unit: _outcomes(app, unit, found))
    text = write_sheet(["line", "phone", "amount", "state", "reference", "why"], rows)
    if to is None:
        return click.echo(text, nl=False)
    try:
        with to.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise unusable(f"{to} is there already") from None


@bulk.command("return")
@click.argument("batch_id", metavar="BATCH")
@bank_ref
@by_name
def return_(batch_id: str, bank_ref: str, by: str) -> None:
    """Propose to take what is left of BATCH out of the books: the bank has given it back to the organisation."""
    from service.wallet.bulk_submit import submit_rest

    with opened() as app:
        found = _batch(app, batch_id)
        say_proposed(app, app.transact(lambda unit: submit_rest(unit, found, bank_ref=bank_ref, maker=by)))


def carry_out(app: "App", bulk_id: int) -> None:
    """Pay an approved batch, some lines in each commit, and print how far it has come; goes on where it broke off.

    The worker, where one runs, pays it as well; what is printed is what has become of the batch.
    """
    from rich.console import Console
    from rich.progress import Progress

    from service.wallet.batch import Bulk
    from service.wallet.bulk import Bite, pay_some

    def bite() -> Bite:
        return app.transact(lambda unit: pay_some(unit, bulk_id))

    def now() -> Bulk:
        found = app.read(lambda unit: unit.rows.get(Bulk, bulk_id))
        assert found is not None, f"no batch {bulk_id}"
        return found

    before = now()
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Paying", total=before.lines, completed=before.done)
        while bite().lines:
            bar.update(task, completed=now().done)
    after = now()
    click.echo(f"{after.done - after.refused} of {after.lines} lines are paid, {after.refused} were refused.")


def _judged(app: "App", file: Path, pack: "Pack") -> "tuple[Sequence[Line], Sequence[Fault]]":
    from service.cli.words import in_words
    from service.wallet.bulk_file import BadFile, judge, read_rows

    if file.stat().st_size > MOST_BYTES:
        raise unusable(f"{file} has more than {MOST_BYTES:,} bytes")
    try:
        rows = read_rows(file.read_bytes().decode("utf-8"))
    except UnicodeDecodeError:
        raise unusable(f"{file} is not UTF-8") from None
    except BadFile as error:
        raise unusable(f"{file}: {in_words(error)}") from None
    return app.read(lambda unit: judge(unit, rows, pack))


def _say_sum(pack: "Pack", lines: "Sequence[Line]") -> None:
    from service.money import show_amount_full

    amount, charge = sum(line.amount for line in lines), sum(line.charge.total for line in lines)
    vouchers = sum(line.person is None for line in lines)
    shown = [show_amount_full(sum_, pack.currency) for sum_ in (amount, charge, amount + charge)]
    click.echo(f"{len(lines)} payments, {vouchers} of them by voucher: {shown[0]} and charges {shown[1]}.", err=True)
    click.echo(f"To be paid in: {shown[2]}", err=True)


def _say_faults(faults: "Sequence[Fault]") -> None:
    from service.console.words import speak

    for fault in faults[:SHOWN]:
        click.echo(f"line {fault.number}: {speak('en', f'fault.{fault.why}', **fault.said)}", err=True)
    if len(faults) > SHOWN:
        click.echo(f"... and {len(faults) - SHOWN} more lines", err=True)


def _batch(app: "App", typed: str) -> "Bulk":
    """Return a batch by its id, or by that of its approval."""
    from service.wallet.bulk_submit import find_bulk

    found = app.read(lambda unit: find_bulk(unit, typed))
    if found is None:
        raise refuse(f"{typed} is no batch: senti bulk list")
    return found


def _outcomes(app: "App", unit: "Unit", found: "Bulk") -> "list[tuple[object, ...]]":
    """Return the lines of a file; numbers as digits, for a spreadsheet would take a `+` for a formula."""
    from service.console.words import unpaid
    from service.money import show_number
    from service.wallet.batch import BulkLine
    from service.wallet.bulk import outcomes

    pack = app.house.packs[found.country]
    lines = sorted(unit.rows.find(BulkLine, bulk=found.id, limit=1_000_000), key=lambda line: line.number)
    return [
        (
            one.line.number,
            one.phone.removeprefix("+"),
            show_number(one.line.amount, pack.currency).replace(",", ""),
            one.state,
            app.house.references.write(one.line.id) if one.line.state in ("paid", "voucher") else "",
            unpaid("en", one.line.why),
        )
        for one in outcomes(unit, lines)
    ]
