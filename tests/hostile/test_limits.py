"""Hostile cases of limits: who is at once, on two channels, at midnight, to the cent, and when limits change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from menus import product
from service.wallet.account import counted_out, sent_today
from service.web.hop import Country
from tests.hostile.crowd import Wired, at_once, served
from tests.hostile.test_sessions import lower, use_pack
from tests.hostile.test_sms import said
from tests.hostile.test_states import undo
from tests.phone import NUMBERS, PINS, Phone, Town

NAIROBI = ZoneInfo("Africa/Nairobi")


def rich(town: Town, who: str, amount: str) -> None:
    """Let an agent pay an amount in."""
    phone = town.phone("Njeri").dial("*384*97#").press("1", NUMBERS[who], amount, PINS["Njeri"])
    assert phone.screen.startswith("Paid"), phone.screen
    phone.end()


def newcomer(town: Town, number: str, name: str) -> Phone:
    """Open a wallet with the PIN 8264."""
    phone = Phone(town, number).dial().press("1", name, "12345678", "8264", "8264")
    assert phone.over, phone.screen
    return phone


def used_today(town: Town, who: str) -> int:
    person, pack = town.person(who), town.app.home.pack
    return town.app.read(lambda unit: unit.books.counter(sent_today(person, town.now, pack)))


def test_K_01_peer_56_a_burst_of_twenty_with_balance_for_one(on_disk: Town) -> None:
    """Amina's number is with twenty hands, each at the PIN of another talk: over HTTP at one instant, one is paid."""
    phones = [on_disk.phone("Amina").dial(typed="1*0722000002*1900") for _ in range(20)]
    with served(on_disk) as wired:
        after = at_once([partial(wired.carried_on(phone).press, PINS["Amina"]) for phone in phones])
    assert sum(phone.screen.startswith("Sent") for phone in after) == 1
    assert on_disk.balance("Amina") == 200_000 - 193_300
    assert on_disk.balance("Baraka") == 15_000 + 190_000


def test_K_01_a_burst_on_two_channels_with_balance_for_one(on_disk: Town) -> None:
    """A payment by menu and one by code at one instant, with balance for one of them: one is paid."""
    on_disk.phone("Amina").dial(typed="1*0733000003*1550").press(PINS["Amina"]).end()
    left = on_disk.balance("Amina")
    assert left == 41_700
    amina = on_disk.phone("Amina")
    code = said(amina, "SEND 400 0722000002")[0].split("Answer ")[1][:7]
    menu = amina.dial(typed="1*0722000002*380")

    def by_code(wired: Wired) -> Phone:
        form = {"from": amina.number, "to": "29844", "text": code, "id": "k-01", "linkId": "", "date": ""}
        assert wired.client.post("/gateways/africastalking/demo/sms", form).status_code == 200
        return amina

    with served(on_disk) as wired:
        by_menu = wired.carried_on(menu)
        at_once([partial(by_menu.press, PINS["Amina"]), partial(by_code, wired)])
    moved = left - on_disk.balance("Amina")
    assert moved in (38_700, 40_700)
    assert on_disk.balance("Baraka") == 15_000 + moved - 700


def test_K_01_many_pay_one_and_nothing_is_lost(on_disk: Town) -> None:
    """Twelve people pay Baraka at one instant, and Baraka pays Amina meanwhile: every shilling arrives."""
    numbers = [f"+2547000000{number:02}" for number in range(10, 22)]
    people = [newcomer(on_disk, number, "Juma Bakari") for number in numbers]
    for number in numbers:
        on_disk.phone("Njeri").dial("*384*97#").press("1", number, "50", PINS["Njeri"]).end()
    phones = [phone.dial(typed="1*0722000002*49") for phone in people]
    baraka = on_disk.phone("Baraka").dial(typed="1*0711000001*49")
    with served(on_disk) as wired:
        jobs = [partial(wired.carried_on(phone).press, "8264") for phone in phones]
        after = at_once([*jobs, partial(wired.carried_on(baraka).press, PINS["Baraka"])])
    assert [phone.screen for phone in after if not phone.screen.startswith("Sent KES 49")] == []
    assert on_disk.balance("Baraka") == 15_000 - 4_900, "first payments wait"
    on_disk.wait(minutes=6)
    assert on_disk.balance("Baraka") == 15_000 + 12 * 4_900 - 4_900


@pytest.mark.parametrize(
    ("limits", "over"),
    [
        ({"day": 100_000}, "Over the day's limit. Left today: KES"),
        ({"month": 100_000}, "Over the month's limit. Left this month: KES"),
    ],
    ids=["day", "month"],
)
def test_K_08_a_limit_over_menu_and_messages_at_once(limits: dict[str, int], over: str, on_disk: Town) -> None:
    """A limit of 1,000, payments of 400 by menu, by code and as cash at one instant: never more than 1,000."""
    lower(on_disk, **limits)
    amina = on_disk.phone("Amina")
    code = said(amina, "SEND 400 0722000002")[0].split("Answer ")[1][:7]
    talks = [amina.dial(typed="1*0722000002*400") for _ in range(8)]

    def by_code(wired: Wired, message_id: str) -> Phone:
        form = {"from": amina.number, "to": "29844", "text": code, "id": message_id, "linkId": "", "date": ""}
        wired.client.post("/gateways/africastalking/demo/sms", form)
        return amina

    with served(on_disk) as wired:
        jobs = [partial(wired.carried_on(talk).press, PINS["Amina"]) for talk in talks]
        at_once([*jobs, *(partial(by_code, wired, f"k-08-{number}") for number in range(8))])
    assert used_today(on_disk, "Amina") == 80_000
    assert amina.dial().press("1", "1", "200.01").screen.startswith(f"{over} 200")
    assert amina.press("200", PINS["Amina"]).screen.startswith("Sent KES 200")
    assert used_today(on_disk, "Amina") == 100_000
    assert said(amina, "SEND 1 0722000002")[0].startswith(f"{over} 0.00")
    assert amina.dial().press("2", "100016", "50").screen.startswith(over)


def test_K_08_a_limit_that_was_free_at_the_quote_is_decided_at_the_posting(town: Town) -> None:
    """Cash was taken after the payment was quoted: the payment is refused when it would pass the day's limit."""
    lower(town, day=60_000)
    amina = town.phone("Amina")
    code = said(amina, "SEND 400 0722000002")[0].split("Answer ")[1][:7]
    amina.dial(typed="1*0733000003*300").press(PINS["Amina"])
    assert amina.screen.startswith("Sent KES 300")
    assert said(amina, code)[0].startswith("Over the day's limit. Left today: KES 300.00")
    assert used_today(town, "Amina") == 30_000


@pytest.mark.parametrize(
    "midnight",
    [
        datetime(2026, 11, 23, tzinfo=NAIROBI),  # a day like others
        datetime(2027, 1, 1, tzinfo=NAIROBI),  # the end of the year
        datetime(2028, 2, 29, tzinfo=NAIROBI),  # a leap day begins
        datetime(2028, 3, 1, tzinfo=NAIROBI),  # and is over
    ],
)
def test_T_01_a_day_ends_at_midnight_in_nairobi(midnight: datetime, town: Town) -> None:
    """A payment a moment before local midnight counts for the old day, one at midnight for the new; never for both."""
    lower(town, day=50_000)
    use_pack(town, replace(town.app.home.pack, idle_days=1_000))  # numbers that nobody used until 2028 do not sleep
    town.now = midnight.astimezone(UTC) - timedelta(milliseconds=100)
    amina = town.phone("Amina")
    assert amina.dial().press("1", "1", "500", PINS["Amina"]).screen.startswith("Sent KES 500")
    amina.end()
    assert amina.dial().press("1", "1", "1").screen.startswith("Over the day's limit. Left today: KES 0")
    town.now = midnight.astimezone(UTC)
    assert used_today(town, "Amina") == 0
    assert amina.dial().press("1", "1", "500", PINS["Amina"]).screen.startswith("Sent KES 500")
    assert used_today(town, "Amina") == 50_000
    assert "Cash-in KES 0" in town.phone("Njeri").dial("*384*97#").press("4").screen


def test_T_01_midnight_in_utc_is_no_midnight(town: Town) -> None:
    """At midnight UTC it is three o'clock in Nairobi, and the day goes on."""
    lower(town, day=50_000)
    town.now = datetime(2026, 11, 22, 23, 59, 59, 900_000, tzinfo=UTC)
    amina = town.phone("Amina")
    amina.dial().press("1", "1", "500", PINS["Amina"])
    town.now = datetime(2026, 11, 23, tzinfo=UTC)
    assert amina.dial().press("1", "1", "1").screen.startswith("Over the day's limit")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"])
def test_T_01_in_a_zone_with_summer_time_each_payment_counts_once(zone: str, town: Town) -> None:
    """Over a whole year, an hour before and at each local midnight: what is left is that of the local day."""
    use_pack(town, replace(town.app.home.pack, zone=ZoneInfo(zone)))
    person = town.person("Amina")
    at, keys = datetime(2026, 1, 1, tzinfo=UTC), set()
    for _ in range(365 * 24):
        at += timedelta(hours=1)
        keys.add(sent_today(person, at, town.app.home.pack))
        assert sent_today(person, at, town.app.home.pack).endswith(str(at.astimezone(ZoneInfo(zone)).date()))
    assert len(keys) in (366, 367)


def test_T_06_no_loop_of_paying_and_taking_back_makes_room_in_the_month(anywhere: Town) -> None:
    """Taken back in time: the day and the month of the payment get back what they counted, no other day or month.
    Reversed by staff, or given back by the payee: neither gets anything.
    """
    town = anywhere
    lower(town, day=200_000, month=250_000)
    pack = town.app.home.pack
    town.app.countries["ke"] = Country(pack, product(pack, town.app.house.code_key))
    amina, chebet = town.phone("Amina"), NUMBERS["Chebet"]
    town.now = datetime(2026, 11, 30, 20, 56, tzinfo=UTC)  # four minutes before December in Nairobi

    def pay(amount: str) -> str:
        screen = amina.dial().press("1", chebet, amount, PINS["Amina"]).screen
        amina.end()
        return screen

    for _ in range(3):
        assert pay("1500").startswith("Sent KES 1,500")
        amina.dial().press("99")
    assert counted(town) == (0, 0)
    assert pay("1500").startswith("Sent KES 1,500")
    town.now += timedelta(minutes=4, seconds=30)
    amina.dial().press("99")
    assert amina.screen.startswith("KES 1,523 is back"), amina.screen
    assert counted(town) == (0, 0), "December was given what November had counted"
    for _ in range(2):
        screen = pay("1000")
        assert screen.startswith("Sent KES 1,000"), screen
        town.wait(days=1)
        undo(town, screen.split("Ref ")[1].split(".")[0])
    assert counted(town) == (0, 200_000)
    assert amina.dial().press("7", "2").screen.startswith("To send or take out today: KES 500\n")
    assert "Month: KES 2,500, left 500" in amina.screen
    assert pay("500.01").startswith("Over the month's limit. Left this month: KES 500.")
    assert amina.dial().press("2", "100016", "501").screen.startswith("Over the month's limit")


def counted(town: Town) -> tuple[int, int]:
    """Return what counts of Amina today, and in this month."""
    person, pack = town.person("Amina"), town.app.home.pack
    keys = counted_out(person, town.now, pack)
    today, this_month = (town.app.read(lambda unit, key=key: unit.books.counter(key)) for key in keys)  # type: ignore[misc]
    return today, this_month


def test_T_05_a_month_s_limit_that_falls_while_the_pin_is_looked_for(anywhere: Town) -> None:
    """Quoted within it, posted beyond it: the ledger refuses, and the phone says which limit it was."""
    lower(anywhere, month=100_000)
    amina = anywhere.phone("Amina").dial().press("1", "1", "500")
    lower(anywhere, month=40_000)
    assert amina.press(PINS["Amina"]).screen.startswith("Over the month's limit. Left this month: KES 400.")
    assert amina.press("400", PINS["Amina"]).screen.startswith("Sent KES 400")
    lower(anywhere, day=30_000, month=40_000)
    assert amina.dial().press("1", "1", "1").screen.startswith("Over the month's limit. Left this month: KES 0")


def test_T_02_ten_tenths_are_the_limit_and_a_cent_is_too_much(town: Town) -> None:
    """Ten payments of a tenth reach the day's limit exactly; one cent more is refused, on every channel."""
    lower(town, day=10_010)
    amina = town.phone("Amina")
    for number in range(10):
        if number % 2:
            code = said(amina, "SEND 10.01 0722000002")[0].split("Answer ")[1][:7]
            assert "Sent KES 10.01" in said(amina, code)[0]
        else:
            assert amina.dial(typed="1*0722000002*10.01").press(PINS["Amina"]).screen.startswith("Sent KES 10.01")
        amina.end()
        town.wait(minutes=3)
    assert used_today(town, "Amina") == 10_010
    assert amina.dial().press("1", "1", "1").screen.startswith("Over the day's limit. Left today: KES 0")
    assert said(amina, "SEND 1 0722000002")[0].startswith("Over the day's limit. Left today: KES 0.00")


def test_T_02_single_and_daily_limit_to_the_cent(town: Town) -> None:
    """The largest single payment passes, one cent more does not; the rest of the day passes, one cent more does not."""
    lower(town, single=30_000, day=50_000)
    amina = town.phone("Amina").dial().press("1", "1", "300.01")
    assert amina.screen.startswith("At most KES 300 at once")
    assert amina.press("300", PINS["Amina"]).screen.startswith("Sent KES 300")
    assert amina.dial().press("1", "1", "200.01").screen.startswith("Over the day's limit. Left today: KES 200")
    assert amina.press("200", PINS["Amina"]).screen.startswith("Sent KES 200")


def test_T_02_a_full_wallet_takes_what_fits_and_no_cent_more(town: Town) -> None:
    """The largest balance of the payee's tier is reached exactly; a cent above it is refused, and nothing is taken."""
    lower(town, balance=20_000)
    amina = town.phone("Amina").dial().press("1", "1", "50.01", PINS["Amina"])
    assert amina.screen.startswith("The receiver's wallet would be too full")
    assert town.balance("Amina") == 200_000
    assert amina.press("50", PINS["Amina"]).screen.startswith("Sent KES 50")
    assert town.balance("Baraka") == 20_000


def test_T_02_what_a_withdrawal_gave_back_may_be_sent_again(town: Town) -> None:
    """A withdrawal that ran out gives its part of the day's limit back, and no more than that, however often asked."""
    lower(town, day=50_000)
    amina = town.phone("Amina").dial().press("2", "100016", "500", PINS["Amina"])
    assert used_today(town, "Amina") == 50_000
    town.wait(minutes=16)
    assert used_today(town, "Amina") == 0
    for _ in range(3):
        amina.dial().press("5")
        town.wait(minutes=1)
    assert used_today(town, "Amina") == 0
    assert amina.dial().press("1", "1", "500", PINS["Amina"]).screen.startswith("Sent KES 500")


@pytest.mark.parametrize(
    ("day", "screen"), [(100_000, "Sent KES 500"), (40_000, "Over the day's limit. Left today: KES 400")]
)
def test_T_05_the_limit_of_the_moment_applies(day: int, screen: str, town: Town) -> None:
    """A limit raised and lowered while the PIN is looked for: what counts is the limit when the PIN comes."""
    lower(town, day=60_000)
    amina = town.phone("Amina").dial().press("1", "1", "500")
    lower(town, day=900_000)
    lower(town, day=day)
    assert amina.press(PINS["Amina"]).screen.startswith(screen)
    assert (town.balance("Amina") == 200_000) is (day == 40_000)


def test_T_05_cash_too_is_bound_by_the_limit_of_the_moment(town: Town) -> None:
    """The limit fell while Amina typed: no money is held above it."""
    amina = town.phone("Amina").dial().press("2", "100016", "500")
    lower(town, single=40_000)
    assert amina.press(PINS["Amina"]).screen.startswith("At most KES 400 at once")
    assert town.balance("Amina") == 200_000
