"""Nicknames: whose they are, whom they find, and that none ever stands in the place of the registered name."""

from dataclasses import replace

import pytest

from service.wallet.identity import Nicknames
from service.wallet.unit import Paid, Person, Unit
from tests.phone import NUMBERS, PINS, Phone, Town

BARAKA = "0722000002"


def named(town: Town, nick: str = "MAMA") -> Phone:
    """Amina calls Baraka so."""
    phone = town.phone("Amina").dial().press("7", "8", "6", "1", nick)
    assert phone.screen.startswith(f"You call BARAKA M {nick.upper()} now"), phone.screen
    return phone


def test_a_nickname_never_stands_in_the_place_of_the_registered_name(anywhere: Town) -> None:
    """In the list, before the PIN, by SMS: whoever names a thief MAMA on somebody's phone hides nothing."""
    phone = named(anywhere, "mama")
    assert "1 MAMA=BARAKA M" in phone.dial().press("1").screen
    for keys in (("1", "100"), ("MAMA", "100"), (BARAKA, "100")):
        assert phone.dial().press("1", *keys).screen.startswith("Send KES 100 to MAMA=BARAKA M\n")
    phone.press(PINS["Amina"])
    assert "to BARAKA M." in phone.screen
    phone.new()
    phone.sms("SEND 50 mama")
    assert phone.new()[0].startswith("Send KES 50.00 to MAMA=BARAKA M?")
    assert "MAMA" not in anywhere.phone("Baraka").inbox()[-1]


def test_a_long_name_and_a_long_nickname_are_both_read(town: Town) -> None:
    baraka = town.person("Baraka")
    town.app.transact(lambda unit: unit.rows.put(replace(baraka, name="Christopher Wanyonyi")))
    town.phone("Amina").dial().press("7", "8", "6", "1", "MWALIMU")
    shown = town.phone("Amina").dial().press("1", "MWALIMU", "1000").screen
    assert shown.startswith("Send KES 1,000 to MWALIMU=CHRI W\n"), shown


def test_V_03_a_nickname_tells_nothing_about_numbers_that_were_never_paid(town: Town) -> None:
    """A registered number and one that nobody has are answered alike: both were not paid."""
    phone = town.phone("Amina")
    phone.new()
    for number in ("0711000010", "0799000055", "0711000001"):
        phone.sms(f"NAME MAMA {number}")
    first, second, own = phone.new()
    assert first == second == own
    assert first.startswith("You have not paid that number")


def test_a_nickname_means_one_person(town: Town) -> None:
    """The same word for two is refused; removed, it is free; another person may use it as they like."""
    named(town)
    chebet, amina = town.person("Chebet"), town.person("Amina")
    town.app.transact(lambda unit: unit.rows.append(Paid(payer=amina.id, payee=chebet.id, times=1, last_at=unit.now)))
    phone = town.phone("Amina").dial().press("7", "8", "6", "1", "MAMA")
    assert phone.screen.startswith("You call somebody else that"), phone.screen
    phone.sms("NAME MAMA 0722000002")
    assert phone.inbox()[-1].startswith("You call BARAKA M 0722***002 MAMA now")
    assert phone.dial().press("7", "8", "6", "2", "1").screen == "BARAKA M has no nickname any more."
    assert "You call nobody that" in phone.dial().press("1", "MAMA").screen
    assert "You call CHEBET R MAMA" in phone.dial().press("7", "8", "6", "1", "MAMA").screen
    assert "MAMA" not in town.phone("Baraka").dial().press("1").screen


@pytest.mark.parametrize(
    "typed", ["M", "MAMAMAMA", "MA MA", "M4MA", "4071", "98", "", " ", "\u0661\u0662", "a=b", "MA\nMA"]
)
def test_I_01_what_is_no_nickname_is_refused(typed: str, town: Town) -> None:
    """One word of two to seven letters: no digits, so that none is ever taken for a number, a key or a PIN."""
    phone = town.phone("Amina").dial().press("7", "8", "6", "1", typed)
    assert not phone.over
    assert town.app.read(lambda unit: unit.rows.find(Nicknames)) == []


def test_accents_fall_away(town: Town) -> None:
    town.phone("Amina").dial().press("7", "8", "6", "1", "Hélène")
    assert "1 HELENE=BARAK M" in town.phone("Amina").dial().press("1").screen


def test_V_09_nicknames_go_with_the_wallet_and_do_not_pass_to_who_gets_the_number(anywhere: Town) -> None:
    """Closing a wallet forgets what its owner called others; a number that changes hands has no nickname."""
    named(anywhere)
    amina, baraka = anywhere.person("Amina"), anywhere.person("Baraka")

    def hand_over(unit: Unit) -> None:
        old = unit.rows.lock(Person, baraka.id)
        assert old is not None
        unit.rows.put(replace(old, phone=f"closed {baraka.id}", name="", state="closed"))
        unit.rows.add(replace(baraka, id=unit.mint(), name="Zuberi Ali"))

    anywhere.app.transact(hand_over)
    phone = anywhere.phone("Amina").dial().press("1")
    assert "MAMA" not in phone.screen
    assert "You call nobody that" in phone.press("MAMA").screen
    assert "=" not in phone.press(NUMBERS["Baraka"], "100").screen.split("\n")[0]
    phone.dial().press("1", "0711000010", "1967", PINS["Amina"])
    anywhere.wait(hours=1)
    assert "for good" in phone.dial().press("7", "8", "4").screen, phone.screen
    assert phone.press(PINS["Amina"]).screen == "Your wallet is closed. Thank you."
    rows = anywhere.app.read(lambda unit: unit.rows.find(Nicknames))
    assert [(row.person, dict(row.names)) for row in rows] == [(amina.id, {})]


def test_V_09_nicknames_are_sealed_where_they_are_kept(on_disk: Town) -> None:
    """No table has them in clear, and what is stored about somebody counts them."""
    named(on_disk, "BIBI")
    assert "nicknames (1)" in on_disk.phone("Amina").dial().press("7", "8", "1").screen
