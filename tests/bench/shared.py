"""Many payers to one account: what is lost when everybody pays the same merchant, or one fee account earns on all."""

import random
from collections.abc import Callable, Mapping
from typing import NamedTuple

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Cap, Entry, Move
from tests.bench.limits import count_in_threads
from tests.bench.postings import Postings, wallets
from tests.bench.stand import Measure, Stand

PAYERS = 64
FEE, EXCISE = 6, 1


class Way(NamedTuple):
    """Whom all pay (a kind of account, and whether it is one for all), and whether the charge goes to one account."""

    kind: Kind = Kind.WALLET
    one: bool = False
    one_fee: bool = False


WAYS: Mapping[str, Way] = {
    "64 payers, nothing shared": Way(),
    "64 payers, one fees account": Way(one_fee=True),
    "64 payers, one wallet": Way(one=True),
    "64 payers, own merchants": Way(kind=Kind.TAKINGS),
    "64 payers, one merchant": Way(kind=Kind.TAKINGS, one=True),
}


def prepare(stand: Stand) -> Measure:
    """Each way in turn, on the same wallets."""
    postings = wallets(stand)
    return lambda: {name: _pay(postings, way, stand.size.seconds) for name, way in WAYS.items()}


def _pay(postings: Postings, way: Way, seconds: float) -> float:
    def start(number: int) -> Callable[[], None]:
        chance, mine = random.Random(number), postings.accounts[1 + number :: PAYERS]
        charged = "" if way.one_fee else f"own{number}"
        fees, tax = Account("ke", Kind.FEES, charged), Account("ke", Kind.TAX, charged)

        def pay() -> None:
            source, other = chance.sample(mine, 2)
            if way.kind == Kind.WALLET:
                target, reason = (postings.accounts[0] if way.one else other), Reason.SEND
            else:
                target, reason = Account("ke", Kind.TAKINGS, "all" if way.one else f"merchant{number}"), Reason.PAY
            amount = chance.randint(100, 200)
            moves = (
                Move(source, target, amount, reason),
                Move(source, fees, FEE, Reason.FEE),
                Move(source, tax, EXCISE, Reason.EXCISE),
            )
            entry: Entry = postings.entry(Reason.SEND, *moves, caps=(Cap(f"out:{source.owner}:shared", amount),))
            postings.store.post_one(entry)

        return pay

    return count_in_threads(start, seconds, clients=PAYERS)
