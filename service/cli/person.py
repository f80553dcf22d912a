"""People: opening a wallet over the counter, looking one up, blocking and freeing it."""

import getpass
import sys
from typing import TYPE_CHECKING, Any

import click

from service.cli.approval import say_proposed
from service.cli.group import unusable
from service.cli.opened import as_json, by_name, known, opened, pack_of_number, read_address, read_number

if TYPE_CHECKING:
    from service.refusal import Refusal
    from service.wallet.unit import Approval, Person, Unit


@click.group()
def person() -> None:
    """Show, register, block and unblock people.

    Where several share a number, PHONE is the number, / and a seat: 0711000001/1. Without it the seats are listed.
    """


@person.command()
@click.argument("phone")
@as_json
def show(phone: str, as_json: bool) -> None:
    """Show who has PHONE, what they have and what they may do."""
    from service.cli.out import print_json
    from service.money import show_amount_full

    with opened() as app:
        number = read_address(app, phone)
        about = app.read(lambda unit: _about(unit, number))
        pack = app.house.packs[about.pop("country")]
    if as_json:
        return print_json(about)
    limits = about["limits"]
    click.echo(f"{about['name']}  {about['phone']}  {about['state']}, tier {about['tier']}, reads {about['language']}")
    click.echo(f"has {show_amount_full(about['balance'], pack.currency)}")
    for name, amount in limits.items():
        if amount is not None:
            click.echo(f"limit {name}: {show_amount_full(amount, pack.currency)}")
    for pot in about["savings"]:
        has, goal = (show_amount_full(pot[name], pack.currency) for name in ("balance", "goal"))
        click.echo(f"saves {has}, locked until {pot['until']}" if pot["until"] else f"saves {has} of {goal}")
    if about["agent"]:
        click.echo(f"agent {about['agent']}")


def _about(unit: "Unit", number: str) -> dict[str, Any]:
    from service.wallet.agent import agent_of
    from service.wallet.limits import limits_of
    from service.wallet.savings import pots_of
    from service.wallet.statement import balance_of

    row = known(unit, number)
    pack, agent = unit.house.packs[row.country], agent_of(unit, row.id)
    return {
        "phone": row.phone,
        "seat": row.seat,
        "name": row.name,
        "language": row.language,
        "tier": row.tier,
        "state": "locked" if row.state == "active" and row.pin_tries >= pack.pin_tries else row.state,
        "balance": balance_of(unit, row),
        "limits": limits_of(unit, row)._asdict(),
        "agent": agent.number if agent else None,
        "savings": [{"balance": pot.held, "goal": pot.goal, "until": pot.until} for pot in pots_of(unit, row)],
        "country": row.country,
    }


@person.command()
@click.argument("phone")
@click.option("--name", help="First and last name; asked for if missing.")
@click.option("--id-number", help="Of the identity document; asked for if missing.")
@click.option("--language", help="What they read; the country's first if missing.")
@click.option("--pin-stdin", is_flag=True, help="Read the PIN from one line of standard input.")
def register(phone: str, name: str | None, id_number: str | None, language: str | None, pin_stdin: bool) -> None:
    """Open a wallet for PHONE; the person types the PIN twice and nobody sees it."""
    from service.wallet.name import read_name
    from service.wallet.people import AlreadyRegistered, begin_registration, people_at, read_id_number
    from service.wallet.people import register as open_wallet

    with opened() as app:
        number, pack = read_number(app, phone), pack_of_number(app, phone)
        if language not in (None, *pack.languages):
            raise unusable(f"--language is one of: {', '.join(pack.languages)}")
        if app.read(lambda unit: people_at(unit, number)):
            raise AlreadyRegistered
        full_name = read_name(name or click.prompt("Name"))
        document = read_id_number(id_number or click.prompt("ID number"))
        pin = _first_line() if pin_stdin else _asked_twice()

        def work(unit: "Unit") -> None:
            begun = begin_registration(unit, number, pin)
            open_wallet(
                unit,
                person_id=begun["person_id"],
                phone=number,
                name=full_name,
                id_number=document,
                language=language or pack.languages[0],
                pin=begun["pending"],
                pack=pack,
                tier=min(pack.tiers),
            )

        app.transact(work)
    click.echo(f"{full_name} has a wallet at {number}.")


def _first_line() -> str:
    from service.wallet.pin import read_pin

    return read_pin(sys.stdin.readline().rstrip("\r\n"))


def _asked_twice() -> str:
    from service.wallet.pin import DifferentPin, read_pin

    pin = read_pin(click.prompt("PIN", hide_input=True))
    if read_pin(click.prompt("The same PIN again", hide_input=True)) != pin:
        raise DifferentPin
    return pin


@person.command()
@click.argument("phone")
@click.option("--by", metavar="NAME", help="Who does this; the login name if missing.")
def block(phone: str, by: str | None) -> None:
    """Stop money from leaving the wallet of PHONE, at once."""
    import structlog

    from service.phone import number_of
    from service.wallet.people import set_state

    with opened() as app:
        number = read_address(app, phone)
        app.transact(lambda unit: set_state(unit, known(unit, number), "blocked"))
        structlog.get_logger().info(
            "a person was blocked", act="block", phone=number_of(number), by=by or getpass.getuser()
        )
    click.echo(f"{number} is blocked: money comes in, but does not go out.")


@person.command()
@click.argument("phone")
@click.option("--by", metavar="NAME", help="Who does this; the login name if missing.")
def swapped(phone: str, by: str | None) -> None:
    """Note that PHONE was moved to another SIM just now: for some days money comes in and does not go out.

    `senti person unblock` ends that earlier, with two people who have seen the owner.
    """
    import structlog

    from service.phone import number_of
    from service.wallet.sim import note_swap

    with opened() as app:
        number = read_address(app, phone)
        app.transact(lambda unit: note_swap(unit, known(unit, number).id, unit.now))
        structlog.get_logger().info(
            "a SIM was changed", act="swapped", phone=number_of(number), by=by or getpass.getuser()
        )
    click.echo(f"{number} has another SIM: money comes in, but does not go out.")


@person.command("reset-pin")
@click.argument("phone")
@click.option(
    "--id-number", metavar="NUMBER", help="Of the identity document that was shown; missing if an agent has seen it."
)
@by_name
def reset_pin(phone: str, id_number: str | None, by: str) -> None:
    """Vouch for the owner of PHONE, who has asked for a new PIN on it; prints the approval id.

    The new PIN is chosen on the phone, when its time has come; nobody else ever sees one. Where several share the
    number this asks for the new PIN too, and the approval prints a code: tell it to the owner alone.
    """
    from service.refusal import Refusal
    from service.wallet.operator import propose_reset
    from service.wallet.people import read_id_number

    with opened() as app:
        number, document = read_address(app, phone), read_id_number(id_number) if id_number else None
        made = app.transact(lambda unit: propose_reset(unit, known(unit, number), id_number=document, maker=by))
        if isinstance(made, Refusal):
            raise made
        say_proposed(app, made)


@person.command()
@click.argument("phone")
@click.option("--id-number", required=True, metavar="NUMBER", help="Of the identity document that was shown.")
@by_name
def identify(phone: str, id_number: str, by: str) -> None:
    """Propose to wake the wallet of PHONE, which nobody used for long: you have seen its owner and the document."""
    from service.refusal import Refusal
    from service.wallet.operator import propose_identify
    from service.wallet.people import read_id_number

    with opened() as app:
        number, document = read_address(app, phone), read_id_number(id_number)
        made = app.transact(lambda unit: propose_identify(unit, known(unit, number), id_number=document, maker=by))
        if isinstance(made, Refusal):
            raise made
        say_proposed(app, made)


@person.command()
@click.argument("phone")
@by_name
def retire(phone: str, by: str) -> None:
    """Propose to take PHONE from a wallet that slept: somebody else has the number now. The money stays there."""
    from service.wallet.operator import propose

    with opened() as app:
        number = read_address(app, phone)
        made = app.transact(
            lambda unit: propose(unit, act="retire", values={"person": known(unit, number).id}, maker=by)
        )
        say_proposed(app, made)


@person.command()
@click.argument("who")
@click.argument("phone")
@click.option("--id-number", required=True, metavar="NUMBER", help="Of the identity document that was shown.")
@by_name
def renumber(who: str, phone: str, id_number: str, by: str) -> None:
    """Propose to put the wallet of WHO behind PHONE: you have seen its owner and the document.

    WHO is the old number, or the approval id under which it was taken from the wallet.
    """
    from service.refusal import Refusal
    from service.wallet.operator import propose_renumber
    from service.wallet.people import read_id_number

    with opened() as app:
        number, document = read_number(app, phone), read_id_number(id_number)

        def work(unit: "Unit") -> "Approval | Refusal":
            owner = _retired(unit, app.house.references.read(who)) or known(unit, read_address(app, who))
            return propose_renumber(unit, owner, phone=number, id_number=document, maker=by)

        made = app.transact(work)
        if isinstance(made, Refusal):
            raise made
        say_proposed(app, made)


def _retired(unit: "Unit", approval_id: int | None) -> "Person | None":
    """Return whose number was taken from them under an approval."""
    from service.wallet.unit import Approval, Person

    made = unit.rows.get(Approval, approval_id) if approval_id is not None else None
    return unit.rows.get(Person, made.values["person"]) if made is not None and made.act == "retire" else None


@person.command()
@click.argument("phone")
@by_name
def unblock(phone: str, by: str) -> None:
    """Propose to free the wallet of PHONE, its PIN too; prints the approval id."""
    from service.wallet.operator import propose

    with opened() as app:
        number = read_address(app, phone)
        made = app.transact(
            lambda unit: propose(unit, act="unblock", values={"person": known(unit, number).id}, maker=by)
        )
        say_proposed(app, made)
