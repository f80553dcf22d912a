"""The statement of the trust account at the bank: its lines, and the entries of the books that explain them.

A line is known by the bank's own id or by what it says, so the same file twice adds nothing. Money that came in is
explained by the entry that issued e-money for it, money that went out by an entry that redeemed: the same reference,
the same amount. What has no such other side is a difference, of the bank or of the books, with an age. Who paid and
what they wrote is personal and stands encrypted.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from service.clock import day
from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.wallet.account import at_bank, house_account
from service.wallet.bank_file import BankFile, FileLine
from service.wallet.logbook import TERMINAL, note
from service.wallet.staff import StaffRefusal
from service.wallet.unit import Unit

PAGE = 500
"""Lines or entries that are looked at in one go."""

MOST_STATEMENTS = 5_000
"""Of one country: thirteen years of days."""

MOST_OPEN = 2_000
"""Differences that are shown and signed; more are a statement of another account."""


@dataclass(frozen=True, kw_only=True)
class BankStatement:
    """A file that was imported; `balances` is what the bank held at the end of each day that has lines."""

    id: int
    country: str
    digest: str
    name: str
    first_day: str
    last_day: str
    opening: int
    closing: int
    balances: Mapping[str, int]
    lines: int
    new: int
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class BankLine:
    """One line of a statement: `amount` is above zero for what came in, in minor units.

    `mark` tells it from all others of its country. `entry` is what explains it in the books, `case_id` the case under
    which its owner is being found out.
    """

    id: int
    country: str
    mark: str
    statement: int
    booked_on: str
    amount: int
    reference: str
    """The bank's reference, as `plain_reference` writes it."""
    text: str
    state: str = "open"  # open, matched, suspense
    entry: int | None = None
    case_id: int | None = None
    why: str = ""
    at: datetime


class StatementAhead(StaffRefusal):
    """The statement goes on behind today: a day is mistyped, and it would stand for all days until then."""


class BadBankRef(StaffRefusal):
    """A reference of the bank has a letter or a digit: signs alone name no money at the bank (L-15)."""


class Imported(NamedTuple):
    """What came of a file: how many of its lines were new, and how many of those an entry explains."""

    statement: BankStatement
    new: int
    matched: int


def plain_reference(reference: str) -> str:
    """Return a bank's reference so that two spellings of it are one: small letters and digits (see `at_bank`)."""
    return "".join(sign for sign in reference.casefold() if sign.isalnum())


def refuse_no_reference(reference: str) -> None:
    """Raise BadBankRef for a reference of which nothing is left when it is compared."""
    if not plain_reference(reference):
        raise BadBankRef


def import_statement(
    unit: Unit, *, country: str, name: str, data: bytes, read: BankFile, by: str, role: str = TERMINAL
) -> Imported:
    """Write down the lines of a file that are not there yet, each with the entry that explains it, if there is one.

    `data` is the file and `read` what it says. The same file again adds nothing. Raises StatementAhead.
    """
    if read.last_day > f"{day(unit.now, unit.house.packs[country].zone)}":
        raise StatementAhead
    digest = hashlib.sha256(data).hexdigest()
    if there := unit.rows.find(BankStatement, country=country, digest=digest, limit=1):
        return Imported(there[0], 0, 0)
    fresh = _fresh(unit, country, read)
    row = BankStatement(
        id=unit.mint(),
        country=country,
        digest=digest,
        name=name[:100],
        first_day=read.first_day,
        last_day=read.last_day,
        opening=read.opening,
        closing=read.closing,
        balances=read.balances,
        lines=len(read.lines),
        new=len(fresh),
        by=by,
        at=unit.now,
    )
    unit.rows.append(row)
    made = [_line(unit, row, mark, line) for mark, line in fresh]
    taken = _matched(unit, [line.entry for line in made if line.entry is not None])
    matched = 0
    for line in made:
        if line.entry in taken:  # two lines of one reference: the second is a difference
            line = replace(line, state="open", entry=None)
        if line.entry is not None:
            taken.add(line.entry)
            matched += 1
        unit.rows.append(line)
    _try_again(unit, country)
    said = {"lines": row.lines, "new": row.new, "matched": matched}
    note(unit, staff=by, role=role, act="import bank", about=f"country {country}", values=said)
    return Imported(row, len(fresh), matched)


def _try_again(unit: Unit, country: str) -> None:
    """Explain lines of earlier files whose entry was being posted while they came in."""
    for one in unit.rows.find(BankLine, country=country, state="open", limit=PAGE):
        entry = _explains(unit, one)
        if entry is not None and not _matched(unit, [entry.id]):
            line = unit.rows.lock(BankLine, one.id)
            if line is not None and line.state == "open":
                unit.rows.put(replace(line, state="matched", entry=entry.id))


def _fresh(unit: Unit, country: str, read: BankFile) -> list[tuple[str, FileLine]]:
    """Return the lines of a file that are not known, with their marks; of equal lines of a day each counts."""
    seen: Counter[tuple[object, ...]] = Counter()
    marked = []
    for line in read.lines:
        said = (line.booked_on, line.amount, line.bank_id, plain_reference(line.reference))
        text = json.dumps(["bank line", country, *said, seen[said]], separators=(",", ":"))
        seen[said] += 1
        marked.append((hashlib.sha256(text.encode()).hexdigest(), line))
    known: set[str] = set()
    for first in range(0, len(marked), PAGE):
        marks = [mark for mark, _ in marked[first : first + PAGE]]
        known |= {row.mark for row in unit.rows.find(BankLine, country=country, mark=marks, limit=PAGE)}
    return [(mark, line) for mark, line in marked if mark not in known]


def _line(unit: Unit, statement: BankStatement, mark: str, line: FileLine) -> BankLine:
    row = BankLine(
        id=unit.mint(),
        country=statement.country,
        mark=mark,
        statement=statement.id,
        booked_on=line.booked_on,
        amount=line.amount,
        reference=plain_reference(line.reference),
        text=line.text,
        at=unit.now,
    )
    entry = _explains(unit, row)
    return replace(row, state="matched", entry=entry.id) if entry else row


def _explains(unit: Unit, line: BankLine) -> Recorded | None:
    """Return the entry that has a line's reference and amount."""
    if not line.reference:
        return None
    reason = Reason.ISSUE if line.amount > 0 else Reason.REDEEM
    entry = unit.books.entry_once(at_bank(reason, line.reference))
    return entry if entry and at_the_bank(entry, line.country) == line.amount else None


def at_the_bank(entry: Recorded, country: str) -> int:
    """Return what an entry says that the bank's account of a country got (above zero) or paid."""
    trust = house_account(country, Kind.TRUST)
    out = sum(move.amount for move in entry.moves if move.target == trust)
    return sum(move.amount for move in entry.moves if move.source == trust) - out


def _matched(unit: Unit, entries: Sequence[int]) -> set[int]:
    """Return which of these entries a line of the bank is explained by already."""
    found: set[int] = set()
    for first in range(0, len(entries), PAGE):
        rows = unit.rows.find(BankLine, entry=list(entries[first : first + PAGE]), state="matched", limit=PAGE)
        found |= {row.entry for row in rows if row.entry is not None}
    return found


def match_entry(unit: Unit, entry_id: int, bank_ref: str) -> None:
    """Explain a line that was imported before its entry was posted; call it when one has been."""
    entry = unit.books.entry(entry_id)
    if entry is None:
        return
    country = entry.moves[0].source.country
    for line in unit.rows.find(BankLine, country=country, reference=plain_reference(bank_ref), state="open"):
        if at_the_bank(entry, country) == line.amount:
            row = unit.rows.lock(BankLine, line.id)
            if row is not None and row.state == "open" and not _matched(unit, [entry.id]):
                unit.rows.put(replace(row, state="matched", entry=entry.id))
            return


def lines_without_entry(unit: Unit, country: str) -> Sequence[BankLine]:
    """Return what the bank has booked and nothing in the books explains, oldest first."""
    rows = unit.rows.find(BankLine, country=country, state=("open", "suspense"), limit=MOST_OPEN)
    return sorted(rows, key=lambda row: (row.booked_on, row.id))


def entries_without_line(unit: Unit, country: str, *, since: datetime) -> Iterator[Recorded]:
    """Yield the entries at the bank since a moment that no line explains, newest first."""
    trust, last = house_account(country, Kind.TRUST), None
    while page := unit.books.lines(trust, before=last, limit=PAGE):
        last = page[-1].number
        ids = list(dict.fromkeys(line.entry for line in page if line.at >= since))
        matched = _matched(unit, ids)
        entries = unit.books.some([one for one in ids if one not in matched])
        yield from (entries[one] for one in ids if one in entries)
        if page[-1].at < since:
            return


def compared_since(unit: Unit, country: str) -> datetime | None:
    """Return when the first statement begins, or None where there is none."""
    first = min((row.first_day for row in statements_of(unit, country, MOST_STATEMENTS)), default=None)
    if first is None:
        return None
    return datetime.combine(date.fromisoformat(first), datetime.min.time(), tzinfo=unit.house.packs[country].zone)


def statements_of(unit: Unit, country: str, limit: int = 50) -> Sequence[BankStatement]:
    """Return the statements of a country, that of the last days first."""
    return unit.rows.find(BankStatement, country=country, newest=True, limit=limit)
