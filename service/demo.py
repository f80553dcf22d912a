"""The people of the demo and their short history: what they have was paid in, sent and priced like anybody's money."""

import hashlib
from base64 import b32encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from service.countries import Pack
from service.ledger.books import Books
from service.refusal import Refusal
from service.wallet.agent import add_agent, agent_by_number
from service.wallet.cash_in import cash_in, quote_cash_in
from service.wallet.operator import approve, propose
from service.wallet.people import people_at, person_by_phone, register
from service.wallet.pin import seal_pin
from service.wallet.send import quote_send, send_money
from service.wallet.staff import Staff, add_staff
from service.wallet.unit import Agent, Person, Unit


class Actor(NamedTuple):
    """Somebody in the demo."""

    phone: str
    name: str
    id_number: str
    pin: str
    shop: tuple[str, str] | None = None


DEMO_COUNTRY = "ke"

# fmt: off
PEOPLE = (
    Actor("+254711000001", "Amina Odhiambo", "11223344", "4071"),
    Actor("+254722000002", "Baraka Mwangi",  "22334455", "5182"),
    Actor("+254733000003", "Chebet Rono",    "33445566", "6293"),
    Actor("+254711000010", "Njeri Kamau",    "44556677", "7304", ("Duka la Njeri", "Nakuru")),
    Actor("+254711000011", "Achieng Otieno", "55667788", "8415", ("Mama Otieno Stores", "Kisumu")),
)
NEWCOMER = "+254799000009"
LOCKED = "+254733000003"

STAFF = (
    ("sara",   "support",  "+254700000001"),
    ("samuel", "support",  "+254700000002"),
    ("aisha",  "agents",   "+254700000003"),
    ("tariq",  "treasury", "+254700000004"),
    ("teresa", "treasury", "+254700000005"),
    ("rita",   "risk",     "+254700000006"),
    ("ravi",   "risk",     "+254700000010"),
    ("omar",   "auditor",  "+254700000007"),
    ("ada",    "admin",    "+254700000008"),
    ("adam",   "admin",    "+254700000009"),
)
PASSWORD = "counting house 2026"

FLOATS = (("100016", 5_223_700), ("100024", 120_000))
CASH_INS = (("+254711000001", 215_700), ("+254733000003", 8_000))
SENDS = (("+254711000001", "+254722000002", 20_000), ("+254722000002", "+254711000001", 5_000))
# fmt: on


class NotEmpty(Refusal):
    """There are people in this database already; the demo is not mixed with them."""


def is_demo(books: Books) -> bool:
    """Say whether the demo was ever loaded into these books: its money is nobody's, and its PINs are known."""
    return books.entry_once(f"issue:demo-{FLOATS[0][0]}") is not None


def load_demo(transact: Callable[[Callable[[Unit], None]], None], pack: Pack) -> None:
    """Open the demo's wallets and shops and play their history, three days ago; does nothing if they are there.

    Raises NotEmpty where anybody else is.
    """

    def work(unit: Unit) -> None:
        if people_at(unit, PEOPLE[0].phone):
            return
        if unit.rows.find(Person, limit=1):
            raise NotEmpty
        past = replace(unit, now=unit.now - timedelta(days=3))
        for actor in PEOPLE:
            _open(past, actor, pack)
        for number, amount in FLOATS:
            values = {"agent": number, "amount": amount, "bank_ref": f"DEMO-{number}"}
            made = propose(past, act="issue", values=values, maker="demo one")
            approve(past, approval_id=made.id, checker="demo two")
        _play(past, pack)

    transact(work)


def _open(unit: Unit, actor: Actor, pack: Pack) -> None:
    person_id = unit.mint()
    person = register(
        unit,
        person_id=person_id,
        phone=actor.phone,
        name=actor.name,
        id_number=actor.id_number,
        language=pack.languages[0],
        pin=seal_pin(unit.house, person_id, actor.pin),
        pack=pack,
        tier=2,
    )
    if actor.shop:
        add_agent(unit, phone=actor.phone, name=actor.shop[0], place=actor.shop[1])
    if actor.phone == LOCKED:
        unit.rows.put(replace(person, pin_tries=pack.pin_tries))


def _play(unit: Unit, pack: Pack) -> None:
    agent: Agent = agent_by_number(unit, FLOATS[0][0])
    keeper = unit.rows.get(Person, agent.person)
    assert keeper is not None, "an agent is a person"
    for phone, amount in CASH_INS:
        paid_in = quote_cash_in(unit, agent=agent, keeper=keeper, phone=phone, amount=amount)
        cash_in(unit, agent=agent, keeper=keeper, quote=paid_in, pack=pack)
    for payer_phone, payee_phone, amount in SENDS:
        payer = person_by_phone(unit, payer_phone)
        assert payer is not None, "the demo has opened this wallet"
        quote = quote_send(unit, payer=payer, phone=payee_phone, amount=amount)
        send_money(unit, payer=payer, quote=quote._replace(undo=0))  # the days have passed in which it waited


def load_demo_staff(transact: Callable[[Callable[[Unit], None]], None]) -> None:
    """Open the accounts of the demo's staff, whose passwords and authenticators everybody knows; once."""

    def work(unit: Unit) -> None:
        if unit.rows.get(Staff, STAFF[0][0]) is None:
            for name, role, phone in STAFF:
                add_staff(unit, name=name, role=role, phone=phone, password=PASSWORD, secret=demo_secret(name))

    transact(work)


def demo_secret(name: str) -> str:
    """Return the secret of a demo authenticator."""
    return b32encode(hashlib.sha256(f"demo {name}".encode()).digest()[:20]).decode()
