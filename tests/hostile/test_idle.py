"""Numbers that slept: a new owner of the number learns nothing, the old owner comes back with two people."""

from datetime import timedelta

import pytest

from service.refusal import Refusal
from service.wallet.account import wallet_of
from service.wallet.document import OtherDocument
from service.wallet.idle import is_asleep
from service.wallet.operator import SamePerson, approve, propose, propose_identify, propose_renumber
from service.wallet.people import AlreadyRegistered
from service.wallet.proposal import NothingToApprove
from service.wallet.unit import Approval, Person, Unit
from tests.phone import AGENTS_CODE, NUMBERS, PINS, Town

SECRETS = ("BARAKA", "Baraka", "AMINA", "150", "KES")


def sleep(town: Town, *awake: str, days: int = 180) -> None:
    """Let time pass; these few dial now and then."""
    while days:
        for who in awake:
            town.phone(who).dial().end()
        town.wait(days=min(days, 90))
        days -= min(days, 90)
    for who in awake:
        town.phone(who).dial().end()


def test_P_11_who_dials_after_half_a_year_learns_nothing(anywhere: Town) -> None:
    """By any code, dialled string or message, not even with the PIN; what comes in meanwhile is not told either."""
    town, baraka = anywhere, anywhere.phone("Baraka")
    sleep(town, "Amina", days=90)
    sleep(town, "Amina", days=86)
    assert baraka.dial().screen.startswith("Senti"), "not yet: it is three days since the demo began"
    sleep(town, "Amina", days=179)
    assert baraka.dial().screen.startswith("Senti"), "who dials is awake"
    sleep(town, "Amina", days=180)
    amina = town.phone("Amina").dial().press("1", NUMBERS["Baraka"], "100", PINS["Amina"])
    assert amina.screen.startswith("Sent KES 100"), amina.screen
    baraka.new()
    town.wait(minutes=6)
    said = baraka.new()
    for typed in ("", "5", "7*1", f"1*0711000001*20*{PINS['Baraka']}"):
        screen = baraka.dial(typed=typed).screen
        assert baraka.over
        said.append(screen)
    assert baraka.dial(AGENTS_CODE).screen.startswith("This code is for agents."), "as everybody who has no shop reads"
    for text in ("BAL", "MINI", "LIMITS", "SEND 20 0711000001", "1234567", "UNDO", "SALIO"):
        baraka.sms(text)
    said += baraka.new()
    assert len(said) >= 10
    for text in said:
        assert "half a year" in text, text
        assert not [word for word in SECRETS if word in text], text
    assert town.balance("Baraka") == 15_000 + 10_000


def test_P_11_a_number_of_somebody_else_opens_a_wallet_of_its_own(anywhere: Town) -> None:
    """Two of the staff take the number from the wallet that slept: its money stays, who has it now begins anew."""
    town, old = anywhere, anywhere.person("Baraka")
    values = {"person": old.id}

    def retire(checker: str) -> None:
        made = town.app.transact(lambda unit: propose(unit, act="retire", values=values, maker="one"))
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker=checker))

    with pytest.raises(NothingToApprove):
        retire("two")
    town.wait(days=180)
    with pytest.raises(SamePerson):
        retire("one")
    retire("two")
    with pytest.raises(NothingToApprove):
        retire("two")
    new = town.phone("Baraka").dial().press("1", "Wanjiru Kamau", "A1234567", "8064", "8064")
    assert new.over, new.screen
    assert new.dial().press("5").screen.startswith("You have KES 0")
    assert new.dial().press("7", "1").screen.startswith("Nothing has gone in or out")
    town.wait(days=2)
    assert not [text for text in new.inbox() if "BARAKA" in text or "AMINA" in text]
    assert town.app.read(lambda unit: dict(unit.books.balances()))[wallet_of(old)] == 15_000
    amina = town.phone("Amina")
    assert amina.dial().screen.startswith("This number was not used"), "everybody slept"


def test_P_11_an_owner_with_another_number_gets_the_wallet_back(anywhere: Town) -> None:
    """Of a number that slept and was retired: by the document and two of the staff; for a while money only comes in."""
    town, old, new = anywhere, anywhere.person("Baraka"), NUMBERS["Zawadi"]

    def act(made: Approval | Refusal) -> None:
        assert isinstance(made, Approval)
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="two"))

    def renumbered(phone: str, document: str) -> Approval | Refusal:
        def work(unit: Unit) -> Approval | Refusal:
            owner = unit.rows.get(Person, old.id)
            assert owner is not None
            return propose_renumber(unit, owner, phone=phone, id_number=document, maker="one")

        return town.app.transact(work)

    town.wait(days=180)
    act(town.app.transact(lambda unit: propose(unit, act="retire", values={"person": old.id}, maker="one")))
    with pytest.raises(AlreadyRegistered):
        renumbered(NUMBERS["Amina"], old.id_number)
    assert isinstance(renumbered(new, "99999999"), OtherDocument)
    act(renumbered(new, old.id_number))
    zawadi = town.phone("Zawadi")
    assert zawadi.new()[-1].startswith("Your Senti wallet is on this number now, with your PIN. Until")
    assert zawadi.dial().press("5").screen.startswith("You have KES 150")
    assert zawadi.dial().press("1").screen.startswith("Your number got another SIM. Until")
    town.wait(seconds=town.app.home.pack.swap_seconds)
    assert zawadi.dial().press("1", "1", "20", PINS["Baraka"]).screen.startswith("Sent KES 20")
    assert town.phone("Baraka").dial().screen.startswith("Welcome"), "the old number is nobody's"


def test_P_11_a_number_that_is_left_is_told_where_the_wallet_went(anywhere: Town) -> None:
    """Two of the staff who were lied to do not do it unseen; a talk that is open on the old number pays nothing."""
    town, amina = anywhere, anywhere.phone("Amina").dial().press("1", "0722000002", "100")
    person = town.person("Amina")
    made = town.app.transact(
        lambda unit: propose_renumber(unit, person, phone=NUMBERS["Zawadi"], id_number=person.id_number, maker="one")
    )
    assert isinstance(made, Approval)
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="two"))
    assert "another number now: 0799***009. Not you? Call" in amina.new()[-1]
    amina.press(PINS["Amina"])
    assert not amina.screen.startswith("Sent"), amina.screen
    assert town.app.read(lambda unit: dict(unit.books.balances()))[wallet_of(person)] == 200_000
    with pytest.raises(NothingToApprove):
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="two"))


def test_F_09_a_thief_with_the_sim_neither_wakes_nor_drains(anywhere: Town) -> None:
    """No PIN, no new PIN and no agent alone: the document is looked at, its number cannot be tried out, two decide."""
    town, amina = anywhere, anywhere.phone("Amina")
    sleep(town, "Njeri", days=180)
    person = town.person("Amina")
    assert town.app.read(lambda unit: is_asleep(unit, person))
    amina.dial(typed="7*7*1")
    assert (amina.over, town.person("Amina").reset) == (True, None)
    njeri = town.phone("Njeri")
    for number in ("99999999", "11112222", "33334444", "11223344"):
        njeri.dial(AGENTS_CODE).press("6", "1", NUMBERS["Amina"], number, PINS["Njeri"])
        assert njeri.screen.startswith("That is not the ID document"), njeri.screen
        njeri.end()
    town.wait(days=1)
    wrong = town.app.transact(lambda unit: propose_identify(unit, person, id_number="99999999", maker="one"))
    assert isinstance(wrong, OtherDocument)
    njeri.dial(AGENTS_CODE).press("6", "1", NUMBERS["Amina"], "11223344", PINS["Njeri"])
    assert njeri.screen.startswith("Noted."), njeri.screen
    assert amina.dial().screen.startswith("This number was not used")
    (made,) = town.app.read(lambda unit: unit.rows.find(Approval, state="open"))
    assert (made.act, made.maker) == ("identify", "agent 100016")
    with pytest.raises(SamePerson):
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="Agent 100016"))
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="two"))
    assert amina.new()[-1].startswith("Your Senti wallet is awake again")
    assert amina.dial().press("5").screen.startswith("You have KES 2,000")
    assert amina.dial().press("1", "1", "20", PINS["Amina"]).screen.startswith("Sent")


def test_F_09_staff_wake_nobody_alone_and_nobody_who_is_awake(town: Town) -> None:
    """One of the staff sees owner and document, another approves."""
    person = town.person("Amina")
    with pytest.raises(NothingToApprove):
        town.app.transact(lambda unit: propose_identify(unit, person, id_number="11223344", maker="one"))
    town.wait(days=180)
    made = town.app.transact(lambda unit: propose_identify(unit, person, id_number="11223344", maker="one"))
    assert not isinstance(made, Refusal)
    with pytest.raises(SamePerson):
        town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="one"))
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="two"))
    assert town.phone("Amina").dial().press("5").screen.startswith("You have KES 2,000")


def test_P_11_use_is_noted_once_a_week_at_most(town: Town) -> None:
    """A dial a day writes a person's row once in seven days; a message counts as a dial does."""
    noted = []
    for _ in range(20):
        town.now += timedelta(days=1)
        town.phone("Baraka").dial().end()
        noted.append(town.person("Baraka").used_at)
    assert len(set(noted) - {None}) == 3
    town.now += timedelta(days=8)
    town.phone("Baraka").sms("BAL")
    assert town.person("Baraka").used_at == town.now
