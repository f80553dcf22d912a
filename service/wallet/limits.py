"""How much a person may still move: their tier's limits, less what was sent today and this month."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from service.countries import Tier
from service.ledger.entry import LARGEST, Cap, Ceiling, OverCap
from service.refusal import Refusal
from service.wallet.account import counted_out, wallet_of
from service.wallet.metered import Meter
from service.wallet.ordered import Order
from service.wallet.pot import Pot
from service.wallet.unit import Asked, Case, Pending, Person, Unit, Withdrawal


class OverSingle(Refusal):
    """One payment of this person may not be larger than this."""

    says = ("single",)


class OverMonth(OverCap):
    """What went out this month may grow only by this much more."""


def tier_now(unit: Unit, person: Person) -> Tier:
    """Return what the tier of a person allows now."""
    return unit.house.packs[person.country].tier(person.tier, unit.now)


def tier_of(unit: Unit, person: Person) -> Tier:
    """Return what a person may do now: what their tier allows, and little for a day after a forgotten PIN (P-12)."""
    pack = unit.house.packs[person.country]
    tier = tier_now(unit, person)
    if person.careful_until is None or person.careful_until <= unit.now:
        return tier
    return tier._replace(single=min(tier.single, pack.new_pin_single), day=min(tier.day, pack.new_pin_day))


class Limits(NamedTuple):
    """What a person may do today, in minor units: `left` is what neither the day nor the month stands against."""

    single: int
    day: int
    left: int
    most_balance: int
    month: int | None = None
    month_left: int | None = None

    @property
    def at_once(self) -> int:
        """The most that one payment may be now."""
        return min(self.single, self.left)


def limits_of(unit: Unit, person: Person) -> Limits:
    """Return the limits of a person's tier and what is left of the day's and the month's."""
    pack = unit.house.packs[person.country]
    tier = tier_of(unit, person)
    used = [unit.books.used(key) for key in counted_out(person, unit.now, pack)]
    left = max(0, tier.day - used[0])
    if tier.month is None:
        return Limits(tier.single, tier.day, left, tier.balance)
    month_left = max(0, tier.month - used[1])
    return Limits(tier.single, tier.day, min(left, month_left), tier.balance, tier.month, month_left)


def refuse_over(limits: Limits, amount: int) -> None:
    """Raise OverSingle, OverMonth or OverCap if a person may not send this amount now."""
    if amount > limits.single:
        raise OverSingle(single=limits.single)
    if amount > limits.left:
        raise OverMonth(left=limits.left) if limits.left == limits.month_left else OverCap(left=limits.left)


def caps_out(unit: Unit, person: Person, amount: int) -> tuple[Cap, ...]:
    """Return the guards that keep a person within the limits of day and month, decided with the posting (K-08)."""
    tier = tier_of(unit, person)
    keys = counted_out(person, unit.now, unit.house.packs[person.country])
    most = (tier.day, LARGEST if tier.month is None else tier.month)
    return tuple(Cap(key, amount, cap) for key, cap in zip(keys, most, strict=False))


def given_back(unit: Unit, person: Person, amount: int, *, counted_at: datetime) -> tuple[Cap, ...]:
    """Return what undoes such guards: the day and the month in which it was counted get it back, no other (T-06)."""
    keys = counted_out(person, counted_at, unit.house.packs[person.country])
    return tuple(Cap(key, -amount) for key in keys)


def refuse_large_sale(unit: Unit, owner: Person, amount: int) -> None:
    """Raise OverSingle if one payment at a till of this person may not be so large: it is bounded by their tier, too.

    A forgotten PIN keeps money from going out, not from coming in.
    """
    single = tier_now(unit, owner).single
    if amount > single:
        raise OverSingle(single=single)


@contextmanager
def in_its_words(unit: Unit, person: Person, amount: int) -> Iterator[None]:
    """Say which limit it is that the ledger refuses to pass: it knows counters, and not what they count."""
    try:
        yield
    except OverCap:
        refuse_over(limits_of(unit, person), amount)
        raise


def ceiling_of(unit: Unit, person: Person) -> Ceiling:
    """Return the guard that keeps a wallet within its tier's largest balance, what its owner saves and what is held for
    them included.
    """
    held = sum(row.held for asked in waiting_of(person.id) for row in unit.rows.find(asked.kind, **dict(asked.equal)))
    most = tier_now(unit, person).balance
    return Ceiling(wallet_of(person), max(0, most - held))


def waiting_of(person: int) -> tuple[Asked, ...]:
    """Return what `ceiling_of` will ask: all that may come back to a person's wallet, and what they have saved."""
    return (
        Asked.find(Withdrawal, person=person, state="waiting"),
        Asked.find(Pending, payer=person, state="waiting"),
        Asked.find(Order, person=person, state="waiting"),
        Asked.find(Meter, person=person, state="open"),
        Asked.find(Case, other=person, state="asked"),
        Asked.find(Pot, person=person, state="open"),
    )
