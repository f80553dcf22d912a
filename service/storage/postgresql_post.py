"""The call of post_entries_v2: what it is given, and what its answer means.

Arrays travel as text and answers are read as text: a posting is small, and building it is most of its price in Python.
"""

from collections.abc import Iterable, Iterator, Sequence

from service.ledger.chart import LOCKED, Reason
from service.ledger.entry import Account, AlreadyDone, Entry, NotEnough, OverCap, Posted, TooFull
from service.refusal import Refusal
from service.storage.codec import to_micros

_TYPES = (
    *("text[]", "text[]"),
    *("bigint[]", "text[]", "bigint[]", "text[]"),
    *("int[]", "text[]", "text[]", "int[]", "int[]", "bigint[]", "text[]"),
    *("int[]", "int[]", "bigint[]"),
    *("int[]", "int[]", "bigint[]", "bigint[]"),
)


_MARKS = ", ".join(f"?::{kind}" for kind in _TYPES)
POST = (
    "SELECT codes::text, saids::text, firsts::text, seconds::text, source_after::text, target_after::text "  # noqa: S608
    f"FROM post_entries_v2({_MARKS})"
)
"""The statement that posts entries: one row, one array a column."""


def texts(values: Iterable[str]) -> str:
    """Return an array of texts as PostgreSQL writes it."""
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * joined.count('","'):
        return "{" + ",".join(map(_quoted, values)) + "}"
    return '{"' + joined + '"}' if joined else "{}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _numbers(values: Iterable[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def free_accounts(entries: Iterable[Entry]) -> set[str]:
    """Return the accounts of these entries that never refuse."""
    return {str(one) for entry in entries for move in entry.moves for one in move[:2] if one.kind not in LOCKED}


def arguments(entries: Sequence[Entry]) -> tuple[str | None, ...]:
    """Return what post_entries_v2 is called with; no two entries may be the same."""
    moves = [(place, *move) for place, entry in enumerate(entries, 1) for move in entry.moves]
    ceilings = [(place, *ceiling) for place, entry in enumerate(entries, 1) for ceiling in entry.ceilings]
    caps = [(place, *cap) for place, entry in enumerate(entries, 1) for cap in entry.caps]
    sources, targets = [str(move[1]) for move in moves], [str(move[2]) for move in moves]
    kept = {text for text, move in zip(sources, moves, strict=True) if move[1].kind in LOCKED}
    kept.update(text for text, move in zip(targets, moves, strict=True) if move[2].kind in LOCKED)
    locked, keys = sorted(kept), sorted({cap[1] for cap in caps})
    held = {account: place for place, account in enumerate(locked, 1)}
    counted = {key: place for place, key in enumerate(keys, 1)}
    return (
        *(texts(locked), texts(keys)),
        _numbers([entry.id for entry in entries]),
        texts([entry.reason for entry in entries]),
        _numbers([to_micros(entry.at) for entry in entries]),
        _onces([entry.once for entry in entries]),
        _numbers([move[0] for move in moves]),
        *(texts(sources), texts(targets)),
        _numbers([held.get(source, 0) for source in sources]),
        _numbers([held.get(target, 0) for target in targets]),
        _numbers([move[3] for move in moves]),
        texts([move[4] for move in moves]),
        _numbers([place for place, _, _ in ceilings]),
        _numbers([held[str(account)] for _, account, _ in ceilings]),
        _numbers([most for _, _, most in ceilings]),
        _numbers([place for place, _, _, _ in caps]),
        _numbers([counted[key] for _, key, _, _ in caps]),
        _numbers([amount for _, _, amount, _ in caps]),
        _numbers([cap for _, _, _, cap in caps]),
    )


def _onces(names: Sequence[str | None]) -> str | None:
    if not any(names):
        return None
    return "{" + ",".join("NULL" if name is None else _quoted(name) for name in names) + "}"


def answers(entries: Sequence[Entry], row: Sequence[str | None]) -> Iterator[Posted | Refusal | None]:
    """Return what the function's answer means for each entry; None if its id is there already."""
    codes, saids, firsts, seconds, source_after, target_after = map(_cells, row)
    place = 0
    for number, entry in enumerate(entries):
        first, past = place, place + len(entry.moves)
        place = past
        match codes[number]:
            case "posted":
                left: dict[Account, int] = {}
                for at, move in zip(range(first, past), entry.moves, strict=True):
                    if move.source.kind in LOCKED:
                        left[move.source] = int(source_after[at])
                    if move.target.kind in LOCKED:
                        left[move.target] = int(target_after[at])
                yield Posted(entry.id, entry.at, left)
            case "exists":
                yield None
            case "not_enough":
                yield NotEnough(balance=int(firsts[number]), total=int(seconds[number]))
            case "too_full":
                yield TooFull(room=int(firsts[number]))
            case "over_cap":
                yield OverCap(left=int(firsts[number]))
            case code:
                assert code == "already_done", f"post_entries_v2 said {code}"
                yield AlreadyDone(reason=Reason(saids[number]))


def _cells(array: str | None) -> Sequence[str]:
    """Return the cells of an array of numbers or plain words, as PostgreSQL writes it."""
    return [] if array is None else array[1:-1].split(",")
