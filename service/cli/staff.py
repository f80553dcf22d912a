"""Staff of the console: opening an account, giving it a new password and authenticator, closing it."""

import sys
from typing import TYPE_CHECKING

import click

from service.cli.group import refuse, unusable
from service.cli.opened import as_json, by_name, opened, read_number

if TYPE_CHECKING:
    from service.wallet.staff import Secrets
    from service.wallet.unit import Unit

_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from one line of standard input.")


@click.group()
def staff() -> None:
    """Add, list, reset and lock the accounts of those who work in the console; and the last stamp of their logbook."""


@staff.command()
@click.argument("name")
@click.option("--role", required=True, help="support, agents, treasury, risk, auditor or admin.")
@click.option("--phone", required=True, help="Their own number: one person has one account.")
@_stdin
@by_name
def add(name: str, role: str, phone: str, password_stdin: bool, by: str) -> None:
    """Open an account for NAME; the password is asked for, the secret of the authenticator is shown once."""
    from service.wallet.logbook import TERMINAL, note
    from service.wallet.roles import ROLES
    from service.wallet.staff import add_staff, read_password, read_staff_name

    if role not in ROLES:
        raise unusable(f"--role is one of: {', '.join(ROLES)}")
    with opened() as app:
        who, number = read_staff_name(name), read_number(app, phone)
        password = read_password(_first_line() if password_stdin else _asked_twice(), who)

        def work(unit: "Unit") -> "Secrets":
            made = add_staff(unit, name=who, role=role, phone=number, password=password)
            note(unit, staff=by, role=TERMINAL, act="add staff", about=f"staff {who}", values={"role": role})
            return made

        _show(app.transact(work))


@staff.command("list")
@as_json
def listed(as_json: bool) -> None:
    """List the accounts."""
    from service.cli.out import moment, print_columns, print_json
    from service.wallet.staff import Staff, is_open

    with opened() as app:
        zone = app.home.pack.zone
        found = [
            {
                "name": one.name,
                "role": one.role,
                "state": "open" if is_open(one, app.now()) else "locked",
                "since": moment(one.at, zone),
            }
            for one in app.read(lambda unit: unit.rows.find(Staff, limit=10_000))
        ]
    if as_json:
        return print_json(found)
    heads = ["name", "role", "state", "since"]
    print_columns(heads, [[one[head] for head in heads] for one in found])


@staff.command()
@click.argument("name")
@_stdin
@by_name
def reset(name: str, password_stdin: bool, by: str) -> None:
    """Give NAME a new password and a new authenticator, and free the account; its logins end."""
    from service.wallet.logbook import TERMINAL, note
    from service.wallet.staff import read_password, reset_staff

    with opened() as app:
        password = read_password(_first_line() if password_stdin else _asked_twice(), name)

        def work(unit: "Unit") -> "Secrets":
            made = reset_staff(unit, name=name, password=password)
            note(unit, staff=by, role=TERMINAL, act="reset staff", about=f"staff {name}")
            return made

        _show(app.transact(work))


@staff.command()
@click.argument("name")
@by_name
def lock(name: str, by: str) -> None:
    """Close the account of NAME at once, and end its logins; `senti staff reset` opens it again."""
    from service.wallet.logbook import TERMINAL, note
    from service.wallet.staff import lock_staff

    with opened() as app:

        def work(unit: "Unit") -> None:
            lock_staff(unit, name=name)
            note(unit, staff=by, role=TERMINAL, act="lock staff", about=f"staff {name}")

        app.transact(work)
    click.echo(f"{name} is closed.")


@staff.command()
@as_json
def stamp(as_json: bool) -> None:
    """Show how many rows the logbook has and the stamp of the last: kept elsewhere, it tells if rows were cut off."""
    from service.cli.out import print_json
    from service.wallet.logbook import last_note

    with opened() as app:
        last = app.read(last_note)
    rows, said = (last.number, last.stamp) if last else (0, "")
    if as_json:
        return print_json({"rows": rows, "stamp": said})
    click.echo(f"{rows} rows, the last is stamped {said or 'with nothing'}")


def _first_line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _asked_twice() -> str:
    first = str(click.prompt("Password", hide_input=True))
    if click.prompt("The same password again", hide_input=True) != first:
        raise refuse("the two passwords differ")
    return first


def _show(made: "Secrets") -> None:
    """Print the secret of the authenticator, as text and for its camera; it is not shown again."""
    import segno

    click.echo(made.uri)
    segno.make(made.uri).terminal(out=sys.stderr, compact=True)
    click.echo(f"Scan this with {made.staff.name}'s authenticator now: it is not shown again.", err=True)
