"""Taking back and arriving, pulled at by many hands at one instant, with answers lost on the way."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from service.refusal import Refusal
from service.wallet.audit import audit_all
from service.wallet.operator import approve, propose
from service.wallet.reversal import free_due, give_back, keep
from service.wallet.undo import settle_due, take_back
from service.wallet.unit import Case, Pending
from tests.hostile.crowd import at_once
from tests.phone import AGENTS_CODE, PINS, Town

RACERS = 50


def test_L_08_fifty_racers_over_one_payment_that_waits(anywhere: Town) -> None:
    """Half take it back in its last moment, half let it arrive: one wins, the rest hear the same or a named refusal."""
    town, amina = anywhere, anywhere.person("Amina")
    phone = town.phone("Amina").dial().press("1", "0733000003", "500", PINS["Amina"])
    assert phone.over, phone.screen
    (row,) = town.app.read(lambda unit: unit.rows.find(Pending, payer=amina.id))
    late = row.settles_at + timedelta(seconds=1)

    def undo() -> str:
        try:
            _, receipt = town.app.transact(lambda unit: take_back(unit, amina, row.id))
        except Refusal as no:
            return no.code
        return "again" if receipt.repeated else "back"

    def settle() -> str:
        return f"arrived {town.app.transact(lambda unit: settle_due(replace(unit, now=late)))}"

    racers: list[Callable[[], str]] = [undo, settle] * (RACERS // 2)
    outcomes = Counter(at_once(racers))
    won = "back" if outcomes["back"] else "arrived 1"
    assert outcomes[won] == 1, outcomes
    lost = {"again", "arrived 0"} if won == "back" else {"too_late_to_undo", "arrived 0"}
    assert set(outcomes) <= {won, *lost}, outcomes
    assert (town.balance("Amina"), town.balance("Chebet")) == ((200000, 8000) if won == "back" else (149300, 58000))
    report = town.app.read(lambda unit: audit_all(unit, seal_key=town.app.seal_key))
    assert report.sound, report.problems


def test_W_05_an_undo_whose_answer_was_lost_is_told_and_not_done_twice(town: Town) -> None:
    """The repeated hop reads the same, the next dial says what happened, and CHECK says that it never arrived."""
    phone = town.phone("Amina").dial().press("1", "0733000003", "500", PINS["Amina"])
    town.wait(minutes=1)
    phone.dial().press("99")
    said = phone.screen
    phone.hop()
    assert phone.screen == said
    assert town.balance("Amina") == 200000
    phone.dial()
    assert phone.screen.startswith("TAKEN BACK: KES 507 for CHEBET R, ")
    assert "99 " not in phone.screen


def test_W_05_the_next_dial_never_says_done_of_what_was_taken_back(town: Town) -> None:
    """The screen of the payment was lost, and it was then taken back by SMS."""
    phone = town.phone("Amina").dial().press("1", "0733000003", "500", PINS["Amina"])
    assert phone.dial().screen.startswith("DONE: KES 500 to CHEBET R")
    phone.end("Incomplete")
    phone.sms("UNDO")
    assert phone.dial().screen.startswith("Senti\n")


def test_a_second_channel_takes_back_what_the_first_shows(town: Town) -> None:
    """The list is on the phone while UNDO has done it: the same outcome is read, and nothing comes back twice."""
    phone = town.phone("Amina").dial().press("1", "0733000003", "500", PINS["Amina"])
    phone.dial().press("1", "1", "100", PINS["Amina"])
    phone.dial().press("99")
    assert phone.screen.startswith("Take back which?"), phone.screen
    reference = town.app.read(lambda unit: unit.house.references.write(unit.rows.find(Pending)[0].id))
    phone.sms(f"UNDO {reference}")
    phone.press("1")
    assert phone.screen.startswith("KES 507 is back with you")
    assert town.balance("Amina") == 200000 - 100_00


def test_one_key_takes_back_the_only_payment_that_can_be_meant(town: Town) -> None:
    """The next dial offers 99, and 99 has done it: no list of one, no question, for nothing leaves the wallet."""
    phone = town.phone("Amina").dial().press("1", "0733000003", "500", PINS["Amina"])
    phone.dial().press("99")
    assert phone.over, phone.screen
    assert phone.screen.startswith("KES 507 is back with you, fee and all: it did not go to CHEBET R."), phone.screen
    assert town.balance("Amina") == 200000
    phone.dial().press("1", "0733000003", "300", PINS["Amina"])
    assert phone.dial().press("99").screen.startswith("KES 307 is back"), "what was taken back before is in no doubt"


@pytest.mark.parametrize("other", ["newer", "older", "known", "cash"])
def test_one_key_never_guesses_which_payment_is_meant(other: str, town: Town) -> None:
    """Two wait, the later of two is back already, or other money has left since: the list names what may come."""
    phone = town.phone("Amina").dial().press("1", "0733000003", "500", PINS["Amina"])
    if other == "known":
        phone.dial().press("1", "1", "100", PINS["Amina"])
    elif other == "cash":
        phone.dial().press("2", "100016", "100", PINS["Amina"])
    else:
        town.wait(minutes=1)
        phone.dial().press("1", "0733000003", "300", PINS["Amina"])
    if other == "older":
        phone.dial().press("99", "1")
        assert phone.screen.startswith("KES 307 is back"), phone.screen
    had = town.balance("Amina")
    phone.dial().press("99")
    assert phone.screen.startswith("Take back which?"), phone.screen
    assert town.balance("Amina") == had
    phone.press("1")
    assert phone.screen.startswith("KES 307 is back" if other == "newer" else "KES 507 is back"), phone.screen


def test_a_dialled_99_takes_nothing_back(town: Town) -> None:
    """What moves money is pressed on a screen, never walked to by a stored number."""
    phone = town.phone("Amina").dial().press("1", "0733000003", "500", PINS["Amina"])
    had = town.balance("Amina")
    phone.dial("*384*96*99#")
    assert "99 Undo" in phone.screen, phone.screen
    assert town.balance("Amina") == had


def test_L_09_thirty_answers_to_one_case(anywhere: Town) -> None:
    """Yes, no and the clock at one instant, over one case: one wins, and the money is in one place."""
    town, amina, baraka = anywhere, anywhere.person("Amina"), anywhere.person("Baraka")
    town.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    screen = town.phone("Amina").dial().press("7", "6", "1", PINS["Amina"]).screen
    assert screen.startswith("Case "), screen
    (case,) = town.app.read(lambda unit: unit.rows.find(Case, opener=amina.id))
    late = case.due_at + timedelta(seconds=1)

    def said(act: Callable[[], object]) -> str:
        try:
            return f"{act()}"
        except Refusal as no:
            return no.code

    def yes() -> str:
        return said(lambda: town.app.transact(lambda unit: give_back(unit, payee=baraka, case_id=case.id)) and "back")

    def no() -> str:
        return said(lambda: town.app.transact(lambda unit: keep(unit, payee=baraka, case_id=case.id)) or "kept")

    def clock() -> str:
        return f"freed {town.app.transact(lambda unit: free_due(replace(unit, now=late)))}"

    outcomes = Counter(at_once([yes, no, clock] * 10))
    won = [outcome for outcome in ("back", "kept", "freed 1") if outcomes[outcome]]
    assert len(won) == 1, outcomes
    assert outcomes[won[0]] == 1, outcomes
    assert set(outcomes) <= {*won, "case_over", "freed 0"}, outcomes
    assert town.balance("Baraka") == (15_000 if won == ["back"] else 65_000)
    report = town.app.read(lambda unit: audit_all(unit, seal_key=town.app.seal_key))
    assert report.sound, report.problems


def test_L_09_ten_reversals_and_ten_answers_to_one_case(anywhere: Town) -> None:
    """The payee says yes while staff reverse the whole payment: the money goes back once, and the case is over."""
    town, amina, baraka = anywhere, anywhere.person("Amina"), anywhere.person("Baraka")
    phone = town.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    reference = phone.screen.partition("Ref ")[2][:10]
    payment = town.app.read(lambda unit: unit.house.references.read(reference))
    phone.dial().press("7", "6", "1", PINS["Amina"])
    (case,) = town.app.read(lambda unit: unit.rows.find(Case, opener=amina.id))

    def yes() -> str:
        try:
            town.app.transact(lambda unit: give_back(unit, payee=baraka, case_id=case.id))
        except Refusal as no:
            return no.code
        return "back"

    def staff() -> str:
        made = town.app.transact(lambda unit: propose(unit, act="reverse", values={"entry": payment}, maker="ann"))
        try:
            town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
        except Refusal as no:
            return no.code
        return "reversed"

    outcomes = Counter(at_once([yes, staff] * 10))
    assert outcomes["back"] + outcomes["reversed"] == 1, outcomes
    assert set(outcomes) <= {"back", "reversed", "case_over", "not_reversible", "already_done"}, outcomes
    assert town.balance("Baraka") == 15_000
    report = town.app.read(lambda unit: audit_all(unit, seal_key=town.app.seal_key))
    assert report.sound, report.problems


def test_L_09_a_yes_to_a_part_leaves_the_rest_to_staff(anywhere: Town) -> None:
    """Baraka has spent most of it and gives the rest back: staff take what he has later, no more than was paid."""
    town, amina, baraka = anywhere, anywhere.phone("Amina"), anywhere.phone("Baraka")
    amina.dial().press("1", "1", "500", PINS["Amina"])
    baraka.dial().press("1", "1", "600", PINS["Baraka"])
    had, left = town.balance("Amina"), town.balance("Baraka")
    amina.dial().press("7", "6", "1", PINS["Amina"])
    baraka.dial().press("6", "1", "1", PINS["Baraka"])
    assert town.balance("Amina") == had + left

    def case() -> Case:
        return town.app.read(lambda unit: unit.rows.find(Case, what="reversal"))[0]

    assert (case().state, case().held) == ("open", 0)
    town.phone("Njeri").dial(AGENTS_CODE).press("1", "0722000002", "900", PINS["Njeri"])
    values = {"case": case().id}
    made = town.app.transact(lambda unit: propose(unit, act="case_reverse", values=values, maker="ann"))
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    assert (town.balance("Amina"), town.balance("Baraka"), case().state) == (had + 500_00, 400_00 + left, "done")
    report = town.app.read(lambda unit: audit_all(unit, seal_key=town.app.seal_key))
    assert report.sound, report.problems
