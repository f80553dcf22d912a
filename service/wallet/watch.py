"""The watch over the books: where something does not add up, payments and the making of e-money stand still.

The worker looks into every seal once, soon after it was made (`service/ledger/watch.py` says at what). E-money must
have been asked for by two people, and name money at the bank. What it finds halts every country, for a fault in the
books is one of the program or of who keeps the database. Two people let it go on, when they know what it was (L-14).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import structlog

from service.ledger.books import Seal
from service.ledger.seal import Break
from service.ledger.watch import look_into
from service.wallet.audit import asked_by_two
from service.wallet.brake import WHAT
from service.wallet.halt import WATCH, halt
from service.wallet.unit import Unit
from service.wallet.watched import Watched

log = structlog.get_logger()

Read = Callable[[Callable[[Unit], "Looked | None"]], "Looked | None"]
Transact = Callable[[Callable[[Unit], int]], int]

BOOKS = "books"


class Looked(NamedTuple):
    """What one look found: how far the watch has come then, and where it stood, for it goes on only from there."""

    since: Watched | None
    seal: Seal | None
    problems: Sequence[Break] = ()


def watch(read: Read, transact: Transact) -> int:
    """Look into the next seal, if there is one, and halt everything if it does not add up; say how many it was."""
    found = read(_look)
    if found is None:
        return 0
    return transact(partial(_write, found=found))


def _look(unit: Unit) -> Looked | None:
    row, last = unit.rows.get(Watched, BOOKS), unit.books.last_seal()
    if row is None:  # what was sealed before there was a watch is for `senti audit`
        return Looked(None, last)
    if row.seal == 0 and last is None:
        return None
    before = last if last and last.number == row.seal else unit.books.seal(row.seal)
    if (before.mac.hex() if before else "") != row.mac:
        return Looked(row, last, (Break(f"seal {row.seal}", "is gone, or not the one that was looked into"),))
    if last is None or last.number == row.seal:
        return None
    seal = unit.books.seal(row.seal + 1)
    if seal is None:
        return Looked(row, last, (Break(f"seal {row.seal + 1}", "is not there"),))
    try:
        return Looked(row, seal, tuple(_problems(unit, seal, before)))
    except (ValueError, KeyError, AssertionError) as error:
        return Looked(row, seal, (Break(f"seal {seal.number}", f"cannot be read: {type(error).__name__}"),))


def _problems(unit: Unit, seal: Seal, before: Seal | None) -> Iterator[Break]:
    entries, wrong = look_into(unit.books, seal, before)
    yield from wrong
    yield from (Break(where, detail) for where, detail in asked_by_two(unit, entries))


def _write(unit: Unit, found: Looked) -> int:
    """Note how far the watch has come; what two workers found at once is written once."""
    row, seal = unit.rows.lock(Watched, BOOKS), found.seal
    done = Watched(name=BOOKS, seal=seal.number if seal else 0, mac=seal.mac.hex() if seal else "", at=unit.now)
    if row is None:
        unit.rows.add(done)
        return 0
    if row != found.since:
        return 0
    unit.rows.put(done)
    if not found.problems:
        return 1
    first, more = found.problems[0], len(found.problems) - 1
    why = f"{first.where}: {first.detail}" + (f" (and {more} more)" if more else "")
    log.error("the books do not add up: payments and float stand still", count=len(found.problems))
    for country in unit.house.packs:
        for what in WHAT:
            halt(unit, country=country, what=what, why=why, by=WATCH, role=WATCH)
    return 1
