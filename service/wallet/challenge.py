"""Paying by SMS: the message asks, and a one-time code from the same phone pays.

A sender can be forged, so a message never pays by itself; no PIN ever travels by SMS. The code is derived, good once,
for one payment, for a few minutes, for three tries.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from service.clock import day
from service.countries import Pack, Rule
from service.ledger.chart import Kind
from service.ledger.entry import Account, Cap
from service.reference import one_time_code
from service.refusal import Refusal
from service.wallet.buy import Quote as BuyQuote
from service.wallet.buy import buy, deliver, quote_buy
from service.wallet.item import item_of
from service.wallet.known import near_miss
from service.wallet.order import Quote as OrderQuote
from service.wallet.order import place_order, tell_taken
from service.wallet.pay import Quote as PayQuote
from service.wallet.pay import pay_till, quote_pay
from service.wallet.pin import refuse_locked
from service.wallet.receipt import Receipt
from service.wallet.rules import hits, is_asked, note, note_delayed, refuse_or_ask, to_note
from service.wallet.send import Quote, quote_send, send_money
from service.wallet.unit import Challenge, Person, Unit


class WrongChallenge(Refusal):
    """The code fits no payment that waits: it is wrong, used, or too old."""


class PaidAlready(Refusal):
    """The code has paid, once; it does not pay again."""

    says = ("reference",)


class Asked(NamedTuple):
    """A payment asked for by SMS; without a code where it needs the PIN, or a question that only screens can ask."""

    quote: Quote
    by_code: bool
    near: Person | None = None
    """Whom the payer pays, if this new number is nearly that one's (F-07)."""


def sms_day(person: Person, unit: Unit, pack: Pack) -> str:
    """Name the counter of what a person has paid by code on that day."""
    return f"sms:{person.id}:{day(unit.now, pack.zone)}"


def ask_by_sms(unit: Unit, *, payer: Person, phone: str, amount: int, pack: Pack) -> Asked:
    """Quote a payment; a small one that nothing has to be asked about becomes an open challenge.

    Raises what quote_send raises, and the reason of a rule that says not yet, of which staff get a case: commit it.
    """
    payer = _alone(unit, payer)
    quote = quote_send(unit, payer=payer, phone=phone, amount=amount)
    near = near_miss(unit, payer, phone) if quote.new else None
    by_code = _open(unit, payer, quote, _hits(unit, payer, quote), pack, on_screen=near is not None)
    return Asked(quote, by_code, near)


def _open(
    unit: Unit,
    payer: Person,
    quote: Quote | PayQuote | OrderQuote,
    found: Sequence[Rule],
    pack: Pack,
    *,
    on_screen: bool = False,
) -> bool:
    """Let a small payment wait for its code, in place of any other; False where it needs the PIN, or has to be asked
    about `on_screen`.
    """
    other = quote.payee if isinstance(quote, Quote) else quote.owner if isinstance(quote, PayQuote) else payer.id
    note_delayed(unit, found, person=payer, entry=quote.entry, other=other, amount=quote.amount)
    refuse_or_ask(unit, found, agreed=True)
    return not on_screen and not is_asked(found) and _wait(unit, payer, quote, pack)


def _wait(unit: Unit, payer: Person, quote: Quote | PayQuote | OrderQuote | BuyQuote, pack: Pack) -> bool:
    """Let a payment wait for its code, in place of any other; False where it is too large for that."""
    spent = unit.books.used(sms_day(payer, unit, pack))
    if quote.amount > pack.sms_payment_limit or spent + quote.amount > pack.sms_day_limit:
        return False
    for older in unit.rows.find(Challenge, person=payer.id, state="open"):
        unit.rows.put(replace(older, state="over"))
    expires_at = unit.now + timedelta(seconds=pack.challenge_seconds)
    challenge = Challenge(id=quote.entry, person=payer.id, quote=quote._asdict(), expires_at=expires_at)
    unit.rows.add(challenge)
    return True


def ask_pay_by_sms(unit: Unit, *, payer: Person, till: str, amount: int, pack: Pack) -> tuple[PayQuote, bool]:
    """Quote a payment at a till; a small one that no rule asks about becomes an open challenge (True).

    Raises what quote_pay raises, and the reason of a rule that says not yet.
    """
    payer = _alone(unit, payer)
    quote = quote_pay(unit, payer=payer, till=till, amount=amount)
    return quote, _open(unit, payer, quote, _hits_pay(unit, payer, quote), pack)


def ask_order_by_sms(unit: Unit, *, payer: Person, quote: OrderQuote, pack: Pack) -> bool:
    """Let a bill or airtime that was quoted wait for its code; False where it needs the PIN.

    Raises the reason of a rule that says not yet, of which staff get a case: commit it.
    """
    payer = _alone(unit, payer)
    return _open(unit, payer, quote, _hits_order(unit, payer, quote), pack)


def ask_buy_by_sms(unit: Unit, *, buyer: Person, code: str, pack: Pack) -> tuple[BuyQuote, bool]:
    """Quote what is sold under a code; it becomes an open challenge (True) up to what SMS may pay.

    Raises what quote_buy raises.
    """
    buyer = _alone(unit, buyer)
    quote = quote_buy(unit, buyer=buyer, code=code)
    return quote, quote.kind in ("text", "code") and _wait(unit, buyer, quote, pack)


def _hits(unit: Unit, payer: Person, quote: Quote) -> list[Rule]:
    payee = Account(payer.country, Kind.WALLET, str(quote.payee))
    return hits(unit, "send", person=payer, amount=quote.amount, other=payee)


def _hits_pay(unit: Unit, payer: Person, quote: PayQuote) -> list[Rule]:
    takings = Account(payer.country, Kind.TAKINGS, quote.till)
    return hits(unit, "pay", person=payer, amount=quote.amount, other=takings)


def _hits_order(unit: Unit, payer: Person, quote: OrderQuote) -> list[Rule]:
    return hits(unit, quote.kind, person=payer, amount=quote.amount)


def _alone(unit: Unit, payer: Person) -> Person:
    """Lock the payer's row, so that one message at a time opens or answers their challenges."""
    locked = unit.rows.lock(Person, payer.id)
    assert locked is not None, f"no person {payer.id}"
    return locked


def _paid_before(unit: Unit, payer: Person, code: str) -> Refusal | None:
    """Say so if the code is that of the last payment made this way: it did not fail."""
    used = unit.rows.find(Challenge, person=payer.id, state="used", newest=True, limit=1)
    if used and _is_code(unit, used[0].id, code):
        return PaidAlready(reference=unit.house.references.write(used[0].id))
    return None


def challenge_code(code_key: bytes, entry: int) -> str:
    """Return the seven digits that pay a payment asked for by SMS."""
    return one_time_code(code_key, "sms", entry, 0)


def _is_code(unit: Unit, entry: int, code: str) -> bool:
    return any(challenge_code(key, entry) == code for key in unit.house.code_keys)


def answer_by_sms(unit: Unit, *, payer: Person, code: str, pack: Pack) -> Receipt | Refusal:
    """Pay the waiting payment if this is its code; a wrong one is counted and must be committed."""
    payer = _alone(unit, payer)
    refuse_locked(unit, payer)
    found = unit.rows.find(Challenge, person=payer.id, state="open", limit=1)
    challenge = unit.rows.lock(Challenge, found[0].id) if found else None
    if challenge is None or challenge.expires_at <= unit.now:
        return _paid_before(unit, payer, code) or WrongChallenge()
    if not _is_code(unit, challenge.id, code):
        tries = challenge.tries + 1
        unit.rows.put(replace(challenge, tries=tries, state="over" if tries >= pack.code_tries else "open"))
        return WrongChallenge()
    kept: dict[str, Any] = dict(challenge.quote)
    caps = (Cap(sms_day(payer, unit, pack), kept["amount"], pack.sms_day_limit),)
    if "item" in kept:
        bought, receipt = buy(unit, buyer=payer, quote=BuyQuote(**kept), caps=caps)
        unit.rows.put(replace(challenge, state="used"))
        if not bought.paid:  # no receipt brings what was too small for one
            deliver(unit, payer, item_of(unit, bought.item), bought)
        return receipt
    if "provider" in kept:
        order = OrderQuote(**kept)
        noted, other = to_note(_hits_order(unit, payer, order)), payer.id
        receipt = place_order(unit, payer=payer, quote=order, caps=caps)
        tell_taken(unit, payer, order.entry)
    elif "till" in kept:
        at_till = PayQuote(**kept)
        noted, other = to_note(_hits_pay(unit, payer, at_till)), at_till.owner
        receipt = pay_till(unit, payer=payer, quote=at_till, caps=caps)
    else:
        quote = Quote(**kept)
        noted, other = to_note(_hits(unit, payer, quote)), quote.payee
        receipt = send_money(unit, payer=payer, quote=quote, caps=caps)
    unit.rows.put(replace(challenge, state="used"))
    note(unit, noted, person=payer, entry=receipt.entry, other=other)
    return receipt
