"""Acts that one person makes and another approves: their ids, and approving.

An id is the reference that the entry will have: ten letters of which two are checks, so that a mistyped one is noticed.
"""

from typing import TYPE_CHECKING, Any

import click

from service.cli.group import refuse
from service.cli.opened import opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.app import App
    from service.wallet.unit import Approval


def say_proposed(app: "App", made: "Approval") -> None:
    """Print an approval's id on standard output, and what to do with it on standard error."""
    reference = app.house.references.write(made.id)
    click.echo(reference)
    click.echo(f"Somebody else now types: senti approve {reference} --by THEIR-NAME", err=True)


@click.command()
@click.argument("approval_id", metavar="ID")
@click.option("--by", metavar="NAME", help="Who approves; without it the act is shown and not done.")
def approve(approval_id: str, by: str | None) -> None:
    """Show the act that was proposed under ID, and with --by do it."""
    from service.cli.bulk import carry_out as pay_bulk
    from service.cli.refund import carry_out
    from service.wallet.operator import approve as do
    from service.wallet.proposal import NothingToApprove
    from service.wallet.unit import Approval

    with opened() as app:
        number = app.house.references.read(approval_id)
        if number is None:
            raise refuse(f"{approval_id} is mistyped: an approval id has ten letters and digits, two of them checks")
        waiting = app.read(lambda unit: unit.rows.get(Approval, number))
        if waiting is None:
            raise NothingToApprove
        said = ", ".join(f"{name} {value}" for name, value in _told(app, waiting).items())
        click.echo(f"{waiting.act}: {said}; made by {waiting.maker}, {waiting.state}")
        if by is None:
            return
        if waiting.act == "refund" and waiting.state == "approved":
            return carry_out(app, waiting)  # it broke off half-way, or there is nothing left of it
        if waiting.act == "bulk" and waiting.state == "approved":
            return pay_bulk(app, waiting.values["bulk"])
        if waiting.act == "tariff" and waiting.state == "open":
            _refuse_unsound(app, waiting)
        result = app.transact(lambda unit: do(unit, approval_id=number, checker=by))
        if waiting.act == "refund":
            carry_out(app, waiting)
        if waiting.act == "bulk":
            pay_bulk(app, waiting.values["bulk"])
        done = _shown(app, waiting, result)
        click.echo("Done. " + ", ".join(f"{name} {value}" for name, value in done.items()))


def _refuse_unsound(app: "App", waiting: "Approval") -> None:
    """Refuse a price list that the menus have no room for; its tables are judged again when it is approved."""
    from service.wallet.prices import judge_prices

    values = waiting.values
    verdict = app.read(lambda unit: judge_prices(unit, values["country"], values["prices"]))
    if verdict.pack is not None and not verdict.problems and (problems := app.spoken(verdict.pack)[1]):
        raise refuse(*problems)


def _told(app: "App", waiting: "Approval") -> dict[str, Any]:
    """Return what an act is about in words for people."""
    from service.wallet.identity import NewNumber
    from service.wallet.prices import mark
    from service.wallet.proposal import facts
    from service.wallet.unit import Person

    values = _shown(app, waiting, waiting.values)
    if "prices" in values:
        values["prices"] = mark(values["prices"])
    if "application" in values:
        found = app.read(lambda unit: facts(unit, waiting))
        values = {name: value for name, value in found.items() if name not in ("act", "maker", "state")}
    if "entry" in values:
        values["entry"] = app.house.references.write(values["entry"])
    if "person" in values:
        person = app.read(lambda unit: unit.rows.get(Person, waiting.values["person"]))
        values["person"] = f"{person.name} {person.phone}" if person else "nobody"
    if wanted := app.read(lambda unit: unit.rows.get(NewNumber, waiting.id)):
        values["phone"] = wanted.phone
    return values


def _shown(app: "App", approval: "Approval", values: "Mapping[str, Any]") -> dict[str, Any]:
    """Return what an act says, or what has come of it, with its amounts in the money that it moves."""
    from service.money import show_amount_full
    from service.wallet.proposal import country_of

    country = app.read(lambda unit: country_of(unit, approval))
    pack = app.house.packs[country] if country else app.home.pack
    amounts = {name: show_amount_full(values[name], pack.currency) for name in ("amount", "balance") if name in values}
    return {**values, **amounts}
