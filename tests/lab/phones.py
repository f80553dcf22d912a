"""People who want to pay, over a service and lines that fail them: they repeat, dial again, and believe what they read.

Each payment is one intention: this payer, this payee, this amount, once. A phone goes on until it has read that the
payment is done; if it reads that it was not done, it pays again. So every false word shows in the books: a false DONE
as a payment that is lost, a false NOT done as one that is doubled.
"""

import random
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock, Thread
from typing import NamedTuple
from urllib.parse import quote

from service.app import App
from service.ledger.audit import Problem
from service.ledger.chart import Reason
from service.wallet.audit import audit_all
from service.wallet.unit import Person
from tests.bench.phones import PIN, phone_of

PATH = "/gateways/africastalking/demo"
PATIENCE_SECONDS = 10
REFERENCE = re.compile(r"(?:Ref|Kumb) ([2-9A-Z]{10})")
DONE = re.compile(r"(?:DONE|TAYARI): KES (\d+) .*?([2-9A-Z]{10})\.", re.DOTALL)
NOT_DONE = re.compile(r"(?:NOT sent|HAIKUTUMWA): KES (\d+) ")
JUST_PAID = re.compile(r"(?:You paid this moments ago, Ref|Umelipa hii sasa hivi, Kumb) ([2-9A-Z]{10})")
UNSURE = re.compile("Still being checked|Bado inaangaliwa")
NOTHING_TAKEN = re.compile("Something went wrong here. Nothing was taken")
AMOUNTS = range(101, 191)
_sessions = count(1)


@dataclass
class Payment:
    """One intention, and what its phone was told of it."""

    payer: int
    payee: int
    amount: int
    reference: str = ""
    tries: int = 0  # how often the PIN was sent
    in_doubt_since: float | None = None
    denied: bool = False  # the first answer was that nothing was taken


@dataclass
class Seen:
    """What all phones of a run have seen."""

    payments: list[Payment] = field(default_factory=list)
    done: int = 0
    acknowledged_at: float = 0
    begun_at: float = 0  # when the newest of the acknowledged requests was first sent
    doubts: Counter[str] = field(default_factory=Counter)  # what came of outcomes that were unknown: done, not done
    longest_doubt: float = 0
    strange: list[str] = field(default_factory=list)
    not_done: Callable[[Payment], None] = lambda _: None
    lock: Lock = field(default_factory=Lock)

    def settle(self, payment: Payment, outcome: str) -> None:
        """Note that a phone in doubt was told."""
        if payment.in_doubt_since is not None:
            with self.lock:
                self.doubts[outcome] += 1
                self.longest_doubt = max(self.longest_doubt, time.monotonic() - payment.in_doubt_since)
            payment.in_doubt_since = None

    def acknowledge(self, payment: Payment, reference: str, begun_at: float) -> None:
        """Note that a phone was told of its payment, in answer to what it sent at that time."""
        payment.reference = reference
        with self.lock:
            self.done += 1
            self.acknowledged_at = time.monotonic()
            self.begun_at = max(self.begun_at, begun_at)


class Phone:
    """A phone, and the gateway's connection for it; `None` is what it shows when the network gave up."""

    def __init__(self, port: int, number: int, seen: Seen, over: Callable[[], bool]) -> None:
        self._port, self._number, self._seen, self._over = port, phone_of(number), seen, over
        self._line: socket.socket | None = None
        self._chance = random.Random(number)
        self._session = self._typed = ""

    def close(self) -> None:
        if self._line:
            self._line.close()
            self._line = None

    def pay(self, payment: Payment) -> None:
        """Go on until the payment is done, or it is over."""
        while not self._over() and not payment.reference:
            begun_at = time.monotonic()
            home = self._dial()
            if home is None or not home.startswith("CON "):
                time.sleep(0.02)
                continue
            told = DONE.search(home)
            if payment.tries and told and int(told[1]) == payment.amount:
                self._seen.settle(payment, "done")
                self._seen.acknowledge(payment, told[2], begun_at)
                if payment.denied and payment.tries == 1:
                    self._seen.strange.append(f"nothing was taken, and then: {home}")
                return
            if payment.tries:
                denied = NOT_DONE.search(home)
                if denied and int(denied[1]) == payment.amount and payment.in_doubt_since is not None:
                    self._seen.not_done(payment)
                self._seen.settle(payment, "not done" if denied else "not told")
            self._enter(payment)

    def sms(self, text: str) -> None:
        """Send a message, until it is taken; raises if it never is."""
        form = f"date=2026-11-22&from={quote(self._number)}&id=sms{next(_sessions)}&linkId=&text={quote(text)}&to=29844"
        while self._post("/sms", form) is None:
            assert not self._over(), f"the message was never taken: {text}"
            time.sleep(0.02)

    def _dial(self) -> str | None:
        self._session, self._typed = f"ATUid_{next(_sessions):032x}", ""
        return self._hop()

    def _enter(self, payment: Payment) -> None:
        before: str | None = ""
        for key in ("1", f"0{phone_of(payment.payee)[4:]}", str(payment.amount)):
            before = self._press(key)
            if before is None or not before.startswith("CON "):
                return
        if payment.tries and (paid := JUST_PAID.search(before or "")):
            self._seen.settle(payment, "done")
            self._seen.acknowledge(payment, paid[1], time.monotonic())
            return
        if "PIN:" not in (before or ""):
            return  # the talk began anew
        payment.tries, begun_at = payment.tries + 1, time.monotonic()
        screen = self._press(PIN)
        if screen is None or UNSURE.search(screen):
            payment.in_doubt_since = payment.in_doubt_since or time.monotonic()
        elif reference := REFERENCE.search(screen):
            self._seen.acknowledge(payment, reference[1], begun_at)
        elif NOTHING_TAKEN.search(screen):
            payment.denied = payment.tries == 1
        elif not screen.startswith("END "):
            self._seen.strange.append(screen)

    def _press(self, key: str) -> str | None:
        self._typed = f"{self._typed}*{key}" if self._typed else key
        return self._hop()

    def _hop(self) -> str | None:
        """Post a hop; a gateway that got no answer asks again now and then, and gives up."""
        form = f"sessionId={self._session}&phoneNumber={quote(self._number)}&networkCode=63902"
        form = f"{form}&serviceCode=%2A384%2A96%23&text={self._typed}"
        while not self._over():
            screen = self._post("/ussd", form)
            if screen is not None or self._chance.random() < 0.5:
                return screen
        return None

    def _post(self, path: str, form: str) -> str | None:
        try:
            if self._line is None:
                self._line = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_SECONDS)
            head = f"POST {PATH}{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            self._line.sendall(f"{head}Content-Length: {len(form)}\r\n\r\n{form}".encode())
            return read_answer(self._line)
        except OSError:
            self.close()
            time.sleep(0.01)
            return None


def read_answer(line: socket.socket) -> str:
    """Return the body of an HTTP answer; raises OSError if it is cut off or says anything but 200."""
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0 or len(answer) < end + 4 + _length(answer[:end]):
        part = line.recv(65536)
        if not part:
            raise ConnectionResetError("cut off")
        answer += part
    if not answer.startswith(b"HTTP/1.1 200"):
        raise ConnectionAbortedError(answer[:60].decode(errors="replace"))
    return answer[end + 4 :].decode()


def _length(head: bytes) -> int:
    return int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])


class Crowd:
    """So many people, some of whom pay at the same time until they are told to stop."""

    def __init__(self, port: int, *, people: int, at_once: int) -> None:
        self.seen, self.stop = Seen(), Event()
        self._people, self._at_once = people, at_once
        self._port, self._threads = port, [Thread(target=self._go_on, args=(n,), daemon=True) for n in range(at_once)]
        self._broke: list[BaseException] = []

    def begin(self) -> None:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def begin_and_see(self) -> None:
        """Begin, and wait until the first payment is done."""
        self.begin()
        while not self.seen.done:
            self.go_on(seconds=0.1)

    def end(self, *, seconds: float = 30) -> None:
        """Let nobody begin another payment, and wait until each knows what became of the last."""
        self.stop.set()
        self._until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(timeout=seconds + 20)
            assert not thread.is_alive(), "a phone still waits"
        assert not self._broke, self._broke

    _began, _until = 0.0, float("inf")

    def go_on(self, *, seconds: float) -> None:
        """Let them pay for some time; raises if nobody has had a payment done for a minute."""
        time.sleep(seconds)
        assert not self._broke, self._broke
        idle = time.monotonic() - max(self.seen.acknowledged_at, self._began)
        assert idle < 60, f"no payment is done for {idle:.0f} s: {self.seen.strange[-3:]}"

    def _go_on(self, line: int) -> None:
        phones = {n: Phone(self._port, n, self.seen, self._over) for n in range(line, self._people, self._at_once)}
        try:
            for payment in self._payments(list(phones)):
                if self.stop.is_set():
                    return
                self.seen.payments.append(payment)
                phones[payment.payer].pay(payment)
                phones[payment.payer].close()
        except Exception as error:
            self._broke.append(error)
        finally:
            for phone in phones.values():
                phone.close()

    def _over(self) -> bool:
        return time.monotonic() > self._until

    def _payments(self, payers: list[int]) -> Iterator[Payment]:
        for turn in count():
            payee, amount = divmod(turn, len(AMOUNTS))
            for payer in payers:
                yield Payment(payer, (payer + 1 + payee) % self._people, AMOUNTS[amount])


class Verdict(NamedTuple):
    """What the books say to what phones were told."""

    lost: int
    doubled: int
    problems: frozenset[Problem]


def problems(app: App) -> frozenset[Problem]:
    """Audit everything: the books, and what stands beside them, as that each payment has its two messages."""
    return frozenset(app.read(lambda unit: audit_all(unit, seal_key=app.seal_key)).problems)


def verify(app: App, payments: list[Payment], before: frozenset[Problem]) -> Verdict:
    """Compare what was intended and told with the books; `before` is what the audit said at the beginning."""
    people = {str(one.id): one.phone for one in app.read(lambda unit: unit.rows.find(Person, limit=100_000))}
    booked: dict[tuple[str, str, int], list[str]] = {}
    last = 0
    while page := app.read(lambda unit, last=last: unit.books.entries(after=last)):  # type: ignore[misc]
        for entry in page:
            if entry.reason == Reason.SEND:
                move = entry.moves[0]
                key = people[move.source.owner], people[move.target.owner], move.amount // 100
                booked.setdefault(key, []).append(app.house.references.write(entry.id))
        last = page[-1].id
    lost = doubled = 0
    for payment in payments:
        found = booked.pop((phone_of(payment.payer), phone_of(payment.payee), payment.amount), [])
        lost += bool(payment.reference) and payment.reference not in found
        doubled += max(0, len(found) - 1)
    doubled += sum(map(len, booked.values()))  # nobody intended these
    return Verdict(lost, doubled, problems(app) - before)
