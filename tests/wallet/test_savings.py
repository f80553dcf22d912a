"""Savings: what goes into a pot and comes out, until when it is locked, and what it counts for."""

from datetime import datetime

import pytest

from service.ledger.books import Recorded
from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account, Move, NotEnough, TooFull
from service.wallet.audit import audit_all
from service.wallet.calendar import DayOutOfReach
from service.wallet.close import close_wallet
from service.wallet.forgotten import at_stake
from service.wallet.limits import ceiling_of
from service.wallet.notice import stop_news
from service.wallet.owned import Owned, owned_accounts
from service.wallet.pin import WalletBlocked
from service.wallet.pot import Pot
from service.wallet.savings import (
    BadPotName,
    NoPot,
    PotLocked,
    Saving,
    StillSaved,
    TooManyPots,
    close_pot,
    lock_day,
    open_pot,
    pots_of,
    quote_save,
    quote_take_out,
    read_pot_name,
    save,
    take_out,
    tell_unlocked,
)
from service.wallet.send import quote_send, send_money
from service.wallet.statement import check_reference, statement
from service.wallet.unit import Person
from tests.wallet.village import AMINA, BARAKA, CODE_KEY, PACK, Village, ref, wallet


@pytest.fixture(autouse=True)
def _money(village: Village) -> None:
    village.give(AMINA, 2000_00)


def opened(village: Village, name: str = "School fees", *, goal: int = 3000_00, until: str = "") -> Pot:
    return village.do(lambda unit: open_pot(unit, person_id=AMINA.id, name=name, goal=goal, until=until))


def locked(village: Village, until: str = "2026-12-01") -> Pot:
    return opened(village, "Seeds", goal=0, until=until)


def account(pot: Pot) -> Account:
    return Account("ke", Kind.POT, str(pot.id))


def saved(village: Village, pot: Pot, amount: int, owner: Person = AMINA) -> Saving:
    made = village.do(lambda unit: quote_save(unit, owner=owner, pot_id=pot.id, amount=amount))
    village.do(lambda unit: save(unit, owner=owner, saving=made))
    return made


def taken(village: Village, pot: Pot, amount: int) -> Saving:
    made = village.do(lambda unit: quote_take_out(unit, owner=AMINA, pot_id=pot.id, amount=amount))
    village.do(lambda unit: take_out(unit, owner=AMINA, saving=made))
    return made


def held(village: Village, pot: Pot) -> int:
    (row,) = [one for one in village.rows(Pot) if one.id == pot.id]
    assert row.held == village.balance(account(pot)), "the row says what the books say"
    return row.held


def test_money_goes_into_a_pot_in_one_entry_free_and_counted_on_no_limit(village: Village) -> None:
    pot = opened(village)
    made = village.do(lambda unit: quote_save(unit, owner=AMINA, pot_id=pot.id, amount=1200_00))
    assert made == Saving(made.entry, pot.id, "School fees", 1200_00)
    village.told()
    receipt = village.do(lambda unit: save(unit, owner=AMINA, saving=made))
    moves = (Move(wallet(AMINA), account(pot), 1200_00, Reason.SAVE),)
    assert village.entry(made.entry) == Recorded(made.entry, Reason.SAVE, village.now, moves, None)
    assert (receipt.balance, held(village, pot)) == (800_00, 1200_00)
    assert village.used(f"out:{AMINA.id}:2026-11-22") == 0
    said = {"reference": ref(made.entry), "amount": 1200_00, "pot": "School fees", "in_pot": 1200_00}
    said |= {"missing": 1800_00, "balance": 800_00, "at": village.now.isoformat()}
    assert village.said() == [(AMINA.phone, "saved", said, made.entry, None)]
    before = village.everything()
    again = village.do(lambda unit: save(unit, owner=AMINA, saving=made))
    assert (again, village.everything()) == (receipt._replace(repeated=True), before)


def test_money_comes_out_again_once_and_nothing_is_missing_above_the_goal(village: Village) -> None:
    pot = opened(village, goal=1000_00)
    saved(village, pot, 1200_00)
    village.told()
    made = village.do(lambda unit: quote_take_out(unit, owner=AMINA, pot_id=pot.id, amount=100_00))
    receipt = village.do(lambda unit: take_out(unit, owner=AMINA, saving=made))
    assert village.do(lambda unit: take_out(unit, owner=AMINA, saving=made)) == receipt._replace(repeated=True)
    assert (receipt.balance, held(village, pot)) == (900_00, 1100_00)
    ((phone, key, said, entry, _),) = village.said()
    assert (phone, key, said["missing"], entry) == (AMINA.phone, "taken_out", 0, made.entry)


def test_no_more_than_there_is(village: Village) -> None:
    pot = opened(village)
    with village.refuses(NotEnough, balance=2000_00, total=2000_01):
        saved(village, pot, 2000_01)
    saved(village, pot, 2000_00)
    with village.refuses(NotEnough, balance=2000_00, total=2000_01):
        taken(village, pot, 2000_01)
    first, second = (
        village.do(lambda unit: quote_take_out(unit, owner=AMINA, pot_id=pot.id, amount=1500_00)) for _ in "12"
    )
    village.do(lambda unit: take_out(unit, owner=AMINA, saving=first))
    with village.refuses(NotEnough, balance=500_00, total=1500_00):
        village.do(lambda unit: take_out(unit, owner=AMINA, saving=second))


def test_a_locked_pot_opens_at_midnight_of_the_country(village: Village) -> None:
    pot = locked(village)
    saved(village, pot, 300_00)
    unlocks = {"unlocks": "2026-12-01T00:00:00+03:00"}
    with village.refuses(PotLocked, **unlocks):
        taken(village, pot, 300_00)
    village.now = datetime.fromisoformat("2026-11-30T23:59:59+03:00")
    with village.refuses(PotLocked, **unlocks):
        taken(village, pot, 300_00)
    village.now = datetime.fromisoformat("2026-12-01T00:00:00+03:00")
    taken(village, pot, 300_00)
    assert held(village, pot) == 0


def test_the_owner_is_told_once_when_a_lock_is_over(village: Village) -> None:
    """In the morning of that day, by the worker, however late it comes; a goal has no day, a closed pot no news."""
    opened(village)
    pot, closed = locked(village), locked(village)
    saved(village, pot, 100_00)
    village.do(lambda unit: close_pot(unit, AMINA, closed.id))
    village.told()
    village.now = datetime.fromisoformat("2026-12-01T07:59:59+03:00")
    assert (village.do(tell_unlocked), village.told()) == (0, [])
    village.later(seconds=1)
    assert village.do(tell_unlocked) == 1
    values = {"pot": "Seeds", "in_pot": 100_00, "service_code": PACK.people_code}
    assert village.said() == [(AMINA.phone, "pot_open", values, None, None)]
    village.later(days=3)
    assert (village.do(tell_unlocked), village.told()) == (0, [])
    taken(village, pot, 100_00)


def test_who_said_stop_is_not_told_that_a_lock_is_over(village: Village) -> None:
    locked(village)
    village.do(lambda unit: stop_news(unit, AMINA.phone))
    village.now = datetime.fromisoformat("2026-12-02T12:00:00+03:00")
    assert (village.do(tell_unlocked), village.told()) == (1, [])


def test_L_12_a_clock_that_goes_back_between_quote_and_pin_locks_it_again(village: Village) -> None:
    """What decides is the day on which the money would move."""
    pot = locked(village)
    saved(village, pot, 300_00)
    village.later(days=9)
    made = village.do(lambda unit: quote_take_out(unit, owner=AMINA, pot_id=pot.id, amount=300_00))
    village.later(days=-9)
    with village.refuses(PotLocked, unlocks="2026-12-01T00:00:00+03:00"):
        village.do(lambda unit: take_out(unit, owner=AMINA, saving=made))


def test_the_day_of_a_lock_is_ahead_and_within_reach(village: Village) -> None:
    assert f"{village.do(lambda unit: lock_day(unit, AMINA, '--11-22'))}" == "2027-11-22"
    village.pack(longest_lock_days=30)
    reach = {"earliest": "2026-11-23T00:00:00+03:00", "latest": "2026-12-22T00:00:00+03:00"}
    for text in ("2026-11-22", "2026-12-23"):
        with village.refuses(DayOutOfReach, **reach):
            village.do(lambda unit, text=text: lock_day(unit, AMINA, text))  # type: ignore[misc]
    assert f"{village.do(lambda unit: lock_day(unit, AMINA, '2026-12-22'))}" == "2026-12-22"


def test_savings_count_for_the_largest_balance_and_always_find_their_way_back(village: Village) -> None:
    village.tier(balance=2500_00)
    pot = opened(village)
    saved(village, pot, 1800_00)
    assert village.do(lambda unit: ceiling_of(unit, AMINA)).most == 700_00
    village.give(BARAKA, 1000_00)
    quote = village.do(lambda unit: quote_send(unit, payer=BARAKA, phone=AMINA.phone, amount=501_00))
    with village.refuses(TooFull, room=500_00):
        village.do(lambda unit: send_money(unit, payer=BARAKA, quote=quote))
    village.tier(balance=100_00)
    taken(village, pot, 1800_00)
    assert village.balance(wallet(AMINA)) == 2000_00


def test_savings_are_what_a_thief_of_the_pin_could_take(village: Village) -> None:
    pot = opened(village)
    saved(village, pot, 1800_00)
    assert village.do(lambda unit: at_stake(unit, AMINA)) == 2000_00


def test_nobody_else_has_anything_to_do_with_a_pot(village: Village) -> None:
    pot = opened(village)
    saved(village, pot, 100_00)
    village.give(BARAKA, 100_00)
    theirs = Saving(1, pot.id, "School fees", 10_00)
    for act in (
        lambda: village.do(lambda unit: quote_save(unit, owner=BARAKA, pot_id=pot.id, amount=10_00)),
        lambda: village.do(lambda unit: quote_take_out(unit, owner=BARAKA, pot_id=pot.id, amount=10_00)),
        lambda: village.do(lambda unit: save(unit, owner=BARAKA, saving=theirs)),
        lambda: village.do(lambda unit: take_out(unit, owner=BARAKA, saving=theirs)),
        lambda: village.do(lambda unit: close_pot(unit, BARAKA, pot.id)),
    ):
        with village.refuses(NoPot):
            act()


def test_a_blocked_wallet_saves_nothing_and_takes_nothing_out(village: Village) -> None:
    pot = opened(village)
    saved(village, pot, 100_00)
    amina = village.change(AMINA, state="blocked")
    for mint in (quote_save, quote_take_out):
        with village.refuses(WalletBlocked, help_line=PACK.help_line):
            village.do(lambda unit, mint=mint: mint(unit, owner=amina, pot_id=pot.id, amount=10_00))  # type: ignore[misc]


def test_a_pot_closes_empty_and_a_wallet_only_when_nothing_is_saved(village: Village) -> None:
    pot, other = opened(village), locked(village, "2027-01-01")
    saved(village, pot, 2000_00)
    with village.refuses(StillSaved, in_pot=2000_00):
        village.do(lambda unit: close_pot(unit, AMINA, pot.id))
    with village.refuses(StillSaved, in_pot=2000_00):
        village.do(lambda unit: close_wallet(unit, AMINA.id))
    taken(village, pot, 2000_00)
    village.do(lambda unit: close_pot(unit, AMINA, pot.id))
    with village.refuses(NoPot):
        village.do(lambda unit: close_pot(unit, AMINA, pot.id))
    village.post((wallet(AMINA), wallet(BARAKA), 2000_00, Reason.SEND))
    village.do(lambda unit: close_wallet(unit, AMINA.id))
    assert [(row.id, row.name, row.state) for row in village.rows(Pot)] == [
        (pot.id, "", "closed"),
        (other.id, "", "closed"),
    ]


def test_there_are_as_many_pots_as_the_pack_says(village: Village) -> None:
    pots = [opened(village) for _ in range(PACK.most_pots)]
    with village.refuses(TooManyPots, most_pots=5):
        opened(village)
    village.do(lambda unit: close_pot(unit, AMINA, pots[0].id))
    opened(village)


@pytest.mark.parametrize(("typed", "name"), [("  School   fees ", "School fees"), ("Ng'ombe 2", "Ng'ombe 2")])
def test_a_pot_is_called_what_its_owner_likes(typed: str, name: str) -> None:
    assert read_pot_name(typed) == name


@pytest.mark.parametrize("typed", ["", "1", "98", "a", "12345", "x" * 13, "a{b}"])
def test_what_is_no_name(typed: str) -> None:
    with pytest.raises(BadPotName):
        read_pot_name(typed)


def test_statements_receipts_and_the_operator_know_it(village: Village) -> None:
    pot = opened(village)
    made = saved(village, pot, 100_00)
    item = village.do(lambda unit: statement(unit, wallet(AMINA)))[0]
    assert (item.amount, item.other_shown, item.reference) == (-100_00, "School fees", ref(made.entry))
    checked = village.do(lambda unit: check_reference(unit, ref(made.entry)))
    assert (checked.amount, checked.parties, checked.state) == (100_00, ("A O", "S F"), "done")
    assert Owned(account(pot), AMINA.phone, 100_00) in village.do(owned_accounts)


def test_the_audit_finds_a_pot_that_says_something_else_than_the_books(village: Village) -> None:
    pot = opened(village)
    saved(village, pot, 100_00)

    def found() -> list[tuple[str, str]]:
        report = village.do(lambda unit: audit_all(unit, seal_key=CODE_KEY))
        return [(one.where, one.detail) for one in report.problems if one.check == "pots_hold_what_they_say"]

    assert found() == []
    (row,) = village.rows(Pot)
    village.change(row, held=99_99)
    assert found() == [(str(account(pot)), "holds 10000, a pot that is open says 9999")]
    village.change(row, state="closed")
    assert found() == [(str(account(pot)), "holds 10000, a pot that is closed says 10000")]
    village.do(lambda unit: unit.books.open(Account("ke", Kind.POT, "7")))
    assert ("ke:pot:7", "belongs to no pot") in found()


def test_everybody_has_their_own_pots(village: Village) -> None:
    mine = opened(village)
    hers = village.do(lambda unit: open_pot(unit, person_id=BARAKA.id, name="Seeds", goal=5_00, until=""))
    assert village.do(lambda unit: pots_of(unit, AMINA)) == [mine]
    assert village.do(lambda unit: pots_of(unit, BARAKA)) == [hers]
    village.do(lambda unit: close_pot(unit, AMINA, mine.id))
    assert village.do(lambda unit: pots_of(unit, AMINA)) == []
