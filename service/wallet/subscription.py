"""Subscriptions: content that is paid for again and again until somebody says stop.

Two yeses begin one: the PIN, and later an answer or the PIN again; nothing is taken before the second. Each period is a
purchase (`Bought`) whose id was minted when the one before was paid, so that a crash or a second worker charges once.
The row is locked before anything else, so of a STOP and a renewal one comes first, and the person reads which.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from service.clock import day
from service.ledger.chart import Reason
from service.ledger.entry import Cap, Entry, Move, NotEnough, OverCap
from service.ledger.post import post
from service.refusal import Refusal
from service.wallet.account import takings_of, wallet_of
from service.wallet.buy import Quote, lasts, receipt_of, take
from service.wallet.halt import WAITS, SendsHalted, refuse_halted
from service.wallet.idle import is_asleep
from service.wallet.item import Bought, Item, UnknownItem, item_of, on_sale
from service.wallet.limits import OverSingle, given_back
from service.wallet.merchant import Merchant
from service.wallet.name import masked
from service.wallet.notice import tell
from service.wallet.pin import PinLocked, refuse_locked
from service.wallet.receipt import Receipt
from service.wallet.send import QuoteChanged
from service.wallet.statement import undone
from service.wallet.tab import add_up, put_on_tab
from service.wallet.unit import Case, Person, Unit

MOST = 50
"""So many subscriptions of one person are looked at."""

CASE_SECONDS = 86_400


class NoSubscription(Refusal):
    """There is no such subscription, or none that waits for a yes."""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """What somebody has subscribed to, at the price and period that they agreed to.

    `renewal` is the id of the next purchase, `until` when what is paid, or the time to say the second yes, is over.
    """

    id: int
    person: int
    item: str
    price: int
    days: int
    renewal: int
    paid: int | None = None
    """The purchase that paid for the present period."""
    until: datetime
    next_at: datetime
    """When the worker looks next: to remind, or to take the next payment."""
    reminded: bool = False
    misses: int = 0
    state: str = "asked"  # asked, active, ended


class Ended(NamedTuple):
    """What the end of a subscription gave back, in minor units, and what the seller could not give back."""

    title: str
    refund: int
    owed: int


def ask_subscription(unit: Unit, *, person: Person, quote: Quote) -> Subscription:
    """Note the first yes, under the PIN, and ask for the second; nothing is taken. Raises QuoteChanged.

    A newer one takes the place of one that waits.
    """
    unit.rows.lock(Person, person.id)
    item, till, _ = _sold(unit, quote.item, person)
    if (item.price, item.days, item.title) != (quote.price, quote.days, quote.title):
        raise QuoteChanged
    # Nothing may refuse after this line.
    for older in unit.rows.find(Subscription, person=person.id, state="asked", limit=MOST):
        if older.item == item.code:
            unit.rows.put(replace(older, state="ended"))
    until = unit.now + lasts(unit.house.packs[person.country], 1)
    asked = {"person": person.id, "item": item.code, "price": item.price, "days": item.days}
    row = Subscription(id=quote.entry, renewal=quote.entry, until=until, next_at=until, **asked)  # type: ignore[arg-type]
    unit.rows.append(row)
    tell(unit, person, "sub_asked", _said(item, till), expires_at=until)
    return row


def subscriptions_of(unit: Unit, person: Person) -> Sequence[Subscription]:
    """Return what somebody has subscribed to, and what waits for their second yes."""
    rows = unit.rows.find(Subscription, person=person.id, state=("asked", "active"), limit=MOST)
    return [row for row in rows if row.state == "active" or row.until > unit.now]


def subscribed(unit: Unit, person: Person, code: str, *, state: str) -> Subscription:
    """Return somebody's subscription to an item, active or asked for; raises NoSubscription."""
    found = [row for row in subscriptions_of(unit, person) if (row.item, row.state) == (code, state)]
    if not found:
        raise NoSubscription
    return found[0]


def quote_begin(unit: Unit, *, person: Person, code: str) -> Quote:
    """Return what the second yes would pay at once; raises NoSubscription, PinLocked, QuoteChanged or NotEnough."""
    refuse_locked(unit, person)
    row = subscribed(unit, person, code, state="asked")
    item, till, _ = _sold(unit, code, person)
    if (item.price, item.days) != (row.price, row.days):
        raise QuoteChanged
    paid, tab = add_up(unit, person, till.number, row.price)
    balance = unit.books.balance(wallet_of(person))
    if paid > balance:
        raise NotEnough(balance=balance, total=paid)
    return Quote(row.id, code, item.kind, item.title, till.number, till.name, row.price, row.days, paid, tab)


def begin(unit: Unit, *, person: Person, quote: Quote) -> tuple[Bought, Receipt]:
    """Begin what was asked for: pay for its first period. The person has said the second yes.

    Raises NoSubscription, QuoteChanged, or a refusal of the ledger.
    """
    row = unit.rows.lock(Subscription, quote.entry)
    if row is None or row.person != person.id:
        raise NoSubscription
    if there := unit.rows.get(Bought, row.id):
        return there, receipt_of(unit, person, there, repeated=True)
    if row.state != "asked" or row.until <= unit.now:
        raise NoSubscription
    item, till, _ = _sold(unit, row.item, person)
    if (item.price, item.days) != (row.price, row.days):
        raise QuoteChanged
    running = unit.rows.find(Subscription, person=person.id, state="active", limit=MOST)
    if any(other.item == row.item for other in running):
        raise NoSubscription
    made = _charge(unit, row, person, item, till, "sub_begun", shown=(quote.amount, quote.tab))
    return made, receipt_of(unit, person, made)


def _charge(
    unit: Unit,
    row: Subscription,
    person: Person,
    item: Item,
    till: Merchant,
    key: str,
    *,
    shown: tuple[int, int] | None = None,
) -> Bought:
    """Pay for the period that begins now; the row is locked. Raises QuoteChanged or a refusal of the ledger."""
    pack = unit.house.packs[person.country]
    paid, tab = put_on_tab(unit, person, till.number, row.price)
    if shown is not None and (paid, tab) != shown:
        raise QuoteChanged
    today = f"subscriptions:{person.id}:{day(unit.now, pack.zone)}"
    take(unit, person, till, row.renewal, paid, (Cap(today, paid, pack.subscriptions_day_limit),))
    # Nothing may refuse after this line.
    until = unit.now + lasts(pack, row.days)
    made = Bought(id=row.renewal, person=person.id, item=item.code, paid=paid, access="", at=unit.now, until=until)
    unit.rows.append(made)
    unit.rows.put(
        replace(
            row,
            state="active",
            paid=made.id,
            renewal=unit.mint(),
            until=until,
            next_at=until - min(timedelta(seconds=pack.reminder_seconds), lasts(pack, row.days) / 2),
            reminded=False,
            misses=0,
        )
    )
    receipt = receipt_of(unit, person, made)
    said = {"reference": receipt.reference, "balance": receipt.balance, "closes": until.isoformat()}
    tell(unit, person, key, _said(item, till) | said, entry=made.id if paid else None)
    return made


def mind_subscriptions(unit: Unit, *, limit: int = 1) -> int:
    """Remind of renewals and take them, one subscription in a commit, and return how many were looked at."""
    rows = unit.rows.due(Subscription, before=unit.now, state="active", limit=limit)
    for row in rows:
        person = unit.rows.get(Person, row.person)
        assert person is not None, f"no person {row.person}"
        _mind(unit, row, person)
    return len(rows)


def _mind(unit: Unit, row: Subscription, person: Person) -> None:
    if is_asleep(unit, person) or not person.has_number:  # whoever has the number now has agreed to nothing
        return _stop_renewing(unit, row, person, "sub_over")
    try:
        item, till, _ = _sold(unit, row.item, person)
    except QuoteChanged:
        return _stop_renewing(unit, row, person, "sub_over")
    if (item.price, item.days) != (row.price, row.days):
        return _stop_renewing(unit, row, person, "sub_changed")
    pack = unit.house.packs[person.country]
    if not row.reminded:
        # However late the worker comes, the reminder stands there for its time before anything is taken.
        ahead = min(timedelta(seconds=pack.reminder_seconds), lasts(pack, row.days) / 2)
        at = max(row.until, unit.now + ahead)
        unit.rows.put(replace(row, reminded=True, next_at=at))
        return tell(unit, person, "sub_soon", _said(item, till) | {"closes": at.isoformat()})
    try:
        with unit.savepoint():
            refuse_halted(unit, person.country)
            refuse_locked(unit, person)
            _charge(unit, row, person, item, till, "sub_renewed")
    except SendsHalted:
        unit.rows.put(replace(row, next_at=unit.now + WAITS))
    except (NotEnough, OverCap, OverSingle, PinLocked):
        if row.misses + 1 >= pack.renewal_tries:
            return _stop_renewing(unit, row, person, "sub_over")
        unit.rows.put(replace(row, misses=row.misses + 1, next_at=unit.now + lasts(pack, 1)))
        if not row.misses:
            tell(unit, person, "sub_unpaid", _said(item, till) | {"tries": pack.renewal_tries})


def _stop_renewing(unit: Unit, row: Subscription, person: Person, key: str) -> None:
    """End a subscription whose next period was not paid, and say why; what is paid stays to its end."""
    item = item_of(unit, row.item)
    unit.rows.put(replace(row, state="ended"))
    tell(unit, person, key, {"title": item.title, "item": item.code, "price": item.price, "days": item.days})


def end(unit: Unit, *, person: Person, code: str) -> Ended:
    """End somebody's subscription at once, and give back the whole days that are left; they and the seller are told.

    What the seller's takings cannot give back is a case for staff. Raises NoSubscription.
    """
    found = [row for row in subscriptions_of(unit, person) if row.item == code]
    ended = [one for row in found if (one := _end(unit, row.id, person))]
    if not ended:
        raise NoSubscription
    return ended[-1]


def end_all(unit: Unit, person: Person) -> int:
    """End all that somebody has subscribed to, and return how many there were."""
    rows = subscriptions_of(unit, person)
    return sum(_end(unit, row.id, person) is not None for row in rows)


def _end(unit: Unit, row_id: int, person: Person) -> Ended | None:
    row = unit.rows.lock(Subscription, row_id)
    if row is None or row.state == "ended":
        return None
    item = item_of(unit, row.item)
    till = unit.rows.lock(Merchant, item.till)
    assert till is not None, f"no till {item.till}"
    due = unused(unit, row)
    refund = min(due, max(0, unit.books.balance(takings_of(till, person.country))))
    unit.rows.put(replace(row, state="ended"))
    said = {"title": item.title, "refund": refund, "wanted": due - refund, "reference": ""}
    if not due:
        tell(unit, person, "sub_stopped", said | {"balance": unit.books.balance(wallet_of(person))})
        return Ended(item.title, 0, 0)
    assert row.paid is not None, "what is unused was paid"
    bought = unit.rows.get(Bought, row.paid)
    assert bought is not None, f"nothing was bought as {row.paid}"
    unit.rows.put(replace(bought, until=unit.now))
    if due > refund:
        _note_owed(unit, person, till, bought, due - refund)
    if not refund:
        tell(unit, person, "sub_stopped", said | {"balance": unit.books.balance(wallet_of(person))})
        return Ended(item.title, 0, due)
    _give_back(unit, person, till, bought, refund, said)
    return Ended(item.title, refund, due - refund)


def unused(unit: Unit, row: Subscription) -> int:
    """Return what was paid for the whole days that are left, less what the seller has given back already.

    A day that has begun is used: else a paper could be read and given back at once, again and again.
    """
    if row.paid is None:
        return 0
    bought = unit.rows.get(Bought, row.paid)
    assert bought is not None, f"nothing was bought as {row.paid}"
    person = unit.rows.get(Person, row.person)
    assert person is not None, f"no person {row.person}"
    left = max(0, (row.until - unit.now) // lasts(unit.house.packs[person.country], 1))
    back = unit.books.used(undone(bought.id))
    return min(bought.paid * min(left, row.days - 1) // row.days, bought.paid - back)


def _give_back(
    unit: Unit, person: Person, till: Merchant, bought: Bought, refund: int, said: dict[str, object]
) -> None:
    """Post what goes back; a wallet is never too full for money that its owner had paid."""
    target = wallet_of(person)
    posted = post(
        unit.books,
        Entry(
            id=unit.mint(),
            reason=Reason.REFUND,
            at=unit.now,
            moves=(Move(takings_of(till, person.country), target, refund, Reason.REFUND),),
            caps=(
                Cap(undone(bought.id), refund, bought.paid),
                *given_back(unit, person, refund, counted_at=bought.at),
            ),
        ),
    )
    reference = unit.house.references.write(posted.id)
    owner = unit.rows.get(Person, till.person)
    assert owner is not None, f"no person {till.person}"
    balance = {"reference": reference, "balance": posted.balances[target]}
    tell(unit, person, "sub_stopped", said | balance, entry=posted.id)
    common = {"reference": reference, "original": unit.house.references.write(bought.id), "amount": refund}
    common |= {"till": till.number, "at": posted.at.isoformat(), "name": masked(person.name)}
    tell(unit, owner, "refund_paid", common, entry=posted.id)


def _note_owed(unit: Unit, person: Person, till: Merchant, bought: Bought, owed: int) -> None:
    unit.rows.append(
        Case(
            id=unit.mint(),
            what="unused",
            opener=person.id,
            about=bought.id,
            other=till.person,
            state="open",
            opened_at=unit.now,
            due_at=unit.now + timedelta(seconds=CASE_SECONDS),
            values={"till": till.number, "owed": owed},
        )
    )


def _sold(unit: Unit, code: str, person: Person) -> tuple[Item, Merchant, Person]:
    """Return what is sold under a code now; raises QuoteChanged where it is sold no more."""
    try:
        return on_sale(unit, code, person.country)
    except UnknownItem:
        raise QuoteChanged from None


def _said(item: Item, till: Merchant) -> dict[str, object]:
    said = {"title": item.title, "till_name": till.name, "item": item.code}
    return {**said, "price": item.price, "days": item.days}
