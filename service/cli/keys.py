"""Changing the secret key: what was sealed under the old one is sealed anew while phones ring."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.group import refuse
from service.cli.opened import as_json, opened, patience

if TYPE_CHECKING:
    from service.app import App
    from service.wallet.unit import Renewed, Unit

ROWS_AT_ONCE = 100
"""Rows sealed anew in one commit: some ten milliseconds, in which a phone may wait for its row."""


@click.group()
def keys() -> None:
    """The secrets that names, numbers, seals and PINs are kept under."""


@keys.command()
@as_json
def show(as_json: bool) -> None:
    """Show which secrets are in use, each by a mark that tells nothing of it."""
    from service.cli.out import moment, print_columns, print_json
    from service.wallet.unit import KnownKey

    with opened() as app:
        known = app.read(lambda unit: unit.rows.find(KnownKey, limit=1000))
        heads = ("purpose", "mark", "state", "since")
        rows = [(key.purpose, key.mark, key.state, moment(key.at, app.home.pack.zone)) for key in known]
    if as_json:
        return print_json([dict(zip(heads, row, strict=True)) for row in rows])
    print_columns(heads, rows)


@keys.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write a new key that opens backups to FILE, and print the line that makes `senti backup` seal for it.

    Take FILE away: with it every backup that was sealed for it can be read, without it none.
    """
    from service.storage.sealed_file import new_key

    private, public = new_key()
    try:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as written:
            written.write(private + "\n")
    except FileExistsError:
        raise refuse(f"{file}: is there already") from None
    click.echo(f"SENTI_BACKUP_KEY={public}")


@keys.command()
def renew() -> None:
    """Seal everything anew under the first key of SENTI_SECRET_KEY, while the service runs.

    It may be stopped and run again at any time. When every process has the new key in front and this command has ended
    well, the old key can be taken away.
    """
    from service.wallet.keys import retire

    with opened() as app:
        if not app.older_seal_keys:
            click.echo("SENTI_SECRET_KEY names one key: there is nothing to seal anew.")
            return
        while renewed := _renew_all(app):
            click.echo(f"{renewed} rows are sealed anew; looking for what was written meanwhile.")
        app.transact(lambda unit: retire(unit, seal_key=app.seal_key, older=app.older_seal_keys))
    click.echo("Nothing is sealed under an older key: take it out of SENTI_SECRET_KEY, and restart.")


def _renew_some(unit: "Unit", *, kind: type[Any], after: Any) -> "Renewed":
    return unit.rows.renew(kind, after=after, limit=ROWS_AT_ONCE)


def _renew_all(app: "App") -> int:
    """Go once over every table with sealed fields; return how many rows were sealed anew."""
    from service.storage.records import RECORDS

    count = 0
    for kind in (record.kind for record in RECORDS if record.sealed):
        last, of_kind = None, 0
        with patience(f"{kind.__name__}: sealing anew") as shown:
            while True:
                step = app.transact(partial(_renew_some, kind=kind, after=last))
                of_kind += step.rows
                if shown is not None:
                    shown.update(f"{kind.__name__}: {of_kind} rows sealed anew ...")
                if (last := step.last) is None:
                    break
        count += of_kind
    return count
