from dataclasses import replace

import pytest

from service.ussd.engine import broken
from service.ussd.screens import Ask, Do, End, Menu
from service.ussd.text import SMALLEST, too_long
from tests.ussd.bikes import BIKE, PIN, SCREENS, Kiosk, bikes, card
from tests.ussd.phone import Phone
from tests.ussd.plant import beside, saying

PAY = next(screen for screen in SCREENS if isinstance(screen, Do) and screen.posts)
HOME = "Bikes\n1 Hire a bike\n2 My rides\n3 Kiswahili\n4 English\n5 My card"


def test_a_first_dial_shows_the_home_and_no_way_back() -> None:
    phone = Phone()
    assert phone.dial() == HOME
    assert not phone.reply.ends


def test_back_leads_to_the_screen_before_and_home_to_the_first() -> None:
    phone = Phone()
    phone.dial()
    phone.press("1", "12", "10")
    assert phone.screen == "hire.pin"
    assert [phone.press("0") and phone.screen for _ in range(4)] == ["hire.minutes", "hire.bike", "home", "home"]
    phone.press("1", "12", "00")
    assert phone.reply.text == HOME
    assert phone.session.values == {}, "what was begun is forgotten at home"


def test_a_corrected_screen_stands_once_on_the_way_back() -> None:
    phone = Phone()
    phone.dial()
    phone.press("1", "12", "60", "4071")
    assert phone.lines[0] == "That is 120 tokens; you have 100."
    assert phone.screen == "hire.minutes"
    assert phone.session.trail == ("home", "hire.bike")
    assert phone.press("0").startswith("Bike number?")


@pytest.mark.parametrize("typed", ["7", "", "98", "*", "1 2", "x" * 81, "1\n", "\x00", "١"])
def test_an_unknown_key_is_answered_with_the_same_screen(typed: str) -> None:
    phone = Phone()
    phone.dial()
    assert phone.press(typed) == "Not on this screen.\n" + HOME
    assert phone.press("5") == "You have 100 tokens."


@pytest.mark.parametrize("typed", ["1" * 81, "1\t2", "\x7f", "\x85"])
def test_I_06_a_field_never_sees_control_letters_or_endless_input(typed: str) -> None:
    """What cannot be typed on a phone is refused before a field reads it."""
    phone = Phone()
    phone.dial()
    assert phone.press("1", typed).startswith("Not on this screen.\nBike number?")


def test_I_11_blanks_around_a_key_do_not_matter() -> None:
    """No-break and zero-width blanks around a key are no part of it."""
    phone = Phone()
    phone.dial()
    assert phone.press("\u00a05\u200b") == "You have 100 tokens."


def test_the_longest_input_that_is_read() -> None:
    phone = Phone()
    phone.dial()
    assert phone.press("1", "1" * 80).startswith("No bike 111111111111.")
    assert phone.press("~").startswith("No bike ~.")
    assert phone.press("\u00a0é").startswith("No bike")


def test_more_turns_the_page_and_a_number_picks_what_was_seen() -> None:
    phone = Phone()
    phone.dial()
    phone.press("2")
    assert phone.lines[-2:] == ["98 More", "0 Back 00 Home"]
    first = phone.session.shown
    phone.kiosk.rides = 0
    assert phone.press("98").split("\n")[1] == f"1 01/02 bike {first + 1} {1001 + first}"
    phone.press(str(phone.session.shown + 1))
    assert phone.lines[0] == "Not on this screen."
    assert phone.press("1").startswith(f"Ride {first + 1}\n")
    assert phone.press("0").startswith("You have not ridden yet."), "back reads the list anew"


def test_a_list_shows_as_many_lines_as_there_is_room_for_and_all_of_them_once() -> None:
    phone = Phone()
    phone.dial()
    phone.press("2")
    listed: list[str] = []
    while True:
        page = [line.split(" ", 1)[1] for line in phone.lines if "bike" in line]
        left = list(phone.session.items[phone.session.shown :])
        if left:
            one_more = f"{len(page) + 1} 01/02 bike {left[0]['bike']} {left[0]['price']}"
            assert too_long(phone.reply.text + "\n" + one_more, SMALLEST) > 0, "there was room for one more"
        listed += page
        if "98 More" not in phone.lines:
            break
        phone.press("98")
    assert listed == [f"01/02 bike {number} {1000 + number}" for number in range(1, 31)]
    assert phone.press("98").startswith("Not on this screen."), "98 is no key where nothing follows"


def test_an_empty_list_says_so() -> None:
    phone = Phone(kiosk=Kiosk(rides=0))
    phone.dial()
    assert phone.press("2") == "You have not ridden yet.\n0 Back 00 Home"


def test_suggestions_and_typing_stand_on_the_same_screen() -> None:
    phone = Phone()
    phone.dial()
    assert phone.press("1") == "Bike number?\n1 12 at Asha\n2 34 at Juma\n0 Back 00 Home"
    phone.kiosk.known = ("34", "12")
    assert phone.press("2").startswith("Minutes with bike 34?"), "the second that was seen, not the second now"
    phone.press("0")
    assert phone.press("12").startswith("Minutes with bike 12?")
    phone.press("0")
    assert phone.press("3").startswith("No bike 3.\nBike number?"), "a number that is not shown is typed input"


def test_only_suggestions_that_fit_are_shown_and_can_be_picked() -> None:
    kiosk = Kiosk(bikes={str(number): "W" * 20 for number in range(10, 30)}, known=tuple(map(str, range(10, 30))))
    phone = Phone(kiosk=kiosk)
    phone.dial()
    phone.press("1")
    shown = phone.session.shown
    assert 1 <= shown < 9
    assert "98 More" not in phone.lines
    assert phone.press(str(shown + 1)).startswith(f"No bike {shown + 1}.")
    assert phone.press("1").startswith("Minutes with bike 10?")


def test_a_talk_that_is_over_takes_nothing_more() -> None:
    phone = Phone()
    phone.dial()
    phone.press("5")
    with pytest.raises(AssertionError, match="over"):
        phone.press("1")


def test_the_language_changes_at_once_and_stays() -> None:
    phone = Phone()
    phone.dial()
    assert phone.press("3").startswith("Baiskeli\n1 Kodi baiskeli")
    assert phone.press("1", "xx").startswith("Hakuna baiskeli xx.\n")
    assert phone.press("00", "4") == HOME


def test_a_screen_that_does_not_fit_is_a_bug() -> None:
    talk = bikes()
    talk.words["en"].screens["card"]["text"] = "{left}" + "x" * 154  # type: ignore[index]
    phone = Phone(talk)
    phone.dial()
    with pytest.raises(AssertionError, match="card is 1 too long"):
        phone.press("5")


def test_a_list_of_which_no_line_fits_is_a_bug() -> None:
    talk = bikes()
    talk.words["en"].screens["rides"]["text"] = "x" * 120  # type: ignore[index]
    phone = Phone(talk)
    phone.dial()
    with pytest.raises(AssertionError, match="no line of rides fits"):
        phone.press("2")


def test_P_15_secrets_are_in_no_session_and_on_no_screen() -> None:
    """A PIN lives for the hop in which it was typed: right, wrong, or malformed."""
    phone = Phone()
    phone.dial()
    phone.press("1", "12", "10", "8642", "86420", "4071")
    assert phone.reply.ends
    kept = "".join(phone.seen)
    assert not [pin for pin in ("8642", "4071") if pin in kept]


def test_P_15_a_step_that_would_keep_a_secret_is_a_bug() -> None:
    """Giving a value the name of a secret would store it."""
    leaks = Do("hire.unlock", lambda call, values: {"pin": values["pin"]}, then="hire.done", gives=("pin",))
    phone = Phone(bikes([leaks if screen.id == "hire.unlock" else screen for screen in SCREENS]))
    phone.dial()
    with pytest.raises(AssertionError, match="secret would be kept"):
        phone.press("1", "12", "10", "4071")


def test_a_raised_refusal_undoes_its_step_and_a_returned_one_keeps_it() -> None:
    phone = Phone()
    phone.dial()
    phone.press("1", "12", "10", "8642")
    assert phone.lines[0] == "Wrong PIN, 2 tries left."
    assert phone.kiosk.rows["tries"] == 2, "a wrong try is counted"
    phone.kiosk.breaks = True
    assert phone.press("4071") == "The kiosk sleeps."
    assert phone.reply.ends
    assert phone.session.told is None
    assert phone.kiosk.rows["rides"] == 0, "what the posting wrote is undone"
    assert phone.kiosk.rows["tries"] == 3, "what the unlock wrote is kept"


def test_a_reply_names_the_refusal_that_it_tells() -> None:
    phone = Phone()
    phone.dial()
    phone.press("1", "12", "10", "8642")
    assert (phone.reply.screen, phone.reply.no) == ("hire.pin", "wrong_pin")
    phone.press("00", "77")
    assert phone.reply.no == "no_such_choice"
    phone.press("5")
    assert phone.reply.no == ""


def test_reading_steps_cost_no_savepoint() -> None:
    phone = Phone()
    phone.dial()
    phone.press("1", "12", "10")
    assert phone.kiosk.savepoints == 0
    phone.press("4071")
    assert phone.kiosk.savepoints == 2


def test_a_refusal_that_no_screen_shows_ends_the_talk() -> None:
    phone = Phone()
    phone.dial()
    phone.press("1", "12", "10", "1111", "1111", "1111")
    assert phone.press("4071") == "Your PIN is locked. Ask at the kiosk."
    assert phone.reply.ends
    assert not broken(phone.talk, phone.session)


def test_money_never_moves_without_an_unlock() -> None:
    phone = Phone(bikes([replace(PAY, id="home"), *(screen for screen in SCREENS if screen.id != "home")]))
    with pytest.raises(AssertionError, match="home would move money without a secret"):
        phone.dial()


def test_an_unlock_is_good_for_one_posting() -> None:
    twice = [replace(PAY, then="hire.again") if screen is PAY else screen for screen in SCREENS]
    phone = Phone(bikes([*twice, replace(PAY, id="hire.again")]))
    phone.dial()
    with pytest.raises(AssertionError, match=r"hire\.again would move money without a secret"):
        phone.press("1", "12", "10", "4071")


def test_a_step_gives_exactly_what_it_promises() -> None:
    forgets = Do("card.read", lambda call, values: {}, then="card", gives=("left",))
    phone = Phone(bikes([forgets if screen.id == "card.read" else screen for screen in SCREENS]))
    phone.dial()
    with pytest.raises(AssertionError, match=r"card\.read gives"):
        phone.press("5")


def test_a_home_may_be_a_step_that_reads_something_first() -> None:
    hello = Do("hello", card, then="home", gives=("left",))
    phone = Phone(bikes([hello, *SCREENS], homes={"rider": "hello"}))
    assert phone.dial() == HOME
    phone.press("1", "12", "00")
    assert phone.reply.text == HOME
    assert phone.session.values == {"left": 100}


def test_S_11_a_screen_that_is_gone_leads_home() -> None:
    """A session of an older menu starts again instead of failing."""
    phone = Phone()
    phone.dial()
    phone.press("1")
    phone.session = replace(phone.session, screen="old")
    assert not broken(phone.talk, phone.session)
    assert phone.press("12") == HOME


def test_I_07_values_that_look_like_placeholders_stay_as_they_are() -> None:
    """A name is shown once, letter by letter, whatever it looks like."""
    phone = Phone(kiosk=Kiosk(bikes={"70": "{price} %s {{7*7}}"}))
    phone.dial()
    assert phone.press("1", "70", "10").startswith("Bike 70 from {price} %s {{7*7: 20 tokens. PIN?")


def test_I_06_names_cannot_break_or_widen_a_screen() -> None:
    """Line breaks, direction marks and letters outside the phones' alphabet in a name do no harm."""
    phone = Phone(kiosk=Kiosk(bikes={"70": "A\r\nB\u202e\x00" + "😀" * 40}))
    phone.dial()
    phone.press("1", "70", "10")
    assert len(phone.lines) == 2
    assert too_long(phone.reply.text, SMALLEST) <= 0


def test_a_value_that_is_wider_than_its_field_allows_is_a_bug() -> None:
    phone = Phone(kiosk=Kiosk(rows={"left": 1_000_000, "tries": 3}))
    phone.dial()
    with pytest.raises(AssertionError, match="left is shown wider"):
        phone.press("5")


def test_a_secret_may_follow_another_and_neither_is_kept() -> None:
    screens = (
        Menu("home", ()),
        Ask("new", "pin", PIN, then="keep", secret=True),
        Do("keep", lambda call, values: {"code": "pinned"}, then="again", gives=("code",)),
        Ask("again", "repeat", PIN, then="compare", secret=True),
        Do("compare", lambda call, values: {"left": int("pin" in values)}, then="card", gives=("left",)),
        End("card"),
    )
    talk = bikes([*screens, Ask("bike", "bike", BIKE, then="new")], homes={"rider": "new"})
    for name in ("new", "again"):
        talk.words["en"].screens[name] = {"text": name}  # type: ignore[index]
    phone = Phone(talk)
    assert phone.dial() == "new"
    assert phone.press("4071") == "again\n0 Back 00 Home"
    assert phone.press("4071") == "You have 0 tokens.", "the first PIN is gone when the second is typed"


def with_key(when: str | None = None) -> Phone:
    """Return a phone on whose PIN screen 1 shows the card, where it is to be had."""
    words = "[My card of {owner}]"
    return Phone(saying("hire.pin", "1", words, screens=beside("hire.pin", "1", "card.read", when)))


def test_a_key_beside_a_field_leads_on_and_is_not_taken_for_what_is_asked() -> None:
    phone = with_key()
    phone.dial()
    assert phone.press("1", "12", "10").endswith(" PIN?\n1 My card of Asha\n0 Back 00 Home")
    assert phone.press("1") == "You have 100 tokens."
    assert phone.kiosk.rows["tries"] == 3, "no PIN was tried"
    phone.dial()
    assert phone.press("1", "12", "10", "4071").startswith("Ride on")


def test_a_key_that_is_not_to_be_had_is_no_key() -> None:
    """Its words stay, for they may say what it would have been about; where nothing is shown of them, nothing is."""
    phone = with_key(when="minutes")
    phone.dial()
    assert phone.press("1", "12", "10").endswith("\n1 My card of Asha\n0 Back 00 Home")
    phone = with_key(when="nothing")
    phone.dial()
    assert phone.press("1", "12", "10").endswith("\nMy card of Asha\n0 Back 00 Home")
    assert phone.press("1").startswith("A PIN has 4 digits.")


def test_a_dialled_string_presses_no_key_beside_a_secret() -> None:
    phone = with_key()
    assert phone.dial("1", "12", "10", "1").startswith("A PIN does not belong in a dialled string.")
    assert phone.screen == "hire.pin"


def test_what_needs_room_gives_way_to_a_notice() -> None:
    talk = saying("hire.pin", "text", "Bike {bike}[? from {owner}][?, " + "x" * 100 + " {price} tokens]. PIN?")
    phone = Phone(talk)
    phone.dial()
    assert "Asha, xxx" in phone.press("1", "12", "10")
    refused = phone.press("4072")
    assert "xxx" not in refused
    assert "Bike 12 from Asha. PIN?" in refused
