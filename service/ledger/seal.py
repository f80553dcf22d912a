"""Seals: batches of entries closed with a keyed stamp that covers the stamp before it.

Who edits, deletes or reorders what is sealed breaks a stamp, and verify() says where. Entries that no seal covers yet
are normal; their age is what to watch. Cutting off the newest seals whole can only be seen by somebody who remembers
them, so print the last stamp where the database's keeper cannot reach.
"""

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from service.ledger.books import Books, Recorded, Seal
from service.ledger.chart import LOCKED
from service.ledger.entry import Account

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OlderKey(NamedTuple):
    """A key that made seals before the one of today, and the last seal that it may have made."""

    key: bytes
    last_seal: int


class Break(NamedTuple):
    """A place where the sealed books are not what was sealed."""

    where: str
    detail: str


def seal_batch(books: Books, key: bytes, now: datetime, *, limit: int | None = None) -> Seal | None:
    """Close entries that no seal covers under one new seal, or return None if there are none.

    It covers as many as the engine seals at once; where it covers so many there may be more.
    """
    entries = books.unsealed(limit=limit or books.seals_at_once())
    return _seal(books, key, now, entries) if entries else None


def close_with_a_new_key(books: Books, key: bytes, now: datetime) -> int:
    """Close all seals that there are under one of the new key, which may cover no entry; return its number.

    The chain before it holds from then on even against who knows the older key: its last stamp cannot be had twice.
    """
    return _seal(books, key, now, books.unsealed(limit=books.seals_at_once())).number


def _seal(books: Books, key: bytes, now: datetime, entries: Sequence[Recorded]) -> Seal:
    last = books.last_seal()
    digests = {entry.id: entry_digest(key, entry) for entry in entries}
    totals = add_totals(last.totals if last else {}, entries)
    number, previous = (last.number + 1, last.mac) if last else (1, b"")
    mac = _mac(key, number, now, previous, totals, list(digests.items()))
    seal = Seal(number, now, previous, totals, mac, len(entries))
    books.add_seal(seal, digests)
    return seal


def verify(books: Books, key: bytes, older: Sequence[OlderKey] = ()) -> Iterator[Break]:
    """Yield each place where a seal does not hold, from the first seal on."""
    number, previous = 0, b""
    totals: Mapping[Account, int] = {}
    for seal, digests in books.seals():
        where, number = f"seal {seal.number}", number + 1
        if seal.number != number:
            yield Break(where, f"seal {number} should stand here")
            number = seal.number
        if seal.previous != previous:
            yield Break(where, "does not follow the seal before it")
        if seal.entries != len(digests):
            yield Break(where, f"covers {seal.entries} entries, {len(digests)} are there")
        theirs = _key_of(seal, digests, (key, *(old.key for old in older if seal.number <= old.last_seal)))
        if theirs is None:
            yield Break(where, "the seal itself, its order or its list of entries was changed")
        recorded = books.some([entry_id for entry_id, _ in digests])
        yield from _changed(theirs or key, digests, recorded)
        totals = add_totals(totals, [recorded[entry_id] for entry_id, _ in digests if entry_id in recorded])
        if dict(totals) != dict(seal.totals):
            yield Break(where, "its totals are not the sums of the moves")
            totals = seal.totals
        previous = seal.mac


def _key_of(seal: Seal, digests: Sequence[tuple[int, bytes]], keys: Sequence[bytes]) -> bytes | None:
    """Return which of these keys made a seal."""
    for key in keys:
        if hmac.compare_digest(seal.mac, _mac(key, seal.number, seal.at, seal.previous, seal.totals, digests)):
            return key
    return None


def _changed(key: bytes, digests: Sequence[tuple[int, bytes]], recorded: Mapping[int, Recorded]) -> Iterator[Break]:
    for entry_id, digest in digests:
        entry = recorded.get(entry_id)
        if entry is None:
            yield Break(f"entry {entry_id}", "was sealed and is gone")
        elif not hmac.compare_digest(digest, entry_digest(key, entry)):
            yield Break(f"entry {entry_id}", "was changed after it was sealed")


def add_totals(totals: Mapping[Account, int], entries: Sequence[Recorded]) -> Mapping[Account, int]:
    """Return the sums of the accounts that keep no balance, with these entries' moves added."""
    sums = dict(totals)
    for entry in entries:
        for move in entry.moves:
            for account, change in ((move.source, -move.amount), (move.target, move.amount)):
                if account.kind not in LOCKED:
                    sums[account] = sums.get(account, 0) + change
    return sums


def entry_digest(key: bytes, entry: Recorded) -> bytes:
    """Return the keyed digest of an entry's canonical bytes: the same on every engine, and nothing personal in it."""
    moves = [[str(move.source), str(move.target), move.amount, move.reason] for move in entry.moves]
    return _keyed(key, "entry", [entry.id, entry.reason, _micros(entry.at), entry.once, moves])


def _mac(
    key: bytes,
    number: int,
    at: datetime,
    previous: bytes,
    totals: Mapping[Account, int],
    digests: Sequence[tuple[int, bytes]],
) -> bytes:
    sums = sorted((str(account), total) for account, total in totals.items())
    covered = [[entry_id, digest.hex()] for entry_id, digest in digests]
    return _keyed(key, "seal", [number, _micros(at), previous.hex(), sums, covered])


def _keyed(key: bytes, label: str, said: object) -> bytes:
    return hmac.digest(key, json.dumps([label, said], separators=(",", ":")).encode(), "sha256")


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
