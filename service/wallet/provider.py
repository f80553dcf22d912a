"""What is owed to billers and to who sells airtime, and paying it out at the bank.

Such an account keeps no balance that could refuse: it is added up under a lock that every payout takes first.
"""

from collections.abc import Mapping
from typing import Any

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Entry, Move, NotEnough
from service.ledger.post import post
from service.wallet.account import at_bank, house_account, provider_account
from service.wallet.tally import tally_of
from service.wallet.unit import Approval, Unit


def owed(unit: Unit) -> Mapping[tuple[str, str], int]:
    """Return what is owed, in minor units, by country and provider."""
    balances = {account: balance for account, balance in unit.books.balances() if account.kind == Kind.PROVIDER}
    return {(account.country, account.owner): balance for account, balance in sorted(balances.items())}


def pay_provider(unit: Unit, approval: Approval) -> Mapping[str, Any]:
    """Take out of the books what was paid to a provider at the bank; raises NotEnough or AlreadyDone."""
    said = approval.values
    source, amount = provider_account(said["country"], said["provider"]), said["amount"]
    tally_of(unit, f"provider:{said['country']}:{said['provider']}")
    if amount > (left := unit.books.balance(source)):
        raise NotEnough(balance=left, total=amount)
    move = Move(source, house_account(said["country"], Kind.TRUST), amount, Reason.REDEEM)
    once = at_bank(Reason.REDEEM, said["bank_ref"])
    posted = post(unit.books, Entry(id=approval.id, reason=Reason.REDEEM, at=unit.now, moves=(move,), once=once))
    return {"reference": unit.house.references.write(posted.id), "balance": left - amount}
