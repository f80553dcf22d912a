"""Paying a bill: the biller, the account, whose it is and what is due, how much where that is free, PIN, done."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import ACCOUNT, AMOUNT
from menus.ordering import QUOTED, TOO_MUCH, from_look_on, quoted
from menus.steps import may_work
from service.ussd.screens import Ask, Do, End, Pick, Values
from service.wallet.known import TooManyAccounts
from service.wallet.order import (
    Asked,
    BadAccount,
    BillerSilent,
    NothingDue,
    NotPayable,
    UnknownAccount,
    UnknownBiller,
    ask_biller,
    quote_bill,
    recent_accounts,
)
from service.wallet.pin import PinLocked


def billers(call: Call, _: Values) -> Sequence[Values]:
    """Offer the accounts that were paid last, then every biller."""
    recent = [
        {"value": {"code": biller.code, "account": account}, "bill": f"{biller.name} {account}"}
        for biller, account in recent_accounts(call.unit, call.caller)
    ]
    return [*recent, *({"value": {"code": one.code, "account": ""}, "bill": one.name} for one in call.pack.billers)]


def pick(call: Call, values: Values) -> Mapping[str, Any]:
    """Tell an account that was paid before from a biller whose account is still to be typed."""
    picked = values["picked"]
    biller = call.pack.biller(picked["code"])
    if biller is None:
        raise UnknownBiller
    account = {"account": picked["account"], "is_known": bool(picked["account"])}
    return {"bill_of": biller.code, "biller": biller.name, "account_name": biller.account_name, **account}


def ask(call: Call, values: Values) -> Mapping[str, Any]:
    """Find out whose account it is and what is due."""
    asked = ask_biller(call.unit, call.caller, values["bill_of"], values["account"])
    return {"asked": asked._asdict(), "holder": asked.holder, "due": asked.due or 0, "is_exact": asked.is_exact}


def quote(call: Call, values: Values) -> Mapping[str, Any]:
    """Price what was typed."""
    return quoted(quote_bill(call.unit, payer=call.caller, asked=Asked(**values["asked"]), amount=values["amount"]))


def quote_due(call: Call, values: Values) -> Mapping[str, Any]:
    """Price what is due: the biller takes nothing else."""
    asked = Asked(**values["asked"])
    return {"amount": asked.most, **quoted(quote_bill(call.unit, payer=call.caller, asked=asked, amount=asked.most))}


SCREENS = (
    Do("bills.open", may_work, then="bills", refuses=(PinLocked,)),
    Pick("bills", "picked", billers, then="bills.pick", lines=("bill",), empty="bills.none"),
    End("bills.none"),
    Do("bills.pick", pick, then="bills.account", gives=("bill_of", "biller", "account_name", "account", "is_known"),
       instead={"is_known": "bills.ask"}, refuses=(UnknownBiller,)),
    Ask("bills.account", "account", ACCOUNT, then="bills.ask"),
    Do("bills.ask", ask, then="bills.amount", gives=("asked", "holder", "due", "is_exact"),
       instead={"is_exact": "bills.due"},
       on={BadAccount: "bills.account", UnknownAccount: "bills.account", TooManyAccounts: "bills"},
       refuses=(UnknownBiller, BillerSilent, NothingDue)),
    Ask("bills.amount", "amount", AMOUNT, then="bills.quote"),
    Do("bills.quote", quote, then="bills.look", gives=QUOTED,
       on=dict.fromkeys((NotPayable, *TOO_MUCH), "bills.amount"), refuses=(PinLocked,)),
    Do("bills.due", quote_due, then="bills.look", gives=("amount", *QUOTED),
       refuses=(NotPayable, *TOO_MUCH, PinLocked)),
    *from_look_on("bills", amount="bills.amount", told="billed", not_told="not_billed"),
)  # fmt: skip
