"""Work that has piled up is done in bites, all of it: nobody waits long for the one who writes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.wallet.audit import everybody_was_told
from service.wallet.unit import Notice, Rows, Tally, Unit
from tests.phone import PINS, Town

TILL, TRUST = Account("ke", Kind.FLOAT, "100016"), Account("ke", Kind.TRUST)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_pile_of_entries_is_sealed_in_bites(anywhere: Town) -> None:
    """Twelve hundred entries since the last seal: all are sealed at once, at most five hundred in a commit."""
    first = anywhere.app.transact(lambda unit: unit.mint()) + 1_000
    issued = [
        Entry(id=first + n, reason=Reason.ISSUE, at=anywhere.now, moves=(Move(TRUST, TILL, 1, Reason.ISSUE),))
        for n in range(1_200)
    ]
    anywhere.store.post_many(issued)
    anywhere.wait(seconds=31)
    seals = anywhere.app.read(lambda unit: [seal.entries for seal, _ in unit.books.seals()])
    assert max(seals) == 500
    assert anywhere.app.read(lambda unit: unit.books.oldest_unsealed()) is None


def test_a_pile_of_old_rows_is_forgotten(anywhere: Town) -> None:
    """Twelve hundred tallies of last week are gone after one round of the worker."""

    def count(unit: Unit) -> None:
        for number in range(1_200):
            unit.rows.add(Tally(key=f"old:{number}", count=1, at=unit.now))

    anywhere.app.transact(count)
    anywhere.wait(hours=1)
    assert len(anywhere.app.read(lambda unit: unit.rows.find(Tally, limit=5_000))) >= 1_200
    anywhere.now += timedelta(days=7)
    anywhere.work()
    assert anywhere.app.read(lambda unit: unit.rows.find(Tally, limit=5_000)) == []


class Watched:
    """The rows of a transaction; writes down which tables are asked for what."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.asked: list[tuple[str, int]] = []

    def __getattr__(self, name: str) -> Any:
        def ask(kind: type[Any], *args: Any, **kwargs: Any) -> Any:
            found = getattr(self._rows, name)(kind, *args, **kwargs)
            self.asked.append((f"{name} {kind.__name__}", len(found)))
            return found

        return ask


def test_the_audit_reads_each_message_once(anywhere: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many entries there are, messages are read once, in pages; what is missing or too much is named."""
    monkeypatch.setattr("service.wallet.audit.PAGE", 4)
    amina = anywhere.phone("Amina")
    for _ in range(5):
        amina.dial().press("1", "1", "20", PINS["Amina"])

    def look(unit: Unit) -> tuple[list[tuple[str, str]], list[tuple[str, int]]]:
        rows = Watched(unit.rows)
        return list(everybody_was_told(replace(unit, rows=cast(Rows, rows)))), rows.asked

    messages = anywhere.app.read(lambda unit: unit.rows.find(Notice, limit=1_000))
    found, asked = anywhere.app.read(look)
    assert found == []
    assert {what for what, _ in asked} == {"column Notice"}
    assert sum(count for _, count in asked) == len(messages)

    newest = messages[-1]
    assert newest.entry is not None
    stray = replace(newest, id=newest.id + 1, entry=newest.entry + 10_000, provider_id=None)
    twice = replace(newest, id=newest.id + 2, provider_id=None)
    anywhere.app.transact(lambda unit: (unit.rows.add(stray), unit.rows.add(twice)))
    assert anywhere.app.read(look)[0] == [
        (f"entry {newest.entry}", "send has 3 messages"),
        (f"entry {stray.entry}", "is not there, and has 1 messages"),
    ]
