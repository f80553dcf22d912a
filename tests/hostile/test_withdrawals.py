"""Hostile cases of money that is held: nobody comes, the worker is dead, the clock jumps, and two want it at once."""

from datetime import timedelta
from functools import partial

import pytest

from service.ledger.chart import Kind
from service.wallet.unit import Unit, Withdrawal
from service.wallet.withdraw import return_expired
from tests.hostile.crowd import Wired, at_once, served
from tests.hostile.test_sessions import withdrawal_code
from tests.hostile.test_sms import said
from tests.phone import AGENTS_CODE, PINS, Phone, Town

HELD = 200_000 - 52_900


def held(town: Town) -> int:
    balances = town.app.read(lambda unit: list(unit.books.balances()))
    return sum(balance for account, balance in balances if account.kind == Kind.HELD)


def returned(town: Town) -> int:
    """Count the messages that the money is back."""
    return sum(notice.key == "returned" for notice in town.phone("Amina").notices())


def swept(town: Town) -> bool:
    """Do once what a worker does about holds."""
    return town.app.transact(return_expired) > 0


def test_L_12_peer_29_a_hold_runs_out_by_time_and_its_owner_is_told(anywhere: Town) -> None:
    """After a quarter of an hour the money is back, limit and all, and the owner reads so, once."""
    withdrawal_code(anywhere)
    assert anywhere.balance("Amina") == HELD
    anywhere.wait(minutes=14, seconds=59)
    assert anywhere.balance("Amina") == HELD
    for _ in range(3):
        anywhere.wait(seconds=2)
        assert anywhere.balance("Amina") == 200_000
        assert held(anywhere) == 0
    texts = [text for text in anywhere.phone("Amina").inbox() if "Returned KES 529.00" in text]
    assert len(texts) == 1
    assert "Balance KES 2,000.00" in texts[0]


def test_L_12_no_more_than_five_codes_of_a_person_wait(anywhere: Town) -> None:
    """The sixth is refused in words before the PIN; when one has expired there is room again."""
    amina = anywhere.phone("Amina")
    for _ in range(5):
        assert "Show code" in amina.dial().press("2", "100016", "50", PINS["Amina"]).screen
    balance = anywhere.balance("Amina")
    for dialled in ("", "2*100016*50"):
        amina.dial(typed=dialled)
        if not dialled:
            amina.press("2", "100016", "50")
        assert amina.screen == "Five codes wait for you already. Take that cash first, or wait until a code expires."
    assert anywhere.balance("Amina") == balance
    anywhere.wait(minutes=15, seconds=1)
    assert "Show code" in amina.dial().press("2", "100016", "50", PINS["Amina"]).screen


def test_L_12_other_people_s_codes_do_not_hide_one(town: Town) -> None:
    """However many withdrawals wait at an agent, the one whose code is shown is found."""

    def crowd(unit: Unit) -> None:
        for stranger in range(1_200):
            row = Withdrawal(
                id=unit.mint(),
                person=10_000 + stranger,
                agent="100016",
                amount=50_00,
                fee=0,
                excise=0,
                expires_at=unit.now + timedelta(hours=1),
            )
            unit.rows.add(row)

    town.app.transact(crowd)
    code = withdrawal_code(town)
    njeri = town.phone("Njeri").dial(AGENTS_CODE).press("2", code)
    assert njeri.screen.startswith("Pay out KES 500 to AMINA O")


@pytest.mark.parametrize(
    ("keys", "seen"),
    [
        (("5",), "You have KES 2,000"),
        (("1", "1"), "You have KES 2,000"),
        (("2", "100016"), "You have KES 2,000"),
        (("7", "1"), "1 22/11 +529 Duka la Njeri"),
    ],
)
def test_L_12_without_a_worker_the_owner_sees_what_is_true(keys: tuple[str, ...], seen: str, town: Town) -> None:
    """The worker is dead: what its owner looks at is given back then and there, and told once."""
    withdrawal_code(town)
    town.now += timedelta(minutes=16)
    amina = town.phone("Amina").dial().press(*keys)
    assert town.balance("Amina") == 200_000
    assert seen in amina.screen
    town.wait(minutes=1)
    assert town.balance("Amina") == 200_000
    assert returned(town) == 1


def test_L_12_without_a_worker_what_is_back_can_be_sent_by_message(town: Town) -> None:
    """The money of a code that has run out counts at once for a payment asked for by message."""
    withdrawal_code(town, "1,700")
    amina = town.phone("Amina")
    assert said(amina, "SEND 400 0722000002")[0].startswith("Not enough")
    town.now += timedelta(minutes=16)
    amina.new()
    amina.sms("SEND 400 0722000002")
    assert any(text.startswith("Send KES 400.00 to BARAKA M?") for text in amina.new())
    assert returned(town) == 1


def test_L_12_without_a_worker_a_code_that_ran_out_pays_nothing(town: Town) -> None:
    """Time decides, not the worker: an agent is paid nothing for a code that has run out but was not tidied away."""
    code = withdrawal_code(town)
    njeri = town.phone("Njeri").dial(AGENTS_CODE).press("2", code)
    town.now += timedelta(minutes=15)
    njeri.dial(AGENTS_CODE).press("2", code)
    assert njeri.screen.startswith("No cash waits here")
    assert held(town) == 52_900
    town.wait(seconds=1)
    assert held(town) == 0


@pytest.mark.parametrize("worker", [True, False])
def test_L_12_a_code_that_runs_out_at_the_agents_pin_pays_nothing(worker: bool, town: Town) -> None:
    """The agent sees name and amount, then the time is over: no cash, whether or not a worker has tidied up."""
    code = withdrawal_code(town)
    town.wait(minutes=14)
    njeri = town.phone("Njeri").dial(AGENTS_CODE).press("2", code)
    assert "Pay out KES 500" in njeri.screen
    town.now += timedelta(minutes=1)
    if worker:
        town.work()
    njeri.press(PINS["Njeri"])
    assert njeri.screen.startswith("No cash waits here")
    town.work()
    assert town.balance("Amina") == 200_000


def test_L_12_a_clock_put_back_returns_nothing_twice(anywhere: Town) -> None:
    """The clock goes back an hour and on again: the hold is given back once, and a live one not before its time."""
    withdrawal_code(anywhere)
    anywhere.wait(hours=-1)
    assert anywhere.balance("Amina") == HELD
    anywhere.wait(minutes=76)
    assert anywhere.balance("Amina") == 200_000
    anywhere.wait(hours=-2)
    anywhere.wait(hours=3)
    assert anywhere.balance("Amina") == 200_000
    assert returned(anywhere) == 1


def test_L_12_many_sweepers_give_back_once(on_disk: Town) -> None:
    """Eight workers and the owner sweep at one instant: each of four holds is given back once, and told once."""
    for amount in ("100", "200", "300", "400"):
        withdrawal_code(on_disk, amount)
    on_disk.now += timedelta(minutes=16)
    amina = on_disk.phone("Amina").dial()
    with served(on_disk) as wired:
        asked = wired.carried_on(amina)
        at_once([lambda: asked.press("5").over, *[lambda: swept(on_disk)] * 8])
    assert on_disk.balance("Amina") == 200_000
    assert held(on_disk) == 0
    assert returned(on_disk) == 4


@pytest.mark.parametrize("late", [0, 1])
def test_L_12_paying_out_and_giving_back_have_one_winner(late: int, on_disk: Town) -> None:
    """The agent's PIN and the sweeper meet at the moment when the code runs out: paid or given back, never both."""
    code = withdrawal_code(on_disk)
    on_disk.wait(minutes=14, seconds=50)
    njeri = on_disk.phone("Njeri").dial(AGENTS_CODE).press("2", code)
    on_disk.now += timedelta(seconds=9 + late)
    with served(on_disk) as wired:
        asked = wired.carried_on(njeri)
        at_once([lambda: asked.press(PINS["Njeri"]).over, *[lambda: swept(on_disk)] * 4])
    rows = on_disk.app.read(lambda unit: unit.rows.find(Withdrawal))
    assert [row.state for row in rows] == ["returned" if late else "paid"]
    assert on_disk.balance("Amina") == (200_000 if late else HELD)
    assert held(on_disk) == 0


def test_L_12_two_tills_and_one_code(on_disk: Town) -> None:
    """The agent enters the same code in two talks: the newer one pays, and it pays once."""
    code = withdrawal_code(on_disk)
    older = on_disk.phone("Njeri").dial(AGENTS_CODE).press("2", code)
    newer = on_disk.phone("Njeri").dial(AGENTS_CODE).press("2", code)

    def pay(wired: Wired, phone: Phone) -> Phone:
        return wired.carried_on(phone).press(PINS["Njeri"])

    with served(on_disk) as wired:
        phones = at_once([partial(pay, wired, older), partial(pay, wired, newer)])
    assert sum(phone.screen.startswith("Give AMINA O KES 500") for phone in phones) == 1
    assert held(on_disk) == 0
