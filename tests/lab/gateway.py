"""A bad line between the gateway and the service: requests and answers are lost, late, or come twice.

It stands where Africa's Talking and the internet stand. One thread carries one connection.
"""

import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from threading import Lock

from tests.lab.phones import read_answer
from tests.lab.port import Port, cut, served

FAULTS = (
    "request lost",
    "answer lost",
    "answer late",
    "sent again",  # the gateway repeats a request after its answer, and uses the second
    "sent twice",  # both at the same time, and uses the first
)


class BadLine(Port):
    """A port that passes hops on to another."""

    def __init__(self, port: int, choose: Callable[[bytes], str | None], *, late_seconds: float = 0.3) -> None:
        super().__init__()
        self._target, self._choose, self._late_seconds = port, choose, late_seconds
        self.injected: Counter[str] = Counter()
        self._lock = Lock()

    def carry(self, client: socket.socket) -> None:
        client.settimeout(0.2)
        try:
            while request := self._request(client):
                answer = self._passed(request)
                if answer is None:
                    return
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer.encode())}\r\n\r\n"
                client.sendall(head.encode() + answer.encode())
        except OSError:
            pass
        finally:
            cut(client)

    def _request(self, client: socket.socket) -> bytes:
        """Return the next whole request, or nothing at the end."""
        request = b""
        while not self.ending:
            with suppress(TimeoutError):
                part = client.recv(65536)
                if not part:
                    return b""
                request += part
                head, _, body = request.partition(b"\r\n\r\n")
                if body and len(body) >= int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]):
                    return request
        return b""

    def _passed(self, request: bytes) -> str | None:
        """Pass a request on, with a fault or without; return what the gateway gets to read, or None."""
        with self._lock:
            fault = self._choose(request)
            if fault:
                self.injected[fault] += 1
        if fault == "request lost":
            return None
        if fault == "sent twice":
            with ThreadPoolExecutor(2) as pool:
                answers = list(pool.map(self._ask, [request, request]))
            return answers[0]
        answer = self._ask(request)
        if fault == "sent again":
            return self._ask(request)
        if fault == "answer late":
            time.sleep(self._late_seconds)
        return None if fault == "answer lost" else answer

    def _ask(self, request: bytes) -> str:
        with socket.create_connection(("127.0.0.1", self._target), timeout=15) as line:
            line.sendall(request)
            return read_answer(line)


def bad_line(port: int, choose: Callable[[bytes], str | None]) -> AbstractContextManager[BadLine]:
    """Give a bad line to a service; `choose` is shown each request and says which of FAULTS it shall meet, if any."""
    return served(BadLine(port, choose))
