"""What a change of prices changes: for which amounts, from which day until which, and what is paid before and after.

Nothing is sampled. Between two edges of bands and two days of tables the rule of a price is one and the same, so what
is compared are the rules; amounts at both ends of such a stretch are shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from service.countries.check import CHARGED, EARNING
from service.countries.pack import SALE, Pack, Tier
from service.countries.tariff import IN_CHARGE, ROUNDINGS, Band, Tariff, Tax, in_force

DAY = timedelta(days=1)


class Rule(NamedTuple):
    """How an amount is priced: a sum, a share of the amount, the tax inside and the tax beside it (rate, rounding)."""

    pays: int
    basis_points: int
    excise: tuple[int, str] | None
    levy: tuple[int, str] | None

    def at(self, amount: int) -> "Paid":
        published = self.pays + _rounded(amount, self.basis_points, 100_00, "up")
        excise = _rounded(published, self.excise[0], 100_00 + self.excise[0], self.excise[1]) if self.excise else 0
        levy = _rounded(amount, self.levy[0], 100_00, self.levy[1]) if self.levy else 0
        return Paid(published, excise, levy)


def _rounded(base: int, rate: int, whole: int, rounding: str) -> int:
    return ROUNDINGS[rounding](base * rate, whole)


class Paid(NamedTuple):
    """What is paid for one amount: the published charge, the tax that stands in it, and the tax beside it."""

    published: int
    excise: int
    levy: int

    @property
    def total(self) -> int:
        return self.published + self.levy


class Change(NamedTuple):
    """A stretch of amounts, both ends inclusive, and of days (`last` None: from then on), in which a price changes.

    `what` is charges (the payer pays), sales (the merchant pays) or commissions (the agent earns). None: not offered.
    """

    what: str
    service: str
    first: date
    last: date | None
    least: int
    most: int
    before: Rule | None
    after: Rule | None

    @property
    def gives_back(self) -> bool:
        """Whether nothing changes but that less is taken of a tax beside the charge: refunds can make that good."""
        if self.before is None or self.after is None or self.before.levy is None:
            return False
        rate, rounding = self.after.levy or (0, self.before.levy[1])
        same = self.before._replace(levy=None) == self.after._replace(levy=None)
        return same and rate < self.before.levy[0] and rounding == self.before.levy[1]


class LimitChange(NamedTuple):
    """From which day on a bound of a tier is another, in minor units (tills: their number; a month of None: none)."""

    tier: int
    bound: str
    first: date
    before: int | None
    after: int | None


def limit_changes(old: Pack, new: Pack) -> Sequence[LimitChange]:
    """Return all that changes between two packs in what tiers allow: by tier, bound and day."""
    days = sorted({row.valid_from for pack in (old, new) for row in pack.tier_limits})
    found: list[LimitChange] = []
    for number in sorted(old.tiers):
        for bound in Tier._fields:
            last: tuple[int | None, int | None] | None = None
            for first in days:
                before, after = (getattr(pack.tiers_on(first)[number], bound) for pack in (old, new))
                if before != after and (before, after) != last:
                    found.append(LimitChange(number, bound, first, before, after))
                last = (before, after)
    return found


SERVICES = (
    *(("charges", service) for service in CHARGED),
    ("sales", SALE),
    *(("commissions", service) for service in EARNING),
)


def differences(old: Pack, new: Pack) -> Sequence[Change]:
    """Return all that changes between two packs of one country: by service, day and amount."""
    return [change for what, service in SERVICES for change in _of_service(old, new, what, service)]


def _of_service(old: Pack, new: Pack, what: str, service: str) -> Iterator[Change]:
    days = sorted({day for pack in (old, new) for row in _rows(pack, what, service) for day in _turns(row)})
    before: list[Change] = []
    for place, first in enumerate(days):
        last = days[place + 1] - DAY if place + 1 < len(days) else None
        now = list(_on(old, new, what, service, first, last))
        if before and _alike(before, now):
            before = [change._replace(last=last) for change in before]
        else:
            yield from before
            before = now
    yield from before


def _alike(one: Sequence[Change], other: Sequence[Change]) -> bool:
    def bare(changes: Sequence[Change]) -> list[tuple[object, ...]]:
        return [(change.least, change.most, change.before, change.after) for change in changes]

    return bare(one) == bare(other)


def _rows(pack: Pack, what: str, service: str) -> Iterator[Tariff | Tax]:
    """Yield the tables and taxes that a price depends on."""
    yield from (table for table in _tables(pack, what) if table.service == service)
    if what != "commissions":
        yield from (tax for tax in pack.taxes if tax.base in (IN_CHARGE, service))


def _tables(pack: Pack, what: str) -> Iterable[Tariff]:
    return {"charges": pack.charges, "sales": pack.sales, "commissions": pack.commissions}[what]


def _turns(row: Tariff | Tax) -> Iterator[date]:
    yield row.valid_from
    if row.valid_to is not None:
        yield row.valid_to + DAY


def _on(old: Pack, new: Pack, what: str, service: str, first: date, last: date | None) -> Iterator[Change]:
    """Yield what changes on a day, stretches with the same rules put together."""
    packs = [(_bands(pack, what, service, first), *_taxes(pack, what, service, first)) for pack in (old, new)]
    edges = sorted({edge for bands, _, _ in packs for band in bands for edge in (band.least, band.most + 1)})
    found: Change | None = None
    for least, after in pairwise(edges):
        rules = [_rule(bands, excise, levy, least) for bands, excise, levy in packs]
        if rules[0] == rules[1]:
            continue
        if found and found.most + 1 == least and [found.before, found.after] == rules:
            found = found._replace(most=after - 1)
            continue
        if found:
            yield found
        found = Change(what, service, first, last, least, after - 1, *rules)
    if found:
        yield found


def _bands(pack: Pack, what: str, service: str, day: date) -> Sequence[Band]:
    found = [table for table in _tables(pack, what) if table.service == service and in_force(table, day)]
    return found[0].bands if found else ()


def _taxes(pack: Pack, what: str, service: str, day: date) -> tuple[Tax | None, Tax | None]:
    """Return the tax inside a charge and the one beside it: there is one of each at most."""
    if what == "commissions":
        return None, None
    taxes = {tax.base: tax for tax in pack.taxes if in_force(tax, day)}
    return taxes.get(IN_CHARGE), taxes.get(service)


def _rule(bands: Sequence[Band], excise: Tax | None, levy: Tax | None, amount: int) -> Rule | None:
    band = next((band for band in bands if band.least <= amount <= band.most), None)
    if band is None or band.pays is None:
        return None
    free = not band.pays and not band.basis_points
    inside = (excise.basis_points, excise.rounding) if excise and not free else None
    return Rule(band.pays, band.basis_points, inside, (levy.basis_points, levy.rounding) if levy else None)
