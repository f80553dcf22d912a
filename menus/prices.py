"""How prices are shown on the screens of a country, and how wide they get there: as wide as its own tables make them.

Room before the PIN is scarce. What is widest is found in the tables, of all dates, instead of being taken as the widest
that any number can get; so a country with small charges has room for more words.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time

from service.countries import IN_CHARGE, Pack, Tip, cheaper_nearby
from service.money import show_amount, show_number
from service.ussd.screens import Field


def price_fields(pack: Pack) -> Mapping[str, Field]:
    """Return how amounts, charges, taxes and advice are shown on screens; nothing is shown of what is nothing."""

    def amount(minor: int) -> str:
        return show_amount(minor, pack.currency)

    def number(minor: int) -> str:
        return show_number(minor, pack.currency)

    def seen(values: Iterable[int]) -> int:
        return max(values, key=lambda minor: len(number(minor)), default=0)

    edges = [band.most for table in pack.charges for band in table.offered]
    fees = [band.pays or 0 for table in pack.charges for band in table.bands]
    cash = [band.pays or 0 for table in pack.charges if table.service == "withdraw" for band in table.bands]
    levies = {tax.base: _nines(tax.on(max(edges))) for tax in pack.taxes if tax.base != IN_CHARGE}
    excises = [tax.inside(fee) for fee in fees for tax in pack.taxes if tax.base == IN_CHARGE]

    def saved(parts: Sequence[int]) -> str:
        """The payer's part stands there though it is nothing, the payee's where there is one."""
        payee = any(parts[1:])
        return "+".join(number(part) for part in (parts if payee else parts[:1]))

    savings = max(
        ([_nines(part) for part in parts] if levies else parts for parts in _savings(pack)),
        key=lambda parts: len(saved(parts)),
        default=[],
    )
    # A tax on the amount leaves any minor units.
    cash_widest = _nines(max(cash) + levies["withdraw"]) if "withdraw" in levies else seen(cash)
    return {
        **dict.fromkeys(("amount", "most_now"), Field(amount, _nines(max(edges)))),
        "pays": _maybe(amount, _nines(max(edges) + max(fees) + max(levies.values(), default=0))),
        "fee": Field(amount, seen(fees)),
        "excise": _maybe(amount, seen(excises)),
        "levy": _maybe(amount, max(levies.values(), default=0)),
        **dict.fromkeys(("cash", "cash_paid", "cash_only"), _maybe(number, cash_widest)),
        "nearby": _maybe(number, seen(edges)),
        "saved": Field(saved, savings, optional=True),
        **_limit_fields(pack, amount),
    }


def _limit_fields(pack: Pack, show: Callable[[int], str]) -> Mapping[str, Field]:
    """Return how limits are shown: as wide as this country's; nothing of a month's where nobody is bound by one."""
    bounds = [bound for tier in pack.every_tier for bound in tier if bound is not None]
    bounds += [pack.new_pin_single, pack.new_pin_day, pack.sim_check_above]
    widest = max(bounds, key=lambda minor: len(show(minor)))
    left = _nines(max(*bounds, pack.agents.float_day_limit))
    return {
        **dict.fromkeys(("single", "day_limit", "most_balance"), Field(show, widest)),
        "left": Field(show, left),
        "month_limit": monthly(show, widest if pack.counts_months else None),
        "month_left": monthly(
            lambda minor: show_number(minor, pack.currency), _nines(max(bounds)) if pack.counts_months else None
        ),
    }


def monthly(show: Callable[[int], str], widest: int | None) -> Field:
    """Return how a limit is shown that not everybody has."""
    return Field(lambda minor: "" if minor is None else show(minor), widest, optional=True)


def _maybe(show: Callable[[int], str], widest: int) -> Field:
    return Field(lambda minor: show(minor) if minor else "", widest, optional=True)


def _nines(largest: int) -> int:
    """Return the widest amount with as many digits."""
    return int("9" * len(str(largest)))


def saving(pack: Pack, amount: int, tip: Tip | None, at: datetime) -> list[int]:
    """Return what a tip saves the payer, and what it saves the payee; nothing if there is no tip."""
    if tip is None:
        return []
    payer = pack.charge("send", amount, at).total - pack.charge("send", tip.amount, at).total
    return [payer, tip.saves - payer]


def _savings(pack: Pack) -> Iterator[list[int]]:
    """Yield what the tips of all dates save, just above the end of each band: further above it is no more."""
    services = ("send", "withdraw")
    first = max(min(table.valid_from for table in pack.charges if table.service == service) for service in services)
    dates = {*(table.valid_from for table in pack.charges), *(tax.valid_from for tax in pack.taxes)}
    for date in sorted(date for date in dates if date >= first):
        at = datetime.combine(date, time(12), pack.zone)
        for band in (band for service in services for band in pack.bands(service, at)):
            yield saving(pack, band.most + 1, cheaper_nearby(pack, band.most + 1, at), at)
