"""The watch: looks into what was sealed last, and says at once what cannot be right.

An audit reads the books from their beginning; this reads each entry once, soon after it was written, so that it can run
all the time. What an account was left with must be what its line before left, and this move; nothing that can refuse is
below zero; each move is one that the chart allows; and the sums of a seal are those of the seal before and its entries.
From a sound beginning on, these together say that all accounts of a country hold nothing together (I4).
"""

from collections.abc import Iterator, Sequence

from service.ledger.audit import lawful, not_empty
from service.ledger.books import Books, Recorded, Seal
from service.ledger.seal import Break, add_totals


def look_into(books: Books, seal: Seal, before: Seal | None) -> tuple[Sequence[Recorded], Sequence[Break]]:
    """Return the entries of a seal and all that is wrong with them; `before` is the seal before it."""
    entries = books.sealed_by(seal.number)
    return entries, list(_wrong(books, seal, before, entries))


def _wrong(books: Books, seal: Seal, before: Seal | None, entries: Sequence[Recorded]) -> Iterator[Break]:
    for entry in entries:
        for check in (not_empty, lawful):
            yield from (Break(where, detail) for where, detail in check(entry))
    for step in books.steps_of(seal.number):
        if step.after < 0:
            yield Break(f"entry {step.entry}", f"leaves {step.after} in {step.account}")
        if step.after != step.before + step.change:
            said = f"{step.account} had {step.before} and was moved by {step.change}, and is said to have {step.after}"
            yield Break(f"entry {step.entry}", said)
    if dict(add_totals(before.totals if before else {}, entries)) != dict(seal.totals):
        yield Break(f"seal {seal.number}", "its totals are not those of the seal before it and its entries")
