"""Hostile cases of closed wallets: nothing personal is left, the books stay whole, and the number is free."""

import json
from typing import Any

import pytest

from service.ussd.session import Conversation
from service.wallet.account import wallet_of
from service.wallet.close import WAITING
from service.wallet.identity import Erasure
from service.wallet.operator import PayerGone
from service.wallet.statement import check_reference, statement
from service.wallet.unit import Notice, Person, Request
from tests.hostile.test_states import undo
from tests.phone import AGENTS_CODE, NUMBERS, PINS, Phone, Town

ZAWADI, NAME, DOCUMENT, PIN = NUMBERS["Zawadi"], "Zawadi Wekesa", "98765432", "8264"
CLOSED = "Your wallet is closed. Thank you."


def opened(town: Town) -> Phone:
    """Zawadi with a history: paid, paying, asking, and nothing left."""
    zawadi = town.phone("Zawadi").dial().press("1", NAME, DOCUMENT, PIN, PIN)
    assert town.phone("Amina").dial().press("1", "0799000009", "100", PINS["Amina"]).screen.startswith("Sent")
    town.wait(minutes=30)
    assert zawadi.dial().press("1", "0711000001", "100", PIN).screen.startswith("Sent")
    zawadi.sms("BAL")
    town.wait(minutes=30)
    return zawadi


def close(zawadi: Phone) -> Phone:
    return zawadi.dial().press("7", "8", "4", PIN)


def rows(town: Town, kind: type[Any], **equal: Any) -> list[Any]:
    return list(town.app.read(lambda unit: unit.rows.find(kind, limit=10_000, **equal)))


def cells(town: Town, *kinds: type[Any]) -> str:
    """All rows of these kinds as the service itself reads them."""
    return "\n".join(repr(row) for kind in kinds for row in rows(town, kind))


def test_V_09_nothing_personal_is_left_and_the_books_are_whole(anywhere: Town) -> None:
    """At once in the person's row, a day later in messages and own talks, later where others typed it."""
    zawadi = opened(anywhere)
    old = anywhere.person("Zawadi")
    assert close(zawadi).screen == CLOSED
    assert zawadi.new()[-1].startswith("Your Senti wallet is closed")
    (row,) = rows(anywhere, Person, id=old.id)
    assert (row.phone, row.name, row.id_number, row.pin, row.old_pins) == (f"closed {old.id}", "", "", "", ())
    assert rows(anywhere, Person, phone=ZAWADI) == []
    anywhere.wait(days=1, minutes=1)
    own = [repr(row) for row in rows(anywhere, Notice) if row.person == old.id]
    assert own
    words = (ZAWADI, "0799000009", DOCUMENT, NAME, old.pin)
    assert not [word for word in words if word in cells(anywhere, Person, Notice, Erasure)]
    anywhere.wait(days=31)
    assert not [word for word in words if word in cells(anywhere, Person, Notice, Erasure, Conversation)]
    for notice in rows(anywhere, Notice):
        assert notice.person != old.id or (notice.values, notice.phone) == ({}, f"closed {old.id}")
    amina = anywhere.person("Amina")
    shown = anywhere.app.read(lambda unit: statement(unit, wallet_of(amina), limit=4))
    assert [(item.amount, item.other_shown) for item in shown if item.other_shown == "***"] == [
        (100_00, "***"),
        (-100_00, "***"),
    ]
    assert anywhere.app.read(lambda unit: check_reference(unit, shown[0].reference)).parties[0] == "*"
    anywhere.assert_sound()


def test_V_09_the_tables_themselves_hold_nothing(on_disk: Town) -> None:
    """No cell of any table has the number's index any more: it is found by nothing."""
    opened(on_disk)
    before = found(on_disk)
    close(on_disk.phone("Zawadi"))
    on_disk.wait(days=1, minutes=1)
    assert before > 3
    assert found(on_disk) == 0


def found(town: Town) -> int:
    """Count the rows of people, messages and talks that the number's keyed index leads to."""
    return sum(len(rows(town, kind, phone=ZAWADI)) for kind in (Person, Notice, Conversation))


def test_V_09_the_number_opens_a_new_wallet_that_has_nothing_of_the_old(town: Town) -> None:
    """Not the name, the balance, the statement, the messages, the language, the refusal of news, nor the PINs."""
    zawadi = opened(town)
    zawadi.dial().press("7", "8", "2")
    old = town.person("Zawadi")
    close(zawadi)
    town.wait(minutes=5)
    assert zawadi.dial().screen.startswith("Welcome to Senti")
    zawadi.new()
    zawadi.press("1", "Juma Bakari", "11112222", PIN, PIN)
    assert zawadi.new()[-1].startswith("Welcome to Senti, Juma Bakari")
    new = town.person("Zawadi")
    assert new.id != old.id
    assert zawadi.dial().press("5").screen == "You have KES 0."
    assert zawadi.dial().press("7", "1").screen == "Nothing has gone in or out yet."
    town.wait(days=2)
    assert next(one.values for one in rows(town, Notice, phone=ZAWADI) if one.person == new.id)
    zawadi.sms("STOP")
    assert zawadi.inbox()[-1].startswith("You get no more messages")
    assert town.person("Zawadi").name == "Juma Bakari"


@pytest.mark.parametrize(
    ("who", "keys", "words"),
    [
        ("Amina", (), "There is KES 2,000 in your wallet"),
        ("Chebet", (), "Your wallet is locked"),
        ("Njeri", (), "This wallet has a shop"),
    ],
)
def test_V_09_a_wallet_with_something_in_it_is_not_closed(
    who: str, keys: tuple[str, ...], words: str, town: Town
) -> None:
    """Money, a lock, a shop: refused in words, before the PIN is asked."""
    assert town.phone(who).dial().press("7", "8", "4").screen.startswith(words)
    assert town.person(who).state == "active"


def test_V_09_what_waits_keeps_a_wallet_open(town: Town) -> None:
    """Cash that waits at an agent, though the wallet itself is empty; what else may wait is asked for by name."""
    zawadi = town.phone("Zawadi").dial().press("1", NAME, DOCUMENT, PIN, PIN)
    town.phone("Njeri").dial(AGENTS_CODE).press("1", "0799000009", "79", PINS["Njeri"])
    charge = town.app.home.pack.charge("withdraw", 50_00, town.now).total
    assert charge == 11_00
    zawadi.dial().press("1", "0711000001", "18", PIN)
    town.wait(minutes=30)
    assert zawadi.dial().press("2", "100016", "50", PIN).screen.startswith("Show code")
    assert town.balance("Zawadi") == 0
    assert zawadi.dial().press("7", "8", "4").screen.startswith("Something of yours is not over yet")
    names = {(kind.__name__, field) for kind, field, _ in WAITING}
    assert {("Withdrawal", "person"), ("Pending", "payer"), ("Case", "opener")} <= names


def test_V_09_what_was_asked_ends_with_the_wallet(anywhere: Town) -> None:
    """Who asked the closed wallet hears a no at once, and nobody is asked any more by somebody who is gone."""
    zawadi, amina, baraka = opened(anywhere), anywhere.phone("Amina"), anywhere.phone("Baraka")
    zawadi.dial().press("6", "0711000001", "30")
    baraka.dial().press("6", "0799000009", "40")
    assert amina.dial().press("6").screen.startswith("1 waiting")
    baraka.new()
    assert close(zawadi).screen == CLOSED
    assert [text for text in baraka.new() if "declined" in text or "said no" in text]
    assert amina.dial().press("6").screen.startswith("0 waiting")
    assert rows(anywhere, Request, state="open") == []


def test_V_09_money_that_came_while_the_pin_was_typed_keeps_it_open(anywhere: Town) -> None:
    """What was empty when the PIN was asked is looked at again under the lock."""
    zawadi = opened(anywhere).dial().press("7", "8", "4")
    anywhere.phone("Njeri").dial(AGENTS_CODE).press("1", "0799000009", "100", PINS["Njeri"])
    assert zawadi.press(PIN).screen.startswith("There is KES 100 in your wallet")
    assert anywhere.person("Zawadi").state == "active"


def test_L_19_a_closed_wallet_is_not_paid_and_nothing_comes_back_to_it(anywhere: Town) -> None:
    """Paying in and paying it are refused, and so is giving a payment back to it: nobody could ever take it out."""
    zawadi = opened(anywhere)
    old = anywhere.person("Zawadi")
    paid = anywhere.app.read(lambda unit: statement(unit, wallet_of(old), limit=4))
    reference = next(item.reference for item in paid if item.amount == -100_00)
    close(zawadi)
    for who, code, keys in (("Amina", "*384*96#", ("1", "0799000009")), ("Njeri", AGENTS_CODE, ("1", "0799000009"))):
        phone = anywhere.phone(who).dial(code).press(*keys, "50")
        assert "cannot be paid" in phone.screen, who
    with pytest.raises(PayerGone):
        undo(anywhere, reference)
    assert anywhere.app.read(lambda unit: unit.books.balance(wallet_of(old))) == 0


def test_V_08_a_closed_talk_and_its_late_hops_break_nothing(town: Town) -> None:
    """The hop that closed it, repeated at once and a day later: the same answer, then a stranger's first screen."""
    zawadi = close(opened(town))
    assert zawadi.hop().screen == CLOSED
    town.wait(days=1, hours=1)
    assert zawadi.hop().screen.startswith("Welcome to Senti")
    zawadi.end()


def test_what_is_stored_is_said_masked(town: Town) -> None:
    """Whoever holds the phone reads what kinds of things are kept, and neither document, number nor name whole."""
    amina = town.phone("Amina").dial().press("7", "8", "1")
    for text in (amina.screen, amina.new()[-1]):
        assert "AMINA O" in text
        assert "***344" in text
        for secret in ("Odhiambo", "11223344", "0711000001"):
            assert secret not in text


def test_P_12_two_of_the_staff_vouch_for_a_new_pin_by_the_document(town: Town) -> None:
    """A wrong document is counted and refused, one person alone does nothing, nobody sets a PIN, the owner is told."""
    from service.wallet.document import OtherDocument
    from service.wallet.operator import SamePerson, approve, propose_reset

    njeri = town.phone("Njeri").dial().press("7", "7", "1")
    person = town.person("Njeri")

    def proposed(number: str) -> Any:
        return town.app.transact(lambda unit: propose_reset(unit, person, id_number=number, maker="ann"))

    assert isinstance(proposed("11223344"), OtherDocument)
    made = proposed("44556677")
    with pytest.raises(SamePerson):
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="Ann"))
    town.wait(days=1)
    assert njeri.dial().press("7", "7").screen.startswith("It is time. Two guardians must confirm, or show your ID")
    njeri.new()
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    assert njeri.new()[0].startswith("Our staff saw an ID document")
    assert njeri.dial().press("7", "7").screen.startswith("Now choose your new PIN")
    assert "8264" not in json.dumps(dict(made.values))
    for _ in range(3):
        assert isinstance(proposed("11223344"), OtherDocument)
    assert isinstance(proposed("44556677"), OtherDocument)


def test_P_12_an_approval_is_for_one_request(town: Town) -> None:
    """The request was stopped, and another made: what was vouched for the first does nothing to the second."""
    from service.wallet.operator import approve, propose_reset
    from service.wallet.proposal import NothingToApprove

    njeri = town.phone("Njeri").dial().press("7", "7", "1")
    person = town.person("Njeri")
    made: Any = town.app.transact(lambda unit: propose_reset(unit, person, id_number="44556677", maker="ann"))
    njeri.dial().press("7", "7", "2")
    njeri.dial().press("7", "7", "1")
    with pytest.raises(NothingToApprove):
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
