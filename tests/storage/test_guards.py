"""What the database itself refuses, straight into the tables, whoever asks."""

import sqlite3
from collections.abc import Callable
from itertools import product
from typing import Any

import psycopg
import pytest
from pysqlite3 import dbapi2

from service.ledger.audit import audit
from service.ledger.chart import LEGAL, LOCKED, Kind, Reason
from service.ledger.entry import LARGEST
from service.ledger.seal import seal_batch
from service.storage.store import Store
from service.wallet.logbook import Noted
from service.wallet.prices import PriceList
from tests.conftest import DATABASES, SEAL_KEY
from tests.ledger.shop import FLOAT, NOON, A, B, fund, posted, send
from tests.storage.people import EVERYTHING

REFUSED: tuple[type[Exception], ...] = (psycopg.IntegrityError, dbapi2.IntegrityError, sqlite3.IntegrityError)

pytestmark = [pytest.mark.parametrize("engine", DATABASES)]


def connect(url: str) -> Any:
    """Return a bare connection to the tables: no pragma and no setting of ours."""
    return psycopg.connect(url) if url.startswith("postgresql") else dbapi2.connect(url.removeprefix("sqlite:///"))


def run(url: str, *statements: str) -> None:
    """Run statements in one transaction of a bare connection."""
    connection = connect(url)
    try:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


@pytest.fixture
def filled(store: Store, store_url: str) -> str:
    """The address of books with a payment in them."""
    fund(store, {A: 1000, B: 0})
    posted(store, send(100, A, B, 500, fee=5))
    return store_url


CHANGES = [
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
]
COLUMNS = {"entries": "at", "moves": "amount", "seals": "at", "sealed": "place", "logbook": "at", "price_lists": "at"}


@pytest.mark.parametrize("table", COLUMNS)
def test_L_04_what_is_written_stays(filled: str, engine: str, table: str, store: Store) -> None:
    """No update, no deletion and no replacement of an entry, a move or a seal; not even by the tables' owner."""
    store.transact(lambda tx: seal_batch(tx.books, SEAL_KEY, NOON))
    store.transact(lambda tx: tx.rows.append(Noted(number=1, at=NOON, staff="ann", role="risk", act="see log")))
    prices = next(row for row in EVERYTHING if isinstance(row, PriceList))
    store.transact(lambda tx: tx.rows.append(prices))
    words = {"sqlite": ("TRUNCATE",), "postgres": ("INSERT OR",)}[engine]
    for change in CHANGES:
        if not change.startswith(words):
            with pytest.raises(REFUSED):
                run(filled, change.format(table=table, column=COLUMNS[table]))


def test_L_04_an_account_is_never_deleted_and_keeps_its_name(filled: str, engine: str) -> None:
    """Moves refer to accounts by name: the name is for ever."""
    for change in ("DELETE FROM accounts", "UPDATE accounts SET id = 'ke:wallet:z' WHERE id = 'ke:wallet:a'"):
        with pytest.raises(REFUSED):
            run(filled, change)


def insert(
    *, source: str = str(A), target: str = str(B), amount: int = 1, reason: str = "send", entry: int = 100, **after: Any
) -> str:
    left = {name: after.get(name, 1) for name in ("source_after", "target_after")}
    for name, account in (("source_after", source), ("target_after", target)):
        if name not in after and account.split(":")[1] not in LOCKED:
            left[name] = "NULL"
    return (
        "INSERT INTO moves (entry, source, target, amount, reason, source_after, target_after) VALUES "
        f"({entry}, '{source}', '{target}', {amount}, '{reason}', {left['source_after']}, {left['target_after']})"
    )


# fmt: off
BAD_MOVES = {
    "nothing":               insert(amount=0),
    "less than nothing":     insert(amount=-5),
    "too much":              insert(amount=LARGEST + 1),
    "to itself":             insert(target=str(A)),
    "over the border":       insert(target="ug:wallet:b"),
    "from nowhere":          insert(source="ke:wallet:nobody"),
    "to nowhere":            insert(target="ke:wallet:nobody"),
    "without its entry":     insert(entry=555),
    "illegal":               insert(source="ke:fees:", reason="send"),
    "of no reason":          insert(reason="gift"),
    "of no kind":            insert(target="ke:yacht:1"),
    "without what was left": insert(source_after="NULL"),
    "left in no balance":    insert(target="ke:fees:", reason="fee", target_after=3),
}
# fmt: on


@pytest.mark.tampers
@pytest.mark.parametrize("what", BAD_MOVES)
def test_L_05_a_bad_move_straight_into_the_table(filled: str, engine: str, what: str) -> None:
    """The table refuses what the ledger would, and takes a good move of the same shape."""
    run(filled, "INSERT INTO accounts (id, balance) VALUES ('ug:wallet:b', 0)")
    with pytest.raises(REFUSED):
        run(filled, BAD_MOVES[what])
    run(filled, insert())


@pytest.mark.tampers
def test_L_05_exactly_the_legal_moves(filled: str, engine: str) -> None:
    """Every reason from every kind to every kind: the table takes those of the chart and no other."""
    connection = connect(filled)
    for kind in Kind:
        balance = 0 if kind in LOCKED else "NULL"
        connection.execute(f"INSERT INTO accounts (id, balance) VALUES ('ke:{kind}:1', {balance})")
        connection.execute(f"INSERT INTO accounts (id, balance) VALUES ('ke:{kind}:2', {balance})")
    taken = set()
    for reason, source, target in product(Reason, Kind, Kind):
        connection.execute("SAVEPOINT one")
        try:
            connection.execute(insert(source=f"ke:{source}:1", target=f"ke:{target}:2", reason=reason))
            taken.add((reason, source, target))
        except REFUSED:
            pass
        connection.execute("ROLLBACK TO SAVEPOINT one")
    connection.rollback()
    connection.close()
    assert taken == LEGAL


@pytest.mark.tampers
def test_L_05_an_entry_that_moves_nothing(filled: str, engine: str, audited: Callable[[], set[str]]) -> None:
    """PostgreSQL refuses it at commit; on SQLite the audit finds it."""
    empty = "INSERT INTO entries (id, reason, at) VALUES (500, 'send', 0)"
    if engine == "postgres":
        with pytest.raises(REFUSED):
            run(filled, empty)
        assert audited() == set()
    else:
        run(filled, empty)
        assert audited() == {"not_empty"}


@pytest.fixture
def audited(store: Store) -> Callable[[], set[str]]:
    return lambda: {problem.check for problem in store.read(lambda tx: audit(tx.books, seal_key=SEAL_KEY)).problems}


@pytest.mark.tampers
def test_L_05_accounts_straight_into_the_table(filled: str, engine: str) -> None:
    """A locked account has a balance within bounds; an account that never refuses has none."""
    bad = (
        "INSERT INTO accounts (id, balance) VALUES ('ke:wallet:x', NULL)",
        "INSERT INTO accounts (id, balance) VALUES ('ke:fees:x', 0)",
        "INSERT INTO accounts (id, balance) VALUES ('ke:wallet:x', -1)",
        f"UPDATE accounts SET balance = {LARGEST + 1} WHERE id = '{A}'",
        f"UPDATE accounts SET balance = -1 WHERE id = '{A}'",
        f"UPDATE accounts SET balance = NULL WHERE id = '{A}'",
        "UPDATE accounts SET balance = 0 WHERE id = 'ke:fees:'",
        f"INSERT INTO accounts (id, balance) VALUES ('{FLOAT}', 0)",
        "INSERT INTO counters (key, value) VALUES ('x', 9000000000000000000)",
    )
    for statement in bad:
        with pytest.raises(REFUSED):
            run(filled, statement)


def test_L_05_the_same_name_makes_and_approves(filled: str, engine: str) -> None:
    """The table of the operator's acts refuses one name in both places."""
    columns = 'INSERT INTO approvals (id, act, "values", maker, checker, state, at) VALUES'
    with pytest.raises(REFUSED):
        run(filled, f"{columns} (1, 'issue', '{{}}', 'njeri', 'njeri', 'open', 0)")
    run(filled, f"{columns} (1, 'issue', '{{}}', 'njeri', NULL, 'open', 0)")
