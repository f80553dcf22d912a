"""The auditor: reads the books from the first entry to the last and says everything that is wrong, and where.

It trusts no stored balance: it adds up the moves again. Each check is a small function; an audit runs them all. Run it
inside one consistent read (`Store.read`), or moves written meanwhile look like faults.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from service.ledger.books import Books, Recorded
from service.ledger.chart import LEGAL, LOCKED, Kind
from service.ledger.entry import LARGEST, Account
from service.ledger.post import resolves
from service.ledger.seal import OlderKey, verify
from service.ledger.statement import every_line


class Problem(NamedTuple):
    """What is wrong: which check found it, where in the books, and what it found."""

    check: str
    where: str
    detail: str


class Report(NamedTuple):
    """What an audit found; no problems is a sound book."""

    entries: int
    sealed: int
    problems: tuple[Problem, ...]

    @property
    def sound(self) -> bool:
        return not self.problems


@dataclass
class Facts:
    """What the moves add up to, gathered in one pass over the entries."""

    entries: int = 0
    sums: dict[Account, int] = field(default_factory=dict)
    balances: dict[Account, int] = field(default_factory=dict)
    takers: dict[Account, list[Recorded]] = field(default_factory=dict)
    """For each hold, the entries that take out of it."""


Found = Iterator[tuple[str, str]]


def not_empty(entry: Recorded) -> Found:
    """An entry moves something."""
    if not entry.moves:
        yield f"entry {entry.id}", "moves nothing"


def lawful(entry: Recorded) -> Found:
    """Each move is one that the chart allows, within one country, above zero, between two accounts."""
    for move in entry.moves:
        said = f"{move.amount} from {move.source} to {move.target} for {move.reason}"
        if (move.reason, move.source.kind, move.target.kind) not in LEGAL:
            yield f"entry {entry.id}", f"illegal: {said}"
        if not 0 < move.amount <= LARGEST or move.source == move.target or move.source.country != move.target.country:
            yield f"entry {entry.id}", f"unbalanced: {said}"


def sums_to_zero(facts: Facts) -> Found:
    """What all accounts of a country hold together is nothing: e-money is the trust account's mirror."""
    for country in sorted({account.country for account in facts.balances}):
        total = sum(balance for account, balance in facts.balances.items() if account.country == country)
        if total:
            yield country, f"all accounts together hold {total}, not 0"


def balances_match(facts: Facts) -> Found:
    """Each balance is the sum of the account's moves."""
    for account in sorted({*facts.sums, *facts.balances}):
        stored, moved = facts.balances.get(account), facts.sums.get(account, 0)
        if stored != moved:
            yield str(account), f"balance {stored}, moves add up to {moved}"


def none_below_zero(facts: Facts) -> Found:
    """No account that can refuse is below zero, and no takings are: they are spent under a lock of their own."""
    for account, balance in facts.balances.items():
        if (account.kind in LOCKED or account.kind is Kind.TAKINGS) and balance < 0:
            yield str(account), f"balance {balance}"


def holds_resolved_once(facts: Facts) -> Found:
    """A hold is taken from by one entry, which carries the hold's name and leaves nothing."""
    for account, takers in facts.takers.items():
        names = [entry.once for entry in takers]
        if names != [resolves(int(account.owner))]:
            yield str(account), f"resolved by entries {[entry.id for entry in takers]} called {names}"
        if facts.balances.get(account):
            yield str(account), f"resolved, and still holds {facts.balances[account]}"


ENTRY_CHECKS: tuple[Callable[[Recorded], Found], ...] = (not_empty, lawful)
BOOK_CHECKS: tuple[Callable[[Facts], Found], ...] = (
    sums_to_zero,
    balances_match,
    none_below_zero,
    holds_resolved_once,
)


def lines_follow(books: Books, account: Account, balance: int) -> Found:
    """What each line says was left is what the next older line left, and this move."""
    left = balance
    for line in every_line(books, account):
        if line.balance != left:
            yield f"{account} line {line.number}", f"says {line.balance} was left, should be {left}"
            left = line.balance or 0
        left -= line.amount
    if left:
        yield str(account), f"its lines begin at {left}, not at 0"


def audit(books: Books, *, seal_key: bytes, older_keys: Sequence[OlderKey] = ()) -> Report:
    """Run every check over the books. What cannot even be read is a problem, too, not a crash."""
    problems: list[Problem] = []
    facts = Facts()

    def run(check: str, found: Callable[[], Found]) -> None:
        try:
            problems.extend(Problem(check, where, detail) for where, detail in found())
        except (ValueError, KeyError, AssertionError) as error:
            problems.append(Problem(check, "unreadable", repr(error)))

    def gather() -> Found:
        for entry in every_entry(books):
            _note(facts, entry)
            for check in ENTRY_CHECKS:
                problems.extend(Problem(check.__name__, where, detail) for where, detail in check(entry))
        facts.balances.update(books.balances())
        yield from ()

    def follow() -> Found:
        for account, balance in facts.balances.items():
            if account.kind in LOCKED:
                yield from lines_follow(books, account, balance)

    run("readable", gather)
    for check in BOOK_CHECKS:
        run(check.__name__, lambda check=check: check(facts))  # type: ignore[misc]
    run("lines_follow", follow)
    run("seals_hold", lambda: ((broken.where, broken.detail) for broken in verify(books, seal_key, older_keys)))
    sealed = sum(seal.entries for seal, _ in books.seals())
    return Report(facts.entries, sealed, tuple(problems))


def every_entry(books: Books) -> Iterator[Recorded]:
    """Yield all entries in id order, page by page."""
    last = 0
    while page := books.entries(after=last):
        yield from page
        last = page[-1].id


def _note(facts: Facts, entry: Recorded) -> None:
    facts.entries += 1
    for move in entry.moves:
        facts.sums[move.source] = facts.sums.get(move.source, 0) - move.amount
        facts.sums[move.target] = facts.sums.get(move.target, 0) + move.amount
    for source in {move.source for move in entry.moves if move.source.kind is Kind.HELD}:
        facts.takers.setdefault(source, []).append(entry)
