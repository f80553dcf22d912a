"""Two people and two shops on the memory store, with nothing between a test and the use cases.

A test says what a use case left behind in whole: entries, messages, rows. What a person reads of it is in the stories.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import pytest

from menus import product
from menus.messages import MESSAGES
from menus.notices import REFUSAL, render_notice
from service.countries import load_pack
from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.reference import References
from service.refusal import Refusal
from service.storage.memory import MemoryStore
from service.storage.records import BY_KIND
from service.wallet import audit
from service.wallet.house import House
from service.wallet.notice import READER
from service.wallet.unit import Agent, Asked, Notice, Person, Unit
from tests.wallet.strict import Strict, name_of

T = TypeVar("T")

NOON = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PACK = replace(load_pack("ke"), undo_seconds=0)
UGANDA = replace(PACK, country="ug")
AUDITS = (
    audit.holds_have_rows,
    audit.withdrawals_ended_so,
    audit.payments_ended_so,
    audit.orders_ended_so,
    audit.meters_ended_so,
    audit.everybody_was_told,
)
REFERENCES = References(bytes(range(32)))
CODE_KEY = b"codes" * 8
TALK = product(PACK, CODE_KEY)
TRUST = Account("ke", Kind.TRUST)
FEES = Account("ke", Kind.FEES)
TAX = Account("ke", Kind.TAX)


def person(number: int, name: str, phone: str, *, tier: int = 2, language: str = "en", country: str = "ke") -> Person:
    return Person(
        id=number,
        country=country,
        phone=phone,
        name=name,
        id_number=f"1122334{number}",
        language=language,
        tier=tier,
        pin=f"no PIN fits {number}",
        registered_at=NOON,
    )


AMINA = person(901, "Amina Odhiambo", "+254711000001")
BARAKA = person(902, "Baraka Mwangi", "+254722000002", tier=1, language="sw")
NJERI = person(903, "Njeri Kamau", "+254711000010")
ACHIENG = person(904, "Achieng Otieno", "+254711000011", language="fr")
UGANDAN = person(905, "Okello Moses", "+256711000001", country="ug")
SHOP = Agent(number="100016", person=NJERI.id, name="Duka la Njeri", place="Nakuru")
OTHER_SHOP = Agent(number="100024", person=ACHIENG.id, name="Mama Otieno", place="Kisumu")


def wallet(who: Person) -> Account:
    return Account(who.country, Kind.WALLET, str(who.id))


def float_(shop: Agent) -> Account:
    return Account("ke", Kind.FLOAT, shop.number)


def commission(shop: Agent) -> Account:
    return Account("ke", Kind.COMMISSION, shop.number)


@dataclass
class Village:
    """The store, the house and the clock."""

    store: MemoryStore = field(default_factory=MemoryStore)
    now: datetime = NOON
    house: House = field(
        default_factory=lambda: House(
            packs={"ke": PACK, "ug": UGANDA},
            references=REFERENCES,
            pepper=b"pepper" * 6,
            code_key=CODE_KEY,
            log_key=b"log" * 11,
            pin_memory_kib=8,
        )
    )

    def __post_init__(self) -> None:
        def settle(unit: Unit) -> None:
            for one in (AMINA, BARAKA, NJERI, ACHIENG, UGANDAN):
                unit.rows.add(one)
                unit.books.open(wallet(one))
            for shop in (SHOP, OTHER_SHOP):
                unit.rows.add(shop)
                unit.books.open(float_(shop))

        self.do(settle)
        self.mark = 0
        self.past: set[str] = set()
        self.audited = True  # a test that posts entries or writes rows past the use cases says no

    def do(self, work: Callable[[Unit], T]) -> T:
        """Run one piece of work, committed or not at all."""
        return self.store.transact(
            lambda tx: work(Unit(tx.books, cast(Any, Strict(tx.rows)), tx.mint, tx.savepoint, self.house, self.now))
        )

    def give(self, who: Person, amount: int) -> None:
        """Put money into a wallet, past the use cases."""
        shop = float_(SHOP)
        self.post((TRUST, shop, amount, Reason.ISSUE), (shop, wallet(who), amount, Reason.CASH_IN))

    def post(self, *moves: tuple[Account, Account, int, Reason]) -> int:
        def work(unit: Unit) -> int:
            made = tuple(Move(*move) for move in moves)
            return unit.books.post(Entry(id=unit.mint(), reason=made[0].reason, at=self.now, moves=made)).id

        entry = self.do(work)
        self.past.add(f"entry {entry}")
        self.audited &= moves[0][3] in audit.NOTICES
        return entry

    def change(self, row: Any, **changed: Any) -> Any:
        """Write over a row."""
        new = replace(row, **changed)

        def write(unit: Unit) -> None:
            assert unit.rows.lock(*name_of(row)) is not None
            unit.rows.put(new)

        self.do(write)
        return new

    def pack(self, **changed: Any) -> None:
        """Use other figures from now on."""
        self.house = replace(self.house, packs={**self.house.packs, "ke": replace(PACK, **changed)})

    def tier(self, **changed: int) -> None:
        """Use other limits for the second tier from now on."""
        self.pack(tiers={**PACK.tiers, 2: PACK.tiers[2]._replace(**changed)})

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def balance(self, account: Account) -> int:
        return self.do(lambda unit: unit.books.balance(account))

    def used(self, key: str) -> int:
        return self.do(lambda unit: unit.books.used(key))

    def rows(self, kind: type[T]) -> list[T]:
        return list(self.do(lambda unit: unit.rows.find(kind, limit=1000)))

    def entry(self, entry_id: int) -> Recorded | None:
        return self.do(lambda unit: unit.books.entry(entry_id))

    def everything(self) -> tuple[Any, ...]:
        """Return all that is written: after a refusal it is what it was."""
        rows = [self.rows(kind) for kind in BY_KIND]
        entries = self.do(lambda unit: unit.books.entries())
        return rows, entries, dict(self.do(lambda unit: list(unit.books.balances())))

    def told(self) -> list[Notice]:
        """Return the messages that were queued since this was last asked."""
        notices = self.rows(Notice)
        new, self.mark = notices[self.mark :], len(notices)
        return new

    def said(self) -> list[tuple[str, str, dict[str, Any], int | None, datetime | None]]:
        """Return (phone, key, values, entry, until when) of these, and assert what every message has."""
        new = self.told()
        for notice in new:
            assert (notice.at, notice.next_at, notice.state) == (self.now, self.now, "queued")
        return [(one.phone, one.key, dict(one.values), one.entry, one.expires_at) for one in new]

    def assert_readable(self) -> None:
        """Assert that each message that was queued can be sent: its reader's language has the words, and it brings
        what they show; and that each entry has its receipts, as the auditor counts them.
        """
        for notice in self.rows(Notice):
            assert notice.language in TALK.words, notice
            if notice.state == "queued" and not notice.key.startswith(REFUSAL):
                shown = {name for name in MESSAGES[notice.key] if not TALK.sms_field(name).optional}
                assert shown <= set(notice.values) <= {*TALK.fields, READER}, notice
            if notice.state == "queued":
                assert "None" not in render_notice(TALK, notice), notice
        found = self.do(lambda unit: [one for check in AUDITS for one in check(unit)]) if self.audited else []
        assert [one for one in found if one[0] not in self.past] == []

    @contextmanager
    def refuses(self, no: type[Refusal], **said: Any) -> Iterator[None]:
        """Assert that it is refused in these words, and leaves nothing."""
        before = self.everything()
        with pytest.raises(no) as refused:
            yield
        assert type(refused.value) is no
        assert refused.value.said == said
        assert self.everything() == before


class Overheard:
    """Rows and books that note what is announced and what is then asked, and let something happen before a lock."""

    def __init__(self, unit: Unit) -> None:
        self.rows, self.books = unit.rows, unit.books
        self.announced: list[Any] = []
        self.asked: list[Any] = []
        self.before_lock: Callable[[], Any] = lambda: None
        self.unit = replace(unit, rows=cast(Any, self), books=cast(Any, self))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rows, name) if hasattr(self.rows, name) else getattr(self.books, name)

    def ahead(self, *asked: Any) -> None:
        self.announced += asked

    def get(self, kind: Any, *key: Any) -> Any:
        self.asked.append(Asked.get(kind, *key))
        return self.rows.get(kind, *key)

    def lock(self, kind: Any, *key: Any) -> Any:
        self.asked.append(Asked.lock(kind, *key))
        self.before_lock()
        return self.rows.lock(kind, *key)

    def find(self, kind: Any, **asked: Any) -> Any:
        self.asked.append(Asked.find(kind, **asked))
        return self.rows.find(kind, **asked)

    def balance(self, account: Account) -> int:
        self.asked.append(account)
        return self.books.balance(account)

    def counter(self, key: str) -> int:
        self.asked.append(("counter", key))
        return self.books.counter(key)

    def used(self, key: str) -> int:
        self.asked.append(key)
        return self.books.used(key)


def ref(entry_id: int) -> str:
    return REFERENCES.write(entry_id)
