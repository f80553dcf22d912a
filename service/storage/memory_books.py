"""The books in memory; posting is apply() and nothing else."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from service.ledger.books import Line, Recorded, Seal, Step
from service.ledger.chart import LOCKED, Kind
from service.ledger.entry import Account, AlreadyDone, Entry, Move, Posted, apply
from service.storage.undo import Undo


@dataclass(frozen=True)
class Written:
    """One move with its number and what the locked accounts held after it."""

    number: int
    entry: int
    move: Move
    source_after: int | None
    target_after: int | None


class MemoryBooks:
    """All books of one memory store."""

    def seals_at_once(self) -> int:
        return 10_000

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self._accounts: dict[Account, int] = {}
        self._entries: dict[int, Recorded] = {}
        self._once: dict[str, int] = {}
        self._moves: dict[int, Written] = {}
        self._of_entry: dict[int, tuple[int, ...]] = {}
        self._of_account: dict[Account, list[int]] = {}
        self._counters: dict[str, int] = {}
        self._seals: dict[int, tuple[Seal, tuple[tuple[int, bytes], ...]]] = {}
        self._unsealed: dict[int, None] = {}

    def ahead(self, *asked: Account | str) -> None:
        """Nothing is far away."""

    def open(self, account: Account) -> None:
        if account not in self._accounts:
            self._undo.put(self._accounts, account, 0)

    def post(self, entry: Entry) -> Posted:
        if entry.id in self._entries:
            return self._again(entry)
        if entry.once in self._once:
            raise AlreadyDone(reason=self._entries[self._once[entry.once]].reason)
        balances: dict[Account, int] = {}
        for account in {account for move in entry.moves for account in move[:2]}:
            if account.kind in LOCKED:
                assert account in self._accounts, f"account {account} was never opened"
                balances[account] = self._accounts[account]
        after = apply(entry, balances, {cap.key: self._counters.get(cap.key, 0) for cap in entry.caps})
        # Nothing may refuse after this line.
        at = entry.at.astimezone(UTC)
        self._undo.put(self._entries, entry.id, Recorded(entry.id, entry.reason, at, entry.moves, entry.once))
        self._undo.put(self._unsealed, entry.id, None)
        if entry.once is not None:
            self._undo.put(self._once, entry.once, entry.id)
        numbers = tuple(self._write(entry, move) for move in entry.moves)
        self._undo.put(self._of_entry, entry.id, numbers)
        for key, value in after.counters.items():
            self._undo.put(self._counters, key, value)
        return Posted(entry.id, entry.at, after.balances)

    def _write(self, entry: Entry, move: Move) -> int:
        for account, change in ((move.source, -move.amount), (move.target, move.amount)):
            self._undo.put(self._accounts, account, self._accounts.get(account, 0) + change)
        source_after, target_after = (
            self._accounts[account] if account.kind in LOCKED else None for account in move[:2]
        )
        number = len(self._moves) + 1
        self._undo.put(self._moves, number, Written(number, entry.id, move, source_after, target_after))
        for account in move[:2]:
            lines = self._of_account.setdefault(account, [])
            self._undo.note(lines.pop)
            lines.append(number)
        return number

    def _again(self, entry: Entry) -> Posted:
        recorded = self._entries[entry.id]
        same = (recorded.reason, recorded.moves, recorded.once) == (entry.reason, entry.moves, entry.once)
        assert same, f"entry {entry.id} was written with other content"
        balances = {}
        for number in self._of_entry[entry.id]:
            written = self._moves[number]
            afters = (written.source_after, written.target_after)
            for account, after in zip(written.move[:2], afters, strict=True):
                if after is not None:
                    balances[account] = after
        return Posted(entry.id, recorded.at, balances, repeated=True)

    def entry(self, entry_id: int) -> Recorded | None:
        return self._entries.get(entry_id)

    def entry_once(self, once: str) -> Recorded | None:
        return self._entries[self._once[once]] if once in self._once else None

    def some(self, ids: Collection[int]) -> Mapping[int, Recorded]:
        return {entry_id: self._entries[entry_id] for entry_id in sorted(ids) if entry_id in self._entries}

    def balance(self, account: Account) -> int:
        return self._accounts.get(account, 0)

    def balances(self, country: str | None = None, kind: Kind | None = None) -> Iterator[tuple[Account, int]]:
        known = self._accounts.items()
        found = [item for item in known if country in (None, item[0].country) and kind in (None, item[0].kind)]
        return iter(sorted(found, key=lambda item: str(item[0])))

    def lines(self, account: Account, *, before: int | None = None, limit: int = 20) -> Sequence[Line]:
        numbers = self._of_account.get(account, [])
        end = len(numbers) if before is None else bisect_left(numbers, before)
        return [self._line(account, self._moves[number]) for number in reversed(numbers[max(0, end - limit) : end])]

    def _line(self, account: Account, written: Written) -> Line:
        entry, move = self._entries[written.entry], written.move
        pays = move.source == account
        amount, after = (-move.amount, written.source_after) if pays else (move.amount, written.target_after)
        return Line(written.number, entry.id, entry.at, entry.reason, move, amount, after)

    def used(self, key: str) -> int:
        return self.counter(key)

    def counter(self, key: str) -> int:
        return self._counters.get(key, 0)

    def entries(self, *, after: int = 0, limit: int = 1000) -> Sequence[Recorded]:
        newer = sorted(entry_id for entry_id in self._entries if entry_id > after)
        return [self._entries[entry_id] for entry_id in newer[:limit]]

    def unsealed(self, *, limit: int) -> Sequence[Recorded]:
        return [self._entries[entry_id] for entry_id in sorted(islice(self._unsealed, limit))]

    def oldest_unsealed(self) -> datetime | None:
        return min((self._entries[entry_id].at for entry_id in self._unsealed), default=None)

    def add_seal(self, seal: Seal, digests: Mapping[int, bytes]) -> None:
        assert seal.number not in self._seals, f"seal {seal.number} is there"
        self._undo.put(self._seals, seal.number, (seal, tuple(digests.items())))
        for entry_id in digests:
            self._undo.drop(self._unsealed, entry_id)

    def seals(self) -> Iterator[tuple[Seal, Sequence[tuple[int, bytes]]]]:
        return iter(list(self._seals.values()))

    def last_seal(self) -> Seal | None:
        return self._seals[max(self._seals)][0] if self._seals else None

    def seal(self, number: int) -> Seal | None:
        return self._seals[number][0] if number in self._seals else None

    def sealed_by(self, number: int) -> Sequence[Recorded]:
        return [self._entries[entry_id] for entry_id, _ in self._seals[number][1]]

    def steps_of(self, number: int) -> Sequence[Step]:
        moves = [self._moves[move] for entry in self.sealed_by(number) for move in self._of_entry[entry.id]]
        return [step for move in moves for step in self._steps(move)]

    def _steps(self, written: Written) -> Iterator[Step]:
        source, target, amount, _ = written.move
        for account, change, after in ((source, -amount, written.source_after), (target, amount, written.target_after)):
            if after is not None:
                older = self.lines(account, before=written.number, limit=1)
                yield Step(written.entry, account, (older[0].balance or 0) if older else 0, change, after)
