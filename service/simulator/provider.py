"""Billers and a seller of airtime for the demo and the tests: real HTTP, and as unruly as the account number says.

The last two digits of the account, or of the phone that gets airtime, say how it behaves (MOODS); any other is served
well. Each payment is remembered by our name for it, in this process, so that a repeat is the same payment.
"""

import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from flask import Blueprint, Response, request

from service.countries import Biller, Pack
from service.countries.biller import ANY

DEMO_KEY = b"demo"
DUE = 1_250
"""Units of the currency that are due on each account of a biller who says what is due."""

SLOW_SECONDS = 4.0

MOODS: Mapping[str, str] = {
    "70": "refuses_later",  # pending at first
    "79": "nothing_due",
    "80": "refuses",
    "81": "breaks",  # does it, and answers 500
    "82": "cuts",  # does it, and hangs up in the middle of the answer
    "83": "page",  # does it, and answers a page of HTML
    "84": "pays_later",  # pending at first
    "85": "never_says",  # pending for ever
    "86": "loses",  # does nothing, and answers 503; the next time all is well
    "87": "slow",  # does it, and answers late
    "88": "wrong_type",  # does it, and says so as text/plain
    "89": "confused",  # does it, and answers about another payment
    "90": "unknown",  # there is no such account
    "91": "slow_look",  # says too late whose account it is
    "92": "breaks_look",  # cannot say whose account it is
}


@dataclass
class Book:
    """What the providers have done: amounts in minor units by our name for each, and every request that came."""

    paid: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    pending: dict[str, int] = field(default_factory=dict)
    """How often it was asked about what is pending."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """What was asked for (account, pay, ask, airtime), and by which name."""
    orders: dict[str, tuple[dict[str, object], str]] = field(default_factory=dict)
    """What is said of each, and the mood in which it was taken."""
    lock: threading.Lock = field(default_factory=threading.Lock)


def providers(
    packs: Mapping[str, Pack],
    *,
    call_back: Callable[[str, dict[str, str]], None],
    book: Book,
    slow_seconds: float = SLOW_SECONDS,
) -> Blueprint:
    """Return the pages under /simulator/providers; `call_back` posts a form to a callback of ours, by its last part."""
    pages = Blueprint("providers", __name__, url_prefix="/simulator/providers")
    billers = {one.code: (one, pack) for pack in packs.values() for one in pack.billers}
    desk = _Desk(billers, call_back, book, slow_seconds)
    pages.add_url_rule("/<code>/accounts", view_func=desk.account, methods=["POST"])
    pages.add_url_rule("/<code>/payments", view_func=desk.pay, methods=["POST"])
    pages.add_url_rule("/<code>/payments/<name>", view_func=desk.ask, methods=["GET"])
    pages.add_url_rule("/version1/airtime/send", view_func=desk.airtime, methods=["POST"])
    return pages


def post_to(door: str) -> Callable[[str, dict[str, str]], None]:
    """Return what posts callbacks to a gateway's door, a moment later, as its owner would."""

    def call_back(what: str, form: dict[str, str]) -> None:
        def post() -> None:
            time.sleep(0.3)
            body = urlencode(form).encode()
            urlopen(HttpRequest(f"{door}/{what}", body), timeout=5).close()

        threading.Thread(target=post, daemon=True).start()

    return call_back


@dataclass
class _Desk:
    billers: Mapping[str, tuple[Biller, Pack]]
    call_back: Callable[[str, dict[str, str]], None]
    book: Book
    slow_seconds: float

    def account(self, code: str) -> Response:
        said = self._heard(code)
        if said is None:
            return _json({"status": "denied"}, 401)
        account = str(said["account"])
        mood = MOODS.get(account[-2:])
        self._note("account", account)
        if mood == "slow_look":
            time.sleep(self.slow_seconds)
        if mood == "breaks_look":
            return Response("<h1>Sorry</h1>", 500, content_type="text/html")
        if mood == "unknown":
            return _json({"status": "unknown", "account": account})
        biller, pack = self.billers[code]
        due: int | None = DUE * 10**pack.currency.exponent
        if biller.rule == ANY:
            due = None
        if mood == "nothing_due":
            due = 0
        return _json({"status": "known", "account": account, "holder": "Wanjiku Kamau", "due": due})

    def pay(self, code: str) -> Response:
        said = self._heard(code)
        if said is None:
            return _json({"status": "denied"}, 401)
        name, mood = str(said["id"]), MOODS.get(str(said["account"])[-2:], "")
        self._note("pay", name)
        about = {"id": name, "amount": said["amount"], "currency": said["currency"]}
        with self.book.lock:
            if mood == "loses" and self.book.requests.count(("pay", name)) == 1:
                return Response("later", 503, content_type="text/plain")
            if mood == "refuses":
                self.book.refused.add(name)
            elif mood in ("pays_later", "refuses_later", "never_says"):
                self.book.pending.setdefault(name, 0)
            elif name not in self.book.paid:
                self.book.paid[name] = int(said["amount"])
            self.book.orders[name] = (about, mood)
        return self._rudely(mood, self._state(name))

    def ask(self, code: str, name: str) -> Response:
        if self._heard(code) is None:
            return _json({"status": "denied"}, 401)
        self._note("ask", name)
        with self.book.lock:
            if name not in self.book.orders:
                return _json({"status": "unknown", "id": name})
            about, mood = self.book.orders[name]
            if name in self.book.pending and mood != "never_says":
                del self.book.pending[name]
                if mood == "pays_later":
                    self.book.paid[name] = int(str(about["amount"]))
                else:
                    self.book.refused.add(name)
        return _json(self._state(name))

    def _state(self, name: str) -> dict[str, object]:
        about, _ = self.book.orders[name]
        if name in self.book.refused:
            return {**about, "status": "refused", "reason": "account_closed"}
        if name in self.book.paid:
            return {**about, "status": "paid", "receipt": f"R{name}"}
        return {**about, "status": "pending"}

    def airtime(self) -> Response:
        name = request.headers.get("Idempotency-Key", "")
        (wanted,) = json.loads(request.form["recipients"])
        phone, amount = str(wanted["phoneNumber"]), str(wanted["amount"])
        mood = MOODS.get(phone[-2:], "")
        self._note("airtime", name)
        request_id = f"ATQid_{name}"
        one = {
            "phoneNumber": phone,
            "errorMessage": "None",
            "amount": amount,
            "status": "Sent",
            "requestId": request_id,
        }
        with self.book.lock:
            first = name not in self.book.paid
            if mood == "loses" and self.book.requests.count(("airtime", name)) == 1:
                return Response("later", 503, content_type="text/plain")
            if mood == "refuses":
                one |= {"status": "Failed", "errorMessage": "Value outside the allowed limits", "requestId": "None"}
            elif first and mood != "refuses_later":
                self.book.paid[name] = int(amount.split()[1].replace(".", ""))
        if mood != "refuses" and mood != "never_says" and first:
            status = "Failed" if mood == "refuses_later" else "Success"
            form = {"requestId": request_id, "phoneNumber": phone, "status": status, "value": amount, "discount": "0"}
            self.call_back("airtime", {**form, "description": f"Airtime {status}"})
        sent = int(mood != "refuses")
        return self._rudely(
            mood,
            {"errorMessage": "None", "numSent": sent, "totalAmount": amount, "totalDiscount": "0", "responses": [one]},
            201,
        )

    def _heard(self, code: str) -> dict[str, Any] | None:
        """Return what was asked if the biller is one of these and the request is signed with its key."""
        body = request.get_data()
        text = b"\n".join(
            (request.headers.get("Senti-Time", "").encode(), request.method.encode(), request.path.encode(), body)
        )
        signature = hmac.digest(DEMO_KEY, text, "sha256").hex()
        if code not in self.billers or not hmac.compare_digest(signature, request.headers.get("Senti-Signature", "")):
            return None
        said: dict[str, Any] = json.loads(body) if body else {}
        return said

    def _rudely(self, mood: str, said: Mapping[str, object], status: int = 200) -> Response:
        """Return an answer, or what a mood makes of it."""
        if mood == "slow":
            time.sleep(self.slow_seconds)
        if mood == "breaks":
            return Response("<h1>Internal error</h1>", 500, content_type="text/html")
        if mood == "page":
            return Response("<h1>Welcome</h1>", 200, content_type="text/html")
        if mood == "wrong_type":
            return Response(json.dumps(said), status, content_type="text/plain")
        if mood == "confused":
            return _json({**said, "id": "SOMEBODYELSE", "responses": []}, status)
        if mood == "cuts":
            return _cut(json.dumps(said).encode(), status)
        return _json(said, status)

    def _note(self, what: str, name: str) -> None:
        with self.book.lock:
            self.book.requests.append((what, name))


def _json(said: Mapping[str, object], status: int = 200) -> Response:
    return Response(json.dumps(said), status, content_type="application/json")


def _cut(body: bytes, status: int) -> Response:
    """Return half of an answer, whose head promises all of it."""

    def half() -> Iterator[bytes]:
        yield body[: len(body) // 2]

    return Response(half(), status, content_type="application/json", headers={"Content-Length": str(len(body))})
