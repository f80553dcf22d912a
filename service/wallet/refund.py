"""Giving a tax back that was taken and should not have been: one reviewed batch of days, one entry for each payment.

What is lawful is said by the country's pack as it stands now, for the moment of each payment. The refund of a payment
has an id that follows from the payment's own: however often the batch is run, by however many at once, it happens once.
A reversal gives the levy back too; a counter that both add to, with the levy as its cap, lets only one of them do it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from service.clock import day
from service.countries import IN_CHARGE, Pack
from service.ledger.books import Line, Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Cap, Entry, Move
from service.ledger.post import levy_back, post, reverses
from service.reference import LAST_ENTRY
from service.refusal import Refusal
from service.wallet.account import house_account
from service.wallet.notice import tell
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Approval, Case, Person, Unit

PAGE = 500
AT_ONCE = 50
"""So many tax legs are looked at in one commit."""


MOST_LOOKED_AT = 10_000
"""Legs of taxes that a page looks through: it answers, and blocks nobody who pays, for some seconds at most."""


IN_SUSPENSE, CASE_DAYS, MOST_SUSPENDED = "suspense", 30, 500
"""The kind of case that money in suspense has, the days it may wait, and so many items that a page shows."""


class TooManyPayments(StaffRefusal):
    """So many legs of taxes stand in the books since the first day that only the terminal goes through them."""

    says = ("most",)


class NoSuchTax(Refusal):
    """The country's pack knows no tax of this name that is taken beside a charge."""


class BatchChanged(Refusal):
    """What would be given back is no longer what was reviewed."""


class Batch(NamedTuple):
    """A tax of a country and the days, both inclusive by its calendar, on which it may have been taken wrongly."""

    country: str
    tax: str
    first: date
    last: date


@dataclass(frozen=True, kw_only=True)
class Refund:
    """A batch that two people have agreed to, and how far it has come; `id` is that of the approval.

    `entries` and `amount` are what they were shown, `done` and `given` what was given back of it so far.
    """

    id: int
    country: str
    tax: str
    first: str
    last: str
    entries: int
    amount: int
    state: str = "paying"  # paying, paid
    done: int = 0
    given: int = 0
    reach: int | None = None
    """The leg that the last bite ended at."""
    at: datetime

    @property
    def batch(self) -> Batch:
        return Batch(self.country, self.tax, date.fromisoformat(self.first), date.fromisoformat(self.last))


class Leg(NamedTuple):
    """A levy that is to be given back, in minor units: of which payment, to whom, how much of all that was taken.

    Where the money was held first, the payment is the entry that held it: its reference is what the payer knows.
    """

    entry: int
    payer: Account
    amount: int
    taken: int


class Bite(NamedTuple):
    """One commit's worth: what was given back, and where to go on (None: that was all)."""

    entries: int
    total: int
    before: int | None


def refund_id(entry: int) -> int:
    """Return the id of the entry that gives the levy of another back: from the far end of numbers, never minted."""
    assert entry < LAST_ENTRY // 2, "payments and refunds would meet"
    return LAST_ENTRY - entry


def payment_of(refund: int) -> int:
    """Return the id of the entry whose levy a refund gives back."""
    return LAST_ENTRY - refund


def review(unit: Unit, batch: Batch, *, most: int | None = None) -> tuple[int, int]:
    """Return how many payments a batch would give a levy back for, and how much in all.

    Raises NoSuchTax, or TooManyPayments where more than `most` legs would have to be looked at.
    """
    legs: list[Leg] = []
    for number, (page, _) in enumerate(_pages(unit, batch)):
        if most is not None and number * PAGE >= most:
            raise TooManyPayments(most=f"{most:,}")
        legs += _unlawful(unit, batch, page)
    return len(legs), sum(leg.amount for leg in legs)


def values_of(batch: Batch, entries: int, total: int) -> Mapping[str, Any]:
    """Return what an approval of a batch holds: what it is, and what its maker was shown of it."""
    days = {"from": batch.first.isoformat(), "to": batch.last.isoformat()}
    return {"country": batch.country, "tax": batch.tax, **days, "entries": entries, "amount": total}


def batch_of(values: Mapping[str, Any]) -> Batch:
    """Return the batch that an approval is about."""
    days = (date.fromisoformat(values[name]) for name in ("from", "to"))
    return Batch(values["country"], values["tax"], *days)


def agree(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Let a batch be carried out if it is still what was reviewed; the worker moves the money, in bites.

    Raises BatchChanged.
    """
    if review(unit, batch_of(approval.values)) != (approval.values["entries"], approval.values["amount"]):
        raise BatchChanged
    begin(unit, approval)
    return {name: approval.values[name] for name in ("country", "entries", "amount")}


def begin(unit: Unit, approval: Approval) -> None:
    """Write down that an approved batch is to be carried out, once."""
    batch, about = batch_of(approval.values), approval.values
    unit.rows.add(
        Refund(
            id=approval.id,
            country=batch.country,
            tax=batch.tax,
            first=about["from"],
            last=about["to"],
            entries=about["entries"],
            amount=about["amount"],
            at=unit.now,
        )
    )


def refunding(unit: Unit) -> list[int]:
    """Return the batches that are being carried out."""
    return [row.id for row in unit.rows.find(Refund, state="paying")]


def give_some(unit: Unit, refund: int, *, limit: int = AT_ONCE) -> Refund | None:
    """Carry the next bite of a batch out, if something is left of it, and return how far it is."""
    row = unit.rows.lock(Refund, refund)  # one at a time: two would lock wallets crosswise
    if row is None or row.state != "paying":
        return row
    bite = give_back(unit, row.batch, before=row.reach, limit=limit)
    state = "paid" if bite.before is None else "paying"
    row = replace(row, done=row.done + bite.entries, given=row.given + bite.total, reach=bite.before, state=state)
    unit.rows.put(row)
    return row


def give_back(unit: Unit, batch: Batch, *, before: int | None = None, limit: int = AT_ONCE) -> Bite:
    """Give back what is unlawful among the next tax legs, newest first; `before` is where the last bite ended."""
    page, before = next(_pages(unit, batch, before=before, limit=limit))
    legs = _unlawful(unit, batch, page)
    # Wallets are locked in the order in which postings lock them.
    for leg in sorted(legs, key=lambda leg: str(leg.payer)):
        _give_back(unit, leg)
    return Bite(len(legs), sum(leg.amount for leg in legs), before)


def _pages(
    unit: Unit, batch: Batch, *, before: int | None = None, limit: int | None = None
) -> Iterator[tuple[Sequence[Line], int | None]]:
    """Yield what went into the tax account, newest first, down to the first day: pages, and where each ends."""
    pack, account = unit.house.packs[batch.country], house_account(batch.country, Kind.TAX)
    limit = limit or PAGE
    while True:
        lines = unit.books.lines(account, before=before, limit=limit)
        # A clock that was put back may have written an older moment later: a day's grace.
        over = len(lines) < limit or (batch.first - day(lines[-1].at, pack.zone)).days > 1
        before = None if over else lines[-1].number
        yield [line for line in lines if line.move.reason == Reason.LEVY], before
        if over:
            return


def _unlawful(unit: Unit, batch: Batch, lines: Sequence[Line]) -> list[Leg]:
    pack = unit.house.packs[batch.country]
    base = _base(pack, batch.tax)
    entries = unit.books.some({line.entry for line in lines})
    legs = []
    for line in lines:
        entry = entries[line.entry]
        main = next((move for move in entry.moves if move.reason == base), None)
        paid = _paid(unit, entry, line.move.source)
        if main is None or not batch.first <= day(paid.at, pack.zone) <= batch.last:
            continue
        if unit.books.entry(refund_id(paid.id)) or unit.books.entry_once(reverses(paid.id)):
            continue
        lawful, taken = pack.levy(base, main.amount, paid.at), line.move.amount
        wrong = taken - lawful - unit.books.used(levy_back(paid.id))
        if wrong > 0:
            legs.append(Leg(paid.id, paid.moves[0].source, wrong, taken))
    return legs


def _paid(unit: Unit, entry: Recorded, source: Account) -> Recorded:
    """Return the entry with which the payer paid: where the levy was held first, the one that held it."""
    if source.kind != Kind.HELD:
        return entry
    held = unit.books.entry(int(source.owner))
    assert held is not None, f"no hold {source.owner}"
    return held


def _base(pack: Pack, name: str) -> str:
    base = next((tax.base for tax in pack.taxes if tax.name == name and tax.base != IN_CHARGE), None)
    if base is None:
        raise NoSuchTax
    return base


def _give_back(unit: Unit, leg: Leg) -> None:
    """Post one refund. The wallet of somebody who is gone takes none: the money waits in suspense for its owner."""
    person = unit.rows.get(Person, int(leg.payer.owner))
    alive = person is not None and person.state != "closed"
    country = leg.payer.country
    target = leg.payer if alive else house_account(country, Kind.SUSPENSE)
    move = Move(house_account(country, Kind.TAX), target, leg.amount, Reason.LEVY_REFUND)
    posted = post(
        unit.books,
        Entry(
            id=refund_id(leg.entry),
            reason=Reason.LEVY_REFUND,
            at=unit.now,
            moves=(move,),
            caps=(Cap(levy_back(leg.entry), leg.amount, leg.taken),),
        ),
    )
    if posted.repeated:
        return
    if person is None or not alive:
        _open_case(unit, leg)
        return
    values = {
        "reference": unit.house.references.write(posted.id),
        "original": unit.house.references.write(leg.entry),
        "amount": leg.amount,
        "balance": posted.balances[target],
        "at": posted.at.isoformat(),
    }
    tell(unit, person, "levy_refund", values, entry=posted.id)


def _open_case(unit: Unit, leg: Leg) -> None:
    """Let staff find out whose the money in suspense is now: each item has a case, and a clock (C-02)."""
    unit.rows.append(
        Case(
            id=unit.mint(),
            what=IN_SUSPENSE,
            opener=int(leg.payer.owner),
            about=refund_id(leg.entry),
            other=0,
            state="open",
            opened_at=unit.now,
            due_at=unit.now + timedelta(days=CASE_DAYS),
            values={"amount": leg.amount},
        )
    )


class Suspended(NamedTuple):
    """Money in suspense, in minor units: the entry that put it there, the one it was taken by, and its case if any."""

    entry: int
    payment: int
    at: datetime
    days: int
    amount: int
    case: Case | None


def in_suspense(unit: Unit, country: str) -> Sequence[Suspended]:
    """Return what waits in a country's suspense account, oldest first."""
    account, pack = house_account(country, Kind.SUSPENSE), unit.house.packs[country]
    lines = unit.books.lines(account, before=None, limit=MOST_SUSPENDED)
    about = [line.entry for line in lines]
    cases = {case.about: case for case in unit.rows.find(Case, about=about, what=IN_SUSPENSE, limit=MOST_SUSPENDED)}
    today = day(unit.now, pack.zone)
    return [
        Suspended(
            line.entry,
            payment_of(line.entry),
            line.at,
            (today - day(line.at, pack.zone)).days,
            line.move.amount,
            cases.get(line.entry),
        )
        for line in reversed(lines)
    ]


def levy_returned(unit: Unit, entry: int) -> int:
    """Return how much of an entry's levy was given back by a refund, in minor units."""
    refund = unit.books.entry(refund_id(entry)) if entry < LAST_ENTRY // 2 else None
    return refund.moves[0].amount if refund and refund.reason == Reason.LEVY_REFUND else 0
