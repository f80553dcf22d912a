"""Phones that press anything at all, for ever: the talk always answers, always fits, and never gets stuck."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service.ussd.check import check
from service.ussd.engine import BACK, HOME, MORE, broken, unfinished
from service.ussd.screens import Do
from service.ussd.text import SMALLEST, render_sms, too_long
from tests.ussd.bikes import FIELDS, HIRED, Kiosk, bikes
from tests.ussd.phone import Phone

TALK = bikes()

NAMES = st.text(max_size=60)
KEYS = st.sampled_from(["1", "2", "3", "4", "5", "9", BACK, HOME, MORE, "12", "34", "4071", "8642", "60", "10"])
INPUTS = KEYS | st.text(max_size=90)
KIOSKS = st.builds(
    Kiosk,
    bikes=st.dictionaries(st.sampled_from(["12", "34", "56", "70"]), NAMES),
    known=st.permutations(["12", "34", "56", "70"]).map(tuple),
    rides=st.integers(0, 40),
    breaks=st.booleans(),
)


@settings(max_examples=120, deadline=None)
@given(KIOSKS, st.lists(INPUTS, max_size=25), st.lists(INPUTS, max_size=5), st.sampled_from(["en", "sw", "xx"]))
def test_S_10_a_random_walk_always_fits_and_never_gets_stuck(
    kiosk: Kiosk, hops: list[str], path: list[str], language: str
) -> None:
    """Any input on any screen, with any names behind it, is answered with a page that fits and has a way on."""
    phone = Phone(TALK, kiosk, language)
    phone.dial(*path)
    for typed in hops:
        assert too_long(phone.reply.text, SMALLEST) <= 0
        assert phone.reply.text
        if phone.reply.ends:
            phone.dial(*path, told=phone.session.told)
        elif typed == "5" and broken(TALK, phone.session):
            phone.dial(told=unfinished(TALK, phone.session), resume=phone.session)
        else:
            assert phone.screen == phone.session.screen
            assert not phone.session.trail or any(line.startswith("0 ") for line in phone.lines)
            phone.press(typed)
    assert kiosk.rows["left"] >= 0
    _leaves(phone)


def _leaves(phone: Phone) -> None:
    """From wherever it stands, 00 leads home, and from there the talk can be ended."""
    if phone.reply.ends:
        return
    phone.press(HOME)
    assert phone.screen == "home"
    phone.press("5")
    assert phone.reply.ends


def test_S_10_a_long_walk_comes_by_every_screen() -> None:
    """Somebody who mostly presses sensible keys sees all there is, again and again, and is never stuck."""
    dice, shown, phone = Random(96), set[str](), Phone(TALK, Kiosk(rides=20))
    phone.dial()
    for _ in range(20_000):
        shown.add(phone.screen)
        if phone.reply.ends:
            phone.kiosk.rows.update(left=100, tries=3)
            phone.kiosk.rides = dice.choice([0, 3, 20])
            phone.seen.clear()
            phone.dial(told=phone.session.told)
        elif dice.random() < 0.05:
            phone.dial(told=unfinished(TALK, phone.session), resume=phone.session)
        else:
            phone.press(dice.choice(["1", "1", "2", "12", "34", "10", "4071", "4071", "3", "5", "9", BACK, HOME, MORE]))
    waiting = {screen.id for screen in TALK.screens.values() if not isinstance(screen, Do)}
    assert shown >= waiting


@settings(max_examples=60, deadline=None)
@given(pin=st.from_regex("[0-9]{4}", fullmatch=True))
def test_P_15_no_canary_pin_is_kept(pin: str) -> None:
    """Whatever is typed for a PIN, well formed or not, neither the session nor the screen holds it."""
    phone = Phone(TALK)
    phone.dial()
    phone.press("1", "12", "10", pin + "0", pin)
    assert pin not in "".join(phone.seen)


@given(value=st.text(max_size=200))
def test_nothing_is_shown_wider_than_the_widest(value: str) -> None:
    shown = TALK.show({"owner": value, "bike": value})
    assert len(shown("owner")) <= len(TALK.widest("owner"))
    assert len(shown("bike")) <= len(TALK.widest("bike"))


@given(owner=NAMES, price=st.integers(0, 99_999))
def test_I_07_every_receipt_fits_one_message(owner: str, price: int) -> None:
    """Names of any letters cost no second message."""
    values: dict[str, Any] = {"code": "QK7M2X", "bike": "12", "owner": owner, "price": price}
    assert set(values) == set(HIRED)
    assert all(too_long(render_sms(TALK, "hired", values, language), SMALLEST) <= 0 for language in TALK.words)


def test_the_talk_that_is_walked_is_a_proven_one() -> None:
    assert FIELDS.keys() >= set(HIRED)
    assert check(TALK, [SMALLEST], Kiosk()) == []
