"""The day close: what the books and the bank said at midnight, why they differ, signed, and never changed.

One person proposes it, another approves the figures that they saw. Each row carries a stamp over the one before it, as
those of the logbook do, and a signature that anybody can check who has the public key (`ledger/signature.py`).

The difference is explained line by line: what the bank has booked and the books had not by then, what the books had and
the bank had not booked, and what stood there before the first statement. What these do not explain is said, too.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from service.countries import Pack
from service.ledger.books import Line
from service.ledger.chart import Kind
from service.ledger.signature import is_signed, public_key, sign
from service.money import show_number
from service.wallet.account import house_account
from service.wallet.bank import MOST_STATEMENTS, PAGE, BankLine, compared_since, lines_without_entry, statements_of
from service.wallet.bank_file import BadStatement, read_day
from service.wallet.logbook import PAGE as ROWS
from service.wallet.proposal import OtherVersion
from service.wallet.staff import StaffRefusal
from service.wallet.tally import tally_of
from service.wallet.unit import Approval, Unit

LOOKED_AT = 400
"""Statements, the last ones: a day that is closed is not older than a year."""


class NoStatement(StaffRefusal):
    """No statement of the bank that was imported covers this day, or it is not over."""


class DayClosed(StaffRefusal):
    """The day is closed already, or a later one is."""


@dataclass(frozen=True, kw_only=True)
class DayClose:
    """One day of one country, closed; `said` is the text that is signed."""

    number: int
    country: str
    day: str
    said: str
    figures: Mapping[str, Any]
    maker: str
    checker: str
    at: datetime
    signature: str
    public_key: str
    stamp: str = ""


class Item(NamedTuple):
    """One reason for a difference: `amount` is what it adds to the bank's side, in minor units."""

    kind: str  # bank, suspense, books, before, rest
    day: str
    reference: str
    amount: int
    entry: int | None = None


class Figures(NamedTuple):
    """A day at its midnight, in minor units."""

    issued: int
    bank: int
    items: Sequence[Item]

    @property
    def difference(self) -> int:
        return self.bank - self.issued


def figures(unit: Unit, *, country: str, day: str) -> Figures:
    """Return what the books and the bank said at the end of a day; raises NoStatement."""
    pack = unit.house.packs[country]
    midnight = midnight_of(day, pack)
    if midnight > unit.now:
        raise NoStatement
    bank, earlier = _bank_at(unit, country, day), _last_before(unit, country, day)
    since = midnight_of(earlier.day, pack) if earlier else compared_since(unit, country)
    assert since is not None, "a statement covers the day"
    issued, items = -unit.books.balance(house_account(country, Kind.TRUST)), list[Item]()
    began = issued
    for page in _trust_lines(unit, country, since):
        booked = _booked(unit, [line.entry for line in page])
        for line in page:
            began += line.amount
            if line.at >= midnight:
                issued += line.amount
            items += _of_entry(unit, pack, line, booked.get(line.entry), day, before=line.at < midnight)
    items += [item for line in lines_without_entry(unit, country) for item in _of_bank(unit, line, day)]
    carried = [Item(*one) for one in earlier.figures["items"]] if earlier else _before(unit, pack, since, began)
    items += [*still_open(unit, carried, day), *(item for item in carried if item.kind == "before")]
    if rest := bank - issued - sum(item.amount for item in items):
        items.append(Item("rest", day, "", rest))
    return Figures(issued, bank, sorted(items, key=lambda item: (item.day, item.kind, item.reference, item.amount)))


def midnight_of(day: str, pack: Pack, days: int = 1) -> datetime:
    """Return the end of a day of the country; with no `days` its beginning."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=days), datetime.min.time(), tzinfo=pack.zone)


def _bank_at(unit: Unit, country: str, day: str) -> int:
    for row in statements_of(unit, country, LOOKED_AT):
        if row.first_day <= day <= row.last_day:
            known = [one for one in row.balances if one <= day]
            return row.balances[max(known)] if known else row.opening
    raise NoStatement


def _before(unit: Unit, pack: Pack, since: datetime, issued: int) -> list[Item]:
    """Return what the bank had beside what was issued when the first statement began."""
    first = f"{since.date()}"
    rows = statements_of(unit, pack.country, MOST_STATEMENTS)
    opening = next(row.opening for row in rows if row.first_day == first)
    return [Item("before", first, "", opening - issued)] if opening != issued else []


def _last_before(unit: Unit, country: str, day: str) -> DayClose | None:
    """Return the close before a day: days are closed in their order."""
    return next((row for row in closes_of(unit, country, 2) if row.day < day), None)


def _trust_lines(unit: Unit, country: str, since: datetime) -> Iterator[Sequence[Line]]:
    """Yield the lines of the trust account since a moment, newest first, page by page."""
    last = None
    while page := unit.books.lines(house_account(country, Kind.TRUST), before=last, limit=PAGE):
        last = page[-1].number
        yield [line for line in page if line.at >= since]
        if page[-1].at < since:
            return


def _booked(unit: Unit, entries: Sequence[int]) -> Mapping[int, BankLine]:
    rows = unit.rows.find(BankLine, entry=sorted(set(entries)), state="matched", limit=PAGE) if entries else ()
    return {row.entry: row for row in rows if row.entry is not None}


def _of_entry(unit: Unit, pack: Pack, line: Line, booked: BankLine | None, day: str, *, before: bool) -> list[Item]:
    """Return what an entry adds to the difference: the bank had not booked it by then, or only the bank had."""
    reference = unit.house.references.write(line.entry)
    if before and (booked is None or booked.booked_on > day):
        return [Item("books", f"{line.at.astimezone(pack.zone).date()}", reference, line.amount, line.entry)]
    if not before and booked is not None and booked.booked_on <= day:
        return [Item("bank", booked.booked_on, booked.reference, booked.amount)]
    return []


def _of_bank(unit: Unit, line: BankLine, day: str) -> list[Item]:
    if line.booked_on > day:
        return []
    if line.case_id is None:
        return [Item("bank", line.booked_on, line.reference, line.amount)]
    return [Item("suspense", line.booked_on, unit.house.references.write(line.case_id), line.amount)]


def still_open(unit: Unit, carried: Sequence[Item], day: str) -> list[Item]:
    """Return those entries of earlier closes that the bank had not booked by a day."""
    waiting = [item for item in carried if item.entry is not None]
    booked = _booked(unit, [item.entry for item in waiting if item.entry is not None])
    return [item for item in waiting if (row := booked.get(item.entry or 0)) is None or row.booked_on > day]


def close_values(unit: Unit, *, country: str, day: str) -> Mapping[str, Any]:
    """Return what a proposal to close a day says; raises NoStatement or DayClosed."""
    try:
        day = read_day(day)
    except BadStatement:
        raise NoStatement from None
    if any(row.day >= day for row in closes_of(unit, country, 1)):
        raise DayClosed
    return _values(country, day, figures(unit, country=country, day=day))


def _values(country: str, day: str, found: Figures) -> Mapping[str, Any]:
    return {
        "country": country,
        "day": day,
        "issued": found.issued,
        "bank_balance": found.bank,
        "difference": found.difference,
        "differences": len(found.items),
        "digest": _digest(found.items),
    }


def close_day(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Write the close of a day, if its figures are still those that were proposed; raises OtherVersion or DayClosed.

    The checker signs with the maker: the text names both. Two that come at once get a number each.
    """
    said = approval.values
    tally_of(unit, "day closes")
    if any(row.day >= said["day"] for row in closes_of(unit, said["country"], 1)):
        raise DayClosed
    found = figures(unit, country=said["country"], day=said["day"])
    if _values(said["country"], said["day"], found) != said:
        raise OtherVersion
    last = unit.rows.find(DayClose, newest=True, limit=1)
    number, before = (last[0].number + 1, last[0].stamp) if last else (1, "")
    checker = approval.checker or ""
    text = _text(unit, found, said, number, before, maker=approval.maker, checker=checker)
    secret = unit.house.statement_secret
    row = DayClose(
        number=number,
        country=said["country"],
        day=said["day"],
        said=text,
        figures={**found._asdict(), "items": [list(item) for item in found.items]},
        maker=approval.maker,
        checker=checker,
        at=unit.now,
        signature=sign(secret, text.encode()).hex(),
        public_key=public_key(secret).hex(),
    )
    unit.rows.append(replace(row, stamp=_stamp(row, before, unit.house.log_key)))
    return {"country": row.country, "day": row.day}


def closes_of(unit: Unit, country: str, limit: int = 10_000) -> Sequence[DayClose]:
    """Return the days of a country that are closed, the last one first."""
    return unit.rows.find(DayClose, country=country, newest=True, limit=limit)


def check_closes(unit: Unit, older: Sequence[bytes] = ()) -> Iterator[tuple[str, str]]:
    """Yield each close that was changed, or does not follow the one before it, or is not signed by its own key."""
    number, before, keys = 0, "", (unit.house.log_key, *older)
    while rows := unit.rows.find(DayClose, number=list(range(number + 1, number + ROWS)), limit=ROWS):
        for row in rows:
            if row.number != number + 1:
                yield f"day close {row.number}", "the one before it is gone"
            if not any(hmac.compare_digest(_stamp(row, before, key), row.stamp) for key in keys):
                yield f"day close {row.number}", "was changed, or does not follow the one before it"
            if not is_signed(bytes.fromhex(row.public_key), row.said.encode(), bytes.fromhex(row.signature)):
                yield f"day close {row.number}", "its text is not what was signed"
            number, before = row.number, row.stamp


def _digest(items: Sequence[Item]) -> str:
    return hashlib.sha256(json.dumps(items, separators=(",", ":")).encode()).hexdigest()[:16]


def _text(
    unit: Unit, found: Figures, said: Mapping[str, Any], number: int, before: str, *, maker: str, checker: str
) -> str:
    """Return what is signed: lines that a person reads, and a program, too."""
    pack = unit.house.packs[said["country"]]

    def money(minor: int) -> str:
        return show_number(minor, pack.currency)

    lines = [
        "Senti day close",
        f"number: {number}",
        f"country: {pack.country}",
        f"day: {said['day']}",
        f"currency: {pack.currency.code}",
        f"e-money issued: {money(found.issued)}",
        f"trust balance at the bank: {money(found.bank)}",
        f"difference: {money(found.difference)}",
        *(f"{item.kind}: {item.day} {item.reference or '-'} {money(item.amount)}" for item in found.items),
        f"made by: {maker}",
        f"approved by: {checker}",
        f"at: {unit.now.astimezone(UTC).isoformat(timespec='seconds')}",
        f"after: {before or '-'}",
    ]
    return "\n".join(lines) + "\n"


def _stamp(row: DayClose, before: str, key: bytes) -> str:
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [row.number, row.country, row.day, row.said, dict(row.figures), row.maker, row.checker, at]
    text = json.dumps(["day close", said, row.signature, row.public_key, before], separators=(",", ":"), sort_keys=True)
    return hmac.digest(key, text.encode(), "sha256").hex()
