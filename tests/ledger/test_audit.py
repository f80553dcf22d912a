"""The auditor finds each fault that is planted, and says where."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from service.ledger.audit import (
    Facts,
    Problem,
    audit,
    balances_match,
    holds_resolved_once,
    lawful,
    lines_follow,
    none_below_zero,
    not_empty,
    sums_to_zero,
)
from service.ledger.books import Books, Line, Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import LARGEST, Account, Move
from service.ledger.post import held_by
from service.ledger.seal import seal_batch
from service.storage.store import Store
from tests.conftest import DATABASES, SEAL_KEY, opened
from tests.ledger.shop import FEES, FLOAT, NOON, TRUST, A, B, C, entry, fund, posted, send, wallet
from tests.ledger.tamper import tamper

pytestmark = pytest.mark.tampers
HELD = held_by("ke", 9)


def recorded(*moves: tuple[Account, Account, int, Reason], once: str | None = None) -> Recorded:
    return Recorded(1, moves[0][3] if moves else Reason.SEND, NOON, tuple(Move(*move) for move in moves), once)


# fmt: off
ENTRY_FAULTS = [
    (not_empty, recorded(),                                       "moves nothing"),
    (lawful,    recorded((A, TRUST, 5, Reason.SEND)),             f"illegal: 5 from {A} to {TRUST} for send"),
    (lawful,    recorded((A, B, 0, Reason.SEND)),                 f"unbalanced: 0 from {A} to {B} for send"),
    (lawful,    recorded((A, B, LARGEST + 1, Reason.SEND)),       f"unbalanced: {10**15 + 1} from {A} to {B} for send"),
    (lawful,    recorded((A, A, 5, Reason.SEND)),                 f"unbalanced: 5 from {A} to {A} for send"),
    (lawful,    recorded((A, wallet("b", "ug"), 5, Reason.SEND)), f"unbalanced: 5 from {A} to ug:wallet:b for send"),
]
TAKEN = recorded((HELD, A, 5, Reason.RELEASE), once="resolve:9")
BOOK_FAULTS = [
    (sums_to_zero,        Facts(balances={TRUST: -9, A: 10}),                          "ke"),
    (sums_to_zero,        Facts(balances={TRUST: -9, wallet("x", "ug"): 9}),           "ke"),
    (balances_match,      Facts(balances={A: 10}, sums={A: 9}),                        str(A)),
    (balances_match,      Facts(sums={A: 9}),                                          str(A)),
    (none_below_zero,     Facts(balances={A: -1}),                                     str(A)),
    (holds_resolved_once, Facts(balances={HELD: 0}, takers={HELD: [TAKEN, TAKEN]}),    str(HELD)),
    (holds_resolved_once, Facts(balances={HELD: 1}, takers={HELD: [TAKEN]}),           str(HELD)),
    (holds_resolved_once, Facts(balances={HELD: 0}, takers={HELD: [TAKEN._replace(once=None)]}), str(HELD)),
]
# fmt: on


@pytest.mark.parametrize(("check", "fault", "said"), ENTRY_FAULTS)
def test_each_check_of_an_entry_finds_its_fault(check: Any, fault: Recorded, said: str) -> None:
    assert list(check(fault)) == [("entry 1", said)]
    assert list(check(recorded((A, B, LARGEST, Reason.SEND)))) == []


@pytest.mark.parametrize(("check", "facts", "where"), BOOK_FAULTS)
def test_each_check_of_the_books_finds_its_fault(check: Any, facts: Facts, where: str) -> None:
    found = list(check(facts))
    assert where in [place for place, _ in found]
    sound = Facts(balances={TRUST: -5, A: 5, HELD: 0}, sums={TRUST: -5, A: 5}, takers={HELD: [TAKEN]})
    assert list(check(sound)) == []


class Pages:
    """Books of one account's lines."""

    def __init__(self, *left: tuple[int, int]) -> None:
        move = Move(B, A, 1, Reason.SEND)
        self.written = [Line(n, n, NOON, Reason.SEND, move, *line) for n, line in enumerate(left, 1)][::-1]

    def lines(self, account: Account, *, before: int | None = None, limit: int = 20) -> list[Line]:
        return [line for line in self.written if before is None or line.number < before][:limit]


# fmt: off
LINES = [
    (10, [(4, 4), (6, 10)],           []),
    (10, [(4, 4), (-4, 0), (10, 10)], []),
    (11, [(4, 4), (6, 10)],           [(f"{A} line 2", "says 10 was left, should be 11")]),
    (10, [(4, 4), (3, 8), (3, 10)],   [(f"{A} line 2", "says 8 was left, should be 7"),
                                       (f"{A} line 1", "says 4 was left, should be 5")]),
    (10, [(5, 5), (-4, 0), (9, 10)],  [(f"{A} line 2", "says 0 was left, should be 1"),
                                       (f"{A} line 1", "says 5 was left, should be 4")]),
    (10, [(10, 10), (6, 10)],         [(f"{A} line 1", "says 10 was left, should be 4")]),
    (10, [(4, 5), (6, 10)],           [(f"{A} line 1", "says 5 was left, should be 4"),
                                       (str(A), "its lines begin at 1, not at 0")]),
]
# fmt: on


@pytest.mark.parametrize(("balance", "lines", "said"), LINES)
def test_a_line_that_does_not_follow_is_named_and_the_next_is_judged_by_it(
    balance: int, lines: list[tuple[int, int]], said: list[tuple[str, str]]
) -> None:
    assert list(lines_follow(cast(Books, Pages(*lines)), A, balance)) == said


def problems(store: Store) -> tuple[Problem, ...]:
    return store.read(lambda tx: audit(tx.books, seal_key=SEAL_KEY)).problems


@pytest.fixture
def busy(store_url: str, engine: str) -> Iterator[Store]:
    """Books with a few days in them, sealed in part."""
    store = opened(store_url)
    fund(store, {A: 1000, B: 0, C: 0})
    posted(store, send(100, A, B, 500, fee=5, tax=1))
    store.transact(lambda tx: seal_batch(tx.books, SEAL_KEY, NOON))
    posted(store, send(101, B, C, 50, fee=2))
    yield store
    store.close()


def test_sound_books_have_no_problems_and_are_counted(busy: Store) -> None:
    report = busy.read(lambda tx: audit(tx.books, seal_key=SEAL_KEY))
    assert report.sound
    assert report == (4, 3, ())


def test_L_16_one_cent_in_memory() -> None:
    """A balance that is one cent off is found and named."""
    store: Any = opened("memory:")
    fund(store, {A: 1000, B: 0})
    assert problems(store) == ()
    store._books._accounts[A] += 1
    assert {("sums_to_zero", "ke"), ("balances_match", str(A))} <= {problem[:2] for problem in problems(store)}


def moves(change: str, entry_id: int, reason: str) -> str:
    return f"UPDATE moves SET {change} WHERE entry = {entry_id} AND reason = '{reason}'"


# fmt: off
SPOILED = {
    "balance":      (f"UPDATE accounts SET balance = balance + 1 WHERE id = '{A}'",  ("balances_match", str(A))),
    "amount":       (moves("amount = amount + 1", 101, "send"),                      ("balances_match", str(B))),
    "fee":          (moves("amount = amount - 1", 101, "fee"),                       ("balances_match", str(B))),
    "sealed fee":   (moves("amount = amount + 1", 100, "fee"),                       ("seals_hold", "entry 100")),
    "redirected":   (moves(f"target = '{C}'", 100, "send"),                          ("seals_hold", "entry 100")),
    "after":        (moves("source_after = source_after + 1", 101, "fee"),           ("lines_follow", f"{B} line 7")),
    "empty entry":  ("INSERT INTO entries (id, reason, at) VALUES (500, 'send', 0)", ("not_empty", "entry 500")),
    "entry gone":   ("DELETE FROM entries WHERE id = 101",                           ("balances_match", str(B))),
    "nonsense":     (moves("target = 'ke:yacht:1'", 101, "send"),                    ("readable", "unreadable")),
    "total":        ("UPDATE seals SET totals = replace(totals, '5', '4')",          ("seals_hold", "seal 1")),
}
# fmt: on
# PostgreSQL's constraint refuses this one even with every trigger off.
BELOW_ZERO = (f"UPDATE accounts SET balance = -1 WHERE id = '{C}'", ("none_below_zero", str(C)))


@pytest.mark.parametrize(
    ("engine", "statement", "found"),
    [(engine, *fault) for engine in DATABASES for fault in SPOILED.values()] + [("sqlite", *BELOW_ZERO)],
)
def test_L_16_one_cent_in_the_tables(
    busy: Store, engine: str, store_url: str, statement: str, found: tuple[str, str]
) -> None:
    """An edit by hand, past every trigger, fails the audit, which says where it is."""
    assert problems(busy) == ()
    tamper(engine, store_url, statement)
    assert found in {problem[:2] for problem in problems(busy)}


def test_an_open_hold_is_sound_and_a_partial_one_is_not(store: Store) -> None:
    fund(store, {A: 1000})
    held = held_by("ke", 100)
    store.transact(lambda tx: tx.books.open(held))
    posted(store, entry(100, (A, held, 400, Reason.HOLD)))
    assert problems(store) == ()
    posted(store, entry(101, (held, FLOAT, 399, Reason.WITHDRAW), once="resolve:100"))
    assert [problem.check for problem in problems(store)] == ["holds_resolved_once"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_is_found_is_said_in_full(busy: Store, store_url: str) -> None:
    """Each problem carries what its check said; what cannot be read says what broke."""
    tamper("sqlite", store_url, "INSERT INTO entries (id, reason, at) VALUES (500, 'send', 0)")
    assert problems(busy) == (Problem("not_empty", "entry 500", "moves nothing"),)
    tamper("sqlite", store_url, f"UPDATE accounts SET balance = balance + 1 WHERE id = '{A}'")
    assert Problem("balances_match", str(A), "balance 495, moves add up to 494") in problems(busy)
    tamper("sqlite", store_url, moves("target = 'ke:yacht:1'", 101, "send"))
    assert Problem("readable", "unreadable", "ValueError(\"'yacht' is not a valid Kind\")") in problems(busy)


def test_books_that_hold_nothing_are_sound(store: Store) -> None:
    assert store.read(lambda tx: audit(tx.books, seal_key=SEAL_KEY)) == (0, 0, ())
    assert FEES.kind == Kind.FEES
