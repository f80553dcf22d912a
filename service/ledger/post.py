"""Writing into the books: an entry, a hold, the release of a hold, and the reversal of an entry.

A hold is money in an account of its own, so nothing else can spend it. What may happen once (resolving a hold,
reversing an entry) carries a name that the books accept a single time; who comes second reads in AlreadyDone who won.
"""

from collections.abc import Sequence
from datetime import datetime

from service.ledger.books import Books, Recorded
from service.ledger.chart import REVERSIBLE, Kind, Reason
from service.ledger.entry import Account, Cap, Entry, Move, Posted, check_entry
from service.refusal import Refusal


class NotReversible(Refusal):
    """An entry of this reason is never undone."""

    says = ("reason",)


def post(books: Books, entry: Entry) -> Posted:
    """Write an entry, once however often it is asked; raises NotEnough, TooFull, OverCap or AlreadyDone."""
    check_entry(entry)
    return books.post(entry)


def held_by(country: str, hold_id: int) -> Account:
    """Return the account that holds the money of a hold, which is called as the entry that made it."""
    return Account(country, Kind.HELD, str(hold_id))


def resolves(hold_id: int) -> str:
    """Return the name (`once`) of the entry that ends a hold, whether it pays or gives back."""
    return f"resolve:{hold_id}"


def reverses(entry_id: int) -> str:
    """Return the name (`once`) of the entry that undoes another."""
    return f"reverse:{entry_id}"


def hold(
    books: Books,
    *,
    entry_id: int,
    at: datetime,
    source: Account,
    amount: int,
    caps: Sequence[Cap] = (),
    once: str | None = None,
    reason: Reason = Reason.HOLD,
) -> Posted:
    """Set money of a wallet aside under the entry's id, in minor units; raises NotEnough or OverCap.

    `reason` is what it is set aside for, where more is known of it.
    """
    held = held_by(source.country, entry_id)
    books.open(held)
    moves = (Move(source, held, amount, Reason.HOLD),)
    return post(books, Entry(id=entry_id, reason=reason, at=at, moves=moves, caps=tuple(caps), once=once))


def release(books: Books, *, entry_id: int, at: datetime, held: Recorded, caps: Sequence[Cap] = ()) -> Posted:
    """Give back all that a hold set aside; raises AlreadyDone, saying how the hold was resolved."""
    assert held.reason == Reason.HOLD, f"entry {held.id} holds nothing"
    moves = tuple(Move(move.target, move.source, move.amount, Reason.RELEASE) for move in held.moves)
    once = resolves(held.id)
    return post(books, Entry(id=entry_id, reason=Reason.RELEASE, at=at, moves=moves, caps=tuple(caps), once=once))


def reverse(books: Books, original: Recorded, *, entry_id: int, at: datetime, caps: Sequence[Cap] = ()) -> Posted:
    """Undo an entry whole: every move goes back, charges and commission too; of a levy, what was not given back before.

    What was held first is what left the hold, and goes back to where the hold took it from. Raises NotReversible (also
    what is still held, or was given back), NotEnough (the money was spent: never below zero) or AlreadyDone.
    """
    if original.reason not in REVERSIBLE:
        raise NotReversible(reason=original.reason)
    done = books.entry_once(reverses(original.id))
    if done is not None and done.id == entry_id:  # asked again: what it moved is told again
        return post(books, Entry(id=done.id, reason=done.reason, at=at, moves=done.moves, once=done.once))
    moved, source = original.moves, original.moves[0].source
    if moved[0].target.kind is Kind.HELD:
        settled = books.entry_once(resolves(original.id))
        if settled is None or settled.reason != Reason.SETTLE:
            raise NotReversible(reason=original.reason)
        moved = tuple(move._replace(source=source) for move in settled.moves)
    levy = sum(move.amount for move in moved if move.reason == Reason.LEVY)
    left = levy - (books.used(levy_back(original.id)) if levy else 0)
    amounts = [left if move.reason == Reason.LEVY else move.amount for move in moved]
    moves = tuple(
        Move(move.target, move.source, amount, Reason.REVERSE)
        for move, amount in zip(moved, amounts, strict=True)
        if amount
    )
    if left:
        caps = (*caps, Cap(levy_back(original.id), left, levy))
    return post(
        books,
        Entry(id=entry_id, reason=Reason.REVERSE, at=at, moves=moves, caps=tuple(caps), once=reverses(original.id)),
    )


def levy_back(entry_id: int) -> str:
    """Name the counter of what was given back of an entry's levy, by a refund or a reversal: never more than it was."""
    return f"levy:{entry_id}"
