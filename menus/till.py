"""My tills: opening one, and what can be done with each."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT, PHONE, REFERENCE, TILL_NAME
from menus.steps import by_pin
from service.countries import NotOffered
from service.ledger.entry import TooFull
from service.phone import mask_phone
from service.refusal import Refusal
from service.ussd.screens import Ask, Choice, Do, End, Menu, Screen, Values
from service.wallet.assistant import (
    TooManyAssistants,
    assistants_of,
    drop_assistant,
    name_assistant,
    served_till,
    tills_served,
)
from service.wallet.check import TooManyChecks, check_receipt
from service.wallet.inbox import AskedEnough, DeclinedTwice
from service.wallet.people import UnknownPerson
from service.wallet.pin import PinLocked
from service.wallet.request import ask_sale
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.statement import UnknownReference
from service.wallet.takings import (
    NoTakings,
    NotASale,
    Refund,
    RefundedAlready,
    Settlement,
    TillShort,
    quote_refund,
    quote_settlement,
    refund,
    sales_today,
    settle,
)
from service.wallet.till import (
    StillTakings,
    TooManyTills,
    UnknownTill,
    close_till,
    new_till,
    refuse_more_tills,
    tills_of,
)


def mine(call: Call, _: Values) -> Sequence[Values]:
    """List the caller's tills, and those where they help."""
    tills = (*tills_of(call.unit, call.caller), *tills_served(call.unit, call.caller))
    return [{"value": {"till": till.number}, "till": till.number, "till_name": till.name} for till in tills]


def pick(call: Call, values: Values) -> Mapping[str, Any]:
    """Tell a name that was typed, of a till to be opened, from a till that was picked."""
    named = values["till_named"]
    if isinstance(named, str):
        refuse_more_tills(call.unit, call.caller)
        return {"till": "", "till_name": named, "is_there": False, "owns": False}
    till = served_till(call.unit, call.caller, named["till"])
    owns = till.person == call.caller.id
    return {"till": till.number, "till_name": till.name, "is_there": True, "owns": owns}


def open_new(call: Call, values: Values) -> Mapping[str, Any]:
    """Open the till."""
    return {"till": new_till(call.unit, person_id=call.caller.id, name=values["till_name"]).number}


def today(call: Call, values: Values) -> Mapping[str, Any]:
    """Say what was sold today, and what is in the till."""
    sales = sales_today(call.unit, served_till(call.unit, call.caller, values["till"]), call.pack)
    return {"entries": sales.entries, "paid": sales.amount, "cost": sales.cost, "takings": sales.takings}


def quote_all(call: Call, values: Values) -> Mapping[str, Any]:
    """Say how much can be moved to the wallet."""
    quoted = quote_settlement(call.unit, owner=call.caller, till=values["till"])
    return {"quote": quoted._asdict(), "amount": quoted.amount}


def move_all(call: Call, values: Values) -> Mapping[str, Any]:
    """Move it."""
    receipt = settle(call.unit, owner=call.caller, settlement=Settlement(**values["quote"]))
    return {"reference": receipt.reference, "balance": receipt.balance}


def find_sale(call: Call, values: Values) -> Mapping[str, Any] | Refusal:
    """Find the payment of which some is to be given back; wrong references are counted as those of checks are."""
    found = check_receipt(call.unit, call.phone, values["receipt"])
    if isinstance(found, Refusal):
        return found
    quoted = quote_refund(call.unit, owner=call.caller, till=values["till"], text=values["receipt"])
    return {"quote": quoted._asdict(), "name": quoted.name, "amount": quoted.amount, "left": quoted.amount}


def quote_back(call: Call, values: Values) -> Mapping[str, Any]:
    """See whether so much can be given back."""
    of = {"till": values["till"], "text": values["receipt"], "amount": values["amount"]}
    return {"quote": quote_refund(call.unit, owner=call.caller, **of)._asdict()}


def pay_back(call: Call, values: Values) -> Mapping[str, Any]:
    """Give it back."""
    return {"reference": refund(call.unit, owner=call.caller, refund=Refund(**values["quote"])).reference}


def ask_customer(call: Call, values: Values) -> None:
    """Ask whoever is behind a number to pay here."""
    ask_sale(call.unit, merchant=call.caller, till=values["till"], phone=values["phone"], amount=values["amount"])


def helpers(call: Call, values: Values) -> Sequence[Values]:
    """List who helps at the till, by number."""
    return [
        {"value": {"helper": one.id, "number": mask_phone(one.phone)}, "number": mask_phone(one.phone)}
        for one in assistants_of(call.unit, values["till"])
    ]


def pick_helper(_: Call, values: Values) -> Mapping[str, Any]:
    """Tell a number that was typed, of somebody to help, from somebody who was picked to help no more."""
    picked = values["helping"]
    if isinstance(picked, str):
        return {"phone": picked, "helper": 0, "number": mask_phone(picked), "removes": False}
    return {"phone": "", **picked, "removes": True}


def add_helper(call: Call, values: Values) -> None:
    """Let them help."""
    name_assistant(call.unit, owner=call.caller, till=values["till"], phone=values["phone"])


def drop_helper(call: Call, values: Values) -> None:
    """Let them help no more."""
    drop_assistant(call.unit, owner=call.caller, till=values["till"], person_id=values["helper"])


def close(call: Call, values: Values) -> None:
    """Close the till."""
    close_till(call.unit, call.caller, values["till"])


SCREENS: tuple[Screen, ...] = (
    Ask("tills", "till_named", TILL_NAME, then="tills.pick", suggests=mine, lines=("till", "till_name")),
    Do("tills.pick", pick, then="till.new.pin", gives=("till", "till_name", "is_there", "owns"),
       instead={"is_there": "till"}, on={TooManyTills: "tills", UnknownTill: "tills"}, refuses=(PinLocked,)),
    *by_pin("till.new", open_new, "till.opened", gives=("till",), refuses=(PinLocked, TooManyTills)),
    Menu("till", (
        Choice("1", "till.today"),
        Choice("2", "till.settle", when="owns"),
        Choice("3", "till.refund", when="owns"),
        Choice("4", "till.ask"),
        Choice("5", "till.helpers", when="owns"),
        Choice("6", "till.cash", when="owns"),
        Choice("9", "till.close.pin", when="owns"),
    )),
    Do("till.today", today, then="till.sales", gives=("entries", "paid", "cost", "takings"), refuses=(UnknownTill,)),
    End("till.sales"),
    Do("till.settle", quote_all, then="till.settle.pin", gives=("quote", "amount"),
       refuses=(PinLocked, UnknownTill, NoTakings)),
    *by_pin("till.settle", move_all, "till.settled", gives=("reference", "balance"), refuses=(UnknownTill, TooFull),
            posts=True, on={QuoteChanged: "till.settle"}, told="settled", not_told="not_settled"),
    Ask("till.refund", "receipt", REFERENCE, then="till.refund.find"),
    Do("till.refund.find", find_sale, then="till.refund.pin", gives=("quote", "name", "amount", "left"),
       on=dict.fromkeys((UnknownReference, NotASale, RefundedAlready, TillShort, UnknownPerson), "till.refund"),
       refuses=(PinLocked, UnknownTill, TooManyChecks)),
    Ask("till.refund.amount", "amount", AMOUNT, then="till.refund.quote"),
    Do("till.refund.quote", quote_back, then="till.refund.pin", gives=("quote",),
       on=dict.fromkeys((RefundedAlready, TillShort), "till.refund.amount"),
       refuses=(PinLocked, UnknownTill, UnknownReference, NotASale, UnknownPerson)),
    *by_pin("till.refund", pay_back, "till.refunded", gives=("reference",), refuses=(UnknownTill, TooFull),
            choices=(Choice("1", "till.refund.amount"),), posts=True, on={QuoteChanged: "till.refund.quote"},
            told="refunded", not_told="not_refunded"),
    Ask("till.ask", "phone", PHONE, then="till.ask.amount"),
    Ask("till.ask.amount", "amount", AMOUNT, then="till.ask.do"),
    Do("till.ask.do", ask_customer, then="till.asked", on={SelfPayment: "till.ask", NotOffered: "till.ask.amount"},
       refuses=(UnknownTill, AskedEnough, DeclinedTwice), writes=True),
    End("till.asked"),
    Ask("till.helpers", "helping", PHONE, then="till.helpers.pick", suggests=helpers, lines=("number",)),
    Do("till.helpers.pick", pick_helper, then="till.helper.add.pin", gives=("phone", "helper", "number", "removes"),
       instead={"removes": "till.helper.less.pin"}),
    *by_pin("till.helper.add", add_helper, "till.helper.added",
            refuses=(UnknownTill, SelfPayment, TooManyAssistants, AskedEnough, DeclinedTwice)),
    *by_pin("till.helper.less", drop_helper, "till.helper.removed", refuses=(UnknownTill,)),
    *by_pin("till.close", close, "till.closed", refuses=(UnknownTill, StillTakings)),
)  # fmt: skip
