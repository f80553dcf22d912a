"""A bank in the manner of Jepsen: many pay at once, others read the whole book, and connections are cut all the while.

What each payer was told is compared with the books at the end; what each reader saw is compared at once. Faults hit
the database's processes: they are ended, stopped for a while, their statements are cancelled, and rows are kept locked
for longer than anybody waits. Each round is a new bank, with few wallets (all want the same rows) or many.
"""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from service.ledger.audit import audit, every_entry
from service.ledger.entry import Account, Move
from service.ledger.seal import seal_batch
from service.ledger.statement import every_line
from service.storage.migrate import migrate
from service.storage.store import Busy, Store, Unsure
from tests.bench.measure import NotRun as Missing
from tests.bench.servers import postgres
from tests.conftest import SEAL_KEY, opened
from tests.lab.bank_clients import Plan, Read, Told, pay, read_on, share
from tests.lab.finding import Finding, NotRun, Round, Say
from tests.ledger.shop import NOON, fund, wallet

TITLE = "The bank"

PAYERS, PROCESSES, READERS = 12, 3, 2
FEW, MANY = 5, 2000
FUNDS = {FEW: 2_000, MANY: 1_000}
"""What each wallet begins with: little, so that refusals are as common as payments."""

SIZES = {"full": (50_000, 1800.0, 300), "short": (12_000, 35.0, 60)}
"""Operations in a round, the seconds after which a round is over in any case, and the largest batch."""

WANTED = {"full": (1_000_000, 30), "short": (0, 2)}
"""Rounds are held until there were so many operations, or so many rounds."""


def run(size: Round, say: Say) -> list[Finding]:
    """Hold rounds, alternating few wallets and many, until enough has been asked."""
    each, seconds, largest = SIZES[size]
    wanted, most = WANTED[size]
    found: list[Found] = []
    try:
        with postgres() as server:
            while len(found) < most and not 0 < wanted <= sum(one.operations for one in found):
                wallets = (FEW, MANY)[len(found) % 2]
                with server.database() as url:
                    one = hold_round(
                        url, wallets=wallets, operations=each, seconds=seconds, seed=len(found), largest=largest
                    )
                    found.append(one)
                done, books = sum(one.operations for one in found), sum(one.read.books for one in found)
                say(f"{done:,} operations, {books:,} whole books read{''.join(f'; {said}' for said in one.wrong[:3])}")
    except Missing as missing:
        raise NotRun(str(missing), missing.cure) from None
    return [_finding(wallets, [one for one in found if one.wallets == wallets]) for wallets in (FEW, MANY)]


class Judged(NamedTuple):
    """What the books say of what payers were told."""

    lost: list[str]
    doubled: list[str]
    unbalanced: list[str]


@dataclass
class Found:
    """What one round came to."""

    wallets: int
    told: Told
    read: Read
    faults: Counter[str]
    judged: Judged
    recovery: float

    @property
    def operations(self) -> int:
        """Entries that were asked for."""
        return len(self.told.acked) + len(self.told.refused) + len(self.told.unknown)

    @property
    def wrong(self) -> list[str]:
        """Everything that should not have been, in words."""
        return [said for part in (*self.judged, self.read.wrong, self.told.wrong) for said in part]


def _finding(wallets: int, rounds: list[Found]) -> Finding:
    kinds, faults = Counter[str](), Counter[str]()
    for one in rounds:
        kinds += one.told.kinds
        faults += one.faults
    asked = sum(one.operations for one in rounds)
    bad = [said for one in rounds for said in one.wrong]
    note = (
        f"{asked:,} operations, {asked - kinds['batch']:,} of them outside batches; "
        f"{sum(one.read.books for one in rounds):,} whole books read; "
        f"{kinds['unsure']} answers unsure, {kinds['busy']} busy; "
        + ", ".join(f"{count} {kind}" for kind, count in sorted(faults.items()))
        + "".join(f"; {said}" for said in bad[:3])
    )
    return Finding(
        what=f"{wallets:,} wallets, {PAYERS} payers, {READERS} readers",
        faults=faults.total(),
        acknowledged=sum(len(one.told.acked) for one in rounds),
        lost=sum(len(one.judged.lost) for one in rounds),
        doubled=sum(len(one.judged.doubled) for one in rounds),
        unbalanced=sum(len(one.judged.unbalanced) + len(one.read.wrong) + len(one.told.wrong) for one in rounds),
        longest_recovery_seconds=max((one.recovery for one in rounds), default=None),
        note=note,
    )


def hold_round(
    url: str,
    *,
    wallets: int,
    operations: int,
    seconds: float,
    seed: int,
    largest: int = 60,
    payers: int = PAYERS,
    processes: int = PROCESSES,
) -> Found:
    """Open a bank in an empty database, let payers and readers at it while faults are injected, and judge."""
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:  # many deadlocks, each of which is soon found
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET deadlock_timeout = '20ms'")
    store = opened(url)
    start = {wallet(number): FUNDS.get(wallets, 1_000) for number in range(wallets)}
    fund(store, start)
    plan = Plan(url, wallets, payers, operations, time.monotonic() + seconds, seed, largest)
    here = multiprocessing.get_context("spawn")
    begun, acked, ending = here.RawArray("q", payers), here.RawArray("q", payers), here.RawValue("i", 0)
    faults = Faults(url, wallets=wallets, seed=seed, acked=lambda: sum(acked))
    told = Told()
    try:
        with (
            ProcessPoolExecutor(processes + 1, here, share, (begun, acked, ending)) as pool,
            _sealing(store),
        ):
            reading = pool.submit(read_on, plan, READERS)
            try:
                paying = [pool.submit(pay, plan, range(first, payers, processes)) for first in range(processes)]
                faults.inject_until(lambda: all(one.done() for one in paying), begun=lambda: sum(acked) > 0)
                for one in paying:
                    told.add(one.result())
            finally:
                ending.value = 1
            read = reading.result()
        return Found(
            wallets, told, read, faults.count + told.lost_on_the_line, judge(store, told, start), faults.longest
        )
    finally:
        store.close()


@contextmanager
def _sealing(store: Store) -> Iterator[None]:
    """Seal what is written, as the worker does, but far more often."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.5):
            with suppress(Busy, Unsure):
                store.transact(lambda tx: seal_batch(tx.books, SEAL_KEY, NOON))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def judge(store: Store, told: Told, start: dict[Account, int]) -> Judged:
    """Compare what payers were told with the books; nobody writes any more."""
    written = {entry.id: entry.moves for entry in store.read(lambda tx: list(every_entry(tx.books)))}
    lost = [f"entry {one} was acknowledged and is not there" for one in told.acked if one not in written]
    changed = [f"entry {one} is another" for one, moves in told.acked.items() if written.get(one, moves) != moves]
    doubled = [f"entry {one} was refused and is there" for one in told.refused if one in written]
    resolved = {one: moves for one, moves in told.unknown.items() if one in written}
    wanted = dict(start)
    for moves in (*told.acked.values(), *resolved.values()):
        _add(wanted, moves)
    balances = store.read(lambda tx: dict(tx.books.balances()))
    unbalanced = [
        f"{account} holds {balances.get(account)}, its payments come to {left}"
        for account, left in wanted.items()
        if account in start and balances.get(account) != left
    ]
    report = store.read(lambda tx: audit(tx.books, seal_key=SEAL_KEY))
    unbalanced += [str(problem) for problem in report.problems]
    return Judged(lost + changed, doubled, unbalanced + _misinformed(store, told, start))


def _add(balances: dict[Account, int], moves: tuple[Move, ...]) -> None:
    for move in moves:
        balances[move.source] = balances.get(move.source, 0) - move.amount
        balances[move.target] = balances.get(move.target, 0) + move.amount


def _misinformed(store: Store, told: Told, start: dict[Account, int]) -> list[str]:
    """Compare what Posted said was left with what the account's page says was left after that entry."""
    wrong = []
    for account in start:
        after: dict[int, int | None] = {}
        for line in store.read(lambda tx, account=account: list(every_line(tx.books, account))):  # type: ignore[misc]
            after.setdefault(line.entry, line.balance)  # newest first: the last move of the entry
        for entry, left in after.items():
            said = told.left.get(entry, {}).get(account, left)
            if said != left:
                wrong.append(f"entry {entry} left {left} on {account}, and {said} was told")
    return wrong


@dataclass
class Faults:
    """Breaks connections, statements and patience, one at a time, and counts."""

    url: str
    wallets: int
    seed: int
    acked: Callable[[], int]
    count: Counter[str] = field(default_factory=Counter)
    longest: float = 0

    def inject_until(self, over: Callable[[], bool], *, begun: Callable[[], bool]) -> None:
        """Inject faults until it is over; what has been stopped goes on in any case."""
        dice = random.Random(self.seed)
        while not (begun() or over()):
            time.sleep(0.01)
        with psycopg.connect(self.url, autocommit=True) as connection:
            parent = postmaster_of(connection)
            kinds = [self.end] * 8 + [self.cancel] * 6 + [self.lock] + [self.stop] * 3 * bool(parent)
            while not over():
                if pid := self._victim(connection, dice):
                    dice.choice(kinds)(connection, pid, dice, parent)
                    self._recovered(over)
                time.sleep(dice.uniform(0.2, 1.2))

    def end(self, connection: Any, pid: int, *_: Any) -> None:
        connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
        self.count["connections cut"] += 1

    def cancel(self, connection: Any, pid: int, *_: Any) -> None:
        connection.execute("SELECT pg_cancel_backend(%s)", (pid,))
        self.count["statements cancelled"] += 1

    def lock(self, _connection: Any, _pid: int, dice: random.Random, *_: Any) -> None:
        """Keep a wallet for longer than anybody waits for a lock."""
        with suppress(psycopg.OperationalError), psycopg.connect(self.url) as other:
            account = str(wallet(dice.randrange(self.wallets)))
            other.execute("SELECT 1 FROM accounts WHERE id = %s FOR UPDATE", (account,))
            time.sleep(2.5)
        self.count["wallets kept locked"] += 1

    def stop(self, _connection: Any, pid: int, dice: random.Random, parent: int) -> None:
        """Stop a process of the database, with whatever locks it has at that moment."""
        if _parent_of(pid) != parent:
            return
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(dice.choice([0.1, 0.5, 2.5]))
        finally:
            os.kill(pid, signal.SIGCONT)
        self.count["processes stopped"] += 1

    def _victim(self, connection: Any, dice: random.Random) -> int | None:
        busy = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name LIKE 'senti%' AND backend_type = 'client backend'"
        )
        pids = [pid for (pid,) in connection.execute(busy)]
        return dice.choice(pids) if pids else None

    def _recovered(self, over: Callable[[], bool]) -> None:
        before, began = self.acked(), time.monotonic()
        while self.acked() == before and not over():
            time.sleep(0.005)
        self.longest = max(self.longest, time.monotonic() - began)


def postmaster_of(connection: Any) -> int:
    """Return the process that a server on this machine is run by, or 0 where we may not touch it."""
    row = connection.execute("SELECT current_setting('data_directory'), pg_backend_pid()").fetchone()
    if row is None:
        return 0
    folder, mine = row
    try:
        parent = int((Path(folder) / "postmaster.pid").read_text().split()[0])
    except OSError:
        return 0
    return parent if _parent_of(mine) == parent else 0


def _parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0
