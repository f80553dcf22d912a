"""What is answered to a gateway with the right secret: always 200, in its dialect, and honestly."""

import time
from typing import Any

import pytest
import requests

from service.gateways.base import Dial, Ended, OptedOut, Report, Sms
from service.storage.store import Busy, Unsure
from service.wallet.errand import AirtimeNews
from tests.web.conftest import CODE, HOP, SECRETS, WORDS, Shop

DOOR = f"/gateways/africastalking/{SECRETS[0]}"
FORM = "application/x-www-form-urlencoded"
FIRST = b"sessionId=ATUid_1&phoneNumber=%2B254711000001&serviceCode=%2A384%2A96%23&text="

END = {**HOP, "status": "Success", "input": "1*0722000002*500*4071", "lastAppResponse": "END Sent"}
MESSAGE = {"id": "m1", "from": "+254711000001", "to": "29844", "text": "BAL", "date": "2026-11-22 09:20:03"}
REPORT = {"id": "ATXid_1", "phoneNumber": "+254711000001", "status": "Success"}
OPT_OUT = {"senderId": "SENTI", "phoneNumber": "+254711000001"}


def test_a_hop_is_answered_as_plain_text_that_goes_on_or_says_goodbye(shop: Shop) -> None:
    answer = shop.client.post(f"{DOOR}/ussd", data=HOP)
    assert (answer.status_code, answer.text) == (200, "CON Senti\n1 Send money")
    assert answer.mimetype == "text/plain"
    shop.behind.does = lambda _: ("Sent KES 500", True)
    assert shop.hop(text="1") == (200, "END Sent KES 500")
    assert shop.behind.heard[1] == Dial("africastalking", "ATUid_1", "+254711000001", CODE, None, "1")


@pytest.mark.parametrize(
    ("what", "form", "kind"),
    [
        ("ussd-end", END, Ended),
        ("sms", MESSAGE, Sms),
        ("delivery", REPORT, Report),
        ("delivery", OPT_OUT, OptedOut),
        ("opt-out", OPT_OUT, OptedOut),
    ],
)
def test_other_callbacks_reach_who_is_behind_and_are_acknowledged(
    shop: Shop, what: str, form: dict[str, str], kind: type
) -> None:
    answer = shop.client.post(f"{DOOR}/{what}", data=form)
    assert (answer.status_code, answer.text) == (200, "")
    assert [type(heard) for heard in shop.behind.heard] == [kind]


def test_news_that_concerns_nobody_is_acknowledged(shop: Shop) -> None:
    form = {"phoneNumber": "+254711000001", "shortCode": "29844", "updateType": "Addition"}
    assert shop.client.post(f"{DOOR}/delivery", data=form).status_code == 200
    assert shop.behind.heard == []


NO_FORM: dict[str, tuple[bytes, str]] = {
    "json": (b'{"sessionId":"ATUid_1"}', "application/json"),
    "a form that says it is json": (FIRST, "application/json"),
    "no content type": (FIRST, ""),
    "multipart": (
        b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n1\r\n--x--',
        "multipart/form-data; boundary=x",
    ),
    "another charset": (FIRST, f"{FORM}; charset=utf-16"),
    "nothing": (b"", FORM),
    "field missing": (FIRST.replace(b"sessionId", b"session"), FORM),
    "field of 10 kB": (FIRST + b"1" * 10_000, FORM),
    "many fields": (FIRST + b"".join(b"&a%d=1" % n for n in range(60)), FORM),
    "not UTF-8": (FIRST + b"\xff\xfe", FORM),
    "not UTF-8 behind percent signs": (FIRST + b"%ff%fe", FORM),
    "half a letter": (FIRST + b"%C3", FORM),
    "overlong": (FIRST + b"%C0%80", FORM),
    "a lone surrogate": (FIRST + b"%ED%A0%80", FORM),
}
NO_HOP = NO_FORM | {
    "field doubled": (FIRST + b"1&text=2", FORM),
    "field doubled, with one of them empty": (FIRST + b"&text=", FORM),
    "field of 7 kB": (FIRST + b"1" * 7_000, FORM),
    "NUL": (FIRST + b"1%00", FORM),
    "raw NUL": (FIRST + b"1\0", FORM),
}


@pytest.mark.parametrize("broken", NO_HOP.values(), ids=NO_HOP)
def test_W_02_what_is_no_hop_is_answered_on_the_phone_and_changes_nothing(
    shop: Shop, broken: tuple[bytes, str]
) -> None:
    """Never a 4xx or 5xx to the gateway, honest last words on the phone, and nobody behind hears of it."""
    body, content_type = broken
    answer = shop.client.post(f"{DOOR}/ussd", data=body, content_type=content_type)
    assert (answer.status_code, answer.text) == (200, f"END {WORDS['unreadable']}")
    assert answer.mimetype == "text/plain"
    assert shop.behind.heard == []
    assert shop.counted('senti_hops_total{gateway="africastalking",outcome="unreadable"}') == 1


@pytest.mark.parametrize("what", ["ussd-end", "sms", "delivery", "opt-out"])
@pytest.mark.parametrize("broken", NO_FORM.values(), ids=NO_FORM)
def test_W_02_other_callbacks_that_are_none_are_acknowledged_and_change_nothing(
    shop: Shop, broken: tuple[bytes, str], what: str
) -> None:
    """A refusal would make the gateway send the same again, for hours."""
    body, content_type = broken
    answer = shop.client.post(f"{DOOR}/{what}", data=body, content_type=content_type)
    assert (answer.status_code, answer.text) == (200, "")
    assert shop.behind.heard == []


def test_W_02_a_zipped_body_is_not_unpacked(shop: Shop) -> None:
    """A zipped body is not unpacked."""
    answer = shop.client.post(f"{DOOR}/ussd", data=FIRST, content_type=FORM, headers={"Content-Encoding": "gzip"})
    assert answer.text == f"END {WORDS['unreadable']}"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_W_02_a_callback_is_posted_or_it_is_none(shop: Shop, method: str) -> None:
    """A callback is posted or it is none."""
    answer = shop.client.open(f"{DOOR}/ussd", method=method, query_string=HOP)
    assert answer.status_code == 405
    assert shop.behind.heard == []


def test_W_02_fields_in_the_address_are_not_fields(shop: Shop) -> None:
    """Fields in the address are not fields."""
    answer = shop.client.post(f"{DOOR}/ussd", query_string=HOP, data=b"", content_type=FORM)
    assert answer.text == f"END {WORDS['unreadable']}"


class PowerCut(Exception):
    """Something that nobody expected, quoting a secret."""


@pytest.mark.parametrize(
    ("raised", "words", "outcome"),
    [
        (PowerCut("PIN 4071"), "trouble", "trouble"),
        (AssertionError("balance 1493.00"), "trouble", "trouble"),
        (Busy(), "busy", "busy"),
        (Unsure(), "busy", "unsure"),
        (RecursionError(), "trouble", "trouble"),
        (MemoryError(), "trouble", "trouble"),
    ],
)
def test_W_09_whatever_breaks_behind_a_hop_the_phone_reads_what_is_true(
    shop: Shop, raised: Exception, words: str, outcome: str
) -> None:
    """Nothing was taken, only where that is sure; a commit of unknown outcome is still being checked."""

    def fall(_: Any) -> None:
        raise raised

    shop.behind.does = fall
    assert shop.hop(text="1*0722000002*500*4071") == (200, f"END {WORDS[words]}")
    for what, form in (("ussd-end", END), ("sms", MESSAGE), ("delivery", REPORT)):
        answer = shop.client.post(f"{DOOR}/{what}", data=form)
        assert (answer.status_code, answer.text) == (200, "")
    assert shop.counted(f'senti_hops_total{{gateway="africastalking",outcome="{outcome}"}}') == 1


def test_W_04_the_same_message_is_handed_on_under_the_same_id(shop: Shop) -> None:
    """Repetition is found by what is behind: whatever else differs, the id it is found by does not."""
    for date in ("2026-11-22 09:20:03", "2026-11-22T09:25:00Z", ""):
        assert shop.client.post(f"{DOOR}/sms", data={**MESSAGE, "date": date}).status_code == 200
    assert {heard.id for heard in shop.behind.heard} == {"m1"}


def test_W_08_a_hop_calls_nobody(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, no library of the gateway and no sleep between a request and its answer."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("not in a hop")

    monkeypatch.setattr("socket.socket.connect", forbidden)
    monkeypatch.setattr(requests.Session, "request", forbidden)
    monkeypatch.setattr(time, "sleep", forbidden)
    assert shop.hop(text="1") == (200, "CON Senti\n1 Send money")
    assert shop.client.post(f"{DOOR}/sms", data=MESSAGE).status_code == 200
    assert len(shop.behind.heard) == 2


def test_W_10_the_end_event_hands_on_neither_what_was_typed_nor_what_was_shown(shop: Shop) -> None:
    """The end event hands on neither what was typed nor what was shown."""
    shop.client.post(f"{DOOR}/ussd-end", data=END)
    assert "4071" not in repr(shop.behind.heard)
    assert "END Sent" not in repr(shop.behind.heard)


AIRTIME = {"requestId": "ATQid_1", "phoneNumber": "+254711000001", "status": "Success", "value": "KES 100.0000"}
VOUCHING = {"transactionId": "ATQid_1", "phoneNumber": "+254711000001", "currencyCode": "KES", "amount": "100.00"}


def test_news_of_airtime_are_taken_and_answered_with_200_whatever_they_are(shop: Shop) -> None:
    door = f"/gateways/africastalking/{SECRETS[0]}/airtime"
    for form in (AIRTIME, {**AIRTIME, "status": "Submitted"}, {**AIRTIME, "value": "nan"}, {}):
        assert shop.client.post(door, data=form).status_code == 200
    assert shop.behind.heard == [AirtimeNews("ATQid_1", "+254711000001", "KES", 100_00, True)]
    assert shop.client.post(door.replace(SECRETS[0], "wrong"), data=AIRTIME).status_code == 404


def test_the_question_whether_airtime_is_ours_is_answered_no_whenever_that_is_not_known(shop: Shop) -> None:
    door = f"/gateways/africastalking/{SECRETS[0]}/airtime-validation"
    assert shop.client.post(door, data=VOUCHING).json == {"status": "Validated"}
    assert shop.client.post(door, data={**VOUCHING, "amount": "1e2"}).json == {"status": "Failed"}

    def broken(_: object) -> None:
        raise RuntimeError

    shop.behind.does = broken
    answer = shop.client.post(door, data=VOUCHING)
    assert (answer.status_code, answer.json) == (200, {"status": "Failed"})
    assert shop.client.post(f"/gateways/simulator/simulated/{door.rsplit('/', 1)[1]}", data=VOUCHING).json == {
        "status": "Failed"
    }
