"""The web side as a stranger finds it: methods, spellings, other people's pages, files, and what the log says of it."""

import io
import json
from dataclasses import replace

import pytest

from tests.hostile.conftest import diary, quiet
from tests.phone import AGENTS_CODE, DOOR, PINS, Town

__all__ = ["diary", "quiet"]
HOP = {"sessionId": "ATUid_1", "phoneNumber": "+254711000001", "serviceCode": "*384*96#", "text": ""}


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "HEAD", "GET", "PUT", "PATCH", "DELETE", "CONNECT", "BREW"])
def test_W_12_a_door_is_posted_to_and_nothing_else(method: str, town: Town) -> None:
    """Every other method is refused, says nothing of what is behind, and echoes nothing."""
    answer = town.client.open(f"{DOOR}/ussd", method=method, data=HOP, headers={"X-Canary": "4071"})
    assert answer.status_code == 405
    assert "4071" not in answer.text + str(answer.headers)
    assert "Senti" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/gateways/africastalking/demo//ussd",
        "//gateways/africastalking/demo/ussd",
        "/gateways/africastalking/demo/ussd/",
        "/gateways/africastalking/demo/./x/ussd",
        "/gateways/africastalking/demo%252Fussd",
        "/gateways/africastalking/demo;x=1/ussd",
        "/gateways/AfricasTalking/demo/ussd",
        "/GATEWAYS/africastalking/demo/ussd",
        "/gateways/africastalking/demo%00/ussd",
        "/gateways/africastalking/demo/ussd%20",
    ],
)
def test_W_12_an_address_has_one_spelling(path: str, town: Town) -> None:
    """Doubled slashes, dots, encodings and capitals lead to no door, and are sent to no other."""
    answer = town.client.post(path, data=HOP)
    assert answer.status_code in (404, 405), answer.status_code
    assert "Location" not in answer.headers


@pytest.mark.parametrize("path", ["/.git/config", "/.env", "/simulator/static/", "/simulator/static/../__init__.py"])
def test_files_and_folders_are_not_served(path: str, town: Town) -> None:
    assert town.client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/simulator", "/simulator/state", "/simulator/static/page.js", "/health/live"])
def test_every_page_is_dressed_and_gives_nothing_to_other_sites(path: str, town: Town) -> None:
    """No cookie, no permission for other origins, no embedding, one type with its charset."""
    with town.client.get(path, headers={"Origin": "https://evil.example"}) as answer:
        assert answer.status_code == 200
        headers = answer.headers
        assert not [name for name, _ in headers if name.lower().startswith("access-control-")]
        assert "Set-Cookie" not in headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Strict-Transport-Security"].startswith("max-age=63072000")
        assert headers["Content-Type"] == "application/json" or "charset=utf-8" in headers["Content-Type"]


def test_a_page_of_another_site_cannot_act(town: Town) -> None:
    """There is no login that a browser would lend: without the secret in the address a post is nobody's."""
    answer = town.client.post("/gateways/africastalking/guess/ussd", data=HOP, headers={"Cookie": "session=stolen"})
    assert answer.status_code == 404


def test_tries_that_fail_are_written_down_with_a_masked_number(diary: io.StringIO, town: Town) -> None:
    """Wrong PINs and codes, the lock, PINs in messages and strangers at the agents' code: which, when, and whose."""
    baraka = town.phone("Baraka").dial().press("1", "0711000001", "20")
    for _ in range(3):
        baraka.press("3916") if not baraka.over else None
    town.phone("Baraka").dial(AGENTS_CODE)
    town.phone("Njeri").dial(AGENTS_CODE).press("2", "1234567", PINS["Njeri"])
    town.phone("Amina").sms("7654321")
    town.phone("Amina").sms("SEND 50 0722000002 8264")
    lines = [line for line in map(json.loads, diary.getvalue().splitlines()) if line["event"] == "refused"]
    assert [line["code"] for line in lines] == [
        *("wrong_pin", "wrong_pin", "pin_locked", "not_an_agent", "wrong_code", "wrong_challenge", "pin_in_message"),
    ]
    assert {line["phone"] for line in lines} == {"2547****001", "2547****002", "2547****010"}
    assert all(line["at"].endswith("Z") and line["level"] == "warning" for line in lines)


def test_who_knocks_in_vain_is_written_down_up_to_a_bound(diary: io.StringIO, town: Town) -> None:
    """The source and the kind of knock, never the secret that was tried; a flood writes no more than fifty lines."""
    for guess in range(170):
        town.client.post(f"/gateways/africastalking/guess{guess}/ussd", data=HOP)
    lines = [line for line in map(json.loads, diary.getvalue().splitlines()) if line["event"] == "turned away"]
    assert 50 <= len(lines) <= 100, "at most two minutes were touched"
    assert {(line["what"], line["source"]) for line in lines} == {("secret", "127.0.0.1")}
    assert "guess" not in diary.getvalue()


def test_names_are_text_on_the_page(town: Town) -> None:
    """A shop that is called by a piece of markup is shown by its letters, in the page and in what the page asks for."""
    name = "<img src=x onerror=alert(1)>"
    keeper = town.person("Njeri")
    town.app.transact(lambda unit: unit.rows.put(replace(keeper, name=name)))
    page = town.client.get("/simulator").text
    assert name not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    with town.client.get("/simulator/state") as answer:
        assert answer.content_type == "application/json"


def test_S_14_the_first_screen_tells_nothing_of_the_last_talk(town: Town) -> None:
    """Whoever takes up the phone after a payment whose end was seen reads the menu and no more."""
    town.phone("Amina").dial().press("1", "0722000002", "123", PINS["Amina"]).end()
    screen = town.phone("Amina").dial().screen
    assert screen == Town().phone("Amina").dial().screen
    assert not {"123", "BARAKA", "DONE", "KES"} & set(screen.split())


def test_P_08_nobody_is_locked_out_by_messages_in_their_name(town: Town) -> None:
    """A forger who sends PINs, codes and commands as Amina by the hundred uses up her answers, and not her PIN."""
    forger = town.phone("Amina")
    for number in range(100):
        forger.sms(("1234", f"{number:07}", f"SEND 5 0722000002 {number:04}", f"PIN {number:04}")[number % 4])
    assert town.person("Amina").pin_tries == 0
    amina = town.phone("Amina").dial().press("1", "0722000002", "20", PINS["Amina"])
    assert amina.screen.startswith("Sent KES 20")


def test_a_pin_stays_good_until_its_owner_changes_it(town: Town) -> None:
    for _ in range(10):  # a number that nobody dials from for half a year is asked for a document (P-11)
        town.wait(days=100)
        town.phone("Amina").dial().end()
    assert town.phone("Amina").dial().press("1", "0722000002", "20", PINS["Amina"]).screen.startswith("Sent KES 20")
