"""What is typed and sent is a value and never a piece of a statement."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.wallet.unit import Notice, Person
from tests.conftest import opened
from tests.hostile.conftest import DATABASES, quiet
from tests.phone import AGENTS_CODE, DOOR, PINS, Town

__all__ = ["quiet"]

LIST = (
    "' OR '1'='1",
    "'; DROP TABLE people; --",
    '"; UPDATE accounts SET balance = 1000000; --',
    "1); DELETE FROM moves; --",
    "0711000001' UNION SELECT pin FROM people --",
    "\\'; COMMIT; SELECT pg_sleep(9); --",
    "{1,2}",
    "%s %(x)s :x ? $1",
    "NULL",
    "Robert'); TRUNCATE entries;--",
    "x\x00y",
)


@pytest.fixture(params=DATABASES)
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    town = Town(store=opened(request.getfixturevalue(f"{request.param}_url")))
    yield town
    town.assert_sound()
    town.store.close()


def everywhere(town: Town, text: str) -> None:
    """Put a text into every field of every callback, and into every screen that takes an answer."""
    fields = {
        "ussd": ("sessionId", "phoneNumber", "serviceCode", "networkCode", "text"),
        "ussd-end": ("sessionId", "phoneNumber", "serviceCode", "status", "input", "lastAppResponse", "cost"),
        "sms": ("from", "to", "id", "linkId", "text", "date", "networkCode"),
        "delivery": ("id", "status", "phoneNumber", "failureReason", "networkCode"),
        "opt-out": ("phoneNumber", "senderId", "shortCode"),
    }
    sound = {
        **{"sessionId": "ATUid_i", "phoneNumber": "+254711000001", "serviceCode": "*384*96#", "text": "1"},
        **{"from": "+254711000001", "to": "29844", "id": "x1", "linkId": "", "date": "2026-11-22 09:00:00"},
        **{"status": "Success", "input": "1", "lastAppResponse": "END x", "senderId": "29844", "networkCode": "63902"},
    }
    for what, names in fields.items():
        for name in names:
            form = {each: sound.get(each, "") for each in names}
            answer = town.client.post(f"{DOOR}/{what}", data={**form, name: text})
            assert answer.status_code == 200
    for keys in ((), ("1",), ("1", "0722000002"), ("1", "0722000002", "20"), ("2",), ("2", "100016"), ("7", "4")):
        phone = town.phone("Amina").dial().press(*keys)
        phone.typed = f"{phone.typed}*{text}" if phone.typed else text
        phone.hop()
    town.phone("Zawadi").dial().press("1").typed = f"1*{text}"
    njeri = town.phone("Njeri").dial(AGENTS_CODE).press("2")
    njeri.typed = f"2*{text}"
    njeri.hop()
    for command in ("{}", "SEND {} 0722000002", "SEND 5 {}", "CHECK {}", "BAL {}"):
        town.phone("Amina").sms(command.format(text) if "{}" in command else command)


def test_I_14_peer_18_peer_27_statements_in_every_field_stay_text(town: Town) -> None:
    """Each piece of SQL in each field of each callback and on each screen: an answer, and nothing has changed."""
    before = people(town)
    for text in LIST:
        everywhere(town, text)
        assert people(town) == before, text
        assert town.balance("Amina") == 200_000, text
        town.wait(hours=1)
    assert town.phone("Amina").dial().press("1", "0722000002", "20", PINS["Amina"]).screen.startswith("Sent KES 20")


def people(town: Town) -> list[tuple[str, int]]:
    found = town.app.read(lambda unit: unit.rows.find(Person, limit=1000))
    return [(person.phone, person.pin_tries) for person in found]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="'\"\\;-()%:?$ {}\x00aA1=_/*\u2019\uff07", max_size=30))
def test_I_14_made_up_statements_stay_text(text: str) -> None:
    """Whatever is made of quotes, marks and brackets, a message holding it is answered and changes nothing."""
    town = memory_town()
    town.phone("Amina").sms(f"SEND {text} 0722000002")
    town.phone("Amina").sms(f"CHECK {text}")
    assert town.balance("Amina") == 200_000


_TOWN: list[Town] = []


def memory_town() -> Town:
    if not _TOWN:
        _TOWN.append(Town())
    return _TOWN[0]


def test_I_14_names_come_back_as_they_were_typed(town: Town) -> None:
    """A name with a quote is stored, found and shown as it is."""
    zawadi = town.phone("Zawadi").dial().press("1", "O'Brien Wekesa", "12345678", "8264", "8264")
    assert zawadi.over
    assert town.person("Zawadi").name == "O'Brien Wekesa"
    assert town.app.read(lambda unit: unit.rows.find(Notice, phone=zawadi.number)) != []
