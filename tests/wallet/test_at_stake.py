"""What a thief of the PIN could take: how much is at stake says what a new PIN needs."""

from datetime import timedelta

import pytest

from service.ledger.chart import Reason
from service.refusal import Refusal
from service.wallet.forgotten import LacksStaff, at_stake
from service.wallet.pay import pay_till, quote_pay
from service.wallet.pin import seal_pin
from service.wallet.reversal import ask_back, keep
from service.wallet.send import quote_send, send_money
from service.wallet.till import new_till
from service.wallet.undo import settle_due
from service.wallet.unit import Case, Person, Unit
from service.wallet.withdraw import quote_withdrawal, return_expired, withdraw
from tests.wallet.test_forgotten import asked, put, ready
from tests.wallet.village import (
    AMINA,
    BARAKA,
    NJERI,
    PACK,
    SHOP,
    TRUST,
    Village,
    float_,
    person,
    wallet,
)

DAY = timedelta(days=1)
CHEBET = person(910, "Chebet Rono", "+254733000010")


@pytest.fixture
def amina(village: Village) -> Person:
    """Amina with the PIN 4071, locked."""
    sealed = seal_pin(village.house, AMINA.id, "4071")
    return village.change(AMINA, pin=sealed, pin_tries=3)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("worth", "vouched", "no"),
    [(5_000_00, False, None), (5_000_01, False, LacksStaff), (5_000_01, True, None), (15_000_01, True, None)],
)
def test_what_is_at_stake_says_what_it_needs(
    village: Village, amina: Person, worth: int, vouched: bool, no: type[Refusal] | None
) -> None:
    """As it stands when the new PIN is chosen, not when it was asked for."""
    row = asked(village)
    village.give(AMINA, worth)
    village.later(days=1)
    village.change(row, vouched=vouched)
    if no is None:
        put(village)
        return
    with village.refuses(no, help_line=PACK.help_line):
        ready(village)


def test_what_is_asked_back_is_at_stake_too(village: Village, amina: Person) -> None:
    """It is set aside for two hours, which may be those in which the new PIN is chosen, and is then Amina's again."""
    village.give(BARAKA, 10_000_00)
    quote = village.do(lambda unit: quote_send(unit, payer=BARAKA, phone=AMINA.phone, amount=6_000_00))
    payment = village.do(lambda unit: send_money(unit, payer=BARAKA, quote=quote)).entry
    asked(village)
    village.later(hours=23, minutes=59)
    case = village.do(lambda unit: ask_back(unit, payer=BARAKA, payment=payment))
    village.later(minutes=1)
    assert village.do(lambda unit: at_stake(unit, amina)) == 6_000_00
    with village.refuses(LacksStaff, help_line=PACK.help_line):
        ready(village)
    village.do(lambda unit: keep(unit, payee=amina, case_id=case.id))
    assert village.do(lambda unit: at_stake(unit, amina)) == 6_000_00


def test_a_float_is_at_stake_too(village: Village) -> None:
    village.post((TRUST, float_(SHOP), 7_00, Reason.ISSUE))
    assert village.do(lambda unit: at_stake(unit, NJERI)) == 7_00


def test_takings_are_at_stake_too(village: Village) -> None:
    till = village.do(lambda unit: new_till(unit, person_id=AMINA.id, name="Mama Mboga"))
    village.give(BARAKA, 9_00)
    quote = village.do(lambda unit: quote_pay(unit, payer=BARAKA, till=till.number, amount=8_00))
    village.do(lambda unit: pay_till(unit, payer=BARAKA, quote=quote))
    assert village.do(lambda unit: at_stake(unit, AMINA)) == 8_00


@pytest.mark.parametrize("how", ["withdrawn", "sent"])
def test_what_is_held_is_at_stake_and_is_counted_once(village: Village, how: str) -> None:
    """It comes back to whoever has the PIN; what was paid, and what others hold, does not."""
    village.pack(undo_seconds=300)
    pack = village.house.packs["ke"]
    for who, amount in ((AMINA, 1_000_00), (BARAKA, 5_000_00)):
        village.give(who, amount)

    def held(who: Person) -> None:
        def work(unit: Unit) -> None:
            if how == "sent":
                quote = quote_send(unit, payer=who, phone=NJERI.phone, amount=100_00)
                send_money(unit, payer=who, quote=quote._replace(undo=300))
            else:
                cash = quote_withdrawal(unit, payer=who, agent_number=SHOP.number, amount=100_00)
                withdraw(unit, payer=who, quote=cash, pack=pack)

        village.do(work)

    held(BARAKA)
    held(AMINA)
    assert village.do(lambda unit: at_stake(unit, AMINA)) == 1_000_00
    village.later(days=1)
    while village.do(return_expired) or village.do(settle_due):
        pass
    left = village.balance(wallet(AMINA))
    assert village.do(lambda unit: at_stake(unit, AMINA)) == left
    assert (left == 1_000_00) == (how == "withdrawn")


def test_only_what_this_person_is_asked_for_is_at_stake(village: Village, amina: Person) -> None:
    """Another's case is not, and one that was answered is not held any more."""
    village.give(BARAKA, 1_000_00)
    village.do(lambda unit: unit.rows.add(CHEBET))
    village.do(lambda unit: unit.books.open(wallet(CHEBET)))
    for payee in (AMINA, CHEBET):
        quote = village.do(lambda unit, payee=payee: quote_send(unit, payer=BARAKA, phone=payee.phone, amount=100_00))  # type: ignore[misc]
        payment = village.do(lambda unit, quote=quote: send_money(unit, payer=BARAKA, quote=quote)).entry  # type: ignore[misc]
        village.do(lambda unit, payment=payment: ask_back(unit, payer=BARAKA, payment=payment))  # type: ignore[misc]
    assert village.do(lambda unit: at_stake(unit, amina)) == 100_00
    mine, theirs = village.rows(Case)
    village.change(mine, state="done")
    village.audited = False
    assert village.do(lambda unit: at_stake(unit, amina)) == 0
    assert village.do(lambda unit: at_stake(unit, CHEBET)) == 100_00
    assert theirs.held == 100_00
