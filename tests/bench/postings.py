"""Postings through the Python API: the entry of a send as the product makes it, by threads that do nothing else."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from service import clock
from service.app import App
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Cap, Ceiling, Entry, Move, NotEnough
from service.storage.store import Tx
from service.wallet.send import charge_moves
from tests.bench.limits import BareSqlite, Pace, count_in_threads, pace_in_threads
from tests.bench.stand import Measure, Stand

BATCH = 500
FIRST_ID = 2**41
"""Identifiers from here on are ours: those that a store gives out are smaller."""

MONEY = 10_000_000
EMPTY_IN_BULK = 100
"""Of so many lines of a bulk payment one payer has nothing: a refusal must not stop the rest."""

BULK_THREADS = 2


class Payers:
    """Wallets with money on one store, and payments between them."""

    def __init__(self, app: App, accounts: Sequence[Account], first_id: int = FIRST_ID) -> None:
        self.store, self._pack = app.store, app.home.pack
        self._ids = count(first_id)
        self.accounts = accounts

    def measure(self, seconds: float) -> float:
        """Return postings in a second by eight threads, each waiting for its own."""
        return count_in_threads(self._payer, seconds)

    def pace(self, seconds: float) -> Pace:
        """Return the same with the time that each took."""
        return pace_in_threads(self._payer, seconds)

    def _payer(self, number: int) -> Callable[[], None]:
        chance = random.Random(number)

        def pay() -> None:
            source, target = chance.sample(self.accounts, 2)
            self.store.post_one(self.send(source, target, chance.randint(10_100, 20_000)))

        return pay

    def send(self, source: Account, target: Account, amount: int) -> Entry:
        """Return what `send_money` posts: amount, fee, excise, the payee's ceiling and the payer's limit of the day."""
        now, tier = clock.now(), self._pack.tiers[2]
        charge = self._pack.charge("send", amount, now)
        return Entry(
            id=next(self._ids),
            reason=Reason.SEND,
            at=now,
            moves=(Move(source, target, amount, Reason.SEND), *charge_moves(source, charge)),
            ceilings=(Ceiling(target, tier.balance),),
            caps=(Cap(f"out:{source.owner}:bench", amount, tier.day),),
        )

    def entry(self, reason: Reason, *moves: Move, caps: tuple[Cap, ...] = ()) -> Entry:
        """Return an entry of these moves."""
        return Entry(id=next(self._ids), reason=reason, at=clock.now(), moves=moves, caps=caps)


class Postings(Payers):
    """The same on wallets that are opened and paid in first."""

    def __init__(self, app: App, *, wallets: int) -> None:
        super().__init__(app, [Account("ke", Kind.WALLET, f"bench{number}") for number in range(wallets)])
        till, self._empty = Account("ke", Kind.FLOAT, "bench"), Account("ke", Kind.WALLET, "benchempty")
        every = [till, self._empty, *self.accounts]
        for start in range(0, len(every), BATCH):
            self._open(every[start : start + BATCH])
        self.store.post_one(
            self.entry(Reason.ISSUE, Move(Account("ke", Kind.TRUST), till, wallets * MONEY, Reason.ISSUE))
        )
        paid_in = [self.entry(Reason.CASH_IN, Move(till, to, MONEY, Reason.CASH_IN)) for to in self.accounts]
        for start in range(0, wallets, BATCH):
            self.store.post_many(paid_in[start : start + BATCH])

    def _open(self, accounts: Sequence[Account]) -> None:
        def work(tx: Tx) -> None:
            for account in accounts:
                tx.books.open(account)

        self.store.transact(work)

    def bulk(self, lines: int) -> float:
        """Return postings in a second of one file of payments; asserts that exactly the empty payers were refused."""
        chance = random.Random(lines)
        batch = []
        for line in range(lines):
            source, target = chance.sample(self.accounts, 2)
            payer = source if line % EMPTY_IN_BULK else self._empty
            batch.append(self.send(payer, target, chance.randint(10_100, 20_000)))
        chunks = [batch[start : start + BATCH] for start in range(0, lines, BATCH)]
        begin = time.perf_counter()
        with ThreadPoolExecutor(BULK_THREADS) as threads:
            results = [result for part in threads.map(self.store.post_many, chunks) for result in part]
        took = time.perf_counter() - begin
        refused = [place for place, result in enumerate(results) if isinstance(result, NotEnough)]
        assert refused == list(range(0, lines, EMPTY_IN_BULK)), "not the empty payers were refused"
        return lines / took


def on_postgresql(stand: Stand) -> Measure:
    """Single postings."""
    postings = wallets(stand)
    return lambda: {"postings, PostgreSQL": postings.measure(stand.size.seconds)}


def in_bulk(stand: Stand) -> Measure:
    """A file of payments."""
    postings = wallets(stand)
    return lambda: {"bulk postings, PostgreSQL": postings.bulk(stand.size.bulk_lines)}


def wallets(stand: Stand) -> Postings:
    """Return the wallets on PostgreSQL that several rows share."""
    return stand.shared("wallets", lambda: Postings(stand.app(stand.database()), wallets=stand.size.wallets))


def on_sqlite(stand: Stand) -> Measure:
    """Single postings on SQLite, and before them the bare module on the same file."""
    path = stand.folder / "postings.db"
    postings = Postings(stand.app(f"sqlite:///{path}"), wallets=stand.size.wallets)
    bare = BareSqlite(str(path), [str(account) for account in postings.accounts], 2 * FIRST_ID)
    stand.stack.callback(bare.close)
    return lambda: {
        "bare SQLite": bare.measure(stand.size.seconds),
        "postings, SQLite": postings.measure(stand.size.seconds),
    }
