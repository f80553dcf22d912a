"""What nearly every command begins with: the service opened from the settings, and a person found by number."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.status import Status

    from service.app import App
    from service.countries import Pack
    from service.settings import Settings
    from service.wallet.unit import Person, Unit


def _not_empty(_context: click.Context, _option: click.Parameter, typed: str) -> str:
    from service.cli.group import unusable

    if not any(char.isalnum() for char in typed):
        raise unusable("--bank-ref is empty: it is the bank's own reference")
    return typed


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON: amounts in minor units, times ISO 8601.")
bank_ref = click.option(
    "--bank-ref", required=True, metavar="R", callback=_not_empty, help="The bank's own reference: each counts once."
)
by_name = click.option("--by", required=True, metavar="NAME", help="Who does this.")


def settings_read() -> "Settings":
    """Read the settings and send what is logged to standard error."""
    from service.log import set_up
    from service.settings import read_settings

    settings = read_settings()
    set_up(level=settings.log_level)
    return settings


@contextmanager
def opened() -> Iterator["App"]:
    """Open the service for one command."""
    from service.app import make_app

    app = make_app(settings_read())
    try:
        yield app
    finally:
        app.store.close()


def served(app: "App", country: str | None) -> "Pack":
    """Return the country that --country names, or the first that is served."""
    from service.cli.group import unusable

    code = country or app.home.pack.country
    if code not in app.house.packs:
        raise unusable(f"--country {code}: served are {', '.join(app.house.packs)}")
    return app.house.packs[code]


def read_number(app: "App", typed: str) -> str:
    """Return a phone number in its one form; raises BadPhone if it is of no country that is served."""
    return _number_and_pack(app, typed)[0]


def read_address(app: "App", typed: str) -> str:
    """Return a phone number in its one form, with the seat behind it if one is named: `0711000001/1`."""
    from service.cli.group import unusable
    from service.phone import at_seat

    number, mark, seat = typed.partition("/")
    if mark and not (len(seat) == 1 and seat.isascii() and seat.isdigit()):
        raise unusable("behind the / stands a seat, from 0 to 9")
    phone = read_number(app, number)
    return at_seat(phone, int(seat)) if mark else phone


def pack_of_number(app: "App", typed: str) -> "Pack":
    """Return the country of a phone number."""
    return _number_and_pack(app, typed)[1]


def _number_and_pack(app: "App", typed: str) -> "tuple[str, Pack]":
    from service.phone import BadPhone, read_phone

    for pack in app.house.packs.values():
        try:
            return read_phone(typed, pack.region), pack
        except BadPhone:
            continue
    raise BadPhone


def known(unit: "Unit", address: str) -> "Person":
    """Return the person behind a number, or say that there is none, or which of several can be named."""
    from service.cli.group import refuse
    from service.wallet.name import masked
    from service.wallet.people import people_at

    people = people_at(unit, address)
    if not people:
        raise refuse(f"{address} has no wallet")
    if len(people) > 1:
        seats = ", ".join(f"{one.address} {masked(one.name)}" for one in people)
        raise refuse(f"several people share {address}: {seats}")
    return people[0]


def patience(doing: str) -> "AbstractContextManager[Status | None]":
    """Show on a terminal that long work goes on."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(f"{doing} ...")
