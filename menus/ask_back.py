"""Asking for money back that has arrived, and answering who asks for theirs: a case with a number and a clock."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import PIN
from menus.steps import check_pin, may_work
from service.phone import mask_phone
from service.ussd.screens import Ask, Choice, Do, End, Menu, Pick, Values
from service.wallet.case import CaseThere, TooManyCases, case_number
from service.wallet.name import masked
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.reversal import CaseOver, NotAskable, ask_back, case_asked, give_back, keep, payments_to_ask
from service.wallet.unit import Person


def sent(call: Call, _: Values) -> Sequence[Values]:
    """List the caller's last payments to people."""
    found = [
        (one.entry, {"amount": one.amount, "name": masked(one.payee.name), "number": mask_phone(one.payee.phone)})
        for one in payments_to_ask(call.unit, call.caller)
    ]
    return [{"value": {"payment": entry, **shown}, **shown} for entry, shown in found]


def open_picked(_: Call, values: Values) -> Mapping[str, Any]:
    """Show what was picked before the PIN."""
    return {name: values["sent"].get(name, "") for name in ("name", "number", "amount")}


def ask(call: Call, values: Values) -> Mapping[str, Any]:
    """Open the case."""
    case = ask_back(call.unit, payer=call.caller, payment=values["sent"]["payment"])
    return {"case": case_number(call.unit, case), "kept": case.held}


def shown(call: Call, case_id: int) -> Mapping[str, Any]:
    """Return what the payee sees of a case before answering."""
    case = case_asked(call.unit, call.caller, case_id)
    payer = call.unit.rows.get(Person, case.opener)
    assert payer is not None, f"no person {case.opener}"
    return {"name": masked(payer.name), "number": mask_phone(payer.phone), "amount": case.held}


def give(call: Call, values: Values) -> Mapping[str, Any]:
    """Give back what was set aside."""
    receipt = give_back(call.unit, payee=call.caller, case_id=values["request"])
    return {"reference": receipt.reference, "balance": receipt.balance}


def say_no(call: Call, values: Values) -> None:
    """Keep it."""
    keep(call.unit, payee=call.caller, case_id=values["request"])


SCREENS = (
    Do("ask_back.open", may_work, then="ask_back", refuses=(PinLocked,)),
    Pick("ask_back", "sent", sent, then="ask_back.shown", lines=("amount", "name", "number"), empty="ask_back.none"),
    Do("ask_back.shown", open_picked, then="ask_back.pin", gives=("name", "number", "amount")),
    Ask("ask_back.pin", "pin", PIN, then="ask_back.unlock", secret=True),
    Do("ask_back.unlock", check_pin, then="ask_back.ask", on={WrongPin: "ask_back.pin"}, refuses=(PinLocked,),
       unlocks=True),
    Do("ask_back.ask", ask, then="ask_back.done", gives=("case", "kept"), posts=True,
       refuses=(NotAskable, CaseThere, TooManyCases), told="asked_back", not_told="not_asked_back"),
    End("ask_back.done"),
    End("ask_back.none"),
    Menu("give_back", (Choice("1", "give_back.pin"), Choice("2", "give_back.keep"))),
    Ask("give_back.pin", "pin", PIN, then="give_back.unlock", secret=True),
    Do("give_back.unlock", check_pin, then="give_back.give", on={WrongPin: "give_back.pin"}, refuses=(PinLocked,),
       unlocks=True),
    Do("give_back.give", give, then="give_back.done", gives=("reference", "balance"), posts=True,
       refuses=(CaseOver,), told="given_back", not_told="not_given_back"),
    Do("give_back.keep", say_no, then="give_back.kept", refuses=(CaseOver,), writes=True),
    End("give_back.done"),
    End("give_back.kept"),
)  # fmt: skip
