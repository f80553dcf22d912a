"""Steps that several flows share."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from menus.call import Call
from menus.fields import PIN
from service.countries import Rule, most_payable
from service.phone import national, number_of
from service.refusal import Refusal
from service.ussd.screens import Act, Ask, Choice, Do, End, Screen, Values
from service.wallet.account import counted_out, wallet_of
from service.wallet.agent import agent_of
from service.wallet.due import bring_up_to_date
from service.wallet.halt import refuse_halted
from service.wallet.limits import limits_of
from service.wallet.offer import Offer
from service.wallet.pin import PinLocked, WrongPin, refuse_locked, unlock
from service.wallet.rules import ASKING, delays, note_delayed, refuse_or_ask, review_seconds, to_note
from service.wallet.takings import purse
from service.wallet.unit import Agent

NUMBER_LIKE = 6
"""An amount of fewer digits than an agent's number has is no number that slipped into the wrong field."""


class NumberLike(Refusal):
    """The amount is written like a number of this talk: a telephone's, whole or in part, or an agent's (F-07)."""


SLIPS = (*ASKING, NumberLike)
"""With these a payment goes on when the person says that it is meant."""


def may_pay(call: Call, service: str, till: str = "") -> Mapping[str, Any]:
    """Turn away who may not pay before they type, and say what they have and may still pay at once today.

    Where a till is named, it is what the till has.
    """
    unit, person = call.unit, call.caller
    refuse_locked(unit, person)
    refuse_halted(unit, person.country)
    unit.books.ahead(wallet_of(person), *counted_out(person, unit.now, call.pack))
    bring_up_to_date(unit, person)
    balance, limits = unit.books.balance(purse(unit, person, till)), limits_of(unit, person)
    return {"balance": balance, "most_now": most_payable(call.pack, service, balance, unit.now, most=limits.at_once)}


def may_work(call: Call, _: Values) -> None:
    """Turn somebody with a locked PIN away before they type."""
    refuse_locked(call.unit, call.caller)


def check_pin(call: Call, values: Values) -> Refusal | None:
    """Unlock the caller for the rest of this turn, or count a wrong PIN."""
    result = unlock(call.unit, call.caller.id, values["pin"])
    return result if isinstance(result, Refusal) else None


def speak(language: str) -> Act:
    """Return a step that makes the rest of the talk be in this language."""
    return lambda *_: {"language": language}


def look_twice(found: Callable[[Call, Values], Sequence[Rule]], *, agreed: bool = False) -> Act:
    """Return the step before a PIN that asks about what a rule of the country hits, or goes on as was agreed to."""

    def act(call: Call, values: Values) -> Mapping[str, Any]:
        rules = found(call, values)
        stop_or_ask(call, values["quote"], rules, agreed=agreed)
        if not agreed:
            ask_if_number(call, values, values["quote"]["amount"])
        return looked_at(values["quote"], rules)

    return act


def stop_or_ask(call: Call, quote: Mapping[str, Any], found: Sequence[Rule], *, agreed: bool = False) -> None:
    """Raise what a rule says to a payment that was quoted; staff get the case of one that has to wait."""
    if delays(found):
        other = quote.get("payee") or quote.get("person") or _keeper(call, quote["agent"])
        amount = quote["amount"]
        note_delayed(call.unit, found, person=call.caller, entry=quote["entry"], other=other, amount=amount)
    refuse_or_ask(call.unit, found, agreed=agreed)


def _keeper(call: Call, number: str) -> int:
    """Return who keeps a shop; the caller, where it is none yet (a voucher)."""
    shop = call.unit.rows.get(Agent, number)
    return shop.person if shop else call.caller.id


def ask_if_number(call: Call, values: Values, amount: int) -> None:
    """Raise NumberLike if a number of this talk, a telephone's, an agent's or a till's, may be typed as the amount."""
    whole, cents = divmod(amount, 10**call.pack.currency.exponent)
    digits = "" if cents or len(str(whole)) < NUMBER_LIKE else str(whole)
    phones = [number_of(phone) for phone in (call.phone, values.get("phone"), values.get("voucher_for")) if phone]
    agents = [
        number for number in (call.agent and call.agent.number, values.get("agent"), values.get("till")) if number
    ]
    known = [*(phone.removeprefix("+") for phone in phones), *(national(phone).lstrip("0") for phone in phones)]
    if digits and (digits in agents or any(number.startswith(digits) or number.endswith(digits) for number in known)):
        raise NumberLike


def looked_at(quote: Mapping[str, Any], found: Sequence[Rule]) -> Mapping[str, Any]:
    """Return what is kept of rules that hit a payment: whom staff hear of, and the quote, which may wait for them."""
    wait = review_seconds(found)
    return {"rules": to_note(found), "quote": {**quote, "undo": max(quote["undo"], wait)} if wait else quote}


PRICED = ("amount", "fee", "excise", "levy", "total", "pays", "cash", "cash_paid", "cash_only", "may_turn")
"""What is shown of the price of a payment before its PIN."""


def priced(offer: Offer) -> Mapping[str, Any]:
    """Return the price of a payment, and what cash costs the payee: as it could be paid too, is paid, or is said."""
    quoted = offer.quote
    costs = "cash_paid" if offer.cash_paid else "cash" if offer.may_pay_cash else "cash_only"
    return {
        "amount": quoted.amount,
        "fee": quoted.charge.published,
        "excise": quoted.excise,
        "levy": quoted.levy,
        "total": quoted.total,  # for the release before, which may serve the next hop
        "pays": quoted.total,
        **dict.fromkeys(("cash", "cash_paid", "cash_only"), 0),
        costs: offer.cash,
        "may_turn": offer.cash_paid or offer.may_pay_cash,
    }


def arrival(call: Call, values: Values, paid_at: datetime) -> Mapping[str, str]:
    """Return when a payment arrives that its payer can take back, or that staff alone look at; nothing if it has."""
    quote = values["quote"]
    at = (paid_at + timedelta(seconds=quote["undo"])).isoformat() if quote["undo"] else ""
    # What a shop was paid waits only where a rule has hit it.
    by_staff = bool(at and values.get("rules")) and agent_of(call.unit, quote["payee"]) is not None
    return {"arrives": "" if by_staff else at, "reviewed": at if by_staff else ""}


def by_pin(
    screen: str,
    act: Act,
    then: str,
    *,
    gives: tuple[str, ...] = (),
    refuses: tuple[Any, ...],
    choices: tuple[Choice, ...] = (),
    **more: Any,
) -> Sequence[Screen]:
    """Return the screens of something that takes the PIN, and what it leads to."""
    return (
        Ask(f"{screen}.pin", "pin", PIN, then=f"{screen}.unlock", secret=True, choices=choices),
        Do(f"{screen}.unlock", check_pin, then=f"{screen}.do", on={WrongPin: f"{screen}.pin"}, refuses=(PinLocked,),
           unlocks=True),
        Do(f"{screen}.do", act, then=then, gives=gives, refuses=refuses, writes="posts" not in more, **more),
        End(then),
    )  # fmt: skip
