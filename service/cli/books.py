"""Reading the books: all accounts, one person's page, one entry, and the audit."""

from typing import TYPE_CHECKING, Any

import click

from service.cli.approval import say_proposed
from service.cli.group import refuse
from service.cli.opened import as_json, by_name, known, opened, patience, read_address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from service.app import App
    from service.ledger.books import Recorded
    from service.wallet.owned import Owned
    from service.wallet.statement import Item


@click.command()
@as_json
def books(as_json: bool) -> None:
    """Show every account with its balance; a sound book adds up to 0."""
    from service.cli.out import print_columns, print_json
    from service.wallet.owned import owned_accounts

    with opened() as app, patience("Reading the books"):
        owned = app.read(owned_accounts)
        countries = dict.fromkeys([*app.house.packs, *(one.account.country for one in owned)])
        found = [_book(app, country, [one for one in owned if one.account.country == country]) for country in countries]
    if as_json:
        return print_json({"books": found})
    for book in found:
        shown = [row for row in book["accounts"] if row["balance"] or row["kind"] != "held"]
        rows = [[row["id"], row["owner"] or "", row["balance"]] for row in shown]
        print_columns(["account", "owner", f"{book['currency']}, minor units"], rows, right=[2])
        click.echo(f"{book['country']}: total {book['total']}")


def _book(app: "App", country: str, owned: "list[Owned]") -> dict[str, Any]:
    from service.countries import load_pack

    pack = app.house.packs.get(country) or load_pack(country)
    accounts = [
        {"id": str(one.account), "kind": one.account.kind.value, "owner": one.owner, "balance": one.balance}
        for one in owned
    ]
    return {
        "country": country,
        "currency": pack.currency.code,
        "accounts": accounts,
        "total": sum(one.balance for one in owned),
    }


@click.command()
@click.argument("phone")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Entries at most.")
@as_json
def statement(phone: str, limit: int, as_json: bool) -> None:
    """Show what went in and out of the wallet of PHONE, newest first."""
    from service.wallet.account import wallet_of
    from service.wallet.statement import balance_of
    from service.wallet.statement import statement as page

    with opened() as app:
        number = read_address(app, phone)
        person = app.read(lambda unit: known(unit, number))
        balance, items = app.read(lambda unit: (balance_of(unit, person), page(unit, wallet_of(person), limit=limit)))
        zone = app.house.packs[person.country].zone
    print_statement({"phone": person.phone}, person.name, balance, items, zone, as_json=as_json)


def print_statement(
    owner: dict[str, str], name: str, balance: int, items: "Sequence[Item]", zone: "ZoneInfo", *, as_json: bool
) -> None:
    """Print entries of a wallet or a float; `owner` is what names it in JSON."""
    from service.cli.out import moment, print_columns, print_json

    entries = [
        {
            "reference": item.reference,
            "at": moment(item.at, zone),
            "reason": item.reason.value,
            "amount": item.amount,
            "balance": item.balance,
            "other": item.other,
        }
        for item in items
    ]
    if as_json:
        return print_json({**owner, "balance": balance, "entries": entries})
    click.echo(f"{name}  {'  '.join(owner.values())}  has {balance} (minor units)")
    heads = ["at", "reference", "reason", "amount", "balance", "other"]
    print_columns(heads, [[entry[head] for head in heads] for entry in entries], right=(3, 4))


@click.group()
def entry() -> None:
    """Show one entry, or propose to reverse it."""


@entry.command()
@click.argument("reference", metavar="REF")
@as_json
def show(reference: str, as_json: bool) -> None:
    """Show the moves of the entry that a receipt calls REF."""
    from service.cli.out import moment, print_columns, print_json
    from service.wallet.statement import state_of

    with opened() as app:
        recorded = _recorded(app, reference)
        moves = [
            {
                "source": str(move.source),
                "target": str(move.target),
                "amount": move.amount,
                "reason": move.reason.value,
            }
            for move in recorded.moves
        ]
        about: dict[str, Any] = {
            "reference": app.house.references.write(recorded.id),
            "at": moment(recorded.at, app.home.pack.zone),
            "reason": recorded.reason.value,
            "state": app.read(lambda unit: state_of(unit, recorded)),
            "moves": moves,
        }
    if as_json:
        return print_json(about)
    click.echo(f"{about['reference']}  {about['at']}  {about['reason']}, {about['state']}")
    heads = ["source", "target", "amount", "reason"]
    print_columns(heads, [[move[head] for head in heads] for move in moves], right=[2])


@entry.command()
@click.argument("reference", metavar="REF")
@by_name
def reverse(reference: str, by: str) -> None:
    """Propose to undo the entry REF whole; prints the approval id. What was spent already is never taken."""
    from service.wallet.operator import propose

    with opened() as app:
        values = {"entry": _recorded(app, reference).id}
        say_proposed(app, app.transact(lambda unit: propose(unit, act="reverse", values=values, maker=by)))


def _recorded(app: "App", reference: str) -> "Recorded":
    from service.wallet.statement import UnknownReference

    number = app.house.references.read(reference)
    recorded = None if number is None else app.read(lambda unit: unit.books.entry(number))
    if recorded is None:
        raise UnknownReference
    return recorded


@click.command()
@as_json
def audit(as_json: bool) -> None:
    """Check every entry, balance, hold, message and seal; exit status 1 and the places if anything is wrong."""
    from service.cli.out import print_json
    from service.wallet.audit import audit_all

    with opened() as app, patience("Auditing"):
        report = app.read(lambda unit: audit_all(unit, seal_key=app.seal_key, older_keys=app.older_seal_keys))
    if as_json:
        problems = [problem._asdict() for problem in report.problems]
        print_json({"sound": report.sound, "entries": report.entries, "sealed": report.sealed, "problems": problems})
    elif report.sound:
        click.echo(f"Sound. {report.entries} entries, {report.sealed} of them sealed.")
    if not report.sound:
        raise refuse(*(f"{problem.check}: {problem.where}: {problem.detail}" for problem in report.problems))
