"""A stand-in for Africa's Talking, its messages and its airtime, that speaks HTTP and misbehaves as it is told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs

BAD_KEY = "The supplied authentication is invalid"


@dataclass
class FakeAfricasTalking:
    """What it was sent, and how it answers.

    `mood` is one of: well, slow, redirect, error, refuse_key, drop_before, drop_reply, cut_body, html, charset, empty,
    bad_sender, nobody, not_json, not_object. `status_code` is what it says of the recipient.
    """

    url: str
    mood: str = "well"
    status_code: object = 102
    slow_seconds: int = 3
    requests: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    idempotency: list[str | None] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=count)

    def taken(self) -> list[tuple[str, str]]:
        """Return (number, text) of every message that came in."""
        return [(sent["to"], sent["message"]) for sent in self.requests]


@contextmanager
def fake_africastalking() -> Iterator[FakeAfricasTalking]:
    """Serve on a free port of this machine until the block is left."""
    fake: FakeAfricasTalking

    class Desk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fake.paths.append(self.path)
            fake.keys.append(self.headers["apiKey"])
            fake.idempotency.append(self.headers["Idempotency-Key"])
            self.heard = {name: values[0] for name, values in parse_qs(body).items()}
            fake.requests.append(self.heard)
            self.close_connection = True
            getattr(self, fake.mood)()

        def answer(self, status: int, content_type: str, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body.encode())))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body.encode())

        def bought(self, **changed: object) -> str:
            (wanted,) = json.loads(self.heard["recipients"])
            known = f"ATQid_{self.headers['Idempotency-Key']}"
            one = {**wanted, "errorMessage": "None", "status": "Sent", "requestId": known, "discount": "KES 4.0000"}
            return json.dumps({"errorMessage": "None", "numSent": 1, "responses": [one | changed]})

        def failed(self) -> None:
            self.answer(201, "application/json", self.bought(status="Failed", errorMessage="Value outside the limits"))

        def said(self, recipients: list[dict[str, object]] | None = None, message: str = "Sent to 1/1") -> str:
            if recipients is None:
                given = f"ATXid_{next(fake.ids):032x}" if fake.status_code in (100, 101, 102, "102") else "None"
                recipients = [
                    {
                        "statusCode": fake.status_code,
                        "number": self.heard["to"],
                        "status": WORDS.get(str(fake.status_code), "Success"),
                        "cost": "KES 0.8000",
                        "messageId": given,
                    }
                ]
            return json.dumps({"SMSMessageData": {"Message": message, "Recipients": recipients}})

        def well(self) -> None:
            self.answer(201, "application/json", self.bought() if "recipients" in self.heard else self.said())

        def charset(self) -> None:
            said = self.bought() if "recipients" in self.heard else self.said()
            self.answer(201, "application/json; charset=utf-8", said)

        def empty(self) -> None:
            self.answer(201, "application/json", self.said([], "Sent to 0/1"))

        def bad_sender(self) -> None:
            self.answer(201, "application/json", self.said([], "InvalidSenderId"))

        def nobody(self) -> None:
            if "recipients" in self.heard:
                none = {"errorMessage": "Insufficient balance", "numSent": 0, "responses": []}
                return self.answer(201, "application/json", json.dumps(none))
            self.answer(201, "application/json", self.said([{"statusCode": 101, "number": "+254799999999"}]))

        def html(self) -> None:
            self.answer(200, "text/html", "<h1>Welcome</h1>")

        def not_json(self) -> None:
            self.answer(201, "application/json", '{"SMSMessageData": ')

        def not_object(self) -> None:
            self.answer(201, "application/json", '[{"SMSMessageData": null}]')

        def error(self) -> None:
            self.answer(500, "text/html", "<h1>Internal Server Error</h1>")

        def refuse_key(self) -> None:
            self.answer(401, "text/plain", BAD_KEY)

        def redirect(self) -> None:
            self.send_response(307)
            self.send_header("Location", f"http://localhost:{server.server_address[1]}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def slow(self) -> None:
            time.sleep(fake.slow_seconds)
            self.drop_reply()

        def drop_reply(self) -> None:
            """Take the message and hang up without a word."""

        def cut_body(self) -> None:
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "500")
            self.end_headers()
            self.wfile.write(b'{"SMSMessageData":{"Message":')

    class Hall(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Hall(("127.0.0.1", 0), Desk)
    fake = FakeAfricasTalking(url=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


WORDS = {
    "401": "RiskHold",
    "402": "InvalidSenderId",
    "403": "InvalidPhoneNumber",
    "404": "UnsupportedNumberType",
    "405": "InsufficientBalance",
    "406": "UserInBlacklist",
    "407": "CouldNotRoute",
    "409": "DoNotDisturbRejection",
    "500": "InternalServerError",
    "501": "GatewayError",
    "502": "RejectedByGateway",
}
