"""What goes on while nodes fail: payments through the Python API, phones over HTTP, and writes to each node by itself.

Each keeps what it was told was done, and what it was told was not; at the end the books are asked.
"""

import random
import re
import secrets
import socket
import time
from collections.abc import Iterable, Sequence
from http.client import HTTPException
from itertools import count, pairwise
from threading import Event, Thread
from typing import NamedTuple
from urllib.parse import urlencode
from urllib.request import urlopen

import psycopg

from service import clock
from service.app import App, last_words
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move
from service.storage.store import Busy, Tx, Unsure
from service.wallet.account import wallet_of
from service.wallet.people import person_by_phone
from service.wallet.send import charge_moves
from tests.bench.phones import CODE, PIN, phone_of
from tests.bench.postings import FIRST_ID
from tests.issued import issued

WALLETS = 64
PATH = "/gateways/africastalking/demo/ussd"
REFERENCE = re.compile(r"(Ref|Kumb) [2-9A-Z]{10}")


class Acknowledged(NamedTuple):
    """Something whose success was told: which, on which timeline of the database, and when it began and ended."""

    what: object
    began: float
    ended: float
    timeline: str = ""


class Load:
    """Threads that do something until they are told to stop."""

    def __init__(self, threads: int) -> None:
        self.acknowledged: list[Acknowledged] = []
        self.wrong: list[str] = []
        self._stop = Event()
        self._threads = [Thread(target=self._whole, args=(number,)) for number in range(threads)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is in hand; at most half a minute."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        self.wrong += ["a thread never came back" for thread in self._threads if thread.is_alive()]

    def went_on(self, since: float) -> bool:
        """Say whether something that began after this moment was acknowledged."""
        return any(one.began > since for one in reversed(self.acknowledged[-100:]))

    def longest_gap(self, since: float) -> float:
        """Return the longest time from this moment until now in which nothing was acknowledged."""
        ends = sorted(one.ended for one in list(self.acknowledged) if one.ended > since)
        return max(later - sooner for sooner, later in pairwise((since, *ends, time.monotonic())))

    def _whole(self, number: int) -> None:
        try:
            self._work(number)
        except Exception as error:
            self.wrong.append(repr(error))

    def _work(self, number: int) -> None:
        raise NotImplementedError


class Payers(Load):
    """Payments by post_one; each is asked for again, with its own id, until it is acknowledged."""

    def __init__(self, app: App) -> None:
        super().__init__(4)
        self._app, self._ids = app, count(FIRST_ID)
        self._wallets = [Account("ke", Kind.WALLET, f"lab{number}") for number in range(WALLETS)]
        till = Account("ke", Kind.FLOAT, "lab")
        app.store.transact(self._open)
        moves = [Move(till, wallet, 40_000_000, Reason.CASH_IN) for wallet in self._wallets]
        made, total = next(self._ids), sum(move.amount for move in moves)
        from_bank = (Move(Account("ke", Kind.TRUST), till, total, Reason.ISSUE),)
        app.transact(lambda unit: unit.books.post(issued(unit.rows, entry_id=made, at=clock.now(), moves=from_bank)))
        for move in moves:
            app.store.post_one(Entry(id=next(self._ids), reason=move.reason, at=clock.now(), moves=(move,)))

    def _open(self, tx: Tx) -> None:
        for account in (Account("ke", Kind.FLOAT, "lab"), *self._wallets):
            tx.books.open(account)

    def _work(self, number: int) -> None:
        chance = random.Random(number)
        while not self._stop.is_set():
            source, target = chance.sample(self._wallets, 2)
            charge = self._app.home.pack.charge("send", 100_00, clock.now())
            moves = (Move(source, target, 100_00, Reason.SEND), *charge_moves(source, charge))
            self._until_done(Entry(id=next(self._ids), reason=Reason.SEND, at=clock.now(), moves=moves))
            time.sleep(0.02)

    def _until_done(self, entry: Entry) -> None:
        began = time.monotonic()
        while not self._stop.is_set():
            try:
                self._app.store.post_one(entry)
            except (Busy, Unsure):
                time.sleep(0.1)
            else:
                self.acknowledged.append(Acknowledged(entry.id, began, time.monotonic()))
                return

    def judge(self, books: psycopg.Connection[tuple[int, int]]) -> tuple[int, int]:
        """Return how many are lost, and how many stand in the books twice."""
        rows = books.execute("SELECT entry, count(*) FROM moves WHERE reason = 'send' GROUP BY entry").fetchall()
        moves = dict(rows)
        lost = sum(one.what not in moves for one in self.acknowledged)
        return lost, sum(found > 1 for entry, found in rows if entry >= FIRST_ID)


class Phones(Load):
    """Phones that send money; no two payments of a payer have the same amount, so each can be found in the books.

    A hop without an answer is posted again, as gateways do.
    """

    def __init__(self, app: App, port: int, people: int) -> None:
        super().__init__(3)
        self._url, self._people = f"http://127.0.0.1:{port}{PATH}", people
        self._nothing_taken = last_words(app.home.talk)["trouble"]
        self.told_not: list[tuple[str, int]] = []
        persons = (app.read(lambda unit, n=n: person_by_phone(unit, phone_of(n))) for n in range(people))  # type: ignore[misc]
        self._wallets = [str(wallet_of(person)) for person in persons if person]

    def _work(self, number: int) -> None:
        payers = range(number, self._people, len(self._threads))
        for talk in count():
            if self._stop.is_set():
                return
            round_, place = divmod(talk, len(payers))
            self._send(payers[place], (payers[place] + 1) % self._people, 50_00 + round_)
            time.sleep(0.2)

    def _send(self, payer: int, payee: int, amount: int) -> None:
        began, payment = time.monotonic(), (self._wallets[payer], amount)
        form = {"sessionId": f"ATUid_{secrets.token_hex(16)}", "phoneNumber": phone_of(payer), "serviceCode": CODE}
        typed, text, screen = ("", "1", f"0{phone_of(payee)[4:]}", f"{amount // 100}.{amount % 100:02}", PIN), "", ""
        for key in typed:
            text = f"{text}*{key}" if text else key
            screen = self._hop(form | {"networkCode": "63902", "text": text})
            if not screen.startswith("CON ") and key != PIN:
                self.told_not.append(payment)  # no PIN was entered
                return
        if REFERENCE.search(screen):
            self.acknowledged.append(Acknowledged(payment, began, time.monotonic()))
        elif self._nothing_taken in screen:
            self.told_not.append(payment)

    def _hop(self, form: dict[str, str]) -> str:
        for _ in range(3):
            try:
                with urlopen(self._url, urlencode(form).encode(), timeout=20) as answer:
                    return str(answer.read().decode())
            except (OSError, HTTPException):
                time.sleep(0.5)
        return ""

    def judge(self, books: psycopg.Connection[tuple[str, int, int]]) -> tuple[int, int, int]:
        """Return how many are lost, stand in the books twice, and are there though the phone read the contrary."""
        sends = "SELECT source, amount, count(*) FROM moves WHERE reason = 'send' AND source = ANY (%s) GROUP BY 1, 2"
        found = {(source, amount): n for source, amount, n in books.execute(sends, (self._wallets,)).fetchall()}
        lost = sum(one.what not in found for one in self.acknowledged)
        return lost, sum(n > 1 for n in found.values()), sum(payment in found for payment in self.told_not)


class Writers(Load):
    """One for each node: it writes to that node alone whenever the node lets it, whoever leads."""

    def __init__(self, addresses: Sequence[str]) -> None:
        super().__init__(len(addresses))
        self._addresses = addresses

    def _work(self, number: int) -> None:
        numbers = count(number, len(self._threads))
        while not self._stop.is_set():
            try:
                with psycopg.connect(
                    self._addresses[number], autocommit=True, connect_timeout=2, tcp_user_timeout=10_000
                ) as node:
                    self._write(node, numbers)
            except psycopg.Error:
                time.sleep(0.2)

    def _write(self, node: psycopg.Connection[tuple[str]], numbers: Iterable[int]) -> None:
        write = "INSERT INTO written VALUES (%s) RETURNING left(pg_walfile_name(pg_current_wal_lsn()), 8)"
        for number in numbers:
            began = time.monotonic()
            row = node.execute(write, (number,)).fetchone()
            assert row
            self.acknowledged.append(Acknowledged(number, began, time.monotonic(), row[0]))
            if self._stop.wait(0.05):
                return

    def judge(self, server: psycopg.Connection[tuple[int]]) -> tuple[int, int]:
        """Return how many writes are lost, and how many a node took after another had begun to lead."""
        kept = {number for (number,) in server.execute("SELECT number FROM written").fetchall()}
        return sum(one.what not in kept for one in self.acknowledged), len(two_led(self.acknowledged))


def two_led(writes: Iterable[Acknowledged]) -> list[Acknowledged]:
    """Return the writes that were begun and acknowledged on a timeline after one on a later timeline was.

    Each promotion begins a timeline: on the older one nobody may be told any more that a write is done.
    """
    writes = list(writes)
    began_to_lead: dict[str, float] = {}
    for one in writes:
        began_to_lead[one.timeline] = min(one.ended, began_to_lead.get(one.timeline, one.ended))
    return [
        one
        for one in writes
        if any(timeline > one.timeline and one.began > since for timeline, since in began_to_lead.items())
    ]


def free_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
