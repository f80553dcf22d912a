"""What the page and its questions are answered over HTTP."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from service.app import make_app, make_web
from service.ledger.chart import Kind, Reason
from service.settings import Settings
from service.simulator import POLICY
from service.simulator.state import OWNED, REASONS
from service.storage.migrate import migrate
from tests.phone import AGENTS_CODE, NUMBERS, PINS, Town


@pytest.fixture
def town() -> Town:
    return Town()


def state(town: Town) -> Any:
    answer = town.client.get("/simulator/state")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.get_json()


def messages(town: Town, who: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = state(town)["phones"][NUMBERS[who]]["messages"]
    return found


def entries(town: Town) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = state(town)["entries"]
    return found


def test_the_page_takes_nothing_from_elsewhere_and_runs_nothing_inside_it(town: Town) -> None:
    answer = town.client.get("/simulator")
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self';" in POLICY
    assert "style-src 'self';" in POLICY
    assert "default-src 'none';" in POLICY
    assert "unsafe" not in POLICY
    assert not re.search(r"<style|<script(?![^>]* src=)|\sstyle=|\son[a-z]+=|https?:|javascript:", answer.text)


def test_each_file_of_the_page_is_there_and_of_its_kind(town: Town) -> None:
    page = town.client.get("/simulator").text
    names = set(re.findall(r"/simulator/static/[a-z0-9.]+", page))
    kinds = {"js": ("text/javascript", "application/javascript"), "css": ("text/css",), "svg": ("image/svg+xml",)}
    seen: set[str] = set()
    while names - seen:
        name = (names - seen).pop()
        seen.add(name)
        with town.client.get(name) as answer:
            assert answer.status_code == 200, name
            assert answer.mimetype in kinds[name.rsplit(".", 1)[1]], name
            names |= {
                f"/simulator/static/{found}"
                for found in re.findall(r'from "\./([a-z0-9]+\.js)"', answer.get_data(as_text=True))
            }
    assert len([name for name in seen if name.endswith(".js")]) >= 7


def test_three_phones_lie_on_the_table_and_each_can_be_anybodys(town: Town) -> None:
    page = town.client.get("/simulator").text
    first = re.findall(r'<option value="(\+\d+)"[^>]* selected>([^<]+)', page)
    assert [phone for phone, _ in first] == [NUMBERS[who] for who in ("Amina", "Baraka", "Njeri")]
    assert first[2][1] == "Njeri Kamau, agent 100016"
    for phone in NUMBERS.values():
        assert page.count(f'<option value="{phone}"') == 3
    for pin in PINS.values():
        assert f">{pin}<" in page


@pytest.mark.parametrize("path", ["/simulator", "/simulator/state", "/simulator/static/page.js"])
def test_C_10_nobody_holds_phones_in_production(path: str, tmp_path: Path) -> None:
    """Outside of the demo the page does not exist, nor does the gateway that it speaks to."""
    url = f"sqlite:///{tmp_path}/senti.db"
    migrate(url)
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=url,  # type: ignore[arg-type]
        mode="production",
        secret_key="9f2c8e41d07b56a3f1e4c2d8b7a69053",  # type: ignore[arg-type]
        pin_pepper="c4e1a97d3f60b825e7d2914fa8b6c035",  # type: ignore[arg-type]
        africastalking_username="nakuru-live",
        africastalking_api_key="atsk_5d1e8f20c7b94a63",  # type: ignore[arg-type]
        africastalking_base_url="https://api.africastalking.com",
        africastalking_webhook_secret="7b3d9a1e5c8f2046b1d7e3a9c5f80264",  # type: ignore[arg-type]
        metrics_port=9464,
    )
    client = make_web(make_app(settings)).test_client()
    assert client.get(path).status_code == 404
    hop = {"session": "1", "phone": NUMBERS["Amina"], "code": "*384*96#"}
    assert client.post("/gateways/simulator/demo/ussd", data=hop).status_code == 404


def test_a_payment_shows_as_moves_between_people_called_by_name(town: Town) -> None:
    before = len(messages(town, "Baraka"))
    phone = town.phone("Amina").dial().press("1", "0722000002", "500", PINS["Amina"])
    newest = entries(town)[0]
    assert newest["reference"] in phone.screen
    assert newest["reason"] == "Money sent"
    assert newest["state"] == "done"
    assert newest["moves"] == [
        {"source": "Amina Odhiambo", "target": "Baraka Mwangi", "amount": "KES 500.00", "reason": "Money sent"},
        {"source": "Amina Odhiambo", "target": "Fees of Senti", "amount": "KES 6.09", "reason": "Fee"},
        {"source": "Amina Odhiambo", "target": "Tax owed", "amount": "KES 0.91", "reason": "Excise duty"},
    ]
    assert newest["at"] == "2026-11-22T12:14+03:00"
    assert not re.search(r"254\d|07\d\d", json.dumps(newest))
    assert [message["state"] for message in messages(town, "Baraka")[before:]] == ["queued"]
    town.work()
    arrived = messages(town, "Baraka")[before:]
    assert [message["state"] for message in arrived] == ["sent"]
    assert arrived[0]["text"].startswith(f"{newest['reference']} Received KES 500.00 from AMINA O")
    assert arrived[0]["at"] == newest["at"]


def test_cash_set_aside_says_what_became_of_it(town: Town) -> None:
    town.phone("Amina").dial().press("2", "100016", "300", PINS["Amina"])
    held = entries(town)[0]
    assert held["reason"] == "Set aside"
    assert held["state"] == "held"
    assert [(move["source"], move["target"]) for move in held["moves"]] == [
        ("Amina Odhiambo", "Held for Amina Odhiambo")
    ]
    town.wait(seconds=901)
    back, held = entries(town)[:2]
    assert back["reason"] == "Given back"
    assert held["state"] == "returned"


def test_whatever_the_books_may_hold_has_words_on_the_page(town: Town) -> None:
    assert (set(REASONS), set(OWNED)) == (set(Reason), set(Kind))
    town.phone("Njeri").dial(AGENTS_CODE).press("3", "2", "100024", "150", PINS["Njeri"])
    assert entries(town)[0]["moves"][0]["reason"] == "Float sent"


def test_the_newest_entries_come_first_and_are_few(town: Town) -> None:
    for amount in range(101, 112):
        town.phone("Amina").dial().press("1", "0722000002", str(amount), PINS["Amina"])
        town.wait(minutes=3)
    amounts = [entry["moves"][0]["amount"] for entry in entries(town)]
    assert amounts == [f"KES {amount}.00" for amount in range(111, 103, -1)]


def test_a_number_that_nobody_has_gets_the_name_of_who_registers(town: Town) -> None:
    phone = NUMBERS["Zawadi"]
    assert state(town)["phones"][phone]["name"] == "Nobody yet"
    town.phone("Zawadi").dial().press("1", "Zawadi Achieng", "55667788", "4817", "4817")
    assert state(town)["phones"][phone]["name"] == "Zawadi Achieng"
    assert "Zawadi Achieng" in town.client.get("/simulator").text
    town.assert_sound()
