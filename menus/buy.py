"""Buying content: its code, what it is and costs, PIN, done; what was bought is read again for nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import ITEM, PIN
from menus.steps import check_pin
from service.ledger.entry import NotEnough, OverCap
from service.ussd.screens import Ask, Choice, Do, End, Menu, Values
from service.wallet.buy import Quote, buy, owned, page_of, quote_buy
from service.wallet.complaint import NotBought, complain
from service.wallet.item import LINES, OwnItem, SoldOut, UnknownItem, item_of
from service.wallet.limits import OverSingle
from service.wallet.meter import open_of
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.send import QuoteChanged

SHOWN = (
    *("quote", "title", "till", "till_name", "price", "amount", "tab", "days", "closes", "access", "has_text"),
    *("is_mine", "runs", "is_sub", "is_metered"),
)
PAGE = ("page", "more", *(f"line{number}" for number in range(1, LINES + 1)))


def quote(call: Call, values: Values) -> Mapping[str, Any]:
    """Say what is sold under the code and what it costs, or that it is the caller's already."""
    nothing: dict[str, Any] = dict.fromkeys(SHOWN, "") | {"price": 0, "amount": 0, "tab": 0, "days": 0}
    if mine := owned(call.unit, call.caller, values["item"]):
        item = item_of(call.unit, mine.item)
        known = {"title": item.title, "closes": mine.until.isoformat(), "access": mine.access}
        return {**nothing, **known, "is_mine": True, "has_text": bool(item.text)}
    if running := open_of(call.unit, call.caller, values["item"]):
        item = item_of(call.unit, running.item)
        shown = {"title": item.title, "price": item.price, "has_text": bool(item.text)}
        return {**nothing, **shown, "amount": running.cap, "runs": True}
    quoted = quote_buy(call.unit, buyer=call.caller, code=values["item"])
    names = ("title", "till", "price", "amount", "tab", "days")
    shown = {name: getattr(quoted, name) for name in names} | {"till_name": quoted.name}
    kinds = {"is_sub": quoted.kind == "subscription", "is_metered": quoted.kind == "metered"}
    return {**nothing, **shown, "quote": quoted._asdict(), **kinds}


def pay(call: Call, values: Values) -> Mapping[str, Any]:
    """Pay for it, and hand it out."""
    made, receipt = buy(call.unit, buyer=call.caller, quote=Quote(**values["quote"]))
    shown = {"reference": receipt.reference, "balance": receipt.balance}
    return {**shown, "closes": made.until.isoformat(), "access": made.access}


def open_text(call: Call, values: Values) -> Mapping[str, Any]:
    """Show the first page of what was bought."""
    return _page(call, values["item"], 0)


def turn(call: Call, values: Values) -> Mapping[str, Any]:
    """Show the next page."""
    return _page(call, values["item"], values["page"] + 1)


def _page(call: Call, code: str, number: int) -> Mapping[str, Any]:
    if owned(call.unit, call.caller, code) is None:
        raise UnknownItem
    lines, more = page_of(item_of(call.unit, code), number)
    return lines_of_page(number, lines, more=more)


def lines_of_page(number: int, lines: Sequence[str], *, more: bool) -> Mapping[str, Any]:
    """Return a page of a text as its lines, some of which may be empty."""
    shown = {f"line{place}": line for place, line in enumerate([*lines, *[""] * LINES][:LINES], 1)}
    return {"page": number, "more": more, **shown}


def complain_of(call: Call, values: Values) -> Mapping[str, Any]:
    """Note that the caller complains of what they bought."""
    till = complain(call.unit, call.caller, values["item"])
    return {"till": till.number, "till_name": till.name, "help_line": call.pack.help_line}


TOO_MUCH = dict.fromkeys((SoldOut, UnknownItem, OwnItem, OverSingle, OverCap, NotEnough), "buy.code")

KINDS = {"is_mine": "buy.mine", "runs": "meter.mine", "is_sub": "sub.pin", "is_metered": "meter.cap"}
"""Where what is not simply bought goes on."""

SCREENS = (
    Ask("buy.code", "item", ITEM, then="buy.quote"),
    Do("buy.quote", quote, then="buy.pin", gives=SHOWN, instead=KINDS,
       on=TOO_MUCH, refuses=(PinLocked,)),
    Ask("buy.pin", "pin", PIN, then="buy.unlock", secret=True),
    Do("buy.unlock", check_pin, then="buy.pay", on={WrongPin: "buy.pin"}, refuses=(PinLocked,), unlocks=True),
    Do("buy.pay", pay, then="buy.done", gives=("reference", "balance", "closes", "access"), posts=True,
       on={QuoteChanged: "buy.quote", **TOO_MUCH}, told="bought", not_told="not_bought"),
    End("buy.done"),
    Menu("buy.mine", (Choice("1", "buy.read", when="has_text"), Choice("2", "buy.complain"))),
    Do("buy.read", open_text, then="buy.page", gives=PAGE, refuses=(UnknownItem,)),
    Menu("buy.page", (Choice("98", "buy.turn", when="more"), Choice("1", "buy.complain")), pages=True),
    Do("buy.turn", turn, then="buy.page", gives=PAGE, refuses=(UnknownItem,)),
    Do("buy.complain", complain_of, then="buy.complained", gives=("till", "till_name", "help_line"), writes=True,
       refuses=(UnknownItem, NotBought)),
    End("buy.complained"),
)  # fmt: skip
