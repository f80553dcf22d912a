"""Standing orders on every engine: workers that race, die or sleep, and a payer who stops it at that moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import pytest

from service.storage.store import Busy
from service.wallet.identity import SimCheck
from service.wallet.standing import OrderOver, Standing, stop_order
from service.wallet.standing_run import run_standing
from service.wallet.unit import Unit
from tests.hostile.test_receipts import assert_all_told
from tests.phone import PINS, Phone, Town, demo_settings

T = TypeVar("T")


class Dead(Exception):
    """The worker dies in the middle of its commit."""


def order(town: Town, amount: str = "500", to: str = "0722000002") -> Phone:
    """Let Amina order a payment for each day, and return her phone."""
    phone = town.phone("Amina").dial(typed="7*11").press(to, amount, "1", "1")
    assert "every day" in phone.screen, phone.screen
    return phone.press(PINS["Amina"])


def persistent(work: Callable[[], T]) -> T:
    while True:
        try:
            return work()
        except Busy:
            continue


def only(town: Town) -> Standing:
    (row,) = town.app.read(lambda unit: unit.rows.find(Standing))
    return row


def test_L_12_eight_workers_pay_an_order_once(anywhere: Town) -> None:
    """All come at the hour at one instant: one of them pays, and the next day is one later."""
    order(anywhere)
    anywhere.now = only(anywhere).next_at
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: persistent(lambda: anywhere.app.transact(run_standing)), range(8)))
    assert sum(made) == 1
    assert (anywhere.balance("Amina"), anywhere.balance("Baraka")) == (1_493_00, 650_00)
    anywhere.work()
    assert anywhere.balance("Amina") == 1_493_00
    assert_all_told(anywhere)


def test_K_07_a_worker_that_dies_behind_the_payment_has_paid_nothing(anywhere: Town) -> None:
    """Its commit is gone whole; whoever comes next makes the same payment, under the same reference."""
    order(anywhere)
    due = only(anywhere)
    anywhere.now = due.next_at

    def die(unit: Unit) -> None:
        run_standing(unit)
        raise Dead

    with pytest.raises(Dead):
        anywhere.app.transact(die)
    assert (anywhere.balance("Amina"), only(anywhere)) == (2_000_00, due)
    anywhere.work()
    recorded = anywhere.app.read(lambda unit: unit.books.entry(due.entry))
    assert recorded is not None
    assert anywhere.balance("Amina") == 1_493_00
    assert_all_told(anywhere)


def test_a_refused_payment_leaves_no_trace_in_the_books(anywhere: Town) -> None:
    """A first payment is held: where that is refused behind the quote, neither a hold nor an entry is left."""
    order(anywhere, amount="1990", to="0733000003")
    due = only(anywhere)
    anywhere.wait(hours=24)
    assert (only(anywhere).step, anywhere.balance("Amina")) == ("again", 2_000_00)
    assert anywhere.app.read(lambda unit: unit.books.entry(due.entry)) is None
    assert_all_told(anywhere)


def test_a_stop_and_the_worker_at_one_instant(anywhere: Town) -> None:
    """Either it was paid and is stopped, or it was stopped and never paid; what the phone reads is true."""
    order(anywhere)
    row, amina = only(anywhere), anywhere.person("Amina")
    anywhere.now = row.next_at

    def stop() -> bool:
        with suppress(OrderOver):
            persistent(lambda: anywhere.app.transact(lambda unit: stop_order(unit, amina, row.id)))
            return True
        return False

    with ThreadPoolExecutor(2) as pool:
        paying = pool.submit(lambda: persistent(lambda: anywhere.app.transact(run_standing)))
        stopped = pool.submit(stop).result()
        paid = paying.result()
    assert stopped
    assert only(anywhere).state == "stopped"
    assert anywhere.balance("Amina") == (1_493_00 if paid else 2_000_00)
    anywhere.wait(hours=48)
    assert anywhere.balance("Amina") == (1_493_00 if paid else 2_000_00)


def test_P_10_a_large_order_has_the_network_asked_and_is_tried_again_when_it_has_spoken() -> None:
    """That it was asked stays, though nothing was paid."""
    town = Town(settings=demo_settings(africastalking_insights_url="http://127.0.0.1:9"))
    order(town, amount="20001")
    town.now = only(town).next_at
    assert town.app.transact(run_standing) == 1
    (check,) = town.app.read(lambda unit: unit.rows.find(SimCheck))
    assert check.person == town.person("Amina").id
    assert (only(town).step, town.balance("Amina")) == ("again", 2_000_00)
