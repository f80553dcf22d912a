"""Hostile cases of what becomes of a number that several share: who joins, leaves, forgets, moves or sleeps."""

import re
import threading

import pytest

from service.refusal import Refusal
from service.ussd.session import Conversation
from service.wallet.agent import add_agent
from service.wallet.document import OtherDocument
from service.wallet.operator import approve, propose_renumber, propose_reset
from service.wallet.people import WhichOne, begin_registration, people_at, person_by_phone
from service.wallet.seats import PhoneFull, take_seat
from service.wallet.sim import note_swap
from service.wallet.unit import Unit
from tests.hostile.test_shared_phone import AMINA, JOHN, SHARED, WHOSE, balance, enter, share, sharer
from tests.phone import AGENTS_CODE, NUMBERS, Town


def test_S_14_two_who_open_at_one_instant_never_get_one_seat(on_disk: Town) -> None:
    """Six newcomers at once on one phone: three seats are there, and three of them say that the phone is full."""
    town, owner, pack = on_disk, on_disk.person("Amina"), on_disk.app.home.pack
    start, came = threading.Barrier(6), list[str]()

    def join(name: str) -> None:
        begun = town.app.transact(lambda unit: begin_registration(unit, SHARED, JOHN))

        def work(unit: Unit) -> None:
            take_seat(
                unit,
                owner=owner,
                person_id=begun["person_id"],
                name=name,
                id_number="22334455",
                language="en",
                pin=begun["pending"],
                pack=pack,
            )

        start.wait()
        try:
            town.app.transact(work)
            came.append("in")
        except Refusal as no:
            came.append(type(no).__name__)

    threads = [
        threading.Thread(target=join, args=(f"{name} Kamau",)) for name in ("Ann", "Ben", "Cat", "Dan", "Eve", "Fay")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["PhoneFull"] * 3 + ["in"] * 3
    there = town.app.read(lambda unit: people_at(unit, SHARED))
    assert [(one.seat, one.shared) for one in there] == [(0, True), (1, True), (2, True), (3, True)]


def test_S_14_the_phone_is_full_with_four_and_a_name_stands_once(town: Town) -> None:
    """Four at most, none of whom looks like another; a shop has its number to itself."""
    phone = share(town)
    share(town, "Mary Wanjiku", "6293", "33445566")
    enter(phone, "1", AMINA).press("7", "8", "5", AMINA, "John Kirui")
    assert phone.screen.startswith("Somebody on this phone is called so already.")
    phone.press("Otieno John Kirui", "44556677", "5182", "5182")
    assert phone.over
    assert phone.screen.startswith("Otieno John Kirui has a wallet here.")
    assert enter(phone, "4", "5182").press("7", "8", "5").screen.startswith("Four people share this number already")
    with pytest.raises(WhichOne):
        town.app.transact(lambda unit: add_agent(unit, phone=SHARED, name="Duka", place="Thika"))
    with pytest.raises(WhichOne):
        town.app.transact(lambda unit: add_agent(unit, phone=f"{SHARED}/1", name="Duka", place="Thika"))
    keeper = town.phone("+254711000010").dial().press("7", "8", "5")
    assert keeper.screen == "This is the number of a shop: nobody can share it."
    assert issubclass(PhoneFull, Refusal)


def test_S_14_the_others_stay_when_one_closes(anywhere: Town) -> None:
    """The first goes; nobody moves up, nothing of the first is told to who is left, and the phone asks no more."""
    town, number = anywhere, NUMBERS["Zawadi"]
    phone = town.phone("Zawadi").dial().press("1", "Zawadi Wekesa", "98765432", "8264", "8264")
    phone.dial().press("7", "8", "5", "8264", "John Kamau", "22334455", JOHN, JOHN)
    town.phone("+254711000010").dial(AGENTS_CODE).press("1", number, "500", "1", "7304")
    enter(phone, "1", "8264").press("1", NUMBERS["Baraka"], "493", "8264")
    assert phone.screen.startswith("Sent KES 493"), phone.screen
    town.wait(minutes=10)
    second = town.app.read(lambda unit: people_at(unit, number))[1]
    enter(phone, "1", "8264").press("7", "8", "4", "8264")
    assert phone.screen == "Your wallet is closed. Thank you."
    assert (
        phone.dial().screen
        == "Senti\n1 Send money\n2 Withdraw\n3 Pay\n4 Airtime\n5 Balance\n6 Approvals\n7 Account\n8 Help"
    )
    assert phone.press("5").screen == "You have KES 0."
    who = town.app.read(lambda unit: person_by_phone(unit, number))
    assert who is not None
    assert (who.id, who.seat, who.shared) == (second.id, 1, False)
    town.wait(days=1, minutes=1)
    talks = town.app.read(lambda unit: unit.rows.find(Conversation, phone=number, limit=1000))
    assert {talk.person for talk in talks} == {second.id}
    assert not [text for text in phone.inbox() if "ZAWADI" in text or "Zawadi" in text]


def test_S_14_who_is_left_reads_of_their_own_payment_and_not_of_the_other(anywhere: Town) -> None:
    """The reply was lost, then the other closed the wallet in the newest talk of the phone."""
    phone = share(anywhere)
    enter(phone, "1", AMINA).press("1", NUMBERS["Baraka"], "21", AMINA)
    enter(phone, "2", JOHN).press("7", "8", "4", JOHN)
    assert phone.screen == "Your wallet is closed. Thank you."
    assert phone.dial().screen.startswith("DONE: KES 21 to BARAKA M")


def test_S_14_a_forgotten_pin_takes_staff_a_day_and_a_code(anywhere: Town) -> None:
    """Whoever holds the phone learns nothing of the request, and does not get in without the code."""
    town, phone = anywhere, share(anywhere)
    john = sharer(town, 1)
    assert enter(phone, "2", JOHN).press("7", "7").screen.startswith("On a shared phone only our staff")
    no = town.app.transact(lambda unit: propose_reset(unit, john, id_number="00000000", maker="ann"))
    assert isinstance(no, OtherDocument)
    made = town.app.transact(lambda unit: propose_reset(unit, john, id_number="22334455", maker="ann"))
    assert not isinstance(made, Refusal)
    code = town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))["code"]
    assert re.fullmatch("[0-9]{7}", code)
    assert phone.dial().press("2", "1", code).screen.startswith("A new PIN is asked for. Choose it from")
    town.wait(days=1, minutes=1)
    assert not [text for text in phone.new() if code in text or "7, 7" in text]
    wrong = "1111111" if code != "1111111" else "2222222"
    assert phone.dial().press("2", "1", wrong).screen.startswith("That is not the code of our staff.")
    assert phone.dial().press("1", "1", code).screen.startswith("That is not the code of our staff.")
    assert phone.dial().press("2", "1", code).screen == "New PIN, four digits?\n0 Back 00 Home"
    assert phone.press("6293", "6293").screen.startswith("Your new PIN is good")
    assert enter(phone, "2", JOHN).screen.startswith("Wrong PIN")
    assert enter(phone, "2", "6293").screen.startswith("Senti")
    assert enter(phone, "1", AMINA).screen.startswith("Senti")


def test_S_14_wrong_codes_of_staff_are_counted(town: Town) -> None:
    """Three in an hour, whether there is a request or not."""
    phone = share(town)
    for _ in range(3):
        assert phone.dial().press("2", "1", "1234567").screen.startswith("That is not the code of our staff.")
    assert phone.dial().press("2", "1", "1234567").screen == "Too many wrong codes. Next try in 60 min."


def test_S_14_another_sim_is_that_of_all_on_the_number(anywhere: Town) -> None:
    """Whoever the network was asked about: nobody gets in for some days."""
    town, phone = anywhere, share(anywhere)
    john = sharer(town, 1)
    town.app.transact(lambda unit: note_swap(unit, john.id, unit.now))
    for which, pin in (("1", AMINA), ("2", JOHN)):
        assert enter(phone, which, pin).screen.startswith("Your number got another SIM."), phone.screen


def test_S_14_who_shares_a_phone_can_be_given_a_number_of_their_own(anywhere: Town) -> None:
    """By the document and two of the staff; who stays has the phone alone again."""
    town, phone = anywhere, share(anywhere)
    john = sharer(town, 1)
    made = town.app.transact(
        lambda unit: propose_renumber(unit, john, phone=NUMBERS["Zawadi"], id_number="22334455", maker="ann")
    )
    assert not isinstance(made, Refusal)
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    assert phone.dial().screen.startswith("Senti\n1 Send money")
    moved = town.person("Zawadi")
    assert (moved.id, moved.seat, moved.shared) == (john.id, 0, False)
    assert town.phone("Zawadi").dial().screen.startswith("Senti\n1 Send money")


def test_S_14_nobody_is_shown_on_a_number_that_slept(anywhere: Town) -> None:
    """Not even by name: the number may be anybody's."""
    town, phone, agent = anywhere, share(anywhere), anywhere.phone("+254711000010")
    town.wait(days=170)
    agent.dial(AGENTS_CODE)
    assert enter(phone, "2", JOHN).screen.startswith("Senti")
    town.wait(days=170)
    agent.dial(AGENTS_CODE)
    assert phone.dial().screen == WHOSE, "who dials keeps the number awake, for all on it"
    town.wait(days=90)
    agent.dial(AGENTS_CODE)
    town.wait(days=90)
    for typed in ("", "1", f"2*{JOHN}"):
        assert "half a year" in phone.dial(typed=typed).screen
    phone.new()
    for text in ("BAL", "SEND 20 0722000002", "HELP"):
        phone.sms(text)
    agent.dial(AGENTS_CODE).press("1", SHARED, "543", "2", "7304")
    town.wait(minutes=10)
    assert balance(town, 1) == 54_300
    said = phone.new()
    assert len(said) == 4
    assert not [text for text in said if "AMINA" in text or "JOHN" in text or "543" in text]
