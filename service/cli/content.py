"""Content that sellers offer at their tills: put up, listed, paused and sold again, and access codes loaded."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.group import refuse, unusable
from service.cli.opened import as_json, by_name, opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.app import App
    from service.countries import Pack
    from service.wallet.item import Item
    from service.wallet.unit import Unit

MOST = 100_000
"""Items that a list shows."""

MOST_CODES = 100_000
"""Access codes that one file brings."""

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def content() -> None:
    """Sell texts, access codes, subscriptions and services at a till."""


@content.command()
@click.argument("till")
@click.option("--title", required=True, help="What it is called: 3 to 20 letters.")
@click.option(
    "--price", required=True, help="In the country's money, as fine as a millionth of its smallest coin: 0.003."
)
@click.option(
    "--kind", type=click.Choice(["text", "code", "subscription", "metered"]), default="text", show_default=True
)
@click.option("--text", "file", type=_file, help="The text that is sold, from a file.")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=30,
    show_default=True,
    help="So long bought is bought, or a subscription's period.",
)
@by_name
def add(till: str, title: str, price: str, kind: str, file: Path | None, days: int, by: str) -> None:
    """Put something up for sale at TILL, and print the code that people buy it by."""
    from service.wallet.item import LONGEST_TEXT, read_title
    from service.wallet.logbook import TERMINAL, note
    from service.wallet.seller_payday import put_up
    from service.wallet.till import read_till_number

    called = read_title(title)
    if called is None:
        raise unusable("--title has 3 to 20 letters that every phone shows")
    text = _text(file) if file else ""
    wanted = {"code": False, "metered": bool(text)}.get(kind, True)
    if bool(text) != wanted or len(text) > LONGEST_TEXT:
        raise unusable(f"a text comes from --text FILE, with up to {LONGEST_TEXT:,} letters; codes come by load-codes")
    number = read_till_number(till)
    with opened() as app:
        fine = _price(_pack(app, number), price)

        def work(unit: "Unit") -> "Item":
            made = put_up(unit, till=number, kind=kind, title=called, price=fine, days=days, text=text)
            note(unit, staff=by, role=TERMINAL, act="add content", about=f"content {made.code}")
            return made

        click.echo(app.transact(work).code)


@content.command("list")
@as_json
def list_all(as_json: bool) -> None:
    """List all content, with the till that sells it."""
    from service.wallet.item import Item

    with opened() as app:
        found = app.read(lambda unit: [_about(unit, item) for item in unit.rows.find(Item, limit=MOST)])
    _print(found, as_json, one=False)


@content.command()
@click.argument("code")
@as_json
def show(code: str, as_json: bool) -> None:
    """Show what is sold under CODE."""
    from service.wallet.item import item_of, read_item_code

    read = read_item_code(code)
    with opened() as app:
        found = app.read(lambda unit: [_about(unit, item_of(unit, read))])
    _print(found, as_json, one=True)


@content.command()
@click.argument("code")
@by_name
def pause(code: str, by: str) -> None:
    """Sell what has CODE no more for the time being; what was bought stays bought."""
    from service.wallet.item import read_item_code, turn_sale
    from service.wallet.logbook import TERMINAL, note

    read = read_item_code(code)

    def work(unit: "Unit") -> str:
        item = turn_sale(unit, read, "paused")
        note(unit, staff=by, role=TERMINAL, act="pause content", about=f"content {item.code}")
        return item.title

    with opened() as app:
        click.echo(f"{app.transact(work)} is not sold any more; senti content resume {read} proposes to sell it again.")


@content.command()
@click.argument("code")
@by_name
def resume(code: str, by: str) -> None:
    """Propose to sell what has CODE again; somebody else approves it. Prints the approval id."""
    from service.cli.approval import say_proposed
    from service.wallet.item import item_of, read_item_code
    from service.wallet.operator import propose
    from service.wallet.unit import Approval

    read = read_item_code(code)

    def work(unit: "Unit") -> Approval | None:
        if item_of(unit, read).state == "open":
            return None
        return propose(unit, act="resume_content", values={"item": read}, maker=by)

    with opened() as app:
        made = app.transact(work)
        if made is None:
            raise refuse(f"{read} is sold already")
        say_proposed(app, made)


@content.command("load-codes")
@click.argument("code")
@click.argument("file", type=_file)
@by_name
def load(code: str, file: Path, by: str) -> None:
    """Add the access codes in FILE, one a line (the first column of a CSV), to what is sold under CODE."""
    from service.wallet.item import item_of, load_codes, read_item_code
    from service.wallet.logbook import TERMINAL, note

    read, codes = read_item_code(code), _codes(file)

    def work(unit: "Unit") -> int:
        item = item_of(unit, read)
        if item.kind != "code":
            raise refuse(f"{read} is a {item.kind}, which has no access codes")
        new = load_codes(unit, item, codes)
        note(unit, staff=by, role=TERMINAL, act="load codes", about=f"content {read}", values={"new": new})
        return new

    with opened() as app:
        new = app.transact(work)
    click.echo(f"{new} codes added; {len(codes) - new} were there before.")


@content.command()
@click.argument("till")
@by_name
def key(till: str, by: str) -> None:
    """Print a new key for the service of TILL that tells what was used; an older one opens nothing any more."""
    from service.wallet.logbook import TERMINAL, note
    from service.wallet.meter import new_seller_key
    from service.wallet.till import read_till_number

    number = read_till_number(till)

    def work(unit: "Unit") -> str:
        made = new_seller_key(unit, number)
        note(unit, staff=by, role=TERMINAL, act="seller key", about=f"till {number}")
        return made

    with opened() as app:
        _pack(app, number)
        click.echo(app.transact(work))


def _text(file: Path) -> str:
    from service.gsm7 import downgrade

    return " ".join(downgrade(_read(file)).split())


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise unusable(f"{file} is not UTF-8") from None


def _codes(file: Path) -> list[str]:
    """Return the codes of a file, each once; the refusal names the line and not the code."""
    import csv

    from service.gsm7 import septets, trim
    from service.wallet.item import LONGEST_ACCESS

    rows = [trim(row[0]) for row in csv.reader(_read(file).splitlines()) if row and trim(row[0])]
    for number, code in enumerate(rows, 1):
        if not code.isprintable() or not 1 <= (septets(code) or LONGEST_ACCESS + 1) <= LONGEST_ACCESS:
            raise unusable(f"{file}: code {number} has not 1 to {LONGEST_ACCESS} letters that every phone shows")
    if len(rows) > MOST_CODES:
        raise unusable(f"{file} has more than {MOST_CODES:,} codes")
    return list(dict.fromkeys(rows))


def _pack(app: "App", till: str) -> "Pack":
    from service.wallet.merchant import Merchant
    from service.wallet.till import UnknownTill
    from service.wallet.unit import Person

    def look(unit: "Unit") -> str:
        row = unit.rows.get(Merchant, till)
        owner = unit.rows.get(Person, row.person) if row else None
        if owner is None:
            raise UnknownTill
        return owner.country

    return app.house.packs[app.read(look)]


def _price(pack: "Pack", typed: str) -> int:
    from service.money import MILLION, show_amount_full
    from service.wallet.item import read_price

    price = read_price(typed, pack.currency)
    if price is None:
        raise unusable(f"--price {typed}: a price is written like 2, 0.50 or 0.003")
    if price > pack.content_price_most * MILLION:
        most = show_amount_full(pack.content_price_most, pack.currency)
        raise unusable(f"--price {typed}: content costs {most} at most")
    return price


def _about(unit: "Unit", item: "Item") -> dict[str, object]:
    from service.wallet.item import AccessCode

    free = unit.rows.find(AccessCode, item=item.code, state="free", limit=MOST) if item.kind == "code" else ()
    return {
        "code": item.code,
        "till": item.till,
        "kind": item.kind,
        "title": item.title,
        "price_millionths": item.price,
        "days": item.days,
        "state": item.state,
        "codes_left": len(free),
    }


def _print(found: "Iterable[dict[str, object]]", as_json: bool, *, one: bool) -> None:
    from service.cli.out import print_columns, print_json

    rows = list(found)
    if as_json:
        return print_json(rows[0] if one else rows)
    heads = ["code", "till", "kind", "title", "price_millionths", "days", "state", "codes_left"]
    print_columns(heads, [[about[head] for head in heads] for about in rows], right=(4, 5, 7))
