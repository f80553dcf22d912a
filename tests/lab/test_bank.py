"""The bank, in small, and its judges: what they must not let pass."""

from collections.abc import Callable
from typing import Any

import pytest

from service.storage.store import Store
from tests.lab.bank import hold_round, judge
from tests.lab.bank_clients import Told, judge_read
from tests.ledger.shop import FEES, TRUST, A, B, fund, send, wallet

START = {A: 1000, B: 0}


def test_L_02_a_small_bank_under_faults(new_database: Callable[[], str]) -> None:
    """Payments, holds, reversals and whole-book reads while connections are cut: all that was told is true."""
    found = hold_round(new_database(), wallets=5, operations=1500, seconds=60, seed=1, payers=6, processes=1)
    assert found.judged == ([], [], [])
    assert (found.read.wrong, found.told.wrong) == ([], [])
    assert found.faults.total() > 0
    assert found.read.books > 0
    kinds = ("payment", "ring", "crossing", "batch", "hold", "capture", "release", "reversal")
    assert not [kind for kind in kinds if not found.told.kinds[kind]]
    assert len(found.told.acked) > 100


def paid(store: Store) -> Told:
    """Pay once, and note it as a payer does."""
    fund(store, START)
    one = send(500, A, B, 100, fee=1)
    posted = store.post_one(one)
    return Told(acked={one.id: one.moves}, left={one.id: dict(posted.balances)})


@pytest.mark.parametrize("engine", ["memory"])
def test_the_judge_lets_pass_what_is_right(store: Store) -> None:
    told = paid(store)
    told.refused.add(501)
    told.unknown[502] = send(502, A, B, 5).moves
    assert judge(store, told, START) == ([], [], [])


def forgotten(told: Told) -> None:
    told.acked[501] = send(501, A, B, 1).moves


def other_content(told: Told) -> None:
    told.acked[500] = send(500, A, B, 99, fee=1).moves


def said_no(told: Told) -> None:
    told.refused.add(500)
    told.acked.clear()
    told.unknown[500] = send(500, A, B, 100, fee=1).moves


def never_asked(told: Told) -> None:
    told.acked.clear()


def told_wrong(told: Told) -> None:
    told.left[500][A] += 1


@pytest.mark.parametrize("engine", ["memory"])
@pytest.mark.parametrize(
    ("fault", "counts"),
    [(forgotten, (1, 0, 2)), (other_content, (1, 0, 2)), (said_no, (0, 1, 0)), (never_asked, (0, 0, 2)),
     (told_wrong, (0, 0, 1))],
)  # fmt: skip
def test_the_judge_finds(store: Store, fault: Callable[[Told], None], counts: tuple[int, int, int]) -> None:
    told = paid(store)
    fault(told)
    lost, doubled, unbalanced = judge(store, told, START)
    assert (len(lost), len(doubled), len(unbalanced)) == counts


SOUND: dict[str, Any] = {
    "balances": {TRUST: -100, A: 97, FEES: 3},
    "done": [5, 2],
    "fees": 3,
    "seen": [4, 2],
    "least": [5, 1],
    "most": [5, 4],
}


@pytest.mark.parametrize(
    ("spoilt", "wrong"),
    [
        ({}, 0),
        ({"balances": {TRUST: -100, A: 96, FEES: 3}}, 1),
        ({"balances": {TRUST: -100, A: 101, wallet(9): -4, FEES: 3}}, 1),
        ({"fees": 4}, 1),
        ({"seen": [4, 3]}, 1),
        ({"least": [6, 1]}, 1),
        ({"most": [5, 1]}, 1),
    ],
)
def test_the_judge_of_reads_finds(spoilt: dict[str, Any], wrong: int) -> None:
    assert len(judge_read(**{**SOUND, **spoilt})) == wrong
