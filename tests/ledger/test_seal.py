"""Seals: every entry is covered once, in any order of ids, and every change behind them is located."""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest

from service.ledger.audit import audit
from service.ledger.books import Books, Recorded, Seal
from service.ledger.chart import Reason
from service.ledger.entry import Move
from service.ledger.post import post
from service.ledger.seal import Break, OlderKey, close_with_a_new_key, entry_digest, seal_batch, verify
from service.storage.store import Store
from tests.conftest import DATABASES, SEAL_KEY, opened
from tests.ledger.shop import (
    COMMISSION,
    FEES,
    NOON,
    TAX,
    TRUST,
    A,
    B,
    C,
    balance,
    entry,
    fund,
    posted,
    race,
    send,
    wallet,
)
from tests.ledger.tamper import tamper


def seal(store: Store, limit: int = 10_000) -> Seal | None:
    return store.transact(lambda tx: seal_batch(tx.books, SEAL_KEY, NOON, limit=limit))


def breaks(store: Store, key: bytes = SEAL_KEY) -> list[Break]:
    return store.read(lambda tx: list(verify(tx.books, key)))


def covered(store: Store) -> list[list[int]]:
    return store.read(lambda tx: [[entry_id for entry_id, _ in digests] for _, digests in tx.books.seals()])


def test_each_entry_is_sealed_once_whatever_its_number(store: Store) -> None:
    """Numbers are minted with the quote: a small one may be written after a great one."""
    fund(store, {A: 1000, B: 0})
    posted(store, send(900, A, B, 1))
    first = seal(store)
    assert first is not None
    assert (first.number, first.previous, first.entries) == (1, b"", 3)
    posted(store, send(100, A, B, 1))
    second = seal(store)
    assert second is not None
    assert second.previous == first.mac
    assert seal(store) is None
    assert covered(store) == [[1, 2, 900], [100]]
    assert breaks(store) == []


def test_a_seal_takes_part_and_the_next_takes_the_rest(store: Store) -> None:
    fund(store, {A: 1000, B: 0})
    for number in range(100, 107):
        posted(store, send(number, A, B, 1))
    while seal(store, limit=4):
        pass
    assert covered(store) == [[1, 2, 100, 101], [102, 103, 104, 105], [106]]
    assert breaks(store) == []


def test_two_who_seal_at_one_time_wait_for_each_other(store: Store) -> None:
    """Each entry is covered once, and none of them meets the other's seal."""
    fund(store, {A: 1000, B: 0})

    def slow(tx: Any) -> Seal | None:
        made = seal_batch(tx.books, SEAL_KEY, NOON, limit=9)
        time.sleep(0.1)
        return made

    made = race([lambda: store.transact(slow)] * 3)
    assert sum(one is not None for one in made) == 1
    assert covered(store) == [[1, 2]]


def test_totals_are_what_the_unlocked_accounts_hold(store: Store) -> None:
    """Accounts without a balance are the sealed total and the moves since: the same before and after sealing."""
    fund(store, {A: 1000, B: 0})
    free = (TRUST, FEES, TAX, COMMISSION)
    for number in (100, 101, 102):
        posted(store, send(number, A, B, 100, fee=7, tax=2))
        posted(store, entry(number + 100, (FEES, COMMISSION, 3, Reason.COMMISSION)))
        before = [balance(store, account) for account in free]
        listed = dict(store.read(lambda tx: list(tx.books.balances())))
        sealed = seal(store)
        assert sealed is not None
        assert [sealed.totals[account] for account in free] == before
        assert [balance(store, account) for account in free] == before
        assert dict(store.read(lambda tx: list(tx.books.balances()))) == listed
    assert [balance(store, account) for account in free] == [-1_001_000, 12, 6, 9]


@pytest.mark.parametrize("engine", DATABASES)
def test_many_entries_are_sealed_in_bites_that_leave_nothing_out(store: Store) -> None:
    """However they are bitten off, each entry is sealed once, and the chain holds."""
    fund(store, {A: 1000, B: 0})
    for number in (109, 101, 108, 102, 107, 103):
        posted(store, send(number, A, B, 10, fee=1))
    assert seal(store, limit=3) is not None
    posted(store, send(100, A, B, 10, fee=1))
    while seal(store, limit=2):
        pass
    batches = covered(store)
    assert max(map(len, batches)) <= 3
    assert sorted(number for batch in batches for number in batch) == [1, 2, *range(100, 104), *range(107, 110)]
    assert breaks(store) == []


def test_the_age_of_what_is_not_sealed(store: Store) -> None:
    assert store.read(lambda tx: tx.books.oldest_unsealed()) is None
    fund(store, {A: 1000, B: 0})
    assert store.read(lambda tx: tx.books.oldest_unsealed()) == NOON
    seal(store)
    assert store.read(lambda tx: tx.books.oldest_unsealed()) is None


def test_an_entry_has_the_same_digest_on_every_engine(store: Store) -> None:
    fund(store, {A: 1000, B: 0})
    posted(store, send(100, A, B, 100, fee=7, once="once"))
    moves = (Move(A, B, 100, Reason.SEND), Move(A, FEES, 7, Reason.FEE))
    same = Recorded(100, Reason.SEND, NOON.astimezone(), moves, "once")
    found = store.read(lambda tx: tx.books.entry(100))
    assert found is not None
    assert entry_digest(SEAL_KEY, found) == entry_digest(SEAL_KEY, same)
    for other in (
        same._replace(id=101),
        same._replace(at=NOON + timedelta(microseconds=1)),
        same._replace(once=None),
        same._replace(moves=moves[::-1]),
        same._replace(reason=Reason.FEE),
    ):
        assert entry_digest(SEAL_KEY, other) != entry_digest(SEAL_KEY, same)


def test_what_is_sealed_is_spelled_like_this_in_every_release() -> None:
    """Old seals must hold for ever: these bytes never change (docs/decisions/seals.md)."""
    moves = (Move(A, B, 100, Reason.SEND), Move(A, FEES, 7, Reason.FEE))
    sent = Recorded(100, Reason.SEND, NOON, moves, "once")
    spelled = b'["entry",[100,"send",1795338000000000,"once",[' + (
        b'["ke:wallet:a","ke:wallet:b",100,"send"],["ke:wallet:a","ke:fees:",7,"fee"]]]]'
    )
    digest = hmac.new(SEAL_KEY, spelled, hashlib.sha256).digest()
    assert entry_digest(SEAL_KEY, sent) == digest
    before = Seal(6, NOON, b"", {TAX: 2, FEES: 1}, b"\xab", 9)
    written = Sealing(before, sent)
    seal = seal_batch(cast(Books, written), SEAL_KEY, NOON)
    covered = f'[7,1795338000000000,"ab",[["ke:fees:",8],["ke:tax:",2]],[[100,"{digest.hex()}"]]]'
    mac = hmac.new(SEAL_KEY, f'["seal",{covered}]'.encode(), hashlib.sha256).digest()
    assert seal == Seal(7, NOON, b"\xab", {TAX: 2, FEES: 8}, mac, 1)
    assert written.added == (seal, {100: digest})


class Sealing:
    """Books with one entry behind one seal."""

    def __init__(self, last: Seal, entry: Recorded) -> None:
        self.last, self.waiting = last, [entry]

    def seals_at_once(self) -> int:
        return 10

    def unsealed(self, *, limit: int) -> list[Recorded]:
        return self.waiting[:limit]

    def last_seal(self) -> Seal:
        return self.last

    def add_seal(self, seal: Seal, digests: dict[int, bytes]) -> None:
        self.added = (seal, digests)


def test_the_wrong_key_opens_nothing(store: Store) -> None:
    fund(store, {A: 1000, B: 0})
    seal(store)
    assert breaks(store, bytes(32)) != []


NEW_KEY = bytes(range(96, 128))


@pytest.mark.tampers
def test_L_17_seals_of_an_older_key_hold_and_it_makes_no_more(store: Store) -> None:
    """A seal of the new key closes the chain; the older key is good for seals up to its last one, and for no later."""
    fund(store, {A: 1000, B: 0})
    posted(store, send(100, A, B, 1, fee=3))
    first = seal(store)
    at = NOON + timedelta(hours=1)
    assert first is not None
    assert store.transact(lambda tx: close_with_a_new_key(tx.books, NEW_KEY, at)) == 2
    closing, digests = store.read(lambda tx: list(tx.books.seals()))[1]
    assert (closing.number, closing.at, closing.previous, closing.entries) == (2, at, first.mac, 0)
    assert (dict(closing.totals), list(digests)) == (dict(first.totals), [])
    posted(store, send(101, A, B, 1, fee=4))
    third = store.transact(lambda tx: seal_batch(tx.books, NEW_KEY, at, limit=9))
    assert third is not None
    assert (third.number, third.previous, third.totals[FEES]) == (3, closing.mac, 7)

    def found(*older: OlderKey) -> list[Break]:
        return store.read(lambda tx: list(verify(tx.books, NEW_KEY, older)))

    assert found(OlderKey(SEAL_KEY, 1)) == []
    assert found(OlderKey(bytes(32), 9), OlderKey(SEAL_KEY, 2)) == []
    for too_old in ((), (OlderKey(SEAL_KEY, 0),), (OlderKey(bytes(32), 1),)):
        lost = found(*too_old)
        assert lost[0] == Break("seal 1", SPOILT)
        assert {one.where for one in lost} == {"seal 1", "entry 1", "entry 2", "entry 100"}
        assert {one.detail for one in lost[1:]} == {EDITED}
    by_the_old_one = store.read(lambda tx: list(verify(tx.books, SEAL_KEY, (OlderKey(NEW_KEY, 2),))))
    assert Break("seal 3", SPOILT) in by_the_old_one
    assert Break("seal 2", SPOILT) not in by_the_old_one


@pytest.mark.tampers
@pytest.mark.parametrize("before", [True, False])
def test_what_no_seal_covers_when_the_key_changes_is_neither_lost_nor_left_out(store: Store, before: bool) -> None:
    """Fees and taxes are the sealed totals and the moves since: none may fall between the two."""
    fund(store, {A: 1000, B: 0})
    if before:
        seal(store)
    for number in (100, 101, 102):
        posted(store, send(number, A, B, 1, fee=3))
    store.transact(lambda tx: close_with_a_new_key(tx.books, NEW_KEY, NOON))
    assert balance(store, FEES) == 9
    posted(store, send(103, A, B, 1, fee=3))
    store.transact(lambda tx: seal_batch(tx.books, NEW_KEY, NOON))
    assert sorted(number for batch in covered(store) for number in batch) == [1, 2, 100, 101, 102, 103]
    older = (OlderKey(SEAL_KEY, 1),) if before else ()
    assert store.read(lambda tx: audit(tx.books, seal_key=NEW_KEY, older_keys=older)).problems == ()


@pytest.mark.tampers
def test_books_without_a_seal_begin_with_the_one_of_the_new_key(store: Store) -> None:
    assert store.transact(lambda tx: close_with_a_new_key(tx.books, NEW_KEY, NOON)) == 1
    ((closing, _),) = store.read(lambda tx: list(tx.books.seals()))
    assert (closing.number, closing.previous, dict(closing.totals), closing.entries) == (1, b"", {}, 0)
    assert breaks(store, NEW_KEY) == []


COVER = "INSERT INTO sealed (entry, seal, place, digest) SELECT 104, 1, 99, digest FROM sealed WHERE entry = 101"
FEES_OF_2 = """UPDATE seals SET totals = replace(totals, '"ke:fees:": 2', '"ke:fees:": 3') WHERE number = 2"""


def changed(table: str, change: str, which: str) -> str:
    return f"UPDATE {table} SET {change} WHERE {which}"


# fmt: off
GONE, EDITED = "was sealed and is gone", "was changed after it was sealed"
SPOILT = "the seal itself, its order or its list of entries was changed"
CHANGES: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    "amount edited":        (("entry 100", EDITED), (changed("moves", "amount = 2", "entry = 100"),)),
    "reason edited":        (("entry 101", EDITED), (changed("entries", "reason = 'cash_in'", "id = 101"),)),
    "time edited":          (("entry 101", EDITED), (changed("entries", "at = at + 1", "id = 101"),)),
    "entry deleted":        (("entry 101", GONE),   ("DELETE FROM entries WHERE id = 101",
                                                     "DELETE FROM moves WHERE entry = 101")),
    "moves deleted":        (("entry 101", EDITED), ("DELETE FROM moves WHERE entry = 101",)),
    "cover deleted":        (("seal 2", "covers 2 entries, 1 are there"), ("DELETE FROM sealed WHERE entry = 101",)),
    "cover added":          (("seal 1", "covers 2 entries, 3 are there"), (COVER,)),
    "order changed":        (("seal 1", SPOILT),    (changed("sealed", "place = 90", "entry = 1"),
                                                     changed("sealed", "place = 0", "entry = 2"))),
    "two swapped":          (("entry 100", EDITED), (changed("sealed", "entry = 900", "entry = 100"),
                                                     changed("sealed", "entry = 100", "entry = 101"),
                                                     changed("sealed", "entry = 101", "entry = 900"))),
    "seal deleted":         (("seal 3", "seal 2 should stand here"), ("DELETE FROM seals WHERE number = 2",)),
    "first seal deleted":   (("seal 2", "seal 1 should stand here"), ("DELETE FROM seals WHERE number = 1",)),
    "seals renumbered":     (("seal 1", "does not follow the seal before it"),
                             ("DELETE FROM seals WHERE number = 1",
                              changed("seals", "number = number - 1", "number > 1"))),
    "total edited":         (("seal 2", "its totals are not the sums of the moves"), (FEES_OF_2,)),
    "time of seal edited":  (("seal 2", SPOILT),    (changed("seals", "at = at + 1", "number = 2"),)),
}
# fmt: on


@pytest.mark.tampers
@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("engine", DATABASES)
def test_L_17_a_break_is_located(store: Store, engine: str, store_url: str, what: str) -> None:
    """Editing, deleting or reordering behind a seal is found, with the entry or the seal where it is."""
    found, statements = CHANGES[what]
    fund(store, {A: 1000, B: 0})
    seal(store)
    posted(store, send(100, A, B, 1, fee=1))
    posted(store, send(101, A, B, 1, fee=1))
    seal(store)
    posted(store, send(103, A, B, 1, fee=1))
    seal(store)
    posted(store, send(104, A, B, 1))
    assert breaks(store) == []
    tamper(engine, store_url, *statements)
    assert found in breaks(store)


@pytest.mark.tampers
@pytest.mark.parametrize("engine", ["memory"])
def test_L_17_peer_21_books_of_another_house_do_not_fit(store: Store, store_url: str) -> None:
    """A seal taken from other books, sealed under the same key, does not follow the seal before it."""
    other: Any = opened(store_url)
    for books in (store, other):
        fund(books, {A: 1000 if books is store else 2000, B: 0})
        seal(books)
        posted(books, send(100, A, B, 1))
        seal(books)
    here: Any = store
    here._books._seals[2] = other._books._seals[2]
    assert Break("seal 2", "does not follow the seal before it") in breaks(store)


@pytest.mark.parametrize("engine", DATABASES)
def test_moves_that_were_sealed_minutes_ago_are_not_searched_and_none_is_lost(
    engine: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search for unsealed moves starts where a seal of two minutes ago had seen everything.

    Where one connection writes, it starts behind the last seal.
    """
    clock = {"micros": 0}
    monkeypatch.setattr("service.storage.books.micros_now", lambda: clock["micros"])
    lows: list[int] = []
    low: Callable[[], int] = lambda: store.read(lambda tx: tx.books._low())  # type: ignore[attr-defined]  # noqa: E731
    fund(store, {A: 1000, B: 0})
    for turn, number in enumerate((110, 109, 108, 107)):
        clock["micros"] = turn * 120_000_000
        posted(store, send(number, A, B, 1))
        seal(store)
        lows.append(low())
    assert lows == {"postgres": [0, 3, 4, 5], "sqlite": [3, 4, 5, 6]}[engine]
    posted(store, send(50, A, B, 1))
    assert [found.id for found in store.transact(lambda tx: tx.books.unsealed(limit=9))] == [50]
    assert covered(store) == [[1, 2, 110], [109], [108], [107]]


@pytest.mark.parametrize("engine", DATABASES)
def test_a_backlog_is_sealed_in_pieces_each_of_which_begins_where_the_last_ended(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker comes back after an outage: it may not read all that waits for each piece, or it never ends."""
    clock = {"micros": 0}
    monkeypatch.setattr("service.storage.books.micros_now", lambda: clock["micros"])
    fund(store, {A: 1000, B: 0})
    for number in (120, 110, 119, 111, 118, 112):
        posted(store, send(number, A, B, 1))
    lows = []
    for _ in range(4):
        seal(store, limit=2)
        lows.append(store.read(lambda tx: tx.books._low()))  # type: ignore[attr-defined]
        clock["micros"] += 120_000_000
    assert lows[1:] == sorted(set(lows[1:])), "each begins further on"
    assert lows[-1] >= 8 - 1
    assert covered(store) == [[1, 2], [110, 120], [111, 119], [112, 118]]


@pytest.mark.parametrize("engine", ["postgres"])
def test_T_03_a_clock_put_forward_while_money_moves_hides_no_entry(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written while the clock jumps, and committed after two seals, is sealed and counted all the same."""
    clock = {"micros": 0}
    monkeypatch.setattr("service.storage.books.micros_now", lambda: clock["micros"])
    fund(store, {A: 1000, B: 0, C: 1000, wallet("d"): 0})
    written, go_on = threading.Event(), threading.Event()

    def slow(tx: Any) -> None:
        post(tx.books, send(200, A, B, 1, fee=5))
        written.set()
        assert go_on.wait(10)

    thread = threading.Thread(target=store.transact, args=(slow,))
    thread.start()
    assert written.wait(10)
    for hour, number in enumerate((101, 102, 103)):
        clock["micros"] = hour * 7_200_000_000
        posted(store, send(number, C, wallet("d"), 1))
        seal(store)
    go_on.set()
    thread.join()
    assert [found.id for found in store.transact(lambda tx: tx.books.unsealed(limit=9))] == [200]
    assert balance(store, FEES) == 5
