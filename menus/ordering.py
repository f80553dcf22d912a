"""What paying a bill and buying airtime have in common: from the question about the same once more to the last screen.

The phone hears that the money is set aside; an SMS says what became of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import PIN
from menus.send import JustPaid, ask_unless_seen
from menus.steps import SLIPS, ask_if_number, check_pin, look_twice, looked_at
from service.countries import NotOffered, Rule
from service.ledger.books import Line
from service.ledger.entry import NotEnough, OverCap
from service.refusal import Refusal
from service.ussd.screens import Ask, Choice, Do, End, Menu, Screen, Values
from service.wallet.account import wallet_of
from service.wallet.history import PAGE
from service.wallet.limits import OverSingle
from service.wallet.order import Quote, just_ordered, place_order
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.rules import DELAYING, hits, note, refuse_or_ask
from service.wallet.send import QuoteChanged

QUOTED = ("quote", "fee", "excise", "levy", "total")
TOO_MUCH: tuple[type[Refusal], ...] = (NotOffered, OverSingle, OverCap, NotEnough)


def quoted(quote: Quote) -> Mapping[str, Any]:
    """Return what is kept and shown of a price."""
    priced = {"fee": quote.charge.published, "excise": quote.excise, "levy": quote.levy, "total": quote.total}
    return {"quote": quote._asdict(), **priced}


def look(call: Call, values: Values) -> Mapping[str, Any]:
    """Stop somebody who orders again what was just ordered, and ask about what a rule of the country hits."""
    lines = call.unit.books.lines(wallet_of(call.caller), limit=PAGE)
    ask_unless_seen(call, just_ordered(call.unit, call.caller, Quote(**values["quote"]), lines))
    found = _hits(call, values, lines)
    refuse_or_ask(call.unit, found)
    ask_if_number(call, values, values["quote"]["amount"])
    return looked_at(values["quote"], found)


def _hits(call: Call, values: Values, lines: Sequence[Line] | None = None) -> list[Rule]:
    quote = Quote(**values["quote"])
    return hits(call.unit, quote.kind, person=call.caller, amount=quote.amount, lines=lines)


def place(call: Call, values: Values) -> Mapping[str, Any]:
    """Set the money aside that was quoted, and have the order carried out."""
    receipt = place_order(call.unit, payer=call.caller, quote=Quote(**values["quote"]))
    note(call.unit, values.get("rules", ()), person=call.caller, entry=receipt.entry, other=call.caller.id)
    return {"reference": receipt.reference, "balance": receipt.balance, "order": receipt.entry}


def from_look_on(flow: str, *, amount: str, told: str, not_told: str) -> tuple[Screen, ...]:
    """Return the last screens of a flow; `amount` is the screen that asks for another one."""
    too_much = dict.fromkeys(TOO_MUCH, amount)
    return (
        Do(f"{flow}.look", look, then=f"{flow}.pin", gives=("rules", "quote"),
           on={JustPaid: f"{flow}.again", **dict.fromkeys(SLIPS, f"{flow}.sure")}, refuses=DELAYING),
        Menu(f"{flow}.again", (Choice("1", f"{flow}.agreed"),)),
        Menu(f"{flow}.sure", (Choice("1", f"{flow}.agreed"),)),
        Do(f"{flow}.agreed", look_twice(_hits, agreed=True), then=f"{flow}.pin", gives=("rules", "quote"),
           refuses=DELAYING),
        Ask(f"{flow}.pin", "pin", PIN, then=f"{flow}.unlock", secret=True),
        Do(f"{flow}.unlock", check_pin, then=f"{flow}.place", on={WrongPin: f"{flow}.pin"}, refuses=(PinLocked,),
           unlocks=True),
        Do(f"{flow}.place", place, then=f"{flow}.done", gives=("reference", "balance", "order"), posts=True,
           on={QuoteChanged: f"{flow}.quote", **too_much}, told=told, not_told=not_told),
        End(f"{flow}.done"),
    )  # fmt: skip
