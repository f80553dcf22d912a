"""Records on every engine: kept whole, found by what they may be found by, unique where they must be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from service.storage.guards import APPEND_ONLY
from service.storage.records import BY_KIND, RECORDS
from service.storage.store import Store
from service.ussd.session import Conversation
from service.wallet.funds import FundsPage
from service.wallet.unit import Agent, Approval, Asked, Notice, Paid, Person, Seen, Stop, Tally, Timer, Withdrawal
from tests.ledger.shop import NOON
from tests.storage.people import EVERYTHING, PHONE, approval, conversation, notice, paid, person, withdrawal


def add(store: Store, *rows: Any) -> list[bool]:
    return store.transact(lambda tx: [tx.rows.add(row) for row in rows])


def put(store: Store, row: Any) -> None:
    store.transact(lambda tx: tx.rows.put(row))


def find(store: Store, kind: Any, **asked: Any) -> Sequence[Any]:
    return store.read(lambda tx: tx.rows.find(kind, **asked))


def key_of(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in BY_KIND[type(row)].key)


def test_there_is_one_of_each_kind() -> None:
    assert [record.kind for record in RECORDS] == [type(row) for row in EVERYTHING]


@pytest.mark.parametrize("row", EVERYTHING, ids=lambda row: type(row).__name__)
def test_what_was_written_is_read(store: Store, row: Any) -> None:
    kind, key = type(row), key_of(row)
    assert store.read(lambda tx: tx.rows.get(kind, *key)) is None
    assert add(store, row) == [True]
    assert store.read(lambda tx: tx.rows.get(kind, *key)) == row
    if BY_KIND[kind].table in APPEND_ONLY:
        return  # tests/storage/test_guards.py sees to the rest
    assert add(store, row) == [False]
    assert store.transact(lambda tx: tx.rows.lock(kind, *key)) == row
    assert find(store, kind) == [row]
    put(store, row)
    assert find(store, kind, **{BY_KIND[kind].key[0]: key[0]}) == [row]


def test_times_come_back_as_one_moment_in_utc(store: Store) -> None:
    nairobi = NOON.astimezone(timezone(timedelta(hours=3))) + timedelta(microseconds=7)
    add(store, Seen(key="x", at=nairobi))
    found = store.read(lambda tx: tx.rows.get(Seen, "x"))
    assert found is not None
    assert found.at == nairobi
    assert found.at.utcoffset() == timedelta(0)
    with pytest.raises(AssertionError):
        add(store, Seen(key="y", at=NOON.replace(tzinfo=None)))


def test_a_row_that_is_not_there_cannot_be_written_over(store: Store) -> None:
    with pytest.raises(AssertionError):
        put(store, person(1))


def test_what_may_not_be_empty_is_written_nowhere(store: Store) -> None:
    nobody = replace(person(1), name=None)  # type: ignore[arg-type]
    with pytest.raises((AssertionError, IntegrityError)):
        add(store, nobody)
    add(store, person(1))
    with pytest.raises((AssertionError, IntegrityError)):
        put(store, nobody)
    assert store.read(lambda tx: tx.rows.get(Person, 1)) == person(1)


def test_S_14_a_seat_on_a_phone_belongs_to_one_person(store: Store) -> None:
    """Several people share a number, each at a seat of their own."""
    number = person(1).phone
    shared = [person(who, phone=number, seat=seat) for who, seat in ((2, 1), (3, 2), (4, 1))]
    assert add(store, person(1), *shared) == [True, True, True, False]
    with pytest.raises(AssertionError):
        put(store, person(3, phone=number, seat=1))
    assert [row.id for row in find(store, Person, phone=number)] == [1, 2, 3]
    put(store, person(2, phone="+254799999999", seat=1))
    put(store, person(3, phone=number, seat=1))
    assert [(row.id, row.seat) for row in find(store, Person, phone=number)] == [(1, 0), (3, 1)]


def test_a_phone_belongs_to_one_person(store: Store) -> None:
    assert add(store, person(1), person(2), person(3, phone=person(1).phone)) == [True, True, False]
    with pytest.raises(AssertionError):
        put(store, person(2, phone=person(1).phone))
    put(store, person(1, phone="+254799999999"))
    put(store, person(2, phone=person(1).phone))
    assert [row.id for row in find(store, Person, phone=person(1).phone)] == [2]


def test_a_person_keeps_one_shop(store: Store) -> None:
    (shop,) = [row for row in EVERYTHING if isinstance(row, Agent)]
    assert add(store, shop, replace(shop, number="100024")) == [True, False]
    assert find(store, Agent, person=1) == [shop]


def test_one_conversation_of_a_phone_is_live(store: Store) -> None:
    """A second live one is not written; once the first is replaced, it is."""
    assert add(store, conversation("old"), conversation("new")) == [True, False]
    put(store, conversation("old", state="replaced"))
    assert add(store, conversation("new", 5), conversation("past", 3, state="ended")) == [True, True]
    newest = find(store, Conversation, phone=PHONE, newest=True)
    assert [row.id for row in newest] == ["new", "past", "old"]
    assert find(store, Conversation, phone=PHONE, newest=True, limit=1) == [conversation("new", 5)]
    assert find(store, Conversation, phone="+254700000000", newest=True) == []


def test_the_same_name_may_not_make_and_approve(store: Store) -> None:
    """The table itself refuses the maker as checker."""
    add(store, approval(1))
    with pytest.raises(AssertionError):
        put(store, approval(1, checker="njeri", state="approved"))
    with pytest.raises(AssertionError):
        add(store, approval(2, checker="njeri"))
    put(store, approval(1, checker="otieno", state="approved"))
    assert find(store, Approval, state="approved", checker="otieno", maker="njeri") == [
        approval(1, checker="otieno", state="approved")
    ]


def test_who_is_paid_most_comes_first(store: Store) -> None:
    add(store, paid(1, 2, 3), paid(1, 3, 9), paid(1, 4, 3, hours=1), paid(2, 1, 99))
    assert [row.payee for row in find(store, Paid, payer=1, newest=True, limit=3)] == [3, 4, 2]
    assert [row.payee for row in find(store, Paid, payer=1)] == [2, 3, 4]
    assert store.read(lambda tx: tx.rows.get(Paid, 1, 3)) == paid(1, 3, 9)


def test_finding(store: Store) -> None:
    add(store, *(notice(number, state="sent" if number % 2 else "queued") for number in range(1, 7)))
    add(store, notice(7, provider_id=None, person=None, phone="+254700000009"))

    def ids(**asked: Any) -> list[int]:
        return [row.id for row in find(store, Notice, **asked)]

    assert ids() == [1, 2, 3, 4, 5, 6, 7]
    assert ids(limit=2) == [1, 2]
    assert ids(newest=True, limit=2) == [7, 6]
    assert ids(state="sent", person=1) == [1, 3, 5]
    assert ids(state=["sent", "parked"]) == [1, 3, 5]
    assert ids(id=(2, 3, 99)) == [2, 3]
    assert ids(state=[]) == []
    assert ids(provider_id=None) == [7]
    assert ids(phone=PHONE, newest=True, limit=1) == [6]
    assert ids(phone=[PHONE, "+254700000009"], state="queued") == [2, 4, 6, 7]
    with pytest.raises(AssertionError):
        ids(values={"amount": 500})


def test_what_is_due_comes_oldest_first(store: Store) -> None:
    add(store, *(notice(number, next_at=NOON - timedelta(seconds=number)) for number in (1, 2, 3)))
    add(store, notice(4, next_at=NOON + timedelta(seconds=1)), notice(5, next_at=NOON, state="sent"))
    add(store, withdrawal(0), withdrawal(1), Timer(name="b", next_at=NOON), Timer(name="a", next_at=NOON))

    def due(kind: Any, **asked: Any) -> list[Any]:
        return list(store.transact(lambda tx: tx.rows.due(kind, before=NOON, **asked)))

    assert [row.id for row in due(Notice, state="queued")] == [3, 2, 1]
    assert [row.id for row in due(Notice, limit=2)] == [3, 2]
    assert [row.id for row in due(Withdrawal, state="waiting")] == [0]
    assert [row.name for row in due(Timer)] == ["a", "b"]
    with pytest.raises(AssertionError):
        due(Seen)


def test_a_stopped_number_is_found_by_itself(store: Store) -> None:
    add(store, Stop(phone=PHONE, at=NOON))
    assert store.read(lambda tx: tx.rows.get(Stop, PHONE)) == Stop(phone=PHONE, at=NOON)
    assert store.read(lambda tx: tx.rows.get(Stop, "+254700000000")) is None


def test_a_refusal_takes_back_every_row(store: Store) -> None:
    """What a transaction or a savepoint wrote is gone, uniqueness and all."""
    add(store, person(1))

    class Stopped(Exception):
        pass

    def inner(tx: Any) -> None:
        with tx.savepoint():
            tx.rows.put(person(1, phone="+254711009999"))
            tx.rows.add(person(2, phone=person(1).phone))
            raise Stopped

    def outer(tx: Any) -> None:
        tx.rows.add(person(3))
        with pytest.raises(Stopped):
            inner(tx)
        assert tx.rows.find(Person, phone=person(1).phone) == [person(1)]
        raise Stopped

    with pytest.raises(Stopped):
        store.transact(outer)
    assert find(store, Person) == [person(1)]
    assert add(store, person(2), person(3)) == [True, True]


def test_what_is_old_is_forgotten_and_nothing_else(store: Store) -> None:
    for hours in range(4):
        row = Tally(key=f"hour {hours}", count=1, at=NOON - timedelta(hours=hours))
        assert store.transact(lambda tx, row=row: tx.rows.add(row))  # type: ignore[misc]
    before = NOON - timedelta(hours=1)
    assert store.transact(lambda tx: tx.rows.forget(Tally, before=before, limit=1)) == 1
    assert store.transact(lambda tx: tx.rows.forget(Tally, before=before)) == 1
    assert store.transact(lambda tx: tx.rows.forget(Tally, before=before)) == 0
    assert [row.key for row in store.read(lambda tx: tx.rows.find(Tally))] == ["hour 0", "hour 1"]
    with pytest.raises(AssertionError, match="never forgotten"):
        store.transact(lambda tx: tx.rows.forget(Person, before=NOON))


def test_what_was_fetched_ahead_is_asked_anew_after_a_write(store: Store) -> None:
    tally = Tally(key="k", count=0, at=NOON)
    store.transact(lambda tx: tx.rows.add(tally))

    def work(tx: Any) -> Any:
        tx.rows.ahead(Asked.get(Tally, "k"))
        tx.rows.put(replace(tally, count=5))
        return tx.rows.get(Tally, "k")

    assert store.transact(work).count == 5


def test_what_was_taken_back_is_written_when_it_is_put_again(store: Store) -> None:
    tally = Tally(key="k", count=0, at=NOON)
    store.transact(lambda tx: tx.rows.add(tally))

    def undone(tx: Any) -> None:
        with tx.savepoint():
            tx.rows.put(replace(tally, count=5))
            raise ZeroDivisionError

    def work(tx: Any) -> None:
        tx.rows.lock(Tally, "k")
        with pytest.raises(ZeroDivisionError):
            undone(tx)
        tx.rows.put(replace(tally, count=5))

    store.transact(work)
    assert store.read(lambda tx: tx.rows.get(Tally, "k")) == replace(tally, count=5)


def test_rows_that_are_longer_than_a_buffer_are_written(store: Store) -> None:
    """What does not fit into the socket's buffer at once leaves bit by bit: nobody waits for the other for ever."""
    pages = [FundsPage(key=f"1:{place}", at=NOON, body="A" * 1_000_000) for place in range(4)]
    assert add(store, *pages) == [True] * 4
    assert [len(page.body) for page in find(store, FundsPage)] == [1_000_000] * 4
    put(store, replace(pages[0], body="B" * 3_000_000))
    assert find(store, FundsPage, key="1:0")[0].body == "B" * 3_000_000
