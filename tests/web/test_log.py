"""The log: one line for each event, and nothing in it that must not be read. I-13 and V-02."""

import logging
import sys
import threading

import pytest
import structlog

from tests.web.conftest import HOP, SECRETS, Diary, Shop

HOSTILE = [
    "\n2026-11-22 INFO login ok",
    '\r\n{"event": "paid"}',
    "\x1b[31mred\x1b[0m\x07",
    "\u2028next\u2029line\x85",
    "x" * 1_000_000,
    "\u202e4071",
    "\ud800",
    "\0",
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_I_13_whatever_stands_in_a_value_it_is_one_short_line(diary: Diary, hostile: str) -> None:
    """Ends of lines, colours and a megabyte become one encoded line, from our own code and from a library alike."""
    structlog.get_logger("service.x").info(hostile, gateway=hostile, reason=hostile, phone=hostile, **{hostile: "x"})
    logging.getLogger("werkzeug").warning("heard %s", hostile)
    assert len(diary.text.splitlines()) == 2
    assert diary.text.count("\n") == 2
    assert diary.text.isascii()
    assert len(diary.text) < 5_000
    assert all(line.isprintable() for line in diary.text.splitlines())
    assert [set(line) >= {"at", "level", "event"} for line in diary.lines()] == [True, True]


def test_V_02_a_number_is_masked_and_what_is_not_on_the_list_is_left_out(diary: Diary) -> None:
    """Bodies, PINs, names and balances have no place to stand in."""
    structlog.get_logger("service.x").info(
        "sent", phone="+254711000001", reference="QK7M2X9TRD", pin="4071", text="SEND 500", name="Amina", balance=149300
    )
    (line,) = diary.lines()
    assert line["phone"] == "2547****001"
    assert line["reference"] == "QK7M2X9TRD"
    assert line["dropped"] == ["balance", "name", "pin", "text"]
    for private in ("4071", "SEND", "Amina", "149300", "711000001"):
        assert private not in diary.text


@pytest.mark.parametrize("private", ["4071", "0722000002", "+254 722 000 002", "1493.00", "1,493.00", "4071182"])
def test_V_02_figures_in_running_text_are_stars(diary: Diary, private: str) -> None:
    """A careless sentence, ours or a library's, shows no PIN, code, number or balance."""
    structlog.get_logger("service.x").info(f"paid {private} now", reason=private)
    logging.getLogger("sqlalchemy").error("parameters: %s", private)
    assert private not in diary.text
    assert "0722" not in diary.text


def test_V_02_an_exception_is_told_by_its_kind_and_places_and_not_by_what_it_quotes(diary: Diary) -> None:
    """An exception is told by its kind and places and not by what it quotes."""

    def fall(pin: str) -> None:
        raise ValueError(f"PIN {pin} is wrong")

    for logger in (structlog.get_logger("service.x"), logging.getLogger("werkzeug")):
        try:
            fall("4071")
        except ValueError:
            logger.exception("a page broke")
    for line in diary.lines():
        assert line["error"] == "ValueError"
        assert line["places"][-1].endswith("fall")
    assert len(diary.lines()) == 2
    assert "4071" not in diary.text


def test_V_02_what_nobody_caught_goes_the_same_way(diary: Diary, capsys: pytest.CaptureFixture[str]) -> None:
    """What nobody caught goes the same way."""
    error = ValueError("PIN 4071")
    sys.excepthook(ValueError, error, None)
    threading.excepthook(threading.ExceptHookArgs((ValueError, error, None, None)))
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert [line["error"] for line in diary.lines()] == ["ValueError", "ValueError"]
    assert "4071" not in diary.text + capsys.readouterr().err


def test_libraries_are_not_heard_below_warning(diary: Diary) -> None:
    logging.getLogger("urllib3").debug("POST /version1/messaging apiKey")
    structlog.get_logger("service.x").debug("ours")
    assert [line["event"] for line in diary.lines()] == ["ours"]


def test_V_02_hops_and_callbacks_leave_no_secret_no_history_and_no_number(diary: Diary, shop: Shop) -> None:
    """A whole conversation, its faults and its end, at the lowest level of all."""
    texts = ("", "1", "1*0722000002", "1*0722000002*500", "1*0722000002*500*4071")
    for text in texts:
        shop.hop(text=text)

    def fall(heard: object) -> None:
        raise AssertionError(f"{heard}")

    shop.behind.does = fall
    shop.hop(text=texts[-1])
    door = f"/gateways/africastalking/{SECRETS[0]}"
    shop.client.post(f"{door}/ussd", data={**HOP, "text": ["1*4071", "1*4071"]})
    shop.client.post(f"{door}/ussd-end", data={**HOP, "status": "Success", "input": texts[-1]})
    shop.client.post(f"{door}/sms", data={"id": "1", "from": "+254711000001", "text": "SEND 500 4071"})
    shop.client.post("/gateways/africastalking/wrong-secret/ussd", data=HOP)
    assert len(diary.lines()) > len(texts) + 4
    for private in ("4071", "0722", "711000001", SECRETS[0], "wrong-secret", "ATUid"):
        assert private not in diary.text
