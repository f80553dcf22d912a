"""Work that has piled up is done in bites, all of it: nobody waits long for the one who writes."""

from datetime import timedelta

import pytest

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.wallet.unit import Tally, Unit
from tests.phone import Town

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
