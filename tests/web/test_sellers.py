"""The door of sellers' services, over HTTP: a key that opens one till, and messages that come twice or not at all."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from service.money import MILLION
from service.wallet.meter import new_seller_key
from service.wallet.seller_payday import put_up
from service.wallet.till import new_till
from service.wallet.unit import Unit
from tests.phone import PINS, Town

TILL, CALLS = "500017", "200014"


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def key(town: Town) -> str:
    """Baraka sells calls by the minute, and his service has a key."""
    baraka = town.person("Baraka")

    def work(unit: Unit) -> str:
        new_till(unit, person_id=baraka.id, name="Simu Leo")
        put_up(unit, till=TILL, kind="metered", title="Calls", price=50 * MILLION, days=30, text="")
        return new_seller_key(unit, TILL)

    return town.app.transact(work)


def started(town: Town, cap: str = "5") -> str:
    """Let Amina start the meter with a cap, and return what her screen names it by."""
    phone = town.phone("Amina").dial(typed=f"3*2*{CALLS}*{cap}").press(PINS["Amina"])
    assert phone.screen.startswith("Calls runs, at most KES 5.")
    return phone.screen.split("Ref ")[1][:10]


def told(town: Town, key: str, what: str, **said: Any) -> tuple[int, Any]:
    answer = town.client.post(f"/sellers/{key}/{what}", json=said)
    return answer.status_code, answer.get_json(silent=True)


def test_a_meter_is_started_used_and_stopped_by_the_sellers_service(town: Town, key: str) -> None:
    meter = started(town)
    assert town.balance("Amina") == 1_995_00
    assert told(town, key, "start", meter=meter, seq=1, units=0) == (200, reading("open", 0, 10, 1))
    assert told(town, key, "use", meter=meter, seq=2, units=3) == (200, reading("open", 3, 7, 2))
    assert told(town, key, "use", meter=meter, seq=2, units=3) == (200, reading("open", 3, 7, 2)), "a repeat"
    assert told(town, key, "use", meter=meter, seq=1, units=9) == (200, reading("open", 3, 7, 2)), "an older one"
    done = 200, reading("closed", 4, 0, 3)
    assert told(town, key, "stop", meter=meter, seq=3, units=4) == done
    assert told(town, key, "stop", meter=meter, seq=3, units=4) == done
    assert told(town, key, "use", meter=meter, seq=4, units=8) == done
    assert town.balance("Amina") == 1_998_00
    phone = town.phone("Amina")
    assert "4 used, KES 2.00 paid, KES 3.00 back" in phone.new()[-1]
    town.assert_sound()


def reading(state: str, used: int, left: int, seq: int) -> dict[str, object]:
    return {"state": state, "used": used, "left": left, "seq": seq}


def test_the_meter_stops_at_the_cap_and_by_the_persons_word(town: Town, key: str) -> None:
    meter = started(town)
    assert told(town, key, "use", meter=meter, seq=1, units=11) == (200, reading("closed", 10, 0, 1))
    meter = started(town)
    town.phone("Amina").sms(f"STOP {CALLS}")
    assert told(town, key, "use", meter=meter, seq=1, units=1) == (200, reading("closed", 0, 0, 0))
    assert town.balance("Amina") == 1_995_00


def test_W_01_a_wrong_key_is_no_door(town: Town, key: str) -> None:
    """And the key of one till tells nothing about a meter of another."""
    meter = started(town)
    for wrong in ("x", key[:-1], key.swapcase(), "demo"):
        answer = town.client.post(f"/sellers/{wrong}/use", json={"meter": meter, "seq": 1, "units": 1})
        assert (answer.status_code, answer.text) == (404, "not found\n")
    other = town.app.transact(lambda unit: new_seller_key(unit, "500025"))
    assert told(town, other, "use", meter=meter, seq=1, units=1) == (404, {"error": "no such meter"})
    assert told(town, key, "use", meter="2222222222", seq=1, units=1) == (404, {"error": "no such meter"})
    assert town.client.get(f"/sellers/{key}/use").status_code == 405


@pytest.mark.parametrize(
    "said",
    [
        {},
        [],
        {"meter": "x", "seq": 1},
        {"meter": "x", "seq": "1", "units": 1},
        {"meter": "x", "seq": True, "units": 1},
        {"meter": "x", "seq": -1, "units": 1},
        {"meter": "x", "seq": 1, "units": 1.5},
        {"meter": "x", "seq": 1, "units": 2**63},
        {"meter": 7, "seq": 1, "units": 1},
        {"meter": "x" * 41, "seq": 1, "units": 1},
        {"meter": "x", "seq": 1, "units": 1, "more": 1},
    ],
)
def test_W_02_what_cannot_be_read_is_refused_and_changes_nothing(town: Town, key: str, said: Any) -> None:
    """Neither more nor fewer fields, whole numbers alone; the answer names what was wrong and never repeats it."""
    answer = town.client.post(f"/sellers/{key}/use", json=said)
    assert (answer.status_code, answer.get_json()["error"][:10]) == (400, "unreadable")


def test_V_01_a_key_is_in_no_log(town: Town, key: str) -> None:
    """What is written down of a message is what was done and how the meter stands."""
    meter = started(town)
    with capture_logs() as lines:
        told(town, key, "use", meter=meter, seq=1, units=1)
    assert key not in repr(lines)
