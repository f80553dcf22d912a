"""Agents: opening a shop, and looking at one or at all."""

import getpass
from typing import TYPE_CHECKING

import click

from service.cli.approval import say_proposed
from service.cli.group import refuse, unusable
from service.cli.opened import as_json, by_name, opened, read_number

if TYPE_CHECKING:
    from service.app import App
    from service.countries import Pack
    from service.wallet.unit import Agent, Unit

LONGEST_REASON = 30

MOST = 100_000
"""Agents that a list shows."""


@click.group()
def agent() -> None:
    """Add and show agents."""


@agent.command()
@click.argument("phone")
@click.option("--name", prompt="Name of the shop", help="As customers read it.")
@click.option("--place", prompt="Place", help="Town or market.")
@click.option("--under", metavar="NUMBER", help="The super-agent whom this agent belongs to.")
def add(phone: str, name: str, place: str, under: str | None) -> None:
    """Make the person with PHONE an agent with an empty float; prints the agent number."""
    from service.wallet.agent import add_agent, read_agent_number

    with opened() as app:
        number = read_number(app, phone)
        above = read_agent_number(under) if under else None
        made = app.transact(
            lambda unit: add_agent(unit, phone=number, name=name.strip(), place=place.strip(), under=above)
        )
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


@agent.command()
@click.argument("number")
@as_json
def commission(number: str, as_json: bool) -> None:
    """Show what the agent with this NUMBER has earned, what was last paid, and the next payday."""
    from service.cli.out import moment, print_json
    from service.wallet.commission import owed_to

    with opened() as app:
        row, pack = _agent_and_pack(app, number)
        owed = app.read(lambda unit: owed_to(unit, row, pack))
        next_at = moment(owed.next_at, pack.zone)
    if as_json:
        return print_json({"number": row.number, "owed": owed.owed, "paid": owed.paid, "next_at": next_at})
    click.echo(f"{row.number} {row.name}: owed {owed.owed}, last paid {owed.paid} (minor units), next {next_at}")


@agent.command()
@click.argument("number")
@click.option("--by", metavar="NAME", help="Who does this; the login name if missing.")
def suspend(number: str, by: str | None) -> None:
    """Stop the shop with this NUMBER from working, at once: its codes answer nothing until it is opened again."""
    import structlog

    from service.wallet.agent import read_agent_number, set_shop

    with opened() as app:
        row = app.transact(lambda unit: set_shop(unit, read_agent_number(number), "suspended"))
        structlog.get_logger().info("a shop was suspended", act="suspend", agent=row.number, by=by or getpass.getuser())
    click.echo(f"{row.number} is suspended: nothing is paid in or out there.")


@agent.command()
@click.argument("number")
@by_name
def resume(number: str, by: str) -> None:
    """Propose to open the suspended shop with this NUMBER again; prints the approval id."""
    _propose_shop("resume_shop", number, by)


@agent.command()
@click.argument("number")
@by_name
def close(number: str, by: str) -> None:
    """Propose to close the shop with this NUMBER for good: its float and commission are settled first."""
    _propose_shop("close_shop", number, by)


def _propose_shop(act: str, number: str, by: str) -> None:
    from service.wallet.agent import read_agent_number, refuse_owing
    from service.wallet.operator import propose
    from service.wallet.unit import Agent

    with opened() as app:
        read = read_agent_number(number)
        row = app.read(lambda unit: unit.rows.get(Agent, read))
        if row is None or row.state == "closed":
            raise refuse(f"{read} is no shop")
        if act == "close_shop":
            app.read(lambda unit: refuse_owing(unit, row))
        say_proposed(app, app.transact(lambda unit: propose(unit, act=act, values={"agent": read}, maker=by)))


@agent.command()
@click.argument("number")
@click.argument("amount")
@click.option("--reason", required=True, help="What the agent reads: at most 30 letters.")
@by_name
def clawback(number: str, amount: str, reason: str, by: str) -> None:
    """Propose to take AMOUNT of commission back from the agent with this NUMBER; prints the approval id."""
    from service.money import read_amount
    from service.wallet.operator import propose

    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise unusable("--reason has 1 to 30 letters: the agent reads it in an SMS")
    with opened() as app:
        row, pack = _agent_and_pack(app, number)
        values = {"agent": row.number, "amount": read_amount(amount, pack.currency), "reason": reason.strip()}
        say_proposed(app, app.transact(lambda unit: propose(unit, act="clawback", values=values, maker=by)))


@agent.command()
@click.argument("number")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Entries at most.")
@as_json
def statement(number: str, limit: int, as_json: bool) -> None:
    """Show what went in and out of the float of the agent with this NUMBER, newest first."""
    from service.cli.books import print_statement
    from service.wallet.account import float_of
    from service.wallet.statement import statement as page

    with opened() as app:
        row, pack = _agent_and_pack(app, number)
        account = float_of(row, pack.country)
        balance, items = app.read(lambda unit: (unit.books.balance(account), page(unit, account, limit=limit)))
    print_statement({"agent": row.number}, row.name, balance, items, pack.zone, as_json=as_json)


@agent.command()
@click.argument("number", required=False)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Shortages at most.")
@as_json
def shortages(number: str | None, limit: int, as_json: bool) -> None:
    """Show who could not be served for want of cash or float, at the agent with this NUMBER or anywhere, newest first.

    Where no agent is named, nobody in the place was known to have the cash.
    """
    from service.cli.out import moment, print_columns, print_json
    from service.wallet.agent import read_agent_number
    from service.wallet.drawer import Shortage

    with opened() as app:
        only = {"agent": read_agent_number(number)} if number else {}
        rows = app.read(lambda unit: unit.rows.find(Shortage, limit=limit, newest=True, **only))
        zone = app.home.pack.zone
    heads = ["at", "agent", "area", "why", "amount"]
    found = [{"at": moment(row.at, zone), **{head: getattr(row, head) for head in heads[1:]}} for row in rows]
    if as_json:
        return print_json(found)
    print_columns(heads, [[one[head] for head in heads] for one in found], right=[4])


def _agent_and_pack(app: "App", number: str) -> "tuple[Agent, Pack]":
    from service.wallet.agent import keeper_of, read_agent_number, shop_by_number

    row = app.read(lambda unit: shop_by_number(unit, read_agent_number(number)))
    return row, app.house.packs[app.read(lambda unit: keeper_of(unit, row)).country]


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
    from service.wallet.agent import keeper_of
    from service.wallet.report import reports_about

    keeper = keeper_of(unit, row)
    return {
        "number": row.number,
        "name": row.name,
        "place": row.place,
        "state": row.state,
        "under": row.under,
        "phone": keeper.phone,
        "reports": reports_about(unit, row),
        "float": unit.books.balance(float_of(row, keeper.country)),
        "commission": unit.books.balance(commission_of(row, keeper.country)),
    }


def _print(found: list[dict[str, object]], as_json: bool, *, one: bool) -> None:
    from service.cli.out import print_columns, print_json

    if as_json:
        return print_json(found[0] if one else found)
    heads = ["number", "name", "place", "state", "phone", "float", "commission"]
    print_columns(heads, [[about[head] for head in heads] for about in found], right=(5, 6))
