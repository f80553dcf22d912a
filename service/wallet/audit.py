"""What the auditor asks beyond the books: whether rows about people, holds, messages and approvals agree with them.

Each check is a small function of one moment of the database and yields (where, what is wrong).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from service.ledger.audit import Found, Problem, Report, audit, every_entry
from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.post import held_by, resolves
from service.wallet.account import at_bank, wallet_of
from service.wallet.batch import Bulk, BulkLine
from service.wallet.day_close import check_closes
from service.wallet.group import Group, Payout
from service.wallet.keys import keys_of_seals
from service.wallet.logbook import check_logbook
from service.wallet.merchant import Merchant
from service.wallet.metered import Meter
from service.wallet.ordered import Order
from service.wallet.pot import Pot
from service.wallet.refund import payment_of
from service.wallet.unit import Agent, Approval, Case, Notice, Pending, Person, Request, Unit, Withdrawal

R = TypeVar("R")

PAGE = 5000
"""Rows asked for at once."""

MOST = 10_000_000
"""No table has more rows than this."""

NOTICES = {
    Reason.ISSUE: 1,
    Reason.REDEEM: 1,
    Reason.CASH_IN: 2,
    Reason.DISBURSE: 1,
    Reason.SEND: 2,
    Reason.PAY: 2,
    Reason.BILL: 0,
    Reason.AIRTIME: 0,
    Reason.BUY: 1,
    Reason.SWEEP: 1,
    Reason.REFUND: 2,
    Reason.SAVE: 1,
    Reason.TAKE_OUT: 1,
    Reason.CONTRIBUTE: 1,
    Reason.SHARE_OUT: 2,
    Reason.HOLD: 1,
    Reason.WITHDRAW: 2,
    Reason.RELEASE: 1,
    Reason.SETTLE: 1,
    Reason.UNDO: 2,
    Reason.GIVE_BACK: 2,
    Reason.REVERSE: 2,
    Reason.TRANSFER: 2,
    Reason.PAY_COMMISSION: 1,
    Reason.CLAWBACK: 1,
}
"""How many messages each entry owes to the people whose money it moved."""

PROPOSED = {Reason.ISSUE: "issue", Reason.REDEEM: "redeem", Reason.REVERSE: "reverse", Reason.CLAWBACK: "clawback"}
"""Entries that two people must have asked for, by the act's name."""

AT_BANK = frozenset({Reason.ISSUE, Reason.REDEEM})
"""Entries that mirror money at the bank."""

ACTS = {"case_reverse": "reverse", "bulk": "issue", "bulk_rest": "redeem", "pay_provider": "redeem"}
"""Acts that make such an entry under another name."""


def wallets_have_owners(unit: Unit) -> Found:
    """Each wallet, each float and all takings belong to somebody who is there."""
    accounts = [account for account, _ in unit.books.balances()]
    wallets = {int(account.owner): account for account in accounts if account.kind == Kind.WALLET}
    people = {person.id: person for person in _by(unit, Person, "id", list(wallets))}
    for person_id, account in wallets.items():
        if person_id not in people or wallet_of(people[person_id]) != account:
            yield str(account), "belongs to nobody"
    floats = {account.owner: account for account in accounts if account.kind == Kind.FLOAT}
    agents = {agent.number for agent in _by(unit, Agent, "number", list(floats))}
    for number, account in floats.items():
        if number not in agents:
            yield str(account), "belongs to no agent"
    takings = {account.owner: account for account in accounts if account.kind == Kind.TAKINGS}
    tills = {till.number for till in _by(unit, Merchant, "number", list(takings))}
    for number, account in takings.items():
        if number not in tills:
            yield str(account), "belongs to no till"


def pots_hold_what_they_say(unit: Unit) -> Found:
    """Each pot's account belongs to a pot, whose row says what is in it, and which is open if there is anything."""
    balances = [(account, held) for account, held in unit.books.balances() if account.kind == Kind.POT]
    accounts = {int(account.owner): (account, held) for account, held in balances}
    pots = {pot.id: pot for pot in _by(unit, Pot, "id", list(accounts))}
    for number, (account, held) in accounts.items():
        pot = pots.get(number)
        if pot is None:
            yield str(account), "belongs to no pot"
        elif pot.held != held or (held and pot.state != "open"):
            yield str(account), f"holds {held}, a pot that is {pot.state} says {pot.held}"


def groups_paid_what_was_agreed(unit: Unit) -> Found:
    """Each group's account belongs to an open group, or is empty; each payout that was paid is its entry."""
    for account, held in unit.books.balances():
        if account.kind == Kind.GROUP:
            group = unit.rows.get(Group, int(account.owner))
            if group is None or (held and group.state != "open"):
                yield str(account), "belongs to no open group"
    for row in unit.rows.find(Payout, state="paid", limit=MOST):
        entry = unit.books.entry(row.id)
        if entry is None or entry.reason != Reason.SHARE_OUT or entry.moves[0].source.owner != str(row.group):
            yield f"payout {row.id}", f"is paid, and no entry takes it from group {row.group}"


def batches_can_be_paid(unit: Unit) -> Found:
    """Each batch's account belongs to a batch, and holds what its lines that wait need."""
    for account, balance in unit.books.balances():
        if account.kind == Kind.BULK:
            bulk = unit.rows.get(Bulk, int(account.owner))
            lines = unit.rows.find(BulkLine, bulk=bulk.id, state="waiting", limit=MOST) if bulk else ()
            wanted = sum(line.amount + line.charge.total for line in lines)
            if bulk is None or balance < wanted:
                yield str(account), f"holds {balance}, its lines wait for {wanted}" if bulk else "belongs to no batch"


def holds_have_rows(unit: Unit) -> Found:
    """What is held is what a row that waits says: a withdrawal, payment, order or case; nothing is held for another."""
    held = {account: balance for account, balance in unit.books.balances() if account.kind == Kind.HELD and balance}
    for owner, row in _waiting(unit):
        account = held_by(_country(unit, owner), row.id)
        total, holds = row.held, held.pop(account, 0)
        if total != holds:
            yield str(account), f"holds {holds}, a {type(row).__name__.lower()} waits for {total}"
    for account, balance in held.items():
        yield str(account), f"holds {balance} for nothing that waits"


def _waiting(unit: Unit) -> Iterator[tuple[int, Withdrawal | Pending | Order | Case | Meter]]:
    """Yield whose money is held, and the row that says so."""
    yield from ((row.person, row) for row in unit.rows.find(Withdrawal, state="waiting", limit=MOST))
    yield from ((row.payer, row) for row in unit.rows.find(Pending, state="waiting", limit=MOST))
    yield from ((row.person, row) for row in unit.rows.find(Order, state="waiting", limit=MOST))
    yield from ((row.other, row) for row in unit.rows.find(Case, state="asked", limit=MOST) if row.held)
    yield from ((row.person, row) for row in unit.rows.find(Meter, state="open", limit=MOST))


def withdrawals_ended_so(unit: Unit) -> Found:
    """A withdrawal that is paid or returned was resolved so in the books."""
    for state, reason in (("paid", Reason.WITHDRAW), ("returned", Reason.RELEASE)):
        for row in unit.rows.find(Withdrawal, state=state, limit=MOST):
            ended = unit.books.entry_once(resolves(row.id))
            if ended is None or ended.reason != reason:
                yield f"withdrawal {row.id}", f"is {state}, the books say {ended.reason if ended else 'nothing'}"


def meters_ended_so(unit: Unit) -> Found:
    """A meter that has stopped was resolved so in the books, at no more than was used, nor than its cap."""
    for row in unit.rows.find(Meter, state="closed", limit=MOST):
        ended = unit.books.entry_once(resolves(row.id))
        paid = [move.amount for move in ended.moves if move.target.kind == Kind.TAKINGS] if ended else [-1]
        if sum(paid) != row.charged or row.charged > row.cap or row.used > row.most_units:
            yield f"meter {row.id}", f"charged {row.charged} for {row.used} units, the books say {sum(paid)}"


def approvals_moved_money(unit: Unit) -> Found:
    """Each request that was approved names the entry that took money from who said yes."""
    rows = unit.rows.find(Request, state="approved", limit=MOST)
    for first in range(0, len(rows), PAGE):
        page = rows[first : first + PAGE]
        entries = unit.books.some([row.entry for row in page if row.entry is not None])
        for row in page:
            entry = entries.get(row.entry or 0)
            if entry is None or entry.moves[0].source.owner != str(row.payer):
                yield f"request {row.id}", f"is approved, and entry {row.entry} takes nothing from {row.payer}"


def payments_ended_so(unit: Unit) -> Found:
    """A payment that has arrived, or went back to its payer, was resolved so in the books."""
    for state, reason in (("settled", Reason.SETTLE), ("taken_back", Reason.UNDO), ("returned", Reason.UNDO)):
        for row in unit.rows.find(Pending, state=state, limit=MOST):
            ended = unit.books.entry_once(resolves(row.id))
            if ended is None or ended.reason != reason:
                yield f"payment {row.id}", f"is {state}, the books say {ended.reason if ended else 'nothing'}"


def orders_ended_so(unit: Unit) -> Found:
    """An order that is done or returned was resolved so in the books."""
    for state, reason in (("done", Reason.SETTLE), ("returned", Reason.RELEASE)):
        for row in unit.rows.find(Order, state=state, limit=MOST):
            ended = unit.books.entry_once(resolves(row.id))
            if ended is None or ended.reason != reason:
                yield f"order {row.id}", f"is {state}, the books say {ended.reason if ended else 'nothing'}"


def everybody_was_told(unit: Unit) -> Found:
    """Each entry has the messages that it owes.

    Both tables are read once, side by side in the order of their ids, and only what is not yet even is remembered.
    """
    owed: dict[int, int] = {}
    told = _told(unit)
    following = next(told, None)
    for page in _pages(unit):
        for entry in page:
            _even(owed, entry.id, _owed(entry))
        while following is not None and following[0] <= page[-1].id:
            _even(owed, following[1], -1)
            following = next(told, None)
    while following is not None:
        _even(owed, following[1], -1)
        following = next(told, None)
    uneven = sorted(owed)
    for first in range(0, len(uneven), PAGE):
        entries = unit.books.some(uneven[first : first + PAGE])
        for entry_id in uneven[first : first + PAGE]:
            if (found := entries.get(entry_id)) is None:
                yield f"entry {entry_id}", f"is not there, and has {-owed[entry_id]} messages"
            else:
                yield f"entry {entry_id}", f"{found.reason} has {_owed(found) - owed[entry_id]} messages"


def refunds_have_payments(unit: Unit) -> Found:
    """A levy is given back of a payment that took it, to who paid, and as a batch that two people agreed to."""
    agreed = False
    for page in _pages(unit):
        refunds = [entry for entry in page if entry.reason == Reason.LEVY_REFUND]
        payments = unit.books.some([payment_of(entry.id) for entry in refunds])
        for entry in refunds:
            payment, amount = payments.get(payment_of(entry.id)), entry.moves[0].amount
            ended = unit.books.entry_once(resolves(payment.id)) if payment else None
            moves = [move for part in (payment, ended) if part for move in part.moves]
            levies = [move.amount for move in moves if move.reason == Reason.LEVY]
            if amount > sum(levies):
                yield f"entry {entry.id}", f"gives back {amount}, and its payment paid {sum(levies)} of a tax"
            agreed = agreed or bool(unit.rows.find(Approval, act="refund", state="approved", limit=1))
            if not agreed:
                yield f"entry {entry.id}", "gives a tax back, and no batch was approved"


def two_people_asked(unit: Unit) -> Found:
    """E-money was issued, redeemed and given back only as one person proposed and another approved."""
    for page in _pages(unit):
        yield from asked_by_two(unit, page)


def asked_by_two(unit: Unit, entries: Iterable[Recorded]) -> Found:
    """Of these entries, those that need it were proposed by one and approved by another; e-money names its money at the
    bank (L-15).
    """
    wanted = [entry for entry in entries if entry.reason in PROPOSED]
    approvals = {row.id: row for row in _by(unit, Approval, "id", [entry.id for entry in wanted])}
    for entry in wanted:
        row = approvals.get(entry.id)
        if row is None or ACTS.get(row.act, row.act) != PROPOSED[entry.reason]:
            yield f"entry {entry.id}", f"{entry.reason} was never proposed"
        elif row.state != "approved" or row.checker in (None, row.maker):
            yield f"entry {entry.id}", f"{entry.reason} was not approved by a second person"
        elif entry.reason in AT_BANK and entry.once != at_bank(entry.reason, row.values["bank_ref"]):
            yield f"entry {entry.id}", f"{entry.reason} names no money at the bank"
        elif entry.reason in AT_BANK and entry.moves[0].amount != row.values.get("amount"):
            agreed = row.values.get("amount")
            yield f"entry {entry.id}", f"{entry.reason} is of {entry.moves[0].amount}, and {agreed} was approved"


CHECKS: tuple[Callable[[Unit], Found], ...] = (
    wallets_have_owners,
    pots_hold_what_they_say,
    groups_paid_what_was_agreed,
    batches_can_be_paid,
    holds_have_rows,
    withdrawals_ended_so,
    meters_ended_so,
    approvals_moved_money,
    payments_ended_so,
    orders_ended_so,
    everybody_was_told,
    two_people_asked,
    refunds_have_payments,
)


def audit_all(unit: Unit, *, seal_key: bytes, older_keys: Mapping[str, bytes] = MappingProxyType({})) -> Report:
    """Audit the books and what stands beside them; run it in one consistent read."""
    older = keys_of_seals(unit, older_keys)
    report = audit(unit.books, seal_key=seal_key, older_keys=older)
    problems = list(report.problems)

    def logbook_holds(unit: Unit) -> Found:
        yield from check_logbook(unit, [one.key for one in older]).problems

    def closes_hold(unit: Unit) -> Found:
        yield from check_closes(unit, [one.key for one in older])

    for check in (*CHECKS, logbook_holds, closes_hold):
        try:
            problems += [Problem(check.__name__, where, detail) for where, detail in check(unit)]
        except (ValueError, KeyError, AssertionError) as error:
            problems.append(Problem(check.__name__, "unreadable", repr(error)))
    return report._replace(problems=tuple(problems))


def _told(unit: Unit) -> Iterator[tuple[int, int]]:
    """Yield (message, entry) for each message about an entry, in the order of messages."""
    last = 0
    while page := unit.rows.column(Notice, "entry", after=last, limit=PAGE):
        yield from ((notice, entry) for notice, entry in page if entry is not None)
        last = page[-1][0]


def _owed(entry: Recorded) -> int:
    """Return how many messages an entry owes; nobody is told of what went to suspense."""
    if entry.reason == Reason.LEVY_REFUND:
        return int(entry.moves[0].target.kind == Kind.WALLET)
    if entry.reason in PROPOSED and {Kind.BULK, Kind.PROVIDER} & {account.kind for account in entry.moves[0][:2]}:
        return 0  # what an organisation or a provider pays in or gets is told by the bank
    return NOTICES[entry.reason]


def _even(owed: dict[int, int], entry: int, change: int) -> None:
    owed[entry] = owed.get(entry, 0) + change
    if not owed[entry]:
        del owed[entry]


def _country(unit: Unit, owner: int) -> str:
    found = unit.rows.get(Person, owner) or unit.rows.get(Bulk, owner)
    assert found is not None, f"no person {owner}"
    return found.country


def _by(unit: Unit, kind: type[R], field: str, wanted: Sequence[Any]) -> Iterator[R]:
    for first in range(0, len(wanted), PAGE):
        equal: dict[str, Any] = {field: wanted[first : first + PAGE]}
        yield from unit.rows.find(kind, limit=PAGE, **equal)


def _pages(unit: Unit) -> Iterable[Sequence[Recorded]]:
    page: list[Recorded] = []
    for entry in every_entry(unit.books):
        page.append(entry)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page
