"""Which tables the records about people live in: one line for each kind of record, and nothing else to write for it."""

from collections.abc import Mapping
from typing import Any

from service.storage.record import Record, Unique
from service.ussd.session import Conversation
from service.wallet.application import Application, Paper
from service.wallet.bank import BankLine, BankStatement
from service.wallet.batch import Bulk, BulkLine
from service.wallet.board import Board
from service.wallet.commission import CommissionRun
from service.wallet.complaint import Complaint
from service.wallet.day_close import DayClose
from service.wallet.drawer import Shortage, Till
from service.wallet.funds import Funds, FundsPage
from service.wallet.group import Group, Member, Payout, Removal
from service.wallet.halt import Halt
from service.wallet.identity import Erasure, Guardian, NewNumber, Nicknames, PinReset, SimCheck
from service.wallet.item import AccessCode, Bought, Item, Tab
from service.wallet.logbook import Noted
from service.wallet.merchant import Assistant, Merchant
from service.wallet.meter import SellerKey
from service.wallet.metered import Meter
from service.wallet.minute import Minute
from service.wallet.names import NameKey
from service.wallet.ordered import Order
from service.wallet.pot import Pot
from service.wallet.prices import PriceList
from service.wallet.promise import Reservation
from service.wallet.refund import Refund
from service.wallet.sanctions import Hit, Listed, Sweep, Vetting
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
from service.wallet.watched import Watched

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
        NameKey,
        "name_keys",
        key=("id",),
        sealed=frozenset({"key"}),
        sought=frozenset({"key"}),
        indexes=(("key", "id"),),
    ),
    Record(Vetting, "vettings", key=("person",), indexes=(("state", "next_at"),), due="next_at"),
    Record(Listed, "listed", key=("list", "number"), indexes=(("list", "state"), ("state",))),
    Record(Sweep, "sweeps", key=("name",)),
    Record(
        Hit,
        "hits",
        key=("id",),
        unique=(Unique(("person", "list", "number")),),
        indexes=(("state", "at"),),
        order=("at",),
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
        indexes=(("person", "state"), ("person", "item", "id"), ("state", "next_at")),
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
    Record(
        Pot,
        "pots",
        key=("id",),
        sealed=frozenset({"name"}),
        indexes=(("person", "state"), ("state", "next_at")),
        due="next_at",
    ),
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
    Record(
        Removal,
        "removals",
        key=("id",),
        indexes=(("group", "state"), ("state", "expires_at")),
        due="expires_at",
    ),
    Record(Payday, "paydays", key=("agent",), indexes=(("next_at",),), due="next_at"),
    Record(
        Application,
        "applications",
        key=("id",),
        sealed=frozenset({"name", "place"}),
        unique=(Unique(("person", "kind"), where=("state", "asked")),),
        indexes=(("state", "id"), ("kind", "state", "id")),
    ),
    Record(Paper, "papers", key=("id",), sealed=frozenset({"content"}), indexes=(("application",),)),
    Record(CommissionRun, "commission_runs", key=("id",), indexes=(("country", "period"),), order=("period",)),
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
    Record(Bulk, "bulks", key=("id",), unique=(Unique(("digest",)),), indexes=(("state",),)),
    Record(
        BulkLine,
        "bulk_lines",
        key=("id",),
        sealed=frozenset({"phone"}),
        indexes=(("bulk", "state"), ("bulk", "number"), ("bulk", "person")),
    ),
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
        indexes=(("opener", "state"), ("other", "state"), ("state", "due_at"), ("what", "state", "id")),
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
    Record(Refund, "refunds", key=("id",), indexes=(("state",),)),
    Record(
        Staff,
        "staff",
        key=("name",),
        sealed=frozenset({"phone", "secret"}),
        sought=frozenset({"phone"}),
        unique=(Unique(("phone",)),),
    ),
    Record(Login, "logins", key=("id",), indexes=(("staff", "state"), ("began_at",)), age="began_at"),
    Record(
        Halt,
        "halts",
        key=("id",),
        unique=(Unique(("country", "what"), where=("state", "on")),),
        indexes=(("state",),),
    ),
    Record(Watched, "watched", key=("name",)),
    Record(
        BankStatement,
        "bank_statements",
        key=("id",),
        unique=(Unique(("country", "digest")),),
        indexes=(("country", "last_day"),),
        order=("last_day",),
    ),
    Record(
        BankLine,
        "bank_lines",
        key=("id",),
        sealed=frozenset({"text"}),
        unique=(Unique(("country", "mark")), Unique(("entry",), where=("state", "matched"))),
        indexes=(("country", "state", "id"), ("country", "reference"), ("statement",), ("entry",)),
    ),
    Record(DayClose, "day_closes", key=("number",), unique=(Unique(("country", "day")),)),
    Record(Noted, "logbook", key=("number",), indexes=(("staff", "number"), ("act", "number"), ("about", "number"))),
    Record(Funds, "funds", key=("name",), indexes=(("country", "at"),), order=("at",)),
    Record(FundsPage, "funds_pages", key=("key",), indexes=(("at",),), age="at"),
    Record(
        PriceList,
        "price_lists",
        key=("id",),
        unique=(Unique(("country", "number")),),
        differ=("maker", "checker"),
    ),
    Record(
        Minute,
        "minutes",
        key=("key",),
        indexes=(("theme", "at"), ("theme", "name", "at"), ("at",)),
        order=("at",),
        age="at",
    ),
    Record(Board, "boards", key=("name",)),
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
