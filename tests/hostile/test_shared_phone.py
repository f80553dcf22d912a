"""Hostile cases of a phone that several people share: each has a wallet and a PIN, and sees nothing of the others'."""

import re

import pytest

import menus
from menus import product
from service.countries import load_pack
from service.ussd.graph import reached
from service.wallet.operator import approve, propose
from service.wallet.people import begin_registration, people_at
from service.wallet.seats import WRONG_AN_HOUR, take_seat
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
    assert before == "Senti\n1 Send money\n2 Withdraw\n3 Pay\n4 Airtime\n5 Balance\n6 Approvals\n7 Account\n8 Help", (
        before
    )
    seen = all_screens(phone, "2", JOHN)
    assert len(seen) > 20
    seen += [*all_screens(phone, "1"), *all_screens(phone), *all_screens(phone, "1", "0000", depth=0)]
    seen += [phone.dial(typed=typed).screen for typed in ("5", "7*1", "1", f"1*{AMINA}", f"1*{AMINA}*5", "99", "9")]
    for screen in seen:
        known = screen.replace(WHOSE, "").replace("AMINA O: your PIN?", "")
        for word in ("AMINA", "Amina", "CHEBET", "313", "323", "333", "77", held[1], code[0], "99 Undo", "Continue"):
            assert word not in known, screen
    assert not [screen for screen in seen if "BARAKA" in screen and "66" not in screen]
    mine = enter(phone, "1", AMINA).screen
    assert mine.startswith("NOT sent: KES 333 to BARAKA M."), "the newest talk of hers waited for its PIN"
    assert "9 Continue" in mine
    assert "99 Undo" in mine
    phone.press("9", AMINA)
    assert phone.screen.startswith("Sent KES 333 to BARAKA M."), phone.screen


def test_S_14_a_receipt_offers_what_works_on_a_shared_phone(town: Town) -> None:
    """Nobody takes back by message there: it says to dial, and that key does it; on a phone of one it says UNDO."""
    phone = share(town)
    phone.new()
    enter(phone, "1", AMINA).press("1", NUMBERS["Chebet"], "313", AMINA)
    (message,) = phone.new()
    assert "UNDO" not in message, message
    assert message.endswith("Arrives 12:19. To stop it before 12:19 dial, 99."), message
    enter(phone, "1", AMINA).press("99")
    assert phone.screen.startswith("KES 320 is back with you"), phone.screen
    alone = town.phone("Baraka")
    alone.new()
    alone.dial().press("1", NUMBERS["Chebet"], "100", PINS["Baraka"])
    assert "Reply UNDO to stop it. Balance" in alone.new()[0]


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
