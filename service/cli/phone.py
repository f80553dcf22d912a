"""Phones in the terminal: dialling, writing and reading messages, through the same door as a gateway's phones."""

import secrets
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from service.cli.group import unusable
from service.cli.opened import as_json, opened, read_number

if TYPE_CHECKING:
    from service.app import App
    from service.gateways.simulator import Simulator
    from service.wallet.unit import Notice

NEWEST = 1000
"""An inbox shows so many messages at most."""


@click.command()
@click.argument("phone")
@click.argument("code", required=False)
def dial(phone: str, code: str | None) -> None:
    """Dial CODE (the people's code) from PHONE and talk to the menu; Ctrl-D hangs up.

    Answers may be piped in, one a line. A code may carry a path: '*384*96*1*0722000002*500#'.
    """
    with opened() as app:
        gateway = _simulator(app)
        call = {"session": secrets.token_hex(8), "phone": read_number(app, phone), "code": code or _people_code(app)}
        text, ends = _hop(app, gateway, call)
        while not ends:
            click.echo(text)
            typed = _typed()
            if typed is None:
                app.behind.end(gateway.read_end(_form(call)))
                click.echo("(hung up)")
                return
            text, ends = _hop(app, gateway, {**call, "input": typed})
        click.echo(f"{text}\n(end)")
        app.behind.end(gateway.read_end(_form({**call, "shown": "1"})))


def _people_code(app: "App") -> str:
    return app.home.pack.people_code


def _simulator(app: "App") -> "Simulator":
    from service.gateways.simulator import Simulator

    gateway = app.gateways.get("simulator")
    if not isinstance(gateway, Simulator):
        raise unusable("SENTI_MODE is production: nobody but the gateway holds people's phones")
    return gateway


def _form(fields: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in fields.items()}


def _hop(app: "App", gateway: "Simulator", fields: Mapping[str, str]) -> tuple[str, bool]:
    from service.app import last_words
    from service.gateways.base import Unreadable
    from service.storage.store import Busy, Unsure

    try:
        return app.behind.dial(gateway.read_dial(_form(fields)))
    except Unreadable as wrong:
        raise unusable(f"the {wrong.field} cannot be read: {fields.get(wrong.field, '')!r}") from None
    except (Busy, Unsure):
        return last_words(app.home.talk)["busy"], True


def _typed() -> str | None:
    if sys.stdin.isatty():
        click.echo("> ", nl=False)
    line = sys.stdin.readline()
    return line.rstrip("\r\n") if line else None


@click.command()
@click.argument("phone")
@click.argument("text")
def sms(phone: str, text: str) -> None:
    """Send TEXT from PHONE to Senti, and show what it answers."""
    from service.gateways.base import Unreadable

    with opened() as app:
        number, gateway = read_number(app, phone), _simulator(app)
        before = {notice.id for notice in _notices(app, number)}
        try:
            app.behind.sms(gateway.read_sms(_form({"id": secrets.token_hex(8), "phone": number, "text": text})))
        except Unreadable as wrong:
            raise unusable(f"the {wrong.field} cannot be read") from None
        for notice in _notices(app, number):
            if notice.id not in before:
                click.echo(app.render(notice))


def _notices(app: "App", number: str) -> "list[Notice]":
    from service.wallet.unit import Notice

    found = app.read(lambda unit: unit.rows.find(Notice, phone=number, newest=True, limit=NEWEST))
    return sorted(found, key=lambda notice: (notice.at, notice.id))


@click.command()
@click.argument("phone")
@as_json
def inbox(phone: str, as_json: bool) -> None:
    """Show the messages to PHONE, oldest first, those still queued too."""
    from service.cli.out import moment, print_json

    with opened() as app:
        number = read_number(app, phone)
        messages = [
            {
                "id": notice.id,
                "at": moment(notice.at, app.home.pack.zone),
                "to": notice.phone,
                "text": app.render(notice),
                "state": notice.state,
            }
            for notice in _notices(app, number)
        ]
    if as_json:
        return print_json(messages)
    for message in messages:
        click.echo(f"{message['at']} ({message['state']})\n  {message['text']}")
