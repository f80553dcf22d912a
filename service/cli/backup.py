"""Backups: a copy of the database of one moment, and putting one back without saying anything to anybody twice."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.group import refuse, unusable
from service.cli.opened import opened, patience, settings_read

if TYPE_CHECKING:
    from service.settings import Settings

WHY_PARKED = "restored from a backup: it may have been sent after that"

_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@_file
def backup(file: Path) -> None:
    """Write a copy of the database to FILE, while the service runs."""
    from service.storage.sqlite import SqliteStore

    settings = settings_read()
    if file.exists():
        raise refuse(f"{file}: is there already")
    if not file.parent.is_dir():
        raise unusable(f"{file.parent}: there is no such directory")
    with patience("Copying"):
        if _on_sqlite(settings):
            with opened() as app:
                assert isinstance(app.store, SqliteStore), "a SQLite address opens a SQLite store"
                app.store.backup(file)
        else:
            _postgresql_tool(settings, "pg_dump", "--format=custom", f"--file={file}")
    os.chmod(file, 0o600)
    click.echo(
        f"{file} is written. Without SENTI_SECRET_KEY and SENTI_PIN_PEPPER it is of no use: keep them elsewhere."
    )


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option(
    "--in-place", is_flag=True, help="PostgreSQL itself has restored the database to a point in time: no FILE."
)
def restore(file: Path | None, in_place: bool) -> None:
    """Make FILE the database; refuses to do so over one that is in use or not empty.

    Messages that waited when the backup was made may have been sent since: they are parked, so that nobody gets a code
    or a receipt twice. `senti outbox list` shows them, `senti outbox retry` sends one.
    """
    from service.storage.backup import NotRestored

    settings = settings_read()
    if (file is None) is not in_place:
        raise unusable("name either the FILE of a backup or --in-place")
    if file is None:
        parked = _restored(settings)
        click.echo(f"{parked} messages are parked; run `senti audit` before serving.")
        return
    try:
        with patience("Restoring"):
            parked = _into_sqlite(settings, file) if _on_sqlite(settings) else _into_postgresql(settings, file)
    except NotRestored as no:
        raise refuse(str(no)) from no
    click.echo(f"{file} is restored. {parked} messages are parked; run `senti audit` before serving.")


@click.command()
@_file
def move(file: Path) -> None:
    """Move the SQLite database FILE into the empty PostgreSQL database of the settings.

    Stop the service first, and serve with the same secrets afterwards. Balances, seals, references and waiting messages
    are taken over as they are; FILE is renamed, so that nobody serves it again.
    """
    from service.cli.run import bring_up
    from service.storage.backup import NotRestored, refuse_filled
    from service.storage.move import move_file

    settings = settings_read()
    if _on_sqlite(settings):
        raise unusable("SENTI_DATABASE_URL is where to move to: a PostgreSQL database")
    url = _admin_url(settings)
    try:
        refuse_filled(url)
        with patience("Moving"):
            bring_up(settings)
            entries = move_file(file, url)
    except NotRestored as no:
        raise refuse(str(no)) from no
    click.echo(f"{entries} entries are moved, each row read back; run `senti audit` before serving.")


def _on_sqlite(settings: "Settings") -> bool:
    return settings.database_url.get_secret_value().startswith("sqlite")


def _into_sqlite(settings: "Settings", file: Path) -> int:
    from pydantic import SecretStr

    from service.storage.backup import copy_backup, put_in_place, refuse_used, remove, sqlite_path
    from service.storage.migrate import migrate

    path = sqlite_path(settings.database_url.get_secret_value())
    path.parent.mkdir(parents=True, exist_ok=True)
    refuse_used(path)
    copy = path.with_name(f"{path.name}.restoring")
    try:
        copy_backup(file, copy)
        url = f"sqlite:///{copy}"
        migrate(url)
        # Parked before anybody can open it: a worker that starts at once finds nothing to send.
        parked = _park(settings.model_copy(update={"database_url": SecretStr(url)}))
        refuse_used(path)
        put_in_place(copy, path)
    finally:
        remove(copy)
    return parked


def _into_postgresql(settings: "Settings", file: Path) -> int:
    from service.storage.backup import NotRestored, refuse_filled

    if not file.is_file():
        raise NotRestored(f"{file}: there is no such file")
    url = _admin_url(settings)
    refuse_filled(url)
    _postgresql_tool(settings, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", str(file))
    return _restored(settings)


def _restored(settings: "Settings") -> int:
    """Make a PostgreSQL database that is as it once was fit to be served; return how many messages are parked."""
    from service.cli.run import bring_up
    from service.storage.backup import put_on_identifiers

    if _on_sqlite(settings):
        raise unusable("--in-place is for PostgreSQL: a SQLite file is restored from a backup")
    put_on_identifiers(_admin_url(settings))
    bring_up(settings)
    return _park(settings)


def _park(settings: "Settings") -> int:
    from service.app import make_app
    from service.outbox import park_waiting

    app = make_app(settings)
    try:
        return app.transact(lambda unit: park_waiting(unit, WHY_PARKED))
    finally:
        app.store.close()


def _admin_url(settings: "Settings") -> str:
    return (settings.database_admin_url or settings.database_url).get_secret_value()


def _postgresql_tool(settings: "Settings", tool: str, *arguments: str) -> None:
    """Run PostgreSQL's own tool; where it is not installed, say the command to run where it is."""
    from service.storage.engines import for_libpq, read_url

    url = read_url(_admin_url(settings))
    password, address = url.password, for_libpq(url._replace(password=None))
    command = [tool, f"--dbname={address}", *arguments]
    found = shutil.which(tool)
    if found is None:
        raise unusable(f"{tool} is not installed here; where it is, run: {shlex.join(command)}")
    # The password goes by the environment: arguments can be read by everybody on the machine.
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    done = subprocess.run(  # noqa: S603  # no shell, and the words are ours or the operator's own
        [found, *command[1:]], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise refuse(f"{tool} failed: {done.stderr.strip()}")
