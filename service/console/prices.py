"""Prices: what they are, what a new list would change for which amounts, and proposing it to somebody else."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import Response

from service.clock import day
from service.console.office import Missing, NotFound, Office, Visit
from service.console.page import field, go_to, page
from service.console.upload import handed_in, packed
from service.countries import Change, LimitChange, write_tables
from service.countries.difference import Paid
from service.countries.tables import KINDS
from service.wallet.operator import propose
from service.wallet.prices import (
    UnsoundPrices,
    Verdict,
    changes_of,
    earliest,
    judge_prices,
    lists_of,
    priced,
    values_of,
)
from service.wallet.unit import Approval, Unit


class Row(NamedTuple):
    """A stretch of amounts and days, and what is paid at both of its ends (None: not offered)."""

    change: Change
    before: tuple[Paid, Paid] | None
    after: tuple[Paid, Paid] | None


def rows_of(changes: Sequence[Change]) -> list[Row]:
    """Return changes as a page shows them."""
    return [Row(one, *(_ends(one, rule) for rule in (one.before, one.after))) for one in changes]


def _ends(change: Change, rule: Any) -> tuple[Paid, Paid] | None:
    return (rule.at(change.least), rule.at(change.most)) if rule else None


def listed(office: Office, visit: Visit) -> Response:
    """Show the prices of today and to come, and the lists that were approved."""

    def work(unit: Unit) -> list[dict[str, Any]]:
        found = []
        for country in office.packs:
            pack = priced(unit, country)[0]
            today = day(unit.now, pack.zone)
            tables = [
                (what, table)
                for what in KINDS[:3]
                for table in getattr(pack, what)
                if table.valid_to is None or table.valid_to >= today
            ]
            taxes = [tax for tax in pack.taxes if tax.valid_to is None or tax.valid_to >= today]
            lists = [(one, office.references.write(one.approval)) for one in reversed(lists_of(unit, country))]
            found.append(
                {
                    "pack": pack,
                    "soon": earliest(pack, unit.now),
                    "tables": tables,
                    "taxes": taxes,
                    "tiers": pack.tiers_on(today),
                    "coming": [row for row in pack.tier_limits if row.valid_from > today],
                    "lists": lists,
                }
            )
        return found

    return page(office, visit, "prices.html", countries=office.read(work))


def exported(office: Office, visit: Visit, country: str) -> Response:
    """Return all prices of a country as a list that can be changed and handed in again."""
    del visit
    if country not in office.packs:
        raise NotFound
    text = write_tables(office.read(lambda unit: priced(unit, country)[0]))
    headers = {"Content-Disposition": f'attachment; filename="senti-prices-{country}.toml"'}
    return Response(text, content_type="application/toml; charset=utf-8", headers=headers)


def checked(office: Office, visit: Visit) -> Response:
    """Say what a list would change, and what is wrong with it; nothing is written down."""
    country, text = _handed_in(office)
    verdict = _judged(office, country, text)
    return page(
        office,
        visit,
        "prices_check.html",
        status=409 if verdict.problems else 200,
        country=country,
        verdict=verdict,
        rows=rows_of(verdict.changes),
        its_pack=office.packs[country],
        packed=packed(text),
    )


def proposed(office: Office, visit: Visit) -> Response:
    """Propose a list that was checked, for somebody else to approve."""
    country, text = _handed_in(office)
    verdict = _judged(office, country, text)

    def work(unit: Unit) -> Approval:
        values = values_of(unit, country, text, verdict)
        return propose(unit, act="tariff", values=values, maker=visit.name, role=visit.role)

    return go_to(f"/approvals/{office.references.write(office.transact(work).id)}")


def _handed_in(office: Office) -> tuple[str, str]:
    country = field("country", 2)
    if country not in office.packs:
        raise Missing
    return country, handed_in()


def _judged(office: Office, country: str, text: str) -> Verdict:
    """Judge a list by its tables, and the menus with it: the widest price must have room on every screen."""
    verdict = office.read(lambda unit: judge_prices(unit, country, text))
    if verdict.pack is None or verdict.problems:
        return verdict
    return verdict._replace(problems=office.proves(verdict.pack))


def changed_by(unit: Unit, row: Approval) -> tuple[list[Row], Sequence[LimitChange]]:
    """Return what an act that approves a list changes, as a page shows it: all of it, prices and limits of tiers."""
    changes, limits = changes_of(unit, row) if row.act == "tariff" else ((), ())
    return rows_of(changes), limits


def refuse_unsound(office: Office, row: Approval) -> None:
    """Raise UnsoundPrices if the menus have no room for the prices of an act: looked at before anything is locked."""
    if row.act != "tariff" or row.state != "open":
        return  # what that is said by approving it
    verdict = _judged(office, row.values["country"], row.values["prices"])
    if verdict.problems:
        raise UnsoundPrices(problem=verdict.problems[0])
