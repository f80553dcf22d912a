"""What an agent does on the agents' code: cash-in, paying out by code, and looking at the float."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT, CODE, PHONE, PIN, SECRET
from menus.steps import SLIPS, check_pin, look_twice, may_work
from menus.whose import which
from service.countries import NotOffered, Rule
from service.ledger.entry import NotEnough, TooFull
from service.refusal import Refusal
from service.ussd.screens import Ask, Choice, Do, End, Menu, Values
from service.wallet.agent import today
from service.wallet.cash_in import CashIn, NeedsCode, cash_in, needs_code, quote_cash_in
from service.wallet.deposit import WrongDepositCode, prove_deposit, send_deposit_code
from service.wallet.drawer import lacked_float
from service.wallet.inbox import AskedEnough
from service.wallet.people import UnknownPerson, WhichOne
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.rules import DELAYING, hits, note
from service.wallet.send import SelfPayment
from service.wallet.unit import Person
from service.wallet.voucher import (
    VoucherEarly,
    VoucherLocked,
    VoucherOver,
    WrongSecret,
    find_voucher,
    open_voucher,
    refuse_early,
)
from service.wallet.withdraw import Payout, WrongCode, find_payout, pay_out
from service.wallet.wrong_codes import TooManyCodes


def quote(call: Call, values: Values) -> Mapping[str, Any] | Refusal:
    """Find the customer of a cash-in; that there was too little float for it is noted."""
    phone, amount = values["phone"], values["amount"]
    try:
        quoted = quote_cash_in(call.unit, agent=call.shop, keeper=call.caller, phone=phone, amount=amount)
    except NotEnough as no:
        lacked_float(call.unit, agent=call.shop, amount=amount, pack=call.pack)
        return no
    return {"quote": quoted._asdict(), "name": quoted.name}


def _hits(call: Call, values: Values) -> Sequence[Rule]:
    quoted = CashIn(**values["quote"])
    customer = call.unit.rows.get(Person, quoted.person)
    assert customer is not None, f"no person {quoted.person}"
    return hits(call.unit, "cash_in", person=customer, amount=quoted.amount, shop=call.shop.number)


def guard(call: Call, values: Values) -> Mapping[str, Any]:
    """Say whether the owner of the number has to approve so large a deposit."""
    return {"by_code": needs_code(call.pack, values["amount"])}


def send_code(call: Call, values: Values) -> None:
    """Send the owner the code."""
    send_deposit_code(call.unit, agent=call.shop, quote=CashIn(**values["quote"]), pack=call.pack)


def prove(call: Call, values: Values) -> Mapping[str, Any] | Refusal:
    """Look at the code that the owner has told."""
    quoted = CashIn(**values["quote"])
    proved = prove_deposit(call.unit, agent=call.shop, quote=quoted, code=values["code"], pack=call.pack)
    return proved if isinstance(proved, Refusal) else {"quote": proved._asdict()}


def pay_in(call: Call, values: Values) -> Mapping[str, Any]:
    """Pay the customer from the float."""
    quoted = CashIn(**values["quote"])
    receipt = cash_in(call.unit, agent=call.shop, keeper=call.caller, quote=quoted, pack=call.pack)
    note(call.unit, values.get("rules", ()), person=call.caller, entry=receipt.entry, other=quoted.person)
    return {"reference": receipt.reference, "balance": receipt.balance}


def find(call: Call, values: Values) -> Mapping[str, Any] | Refusal:
    """Find the withdrawal that a code stands for."""
    found = find_payout(call.unit, agent=call.shop, keeper=call.caller, code=values["code"], otherwise=find_voucher)
    if isinstance(found, Refusal):
        return found
    if found.voucher:
        refuse_early(call.unit, agent=call.shop, payout=found)
    return {"payout": found._asdict(), "name": found.name, "amount": found.amount, "by_secret": found.voucher}


def open_by_secret(call: Call, values: Values) -> Mapping[str, Any] | Refusal:
    """Open a voucher by what its sender has told the receiver."""
    payout = Payout(**values["payout"])
    opened = open_voucher(call.unit, agent=call.shop, payout=payout, secret=values["secret"])
    return opened if isinstance(opened, Refusal) else {"payout": opened._asdict()}


def pay(call: Call, values: Values) -> Mapping[str, Any]:
    """Take the held money into the float; the agent then pays cash."""
    payout = Payout(**values["payout"])
    receipt = pay_out(call.unit, agent=call.shop, keeper=call.caller, payout=payout, pack=call.pack)
    return {"reference": receipt.reference, "balance": receipt.balance}


def read_today(call: Call, _: Values) -> Mapping[str, Any]:
    """Say what went through the float today and what it earned."""
    return today(call.unit, call.shop, call.pack)._asdict()


SCREENS = (
    Menu("agent.home", (
        Choice("1", "cashin.open"),
        Choice("2", "payout.open"),
        Choice("3", "float.read"),
        Choice("4", "today.read"),
        Choice("5", "agent.last"),
        Choice("6", "cashout.open"),
        Choice("7", "check"),
        Choice("8", "help.read"),
        Choice("9", "resume", when="broken"),
    )),
    Do("cashin.open", may_work, then="cashin.phone", refuses=(PinLocked,)),
    Ask("cashin.phone", "phone", PHONE, then="cashin.amount"),
    Ask("cashin.amount", "amount", AMOUNT, then="cashin.quote"),
    Do("cashin.quote", quote, then="cashin.look", gives=("quote", "name"), refuses=(PinLocked,),
       on={UnknownPerson: "cashin.phone", SelfPayment: "cashin.phone", WhichOne: "cashin.which",
           NotOffered: "cashin.amount", NotEnough: "cashin.amount", TooFull: "cashin.amount"}),
    which("cashin.which", "cashin.quote"),
    Do("cashin.look", look_twice(_hits), then="cashin.guard", gives=("rules", "quote"),
       on=dict.fromkeys(SLIPS, "cashin.sure"), refuses=DELAYING),
    Menu("cashin.sure", (Choice("1", "cashin.agreed"),)),
    Do("cashin.agreed", look_twice(_hits, agreed=True), then="cashin.guard", gives=("rules", "quote"),
       refuses=DELAYING),
    Do("cashin.guard", guard, then="cashin.pin", gives=("by_code",), instead={"by_code": "cashin.send_code"}),
    Do("cashin.send_code", send_code, then="cashin.code", refuses=(AskedEnough,), writes=True),
    Ask("cashin.code", "code", CODE, then="cashin.prove", secret=True),
    Do("cashin.prove", prove, then="cashin.pin", gives=("quote",), on={WrongDepositCode: "cashin.code"},
       refuses=(TooManyCodes,), writes=True),
    Ask("cashin.pin", "pin", PIN, then="cashin.unlock", secret=True),
    Do("cashin.unlock", check_pin, then="cashin.pay", on={WrongPin: "cashin.pin"}, refuses=(PinLocked,), unlocks=True),
    Do("cashin.pay", pay_in, then="cashin.done", gives=("reference", "balance"), posts=True,
       on=dict.fromkeys((NotEnough, TooFull, NeedsCode), "cashin.amount"), told="cash_in", not_told="not_cash_in"),
    End("cashin.done"),
    Do("payout.open", may_work, then="payout.code", refuses=(PinLocked,)),
    Ask("payout.code", "code", CODE, then="payout.find", secret=True),
    Do("payout.find", find, then="payout.pin", gives=("payout", "name", "amount", "by_secret"),
       instead={"by_secret": "payout.secret"}, on={WrongCode: "payout.code"},
       refuses=(PinLocked, TooManyCodes, VoucherEarly)),
    Ask("payout.secret", "secret", SECRET, then="payout.open_voucher", secret=True),
    Do("payout.open_voucher", open_by_secret, then="payout.pin", gives=("payout",), on={WrongSecret: "payout.secret"},
       refuses=(VoucherLocked, VoucherOver), writes=True),
    Ask("payout.pin", "pin", PIN, then="payout.unlock", secret=True),
    Do("payout.unlock", check_pin, then="payout.pay", on={WrongPin: "payout.pin"}, refuses=(PinLocked,), unlocks=True),
    Do("payout.pay", pay, then="payout.done", gives=("reference", "balance"), posts=True,
       on={WrongCode: "payout.code"}, told="paid_out", not_told="not_paid_out"),
    End("payout.done"),
    Do("today.read", read_today, then="today", gives=("cash_in", "cash_out", "commission", "entries")),
    End("today"),
)  # fmt: skip
