"""The bank's statement against the books: what explains what, what is a difference, and how a day is closed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.ledger.chart import Kind
from service.ledger.entry import Account
from service.ledger.signature import is_signed, public_key
from service.wallet.audit import audit_all
from service.wallet.bank import (
    BadBankRef,
    BankLine,
    BankStatement,
    Imported,
    StatementAhead,
    import_statement,
)
from service.wallet.bank_acts import NoSuchLine, NotThisEntry, suspense_values, tie_values
from service.wallet.bank_file import read_csv
from service.wallet.case import CaseClosed, close_case
from service.wallet.day_close import DayClose, DayClosed, NoStatement, check_closes, close_values, figures
from service.wallet.difference import Difference, differences_of
from service.wallet.operator import SamePerson, approve, propose
from service.wallet.proposal import OtherVersion
from service.wallet.unit import Case, Unit
from tests.wallet.village import NOON, PACK, SHOP, Village, ref

SECRET = b"the secret of the village"
HEAD = "date,amount,balance,reference,text\n"


@pytest.fixture(autouse=True)
def _signs(village: Village) -> Iterator[None]:
    village.house = replace(village.house, statement_secret=SECRET)
    yield
    report = village.do(lambda unit: audit_all(unit, seal_key=b"seal" * 8))
    assert [one for one in report.problems if one.check not in ("everybody_was_told", "seals_hold")] == []


def by_two(village: Village, act: str, values: Any, checker: str = "ben") -> Any:
    made = village.do(lambda unit: propose(unit, act=act, values=values, maker="ann"))
    return made.id, village.do(lambda unit: approve(unit, approval_id=made.id, checker=checker))


def issue(village: Village, amount: int, bank_ref: str) -> int:
    return int(by_two(village, "issue", {"agent": SHOP.number, "amount": amount, "bank_ref": bank_ref})[0])


def table(*lines: str, opening: int = 0) -> bytes:
    """Return a statement whose balances are right: `2026-11-22 500 FT 1 Njeri`, in whole shillings."""
    left, rows = opening, []
    for line in lines:
        day, amount, reference = line.split(" ", 2)
        left += int(amount)
        rows.append(f"{day},{amount},{left},{reference},Njeri Kamau")
    return (HEAD + "\n".join(rows)).encode()


def load(village: Village, *lines: str, opening: int = 0) -> Imported:
    data = table(*lines, opening=opening)
    read = read_csv(data, PACK.currency)
    return village.do(
        lambda unit: import_statement(unit, country="ke", name="november.csv", data=data, read=read, by="ann")
    )


def differences(village: Village) -> list[Difference]:
    return list(village.do(lambda unit: differences_of(unit, "ke")))


def line(village: Village, reference: str) -> BankLine:
    return next(row for row in village.rows(BankLine) if row.reference == reference)


def trust(village: Village) -> int:
    return village.balance(Account("ke", Kind.TRUST))


def test_a_line_is_explained_by_the_entry_of_its_reference_and_amount(village: Village) -> None:
    entry = issue(village, 500_00, "FT-900")
    found = load(village, "2026-11-22 500 ft 900")
    assert (found.new, found.matched) == (1, 1)
    row = line(village, "ft900")
    assert (row.state, row.entry, row.amount) == ("matched", entry, 500_00)
    assert differences(village) == []


def test_an_entry_that_comes_later_explains_the_line_that_waits(village: Village) -> None:
    assert load(village, "2026-11-22 500 FT 900").matched == 0
    entry = issue(village, 500_00, "FT 900")
    assert line(village, "ft900").entry == entry
    assert differences(village) == []


def test_another_amount_explains_nothing_and_both_sides_stand_there(village: Village) -> None:
    entry = issue(village, 400_00, "FT 900")
    load(village, "2026-11-22 500 FT 900")
    village.later(days=3)
    row = line(village, "ft900")
    assert differences(village) == [
        Difference("bank", ref(row.id), "2026-11-22", 3, "ft900", 500_00, "open", ""),
        Difference("books", ref(entry), "2026-11-22", 3, "ft900", 400_00, "open", ""),
    ]


def test_money_that_went_out_is_explained_by_what_was_redeemed(village: Village) -> None:
    issue(village, 500_00, "FT 900")
    by_two(village, "redeem", {"agent": SHOP.number, "amount": 200_00, "bank_ref": "OUT 1"})
    assert load(village, "2026-11-22 500 FT 900", "2026-11-22 -200 OUT 1").matched == 2
    assert differences(village) == []


def test_I_12_the_same_file_or_the_same_lines_again_add_nothing(village: Village) -> None:
    """A file twice, one that overlaps it, and equal lines of one day: each line of the bank counts once."""
    lines = ["2026-11-21 500 FT 1", "2026-11-21 70 CASH", "2026-11-21 70 CASH"]
    assert load(village, *lines).new == 3
    assert load(village, *lines).new == 0
    assert len(village.rows(BankStatement)) == 1
    more = load(village, *lines, "2026-11-22 70 CASH")
    assert (more.new, len(village.rows(BankLine)), len(village.rows(BankStatement))) == (1, 4, 2)


def test_two_lines_of_one_reference_are_one_explanation_and_one_difference(village: Village) -> None:
    issue(village, 500_00, "FT 1")
    assert load(village, "2026-11-21 500 FT 1", "2026-11-22 500 FT 1").matched == 1
    assert [(one.day, one.amount) for one in differences(village)] == [("2026-11-22", 500_00)]


def test_what_was_before_the_first_statement_is_no_difference_of_a_line(village: Village) -> None:
    issue(village, 500_00, "FT 1")
    village.later(days=2)
    load(village, "2026-11-24 1 FT 2", opening=500)
    assert [one.reference for one in differences(village)] == ["ft2"]


def test_C_01_a_line_is_tied_by_two_to_an_entry_of_its_amount(village: Village) -> None:
    """The reference was mistyped when the float was issued: one ties, another approves; nothing else is tied."""
    entry, other = issue(village, 500_00, "TF 900"), issue(village, 300_00, "FT 3")
    load(village, "2026-11-22 500 FT 900")
    row = line(village, "ft900")

    def values(unit: Unit, entry_id: int) -> Any:
        recorded = unit.books.entry(entry_id)
        assert recorded is not None
        return tie_values(unit, line=row, entry=recorded, why="mistyped")

    with village.refuses(NotThisEntry):
        village.do(lambda unit: values(unit, other))
    made = village.do(lambda unit: propose(unit, act="bank_tie", values=values(unit, entry), maker="ann"))
    again = village.do(lambda unit: propose(unit, act="bank_tie", values=values(unit, entry), maker="ben"))
    with village.refuses(SamePerson):
        village.do(lambda unit: approve(unit, approval_id=made.id, checker="Ann"))
    village.do(lambda unit: approve(unit, approval_id=made.id, checker="ben"))
    assert (line(village, "ft900").entry, line(village, "ft900").state) == (entry, "matched")
    with village.refuses(NoSuchLine):
        village.do(lambda unit: approve(unit, approval_id=again.id, checker="ann"))
    assert [one.number for one in differences(village)] == [ref(other)]


def test_C_02_what_is_nobodys_yet_has_a_case_an_age_and_an_end(village: Village) -> None:
    """Money that nobody can place is a case with a number and a clock until float is issued for it."""
    load(village, "2026-11-22 500 NO NAME")
    row, before = line(village, "noname"), trust(village)
    by_two(village, "bank_suspense", suspense_values(row, "asked the bank who paid"))
    (case,) = village.rows(Case)
    assert (case.what, case.state, case.about, case.due_at) == ("bank", "open", row.id, NOON + timedelta(days=5))
    village.later(days=2)
    assert [(one.age, one.state, one.case) for one in differences(village)] == [(2, "suspense", ref(case.id))]
    assert trust(village) == before
    with village.refuses(CaseClosed):
        village.do(lambda unit: close_case(unit, case_id=case.id, by="ann", note="never mind"))
    with pytest.raises(NoSuchLine):
        suspense_values(line(village, "noname"), "again")
    entry = issue(village, 500_00, "FT 900")
    row = line(village, "noname")

    def tied(unit: Unit) -> Any:
        recorded = unit.books.entry(entry)
        assert recorded is not None
        return tie_values(unit, line=row, entry=recorded, why="it was Njeri")

    by_two(village, "bank_tie", village.do(tied))
    assert village.rows(Case)[0].state == "done"
    assert differences(village) == []


DAY, NEXT = "2026-11-22", "2026-11-23"


def at(village: Village, when: str) -> None:
    village.now = datetime.fromisoformat(f"{when}:00+03:00").astimezone(UTC)


def close(village: Village, day: str) -> DayClose:
    values = village.do(lambda unit: close_values(unit, country="ke", day=day))
    by_two(village, "day_close", values)
    return next(row for row in village.rows(DayClose) if row.day == day)


def test_a_day_whose_sides_agree_is_closed_with_nothing_to_explain(village: Village) -> None:
    issue(village, 500_00, "FT 1")
    load(village, f"{DAY} 500 FT 1")
    at(village, "2026-11-23 08:00")
    row = close(village, DAY)
    assert (row.figures["issued"], row.figures["bank"], row.figures["items"]) == (500_00, 500_00, [])
    assert "e-money issued: 500\ntrust balance at the bank: 500\ndifference: 0\nmade by: ann\n" in row.said
    assert is_signed(public_key(SECRET), row.said.encode(), bytes.fromhex(row.signature))


def test_each_difference_of_a_midnight_is_explained_by_a_line(village: Village) -> None:
    """Issued and not booked, booked and not issued, in suspense, and what was there before the first statement."""
    at(village, "2026-11-20 12:00")
    issue(village, 1000_00, "OLD")
    at(village, f"{DAY} 12:00")
    late = issue(village, 500_00, "LATE")
    at(village, f"{NEXT} 11:00")
    load(village, f"{DAY} 70 EARLY", f"{DAY} 30 NOBODY", f"{NEXT} 500 LATE", opening=990)
    by_two(village, "bank_suspense", suspense_values(line(village, "nobody"), "asked"))
    at(village, f"{NEXT} 12:00")
    issue(village, 70_00, "EARLY")
    (case,) = village.rows(Case)
    found = village.do(lambda unit: figures(unit, country="ke", day=DAY))
    assert (found.issued, found.bank, found.difference) == (1500_00, 1090_00, -410_00)
    assert [tuple(item[:4]) for item in found.items] == [
        ("bank", DAY, "early", 70_00),
        ("before", DAY, "", -10_00),
        ("books", DAY, ref(late), -500_00),
        ("suspense", DAY, ref(case.id), 30_00),
    ]
    close(village, DAY)
    at(village, "2026-11-24 08:00")
    after = close(village, NEXT)
    assert (after.figures["issued"], after.figures["bank"]) == (1570_00, 1590_00)
    assert [item[:2] for item in after.figures["items"]] == [["before", DAY], ["suspense", DAY]]


def test_an_entry_that_the_bank_never_books_is_carried_from_day_to_day(village: Village) -> None:
    lost = issue(village, 500_00, "LOST")
    at(village, "2026-11-25 08:00")
    load(village, f"{DAY} 1 A", f"{NEXT} 1 B", "2026-11-24 1 C")
    for day in (DAY, NEXT, "2026-11-24"):
        row = close(village, day)
        assert ["books", DAY, ref(lost), -500_00, lost] in row.figures["items"], day
        assert not [item for item in row.figures["items"] if item[0] == "rest"]


def test_a_statement_that_is_missing_is_said_as_not_explained(village: Village) -> None:
    load(village, f"{DAY} 100 A")
    at(village, "2026-11-25 08:00")
    load(village, "2026-11-24 5 B", opening=170)
    assert ["rest", "2026-11-24", "", 70_00, None] in close(village, "2026-11-24").figures["items"]
    with village.refuses(DayClosed):
        village.do(lambda unit: close_values(unit, country="ke", day=DAY))


@pytest.mark.parametrize("day", ["2026-11-21", "2026-11-23", "yesterday", "2026-11-31"])
def test_a_day_without_a_statement_or_not_over_is_not_closed(village: Village, day: str) -> None:
    at(village, f"{NEXT} 12:00")
    load(village, f"{DAY} 100 A", f"{NEXT} 100 B")
    with village.refuses(NoStatement):
        village.do(lambda unit: close_values(unit, country="ke", day=day))


def test_C_04_a_yes_is_for_the_figures_that_were_proposed(village: Village) -> None:
    """A statement that is imported between the two changes what is signed: the yes is refused."""
    load(village, f"{DAY} 100 A")
    at(village, f"{NEXT} 08:00")
    values = village.do(lambda unit: close_values(unit, country="ke", day=DAY))
    made = village.do(lambda unit: propose(unit, act="day_close", values=values, maker="ann"))
    load(village, f"{DAY} 100 A", f"{DAY} 5 B")
    with village.refuses(OtherVersion):
        village.do(lambda unit: approve(unit, approval_id=made.id, checker="ben"))


def test_C_08_a_close_that_was_changed_is_found(village: Village) -> None:
    """The row of a closed day cannot be changed by the service; by whoever keeps the database it shows."""
    at(village, "2026-11-24 08:00")
    load(village, f"{DAY} 100 A", f"{NEXT} 100 B")
    close(village, DAY)
    row = close(village, NEXT)
    assert village.do(lambda unit: list(check_closes(unit))) == []
    spoiled: list[dict[str, Any]] = [{"said": row.said.replace("200", "400")}, {"figures": {"bank": 1}}, {"maker": "x"}]
    for changed in spoiled:
        village.change(row, **changed)
        assert ("day close 2", FOUND) in village.do(lambda unit: list(check_closes(unit)))
        village.change(row)


FOUND = "was changed, or does not follow the one before it"


def test_a_statement_of_days_to_come_is_refused(village: Village) -> None:
    """It would stand for every day until then, and no later one could take its place."""
    with village.refuses(StatementAhead):
        load(village, "2026-11-22 500 A", "2062-11-22 5 B")
    assert village.rows(BankLine) == []


@pytest.mark.parametrize("bank_ref", ["-", " .. ", ""])
@pytest.mark.parametrize("act", ["issue", "redeem"])
def test_L_15_a_reference_of_signs_alone_names_no_money_at_the_bank(village: Village, act: str, bank_ref: str) -> None:
    """E-money is never issued against nothing: of such a reference nothing is left when it is compared."""
    values = {"agent": SHOP.number, "amount": 100, "bank_ref": bank_ref}
    with village.refuses(BadBankRef):
        village.do(lambda unit: propose(unit, act=act, values=values, maker="ann"))
