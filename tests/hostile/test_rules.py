"""Rules about patterns, on each engine: money that waits is its payer's and its payee's, and nobody's tip-off."""

from datetime import timedelta

import pytest

from service.wallet.case import close_case
from service.wallet.rules import note
from service.wallet.unit import Case
from tests.hostile.test_limits import newcomer
from tests.phone import AGENTS_CODE, PINS, Town

ZURI = "+254722000777"


def pay(town: Town, times: int) -> None:
    """Pay somebody new again and again while the first payment waits, each time another amount, and never be asked."""
    amina = town.phone("Amina")
    for shillings in range(times):
        town.now += timedelta(seconds=20)
        amina.dial().press("1", ZURI, str(50 + shillings))
        assert amina.screen.startswith("Send KES"), amina.screen
        amina.press(PINS["Amina"])


def test_F_03_what_staff_alone_know_refuses_and_says_nothing(anywhere: Town) -> None:
    """Six small cash-ins are three cases: the keeper asks back and reports as if there were none, and nobody hears when
    one is closed.
    """
    newcomer(anywhere, ZURI, "Zuri Asks")
    zuri, njeri = anywhere.phone(ZURI), anywhere.phone("Njeri")
    for _ in range(6):
        anywhere.now += timedelta(minutes=1)
        njeri.dial(AGENTS_CODE).press("1", ZURI, "20").press(PINS["Njeri"])
    keeper = anywhere.person("Njeri").id
    cases = anywhere.app.read(lambda unit: unit.rows.find(Case, opener=keeper))
    assert [(case.what, case.state) for case in cases] == [("pattern", "open")] * anywhere.app.home.pack.open_requests
    anywhere.phone("Achieng").dial(AGENTS_CODE).press("1", "0711000010", "500", PINS["Achieng"])
    njeri.dial().press("1", "0711000001", "100", PINS["Njeri"])
    anywhere.wait(minutes=6)
    assert njeri.dial().press("7", "6", "1", PINS["Njeri"]).screen.startswith("Case ")
    njeri.new()
    njeri.sms("REPORT")
    assert njeri.new()[0].startswith("Case ")
    zuri.new()
    anywhere.app.transact(lambda unit: close_case(unit, case_id=cases[0].id, by="ann", note="a shop"))
    assert (zuri.new(), njeri.new()) == ([], [])


def test_F_06_what_a_shop_was_paid_waits_for_staff_alone(anywhere: Town) -> None:
    """A review holds it for four hours: the buyer has no key and no word to take it back, and both read so."""
    newcomer(anywhere, ZURI, "Zuri Asks")
    zuri, njeri = anywhere.phone(ZURI), anywhere.phone("Njeri")
    njeri.dial(AGENTS_CODE).press("1", ZURI, "10000", PINS["Njeri"])
    for _ in range(7):
        anywhere.wait(days=29)
        zuri.dial().press("5")
        njeri.dial(AGENTS_CODE).press("4")
    before = anywhere.balance("Njeri")
    zuri.dial().press("1", "0711000010", "9800")
    assert zuri.screen.startswith("All of this wallet at once")
    assert "take it back" not in zuri.screen
    zuri.new(), njeri.new()
    zuri.press("1", "8264")
    assert "We look at it first: arrives" in zuri.screen
    assert "99" not in zuri.screen
    assert "We look at it first. Fee" in zuri.new()[0]
    assert "we look at it first. You cannot use it yet." in njeri.new()[0]
    reference = zuri.screen.partition("Ref ")[2][:10]
    assert "99 Undo" not in zuri.dial().screen
    for word in ("UNDO", f"UNDO {reference}"):
        zuri.new()
        zuri.sms(word)
        assert zuri.new() == ["No payment of yours can be taken back just now."]
    anywhere.wait(hours=4)
    assert anywhere.balance("Njeri") == before + 9_800_00


@pytest.mark.parametrize("opens", [True, False])
def test_F_03_who_is_looked_at_may_close_the_wallet(opens: bool, anywhere: Town) -> None:
    """As who did it, and as the other side."""
    newcomer(anywhere, ZURI, "Zuri Asks")
    person, other = (anywhere.person(who) for who in ((ZURI, "Amina") if opens else ("Amina", ZURI)))
    anywhere.app.transact(lambda unit: note(unit, ["near_report"], person=person, entry=1, other=other.id))
    assert anywhere.phone(ZURI).dial().press("7", "8", "4", "8264").screen.startswith("Your wallet is closed")


def test_F_10_ten_payments_to_one_stranger_are_not_many_payees(anywhere: Town) -> None:
    """All of them wait: the person is asked nothing, and staff hear nothing."""
    newcomer(anywhere, ZURI, "Zuri Asks")
    pay(anywhere, 10)


def test_F_10_six_payments_of_one_stranger_are_not_many_payers(anywhere: Town) -> None:
    """When all have arrived, the money can go on at once."""
    newcomer(anywhere, ZURI, "Zuri Asks")
    pay(anywhere, 6)
    anywhere.wait(minutes=6)
    zuri = anywhere.phone(ZURI).dial().press("1", "0722000002", "300")
    assert zuri.screen.startswith("Send KES 300 to BARAKA M"), zuri.screen
