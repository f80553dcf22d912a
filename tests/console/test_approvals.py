"""Two people at two browsers: one makes, another approves what they saw, once."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from service.app import make_app
from service.demo import load_demo_staff
from service.wallet.audit import audit_all
from service.wallet.forgotten import ask_reset
from service.wallet.identity import PinReset
from service.wallet.operator import ask_redeem, propose
from service.wallet.people import set_state
from service.wallet.unit import Agent, Approval
from tests.conftest import DATABASES
from tests.console.conftest import Browser
from tests.phone import Town, demo_settings


def made(browser: Browser, act: str, **fields: str) -> str:
    """Propose an act and return its reference."""
    answer = browser.post(f"/propose/{act}", **fields)
    assert answer.status_code == 303, browser.reads()
    return str(answer.headers["Location"]).rsplit("/", 1)[-1]


def seen(browser: Browser, reference: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', browser.get(f"/approvals/{reference}").text)
    return found[1] if found else ""


def row(town: Town, reference: str) -> Approval:
    number = town.app.house.references.read(reference)
    found = town.app.read(lambda unit: unit.rows.get(Approval, number))
    assert found is not None
    return found


def float_of(town: Town) -> int:
    from service.wallet.account import float_of as account

    def look(unit):  # type: ignore[no-untyped-def]
        return unit.books.balance(account(unit.rows.get(Agent, "100024"), "ke"))

    return int(town.app.read(look))


ISSUE = {"agent": "100024", "amount": "5,000", "bank_ref": "FT 900"}


def test_C_01_float_is_issued_by_two(town: Town) -> None:
    """The maker's own yes is refused; another's counts once, for what was shown."""
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    before = float_of(town)
    reference = made(tariq, "issue", **ISSUE)
    assert float_of(town) == before
    version = seen(teresa, reference)
    assert "Mama Otieno Stores" in teresa.reads()
    assert "KES 5,000.00" in teresa.reads()
    assert tariq.post(f"/approve/issue/{reference}", seen=version).status_code == 409, "the maker"
    assert float_of(town) == before
    assert teresa.post(f"/approve/issue/{reference}", seen=version).status_code == 303
    assert float_of(town) == before + 5_000_00
    assert (row(town, reference).maker, row(town, reference).checker) == ("tariq", "teresa")
    assert teresa.post(f"/approve/issue/{reference}", seen=version).status_code == 409, "once"
    assert float_of(town) == before + 5_000_00


def test_C_01_the_page_of_the_maker_offers_no_yes(town: Town) -> None:
    """Who proposed reads that somebody else approves."""
    tariq = Browser(town).log_in("tariq")
    assert seen(tariq, made(tariq, "issue", **ISSUE)) == ""
    assert "somebody else approves it" in tariq.reads()


def test_C_01_nobody_decides_about_their_own_wallet(town: Town) -> None:
    """Sara has a wallet of her own; neither her name nor her colleague's shop is hers to free."""
    amina = town.person("Amina")
    town.app.transact(lambda unit: unit.rows.put(replace(amina, phone="+254700000001")))
    town.app.transact(lambda unit: set_state(unit, amina, "blocked"))
    sara, samuel = Browser(town).log_in("sara"), Browser(town).log_in("samuel")
    assert sara.post("/propose/unblock", person=str(amina.id)).status_code == 409
    assert sara.get(f"/people/{amina.id}").status_code == 409
    reference = made(samuel, "unblock", person=str(amina.id))
    version = seen(samuel, reference) or "x"
    sara.get(f"/approvals/{reference}")
    assert sara.post(f"/approve/unblock/{reference}", seen=version).status_code == 409
    assert row(town, reference).state == "open"


def test_C_04_what_changed_since_it_was_shown_is_not_approved(town: Town) -> None:
    """The shop has moved, the person's state has changed: the yes was to something else."""
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    reference, before = made(tariq, "issue", **ISSUE), float_of(town)
    version = seen(teresa, reference)
    shop = town.app.read(lambda unit: unit.rows.get(Agent, "100024"))
    assert shop is not None
    town.app.transact(lambda unit: unit.rows.put(replace(shop, place="Mombasa")))
    answer = teresa.post(f"/approve/issue/{reference}", seen=version)
    assert answer.status_code == 409
    assert "has changed since you saw it" in teresa.reads()
    assert float_of(town) == before
    for forged in ("", "0" * 32):
        assert teresa.post(f"/approve/issue/{reference}", seen=forged).status_code == 409
    assert teresa.post(f"/approve/issue/{reference}", seen=seen(teresa, reference)).status_code == 303
    assert float_of(town) == before + 5_000_00


def test_C_04_an_act_is_approved_at_its_own_address(town: Town) -> None:
    """Who may approve one act may not approve another by its number."""
    rita, tariq = Browser(town).log_in("rita"), Browser(town).log_in("tariq")
    reference, before = made(tariq, "issue", **ISSUE), float_of(town)
    version = seen(Browser(town).log_in("teresa"), reference)
    assert rita.post(f"/approve/unblock/{reference}", seen=version).status_code == 403
    assert rita.post(f"/approve/issue/{reference}", seen=version).status_code == 403
    assert float_of(town) == before


def test_C_04_what_was_declined_is_over(town: Town) -> None:
    """A no is final, and only of whom it concerns."""
    tariq, teresa, rita = (Browser(town).log_in(name) for name in ("tariq", "teresa", "rita"))
    reference = made(tariq, "issue", **ISSUE)
    version = seen(teresa, reference)
    assert rita.post(f"/approvals/{reference}/decline").status_code == 403, "neither hers nor hers to approve"
    assert tariq.post(f"/approvals/{reference}/decline").status_code == 303
    assert teresa.post(f"/approve/issue/{reference}", seen=version).status_code == 409
    assert row(town, reference).state == "declined"


@pytest.fixture
def database(engine: str, store_url: str) -> str:
    return store_url


@pytest.mark.parametrize("engine", DATABASES)
@pytest.mark.parametrize("rival", ["approve", "decline"])
def test_C_04_two_browsers_race_and_one_wins(database: str, rival: str) -> None:
    """Two yeses, or a yes and a no, at one instant: one of them counts, the float moves once or not at all."""
    settings = demo_settings(database_url=database)
    town = Town(store=make_app(settings).store, settings=settings)
    load_demo_staff(town.app.transact)
    aisha, tariq, teresa = (Browser(town).log_in(name) for name in ("aisha", "tariq", "teresa"))
    tokens = tariq.token(), teresa.token()
    for turn in range(5):
        before = float_of(town)
        reference = made(aisha, "issue", **{**ISSUE, "bank_ref": f"FT {turn}"})
        version = seen(tariq, reference)
        no = f"/console/approvals/{reference}/decline"
        yes = f"/console/approve/issue/{reference}"
        asked = ((tariq, yes, tokens[0]), (teresa, yes if rival == "approve" else no, tokens[1]))
        with ThreadPoolExecutor(2) as pool:
            jobs = [
                pool.submit(browser.open, "POST", path, data={"token": token, "seen": version})
                for browser, path, token in asked
            ]
        assert sorted(job.result().status_code for job in jobs) == [303, 409]
        approved = row(town, reference).state == "approved"
        assert float_of(town) - before == (5_000_00 if approved else 0)
    assert town.app.read(lambda unit: audit_all(unit, seal_key=town.app.seal_key)).problems == ()
    town.store.close()


def test_C_03_unblocking_takes_two_and_blocking_one(town: Town) -> None:
    """Stopping money is done at once; freeing it waits for a second person."""
    amina = town.person("Amina")
    sara, samuel = Browser(town).log_in("sara"), Browser(town).log_in("samuel")
    assert sara.post(f"/people/{amina.id}/block").status_code == 303
    assert town.person("Amina").state == "blocked"
    assert sara.post(f"/people/{amina.id}/block").status_code == 404
    sara.get(f"/people/{amina.id}")
    assert "Unblock" in sara.reads()
    reference = made(sara, "unblock", person=str(amina.id))
    assert town.person("Amina").state == "blocked"
    assert samuel.post(f"/approve/unblock/{reference}", seen=seen(samuel, reference)).status_code == 303
    assert town.person("Amina").state == "active"


def test_C_03_a_new_pin_is_vouched_for_by_two_who_saw_the_document(town: Town) -> None:
    """Chebet has asked for a new PIN: a wrong number of the document is counted and said, the right one proposed."""
    chebet, sara, samuel = town.person("Chebet"), Browser(town).log_in("sara"), Browser(town).log_in("samuel")
    asked = {"person": str(chebet.id)}
    assert sara.post("/propose/reset_pin", **asked, id_number="33445566").status_code == 409, "nobody asked yet"
    town.app.transact(lambda unit: ask_reset(unit, chebet.id))
    assert sara.post("/propose/reset_pin", **asked, id_number="99999999").status_code == 409
    assert town.app.read(lambda unit: unit.rows.find(Approval, state="open")) == []
    reference = made(sara, "reset_pin", **asked, id_number="33445566")
    assert "33445566" not in samuel.get(f"/approvals/{reference}").text
    assert samuel.post(f"/approve/reset_pin/{reference}", seen=seen(samuel, reference)).status_code == 303
    number = town.person("Chebet").reset
    assert number is not None
    asked_for = town.app.read(lambda unit: unit.rows.get(PinReset, number))
    assert asked_for is not None
    assert asked_for.vouched


def test_a_wish_of_an_agent_becomes_a_proposal_by_the_banks_reference(town: Town) -> None:
    shop = town.app.read(lambda unit: unit.rows.get(Agent, "100016"))
    assert shop is not None
    wish = town.app.transact(lambda unit: ask_redeem(unit, agent=shop, amount=1_000_00))
    reference = town.app.house.references.write(wish.id)
    tariq, teresa = Browser(town).log_in("tariq"), Browser(town).log_in("teresa")
    assert seen(teresa, reference) == ""
    assert teresa.post(f"/approve/redeem/{reference}", seen="").status_code == 409
    assert tariq.post(f"/approvals/{reference}/wish", bank_ref="").status_code == 409
    answer = tariq.post(f"/approvals/{reference}/wish", bank_ref="OUT 7")
    proposed = answer.headers["Location"].rsplit("/", 1)[-1]
    assert teresa.post(f"/approve/redeem/{proposed}", seen=seen(teresa, proposed)).status_code == 303
    assert row(town, reference).state == "taken"
    assert row(town, proposed).state == "approved"


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("issue", {**ISSUE, "amount": "-5"}),
        ("issue", {**ISSUE, "amount": "1e3"}),
        ("issue", {**ISSUE, "agent": "100025"}),
        ("issue", {**ISSUE, "agent": "' OR 1=1 --"}),
        ("issue", {**ISSUE, "bank_ref": ""}),
        ("issue", {**ISSUE, "bank_ref": "x" * 41}),
        ("reverse", {"reference": "QQQQQQQQQQ"}),
        ("case_reverse", {"case": "QQQQQQQQQQ"}),
        ("role", {"staff": "nobody", "role": "admin"}),
        ("role", {"staff": "sara", "role": "owner"}),
    ],
)
def test_I_14_what_is_no_value_is_refused_and_kept_in_the_form(act: str, fields: dict[str, str], town: Town) -> None:
    """Amounts, numbers, references and roles that are none: no proposal is written."""
    who = {"issue": "tariq", "role": "ada"}.get(act, "rita")
    browser = Browser(town).log_in(who if act != "reverse" else "sara")
    assert browser.post(f"/propose/{act}", **fields).status_code in (404, 409)
    assert town.app.read(lambda unit: unit.rows.find(Approval, state="open")) == []


def test_acts_made_at_the_terminal_wait_in_the_console(town: Town) -> None:
    values = {"agent": "100024", "amount": 100, "bank_ref": "T 1"}
    waiting = town.app.transact(lambda unit: propose(unit, act="issue", values=values, maker="Ann Lee"))
    teresa = Browser(town).log_in("teresa")
    assert "ann lee" in teresa.get("/approvals").text
    reference = town.app.house.references.write(waiting.id)
    assert teresa.post(f"/approve/issue/{reference}", seen=seen(teresa, reference)).status_code == 303


def test_V_06_a_new_number_is_read_whole_by_who_decides_about_it(town: Town) -> None:
    """Whoever approves compares it with what the caller says; an administrator sees no customer's."""
    amina = town.person("Amina")
    sara = Browser(town).log_in("sara")
    reference = made(sara, "renumber", person=str(amina.id), phone="0733000001", id_number=amina.id_number)
    for name, whole in (("rita", True), ("ada", False), ("tariq", False)):
        page = Browser(town).log_in(name).get(f"/approvals/{reference}").text
        assert ("+254733000001" in page) is whole, name
