"""Traffic: many phones that each dial, choose 1, type a number and an amount, and confirm with their PIN.

One process with as many threads as there are talks at once; each keeps one connection open, as a gateway does. A payer
is in one talk at a time. Latency counts from the moment at which a hop should have been sent.
"""

import random
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from threading import Lock, Thread
from urllib.parse import quote

from tests.bench.crowd import PIN, phone_of

PATH = "/gateways/africastalking/demo/ussd"
CODE = "*384*96#"
HOPS = ("dial", "1", "number", "amount", "PIN")
REFERENCE = re.compile(r"(Ref|Kumb) [2-9A-Z]{10}")
_sessions = count(1)


@dataclass
class Seen:
    """What a run came to: how long each hop took in seconds, by its place in the talk, and talks that went wrong."""

    seconds: float = 0.0
    sends: int = 0
    hops: list[list[float]] = field(default_factory=lambda: [[] for _ in HOPS])
    wrong: list[str] = field(default_factory=list)

    @property
    def latencies(self) -> list[float]:
        return [took for hop in self.hops for took in hop]

    @property
    def sends_per_second(self) -> float:
        return self.sends / self.seconds

    @property
    def hops_per_second(self) -> float:
        return len(self.latencies) / self.seconds


class Line:
    """One connection to the service."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()
        self._head += b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "

    def post(self, body: bytes) -> str:
        """Return what the phone is shown, with its `CON ` or `END `."""
        self._socket.sendall(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
        answer = self._socket.recv(65536)
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        head = answer[:end].lower()
        assert head.startswith(b"http/1.1 200"), head
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        while len(answer) < end + 4 + length:
            answer += self._more()
        return answer[end + 4 :].decode()

    def _more(self) -> bytes:
        part = self._socket.recv(65536)
        assert part, "the service closed the connection"
        return part

    def close(self) -> None:
        self._socket.close()


class Traffic:
    """A crowd's phones, on so many lines at once."""

    def __init__(self, *, people: int, lines: int) -> None:
        assert people >= 2 * lines, "each line needs payers of its own"
        self._people, self._lines = people, lines
        # Kept over all runs: the same payment twice within minutes would be asked about.
        self._talks = [count() for _ in range(lines)]
        self._chances = [random.Random(number) for number in range(lines)]

    def peak(self, port: int, seconds: float) -> Seen:
        """Let every line begin its next talk as soon as its last is over."""
        until = time.perf_counter() + seconds

        def starts() -> Iterator[float]:
            while (now := time.perf_counter()) < until:
                yield now

        return self._run(port, [starts() for _ in range(self._lines)])

    def steady(self, port: int, seconds: float, sends_per_second: float) -> Seen:
        """Begin talks at chance moments, so many in a second on the average, whether earlier ones are over or not."""
        chance, lock = random.Random(7), Lock()
        begin = time.perf_counter()
        due = begin

        def starts() -> Iterator[float]:
            nonlocal due
            while True:
                with lock:
                    due += chance.expovariate(sends_per_second)
                    mine = due
                if mine > begin + seconds:
                    return
                time.sleep(max(0.0, mine - time.perf_counter()))
                yield mine

        return self._run(port, [starts() for _ in range(self._lines)])

    def _run(self, port: int, starts: list[Iterator[float]]) -> Seen:
        each = [Seen() for _ in starts]
        begin = time.perf_counter()
        threads = [
            Thread(target=self._line, args=(Line(port), number, start, each[number]))
            for number, start in enumerate(starts)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        whole = Seen(seconds=time.perf_counter() - begin)
        for seen in each:
            whole.sends += seen.sends
            whole.wrong += seen.wrong
            for place, took in enumerate(seen.hops):
                whole.hops[place] += took
        return whole

    def _line(self, line: Line, number: int, starts: Iterator[float], seen: Seen) -> None:
        chance = self._chances[number]
        payers = range(number, self._people, self._lines)
        try:
            for start in starts:
                talk = next(self._talks[number])
                payer = payers[talk % len(payers)]
                payee = (payer + chance.randrange(1, self._people)) % self._people
                _talk(line, payer, payee, 60 + talk % 900, start, seen)
        except Exception as error:
            seen.wrong.append(repr(error))
        finally:
            line.close()


def _talk(line: Line, payer: int, payee: int, amount: int, start: float, seen: Seen) -> None:
    """Send money: the first hop counts from when it was due, the others from when the phone had its screen."""
    same = f"sessionId=ATUid_{next(_sessions):032x}&phoneNumber={quote(phone_of(payer))}&networkCode=63902"
    same = f"{same}&serviceCode={quote(CODE)}&text="
    typed = ("", "1", f"0{phone_of(payee)[4:]}", str(amount), PIN)
    text = ""
    for place, key in enumerate(typed):
        text = f"{text}*{key}" if text else key
        screen = line.post((same + text).encode())
        now = time.perf_counter()
        seen.hops[place].append(now - start)
        start = now
        if screen.startswith("END ") != (place == len(typed) - 1):
            seen.wrong.append(f"after {HOPS[place]}: {screen}")
            return
    if not REFERENCE.search(screen):
        seen.wrong.append(f"no reference: {screen}")
        return
    seen.sends += 1
