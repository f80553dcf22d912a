"""Which tables the records about people live in: one line for each kind of record, and nothing else to write for it.

Columns follow from the fields of the dataclass. `sealed` fields are stored encrypted; those in `sought` too can be
found by equality, through a keyed index beside them. Every engine, the memory too, keeps the same uniqueness.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, get_origin, get_type_hints

from service.ussd.session import Conversation
from service.wallet.batch import Bulk, BulkLine
from service.wallet.complaint import Complaint
from service.wallet.drawer import Shortage, Till
from service.wallet.group import Group, Member, Payout
from service.wallet.identity import Erasure, Guardian, NewNumber, Nicknames, PinReset, SimCheck
from service.wallet.item import AccessCode, Bought, Item, Tab
from service.wallet.logbook import Noted
from service.wallet.merchant import Assistant, Merchant
from service.wallet.meter import Meter, SellerKey
from service.wallet.ordered import Order
from service.wallet.pot import Pot
from service.wallet.promise import Reservation
from service.wallet.seller_payday import SellerPayday
from service.wallet.staff import Login, Staff
from service.wallet.standing import Standing
from service.wallet.subscription import Subscription
from service.wallet.unit import (
    Agent,
    Approval,
    Case,
    Challenge,
    KnownKey,
    Notice,
    Paid,
    Payday,
    Pending,
    Person,
    Request,
    Seen,
    Stop,
    Tally,
    Timer,
    Voucher,
    Withdrawal,
)


class Unique(NamedTuple):
    """No two rows have the same values in these fields, of those rows where a field has a value, if one is named."""

    fields: tuple[str, ...]
    where: tuple[str, str] | None = None


@dataclass(frozen=True)
class Record:
    """How one kind of record is kept."""

    kind: type[Any]
    table: str
    key: tuple[str, ...]
    sealed: frozenset[str] = frozenset()
    sought: frozenset[str] = frozenset()
    unique: tuple[Unique, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    order: tuple[str, ...] = ()
    """What `find(newest=True)` sorts by, greatest first, before the key."""
    due: str | None = None
    """The time that `due` asks for."""
    age: str | None = None
    """The time that `forget` goes by; rows without one are kept for ever."""
    differ: tuple[str, str] | None = None
    """Two fields that may not be equal."""
    types: Mapping[str, str] = dataclasses.field(init=False)
    """What each field holds: number, text, flag, time, table (a mapping) or list (a tuple of texts)."""

    def __post_init__(self) -> None:
        hints = get_type_hints(self.kind)
        types = {field.name: _type(hints[field.name]) for field in dataclasses.fields(self.kind)}
        object.__setattr__(self, "types", types)

    @property
    def optional(self) -> frozenset[str]:
        return frozenset(name for name, hint in get_type_hints(self.kind).items() if type(None) in _arms(hint))


def _arms(hint: Any) -> tuple[Any, ...]:
    return getattr(hint, "__args__", ()) if get_origin(hint) is not tuple else ()


def _type(hint: Any) -> str:
    for arm in (hint, *(arm for arm in _arms(hint) if type(None) in _arms(hint))):
        origin = get_origin(arm) or arm
        for python, name in ((bool, "flag"), (int, "number"), (str, "text"), (datetime, "time"), (tuple, "list")):
            if origin is python:
                return name
        if origin is Mapping:
            return "table"
    raise AssertionError(f"no column holds {hint}")


RECORDS: tuple[Record, ...] = (
    Record(
        Person,
        "people",
        key=("id",),
        sealed=frozenset({"phone", "name", "id_number"}),
        sought=frozenset({"phone"}),
        unique=(Unique(("phone", "seat")),),
    ),
    Record(
        PinReset,
        "pin_resets",
        key=("id",),
        unique=(Unique(("person",), where=("state", "waiting")),),
        indexes=(("state", "next_at"),),
        due="next_at",
    ),
    Record(Guardian, "guardians", key=("person", "guardian"), indexes=(("guardian", "state"),)),
    Record(Agent, "agents", key=("number",), unique=(Unique(("person",)),), indexes=(("under",),)),
    Record(
        Merchant,
        "merchants",
        key=("number",),
        sealed=frozenset({"name"}),
        unique=(Unique(("serial",)),),
        indexes=(("person", "state"),),
        order=("serial",),
    ),
    Record(Item, "items", key=("code",), unique=(Unique(("serial",)),), indexes=(("till",),), order=("serial",)),
    Record(Bought, "bought", key=("id",), sealed=frozenset({"access"}), indexes=(("person", "item", "id"),)),
    Record(
        AccessCode,
        "access_codes",
        key=("id",),
        sealed=frozenset({"code"}),
        sought=frozenset({"code"}),
        unique=(Unique(("item", "code")),),
        indexes=(("item", "state", "id"),),
    ),
    Record(Tab, "tabs", key=("person", "till")),
    Record(
        Subscription,
        "subscriptions",
        key=("id",),
        indexes=(("person", "state"), ("item", "state"), ("state", "next_at")),
        due="next_at",
    ),
    Record(
        Meter,
        "meters",
        key=("id",),
        indexes=(("person", "state"), ("state", "next_at")),
        due="next_at",
    ),
    Record(SellerKey, "seller_keys", key=("till",), unique=(Unique(("digest",)),)),
    Record(SellerPayday, "seller_paydays", key=("till",), indexes=(("next_at",),), due="next_at"),
    Record(Complaint, "complaints", key=("till", "person"), indexes=(("till", "at"),), order=("at",)),
    Record(Assistant, "assistants", key=("till", "person"), indexes=(("person", "state"),)),
    Record(
        Standing,
        "standings",
        key=("id",),
        indexes=(("payer", "state"), ("state", "next_at")),
        due="next_at",
    ),
    Record(Pot, "pots", key=("id",), sealed=frozenset({"name"}), indexes=(("person", "state"),)),
    Record(Group, "groups", key=("id",), sealed=frozenset({"name"})),
    Record(Member, "members", key=("group", "person"), indexes=(("person", "state"), ("group", "state"))),
    Record(
        Payout,
        "payouts",
        key=("id",),
        sealed=frozenset({"why"}),
        indexes=(("group", "state"), ("state", "expires_at")),
        due="expires_at",
    ),
    Record(Payday, "paydays", key=("agent",), indexes=(("next_at",),), due="next_at"),
    Record(Till, "tills", key=("agent",), indexes=(("area", "at"), ("next_at",)), order=("at",), due="next_at"),
    Record(
        Reservation,
        "reservations",
        key=("id",),
        indexes=(("agent", "state"), ("person", "state"), ("shop", "state"), ("state", "expires_at")),
        due="expires_at",
    ),
    Record(Shortage, "shortages", key=("id",), indexes=(("agent",),)),
    Record(
        Erasure,
        "erasures",
        key=("person",),
        sealed=frozenset({"phone"}),
        indexes=(("state", "next_at"),),
        due="next_at",
    ),
    Record(Nicknames, "nicknames", key=("person",), sealed=frozenset({"names"})),
    Record(NewNumber, "new_numbers", key=("id",), sealed=frozenset({"phone"})),
    Record(Bulk, "bulks", key=("id",), unique=(Unique(("digest",)),)),
    Record(BulkLine, "bulk_lines", key=("id",), sealed=frozenset({"phone"}), indexes=(("bulk", "state"),)),
    Record(
        SimCheck,
        "sim_checks",
        key=("id",),
        unique=(Unique(("person",), where=("state", "queued")),),
        indexes=(("state", "next_at"), ("asked_as",)),
        due="next_at",
    ),
    Record(
        Notice,
        "notices",
        key=("id",),
        sealed=frozenset({"phone", "values"}),
        sought=frozenset({"phone"}),
        indexes=(("state", "next_at"), ("phone",), ("provider_id",)),
        due="next_at",
    ),
    Record(
        Withdrawal,
        "withdrawals",
        key=("id",),
        indexes=(("person", "state"), ("agent", "state"), ("state", "expires_at")),
        due="expires_at",
    ),
    Record(Voucher, "vouchers", key=("id",), sealed=frozenset({"phone"}), indexes=(("code_index",),)),
    Record(
        Pending,
        "pendings",
        key=("id",),
        indexes=(("payer", "state"), ("payee", "state"), ("state", "settles_at")),
        due="settles_at",
    ),
    Record(
        Order,
        "orders",
        key=("id",),
        sealed=frozenset({"account"}),
        sought=frozenset({"account"}),
        indexes=(
            ("person", "state"),
            ("person", "kind", "id"),
            ("account", "state"),
            ("provider_id",),
            ("state", "next_at"),
            ("provider", "state", "next_at"),
        ),
        due="next_at",
    ),
    Record(
        Case,
        "cases",
        key=("id",),
        sealed=frozenset({"values"}),
        unique=(Unique(("about", "what")),),
        indexes=(("opener", "state"), ("other", "state"), ("state", "due_at")),
        due="due_at",
    ),
    Record(
        Challenge,
        "challenges",
        key=("id",),
        sealed=frozenset({"quote"}),
        indexes=(("person", "state"), ("state", "expires_at")),
        due="expires_at",
    ),
    Record(
        Request,
        "requests",
        key=("id",),
        indexes=(("payer", "state"), ("asker", "kind", "state", "id"), ("state", "expires_at")),
        due="expires_at",
    ),
    Record(Approval, "approvals", key=("id",), indexes=(("state",),), differ=("maker", "checker")),
    Record(
        Staff,
        "staff",
        key=("name",),
        sealed=frozenset({"phone", "secret"}),
        sought=frozenset({"phone"}),
        unique=(Unique(("phone",)),),
    ),
    Record(Login, "logins", key=("id",), indexes=(("staff", "state"), ("began_at",)), age="began_at"),
    Record(Noted, "logbook", key=("number",), indexes=(("staff", "number"), ("act", "number"), ("about", "number"))),
    Record(Seen, "seen", key=("key",)),
    Record(Stop, "stops", key=("phone",), sealed=frozenset({"phone"}), sought=frozenset({"phone"})),
    Record(Paid, "paid", key=("payer", "payee"), indexes=(("payer", "times"),), order=("times", "last_at")),
    Record(Tally, "tallies", key=("key",), indexes=(("at",),), age="at"),
    Record(KnownKey, "known_keys", key=("mark",), sealed=frozenset({"seal_key"})),
    Record(Timer, "timers", key=("name",), due="next_at"),
    Record(
        Conversation,
        "conversations",
        key=("id",),
        sealed=frozenset({"phone", "session", "replies"}),
        sought=frozenset({"phone"}),
        unique=(Unique(("phone",), where=("state", "live")),),
        indexes=(("phone", "started_at"), ("started_at",)),
        order=("started_at",),
        age="started_at",
    ),
)

BY_KIND: Mapping[type[Any], Record] = {record.kind: record for record in RECORDS}
