"""Agents and merchants: what staff see of them, stopping a shop at once and opening or closing it by two."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.console.shops import SHOWN
from service.wallet.account import commission_of
from service.wallet.agent import add_agent
from service.wallet.commission import CommissionRun
from service.wallet.complaint import Complaint
from service.wallet.drawer import Till, note_shortage
from service.wallet.item import Item
from service.wallet.logbook import every_note
from service.wallet.merchant import Merchant
from service.wallet.people import register
from service.wallet.pin import seal_pin
from service.wallet.report import report_overcharge
from service.wallet.till import new_till
from service.wallet.unit import Agent, Unit
from tests.console.conftest import Browser
from tests.console.test_approvals import made, seen
from tests.phone import PINS, Town


def shop(town: Town, number: str = "100024") -> Agent:
    found = town.app.read(lambda unit: unit.rows.get(Agent, number))
    assert found is not None
    return found


@pytest.fixture
def stall(town: Town) -> Merchant:
    """Baraka's till, where a shilling's story is sold."""
    baraka = town.person("Baraka")

    def work(unit: Unit) -> Merchant:
        till = new_till(unit, person_id=baraka.id, name="Baraka Books")
        story = Item(
            code="200014", serial=20_001, till=till.number, kind="text", title="Story", price=100_000_000, days=1,
            text="Once", state="paused", at=unit.now,
        )  # fmt: skip
        unit.rows.add(story)
        unit.rows.add(Complaint(till=till.number, person=1, at=unit.now))
        return till

    return town.app.transact(work)


def test_a_shop_is_stopped_by_one_and_opened_again_by_two(town: Town) -> None:
    """The stop is at once and stands in the logbook; the opening waits for another."""
    aisha, rita = Browser(town).log_in("aisha"), Browser(town).log_in("rita")
    assert aisha.post("/agents/100024/suspend").status_code == 303
    assert shop(town).state == "suspended"
    assert aisha.post("/agents/100024/suspend").status_code == 404
    assert town.app.read(lambda unit: list(every_note(unit)))[-1].act == "suspend shop"
    page = aisha.get("/agents/100024").text
    assert "suspended" in page
    assert "/propose/resume_shop?agent=100024" in page
    reference = made(aisha, "resume_shop", agent="100024")
    assert shop(town).state == "suspended"
    assert rita.post(f"/approve/resume_shop/{reference}", seen=seen(rita, reference)).status_code == 303
    assert shop(town).state == "active"


def test_C_01_a_shop_is_closed_by_two_when_nothing_is_owed(town: Town) -> None:
    """With float in it nobody even proposes it; what came in meanwhile refuses the yes; a closed one stays closed."""
    aisha, rita = Browser(town).log_in("aisha"), Browser(town).log_in("rita")
    assert aisha.post("/propose/close_shop", agent="100024").status_code == 409
    assert "Float or commission is left" in aisha.reads()
    teresa = Browser(town).log_in("teresa")
    redeemed = made(aisha, "redeem", agent="100024", amount="1,200", bank_ref="OUT 1")
    assert teresa.post(f"/approve/redeem/{redeemed}", seen=seen(teresa, redeemed)).status_code == 303
    reference = made(aisha, "close_shop", agent="100024")
    version = seen(rita, reference)
    assert aisha.post(f"/approve/close_shop/{reference}", seen=version).status_code == 403
    assert rita.post(f"/approve/close_shop/{reference}", seen=version).status_code == 303
    assert shop(town).state == "closed"
    assert "/propose/issue" not in aisha.get("/agents/100024").text
    assert aisha.post("/propose/resume_shop", agent="100024").status_code == 409


def test_all_shops_are_listed_page_by_page_with_their_float(town: Town) -> None:
    """More shops than a page holds: each stands on one page, none is left out."""
    pack = town.app.home.pack

    def work(unit: Unit) -> None:
        for number in range(SHOWN):
            phone, person_id = f"+2547000010{number:02}", unit.mint()
            pin = seal_pin(unit.house, person_id, "4071")
            about = {"name": "Keeper", "id_number": "12345678", "language": "en", "pin": pin, "pack": pack, "tier": 2}
            register(unit, person_id=person_id, phone=phone, **about)  # type: ignore[arg-type]
            add_agent(unit, phone=phone, name=f"Shop {number}", place="Thika", under="100016")

    town.app.transact(work)
    aisha = Browser(town).log_in("aisha")
    first, second = aisha.get("/agents").text, aisha.get("/agents?page=1").text
    assert "KES 1,200.00" in first
    assert "/agents?page=1" in first
    assert "/agents?page=2" not in second
    listed = [number for page in (first, second) for number in numbers(page)]
    assert len(listed) == len(set(listed)) == SHOWN + 2
    assert "Shop 1" in aisha.get("/agents/100016").text, "who belongs to a super-agent stands on its page"
    assert numbers(aisha.get("/agents?page=99").text) == numbers(second)


def numbers(page: str) -> list[str]:
    return [part.split('"')[0] for part in page.split('href="/console/agents/')[1:]]


def test_a_shops_page_says_when_it_runs_dry_who_was_not_served_and_who_complained(town: Town) -> None:
    """What the worker has foretold, shortages, and reports of customers, who stay unnamed."""
    amina = town.person("Amina")
    town.phone("Njeri").dial("*384*97#").press("1", "0711000001", "300", PINS["Njeri"]).end()

    def work(unit: Unit) -> None:
        till = unit.rows.lock(Till, "100016")
        assert till is not None
        unit.rows.put(replace(till, float_ends=unit.now + timedelta(hours=2)))
        note_shortage(unit, agent=unit.rows.get(Agent, "100016"), area=till.area, amount=700_00, why="cash")
        report_overcharge(unit, amina)

    town.app.transact(work)
    rita = Browser(town).log_in("rita")
    page = rita.get("/agents/100016")
    assert page.status_code == 200
    words = rita.reads()
    for said in ("runs out", "2026-11-22 14:", "KES 700.00", "too much taken", "Reported for taking too much"):
        assert said in words, said
    assert "AMINA O" not in page.text.split("<h2>Statement")[0], "the agent's page does not say who reported"


def test_a_commission_run_is_counted_once_for_each_agent_and_shown(town: Town) -> None:
    """What a month has earned is paid by the schedule; the run's totals are what the floats got, however often run."""
    town.phone("Njeri").dial("*384*97#").press("1", "0711000001", "300", PINS["Njeri"]).end()
    njeri = shop(town, "100016")
    earned = town.app.read(lambda unit: unit.books.balance(commission_of(njeri, "ke")))
    town.now += timedelta(days=20)
    town.work()
    town.work()
    runs = town.app.read(lambda unit: unit.rows.find(CommissionRun, country="ke"))
    assert [(run.period, run.agents, run.paid + run.share) for run in runs] == [("2026-11", 1, earned)]
    assert runs[0].share == earned // 4 > 0
    aisha = Browser(town).log_in("aisha")
    page = aisha.get("/commission").text
    assert "2026-11" in page
    assert f"KES {runs[0].paid / 100:.2f}" in page
    assert "2027-01-01" in page


def test_a_till_shows_its_owner_its_takings_and_what_was_paused(town: Town, stall: Merchant) -> None:
    """Masked owner, the money in it, complaints; two of the staff sell again what was paused."""
    town.phone("Amina").dial().press("3", stall.number, "250", PINS["Amina"]).end()
    aisha, rita = Browser(town).log_in("aisha"), Browser(town).log_in("rita")
    for page in (aisha.get("/tills").text, aisha.get(f"/tills/{stall.number}").text):
        assert "Baraka Books" in page
        assert "BARAKA M" in page
        assert "Mwangi" not in page
        assert "KES 248.75" in page or "KES 250.00" in page
    assert aisha.post("/find", sought=stall.number).headers["Location"] == f"/console/tills/{stall.number}"
    assert "paused" in aisha.reads() or "paused" in aisha.get(f"/tills/{stall.number}").text
    reference = made(aisha, "resume_content", item="200014")
    assert "Story" in rita.get(f"/approvals/{reference}").text
    assert rita.post(f"/approve/resume_content/{reference}", seen=seen(rita, reference)).status_code == 303
    item = town.app.read(lambda unit: unit.rows.get(Item, "200014"))
    assert item is not None
    assert item.state == "open"
    assert aisha.get("/tills/500025").status_code == 404


def test_C_01_nobody_sells_their_own_content_again(town: Town, stall: Merchant) -> None:
    """Who is behind the till neither proposes nor approves that it sells again."""
    baraka = town.person("Baraka")
    town.app.transact(lambda unit: unit.rows.put(replace(baraka, phone="+254700000006")))
    aisha, rita = Browser(town).log_in("aisha"), Browser(town).log_in("rita")
    assert rita.post("/propose/resume_content", item="200014").status_code == 409
    reference = made(aisha, "resume_content", item="200014")
    assert rita.post(f"/approve/resume_content/{reference}", seen=seen(rita, reference)).status_code == 409
    assert stall.state == "open"
