"""Backups: a copy of the database of one moment, and putting one back without saying anything to anybody twice."""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from service.cli.group import refuse, unusable
from service.cli.opened import opened, patience, settings_read

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    from service.settings import Settings

WHY_PARKED = "restored from a backup: it may have been sent after that"

_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@_file
def backup(file: Path) -> None:
    """Write a copy of the database to FILE, sealed for the holder of the backup key, while the service runs."""
    from service.storage.backup import remove, sqlite_path
    from service.storage.sqlite import SqliteStore

    settings = settings_read()
    if file.exists():
        raise refuse(f"{file}: is there already")
    if not file.parent.is_dir():
        raise unusable(f"{file.parent}: there is no such directory")
    key = settings.backup_key
    if key is None and settings.mode == "production":
        raise unusable(
            "SENTI_BACKUP_KEY is missing: `senti keys backup FILE` makes one; balances are not encrypted else"
        )
    with patience("Copying"), _written(file) as target:
        if _on_sqlite(settings):
            plain = sqlite_path(settings.database_url.get_secret_value())
            copy = plain.with_name(f"{plain.name}.copying")
            remove(copy)
            os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            try:
                with opened() as app:
                    assert isinstance(app.store, SqliteStore), "a SQLite address opens a SQLite store"
                    app.store.backup(copy)
                with copy.open("rb") as source:
                    _seal(source, target, key)
            finally:
                remove(copy)  # it stood beside the database, which is as readable
        else:
            _postgresql_tool(settings, "pg_dump", "--format=custom", output=lambda dump: _seal(dump, target, key))
    if key is None:
        click.echo(f"{file} is written, NOT encrypted: SENTI_BACKUP_KEY is not set.")
        return
    click.echo(
        f"{file} is written and sealed. Besides its key it needs SENTI_SECRET_KEY and SENTI_PIN_PEPPER: keep all apart."
    )


@contextmanager
def _written(file: Path) -> Iterator[IO[bytes]]:
    """Lend a new file that only its owner reads; nothing is left of it where the work fails."""
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as target:
        try:
            yield target
            target.flush()
            os.fsync(target.fileno())
        except BaseException:
            file.unlink()
            raise


def _seal(source: IO[bytes], target: IO[bytes], key: str | None) -> None:
    from service.storage.sealed_file import read_public, seal_file

    if key is None:
        shutil.copyfileobj(source, target)
    else:
        seal_file(source, target, read_public(key))


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option(
    "--in-place", is_flag=True, help="PostgreSQL itself has restored the database to a point in time: no FILE."
)
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The key that opens FILE.")
def restore(file: Path | None, in_place: bool, key: Path | None) -> None:
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
            into = _into_sqlite if _on_sqlite(settings) else _into_postgresql
            parked = into(settings, file, _proven(file, key))
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


def _proven(file: Path, key: Path | None) -> "X25519PrivateKey | None":
    """Return the key of a sealed backup once all of the file has been proven with it, None if it is not sealed.

    Raises NotRestored, before anything is written.
    """
    from service.storage.backup import NotRestored
    from service.storage.sealed_file import Unreadable, is_sealed, open_file, read_private

    if not file.is_file():
        raise NotRestored(f"{file}: there is no such file")
    if not is_sealed(file):
        if key is not None:
            raise NotRestored(f"{file}: is not sealed, though a key is given for it")
        return None
    if key is None:
        raise NotRestored(f"{file}: is sealed; name the file of its key with --key")
    try:
        private = read_private(key.read_text("ascii"))
    except ValueError:
        raise NotRestored(f"{key}: is no key of a backup") from None
    try:
        for _ in open_file(file, private):
            pass
    except Unreadable as no:
        raise NotRestored(f"{file}: {no}") from None
    return private


def _on_sqlite(settings: "Settings") -> bool:
    return settings.database_url.get_secret_value().startswith("sqlite")


def _into_sqlite(settings: "Settings", file: Path, key: "X25519PrivateKey | None") -> int:
    from pydantic import SecretStr

    from service.storage.backup import copy_backup, put_in_place, refuse_used, remove, sqlite_path
    from service.storage.migrate import migrate
    from service.storage.sealed_file import open_file

    path = sqlite_path(settings.database_url.get_secret_value())
    path.parent.mkdir(parents=True, exist_ok=True)
    refuse_used(path)
    copy = path.with_name(f"{path.name}.restoring")
    plain = path.with_name(f"{path.name}.opened")
    try:
        if key is not None:
            remove(plain)
            with _written(plain) as target:
                target.writelines(open_file(file, key))
        copy_backup(plain if key else file, copy, called=file)
        url = f"sqlite:///{copy}"
        migrate(url)
        # Parked before anybody can open it: a worker that starts at once finds nothing to send.
        parked = _park(settings.model_copy(update={"database_url": SecretStr(url)}))
        refuse_used(path)
        put_in_place(copy, path)
    finally:
        remove(copy)
        remove(plain)
    return parked


def _into_postgresql(settings: "Settings", file: Path, key: "X25519PrivateKey | None") -> int:
    from service.storage.backup import refuse_filled
    from service.storage.sealed_file import open_file

    url = _admin_url(settings)
    refuse_filled(url)
    words = ("--exit-on-error", "--single-transaction", "--no-owner")
    if key is None:
        _postgresql_tool(settings, "pg_restore", *words, str(file))
    else:
        _postgresql_tool(settings, "pg_restore", *words, given=open_file(file, key))
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


def _postgresql_tool(
    settings: "Settings",
    tool: str,
    *arguments: str,
    output: "Callable[[IO[bytes]], None] | None" = None,
    given: Iterable[bytes] = (),
) -> None:
    """Run PostgreSQL's own tool; where it is not installed, say the command to run where it is.

    What it writes is handed to `output`, what it reads comes from `given`: neither is ever in a file.
    """
    from service.storage.engines import for_libpq, read_url

    url = read_url(_admin_url(settings))
    password, address = url.password, for_libpq(url._replace(password=None))
    command = [tool, f"--dbname={address}", *arguments]
    found = shutil.which(tool)
    if found is None:
        raise unusable(f"{tool} is not installed here; where it is, run: {shlex.join(command)}")
    # The password goes by the environment: arguments can be read by everybody on the machine.
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603  # no shell, and the words are ours or the operator's own
            [found, *command[1:]], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
        ) as running,
    ):
        assert running.stdin is not None
        assert running.stdout is not None
        try:
            with suppress(BrokenPipeError):
                running.stdin.writelines(given)
                running.stdin.close()  # not where `given` breaks off: what was read by then is no whole backup
            if output:
                output(running.stdout)
            else:
                running.stdout.read()
        except BaseException:
            running.kill()
            raise
        if running.wait():
            said.seek(0)
            raise refuse(f"{tool} failed: {said.read().decode(errors='replace').strip()}")
