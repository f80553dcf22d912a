"""The rules about patterns of payments: which of a country's rules hit a payment, and what the person hears.

A rule never moves money and never takes any away: it asks again, says "not yet", or tells staff. Its reason is the
refusal of the same name, so that the person reads it in their language and staff read the same words.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from service.countries import Does, Pack, Rule
from service.ledger.books import Line
from service.ledger.entry import Account
from service.refusal import Refusal
from service.wallet.history import FACTS, Facts, look
from service.wallet.unit import Case, Person, Unit


class ManyPayees(Refusal):
    """Many people are paid within one hour (F-10)."""


class Unusual(Refusal):
    """The amount is many times what this person usually sends, takes out or pays in (F-07)."""


class Woken(Refusal):
    """A wallet that slept for long is emptied (F-09)."""


class AtNight(Refusal):
    """Much cash is taken out at night (F-12)."""


class NearReport(Refusal):
    """Amounts stay again and again just below what must be reported (F-03)."""


class SplitCash(Refusal):
    """Cash is paid in for one person in many pieces (F-01)."""


class InAndOut(Refusal):
    """Cash goes in and out again and again on one day (F-13)."""


class PassedOn(Refusal):
    """Money that came from many people within the hour goes on at once (F-10)."""

    says = ("until",)


class FarCash(Refusal):
    """Cash that was just paid in at one place is taken out at another (F-02, F-04)."""

    says = ("until",)


class Emptied(Refusal):
    """Nearly all of a wallet that slept for long is sent at once: staff look at it first (F-09)."""

    says = ("until",)


ASKING = (ManyPayees, Unusual, Woken, AtNight, NearReport, SplitCash, InAndOut)
DELAYING = (PassedOn, FarCash)
REVIEWING = (Emptied,)
AGREED = (*ASKING, *REVIEWING)
"""With these a payment goes on when the person says so."""
REASONS: Mapping[str, tuple[type[Refusal], Does]] = {
    **{kind.code: (kind, Does.ASK) for kind in ASKING},
    **{kind.code: (kind, Does.DELAY) for kind in DELAYING},
    **{kind.code: (kind, Does.REVIEW) for kind in REVIEWING},
}
"""What a rule may be called, and what it does unless staff alone are told."""

SERVICES = ("send", "pay", "bill", "airtime", "withdraw", "cash_in")
CASE_SECONDS = 3 * 24 * 3600
"""Staff have so long to look at a pattern."""


def check_rules(pack: Pack) -> Iterator[str]:
    """Yield what is wrong with a country's rules: names without words, facts that there are not, odd delays."""
    for rule in pack.rules:
        where = f"{pack.country}.toml: rule {rule.name} of {rule.of}"
        if rule.name not in REASONS:
            yield f"{where}: there is no such reason; there are: {', '.join(sorted(REASONS))}"
        elif rule.does not in (Does.NOTE, REASONS[rule.name][1]):
            yield f"{where}: its words are those of {REASONS[rule.name][1].value!r}"
        if rule.of not in SERVICES:
            yield f"{where}: there is no such service; there are: {', '.join(SERVICES)}"
        if not rule.at_least and not rule.at_most:
            yield f"{where}: it hits every payment"
        if rule.does is Does.NOTE and not rule.case:
            yield f"{where}: nobody would hear of it"
        if (rule.does in (Does.DELAY, Does.REVIEW)) != (rule.seconds > 0):
            yield f"{where}: seconds belong to a delay or a review, and to nothing else"
        if rule.does is Does.REVIEW and (rule.of != "send" or not rule.case):
            yield f"{where}: only a payment to a person can wait for staff, who get a case"
        for name in sorted({*rule.at_least, *rule.at_most} - set(FACTS)):
            yield f"{where}: there is no fact {name!r}; there are: {', '.join(FACTS)}"


def hits(
    unit: Unit,
    of: str,
    *,
    person: Person,
    amount: int,
    other: Account | None = None,
    shop: str = "",
    lines: Sequence[Line] | None = None,
    about: str = "",
) -> list[Rule]:
    """Return the rules of a service that a payment hits; `person` is whose wallet is looked at, `amount` minor units.

    `shop` is the number of the agent where it is asked for; `lines` a page of the wallet (history.PAGE) if it was read;
    `about` is a fact: rules that do not name it are left out.
    """
    pack = unit.house.packs[person.country]
    rules = [rule for rule in pack.rules if rule.of == of and (not about or about in rule.at_least)]
    if not rules:
        return []
    facts = Facts(look(unit, person=person, amount=amount, other=other, shop=shop, lines=lines, of=of))
    return [rule for rule in rules if rule.hits(facts)]


def refuse_or_ask(unit: Unit, found: Sequence[Rule], *, agreed: bool = False) -> None:
    """Raise the reason of a rule that delays, or of the hardest one that was not agreed to yet."""
    for does in (Does.DELAY,) if agreed else (Does.DELAY, Does.REVIEW, Does.ASK):
        for rule in found:
            if rule.does is does:
                until = (unit.now + timedelta(seconds=rule.seconds)).isoformat()
                raise REASONS[rule.name][0](**({"until": until} if rule.seconds else {}))


def review_seconds(found: Sequence[Rule]) -> int:
    """Return how long staff have before a payment arrives, 0 if it does not wait for them."""
    return max((rule.seconds for rule in found if rule.does is Does.REVIEW), default=0)


def delays(found: Sequence[Rule]) -> bool:
    """Say whether the payment cannot be made yet."""
    return any(rule.does is Does.DELAY for rule in found)


def is_asked(found: Sequence[Rule]) -> bool:
    """Say whether the person has to be asked again, which takes a screen."""
    return any(rule.does in (Does.ASK, Does.REVIEW) for rule in found)


def note_delayed(unit: Unit, found: Sequence[Rule], *, person: Person, entry: int, other: int, amount: int) -> None:
    """Open a case about a payment that a rule is about to delay, once in the time of the delay.

    It never becomes an entry, so its case is written here; whoever refuses it must commit. `entry` is what it would
    have been, `amount` minor units.
    """
    delaying = [rule for rule in found if rule.does is Does.DELAY]
    names, since = to_note(delaying), unit.now - timedelta(seconds=max((rule.seconds for rule in delaying), default=0))
    there = unit.rows.find(Case, opener=person.id, state="open") if names else ()
    if any(case.values.get("delayed") and case.values["rules"] == names and case.opened_at > since for case in there):
        return
    note(unit, names, person=person, entry=entry, other=other, delayed=amount)


def note(unit: Unit, names: Sequence[str], *, person: Person, entry: int, other: int, delayed: int = 0) -> None:
    """Open a case for staff about an entry that rules hit, once; `other` is the person on its other side.

    `delayed` is the amount of a payment that was not made, in minor units.
    """
    if names and not unit.rows.find(Case, about=entry, what="pattern", limit=1):
        unit.rows.append(
            Case(
                id=unit.mint(),
                what="pattern",
                opener=person.id,
                about=entry,
                other=other,
                state="open",
                opened_at=unit.now,
                due_at=unit.now + timedelta(seconds=CASE_SECONDS),
                values={"rules": list(names)} | ({"delayed": delayed} if delayed else {}),
            )
        )


def to_note(found: Sequence[Rule]) -> list[str]:
    """Return the names of those that staff hear of."""
    return list(dict.fromkeys(rule.name for rule in found if rule.case))
