"""Sending money: to whom, how much, what it costs in all, PIN, done."""

from collections.abc import Mapping, Sequence
from typing import Any

from menus.call import Call
from menus.fields import AMOUNT, PAYEE, PIN
from menus.prices import saving
from menus.steps import PRICED, NumberLike, arrival, ask_if_number, check_pin, looked_at, may_pay, priced, stop_or_ask
from menus.whose import which
from service.countries import NotOffered, Rule
from service.ledger.books import Line
from service.ledger.chart import Kind
from service.ledger.entry import Account, NotEnough, OverCap, TooFull
from service.phone import mask_phone, number_of
from service.refusal import Refusal
from service.ussd.screens import Act, Ask, Choice, Do, End, Menu, Values
from service.ussd.session import Conversation
from service.wallet.account import wallet_of
from service.wallet.history import PAGE
from service.wallet.known import OFTEN, TooManyLookups, all_paid, near_miss, shown, whom_one_has_paid
from service.wallet.limits import OverSingle
from service.wallet.nickname import both, given_by, nicknames_of
from service.wallet.offer import offer_send
from service.wallet.people import UnknownPerson, WhichOne
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.rules import AGREED, DELAYING, hits, note
from service.wallet.send import (
    Quote,
    QuoteChanged,
    SelfPayment,
    just_paid,
    send_money,
)

OFFERED = 5
"""So many people are offered where a number is asked for."""

RECENT_TALKS = 20
"""How many of a phone's talks are looked through for the one that paid: more than two minutes have room for."""


class JustPaid(Refusal):
    """The same amount went to the same person a moment ago, and the phone may not have shown it."""

    says = ("reference",)


def open_send(call: Call, _: Values) -> Mapping[str, Any]:
    """Turn a locked person away, and begin to look up whom they pay."""
    call.unit.rows.ahead(*all_paid(call.caller), given_by(call.caller))
    return may_pay(call, "send")


def often_paid(call: Call, _: Values) -> Sequence[Values]:
    """Offer the people whom the caller pays most often, and those paid lately, by name and by what they are called."""
    people = whom_one_has_paid(call.unit, call.caller, first=OFTEN, limit=OFFERED)
    nicks = nicknames_of(call.unit, call.caller)
    return [
        {"value": one.address, "whom": both(nicks.get(one.id, ""), one.name), "number": mask_phone(one.phone)}
        for one in people
    ]


def quote(call: Call, values: Values) -> Mapping[str, Any]:
    """Find the person and price the payment."""
    return _offer(call, values["phone"], values["amount"])


def turn_cash(call: Call, values: Values) -> Mapping[str, Any]:
    """Price the payment anew, with the payee's withdrawal if it was without, and without if it was with it."""
    return _offer(call, values["phone"], values["asked"], pay_cash=not values["cash_paid"])


def quote_again(call: Call, values: Values) -> Mapping[str, Any]:
    """Price anew what was chosen, because something has changed meanwhile."""
    asked, paid = values.get("asked", values["amount"]), values.get("cash_paid")  # the release before knew neither
    return _offer(call, values["phone"], asked, pay_cash=bool(paid))


def _offer(call: Call, phone: str, amount: int, *, pay_cash: bool = False) -> Mapping[str, Any]:
    call.unit.rows.ahead(given_by(call.caller))
    offer = offer_send(call.unit, payer=call.caller, phone=phone, amount=amount, pay_cash=pay_cash)
    quoted, tip = offer.quote, offer.tip
    return {
        "quote": quoted._asdict(),
        "name": quoted.name,
        "number": mask_phone(phone),
        "whom": both(nicknames_of(call.unit, call.caller).get(quoted.payee, ""), quoted.name),
        "asked": offer.asked,
        **priced(offer),
        "nearby": tip.amount if tip else 0,
        "saved": saving(call.pack, offer.asked, tip, call.unit.now),
    }


def to_voucher(call: Call, values: Values) -> Mapping[str, Any]:
    """Go on to a voucher for the same number and amount."""
    return {"voucher_for": number_of(values["phone"]), **may_pay(call, "withdraw")}


def look_near(call: Call, values: Values) -> Mapping[str, Any]:
    """See whether a new number is nearly one that the caller pays, unless they have said which of the two they mean."""
    if values.get("near_chosen") and values["phone"] in (values["new_phone"], values["near_phone"]):
        return {"is_near": False, **{name: values[name] for name in NEAR}}
    person = near_miss(call.unit, call.caller, values["phone"]) if values["quote"].get("new") else None
    if person is None:
        return {"is_near": False, **dict.fromkeys(NEAR, "")}
    name, number = shown(person)
    known = {"near_name": name, "near_number": number, "near_phone": person.address}
    typed = {"new_name": values["name"], "new_number": mask_phone(values["phone"]), "new_phone": values["phone"]}
    return {"is_near": True, **known, **typed}


def choose_phone(which: str) -> Act:
    """Return the step that goes on with one of two numbers: the known one, or the new one."""

    def act(call: Call, values: Values) -> Mapping[str, Any]:
        return {"phone": values[which], "near_chosen": True, **_offer(call, values[which], values["asked"])}

    return act


def look_twice(call: Call, values: Values) -> Mapping[str, Any]:
    """Stop somebody who pays again what was just paid, and ask about what a rule of the country hits."""
    quoted, lines = Quote(**values["quote"]), call.unit.books.lines(wallet_of(call.caller), limit=PAGE)
    ask_unless_seen(call, just_paid(call.unit, call.caller, quoted, call.pack, lines))
    found = _hits(call, quoted, lines)
    stop_or_ask(call, values["quote"], found)
    ask_if_number(call, values, values.get("asked", quoted.amount))
    return looked_at(values["quote"], found)


def agreed(call: Call, values: Values) -> Mapping[str, Any]:
    """Go on with what was asked about; what has to wait still does."""
    quoted = Quote(**values["quote"])
    found = _hits(call, quoted)
    stop_or_ask(call, values["quote"], found, agreed=True)
    return looked_at(values["quote"], found)


def _hits(call: Call, quoted: Quote, lines: Sequence[Line] | None = None) -> list[Rule]:
    other = Account(call.pack.country, Kind.WALLET, str(quoted.payee))
    return hits(call.unit, "send", person=call.caller, amount=quoted.amount, other=other, lines=lines)


def ask_unless_seen(call: Call, paid: Mapping[str, Any] | None) -> None:
    """Stop somebody who pays again because the talk that `paid` broke off before its end was seen."""
    if paid is None:
        return
    talks = call.unit.rows.find(Conversation, phone=call.phone, newest=True, limit=RECENT_TALKS)
    payers = [talk for talk in talks if talk.session["values"].get("reference") == paid["reference"]]
    if not any(talk.shown for talk in payers):
        raise JustPaid(reference=paid["reference"])


def pay(call: Call, values: Values) -> Mapping[str, Any]:
    """Move the money that was quoted."""
    quoted = Quote(**values["quote"])
    receipt = send_money(call.unit, payer=call.caller, quote=quoted)
    note(call.unit, values.get("rules", ()), person=call.caller, entry=receipt.entry, other=quoted.payee)
    return {"reference": receipt.reference, "balance": receipt.balance, **arrival(call, values, receipt.at)}


TOO_MUCH = dict.fromkeys((NotOffered, OverSingle, OverCap, NotEnough, TooFull), "send.amount")
QUOTED = ("quote", "name", "number", "whom", "asked", *PRICED, "nearby", "saved")

NEAR = ("near_name", "near_number", "near_phone", "new_name", "new_number", "new_phone")


def _quoting(screen_id: str, act: Act, *, gives: tuple[str, ...] = QUOTED) -> Do:
    on = {
        UnknownPerson: "send.other",
        WhichOne: "send.which",
        **dict.fromkeys((SelfPayment, TooManyLookups), "send.to"),
    }
    on |= TOO_MUCH
    return Do(screen_id, act, then="send.near_look", gives=gives, on=on, refuses=(PinLocked,))


SCREENS = (
    Do("send.open", open_send, then="send.to", gives=("balance", "most_now"), refuses=(PinLocked,)),
    Ask("send.to", "phone", PAYEE, then="send.amount", suggests=often_paid, lines=("whom", "number")),
    Ask("send.amount", "amount", AMOUNT, then="send.quote"),
    Ask("send.other", "phone", PAYEE, then="send.quote", choices=(Choice("1", "send.voucher"),)),
    Do("send.voucher", to_voucher, then="voucher.quote", gives=("voucher_for", "balance", "most_now"),
       refuses=(PinLocked,)),
    _quoting("send.quote", quote),
    which("send.which", "send.quote"),
    Do("send.near_look", look_near, then="send.look", instead={"is_near": "send.near"}, gives=("is_near", *NEAR)),
    Menu("send.near", (Choice("1", "send.new"), Choice("2", "send.known"))),
    _quoting("send.new", choose_phone("new_phone"), gives=(*QUOTED, "phone", "near_chosen")),
    _quoting("send.known", choose_phone("near_phone"), gives=(*QUOTED, "phone", "near_chosen")),
    Do("send.look", look_twice, then="send.pin", gives=("rules", "quote"),
       on={JustPaid: "send.again", **dict.fromkeys((*AGREED, NumberLike), "send.sure")}, refuses=DELAYING),
    Menu("send.again", (Choice("1", "send.agreed"),)),
    Menu("send.sure", (Choice("1", "send.agreed"),)),
    Do("send.agreed", agreed, then="send.pin", gives=("rules", "quote"), refuses=DELAYING),
    Ask("send.pin", "pin", PIN, then="send.unlock", secret=True, choices=(Choice("1", "send.cash", when="may_turn"),)),
    _quoting("send.cash", turn_cash),
    Do("send.unlock", check_pin, then="send.pay", on={WrongPin: "send.pin"}, refuses=(PinLocked,), unlocks=True),
    Do("send.pay", pay, then="send.done", gives=("reference", "balance", "arrives", "reviewed"), posts=True,
       on={QuoteChanged: "send.changed", **TOO_MUCH}, told="sent", not_told="not_sent"),
    _quoting("send.changed", quote_again),
    End("send.done"),
)  # fmt: skip
