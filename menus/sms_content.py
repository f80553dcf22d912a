"""What people write about content: BUY and a code, the second yes to a subscription, and STOP."""

from menus.call import Call
from menus.sms_answer import Answer, NotRegistered, NotUnderstood, PinInMessage, SharedPhone, has_pin, several
from menus.stop import ALL
from service.wallet.buy import delivery, owned
from service.wallet.challenge import ask_buy_by_sms
from service.wallet.complaint import complain
from service.wallet.due import bring_up_to_date
from service.wallet.item import item_of, read_item_code
from service.wallet.meter import stop_all_meters, stop_meter
from service.wallet.notice import stop_news
from service.wallet.subscription import begin, end, end_all, quote_begin, subscriptions_of


def buy_content(call: Call, text: str) -> Answer:
    """Quote what is sold under a code, `BUY 200014`, or hand out again what was bought of it."""
    code = _code(text)
    bring_up_to_date(call.unit, call.caller)
    if mine := owned(call.unit, call.caller, code):
        return Answer(*delivery(call.unit, call.caller, item_of(call.unit, code), mine))
    quote, by_code = ask_buy_by_sms(call.unit, buyer=call.caller, code=code, pack=call.pack)
    values = {"title": quote.title, "till_name": quote.name, "till": quote.till, "price": quote.price}
    if by_code:
        values |= {"challenge": quote.entry, "minutes": max(1, call.pack.challenge_seconds // 60)}
        return Answer("buy_code", values, seconds=call.pack.challenge_seconds)
    return Answer("buy_dial", values | {"dial": f"{call.pack.people_code.rstrip('#')}*3*2*{code}#"})


def stop(call: Call, text: str) -> Answer:
    """End messages; with ALL every subscription too, and with a code that one alone."""
    if text and call.sharers:
        raise SharedPhone(service_code=call.pack.people_code)
    if text and text.lower() not in ALL:
        if call.person is None:
            raise NotRegistered(service_code=call.pack.people_code)
        code = _code(text)
        if not stop_meter(call.unit, call.person, code):
            end(call.unit, person=call.person, code=code)
        return Answer("", {})  # what says that it has ended is the answer
    stop_news(call.unit, call.phone)
    stopped = stop_all_meters(call.unit, call.person) if text and call.person else 0
    if call.person is None or not (rows := subscriptions_of(call.unit, call.person)):
        return Answer("stopped", {})
    if text:
        return Answer("stopped_all", {"entries": stopped + end_all(call.unit, call.person)})
    lines = [f"{item_of(call.unit, row.item).title} {row.item}" for row in rows if row.state == "active"]
    return Answer("stopped_but", {"several": several(lines)}) if lines else Answer("stopped", {})


def say_yes(call: Call, text: str) -> Answer:
    """Begin a subscription that was asked for under the PIN: `ACCEPT 200014`."""
    bring_up_to_date(call.unit, call.caller)
    quote = quote_begin(call.unit, person=call.caller, code=_code(text))
    begin(call.unit, person=call.caller, quote=quote)
    return Answer("", {})  # the receipt is the answer


def complain_of(call: Call, text: str) -> Answer:
    """Note a complaint about what was bought or used under a code: `COMPLAIN 200014`."""
    till = complain(call.unit, call.caller, _code(text))
    return Answer("complained", {"till": till.number, "till_name": till.name, "help_line": call.pack.help_line})


def _code(text: str) -> str:
    """Read the code behind a word; other words there are not guessed at."""
    if has_pin(text):
        raise PinInMessage
    if not any(sign.isdigit() for sign in text):
        raise NotUnderstood
    return read_item_code(text)
