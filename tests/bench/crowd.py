"""A crowd with phones and money: registered like anybody, each with a PIN of the shipped cost."""

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import create_engine

from service import clock
from service.app import App
from service.budget import Budget
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.outbox import send_due
from service.wallet.account import wallet_of
from service.wallet.house import House
from service.wallet.people import register
from service.wallet.pin import seal_pin
from service.wallet.unit import Paid, Person, Unit
from tests.bench.phones import PIN, friends_of, phone_of
from tests.issued import issued

Seal = Callable[[House, int, str], str]
MONEY = 40_000_000
BATCH = 100


def gather(app: App, people: int, seal: Seal = seal_pin) -> None:
    """Register so many people in tier 2 who know each other, pay them in, and let their welcomes leave."""
    crowd: list[Person] = []
    for start in range(0, people, BATCH):
        numbers = range(start, min(start + BATCH, people))
        crowd += app.transact(lambda unit, numbers=numbers: [_register(unit, app, n, seal) for n in numbers])  # type: ignore[misc]
    for start in range(0, people, BATCH):
        numbers = range(start, min(start + BATCH, people))
        app.transact(lambda unit, numbers=numbers: _befriend(unit, crowd, numbers))  # type: ignore[misc]
    ids = iter(app.transact(lambda unit: [unit.mint() for _ in range(people + 1)]))
    till, now = Account("ke", Kind.FLOAT, "crowd"), clock.now()
    app.transact(lambda unit: unit.books.open(till))
    moves = (Move(Account("ke", Kind.TRUST), till, people * MONEY, Reason.ISSUE),)
    app.transact(lambda unit: unit.books.post(issued(unit.rows, entry_id=next(ids), at=now, moves=moves)))
    for start in range(0, people, BATCH):
        app.store.post_many(
            [
                Entry(
                    id=next(ids),
                    reason=Reason.CASH_IN,
                    at=now,
                    moves=(Move(till, wallet_of(person), MONEY, Reason.CASH_IN),),
                )
                for person in crowd[start : start + BATCH]
            ]
        )
    budget = Budget(per_number=1_000, per_prefix=1_000_000, in_all=1_000_000)
    while send_due(app.transact, app.gateways["simulator"].send, app.render, app.now, budget=budget, codes=budget):
        pass


def enlist(app: App, number: int) -> None:
    """Register one of the crowd, whose welcome waits to be sent."""
    app.transact(lambda unit: _register(unit, app, number, seal_pin))


def _register(unit: Unit, app: App, number: int, seal: Seal) -> Person:
    person_id = unit.mint()
    return register(
        unit,
        person_id=person_id,
        phone=phone_of(number),
        name=f"Wanjiku Kamau{'abcdefghij'[number % 10]}",
        id_number=str(10_000_000 + number),
        language=app.home.pack.languages[number % 2],
        pin=seal(unit.house, person_id, PIN),
        pack=app.home.pack,
        tier=2,
    )


def _befriend(unit: Unit, crowd: Sequence[Person], numbers: Iterable[int]) -> None:
    for number in numbers:
        for friend in friends_of(number, len(crowd)):
            unit.rows.append(Paid(payer=crowd[number].id, payee=crowd[friend].id, times=1, last_at=unit.now))


def payments(url: str) -> int:
    """Return how many payments the books hold: asked of the table, because there may be a million."""
    counted = "SELECT count(*) FROM entries WHERE reason = 'send'"
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = int(connection.exec_driver_sql(counted).scalar_one())
    engine.dispose()
    return found
