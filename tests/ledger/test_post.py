"""Posting, holding, releasing and reversing, on every engine."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import LARGEST, AlreadyDone, Cap, Ceiling, Entry, NotEnough, OverCap, Posted, TooFull
from service.ledger.post import NotReversible, held_by, hold, post, release, resolves, reverse
from service.storage.store import Store
from tests.ledger.shop import (
    COMMISSION,
    FEES,
    FLOAT,
    NOON,
    TAX,
    TRUST,
    A,
    B,
    C,
    balance,
    entry,
    fund,
    minted,
    posted,
    race,
    send,
    told,
    wallet,
)


def held(store: Store, amount: int, source: Any = A) -> Recorded:
    """Hold money and return the entry that holds it."""
    hold_id = minted(store)
    store.transact(lambda tx: hold(tx.books, entry_id=hold_id, at=NOON, source=source, amount=amount))
    found = store.read(lambda tx: tx.books.entry(hold_id))
    assert found is not None
    return found


def withdrawal(entry_id: int, wanted: Recorded, *, amount: int | None = None, fee: int = 0) -> Entry:
    """Build the entry that pays a hold out."""
    source = held_by("ke", wanted.id)
    total = wanted.moves[0].amount if amount is None else amount
    charge = [(source, FEES, fee, Reason.FEE)] if fee else []
    moves = ((source, FLOAT, total - fee, Reason.WITHDRAW), *charge)
    return entry(entry_id, *moves, once=resolves(wanted.id))


def released(store: Store, wanted: Recorded) -> Posted:
    entry_id = minted(store)
    return store.transact(lambda tx: release(tx.books, entry_id=entry_id, at=NOON, held=wanted))


def reversed_(store: Store, entry_id: int) -> Posted:
    new = minted(store)

    def work(tx: Any) -> Posted:
        original = tx.books.entry(entry_id)
        return reverse(tx.books, original, entry_id=new, at=NOON)

    return store.transact(work)


def test_money_moves_with_its_charges(store: Store) -> None:
    fund(store, {A: 1000, B: 0})
    done = posted(store, send(100, A, B, 500, fee=5, tax=1))
    assert dict(done.balances) == {A: 494, B: 500}
    assert not done.repeated
    assert [balance(store, account) for account in (A, B, FEES, TAX)] == [494, 500, 5, 1]
    assert balance(store, TRUST) == -1_001_000


def test_L_06_the_same_entry_again_is_the_same_answer(store: Store) -> None:
    """A retry answers with the balances of that time, even when the money has gone since."""
    fund(store, {A: 1000, B: 0})
    first = posted(store, send(100, A, B, 600))
    posted(store, send(101, A, B, 400))
    again = posted(store, send(100, A, B, 600))
    assert again == first._replace(repeated=True)
    assert again == store.post_one(send(100, A, B, 600))
    assert balance(store, B) == 1000


def test_the_same_id_with_other_content_is_a_bug(store: Store) -> None:
    fund(store, {A: 1000, B: 0})
    posted(store, send(100, A, B, 600))
    for other in (send(100, A, B, 601), send(100, B, A, 600), send(100, A, B, 600, once="x")):
        with pytest.raises(AssertionError):
            posted(store, other)
        with pytest.raises(AssertionError):
            store.post_one(other)


def test_an_account_that_was_never_opened_is_a_bug(store: Store) -> None:
    fund(store, {A: 1000})
    with pytest.raises(AssertionError):
        posted(store, send(100, A, wallet("nobody"), 5))
    assert balance(store, A) == 1000


def test_L_11_peer_25_refused_whole(store: Store) -> None:
    """The amount fits and the fee does not: nothing moves, and the refusal says what is there and what is needed."""
    fund(store, {A: 1000, B: 0})
    with pytest.raises(NotEnough) as refused:
        posted(store, send(100, A, B, 990, fee=10, tax=1))
    assert refused.value.said == {"balance": 1000, "total": 1001}
    assert [balance(store, account) for account in (A, B, FEES, TAX)] == [1000, 0, 0, 0]
    assert store.read(lambda tx: tx.books.entry(100)) is None


def test_L_13_a_wallet_filled_to_the_edge(store: Store) -> None:
    """The largest sum that an account may hold is reached and never passed."""
    fund(store, {A: 0, B: 10})
    fill = LARGEST - balance(store, FLOAT)
    posted(store, entry(100, (TRUST, FLOAT, fill, Reason.ISSUE)))
    assert balance(store, FLOAT) == LARGEST
    with pytest.raises(TooFull) as refused:
        posted(store, entry(101, (TRUST, FLOAT, 1, Reason.ISSUE)))
    assert refused.value.said == {"room": 0}
    with pytest.raises(OverCap):
        posted(store, send(102, B, A, 1, caps=[Cap("x", LARGEST), Cap("x", LARGEST)]))


def test_ceilings_and_caps_are_decided_with_the_posting(store: Store) -> None:
    fund(store, {A: 1000, B: 0})
    with pytest.raises(TooFull) as full:
        posted(store, send(100, A, B, 300, ceilings=[Ceiling(B, 200)]))
    assert full.value.said == {"room": 200}
    posted(store, send(101, A, B, 300, caps=[Cap("day:a", 300, 500)]))
    with pytest.raises(OverCap) as over:
        posted(store, send(102, A, B, 300, caps=[Cap("day:a", 300, 500)]))
    assert over.value.said == {"left": 200}
    assert store.transact(lambda tx: tx.books.counter("day:a")) == 300
    assert store.read(lambda tx: tx.books.counter("day:never")) == 0


def test_L_08_a_hold_is_money_out_of_reach_until_it_is_paid(store: Store) -> None:
    """What is held cannot be spent, and paying it out takes amount and fee from the hold."""
    fund(store, {A: 1000, B: 0})
    wanted = held(store, 700)
    with pytest.raises(NotEnough):
        posted(store, send(100, A, B, 301))
    posted(store, withdrawal(101, wanted, fee=20))
    assert [balance(store, account) for account in (A, held_by("ke", wanted.id), FEES)] == [300, 0, 20]


def test_L_08_more_than_held_or_nothing_is_never_paid(store: Store) -> None:
    """Paying out more than was held is refused; paying out nothing is no entry at all."""
    fund(store, {A: 1000})
    wanted = held(store, 700)
    with pytest.raises(NotEnough):
        posted(store, withdrawal(100, wanted, amount=701))
    with pytest.raises(AssertionError):
        posted(store, withdrawal(101, wanted, amount=0))
    released(store, wanted)


def test_L_08_who_comes_second_reads_who_won(store: Store) -> None:
    """Paid twice, released twice, one after the other: the second is told how the hold was resolved."""
    fund(store, {A: 1000})
    paid, given_back = held(store, 400), held(store, 300)
    posted(store, withdrawal(100, paid))
    released(store, given_back)
    for loser in (partial(posted, store, withdrawal(101, paid)), partial(released, store, paid)):
        with pytest.raises(AlreadyDone) as refused:
            loser()
        assert refused.value.said == {"reason": Reason.WITHDRAW}
    for loser in (partial(posted, store, withdrawal(102, given_back)), partial(released, store, given_back)):
        with pytest.raises(AlreadyDone) as refused:
            loser()
        assert refused.value.said == {"reason": Reason.RELEASE}
    assert balance(store, A) == 600


def test_L_08_peer_02_fifty_racers_over_one_hold(store: Store) -> None:
    """Half pay out, half give back, at one instant: one wins, and all others are told which."""
    fund(store, {A: 1000})
    wanted = held(store, 700)
    ids = [minted(store) for _ in range(25)]
    pay = [partial(store.post_one, withdrawal(entry_id, wanted)) for entry_id in ids]
    back = [partial(released, store, wanted) for _ in range(25)]
    results = race([*pay, *back])
    assert told(results, Posted) == 1
    assert told(results, AlreadyDone) == 49
    won = store.read(lambda tx: tx.books.entry_once(resolves(wanted.id)))
    assert won is not None
    assert {result.said["reason"] for result in results if isinstance(result, AlreadyDone)} == {won.reason}
    assert balance(store, A) == (1000 if won.reason == Reason.RELEASE else 300)


def test_L_12_peer_03_giving_back_twice_gives_back_once(store: Store) -> None:
    """A sweeper that runs again, or in two places, finds the hold resolved."""
    fund(store, {A: 1000})
    wanted = held(store, 700)
    results = race([partial(released, store, wanted)] * 6)
    assert (told(results, Posted), told(results, AlreadyDone)) == (1, 5)
    assert balance(store, A) == 1000


def test_L_07_peer_01_six_holds_of_a_fifth_each(store: Store) -> None:
    """Six holds of 1,000 at one instant over 5,000: five are held, one is refused."""
    fund(store, {A: 5000})

    def one(hold_id: int) -> Posted:
        return store.transact(lambda tx: hold(tx.books, entry_id=hold_id, at=NOON, source=A, amount=1000))

    results = race([partial(one, minted(store)) for _ in range(6)])
    assert (told(results, Posted), told(results, NotEnough)) == (5, 1)
    assert balance(store, A) == 0


def test_L_09_peer_04_a_reversal_gives_everything_back_once(store: Store) -> None:
    """Amount, fee and tax go back; 50 reversals at one instant are one; a reversal is never reversed."""
    fund(store, {A: 1000, B: 0})
    posted(store, send(100, A, B, 500, fee=5, tax=1))
    results = race([partial(reversed_, store, 100)] * 50)
    assert (told(results, Posted), told(results, AlreadyDone)) == (1, 49)
    assert [balance(store, account) for account in (A, B, FEES, TAX)] == [1000, 0, 0, 0]
    undo = store.read(lambda tx: tx.books.entry_once("reverse:100"))
    assert undo is not None
    with pytest.raises(NotReversible):
        reversed_(store, undo.id)


def test_L_09_commission_of_a_reversed_cash_in_is_taken_back(store: Store) -> None:
    """The agent's commission goes back to the fees with the cash-in it was earned by."""
    fund(store, {A: 0})
    before = balance(store, FLOAT)
    cash_in = entry(100, (FLOAT, A, 500, Reason.CASH_IN), (FEES, COMMISSION, 3, Reason.COMMISSION))
    posted(store, cash_in)
    assert balance(store, COMMISSION) == 3
    reversed_(store, 100)
    assert [balance(store, account) for account in (A, FLOAT, FEES, COMMISSION)] == [0, before, 0, 0]


def test_L_09_what_was_spent_cannot_be_taken_back(store: Store) -> None:
    """A reversal never makes a wallet negative and never takes from fees: it is refused whole."""
    fund(store, {A: 1000, B: 0, C: 0})
    posted(store, send(100, A, B, 500, fee=5))
    posted(store, send(101, B, C, 1))
    with pytest.raises(NotEnough) as refused:
        reversed_(store, 100)
    assert refused.value.said == {"balance": 499, "total": 500}
    assert [balance(store, account) for account in (A, B, FEES)] == [495, 499, 5]


@pytest.mark.parametrize("reason", [Reason.ISSUE, Reason.HOLD, Reason.RELEASE, Reason.WITHDRAW, Reason.REVERSE])
def test_L_09_only_payments_and_cash_in_are_ever_reversed(reason: Reason) -> None:
    """What has left as cash, or was never paid, is not undone."""
    with pytest.raises(NotReversible) as refused:
        reverse(None, Recorded(1, reason, NOON, (), None), entry_id=2, at=NOON)  # type: ignore[arg-type]
    assert refused.value.said == {"reason": reason}


def test_holding_giving_back_and_reversing_count_as_they_are_told(store: Store) -> None:
    fund(store, {A: 1000, B: 0})
    posted(store, send(50, A, B, 5, caps=[Cap("day:a", 5)]))

    def counted(work: Callable[[Any], Posted]) -> int:
        store.transact(work)
        return store.read(lambda tx: tx.books.used("day:a"))

    def held(tx: Any) -> Posted:
        return hold(tx.books, entry_id=100, at=NOON, source=A, amount=300, caps=(Cap("day:a", 300),))

    def given_back(tx: Any) -> Posted:
        return release(tx.books, entry_id=101, at=NOON, held=tx.books.entry(100), caps=(Cap("day:a", -300),))

    def undone(tx: Any) -> Posted:
        return reverse(tx.books, tx.books.entry(50), entry_id=102, at=NOON, caps=(Cap("day:a", -5),))

    assert [counted(work) for work in (held, given_back, undone)] == [305, 5, 0]


def test_a_refusal_in_a_savepoint_leaves_the_rest(store: Store) -> None:
    fund(store, {A: 1000, B: 0})

    def work(tx: Any) -> None:
        post(tx.books, send(100, A, B, 600))
        with pytest.raises(NotEnough):
            too_much(tx)

    def too_much(tx: Any) -> None:
        with tx.savepoint():
            post(tx.books, send(101, A, B, 100))
            post(tx.books, send(102, A, B, 500))

    store.transact(work)
    assert balance(store, B) == 600
    assert store.read(lambda tx: [tx.books.entry(entry_id) is None for entry_id in (100, 101, 102)]) == [
        False,
        True,
        True,
    ]


def test_an_account_opened_by_what_was_taken_back_is_opened_again(store: Store) -> None:
    """The first fee ever is posted in a savepoint that is undone; the next one must not rely on it."""
    fund(store, {A: 1000, B: 0})

    def undone(tx: Any) -> None:
        with tx.savepoint():
            post(tx.books, send(100, A, B, 1, fee=1))
            raise ZeroDivisionError

    def work(tx: Any) -> None:
        with pytest.raises(ZeroDivisionError):
            undone(tx)
        post(tx.books, send(101, A, B, 1, fee=1))

    store.transact(work)
    posted(store, send(102, A, B, 1, fee=1))
    assert balance(store, FEES) == 2


def test_post_many_answers_for_each(store: Store) -> None:
    fund(store, {A: 1000, B: 0})
    posted(store, send(99, A, B, 1))
    asked = [
        send(100, A, B, 600, fee=1, caps=[Cap("day:a", 600, 700)]),
        send(101, A, B, 600),
        send(99, A, B, 1),
        send(102, B, A, 601, ceilings=[Ceiling(A, 900)]),
        send(103, B, A, 1, caps=[Cap("day:a", 101, 700)]),
        send(104, B, A, 1, once="x"),
        send(105, B, A, 1, once="x"),
    ]
    results = store.post_many(asked)
    codes = ["posted" if isinstance(result, Posted) else result.code for result in results]
    assert codes == ["posted", "not_enough", "posted", "too_full", "over_cap", "posted", "already_done"]
    assert isinstance(results[2], Posted)
    assert results[2].repeated
    assert store.post_many([]) == []
    assert balance(store, A) == 399


def test_L_06_two_of_a_batch_that_are_written_already_are_answered_again(store: Store) -> None:
    """Each entry is looked for by its own id, whatever else of the batch is there."""
    fund(store, {A: 1000, B: 0})
    first = [store.post_one(send(number, A, B, 10)) for number in (100, 101)]
    again = store.post_many([send(number, A, B, 10) for number in (100, 102, 101)])
    assert [again[0], again[2]] == [one._replace(repeated=True) for one in first]
    assert balance(store, B) == 30


@pytest.mark.parametrize("before", ["there", "done"])
def test_K_08_limits_hold_behind_what_was_there_already(store: Store, before: str) -> None:
    """In a batch an entry that is repeated, or whose hold is resolved, leaves the limits of those after it in force."""
    fund(store, {A: 1000, B: 0})
    limits: Any = {"caps": [Cap("day:a", 10, 30)], "ceilings": [Ceiling(B, 300)]}
    first = send(100, A, B, 10, once="resolve:1", **limits)
    store.post_one(first)
    again = first if before == "there" else send(101, A, B, 10, once="resolve:1", **limits)
    results = store.post_many([again, *(send(number, A, B, 10, **limits) for number in (102, 103, 104))])
    assert [type(result) for result in results[1:]] == [Posted, Posted, OverCap]
    assert store.read(lambda tx: tx.books.counter("day:a")) == 30
    full = send(105, A, B, 400, ceilings=[Ceiling(B, 300)])
    assert type(store.post_many([again, full])[1]) is TooFull
