"""Agents: opening a shop, and looking at one or at all."""

from typing import TYPE_CHECKING

import click

from service.cli.opened import as_json, opened, read_number

if TYPE_CHECKING:
    from service.wallet.unit import Agent, Unit

MOST = 100_000
"""Agents that a list shows."""


@click.group()
def agent() -> None:
    """Add and show agents."""


@agent.command()
@click.argument("phone")
@click.option("--name", prompt="Name of the shop", help="As customers read it.")
@click.option("--place", prompt="Place", help="Town or market.")
def add(phone: str, name: str, place: str) -> None:
    """Make the person with PHONE an agent with an empty float; prints the agent number."""
    from service.wallet.agent import add_agent

    with opened() as app:
        number = read_number(app, phone)
        made = app.transact(lambda unit: add_agent(unit, phone=number, name=name.strip(), place=place.strip()))
    click.echo(made.number)


@agent.command()
@click.argument("number")
@as_json
def show(number: str, as_json: bool) -> None:
    """Show the agent with this NUMBER."""
    from service.wallet.agent import agent_by_number, read_agent_number

    with opened() as app:
        read = read_agent_number(number)
        _print([app.read(lambda unit: _about(unit, agent_by_number(unit, read)))], as_json, one=True)


@agent.command("list")
@as_json
def list_all(as_json: bool) -> None:
    """List all agents with their float and what is owed to them."""
    from service.wallet.unit import Agent

    with opened() as app:
        _print(
            app.read(lambda unit: [_about(unit, row) for row in unit.rows.find(Agent, limit=MOST)]), as_json, one=False
        )


def _about(unit: "Unit", row: "Agent") -> dict[str, object]:
    from service.wallet.account import commission_of, float_of
    from service.wallet.unit import Person

    keeper = unit.rows.get(Person, row.person)
    assert keeper is not None, f"no person {row.person}"
    return {
        "number": row.number,
        "name": row.name,
        "place": row.place,
        "state": row.state,
        "phone": keeper.phone,
        "float": unit.books.balance(float_of(row, keeper.country)),
        "commission": unit.books.balance(commission_of(row, keeper.country)),
    }


def _print(found: list[dict[str, object]], as_json: bool, *, one: bool) -> None:
    from service.cli.out import print_columns, print_json

    if as_json:
        return print_json(found[0] if one else found)
    heads = ["number", "name", "place", "state", "phone", "float", "commission"]
    print_columns(heads, [[about[head] for head in heads] for about in found], right=(5, 6))
