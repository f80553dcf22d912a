"""What is new: the messages on each phone and the last entries in the books, with people called by their names.

The page asks for it about once a second. It names no phone in its question, so that none stands in a log.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from service.countries import Pack
from service.demo import NEWCOMER, PEOPLE
from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Move
from service.money import show_amount_full
from service.simulator.people import Met, meet, name_of
from service.wallet.account import float_of, wallet_of
from service.wallet.statement import owner_name, state_of
from service.wallet.unit import Notice, Unit

PHONES = (*(actor.phone for actor in PEOPLE), NEWCOMER)
MESSAGES_EACH = 20
ENTRIES = 8
LINES_EACH = 4
"""What an entry takes from one wallet at most: amount, fee, excise, levy."""

ARRIVED = frozenset({"sent", "delivered", "unknown"})
ON_ITS_WAY = frozenset({"queued", "sending"})

REASONS: Mapping[Reason, str] = {
    Reason.ISSUE:          "Float bought",
    Reason.REDEEM:         "Float paid back",
    Reason.CASH_IN:        "Cash paid in",
    Reason.DISBURSE:       "Wages paid",
    Reason.SEND:           "Money sent",
    Reason.PAY:            "Paid at a till",
    Reason.BILL:           "Bill paid",
    Reason.AIRTIME:        "Airtime bought",
    Reason.BUY:            "Content bought",
    Reason.SWEEP:          "Till settled",
    Reason.REFUND:         "Given back by the till",
    Reason.SAVE:           "Saved",
    Reason.TAKE_OUT:       "Taken from savings",
    Reason.CONTRIBUTE:     "Put into a group",
    Reason.SHARE_OUT:      "Paid by a group",
    Reason.WITHDRAW:       "Cash paid out",
    Reason.FEE:            "Fee",
    Reason.EXCISE:         "Excise duty",
    Reason.LEVY:           "Tax on the amount",
    Reason.LEVY_REFUND:    "Tax given back",
    Reason.HOLD:           "Set aside",
    Reason.RELEASE:        "Given back",
    Reason.SETTLE:         "Arrived",
    Reason.UNDO:           "Taken back",
    Reason.GIVE_BACK:      "Given back to the payer",
    Reason.COMMISSION:     "Commission",
    Reason.PAY_COMMISSION: "Commission paid",
    Reason.CLAWBACK:       "Commission taken back",
    Reason.TRANSFER:       "Float sent",
    Reason.REVERSE:        "Reversed",
}  # fmt: skip

OWNED: Mapping[Kind, str] = {
    Kind.WALLET:     "{}",
    Kind.FLOAT:      "Float of {}",
    Kind.POT:        "Saved: {}",
    Kind.GROUP:      "Group {}",
    Kind.BULK:       "Paid in by {}",
    Kind.TAKINGS:    "Till of {}",
    Kind.PROVIDER:   "Owed to {}",
    Kind.HELD:       "Held for {}",
    Kind.COMMISSION: "Commission owed to {}",
    Kind.TRUST:      "Bank account",
    Kind.FEES:       "Fees of Senti",
    Kind.TAX:        "Tax owed",
    Kind.SUSPENSE:   "Suspense",
}  # fmt: skip


def state(unit: Unit, render: Callable[[Notice], str], pack: Pack) -> dict[str, Any]:
    """Return what the page shows as JSON: messages newest last, entries newest first, times of the country."""
    met = meet(unit)
    return {
        "now": _time(unit.now, pack),
        "phones": {phone: _phone(unit, met, phone, render, pack) for phone in PHONES},
        "entries": [_entry(unit, recorded, pack) for recorded in _latest(unit, met, pack)],
    }


def _phone(unit: Unit, met: Met, phone: str, render: Callable[[Notice], str], pack: Pack) -> dict[str, Any]:
    notices = unit.rows.find(Notice, phone=phone, newest=True, limit=MESSAGES_EACH)
    shown = [notice for notice in reversed(notices) if notice.state in ARRIVED | ON_ITS_WAY]
    messages = [
        {"id": str(notice.id), "at": _time(notice.at, pack), "text": render(notice), "state": notice.state}
        for notice in shown
    ]
    return {"name": name_of(met, phone), "messages": messages}


def _latest(unit: Unit, met: Met, pack: Pack) -> list[Recorded]:
    """Return the newest entries of the demo's wallets and floats, newest first."""
    accounts = [wallet_of(person) for person in met.people.values()]
    accounts += [float_of(agent, pack.country) for agent in met.agents.values()]
    newest: dict[int, int] = {}
    for account in accounts:
        for line in unit.books.lines(account, limit=ENTRIES * LINES_EACH):
            newest[line.entry] = max(line.number, newest.get(line.entry, 0))
    ids = sorted(newest, key=newest.__getitem__, reverse=True)[:ENTRIES]
    recorded = unit.books.some(ids)
    return [recorded[entry] for entry in ids]


def _entry(unit: Unit, recorded: Recorded, pack: Pack) -> dict[str, Any]:
    return {
        "reference": unit.house.references.write(recorded.id),
        "reason": REASONS[recorded.reason],
        "at": _time(recorded.at, pack),
        "state": state_of(unit, recorded),
        "moves": [_move(unit, move, pack) for move in recorded.moves],
    }


def _move(unit: Unit, move: Move, pack: Pack) -> dict[str, Any]:
    return {
        "source": _called(unit, move.source),
        "target": _called(unit, move.target),
        "amount": show_amount_full(move.amount, pack.currency),
        "reason": REASONS[move.reason],
    }


def _called(unit: Unit, account: Account) -> str:
    return OWNED[account.kind].format(owner_name(unit, _owning(unit, account)))


def _owning(unit: Unit, account: Account) -> Account:
    """Return the wallet or float of whom an account is about, where it is about somebody."""
    if account.kind == Kind.COMMISSION:
        return account._replace(kind=Kind.FLOAT)
    held = unit.books.entry(int(account.owner)) if account.kind == Kind.HELD else None
    return held.moves[0].source if held else account


def _time(at: datetime, pack: Pack) -> str:
    return at.astimezone(pack.zone).isoformat(timespec="minutes")
