"""All accounts of the books, each with whose it is: for the operator's eyes only."""

from collections.abc import Iterator
from typing import NamedTuple

from service.ledger.chart import Kind
from service.ledger.entry import Account
from service.wallet.pot import Pot
from service.wallet.unit import Person, Unit

AT_ONCE = 500


class Owned(NamedTuple):
    """An account; `owner` is the phone number behind a wallet or a pot (and the seat of who shares it), the number of
    an agent or a till, else None.
    """

    account: Account
    owner: str | None
    balance: int


def owned_accounts(unit: Unit) -> list[Owned]:
    """Return every account with its balance in minor units, in id order."""
    balances = list(unit.books.balances())
    savers = dict(_savers(unit, [int(account.owner) for account, _ in balances if account.kind == Kind.POT]))
    wallets = [int(account.owner) for account, _ in balances if account.kind == Kind.WALLET]
    phones = _phones(unit, wallets)
    return [Owned(account, _owner(account, phones, savers), balance) for account, balance in balances]


def _savers(unit: Unit, ids: list[int]) -> Iterator[tuple[int, int]]:
    """Yield each of these pots with whose it is."""
    for first in range(0, len(ids), AT_ONCE):
        yield from ((pot.id, pot.person) for pot in unit.rows.find(Pot, id=ids[first : first + AT_ONCE], limit=AT_ONCE))


def _owner(account: Account, phones: dict[int, str], savers: dict[int, int]) -> str | None:
    if account.kind == Kind.WALLET:
        return phones.get(int(account.owner))
    if account.kind == Kind.POT:
        return phones.get(savers.get(int(account.owner), 0))
    return account.owner if account.kind in (Kind.FLOAT, Kind.TAKINGS) else None


def _phones(unit: Unit, ids: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for first in range(0, len(ids), AT_ONCE):
        people = unit.rows.find(Person, id=ids[first : first + AT_ONCE], limit=AT_ONCE)
        there = [person for person in people if person.state != "closed"]
        found.update((one.id, one.address if one.shared else one.phone) for one in there)
    return found
