"""How much a person may still move: their tier's limits, less what was sent today."""

from typing import NamedTuple

from service.countries import Tier
from service.ledger.entry import Cap, Ceiling, OverCap
from service.refusal import Refusal
from service.wallet.account import sent_today, wallet_of
from service.wallet.unit import Asked, Case, Pending, Person, Unit, Withdrawal


class OverSingle(Refusal):
    """One payment of this person may not be larger than this."""

    says = ("single",)


def tier_of(unit: Unit, person: Person) -> Tier:
    """Return what a person may do now: what their tier allows, and little for a day after a forgotten PIN (P-12)."""
    pack = unit.house.packs[person.country]
    tier = pack.tiers[person.tier]
    if person.careful_until is None or person.careful_until <= unit.now:
        return tier
    return tier._replace(single=min(tier.single, pack.new_pin_single), day=min(tier.day, pack.new_pin_day))


class Limits(NamedTuple):
    """What a person may do today, in minor units."""

    single: int
    day: int
    left: int
    most_balance: int

    @property
    def at_once(self) -> int:
        """The most that one payment may be now."""
        return min(self.single, self.left)


def limits_of(unit: Unit, person: Person) -> Limits:
    """Return the limits of a person's tier and what is left of the day's."""
    pack = unit.house.packs[person.country]
    tier = tier_of(unit, person)
    used = unit.books.used(sent_today(person, unit.now, pack))
    return Limits(tier.single, tier.day, max(0, tier.day - used), tier.balance)


def refuse_over(limits: Limits, amount: int) -> None:
    """Raise OverSingle or OverCap if a person may not send this amount now."""
    if amount > limits.single:
        raise OverSingle(single=limits.single)
    if amount > limits.left:
        raise OverCap(left=limits.left)


def cap_today(unit: Unit, person: Person, amount: int) -> Cap:
    """Return the guard that keeps a person within the day's limit, decided with the posting (K-08)."""
    pack = unit.house.packs[person.country]
    return Cap(sent_today(person, unit.now, pack), amount, tier_of(unit, person).day)


def ceiling_of(unit: Unit, person: Person) -> Ceiling:
    """Return the guard that keeps a wallet within its tier's largest balance, what is held for its owner included."""
    held = sum(row.held for asked in waiting_of(person.id) for row in unit.rows.find(asked.kind, **dict(asked.equal)))
    most = unit.house.packs[person.country].tiers[person.tier].balance
    return Ceiling(wallet_of(person), max(0, most - held))


def waiting_of(person: int) -> tuple[Asked, ...]:
    """Return what `ceiling_of` will ask: all that may come back to a person's wallet."""
    return (
        Asked.find(Withdrawal, person=person, state="waiting"),
        Asked.find(Pending, payer=person, state="waiting"),
        Asked.find(Case, other=person, state="asked"),
    )
