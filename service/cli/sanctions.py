"""Lists of people whose money may not move."""

from functools import partial
from pathlib import Path

import click

from service.cli.opened import as_json, by_name, opened


@click.group()
def sanctions() -> None:
    """Hand in lists of names, and show how far everybody was compared with them."""


@sanctions.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--list", "name", metavar="NAME", help="What the list is called; the file's name if missing.")
@by_name
def hand_in(file: Path, name: str | None, by: str) -> None:
    """Hand in the whole of a list: FILE is CSV with the columns number, name and aliases (with ; between them).

    Who is not in FILE any more is off the list. The worker then compares everybody with what is new or has changed.
    """
    from service.wallet.sanctions import pieces, read_list, read_list_name, take_off, write_lines

    called = read_list_name(name or file.stem)
    lines = read_list(file.read_text("utf-8"))
    with opened() as app:
        new = sum(app.transact(partial(write_lines, name=called, lines=piece)) for piece in pieces(lines))
        changed = app.transact(partial(take_off, name=called, lines=lines, by=by, new=new))
    click.echo(f"{called}: {changed.listed} listed, {changed.new} of them new or changed; {changed.gone} are off.")


@sanctions.command("list")
@as_json
def show(as_json: bool) -> None:
    """Show each list: how many stand on it, and how many of them everybody was not compared with yet."""
    from service.cli.out import print_columns, print_json
    from service.wallet.sanctions import every_list

    with opened() as app:
        found = app.read(every_list)
    if as_json:
        return print_json([one._asdict() for one in found])
    print_columns(("list", "listed", "new"), found, right=[1, 2])
