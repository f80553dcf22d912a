"""A person's last entries, and what anybody may learn about a reference."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from service.ledger.books import Line, Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account
from service.ledger.post import resolves, reverses
from service.refusal import Refusal
from service.wallet.account import provider_name, wallet_of
from service.wallet.batch import Bulk
from service.wallet.group import Group
from service.wallet.item import item_of
from service.wallet.merchant import Merchant
from service.wallet.metered import Meter
from service.wallet.name import initials, masked
from service.wallet.ordered import Order
from service.wallet.pot import Pot
from service.wallet.refund import levy_returned
from service.wallet.unit import Agent, Case, Pending, Person, Unit, Withdrawal

OPERATOR = "Senti"
"""Who issues e-money to agents, as they read it in their list of transactions."""


NOBODY = "***"
"""How somebody is called who has closed their wallet."""


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
    """What a reference stands for: the amount without charges, initials only, and what was given back of its levy."""

    reference: str
    at: datetime
    reason: Reason
    amount: int
    parties: tuple[str, str]
    state: str
    until: datetime | None = None
    levy_returned: int = 0


def statement(unit: Unit, account: Account, *, limit: int = 10) -> Sequence[Item]:
    """Return the newest entries of a wallet or float, newest first."""
    lines = unit.books.lines(account, limit=limit * 4)
    items = []
    for entry, group in groupby(lines, key=lambda line: line.entry):
        moved = list(group)
        main = max(moved, key=lambda line: line.move.amount)
        other = other_side(unit, main.move.target if main.amount < 0 else main.move.source, account)
        balance = moved[0].balance
        assert balance is not None, "a wallet keeps a balance"
        items.append(
            Item(
                entry,
                unit.house.references.write(_payment(main)),
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
        return (person.name or NOBODY) if person else ""
    if account.kind == Kind.FLOAT:
        agent = unit.rows.get(Agent, account.owner)
        return agent.name if agent else account.owner.capitalize()
    if account.kind == Kind.BULK:
        bulk = unit.rows.get(Bulk, int(account.owner))
        return bulk.name if bulk else ""
    if account.kind == Kind.GROUP:
        group = unit.rows.get(Group, int(account.owner))
        return (group.name or NOBODY) if group else ""
    if account.kind == Kind.POT:
        pot = unit.rows.get(Pot, int(account.owner))
        return (pot.name or NOBODY) if pot else ""
    if account.kind == Kind.TAKINGS:
        till = unit.rows.get(Merchant, account.owner)
        return (till.name or NOBODY) if till else ""
    if account.kind == Kind.PROVIDER:
        return provider_name(unit, account.country, account.owner)
    return ""


def owner_shown(unit: Unit, account: Account) -> str:
    """Return what others see of who owns an account: a shop's or till's name whole, a person's masked, and ours."""
    if account.kind in (Kind.TRUST, Kind.COMMISSION):
        return OPERATOR
    name = owner_name(unit, account)
    return masked(name) if name and account.kind == Kind.WALLET else name


def other_side(unit: Unit, account: Account, near: Account) -> Account:
    """Return whom held money concerns, seen from the account that it came from or went to."""
    if account.kind != Kind.HELD:
        return account
    hold = int(account.owner)
    if row := unit.rows.get(Withdrawal, hold):
        far = Account(account.country, Kind.FLOAT, row.agent), Account(account.country, Kind.WALLET, str(row.person))
        return far[near.kind == Kind.FLOAT]
    if payment := unit.rows.get(Pending, hold):
        payer, payee = (Account(account.country, Kind.WALLET, str(one)) for one in (payment.payer, payment.payee))
        return payer if near == payee else payee
    if order := unit.rows.get(Order, hold):
        wallet = Account(account.country, Kind.WALLET, str(order.person))
        return Account(account.country, Kind.PROVIDER, order.provider) if near == wallet else wallet
    if meter := unit.rows.get(Meter, hold):
        wallet = Account(account.country, Kind.WALLET, str(meter.person))
        return Account(account.country, Kind.TAKINGS, item_of(unit, meter.item).till) if near == wallet else wallet
    case = unit.rows.get(Case, hold)
    assert case is not None, f"nobody knows what {account} holds"
    opener, other = (Account(account.country, Kind.WALLET, str(one)) for one in (case.opener, case.other))
    return opener if near == other else other


def _payment(line: Line) -> int:
    """Return the entry that a person knows a payment by: what arrives late is called as what began it."""
    return int(line.move.source.owner) if line.entry_reason == Reason.SETTLE else line.entry


def payment_behind(unit: Unit, recorded: Recorded) -> Recorded:
    """Return the entry that began a payment, if this is the one that let it arrive, or the same entry."""
    if recorded.reason != Reason.SETTLE:
        return recorded
    began = unit.books.entry(int(recorded.moves[0].source.owner))
    assert began is not None, f"entry {recorded.id} settles nothing"
    return began


def undone(entry: int) -> str:
    """Name the counter of how much of a payment has gone back: never more than the payment (L-09)."""
    return f"undone:{entry}"


def given_back(unit: Unit, entry: int) -> int:
    """Return how much of a payment has gone back."""
    return unit.books.used(undone(entry))


def state_of(unit: Unit, recorded: Recorded) -> str:
    """Say what has become of an entry: one of the keys of `CHECKED` (notice.py)."""
    recorded = payment_behind(unit, recorded)
    if unit.books.entry_once(reverses(recorded.id)):
        return "reversed"
    if recorded.reason in (Reason.SEND, Reason.PAY, Reason.BUY) and (back := given_back(unit, recorded.id)):
        row = unit.rows.get(Pending, recorded.id)
        return "reversed" if back == (row.amount if row else recorded.moves[0].amount) else "partly"
    if recorded.moves[0].target.kind != Kind.HELD:
        return "done"
    resolved = unit.books.entry_once(resolves(recorded.id))
    if recorded.reason in (Reason.BILL, Reason.AIRTIME):
        return "ordered" if resolved is None else "done" if resolved.reason == Reason.SETTLE else "reversed"
    if resolved is None:
        return "on_its_way" if recorded.reason == Reason.SEND else "held"
    return _ENDED[resolved.reason]


_ENDED = {
    Reason.WITHDRAW: "paid",
    Reason.BUY: "done",
    Reason.RELEASE: "returned",
    Reason.SETTLE: "done",
    Reason.UNDO: "taken_back",
    Reason.GIVE_BACK: "done",
}


def is_reversed(unit: Unit, reference: str, *, held: bool = False) -> bool:
    """Say whether the entry of a reference that Senti wrote has been reversed, or taken back if it was held."""
    entry = unit.house.references.read(reference)
    if entry is None:
        return False
    if unit.books.entry_once(reverses(entry)):
        return True
    ended = unit.books.entry_once(resolves(entry)) if held else None
    return ended is not None and ended.reason == Reason.UNDO


def check_reference(unit: Unit, text: str) -> Checked:
    """Say what a reference stands for; raises UnknownReference."""
    entry = unit.house.references.read(text)
    recorded = unit.books.entry(entry) if entry is not None else None
    if recorded is None:
        raise UnknownReference
    recorded = payment_behind(unit, recorded)
    main = recorded.moves[0]
    amount, until, state = main.amount, None, state_of(unit, recorded)
    if recorded.reason == Reason.SEND and (row := unit.rows.get(Pending, recorded.id)):
        amount, until = row.amount, row.settles_at
        if state == "on_its_way" and until <= unit.now:  # nobody can take it back: the worker has yet to come
            state = "done"
    if recorded.reason in (Reason.BILL, Reason.AIRTIME) and (order := unit.rows.get(Order, recorded.id)):
        amount = order.amount
    if recorded.reason == Reason.BUY and (meter := unit.rows.get(Meter, recorded.id)) and meter.charged:
        amount = meter.charged
    source = main.target if main.reason == Reason.RELEASE else other_side(unit, main.source, main.target)
    target = other_side(unit, main.target, main.source)
    return Checked(
        unit.house.references.write(recorded.id),
        recorded.at,
        recorded.reason,
        amount,
        (initials(owner_name(unit, source)), initials(owner_name(unit, target))),
        state,
        until,
        levy_returned(unit, recorded.id),
    )


def balance_of(unit: Unit, person: Person) -> int:
    """Return what a person has, in minor units."""
    return unit.books.balance(wallet_of(person))
