"""The served port as somebody sees it who writes HTTP by hand, and not as a library would."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from service.gateways.base import Dial
from service.ussd.session import Conversation
from service.wallet.unit import Unit
from service.web.hop import conversation_id
from tests.serving.conftest import AMINA, Machine, app_at, load, machine_at

DOOR = "/gateways/africastalking/demo/ussd"


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("wire")
    path = folder / "senti.db"
    path.write_bytes(sqlite_template.read_bytes())
    with machine_at(folder, load(f"sqlite:///{path}")) as machine:
        machine.serve()
        yield machine


def hop(session: str) -> bytes:
    form = {"sessionId": session, "phoneNumber": AMINA, "serviceCode": "*384*96#", "networkCode": "63902", "text": ""}
    return urlencode(form).encode()


def request(body: bytes, *headers: str, path: str = DOOR) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: senti", "Content-Type: application/x-www-form-urlencoded", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def said(machine: Machine, sent: bytes, *, seconds: float = 1) -> bytes:
    """Send octets and return all that comes back before the server hangs up or is silent for so long."""
    heard = b""
    with socket.create_connection(("127.0.0.1", machine.port), timeout=seconds) as line:
        with suppress(ConnectionError, TimeoutError):
            line.sendall(sent)
        with suppress(ConnectionError, TimeoutError):
            while part := line.recv(65536):
                heard += part
    return heard


def was_heard(machine: Machine, session: str) -> bool:
    dial = Dial(
        gateway="africastalking", session_id=session, phone=AMINA, service_code="*384*96#", network=None, text=""
    )
    with app_at(machine.url) as app:
        key = conversation_id(dial, app.heard_key)
        return bool(app.read(lambda unit: _row(unit, key)))


def _row(unit: Unit, key: str) -> Conversation | None:
    return unit.rows.get(Conversation, key)


def test_what_is_written_by_hand_is_heard(served: Machine) -> None:
    """The ways in which these tests look do see a hop that came in, also behind another on the same line."""
    first, second = hop("ATUid_first"), hop("ATUid_second")
    open_line = request(first, f"Content-Length: {len(first)}")
    last = request(second, f"Content-Length: {len(second)}", "Connection: close")
    heard = said(served, open_line + last, seconds=20)
    assert heard.count(b"HTTP/1.1 200") == 2
    assert b"CON Senti" in heard
    assert was_heard(served, "ATUid_first")
    assert was_heard(served, "ATUid_second")


def smuggled(mark: str) -> bytes:
    body = hop(mark)
    return request(body, f"Content-Length: {len(body)}")


HIDING: dict[str, Callable[[bytes], bytes]] = {
    "length and chunks": lambda hidden: request(
        b"0\r\n\r\n" + hidden, f"Content-Length: {5 + len(hidden)}", "Transfer-Encoding: chunked"
    ),
    "chunks and length": lambda hidden: request(
        b"5\r\nabcde\r\n0\r\n\r\n" + hidden, "Transfer-Encoding: chunked", "Content-Length: 4"
    ),
    "two lengths": lambda hidden: request(hidden, f"Content-Length: {len(hidden)}", "Content-Length: 0"),
    "odd chunks": lambda hidden: request(hidden, "Transfer-Encoding: xchunked", "Content-Length: 0"),
    "hidden chunks": lambda hidden: request(
        hidden, "Transfer-Encoding: identity", "Transfer-Encoding : chunked", f"Content-Length: {len(hidden)}"
    ),
    "signed length": lambda hidden: request(hidden, "Content-Length: +0"),
    "folded length": lambda hidden: request(hidden, "X: y\r\n Content-Length: 0", f"Content-Length: {len(hidden)}"),
    "bare ends of lines": lambda hidden: request(hidden, f"Content-Length: {len(hidden)}\nX: y"),
}
"""Requests whose end two parsers could see at two places, with a hop hidden behind the nearer one."""


@pytest.mark.parametrize("way", HIDING)
def test_W_12_no_request_hides_in_another(way: str, served: Machine) -> None:
    """Where the end of a request could be read in two ways, the hop that is hidden behind it is not heard."""
    mark = f"ATUid_{way.replace(' ', '_')}"
    heard = said(served, HIDING[way](smuggled(mark)))
    assert heard.count(b"HTTP/1.1 ") <= 1, heard
    assert b"CON " not in heard
    assert not was_heard(served, mark)
    assert served.talk("5").startswith("END You have")


@pytest.mark.parametrize(
    "sent",
    [
        request(b"", "X-Long: " + "a" * 1_000_000),
        request(b"", *(f"X-{number}: a" for number in range(10_000))),
        request(b"", path="/" + "a" * 1_000_000),
        request(b"a" * 65_536, "Content-Length: 104857600"),
        request(b"&".join(b"f%d=1" % number for number in range(100_000)), "Content-Length: 888889"),
        request(b"f" * 30_000, "Content-Length: 30000", "Content-Encoding: gzip"),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST" * 10_000,
    ],
    ids=["header", "headers", "path", "body", "fields", "zipped", "tls", "noise"],
)
def test_W_07_what_is_too_much_is_not_taken_in(sent: bytes, served: Machine) -> None:
    """Endless headers, bodies and fields: refused or answered with last words, and the next hop is served as ever."""
    heard = said(served, sent)
    assert heard[:12] in (b"", b"HTTP/1.1 200", b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 413", b"HTTP/1.1 431")
    assert b"CON " not in heard
    assert served.talk("5").startswith("END You have")


def test_W_07_slow_strangers_keep_nobody_waiting(served: Machine) -> None:
    """Connections that never finish their first line, and strangers that never send their body: no matter."""
    stranger = request(b"a", "Content-Length: 400", path=DOOR.replace("demo", "guess"))
    slow = []
    try:
        for number in range(350):
            line = socket.create_connection(("127.0.0.1", served.port), timeout=5)
            line.sendall(b"POST /gat" if number < 300 else stranger)
            slow.append(line)
        for _ in range(10):
            assert served.talk("5").startswith("END You have")
    finally:
        for line in slow:
            line.close()
    assert served.talk("5").startswith("END You have")
