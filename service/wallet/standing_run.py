"""Paying standing orders when their time has come: by the worker, each in a commit of its own.

The rules are those of a payment by hand: limits, locks, SIM, patterns, closed wallets, the price of the day. What fails
is tried once more on the same day, at the pack's hour, and is said each time; then the next day of the order comes, and
nothing is made up for. Days on which no worker ran are one payment. See docs/decisions/standing-orders.md.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from service.clock import day
from service.ledger.chart import Kind
from service.ledger.entry import Account, NotEnough, OverCap, TooFull
from service.refusal import Refusal
from service.wallet.account import wallet_of
from service.wallet.calendar import following, moment
from service.wallet.halt import WAITS, SendsHalted, refuse_halted
from service.wallet.idle import refuse_asleep
from service.wallet.limits import OverSingle
from service.wallet.notice import tell
from service.wallet.pay import pay_till, quote_pay
from service.wallet.people import UnknownPerson
from service.wallet.rules import delays, hits, note, note_delayed, refuse_or_ask, review_seconds, to_note
from service.wallet.send import quote_send, send_money
from service.wallet.standing import Standing, charge_of, due_at, set_for, shown
from service.wallet.till import UnknownTill
from service.wallet.unit import Person, Unit


class ChargeGrew(Refusal):
    """The payment costs more than was agreed to: the payer is asked first."""

    says = ("fee",)


GONE = (UnknownPerson, UnknownTill)
"""With these nobody can ever be paid again: the order is over at once."""

SAID: tuple[tuple[type[Refusal], str], ...] = (
    (NotEnough, "order_short"),
    (OverSingle, "order_limit"),
    (OverCap, "order_limit"),
    (TooFull, "order_full"),
    (ChargeGrew, "order_charge"),
    (Refusal, "order_unable"),
)
"""The message that says why a payment was not made; the first kind that fits."""


def run_standing(unit: Unit, *, limit: int = 1) -> int:
    """Pay, or remind of, the standing orders whose time has come, one in a commit; says how many there were."""
    rows = unit.rows.due(Standing, before=unit.now, state="active", limit=limit)
    for row in rows:
        payer = unit.rows.get(Person, row.payer)
        assert payer is not None, f"no person {row.payer}"
        unit.rows.put(_remind(unit, payer, row) if _is_early(unit, payer, row) else _run(unit, payer, row))
    return len(rows)


def _is_early(unit: Unit, payer: Person, row: Standing) -> bool:
    return row.step == "remind" and unit.now < due_at(unit, payer, row)


def _remind(unit: Unit, payer: Person, row: Standing) -> Standing:
    """Tell the payer of tomorrow's payment; if it will cost more than was agreed, that it waits for them."""
    due = due_at(unit, payer, row)
    try:
        fee = charge_of(unit, payer, row, due).total
    except Refusal:  # the country does not offer it any more: said when it is tried
        fee = row.charge
    key = "order_charge" if fee > row.charge else "order_soon"
    _tell(unit, payer, row, key, {"fee": fee, "next_try": due.isoformat(), "day": due.isoformat()})
    return replace(row, step="pay", next_at=due)


def _run(unit: Unit, payer: Person, row: Standing) -> Standing:
    """Pay what is due, and return the order as it is then; while payments stand still it waits, and is paid once."""
    try:
        refuse_halted(unit, payer.country)
        refuse_asleep(unit, payer)
        _pay(unit, payer, row)
    except GONE:
        _tell(unit, payer, row, "order_gone", {})
        return replace(row, state="over")
    except SendsHalted:
        return replace(row, next_at=unit.now + WAITS)
    except Refusal as no:
        return _failed(unit, payer, row, no)
    return replace(_next(unit, payer, row), failed=0)


def _pay(unit: Unit, payer: Person, row: Standing) -> None:
    """Make the payment, or raise what a payment by hand would raise; the questions that a hand is asked were answered
    when the order was agreed to.
    """
    if (fee := charge_of(unit, payer, row, unit.now).total) > row.charge:
        raise ChargeGrew(fee=fee)
    if row.till:
        sale = quote_pay(unit, payer=payer, till=row.till, amount=row.amount)._replace(entry=row.entry)
        takings = Account(payer.country, Kind.TAKINGS, row.till)
        names, _ = _looked_at(unit, payer, row, "pay", takings, sale.owner)
        with unit.savepoint():
            pay_till(unit, payer=payer, quote=sale)
        return note(unit, names, person=payer, entry=row.entry, other=sale.owner)
    payee = unit.rows.get(Person, row.payee)
    if payee is None or not payee.has_number:
        raise UnknownPerson
    quote = quote_send(unit, payer=payer, phone=payee.address, amount=row.amount, asked=True)
    names, wait = _looked_at(unit, payer, row, "send", wallet_of(payee), payee.id)
    with unit.savepoint():
        send_money(unit, payer=payer, quote=quote._replace(entry=row.entry, undo=max(quote.undo, wait)))
    return note(unit, names, person=payer, entry=row.entry, other=payee.id)


def _looked_at(unit: Unit, payer: Person, row: Standing, of: str, target: Account, other: int) -> tuple[list[str], int]:
    """Return which rules staff hear of, and how long it waits for them; raises the reason of one that delays."""
    found = hits(unit, of, person=payer, amount=row.amount, other=target)
    if delays(found):
        note_delayed(unit, found, person=payer, entry=row.entry, other=other, amount=row.amount)
    refuse_or_ask(unit, found, agreed=True)
    return to_note(found), review_seconds(found)


def _failed(unit: Unit, payer: Person, row: Standing, no: Refusal) -> Standing:
    """Say why it was not paid and when it is tried next, or that the order is over."""
    key = next(key for kind, key in SAID if isinstance(no, kind))
    again = _again(unit, payer, row)
    if again:
        after = replace(row, step="again", next_at=again)
    else:
        after = replace(_next(unit, payer, row), failed=row.failed + 1)
    ends = after.failed >= unit.house.packs[payer.country].standing.fails
    next_try = again or due_at(unit, payer, after)
    said: dict[str, Any] = {name: no.said[name] for name in ("balance", "total", "fee") if name in no.said}
    _tell(unit, payer, row, key, {**said, "next_try": "" if ends else next_try.isoformat()})
    if not ends:
        return after
    _tell(unit, payer, row, "order_over", {"days": after.failed})
    return replace(after, state="over")


def _again(unit: Unit, payer: Person, row: Standing) -> datetime | None:
    """Return when it is tried once more: later on the same day, if it was not, and that hour is still to come."""
    pack = unit.house.packs[payer.country]
    again = moment(day(unit.now, pack.zone), pack.standing.again_hour, pack)
    return again if row.step != "again" and unit.now < again else None


def _next(unit: Unit, payer: Person, row: Standing) -> Standing:
    """Return the order with the first of its days after today: what was missed is not made up for."""
    today = day(unit.now, unit.house.packs[payer.country].zone)
    due = date.fromisoformat(row.due_on)
    while due <= today:
        due = following(due, row.every, month_day=row.month_day)
    return replace(set_for(unit, payer, row, due), entry=unit.mint())


def _tell(unit: Unit, payer: Person, row: Standing, key: str, said: Mapping[str, Any]) -> None:
    code = {"service_code": unit.house.packs[payer.country].people_code}
    tell(unit, payer, key, {**shown(unit, row), **said, **code})
