"""Rows as strict as a village wants them: what is written over was locked, and a row is in a state that there is."""

from typing import Any

from service.storage.records import BY_KIND
from service.wallet.application import Application
from service.wallet.batch import Bulk, BulkLine
from service.wallet.group import Group, Member, Payout, Removal
from service.wallet.identity import Erasure, Guardian, PinReset, SimCheck
from service.wallet.item import AccessCode, Bought, Item
from service.wallet.merchant import Assistant, Merchant
from service.wallet.metered import Meter
from service.wallet.names import PLACES, NameKey
from service.wallet.ordered import Order
from service.wallet.pot import Pot
from service.wallet.promise import Reservation
from service.wallet.refund import Refund
from service.wallet.sanctions import EVERYBODY, Hit, Listed, Sweep, Vetting
from service.wallet.staff import Login, Staff
from service.wallet.standing import Standing
from service.wallet.subscription import Subscription
from service.wallet.unit import (
    Agent,
    Approval,
    Case,
    Challenge,
    Notice,
    Pending,
    Person,
    Request,
    Withdrawal,
)

STATES: dict[type[Any], str] = {
    Person: "active blocked held closed retired",
    Vetting: "waiting done",
    Listed: "new listed gone",
    Sweep: "going done",
    Hit: "open cleared confirmed",
    Agent: "active suspended closed",
    Merchant: "open closed",
    Assistant: "active over",
    Notice: "queued failed",
    Withdrawal: "waiting paid returned",
    Pending: "waiting settled taken_back returned",
    Case: "asked open done closed",
    Challenge: "open used over",
    Request: "open approved declined expired replaced",
    Approval: "open approved taken declined",
    PinReset: "waiting done stopped lapsed",
    Guardian: "asked agreed over",
    Erasure: "waiting done",
    SimCheck: "queued asked answered failed",
    Reservation: "asked kept declined given_up used over",
    Application: "asked granted refused",
    Refund: "paying paid",
    Bulk: "proposed paying paid",
    BulkLine: "waiting paid voucher refused",
    Staff: "active locked",
    Login: "live over",
    Order: "waiting done returned",
    Subscription: "asked active ended",
    Pot: "open closed",
    Group: "open closed",
    Member: "asked in out",
    Payout: "open paid refused over",
    Removal: "open done refused over",
    Standing: "active stopped over",
    Meter: "open closed",
    Item: "open paused",
    AccessCode: "free given",
}
"""Every state of a row that has one."""

UNDER: dict[type[Any], tuple[type[Any], str]] = {
    **dict.fromkeys((Challenge, PinReset, Assistant, Subscription, Pot), (Person, "person")),
    AccessCode: (Item, "item"),
    Member: (Group, "group"),
    Notice: (Erasure, "person"),
}
"""Rows that are written over while the row that they belong to is locked, too; `Bought` under its subscription,
`NameKey` under whose name it is, `Listed` under the sweep."""


class Strict:
    """Rows where nothing is written over that was not locked, or new, and no row is in a state that none is in."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        self.locked: set[Any] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rows, name)

    def lock(self, kind: Any, *key: Any) -> Any:
        self.locked.add((kind, *key))
        return self.rows.lock(kind, *key)

    def due(self, kind: Any, **asked: Any) -> Any:
        rows = self.rows.due(kind, **asked)
        self.locked.update(name_of(row) for row in rows if asked.get("lock", True))
        return rows

    def add(self, row: Any) -> bool:
        self.written(row)
        return bool(self.rows.add(row))

    def append(self, row: Any) -> None:
        self.written(row)
        self.rows.append(row)

    def put(self, row: Any) -> None:
        kind, name = UNDER.get(type(row), (None, ""))
        owned = kind is not None and (kind, getattr(row, name)) in self.locked
        paid = isinstance(row, Bought) and any(locked[0] is Subscription for locked in self.locked)
        named = isinstance(row, NameKey) and (Person, row.id // PLACES) in self.locked
        named |= isinstance(row, Listed) and (Sweep, EVERYBODY) in self.locked
        assert owned or paid or named or name_of(row) in self.locked, f"written over and not locked: {row}"
        self.written(row)
        self.rows.put(row)

    def written(self, row: Any) -> None:
        assert type(row) not in STATES or row.state in STATES[type(row)].split(), f"in no state: {row}"
        self.locked.add(name_of(row))


def name_of(row: Any) -> tuple[Any, ...]:
    """Return the kind of a row and its key."""
    return type(row), *(getattr(row, name) for name in BY_KIND[type(row)].key)
