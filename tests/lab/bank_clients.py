"""The customers of the bank: some pay one another as fast as they can, others read the whole book again and again.

Each process opens the store for itself and has a few payers (threads) in it. What a payer asked for and what it was
told is its own record: nothing of it comes from the database. `begun` and `acked` are seen by all processes, so that
a reader knows what it must see at least, and may see at most.
"""

import os
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any, NamedTuple

from service.ledger.books import Recorded
from service.ledger.chart import LOCKED, Reason
from service.ledger.entry import Account, AlreadyDone, Cap, Entry, Move, Posted
from service.ledger.post import held_by, hold, post, release, resolves, reverse
from service.log import set_up
from service.refusal import Refusal
from service.storage.store import Busy, Store, Tx, Unsure
from tests.conftest import opened
from tests.lab.proxy import proxied
from tests.ledger.shop import FEES, FLOAT, NOON, wallet

FIRST_ID = 2**41
FEE = 1
BAD = ("request lost", "answer lost", "request late", "raced cut")
"""What befalls a commit on a bad line."""

Counts = Sequence[int]


class Plan(NamedTuple):
    """One round: how many wallets, payers and operations, and when it is over in any case."""

    url: str
    wallets: int
    payers: int
    operations: int
    until: float  # time.monotonic(), which all processes of a machine share
    seed: int
    largest: int  # of a batch


@dataclass
class Told:
    """What payers asked for, and what they were told of it."""

    acked: dict[int, tuple[Move, ...]] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    unknown: dict[int, tuple[Move, ...]] = field(default_factory=dict)
    left: dict[int, dict[Account, int]] = field(default_factory=dict)
    """What Posted said was left on the accounts of an entry."""
    kinds: Counter[str] = field(default_factory=Counter)
    lost_on_the_line: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Told") -> None:
        self.acked |= other.acked
        self.refused |= other.refused
        self.unknown |= other.unknown
        self.left |= other.left
        self.kinds += other.kinds
        self.lost_on_the_line += other.lost_on_the_line
        self.wrong += other.wrong


_begun: Any  # arrays of whole numbers that all processes see, one place for each payer
_acked: Any
_ending: Any


def share(begun: Any, acked: Any, ending: Any) -> None:
    """Give a new process what all processes see: two arrays of counts, and whether readers are to end."""
    global _begun, _acked, _ending
    _begun, _acked, _ending = begun, acked, ending
    set_up(to=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # each deadlock would be a line


def pay(plan: Plan, numbers: Sequence[int]) -> Told:
    """Run these payers in this process, each to the end of its share; the first process has a bad line."""
    if numbers[0]:
        return _pay(plan, numbers)
    dice = random.Random(plan.seed)
    with proxied(plan.url, lambda: dice.choice(BAD) if dice.random() < 0.1 else None) as line:
        told = _pay(plan._replace(url=line.url), numbers)
    told.lost_on_the_line += line.injected
    return told


def _pay(plan: Plan, numbers: Sequence[int]) -> Told:
    store = opened(plan.url)
    common: deque[int] = deque(maxlen=40)
    told = Told()
    try:
        with ThreadPoolExecutor(len(numbers)) as pool:
            for one in pool.map(lambda number: Payer(plan, store, number, common).live(), numbers):
                told.add(one)
    finally:
        store.close()
    return told


class Payer:
    """One session that pays, holds, captures, releases and reverses, and keeps its own record of it."""

    def __init__(self, plan: Plan, store: Store, number: int, holds: deque[int]) -> None:
        self._plan, self._store, self._number, self._holds = plan, store, number, holds
        self._dice = random.Random(f"{plan.seed} {number}")
        self._ids = iter(range(FIRST_ID + number * 2**32, FIRST_ID + (number + 1) * 2**32))
        self._paid: deque[Entry] = deque(maxlen=20)
        self._told = Told()
        self._asked = 0

    def live(self) -> Told:
        """Do this payer's share of operations."""
        share = self._plan.operations // self._plan.payers
        single = [self.one] * 12 + [self.ring] * 3 + [self.crossing] * 2 + [self.hold] * 3 + [self.end] * 4
        while self._asked < share and time.monotonic() < self._plan.until:
            self._dice.choice([*single, self.undo, self.batch])()
        return self._told

    def one(self) -> None:
        self._alone("payment", self._payment())

    def ring(self) -> None:
        """A pays B, B pays C and C pays A in one entry, whose moves stand in any order."""
        first, *others = self._some(3)
        moves = [Move(*pair, self._dice.randint(1, 90), Reason.SEND) for pair in self._round(first, others)]
        self._dice.shuffle(moves)
        self._alone("ring", self._entry(Reason.SEND, *moves))

    def crossing(self) -> None:
        """Make two payments in one transaction, in an order that crosses somebody else's: deadlocks are wanted."""
        two = [self._payment(), self._payment()]
        self._together("crossing", two, lambda tx: [post(tx.books, entry) for entry in two])

    def batch(self) -> None:
        size = self._dice.randint(2, self._plan.largest)
        entries = [self._payment() for _ in range(size)]
        self._begin(len(entries))
        results = self._definite("batch", entries, lambda: self._store.post_many(entries))
        for entry, result in zip(entries, results or (), strict=False):
            self._note(entry, result)

    def hold(self) -> None:
        (source,), number, amount = self._some(1), next(self._ids), self._dice.randint(1, 60)
        entry = self._entry(Reason.HOLD, Move(source, held_by("ke", number), amount, Reason.HOLD), number=number)

        def work(tx: Tx) -> list[Posted]:
            return [hold(tx.books, entry_id=number, at=NOON, source=source, amount=amount, caps=entry.caps)]

        self._together("hold", [entry], work)
        if number in self._told.acked:
            self._holds.append(number)

    def end(self) -> None:
        """Capture or release a hold that others may be ending at this moment, too."""
        if not self._holds:
            return
        place = self._dice.randrange(len(self._holds))
        number = self._holds[min(place, len(self._holds) - 1)]
        found = self._look(number)
        if found is None:
            return
        (move,) = found.moves
        if self._dice.random() < 0.5:
            back = Move(move.target, move.source, move.amount, Reason.RELEASE)
            entry = self._entry(Reason.RELEASE, back, once=resolves(number))
            ended = lambda tx: [release(tx.books, entry_id=entry.id, at=NOON, held=found, caps=entry.caps)]  # noqa: E731
            self._together("release", [entry], ended)
        else:
            out = Move(move.target, FLOAT, move.amount, Reason.WITHDRAW)
            self._alone("capture", self._entry(Reason.WITHDRAW, out, once=resolves(number)))

    def undo(self) -> None:
        """Reverse a payment, perhaps one that is reversed already; its charge goes back, too."""
        original = self._look(self._dice.choice(self._paid).id) if self._paid else None
        if original is None:
            return
        back = tuple(Move(move.target, move.source, move.amount, Reason.REVERSE) for move in original.moves)
        entry = self._entry(Reason.REVERSE, *back, once=f"reverse:{original.id}", fee=-FEE)
        undone = lambda tx: [reverse(tx.books, original, entry_id=entry.id, at=NOON, caps=entry.caps)]  # noqa: E731
        self._together("reversal", [entry], undone)

    def _look(self, number: int) -> Recorded | None:
        try:
            return self._store.read(lambda tx: tx.books.entry(number))
        except Busy:
            return None

    def _some(self, count: int) -> list[Account]:
        return [wallet(number) for number in self._dice.sample(range(self._plan.wallets), count)]

    @staticmethod
    def _round(first: Account, others: Sequence[Account]) -> list[tuple[Account, Account]]:
        stops = [first, *others, first]
        return list(pairwise(stops))

    def _payment(self) -> Entry:
        source, target = self._some(2)
        amount = Move(source, target, self._dice.randint(1, 400), Reason.SEND)
        return self._entry(Reason.SEND, amount, Move(source, FEES, FEE, Reason.FEE), fee=FEE)

    def _entry(self, reason: Reason, *moves: Move, number: int = 0, once: str | None = None, fee: int = 0) -> Entry:
        """Build an entry that also counts itself and its fee, so that readers can compare."""
        caps = [Cap(done_key(self._number), 1)]
        if fee:
            caps.append(Cap(fees_key(self._number), fee))
        return Entry(id=number or next(self._ids), reason=reason, at=NOON, moves=moves, caps=tuple(caps), once=once)

    def _alone(self, kind: str, entry: Entry) -> None:
        self._begin(1)

        def ask() -> list[Posted | Refusal]:
            return [self._store.post_one(entry)]

        for result in self._definite(kind, [entry], ask) or ():
            self._note(entry, result)

    def _together(self, kind: str, entries: Sequence[Entry], work: Callable[[Tx], list[Posted]]) -> None:
        self._begin(len(entries))
        results = self._definite(kind, entries, lambda: self._store.transact(work))
        for entry, result in zip(entries, results or (), strict=False):
            self._note(entry, result)

    def _begin(self, count: int) -> None:
        self._asked += count
        _begun[self._number] += count

    def _definite(
        self, kind: str, entries: Sequence[Entry], ask: Callable[[], Sequence[Posted | Refusal]]
    ) -> Sequence[Posted | Refusal] | None:
        """Ask, and ask again when it is not known or others were in the way; at times give up, and leave it so."""
        self._told.kinds[kind] += len(entries)
        unsure = False
        while True:
            try:
                return ask()
            except Refusal as refusal:
                return [refusal] * len(entries)
            except Unsure:
                unsure = True
                self._told.kinds["unsure"] += 1
            except Busy:
                self._told.kinds["busy"] += 1
            if self._dice.random() < 0.3 or time.monotonic() > self._plan.until:
                for entry in entries:
                    if unsure:
                        self._told.unknown[entry.id] = entry.moves
                    else:  # Busy promises that nothing was written
                        self._told.refused.add(entry.id)
                return None

    def _note(self, entry: Entry, result: Posted | Refusal) -> None:
        if isinstance(result, Refusal):
            self._told.refused.add(entry.id)
            if isinstance(result, AlreadyDone) and entry.once is None:
                self._told.wrong.append(f"entry {entry.id} happens as often as one likes, and was refused as done")
            return
        self._told.acked[entry.id] = entry.moves
        self._told.left[entry.id] = dict(result.balances)
        _acked[self._number] += 1
        if entry.reason is Reason.SEND and len(entry.moves) == 2:
            self._paid.append(entry)


def done_key(payer: int) -> str:
    """Name the counter of what a payer has in the books."""
    return f"done:{payer}"


def fees_key(payer: int) -> str:
    """Name the counter of the fees that a payer has paid."""
    return f"fees:{payer}"


class Read(NamedTuple):
    """How often the whole book was read, how often a fault was in the way, and what did not add up."""

    books: int
    busy: int
    wrong: list[str]


def read_on(plan: Plan, sessions: int) -> Read:
    """Read the whole book in these many sessions until the payers are done."""
    store = opened(plan.url)
    try:
        with ThreadPoolExecutor(sessions) as pool:
            reads = list(pool.map(lambda _: _session(plan, store), range(sessions)))
    finally:
        store.close()
    wrong = list(chain.from_iterable(read.wrong for read in reads))
    return Read(sum(read.books for read in reads), sum(read.busy for read in reads), wrong)


def _session(plan: Plan, store: Store) -> Read:
    books = busy = 0
    wrong: list[str] = []
    seen: Counts = [0] * plan.payers
    while not (books and _ending.value) and time.monotonic() < plan.until + 60:
        least = list(_acked)
        try:
            began = time.monotonic()
            balances, done, fees = store.read(lambda tx: _look(tx, plan.payers))
        except Busy:
            busy += 1
            continue
        wrong += judge_read(balances, done=done, fees=fees, seen=seen, least=least, most=list(_begun))
        seen, books = done, books + 1
        time.sleep(0.01 + 2 * (time.monotonic() - began))  # payers are to have most of the machine
    return Read(books, busy, wrong)


def _look(tx: Tx, payers: int) -> tuple[dict[Account, int], list[int], int]:
    balances = dict(tx.books.balances())
    done = [tx.books.used(done_key(number)) for number in range(payers)]
    return balances, done, sum(tx.books.used(fees_key(number)) for number in range(payers))


def judge_read(
    balances: dict[Account, int], *, done: Counts, fees: int, seen: Counts, least: Counts, most: Counts
) -> list[str]:
    """Say what is wrong with one reading of the whole book.

    `seen` is what this session saw before, `least` what was acknowledged before it began, `most` what was ever asked.
    """
    wrong = []
    if total := sum(balances.values()):
        wrong.append(f"all accounts together hold {total}")
    if balances[FEES] != fees if FEES in balances else fees:
        wrong.append(f"the fees are {balances.get(FEES)}, counted {fees}")
    wrong += [f"{one} holds {left}" for one, left in balances.items() if one.kind in LOCKED and left < 0]
    for payer, (now, before, low, high) in enumerate(zip(done, seen, least, most, strict=True)):
        if now < before:
            wrong.append(f"payer {payer}: {before} entries were seen, then {now}")
        if not low <= now <= high:
            wrong.append(f"payer {payer}: {now} entries seen, {low} were acknowledged and {high} asked")
    return wrong
