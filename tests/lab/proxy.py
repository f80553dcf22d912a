"""A bad line between the service and PostgreSQL: it knows when money is being committed, and loses just that answer.

It understands enough of the protocol to find the call or the COMMIT that makes a posting last, and the end of its
answer. One thread carries one connection, so a delay on one line delays nobody else.
"""

import select
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from threading import Lock

from sqlalchemy import make_url

from tests.lab.port import Port, cut, served

FAULTS = (
    "request lost",  # the server never hears of it: nothing is written
    "answer lost",  # it is written, and nobody is told
    "request late",  # the line is cut, and the server hears of it afterwards
    "raced cut",  # both sides are cut while the server writes, or does not
    "answer late",  # the answer comes, after a while
    "silence",  # it is written, and the line stays open without a word
    "away",  # it is written, nobody is told, and for some seconds nobody can connect
)
CUTS = frozenset(FAULTS) - {"answer late"}
AWAY_SECONDS = 4.0
POSTING = (b"post_ent",)
"""In the text of a statement this says that it moves money."""

Choose = Callable[[], str | None]
"""Asked at each commit of money which of FAULTS it shall meet, if any."""


class Proxy(Port):
    """A server that passes on to another, on a port of its own."""

    def __init__(self, url: str, choose: Choose, *, silence_seconds: float = 5.0, late_seconds: float = 0.3) -> None:
        super().__init__()
        parsed = make_url(url)
        self._choose, self.silence_seconds, self.late_seconds = choose, silence_seconds, late_seconds
        host = str(parsed.query.get("host") or parsed.host or "127.0.0.1")
        port = int(parsed.port or 5432)
        self._target: str | tuple[str, int] = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        plain = {"sslmode": "disable", "gssencmode": "disable"}
        own = parsed.set(host="127.0.0.1", port=self.port, query=plain)
        self.url = own.render_as_string(hide_password=False)
        self.injected: Counter[str] = Counter()
        self.commits = 0
        self._lock, self._away_until = Lock(), 0.0

    def choose(self) -> str | None:
        """Return the fault of a commit of money, and count both."""
        with self._lock:
            self.commits += 1
            fault = self._choose()
            if fault:
                self.injected[fault] += 1
            return fault

    def carry(self, client: socket.socket) -> None:
        server = None
        try:
            if time.monotonic() >= self._away_until:
                server = _connected(self._target)
                _Line(self, client, server).carry()
        except (OSError, _Cut):
            pass
        finally:
            for one in (client, server):
                if one:
                    cut(one)

    def go_away(self) -> None:
        """Let nobody connect for some seconds, longer than the service keeps trying."""
        self._away_until = time.monotonic() + AWAY_SECONDS


class _Cut(Exception):
    """The line is to be cut now."""


class _Line:
    """One connection: messages are passed on whole, and those of a commit that meets a fault are not."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._heard, self._said = b"", b""
        self._begun = self._in_transaction = self._posts = False
        self._prepared: dict[bytes, bytes] = {}  # statements by their names
        self._fault: str | None = None

    def carry(self) -> None:
        while not self._proxy.ending:
            ready, _, _ = select.select([self._client, self._server], [], [], 0.2)
            if self._client in ready:
                self._heard += _more(self._client)
                self._pass_requests()
            if self._server in ready:
                self._said += _more(self._server)
                self._pass_answers()

    def _pass_requests(self) -> None:
        if not self._begun:  # the first message has no letter
            if len(self._heard) < 4 or len(self._heard) < (size := struct.unpack("!I", self._heard[:4])[0]):
                return
            self._server.sendall(self._heard[:size])
            self._heard, self._begun = self._heard[size:], True
        sent = 0
        for letter, start, end in _messages(self._heard):
            if self._fault is None and self._commits_money(letter, self._heard[start + 5 : end]):
                self._fault = self._proxy.choose()
                if self._fault == "request lost":
                    raise _Cut
            sent = end
        if sent:
            self._pass(self._heard[:sent])
            self._heard = self._heard[sent:]

    def _pass(self, requests: bytes) -> None:
        if self._fault == "request late":
            cut(self._client)
            time.sleep(self._proxy.late_seconds)
        self._server.sendall(requests)
        if self._fault == "raced cut":
            raise _Cut
        if self._fault == "request late":
            select.select([self._server], [], [], 5)  # it has been done: the server speaks, or has gone
            raise _Cut

    def _commits_money(self, letter: bytes, body: bytes) -> bool:
        """Say whether this message makes a posting last: COMMIT after one, or one that stands alone."""
        if letter == b"P":
            name, statement = body.split(b"\0", 2)[:2]
            self._prepared[name] = statement
            return False
        if letter not in (b"B", b"Q"):
            return False
        statement = body if letter == b"Q" else self._prepared.get(body.split(b"\0", 2)[1], b"")
        if statement.upper().startswith(b"BEGIN"):
            self._in_transaction = True
        posts = any(word in statement for word in POSTING)
        self._posts = self._posts or posts
        return self._posts and (b"COMMIT" in statement or (posts and not self._in_transaction))

    def _pass_answers(self) -> None:
        passed = 0
        for letter, start, end in _messages(self._said):
            passed = end
            if letter == b"Z":
                self._in_transaction = self._said[start + 5 : end] != b"I"
                self._posts = self._posts and self._in_transaction
                if self._fault:
                    self._answered(self._said[:end])
                    self._said, passed = self._said[end:], 0
                    break
        if passed and not self._fault:
            self._client.sendall(self._said[:passed])
            self._said = self._said[passed:]

    def _answered(self, answer: bytes) -> None:
        """The server has answered the commit of money: deal with the answer as the fault says."""
        fault, self._fault = self._fault, None
        if fault == "answer late":
            time.sleep(self._proxy.late_seconds)
            self._client.sendall(answer)
            return
        if fault == "silence":
            time.sleep(self._proxy.silence_seconds)
        if fault == "away":
            self._proxy.go_away()
        raise _Cut


def _messages(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the letter, the begin and the end of each whole message."""
    start = 0
    while start + 5 <= len(data):
        end = start + 1 + int(struct.unpack("!I", data[start + 1 : start + 5])[0])
        if end > len(data):
            return
        yield data[start : start + 1], start, end
        start = end


def _more(one: socket.socket) -> bytes:
    data = one.recv(65536)
    if not data:
        raise _Cut
    return data


def _connected(target: str | tuple[str, int]) -> socket.socket:
    if isinstance(target, tuple):
        return socket.create_connection(target, timeout=30)
    one = socket.socket(socket.AF_UNIX)
    one.connect(target)
    return one


def proxied(url: str, choose: Choose) -> AbstractContextManager[Proxy]:
    """Give a bad line to the server of a database."""
    return served(Proxy(url, choose))
