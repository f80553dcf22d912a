"""The same work on small and on large books: whether a service that has grown is still as quick as a young one."""

import random
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import overload

from service.app import App
from service.ledger.entry import Account
from service.wallet.known import whom_one_has_paid
from service.wallet.statement import balance_of, statement
from service.wallet.unit import Unit
from tests.bench.measure import percentile
from tests.bench.postings import Payers
from tests.bench.stand import Figures, Measure, Stand
from tests.bench.town import MOVES_EACH, person_at, wallet

READS: dict[str, Callable[[Unit, int], object]] = {
    "statement page": lambda unit, person: statement(unit, wallet(person)),
    "balance": lambda unit, person: balance_of(unit, person_at(person)),
    "people paid often and lately": lambda unit, person: whom_one_has_paid(unit, person_at(person)),
}
FIRST_ID = 2**39 + 2**38  # above those of the town; larger ones have no reference


def prepare(stand: Stand) -> Measure:
    """Fill two databases."""
    many, few = stand.many_people, stand.size.few_people
    towns = {"large books": (stand.large_town[1], many), "small books": (stand.town(few)[1], few)}
    books = {name: _Books(stand, app, people) for name, (app, people) in towns.items()}
    said = f"{many:,} people and {many * MOVES_EACH:,} moves, against {few:,} people with as many each"
    for name in ("postings, large books", "p99 of a posting, large books", *(f"{read}, large books" for read in READS)):
        stand.notes[name] = said

    def measure() -> Figures:
        figures: dict[str, float] = {}
        for name, one in books.items():
            figures |= {f"{what}, {name}": figure for what, figure in one.measure().items()}
        return figures

    return measure


class _Books:
    """A town and those in it who pay."""

    def __init__(self, stand: Stand, app: App, people: int) -> None:
        self._app, self._people, self._size = app, people, stand.size
        self._payers = Payers(app, _Wallets(people), FIRST_ID)

    def measure(self) -> Figures:
        pace = self._payers.pace(self._size.seconds)
        figures = {"postings": pace.rate, "p99 of a posting": percentile(pace.took, 0.99) * 1000}
        return figures | {what: self._clock(read) for what, read in READS.items()}

    def _clock(self, read: Callable[[Unit, int], object]) -> float:
        """Return how many microseconds it takes for somebody."""
        chance, took = random.Random(), []
        for _ in range(self._size.reads):
            person = chance.randrange(self._people)
            before = time.perf_counter()
            self._app.read(lambda unit, person=person: read(unit, person))  # type: ignore[misc]
            took.append(time.perf_counter() - before)
        return median(took) * 1_000_000


class _Wallets(Sequence[Account]):
    """Everybody's wallet, made when it is asked for: a million of them would be in the way of what is measured."""

    def __init__(self, people: int) -> None:
        self._people = people

    def __len__(self) -> int:
        return self._people

    @overload
    def __getitem__(self, place: int) -> Account: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Account]: ...
    def __getitem__(self, place: int | slice) -> Account | Sequence[Account]:
        if isinstance(place, slice):
            return [wallet(person) for person in range(self._people)[place]]
        return wallet(place)
