"""E-money for tests: posted past the desk, and still as two people would have asked for it, or the watch halts all."""

from datetime import datetime

from service.ledger.chart import Reason
from service.ledger.entry import Entry, Move
from service.wallet.account import at_bank
from service.wallet.unit import Approval, Rows


def issued(rows: Rows, *, entry_id: int, at: datetime, moves: tuple[Move, ...]) -> Entry:
    """Return the entry that issues float, with the approval that it needs written down."""
    bank_ref = f"test {entry_id}"
    rows.add(
        Approval(
            id=entry_id,
            act="issue",
            values={"bank_ref": bank_ref, "amount": moves[0].amount},
            maker="one",
            checker="two",
            state="approved",
            at=at,
        )
    )
    return Entry(id=entry_id, reason=Reason.ISSUE, at=at, moves=moves, once=at_bank(Reason.ISSUE, bank_ref))
