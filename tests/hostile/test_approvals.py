"""Hostile cases of the approvals inbox: everybody answers at one instant, on every channel, on each database.

A phone has one live talk, so the races are run one floor below the menus: what stops them are rows and books.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from service.ledger.chart import Kind
from service.refusal import Refusal
from service.wallet.audit import audit_all
from service.wallet.cash_out import ask_cash_out, give_cash, price_cash_out
from service.wallet.challenge import answer_by_sms
from service.wallet.inbox import decline, expire_requests, open_request, waiting_for
from service.wallet.request import ask_payment, offer_request, pay_request
from service.wallet.send import quote_send, send_money
from service.wallet.unit import Agent, Person, Request, Unit
from tests.hostile.crowd import at_once
from tests.hostile.test_limits import newcomer, rich, used_today
from tests.hostile.test_sessions import lower
from tests.hostile.test_sms import said
from tests.phone import AGENTS_CODE, NUMBERS, PINS, Town


def attempt(town: Town, work: Callable[[Unit], object]) -> str:
    """Do a piece of work and return the code of what refused it, or nothing."""
    try:
        no = town.app.transact(work)
    except Refusal as refusal:
        return refusal.code
    return no.code if isinstance(no, Refusal) else ""


def asks_cash(town: Town, agent: str, keeper: str, amount: int) -> None:
    person = town.person(keeper)

    def work(unit: Unit) -> None:
        shop = unit.rows.get(Agent, agent)
        assert shop is not None
        ask_cash_out(unit, agent=shop, keeper=person, phone=NUMBERS["Amina"], amount=amount)

    town.app.transact(work)


def yes(town: Town, amina: Person, request_id: int) -> Callable[[Unit], object]:
    """Quote what is asked for, as a talk would have done, and return the yes."""
    pack = town.app.home.pack
    request = town.app.read(lambda unit: open_request(unit, amina, request_id))
    if request.kind == "cash_out":
        cash = town.app.transact(lambda unit: price_cash_out(unit, request=request, pack=pack))
        return lambda unit: give_cash(unit, payer=amina, quote=cash, pack=pack)
    quote = town.app.transact(lambda unit: offer_request(unit, payer=amina, request=request).quote)
    return lambda unit: pay_request(unit, payer=amina, request_id=request_id, quote=quote)


def ahead(unit: Unit) -> None:
    """Do what a worker does whose clock is a day ahead."""
    expire_requests(replace(unit, now=unit.now + timedelta(days=1)))


def sound(town: Town) -> None:
    assert town.app.read(lambda unit: audit_all(unit, seal_key=town.app.seal_key)).problems == ()


def test_L_08_one_request_approved_twice_and_declined_and_expired_at_one_instant(on_disk: Town) -> None:
    """Three yeses, a no and a worker whose clock is ahead meet: the request ends in one way, and pays once or not."""
    amina = on_disk.person("Amina")
    for _ in range(6):
        before = on_disk.balance("Amina")
        asks_cash(on_disk, "100016", "Njeri", 50_00)
        (one,) = on_disk.app.read(lambda unit: waiting_for(unit, amina))
        jobs = [yes(on_disk, amina, one.id) for _ in range(3)]
        jobs += [partial(decline, payer=amina, request_id=one.id), ahead]
        after = at_once([partial(attempt, on_disk, job) for job in jobs])
        (row,) = on_disk.app.read(lambda unit: unit.rows.find(Request, newest=True, limit=1))
        ended = (row.state, before - on_disk.balance("Amina"))
        assert ended in {("approved", 61_00), ("declined", 0), ("expired", 0)}, after
        assert after[:4].count("") == (row.state != "expired"), after
        on_disk.now += timedelta(days=1)
    sound(on_disk)


def test_K_08_the_daily_limit_over_every_channel_at_once(on_disk: Town) -> None:
    """1,000 a day, and 400 at a time by menu, by code, as cash that two agents and as money that a person asked for, at
    one instant: two are paid, three are over the limit.
    """
    rich(on_disk, "Amina", "5000")
    lower(on_disk, day=100_000)
    amina = on_disk.person("Amina")
    asks_cash(on_disk, "100016", "Njeri", 400_00)
    asks_cash(on_disk, "100024", "Achieng", 400_00)
    baraka = on_disk.person("Baraka")
    on_disk.app.transact(lambda unit: ask_payment(unit, asker=baraka, phone=amina.phone, amount=400_00))
    waiting = on_disk.app.read(lambda unit: waiting_for(unit, amina))
    code = said(on_disk.phone("Amina"), "SEND 400 0722000002")[0].split("Answer ")[1][:7]
    quote = on_disk.app.transact(lambda unit: quote_send(unit, payer=amina, phone=baraka.phone, amount=400_00))
    jobs: list[Callable[[Unit], object]] = [yes(on_disk, amina, one.id) for one in waiting]
    jobs.append(lambda unit: send_money(unit, payer=amina, quote=quote))
    jobs.append(lambda unit: answer_by_sms(unit, payer=amina, code=code, pack=on_disk.app.home.pack))
    assert sorted(at_once([partial(attempt, on_disk, job) for job in jobs])) == ["", "", *["over_cap"] * 3]
    assert used_today(on_disk, "Amina") == 80_000
    sound(on_disk)


def test_P_02_the_pin_of_an_approval_counts_with_all_others(town: Town) -> None:
    """Two wrong PINs at a payment and one at an approval lock the wallet; the request stays, and nothing has moved."""
    asks_cash(town, "100016", "Njeri", 50_00)
    amina = town.phone("Amina").dial().press("1", "1", "50", "9999", "9998")
    assert "Tries left: 1" in amina.screen
    assert "locked" in amina.dial().press("6", "1", "1", "9997").screen
    assert "locked" in amina.dial().press("6", "1", "1").screen
    assert amina.over
    assert town.balance("Amina") == 200_000
    assert town.app.read(lambda unit: [b for a, b in unit.books.balances() if a.kind == Kind.HELD and b]) == []


def test_W_05_a_yes_whose_answer_was_lost_is_given_once(anywhere: Town) -> None:
    """The hop with the PIN comes again: the same words, and the money went once."""
    asks_cash(anywhere, "100016", "Njeri", 50_00)
    amina = anywhere.phone("Amina").dial().press("6", "1", "1", PINS["Amina"])
    first = amina.screen
    assert first.startswith("Take KES 50 cash from Duka la Njeri now.")
    assert amina.hop().screen == first
    assert anywhere.balance("Amina") == 200_000 - 61_00
    assert anywhere.phone("Njeri").dial(AGENTS_CODE).press("6").screen.startswith("Approved, give cash: KES 50")
    sound(anywhere)


def test_paying_what_a_stranger_asks_says_what_cash_costs_and_when_it_arrives(anywhere: Town) -> None:
    """As any first payment: one key pays the cash-out too, and the last screen says how to take it back."""
    newcomer(anywhere, "+254722000777", "Zuri Asks")
    zuri, amina = anywhere.phone("+254722000777"), anywhere.phone("Amina")
    zuri.dial().press("6", "0711000001", "100")
    amina.dial().press("6", "1", "1")
    assert "\n1 Pay cash-out 11 too\n" in amina.screen
    amina.press("1")
    assert amina.screen.startswith("Send KES 111 to ZURI A\n")
    assert amina.press("0").screen.startswith("ZURI A 0722***777 asks for KES 100\nFee KES 0\nTotal KES 100\n")
    amina.press("1", "1", PINS["Amina"])
    assert amina.screen.startswith("Sent KES 111 to ZURI A.\nArrives 12:19. Until then dial, 99: take it back.\n")
    assert amina.dial().screen.endswith("99 Undo")
    anywhere.wait(minutes=5)
    assert anywhere.balance("+254722000777") == 111_00
    sound(anywhere)
