"""A first payment waits and can be taken back: what is held, what comes home, what arrives, and who was told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.ledger.entry import Move, NotEnough, TooFull
from service.ledger.post import NotReversible, held_by, resolves, reverses
from service.wallet.audit import audit_all
from service.wallet.limits import ceiling_of
from service.wallet.operator import approve, propose
from service.wallet.receipt import Receipt
from service.wallet.send import Quote, has_paid, just_paid, quote_send, send_money
from service.wallet.statement import check_reference, state_of, statement
from service.wallet.undo import (
    NothingToUndo,
    TooLateToUndo,
    can_undo,
    may_mean_another,
    settle_due,
    settle_due_of,
    take_back,
)
from service.wallet.unit import Agent, Paid, Pending, Person, Unit
from tests.wallet.village import ACHIENG, AMINA, BARAKA, CODE_KEY, FEES, TAX, Overheard, Village, person, ref, wallet

COUNTER = f"out:{AMINA.id}:2026-11-22"


@pytest.fixture(autouse=True)
def _undo_is_on(village: Village) -> None:
    village.pack(undo_seconds=300)
    village.give(AMINA, 2000_00)


def quoted(village: Village, amount: int = 500_00, payee: Person = BARAKA, payer: Person = AMINA) -> Quote:
    return village.do(lambda unit: quote_send(unit, payer=payer, phone=payee.phone, amount=amount))


def sent(village: Village, quote: Quote, payer: Person = AMINA) -> Receipt:
    return village.do(lambda unit: send_money(unit, payer=payer, quote=quote))


def waiting(village: Village, amount: int = 500_00, payee: Person = BARAKA) -> Pending:
    """Pay somebody new and return the row, its messages read."""
    quote = quoted(village, amount, payee)
    sent(village, quote)
    village.told()
    return next(row for row in village.rows(Pending) if row.id == quote.entry)


def taken(village: Village, row: Pending, payer: Person = AMINA) -> Receipt:
    return village.do(lambda unit: take_back(unit, payer, row.id))[1]


def sound(village: Village) -> None:
    report = village.do(lambda unit: audit_all(unit, seal_key=CODE_KEY))
    assert [one for one in report.problems if one.check not in ("everybody_was_told", "two_people_asked")] == []


def test_a_first_payment_is_held_whole_and_both_are_told(village: Village) -> None:
    quote = quoted(village)
    assert (quote.undo, quote.total) == (300, 507_00)
    receipt = sent(village, quote)
    assert receipt == Receipt(quote.entry, ref(quote.entry), village.now, 1493_00, False)
    until, held = village.now + timedelta(seconds=300), held_by("ke", quote.entry)
    moves = (Move(wallet(AMINA), held, 507_00, Reason.HOLD),)
    assert village.entry(quote.entry) == Recorded(quote.entry, Reason.SEND, village.now, moves, None)
    assert (village.balance(wallet(BARAKA)), village.used(COUNTER)) == (0, 500_00)
    assert village.rows(Pending) == [
        Pending(
            id=quote.entry,
            payer=AMINA.id,
            payee=BARAKA.id,
            amount=500_00,
            fee=6_09,
            excise=91,
            levy=0,
            settles_at=until,
        )
    ]
    common = {"reference": ref(quote.entry), "amount": 500_00, "until": until.isoformat()}
    paid = {"name": "BARAKA M", "number": "0722***002", "fee": 7_00, "levy": 0, "balance": 1493_00}
    comes = {"name": "AMINA O", "number": "0711***001"}
    assert village.said() == [
        (AMINA.phone, "on_its_way", common | paid, quote.entry, None),
        (BARAKA.phone, "coming", common | comes, quote.entry, None),
    ]
    assert village.rows(Paid) == []
    before = village.everything()
    assert sent(village, quote) == receipt._replace(repeated=True)
    assert village.everything() == before
    sound(village)


def test_what_is_taken_back_comes_home_whole_with_its_limit(village: Village) -> None:
    row = waiting(village)
    village.now = row.settles_at - timedelta(microseconds=1)
    assert village.do(lambda unit: can_undo(unit, AMINA)) == [row]
    receipt = taken(village, row)
    assert (receipt.balance, village.used(COUNTER)) == (2000_00, 0)
    moves = (Move(held_by("ke", row.id), wallet(AMINA), 507_00, Reason.RELEASE),)
    assert village.entry(receipt.entry) == Recorded(receipt.entry, Reason.UNDO, village.now, moves, resolves(row.id))
    at = village.now.isoformat()
    back = {"reference": receipt.reference, "amount": 507_00, "name": "BARAKA M", "balance": 2000_00, "at": at}
    gone = {"reference": ref(row.id), "amount": 500_00, "name": "AMINA O", "at": at}
    assert village.said() == [
        (AMINA.phone, "taken_back", back, receipt.entry, None),
        (BARAKA.phone, "not_coming", gone, receipt.entry, None),
    ]
    assert village.do(lambda unit: can_undo(unit, AMINA)) == []
    before = village.everything()
    assert taken(village, row) == receipt._replace(repeated=True)
    village.later(days=1)
    assert village.do(settle_due) == 0
    assert village.everything() == before
    assert quoted(village).undo == 300, "what was taken back has not made a known person"
    sound(village)


@pytest.mark.parametrize("who", ["the worker", "the payee"])
def test_it_arrives_by_itself(village: Village, who: str) -> None:
    """Whoever comes first when the time is over: fee and tax are paid only now, and the payee is known from now on."""
    row = waiting(village)

    def pull() -> None:
        if who == "the worker":
            village.do(settle_due)
        else:
            village.do(lambda unit: settle_due_of(unit, BARAKA))

    village.now = row.settles_at - timedelta(microseconds=1)
    before = village.everything()
    pull()
    assert village.everything() == before
    village.now = row.settles_at
    assert village.do(lambda unit: can_undo(unit, AMINA)) == []
    pull()
    assert [village.balance(one) for one in (wallet(AMINA), wallet(BARAKA), FEES, TAX)] == [1493_00, 500_00, 6_09, 91]
    ((phone, key, values, entry_id, _),) = village.said()
    got = {"reference": ref(row.id), "amount": 500_00, "name": "AMINA O", "number": "0711***001", "balance": 500_00}
    said = got | {"at": village.now.isoformat(), "cash": 29_00}
    assert (phone, key, values) == (BARAKA.phone, "received", said)
    assert entry_id is not None
    entry = village.entry(entry_id)
    assert entry is not None
    assert (entry.reason, entry.once) == (Reason.SETTLE, resolves(row.id))
    assert village.rows(Paid) == [Paid(payer=AMINA.id, payee=BARAKA.id, times=1, last_at=village.now)]
    before = village.everything()
    pull()
    with village.refuses(TooLateToUndo):
        taken(village, row)
    assert village.everything() == before
    assert quoted(village).undo == 0
    sound(village)


def test_L_12_what_should_have_arrived_cannot_be_taken_back_though_no_worker_came(village: Village) -> None:
    """Time decides, not the worker; and a clock that is put back takes nothing away from the payee."""
    row = waiting(village)
    village.now = row.settles_at
    with village.refuses(TooLateToUndo):
        taken(village, row)
    village.do(settle_due)
    village.later(hours=-1)
    with village.refuses(TooLateToUndo):
        taken(village, row)


def test_only_the_payer_takes_back(village: Village) -> None:
    row = waiting(village)
    with village.refuses(NothingToUndo):
        taken(village, row, payer=BARAKA)
    with village.refuses(NothingToUndo):
        taken(village, replace(row, id=row.id + 1))


def test_F_06_what_a_shop_was_paid_is_not_taken_back(village: Village) -> None:
    """Goods may have been given for it; and where the window is off, nothing waits."""
    assert quoted(village, payee=ACHIENG).undo == 0
    village.pack(undo_seconds=0)
    assert quoted(village).undo == 0


def test_T_06_pay_and_undo_gives_no_headroom(village: Village) -> None:
    """What was counted is given back to the day on which it was counted, not more, and not to another day."""
    village.tier(day=600_00)
    village.pack(undo_seconds=300, tiers=village.house.packs["ke"].tiers)
    for _ in range(3):
        taken(village, waiting(village))
        assert village.used(COUNTER) == 0
    village.later(hours=11, minutes=58)  # two minutes before midnight in Nairobi
    row = waiting(village, 600_00)
    village.later(minutes=4)
    taken(village, row)
    assert (village.used(COUNTER), village.used(f"out:{AMINA.id}:2026-11-23")) == (0, 0)


@pytest.mark.parametrize("why", ["closed", "full"])
def test_L_19_who_cannot_receive_leaves_it_with_the_payer(village: Village, why: str) -> None:
    """A wallet that is closed or full when the money should arrive: it goes back, fee and all, and both are told."""
    row = waiting(village)
    if why == "closed":
        village.change(BARAKA, state="closed")
    else:
        village.give(BARAKA, 99_501_00)
    village.now = row.settles_at
    village.do(settle_due)
    assert (village.balance(wallet(AMINA)), village.used(COUNTER)) == (2000_00, 0)
    assert [(one.phone, one.key) for one in village.told()] == [
        (AMINA.phone, "came_back"),
        (BARAKA.phone, "not_taken"),
    ]
    assert (village.rows(Pending)[0].state, village.rows(Paid)) == ("returned", [])
    assert village.do(lambda unit: check_reference(unit, ref(row.id))).state == "taken_back"
    sound(village)


def test_a_wallet_that_is_full_already_is_refused_at_once(village: Village) -> None:
    village.give(BARAKA, 99_500_01)
    quote = quoted(village)
    with village.refuses(TooFull, room=499_99):
        sent(village, quote)


def test_what_may_come_back_counts_for_the_payers_ceiling(village: Village) -> None:
    most = village.house.packs["ke"].tiers[2].balance
    row = waiting(village)
    assert village.do(lambda unit: ceiling_of(unit, AMINA)).most == most - 507_00
    assert village.do(lambda unit: ceiling_of(unit, BARAKA)).most == village.house.packs["ke"].tiers[1].balance
    taken(village, row)
    assert village.do(lambda unit: ceiling_of(unit, AMINA)).most == most


def test_the_payee_cannot_spend_it_yet(village: Village) -> None:
    waiting(village)
    with village.refuses(NotEnough, balance=0, total=100_00):
        quoted(village, 100_00, payee=ACHIENG, payer=BARAKA)


def test_W_05_the_same_payment_again_is_asked_about_unless_it_was_taken_back(village: Village) -> None:
    """A first payment that waits is found like one that has arrived."""
    pack = village.house.packs["ke"]
    row = waiting(village)

    def found(quote: Quote) -> object:
        return village.do(lambda unit: just_paid(unit, AMINA, quote, pack, unit.books.lines(wallet(AMINA), limit=12)))

    again = quoted(village)
    assert found(again) == {"reference": ref(row.id)}
    assert found(again._replace(amount=500_01)) is None
    assert found(again._replace(payee=ACHIENG.id)) is None
    village.later(seconds=pack.repeat_window_seconds)
    assert found(again) is not None
    village.later(microseconds=1)
    assert found(again) is None
    village.later(microseconds=-1)
    taken(village, row)
    assert found(again) is None


def test_a_person_reads_one_payment_by_one_name(village: Village) -> None:
    """The hold and its arrival are one line for each, under the same reference; what was taken back is two lines."""
    row = waiting(village)
    recorded = village.entry(row.id)
    assert recorded is not None

    def lines(who: Person) -> list[tuple[str, int, str, Reason]]:
        items = village.do(lambda unit: statement(unit, wallet(who)))
        return [(one.reference, one.amount, one.other, one.reason) for one in items][:2]

    def state() -> str:
        return village.do(lambda unit: state_of(unit, recorded))

    payment = (ref(row.id), -507_00, BARAKA.name, Reason.SEND)
    assert (lines(AMINA)[0], lines(BARAKA), state()) == (payment, [], "on_its_way")
    checked = village.do(lambda unit: check_reference(unit, ref(row.id)))
    assert (checked.amount, checked.parties, checked.until) == (500_00, ("A O", "B M"), row.settles_at)
    village.now = row.settles_at
    # Nobody may read that the sender can still take it back, though the worker has not come.
    assert village.do(lambda unit: check_reference(unit, ref(row.id))).state == "done"
    village.do(settle_due)
    assert (lines(AMINA)[0], state()) == (payment, "done")
    assert lines(BARAKA) == [(ref(row.id), 500_00, AMINA.name, Reason.SETTLE)]
    arrived = village.told()[0].entry
    assert arrived is not None
    assert village.do(lambda unit: check_reference(unit, ref(arrived))).reference == ref(row.id)


def test_L_09_what_has_arrived_is_reversed_whole_and_once(village: Village) -> None:
    """By either of its names; what still waits is sent back whole, and what was sent back is not reversed again."""
    stopped = waiting(village)

    def undo(entry: int) -> None:
        made = village.do(lambda unit: propose(unit, act="reverse", values={"entry": entry}, maker="njeri"))
        village.do(lambda unit: approve(unit, approval_id=made.id, checker="otieno"))

    undo(stopped.id)
    assert village.balance(wallet(AMINA)) == 2000_00
    with pytest.raises(NotReversible):
        undo(stopped.id)
    row = waiting(village)
    village.now = row.settles_at
    village.told()
    village.do(settle_due)
    arrived = village.told()[0].entry
    assert arrived is not None
    undo(arrived)
    assert [village.balance(one) for one in (wallet(AMINA), wallet(BARAKA), FEES, TAX)] == [2000_00, 0, 0, 0]
    assert [(one.key, one.values["amount"]) for one in village.told()] == [("reversed", 500_00)] * 2
    assert village.do(lambda unit: unit.books.entry_once(reverses(row.id))) is not None
    assert village.do(lambda unit: check_reference(unit, ref(row.id))).state == "reversed"
    sound(village)
    assert village.do(lambda unit: has_paid(unit, AMINA, BARAKA.id))


def crowd(village: Village) -> Person:
    """Let one more person be there, who has paid nobody."""
    one = person(910, "Chebet Rono", "+254733000010")

    def come(unit: Unit) -> None:
        unit.rows.add(one)
        unit.books.open(wallet(one))

    village.do(come)
    return one


def test_F_06_what_can_be_taken_back_is_one_s_own_newest_first_and_no_shop_s(village: Village) -> None:
    """What was held for a shop because a rule says so is listed nowhere and comes back to nobody by a key."""
    chebet = crowd(village)
    village.give(BARAKA, 500_00)
    rows = [waiting(village, 100_00), waiting(village, 200_00, chebet)]
    sent(village, quoted(village, 50_00, chebet, BARAKA), BARAKA)
    assert village.do(lambda unit: can_undo(unit, AMINA)) == rows[::-1]
    shop = Agent(number="100032", person=chebet.id, name=chebet.name, place="Nakuru")
    village.do(lambda unit: unit.rows.add(shop))
    assert village.do(lambda unit: can_undo(unit, AMINA)) == rows[:1]
    with village.refuses(NothingToUndo):
        taken(village, rows[1])
    assert taken(village, rows[0]).balance == 2000_00 - rows[1].held


def test_each_payment_arrives_in_a_commit_of_its_own_and_to_whom_looks_only_theirs(village: Village) -> None:
    chebet = crowd(village)
    first, second, third = waiting(village, 100_00), waiting(village, 200_00, chebet), waiting(village, 300_00)
    village.now = third.settles_at
    village.do(lambda unit: settle_due_of(unit, chebet))
    assert [row.state for row in village.rows(Pending)] == ["waiting", "settled", "waiting"]
    assert [village.do(settle_due) for _ in range(3)] == [1, 1, 0]
    assert village.balance(wallet(BARAKA)) == first.amount + third.amount
    assert village.balance(wallet(chebet)) == second.amount


def test_L_08_who_looks_while_the_worker_settles_is_paid_once(village: Village) -> None:
    """The row is asked again under its lock: it may have arrived since it was found."""
    row = waiting(village)
    village.now = row.settles_at

    def look(unit: Unit) -> None:
        between = Overheard(unit)
        between.before_lock = lambda: settle_due(unit)
        settle_due_of(between.unit, BARAKA)

    village.do(look)
    assert village.balance(wallet(BARAKA)) == row.amount
    assert [one.key for one in village.told()] == ["received"]


def test_a_word_that_names_no_payment_may_mean_what_could_be_taken_back_of_late(village: Village) -> None:
    """Another that waits, one that arrived within the quarter of an hour before, or one that was made since."""
    chebet = crowd(village)

    def doubtful(row: Pending) -> bool:
        return village.do(lambda unit: may_mean_another(unit, AMINA, row))

    first = waiting(village, 100_00)
    assert not doubtful(first)
    village.now = first.settles_at
    village.do(settle_due)
    second = waiting(village, 100_00, chebet)
    village.now = first.settles_at + timedelta(minutes=15) - timedelta(microseconds=1)
    assert doubtful(second)
    village.later(microseconds=1)
    assert not doubtful(second)
    third = quoted(village, 70_00)
    assert third.undo == 0
    sent(village, third)
    assert doubtful(second), "the newest payment is another"


def test_what_was_received_or_paid_for_cash_is_not_what_a_word_may_mean(village: Village) -> None:
    village.give(BARAKA, 500_00)
    row = waiting(village, 100_00, crowd(village))
    sent(village, quoted(village, 50_00, AMINA, BARAKA)._replace(undo=0), BARAKA)
    village.post((wallet(AMINA), FEES, 1, Reason.FEE))
    assert not village.do(lambda unit: may_mean_another(unit, AMINA, row))
