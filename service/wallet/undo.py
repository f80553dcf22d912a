"""A first payment to somebody waits for some minutes: the payer can take it back, then it arrives by itself.

The money is held meanwhile. Time decides that it has arrived; the worker, or the payee who looks, only tidies. One
entry ends the hold, so that of any number of hands that pull at it one wins (L-08).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from service.countries import Charge, cash_cost
from service.ledger.chart import Reason
from service.ledger.entry import Entry, Move, Posted, TooFull
from service.ledger.post import held_by, post, resolves
from service.phone import mask_phone
from service.refusal import Refusal
from service.wallet.account import wallet_of
from service.wallet.agent import keepers_among
from service.wallet.known import pay_back
from service.wallet.limits import ceiling_of, given_back
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.receipt import Receipt, receipt_for
from service.wallet.send import charge_moves, remember
from service.wallet.unit import Asked, Pending, Person, Unit

LOOKED_AT = 60
"""Lines of the wallet: its last payments stand among them."""

DOUBT = timedelta(minutes=15)
"""So long after a payment could last be taken back, a message may still have been meant for it."""


class NothingToUndo(Refusal):
    """No payment of this person can be taken back just now."""


class TooLateToUndo(Refusal):
    """The payment has arrived: only the payee can give it back."""


def waiting_payments(payer: Person) -> Asked:
    """Return what `can_undo` will ask."""
    return Asked.find(Pending, payer=payer.id, state="waiting", newest=True)


def can_undo(unit: Unit, payer: Person) -> Sequence[Pending]:
    """Return the payments that a person can take back now, newest first; never what a shop was paid (F-06)."""
    rows = unit.rows.find(Pending, payer=payer.id, state="waiting", newest=True)
    rows = [row for row in rows if row.settles_at > unit.now]
    shops = keepers_among(unit, {row.payee for row in rows})
    return [row for row in rows if row.payee not in shops]


def was_last(unit: Unit, payer: Person, row: Pending) -> bool:
    """Say whether nothing has left the wallet since this payment, so that who takes something back means it."""
    lines = unit.books.lines(wallet_of(payer), limit=LOOKED_AT)
    return next((one.entry for one in lines if one.amount < 0), None) == row.id


def may_mean_another(unit: Unit, payer: Person, row: Pending) -> bool:
    """Say whether a word that names no payment may have been meant for another than this one, which waits.

    It may where another could be taken back until some minutes ago, or still can, or was made since: the word may come
    late, twice, or as the answer to an older message.
    """
    lines = unit.books.lines(wallet_of(payer), limit=LOOKED_AT)
    paid = list(dict.fromkeys(one.entry for one in lines if one.amount < 0 and one.entry_reason == Reason.SEND))
    held = unit.rows.find(Pending, id=paid, limit=LOOKED_AT)
    meant = {one.id for one in held if one.payer == payer.id and one.settles_at > unit.now - DOUBT}
    return {row.id, *paid[:1]} | meant != {row.id}


def take_back(unit: Unit, payer: Person, payment: int) -> tuple[Pending, Receipt]:
    """Give the payer back all of a payment that has not arrived, its charge and the day's limit too.

    Raises NothingToUndo if it is not theirs, TooLateToUndo if it has arrived; asked again, the answer is the same.
    """
    row = unit.rows.lock(Pending, payment)
    if row is None or row.payer != payer.id:
        raise NothingToUndo
    done = unit.books.entry_once(resolves(row.id))
    if done is not None and row.state == "taken_back":
        reference = unit.house.references.write(done.id)
        return row, Receipt(done.id, reference, done.at, unit.books.balance(wallet_of(payer)), True)
    if done is not None or row.settles_at <= unit.now:
        raise TooLateToUndo
    if keepers_among(unit, {row.payee}):
        raise NothingToUndo
    posted = _give_back(unit, row, "taken_back", ("taken_back", "not_coming"))
    return row, receipt_for(unit, posted, wallet_of(payer))


def send_back(unit: Unit, payment: int) -> Posted:
    """Give the payer back all of a payment that staff stop before it has arrived; raises TooLateToUndo."""
    row = unit.rows.lock(Pending, payment)
    if row is None or row.state != "waiting":
        raise TooLateToUndo
    return _give_back(unit, row, "returned", ("sent_back", "stopped_coming"))


def settle_now(unit: Unit, payment: int) -> None:
    """Let a payment arrive before its time, which two of the staff have looked at; raises TooLateToUndo."""
    row = unit.rows.lock(Pending, payment)
    if row is None or row.state != "waiting":
        raise TooLateToUndo
    _settle(unit, row)


def settle_due(unit: Unit, *, limit: int = 1) -> int:
    """Let payments arrive whose time has come, one in a commit; says how many."""
    rows = unit.rows.due(Pending, before=unit.now, state="waiting", limit=limit)
    for row in rows:
        _settle(unit, row)
    return len(rows)


def settle_due_of(unit: Unit, payee: Person) -> None:
    """Let what has become a person's money arrive at once, so that what they are shown is true."""
    waiting = unit.rows.find(Pending, payee=payee.id, state="waiting")
    # All rows are locked before the wallet is: the worker takes a row first, too.
    due = [unit.rows.lock(Pending, row.id) for row in waiting if row.settles_at <= unit.now]
    for row in due:
        if row is not None and row.state == "waiting":
            _settle(unit, row)


def _settle(unit: Unit, row: Pending) -> None:
    payee, payer = _person(unit, row.payee), _person(unit, row.payer)
    if payee.state == "closed":
        _give_back(unit, row, "returned", ("came_back", "not_taken"))
        return
    held = held_by(payee.country, row.id)
    charge = Charge(row.fee, row.excise, row.levy)
    moves = (Move(held, wallet_of(payee), row.amount, Reason.SEND), *charge_moves(held, charge))
    try:
        posted = post(
            unit.books,
            Entry(
                id=unit.mint(),
                reason=Reason.SETTLE,
                at=unit.now,
                moves=moves,
                ceilings=(ceiling_of(unit, payee),),
                once=resolves(row.id),
            ),
        )
    except TooFull:
        _give_back(unit, row, "returned", ("came_back", "not_taken"))
        return
    unit.rows.put(replace(row, state="settled"))
    remember(unit, row.payer, row.payee)
    pay_back(unit, payer, payee.phone, looked_at=_began(unit, row))
    # The payment has one name for both, that of the entry which began it.
    values = {
        "reference": unit.house.references.write(row.id),
        "amount": row.amount,
        "name": masked(payer.name),
        "number": mask_phone(payer.phone),
        "balance": posted.balances[wallet_of(payee)],
        "at": posted.at.isoformat(),
        "cash": cash_cost(unit.house.packs[payee.country], row.amount, unit.now),
    }
    tell(unit, payee, "received", values, entry=posted.id)


def _give_back(unit: Unit, row: Pending, state: str, keys: tuple[str, str]) -> Posted:
    """Move all that is held back to the payer, and tell both, each in the words of their key."""
    payer, payee = _person(unit, row.payer), _person(unit, row.payee)
    move = Move(held_by(payer.country, row.id), wallet_of(payer), row.held, Reason.RELEASE)
    posted = post(
        unit.books,
        Entry(
            id=unit.mint(),
            reason=Reason.UNDO,
            at=unit.now,
            moves=(move,),
            caps=given_back(unit, payer, row.amount, counted_at=_began(unit, row)),
            once=resolves(row.id),
        ),
    )
    unit.rows.put(replace(row, state=state))
    back = {
        "reference": unit.house.references.write(posted.id),
        "amount": row.held,
        "name": masked(payee.name),
        "balance": posted.balances[wallet_of(payer)],
        "at": posted.at.isoformat(),
    }
    gone = {"reference": unit.house.references.write(row.id), "amount": row.amount, "name": masked(payer.name)}
    tell(unit, payer, keys[0], back, entry=posted.id)
    tell(unit, payee, keys[1], gone | {"at": posted.at.isoformat()}, entry=posted.id)
    return posted


def _began(unit: Unit, row: Pending) -> datetime:
    """Return when the payment was made: that day's limit is given back with the money (T-06)."""
    recorded = unit.books.entry(row.id)
    assert recorded is not None, f"no hold {row.id}"
    return recorded.at


def _person(unit: Unit, person_id: int) -> Person:
    person = unit.rows.get(Person, person_id)
    assert person is not None, f"no person {person_id}"
    return person
