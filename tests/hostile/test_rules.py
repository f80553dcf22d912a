"""Rules about patterns, on each engine: money that waits is its payer's and its payee's, and nobody's tip-off."""

from datetime import timedelta

from tests.hostile.test_limits import newcomer
from tests.phone import PINS, Town

ZURI = "+254722000777"


def pay(town: Town, times: int) -> None:
    """Pay somebody new again and again while the first payment waits, each time another amount, and never be asked."""
    amina = town.phone("Amina")
    for shillings in range(times):
        town.now += timedelta(seconds=20)
        amina.dial().press("1", ZURI, str(50 + shillings))
        assert amina.screen.startswith("Send KES"), amina.screen
        amina.press(PINS["Amina"])


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
