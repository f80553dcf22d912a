"""Every engine decides as apply() does: the same books, the same entry, the same answer or the same refusal."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from service.ledger.chart import Reason
from service.ledger.entry import LARGEST, Account, Cap, Ceiling, Entry, Posted, apply
from service.refusal import Refusal
from service.storage.store import Store
from tests.ledger.shop import FLOAT, TRUST, A, B, C, balance, entry, fund, posted, send
from tests.ledger.test_apply import POSTED, REFUSED

OPENED = {A: 1000, B: 0, C: 50, FLOAT: 5000}


def outcome(result: Any) -> tuple[Any, ...]:
    """Return what is compared: what was left, or the refusal with everything it says."""
    if isinstance(result, Refusal):
        return result.code, result.said
    return ("posted", dict(result.balances))


def asked(store: Store, wanted: Entry) -> tuple[Any, ...]:
    try:
        return outcome(posted(store, wanted))
    except Refusal as refusal:
        return outcome(refusal)


def expected(wanted: Entry, balances: Mapping[Account, int], counters: Mapping[str, int]) -> tuple[Any, ...]:
    try:
        return ("posted", dict(apply(wanted, balances, counters).balances))
    except Refusal as refusal:
        return outcome(refusal)


@pytest.fixture
def shop(store: Store) -> Store:
    fund(store, {A: 1000, B: 0, C: 50})
    extra = balance(store, FLOAT) - OPENED[FLOAT]
    posted(store, entry(90, (FLOAT, TRUST, extra, Reason.REDEEM)))
    posted(store, send(91, A, B, 1, caps=[Cap("used", 30)]))
    posted(store, send(92, B, A, 1))
    return store


def test_every_line_of_the_table(shop: Store) -> None:
    """What apply() says of each entry is what the engine does with it."""
    lines: list[Any] = [line[0] for line in (*POSTED, *REFUSED)]
    for number, line in enumerate(lines, 1000):
        judge(shop, replace(line, id=number))


def judge(shop: Store, wanted: Entry) -> None:
    """Post an entry, compare, and take it back."""

    def work(tx: Any) -> None:
        with tx.savepoint():
            try:
                result: Any = tx.books.post(wanted)
            except Refusal as refusal:
                result = refusal
            assert outcome(result) == expected(wanted, OPENED, {"used": 30})
            raise _Back

    with pytest.raises(_Back):
        shop.transact(work)


class _Back(Exception):
    """Takes everything back."""


def random_entry(dice: random.Random, entry_id: int) -> Entry:
    """Return an entry that may well be refused, near every edge there is."""
    accounts = [A, B, C]
    moves = []
    for _ in range(dice.randint(1, 3)):
        source, target = dice.sample(accounts, 2)
        moves.append((source, target, dice.choice([1, 7, 60, 400, 1000]), Reason.SEND))
    touched = sorted({account for move in moves for account in move[:2]}, key=str)
    ceilings = [Ceiling(dice.choice(touched), dice.choice([0, 60, 500, 2000])) for _ in range(dice.randint(0, 2))]
    keys = ["day:a", 'odd "key", {with} \\ things', "day:b"]
    caps = [Cap(dice.choice(keys), dice.choice([-5, 0, 3, 50]), dice.choice([10, 100, LARGEST])) for _ in range(2)]
    return entry(entry_id, *moves, ceilings=ceilings, caps=caps if dice.random() < 0.7 else ())


@pytest.mark.parametrize("seed", range(4))
def test_L_03_peer_22_random_entries_one_by_one_and_in_batches(shop: Store, seed: int) -> None:
    """A few hundred random entries: each engine agrees with apply() on every one, alone and in a batch."""
    dice = random.Random(seed)
    balances, counters = dict(OPENED), {"used": 30}
    for start in range(1000, 1100, 10):
        batch = [random_entry(dice, entry_id) for entry_id in range(start, start + 10)]
        wanted = []
        for one in batch:
            wanted.append(expected(one, balances, counters))
            if wanted[-1][0] == "posted":
                after = apply(one, balances, counters)
                balances.update(after.balances)
                counters.update(after.counters)
        if start % 20:
            assert [outcome(result) for result in shop.post_many(batch)] == wanted
        else:
            assert [asked(shop, one) for one in batch] == wanted
    assert {account: balance(shop, account) for account in balances} == balances
    assert {key: shop.read(lambda tx, key=key: tx.books.counter(key)) for key in counters} == counters  # type: ignore[misc]


def test_post_one_gives_what_a_transaction_gives(shop: Store) -> None:
    assert isinstance(shop.post_one(send(100, A, B, 5, fee=1)), Posted)
    for wanted in (send(101, A, B, 5000), send(102, A, B, 1, ceilings=[Ceiling(B, 3)])):
        with pytest.raises(Refusal) as alone:
            shop.post_one(wanted)
        assert outcome(alone.value) == asked(shop, wanted)


def test_an_installation_has_a_key_of_its_own(store: Store) -> None:
    assert len(store.installation_key()) == 32
    assert store.installation_key() == store.installation_key()
    assert store.schema_is_current()
