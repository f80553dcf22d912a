"""Staff at their browsers: a town with the console, and hands that log in and send forms."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import make_web
from service.demo import PASSWORD, demo_secret, load_demo_staff
from service.wallet.staff import STEP, code_at
from tests.phone import Town

HERE = "https://console.example"


@dataclass
class Browser:
    """One browser, on one machine."""

    town: Town
    agent: str = "Firefox on Ubuntu"
    address: str = "127.0.0.1"
    client: FlaskClient = field(init=False)
    last: TestResponse | None = None

    def __post_init__(self) -> None:
        self.client = make_web(self.town.app).test_client()

    def open(self, method: str, path: str, **given: Any) -> TestResponse:
        self.last = self.client.open(
            path,
            method=method,
            base_url=HERE,
            headers={"User-Agent": self.agent, **given.pop("headers", {})},
            environ_base={"REMOTE_ADDR": self.address},
            **given,
        )
        return self.last

    def get(self, path: str) -> TestResponse:
        return self.open("GET", f"/console{path}")

    def post(self, path: str, **fields: str) -> TestResponse:
        """Send a form as a page of this login would."""
        return self.open("POST", f"/console{path}", data={"token": self.token(), **fields})

    def hand_in(self, path: str, file: bytes, **fields: str) -> TestResponse:
        """Send a form with a file, as a browser writes it."""
        parts = [(f'name="{name}"', value.encode()) for name, value in {"token": self.token(), **fields}.items()]
        parts.append(('name="file"; filename="a file"', file))
        body = b"".join(
            b"--mark\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + octets + b"\r\n"
            for head, octets in parts
        )
        kind = "multipart/form-data; boundary=mark"
        return self.open("POST", f"/console{path}", data=body + b"--mark--\r\n", content_type=kind)

    def token(self) -> str:
        """Return what the forms of this login carry."""
        page = self.open("GET", "/console/approvals").text
        found = re.search(r'name="token" value="([0-9a-f]{64})"', page)
        return found[1] if found else ""

    def log_in(self, name: str, *, password: str = PASSWORD, code: str | None = None) -> "Browser":
        """Fill in the login form; the clock goes on to a code that was not used."""
        page = self.get("/login").text
        token = re.search(r'name="token" value="([0-9a-f]{64})"', page)
        if code is None:
            self.town.now += timedelta(seconds=STEP)
            code = code_at(demo_secret(name), self.town.now)
        typed = {"token": token[1] if token else "", "name": name, "password": password, "code": code}
        self.open("POST", "/console/login", data=typed)
        return self

    @property
    def is_in(self) -> bool:
        return self.get("/approvals").status_code == 200

    def reads(self) -> str:
        """Return what the last page says, without its markup."""
        assert self.last is not None
        return unescape(re.sub(r"<[^>]+>", " ", self.last.text))


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let passwords cost next to nothing: what they cost is not what these tests are about."""
    monkeypatch.setattr("service.wallet.staff.MEMORY_KIB", 8)
    monkeypatch.setattr("service.wallet.staff.PASSES", 1)


@pytest.fixture
def town() -> Iterator[Town]:
    town = Town()
    load_demo_staff(town.app.transact)
    yield town
    town.assert_sound()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs chromium")
