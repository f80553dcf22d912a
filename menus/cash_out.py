"""Cash for a customer who has no code: the agent asks, the customer approves, and then the cash is given.

Beside it stands the identity document of a customer who has forgotten the PIN.
"""

from collections.abc import Mapping
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT, ID_NUMBER, PHONE, PIN
from menus.steps import check_pin, may_work
from menus.whose import which
from service.countries import NotOffered
from service.money import show_amount
from service.refusal import Refusal
from service.ussd.screens import Ask, Choice, Do, End, Values
from service.wallet.cash_out import ask_cash_out, just_approved
from service.wallet.counter import NothingToProve, see_document
from service.wallet.document import OtherDocument
from service.wallet.inbox import AskedEnough, DeclinedTwice
from service.wallet.people import WhichOne
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.send import SelfPayment


def open_cash_out(call: Call, values: Values) -> Mapping[str, Any]:
    """Say which customer has just approved, for an agent who waits for it."""
    may_work(call, values)
    given = just_approved(call.unit, keeper=call.caller)
    return {"given": f"{show_amount(given.amount, call.pack.currency)} {given.name}" if given else ""}


def ask_customer(call: Call, values: Values) -> None:
    """Ask whoever is behind the number."""
    ask_cash_out(call.unit, agent=call.shop, keeper=call.caller, phone=values["phone"], amount=values["amount"])


def note_document(call: Call, values: Values) -> Refusal | None:
    """Note that the agent has seen the identity document of a customer who has forgotten the PIN."""
    return see_document(
        call.unit, agent=call.shop, phone=values["phone"], id_number=values["id_number"], pack=call.pack
    )


SCREENS = (
    Do("cashout.open", open_cash_out, then="cashout.phone", gives=("given",), refuses=(PinLocked,)),
    Ask("cashout.phone", "phone", PHONE, then="cashout.amount", choices=(Choice("1", "document.phone"),)),
    Ask("cashout.amount", "amount", AMOUNT, then="cashout.ask"),
    which("cashout.which", "cashout.ask"),
    Do("cashout.ask", ask_customer, then="cashout.asked", writes=True,
       on={NotOffered: "cashout.amount", WhichOne: "cashout.which",
           SelfPayment: "cashout.phone", DeclinedTwice: "cashout.phone"},
       refuses=(PinLocked, AskedEnough)),
    End("cashout.asked"),
    Ask("document.phone", "phone", PHONE, then="document.number"),
    Ask("document.number", "id_number", ID_NUMBER, then="document.pin"),
    Ask("document.pin", "pin", PIN, then="document.unlock", secret=True),
    Do("document.unlock", check_pin, then="document.note", on={WrongPin: "document.pin"}, refuses=(PinLocked,),
       unlocks=True),
    Do("document.note", note_document, then="document.noted", writes=True,
       on={OtherDocument: "document.number", NothingToProve: "document.phone"},
       refuses=(AskedEnough, SelfPayment)),
    End("document.noted"),
)  # fmt: skip
