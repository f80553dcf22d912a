"""Merchants on every engine: tills that close in mid-talk, lost hops, and a till that everybody pays at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Entry, Move, NotEnough, OverCap
from service.ledger.seal import seal_batch
from service.storage.store import Busy
from service.wallet.account import wallet_of
from service.wallet.identity import SimCheck
from service.wallet.merchant import Merchant
from service.wallet.pay import pay_till, quote_pay
from service.wallet.people import person_by_phone, register
from service.wallet.receipt import Receipt
from service.wallet.send import QuoteChanged
from service.wallet.takings import NoTakings, Refund, Settlement, quote_refund, quote_settlement, refund, settle
from service.wallet.till import close_till, new_till
from service.wallet.unit import Person, Unit
from service.wallet.withdraw import Quote, quote_withdrawal, withdraw
from tests.hostile.test_receipts import assert_all_told
from tests.phone import NUMBERS, PINS, Phone, Town, demo_settings

T = TypeVar("T")

TILL = "500017"
TAKINGS = Account("ke", Kind.TAKINGS, TILL)
PAYERS = 64


def with_till(town: Town) -> None:
    """Let Baraka have a till."""

    def work(unit: Unit) -> Merchant:
        baraka = person_by_phone(unit, NUMBERS["Baraka"])
        assert baraka is not None
        return new_till(unit, person_id=baraka.id, name="Mama Mboga")

    assert town.app.transact(work).number == TILL


def _baraka(unit: Unit) -> Person:
    found = person_by_phone(unit, NUMBERS["Baraka"])
    assert found is not None
    return found


def takings(town: Town) -> int:
    return town.app.read(lambda unit: unit.books.balance(TAKINGS))


def at_pin(town: Town, amount: int = 500) -> Phone:
    """Return Amina's phone where it asks for the PIN of a payment."""
    phone = town.phone("Amina").dial(typed=f"3*{TILL}*{amount}")
    assert phone.screen.endswith("PIN:\n0 Back 00 Home")
    return phone


def test_S_15_a_till_that_closed_between_quote_and_pin_is_not_paid(anywhere: Town) -> None:
    """The payer reads that the till is not there any more, and has all their money."""
    with_till(anywhere)
    phone = at_pin(anywhere)
    anywhere.app.transact(lambda unit: close_till(unit, _baraka(unit), TILL))
    phone.press(PINS["Amina"])
    assert phone.screen.startswith("No open till has this number.\nTill number?")
    assert (anywhere.balance("Amina"), takings(anywhere)) == (2_000_00, 0)


def test_S_15_a_till_with_another_price_is_quoted_again(anywhere: Town) -> None:
    """A name of the till that has changed since is shown before another PIN."""
    with_till(anywhere)
    phone = at_pin(anywhere)

    def rename(unit: Unit) -> None:
        row = unit.rows.lock(Merchant, TILL)
        assert row is not None
        unit.rows.put(replace(row, name="Papa Mboga"))

    anywhere.app.transact(rename)
    phone.press(PINS["Amina"])
    assert phone.screen.startswith("Changed, look again.\nPay KES 500 to Papa Mboga")
    phone.press(PINS["Amina"])
    assert phone.screen.startswith("Paid KES 500 to Papa Mboga.")
    assert takings(anywhere) == 497_50


def test_P_10_a_large_payment_by_message_has_the_network_asked_about_the_sim() -> None:
    """It is refused until the network has spoken; that it was asked stays, or it would be refused for ever."""
    town = Town(settings=demo_settings(africastalking_insights_url="http://127.0.0.1:9"))
    with_till(town)
    phone = town.phone("Amina")
    phone.new()
    phone.sms(f"PAY {TILL} 20001")
    assert phone.new() == ["Above KES 20,000.00 we check your SIM first. Try again soon."]
    (check,) = town.app.read(lambda unit: unit.rows.find(SimCheck))
    assert check.person == town.person("Amina").id


def test_S_04_a_repeated_hop_pays_once(anywhere: Town) -> None:
    """The gateway asks again, and the talk is dialled anew: one entry, two messages, and the words that it is done."""
    with_till(anywhere)
    phone = at_pin(anywhere)
    phone.press(PINS["Amina"])
    first = phone.screen
    phone.hop()
    assert phone.screen == first
    phone.dial()
    assert phone.screen.startswith("DONE: KES 500 to Mama Mboga, ")
    assert (anywhere.balance("Amina"), takings(anywhere)) == (1_500_00, 497_50)
    assert_all_told(anywhere)


def test_a_talk_that_breaks_off_before_the_pin_says_so(anywhere: Town) -> None:
    with_till(anywhere)
    at_pin(anywhere)
    phone = anywhere.phone("Amina").dial()
    assert phone.screen.startswith("NOT paid: KES 500 to Mama Mboga.\nSenti\n")
    phone.press("9")
    assert phone.screen.startswith("Pay KES 500 to Mama Mboga, till 500017\n")


def crowd(town: Town, amount: int) -> list[Person]:
    """Return people who have money, enough for one payment each and no more."""

    def settle(unit: Unit) -> list[Person]:
        people = [
            register(
                unit,
                person_id=unit.mint(),
                phone=f"+2547990001{number:02}",
                name=f"Payer {'abcdefghijklmnopqrstuvwxyz'[number % 26]}",
                id_number=f"A1234{number:03}",
                language="en",
                pin="no PIN fits",
                pack=town.app.home.pack,
            )
            for number in range(PAYERS)
        ]
        float_ = Account("ke", Kind.FLOAT, "100016")
        moves = tuple(Move(float_, wallet_of(one), amount, Reason.SEND) for one in people)
        made = tuple(Move(*move[:3], Reason.CASH_IN) for move in moves)
        unit.books.post(Entry(id=unit.mint(), reason=Reason.SEND, at=unit.now, moves=made))
        return people

    return town.app.transact(settle)


def persistent(work: Callable[[], T]) -> T:
    """Do it until it is not Busy: nothing was written, so it may be asked again."""
    while True:
        try:
            return work()
        except Busy:
            continue


def test_L_20_sixty_four_pay_one_merchant_at_once(on_disk: Town) -> None:
    """Each payment arrives once, with its fee and tax, and no retry pays again; nobody waits for the till's row."""
    town, amount = on_disk, 400_00
    with_till(town)
    people = crowd(town, amount)

    def pay(person: Person) -> Receipt:
        quote = persistent(
            lambda: town.app.transact(lambda unit: quote_pay(unit, payer=person, till=TILL, amount=amount))
        )
        first = persistent(lambda: town.app.transact(lambda unit: pay_till(unit, payer=person, quote=quote)))
        again = persistent(lambda: town.app.transact(lambda unit: pay_till(unit, payer=person, quote=quote)))
        assert again == first._replace(repeated=True)
        return first

    with ThreadPoolExecutor(PAYERS) as pool:
        receipts = list(pool.map(pay, people))
    assert len({receipt.entry for receipt in receipts}) == PAYERS
    assert {receipt.balance for receipt in receipts} == {0}
    assert takings(town) == PAYERS * (amount - 2_00)
    town.work()  # what is sealed meanwhile counts as much
    assert takings(town) == PAYERS * (amount - 2_00)


def test_nothing_of_a_payment_locks_the_till(on_disk: Town) -> None:
    """While one transaction holds the till's row, another pays there: a shop that looks at its sales stops nobody."""
    town = on_disk
    if "postgres" not in type(town.store).__module__:
        return  # one connection writes there, so payments wait for any transaction
    with_till(town)
    (amina,) = town.app.read(lambda unit: [person_by_phone(unit, NUMBERS["Amina"])])
    assert amina is not None
    quote = town.app.transact(lambda unit: quote_pay(unit, payer=amina, till=TILL, amount=5_00))

    def hold(unit: Unit) -> Receipt:
        unit.rows.lock(Merchant, TILL)
        with ThreadPoolExecutor(1) as pool:
            paying = pool.submit(town.app.transact, lambda other: pay_till(other, payer=amina, quote=quote))
            return paying.result(timeout=20)

    assert town.app.transact(hold).balance == 1_995_00
    assert takings(town) == 5_00


def test_L_20_takings_are_settled_while_everybody_pays_and_seals_close(on_disk: Town) -> None:
    """Payments, settlements, refunds and seals at one time: what is taken was there, and it adds up to the cent."""
    town, amount = on_disk, 400_00
    with_till(town)
    people, baraka = crowd(town, amount), town.person("Baraka")
    before = town.balance("Baraka")

    def pay(person: Person) -> int:
        quote = persistent(
            lambda: town.app.transact(lambda unit: quote_pay(unit, payer=person, till=TILL, amount=amount))
        )
        persistent(lambda: town.app.transact(lambda unit: pay_till(unit, payer=person, quote=quote)))
        return 0

    def sweep(_: int) -> int:
        try:
            wanted = persistent(lambda: town.app.transact(lambda unit: quote_settlement(unit, owner=baraka, till=TILL)))
            persistent(lambda: town.app.transact(lambda unit: settle(unit, owner=baraka, settlement=wanted)))
        except (NoTakings, QuoteChanged):
            return 0
        return wanted.amount

    def close_seal(_: int) -> int:
        persistent(lambda: town.app.transact(lambda unit: seal_batch(unit.books, town.app.seal_key, town.now)))
        return 0

    with ThreadPoolExecutor(16) as pool:
        paying = [pool.submit(pay, person) for person in people]
        others = [pool.submit(act, turn) for turn in range(12) for act in (sweep, close_seal, sweep)]
        swept = sum(future.result() for future in others)
        assert [future.result() for future in paying] == [0] * PAYERS
    assert town.balance("Baraka") == before + swept
    assert takings(town) == PAYERS * (amount - 2_00) - swept >= 0


def test_L_20_takings_leave_as_cash_and_to_the_wallet_at_once(on_disk: Town) -> None:
    """Four talks take 300 as cash and four sweep the till, all of what it has: nothing is taken twice."""
    town = on_disk
    with_till(town)
    at_pin(town, 700).press(PINS["Amina"])
    baraka, pack, before = town.person("Baraka"), town.app.home.pack, town.balance("Baraka")
    have = takings(town)

    def quote_cash(unit: Unit) -> Quote:
        return quote_withdrawal(unit, payer=baraka, agent_number="100016", amount=300_00, till=TILL)

    cash = [town.app.transact(quote_cash) for _ in range(4)]
    sweeps = [town.app.transact(lambda unit: quote_settlement(unit, owner=baraka, till=TILL)) for _ in range(4)]

    def take(quote: Quote) -> int:
        try:
            persistent(lambda: town.app.transact(lambda unit: withdraw(unit, payer=baraka, quote=quote, pack=pack)))
        except (NotEnough, OverCap):
            return 0
        return quote.total

    def sweep(wanted: Settlement) -> int:
        try:
            persistent(lambda: town.app.transact(lambda unit: settle(unit, owner=baraka, settlement=wanted)))
        except QuoteChanged:
            return 0
        return wanted.amount

    with ThreadPoolExecutor(8) as pool:
        taking, sweeping = [pool.submit(take, one) for one in cash], [pool.submit(sweep, one) for one in sweeps]
        taken, swept = (sum(future.result() for future in futures) for futures in (taking, sweeping))
    assert takings(town) == have - taken - swept >= 0
    assert taken or swept
    assert town.balance("Baraka") == before + swept


def test_L_09_one_payment_is_not_given_back_twice_at_once(on_disk: Town) -> None:
    """Two phones of one merchant confirm the refund of the same payment at one instant: one of them pays."""
    town = on_disk
    with_till(town)
    baraka, amina = town.person("Baraka"), town.person("Amina")
    paid = [
        town.app.transact(
            lambda unit: pay_till(unit, payer=amina, quote=quote_pay(unit, payer=amina, till=TILL, amount=500_00))
        )
        for _ in range(2)
    ]
    text = paid[0].reference
    made = [town.app.transact(lambda unit: quote_refund(unit, owner=baraka, till=TILL, text=text)) for _ in range(8)]

    def give(one: Refund) -> bool:
        try:
            persistent(lambda: town.app.transact(lambda unit: refund(unit, owner=baraka, refund=one)))
        except QuoteChanged:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(give, made)) == 1
    assert (town.balance("Amina"), takings(town)) == (1_500_00, 495_00)


def test_takings_are_added_up_in_one_moment(on_disk: Town) -> None:
    """One statement: a seal that closes between two would hide what it covers, or show it twice."""
    with_till(on_disk)
    at_pin(on_disk).press(PINS["Amina"])

    def count_statements(unit: Unit) -> int:
        asked: list[object] = []
        wire = unit.books._wire  # type: ignore[attr-defined]
        read = wire.read
        wire.read = lambda *words: asked.append(words) or read(*words)  # type: ignore[func-returns-value]
        try:
            assert unit.books.balance(TAKINGS) == 497_50
        finally:
            wire.read = read
        return len(asked)

    assert on_disk.app.read(count_statements) == 1
