"""Random lives of a small country, told to the engines and to a ledger of a page that shares no code with them."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Cap, Ceiling
from service.ledger.post import hold, post, release, reverse
from service.refusal import Refusal
from service.storage.store import Store
from tests.ledger.shop import FEES, FLOAT, NOON, balance, entry, fund, send, wallet

PEOPLE = [wallet(number) for number in range(4)]
START = 300


@dataclass
class Model:
    """The reference: balances, what was sent today, and what has happened, in plain dictionaries."""

    left: dict[Any, int] = field(default_factory=lambda: {**dict.fromkeys(PEOPLE, START), FLOAT: 1_000_000, FEES: 0})
    sent: dict[Any, int] = field(default_factory=dict)
    paid: dict[int, tuple[Any, Any, int, int]] = field(default_factory=dict)
    holds: dict[int, tuple[Any, int]] = field(default_factory=dict)
    ended: dict[int, str] = field(default_factory=dict)
    undone: set[int] = field(default_factory=set)

    def send(self, entry_id: int, source: Any, target: Any, amount: int, fee: int, most: int, cap: int) -> str:
        if self.left[source] < amount + fee:
            return "not_enough"
        if self.left[target] + amount > most:
            return "too_full"
        if self.sent.get(source, 0) + amount > cap:
            return "over_cap"
        self.left[source] -= amount + fee
        self.left[target] += amount
        self.left[FEES] += fee
        self.sent[source] = self.sent.get(source, 0) + amount
        self.paid[entry_id] = (source, target, amount, fee)
        return "posted"

    def hold(self, entry_id: int, source: Any, amount: int) -> str:
        if self.left[source] < amount:
            return "not_enough"
        self.left[source] -= amount
        self.holds[entry_id] = (source, amount)
        return "posted"

    def end(self, hold_id: int, how: str) -> str:
        if hold_id in self.ended:
            return f"already_done {self.ended[hold_id]}"
        source, amount = self.holds[hold_id]
        self.left[source if how == "release" else FLOAT] += amount
        self.ended[hold_id] = how
        return "posted"

    def undo(self, entry_id: int) -> str:
        if entry_id in self.undone:
            return "already_done reverse"
        source, target, amount, fee = self.paid[entry_id]
        if self.left[target] < amount:
            return "not_enough"
        self.left[source] += amount + fee
        self.left[target] -= amount
        self.left[FEES] -= fee
        self.undone.add(entry_id)
        return "posted"


def said(work: Callable[[], Any]) -> str:
    """Return what came of it in a word or two."""
    try:
        work()
    except Refusal as refusal:
        return f"{refusal.code} {refusal.said.get('reason', '')}".strip()
    return "posted"


class Life:
    """One life: each step is told to both sides, and both must say the same."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.dice, self.model, self.last = store, random.Random(seed), Model(), 1000

    def step(self) -> tuple[str, str]:
        self.last += self.dice.choice([1, 1, 1, 7])
        steps = [self.pay] * 5 + [self.set_aside] * 2
        if self.model.holds:
            steps += [self.end] * 2
        if self.model.paid:
            steps += [self.undo, self.repeat]
        return self.dice.choice(steps)()

    def post(self, work: Callable[[Any], Any]) -> str:
        return said(lambda: self.store.transact(work))

    def recorded(self, entry_id: int) -> Recorded:
        found = self.store.read(lambda tx: tx.books.entry(entry_id))
        assert found is not None
        return found

    def pay(self) -> tuple[str, str]:
        dice, number = self.dice, self.last
        (source, target), amount, fee = dice.sample(PEOPLE, 2), dice.choice([1, 50, 120, 299]), dice.choice([0, 3])
        most, cap = dice.choice([400, 10_000]), dice.choice([250, 10_000])
        guards: dict[str, Any] = {
            "ceilings": [Ceiling(target, most)],
            "caps": [Cap(f"sent:{source.owner}", amount, cap)],
        }
        asked = send(number, source, target, amount, fee=fee, **guards)
        # A ceiling below what is there already refuses nothing but growth, and a payment always grows.
        return self.post(lambda tx: post(tx.books, asked)), self.model.send(
            number, source, target, amount, fee, most, cap
        )

    def set_aside(self) -> tuple[str, str]:
        number, source, amount = self.last, self.dice.choice(PEOPLE), self.dice.choice([1, 100, 250])
        told = self.post(lambda tx: hold(tx.books, entry_id=number, at=NOON, source=source, amount=amount))
        return told, self.model.hold(number, source, amount)

    def end(self) -> tuple[str, str]:
        number, hold_id = self.last, self.dice.choice(list(self.model.holds))
        held = self.recorded(hold_id)
        if self.dice.random() < 0.5:
            told = self.post(lambda tx: release(tx.books, entry_id=number, at=NOON, held=held))
            return told, self.model.end(hold_id, "release")
        move = held.moves[0]
        paid_out = entry(number, (move.target, FLOAT, move.amount, Reason.WITHDRAW), once=f"resolve:{hold_id}")
        return self.post(lambda tx: post(tx.books, paid_out)), self.model.end(hold_id, "withdraw")

    def undo(self) -> tuple[str, str]:
        number, entry_id = self.last, self.dice.choice(list(self.model.paid))
        original = self.recorded(entry_id)
        told = self.post(lambda tx: reverse(tx.books, original, entry_id=number, at=NOON))
        return told, self.model.undo(entry_id)

    def repeat(self) -> tuple[str, str]:
        found = self.recorded(self.dice.choice(list(self.model.paid)))
        again = entry(found.id, *found.moves, reason=found.reason, once=found.once)
        result = self.store.transact(lambda tx: post(tx.books, again))
        return f"repeated {result.repeated}", "repeated True"


@pytest.mark.parametrize("seed", range(12))
def test_L_03_engines_and_the_page_ledger_tell_one_story(store: Store, seed: int) -> None:
    """After every step the answers are equal, and at the end every balance is; a failing seed replays exactly."""
    fund(store, {FLOAT: 0, **dict.fromkeys(PEOPLE, START)})
    life = Life(store, seed)
    for number in range(80):
        told, wanted = life.step()
        assert told == wanted, f"seed {seed}, step {number}"
    left = life.model.left
    assert {account: balance(store, account) for account in left} == left
    counted = {who: store.read(lambda tx, who=who: tx.books.counter(f"sent:{who.owner}")) for who in life.model.sent}  # type: ignore[misc]
    assert counted == life.model.sent
