"""Hostile cases of several countries in one house: each has money, books, codes and agents of its own."""

from collections.abc import Iterator

import pytest

from service.ledger.chart import Reason
from service.phone import BadPhone
from service.wallet.account import wallet_of
from service.wallet.agent import add_agent
from service.wallet.operator import PayerGone, approve, propose, propose_renumber
from service.wallet.proposal import NothingToApprove
from service.wallet.unit import Approval, Person
from tests.hostile.conftest import living
from tests.phone import PINS, Phone, Town, demo_settings

MUSA = "+256772000005"
UGANDA, UGANDAN_AGENTS, KENYAN_AGENTS = "*284*96#", "*284*97#", "*384*97#"


@pytest.fixture
def three() -> Iterator[Town]:
    """A house of three countries with a shop in Kampala, number 100032."""
    with living(Town(settings=demo_settings(countries=("ke", "ug", "gh")))) as town:
        musa = Phone(town, MUSA)
        musa.dial(UGANDA).press("1", "Musa Okello", "CM12345", "8264", "8264")

        town.app.transact(lambda unit: add_agent(unit, phone=MUSA, name="Kampala Shop", place="Kampala"))
        yield town


def test_I_09_money_is_never_shown_as_that_of_another_country(three: Town) -> None:
    """Whoever dials another country's code is told their own; nothing is read, asked or paid there."""
    amina, musa = three.phone("Amina"), Phone(three, MUSA)
    for typed in ("", "5", "1*0722000002*5000*4071"):
        assert (
            amina.dial(UGANDA, typed=typed).screen == "This code is of another country. For your wallet dial *384*96#."
        )
        assert amina.over
    assert musa.dial("*384*96#").screen.endswith(f"dial {UGANDA}.")
    assert three.phone("Njeri").dial(UGANDAN_AGENTS).screen.endswith(f"dial {KENYAN_AGENTS}.")
    assert three.phone("Zawadi").dial(UGANDA).screen.endswith("dial *384*96#.")
    assert Phone(three, "+14155550100").dial("*384*96#").screen.startswith("Senti serves numbers of this country only")
    assert three.balance("Amina") == 200_000


def test_money_is_taken_out_in_its_own_country_only(three: Town) -> None:
    """An agent of another country is nobody here: no code, no cash kept; a voucher's code is none over there."""
    amina, musa = three.phone("Amina"), Phone(three, MUSA)
    assert amina.dial().press("2", "100032", "300").screen.startswith("No open agent has this number."), amina.screen
    assert (
        amina.dial().press("7", "9", "0799000009", "100", "8642", PINS["Amina"]).screen.startswith("KES 100 waits")
    ), amina.screen
    code = next(word for word in three.phone("Zawadi").new()[-1].split() if word.rstrip(",").isdigit()).rstrip(",")
    musa.dial(UGANDAN_AGENTS).press("2", code)
    assert "secret" not in musa.screen.lower()
    assert three.balance("Amina") == 200_000 - 100_00 - 11_00


def test_float_is_issued_in_the_money_of_the_agent(three: Town) -> None:
    """Uganda's shillings have no cents: what the staff read and type is what is issued."""
    values = {"agent": "100032", "amount": 1_000_000, "bank_ref": "UG 1"}
    made = three.app.transact(lambda unit: propose(unit, act="issue", values=values, maker="ann"))
    done = three.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    assert done["balance"] == 1_000_000


def test_a_wallet_gets_no_number_of_another_country(three: Town) -> None:
    person = three.person("Baraka")
    with pytest.raises(BadPhone):
        three.app.transact(
            lambda unit: propose_renumber(unit, person, phone="+256772000001", id_number=person.id_number, maker="ann")
        )


def test_L_19_nothing_is_given_back_into_a_closed_wallet(town: Town) -> None:
    """The payer has closed the wallet: the operator's reversal says so, and nobody's money goes where nobody is."""
    zawadi = town.phone("Zawadi").dial().press("1", "Zawadi Wekesa", "98765432", "8264", "8264")
    town.phone("Amina").dial().press("1", "0799000009", "100", PINS["Amina"])
    town.wait(minutes=30)
    old = town.person("Zawadi")
    zawadi.dial().press("1", "0711000001", "100", "8264")
    town.wait(minutes=30)
    entry = [entry for entry in town.app.read(lambda unit: unit.books.entries()) if entry.reason == Reason.SEND][-1]
    assert zawadi.dial().press("7", "8", "4", "8264").screen.startswith("Your wallet is closed")
    made = town.app.transact(lambda unit: propose(unit, act="reverse", values={"entry": entry.id}, maker="ann"))
    with pytest.raises(PayerGone):
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    assert town.app.read(lambda unit: unit.books.balance(wallet_of(old))) == 0


@pytest.mark.parametrize("gone", ["closed", "retired"])
def test_L_19_an_old_approval_wakes_no_wallet_that_is_gone(gone: str, town: Town) -> None:
    """Proposed while the wallet lived, approved when it was closed, or its number was taken: refused."""
    town.phone("Zawadi").dial().press("1", "Zawadi Wekesa", "98765432", "8264", "8264")
    person = town.person("Zawadi")
    values = {"person": person.id}
    made = town.app.transact(lambda unit: propose(unit, act="unblock", values=values, maker="ann"))
    if gone == "closed":
        town.phone("Zawadi").dial().press("7", "8", "4", "8264")
    else:
        town.wait(days=180)
        retire: Approval = town.app.transact(lambda unit: propose(unit, act="retire", values=values, maker="ann"))
        town.app.transact(lambda unit: approve(unit, approval_id=retire.id, checker="bob"))
    with pytest.raises(NothingToApprove):
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    (row,) = town.app.read(lambda unit: unit.rows.find(Person, id=person.id))
    assert row.state == gone
