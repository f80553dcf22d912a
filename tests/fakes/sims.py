"""A stand-in for Africa's Talking's service about SIMs that speaks HTTP, and posts its answers when it is told to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any


@dataclass
class FakeSims:
    """What it was asked, and how it takes it; `mood` is one of: well, error, unsupported, html, other."""

    url: str
    mood: str = "well"
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Number and name of each question that was taken."""
    keys: list[str | None] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=count)

    def take(self, body: dict[str, Any]) -> tuple[int, str]:
        """Answer a question as the mood is."""
        (phone,) = body["phoneNumbers"]
        one: dict[str, Any] = {"status": "Queued", "phoneNumber": {"number": phone, "networkCode": "Safaricom"}}
        if self.mood == "error":
            return 500, "<h1>Internal Server Error</h1>"
        if self.mood == "html":
            return 200, "<h1>Welcome</h1>"
        if self.mood == "unsupported":
            one["status"] = "UnsupportedPhoneNumber"
        elif self.mood == "other":
            one["phoneNumber"] = {"number": "+254799999999"}
        else:
            one["requestId"] = f"ATSwpid_{next(self.ids):032x}"
            self.asked.append((phone, one["requestId"]))
        return 200, json.dumps({"status": "Processed", "transactionId": "738e202b", "responses": [one]})


@contextmanager
def fake_sims() -> Iterator[FakeSims]:
    """Serve on a free port of this machine until the block is left."""
    fake: FakeSims

    class Desk(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            fake.keys.append(self.headers["apiKey"])
            assert self.path == "/v1/sim-swap"
            status, body = fake.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    fake = FakeSims(url=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
