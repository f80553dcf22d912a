"""Postings through the Python API: the entry of a send as the product makes it, by threads that do nothing else."""

import random
from collections.abc import Callable
from itertools import count

from service import clock
from service.app import App
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Cap, Ceiling, Entry, Move
from service.storage.store import Tx
from service.wallet.send import charge_moves
from tests.bench.limits import count_in_threads

BATCH = 500
FIRST_ID = 2**41
"""Identifiers from here on are ours: those that a store gives out are smaller."""


class Postings:
    """Many wallets on one store, and payments between them."""

    def __init__(self, app: App, *, wallets: int) -> None:
        self._store, self._pack = app.store, app.home.pack
        self._ids = count(FIRST_ID)
        self.accounts = [Account("ke", Kind.WALLET, f"bench{number}") for number in range(wallets)]
        till = Account("ke", Kind.FLOAT, "bench")
        for account in (till, *self.accounts[:1]):
            self._open([account])
        for start in range(0, wallets, BATCH):
            self._open(self.accounts[start : start + BATCH])
        trust = Account("ke", Kind.TRUST)
        self._store.post_one(self._entry(Reason.ISSUE, Move(trust, till, wallets * 10_000_000, Reason.ISSUE)))
        paid_in = [self._entry(Reason.CASH_IN, Move(till, to, 10_000_000, Reason.CASH_IN)) for to in self.accounts]
        for start in range(0, wallets, BATCH):
            self._store.post_many(paid_in[start : start + BATCH])

    def measure(self, seconds: float) -> float:
        """Return postings in a second by eight threads, each in a commit of its own."""
        return count_in_threads(self._payer, seconds)

    def _open(self, accounts: list[Account]) -> None:
        def work(tx: Tx) -> None:
            for account in accounts:
                tx.books.open(account)

        self._store.transact(work)

    def _payer(self, number: int) -> Callable[[], None]:
        chance = random.Random(number)
        return lambda: self._pay(chance)

    def _pay(self, chance: random.Random) -> None:
        """Post what `send_money` posts: amount, fee, excise, the payee's ceiling and the payer's limit of the day."""
        source, target = chance.sample(self.accounts, 2)
        amount, now, tier = chance.randint(10_100, 20_000), clock.now(), self._pack.tiers[2]
        charge = self._pack.charge("send", amount, now)
        self._store.post_one(
            Entry(
                id=next(self._ids),
                reason=Reason.SEND,
                at=now,
                moves=(Move(source, target, amount, Reason.SEND), *charge_moves(source, charge.fee, charge.excise)),
                ceilings=(Ceiling(target, tier.balance),),
                caps=(Cap(f"out:{source.owner}:bench", amount, tier.day),),
            )
        )

    def _entry(self, reason: Reason, *moves: Move) -> Entry:
        return Entry(id=next(self._ids), reason=reason, at=clock.now(), moves=moves)
