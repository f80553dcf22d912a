"""A person's last entries, and what anybody may learn about a reference."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account
from service.ledger.post import resolves, reverses
from service.refusal import Refusal
from service.wallet.account import wallet_of
from service.wallet.name import initials, masked
from service.wallet.unit import Agent, Person, Unit, Withdrawal

OPERATOR = "Senti"
"""Who issues e-money to agents, as they read it in their list of transactions."""


class UnknownReference(Refusal):
    """Senti never gave out this reference: do not trust the message that carries it."""


class Item(NamedTuple):
    """One entry from one side: `amount` is signed and includes charges, `balance` is what was left.

    `other` is the whole name of the other side, `other_shown` what the owner of the account may see of it.
    """

    entry: int
    reference: str
    at: datetime
    reason: Reason
    amount: int
    balance: int
    other: str
    other_shown: str


class Checked(NamedTuple):
    """What a reference stands for: the amount without charges, and initials only."""

    reference: str
    at: datetime
    reason: Reason
    amount: int
    parties: tuple[str, str]
    state: str


def statement(unit: Unit, account: Account, *, limit: int = 10) -> Sequence[Item]:
    """Return the newest entries of a wallet or float, newest first."""
    lines = unit.books.lines(account, limit=limit * 4)
    items = []
    for entry, group in groupby(lines, key=lambda line: line.entry):
        moved = list(group)
        main = max(moved, key=lambda line: line.move.amount)
        other = _other_side(unit, main.move.target if main.amount < 0 else main.move.source, account.kind)
        balance = moved[0].balance
        assert balance is not None, "a wallet keeps a balance"
        items.append(
            Item(
                entry,
                unit.house.references.write(entry),
                main.at,
                main.entry_reason,
                sum(line.amount for line in moved),
                balance,
                owner_name(unit, other),
                owner_shown(unit, other),
            )
        )
    return items[:limit]


def owner_name(unit: Unit, account: Account) -> str:
    """Return the name of who owns an account, or an empty text for the operator's own."""
    if account.kind == Kind.WALLET:
        person = unit.rows.get(Person, int(account.owner))
        return person.name if person else ""
    if account.kind == Kind.FLOAT:
        agent = unit.rows.get(Agent, account.owner)
        return agent.name if agent else ""
    return ""


def owner_shown(unit: Unit, account: Account) -> str:
    """Return what others see of who owns an account: a shop's name whole, a person's masked, and the operator's."""
    if account.kind in (Kind.TRUST, Kind.COMMISSION):
        return OPERATOR
    name = owner_name(unit, account)
    return masked(name) if name and account.kind == Kind.WALLET else name


def _other_side(unit: Unit, account: Account, seen_from: Kind) -> Account:
    """Return whom held money concerns: the agent for the person, and the person for the agent."""
    if account.kind != Kind.HELD:
        return account
    row = unit.rows.get(Withdrawal, int(account.owner))
    assert row is not None, f"no withdrawal {account.owner}"
    if seen_from == Kind.WALLET:
        return Account(account.country, Kind.FLOAT, row.agent)
    return Account(account.country, Kind.WALLET, str(row.person))


def state_of(unit: Unit, entry: int, reason: Reason) -> str:
    """Say what has become of an entry: done, reversed, held, paid or returned."""
    if unit.books.entry_once(reverses(entry)):
        return "reversed"
    if reason == Reason.HOLD:
        resolved = unit.books.entry_once(resolves(entry))
        return "held" if resolved is None else "paid" if resolved.reason == Reason.WITHDRAW else "returned"
    return "done"


def is_reversed(unit: Unit, reference: str) -> bool:
    """Say whether the entry of a reference that Senti wrote has been reversed."""
    entry = unit.house.references.read(reference)
    return entry is not None and unit.books.entry_once(reverses(entry)) is not None


def check_reference(unit: Unit, text: str) -> Checked:
    """Say what a reference stands for; raises UnknownReference."""
    entry = unit.house.references.read(text)
    recorded = unit.books.entry(entry) if entry is not None else None
    if recorded is None:
        raise UnknownReference
    main = recorded.moves[0]
    source = _other_side(unit, main.source, Kind.FLOAT)
    target = _other_side(unit, main.target, Kind.WALLET)
    return Checked(
        unit.house.references.write(recorded.id),
        recorded.at,
        recorded.reason,
        main.amount,
        (initials(owner_name(unit, source)), initials(owner_name(unit, target))),
        state_of(unit, recorded.id, recorded.reason),
    )


def balance_of(unit: Unit, person: Person) -> int:
    """Return what a person has, in minor units."""
    return unit.books.balance(wallet_of(person))
