"""Float: e-money that agents buy with money in the bank, and sell back."""

import click

from service.cli.approval import say_proposed
from service.cli.opened import as_json, bank_ref, by_name, opened


@click.group("float")
def floats() -> None:
    """Propose to issue float to an agent, or to redeem it."""


@floats.command()
@click.argument("agent")
@click.argument("amount")
@bank_ref
@by_name
def issue(agent: str, amount: str, bank_ref: str, by: str) -> None:
    """Propose to give AGENT float for AMOUNT that has come to the bank (5,000 or 5000.50); prints the approval id."""
    _propose("issue", agent, amount, bank_ref, by)


@floats.command()
@click.argument("agent")
@click.argument("amount")
@bank_ref
@by_name
def redeem(agent: str, amount: str, bank_ref: str, by: str) -> None:
    """Propose to take AMOUNT of float back from AGENT, paid out at the bank; prints the approval id."""
    _propose("redeem", agent, amount, bank_ref, by)


@floats.command("redeem-asked")
@click.argument("wish", metavar="ID")
@bank_ref
@by_name
def redeem_asked(wish: str, bank_ref: str, by: str) -> None:
    """Propose what an agent asked for under ID (see asked), paid out at the bank; prints the approval id."""
    from service.wallet.operator import redeem_asked

    with opened() as app:
        number = app.house.references.read(wish) or 0
        say_proposed(app, app.transact(lambda unit: redeem_asked(unit, wish_id=number, bank_ref=bank_ref, maker=by)))


@floats.command()
@as_json
def asked(as_json: bool) -> None:
    """List what agents have asked for on their menu: float that they want to sell back."""
    from service.cli.out import moment, print_columns, print_json
    from service.wallet.unit import Approval

    with opened() as app:
        rows = app.read(lambda unit: unit.rows.find(Approval, state="open", act="redeem", limit=10_000))
        found = [
            {
                "id": app.house.references.write(row.id),
                "at": moment(row.at, app.home.pack.zone),
                "agent": row.values["agent"],
                "amount": row.values["amount"],
                "by": row.maker,
            }
            for row in rows
            if row.maker.startswith("agent ")
        ]
    if as_json:
        return print_json(found)
    heads = ["id", "at", "agent", "amount", "by"]
    print_columns(heads, [[one[head] for head in heads] for one in found], right=[3])


def _propose(act: str, agent: str, amount: str, bank_ref: str, by: str) -> None:
    from service.money import read_amount
    from service.wallet.agent import keeper_of, read_agent_number, shop_by_number
    from service.wallet.operator import propose

    with opened() as app:
        number = read_agent_number(agent)
        keeper = app.read(lambda unit: keeper_of(unit, shop_by_number(unit, number)))
        minor = read_amount(amount, app.house.packs[keeper.country].currency)
        values = {"agent": number, "amount": minor, "bank_ref": bank_ref}
        say_proposed(app, app.transact(lambda unit: propose(unit, act=act, values=values, maker=by)))
