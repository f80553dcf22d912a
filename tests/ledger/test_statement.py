"""Reading an account: newest first, the running balance exact, pages that stay put."""

from service.ledger.books import Line
from service.ledger.chart import Reason
from service.ledger.entry import Account
from service.ledger.statement import Page, every_line, statement
from service.storage.store import Store
from tests.ledger.shop import FEES, NOON, A, B, fund, posted, send


def page(store: Store, account: Account, *, before: int | None = None, limit: int = 20) -> Page:
    return store.read(lambda tx: statement(tx.books, account, before=before, limit=limit))


def shown(lines: list[Line]) -> list[tuple[int, int, int | None]]:
    return [(line.entry, line.amount, line.balance) for line in lines]


def test_the_newest_line_comes_first_with_what_was_left(store: Store) -> None:
    fund(store, {A: 1000, B: 10})
    posted(store, send(200, A, B, 500, fee=5))
    posted(store, send(100, B, A, 50))
    lines, older = page(store, A)
    assert shown(list(lines)) == [(100, 50, 545), (200, -5, 495), (200, -500, 500), (2, 1000, 1000)]
    assert older is None
    assert {line.entry_reason for line in lines if line.entry == 200} == {Reason.SEND}
    assert lines[1].move.reason == Reason.FEE
    assert lines[0].at == NOON
    assert shown(list(page(store, FEES).lines)) == [(200, 5, None)]
    assert page(store, Account.read("ke:wallet:nobody")) == ([], None)


def test_L_18_pages_stay_put_while_others_write(store: Store) -> None:
    """Lines of one moment keep their order, and what is written meanwhile moves no line to another page."""
    fund(store, {A: 1000, B: 0})
    for number in range(100, 110):
        posted(store, send(number, A, B, 1))
    first = page(store, A, limit=4)
    posted(store, send(300, A, B, 1))
    second = page(store, A, before=first.older, limit=4)
    third = page(store, A, before=second.older, limit=4)
    lines = [*first.lines, *second.lines, *third.lines]
    assert [line.entry for line in lines] == [*range(109, 99, -1), 2]
    assert third.older is None
    assert [line.balance for line in lines] == [*range(990, 1001)]
    everything = store.read(lambda tx: list(every_line(tx.books, A, page=3)))
    assert [line.entry for line in everything] == [300, *range(109, 99, -1), 2]


def test_a_page_is_as_long_as_asked_and_the_last_one_says_so(store: Store) -> None:
    fund(store, {A: 1000, B: 0})
    for number in range(100, 125):
        posted(store, send(number, A, B, 1))
    usual = store.read(lambda tx: statement(tx.books, B))
    assert [line.entry for line in usual.lines] == [*range(124, 104, -1)]
    assert usual.older == usual.lines[-1].number
    assert [line.entry for line in page(store, B, limit=24).lines] == [*range(124, 100, -1)]
    whole = page(store, B, limit=25)
    assert (len(whole.lines), whole.older) == (25, None)
