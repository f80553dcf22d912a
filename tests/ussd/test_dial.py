"""The first hop: a string dialled whole, what is told of the last time, and going on where a talk broke off."""

from dataclasses import replace

from service.ussd.engine import broken, unfinished
from service.ussd.screens import Do
from tests.ussd.bikes import SCREENS, Kiosk, bikes
from tests.ussd.phone import Phone

PAY = next(screen for screen in SCREENS if isinstance(screen, Do) and screen.posts)
HOME = "Bikes\n1 Hire a bike\n2 My rides\n3 Kiswahili\n4 English\n5 My card"


def test_a_posting_ends_with_its_reference_and_is_told_on_the_next_dial() -> None:
    phone = Phone()
    phone.dial()
    assert phone.press("1", "1", "10", "4071") == "Ride on, Asha waves. Code QK7M2X."
    assert phone.reply.ends
    assert phone.session.over
    assert phone.session.told == "DONE: bike 12, code QK7M2X."
    assert unfinished(phone.talk, phone.session) is None
    assert not broken(phone.talk, phone.session)
    assert phone.dial(told=phone.session.told) == "DONE: bike 12, code QK7M2X.\n" + HOME


def test_S_05_a_broken_talk_is_offered_again_and_goes_on_where_it_was() -> None:
    """Whoever dials again reads what was not done, and 9 leads back to the question that was open."""
    phone = Phone()
    phone.dial()
    phone.press("1", "12", "10")
    waiting = phone.reply.text
    told = unfinished(phone.talk, phone.session)
    assert told == "NOT done: bike 12 was not hired."
    assert broken(phone.talk, phone.session)
    phone.dial(told=told, resume=phone.session)
    assert phone.reply.text == f"{told}\n{HOME}\n9 Continue"
    assert phone.press("9") == waiting
    assert phone.session.broken is None
    assert phone.press("0").startswith("Minutes with bike 12?")
    assert phone.press("10", "4071").startswith("Ride on")


def test_S_05_in_every_waiting_state_resuming_shows_the_same_screen() -> None:
    """Wherever a talk breaks, the next one can go on there; at home there is nothing to go on with."""
    for pressed in (["1"], ["1", "12"], ["1", "12", "10"], ["2"], ["2", "98"], ["2", "1"]):
        phone = Phone()
        phone.dial()
        phone.press(*pressed)
        screen = phone.screen
        assert phone.dial(resume=phone.session).endswith("9 Continue")
        phone.press("00", "9")
        assert phone.screen == screen
    phone.dial()
    assert not broken(phone.talk, phone.session)
    assert phone.dial(resume=phone.session) == HOME
    assert phone.press("9").startswith("Not on this screen.")


def test_S_05_only_what_moves_money_is_unfinished() -> None:
    """A secret that opens something else, or money that says nothing, leaves nothing to tell."""
    for changes in ({"posts": False}, {"not_told": None}):
        phone = Phone(bikes([replace(PAY, **changes) if screen is PAY else screen for screen in SCREENS]))
        phone.dial()
        phone.press("1", "12", "10")
        assert unfinished(phone.talk, phone.session) is None


def test_S_05_before_the_secret_nothing_is_unfinished() -> None:
    """A talk that had not come to its PIN has nothing to tell."""
    phone = Phone()
    phone.dial()
    phone.press("1", "12")
    assert unfinished(phone.talk, phone.session) is None


def test_resuming_keeps_the_language_of_now() -> None:
    phone = Phone()
    phone.dial()
    phone.press("1")
    phone.language = "sw"
    phone.dial(resume=phone.session)
    assert phone.press("9").startswith("Namba ya baiskeli?")


def test_a_session_of_another_home_is_not_resumed() -> None:
    phone = Phone(bikes(homes={"rider": "home", "owner": "rides"}))
    phone.dial()
    phone.press("1")
    other = Phone(bikes(homes={"rider": "rides"}))
    assert "9 Continue" not in other.dial(resume=phone.session)


def test_S_07_a_dialled_string_fills_the_path_up_to_the_secret() -> None:
    """The digits after a short code are walked, and the PIN screen is the next to be answered by hand."""
    phone = Phone()
    assert phone.dial("1", "12", "10").startswith("Bike 12 from Asha: 20 tokens. PIN?")
    assert phone.press("0").startswith("Minutes")


def test_S_07_a_pin_in_a_dialled_string_is_not_read() -> None:
    """A PIN that is dialled with the rest is dropped, and the person is told so."""
    phone = Phone()
    assert phone.dial("1", "12", "10", "4071").startswith("A PIN does not belong in a dialled string.\nBike 12")
    assert phone.kiosk.rows == Kiosk().rows
    assert "4071" not in "".join(phone.seen)


def test_S_07_the_first_refusal_stops_the_walk() -> None:
    """What comes after a wrong part is not taken for an answer to the question that is asked again."""
    phone = Phone()
    assert phone.dial("1", "99", "12", "10").startswith("No bike 99.\nBike number?")
    phone.dial("1", "12", "ten", "10")
    assert phone.lines[0] == "A whole number, please."
    assert phone.screen == "hire.minutes"


def test_S_07_a_walk_stops_before_a_step_with_an_effect() -> None:
    """Nothing is written because of digits that nobody saw answered."""
    phone = Phone()
    assert phone.dial("3", "1") == "The rest was not read.\n" + HOME
    assert phone.session.language == "en"


def test_S_07_a_walk_picks_nothing_that_was_not_seen() -> None:
    """The order of a list may have changed since the string was written down."""
    phone = Phone()
    phone.dial("2", "1")
    assert phone.lines[0] == "The rest was not read."
    assert phone.screen == "rides"
    assert phone.dial("1", "1").startswith("No bike 1.\nBike number?")


def test_S_07_a_walk_may_end_in_an_answer() -> None:
    """A dialled string can be a shortcut to what is only read."""
    assert Phone().dial("5") == "You have 100 tokens."


def test_what_is_told_gives_way_to_a_list_and_is_never_cut() -> None:
    phone = Phone()
    told = "x" * (156 - len("\nYour rides\n98 More\n0 Back 00 Home"))
    assert phone.dial("2", told=told).startswith("Your rides\n1 01/02 bike 1 1001\n")
    assert phone.dial("1", told=told[:100]).startswith(told[:100] + "\nBike number?\n1 12 at Asha")


def test_what_is_told_stands_above_a_walked_screen_where_there_is_room() -> None:
    phone = Phone()
    assert phone.dial("1", told="DONE: bike 12.").startswith("DONE: bike 12.\nBike number?")
    assert phone.dial("1", told="x" * 140).startswith("Bike number?")
