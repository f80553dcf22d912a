"""Bugs that other money services had between phone and books, and that ours does not have; tests/peers.py has all."""

import io
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from service.ledger.chart import Kind
from service.outbox import CLOCK
from service.wallet.account import wallet_of
from service.wallet.agent import add_agent
from service.wallet.unit import Agent, Notice, Person, Timer, Unit
from service.web.form import LARGEST
from tests.hostile.test_limits import newcomer
from tests.hostile.test_sessions import withdrawal_code
from tests.hostile.test_sms import said
from tests.phone import DOOR, NUMBERS, PINS, Town

INJECTED = (
    "' OR '1'='1",
    "'; DROP TABLE people; --",
    "x'); DELETE FROM moves; --",
    '" OR ""="',
    "1 UNION SELECT pin FROM people",
    "\\'; --",
    "%s %(id)s $1 :id ? {0}",
    "0722000002' --",
)


def balances(town: Town) -> dict[str, int]:
    found = town.app.read(lambda unit: list(unit.books.balances()))
    return {str(account): balance for account, balance in found}


def test_G_07_peer_10_whatever_is_queued_is_taken_out_again(anywhere: Town) -> None:
    """After everything that queues something, a worker leaves no message, hold, entry or timer that waits for ever."""
    withdrawal_code(anywhere)
    amina = anywhere.phone("Amina").dial().press("1", "1", "100", PINS["Amina"])
    amina.end()
    amina.sms("SEND 100 0722000002")
    newcomer(anywhere, NUMBERS["Zawadi"], "Zawadi Wekesa")
    anywhere.wait(minutes=16)
    anywhere.wait(hours=25)
    waiting = anywhere.app.read(lambda unit: unit.rows.find(Notice, state=("queued", "sending"), limit=1000))
    assert waiting == []
    assert [left for account, left in balances(anywhere).items() if Kind.HELD in account and left] == []
    assert anywhere.app.read(lambda unit: unit.books.oldest_unsealed()) is None
    rows = anywhere.app.read(lambda unit: unit.rows.find(Timer, limit=1000))
    timers = [timer for timer in rows if timer.name != CLOCK]  # that one only remembers what time it was
    assert timers
    assert all(timer.next_at > anywhere.now for timer in timers)


def test_W_03_peer_17_a_repeat_that_differs_beside_the_point_is_a_repeat(anywhere: Town) -> None:
    """The PIN hop again with another network, and with fields nobody knows: the same answer, and one payment."""
    amina = anywhere.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    form = {"sessionId": amina.session, "phoneNumber": amina.number, "serviceCode": amina.code, "text": amina.typed}
    for odd in ({"networkCode": "63903"}, {"networkCode": ""}, {"retryCount": "3", "nonsense": "x" * 500}, {}):
        answer = anywhere.client.post(f"{DOOR}/ussd", data=form | odd)
        assert (answer.status_code, answer.text) == (200, f"END {amina.screen}")
    assert anywhere.balance("Amina") == 200_000 - 50_700


def test_I_14_peer_18_what_looks_like_sql_is_only_text(on_disk: Town) -> None:
    """Statements in every field of every callback: nothing breaks, nothing is found, nothing changes."""
    before, people = balances(on_disk), len(on_disk.app.read(lambda unit: unit.rows.find(Person)))
    amina = on_disk.phone("Amina").dial().press("1")
    hop = {"sessionId": amina.session, "phoneNumber": amina.number, "serviceCode": amina.code, "text": "1*1"}
    sms = {"from": amina.number, "id": "i-18", "to": "29844", "text": "CHECK it", "date": "", "linkId": ""}
    forms = (("ussd", hop), ("ussd-end", hop), ("sms", sms), ("delivery", hop | {"id": "x"}))
    for text in INJECTED:
        for what, form in forms:
            for field in form:
                answer = on_disk.client.post(f"{DOOR}/{what}", data=form | {field: text})
                assert answer.status_code == 200, (what, field)
                assert "Something went wrong" not in answer.text, (what, field)
    assert balances(on_disk) == before
    assert len(on_disk.app.read(lambda unit: unit.rows.find(Person))) == people
    assert on_disk.phone("Amina").dial().press("5").screen.startswith("You have KES 2,000")


def test_I_14_peer_27_what_is_searched_for_is_only_text(on_disk: Town) -> None:
    """A search by any column, and words that staff give, hold statements: they are kept and sought letter by letter."""
    for number, text in enumerate(INJECTED):
        phone = f"+2547990001{number:02}"
        newcomer(on_disk, phone, "Zawadi Wekesa")
        on_disk.app.transact(partial(add_agent, phone=phone, name=text, place=text))
        (shop,) = found(on_disk, Agent, name=text)
        assert (shop.name, shop.place) == (text, text)
        for kind, column in ((Agent, "name"), (Person, "phone"), (Notice, "provider_id"), (Notice, "state")):
            assert found(on_disk, kind, **{column: f"{text} "}) == []
        assert on_disk.app.read(partial(counter, text)) == 0
    assert len(found(on_disk, Agent)) == 2 + len(INJECTED)


def found(town: Town, kind: type[Any], **sought: Any) -> list[Any]:
    return list(town.app.read(lambda unit: unit.rows.find(kind, **sought)))


def counter(key: str, unit: Unit) -> int:
    return unit.books.counter(key)


@pytest.mark.parametrize("date", ["2027-11-22 09:14:00", "9999-12-31T23:59:59Z", "2026-11-22 09:19:00"])
def test_T_04_peer_30_a_date_in_the_future_changes_nothing(date: str, town: Town) -> None:
    """What the gateway says of when is not believed ahead of our clock: the message counts now, with our time."""
    amina = town.phone("Amina")
    amina.sms("SEND 100 0722000002", sent_at=datetime.fromisoformat(date).replace(tzinfo=None))
    code = amina.new()[-1].split("Answer ")[1][:7]
    amina.sms(code, sent_at=datetime.fromisoformat(date).replace(tzinfo=None))
    assert any("Sent KES 100" in text for text in amina.new())
    account = wallet_of(town.person("Amina"))
    (line,) = town.app.read(lambda unit: unit.books.lines(account, limit=1))
    assert line.at == town.now
    assert town.balance("Baraka") == 15_000 + 10_000


def test_P_07_peer_34_what_is_kept_of_a_pin_opens_only_to_the_pin(anywhere: Town) -> None:
    """Registered and changed, a PIN leaves a salted verifier: its digits are not in the row, and only they open it."""
    zawadi = newcomer(anywhere, NUMBERS["Zawadi"], "Zawadi Wekesa")
    first = anywhere.person("Zawadi")
    zawadi.dial().press("7", "4", "8264", "9375", "9375")
    assert zawadi.over, zawadi.screen
    changed = anywhere.person("Zawadi")
    for verifier in (first.pin, changed.pin, *changed.old_pins):
        version, memory, salt, hashed = verifier.split("$")
        assert (version, memory, len(salt), len(hashed) >= 32) == ("1", "8", 32, True)
        assert verifier not in ("8264", "9375")
    assert len({first.pin, changed.pin}) == 2
    assert zawadi.dial().press("7", "4", "8264").screen.startswith("Wrong PIN")
    assert zawadi.dial().press("7", "4", "9375").screen.startswith("New PIN")


ASKED = {("5",): "You have KES", ("7", "1"): "", ("7", "2"): "", ("8",): ""}


@pytest.mark.parametrize("who", ["new", "locked", "blocked", "first tier"])
def test_W_09_peer_37_whoever_asks_for_a_balance_gets_one(who: str, anywhere: Town) -> None:
    """Balance, statement and limits by menu and by message: also for who has no line and no count in any book."""
    phone = newcomer(anywhere, NUMBERS["Zawadi"], "Zawadi Wekesa")
    changes: dict[str, dict[str, Any]] = {
        "locked": {"pin_tries": 3},
        "blocked": {"state": "blocked"},
        "first tier": {"tier": 1},
    }
    (person,) = found(anywhere, Person, phone=phone.number)
    anywhere.app.transact(lambda unit: unit.rows.put(replace(person, **changes.get(who, {}))))
    for keys, shown in ASKED.items():
        screen = phone.dial().press(*keys).screen
        assert shown in screen
        assert "went wrong" not in screen
    for text in ("BAL", "MINI", "LIMITS", "HELP"):
        assert len(said(phone, text)) == 1, text


class Counted(io.BytesIO):
    """A body that tells how much of it was read."""

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert size >= 0, "read without an end"
        return super().read(size)


@pytest.mark.parametrize("told", [True, False], ids=["with a length", "without one"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"a=1&" * 100_000),
        ("application/x-www-form-urlencoded", b"&" * 1_000_000),
        ("application/x-www-form-urlencoded", b"text=" + b"1" * 5_000_000),
        ("application/x-www-form-urlencoded", b"a[b]" * 100_000),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" * 50_000),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"\r" * 1_000_000),
        ("application/json", b"[" * 1_000_000),
    ],
    ids=["fields", "ampersands", "a text", "brackets", "parts", "returns", "json"],
)
def test_W_07_peer_55_a_flood_is_not_read(kind: str, body: bytes, told: bool, town: Town) -> None:
    """Hundreds of thousands of fields, parts or brackets: no more is taken in than a talk can be long."""
    flood = Counted(body)
    environ = EnvironBuilder(f"{DOOR}/ussd", method="POST", content_type=kind).get_environ()
    environ |= {"wsgi.input": flood, "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    if told:
        environ["CONTENT_LENGTH"] = str(len(body))
    answer, status, _ = run_wsgi_app(town.client.application, environ)
    assert status == "200 OK"
    assert b"".join(answer).startswith(b"END We could not read")
    assert flood.tell() <= LARGEST + 1


def test_W_07_peer_55_forty_fields_and_no_more(town: Town) -> None:
    """A small body of very many fields is no hop."""
    hop = {"sessionId": "ATUid_55", "phoneNumber": NUMBERS["Amina"], "serviceCode": "*384*96#", "text": ""}
    few, many = ({**hop, **{f"f{number}": "" for number in range(count)}} for count in (36, 37))
    assert town.client.post(f"{DOOR}/ussd", data=few).text.startswith("CON Senti")
    assert town.client.post(f"{DOOR}/ussd", data=many).text.startswith("END We could not read")
