"""What a money flow ends with: a reference, a time and the balance that is left."""

from datetime import datetime
from typing import NamedTuple

from service.ledger.entry import Account, Posted
from service.wallet.unit import Unit


class Receipt(NamedTuple):
    """The result of a posting for the one who asked for it; `balance` is of their account, in minor units."""

    entry: int
    reference: str
    at: datetime
    balance: int
    repeated: bool


def receipt_for(unit: Unit, posted: Posted, account: Account) -> Receipt:
    """Return the receipt of a posting as seen from one of its accounts; where it keeps no balance, it is added up."""
    balance = posted.balances[account] if account in posted.balances else unit.books.balance(account)
    return Receipt(posted.id, unit.house.references.write(posted.id), posted.at, balance, posted.repeated)


def already(unit: Unit, entry: int, account: Account) -> Receipt | None:
    """Return the receipt of an entry that was posted before, if it was: a retry is answered, never paid again."""
    recorded = unit.books.entry(entry)
    if recorded is None:
        return None
    return Receipt(entry, unit.house.references.write(entry), recorded.at, unit.books.balance(account), True)
