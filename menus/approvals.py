"""What others ask of me: a list, one request whole with its price, my PIN or my no. And asking others for money.

Each kind of request has its own few screens, because what is asked is said in other words; what is picked tells which.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from menus import ask_back, groups, guardians
from menus.call import Call
from menus.fields import AMOUNT, PHONE, PIN
from menus.pay import sale_hits
from menus.steps import PRICED, NumberLike, arrival, check_pin, look_twice, priced
from menus.whose import which
from service.countries import NotOffered, Rule
from service.ledger.chart import Kind
from service.ledger.entry import Account, NotEnough, OverCap, TooFull
from service.phone import mask_phone
from service.refusal import Refusal
from service.ussd.screens import Act, Ask, Choice, Do, End, Menu, Screen, Values
from service.wallet.agent import UnknownAgent, agent_by_number
from service.wallet.cash_out import CASH_OUT, give_cash, price_cash_out, refuse_cash_out
from service.wallet.cash_out import Quote as CashQuote
from service.wallet.due import bring_up_to_date
from service.wallet.guardians import PinTooNew, wishes_for
from service.wallet.inbox import AskedEnough, DeclinedTwice, RequestOver, Waiting, decline, open_request, waiting_for
from service.wallet.known import TooManyLookups
from service.wallet.limits import OverSingle
from service.wallet.merchant import Merchant
from service.wallet.name import masked
from service.wallet.pay import Quote as SaleQuote
from service.wallet.pay import quote_pay
from service.wallet.people import UnknownPerson, WhichOne
from service.wallet.pin import PinLocked, WrongPin
from service.wallet.request import PAYMENT, TILL, ask_payment, offer_request, pay_request, pay_sale
from service.wallet.reversal import CaseOver, cases_for
from service.wallet.rules import AGREED, DELAYING, hits, note
from service.wallet.send import Quote, QuoteChanged, SelfPayment
from service.wallet.sim import SimUnchecked
from service.wallet.till import UnknownTill, payable_till
from service.wallet.unit import Agent, Person, Request

MOST_SHOWN = 9
"""What waits is counted up to here: more does not come together."""

PAID = tuple(name for name in PRICED if name != "total")
"""What is shown before the PIN of a payment that was asked for."""

SHOWN = (
    "request",
    "name",
    "number",
    "agent",
    "agent_name",
    "till",
    "till_name",
    "amount",
    "fee",
    "total",
    "wanted",
    "charged",
)
"""What is shown of a request, whatever its kind; an empty word where a kind has no such thing. The fee is all that is
paid beside the amount: the screen of the PIN takes it apart."""


KINDS = ("asks", "pays", "sells", "gives", "guards", "vouches", "grouped")
"""What is picked is one of these, or else cash that an agent asks for."""


def count_waiting(call: Call, _: Values) -> Mapping[str, Any]:
    """Say how many requests wait."""
    unit, person = call.unit, call.caller
    waiting = (*wishes_for(unit, person), *waiting_for(unit, person), *cases_for(unit, person), *groups.waiting(call))
    return {"waiting": min(len(waiting), MOST_SHOWN)}


def listed(call: Call, _: Values) -> Sequence[Values]:
    """List what waits for the caller's yes."""
    wishes = [
        {"value": {"guards": one.owner.id, "vouch": one.vouch}, "asked_by": masked(one.owner.name), "wanted": 0}
        for one in wishes_for(call.unit, call.caller)
    ]
    requests = [
        {"value": {"request": one.id}, "asked_by": _asker(call, one), "wanted": one.amount}
        for one in waiting_for(call.unit, call.caller)
    ]
    cases = [
        {"value": {"case": one.id}, "asked_by": ask_back.shown(call, one.id)["name"], "wanted": one.held}
        for one in cases_for(call.unit, call.caller)
    ]
    return wishes + requests + cases + groups.waiting(call)


def _asker(call: Call, one: Waiting) -> str:
    if "agent" in one.values and (shop := call.unit.rows.get(Agent, one.values["agent"])):
        return shop.name
    if "till" in one.values and (till := call.unit.rows.get(Merchant, one.values["till"])):
        return till.name
    return masked(one.asker.name)


def open_picked(call: Call, values: Values) -> Mapping[str, Any]:
    """Show the request that was picked; a number that was typed instead is somebody to ask for money."""
    picked = values["picked"]
    blank = dict.fromkeys(SHOWN, "") | {"amount": 0, "fee": 0, "total": 0, "wanted": 0, "charged": 0}
    blank |= dict.fromkeys(KINDS, False)
    if isinstance(picked, str):
        return blank | {"asks": True}
    if {"vote", "join", "let_go"} & picked.keys():
        return blank | {"grouped": True}
    if "guards" in picked:
        owner_id, vouch = picked["guards"], picked["vouch"]
        whose = guardians.shown(call, owner_id, vouch=vouch)
        return blank | {"request": owner_id, "guards": not vouch, "vouches": vouch, **whose}
    if "case" in picked:
        return blank | {"request": picked["case"], "gives": True, **ask_back.shown(call, picked["case"])}
    request = open_request(call.unit, call.caller, picked["request"])
    shown = SHOWN_AS[request.kind](call, request)
    return blank | {"request": request.id, "amount": request.amount, "asks": False, **shown}


def _cash(call: Call, request: Request) -> Mapping[str, Any]:
    quote = price_cash_out(call.unit, request=request, pack=call.pack)
    shop = {"agent": quote.agent, "agent_name": quote.agent_name, "pays": False}
    return shop | {"fee": quote.charge.total, "total": quote.total}


def _payment(call: Call, request: Request) -> Mapping[str, Any]:
    asker = call.unit.rows.get(Person, request.asker)
    assert asker is not None, f"no person {request.asker}"
    charge = call.pack.charge("send", request.amount, call.unit.now)
    who = {"name": masked(asker.name), "number": mask_phone(asker.phone), "pays": True}
    total = request.amount + charge.total
    return who | {"fee": charge.total, "total": total, "wanted": request.amount, "charged": charge.total}


def _sale(call: Call, request: Request) -> Mapping[str, Any]:
    till, _ = payable_till(call.unit, request.values["till"], call.pack.country)
    charge = call.pack.charge("pay", request.amount, call.unit.now)
    where = {"till": till.number, "till_name": till.name, "sells": True}
    return where | {"fee": charge.total, "total": request.amount + charge.total}


SHOWN_AS: Mapping[str, Callable[[Call, Request], Mapping[str, Any]]] = {
    CASH_OUT: _cash,
    PAYMENT: _payment,
    TILL: _sale,
}
"""How each kind of request is shown before it is answered."""


def quote_cash(call: Call, values: Values) -> Mapping[str, Any]:
    """Price the cash-out and mint its entry, or say why it cannot be paid now."""
    bring_up_to_date(call.unit, call.caller)
    request = open_request(call.unit, call.caller, values["request"])
    quote = price_cash_out(call.unit, request=request, pack=call.pack)
    refuse_cash_out(call.unit, payer=call.caller, quote=quote)
    priced = {"fee": quote.charge.published, "excise": quote.excise, "levy": quote.levy, "total": quote.total}
    return {"quote": quote._asdict(), "agent_name": quote.agent_name, **priced}


def _cash_hits(call: Call, values: Values) -> list[Rule]:
    quoted = CashQuote(**values["quote"])
    return hits(call.unit, "withdraw", person=call.caller, amount=quoted.amount, shop=quoted.agent)


def _payment_hits(call: Call, values: Values) -> list[Rule]:
    quoted = Quote(**values["quote"])
    other = Account(call.pack.country, Kind.WALLET, str(quoted.payee))
    return hits(call.unit, "send", person=call.caller, amount=quoted.amount, other=other)


def pay_cash(call: Call, values: Values) -> Mapping[str, Any]:
    """Move the money to the agent's float."""
    quoted = CashQuote(**values["quote"])
    receipt = give_cash(call.unit, payer=call.caller, quote=quoted, pack=call.pack)
    if rules := values.get("rules"):
        keeper = agent_by_number(call.unit, quoted.agent).person
        note(call.unit, rules, person=call.caller, entry=receipt.entry, other=keeper)
    return {"reference": receipt.reference, "balance": receipt.balance}


def quote_payment(call: Call, values: Values) -> Mapping[str, Any]:
    """Price the payment that was asked for, as any payment."""
    return _offer(call, values)


def turn_cash(call: Call, values: Values) -> Mapping[str, Any]:
    """Price it anew, with the asker's withdrawal if it was without, and without if it was with it."""
    return _offer(call, values, pay_cash=not values["cash_paid"])


def _offer(call: Call, values: Values, *, pay_cash: bool = False) -> Mapping[str, Any]:
    bring_up_to_date(call.unit, call.caller)
    request = open_request(call.unit, call.caller, values["request"])
    offer = offer_request(call.unit, payer=call.caller, request=request, pay_cash=pay_cash)
    # What was asked for stays as the screen before says it, though cash is paid too.
    price = {name: value for name, value in priced(offer).items() if name in PAID}
    return {"quote": offer.quote._asdict(), "name": offer.quote.name, **price}


def pay_payment(call: Call, values: Values) -> Mapping[str, Any]:
    """Pay what was asked for."""
    quote = Quote(**values["quote"])
    receipt = pay_request(call.unit, payer=call.caller, request_id=values["request"], quote=quote)
    note(call.unit, values.get("rules", ()), person=call.caller, entry=receipt.entry, other=quote.payee)
    return {"reference": receipt.reference, "balance": receipt.balance, **arrival(call, values, receipt.at)}


def quote_sale(call: Call, values: Values) -> Mapping[str, Any]:
    """Price the payment at the till that asks for it."""
    bring_up_to_date(call.unit, call.caller)
    request = open_request(call.unit, call.caller, values["request"])
    quoted = quote_pay(call.unit, payer=call.caller, till=request.values["till"], amount=request.amount)
    priced = {"fee": quoted.charge.published, "excise": quoted.excise, "levy": quoted.levy, "total": quoted.total}
    return {"quote": quoted._asdict(), "till_name": quoted.name, **priced}


def pay_the_sale(call: Call, values: Values) -> Mapping[str, Any]:
    """Pay at the till that asked."""
    quoted = SaleQuote(**values["quote"])
    receipt = pay_sale(call.unit, payer=call.caller, request_id=values["request"], quote=quoted)
    note(call.unit, values.get("rules", ()), person=call.caller, entry=receipt.entry, other=quoted.owner)
    return {"reference": receipt.reference, "balance": receipt.balance}


def say_no(call: Call, values: Values) -> None:
    """Decline the request."""
    decline(call.unit, call.caller, values["request"])


def ask_for_money(call: Call, values: Values) -> Refusal | None:
    """Ask whoever is behind the number; that names of several were looked at is counted, whoever is then asked."""
    try:
        ask_payment(call.unit, asker=call.caller, phone=values["phone"], amount=values["amount"])
    except WhichOne as no:
        return no
    return None


REFUSED = (
    RequestOver,
    PinLocked,
    NotOffered,
    OverSingle,
    OverCap,
    NotEnough,
    TooFull,
    UnknownAgent,
    UnknownPerson,
    UnknownTill,
    SelfPayment,
)


def _kind(
    name: str,
    quote: Act,
    gives: tuple[str, ...],
    found: Callable[[Call, Values], list[Rule]],
    pay: Act,
    *,
    turn: Act | None = None,
    done: tuple[str, ...] = (),
    told: str,
    not_told: str,
) -> tuple[Screen, ...]:
    """Return the screens of one kind of request, from its price to the goodbye.

    `gives` and `done` are what is shown of it before and after; `turn` prices it with what cash costs, or without.
    """
    screen = f"approvals.{name}"

    def price(part: str, act: Act) -> Do:
        return Do(f"{screen}.{part}", act, then=f"{screen}.look", gives=("quote", *gives), refuses=REFUSED)

    return (
        Menu(screen, (Choice("1", f"{screen}.quote"), Choice("2", "approvals.decline"))),
        price("quote", quote),
        *([price("cash", turn)] if turn else []),
        Do(f"{screen}.look", look_twice(found), then=f"{screen}.pin", gives=("rules", "quote"),
           on=dict.fromkeys((*AGREED, NumberLike), f"{screen}.sure"), refuses=DELAYING),
        Menu(f"{screen}.sure", (Choice("1", f"{screen}.agreed"),)),
        Do(f"{screen}.agreed", look_twice(found, agreed=True), then=f"{screen}.pin", gives=("rules", "quote"),
           refuses=DELAYING),
        Ask(f"{screen}.pin", "pin", PIN, then=f"{screen}.unlock", secret=True,
            choices=(Choice("1", f"{screen}.cash", when="may_turn"),) if turn else ()),
        Do(f"{screen}.unlock", check_pin, then=f"{screen}.pay", on={WrongPin: f"{screen}.pin"}, refuses=(PinLocked,),
           unlocks=True),
        Do(f"{screen}.pay", pay, then=f"{screen}.done", gives=("reference", "balance", *done), posts=True,
           on={QuoteChanged: f"{screen}.quote"}, refuses=REFUSED, told=told, not_told=not_told),
        End(f"{screen}.done"),
    )  # fmt: skip


SCREENS: tuple[Screen, ...] = (
    Do("approvals.open", count_waiting, then="approvals", gives=("waiting",)),
    Ask("approvals", "picked", PHONE, then="approvals.pick", suggests=listed, lines=("asked_by", "wanted")),
    Do("approvals.pick", open_picked, then="approvals.cash",
       gives=(*SHOWN, *KINDS),
       instead={"asks": "ask.amount", "pays": "approvals.payment", "sells": "approvals.till", "gives": "give_back",
                "guards": "guard.ask.pin", "vouches": "guard.vouch.pin", "grouped": "group.asked"},
       refuses=(*REFUSED, CaseOver, PinTooNew, SimUnchecked)),
    *_kind("cash", quote_cash, ("agent_name", "fee", "excise", "levy", "total"), _cash_hits, pay_cash,
           told="cash_out", not_told="not_withdrawn"),
    *_kind("payment", quote_payment, ("name", *PAID), _payment_hits, pay_payment, turn=turn_cash,
           done=("arrives", "reviewed"), told="sent", not_told="not_sent"),
    *_kind("till", quote_sale, ("till_name", "fee", "excise", "levy", "total"), sale_hits, pay_the_sale,
           told="paid", not_told="not_paid"),
    Do("approvals.decline", say_no, then="approvals.declined", refuses=(RequestOver,), writes=True),
    End("approvals.declined"),
    Ask("ask.amount", "amount", AMOUNT, then="ask.phone"),
    Do("ask.phone", lambda _, values: {"phone": values["picked"]}, then="ask.ask", gives=("phone",)),
    which("ask.which", "ask.ask"),
    Do("ask.ask", ask_for_money, then="ask.done", on={NotOffered: "ask.amount", WhichOne: "ask.which"},
       refuses=(SelfPayment, AskedEnough, DeclinedTwice, TooManyLookups), writes=True),
    End("ask.done"),
)  # fmt: skip
