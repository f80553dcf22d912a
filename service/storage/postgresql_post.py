"""The call of post_entry_v1: what it is given, and what its answer means.

Arrays travel as text and answers are read as text: a posting is small, and building it is most of its price in Python.
"""

from collections.abc import Iterable, Sequence

from service.ledger.chart import LOCKED, Reason
from service.ledger.entry import Account, AlreadyDone, Entry, NotEnough, OverCap, Posted, TooFull
from service.storage.codec import to_micros

_ONE = (
    *("bigint", "text", "bigint", "text", "text[]"),
    *("text[]", "text[]", "bigint[]", "text[]"),
    *("text[]", "bigint[]"),
    *("text[]", "bigint[]", "bigint[]"),
)
_MANY = ("text[]", "text[]", "bigint[]", "text[]", "bigint[]", *["text[]"] * 11)


def call_one(mark: str) -> str:
    """Return the statement that posts one entry; `mark` is %s, or $ for numbered marks."""
    return f"SELECT code, said, a, b, balances FROM post_entry_v1({_marks(_ONE, mark)})"  # noqa: S608


def call_many(mark: str) -> str:
    """Return the statement that posts many entries."""
    return f"SELECT code, said, a, b, balances FROM post_entries_v1({_marks(_MANY, mark)})"  # noqa: S608


def _marks(types: Sequence[str], mark: str) -> str:
    numbered = mark == "$"
    return ", ".join(f"{f'${place}' if numbered else mark}::{kind}" for place, kind in enumerate(types, 1))


def texts(values: Iterable[str | None]) -> str:
    """Return an array of texts as PostgreSQL writes it."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def numbers(values: Iterable[object]) -> str:
    """Return an array of numbers as PostgreSQL writes it."""
    return "{" + ",".join(map(str, values)) + "}"


def locked_accounts(entry: Entry) -> list[tuple[str, Account]]:
    """Return the accounts that an entry locks, in the order of their ids."""
    return sorted({(str(one), one) for move in entry.moves for one in move[:2] if one.kind in LOCKED})


def free_accounts(entries: Iterable[Entry]) -> set[str]:
    """Return the accounts of these entries that never refuse."""
    return {str(one) for entry in entries for move in entry.moves for one in move[:2] if one.kind not in LOCKED}


def arguments(entry: Entry, locked: Sequence[tuple[str, Account]]) -> tuple[int | str | None, ...]:
    """Return what post_entry_v1 is called with."""
    moves, ceilings, caps = entry.moves, entry.ceilings, entry.caps
    return (
        *(entry.id, entry.reason.value, to_micros(entry.at), entry.once),
        texts([text for text, _ in locked]),
        texts([str(move.source) for move in moves]),
        texts([str(move.target) for move in moves]),
        numbers([move.amount for move in moves]),
        texts([move.reason.value for move in moves]),
        texts([str(ceiling.account) for ceiling in ceilings]),
        numbers([ceiling.most for ceiling in ceilings]),
        texts([cap.key for cap in caps]),
        numbers([cap.amount for cap in caps]),
        numbers([cap.cap for cap in caps]),
    )


def arguments_of_many(
    entries: Sequence[Entry], locked: Sequence[Sequence[tuple[str, Account]]]
) -> tuple[int | str | None, ...]:
    """Return what post_entries_v1 is called with."""
    touched = {text for accounts in locked for text, _ in accounts}
    keys = {cap.key for entry in entries for cap in entry.caps}
    columns = list(zip(*map(arguments, entries, locked), strict=True))
    wrote = (numbers, texts, numbers, *[texts] * 11)
    given = [write(column) for write, column in zip(wrote, columns, strict=True)]
    return (texts(touched), texts(keys), *given)


def answer(
    entry: Entry,
    locked: Sequence[tuple[str, Account]],
    row: tuple[str, str | None, int | None, int | None, Sequence[int]],
) -> Posted | None:
    """Return what the function's answer means, or raise the refusal; None if this id is there already."""
    code, said, first, second, balances = row
    match code:
        case "posted":
            left = {account: balance for (_, account), balance in zip(locked, balances, strict=True)}
            return Posted(entry.id, entry.at, left)
        case "exists":
            return None
        case "not_enough":
            raise NotEnough(balance=first, total=second)
        case "too_full":
            raise TooFull(room=first)
        case "over_cap":
            raise OverCap(left=first)
    assert code == "already_done", f"post_entry_v1 said {code}"
    raise AlreadyDone(reason=Reason(said or ""))
