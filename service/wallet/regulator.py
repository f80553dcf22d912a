"""What a regulator is told of a period: large payments, large sums in pieces, and what staff found suspicious.

The books are walked by the ids of entries, which grow with time: one bite in each transaction, so that a long period
holds nobody up and fills no memory. Names, numbers and documents stand in it whole: that is what it is for.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from service.clock import day
from service.countries import Pack
from service.ledger.books import Books, Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Move
from service.wallet.case import amount_of, case_number
from service.wallet.sanctions import Hit
from service.wallet.staff import StaffRefusal
from service.wallet.statement import other_side, owner_name, state_of
from service.wallet.unit import Case, Person, Unit

T = TypeVar("T")

MOVED = frozenset({Reason.SEND, Reason.PAY, Reason.BILL, Reason.AIRTIME, Reason.BUY, Reason.CASH_IN, Reason.WITHDRAW})
"""What people pay and get; charges beside it, and what has gone back before it arrived, are no payments."""

MOST_DAYS = 92
FIRST_YEAR = 2000
LOOKS_BACK = timedelta(days=40)
"""An entry's id may be so much older than the entry: a standing order has the next one's a month before."""
AT_ONCE = 500
SMALLEST_PART = 10
"""Pieces of less than a tenth of what is reported are everybody's daily payments."""
MOST_FOUND = 10_000

HEAD = (
    "reference", "at", "what", "amount", "currency", "payments",
    "payer", "payer_phone", "payer_document", "payee", "payee_phone", "payee_document", "note",
)  # fmt: skip


class BadPeriod(StaffRefusal):
    """A period is two days as 2026-11-30, the first not behind the last, and at most 92 days."""


class Work(Protocol):
    """Does a piece of work in one transaction."""

    def __call__(self, work: Callable[[Unit], T]) -> T: ...


class Period(NamedTuple):
    """Days of a country, from the first moment of one to the last of another."""

    pack: Pack
    first: date
    last: date

    def has(self, at: datetime) -> bool:
        return self.first <= day(at, self.pack.zone) <= self.last


class Party(NamedTuple):
    """Who paid or was paid."""

    name: str
    phone: str = ""
    document: str = ""


class Piece(NamedTuple):
    """One payment of several in a day."""

    reference: str
    at: datetime
    what: str
    amount: int


class Found(NamedTuple):
    """One line of a report; `amount` is minor units, `payments` how many there were."""

    reference: str
    at: datetime
    what: str
    amount: int
    payments: int
    payer: Party
    payee: Party
    note: str = ""


def read_period(pack: Pack, first: str, last: str) -> Period:
    """Return a period as it is typed; raises BadPeriod."""
    try:
        period = Period(pack, date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise BadPeriod from None
    if period.first.year < FIRST_YEAR or not timedelta(0) <= period.last - period.first < timedelta(days=MOST_DAYS):
        raise BadPeriod
    return period


def large(read: Work, period: Period) -> Iterator[Found]:
    """Yield payments of as much as must be reported."""
    edge = period.pack.report_from
    return _walk(read, period, lambda unit, one, move: _found(unit, one, move) if move.amount >= edge else None)


def structured(read: Work, period: Period) -> Iterator[Found]:
    """Yield what one person paid, or paid in, within a day in pieces that are each below what must be reported."""
    edge, days = period.pack.report_from, dict[tuple[date, Account, bool], list[Piece]]()

    def look(unit: Unit, one: Recorded, move: Move) -> None:
        if edge <= SMALLEST_PART * move.amount < SMALLEST_PART * edge:
            came = move.reason == Reason.CASH_IN
            person = move.target if came else other_side(unit, move.source, move.target)
            piece = Piece(unit.house.references.write(one.id), one.at, move.reason.value, move.amount)
            days.setdefault((day(one.at, period.pack.zone), person, came), []).append(piece)

    for _ in _walk(read, period, look):
        pass
    for (_, account, _), pieces in sorted(days.items()):
        amount = sum(piece.amount for piece in pieces)
        if len(pieces) > 1 and amount >= edge:
            what = " ".join(sorted({piece.what for piece in pieces}))
            note = " ".join(piece.reference for piece in pieces)
            payer = read(partial(_party, account=account))
            yield Found(pieces[0].reference, pieces[0].at, what, amount, len(pieces), payer, Party(""), note)


def suspicious(read: Work, period: Period) -> Iterator[Found]:
    """Yield what rules found and what it turned out to be, and who was confirmed to be on a list."""
    after = read(lambda unit: _before(unit.books, _begins(period) - LOOKS_BACK))
    while kinds := read(partial(_cases_after, after=after)):
        ids = [number for number, what in kinds if what == "pattern"]
        yield from read(partial(_patterns, ids=ids, period=period))
        after = kinds[-1][0]
    yield from read(partial(_listed, period=period))


REPORTS = {"large": large, "structured": structured, "suspicious": suspicious}


def _walk(read: Work, period: Period, look: Callable[[Unit, Recorded, Move], T | None]) -> Iterator[T]:
    """Yield what `look` makes of each payment of a period."""
    after = read(lambda unit: _before(unit.books, _begins(period) - LOOKS_BACK))

    def bite(unit: Unit) -> tuple[list[T], Sequence[Recorded]]:
        recorded = unit.books.entries(after=after, limit=AT_ONCE)
        seen = [(one, move) for one in recorded if period.has(one.at) for move in one.moves if _counts(move, period)]
        return [found for one, move in seen if (found := look(unit, one, move)) is not None], recorded

    while True:
        found, recorded = read(bite)
        yield from found
        if not recorded or all(day(one.at, period.pack.zone) > period.last for one in recorded):
            return
        after = recorded[-1].id


def _begins(period: Period) -> datetime:
    return datetime.combine(period.first, time(), period.pack.zone)


def _counts(move: Move, period: Period) -> bool:
    return move.reason in MOVED and move.source.country == period.pack.country


def _before(books: Books, moment: datetime) -> int:
    """Return an id such that what was written since that moment has a greater one."""
    low, high = 0, 1
    while (one := books.entries(after=high, limit=1)) and one[0].at < moment:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        one = books.entries(after=middle, limit=1)
        low, high = (middle, high) if one and one[0].at < moment else (low, middle)
    return low


def _found(unit: Unit, one: Recorded, move: Move) -> Found:
    payer, payee = other_side(unit, move.source, move.target), other_side(unit, move.target, move.source)
    reference, state = unit.house.references.write(one.id), state_of(unit, one)
    note = "" if state in ("done", "paid") else state
    return Found(reference, one.at, move.reason.value, move.amount, 1, _party(unit, payer), _party(unit, payee), note)


def _party(unit: Unit, account: Account) -> Party:
    if account.kind != Kind.WALLET:
        return Party(f"{owner_name(unit, account)} ({account.kind.value} {account.owner})".strip())
    return _person(unit.rows.get(Person, int(account.owner)))


def _person(row: Person | None) -> Party:
    return Party(row.name, row.phone, row.id_number) if row else Party("")


def _cases_after(unit: Unit, *, after: int) -> Sequence[tuple[int, str]]:
    return unit.rows.column(Case, "what", after=after, limit=AT_ONCE)


def _patterns(unit: Unit, *, ids: Sequence[int], period: Period) -> list[Found]:
    rows = unit.rows.find(Case, id=ids, limit=AT_ONCE)
    found = []
    for case in sorted((row for row in rows if period.has(row.opened_at)), key=lambda row: row.id):
        opener, other = (unit.rows.get(Person, one) for one in (case.opener, case.other))
        if opener is not None and opener.country == period.pack.country:
            recorded = unit.books.entry(case.about)
            amount = amount_of(unit, case)
            note = " ".join([*case.values["rules"], case.values.get("outcome", "open")])
            what = recorded.reason.value if recorded else "delayed"
            payer, payee = _person(opener), _person(other)
            found.append(Found(case_number(unit, case), case.opened_at, what, amount, 1, payer, payee, note))
    return found


def _listed(unit: Unit, *, period: Period) -> list[Found]:
    found = []
    for hit in reversed(unit.rows.find(Hit, state="confirmed", newest=True, limit=MOST_FOUND)):
        row = unit.rows.get(Person, hit.person)
        if period.has(hit.at) and row is not None and row.country == period.pack.country:
            note = f"{hit.list} {hit.number} {hit.name}"
            found.append(
                Found(unit.house.references.write(hit.id), hit.at, "list", 0, 0, _person(row), Party(""), note)
            )
    return found
