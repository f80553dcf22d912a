"""Many at once: whatever the order, money is conserved, limits hold, and nobody reads of a lock or a deadlock."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Any

import psycopg
import pytest

from service.ledger.chart import LOCKED
from service.ledger.entry import Cap, Entry, NotEnough, OverCap, Posted
from service.ledger.post import post
from service.refusal import Refusal
from service.storage.store import Busy, Store
from service.wallet.unit import Tally
from tests.conftest import DATABASES, opened
from tests.ledger.shop import FEES, NOON, TRUST, A, B, C, balance, fund, posted, race, send, told, wallet

PEOPLE = [wallet(number) for number in range(50)]


def persistent(work: Callable[[], Any]) -> Any:
    """Do it until it is not Busy: nothing was written, so it may be asked again."""
    while True:
        try:
            return work()
        except Busy:
            continue


def in_threads(works: list[Callable[[], Any]]) -> list[Any]:
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(work) for work in works]]


def test_L_06_a_hundred_payments_of_all_there_is(store: Store) -> None:
    """100 sends of 100 at one instant over a balance of 100: one succeeds, 99 are told that it is not enough."""
    fund(store, {A: 100, B: 0})
    results = race([partial(persistent, partial(store.post_one, send(n, A, B, 100))) for n in range(1000, 1100)])
    assert (told(results, Posted), told(results, NotEnough)) == (1, 99)
    assert {str(result.said) for result in results if isinstance(result, NotEnough)} == {"{'balance': 0, 'total': 100}"}
    assert (balance(store, A), balance(store, B)) == (0, 100)


def test_K_01_peer_50_twenty_at_one_instant_for_one(store: Store) -> None:
    """A burst through whole transactions, balance for one: one is posted."""
    fund(store, {A: 10, B: 0})
    results = race([partial(persistent, partial(posted, store, send(n, A, B, 10))) for n in range(1000, 1020)])
    assert (told(results, Posted), told(results, NotEnough)) == (1, 19)


def test_K_01_peer_26_the_same_entry_from_everywhere_is_one_entry(store: Store) -> None:
    """Thirty retries of one payment at one instant move the money once, and all get the same answer."""
    fund(store, {A: 100, B: 0})
    results = race([partial(persistent, partial(store.post_one, send(1000, A, B, 10, fee=1)))] * 30)
    assert {str(dict(result.balances)) for result in results if isinstance(result, Posted)} == {str({A: 89, B: 10})}
    assert sum(not result.repeated for result in results if isinstance(result, Posted)) == 1


def test_K_02_peer_14_first_uses_of_a_limit_that_has_no_row(store: Store) -> None:
    """Fifty first spends of new wallets under a limit nobody has used: the limit holds from the first on."""
    fund(store, dict.fromkeys(PEOPLE, 100))
    asked = [send(1000 + n, who, A, 100, caps=[Cap("new", 100, 1000)]) for n, who in enumerate(PEOPLE)]
    store.transact(lambda tx: tx.books.open(A))
    results = race([partial(persistent, partial(store.post_one, one)) for one in asked])
    assert (told(results, Posted), told(results, OverCap)) == (10, 40)
    assert balance(store, A) == 1000


def test_K_02_first_counts_in_a_row_that_is_not_there(store: Store) -> None:
    """Thirty first counts of one key: rows are written before they are locked, so none is lost."""

    def one() -> None:
        def work(tx: Any) -> None:
            tx.rows.add(Tally(key="codes", count=0, at=NOON))
            row = tx.rows.lock(Tally, "codes")
            tx.rows.put(Tally(key="codes", count=row.count + 1, at=NOON))

        persistent(lambda: store.transact(work))

    race([one] * 30)
    assert store.read(lambda tx: tx.rows.get(Tally, "codes")) == Tally(key="codes", count=30, at=NOON)


def test_K_08_a_daily_limit_over_all_doors(store: Store) -> None:
    """20 parallel payments of 100 under a limit of 1,000, through three doors: ten are posted."""
    fund(store, {A: 10_000, B: 0})
    asked = [send(n, A, B, 100, caps=[Cap("day:a", 100, 1000)]) for n in range(1000, 1020)]

    def many(one: Entry) -> Posted | Refusal:
        return store.post_many([one])[0]

    doors = (store.post_one, partial(posted, store), many)
    results = race([partial(persistent, partial(doors[n % 3], one)) for n, one in enumerate(asked)])
    assert (told(results, Posted), told(results, OverCap)) == (10, 10)
    assert balance(store, B) == 1000


@pytest.mark.parametrize("used", [True, False])
def test_K_02_a_limit_holds_between_people_who_share_nothing_else(store: Store, used: bool) -> None:
    """No account is in two of these payments, so nothing but the counter's own lock keeps them apart."""
    fund(store, dict.fromkeys(PEOPLE[:18], 100))
    if used:
        posted(store, send(999, PEOPLE[16], PEOPLE[17], 1, caps=[Cap("shared", 10)]))

    def slow(number: int) -> Posted:
        def work(tx: Any) -> Posted:
            source, target = PEOPLE[2 * number], PEOPLE[2 * number + 1]
            done = post(tx.books, send(1000 + number, source, target, 30, caps=[Cap("shared", 30, 100)]))
            time.sleep(0.05)
            return done

        return store.transact(work)

    results = race([partial(persistent, partial(slow, number)) for number in range(8)])
    assert (told(results, Posted), told(results, OverCap)) == (3, 5)
    assert store.read(lambda tx: tx.books.used("shared")) == 90 + 10 * used


def test_K_03_rings_and_crossings_never_deadlock(store: Store) -> None:
    """A pays B, B pays A, all pay round a ring, single and in batches: nobody is refused and nobody waits for ever."""
    fund(store, dict.fromkeys((A, B, C), 100_000))
    numbers = count(1000)
    pairs = [(A, B), (B, A), (B, C), (C, A), (A, C), (C, B)]
    end = time.monotonic() + 1.5

    def single(source: Any, target: Any) -> int:
        done = 0
        while time.monotonic() < end:
            entry = send(next(numbers), source, target, 1, fee=1, caps=[Cap("all", 1), Cap(str(source), 1)])
            persistent(partial(store.post_one, entry))
            done += 1
        return done

    def batch() -> int:
        done = 0
        while time.monotonic() < end:
            chosen = random.sample(pairs, 3)
            entries = [send(next(numbers), source, target, 1, caps=[Cap("all", 1)]) for source, target in chosen]
            done += told(persistent(partial(store.post_many, entries)), Posted)
        return done

    done = sum(in_threads([partial(single, *pair) for pair in pairs] * 2 + [batch] * 2))
    assert done > 30
    assert store.read(lambda tx: tx.books.counter("all")) == done


def test_peer_11_a_bug_in_a_crowd_is_only_its_own(store: Store) -> None:
    """Among forty postings at one instant some are bugs: their callers learn it, all others are posted."""
    fund(store, {A: 1000, B: 0})
    nobody = wallet("nobody")

    def attempt(number: int) -> object:
        try:
            return store.post_one(send(number, A, nobody if number % 8 == 0 else B, 1, fee=1))
        except AssertionError as bug:
            return bug

    results = race([partial(persistent, partial(attempt, number)) for number in range(1000, 1040)])
    assert (told(results, Posted), told(results, AssertionError)) == (35, 5)
    assert (balance(store, A), balance(store, B)) == (930, 35)


@pytest.mark.parametrize("engine", DATABASES)
def test_K_03_transactions_that_lock_in_opposite_order_are_run_again(store: Store) -> None:
    """Two postings in one transaction, in opposite orders: what deadlocks is run again whole, once each."""
    fund(store, {A: 1000, B: 1000, C: 0})

    def both(first: int, one: Any, other: Any) -> None:
        def work(tx: Any) -> None:
            post(tx.books, send(first, one, C, 1))
            time.sleep(0.05)
            post(tx.books, send(first + 1, other, C, 1))

        persistent(lambda: store.transact(work))

    in_threads([partial(both, 1000, A, B), partial(both, 2000, B, A)])
    assert [balance(store, account) for account in (A, B, C)] == [998, 998, 4]


FAILING = """
CREATE OR REPLACE FUNCTION fail_often() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF random() < 0.3 THEN
        RAISE EXCEPTION 'made to fail' USING ERRCODE = (ARRAY['40001', '40P01'])[1 + floor(random() * 2)::int];
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fail_often BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION fail_often();
"""


@pytest.fixture
def failing(store: Store, store_url: str) -> Iterator[Store]:
    """A store where three of ten postings meet a serialization failure or a deadlock."""
    fund(store, {A: 1000, B: 0})
    with psycopg.connect(store_url) as connection:
        connection.execute(FAILING)
    yield store
    with psycopg.connect(store_url) as connection:
        connection.execute("DROP TRIGGER fail_often ON entries")


@pytest.mark.parametrize("engine", ["postgres"])
def test_K_05_peer_23_what_failed_to_serialize_is_run_again(failing: Store) -> None:
    """Whole transactions and bare postings are repeated; nobody reads "not enough" because of it."""
    doors = (failing.post_one, partial(posted, failing))
    asked = [send(1000 + n, A, B, 1, fee=1) for n in range(120)]
    works = [partial(persistent, partial(doors[n % 2], one)) for n, one in enumerate(asked)]
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda work: work(), works))
    assert {dict(result.balances)[B] for result in results} == set(range(1, 121))
    assert [balance(failing, account) for account in (A, B, FEES)] == [760, 120, 120]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_K_06_two_processes_write_one_file(store: Store, store_url: str) -> None:
    """Two writers that read before they write: each waits for the other, and none is told that a table is locked."""
    other = opened(store_url)
    fund(store, {A: 10_000, B: 0})
    numbers = count(1000)

    def one(door: Store) -> None:
        def work(tx: Any) -> None:
            before = tx.books.balance(A)
            time.sleep(0.001)
            left = post(tx.books, send(next(numbers), A, B, 1, fee=1)).balances[A]
            assert left == before - 2

        for _ in range(40):
            door.transact(work)

    in_threads([partial(one, door) for door in (store, other, store, other)])
    assert [balance(other, account) for account in (A, B)] == [10_000 - 320, 160]
    other.close()


def test_L_02_every_reader_sees_all_the_money(store: Store) -> None:
    """Writers move money among 50 people while readers add everything up: the sum never changes, nobody is negative."""
    fund(store, dict.fromkeys(PEOPLE, 200))
    numbers, stop = count(10_000), threading.Event()

    def writer(seed: int) -> int:
        dice, done = random.Random(seed), 0
        while not stop.is_set():
            source, target = dice.sample(PEOPLE, 2)
            try:
                store.post_one(send(next(numbers), source, target, dice.randint(1, 90), fee=dice.choice([0, 1])))
                done += 1
            except NotEnough:
                pass
        return done

    def reader() -> int:
        reads = 0
        while not stop.is_set():
            found = dict(store.read(lambda tx: list(tx.books.balances())))
            assert sum(found.values()) == 0
            assert found[TRUST] == -1_000_000 - 200 * len(PEOPLE)
            assert min(left for account, left in found.items() if account.kind in LOCKED) >= 0
            reads += 1
        return reads

    timer = threading.Timer(1.5, stop.set)
    timer.start()
    try:
        *written, one, other = in_threads([partial(writer, seed) for seed in range(4)] + [reader] * 2)
    finally:
        stop.set()
    assert sum(written) > 50
    assert min(one, other) > 5


@pytest.mark.parametrize("engine", ["postgres"])
def test_K_09_a_lock_that_is_held_too_long_is_busy_and_writes_nothing(store: Store, store_url: str) -> None:
    """Who waits two seconds for a wallet is told Busy; who does not need that wallet does not wait."""
    fund(store, {A: 100, B: 100, C: 0})
    with psycopg.connect(store_url) as holder:
        holder.execute("SELECT FROM accounts WHERE id = %s FOR UPDATE", (str(A),))
        began = time.monotonic()
        store.post_one(send(1000, B, C, 1))
        assert time.monotonic() - began < 1
        for door in (store.post_one, partial(posted, store)):
            began = time.monotonic()
            with pytest.raises(Busy):
                door(send(1001, A, C, 1))
            assert 1.5 < time.monotonic() - began < 3.5
    store.post_one(send(1001, A, C, 1))
    assert balance(store, C) == 2


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
def test_K_10_one_writer_at_a_time_in_the_order_of_coming(store: Store) -> None:
    """While one works the others queue: a busy thread does not go first for ever, and two seconds are the most."""
    fund(store, {A: 100_000, B: 0})
    numbers, stop = count(1000), threading.Event()

    def busy() -> int:
        done = 0
        while not stop.is_set():
            store.post_one(send(next(numbers), A, B, 1))
            done += 1
        return done

    timer = threading.Timer(0.5, stop.set)
    timer.start()
    done = [number for number in race([busy] * 6) if isinstance(number, int)]
    assert min(done) * 10 > max(done)

    def slow(tx: Any) -> None:
        time.sleep(2.5)

    holder = threading.Thread(target=store.transact, args=(slow,))
    holder.start()
    time.sleep(0.1)
    with pytest.raises(Busy):
        store.post_one(send(next(numbers), A, B, 1))
    holder.join()
