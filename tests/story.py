"""Stories: conversations as plain text, which need no Python to read or to write.

A line that is not indented says what somebody does; the indented lines below it are what they see. References and
one-time codes are different in each run: they are written REF1, CODE1, PROOF1 in the order in which they appear.

    Amina dials *384*96#            Amina types 1              Amina types PIN
    Amina's phone repeats           Amina's phone hangs up     the gateway confirms Amina's last screen
    Amina sends BAL                 Amina's inbox              after 16 minutes
    books                           the operator reverses REF1
    Amina's older talk types PIN    the operator issues 1,000 to 100016
    the operator agrees that Amina is awake
    Amina types 7 > 3 > 2           (several keys; only the last screen is told)
    Senti serves ke, ug             Nakato's number is 0772000001 in ug
    the operator makes Nakato an agent: Dduuka, Kampala
    500017 sells News for 2: Rain.  500017 sells Papers for 10, by codes A-1, B-2  the operator pauses 200014
    500017 sells News for 2 every 7 days: Rain.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from service.ledger.chart import Kind
from service.ledger.entry import Account
from service.money import read_amount, show_number
from service.phone import read_phone
from service.refusal import Refusal
from service.ussd.text import render_no
from service.wallet.agent import add_agent, agent_by_number
from service.wallet.item import load_codes, read_price, turn_sale
from service.wallet.operator import approve, propose
from service.wallet.seller_payday import put_up
from service.wallet.statement import owner_name
from service.wallet.unit import Approval, Person, Unit
from tests.phone import NUMBERS, PINS, Phone, Town, demo_settings

REFERENCE = re.compile(r"\b[2-9A-HJ-NP-Z]{10}\b")
CODE = re.compile(r"\b[1-9][0-9]{6}\b")
PROOF = re.compile(r"\b(?:[2-9A-HJ-NP-Z]{4}-){3}[2-9A-HJ-NP-Z]{4}\b")
TOKEN = re.compile(r"\b(?:REF|CODE|PROOF)[0-9]+\b")
PATH = re.compile(r"(\*[0-9]{3}\*9[67])(?:\*(.+))?#")


@dataclass
class Teller:
    """Plays a story in a town."""

    town: Town = field(default_factory=Town)
    phones: dict[str, Phone] = field(default_factory=dict)
    older: dict[str, Phone] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for who in NUMBERS:
            self.phones[who] = self.town.phone(who)
            self.phones[who].new()

    def phone(self, who: str) -> Phone:
        return self.phones[who]

    def tell(self, line: str) -> list[str]:
        """Do what a line says and return what is then seen."""
        for pattern, act in ACTS:
            if found := re.fullmatch(pattern, line):
                seen = act(self, *(self.spell_out(part or "") for part in found.groups()))
                self.town.assert_sound()
                return [self.shorten(text) for text in seen]
        raise ValueError(f"nobody knows how to do this: {line}")

    def spell_out(self, text: str) -> str:
        values = {token: value for value, token in self.tokens.items()}
        return TOKEN.sub(lambda found: values.get(found[0], found[0]), text)

    def shorten(self, text: str) -> str:
        read = self.town.app.house.references.read

        def token(kind: str, value: str) -> str:
            if value not in self.tokens:
                self.tokens[value] = f"{kind}{sum(known.startswith(kind) for known in self.tokens.values()) + 1}"
            return self.tokens[value]

        text = REFERENCE.sub(lambda found: token("REF", found[0]) if read(found[0]) else found[0], text)
        text = PROOF.sub(lambda found: token("PROOF", found[0]), text)
        return CODE.sub(lambda found: token("CODE", found[0]), text)


def _screen(phone: Phone) -> list[str]:
    return [*phone.screen.split("\n"), *(["(end)"] if phone.over else [])]


def _press(phone: Phone, who: str, keys: str) -> list[str]:
    for key in keys.split(" > "):
        if phone.over:
            return [f"(the talk is over: {key} is not typed)"]
        phone.press(PINS[who] if key == "PIN" else key)
    return _screen(phone)


def _dial(teller: Teller, who: str, dialled: str) -> list[str]:
    found = PATH.fullmatch(dialled)
    assert found, f"{dialled} is no code"
    teller.older[who] = replace(teller.phone(who))
    return _screen(teller.phone(who).dial(f"{found[1]}#", typed=found[2] or ""))


def _type(teller: Teller, who: str, keys: str) -> list[str]:
    return _press(teller.phone(who), who, keys)


def _type_in_older(teller: Teller, who: str, key: str) -> list[str]:
    return _press(teller.older[who], who, key)


def _go_on(teller: Teller, who: str, key: str) -> list[str]:
    phone = teller.older[who]
    phone.typed = f"{phone.typed}*{key}"
    return _screen(phone.hop())


def _repeat(teller: Teller, who: str) -> list[str]:
    return _screen(teller.phone(who).hop())


def _hang_up(teller: Teller, who: str) -> list[str]:
    teller.phone(who).end("Incomplete")
    return []


def _confirm(teller: Teller, who: str) -> list[str]:
    teller.phone(who).end("Success")
    return []


def _sms(teller: Teller, who: str, text: str) -> list[str]:
    phone = teller.phone(who)
    phone.new()
    phone.sms(text)
    return phone.new()


def _inbox(teller: Teller, who: str) -> list[str]:
    return teller.phone(who).new()


def _wait(teller: Teller, number: str, unit: str) -> list[str]:
    teller.town.wait(**{unit.rstrip("s") + "s": int(number)})
    return []


def _put_back(teller: Teller, number: str, unit: str) -> list[str]:
    teller.town.now -= timedelta(**{unit.rstrip("s") + "s": int(number)})
    return []


def _operate(teller: Teller, act: str, values: dict[str, Any]) -> list[str]:
    def work(unit: Unit) -> None:
        made = propose(unit, act=act, values=values, maker="one")
        approve(unit, approval_id=made.id, checker="two")

    try:
        teller.town.app.transact(work)
    except Refusal as no:
        return [render_no(teller.town.app.home.talk, no, "en")]
    return []


def _reverse(teller: Teller, reference: str) -> list[str]:
    return _operate(teller, "reverse", {"entry": teller.town.app.house.references.read(reference)})


def _issue(teller: Teller, amount: str, agent: str) -> list[str]:
    app = teller.town.app

    def country(unit: Unit) -> str:
        keeper = unit.rows.get(Person, agent_by_number(unit, agent).person)
        assert keeper is not None, "an agent is a person"
        return keeper.country

    minor = read_amount(amount, app.countries[app.read(country)].pack.currency)
    return _operate(teller, "issue", {"agent": agent, "amount": minor, "bank_ref": f"{amount} {teller.town.now}"})


def _serve(teller: Teller, countries: str) -> list[str]:
    teller.town = Town(settings=demo_settings(countries=tuple(countries.split(", "))))
    teller.__post_init__()
    return []


def _number(teller: Teller, who: str, number: str, country: str) -> list[str]:
    teller.phones[who] = teller.town.phone(read_phone(number, country.upper()))
    return []


def _make_agent(teller: Teller, who: str, shop: str, place: str) -> list[str]:
    made = teller.town.app.transact(
        lambda unit: add_agent(unit, phone=teller.phone(who).number, name=shop, place=place)
    )
    return [made.number]


def _wake(teller: Teller, who: str) -> list[str]:
    """Let one of the staff approve what an agent has noted of somebody's document."""
    person = teller.town.person(who)

    def work(unit: Unit) -> None:
        open_ = unit.rows.find(Approval, state="open")
        made = next(one for one in open_ if one.act == "identify" and one.values["person"] == person.id)
        approve(unit, approval_id=made.id, checker="two")

    teller.town.app.transact(work)
    return []


def _sell(teller: Teller, till: str, title: str, price: str, days: str, text: str, codes: str) -> list[str]:
    """Put content up for sale, as `senti content` does."""
    app = teller.town.app
    fine = read_price(price, app.home.pack.currency)
    assert fine, f"{price} is no price"

    def work(unit: Unit) -> str:
        kind = "code" if codes else "metered" if days == "page" else "subscription" if days else "text"
        item = put_up(
            unit, till=till, kind=kind, title=title, price=fine, days=int(days) if days.isdigit() else 30, text=text
        )
        load_codes(unit, item, codes.split(", ") if codes else [])
        return item.code

    try:
        return [app.transact(work)]
    except Refusal as no:
        return [render_no(app.home.talk, no, "en")]


def _pause(teller: Teller, code: str) -> list[str]:
    try:
        teller.town.app.transact(lambda unit: turn_sale(unit, code, "paused"))
    except Refusal as no:
        return [render_no(teller.town.app.home.talk, no, "en")]
    return []


def _books(teller: Teller) -> list[str]:
    def look(unit: Unit) -> list[str]:
        lines = []
        for account, balance in unit.books.balances():
            if balance:
                sign, currency = "-" if balance < 0 else "", unit.house.packs[account.country].currency
                lines.append(f"{_called(unit, account)} {sign}{show_number(abs(balance), currency)}")
        return sorted(lines)

    return teller.town.app.read(look)


def _called(unit: Unit, account: Account) -> str:
    if account.kind == Kind.WALLET:
        return owner_name(unit, account).split()[0]
    return f"{account.kind} {account.owner}" if account.kind in (Kind.FLOAT, Kind.COMMISSION) else str(account.kind)


ACTS: tuple[tuple[str, Callable[..., list[str]]], ...] = (
    (r"(\w+) dials (\*[0-9*]+#)", _dial),
    (r"(\w+) types(?: (.*))?", _type),
    (r"(\w+)'s older talk types (.+)", _type_in_older),
    (r"(\w+)'s older talk goes on with (.+)", _go_on),
    (r"(\w+)'s phone repeats", _repeat),
    (r"(\w+)'s phone hangs up", _hang_up),
    (r"the gateway confirms (\w+)'s last screen", _confirm),
    (r"(\w+) sends (.+)", _sms),
    (r"(\w+)'s inbox", _inbox),
    (r"after ([0-9]+) (seconds?|minutes?|hours?|days?)", _wait),
    (r"the clock is put back by ([0-9]+) (seconds?|minutes?|hours?|days?)", _put_back),
    (r"the operator reverses (\w+)", _reverse),
    (r"the operator makes (\w+) an agent: (.+), (\w+)", _make_agent),
    (r"Senti serves ([a-z]{2}(?:, [a-z]{2})*)", _serve),
    (r"(\w+)'s number is ([0-9]+) in ([a-z]{2})", _number),
    (r"the operator issues ([0-9,]+) to ([0-9]+)", _issue),
    (r"the operator agrees that (\w+) is awake", _wake),
    (r"([0-9]{6}) sells (.+?) for ([0-9.]+)(?: every ([0-9]+|page)(?: days)?)?(?:: (.+)|, by codes (.+))", _sell),
    (r"the operator pauses ([0-9]{6})", _pause),
    (r"books", _books),
)


def retell(text: str, teller: Teller | None = None) -> Iterator[str]:
    """Play the story and yield it as it happened: what was done, and what was really seen."""
    teller = teller or Teller()
    for line in text.splitlines():
        if line.startswith(" "):
            continue
        yield line
        if line and not line.startswith("#"):
            yield from (f"    {seen}" for text in teller.tell(line) for seen in text.split("\n"))
