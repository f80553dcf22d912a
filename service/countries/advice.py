"""What a person should know before paying: what cash will cost the other side, what a little less would save, and how
much can be paid at all. Plain computation on the tariffs; docs/decisions/prices.md says what "cheaper" means.
"""

from bisect import bisect_right
from datetime import datetime
from typing import NamedTuple

from service.countries.pack import Pack
from service.countries.tariff import NotOffered


class Tip(NamedTuple):
    """An amount that is cheaper for payer and payee, and how much both save together, in minor units."""

    amount: int
    saves: int


def cash_cost(pack: Pack, amount: int, at: datetime) -> int:
    """Return what it costs to take an amount out at an agent, taxes included; 0 where that is free or not offered."""
    return _cost(pack, "withdraw", amount, at) or 0


def cheaper_nearby(pack: Pack, amount: int, at: datetime) -> Tip | None:
    """Return the smaller amount within the pack's `tip_within` that saves most, or None if none is cheaper for both.

    Neither side may pay more, cash can be had of both amounts or of none, and both together must save more than the
    amount shrinks by. A larger amount never costs less: `check_tariffs` refuses tables that fall.
    """
    now = _costs(pack, amount, at)
    best: tuple[int, Tip] | None = None
    for nearby in _ends(pack, amount, at):
        then = _costs(pack, nearby, at)
        if None in (then[0], now[0]) or (then[1] is None) != (now[1] is None):
            continue
        saved = [(a or 0) - (b or 0) for a, b in zip(now, then, strict=True)]
        gain = sum(saved) - (amount - nearby)
        if min(saved) >= 0 and gain > 0 and (best is None or (gain, nearby) > (best[0], best[1].amount)):
            best = gain, Tip(nearby, sum(saved))
    return best[1] if best else None


def most_payable(pack: Pack, service: str, balance: int, at: datetime, *, most: int) -> int:
    """Return the largest amount up to `most` that a balance pays for, with its charge and taxes; 0 if there is none.

    What an amount costs in all grows with it, so the last one that is not above the balance is found by halving.
    """
    least, largest = pack.reach(service, at)
    amounts = range(least, min(largest, most) + 1)
    place = bisect_right(amounts, balance, key=lambda amount: amount + pack.charge(service, amount, at).total)
    return amounts[place - 1] if place else 0


def _ends(pack: Pack, amount: int, at: datetime) -> list[int]:
    """Return the ends of bands not far below an amount: within a band nothing is saved by paying less."""
    bands = [band for service in ("send", "withdraw") for band in pack.bands(service, at)]
    return [band.most for band in bands if 0 < amount - band.most <= pack.tip_within]


def _costs(pack: Pack, amount: int, at: datetime) -> tuple[int | None, int | None]:
    return _cost(pack, "send", amount, at), _cost(pack, "withdraw", amount, at)


def _cost(pack: Pack, service: str, amount: int, at: datetime) -> int | None:
    try:
        return pack.charge(service, amount, at).total
    except NotOffered:
        return None
