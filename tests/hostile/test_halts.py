"""Standing still: one stops, two let it go on; and the watch that stops by itself where the books do not add up."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from service.app import make_app
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, After, Entry, Move, apply
from service.wallet.brake import ISSUING, LOOKED_EVERY, SENDS, WHAT
from service.wallet.halt import IssuingHalted, NotHalted, SendsHalted, halt, halts_on, resume_values
from service.wallet.logbook import every_note
from service.wallet.operator import SamePerson, approve, propose
from service.wallet.send import quote_send, send_money
from service.wallet.standing import Standing
from service.wallet.unit import Approval, Unit
from service.wallet.watched import Watched
from tests.conftest import DATABASES, opened
from tests.hostile.test_bulk import approved, handed_in, outcomes
from tests.ledger.tamper import tamper
from tests.phone import AGENTS_CODE, PINS, Town

STOPPED = "All payments stand still for now. Nothing was taken"
WITHIN = timedelta(seconds=60)


def stop(town: Town, what: str = SENDS, by: str = "tariq") -> None:
    town.app.transact(lambda unit: halt(unit, country="ke", what=what, why="a drill", by=by))


def on(town: Town) -> list[tuple[str, str]]:
    return sorted((row.country, row.what) for row in town.app.read(halts_on))


def proposed(town: Town, what: str = SENDS, by: str = "tariq") -> int:
    def work(unit: Unit) -> int:
        values = resume_values(unit, country="ke", what=what, why="it was a drill")
        return propose(unit, act="resume", values=values, maker=by).id

    return town.app.transact(work)


def let_go(town: Town, what: str = SENDS) -> None:
    number = proposed(town, what)
    town.app.transact(lambda unit: approve(unit, approval_id=number, checker="teresa"))


def send(town: Town) -> None:
    town.phone("Amina").dial().press("1", "0722000002", "100", PINS["Amina"])


def issue(town: Town, bank_ref: str = "FT 900") -> None:
    values = {"agent": "100024", "amount": 5_000_00, "bank_ref": bank_ref}
    made = town.app.transact(lambda unit: propose(unit, act="issue", values=values, maker="tariq"))
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="teresa"))


def test_C_07_one_stops_payments_at_once_and_two_let_them_go_on(anywhere: Town) -> None:
    """The phone says what, why and what next; whoever stopped it cannot start it alone; all is in the logbook."""
    town, before = anywhere, anywhere.balance("Amina")
    stop(town)
    amina = town.phone("Amina").dial().press("1")
    assert amina.screen.startswith(STOPPED)
    assert amina.over
    assert town.balance("Amina") == before
    number = proposed(town)
    with pytest.raises(SamePerson):
        town.app.transact(lambda unit: approve(unit, approval_id=number, checker="Tariq "))
    assert on(town) == [("ke", SENDS)]
    town.app.transact(lambda unit: approve(unit, approval_id=number, checker="teresa"))
    assert on(town) == []
    send(town)
    assert town.balance("Amina") < before
    said = [(row.staff, row.act) for row in town.app.read(lambda unit: list(every_note(unit)))]
    assert said[4:] == [("tariq", "halt sends"), ("tariq", "make resume"), ("teresa", "approve resume")]


WAYS = {
    "send": lambda town: town.phone("Amina").dial().press("1"),
    "withdraw": lambda town: town.phone("Amina").dial().press("2"),
    "dialled": lambda town: town.phone("Amina").dial(typed="1*0722000002*100"),
    "airtime": lambda town: town.phone("Amina").dial().press("4", "1", "100"),
}


@pytest.mark.parametrize("way", WAYS)
def test_C_07_nothing_goes_out_by_any_key(way: str, town: Town) -> None:
    """Each of these ends in the same words before anything is typed in vain, and takes nothing."""
    before = town.balance("Amina")
    stop(town)
    phone = WAYS[way](town)
    assert STOPPED in phone.screen, phone.screen
    assert town.balance("Amina") == before


def test_C_07_nor_by_sms(town: Town) -> None:
    """A payment asked for by SMS is refused in one message, and one that waits for its code is not paid by it."""
    amina = town.phone("Amina")
    amina.new()
    amina.sms("SEND 100 0722000002")
    (asked,) = amina.new()
    code = next(word for word in asked.replace(".", " ").split() if len(word) == 7 and word.isdigit())
    before = town.balance("Amina")
    stop(town)
    amina.sms(code)
    amina.sms("SEND 50 0722000002")
    texts = amina.new()
    assert [text.startswith(STOPPED) for text in texts] == [True, True], texts
    assert all(len(text) <= 160 for text in texts)
    assert town.balance("Amina") == before
    let_go(town)
    amina.sms(code)
    assert town.balance("Amina") < before, "the payment waited, unharmed"


def test_C_07_a_halt_between_the_quote_and_the_pin_takes_nothing(town: Town) -> None:
    """What is stopped in mid-talk says so after the PIN, and the re-dial does not say that it was done."""
    amina, before = town.phone("Amina").dial().press("1", "0722000002", "100"), town.balance("Amina")
    stop(town)
    amina.press(PINS["Amina"])
    assert amina.screen.startswith(STOPPED)
    assert town.balance("Amina") == before
    assert "DONE" not in amina.dial().screen.replace("NOT DONE", "")


def test_C_07_what_was_paid_before_is_told_as_paid(town: Town) -> None:
    """An entry that is asked for again during a halt is answered as what it is: done."""
    payer = town.person("Amina")
    quote = town.app.transact(lambda unit: quote_send(unit, payer=payer, phone="+254722000002", amount=100_00))
    first = town.app.transact(lambda unit: send_money(unit, payer=payer, quote=quote))
    stop(town)
    again = town.app.transact(lambda unit: send_money(unit, payer=payer, quote=quote))
    assert (again.entry, again.repeated) == (first.entry, True)


def test_C_07_receiving_balance_and_statement_stay(town: Town) -> None:
    """Cash comes in, money that is on its way arrives, what is shown is shown, and the other country pays."""
    before = town.balance("Amina")
    stop(town)
    stop(town, ISSUING)
    agent = town.phone("+254711000010").dial(AGENTS_CODE)
    agent.press("1", "0711000001", "200", PINS["Njeri"])
    assert town.balance("Amina") == before + 200_00, agent.screen
    assert "KES" in town.phone("Amina").dial().press("5").screen
    assert STOPPED not in town.phone("Amina").dial().press("7", "1").screen


def test_C_07_float_stands_still_too_and_is_let_go_by_two(town: Town) -> None:
    """No float is issued while payments go on; and what goes on again is not let go on twice."""
    stop(town, ISSUING)
    with pytest.raises(IssuingHalted):
        issue(town)
    send(town)
    let_go(town, ISSUING)
    issue(town, "FT 901")
    with pytest.raises(NotHalted):
        proposed(town, ISSUING)


def test_C_07_an_older_yes_does_not_end_a_newer_halt(town: Town) -> None:
    """Two people let one halt go on: what was stopped since then stands still."""
    stop(town)
    first, second = proposed(town), proposed(town)
    town.app.transact(lambda unit: approve(unit, approval_id=first, checker="teresa"))
    stop(town, by="rita")
    with pytest.raises(NotHalted):
        town.app.transact(lambda unit: approve(unit, approval_id=second, checker="teresa"))
    assert on(town) == [("ke", SENDS)]


def test_C_07_stopped_twice_is_one_halt(town: Town) -> None:
    """Two people press at one moment: the first one's reason stands."""
    stop(town)
    stop(town, by="rita")
    (row,) = town.app.read(halts_on)
    assert row.by == "tariq"


def test_C_07_other_processes_feel_it_when_they_look_again(anywhere: Town) -> None:
    """A process that knew of no halt asks the rows again after LOOKED_EVERY, and not at each posting."""
    other = make_app(anywhere.settings, store=anywhere.store, now=lambda: anywhere.now)
    payer = anywhere.person("Amina")

    def pay() -> None:
        quote = other.transact(lambda unit: quote_send(unit, payer=payer, phone="+254722000002", amount=10_00))
        other.transact(lambda unit: send_money(unit, payer=payer, quote=quote))

    pay()
    stop(anywhere)
    anywhere.now += LOOKED_EVERY - timedelta(seconds=1)
    pay()
    anywhere.now += timedelta(seconds=1)
    with pytest.raises(SendsHalted):
        pay()


def test_C_07_a_standing_order_waits_and_is_paid_once(town: Town) -> None:
    """Days of standing still are one payment afterwards, and nobody is told meanwhile that it failed."""
    phone = town.phone("Amina").dial(typed="7*11").press("0722000002", "100", "1", "1", PINS["Amina"])
    (row,) = town.app.read(lambda unit: unit.rows.find(Standing))
    town.now = row.next_at
    town.work()
    (row,) = town.app.read(lambda unit: unit.rows.find(Standing))
    before, told = town.balance("Baraka"), len(phone.inbox())
    stop(town)
    for _ in range(3):
        town.wait(days=1)
    assert town.balance("Baraka") == before
    assert not [text for text in phone.inbox()[told:] if "NOT paid" in text]
    let_go(town)
    town.wait(minutes=11)
    assert town.balance("Baraka") == before + 100_00
    town.wait(hours=1)
    assert town.balance("Baraka") == before + 100_00


def test_C_07_wages_wait_with_all_their_lines_and_the_worker_goes_on(town: Town) -> None:
    """A batch that may not be paid now is no job that fails: messages and all other jobs keep their pace."""
    bulk = handed_in(town)
    approved(town, "bulk", bulk)
    stop(town)
    town.work()
    assert set(outcomes(town, bulk)) == {"waiting"}
    let_go(town)
    town.work()
    assert "waiting" not in outcomes(town, bulk)


def past_the_use_cases(town: Town, *moves: Move) -> None:
    def work(unit: Unit) -> None:
        unit.books.post(Entry(id=unit.mint(), reason=moves[0].reason, at=unit.now, moves=moves))

    town.store.transact(lambda tx: work(Unit(tx.books, tx.rows, tx.mint, tx.savepoint, town.app.house, town.now)))


def wait_a_minute(town: Town) -> None:
    """Let the worker come as often as it does in a minute."""
    for _ in range(2):
        town.wait(seconds=WITHIN.total_seconds() / 2)


def assert_halted(town: Town, *said: str) -> None:
    assert on(town) == [(country, what) for country in sorted(town.app.house.packs) for what in sorted(WHAT)]
    whys = {row.why for row in town.app.read(halts_on)}
    assert len(whys) == 1
    assert all(part in next(iter(whys)) for part in said), whys
    assert town.phone("Amina").dial().press("1").screen.startswith(STOPPED)
    with pytest.raises(IssuingHalted):
        issue(town)


def test_L_15_e_money_that_no_two_people_asked_for_halts_everything(anywhere: Town) -> None:
    """Somebody with the service's own password issues float: payments and float stand still within a minute."""
    till = Account("ke", Kind.FLOAT, "100016")
    past_the_use_cases(anywhere, Move(Account("ke", Kind.TRUST), till, 1_000_000_00, Reason.ISSUE))
    wait_a_minute(anywhere)
    assert_halted(anywhere, "issue was never proposed")
    let_go(anywhere)
    send(anywhere)
    wait_a_minute(anywhere)
    assert on(anywhere) == [("ke", ISSUING)], "two people have looked at it: it is not found again"


def test_L_15_more_e_money_than_two_people_approved_halts_everything(town: Town) -> None:
    """A fault issues ten times of what they said yes to: both names and the reference are right, the amount is not."""
    issue(town)
    (row,) = town.app.read(lambda unit: unit.rows.find(Approval, act="issue", newest=True, limit=1))
    town.app.transact(lambda unit: unit.rows.put(replace(row, values={**row.values, "amount": 500_00})))
    wait_a_minute(town)
    assert_halted(town, "issue is of 500000, and 50000 was approved")
    town.app.transact(lambda unit: unit.rows.put(row))  # for the audit that ends each test


def test_L_15_issuing_by_two_with_the_banks_reference_halts_nothing(anywhere: Town) -> None:
    """What was done as it should be is looked into, and nothing stands still."""
    issue(anywhere)
    send(anywhere)
    wait_a_minute(anywhere)
    assert on(anywhere) == []
    last = anywhere.app.read(lambda unit: unit.books.last_seal())
    seen = anywhere.app.read(lambda unit: unit.rows.get(Watched, "books"))
    assert last is not None
    assert seen is not None
    assert seen.seal == last.number, "it was looked at"


def unguarded(entry: Entry, balances: Mapping[Account, int], counters: Mapping[str, int]) -> After:
    """Decide as apply() does, and never that somebody has too little: the fault that let customers draw what they did
    not have, for hours.
    """
    lent = {move.source: 10**12 for move in entry.moves}
    after = apply(entry, {account: held + lent.get(account, 0) for account, held in balances.items()}, counters)
    return After({one: left - lent.get(one, 0) for one, left in after.balances.items()}, after.counters)


def test_L_14_where_the_check_of_what_is_there_is_broken_payments_stop(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release lets Amina draw more than she has: within a minute nobody sends any more."""
    monkeypatch.setattr("service.storage.memory_books.apply", unguarded)
    amina, baraka = (Account("ke", Kind.WALLET, str(town.person(who).id)) for who in ("Amina", "Baraka"))
    past_the_use_cases(town, Move(amina, baraka, 3_000_00, Reason.SEND))
    wait_a_minute(town)
    assert_halted(town, "leaves -1000")
    monkeypatch.undo()
    past_the_use_cases(town, Move(baraka, amina, 3_000_00, Reason.SEND))  # for the audit that ends each test


@pytest.mark.parametrize("engine", DATABASES)
def test_L_14_money_written_into_a_balance_stops_payments_when_it_moves(engine: str, on_disk_url: str) -> None:
    """Who keeps the database adds a thousand to a wallet: when it is spent the line does not follow the one before."""
    town = Town(store=opened(on_disk_url))
    wait_a_minute(town)
    amina = Account("ke", Kind.WALLET, str(town.person("Amina").id))
    tamper(engine, on_disk_url, f"UPDATE accounts SET balance = balance + 100000 WHERE id = '{amina}'")
    assert on(town) == []
    send(town)
    wait_a_minute(town)
    assert_halted(town, f"{amina} had ", "and is said to have")
    town.store.close()


@pytest.mark.parametrize("engine", DATABASES)
def test_L_16_seals_that_are_cut_off_are_missed_by_the_watch(engine: str, on_disk_url: str) -> None:
    """The newest seal is taken away with what it covers: the watch remembers that it was there."""
    town = Town(store=opened(on_disk_url))
    send(town)
    wait_a_minute(town)
    last = town.app.read(lambda unit: unit.books.last_seal())
    assert last is not None
    gone = [f"DELETE FROM {table} WHERE {column} = {last.number}" for table, column in CUT]
    tamper(engine, on_disk_url, *gone)
    wait_a_minute(town)
    assert_halted(town, f"seal {last.number}")
    town.store.close()


CUT = (("sealed", "seal"), ("seals", "number"))


@pytest.fixture
def on_disk_url(engine: str, request: pytest.FixtureRequest) -> str:
    """The address of an empty database of the engine in turn."""
    return str(request.getfixturevalue(f"{engine}_url"))
