"""A demo whose expiries pass sixty times sooner: everything that expires does, and says so truly."""

from dataclasses import replace

from service.countries import load_pack
from tests.phone import PINS, Town, demo_settings

PAY = ("1", "1", "500")


def hurried(speed: int = 60) -> Town:
    return Town(settings=demo_settings(demo_clock_speed=speed))


def test_S_12_a_silent_talk_of_a_hurried_demo_is_over_after_three_seconds() -> None:
    """After two seconds the PIN pays; after four the talk begins anew, and nothing was paid."""
    town = hurried()
    amina = town.phone("Amina").dial().press(*PAY)
    town.wait(seconds=4)
    assert amina.press(PINS["Amina"]).screen.startswith("NOT sent")
    assert town.balance("Amina") == 2000_00
    amina.dial().press(*PAY)
    town.wait(seconds=2)
    assert amina.press(PINS["Amina"]).screen.startswith("Sent KES 500")


def test_W_05_the_question_whether_to_pay_again_is_over_after_two_seconds() -> None:
    """The window in which the same payment is asked about is divided, too."""
    town = hurried()
    amina = town.phone("Amina").dial().press(*PAY, PINS["Amina"])
    assert "paid this moments ago" in amina.dial().press(*PAY).screen
    town.wait(seconds=3)
    assert amina.dial().press(*PAY).screen.startswith("Send KES 500")


def test_a_code_says_for_how_many_minutes_it_is_good() -> None:
    """The message says what the pack says, in each language."""
    for speed, minutes, seconds in ((1, "10 minutes", 600), (5, "2 minutes", 120)):
        town = hurried(speed)
        amina = town.phone("Amina")
        amina.sms("SEND 100 0722000002")
        asked = amina.notices()[-1]
        assert minutes in town.app.render(asked)
        assert f"dakika {minutes.split()[0]} " in town.app.render(replace(asked, language="sw"))
        assert f"dans {minutes}" in town.app.render(replace(asked, language="fr"))
        assert asked.expires_at is not None
        assert (asked.expires_at - asked.at).total_seconds() == seconds


def test_nothing_expires_within_a_second_however_hurried() -> None:
    """A pack divided by the largest speed still lets a code be shown; what does not expire stays."""
    pack = load_pack("ke")
    fast = pack.hurried(100_000)
    assert {fast.session_seconds, fast.challenge_seconds, fast.withdrawal_seconds, fast.repeat_window_seconds} == {1}
    assert (fast.tiers, fast.pin_tries, fast.charges) == (pack.tiers, pack.pin_tries, pack.charges)
    assert pack.hurried(1) == pack
