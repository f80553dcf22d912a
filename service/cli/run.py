"""Starting the service: the database brought up to date, the demo loaded, the web and the worker run."""

from typing import TYPE_CHECKING

import click

from service.cli.group import unusable
from service.cli.opened import opened, settings_read

if TYPE_CHECKING:
    from service.settings import Settings


@click.command()
def migrate() -> None:
    """Bring the database to the shape that this release needs.

    On PostgreSQL make two roles beforehand: one that owns the database (SENTI_DATABASE_ADMIN_URL), and one for the
    service (SENTI_DATABASE_URL), which owns nothing. This command runs as the first and gives the second exactly what
    the service needs: to read the books and add to them, to change balances, counters and its own records, and nothing
    else. It may be run again at any time; rights that the service should not have are taken away. In production the
    service does not start with a role that may do more.

    \b
      CREATE ROLE senti_owner LOGIN PASSWORD '...';
      CREATE ROLE senti LOGIN PASSWORD '...';
      CREATE DATABASE senti OWNER senti_owner;
    """  # noqa: D301  (click reads the backspace: what follows is not joined to one paragraph)
    bring_up(settings_read())
    click.echo("The database is up to date.")


def bring_up(settings: "Settings") -> None:
    """Migrate with the role that may, and give the service's own role its rights."""
    from sqlalchemy import make_url

    from service.storage.migrate import migrate as bring_up_database

    url, admin = settings.database_url.get_secret_value(), settings.database_admin_url
    if admin is None:
        bring_up_database(url)
        return
    role, owner = make_url(url).username, make_url(admin.get_secret_value()).username
    if role is None or role == owner:
        raise unusable(
            "SENTI_DATABASE_URL names no role of its own: it needs another one than SENTI_DATABASE_ADMIN_URL"
        )
    bring_up_database(admin.get_secret_value(), service_role=role)


@click.group()
def demo() -> None:
    """People and agents to try it out with."""


@demo.command()
def codes() -> None:
    """Print the codes of now with which the demo's staff log in to the console; each is good once."""
    if settings_read().mode == "production":
        raise unusable("SENTI_MODE is production: there are no demo staff")
    _say_codes()


def _say_codes() -> None:
    from service import clock
    from service.demo import PASSWORD, STAFF, demo_secret
    from service.wallet.staff import code_at

    click.echo(f"Staff of the demo, password: {PASSWORD}")
    for name, role, _ in STAFF:
        click.echo(f"  {name:8} {role:9} {code_at(demo_secret(name), clock.now())}")


@demo.command()
def load() -> None:
    """Open the demo's wallets and shops with a short history; does nothing if they are there."""
    _load()
    click.echo("The demo is loaded.")


def _load() -> None:
    from service.demo import DEMO_COUNTRY, load_demo, load_demo_staff

    with opened() as app:
        if app.settings.mode == "production":
            raise unusable("SENTI_MODE is production: demo people have PINs that everybody knows")
        if app.home.pack.country != DEMO_COUNTRY:
            raise unusable(
                f"SENTI_COUNTRIES begins with {app.home.pack.country}: the demo's people live in {DEMO_COUNTRY}; "
                "name that first, or open wallets of your own with senti person register, and serve with senti serve"
            )
        load_demo(app.transact, app.home.pack)
        load_demo_staff(app.transact)


_port = click.option("--port", type=click.IntRange(1, 65535), help="Instead of SENTI_PORT.")


@click.command()
@_port
def run(port: int | None) -> None:
    """Try it out: migrate, load the demo, serve web and worker, and say where the simulator is."""
    from service.cli.server import Serving, serve_web

    settings = settings_read()
    if settings.mode == "production":
        raise unusable("`senti run` is for trying out; in production: senti migrate, then senti serve and senti worker")
    port = port or settings.port
    settings = settings.model_copy(update={"port": port})
    bring_up(settings)
    _load()
    address = f"http://{settings.host}:{port}"

    def ready() -> None:
        click.echo(f"Console: {address}/console")
        _say_codes()
        click.echo(f"Senti: {address}/simulator (Ctrl-C ends it)")

    serve_web(settings, Serving(port=port, worker=True), ready=ready)


@click.command()
@_port
@click.option("--workers", type=click.IntRange(1, 64), help="Processes, instead of SENTI_WORKERS; SQLite has one.")
def serve(port: int | None, workers: int | None) -> None:
    """Serve the gateways; on SQLite the worker runs beside it, on PostgreSQL `senti worker` does."""
    from service.cli.server import Serving, on_sqlite, serve_web

    settings = settings_read()
    workers = workers or settings.workers
    settings = settings.model_copy(update={"port": port or settings.port})
    if on_sqlite(settings) and workers > 1:
        raise unusable("SENTI_WORKERS is above 1: SQLite has one process; set it to 1 or use PostgreSQL")
    serving = Serving(port=port or settings.port, workers=workers, worker=on_sqlite(settings))
    serve_web(settings, serving, ready=lambda: click.echo(f"Senti listens on {settings.host}:{serving.port}"))


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Instead of SENTI_CONSOLE_PORT.")
def console(port: int | None) -> None:
    """Serve the staff's console on a port of its own; it stands behind TLS, where only staff can reach it."""
    from service.cli.server import Serving, serve_web

    settings = settings_read()
    port = port or settings.console_port
    if port is None:
        raise unusable(
            "SENTI_CONSOLE_PORT is missing: set it to a port that only staff reach, and run senti console again"
        )
    serving = Serving(port=port, console=True)
    serve_web(settings, serving, ready=lambda: click.echo(f"The console listens on {settings.host}:{port}"))


@click.command()
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="Serve this process's own /metrics there.")
def worker(metrics_port: int | None) -> None:
    """Send messages and do what is timed, until SIGTERM; stops between two messages."""
    from service.cli.server import on_sqlite, work

    settings = settings_read()
    if on_sqlite(settings):
        raise unusable("on SQLite `senti serve` does the worker's work already: nothing to start")
    work(settings, metrics_port)
