"""Batches of wages or grants as rows: who pays, whom, how much, and what has become of each line."""

from dataclasses import dataclass
from datetime import datetime

from service.countries import Charge
from service.ledger.chart import Kind
from service.ledger.entry import Account


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """A file of payments by one organisation, funded by one credit at the bank; see bulk.py."""

    id: int
    country: str
    name: str
    """The organisation and what it pays for, as those who are paid read it."""
    digest: str
    """Stands for name and lines: what was handed in once is not handed in again."""
    lines: int
    amount: int
    charge: int
    state: str = "proposed"  # proposed, paying, paid
    at: datetime
    done: int = 0
    """Lines that were looked at, paid or refused; counted in their commits, so that nobody has to count them again."""
    refused: int = 0

    @property
    def total(self) -> int:
        """What the organisation pays in, in minor units."""
        return self.amount + self.charge


@dataclass(frozen=True, kw_only=True)
class BulkLine:
    """One payment of a batch; `id` is the entry that makes it, minted when the file was handed in.

    Who has a wallet is named by `person`; who has none by `phone`, with the sealed secret of a voucher.
    """

    id: int
    bulk: int
    number: int
    person: int | None
    phone: str
    secret: str
    amount: int
    fee: int
    excise: int
    levy: int
    state: str = "waiting"  # waiting, paid, voucher, refused
    why: str = ""

    @property
    def charge(self) -> Charge:
        return Charge(self.fee, self.excise, self.levy)


def account_of(bulk: Bulk) -> Account:
    """Return the account of what is left of a batch's money."""
    return Account(bulk.country, Kind.BULK, str(bulk.id))
