"""Hostile cases of a forgotten PIN: thieves of a phone, of an hour, of a PIN, and those who only want to know."""

from datetime import timedelta
from functools import partial

import pytest

from service.phone import mask_phone, read_phone
from service.refusal import Refusal
from service.wallet.identity import PinReset
from service.wallet.operator import SamePerson, approve, propose_reset
from service.wallet.proposal import NothingToApprove
from service.wallet.unit import Person
from tests.hostile.crowd import at_once, served
from tests.phone import AGENTS_CODE, NUMBERS, PINS, Phone, Town

ASKS = ("7", "7", "1")


def reset(phone: Phone, pin: str = "8264") -> Phone:
    return phone.dial().press(*ASKS, pin, pin)


def test_P_12_a_thief_for_an_hour_is_seen_and_stopped(anywhere: Town) -> None:
    """Whoever asks for a new PIN on somebody's phone waits a day; the owner reads of it and pays as ever: it is off."""
    amina = anywhere.phone("Amina")
    amina.new()
    amina.dial().press("1", "1", "500", "1111", "2222")
    amina.dial().press(*ASKS)
    assert amina.dial().press("7", "7").screen.startswith("A new PIN is asked for")
    assert amina.new()[-1].startswith("A new PIN was asked for")
    anywhere.wait(hours=1)
    amina.dial().press("1", "1", "20", PINS["Amina"])
    assert amina.new()[0].startswith("The request for a new Senti PIN is stopped")
    anywhere.wait(hours=47)
    assert amina.dial().press("7", "7").screen.startswith("You choose the new PIN 24 hours later")
    assert amina.dial().press("1", "1", "20", PINS["Amina"]).screen.startswith("Sent")


def test_P_12_who_locks_and_asks_is_stopped_by_one_key(town: Town) -> None:
    """A thief who locks the wallet first, so that the PIN stops nothing: the owner's one key does, without a PIN."""
    amina = town.phone("Amina").dial().press("1", "1", "500", "1111", "2222", "3333")
    amina.dial().press(*ASKS)
    town.wait(hours=13)
    assert sum("keys 7, 7, 2" in text for text in amina.new()) == 2
    assert amina.dial().press("7", "7", "2").screen == "Stopped. Your PIN stays as it is."
    town.wait(hours=24)
    assert amina.dial().press("7", "7").screen.startswith("You choose the new PIN 24 hours later")


def test_P_12_of_two_talks_at_the_repeat_one_sets_the_pin(anywhere: Town) -> None:
    """What was ready when the first new PIN was typed is asked again when the second is: stopped or done is over."""
    chebet = anywhere.phone("Chebet").dial().press(*ASKS)
    anywhere.wait(days=1)
    chebet.dial().press(*ASKS, "8264")
    chebet.end("Incomplete")
    other = anywhere.phone("Chebet").dial().press("7", "7", "2")
    assert other.screen.startswith("Stopped")
    chebet.press("8264")
    assert "8264" not in chebet.screen
    assert anywhere.person("Chebet").pin_tries == 3
    assert anywhere.person("Chebet").careful_until is None


def test_P_12_with_a_new_pin_little_goes_out_by_any_way_for_a_day(town: Town) -> None:
    """Sending, cash and messages alike; a day later as before."""
    baraka = town.phone("Baraka")
    town.phone("Njeri").dial(AGENTS_CODE).press("1", "0722000002", "4,000", PINS["Njeri"])
    baraka.dial().press(*ASKS)
    town.wait(days=1)
    assert reset(baraka).screen.startswith("Your new PIN is good")
    baraka.new()
    for keys in (("1", "0711000001", "1001"), ("2", "100016", "1001")):
        assert baraka.dial().press(*keys).screen.startswith("At most KES 1,000 at once")
    baraka.sms("SEND 1001 0711000001")
    assert baraka.new()[-1].startswith("At most KES 1,000.00 at once")
    for _ in range(2):
        town.wait(minutes=3)
        assert baraka.dial().press("1", "0711000001", "990", "8264").screen.startswith("Sent")
    assert baraka.dial().press("1", "0711000001", "21").screen.startswith("Over the day's limit. Left today: KES 20")
    town.wait(days=1)
    assert baraka.dial().press("1", "0711000001", "1001").screen.startswith("Send KES 1,001")


def test_P_06_a_new_pin_is_none_of_the_last_four_and_tries_to_find_them_are_counted(town: Town) -> None:
    """Also where the old one is forgotten; who goes through many to learn an old PIN is turned away."""
    chebet = town.phone("Chebet").dial().press(*ASKS)
    town.wait(days=1)
    chebet.dial().press(*ASKS)
    assert chebet.press("6293").screen.startswith("You had that PIN before")
    assert chebet.press("8264", "8265").screen.startswith("The two PINs differ")
    for _ in range(8):
        chebet.press("6293")
    assert chebet.press("8264").screen.startswith("You asked too often today")
    assert town.person("Chebet").pin_tries == 3


def test_P_08_a_reset_is_no_way_to_lock_or_free_somebody_else(town: Town) -> None:
    """It is asked for on the phone itself; a message cannot, and a blocked wallet stays blocked."""
    for text in ("PIN", "RESET", "FORGOT PIN"):
        town.phone("Amina").sms(text)
    assert town.app.read(lambda unit: unit.rows.find(PinReset)) == []
    amina = town.person("Amina")

    def block(state: str) -> None:
        from service.wallet.people import set_state

        town.app.transact(lambda unit: set_state(unit, amina, state))

    phone = town.phone("Amina").dial().press(*ASKS)
    block("blocked")
    town.wait(days=1)
    assert phone.dial().press("7", "7").screen.startswith("Your wallet is blocked")
    assert town.person("Amina").state == "blocked"


def test_V_04_a_forgotten_pin_tells_nobody_who_has_a_wallet(town: Town) -> None:
    """Nowhere in it is somebody else's number asked for; a phone without a wallet reads what every newcomer reads."""
    newcomer = town.phone("Zawadi")
    assert newcomer.dial().screen.startswith("Welcome to Senti")
    for path in ("7", "7*7", "7*7*1"):
        assert newcomer.dial(typed=path).screen.startswith("Welcome to Senti")
    talk = town.app.home.talk
    asked = [screen for name, screen in talk.screens.items() if name.startswith("forgot.") and hasattr(screen, "into")]
    assert {screen.into for screen in asked} == {"new_pin", "repeat"}
    assert town.app.read(lambda unit: unit.rows.find(Person, phone=newcomer.number)) == []


@pytest.mark.parametrize("times", [1, 3])
def test_P_12_a_worker_that_was_away_changes_nothing_about_when(times: int, town: Town) -> None:
    """Whether it comes at each hour, or once at the end: what may be done is decided by time alone."""
    chebet = town.phone("Chebet").dial().press(*ASKS)
    for _ in range(times):
        town.now += timedelta(hours=48 / times)
    assert chebet.dial().press("7", "7").screen.startswith("You choose the new PIN 24 hours later")
    town.work()
    assert town.person("Chebet").reset is None


def befriend(town: Town, owner: str, *guardians: str) -> None:
    """Let somebody name guardians, who agree."""
    for who in guardians:
        town.phone(owner).dial().press("7", "7", "3", NUMBERS[who], PINS[owner]).end()
        screen = town.phone(who).dial().press("6", "1", PINS[who]).screen
        assert screen.startswith("You are a guardian of"), screen


def test_P_12_two_guardians_confirm_at_one_instant_and_neither_is_lost(on_disk: Town) -> None:
    """Each on their own phone, with their own PIN; pressed twenty times, each counts once."""
    befriend(on_disk, "Njeri", "Amina", "Baraka")
    on_disk.phone("Njeri").dial().press("7", "7", "1").end()
    talks = [(who, on_disk.phone(who).dial().press("6", "1")) for who in ("Amina", "Baraka")]
    with served(on_disk) as wired:
        jobs = [partial(wired.carried_on(phone).press, PINS[who]) for who, phone in talks for _ in range(5)]
        at_once(jobs)
    (row,) = on_disk.app.read(lambda unit: unit.rows.find(PinReset))
    assert sorted(row.agreed) == sorted(str(on_disk.person(who).id) for who in ("Amina", "Baraka"))
    on_disk.wait(days=1)
    assert on_disk.phone("Njeri").dial().press("7", "7").screen.startswith("Now choose your new PIN")


def test_V_04_a_guardian_without_a_wallet_is_asked_in_the_same_words(anywhere: Town) -> None:
    """Every screen on the way is the same for a number with a wallet and one without, and so is the list after."""
    seen = []
    for number in (NUMBERS["Baraka"], "0799000077"):
        phone = anywhere.phone("Njeri").dial().press("7", "7", "3")
        screens = [phone.screen]
        for key in (number, PINS["Njeri"]):
            screens.append(phone.press(key).screen.replace(mask_phone(read_phone(number, "KE")), "NUMBER"))
        seen.append([*screens, phone.dial().press("7", "7", "3").screen])
        phone.end()
    assert seen[0] == seen[1]


def test_P_12_an_agent_who_saw_the_document_decides_nothing_alone(anywhere: Town) -> None:
    """Two of the staff still do; the agent's own wallet is none that they can vouch for."""
    town = anywhere
    njeri = town.phone("Njeri")
    njeri.dial().press("7", "7", "1").end()
    own = njeri.dial(AGENTS_CODE).press("6", "1", NUMBERS["Njeri"], "44556677", PINS["Njeri"])
    assert own.screen.startswith("That is you"), own.screen
    njeri.dial().press("7", "7", "1").end()
    person = town.person("Njeri")
    with pytest.raises(NothingToApprove):
        town.app.transact(lambda unit: propose_reset(unit, person, id_number=None, maker="one"))
    seen = town.phone("Achieng").dial(AGENTS_CODE).press("6", "1", NUMBERS["Njeri"], "44556677", PINS["Achieng"])
    assert seen.screen.startswith("Noted."), seen.screen
    town.wait(days=1)
    assert njeri.dial().press("7", "7").screen.startswith("It is time.")
    made = town.app.transact(lambda unit: propose_reset(unit, person, id_number=None, maker="one"))
    assert not isinstance(made, Refusal)
    with pytest.raises(SamePerson):
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="one"))
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="two"))
    assert njeri.dial().press("7", "7").screen.startswith("Now choose your new PIN")
