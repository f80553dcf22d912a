"""Paying at a till: its number, how much, the merchant's name and what it costs in all, PIN, done."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT, PIN, TILL
from menus.send import JustPaid, ask_unless_seen
from menus.steps import SLIPS, ask_if_number, check_pin, look_twice, looked_at, may_pay
from service.countries import NotOffered, Rule
from service.ledger.books import Line
from service.ledger.chart import Kind
from service.ledger.entry import Account, NotEnough, OverCap
from service.ussd.screens import Ask, Choice, Do, End, Menu, Values
from service.wallet.account import wallet_of
from service.wallet.history import PAGE
from service.wallet.limits import OverSingle
from service.wallet.pay import Quote, just_paid_till, pay_till, quote_pay
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.rules import DELAYING, hits, note, refuse_or_ask
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.till import UnknownTill


def open_pay(call: Call, _: Values) -> Mapping[str, Any]:
    """Turn a locked person away."""
    return may_pay(call, "pay")


def quote(call: Call, values: Values) -> Mapping[str, Any]:
    """Find the till and price the payment."""
    quoted = quote_pay(call.unit, payer=call.caller, till=values["till"], amount=values["amount"])
    shown = {"fee": quoted.charge.published, "excise": quoted.excise, "levy": quoted.levy, "total": quoted.total}
    return {"quote": quoted._asdict(), "till_name": quoted.name, **shown}


def look(call: Call, values: Values) -> Mapping[str, Any]:
    """Stop somebody who pays again what was just paid, and ask about what a rule of the country hits."""
    lines = call.unit.books.lines(wallet_of(call.caller), limit=PAGE)
    ask_unless_seen(call, just_paid_till(call.unit, call.caller, Quote(**values["quote"]), lines))
    found = sale_hits(call, values, lines)
    refuse_or_ask(call.unit, found)
    ask_if_number(call, values, values["amount"])
    return looked_at(values["quote"], found)


def sale_hits(call: Call, values: Values, lines: Sequence[Line] | None = None) -> list[Rule]:
    """Return the rules of the country that a payment at a till hits."""
    quoted = Quote(**values["quote"])
    other = Account(call.pack.country, Kind.TAKINGS, quoted.till)
    return hits(call.unit, "pay", person=call.caller, amount=quoted.amount, other=other, lines=lines)


def pay(call: Call, values: Values) -> Mapping[str, Any]:
    """Move the money that was quoted."""
    quoted = Quote(**values["quote"])
    receipt = pay_till(call.unit, payer=call.caller, quote=quoted)
    note(call.unit, values.get("rules", ()), person=call.caller, entry=receipt.entry, other=quoted.owner)
    return {"reference": receipt.reference, "balance": receipt.balance}


TOO_MUCH = dict.fromkeys((NotOffered, OverSingle, OverCap, NotEnough), "pay.amount")

SCREENS = (
    Do("pay.open", open_pay, then="pay.till", gives=("balance", "most_now"), refuses=(PinLocked,)),
    Ask("pay.till", "till", TILL, then="pay.amount", choices=(Choice("1", "bills.open"), Choice("2", "buy.code"))),
    Ask("pay.amount", "amount", AMOUNT, then="pay.quote"),
    Do("pay.quote", quote, then="pay.look", gives=("quote", "till_name", "fee", "excise", "levy", "total"),
       on={UnknownTill: "pay.till", SelfPayment: "pay.till", **TOO_MUCH}, refuses=(PinLocked,)),
    Do("pay.look", look, then="pay.pin", gives=("rules", "quote"),
       on={JustPaid: "pay.again", **dict.fromkeys(SLIPS, "pay.sure")}, refuses=DELAYING),
    Menu("pay.again", (Choice("1", "pay.agreed"),)),
    Menu("pay.sure", (Choice("1", "pay.agreed"),)),
    Do("pay.agreed", look_twice(sale_hits, agreed=True), then="pay.pin", gives=("rules", "quote"), refuses=DELAYING),
    Ask("pay.pin", "pin", PIN, then="pay.unlock", secret=True),
    Do("pay.unlock", check_pin, then="pay.pay", on={WrongPin: "pay.pin"}, refuses=(PinLocked,), unlocks=True),
    Do("pay.pay", pay, then="pay.done", gives=("reference", "balance"), posts=True,
       on={QuoteChanged: "pay.quote", **TOO_MUCH}, told="paid", not_told="not_paid"),
    End("pay.done"),
)  # fmt: skip
