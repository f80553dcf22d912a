"""What the messaging API answers: any status, any JSON, somebody else's number, no number, nothing at all.

A message counts as sent only if the answer says so of this very number. What is kept of an answer can be kept by every
database and is no more than an id and a short word.
"""

import json
import re
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from tests.lab.fuzz import Tally
from tests.lab.fuzz.draw import Draw, pick, some, spoilt, spoilt_bytes
from tests.lab.fuzz.world import assert_can_be_kept

TITLE = "Answers of the messaging API"

TO = "+254722000002"
STATUSES = (201, 200, 202, 204, 400, 401, 403, 404, 429, 500, 502, 503)
TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    "text/plain; charset=utf-8",
    "text/html",
    "",
    "x/y; charset=no",
)
CODES: tuple[Any, ...] = (
    *(102, 101, 100, 401, 402, 403, 404, 405, 406, 407, 409, 500, 501, 502, 103, 999, 0, -1, 10**30),
    *("101", "102", " 101", "101\n", "１０１", "405", "", None, True, 101.0, [101], {"101": 101}),
)
NUMBERS: tuple[Any, ...] = (TO, "+254711000001", "0722000002", "", None, 254722000002, [TO])
IDS = ("ATXid_b3d05f7a9c1e4a2f8d6690ce21fb7745", "None", "", "a b", "x" * 200, "id\0", "\ud800", "é")
WORDS = ("Success", "UserInBlacklist", "InvalidPhoneNumber", "", "PIN 4071", "x" * 500)


def make(draw: Draw) -> list[Any]:
    """Make up an answer."""
    body = _value(draw) if draw.number(0, 9) == 0 else _answer(draw)
    text = json.dumps(body).encode()
    if draw.number(0, 3) == 0:
        text = spoilt_bytes(draw, text)
    status = 201 if draw.number(0, 3) else pick(draw, STATUSES)
    return [status, pick(draw, TYPES), text.decode("latin-1")]


def _answer(draw: Draw) -> Any:
    recipients: Any = some(draw, lambda: _recipient(draw), 3)
    if draw.number(0, 7) == 0:
        recipients = _value(draw)
    data: Any = {"Message": pick(draw, ("Sent to 1/1", "InvalidSenderId", None)), "Recipients": recipients}
    return {"SMSMessageData": _value(draw) if draw.number(0, 15) == 0 else data}


def _recipient(draw: Draw) -> Any:
    if draw.number(0, 9) == 0:
        return _value(draw)
    one = {
        "statusCode": pick(draw, CODES[:3] if draw.number(0, 1) else CODES),
        "number": TO if draw.number(0, 1) else pick(draw, NUMBERS),
        "status": spoilt(draw, WORDS),
        "cost": pick(draw, ("KES 0.8000", "0", None)),
        "messageId": spoilt(draw, IDS) if draw.number(0, 4) else _value(draw),
    }
    if draw.number(0, 2) == 0:
        one.pop(pick(draw, tuple(one)))
    return one


def _value(draw: Draw, depth: int = 3) -> Any:
    plain: tuple[Any, ...] = (None, True, 0, -1, 10**40, 1e400, "", "Recipients", [], {})
    kind = draw.number(0, len(plain) + 2)
    if kind < len(plain) or depth == 0:
        return plain[min(kind, len(plain) - 1)]
    if kind == len(plain):
        return [_value(draw, depth - 1)] * draw.number(1, 3)
    return {spoilt(draw, ("SMSMessageData", "Recipients", "number")): _value(draw, depth - 1)}


def open_world() -> Callable[[list[Any]], Tally]:
    from requests import PreparedRequest, Response

    from service.gateways.africastalking import AfricasTalking
    from service.gateways.base import Outcome

    gateway = AfricasTalking(username="sandbox", api_key="none", base_url="http://127.0.0.1:1")

    def check(case: list[Any]) -> Tally:
        status, kind, text = case

        def answer(_: object, request: PreparedRequest, **__: object) -> Response:
            response = Response()
            response.status_code, response._content = status, text.encode("latin-1")
            response.headers["Content-Type"] = kind
            response.encoding = "utf-8" if "utf-8" in kind else None
            response.request, response.url = request, str(request.url)
            return response

        with patch("requests.adapters.HTTPAdapter.send", answer):
            sent = gateway.send(to=TO, text="Sent KES 500.00")
        if sent.outcome is Outcome.ACCEPTED:
            assert status < 400, f"taken for sent, with {status}"
            assert _says_sent(text.encode("latin-1")), "taken for sent, and no line of this number says so"
        assert_can_be_kept(sent.provider_id or "")
        assert sent.provider_id is None or re.fullmatch(r"[!-~]{1,128}", sent.provider_id), sent.provider_id
        assert re.fullmatch(r"[A-Za-z0-9' ]{0,60}", sent.detail), sent.detail
        return Tally(1, int(sent.outcome is Outcome.ACCEPTED))

    return check


def _says_sent(body: bytes) -> bool:
    """Read an answer a second time, in the simplest way there is."""
    try:
        said = json.loads(body)
    except ValueError:
        said = json.loads(body.decode("utf-8", "replace"))
    lines = [line for line in said["SMSMessageData"]["Recipients"] if line["number"] == TO]
    return any(str(line.get("statusCode")) in ("100", "101", "102") for line in lines)
