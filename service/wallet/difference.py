"""What stands at the bank and not in the books, or in the books and not at the bank, and how old it is."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from service.clock import day
from service.ledger.books import Recorded
from service.wallet.bank import MOST_OPEN, at_the_bank, compared_since, entries_without_line, lines_without_entry
from service.wallet.day_close import Item, closes_of, midnight_of, still_open
from service.wallet.unit import Unit


class Difference(NamedTuple):
    """What stands on one side only: `number` is that of the line or of the entry, `age` is in days."""

    side: str  # bank, books
    number: str
    day: str
    age: int
    reference: str
    amount: int
    state: str
    case: str


def differences_of(unit: Unit, country: str) -> Sequence[Difference]:
    """Return what the bank and the books do not say both, oldest first; `amount` is from the bank's side.

    Entries are looked at from the first day of the statements on: before it there is nothing to compare them with.
    """
    pack, write = unit.house.packs[country], unit.house.references.write
    today = day(unit.now, pack.zone)
    found = [
        Difference(
            "bank",
            write(line.id),
            line.booked_on,
            (today - date.fromisoformat(line.booked_on)).days,
            line.reference,
            line.amount,
            line.state,
            write(line.case_id) if line.case_id is not None else "",
        )
        for line in lines_without_entry(unit, country)
    ]
    for entry in _entries(unit, country):
        at = day(entry.at, pack.zone)
        reference, amount = (entry.once or "").rpartition(":")[2], at_the_bank(entry, country)
        found.append(Difference("books", write(entry.id), f"{at}", (today - at).days, reference, amount, "open", ""))
        if len(found) >= MOST_OPEN:
            break
    return sorted(found, key=lambda one: (one.day, one.side, one.number))


def _entries(unit: Unit, country: str) -> Iterator[Recorded]:
    """Yield the entries that no line explains; what was before the last closed day is known from its close."""
    last = closes_of(unit, country, 1)
    if last:
        carried = still_open(unit, [Item(*one) for one in last[0].figures["items"]], "9999-12-31")
        yield from unit.books.some([item.entry for item in carried if item.entry is not None]).values()
    since = midnight_of(last[0].day, unit.house.packs[country]) if last else compared_since(unit, country)
    if since is not None:
        yield from entries_without_line(unit, country, since=since)
