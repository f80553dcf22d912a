"""Records with every field filled in, one of each kind."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

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
from tests.ledger.shop import NOON

PHONE = "+254711000001"
NAME = "Amina Odhiambo"
ID_NUMBER = "29874411"


def person(person_id: int = 1, **changes: Any) -> Person:
    whole = Person(
        id=person_id,
        country="ke",
        phone=f"+25471100{person_id:04}",
        name=NAME,
        id_number=ID_NUMBER,
        language="sw",
        tier=2,
        pin="salt$hash",
        pin_tries=1,
        old_pins=("a", "b"),
        registered_at=NOON,
        reset=7,
        careful_until=NOON,
        swapped_at=NOON,
        swap_cleared=True,
        sim_seen_at=NOON,
    )
    return replace(whole, **changes)


def notice(notice_id: int, **changes: Any) -> Notice:
    whole = Notice(
        id=notice_id,
        person=1,
        phone=PHONE,
        key="sent",
        values={"name": "Baraka *", "amount": 500, "at": "2026-11-22", "none": None, "list": [1, "ké"]},
        language="fr",
        at=NOON,
        entry=7,
        next_at=NOON + timedelta(seconds=notice_id),
        expires_at=NOON + timedelta(days=1, microseconds=1),
        provider_id=f"AT{notice_id}",
    )
    return replace(whole, **changes)


def conversation(name: str, started: int = 0, **changes: Any) -> Conversation:
    at: datetime = NOON + timedelta(minutes=started)
    whole = Conversation(
        id=name,
        phone=PHONE,
        shown=True,
        session={"screen": "send.to", "values": {"name": NAME}},
        heard_length=3,
        heard_digest="abc",
        replies={"abc": ["CON 1", False]},
        started_at=at,
        heard_at=at,
    )
    return replace(whole, **changes)


def withdrawal(hold: int, **changes: Any) -> Withdrawal:
    expires_at = NOON + timedelta(minutes=hold)
    whole = Withdrawal(id=hold, person=1, agent="100016", amount=500, fee=9, excise=1, expires_at=expires_at)
    return replace(whole, **changes)


def paid(payer: int, payee: int, times: int = 1, hours: int = 0) -> Paid:
    return Paid(payer=payer, payee=payee, times=times, last_at=NOON + timedelta(hours=hours))


def approval(approval_id: int = 1, **changes: Any) -> Approval:
    whole = Approval(id=approval_id, act="issue", values={"agent": "100016", "amount": 5}, maker="njeri", at=NOON)
    return replace(whole, **changes)


EVERYTHING: tuple[Any, ...] = (
    person(),
    NameKey(id=16, key="amina odhiambo"),
    Vetting(person=1, next_at=NOON),
    Listed(list="un", number="QDi.1", names=("Amina Otieno", "أمينة"), digest="0f1e"),
    Sweep(name="everybody", after=7, version=2),
    Hit(id=1, person=1, list="un", number="QDi.1", digest="0f1e", name="Amina Otieno", score=88, at=NOON),
    PinReset(
        id=1,
        person=1,
        at=NOON,
        opens_at=NOON,
        lapses_at=NOON,
        next_at=NOON,
        agreed=("2", "3"),
        vouched=True,
        seen_by="100016",
    ),
    Guardian(person=1, guardian=2, state="agreed", at=NOON),
    Agent(number="100016", person=1, name="Duka la Njeri", place="Nakuru"),
    Merchant(number="500017", serial=50_001, person=1, name="Mboga za Amina", opened_at=NOON),
    Item(code="200014", serial=20_001, till="500017", kind="text", title="News", price=5, days=1, text="t", at=NOON),
    Bought(id=1, person=1, item="200014", paid=5, access="A-1", at=NOON, until=NOON),
    AccessCode(id=1, item="200014", code="A-1"),
    Tab(person=1, till="500017", owed=5),
    Subscription(
        id=1, person=1, item="200014", price=5, days=7, renewal=2, paid=1, until=NOON, next_at=NOON, reminded=True
    ),
    Meter(id=1, person=1, item="200014", price=5, cap=500, used=3, seq=7, next_at=NOON, charged=1),
    SellerKey(till="500017", digest="0f1e", at=NOON),
    SellerPayday(till="500017", next_at=NOON),
    Complaint(till="500017", person=2, at=NOON),
    Assistant(till="500017", person=2, at=NOON),
    Standing(
        id=1,
        payer=1,
        payee=2,
        till="500017",
        amount=5,
        charge=1,
        every="month",
        month_day=31,
        due_on="2026-11-30",
        entry=2,
        next_at=NOON,
    ),
    Pot(id=1, person=1, name="School fees", goal=5, until="2026-12-24", held=3, opened_at=NOON, next_at=NOON),
    Group(id=1, country="ke", name="Chama", needed=2, opened_at=NOON),
    Member(group=1, person=1, role="chair", state="in", expires_at=NOON),
    Payout(id=1, group=1, proposer=1, payee=2, amount=5, why="Seeds", agreed=("1",), refused=("2",), expires_at=NOON),
    Removal(id=1, group=1, proposer=1, member=2, agreed=("1",), refused=("3",), expires_at=NOON),
    Payday(agent="100016", next_at=NOON),
    Application(
        id=1,
        kind="agent",
        person=1,
        name="Duka",
        place="Thika",
        under="100016",
        paper="A 1",
        tier=2,
        taken_by="ann",
        at=NOON,
    ),
    Paper(id=2, application=1, kind="pdf", digest="d", content="JVBERi0=", at=NOON),
    CommissionRun(
        id="ke:2026-10", country="ke", period="2026-10", agents=1, paid=5, share=1, began_at=NOON, last_at=NOON
    ),
    Till(agent="100016", area="ke:nakuru", declared=5, counted=-2, at=NOON, next_at=NOON, cash_ends=NOON),
    Reservation(id=1, agent="100016", person=1, amount=5, expires_at=NOON, shop="100024"),
    Shortage(id=1, agent="100016", area="ke:nakuru", amount=5, why="cash", at=NOON),
    Erasure(person=1, phone=PHONE, closed_at=NOON, next_at=NOON),
    Nicknames(person=1, names={"2": "MAMA"}),
    NewNumber(id=1, phone=PHONE),
    Bulk(id=1, country="ke", name="ACME", digest="d", lines=1, amount=5, charge=1, at=NOON),
    BulkLine(id=2, bulk=1, number=2, person=None, phone=PHONE, secret="s", amount=5, fee=1, excise=0, levy=0),
    SimCheck(id=1, person=1, tries=2, next_at=NOON, asked_as="ATSwpid_1"),
    notice(1),
    withdrawal(1),
    Voucher(id=1, phone=PHONE, code_index="0f1e2d3c", secret="1$8$00$00"),
    Pending(id=1, payer=1, payee=2, amount=500, fee=9, excise=1, levy=0, settles_at=NOON),
    Order(
        id=1,
        person=1,
        kind="airtime",
        provider="airtime",
        account=PHONE,
        amount=5,
        fee=1,
        excise=0,
        levy=0,
        at=NOON,
        sent_at=NOON,
        tries=1,
        next_at=NOON,
        provider_id="ATQid_1",
    ),
    Case(id=1, what="reversal", opener=1, about=5, other=2, opened_at=NOON, due_at=NOON, values={"reason": "typo"}),
    Challenge(id=1, person=1, quote={"to": PHONE, "amount": 5}, expires_at=NOON),
    Request(id=1, kind="cash_out", asker=2, payer=1, amount=5, values={"agent": "100016"}, expires_at=NOON),
    approval(),
    Refund(
        id=1, country="gh", tax="e-levy", first="2025-04-02", last="2025-04-02", entries=2, amount=5, reach=7, at=NOON
    ),
    Staff(
        name="ann",
        role="support",
        phone="+254700000009",
        password="1$00$00",
        secret="GEZDGNBV",
        step=7,
        tries=1,
        locked_until=NOON,
        at=NOON,
    ),
    Login(id="0f1e", staff="ann", bound="2d3c", began_at=NOON, seen_at=NOON),
    Halt(id=1, country="ke", what="sends", why="a drill", by="ann", at=NOON),
    Watched(name="books", seal=1, mac="0f1e", at=NOON),
    BankStatement(
        id=1,
        country="ke",
        digest="d",
        name="november.csv",
        first_day="2026-11-21",
        last_day="2026-11-22",
        opening=5,
        closing=7,
        balances={"2026-11-22": 7},
        lines=1,
        new=1,
        by="ann",
        at=NOON,
    ),
    BankLine(
        id=1,
        country="ke",
        mark="m",
        statement=1,
        booked_on="2026-11-22",
        amount=2,
        reference="ft900",
        text=NAME,
        entry=1,
        case_id=1,
        why="w",
        at=NOON,
    ),
    DayClose(
        number=1,
        country="ke",
        day="2026-11-22",
        said="s",
        figures={"issued": 7},
        maker="ann",
        checker="ben",
        at=NOON,
        signature="0f",
        public_key="1e",
        stamp="2d",
    ),
    Noted(
        number=1, at=NOON, staff="ann", role="support", act="reveal", about="person 1", values={"why": "é"}, stamp="00"
    ),
    Funds(name="ke-2026-11-22", country="ke", at=NOON, tree=7, depth=1, file={"statement": {"total": 5}}),
    FundsPage(key="7:0", at=NOON, body="AAAA"),
    PriceList(
        id="zz:1",
        country="zz",
        number=1,
        text="[[charges]]",
        first="2026-12-01",
        approval=1,
        maker="ann",
        checker="bob",
        at=NOON,
    ),
    Minute(key="2026-11-22T12:00 hop 5", at=NOON, theme="hop", name="5", count=3, value=9),
    Board(name="shops", at=NOON, values={"areas": [["ke:nakuru", 1, 5, 0, 0]], "dry": []}),
    Seen(key="sms:1", at=NOON),
    Stop(phone=PHONE, at=NOON),
    paid(1, 2),
    Tally(key="codes:100016", count=2, at=NOON),
    KnownKey(mark="0f1e2d3c4b5a6978", purpose="secret", at=NOON, state="retired", last_seal=7, seal_key="00" * 32),
    Timer(name="seal", next_at=NOON),
    conversation("c1"),
)
