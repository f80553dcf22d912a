"""Hostile cases of wages and grants: files that lie, batches that are killed, handed in twice, paid by many at once."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from service.console.words import speak
from service.ledger.chart import Kind, Reason
from service.ledger.entry import AlreadyDone, Posted
from service.ledger.post import NotReversible
from service.wallet.audit import batches_can_be_paid
from service.wallet.batch import Bulk, BulkLine, account_of
from service.wallet.bulk import hand_in, outcome, pay_some
from service.wallet.bulk_file import BadFile, judge, read_rows
from service.wallet.operator import SamePerson, approve, propose
from service.wallet.proposal import NothingToApprove
from service.wallet.unit import Unit
from service.wallet.voucher import voucher_code
from tests.hostile.crowd import at_once
from tests.hostile.test_approvals import attempt, sound
from tests.phone import AGENTS_CODE, NUMBERS, PINS, Town

FILE = """phone,amount,name,secret
0722000002,1500,Baraka Mwangi,
0711 000 001,"2,000.50",AMINA,
+254733000003,99,,
0799000009,700,,4821
"""
NAME = "ACME wages Nov"


def handed_in(town: Town, text: str = FILE, name: str = NAME) -> Bulk:
    pack = town.app.home.pack

    def work(unit: Unit) -> Bulk | None:
        lines, faults = judge(unit, read_rows(text), pack)
        assert not faults, faults
        return hand_in(unit, country=pack.country, name=name, lines=lines)

    made = town.app.transact(work)
    assert made is not None
    return made


def approved(town: Town, act: str, bulk: Bulk, *, bank_ref: str = "NCBA 17", amount: int | None = None) -> None:
    values = {"bulk": bulk.id, "bank_ref": bank_ref, "amount": bulk.total if amount is None else amount}
    made = town.app.transact(lambda unit: propose(unit, act=act, values=values, maker="ann"))
    with pytest.raises(SamePerson):
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="Ann"))
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))


def paid(town: Town, bulk: Bulk, *, limit: int = 50) -> int:
    """Pay until nothing is left, and say in how many commits."""
    bites = 0
    while town.app.transact(partial(pay_some, bulk_id=bulk.id, limit=limit)).lines:
        bites += 1
    return bites


def outcomes(town: Town, bulk: Bulk) -> list[str]:
    def look(unit: Unit) -> list[str]:
        lines = sorted(unit.rows.find(BulkLine, bulk=bulk.id, limit=1_000), key=lambda line: line.number)
        return [outcome(unit, line) for line in lines]

    return town.app.read(look)


def left(town: Town, bulk: Bulk) -> int:
    return town.app.read(lambda unit: unit.books.balance(account_of(bulk)))


def test_a_batch_is_funded_paid_told_and_given_back(anywhere: Town) -> None:
    """From the credit at the bank to each phone; what is left, and only that, goes back to the organisation."""
    town, bulk = anywhere, handed_in(anywhere)
    assert town.app.transact(partial(pay_some, bulk_id=bulk.id)).lines == 0, "nobody has approved it"
    approved(town, "bulk", bulk)
    assert left(town, bulk) == bulk.total == 4_299_50 + 5_00 + 9_00 + 29_00
    assert paid(town, bulk) == 1
    assert outcomes(town, bulk) == ["paid", "paid", "paid", "voucher"]
    assert (town.balance("Baraka"), town.balance("Amina"), town.balance("Chebet")) == (165_000, 400_050, 17_900)
    text = town.phone("Baraka").new()[-1]
    assert "Received KES 1,500.00 from ACME wages Nov. Balance KES 1,650.00." in text
    assert town.phone("Baraka").dial().press("7", "1").screen.count("ACME") == 1
    checked = town.phone("Amina").dial().press("7", "5", text.split()[0]).screen
    assert "KES 1,500" in checked
    town.wait(seconds=town.app.home.pack.voucher_seconds)
    assert outcomes(town, bulk)[-1] == "returned"
    assert left(town, bulk) == 729_00
    assert town.phone("Zawadi").inbox()[-1] == "The voucher of KES 700.00 for you is over. Ask who sent it."
    approved(town, "bulk_rest", bulk, bank_ref="NCBA 18", amount=729_00)
    assert left(town, bulk) == 0
    sound(town)


def test_whoever_has_no_wallet_takes_cash_with_code_and_secret(anywhere: Town) -> None:
    """The code from the SMS alone does not pay; with the secret any agent does, and the phone is told what is due."""
    town, bulk = anywhere, handed_in(anywhere)
    approved(town, "bulk", bulk)
    paid(town, bulk)
    line = next(line for line in town.app.read(lambda unit: unit.rows.find(BulkLine, bulk=bulk.id)) if not line.person)
    assert (line.phone, line.secret) == ("", ""), "what the voucher knows is not kept twice"
    code = voucher_code(town.app.house.code_key, line.id)
    assert f"Code {code}" in town.phone("Zawadi").new()[-1]
    njeri = town.phone("Njeri").dial(AGENTS_CODE).press("2", code)
    assert "secret" in njeri.screen
    assert "Tries left: 2" in njeri.press("1111").screen
    njeri.press("4821", PINS["Njeri"])
    assert njeri.screen.startswith("Give 0799***009 KES 700 in cash now."), njeri.screen
    assert outcomes(town, bulk)[-1] == "collected"
    assert "Agent 100016 paid you KES 700.00 cash." in town.phone("Zawadi").new()[-1]
    assert left(town, bulk) == 0
    sound(town)


def test_three_wrong_secrets_send_the_money_back_to_the_batch(town: Town) -> None:
    bulk = handed_in(town)
    approved(town, "bulk", bulk)
    paid(town, bulk)
    line = next(line for line in town.app.read(lambda unit: unit.rows.find(BulkLine, bulk=bulk.id)) if not line.person)
    njeri = town.phone("Njeri").dial(AGENTS_CODE).press("2", voucher_code(town.app.house.code_key, line.id))
    njeri.press("1111", "2222", "3333")
    assert outcomes(town, bulk)[-1] == "returned"
    assert left(town, bulk) == 729_00
    sound(town)


class Killed(BaseException):
    """The power goes."""


@pytest.mark.parametrize("after", range(1, 5))
def test_K_07_a_batch_that_is_killed_half_way_pays_each_line_once(after: int, on_disk: Town) -> None:
    """Killed behind any of its postings, in a bite of one line or of all: what was not committed did not happen."""
    bulk = handed_in(on_disk)
    approved(on_disk, "bulk", bulk)
    for limit in (1, 50):
        done = 0

        def dies(unit: Unit, limit: int = limit) -> None:
            class Books:
                def __getattr__(self, name: str) -> object:
                    return getattr(unit.books, name)

                def post(self, entry: object) -> Posted:
                    nonlocal done
                    posted = unit.books.post(entry)  # type: ignore[arg-type]
                    done += 1
                    if done == after:
                        raise Killed
                    return posted

            while pay_some(replace(unit, books=Books()), bulk.id, limit=limit).lines:  # type: ignore[arg-type]
                pass

        with pytest.raises(Killed):
            on_disk.app.transact(dies)
        assert outcomes(on_disk, bulk) == ["waiting"] * 4
    paid(on_disk, bulk, limit=2)
    on_disk.app.transact(lambda unit: unit.rows.put(replace(bulk, state="paying")))  # as if the end had been lost
    paid(on_disk, bulk)
    made = [entry for entry in on_disk.app.read(lambda unit: unit.books.entries()) if entry.reason == Reason.DISBURSE]
    assert len(made) == 3
    assert on_disk.balance("Baraka") == 165_000
    sound(on_disk)


def test_K_07_many_who_pay_one_batch_at_once_pay_it_once(on_disk: Town) -> None:
    """Four at one instant, line by line, while a payee spends: each line is paid once."""
    bulk = handed_in(on_disk)
    approved(on_disk, "bulk", bulk)
    jobs: list[Callable[[], object]] = [
        partial(attempt, on_disk, partial(pay_some, bulk_id=bulk.id, limit=1)) for _ in range(8)
    ]
    at_once(jobs)
    paid(on_disk, bulk)
    assert outcomes(on_disk, bulk) == ["paid", "paid", "paid", "voucher"]
    assert left(on_disk, bulk) == 0
    sound(on_disk)


def test_K_07_one_file_and_one_credit_are_paid_once(anywhere: Town) -> None:
    """The same lines under the same name, however they are ordered; and one credit at the bank, however it is spelt."""
    town, bulk = anywhere, handed_in(anywhere)
    head, *lines = FILE.splitlines()
    with pytest.raises(AssertionError):
        handed_in(town, "\n".join([head, *reversed(lines)]), name="Acme WAGES nov")
    approved(town, "bulk", bulk)
    with pytest.raises(NothingToApprove):
        approved(town, "bulk", bulk, bank_ref="another")
    december = handed_in(town, name="ACME wages Dec")
    with pytest.raises(AlreadyDone):
        approved(town, "bulk", december, bank_ref="ncba17")
    assert left(town, december) == 0
    sound(town)


def test_a_line_that_is_refused_stops_no_other_and_its_money_goes_back(anywhere: Town) -> None:
    """A wallet that was closed since, one that is full: both say why, and the others are paid."""
    town = anywhere
    tier = town.app.home.pack.tiers[2]
    room = tier.balance - town.balance("Baraka")
    text = f"phone,amount\n0722000002,{room // 100 // 2}\n0733000003,50\n0711000011,60\n"
    bulk, over = handed_in(town, text), handed_in(town, text, name="the same again")
    more = handed_in(town, text, name="and again")
    for number, batch in enumerate((bulk, over, more)):
        approved(town, "bulk", batch, bank_ref=f"R{number}")
        paid(town, batch)
    assert outcomes(town, bulk) == outcomes(town, over) == ["paid"] * 3
    assert outcomes(town, more) == ["refused", "paid", "paid"]
    refused = town.app.read(lambda unit: unit.rows.find(BulkLine, bulk=more.id, state="refused"))
    assert [line.why for line in refused] == ["too_full"]
    assert left(town, more) == room // 100 // 2 * 100 + 11_00
    sound(town)


def test_a_batch_never_pays_out_more_than_was_paid_in(town: Town) -> None:
    """A line that somebody puts into the table is refused by the books, and the auditor sees that it cannot be paid."""
    bulk = handed_in(town)
    approved(town, "bulk", bulk)
    first = town.app.read(lambda unit: unit.rows.find(BulkLine, bulk=bulk.id))[0]
    forged = replace(first, id=2**40, number=99, amount=bulk.total)
    town.app.transact(lambda unit: unit.rows.add(forged))
    assert [detail for _, detail in town.app.read(lambda unit: list(batches_can_be_paid(unit)))]
    paid(town, bulk)
    assert outcomes(town, bulk)[-1] == "refused"
    assert left(town, bulk) == 0
    sound(town)


def test_I_09_what_a_batch_pays_is_what_its_people_and_the_house_get(town: Town) -> None:
    """Not a cent of a batch is lost or made: wallets, vouchers and charges add up to what was paid in."""
    before = dict(town.app.read(lambda unit: unit.books.balances()))
    bulk = handed_in(town)
    approved(town, "bulk", bulk)
    paid(town, bulk)
    after = dict(town.app.read(lambda unit: unit.books.balances()))
    grown = {kind: sum(after[a] - before.get(a, 0) for a in after if a.kind == kind) for kind in Kind}
    assert (grown[Kind.WALLET], grown[Kind.HELD], grown[Kind.BULK]) == (3_599_50, 729_00, 0)
    assert grown[Kind.FEES] + grown[Kind.TAX] == 14_00
    assert grown[Kind.TRUST] == -bulk.total


WRONG = {
    "12,5": "not a mobile number here",
    "0722000002,-5": "not an amount",
    "0722000002,5e3": "not an amount",
    "0722000002,0": "not an amount",
    "0722000002,١٢": "not an amount",
    "0722000002,0.50": "not an amount",
    "0722000002,250000.01": "offered from KES 1.00 to KES 250,000.00",
    "0722000002,50,Zawadi": "the wallet is BARAKA M's",
    "0799000009,50": "no wallet, and no secret for a voucher",
    "0799000009,50,,12a4": "a secret has four digits",
    "0799000009,20,,1234": "offered from KES 50.00 to KES 250,000.00",
}


@pytest.mark.parametrize("line", WRONG)
def test_I_12_each_line_says_what_is_wrong_with_it(line: str, town: Town) -> None:
    """Numbers and amounts are read as strictly as on a phone; the others of the file are judged all the same."""
    cells = line.split(",") + [""] * (3 - line.count(","))
    text = f"phone;amount;name;secret\n{';'.join(cells)}\n0733000003;5;;\n+254 733 000003;6;;\n"
    lines, faults = town.app.read(lambda unit: judge(unit, read_rows(text), town.app.home.pack))
    said = [(fault.number, speak("en", f"fault.{fault.why}", **fault.said)) for fault in faults]
    assert said == [(2, WRONG[line]), (4, "the same number as in line 3")]
    assert [line.number for line in lines] == [3]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "phone\n0722000002\n",
        "phone,amount\n",
        "phone,amount,phone\n1,2,3\n",
        "phone,amount,salary\n1,2,3\n",
        "phone,amount\n0722000002,5,6\n",
        'phone,amount\n"0722000002,5\n',
        "phone,amount\n" + "0722000002,5\n" * 20_001,
    ],
)
def test_I_12_what_is_no_list_of_payments_is_refused_whole(text: str) -> None:
    """No lines, no or odd columns, cells too many or open to the end, or more lines than anybody checks."""
    with pytest.raises(BadFile):
        read_rows(text)


def test_a_number_of_the_batch_is_told_in_the_words_of_its_own_language(town: Town) -> None:
    town.phone("Baraka").dial().press("7", "3", "2")
    bulk = handed_in(town)
    approved(town, "bulk", bulk)
    paid(town, bulk)
    assert "Umepokea KES 1,500.00 kutoka ACME wages Nov." in town.phone("Baraka").new()[-1]
    assert NUMBERS["Baraka"] not in town.phone("Amina").new()[-1]


def test_a_line_that_went_to_the_wrong_person_is_no_act_of_the_staff(town: Town) -> None:
    """Two of them do not take wages back; whoever got them gives them back like any money, and the books stay sound."""
    bulk = handed_in(town)
    approved(town, "bulk", bulk)
    paid(town, bulk)
    line = next(row for row in town.app.read(lambda unit: unit.rows.find(BulkLine, bulk=bulk.id)) if row.person)
    before = town.balance("Baraka")

    def reverse(unit: Unit) -> None:
        made = propose(unit, act="reverse", values={"entry": line.id}, maker="ann")
        approve(unit, approval_id=made.id, checker="bob")

    with pytest.raises(NotReversible):
        town.app.transact(reverse)
    assert town.balance("Baraka") == before
    town.phone("Baraka").dial().press("1", "0711000001", "100", PINS["Baraka"])
    assert town.balance("Baraka") < before
    sound(town)
