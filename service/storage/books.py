"""The books in tables: reading and sealing them. Posting is done by each engine in its own way."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from service.ledger.books import Line, Recorded, Seal, Step
from service.ledger.chart import LOCKED, Kind, Reason
from service.ledger.entry import Account, Entry, Move, Posted
from service.storage.codec import from_micros, to_micros
from service.storage.engines import micros_now
from service.storage.wire import Wire

SETTLED_MICROS = 120_000_000
"""No statement takes so long: see `low` in tables.py."""

_MOVES_EACH = 4
"""So many moves are read for each entry that goes under a seal: an amount, a fee and two taxes."""

_LAST_LINE = 2**63 - 1

_LAST_TEXT = "\x7f"
"""Comes after every account: an id begins with letters."""

ACCOUNTS_AT_ONCE = 1000
_ACCOUNTS = "SELECT id, balance FROM accounts WHERE id > ? AND id < ? ORDER BY id LIMIT ?"

_BALANCE = "SELECT balance FROM accounts WHERE id = ?"
_USED = "SELECT value FROM counters WHERE key = ?"

# Moves that no seal covers yet; the last seal knows below which number there are none.
# Asked for each move by itself: a join that was planned while nothing was sealed reads all seals for each move.
_HAS_NO_SEAL = "(SELECT s.entry FROM sealed s WHERE s.entry = m.entry) IS NULL"
UNSEALED = f"FROM moves m WHERE m.number > ? AND {_HAS_NO_SEAL}"

# In the order of their numbers, and no more than are taken: a backlog is sealed in pieces that are as quick as others.
_UNSEALED_MOVES = f"SELECT m.number, m.entry {UNSEALED} ORDER BY m.number LIMIT ?"

# One statement, which sees one moment: a move that is sealed between two would count twice, or not at all.
_FREE_BALANCE = f"""
SELECT coalesce((SELECT totals FROM seals ORDER BY number DESC LIMIT 1), '{{}}'),
       CAST(coalesce(sum(CASE WHEN m.target = ? THEN m.amount ELSE -m.amount END), 0) AS BIGINT)
  FROM moves m WHERE (m.source = ? OR m.target = ?)
   AND m.number > coalesce((SELECT low FROM seals ORDER BY number DESC LIMIT 1), 0)
   AND {_HAS_NO_SEAL}"""  # noqa: S608

_LINES = """
SELECT m.number, m.entry, e.at, e.reason, m.source, m.target, m.amount, m.reason, m.source_after, m.target_after
  FROM (SELECT * FROM (SELECT * FROM moves WHERE source = ? AND number < ? ORDER BY number DESC LIMIT ?) paid
        UNION ALL
        SELECT * FROM (SELECT * FROM moves WHERE target = ? AND number < ? ORDER BY number DESC LIMIT ?) got) m
  JOIN entries e ON e.id = m.entry ORDER BY m.number DESC LIMIT ?"""

# What the line before left: of the two last ones, as source and as target, the younger. Both are read by their index.
_BEFORE = """(SELECT l.left_with FROM (
         SELECT * FROM (SELECT p.number, p.source_after AS left_with FROM moves p
                         WHERE p.source = {account} AND p.number < m.number ORDER BY p.number DESC LIMIT 1) paid
         UNION ALL
         SELECT * FROM (SELECT p.number, p.target_after AS left_with FROM moves p
                         WHERE p.target = {account} AND p.number < m.number ORDER BY p.number DESC LIMIT 1) got
       ) l ORDER BY l.number DESC LIMIT 1)"""
_STEPS = f"""
SELECT m.entry, m.source, m.target, m.amount, m.source_after, m.target_after,
       CASE WHEN m.source_after IS NOT NULL THEN {_BEFORE.format(account="m.source")} END,
       CASE WHEN m.target_after IS NOT NULL THEN {_BEFORE.format(account="m.target")} END
  FROM sealed s JOIN moves m ON m.entry = s.entry WHERE s.seal = ? ORDER BY m.number"""  # noqa: S608

read_account = lru_cache(maxsize=4096)(Account.read)


class SqlBooks:
    """The books of one transaction."""

    def seals_at_once(self) -> int:
        return 10_000

    def __init__(self, wire: Wire, wrote: set[type[Any]]) -> None:
        self._wire = wire
        self.wrote = wrote
        self._sealed_to = 0
        self._fetched: dict[tuple[Any, ...], Callable[[], Any]] = {}

    def ahead(self, *asked: Account | str) -> None:
        if self._wire.far:
            for one in asked:
                wanted = (_USED, one) if isinstance(one, str) else (_BALANCE, str(one))
                self._fetched[wanted] = self._wire.read_soon(wanted[0], wanted[1:])

    def _all(self, sql: str, *values: Any) -> Sequence[tuple[Any, ...]]:
        return list(self._read(sql, *values).fetchall())

    def _one(self, sql: str, *values: Any) -> Any:
        """Return the first value of the first row, or None."""
        row = self._read(sql, *values).fetchone()
        return None if row is None else row[0]

    def _read(self, sql: str, *values: Any) -> Any:
        fetched = self._fetched.pop((sql, *values), None) if self._fetched else None
        return fetched() if fetched else self._wire.read(sql, values)

    def _write(self, sql: str, *values: Any) -> None:
        self._fetched.clear()
        self._wire.write(sql, values)

    def undone(self) -> None:
        """Forget what was noted: a savepoint was taken back."""
        self._sealed_to = 0
        self._fetched.clear()

    def open(self, account: Account) -> None:
        balance = 0 if account.kind in LOCKED else None
        self._write("INSERT INTO accounts (id, balance) VALUES (?, ?) ON CONFLICT DO NOTHING", str(account), balance)
        self.wrote.add(Account)

    def entry(self, entry_id: int) -> Recorded | None:
        return next(self._recorded("WHERE id = ?", entry_id), None)

    def entry_once(self, once: str) -> Recorded | None:
        return next(self._recorded("WHERE once = ?", once), None)

    def some(self, ids: Collection[int]) -> Mapping[int, Recorded]:
        wanted, found = sorted(ids), {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ", ".join("?" * len(part))
            found.update({entry.id: entry for entry in self._recorded(f"WHERE id IN ({marks})", *part)})
        return found

    def entries(self, *, after: int = 0, limit: int = 1000) -> Sequence[Recorded]:
        return list(self._recorded("WHERE id > ? ORDER BY id LIMIT ?", after, limit))

    def _recorded(self, which: str, *values: Any) -> Iterator[Recorded]:
        rows = self._all(
            "SELECT e.id, e.reason, e.at, e.once, m.source, m.target, m.amount, m.reason "  # noqa: S608
            f"FROM (SELECT * FROM entries {which}) e LEFT JOIN moves m ON m.entry = e.id ORDER BY e.id, m.number",
            *values,
        )
        for (entry_id, reason, at, once), moves in groupby(rows, key=lambda row: row[:4]):
            made = tuple(_move(*move[4:]) for move in moves if move[4] is not None)
            yield Recorded(entry_id, Reason(reason), from_micros(at), made, once)

    def used(self, key: str) -> int:
        return int(self._one(_USED, key) or 0)

    def balance(self, account: Account) -> int:
        if account.kind in LOCKED:
            return self._one(_BALANCE, str(account)) or 0
        ((totals, moved),) = self._all(_FREE_BALANCE, str(account), str(account), str(account))
        return int(moved) + int(json.loads(totals).get(str(account), 0))

    def balances(self, country: str | None = None, kind: Kind | None = None) -> Iterator[tuple[Account, int]]:
        free = {} if kind in LOCKED else self._free_balances()
        # Ids begin with their country, a colon, their kind and a colon; ";" is the sign behind it.
        begins = ":".join(part for part in (country, kind) if part is not None)
        after, end = (f"{begins}:", f"{begins};") if begins else ("", _LAST_TEXT)
        while page := self._all(_ACCOUNTS, after, end, ACCOUNTS_AT_ONCE):
            for text, balance in page:
                account = read_account(text)
                yield account, free.get(account, 0) if balance is None else balance
            after = page[-1][0]

    def _free_balances(self) -> dict[Account, int]:
        """Return what the accounts hold that keep no balance."""
        last = self.last_seal()
        free = dict(last.totals) if last else {}
        moves = self._all(f"SELECT m.source, m.target, m.amount {UNSEALED}", self._low())
        for source, target, amount in moves:
            for text, change in ((source, -amount), (target, amount)):
                account = read_account(text)
                if account.kind not in LOCKED:
                    free[account] = free.get(account, 0) + change
        return free

    def lines(self, account: Account, *, before: int | None = None, limit: int = 20) -> Sequence[Line]:
        one = (str(account), _LAST_LINE if before is None else before, limit)
        lines = []
        for number, entry, at, entry_reason, *moved, source_after, target_after in self._all(_LINES, *one, *one, limit):
            move = _move(*moved)
            pays = move.source == account
            after = source_after if pays else target_after
            amount = -move.amount if pays else move.amount
            lines.append(Line(number, entry, from_micros(at), Reason(entry_reason), move, amount, after))
        return lines

    def unsealed(self, *, limit: int) -> Sequence[Recorded]:
        self._lock_sealer()
        # Looked up before the moves are: who commits in between is then among them, or not settled.
        settled = self._find_settled(micros_now() - SETTLED_MICROS)
        ids: dict[int, None] = {}
        for number, entry in self._all(_UNSEALED_MOVES, self._low(), _MOVES_EACH * limit):
            if len(ids) == limit and entry not in ids:
                break
            ids[entry] = None
            self._sealed_to = min(number, settled)
        return list(self.some(ids).values())

    def _lock_sealer(self) -> None:
        """Keep other sealers out; where one connection writes, they are out already."""

    def _find_settled(self, before: int) -> int:  # noqa: ARG002
        """Return a number of a move below which nobody writes any more; where one connection writes, that is any."""
        return _LAST_LINE

    def oldest_unsealed(self) -> datetime | None:
        oldest = self._one(
            f"SELECT min(e.at) FROM entries e WHERE e.id IN (SELECT m.entry {UNSEALED})",  # noqa: S608
            self._low(),
        )
        return None if oldest is None else from_micros(oldest)

    def add_seal(self, seal: Seal, digests: Mapping[int, bytes]) -> None:
        written_at, low = micros_now(), max(self._low(), self._sealed_to)
        reach = self._one("SELECT coalesce(max(number), 0) FROM moves")
        totals = json.dumps({str(account): total for account, total in seal.totals.items()}, sort_keys=True)
        self._write(
            "INSERT INTO seals (number, at, previous, totals, mac, entries, reach, low, written_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(seal.number, to_micros(seal.at), seal.previous, totals, seal.mac, seal.entries),
            *(reach, low, written_at),
        )
        covered = [(entry, seal.number, place, digest) for place, (entry, digest) in enumerate(digests.items())]
        insert = "INSERT INTO sealed (entry, seal, place, digest) VALUES (?, ?, ?, ?)"
        self._wire.write_many(insert, covered)
        self.wrote.add(Seal)

    def seals(self) -> Iterator[tuple[Seal, Sequence[tuple[int, bytes]]]]:
        for seal in self._seals("ORDER BY number"):
            covered = self._all("SELECT entry, digest FROM sealed WHERE seal = ? ORDER BY place", seal[0])
            yield _seal(*seal), [(entry, bytes(digest)) for entry, digest in covered]

    def last_seal(self) -> Seal | None:
        newest = self._seals("ORDER BY number DESC LIMIT 1")
        return _seal(*newest[0]) if newest else None

    def seal(self, number: int) -> Seal | None:
        found = self._seals("WHERE number = ?", number)
        return _seal(*found[0]) if found else None

    def _seals(self, which: str, *values: Any) -> Sequence[tuple[Any, ...]]:
        sql = f"SELECT number, at, previous, totals, mac, entries FROM seals {which}"  # noqa: S608
        return self._all(sql, *values)

    def sealed_by(self, number: int) -> Sequence[Recorded]:
        return list(self._recorded("WHERE id IN (SELECT entry FROM sealed WHERE seal = ?)", number))

    def steps_of(self, number: int) -> Sequence[Step]:
        steps = []
        for entry, source, target, amount, source_after, target_after, *before in self._all(_STEPS, number):
            if source_after is not None:
                steps.append(Step(entry, read_account(source), before[0] or 0, -amount, source_after))
            if target_after is not None:
                steps.append(Step(entry, read_account(target), before[1] or 0, amount, target_after))
        return steps

    def _low(self) -> int:
        return int(self._one("SELECT low FROM seals ORDER BY number DESC LIMIT 1") or 0)

    def _again(self, entry: Entry) -> Posted:
        """Answer for an entry that is written already."""
        recorded = self.entry(entry.id)
        assert recorded is not None, f"entry {entry.id} is gone"
        same = (recorded.reason, recorded.moves, recorded.once) == (entry.reason, entry.moves, entry.once)
        assert same, f"entry {entry.id} was written with other content"
        afters = self._all(
            "SELECT source, target, source_after, target_after FROM moves WHERE entry = ? ORDER BY number", entry.id
        )
        balances = {}
        for source, target, source_after, target_after in afters:
            for text, after in ((source, source_after), (target, target_after)):
                if after is not None:
                    balances[read_account(text)] = after
        return Posted(entry.id, recorded.at, balances, repeated=True)


def _move(source: str, target: str, amount: int, reason: str) -> Move:
    return Move(read_account(source), read_account(target), amount, Reason(reason))


def _seal(number: int, at: int, previous: bytes, totals: str, mac: bytes, entries: int) -> Seal:
    sums = {read_account(text): total for text, total in json.loads(totals).items()}
    return Seal(number, from_micros(at), bytes(previous), sums, bytes(mac), entries)
