"""What people may write to Senti by SMS: a table of words, and what each does.

Any language's word works; the reply is in the person's language. A message never moves money by itself, and a PIN in
a message is never looked at: the message is refused and its text forgotten.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from menus.account import read_limits
from menus.call import Call
from menus.funds import read_counted
from menus.sms_answer import (
    TO,
    Answer,
    DialToChoose,
    NotAPayment,
    NotATill,
    NotRegistered,
    NotUnderstood,
    PinInMessage,
    SharedPhone,
    amount_of,
    has_pin,
    is_phone,
    money_in,
    phone_of,
    several,
    to_dial,
)
from menus.sms_content import buy_content, complain_of, stop
from menus.sms_kept import groups, saved, standing_orders
from menus.sms_order import pay_bill, top_up
from menus.sms_shop import accept, decline
from menus.stop import STOP
from service.clock import day
from service.countries import cash_cost
from service.gsm7 import clip, downgrade
from service.money import Currency, read_amount, show_number
from service.phone import mask_phone, national, read_phone
from service.refusal import Refusal
from service.wallet.account import wallet_of
from service.wallet.challenge import answer_by_sms, ask_by_sms, ask_pay_by_sms
from service.wallet.check import check_receipt
from service.wallet.due import bring_up_to_date
from service.wallet.idle import refuse_asleep
from service.wallet.known import shown
from service.wallet.name import masked
from service.wallet.nickname import BadNickname, both, called, give_nickname, nicknames_of, paid_at, read_nickname
from service.wallet.people import WhichOne
from service.wallet.report import report_overcharge
from service.wallet.statement import balance_of, statement
from service.wallet.till import read_till_number
from service.wallet.undo import NothingToUndo, can_undo, may_mean_another, take_back
from service.wallet.unit import Person

LATE = timedelta(hours=24)
"""A message that was under way for longer is not carried out (M-04)."""

MINI_LINES = 4


Act = Callable[[Call, str], Answer | Refusal]


@dataclass(frozen=True)
class Command:
    """One command: its words in every language, what it takes, what it does, and who may use it."""

    words: tuple[str, ...]
    act: Act
    takes_text: bool = False
    for_anyone: bool = False
    for_sharers: bool = False
    """It asks nothing of a wallet, and tells nothing of one: several who share a number may use it."""


def _balance(call: Call, _: str) -> Answer:
    bring_up_to_date(call.unit, call.caller)
    return Answer("balance", {"balance": balance_of(call.unit, call.caller), "at": call.unit.now.isoformat()})


def _limits(call: Call, _: str) -> Answer:
    higher = any(tier > call.caller.tier for tier in call.pack.tiers)
    return Answer("limits", {**read_limits(call, {}), "next_help": call.pack.help_line if higher else ""})


def _mini(call: Call, _: str) -> Answer:
    bring_up_to_date(call.unit, call.caller)
    items = statement(call.unit, wallet_of(call.caller), limit=MINI_LINES)
    lines = []
    for item in items:
        sign = "-" if item.amount < 0 else "+"
        shown = f"{sign}{show_number(abs(item.amount), call.pack.currency)}"
        other = clip(downgrade(item.other_shown), 10)
        lines.append(f"{day(item.at, call.pack.zone):%d/%m} {shown} {other}".rstrip())
    return Answer("mini", {"lines": ", ".join(lines)}) if lines else Answer("mini_empty", {})


def _proof(call: Call, _: str) -> Answer:
    return Answer("proof", read_counted(call))


def _help(call: Call, _: str) -> Answer:
    return Answer("help", {"service_code": call.pack.people_code, "help_line": call.pack.help_line})


def _check(call: Call, text: str) -> Answer | Refusal:
    if not text:
        raise NotUnderstood
    found = check_receipt(call.unit, call.phone, text)
    if isinstance(found, Refusal):
        return found
    payer, payee = found.parties
    values = {"reference": found.reference, "amount": found.amount, "payer": payer, "payee": payee}
    values |= {"refund": found.levy_returned}
    times = {"at": found.at.isoformat(), "until": (found.until or found.at).isoformat()}
    return Answer(f"check_{found.state}", values | times)


def _undo(call: Call, text: str) -> Answer:
    """Take back the payment that is named, or the only one that can be meant: a forger gains nothing by it."""
    rows = can_undo(call.unit, call.caller)
    named = call.unit.house.references.read(text) if text else None
    payment = named if text else rows[0].id if rows else None
    if payment is None:
        raise NothingToUndo
    if not text and may_mean_another(call.unit, call.caller, rows[0]):
        people = {one.id: one for one in call.unit.rows.find(Person, id=[row.payee for row in rows])}
        write = call.unit.house.references.write
        lines = [f"{write(row.id)} {amount_of(call, row.amount, people[row.payee])}" for row in rows]
        return Answer("undo_which", {"several": several(lines), "service_code": call.pack.people_code})
    take_back(call.unit, call.caller, payment)
    # The receipt that goes to both sides is the answer.
    return Answer("", {})


def _report(call: Call, _: str) -> Answer:
    found = report_overcharge(call.unit, *([call.person] if call.person else call.sharers))
    return Answer("reported", {"reference": found.case, "agent": found.agent, "original": found.reference})


@lru_cache
def _send_to(currency: Currency) -> re.Pattern[str]:
    return re.compile(rf"{money_in(currency)}[\s:,]+(?:(?:{TO})\s+|le\s*)?(\+?[0-9].*|[a-z]{{2,7}})", re.I)


def _send(call: Call, text: str) -> Answer | Refusal:
    found = _send_to(call.pack.currency).fullmatch(text)
    if not found:
        raise NotAPayment
    if is_phone(found[1], call):
        raise NotAPayment
    first, _, rest = found[2].partition(" ")
    if first.isdigit() and is_phone(rest, call):
        raise NotAPayment  # `1 000 0722000002`: what stands between may belong to the amount, and is not guessed at
    amount = read_amount(found[1].rstrip(".,"), call.pack.currency)
    phone = _payee(found[2], call)
    bring_up_to_date(call.unit, call.caller)
    try:
        asked = ask_by_sms(call.unit, payer=call.caller, phone=phone, amount=amount, pack=call.pack)
    except Refusal as no:  # a number that was looked up stays counted, whatever came of it
        return DialToChoose(service_code=call.pack.people_code) if isinstance(no, WhichOne) else no
    quote = asked.quote
    whom = both(nicknames_of(call.unit, call.caller).get(quote.payee, ""), quote.name)
    values = {"amount": amount, "name": quote.name, "whom": whom, "number": mask_phone(phone)}
    values |= {"fee": quote.charge.total, "total": quote.total, "cash": cash_cost(call.pack, amount, call.unit.now)}
    if asked.by_code:
        values |= {"challenge": quote.entry, "minutes": max(1, call.pack.challenge_seconds // 60)}
        return Answer("ask_code", values, seconds=call.pack.challenge_seconds)
    near_name, near_number = shown(asked.near) if asked.near else ("", "")
    near = {"near_name": near_name, "near_number": near_number, "new_number": mask_phone(phone) if asked.near else ""}
    return Answer("ask_dial", values | near | {"dial": to_dial(call, "1", national(phone), amount=amount)})


@lru_cache
def _pay_to(currency: Currency) -> re.Pattern[str]:
    return re.compile(rf"([0-9]+)[\s:,]+{money_in(currency)}(\s.*)?", re.I)


def _pay(call: Call, text: str) -> Answer | Refusal:
    """Quote a payment at a till: `PAY 500017 250`."""
    found = _pay_to(call.pack.currency).fullmatch(text)
    if found and found[3] and has_pin(found[3]):
        raise PinInMessage
    if not found or found[3]:
        raise NotATill
    till, amount = read_till_number(found[1]), read_amount(found[2].rstrip(".,"), call.pack.currency)
    bring_up_to_date(call.unit, call.caller)
    try:
        quote, by_code = ask_pay_by_sms(call.unit, payer=call.caller, till=till, amount=amount, pack=call.pack)
    except Refusal as no:
        return no  # the network stays asked about the SIM, whatever came of it
    values = {"amount": amount, "till_name": quote.name, "till": till}
    values |= {"fee": quote.charge.total, "total": quote.total}
    if by_code:
        values |= {"challenge": quote.entry, "minutes": max(1, call.pack.challenge_seconds // 60)}
        return Answer("pay_code", values, seconds=call.pack.challenge_seconds)
    return Answer("pay_dial", values | {"dial": to_dial(call, "3", till, amount=amount)})


def _name(call: Call, text: str) -> Answer:
    """Give somebody who was paid a nickname: `NAME MAMA 0722000002`."""
    nick, _, number = text.partition(" ")
    if not number:
        raise BadNickname
    try:
        other = paid_at(call.unit, call.caller, read_phone(number, call.pack.region))
    except WhichOne:
        raise DialToChoose(service_code=call.pack.people_code) from None
    name = read_nickname(nick)
    give_nickname(call.unit, call.caller, other.id, name)
    return Answer("named", {"name": masked(other.name), "number": mask_phone(other.phone), "nick": name})


def _payee(text: str, call: Call) -> str:
    return called(call.unit, call.caller, text).address if text.isalpha() else phone_of(text, call)


COMMANDS = (
    Command(("bal", "balance", "salio", "solde", "balansi", "asigaye", "saura", "qeri"), _balance),
    Command(("send", "tuma", "envoyer", "weereza", "wereza", "ohereza", "tura", "lak"), _send, takes_text=True),
    Command(("pay", "lipa", "payer", "sasula", "ishyura", "biya", "kifel", "kfel"), _pay, takes_text=True),
    Command(("buy", "nunua", "acheter", "gula", "gura", "saya", "giza", "gza"), buy_content, takes_text=True),
    Command(("airtime", "muda", "credit", "katin", "ayer", "yeayer"), top_up, takes_text=True),
    Command(("bill", "bili", "facture", "bbiiru", "biiru", "fagitire", "bil", "hisab"), pay_bill, takes_text=True),
    Command(("savings", "akiba", "epargne", "okutereka", "kuzigama", "ajiya", "quteba"), saved),
    Command(("groups", "group", "vikundi", "groupes", "ebibiina", "amatsinda", "kungiyoyi", "mahber"), groups),
    Command(("orders", "malipo", "ordres", "ebiragiro", "burigihe", "kullum", "qwami"), standing_orders),
    Command(("mini", "taarifa", "releve", "sitatimenti", "ibyakozwe", "bayani", "zirzir", "zrzr"), _mini),
    Command(("limits", "limit", "vikomo", "limites", "kkomo", "ekkomo", "imipaka", "iyaka", "gedeb"), _limits),
    Command(("check", "hakiki", "verifier", "kebera", "genzura", "duba", "aregagit", "aregagt"), _check,
            takes_text=True, for_anyone=True),
    Command(("report", "ripoti", "signaler", "loopa", "rega", "korafi", "tikoma", "tqoma"), _report, for_sharers=True),
    Command(("complain", "complaint", "lalamika", "plainte", "weemulugunye", "ikirego", "koka", "qreta"), complain_of,
            takes_text=True),
    Command(("undo", "rudisha", "reprendre", "komyawo", "garura", "maido", "mels"), _undo, takes_text=True),
    Command(("proof", "uthibitisho", "preuve", "obukakafu", "gihamya", "hujja", "masreja", "masrja"), _proof),
    Command(("name", "jina", "nom", "erinnya", "izina", "suna", "sim"),  _name, takes_text=True),
    Command(("help", "msaada", "aide", "buyambi", "obuyambi", "ubufasha", "taimako", "erdata"), _help, for_anyone=True),
    Command(STOP, stop, takes_text=True, for_anyone=True),
    Command(("accept", "kubali", "accepter", "kkiriza", "emera", "yarda", "ishi", "eshi"), accept, takes_text=True),
    Command(("decline", "kataa", "refuser", "gaana", "anga", "hana", "ay"), decline),
)  # fmt: skip
"""Amharic words as they are typed on Latin keys, and as `downgrade` writes what is typed in Ethiopic letters."""

BY_WORD = {word: command for command in COMMANDS for word in command.words}


def plain(text: str) -> str:
    """Return the first line of a message in ASCII letters, or raise NotUnderstood: look-alikes are not guessed at."""
    line = next((line for line in unicodedata.normalize("NFKC", text).splitlines() if line.strip()), "")
    line = " ".join(downgrade(line).split()).strip(" .,;:!?\"'")
    line = "".join(
        letter for sign in line for letter in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(letter)
    )
    if not line or not line.isascii() or len(line) > 160:
        raise NotUnderstood
    return line


def understand(call: Call, text: str) -> Answer | Refusal:
    """Do what a message asks and return the reply; a returned refusal has counted something that must be kept."""
    line = plain(text)
    word, _, rest = line.partition(" ")
    rest = rest.strip(" .,;:!?")
    if any(re.fullmatch(r"(?:pin\W*)?[0-9]{4}", other.strip(), re.I) for other in text.splitlines()):
        raise PinInMessage
    if re.fullmatch("[0-9]{3}[ -]?[0-9]{4}", line):
        return _answer_code(call, re.sub("[ -]", "", line))
    command = BY_WORD.get(word.rstrip(".,;:!?").lower())
    if command is None:
        raise NotUnderstood
    if call.sharers and not (command.for_anyone or command.for_sharers):
        raise SharedPhone(service_code=call.pack.people_code)
    if call.person is None and not (command.for_anyone or call.sharers):
        raise NotRegistered(service_code=call.pack.people_code)
    if call.person and not command.for_anyone:
        refuse_asleep(call.unit, call.person)
    if rest and not command.takes_text:
        raise PinInMessage if has_pin(rest) else NotUnderstood
    if command.act is _check and re.search(r"\s[0-9]{4}$", rest) and len(rest) > 12:
        raise PinInMessage
    return command.act(call, rest)


def _answer_code(call: Call, code: str) -> Answer | Refusal:
    if call.sharers:
        raise SharedPhone(service_code=call.pack.people_code)
    if call.person is None:
        raise NotRegistered(service_code=call.pack.people_code)
    refuse_asleep(call.unit, call.person)
    paid = answer_by_sms(call.unit, payer=call.person, code=code, pack=call.pack)
    # The receipt that goes to both sides is the answer.
    return paid if isinstance(paid, Refusal) else Answer("", {})


STRANGE = (NotUnderstood, NotRegistered)
"""Refusals of text that is no command here: three replies an hour, against loops with robots (M-05)."""
