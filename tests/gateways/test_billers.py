"""Billers over HTTP: what is sent, how it is signed, and what each answer means."""

import hmac
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from service.gateways.billers import LONGEST_ANSWER, Billers, HttpBiller, signed
from service.money import Currency
from service.wallet.errand import Answer, Errand, Fate
from service.wallet.ordered import Order
from service.wallet.outside import NOT_FOUND, TOO_SLOW, AccountQuestion, Found

KES = Currency("KES", 2, ())
ORDER = Order(
    id=1,
    person=1,
    kind="bill",
    provider="100201",
    account="123",
    amount=250_00,
    fee=0,
    excise=0,
    levy=0,
    at=datetime(2026, 11, 22, tzinfo=UTC),
    next_at=datetime(2026, 11, 22, tzinfo=UTC),
)
ERRAND = Errand(ORDER, "QK7M2X9TRD", KES, again=False)
ABOUT = {"id": "QK7M2X9TRD", "amount": 250_00, "currency": "KES"}


class Counter:
    """A biller's end of the wire: says what it is told to, and keeps what it heard."""

    def __init__(self) -> None:
        self.status, self.kind, self.body = 200, "application/json", b"{}"
        self.promised: int | None = None
        self.heard: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""

    def says(
        self, said: Any, *, status: int = 200, kind: str = "application/json", promised: int | None = None
    ) -> None:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.status, self.kind, self.body, self.promised = status, kind, body, promised


@contextmanager
def counter() -> Iterator[Counter]:
    made = Counter()

    class Desk(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            made.heard.append((self.command, self.path, dict(self.headers), body))
            self.send_response(made.status)
            self.send_header("Content-Type", made.kind)
            self.send_header("Content-Length", str(len(made.body) if made.promised is None else made.promised))
            self.send_header("Location", f"{made.url}/elsewhere")
            self.end_headers()
            self.wfile.write(made.body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/senti"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def desk() -> Iterator[Counter]:
    with counter() as made:
        yield made


def biller(desk: Counter) -> HttpBiller:
    return HttpBiller(url=desk.url, key="a key of the two")


def test_a_payment_is_sent_under_our_reference_and_signed(desk: Counter) -> None:
    desk.says(ABOUT | {"status": "paid", "receipt": "R-77"})
    assert biller(desk).pay(ERRAND) == Answer(Fate.DONE, "R-77")
    ((method, path, headers, body),) = desk.heard
    assert (method, path) == ("POST", "/senti/payments")
    assert json.loads(body) == ABOUT | {"account": "123"}
    text = b"\n".join((headers["Senti-Time"].encode(), b"POST", b"/senti/payments", body))
    assert headers["Senti-Signature"] == hmac.new(b"a key of the two", text, "sha256").hexdigest()
    assert signed(b"k", "GET", "/", b"", 7) != signed(b"k", "GET", "/", b"", 8)
    assert "a key of the two" not in f"{headers}"


@pytest.mark.parametrize(
    ("said", "means"),
    [
        (ABOUT | {"status": "paid"}, Answer(Fate.DONE)),
        (ABOUT | {"status": "paid", "receipt": "R 7\n"}, Answer(Fate.DONE)),
        (ABOUT | {"status": "pending"}, Answer(Fate.TAKEN)),
        (ABOUT | {"status": "refused", "reason": "account_closed"}, Answer(Fate.REFUSED, detail="account_closed")),
        (ABOUT | {"status": "refused", "reason": "A. Odhiambo, 0711"}, Answer(Fate.REFUSED)),
        (ABOUT | {"status": "PAID"}, Fate.UNSURE),
        (ABOUT | {"status": "unknown"}, Fate.UNSURE),  # to what was just handed over
        (ABOUT | {"status": None}, Fate.UNSURE),
        (ABOUT, Fate.UNSURE),
        (ABOUT | {"status": "paid", "id": "qk7m2x9trd"}, Fate.UNSURE),
        (ABOUT | {"status": "paid", "amount": 25_000.5}, Fate.UNSURE),
        (ABOUT | {"status": "paid", "amount": "25000"}, Fate.UNSURE),
        (ABOUT | {"status": "refused", "currency": "UGX"}, Fate.UNSURE),
        ([ABOUT], Fate.UNSURE),
        (None, Fate.UNSURE),
        (b"", Fate.UNSURE),
        (b"[" * 5_000, Fate.UNSURE),
        (b"\xff\xfe", Fate.UNSURE),
        (b'{"status": "paid"', Fate.UNSURE),
        (b" " * (LONGEST_ANSWER + 1), Fate.UNSURE),
    ],
)
def test_what_an_answer_means(desk: Counter, said: Any, means: Any) -> None:
    desk.says(said)
    found = biller(desk).pay(ERRAND)
    assert (found if isinstance(means, Answer) else found.fate) == means


@pytest.mark.parametrize("status", [202, 204, 301, 302, 307, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503])
def test_no_other_status_says_anything(desk: Counter, status: int) -> None:
    """Not even that it refuses: a page in front of the biller may have said so. A redirect is not followed."""
    desk.says(ABOUT | {"status": "refused"}, status=status)
    assert biller(desk).pay(ERRAND).fate is Fate.UNSURE
    assert biller(desk).ask(ERRAND).fate is Fate.UNSURE
    assert [path for _, path, _, _ in desk.heard] == ["/senti/payments", "/senti/payments/QK7M2X9TRD"]


def test_half_an_answer_and_another_type_say_nothing(desk: Counter) -> None:
    desk.says(ABOUT | {"status": "refused"}, promised=500)
    assert biller(desk).pay(ERRAND).fate is Fate.UNSURE
    desk.says(ABOUT | {"status": "refused"}, kind="text/html")
    assert biller(desk).pay(ERRAND).fate is Fate.UNSURE
    desk.says(ABOUT | {"status": "refused"}, kind="Application/JSON; charset=utf-8")
    assert biller(desk).pay(ERRAND).fate is Fate.REFUSED


def test_when_it_is_asked_a_biller_may_know_of_none(desk: Counter) -> None:
    desk.says({"status": "unknown", "id": "QK7M2X9TRD"})
    assert biller(desk).ask(ERRAND).fate is Fate.UNHEARD
    assert desk.heard[0][:2] == ("GET", "/senti/payments/QK7M2X9TRD")
    desk.says({"status": "unknown", "id": "OTHER"})
    assert biller(desk).ask(ERRAND).fate is Fate.UNSURE


def test_nothing_has_left_where_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = HttpBiller(url=f"http://127.0.0.1:{taken.getsockname()[1]}", key="k")
    assert closed.pay(ERRAND) == closed.ask(ERRAND) == Answer(Fate.NOT_SENT)
    assert closed.look_up("123") == TOO_SLOW


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ({"status": "known", "account": "123", "holder": "Wanjiku", "due": 5}, Found("Wanjiku", 5)),
        ({"status": "known", "account": "123", "holder": "Wanjiku"}, Found("Wanjiku", None)),
        ({"status": "unknown", "account": "123"}, NOT_FOUND),
        ({"status": "unknown", "account": "124"}, TOO_SLOW),
        ({"status": "known", "account": "123", "holder": "Wanjiku", "due": -1}, TOO_SLOW),
        ({"status": "known", "account": "123", "holder": "Wanjiku", "due": 1.5}, TOO_SLOW),
        ({"status": "known", "account": "123", "holder": "Wanjiku", "due": True}, TOO_SLOW),
        ({"status": "known", "account": "123", "holder": "Wanjiku", "due": 10**30}, TOO_SLOW),
        ({"status": "known", "account": "123", "holder": ""}, TOO_SLOW),
        ({"status": "known", "account": "123", "holder": "a\nPIN: 4071"}, TOO_SLOW),
        ({"status": "known", "account": "123", "holder": "W" * 61}, TOO_SLOW),
        ({"status": "known", "account": "123", "holder": 7}, TOO_SLOW),
        ({"account": "123", "holder": "Wanjiku"}, TOO_SLOW),
    ],
)
def test_whose_account_it_is(desk: Counter, said: Any, means: Any) -> None:
    desk.says(said)
    billers = Billers({"100201": biller(desk)})
    assert billers.look_up(AccountQuestion("ke", "100201", "123")) == means
    assert billers.look_up(AccountQuestion("ke", "100299", "123")) == TOO_SLOW


@pytest.mark.parametrize("url", ["http://biller.example", "https://a:b@biller.example", "ftp://x", "https://x/?a=b"])
def test_no_key_goes_over_a_network_in_clear(url: str) -> None:
    with pytest.raises(ValueError):
        HttpBiller(url=url, key="k")
