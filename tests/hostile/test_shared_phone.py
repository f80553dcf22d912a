"""Hostile cases of a phone that several people share: each has a wallet and a PIN, and sees nothing of the others'."""

import re
import threading

import pytest

import menus
from menus import product
from service.countries import load_pack
from service.refusal import Refusal
from service.ussd.graph import reached
from service.ussd.session import Conversation
from service.wallet.agent import add_agent
from service.wallet.document import OtherDocument
from service.wallet.operator import approve, propose, propose_renumber, propose_reset
from service.wallet.people import WhichOne, begin_registration, people_at, person_by_phone
from service.wallet.seats import WRONG_AN_HOUR, PhoneFull, take_seat
from service.wallet.sim import note_swap
from service.wallet.statement import balance_of
from service.wallet.unit import Notice, Person, Tally, Unit
from tests.phone import AGENTS_CODE, NUMBERS, PINS, Phone, Town

SHARED, AMINA = NUMBERS["Amina"], PINS["Amina"]
JOHN = "9034"
WHOSE = "Whose wallet?\n1 AMINA O\n2 JOHN K"
CODE = re.compile(r"\b[0-9]{7}\b")


def share(town: Town, name: str = "John Kamau", pin: str = JOHN, document: str = "22334455") -> Phone:
    """Let one more person open a wallet on Amina's phone."""
    phone = town.phone("Amina")
    alone = not town.app.read(lambda unit: people_at(unit, SHARED))[0].shared
    phone.dial().press(*(() if alone else ("1", AMINA)))
    phone.press("7", "8", "5", AMINA, name, document, pin, pin)
    assert phone.screen.startswith(f"{name} has a wallet here."), phone.screen
    phone.end()
    phone.new()
    return phone


def enter(phone: Phone, which: str, pin: str) -> Phone:
    return phone.dial().press(which, pin)


def sharer(town: Town, seat: int) -> Person:
    return next(one for one in town.app.read(lambda unit: people_at(unit, SHARED)) if one.seat == seat)


def balance(town: Town, seat: int) -> int:
    person = sharer(town, seat)
    return town.app.read(lambda unit: balance_of(unit, person))


def all_screens(phone: Phone, *way: str, depth: int = 3) -> list[str]:
    """Press every key from where a way leads, so many screens deep, each time in a new talk."""
    phone.dial().press(*way)
    seen = [phone.screen]
    keys = re.findall(r"^(\d+) ", phone.screen, re.M) if not phone.over and depth else []
    for key in keys:
        if key not in ("0", "00"):
            seen += all_screens(phone, *way, key, depth=depth - 1)
    return seen


def test_S_14_nothing_of_one_is_shown_to_the_other(anywhere: Town) -> None:
    """Outcome, take-back, broken talk, people paid, nicknames, requests, codes: John presses every key there is."""
    town, phone = anywhere, share(anywhere)
    enter(phone, "1", AMINA).press("1", NUMBERS["Chebet"], "313", AMINA)
    held = re.search(r"Ref (\w{10})", phone.screen)
    assert held, phone.screen
    enter(phone, "1", AMINA).press("2", "100016", "323", AMINA)
    code = CODE.search(phone.screen)
    assert code, phone.screen
    town.phone("Baraka").dial().press("6", SHARED, "77", "1")
    town.phone("Baraka").dial().press("6", SHARED, "66", "2")
    enter(phone, "1", AMINA).press("1", NUMBERS["Baraka"], "333")  # it breaks off before the PIN, and nothing was heard
    before = enter(phone, "2", JOHN).screen
    assert before == "Senti\n1 Send money\n2 Withdraw\n5 Balance\n6 Approvals\n7 Account\n8 Help", before
    seen = all_screens(phone, "2", JOHN)
    assert len(seen) > 20
    seen += [*all_screens(phone, "1"), *all_screens(phone), *all_screens(phone, "1", "0000", depth=0)]
    seen += [phone.dial(typed=typed).screen for typed in ("5", "7*1", "1", f"1*{AMINA}", f"1*{AMINA}*5", "99", "9")]
    for screen in seen:
        known = screen.replace(WHOSE, "").replace("AMINA O: your PIN?", "")
        for word in ("AMINA", "Amina", "CHEBET", "313", "323", "333", "77", held[1], code[0], "Take back", "Continue"):
            assert word not in known, screen
    assert not [screen for screen in seen if "BARAKA" in screen and "66" not in screen]
    mine = enter(phone, "1", AMINA).screen
    assert mine.startswith("NOT sent: KES 333 to BARAKA M."), "the newest talk of hers waited for its PIN"
    assert "9 Continue" in mine
    assert "99 Take back" in mine
    phone.press("9", AMINA)
    assert phone.screen.startswith("Sent KES 333 to BARAKA M."), phone.screen


def test_S_14_what_became_of_a_payment_waits_for_who_made_it(anywhere: Town) -> None:
    """The reply was lost; the other dials in between, and pays as well; then each reads of their own."""
    phone = share(anywhere)
    anywhere.phone("Baraka").dial().press("1", SHARED, "60", "2", PINS["Baraka"])
    anywhere.wait(minutes=10)
    enter(phone, "1", AMINA).press("1", NUMBERS["Baraka"], "21", AMINA)
    assert "DONE" not in enter(phone, "2", JOHN).screen
    phone.press("1", NUMBERS["Baraka"], "22", JOHN)
    assert phone.screen.startswith("Sent KES 22"), phone.screen
    assert phone.dial().screen == WHOSE
    hers = phone.press("1", AMINA).screen
    assert "DONE: KES 21" in hers
    assert "22" not in hers
    his = enter(phone, "2", JOHN).screen
    assert "KES 22" in his
    assert "21" not in his


def test_S_14_no_message_says_a_balance_or_a_code(anywhere: Town) -> None:
    """Whoever holds the phone reads what comes to it: whom it is for, and amounts, and nothing behind the PIN."""
    town, phone = anywhere, share(anywhere)
    enter(phone, "1", AMINA).press("2", "100016", "300", AMINA)
    enter(phone, "1", AMINA).press("1", NUMBERS["Baraka"], "50", AMINA)
    enter(phone, "1", AMINA).press("7", "8", "1")
    town.phone("Baraka").dial().press("1", SHARED, "40", "2", PINS["Baraka"])
    town.phone("+254711000010").dial(AGENTS_CODE).press("1", SHARED, "500", "2", "7304")
    town.wait(days=3)
    texts = phone.new()
    assert len(texts) >= 6
    for text in texts:
        assert text.startswith(("AMINA O: ", "JOHN K: ")), text
        assert "Balance" not in text, text
        assert not CODE.search(text), text
    rows = town.app.read(lambda unit: unit.rows.find(Notice, phone=SHARED, limit=1000))
    shared = [row for row in rows if "reader" in row.values]
    assert shared
    assert not [row for row in shared if {"balance", "hold"} & row.values.keys()]


@pytest.mark.parametrize(
    "text",
    ["BAL", "MINI", "LIMITS", "SEND 20 0722000002", "UNDO", "NAME MAMA 0722000002", "1234567", "ACCEPT", "SALIO"],
)
def test_S_14_a_message_is_answered_by_the_way_to_ones_own_wallet(town: Town, text: str) -> None:
    """Whatever is asked by message: the answer would lie in a phone that others read."""
    phone = share(town)
    phone.sms(text)
    (answer,) = phone.new()
    assert answer == "Several people share this phone. Dial *384*96#, choose your name and type your PIN."


def test_S_14_a_code_that_was_asked_for_alone_pays_nothing_any_more(town: Town) -> None:
    """A payment by message waits for its code while the second wallet is opened: the code lies in a phone of two."""
    phone = town.phone("Amina")
    phone.sms("SEND 20 0722000002")
    code = CODE.search(phone.new()[-1])
    assert code
    share(town)
    phone.sms(code[0])
    assert phone.new()[-1].startswith("Several people share this phone.")
    assert balance(town, 0) == 200_000


def test_S_14_reports_help_and_stop_need_no_name(town: Town) -> None:
    """What asks nothing of a wallet is answered as on every phone."""
    phone = share(town)
    town.phone("+254711000010").dial(AGENTS_CODE).press("1", SHARED, "500", "2", "7304")
    phone.new()
    for text, answer in (("REPORT", "100016"), ("HELP", "*384*96#"), ("STOP", "")):
        phone.sms(text)
        (said,) = phone.new()
        assert answer in said
        assert "Several" not in said


def test_S_14_another_pin_opens_nothing_and_locks_its_owner_alone(anywhere: Town) -> None:
    """Three wrong PINs lock one of them, only staff help; ten on the number in an hour stop all of them."""
    town, phone = anywhere, share(anywhere)
    assert phone.dial().press("1", JOHN).screen.startswith("Wrong PIN. Tries left: 2")
    assert phone.press(JOHN).screen.startswith("Wrong PIN. Tries left: 1")
    assert phone.press(JOHN).over
    assert phone.screen.startswith("Your PIN is locked after 3 wrong tries.")
    assert enter(phone, "1", AMINA).over, "locked means locked"
    assert enter(phone, "2", JOHN).screen.startswith("Senti")
    for _ in range(WRONG_AN_HOUR - 3):
        assert phone.dial().press("2", "0000").screen.startswith("Wrong PIN. Tries left: 2")
        if _ < WRONG_AN_HOUR - 4:
            phone.press(JOHN)
            assert phone.screen.startswith("Senti")
    assert phone.press(JOHN).screen.startswith("Too many wrong PINs on this phone.")
    town.wait(hours=1)
    assert enter(phone, "2", JOHN).screen.startswith("Senti")
    assert not [text for text in phone.new() if "7, 7" in text]


def test_S_14_a_repeated_hop_shows_a_screen_of_another_talk_to_nobody(anywhere: Town) -> None:
    """The gateway repeats what was typed, PIN and all: only then does the stored reply come."""
    phone = share(anywhere)
    session = enter(phone, "1", AMINA).press("5").session
    assert phone.screen == "You have KES 2,000."
    assert phone.hop().screen == "You have KES 2,000.", "a repeat of all that was heard"
    for typed in ("", "1", f"1*{JOHN}", f"2*{AMINA}", f"2*{JOHN}*5"):
        phone.dial(typed=typed, session=session)
        assert "2,000" not in phone.screen


def test_S_14_who_joins_in_the_middle_of_a_talk_ends_it(anywhere: Town) -> None:
    """The first screen stood open when the number became shared: its next key asks whose wallet is meant."""
    town, phone = anywhere, anywhere.phone("Amina").dial()
    owner, pack = town.person("Amina"), town.app.home.pack

    def join(unit: Unit) -> None:
        begun = begin_registration(unit, SHARED, JOHN)
        take_seat(
            unit,
            owner=owner,
            person_id=begun["person_id"],
            name="John Kamau",
            id_number="22334455",
            language="en",
            pin=begun["pending"],
            pack=pack,
        )

    town.app.transact(join)
    assert phone.press("5").screen == WHOSE
    enter(phone, "2", JOHN)
    town.wait(days=180)
    values = {"person": sharer(town, 1).id}
    made = town.app.transact(lambda unit: propose(unit, act="retire", values=values, maker="one"))
    talk = phone.dial()
    assert talk.over
    assert "half a year" in talk.screen
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="two"))
    assert "half a year" in phone.dial().screen, "she is the only one again, and asleep"


def test_S_14_whose_wallet_leads_nowhere_without_a_pin() -> None:
    """By the menu itself: what can follow the question, but for the step that takes the PIN, belongs to it."""
    for country in ("ke", "ug", "gh"):
        talk = product(load_pack(country), b"proof")
        follow = reached(talk, [menus.HOMES["sharers"]])
        assert {screen.split(".")[0] for screen in follow} == {"whose"}
        handing = [screen for screen in talk.screens.values() if getattr(screen, "hands_over", False)]
        assert [(do.id, getattr(do, "unlocks", False)) for do in handing] == [("whose.enter", True)]


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


def test_S_14_who_pays_or_pays_in_or_asks_says_whom_they_mean(anywhere: Town) -> None:
    """By the menu it is chosen and the choice holds; by message the answer is to dial; names cost one look-up."""
    town, phone = anywhere, share(anywhere)
    baraka = town.phone("Baraka").dial().press("1", SHARED, "30")
    assert baraka.screen.startswith("Several people share that number.\nWho is meant?\n1 AMINA O\n2 JOHN K")
    assert baraka.press("2").screen.startswith("Send KES 30 to JOHN K")
    tallies = town.app.read(lambda unit: unit.rows.find(Tally, limit=1000))
    assert [one.count for one in tallies if one.key.startswith(f"looks:{town.person('Baraka').id}:")] == [1]
    assert baraka.press(PINS["Baraka"]).screen.startswith("Sent KES 30 to JOHN K")
    town.wait(minutes=10)
    assert (balance(town, 0), balance(town, 1)) == (200_000, 3_000)
    first = baraka.dial().press("1").screen
    assert "AMINA O" in first
    assert "JOHN K" in first
    key = re.search(r"^(\d) JOHN K", first, re.M)
    assert key
    assert baraka.press(key[1], "20").screen.startswith("Send KES 20 to JOHN K"), "who is picked is not asked about"
    baraka.new()
    baraka.sms("SEND 20 0711000001")
    assert baraka.new() == ["Several people share that number. Dial *384*96# and choose who is meant."]
    enter(phone, "2", JOHN).press("7", "8", "3")
    zawadi = town.phone("Zawadi").dial().press("1", "Zawadi Wekesa", "98765432", "8264", "8264")
    town.phone("+254711000010").dial(AGENTS_CODE).press("1", "0799000009", "500", "7304")
    hidden = zawadi.dial().press("1", SHARED, "10").screen
    assert hidden.startswith("Send KES 10 to AMINA O"), "who hides from strangers is not one of several"
    agent = town.phone("+254711000010").dial(AGENTS_CODE).press("6", SHARED, "100")
    assert agent.screen.startswith("Several people share that number.\nWho is the customer?")
    agent.press("2")
    assert enter(phone, "1", AMINA).press("6").screen.startswith("Nothing waits") or "Duka" not in phone.screen
    assert "Duka la Njeri" in enter(phone, "2", JOHN).press("6").screen


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
    assert phone.dial().screen == "Senti\n1 Send money\n2 Withdraw\n5 Balance\n6 Approvals\n7 Account\n8 Help"
    assert phone.press("5").screen == "You have KES 0."
    who = town.app.read(lambda unit: person_by_phone(unit, number))
    assert who is not None
    assert (who.id, who.seat, who.shared) == (second.id, 1, False)
    town.wait(days=1, minutes=1)
    talks = town.app.read(lambda unit: unit.rows.find(Conversation, phone=number, limit=1000))
    assert {talk.person for talk in talks} == {second.id}
    assert not [text for text in phone.inbox() if "ZAWADI" in text or "Zawadi" in text]


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
    assert phone.dial().press("2", "1", "1234567").screen == "Too many wrong codes. Try again in an hour."


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
