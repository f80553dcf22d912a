"""Closing a wallet: the books stay as they are, and nothing says any more whose they were.

The person's own row is overwritten at once, and the number can open a new wallet that has nothing of the old one. Their
messages and talks follow a day later, when the last message has left and the last hop has been answered (V-09). What
others have on their receipts, a masked name and number, stays theirs.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from service.refusal import Refusal
from service.wallet.account import wallet_of
from service.wallet.agent import agent_of
from service.wallet.assistant import leave_tills
from service.wallet.case import ASKED_FOR
from service.wallet.groups import refuse_grouped
from service.wallet.identity import Erasure, PinReset
from service.wallet.inbox import end_requests
from service.wallet.merchant import Merchant
from service.wallet.metered import Meter
from service.wallet.names import forget_keys
from service.wallet.nickname import forget_nicknames
from service.wallet.notice import tell
from service.wallet.ordered import Order
from service.wallet.pin import refuse_locked
from service.wallet.reserve import give_up_all
from service.wallet.savings import forget_pots, refuse_saved
from service.wallet.seats import leave_seat, lock_number
from service.wallet.standing import stop_all_orders
from service.wallet.subscription import Subscription
from service.wallet.till import tills_of
from service.wallet.unit import Asked, Case, Challenge, Notice, Pending, Person, Unit, Withdrawal

FOLLOWS = timedelta(days=1)
"""When messages and talks follow: what is under way has arrived by then, or does not matter any more."""

NO_LIMIT = 2**31

AT_ONCE = 200
"""Messages made unreadable in one commit."""

WAITING: tuple[tuple[type[Any], str, tuple[str, ...]], ...] = (
    (Withdrawal, "person", ("waiting",)),
    (Pending, "payer", ("waiting",)),
    (Pending, "payee", ("waiting",)),
    (Order, "person", ("waiting",)),
    (Subscription, "person", ("active",)),
    (Meter, "person", ("open",)),
    (Case, "opener", ("asked", "open")),
    (Case, "other", ("asked", "open")),
)
"""What keeps a wallet open: which rows name the person in which field, and in which states they wait. A request is not
among them, nor cash that an agent keeps: nothing is held for it, so it ends with the wallet."""


class StillMoney(Refusal):
    """There is money in the wallet: it is sent or taken out first."""

    says = ("balance",)


class StillWaiting(Refusal):
    """A withdrawal, a payment that can be taken back, or a case is not over."""


class StillTill(Refusal):
    """A till of this person is open, or has money in it: it is settled and closed first."""


class StillAgent(Refusal):
    """The wallet belongs to a shop: the operator closes that first."""

    says = ("help_line",)


def refuse_close(unit: Unit, person: Person) -> None:
    """Raise PinLocked, or StillAgent, StillTill, StillMoney, StillSaved, StillGroup or StillWaiting."""
    refuse_locked(unit, person)
    if agent_of(unit, person.id):
        raise StillAgent(help_line=unit.house.packs[person.country].help_line)
    if tills_of(unit, person):
        raise StillTill
    if balance := unit.books.balance(wallet_of(person)):
        raise StillMoney(balance=balance)
    refuse_saved(unit, person)
    refuse_grouped(unit, person)
    for kind, field, states in WAITING:
        equal: dict[str, Any] = {field: person.id, "state": states}
        if kind is Case:
            equal["what"] = ASKED_FOR
        if unit.rows.find(kind, limit=1, **equal):
            raise StillWaiting


def close_wallet(unit: Unit, person_id: int) -> None:
    """Close the wallet of somebody who has been unlocked, and tell them; raises what refuse_close raises."""
    there = unit.rows.get(Person, person_id)
    assert there is not None, f"no person {person_id}"
    lock_number(unit, there.phone)
    person = unit.rows.lock(Person, person_id)
    assert person is not None, f"no person {person_id}"
    refuse_close(unit, person)
    # Nothing may refuse after this line.
    tell(unit, person, "closed", {"at": unit.now.isoformat()})
    erase_messages(unit, person)
    for challenge in unit.rows.find(Challenge, person=person.id):
        unit.rows.put(replace(challenge, quote={}, state="over"))
    if person.reset and (reset := unit.rows.lock(PinReset, person.reset)):
        unit.rows.put(replace(reset, state="stopped"))
    forget_keys(unit, person)
    forget_nicknames(unit, person)
    end_requests(unit, person)
    leave_tills(unit, person)
    stop_all_orders(unit, person)
    forget_pots(unit, person)
    for found in unit.rows.find(Merchant, person=person.id):
        if till := unit.rows.lock(Merchant, found.number):
            unit.rows.put(replace(till, name=""))
    give_up_all(unit, person)
    ordered = unit.rows.find(Order, person=person.id, limit=NO_LIMIT)
    unit.rows.ahead(*(Asked.lock(Order, row.id) for row in ordered))
    for row in ordered:
        if order := unit.rows.lock(Order, row.id):
            unit.rows.put(replace(order, account=""))
    unit.rows.put(
        replace(
            person,
            phone=f"closed {person.id}",
            name="",
            id_number="",
            pin="",
            old_pins=(),
            state="closed",
            reset=None,
        )
    )
    leave_seat(unit, person)


def erase_messages(unit: Unit, person: Person) -> None:
    """Have the messages and talks of a person's number made unreadable, a day from now."""
    unit.rows.add(Erasure(person=person.id, phone=person.phone, closed_at=unit.now, next_at=unit.now + FOLLOWS))


def erase_some(unit: Unit, erase_talks: Callable[[Unit, Erasure, str], int]) -> int:
    """Make messages and talks of one closed wallet unreadable, as many as go at once; say how many wallets were due.

    `erase_talks` does the same to the talks of that person, writing the text in place of the number, and says how many
    there were. What others on the number have stays theirs.
    """
    due = unit.rows.due(Erasure, before=unit.now, state="waiting", limit=1)
    for row in due:
        gone = f"closed {row.person}"
        found = [
            one
            for person in (row.person, None)
            for one in unit.rows.find(Notice, phone=row.phone, person=person, limit=AT_ONCE)
        ]
        mine = [one for one in found if one.at <= row.closed_at]
        for one in mine:
            state = one.state if one.state in ("sent", "delivered") else "failed"
            unit.rows.put(replace(one, phone=gone, values={}, link_id=None, state=state, detail=""))
        talks = erase_talks(unit, row, gone)
        if len(mine) < AT_ONCE and talks < AT_ONCE:
            unit.rows.put(replace(row, phone=gone, state="done"))
    return len(due)
