"""The menus: their proof and their map."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.group import refuse

if TYPE_CHECKING:
    from service.countries import Pack
    from service.ussd.limit import Limit
    from service.ussd.text import Talk


@click.group()
def menus() -> None:
    """Prove the menus, and draw their map."""


def _talks() -> "list[tuple[Pack, Talk]]":
    from menus import product
    from service.countries import every_country, load_pack
    from service.settings import read_settings

    served = read_settings().countries
    # Those that are served come first; a language may be spoken in another country only, and is proven there.
    packs = [load_pack(country) for country in dict.fromkeys((*served, *every_country()))]
    # The codes of a proof are of the right length and open nothing.
    return [(pack, product(pack, b"proof")) for pack in packs]


def _limits() -> "list[Limit]":
    from service.gateways.africastalking import AfricasTalking
    from service.gateways.simulator import Simulator

    return [AfricasTalking.limit, Simulator.limit]


@menus.command()
def check() -> None:
    """Prove that no talk can go wrong; prints the proof and the hops of a payment in numbers, or each problem."""
    from menus import proof
    from service.cli.hops import in_words, walk_all
    from service.ussd.check import RULES

    limits, spoken = _limits(), dict[str, bool]()
    for pack, talk in _talks():
        spoken |= {language: said.reviewed for language, said in talk.words.items()}
        problems = proof(talk, pack, limits)
        if problems:
            raise refuse(*(f"{pack.country}: {problem}" for problem in problems))
        click.echo(
            f"{pack.country}: proven. {len(talk.screens)} screens, {len(talk.sms)} messages, "
            f"{len(talk.words)} languages ({', '.join(talk.words)}), {len(RULES)} rules, "
            f"gateways {', '.join(f'{limit.gateway} {limit.septets}' for limit in limits)} septets."
        )
    click.echo(in_words(walk_all()))
    unread = sorted(language for language, reviewed in spoken.items() if not reviewed)
    click.echo(f"{len(spoken)} languages in all. Read by no speaker yet, so off in production: {', '.join(unread)}.")


@menus.command()
@click.option("--to", type=click.Path(path_type=Path), default=None, help="Instead of menus/map.md.")
def draw(to: Path | None) -> None:
    """Write the map of all screens, each at its widest, to menus/map.md."""
    import menus as product
    from service.ussd.draw import draw as drawn

    path = to or Path(product.__file__).parent / "map.md"
    _, talk = _talks()[0]
    path.write_text(drawn(talk), encoding="utf-8")
    click.echo(f"{path} is drawn.")
