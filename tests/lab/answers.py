"""Lost answers: a payment is committed, or is not, and nobody is told. Everybody finds out, and is told the truth.

Three bad lines: between the Python API and PostgreSQL, between `senti serve` and PostgreSQL, and between the gateway
and `senti serve`. Each fault leaves somebody who does not know; what they then find out is held against the books.
"""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from service.ledger.chart import Kind
from service.ledger.entry import Account, Entry, Posted
from service.ledger.post import post
from service.storage.migrate import migrate
from service.storage.store import Busy, Store, Unsure
from service.ussd.session import Conversation
from service.wallet.unit import Notice
from tests.bench.crowd import gather
from tests.bench.measure import NotRun as NoServer
from tests.bench.phones import phone_of
from tests.bench.servers import Postgres, postgres
from tests.conftest import assert_sound, opened
from tests.lab import gateway, proxy
from tests.lab.finding import Finding, NotRun, Round, Say
from tests.lab.phones import Crowd, Payment, Phone, Seen, Verdict, problems, verify
from tests.ledger.shop import fund, send
from tests.serving.conftest import Machine, app_at, machine_at

TITLE = "Lost answers"

# fmt: off
SIZES = {          # unknown outcomes at each of the three lines, and people with phones
    "full":  (4_000, 4_000, 2_000, 300),
    "short":   (150,   150,    60,  60),
}
# fmt: on

WEIGHTS = {
    "request lost": 30, "answer lost": 40, "request late": 10, "raced cut": 15, "answer late": 4, "silence": 1,
}  # fmt: skip
AWAY_ONE_IN = 500
WALLETS = 24
AT_ONCE = 8
CHECKS = 20
"""A phone asks about so many of its payments: an hour has room for thirty messages."""


def run(size: Round, say: Say) -> list[Finding]:
    api, served, gate, people = SIZES[size]
    try:
        with postgres() as server:
            return [
                through_the_api(server, api, say),
                through_the_service(server, served, people, say),
                through_the_gateway(server, gate, people, say),
            ]
    except NoServer as missing:
        raise NotRun(missing.why, missing.cure) from None


class Dice:
    """Chooses faults, the same in each run, about as often as not."""

    def __init__(self, *, away_one_in: int) -> None:
        self._chance, self._away_one_in = random.Random(4), away_one_in

    def __call__(self, _: object = None) -> str | None:
        if self._chance.random() < 0.5:
            return None
        if self._chance.random() * self._away_one_in < 1:
            return "away"
        return self._chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]


def through_the_api(server: Postgres, wanted: int, say: Say, *, away_one_in: int = AWAY_ONE_IN) -> Finding:
    """Post entries, in transactions and alone, until so many answers were cut off; ask again by the id."""
    with server.database() as url:
        migrate(url)
        near = opened(url)
        wallets = [Account("ke", Kind.WALLET, f"lab{number}") for number in range(WALLETS)]
        fund(near, dict.fromkeys(wallets, 10_000_000))
        with proxy.proxied(url, Dice(away_one_in=away_one_in)) as line:
            far = opened(line.url)
            posts = Posts(near, far, wallets, line)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for made in pool.map(lambda n: posts.until(wanted, n, say), range(AT_ONCE)):
                    assert made
            far.close()
        finding = posts.finding()
        near.close()
        return finding


class Posts:
    """Entries posted over a bad line, and what was said of each."""

    def __init__(self, near: Store, far: Store, wallets: list[Account], line: proxy.Proxy) -> None:
        self._near, self._far, self._wallets, self._line = near, far, wallets, line
        self.told: dict[int, Entry] = {}  # posted, as somebody was told
        self.nothing: set[int] = set()  # nothing was written, as somebody was told
        self.outcomes: Counter[str] = Counter()
        self._lock = Lock()

    def cut(self) -> int:
        return sum(self._line.injected[fault] for fault in proxy.CUTS)

    def until(self, wanted: int, thread: int, say: Say) -> int:
        """Post until enough lines were cut; each second posting is one of many in a transaction of its own."""
        chance, number = random.Random(thread), 0
        while self.cut() < wanted:
            number += 1
            entry_id = 1_000_000 * (thread + 1) + number
            source, target = chance.sample(self._wallets, 2)
            self._one(send(entry_id, source, target, chance.randrange(1, 500), fee=5), alone=number % 2 == 0)
            if thread == 0 and number % 50 == 0:
                say(f"postings, {self.cut()} of {wanted}")
        return number

    def _one(self, entry: Entry, *, alone: bool) -> None:
        try:
            if alone:
                posted = self._far.post_one(entry)
                self._note("found out by itself" if posted.repeated else "told", entry)
            else:
                self._far.transact(lambda tx: post(tx.books, entry))
                self._note("told", entry)
        except Busy:
            self._note("nothing", entry)
            time.sleep(0.1)
        except Unsure:
            posted = self._ask(entry)
            self._note("unsure, was done" if posted.repeated else "unsure, was not done", entry)

    def _ask(self, entry: Entry) -> Posted:
        """Ask for the same entry again, until somebody knows: the first asking may still hold its locks."""
        for _ in range(50):
            try:
                return self._near.post_one(entry)
            except (Busy, Unsure):
                time.sleep(0.2)
        raise AssertionError(f"nobody knows what became of entry {entry.id}")

    def _note(self, outcome: str, entry: Entry) -> None:
        with self._lock:
            self.outcomes[outcome] += 1
            if outcome == "nothing":
                self.nothing.add(entry.id)
            else:
                self.told[entry.id] = entry

    def finding(self) -> Finding:
        """Hold what was told against the books, and every balance against what was told."""
        ids = sorted(self.told.keys() | self.nothing)
        booked = self._near.read(lambda tx: tx.books.some(ids))
        wrong = 0
        for account in self._wallets:
            moved = sum(
                (move.target == account) * move.amount - (move.source == account) * move.amount
                for entry in self.told.values()
                for move in entry.moves
            )
            wrong += self._near.read(lambda tx, account=account: tx.books.balance(account)) != 10_000_000 + moved  # type: ignore[misc]
        assert_sound(self._near)
        both_kinds(self.outcomes["unsure, was done"], self.outcomes["unsure, was not done"])
        return Finding(
            what="postings through the API",
            faults=self._line.injected.total(),
            acknowledged=len(self.told),
            lost=len(self.told.keys() - booked.keys()),
            doubled=len(self.nothing & booked.keys()),
            unbalanced=wrong,
            note=f"{counted(self._line.injected)}; {counted(self.outcomes)}",
        )


def through_the_service(
    server: Postgres, wanted: int, people: int, say: Say, *, away_one_in: int = AWAY_ONE_IN
) -> Finding:
    """Let phones pay while the answers of PostgreSQL are lost behind the service."""
    with server.database() as url, tempfile.TemporaryDirectory(prefix="senti-lab-") as folder:
        migrate(url)
        with (
            proxy.proxied(url, Dice(away_one_in=away_one_in)) as line,
            machine(Path(folder), line.url, SENTI_WORKERS="2") as here,
        ):
            pay = Paying("payments, PostgreSQL's answers lost", url, here.port, line.injected, say)
            return pay.until(wanted, people, here.serve)


def through_the_gateway(server: Postgres, wanted: int, people: int, say: Say) -> Finding:
    """Let phones pay while requests and answers are lost between gateway and service, or come twice."""
    chance = random.Random(5)

    def choose(request: bytes) -> str | None:
        pays = request.rsplit(b"text=", 1)[-1].count(b"*") == 3
        return chance.choice(gateway.FAULTS) if chance.random() < (0.6 if pays else 0.05) else None

    with server.database() as url, tempfile.TemporaryDirectory(prefix="senti-lab-") as folder:
        migrate(url)
        with machine(Path(folder), url, SENTI_WORKERS="2") as here, gateway.bad_line(here.port, choose) as line:
            pay = Paying("payments, the gateway's answers lost", url, line.port, line.injected, say)
            return pay.until(wanted, people, here.serve)


@dataclass(frozen=True)
class Paying:
    """A crowd that pays over a bad line, which counts its faults in `injected`."""

    what: str
    url: str
    port: int
    injected: Counter[str]
    say: Say

    def until(self, wanted: int, people: int, serve: Callable[[], object]) -> Finding:
        """Let people pay until so many outcomes of both kinds were unknown; hold what they read against the books."""
        with app_at(self.url) as app:
            gather(app, people)
            before = problems(app)
            serve()
            crowd, never = Crowd(self.port, people=people, at_once=AT_ONCE), Never(self.url)
            crowd.seen.not_done = never.note
            crowd.begin()
            try:
                while (known := crowd.seen.doubts.total()) < wanted or not all(_done_or_not(crowd.seen)):
                    self.say(f"{self.what}, {known} of {wanted}")
                    crowd.go_on(seconds=1)
                    assert crowd.seen.done < 100 + 20 * wanted, "hardly a payment meets a fault"
            finally:
                crowd.end()
            asked = ask_about(crowd.seen, self.port)
            verdict = verify(app, crowd.seen.payments, before)
            broken = app.read(lambda unit: [entry for entry in never.entries if unit.books.entry(entry)])
        return self._finding(crowd.seen, verdict, not_genuine=len(asked - genuine_of(self.url)), broken=len(broken))

    def _finding(self, seen: Seen, verdict: Verdict, *, not_genuine: int, broken: int) -> Finding:
        both_kinds(*_done_or_not(seen))
        assert not seen.strange, seen.strange[:5]
        return Finding(
            what=self.what,
            faults=self.injected.total(),
            acknowledged=seen.done,
            lost=verdict.lost + not_genuine,
            doubled=verdict.doubled + broken,
            unbalanced=len(verdict.problems),
            longest_recovery_seconds=seen.longest_doubt,
            note=f"{counted(self.injected)}; in doubt, then told: {counted(seen.doubts)}",
        )


def _done_or_not(seen: Seen) -> tuple[int, int]:
    """Return how many payments in doubt were done, and how many were not."""
    return seen.doubts["done"], seen.doubts["not done"] + seen.doubts["not told"]


class Never:
    """The entries of which phones were told that they were not done: they never may be."""

    def __init__(self, url: str) -> None:
        self._url, self.entries = url, set[int]()

    def note(self, payment: Payment) -> None:
        """Find the entry by the talk that broke off."""
        with app_at(self._url) as app:
            talks = app.read(
                lambda unit: unit.rows.find(Conversation, phone=phone_of(payment.payer), newest=True, limit=3)
            )
        for talk in talks[1:]:
            if quote := talk.session["values"].get("quote"):
                self.entries.add(quote["entry"])
                return


def ask_about(seen: Seen, port: int) -> set[str]:
    """Ask by SMS about payments that were done, and return their references."""
    asked: dict[int, list[str]] = {}
    for payment in reversed(seen.payments):
        mine = asked.setdefault(payment.payer, [])
        if payment.reference and len(mine) < CHECKS:
            mine.append(payment.reference)
    for payer, references in asked.items():
        until = time.monotonic() + 60
        phone = Phone(port, payer, seen, lambda until=until: time.monotonic() > until)  # type: ignore[misc]
        for reference in references:
            phone.sms(f"CHECK {reference}")
        phone.close()
    return {reference for references in asked.values() for reference in references}


def genuine_of(url: str) -> set[str]:
    """Return the references that CHECK has called genuine."""
    with app_at(url) as app:
        answers = app.read(lambda unit: unit.rows.find(Notice, key="check_done", limit=100_000))
    return {str(answer.values["reference"]) for answer in answers}


def machine(folder: Path, url: str, **settings: str) -> AbstractContextManager[Machine]:
    """Give a machine where Python keeps what it has compiled, as it does where Senti was installed."""
    kept = str(Path(tempfile.gettempdir()) / "senti-lab-bytecode")
    return machine_at(folder, url, PYTHONDONTWRITEBYTECODE="", PYTHONPYCACHEPREFIX=kept, **settings)


def both_kinds(done: int, not_done: int) -> None:
    """Raise if nobody was in doubt about a payment that was done, or about one that was not: nothing would be shown."""
    assert done, "no payment in doubt had been done"
    assert not_done, "every payment in doubt had been done"


def counted(counter: Counter[str]) -> str:
    return ", ".join(f"{what} {number:,}" for what, number in counter.most_common())
