"""Hostile cases of agents: floats to the last cent, and paydays that are run twice, at once, and killed half-way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Posted
from service.wallet.cash_in import cash_in, quote_cash_in
from service.wallet.commission import pay_commission
from service.wallet.pin import seal_pin
from service.wallet.transfer import quote_transfer, transfer_float
from service.wallet.unit import Agent, Payday, Unit, Withdrawal
from service.wallet.voucher import find_voucher, open_voucher, quote_voucher, send_voucher, take_back, voucher_code
from service.wallet.withdraw import Payout, pay_out, return_expired
from tests.hostile.crowd import at_once
from tests.hostile.test_approvals import attempt, sound
from tests.phone import NUMBERS, Town

DECEMBER = datetime(2026, 12, 1, 3, tzinfo=UTC)


def payments(town: Town) -> list[int]:
    """Return what each payday has paid, share and all."""
    entries = town.app.read(lambda unit: unit.books.entries())
    paid = [entry for entry in entries if entry.reason == Reason.PAY_COMMISSION]
    return [sum(move.amount for move in entry.moves) for entry in paid]


def test_K_07_a_payday_that_many_run_at_once_and_again_is_paid_once(on_disk: Town) -> None:
    """Eight workers at one instant, then eight more whose row says that the day is still to come: one entry."""
    on_disk.now = DECEMBER
    for _ in range(2):
        at_once([partial(attempt, on_disk, pay_commission) for _ in range(8)])
        assert payments(on_disk) == [15_00]
        on_disk.app.transact(lambda unit: unit.rows.put(Payday(agent="100016", next_at=DECEMBER)))
    sound(on_disk)


class Killed(BaseException):
    """The power goes."""


@pytest.mark.parametrize("after", ["posting", "telling"])
def test_K_07_a_payday_that_is_killed_half_way_is_paid_by_the_next_run(after: str, on_disk: Town) -> None:
    """Whoever dies between the entry and the commit has paid nothing, and nobody has been told so."""
    on_disk.now = DECEMBER

    def dies(unit: Unit) -> None:
        class Books:
            def __getattr__(self, name: str) -> object:
                return getattr(unit.books, name)

            def post(self, entry: object) -> Posted:
                unit.books.post(entry)  # type: ignore[arg-type]
                raise Killed

        pay_commission(replace(unit, books=Books()) if after == "posting" else unit)  # type: ignore[arg-type]
        raise Killed

    for _ in range(2):
        with pytest.raises(Killed):
            on_disk.app.transact(dies)
    assert payments(on_disk) == []
    on_disk.work()
    assert payments(on_disk) == [15_00]
    texts = [text for text in on_disk.phone("Njeri").inbox() if "Commission KES 11.25 paid to your float" in text]
    assert len(texts) == 1
    sound(on_disk)


def test_F_08_a_float_for_one_of_many_at_once(on_disk: Town) -> None:
    """Six cash-ins and six transfers of all that the float holds, at one instant: one is done, and nothing more."""
    agent = on_disk.app.read(lambda unit: unit.rows.get(Agent, "100024"))
    keeper, pack = on_disk.person("Achieng"), on_disk.app.home.pack
    assert agent is not None
    jobs: list[Callable[[Unit], object]] = []
    for _ in range(6):
        paid = on_disk.app.transact(
            lambda unit: quote_cash_in(unit, agent=agent, keeper=keeper, phone=NUMBERS["Baraka"], amount=1_200_00)
        )
        sent = on_disk.app.transact(
            lambda unit: quote_transfer(unit, agent=agent, keeper=keeper, number="100016", amount=1_200_00, pack=pack)
        )
        jobs.append(partial(cash_in, agent=agent, keeper=keeper, quote=paid, pack=pack))
        jobs.append(partial(transfer_float, agent=agent, keeper=keeper, quote=sent, pack=pack))
    after = at_once([partial(attempt, on_disk, job) for job in jobs])
    assert sorted(after) == ["", *["not_enough"] * 11]
    sound(on_disk)


def test_F_08_two_shops_that_send_each_other_float_at_once_both_arrive(on_disk: Town) -> None:
    """Ten times there and back at one instant: no lock waits for itself, and the floats are what they were."""
    pack = on_disk.app.home.pack
    shops = on_disk.app.read(lambda unit: {agent.number: agent for agent in unit.rows.find(Agent)})
    jobs: list[Callable[[Unit], object]] = []
    for number, other, who in [("100016", "100024", "Njeri"), ("100024", "100016", "Achieng")] * 5:
        agent, keeper = shops[number], on_disk.person(who)
        quote = on_disk.app.transact(
            partial(quote_transfer, agent=agent, keeper=keeper, number=other, amount=100_00, pack=pack)
        )
        jobs.append(partial(transfer_float, agent=agent, keeper=keeper, quote=quote, pack=pack))
    assert at_once([partial(attempt, on_disk, job) for job in jobs]) == [""] * 10
    sound(on_disk)


def test_L_08_a_voucher_that_is_paid_taken_back_locked_and_expired_at_one_instant(on_disk: Town) -> None:
    """Two agents with the right secret, one who guesses for the third time, the sender and a worker whose clock is
    ahead meet: the money goes one way, once, and all of it.
    """
    pack, amina = on_disk.app.home.pack, on_disk.person("Amina")
    shops = [(on_disk.app.read(partial(_shop, number=n)), on_disk.person(who)) for n, who in SHOPS]
    for _ in range(5):
        before = {account: balance for account, balance in _balances(on_disk) if account.kind == Kind.WALLET}
        zawadi = NUMBERS["Zawadi"]
        quote = on_disk.app.transact(partial(quote_voucher, payer=amina, phone=zawadi, amount=50_00))
        sealed = seal_pin(on_disk.app.house, quote.entry, "4820")
        on_disk.app.transact(partial(send_voucher, payer=amina, phone=zawadi, quote=quote, sealed=sealed, pack=pack))
        code = voucher_code(on_disk.app.house.code_key, quote.entry)
        closed = on_disk.app.transact(partial(find_voucher, code=code))
        assert closed is not None
        for _ in range(2):
            on_disk.app.transact(partial(open_voucher, agent=shops[0][0], payout=closed, secret="1111"))
        jobs: list[Callable[[Unit], object]] = []
        for shop, keeper in shops:
            right = on_disk.app.transact(partial(open_voucher, agent=shop, payout=closed, secret="4820"))
            assert isinstance(right, Payout)
            jobs.append(partial(pay_out, agent=shop, keeper=keeper, payout=right, pack=pack))
        jobs.append(partial(open_voucher, agent=shops[0][0], payout=closed, secret="1111"))
        jobs.append(partial(take_back, payer=amina, voucher_id=quote.entry))
        jobs.append(lambda unit: return_expired(replace(unit, now=unit.now + timedelta(days=8))))
        after = at_once([partial(attempt, on_disk, job) for job in jobs])
        (row,) = on_disk.app.read(lambda unit: unit.rows.find(Withdrawal, newest=True, limit=1))
        gone = sum(before.values()) - sum(b for a, b in _balances(on_disk) if a.kind == Kind.WALLET)
        assert (row.state, gone) in {("paid", 61_00), ("returned", 0)}, after
        assert [b for a, b in _balances(on_disk) if a.kind == Kind.HELD and b] == []
        on_disk.now += timedelta(hours=1)
    sound(on_disk)


SHOPS = (("100016", "Njeri"), ("100024", "Achieng"))


def _shop(unit: Unit, number: str) -> Agent:
    shop = unit.rows.get(Agent, number)
    assert shop is not None
    return shop


def _balances(town: Town) -> list[tuple[Account, int]]:
    return town.app.read(lambda unit: list(unit.books.balances()))
