"""Many at one instant, over real sockets: a server on a port of its own, and threads that start together."""

import http.client
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Barrier, Thread
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import urlencode

from werkzeug.serving import WSGIRequestHandler, make_server

from service.app import make_web
from tests.phone import NUMBERS, Phone, Town

T = TypeVar("T")


class Heard(NamedTuple):
    """What came back over the wire."""

    status_code: int
    content_type: str
    text: str


class Silent(WSGIRequestHandler):
    """A server that writes no lines about requests."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@dataclass
class Wire:
    """Posts to a port as a gateway does: a new connection for each request."""

    port: int

    def post(self, path: str, data: dict[str, str]) -> Heard:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            body = urlencode(data).encode()
            connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            return Heard(answer.status, answer.headers["Content-Type"], answer.read().decode())
        finally:
            connection.close()


@dataclass
class Wired:
    """A town that is reached over the wire."""

    town: Town
    client: Wire

    def phone(self, who: str) -> Phone:
        return Phone(cast(Town, self), NUMBERS.get(who, who))

    def carried_on(self, phone: Phone, **changed: str) -> Phone:
        """Return a copy of a phone in mid-talk that goes on over the wire."""
        return replace(phone, town=cast(Town, self), **changed)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.town, name)


@contextmanager
def served(town: Town) -> Iterator[Wired]:
    """Serve a town on a port, a thread for each request."""
    server = make_server("127.0.0.1", 0, make_web(town.app), threaded=True, request_handler=Silent)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Wired(town, Wire(server.port))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def at_once(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Do all of this at one instant, each in a thread of its own, and return what each gave."""
    start = Barrier(len(jobs))

    def run(job: Callable[[], T]) -> T:
        start.wait(timeout=30)
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))
