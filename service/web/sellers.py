"""What a seller's service tells of meters: a door whose address holds a key, and small JSON in and out.

    POST /sellers/<key>/start|use|stop   {"meter": "QK7M2X9TRD", "seq": 3, "units": 12}

`units` is the sum since the beginning and `seq` grows, so that a message may be lost, come twice, or overtake another.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from flask import Flask, Response, jsonify, request

from service.gateways.base import Unreadable
from service.storage.patience import within
from service.storage.store import Busy, Unsure
from service.wallet.meter import MOST_UNITS, NoMeter, Reading, hear, till_of_key
from service.wallet.unit import Unit
from service.web.form import read_numbers

log = structlog.get_logger()

T = TypeVar("T")

SECONDS = 2.5
ACTS = ("start", "use", "stop")


def add_sellers(app: Flask, transact: Callable[[Callable[[Unit], Any]], Any]) -> None:
    """Open the door for sellers' services; a wrong key is 404, as if there were no door."""

    def called(key: str, what: str) -> tuple[Response, int] | Response:
        try:
            with within(SECONDS):
                return _answer(transact, key, what)
        except (Busy, Unsure):
            return jsonify({"error": "busy: send it again"}), 503

    for what in ACTS:
        app.add_url_rule(
            f"/sellers/<key>/{what}",
            endpoint=f"seller {what}",
            view_func=called,
            methods=["POST"],
            defaults={"what": what},
            provide_automatic_options=False,
        )


def _answer(transact: Callable[[Callable[[Unit], Any]], Any], key: str, what: str) -> tuple[Response, int] | Response:
    said, wrong = _read()  # before anything is locked: a body may come slowly

    def work(unit: Unit) -> Reading | str:
        till = till_of_key(unit, key)
        if till is None:
            return "key"
        if said is None:
            return "body"
        meter = unit.house.references.read(str(said["meter"]))
        if meter is None:
            return "meter"
        total = 0 if what == "start" else min(int(said["units"]), MOST_UNITS)
        try:
            return hear(unit, till=till, meter_id=meter, seq=int(said["seq"]), total=total, stop=what == "stop")
        except NoMeter:
            return "meter"

    found = transact(work)
    if found == "key":
        return Response("not found\n", 404, content_type="text/plain; charset=utf-8")
    if found == "meter":
        return jsonify({"error": "no such meter"}), 404
    if found == "body":
        return jsonify({"error": f"unreadable: {wrong}"}), 400
    log.info("meter", what=what, state=found.state)
    return jsonify({"state": found.state, "used": found.used, "left": found.left, "seq": found.seq})


def _read() -> tuple[dict[str, int | str] | None, str]:
    try:
        return read_numbers(request, ("seq", "units"), "meter"), ""
    except Unreadable as wrong:
        return None, wrong.field
