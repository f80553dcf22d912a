"""An outbox on each engine that a test can afford, a clock that stands still, and a gateway that does as told."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from service.budget import Budget
from service.gateways.base import Outcome, Sent
from service.outbox import send_due
from service.storage.migrate import migrate
from service.storage.open import open_store
from service.storage.store import Store, Tx
from service.wallet.house import House
from service.wallet.unit import Notice, Unit

T = TypeVar("T")

PHONE = "+254722000002"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Gateway:
    """Takes messages; `says` answers each, and may raise."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    says: Callable[[str, str], Sent] = lambda _to, text: Sent(Outcome.ACCEPTED, f"id-{text}")

    def __call__(self, *, to: str, text: str, link_id: str | None = None) -> Sent:
        self.sent.append((to, text))
        return self.says(to, text)


@dataclass
class Post:
    """An outbox with everything around it."""

    store: Store
    gateway: Gateway = field(default_factory=Gateway)
    at: datetime = NOON
    budget: Budget = field(default_factory=lambda: Budget(per_number=10_000, per_prefix=10_000, in_all=10_000))
    codes: Budget = field(default_factory=lambda: Budget(per_number=10_000, per_prefix=10_000, in_all=10_000))
    counted: list[str] = field(default_factory=list)
    inside: bool = False

    def transact(self, work: Callable[[Unit], T]) -> T:
        def within(tx: Tx) -> T:
            self.inside = True
            try:
                return work(Unit(tx.books, tx.rows, tx.mint, tx.savepoint, cast(House, None), self.at))
            finally:
                self.inside = False

        return self.store.transact(within)

    def queue(self, key: str = "text", **changes: Any) -> int:
        """Queue a message whose text is its number, as a use case would."""

        def add(unit: Unit) -> int:
            notice = Notice(
                id=unit.mint(),
                person=None,
                phone=PHONE,
                key=key,
                values={"amount": 50_000},
                language="en",
                at=unit.now,
                next_at=unit.now,
            )
            assert unit.rows.add(replace(notice, **changes))
            return notice.id

        return self.transact(add)

    def notice(self, number: int) -> Notice:
        found = self.transact(lambda unit: unit.rows.get(Notice, number))
        assert found is not None
        return found

    def states(self) -> list[str]:
        return [notice.state for notice in self.transact(lambda unit: unit.rows.find(Notice, limit=1000))]

    def render(self, notice: Notice) -> str:
        if notice.key == "poison":
            raise KeyError("PIN 4071")
        return {"empty": "", "long": "x" * 10_000}.get(notice.key, str(notice.id))

    def send(self, **asked: Any) -> int:
        asked = {"budget": self.budget, "codes": self.codes, "count": self.counted.append, **asked}
        return send_due(self.transact, self.gateway, self.render, lambda: self.at, **asked)

    def wait(self, **time: int) -> None:
        self.at += timedelta(**time)


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("outbox") / "blank.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["memory", "sqlite"])
def post(request: pytest.FixtureRequest, blank: Path, tmp_path: Path) -> Iterator[Post]:
    url = "memory:"
    if request.param == "sqlite":
        shutil.copy(blank, tmp_path / "senti.db")
        url = f"sqlite:///{tmp_path / 'senti.db'}"
    store = open_store(url, field_keys=[b"f" * 32], index_keys=[b"i" * 32])
    yield Post(store)
    store.close()
