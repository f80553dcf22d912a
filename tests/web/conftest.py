"""A web side with somebody behind it who writes down what arrives and does as told; and the log of it all."""

import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from service import log
from service.gateways.africastalking import AfricasTalking
from service.gateways.base import Dial, Ended, OptedOut, Report, SimNews, Sms
from service.gateways.simulator import Simulator
from service.wallet.errand import AirtimeNews, Vouching
from service.web.build import build_web
from service.web.door import Door
from service.web.health import Health
from service.web.metrics import Metrics

CODE = "*384*96#"
SECRETS = ("k7" * 16, "old-" + "q" * 28)
WORDS = {
    "trouble": "Try later. Nothing was taken from you.",
    "busy": "Still being checked. Dial again in a minute; do not pay twice.",
    "unreadable": "That was not understood. Dial again.",
}
HOP = {"sessionId": "ATUid_1", "phoneNumber": "+254711000001", "serviceCode": CODE, "text": ""}


@dataclass
class Somebody:
    """Stands behind the doors; `does` is called with each thing heard and may raise or answer a hop."""

    heard: list[Any] = field(default_factory=list)
    does: Callable[[Any], Any] = lambda _: ("Senti\n1 Send money", False)

    def dial(self, dial: Dial) -> tuple[str, bool]:
        self.heard.append(dial)
        answer: tuple[str, bool] = self.does(dial)
        return answer

    def end(self, ended: Ended) -> None:
        self.heard.append(ended)
        self.does(ended)

    def sms(self, sms: Sms) -> None:
        self.heard.append(sms)
        self.does(sms)

    def report(self, report: Report | OptedOut) -> None:
        self.heard.append(report)
        self.does(report)

    def sim(self, news: SimNews) -> None:
        self.heard.append(news)
        self.does(news)

    def airtime(self, news: AirtimeNews) -> None:
        self.heard.append(news)
        self.does(news)

    def vouch(self, asked: Vouching) -> bool:
        self.heard.append(asked)
        self.does(asked)
        return True


@dataclass
class Shop:
    """The web side, who stands behind it, and what it counted."""

    client: FlaskClient
    behind: Somebody
    metrics: Metrics
    state: dict[str, Health]

    def hop(self, gateway: str = "africastalking", secret: str = SECRETS[0], **form: str) -> tuple[int, str]:
        answer = self.client.post(f"/gateways/{gateway}/{secret}/ussd", data={**HOP, **form})
        return answer.status_code, answer.text

    def counted(self, line: str) -> int:
        """Return what /metrics says behind the start of a line, 0 if it is not there."""
        for said in self.client.get("/metrics").text.splitlines():
            if said.startswith(line):
                return int(said.rsplit(" ", 1)[1].removesuffix(".0"))
        return 0


class Diary:
    """What the log holds."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(autouse=True)
def diary() -> Iterator[Diary]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.raiseExceptions, sys.excepthook, threading.excepthook)
    found = Diary()
    log.set_up(to=found.stream, level="debug")
    yield found
    root.handlers[:], _, logging.raiseExceptions, sys.excepthook, threading.excepthook = before
    root.setLevel(before[1])
    structlog.reset_defaults()


@pytest.fixture
def shop() -> Shop:
    behind = Somebody()
    state = {"now": Health(database=True, schema=True, menu=True, outbox_age=3, seal_age=40)}
    metrics = Metrics(ages=lambda: {"outbox": state["now"].outbox_age, "seal": state["now"].seal_age})
    doors = {
        "africastalking": Door(AfricasTalking(username="sandbox", api_key="invented"), SECRETS),
        "simulator": Door(Simulator(codes=(CODE,), region="KE"), ("simulated",), sources=(ip_network("127.0.0.0/8"),)),
    }
    app = build_web(
        doors=doors,
        behind=behind,
        words=WORDS,
        health=lambda: state["now"],
        metrics=metrics,
        trusted_proxy=(ip_network("192.0.2.1/32"),),
    )
    return Shop(app.test_client(), behind, metrics, state)
