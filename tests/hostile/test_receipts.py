"""Hostile cases of receipts and references: never one without the other, never the same twice, never guessed."""

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from service.ledger.chart import Reason
from service.reference import ALPHABET
from service.storage.memory import MemoryStore
from service.wallet.unit import Notice, Unit
from tests.conftest import opened
from tests.hostile.crowd import at_once
from tests.hostile.faults import Faulty, kept
from tests.hostile.test_sms import said
from tests.hostile.test_webhooks import LAST_HOPS, NOTHING_TAKEN, STILL_CHECKED, everything, typed
from tests.phone import DOOR, NUMBERS, PINS, Town

TOLD: dict[Reason, list[set[str]]] = {
    Reason.SEND: [{"sent", "received"}, {"on_its_way", "coming"}, {"reviewed", "review_coming"}],
    Reason.PAY: [{"paid", "sale"}],
    Reason.BUY: [{"bought"}, {"sub_begun"}, {"sub_renewed"}, {"meter_open"}, {"meter_done"}],
    Reason.SWEEP: [{"settled"}],
    Reason.SAVE: [{"saved"}],
    Reason.TAKE_OUT: [{"taken_out"}],
    Reason.CONTRIBUTE: [{"group_gave"}],
    Reason.SHARE_OUT: [{"group_paid_you", "group_paid"}],
    Reason.REFUND: [{"refunded", "refund_paid"}, {"sub_stopped", "refund_paid"}],
    Reason.BILL: [set()],  # told when it is known what became of it
    Reason.AIRTIME: [set()],
    Reason.SETTLE: [{"received"}, {"bill_paid"}, {"airtime_paid"}],
    Reason.UNDO: [{"taken_back", "not_coming"}],
    Reason.CASH_IN: [{"cash_in", "cash_in_agent"}],
    Reason.HOLD: [{"withdrawal_code"}, {"voucher_sent"}, {"asked_back"}],
    Reason.WITHDRAW: [{"withdrawn", "paid_out"}, {"withdrawn", "give_cash"}, {"voucher_paid", "voucher_paid_out"}],
    Reason.RELEASE: [
        *({"returned"}, {"voucher_returned"}, {"freed"}, {"case_decided"}, {"meter_done"}),
        *({f"{kind}_{why}"} for kind in ("bill", "airtime") for why in ("refused", "late")),
    ],
    Reason.GIVE_BACK: [{"reversed"}],
    Reason.REVERSE: [{"reversed"}],
    Reason.ISSUE: [{"float_issue"}],
    Reason.TRANSFER: [{"float_sent", "float_got"}],
    Reason.PAY_COMMISSION: [{"commission_paid"}],
}


def assert_all_told(town: Town) -> None:
    """Check that each entry has one message for each of its people, and each receipt its entry (I10)."""

    def look(unit: Unit) -> tuple[Any, Any]:
        return unit.books.entries(limit=100_000), unit.rows.find(Notice, limit=100_000)

    entries, notices = town.app.read(look)
    told: dict[int, Counter[str]] = {}
    for notice in notices:
        if notice.entry is not None:
            told.setdefault(notice.entry, Counter())[notice.key] += 1
    assert set(told) <= {entry.id for entry in entries}
    for entry in entries:
        heard = told.get(entry.id, Counter())
        assert set(heard) in TOLD[entry.reason]
        assert set(heard.values()) <= {2 if entry.reason == Reason.REVERSE else 1}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", ["send", "withdraw", "pay out", "cash in"])
def test_G_05_no_receipt_without_a_payment_and_none_the_other_way(name: str, after: bool) -> None:
    """At each write of a payment it breaks, before it or behind it: payment and receipts are there, or none of them."""
    memory = MemoryStore()
    faulty = Faulty(memory)
    town = Town(store=faulty)
    phone, key = LAST_HOPS[name](town)
    before, again = everything(town), kept(memory)
    faulty.writes, faulty.after = True, after
    for at in range(1, 60):
        again()
        faulty.at = at
        answer = typed(phone, key)
        if not answer.startswith((NOTHING_TAKEN, STILL_CHECKED)):
            break
        assert everything(town) == before
        assert_all_told(town)
    assert {"post", "append", "put"} <= faulty.broke
    assert everything(town) != before
    assert_all_told(town)
    town.assert_sound()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_G_05_a_payment_by_message_is_whole_or_not_at_all(after: bool) -> None:
    """The code comes by message and it breaks at each write: nothing is paid, told or counted by halves."""
    faulty = Faulty(MemoryStore())
    town = Town(store=faulty)
    amina = town.phone("Amina")
    code = said(amina, "SEND 40 0722000002")[0].split("Answer ")[1][:7]
    form = {"from": amina.number, "to": "29844", "text": code, "id": "g-05", "linkId": "", "date": ""}
    before = everything(town)
    faulty.writes, faulty.after = True, after
    for at in range(1, 60):
        faulty.at = at
        assert town.client.post(f"{DOOR}/sms", data=form).status_code == 200
        if len(faulty.calls) < at:
            break
        assert everything(town) == before
    assert at > 5
    assert town.balance("Baraka") == 15_000 + 4_000
    assert_all_told(town)
    town.assert_sound()


def test_G_05_after_everything_that_moves_money_everybody_is_told(anywhere: Town) -> None:
    """Payments, cash in and out, and what ran out: each entry has its messages, and each message its entry."""
    anywhere.phone("Amina").dial().press("1", "1", "500", PINS["Amina"]).end()
    anywhere.phone("Njeri").dial("*384*97#").press("1", NUMBERS["Baraka"], "300", PINS["Njeri"]).end()
    for wait in (0, 16):
        code = anywhere.phone("Amina").dial().press("2", "100016", "100", PINS["Amina"]).screen.split()[2]
        anywhere.wait(minutes=wait)
        njeri = anywhere.phone("Njeri").dial("*384*97#").press("2", code)
        if not wait:
            njeri.press(PINS["Njeri"])
    said(anywhere.phone("Amina"), "SEND 50 0722000002")
    assert_all_told(anywhere)


def test_K_04_references_are_never_the_same(database: str) -> None:
    """Sixteen at once, a restart, and the clock an hour back: two thousand entries, two thousand references."""
    references: set[str] = set()
    for hour in (0, -1):
        town = Town(store=opened(database))
        town.wait(hours=hour)
        house = town.app.house

        def some(town: Town = town) -> list[int]:
            return [town.app.transact(lambda unit: unit.mint()) for _ in range(60)]

        minted = [entry for entries in at_once([some] * 16) for entry in entries]
        written = {house.references.write(entry) for entry in minted}
        assert len(written) == 16 * 60
        assert not written & references
        references |= written
        town.store.close()
    assert all(len(reference) == 10 and set(reference) <= set(ALPHABET) for reference in references)


def test_K_04_from_one_reference_the_next_cannot_be_told(town: Town) -> None:
    """References of neighbouring entries have no more in common than any two, and guesses are not genuine."""
    write = town.app.house.references.write
    pairs = [(write(entry), write(entry + 1)) for entry in range(1, 2_000)]
    same = sum(a == b for one, other in pairs for a, b in zip(one[:8], other[:8], strict=True))
    assert same / (len(pairs) * 8) < 0.05  # one letter in 32 by chance
    dice = random.Random(4)
    guesses: list[Callable[[Unit], object]] = []
    for _ in range(5_000):
        guess = "".join(dice.choices(ALPHABET, k=10))
        entry = town.app.house.references.read(guess)
        if entry is not None:
            guesses.append(partial(lambda unit, entry: unit.books.entry(entry), entry=entry))
    assert all(town.app.read(guess) is None for guess in guesses)
    for slip in ("O", "0", "1", "I"):
        answer = said(town.phone("Amina"), f"CHECK {write(1)[:9]}{slip}")[0]
        assert answer.startswith("Senti never gave out this reference")


def test_K_04_a_reference_is_checked_however_it_is_written(town: Town) -> None:
    """Small letters and blanks in between are the same reference; two swapped letters are not genuine."""
    town.phone("Amina").dial().press("1", "1", "500", PINS["Amina"])
    reference = next(text.split()[0] for text in town.phone("Amina").inbox() if " Sent KES 500" in text)
    baraka = town.phone("Baraka")
    for written in (reference, reference.lower(), f"{reference[:5]} {reference[5:]}", f"{reference}."):
        assert said(baraka, f"CHECK {written}")[0].startswith(f"{reference} is genuine: KES 500.00, A O to B M")
    for place in range(9):
        swapped = list(reference)
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        if "".join(swapped) != reference:
            assert said(baraka, f"CHECK {''.join(swapped)}")[0].startswith("Senti never gave out")
