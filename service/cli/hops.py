"""How many hops a payment takes: walked on the demo's phones, in memory, by somebody who reads each screen.

A hop is one request of the gateway: the dial is the first, and the one with the PIN, whose answer is the receipt, is
the last. Today's services need 6 or 7 of them (money-facts).
"""

import secrets
from statistics import median_high
from typing import NamedTuple

from service.app import App, make_app
from service.demo import PEOPLE, Actor, load_demo
from service.gateways.simulator import Simulator
from service.ledger.chart import Reason
from service.phone import national
from service.settings import Settings
from service.storage.memory import MemoryStore
from service.wallet.name import masked
from service.wallet.people import choose_language, person_by_phone
from service.wallet.unit import Unit

LANGUAGES = ("en", "sw", "fr")
AMOUNTS = ("10", "11", "12")
"""Another one each time: the same payment again would be asked about. Shops are known once they are paid; first
payments to other people are still on their way, so that they stay new."""


class Walk(NamedTuple):
    """One payment: requests of the gateway, and keys pressed behind the dialled code."""

    hops: int
    keys: int


class Hops(NamedTuple):
    """All payments between the demo's people, in each language: to those paid before, and to new ones."""

    known: list[Walk]
    new: list[Walk]


def walk_all() -> Hops:
    """Let everybody of the demo who can pay anybody pay each of the others, once in each language."""
    app = make_app(Settings(mode="demo", pin_memory_kib=8, countries=("ke",)), store=MemoryStore())
    load_demo(app.transact, app.home.pack)
    found = Hops([], [])
    for language, amount in zip(LANGUAGES, AMOUNTS, strict=True):
        for payer in PEOPLE[:2]:
            _speak(app, payer, language)
            for payee in (actor for actor in PEOPLE if actor is not payer):
                known, walk = _walk(app, payer, payee, amount)
                (found.known if known else found.new).append(walk)
    return found


def in_words(found: Hops) -> str:
    """Return the medians in one sentence."""
    parts = [
        f"{whom} person {median_high(walk.hops for walk in walks)} hops and {median_high(walk.keys for walk in walks)} "
        f"keys (median of {len(walks)})"
        for whom, walks in (("a known", found.known), ("a new", found.new))
    ]
    return f"to pay, counted from the dial to the PIN: {', '.join(parts)}"


def _walk(app: App, payer: Actor, payee: Actor, amount: str) -> tuple[bool, Walk]:
    """Pay, and say whether the payee was offered by name."""
    gateway = app.gateways["simulator"]
    assert isinstance(gateway, Simulator)
    call = {"session": secrets.token_hex(8), "phone": payer.phone, "code": app.home.pack.people_code}
    typed: list[str] = []

    def hop(**fields: str) -> str:
        form = {name: [value] for name, value in {**call, **fields}.items()}
        return app.behind.dial(gateway.read_dial(form))[0]

    before, screen, known = _payments(app), hop(), False
    while payer.pin not in typed:
        assert len(typed) < 12, f"the walk does not end: {screen}"
        offered = [line[0] for line in screen.splitlines() if line[1:].strip() == masked(payee.name)]
        known = known or (len(typed) == 1 and bool(offered))
        whom = offered[0] if offered else national(payee.phone)
        typed.append(payer.pin if "PIN:" in screen else ("1", whom, amount, *"1" * 12)[len(typed)])
        screen = hop(input=typed[-1])
    assert _payments(app) == before + 1, f"nothing was paid: {screen}"
    return known, Walk(1 + len(typed), sum(map(len, typed)))


def _payments(app: App) -> int:
    return app.read(lambda unit: sum(entry.reason == Reason.SEND for entry in unit.books.entries()))


def _speak(app: App, payer: Actor, language: str) -> None:
    def work(unit: Unit) -> None:
        person = person_by_phone(unit, payer.phone)
        assert person is not None
        choose_language(unit, person, language)

    app.transact(work)
