"""Hostile cases at the doors, with the whole service behind them: strangers, garbage, repeats, lost replies, faults."""

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from ipaddress import ip_network
from typing import Any

import pytest
from prometheus_client import Counter, Histogram
from pydantic import SecretStr

from service.storage.memory import MemoryStore
from service.storage.store import Busy, Unsure
from service.ussd.session import Conversation
from service.wallet.unit import Notice, Person, Seen
from tests.hostile.crowd import at_once, served
from tests.hostile.faults import Broken, Faulty, breaking_at, kept, lines_of
from tests.hostile.test_sessions import books_of, withdrawal_code
from tests.phone import AGENTS_CODE, DOOR, NUMBERS, PEOPLE_CODE, PINS, Phone, Town, demo_settings

HOP = {"sessionId": "ATUid_w", "phoneNumber": NUMBERS["Amina"], "serviceCode": PEOPLE_CODE, "text": ""}
SMS = {"from": NUMBERS["Amina"], "to": "29844", "text": "BAL", "id": "w-1", "linkId": "", "date": "2026-11-22 09:14:00"}
END = {**HOP, "status": "Success", "date": "2026-11-22 09:14:00", "hopsCount": "1"}
NOTHING_TAKEN = "END Something went wrong here. Nothing was taken from you. Please dial again."
STILL_CHECKED = "END Still being checked. Dial again in a minute; do not pay twice."


@pytest.mark.parametrize("secret", ["", "wrong", "DEMO", "demo%00", "demo/"])
@pytest.mark.parametrize(("what", "form"), [("ussd", HOP), ("sms", SMS), ("ussd-end", END)])
def test_W_01_peer_47_without_the_secret_nobody_is_heard(
    secret: str, what: str, form: dict[str, str], town: Town
) -> None:
    """No secret, a wrong one, or the right one elsewhere: 404, and not a trace in the database."""
    before = len(town.phone("Amina").notices())
    answer = town.client.post(
        f"/gateways/africastalking/{secret}/{what}", data=form, headers={"Referer": f"http://x{DOOR}/ussd"}
    )
    assert answer.status_code in (404, 405)
    assert "Senti\n" not in answer.text
    assert town.app.read(lambda unit: unit.rows.find(Conversation, phone=NUMBERS["Amina"])) == []
    assert town.app.read(lambda unit: unit.rows.find(Seen)) == []
    assert len(town.phone("Amina").notices()) == before


def test_W_01_only_known_addresses_and_secrets_in_force() -> None:
    """Only from an address on the list does a secret open the door: either of the two in force, and no older one."""
    secrets = (SecretStr("new-" + "n" * 28), SecretStr("old-" + "o" * 28))
    known = (ip_network("196.201.214.0/24"),)
    town = Town(settings=demo_settings(africastalking_webhook_secret=secrets, africastalking_allowed_addresses=known))
    for secret, address, status in (
        (secrets[0], "196.201.214.7", 200),
        (secrets[1], "196.201.214.7", 200),
        (SecretStr("demo"), "196.201.214.7", 404),
        (secrets[0], "196.201.215.7", 404),
    ):
        door = f"/gateways/africastalking/{secret.get_secret_value()}/ussd"
        answer = town.client.post(door, data=HOP, environ_base={"REMOTE_ADDR": address})
        assert answer.status_code == status, address


GARBAGE = {
    "no fields": b"",
    "no session": b"phoneNumber=%2B254711000001&serviceCode=*384*96%23&text=1*1*500*4071",
    "no phone": b"sessionId={id}&serviceCode=*384*96%23&text=1*1*500*4071",
    "text twice": b"{hop}&text=1&text=1*1*500*4071",
    "phone twice": b"{hop}&phoneNumber=%2B254722000002&text=1",
    "long": b"{hop}&text=" + b"1" * 10_000,
    "not utf-8": b"{hop}&text=%ff%fe",
    "raw bytes": b"{hop}&text=\xff\xfe",
    "nul": b"{hop}&text=1%00",
    "nul in id": b"sessionId={id}%00&phoneNumber=%2B254711000001&serviceCode=*384*96%23&text=1",
    "odd phone": b"sessionId={id}&phoneNumber=Robert&serviceCode=*384*96%23&text=1",
    "odd code": b"sessionId={id}&phoneNumber=%2B254711000001&serviceCode=DROP&text=1",
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_W_02_garbage_at_the_confirm_screen_changes_nothing(kind: str, town: Town) -> None:
    """Missing, doubled, huge or broken fields are answered with 200 and END, and the talk goes on where it was."""
    amina = town.phone("Amina").dial().press("1", "1", "500")
    hop = b"sessionId={id}&phoneNumber=%2B254711000001&serviceCode=*384*96%23"
    body = GARBAGE[kind].replace(b"{hop}", hop).replace(b"{id}", amina.session.encode())
    answer = town.client.post(f"{DOOR}/ussd", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert answer.text.startswith("END We could not read")
    assert town.balance("Amina") == 200_000
    assert amina.press(PINS["Amina"]).screen.startswith("Sent KES 500")


def test_W_02_other_shapes_and_methods(town: Town) -> None:
    """JSON, files and other methods never become a hop, and never an error of the server."""
    amina = town.phone("Amina").dial().press("1", "1", "500")
    form = HOP | {"sessionId": amina.session, "text": f"{amina.typed}*{PINS['Amina']}"}
    assert town.client.post(f"{DOOR}/ussd", json=form).text.startswith("END We could not read")
    multipart = town.client.post(f"{DOOR}/ussd", data=form, content_type="multipart/form-data")
    assert multipart.text.startswith("END We could not read")
    for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"):
        answer = town.client.open(f"{DOOR}/ussd", method=method, query_string=form)
        assert answer.status_code == 405, method
    assert town.balance("Amina") == 200_000


def test_W_03_peer_31_a_hundred_repeats_at_one_instant_pay_once(on_disk: Town) -> None:
    """The PIN hop a hundred times in parallel: every answer is the same, and money moves once."""
    amina = on_disk.phone("Amina").dial().press("1", "1", "500")
    amina.typed += f"*{PINS['Amina']}"
    screens: list[str] = []
    with served(on_disk) as wired:
        for _ in range(4):
            phones = [wired.carried_on(amina) for _ in range(25)]
            screens += [phone.screen for phone in at_once([phone.hop for phone in phones])]
    assert len(set(screens)) == 1
    assert screens[0].startswith("Sent KES 500")
    assert on_disk.balance("Amina") == 200_000 - 50_700
    assert len([text for text in on_disk.phone("Baraka").new() if "Received KES 500.00" in text]) == 1


def test_W_03_peer_28_a_repeat_gets_the_same_answer_for_a_day_and_never_pays_again(anywhere: Town) -> None:
    """After an hour the same screen comes again, after a day and after thirty days a fresh menu; paid is paid once."""
    amina = anywhere.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    paid, left = amina.screen, anywhere.balance("Amina")
    for span in ({"seconds": 2}, {"hours": 1}, {"hours": 22}):
        anywhere.wait(**span)
        assert amina.hop().screen == paid
    for span in ({"hours": 2}, {"days": 30}):
        anywhere.wait(**span)
        assert amina.hop().screen.endswith("8 Help")
        amina.over = False
    assert anywhere.balance("Amina") == left


def test_W_03_a_repeat_finds_the_talk_where_it_was(town: Town) -> None:
    """Repeats of any hop on the way get the same screen and do not lead on."""
    amina = town.phone("Amina").dial()
    for key in ("1", "1", "500", "1111"):
        amina.press(key)
        screen = amina.screen
        assert [amina.hop().screen for _ in range(3)] == [screen] * 3
    assert town.person("Amina").pin_tries == 1
    assert amina.press(PINS["Amina"]).screen.startswith("Sent")


def test_W_04_peer_44_a_message_delivered_a_thousand_times_is_heard_once(on_disk: Town) -> None:
    """One message, a thousand deliveries within ten minutes, many at one instant, some with another date."""
    amina = on_disk.phone("Amina")
    amina.sms("SEND 50 0722000002")
    code = amina.inbox()[-1].split("Answer ")[1][:7]
    amina.new()
    form = SMS | {"text": code, "id": "w-04"}
    with served(on_disk) as wired:
        posts = [lambda: wired.client.post(f"{DOOR}/sms", form) for _ in range(20)]
        assert {answer.status_code for answer in at_once(posts)} == {200}
    for number in range(1_000):
        if number % 100 == 0:
            on_disk.wait(minutes=1)
        dated = form | {"date": f"2026-11-22 09:{14 + number % 10}:00"}
        assert on_disk.client.post(f"{DOOR}/sms", data=dated).status_code == 200
    assert on_disk.balance("Baraka") == 15_000 + 5_000
    assert len(amina.new()) == 1


@pytest.mark.parametrize("bytes_read", [0, 40])
def test_W_05_a_lost_answer_is_told_by_message_and_on_the_next_dial(bytes_read: int, on_disk: Town) -> None:
    """The connection is cut before the answer or half through it: paid once, receipt by SMS, DONE on the next dial."""
    amina = on_disk.phone("Amina").dial().press("1", "1", "500")
    amina.typed += f"*{PINS['Amina']}"
    form = f"sessionId={amina.session}&phoneNumber=%2B254711000001&serviceCode=*384*96%23&text={amina.typed}"
    request = (
        f"POST {DOOR}/ussd HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n{form}"
    )
    with served(on_disk) as wired:
        with socket.create_connection(("127.0.0.1", wired.client.port)) as line:
            line.sendall(request.encode())
            if bytes_read:
                line.recv(bytes_read)
        deadline = time.monotonic() + 10
        while on_disk.balance("Amina") == 200_000 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert on_disk.balance("Amina") == 200_000 - 50_700
    assert "Sent KES 500.00 to BARAKA M" in amina.new()[-1]
    amina.dial()
    assert amina.screen.startswith("DONE: KES 500 to BARAKA M, Ref ")
    amina.press("1", "1", "500")
    assert amina.screen.startswith("You paid this moments ago")
    assert on_disk.balance("Amina") == 200_000 - 50_700


@pytest.mark.parametrize("direct", [False, True])
def test_W_05_who_was_cut_off_is_asked_before_paying_again(direct: bool, town: Town) -> None:
    """The same again within two minutes is asked about, by menu and by dialled string, also with a talk in between."""
    amina = town.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    amina.dial().press("5").end()
    town.wait(seconds=60)
    if direct:
        amina.dial(typed="1*0722000002*500")
    else:
        amina.dial().press("1", "1", "500")
    assert amina.screen.startswith("You paid this moments ago")
    assert amina.press("1").screen.startswith("Send KES 500 to BARAKA M")


def test_W_05_who_has_seen_the_end_is_not_asked(town: Town) -> None:
    """The gateway has confirmed the last screen, or two minutes are over, or it is another amount: no question."""
    amina = town.phone("Amina").dial().press("1", "1", "100", PINS["Amina"])
    assert amina.dial().press("1", "1", "101").screen.startswith("Send KES 101")
    town.wait(seconds=121)
    assert amina.dial().press("1", "1", "100").screen.startswith("Send KES 100")
    amina.press(PINS["Amina"]).end()
    amina.dial().press("5")
    assert amina.dial().press("1", "1", "100").screen.startswith("Send KES 100")


def test_W_08_peer_35_a_hop_waits_for_nobody(anywhere: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """No hop sleeps or opens a connection to anybody, and each is answered far within three seconds."""
    phone = anywhere.phone("Amina").dial().press("1", "1", "20", PINS["Amina"])
    phone.end()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a hop waits")

    monkeypatch.setattr(time, "sleep", never)
    if not isinstance(anywhere.store, MemoryStore):
        monkeypatch.setattr(socket.socket, "connect", never)
    monkeypatch.setattr(socket, "create_connection", never)
    slowest = 0.0
    for keys in (
        ("1", "1", "40", PINS["Amina"]),
        ("2", "100016", "100", PINS["Amina"]),
        ("7", "1"),
        ("7", "2"),
        ("8",),
    ):
        phone.dial()
        for key in keys:
            began = time.perf_counter()
            phone.press(key)
            slowest = max(slowest, time.perf_counter() - began)
            assert "Something went wrong" not in phone.screen
        phone.end()
    assert slowest < 3


Setup = Callable[[Town], tuple[Phone, str]]


def at_send(town: Town) -> tuple[Phone, str]:
    return town.phone("Amina").dial().press("1", "1", "20"), PINS["Amina"]


def at_withdraw(town: Town) -> tuple[Phone, str]:
    return town.phone("Amina").dial().press("2", "100016", "100"), PINS["Amina"]


def at_pay_out(town: Town) -> tuple[Phone, str]:
    code = withdrawal_code(town, "100")
    return town.phone("Njeri").dial(AGENTS_CODE).press("2", code), PINS["Njeri"]


def at_cash_in(town: Town) -> tuple[Phone, str]:
    return town.phone("Njeri").dial(AGENTS_CODE).press("1", "0722000002", "100"), PINS["Njeri"]


def at_register(town: Town) -> tuple[Phone, str]:
    return town.phone("Zawadi").dial().press("1", "Zawadi Wekesa", "12345678", "8264"), "8264"


def at_new_pin(town: Town) -> tuple[Phone, str]:
    return town.phone("Amina").dial().press("7", "4", PINS["Amina"], "8264"), "8264"


def at_home(town: Town) -> tuple[Phone, str]:
    return town.phone("Amina").dial(), "1"


LAST_HOPS: dict[str, Setup] = {
    "send": at_send,
    "withdraw": at_withdraw,
    "pay out": at_pay_out,
    "cash in": at_cash_in,
    "register": at_register,
    "new PIN": at_new_pin,
    "menu": at_home,
}


def everything(town: Town) -> object:
    """Return what a failed hop must leave as it was: books, people, messages."""

    def look(unit: Any) -> object:
        return list(unit.books.balances()), unit.rows.find(Person), unit.rows.find(Notice, limit=1000)

    return town.app.read(look)


def typed(phone: Phone, key: str) -> str:
    """Post one more key and return the whole answer; the key is not noted, so it can be posted again."""
    form = {"sessionId": phone.session, "phoneNumber": phone.number, "serviceCode": phone.code}
    text = f"{phone.typed}*{key}" if phone.typed else key
    answer = phone.town.client.post(f"{DOOR}/ussd", data={**form, "text": text})
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", LAST_HOPS)
def test_W_09_broken_at_every_call_of_the_store(name: str, after: bool) -> None:
    """Whatever the store is asked, it breaks: nothing is taken, and where the phone reads so, no late copy of the hop
    takes it either.
    """
    memory = MemoryStore()
    faulty = Faulty(memory)
    town = Town(store=faulty)
    phone, key = LAST_HOPS[name](town)
    before, again = everything(town), kept(memory)
    faulty.after = after
    for at in range(1, 200):
        again()
        faulty.at = at
        answer = typed(phone, key)
        if not answer.startswith((NOTHING_TAKEN, STILL_CHECKED)):
            break
        assert everything(town) == before, faulty.calls
        faulty.at = 0
        typed(phone, key)
        assert everything(town) == before or answer.startswith(STILL_CHECKED)
        assert at < 3 or answer.startswith(NOTHING_TAKEN)  # to end the talk it asks twice, and breaks there, too
    assert at > 5
    faulty.at = 0
    assert answer == typed(phone, key)
    assert everything(town) != before or name == "menu"
    town.assert_sound()


@pytest.mark.parametrize("name", [name for name in LAST_HOPS if name != "menu"])
def test_W_09_a_copy_that_breaks_denies_nothing(name: str) -> None:
    """It was done and the answer lost: whatever a copy of the hop meets, the phone reads that, or "still checked"."""
    memory = MemoryStore()
    faulty = Faulty(memory)
    town = Town(store=faulty)
    phone, key = LAST_HOPS[name](town)
    done = typed(phone, key)
    after, again = everything(town), kept(memory)
    answers = []
    for at in range(1, 5):
        again()
        faulty.at = at
        answers.append(typed(phone, key))
        faulty.at = 0
        assert typed(phone, key) == done
        assert everything(town) == after
    assert set(answers) <= {done, STILL_CHECKED}
    faulty.commit = ("before", Broken("lost"))
    assert typed(phone, key) == done


PARTS = ("/service/web/hop.py", "/service/wallet/", "/menus/", "/service/ussd/")


@pytest.mark.parametrize("name", LAST_HOPS)
def test_W_09_broken_at_every_line(name: str) -> None:
    """An exception at each line that a hop runs through: what the phone reads about the money is true."""
    rehearsal = Town()
    phone, key = LAST_HOPS[name](rehearsal)
    places = lines_of(lambda: typed(phone, key), PARTS)
    assert len(places) > 80
    memory = MemoryStore()
    town = Town(store=memory)
    phone, key = LAST_HOPS[name](town)
    before, again = everything(town), kept(memory)
    wrong = []
    for place in places:
        again()
        with breaking_at(place, PARTS):
            answer = typed(phone, key)
        if answer.startswith(NOTHING_TAKEN) and everything(town) != before:
            wrong.append(place)
    assert not wrong, f"says that nothing was taken, and it was: {wrong}"
    town.assert_sound()


def test_W_09_counting_that_fails_breaks_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk of the counters is full: the money has moved by then, and the phone reads so."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Counter, "inc", full)
    monkeypatch.setattr(Histogram, "observe", full)
    amina = town.phone("Amina").dial().press("1", "1", "500")
    assert amina.press("1111").screen.startswith("Wrong PIN")
    assert amina.press(PINS["Amina"]).screen.startswith("Sent KES 500")
    amina.sms("BAL")
    assert amina.new()[-1].startswith("You have")
    assert town.client.post("/gateways/africastalking/wrong/ussd", data=HOP).status_code == 404


@pytest.mark.parametrize(
    ("when", "kind"), [("before", Busy), ("before", Broken), ("before", Unsure), ("after", Unsure)]
)
def test_W_09_what_is_said_of_a_broken_commit_is_true(when: str, kind: type[Exception]) -> None:
    """Where nobody knows whether the commit was done, the phone reads that it is being checked; the next dial knows."""
    faulty = Faulty(MemoryStore())
    town = Town(store=faulty)
    phone, key = at_send(town)
    faulty.commit = (when, kind("lost"))
    answer = typed(phone, key)
    faulty.commit = None
    if kind is Broken:
        assert answer.startswith(NOTHING_TAKEN)
    else:
        assert answer.startswith(STILL_CHECKED)
    done = when == "after"
    assert (town.balance("Amina") == 200_000) is not done
    phone.dial()
    assert phone.screen.startswith("DONE: KES 20" if done else "NOT sent: KES 20")
    town.assert_sound()


@pytest.mark.parametrize("status", ["Success", "Incomplete", "Failed", "Nonsense", ""])
def test_W_10_the_end_event_moves_nothing_and_keeps_nothing(status: str, anywhere: Town) -> None:
    """The event repeats PIN and balance: neither is kept, and whatever it says, what was paid stays paid."""
    amina = anywhere.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    before = everything(anywhere)
    amina.end(status)
    amina.end(status)
    assert everything(anywhere) == before
    amina.dial()
    assert amina.screen.startswith("Senti" if status == "Success" else "DONE: KES 500")


def test_W_10_the_end_of_an_unknown_talk_is_nothing(town: Town) -> None:
    """Events about talks that nobody had, or of somebody else's number, leave no row."""
    amina = town.phone("Amina").dial().press("1", "1", "500")
    thief = replace(town.phone("Baraka"), session=amina.session, typed=amina.typed)
    thief.end("Success")
    replace(amina, session="ATUid_unknown").end("Failed")
    assert amina.press(PINS["Amina"]).screen.startswith("Sent")
    assert town.app.read(lambda unit: unit.rows.find(Conversation, phone=NUMBERS["Baraka"])) == []


def test_W_10_an_end_in_the_middle_closes_the_talk(town: Town) -> None:
    """After the end event the PIN of that talk pays nothing more."""
    amina = town.phone("Amina").dial().press("1", "1", "500")
    amina.end("Incomplete")
    amina.over = False
    amina.press(PINS["Amina"])
    assert amina.screen.startswith("NOT sent: KES 500")
    assert town.balance("Amina") == 200_000
    assert books_of(town)


def hang_up(phone: Phone) -> Phone:
    phone.end("Incomplete")
    return phone


def test_W_10_an_end_and_the_pin_at_one_instant(on_disk: Town) -> None:
    """The end event and the PIN race: whoever is first, the next dial says what is true."""
    for _ in range(5):
        amina = on_disk.phone("Amina").dial().press("1", "1", "20")
        before = on_disk.balance("Amina")
        with served(on_disk) as wired:
            racing, ending = wired.carried_on(amina), wired.carried_on(amina)
            at_once([partial(racing.press, PINS["Amina"]), partial(hang_up, ending)])
        paid = on_disk.balance("Amina") != before
        amina.dial()
        on_disk.wait(minutes=3)
        assert amina.screen.startswith("DONE: KES 20" if paid else ("NOT sent: KES 20", "Senti"))
