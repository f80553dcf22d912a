"""Rules about patterns of payments, in the words that people hear."""

import click

from service.cli.opened import as_json


@click.group()
def rules() -> None:
    """Show the rules about patterns of payments."""


@rules.command("list")
@as_json
def show(as_json: bool) -> None:
    """Show each rule: when it hits, what it does, and what the person is told."""
    from menus import TEXT
    from service.cli.out import print_columns, print_json
    from service.countries import Does, Rule, load_pack
    from service.settings import read_settings
    from service.ussd.text import load_words

    packs = [load_pack(country) for country in read_settings().countries]
    words = load_words(TEXT / "en.toml").no

    def about(rule: Rule) -> dict[str, object]:
        bounds = [f"{name} >= {number}" for name, number in rule.at_least.items()]
        bounds += [f"{name} <= {number}" for name, number in rule.at_most.items()]
        told = "nothing" if rule.does is Does.NOTE else words[rule.name]
        return {
            "rule": rule.name, "of": rule.of, "when": " and ".join(bounds), "does": rule.does,
            "seconds": rule.seconds, "case": rule.case, "told": told, "means": words[rule.name],
        }  # fmt: skip

    if as_json:
        return print_json({pack.country: [about(rule) for rule in pack.rules] for pack in packs})
    for pack in packs:
        if not pack.rules:
            click.echo(f"{pack.country}: rules are OFF")
            continue
        click.echo(f"{pack.country}: {len(pack.rules)} rules")
        names = ("of", "rule", "when", "does", "means")
        print_columns(names, [[about(rule)[name] for name in names] for rule in pack.rules])
