"""Savings on every engine: lost answers, and hands that take out the same money at one instant."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from service.ledger.entry import NotEnough
from service.storage.store import Busy
from service.wallet.pot import Pot
from service.wallet.savings import Saving, quote_take_out, take_out
from tests.hostile.test_receipts import assert_all_told
from tests.phone import PINS, Phone, Town

T = TypeVar("T")
PIN = PINS["Amina"]


def persistent(work: Callable[[], T]) -> T:
    while True:
        try:
            return work()
        except Busy:
            continue


def saving(town: Town, amount: str = "1200") -> Phone:
    """Let Amina open a pot and put money in, and return her phone."""
    phone = town.phone("Amina")
    phone.dial(typed="7*13*3").press("School fees", "3000")
    assert phone.screen == "School fees is ready. Put money in: 7, 13, 1."
    phone.dial(typed="7*13*1").press("1", amount, PIN)
    assert phone.screen.startswith("Saved: School fees has "), phone.screen
    return phone


def only(town: Town) -> Pot:
    (row,) = town.app.read(lambda unit: unit.rows.find(Pot))
    return row


def test_W_05_a_saving_whose_answer_was_lost_is_told_and_not_done_twice(anywhere: Town) -> None:
    """The gateway asks again: the same words; the next dial says that it is done."""
    phone = saving(anywhere)
    shown = phone.screen
    assert phone.hop().screen == shown
    assert phone.dial().screen.startswith("DONE: KES 1,200 into School fees, ")
    assert (anywhere.balance("Amina"), only(anywhere).held) == (800_00, 1_200_00)
    assert_all_told(anywhere)


def test_a_talk_that_breaks_off_before_the_pin_has_moved_nothing_and_says_so(anywhere: Town) -> None:
    phone = saving(anywhere)
    phone.end("Success")
    phone.dial(typed="7*13*2").press("1", "500")
    assert phone.dial().screen.startswith("NOT taken out: KES 500 of School fees.\n")
    assert phone.press("9", PIN).screen.startswith("KES 500 is in your wallet. School fees has KES 700 left.")


def test_L_08_eight_hands_take_out_all_of_it_and_one_has_it(anywhere: Town) -> None:
    """Each has a quote of its own for all that is in the pot, and one of them finds it there."""
    saving(anywhere)
    pot, amina = only(anywhere), anywhere.person("Amina")
    quotes = [
        anywhere.app.transact(lambda unit: quote_take_out(unit, owner=amina, pot_id=pot.id, amount=1_200_00))
        for _ in range(8)
    ]

    def take(one: Saving) -> bool:
        try:
            persistent(lambda: anywhere.app.transact(lambda unit: take_out(unit, owner=amina, saving=one)))
        except NotEnough:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, quotes)) == 1
    assert (anywhere.balance("Amina"), only(anywhere).held) == (2_000_00, 0)
    assert_all_told(anywhere)
