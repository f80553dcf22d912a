"""Hostile cases of PINs and one-time codes: guessing on every channel, at once, offline, and from an old list."""

import json
import re
import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

import service.wallet.pin as pins
from service.ussd.screens import Ask, Do, End
from service.ussd.session import Conversation
from service.wallet.house import House
from service.wallet.pin import REMEMBERED, is_pin, is_weak, unlock
from service.wallet.unit import Person, Unit
from tests.conftest import opened
from tests.hostile.conftest import living
from tests.hostile.crowd import at_once, served
from tests.phone import AGENTS_CODE, PINS, Phone, Town

LOCKED = "Your wallet is locked"


def wrong_pins(phone: Phone, times: int) -> Phone:
    """Type wrong PINs on the screen of a payment, dialling again where the talk is over."""
    for _ in range(times):
        if phone.over:
            phone.dial().press("1")
            if phone.over:
                continue
            phone.press("1", "500")
        phone.press("1111")
    return phone


@pytest.mark.parametrize("times", [3, 4, 5, 100])
def test_P_01_peer_33_from_the_third_wrong_pin_on_the_money_is_locked_in(times: int, town: Town) -> None:
    """After three, four, five or a hundred wrong PINs the right one opens no way out, and money still comes in."""
    amina = wrong_pins(town.phone("Amina"), times)
    assert amina.screen.startswith(LOCKED)
    assert town.person("Amina").pin_tries == 3
    for keys in (("1",), ("2",), ("7", "4")):
        assert amina.dial().press(*keys).screen.startswith(LOCKED)
    assert amina.dial(typed="1*0722000002*500").screen.startswith(LOCKED)
    amina.sms("SEND 50 0722000002")
    assert amina.new()[-1].startswith(LOCKED)
    before = town.balance("Amina")
    town.phone("Baraka").dial().press("1", "1", "50", PINS["Baraka"])
    assert town.balance("Amina") == before + 5_000


def test_P_01_two_wrong_pins_and_the_right_one_start_the_count_anew(town: Town) -> None:
    """The right PIN wipes out wrong ones before it; the next two wrong ones do not lock."""
    for _ in range(3):
        amina = wrong_pins(town.phone("Amina"), 2)
        amina.press(PINS["Amina"])
        assert amina.screen.startswith("Sent")
        amina.end()
    assert town.person("Amina").pin_tries == 0


def test_P_02_peer_48_one_counter_for_every_way(database: str) -> None:
    """Wrong PINs at a payment, at the counter of the shop and at the change of PIN add up, over a restart too."""
    town = Town(store=opened(database))
    njeri = town.phone("Njeri").dial(AGENTS_CODE).press("1", "0722000002", "500", "1111")
    assert njeri.screen.startswith("Wrong PIN. Tries left: 2")
    town.store.close()
    with living(Town(store=opened(database), now=town.now)) as town:
        njeri = town.phone("Njeri").dial().press("7", "4", "2222")
        assert njeri.screen.startswith("Wrong PIN. Tries left: 1")
        njeri.dial(AGENTS_CODE).press("1", "0722000002", "500", "3333")
        assert njeri.screen.startswith(LOCKED)
        njeri.dial().press("2")
        assert njeri.screen.startswith(LOCKED)


def test_P_02_a_message_neither_tries_nor_wipes_out(town: Town) -> None:
    """Four digits in a message are compared with nothing: they lock nobody, and free nobody."""
    amina = wrong_pins(town.phone("Amina"), 2)
    for text in ("1111", "SEND 50 0722000002 1111", "BAL 1111", f"BAL {PINS['Amina']}"):
        amina.sms(text)
    assert town.person("Amina").pin_tries == 2


def test_P_03_of_guesses_at_once_three_are_looked_at(on_disk: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred guesses at one instant: three are compared with the PIN, and then it is locked."""
    looked_at: list[str] = []
    lock = threading.Lock()

    def counting(house: House, person_id: int, pin: str, sealed: str) -> bool:
        with lock:
            looked_at.append(pin)
        return is_pin(house, person_id, pin, sealed)

    monkeypatch.setattr(pins, "is_pin", counting)
    amina = on_disk.person("Amina")
    guesses = [f"{guess:04}" for guess in range(5_000, 5_100)]

    def guess(pin: str) -> object:
        try:
            return on_disk.app.transact(lambda unit: unlock(unit, amina.id, pin))
        except pins.PinLocked as no:
            return no

    results: list[object] = []
    for start in range(0, 100, 20):
        results += at_once([partial(guess, pin) for pin in guesses[start : start + 20]])
    assert len(looked_at) == 3
    assert not any(isinstance(result, Person) for result in results)
    assert on_disk.person("Amina").pin_tries == 3


def test_P_03_guesses_at_once_through_one_talk(on_disk: Town) -> None:
    """Forty hops of one talk with forty PINs at one instant: at most three tries are counted, and nothing is paid."""
    amina = on_disk.phone("Amina").dial().press("1", "1", "500")
    with served(on_disk) as wired:

        def guess(pin: str) -> Phone:
            return wired.carried_on(amina, typed=f"{amina.typed}*{pin}").hop()

        at_once([partial(guess, f"{pin:04}") for pin in range(5_000, 5_040)])
    assert on_disk.person("Amina").pin_tries <= 3
    assert on_disk.balance("Amina") == 200_000


def test_P_04_a_fifth_of_all_pins_is_too_easy() -> None:
    """Repeats, runs, dates, years, shapes on the keypad, parts of the own number: at least a thousand are blocked."""
    weak = [pin for pin in (f"{number:04}" for number in range(10_000)) if is_weak(pin, "+254711000001")]
    assert 1_000 <= len(weak) <= 4_000
    for pin in ("0000", "1111", "1212", "1122", "1234", "4321", "2468", "1985", "2001", "2912", "1229", "2580", "1397"):
        assert pin in weak, pin
    assert {"7110", "2547"} <= set(weak)
    assert not is_weak("8264", "+254711000001")


@pytest.mark.parametrize("pin", ["0000", "1234", "4321", "1212", "1985", "2912", "2580", "1397", "9900", "7990"])
def test_P_04_a_weak_pin_is_refused_with_its_reason(pin: str, town: Town) -> None:
    """Registration and the change of PIN say why, and ask again on the same screen."""
    zawadi = town.phone("Zawadi").dial().press("1", "Zawadi Wekesa", "12345678", pin)
    assert zawadi.screen.startswith("Too easy to guess. Choose another.\nChoose a PIN")
    assert zawadi.press("8264", "8264").over
    zawadi.dial().press("7", "4", "8264", pin)
    assert zawadi.screen.startswith("Too easy to guess. Choose another.\nNew PIN")


def test_P_06_peer_36_the_two_new_pins_must_be_the_same(town: Town) -> None:
    """Where the repeat differs nothing is opened and nothing is changed."""
    zawadi = town.phone("Zawadi").dial().press("1", "Zawadi Wekesa", "12345678", "8264", "8265")
    assert zawadi.screen.startswith("The two PINs differ")
    assert town.app.read(lambda unit: unit.rows.find(Person, phone=zawadi.number)) == []
    amina = town.phone("Amina").dial().press("7", "4", PINS["Amina"], "8264", "8265")
    assert amina.screen.startswith("The two PINs differ")
    assert amina.dial().press("1", "1", "50", PINS["Amina"]).screen.startswith("Sent")


def test_P_06_the_last_four_pins_do_not_come_back(town: Town) -> None:
    """The present PIN and the three before it are refused; the one before those may be used again."""
    used = [PINS["Amina"], "8264", "9375", "6049", "5827"]
    assert REMEMBERED == 4
    for old, new in pairwise(used):
        assert town.phone("Amina").dial().press("7", "4", old, new, new).over
    for pin in used[1:]:
        amina = town.phone("Amina").dial().press("7", "4", used[-1], pin)
        assert amina.screen.startswith("You had that PIN before"), pin
    assert town.phone("Amina").dial().press("7", "4", used[-1], used[0], used[0]).over


def test_P_07_stolen_verifiers_are_worth_nothing_without_the_pepper(town: Town) -> None:
    """All ten thousand PINs against a stolen row, with another pepper: not one fits."""
    amina, house = town.person("Amina"), town.app.house
    assert is_pin(house, amina.id, PINS["Amina"], amina.pin)
    thief = replace(house, pepper=bytes(32))
    assert not any(is_pin(thief, amina.id, f"{pin:04}", amina.pin) for pin in range(10_000))


def test_P_07_equal_pins_look_different_and_fit_one_person(town: Town) -> None:
    """Two people with one PIN have different verifiers, and the one of the other does not open."""
    for name, number in (("Zawadi Wekesa", "Zawadi"), ("Juma Bakari", "0799000008")):
        phone = Phone(town, town.phone(number).number if number == "Zawadi" else "+254799000008")
        assert phone.dial().press("1", name, "12345678", "8264", "8264").over
    one, other = town.person("Zawadi"), town.person("+254799000008")
    assert one.pin.split("$")[2:] != other.pin.split("$")[2:]
    assert not is_pin(town.app.house, one.id, "8264", other.pin)
    assert all(re.fullmatch(r"1\$[0-9]+\$[0-9a-f]{32}\$[0-9a-f]{64}", person.pin) for person in (one, other))


def withdrawal_code(town: Town, amount: str = "500") -> str:
    return town.phone("Amina").dial().press("2", "100016", amount, PINS["Amina"]).screen.split()[2]


def sms_code(town: Town, amount: str = "50", *, text: str = "") -> str:
    amina = town.phone("Amina")
    amina.sms(text or f"SEND {amount} 0722000002")
    found = re.search(r"Answer ([0-9]{7}) ", amina.inbox()[-1])
    assert found, amina.inbox()[-1]
    return found[1]


def test_P_14_a_withdrawal_code_is_good_once(anywhere: Town) -> None:
    """Paid out once, the code is worth nothing, at its own agent or at another."""
    code = withdrawal_code(anywhere)
    achieng = anywhere.phone("Achieng").dial(AGENTS_CODE).press("2", code)
    assert achieng.screen.startswith("No cash waits here")
    njeri = anywhere.phone("Njeri").dial(AGENTS_CODE).press("2", code, PINS["Njeri"])
    assert njeri.screen.startswith("Give AMINA O KES 500")
    for who in ("Njeri", "Achieng"):
        phone = anywhere.phone(who).dial(AGENTS_CODE).press("2", code)
        assert phone.screen.startswith("No cash waits here")


def test_P_14_of_two_withdrawals_each_has_its_code(town: Town) -> None:
    """The older code still pays its own amount after a newer one was given, and each only once."""
    older, newer = withdrawal_code(town, "500"), withdrawal_code(town, "300")
    njeri = town.phone("Njeri")
    assert "KES 500" in njeri.dial(AGENTS_CODE).press("2", older, PINS["Njeri"]).screen
    assert "KES 300" in njeri.dial(AGENTS_CODE).press("2", newer, PINS["Njeri"]).screen


def test_P_14_a_code_serves_no_other_purpose(town: Town) -> None:
    """The code of a withdrawal pays nothing by message, and the code of a message pays no cash out."""
    by_sms, at_agent = sms_code(town), withdrawal_code(town)
    amina = town.phone("Amina")
    amina.sms(at_agent)
    assert amina.inbox()[-1].startswith("That code is wrong")
    njeri = town.phone("Njeri").dial(AGENTS_CODE).press("2", by_sms)
    assert njeri.screen.startswith("No cash waits here")
    assert town.balance("Baraka") == 15_000


def test_P_14_the_older_code_of_a_message_is_dead_after_a_newer(town: Town) -> None:
    """Two payments asked for by message: only the newest code pays, once."""
    older, newer = sms_code(town, "50"), sms_code(town, "60")
    amina = town.phone("Amina")
    for code in (older, newer, newer, older):
        amina.sms(code)
    assert town.balance("Baraka") == 15_000 + 6_000


def test_P_14_codes_are_guessed_three_times_and_no_more(town: Town) -> None:
    """After three wrong codes the message's code is dead, and the agent has to wait, but not for long."""
    code, held = sms_code(town), withdrawal_code(town)
    amina = town.phone("Amina")
    for guess in ("1000001", "1000002", "1000003", code):
        amina.sms(guess)
    assert town.balance("Baraka") == 15_000
    njeri = town.phone("Njeri").dial(AGENTS_CODE).press("2", "1000001", "1000002", "1000003")
    assert njeri.press(held).screen.startswith("Too many wrong codes")
    assert njeri.dial(AGENTS_CODE).press("2", held).screen == "Too many wrong codes. Next try in 1 min."
    town.now += timedelta(minutes=1)
    assert njeri.dial(AGENTS_CODE).press("2", held).screen.startswith("Pay out")


def test_P_14_guesses_of_an_agent_at_once_are_counted(on_disk: Town) -> None:
    """Guesses in one talk at one instant do not slip past the count of three."""
    withdrawal_code(on_disk)
    njeri = on_disk.phone("Njeri").dial(AGENTS_CODE).press("2")
    with served(on_disk) as wired:

        def guess(code: int) -> Phone:
            return wired.carried_on(njeri, typed=f"{njeri.typed}*{code}").hop()

        at_once([partial(guess, code) for code in range(1_000_001, 1_000_021)])
    shown = [on_disk.phone("Njeri").dial(AGENTS_CODE).press("2", str(code)).screen for code in (1_000_031, 1_000_032)]
    assert not any("Pay out" in screen for screen in shown)


def test_P_14_codes_are_spread_over_seven_digits(town: Town) -> None:
    """A thousand codes are a thousand different ones, over the whole range: more than twenty bits."""
    from service.wallet.challenge import challenge_code
    from service.wallet.withdraw import withdrawal_code as code_of

    key = town.app.house.code_key
    codes = [code(key, entry) for entry in range(1, 1_001) for code in (challenge_code, code_of)]
    assert all(re.fullmatch("[1-9][0-9]{6}", code) for code in codes)
    assert len(set(codes)) >= 1_998
    assert {code[0] for code in codes} == set("123456789")


def test_P_15_a_pin_is_the_last_that_is_asked(town: Town) -> None:
    """In every flow nothing but a secret is asked between a PIN and what it opens; a shared phone opens a menu."""
    talk = town.app.home.talk
    secrets = [screen for screen in talk.screens.values() if isinstance(screen, Ask) and screen.secret]
    assert len(secrets) >= 8
    for screen in secrets:
        target = talk.screens[screen.then]
        while isinstance(target, Do):
            target = talk.screens[target.then]
        opened = isinstance(target, End) or (isinstance(target, Ask) and target.secret)
        shared = {("whose.pin", "home"), ("seat.pin", "seat.name")}
        assert opened or (screen.id, target.id) in shared, screen.id


def test_P_15_nothing_of_a_pin_is_in_what_is_kept(anywhere: Town) -> None:
    """What a talk leaves behind holds neither the PIN nor the text that it came in."""
    amina = anywhere.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    amina.dial().press("7", "4", PINS["Amina"], "8264")

    def kept(unit: Unit) -> list[dict[str, Any]]:
        talks = unit.rows.find(Conversation, phone=amina.number)
        return [{"session": dict(talk.session), "replies": dict(talk.replies)} for talk in talks]

    texts = json.dumps(anywhere.app.read(kept))
    assert not re.search(rf"(?<![0-9A-Fa-f$])({PINS['Amina']}|8264)(?![0-9A-Fa-f])", texts)


def test_the_owner_is_told_that_the_pin_was_changed(town: Town) -> None:
    """Whoever changed it: the message names whom to call, and goes also to a phone that wants no news."""
    amina = town.phone("Amina")
    amina.sms("STOP")
    amina.new()
    amina.dial().press("7", "4", PINS["Amina"], "8264", "8265", "8264")
    assert amina.new() == []
    amina.press("8264")
    assert amina.new() == ["Your Senti PIN was changed: 22/11/26 12:14. If it was not you, call 0800 720 000 at once."]
