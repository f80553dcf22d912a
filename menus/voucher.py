"""A voucher: cash for a number without a wallet. The code goes there by SMS, the secret goes from mouth to ear."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT, PHONE, PIN, SECRET
from menus.steps import SLIPS, check_pin, look_twice, may_pay
from service.countries import NotOffered, Rule
from service.ledger.entry import NotEnough, OverCap
from service.phone import mask_phone
from service.refusal import Refusal
from service.ussd.screens import Ask, Choice, Do, End, Menu, Values
from service.wallet.limits import OverSingle
from service.wallet.pin import PinLocked, WrongPin, is_pin, seal_pin
from service.wallet.rules import DELAYING, hits, note
from service.wallet.send import QuoteChanged, SelfPayment
from service.wallet.sim import SimUnseen
from service.wallet.voucher import SecretIsPin, VoucherOver, quote_voucher, send_voucher, take_back, vouchers_of
from service.wallet.withdraw import Quote, TooManyWaiting


def begin(call: Call, _: Values) -> Mapping[str, Any]:
    """Turn a locked person away, and say what they have and may still send."""
    return may_pay(call, "withdraw")


def mine(call: Call, _: Values) -> Sequence[Values]:
    """List the caller's vouchers that nobody has taken: picking one takes it back."""
    return [
        {"value": {"voucher_id": row.id}, "number": mask_phone(voucher.phone), "amount": row.amount}
        for row, voucher in vouchers_of(call.unit, call.caller)
    ]


def pick(_: Call, values: Values) -> Mapping[str, Any]:
    """Tell a number that was typed from a voucher that was picked."""
    return {"takes_back": not isinstance(values["voucher_for"], str)}


def give_up(call: Call, values: Values) -> Mapping[str, Any]:
    """Take a voucher back."""
    row = take_back(call.unit, payer=call.caller, voucher_id=values["voucher_for"]["voucher_id"])
    return {"amount": row.held}


def quote(call: Call, values: Values) -> Mapping[str, Any]:
    """Price the voucher."""
    phone, amount = values["voucher_for"], values["amount"]
    quoted = quote_voucher(call.unit, payer=call.caller, phone=phone, amount=amount)
    priced = {"fee": quoted.charge.published, "excise": quoted.excise, "levy": quoted.levy, "total": quoted.total}
    return {"quote": quoted._asdict(), "number": mask_phone(phone), **priced}


def _hits(call: Call, values: Values) -> Sequence[Rule]:
    return hits(call.unit, "withdraw", person=call.caller, amount=values["quote"]["amount"])


def keep_secret(call: Call, values: Values) -> Mapping[str, Any]:
    """Keep a verifier of the secret until the PIN is given."""
    return {"sealed": seal_pin(call.unit.house, values["quote"]["entry"], values["secret"])}


def unlock(call: Call, values: Values) -> Refusal | None:
    """Look at the PIN and, if it is right, whether it was chosen as the secret: before, that would tell of the PIN."""
    if wrong := check_pin(call, values):
        return wrong
    is_secret = is_pin(call.unit.house, values["quote"]["entry"], values["pin"], values["sealed"])
    return SecretIsPin() if is_secret else None


def pay(call: Call, values: Values) -> Mapping[str, Any]:
    """Hold the money and send the code."""
    phone, quoted = values["voucher_for"], Quote(**values["quote"])
    receipt = send_voucher(
        call.unit, payer=call.caller, phone=phone, quote=quoted, sealed=values["sealed"], pack=call.pack
    )
    note(call.unit, values.get("rules", ()), person=call.caller, entry=receipt.entry, other=call.caller.id)
    return {"reference": receipt.reference, "balance": receipt.balance}


TOO_MUCH = dict.fromkeys((NotOffered, OverSingle, OverCap, NotEnough, SimUnseen), "voucher.amount")

SCREENS = (
    Do("voucher.open", begin, then="voucher.for", gives=("balance", "most_now"), refuses=(PinLocked,)),
    Ask("voucher.for", "voucher_for", PHONE, then="voucher.pick", suggests=mine, lines=("number", "amount")),
    Do("voucher.pick", pick, then="voucher.amount", gives=("takes_back",), instead={"takes_back": "voucher.back"}),
    Do("voucher.back", give_up, then="voucher.returned", gives=("amount",), refuses=(VoucherOver,), writes=True),
    End("voucher.returned"),
    Ask("voucher.amount", "amount", AMOUNT, then="voucher.quote"),
    Do("voucher.quote", quote, then="voucher.look", gives=("quote", "number", "fee", "excise", "levy", "total"),
       on={SelfPayment: "voucher.for", **TOO_MUCH}, refuses=(PinLocked, TooManyWaiting)),
    Do("voucher.look", look_twice(_hits), then="voucher.secret", gives=("rules", "quote"),
       on=dict.fromkeys(SLIPS, "voucher.sure"), refuses=DELAYING),
    Menu("voucher.sure", (Choice("1", "voucher.agreed"),)),
    Do("voucher.agreed", look_twice(_hits, agreed=True), then="voucher.secret", gives=("rules", "quote"),
       refuses=DELAYING),
    Ask("voucher.secret", "secret", SECRET, then="voucher.keep", secret=True),
    Do("voucher.keep", keep_secret, then="voucher.pin", gives=("sealed",)),
    Ask("voucher.pin", "pin", PIN, then="voucher.unlock", secret=True),
    Do("voucher.unlock", unlock, then="voucher.pay", on={WrongPin: "voucher.pin", SecretIsPin: "voucher.secret"},
       refuses=(PinLocked,), unlocks=True),
    Do("voucher.pay", pay, then="voucher.done", gives=("reference", "balance"), posts=True,
       on={QuoteChanged: "voucher.quote", **TOO_MUCH}, told="voucher_sent", not_told="not_withdrawn"),
    End("voucher.done"),
)  # fmt: skip
