"""Taxes given back from the console: shown first, approved by another, done by the worker, and seen to be done."""

import re
from dataclasses import replace
from datetime import date
from functools import partial

import pytest

from service.countries import Tax
from service.wallet.account import wallet_of
from service.wallet.audit import audit_all
from service.wallet.operator import approve, propose
from service.wallet.refund import Refund, give_some, refunding
from service.wallet.send import quote_send, send_money
from service.wallet.unit import Approval, Case, Unit
from tests.console.conftest import Browser
from tests.console.test_approvals import seen
from tests.console.test_bulk import Killed
from tests.console.test_text import NASTY, Tags
from tests.phone import Town

LEVY = Tax("levy", "send", 1_00, "up", date(2026, 11, 24), None, "example")
TYPED = {"tax": "ke levy", "first": "2026-11-25", "last": "2026-11-25"}


def taxed(town: Town, *taxes: Tax) -> None:
    """Let the prices of the country have these taxes beside those of its file."""
    packs = town.app.house.packs
    packs["ke"] = replace(packs["ke"], taxes=(*town.app.house.filed["ke"].taxes, *taxes))


@pytest.fixture
def levied(town: Town) -> Town:
    """Three payments of 25 November took a levy that had ended on the 24th, as was heard a day later."""
    taxed(town, LEVY)
    town.wait(days=3)
    amina, baraka = town.person("Amina"), town.person("Baraka")

    def pay(unit: Unit, amount: int) -> None:
        send_money(unit, payer=amina, quote=quote_send(unit, payer=amina, phone=baraka.phone, amount=amount))

    for amount in (100_00, 200_00, 300_00):
        town.app.transact(partial(pay, amount=amount))
    town.wait(days=1)
    return town


def ended(town: Town) -> Town:
    taxed(town, replace(LEVY, valid_to=date(2026, 11, 24)))
    return town


def asked(browser: Browser, **typed: str) -> str:
    """Check and propose a batch, and return the number of the act."""
    page = browser.post("/refunds/check", **{**TYPED, **typed}).text
    shown = re.search(r'name="shown" value="([0-9 ]+)"', page)
    assert shown, page
    answer = browser.post("/propose/refund", **{**TYPED, **typed}, shown=shown[1])
    assert answer.status_code == 303, browser.reads()
    return answer.headers["Location"].split("/")[-1]


def batches(town: Town) -> list[Refund]:
    return list(town.app.read(lambda unit: unit.rows.find(Refund)))


def test_C_03_a_tax_is_given_back_by_two_and_the_worker(levied: Town) -> None:
    """By the prices of before nothing is to be given back; then it is shown, agreed to, done once, and told."""
    tariq, rita = Browser(levied).log_in("tariq"), Browser(levied).log_in("rita")
    assert "there is nothing to give back" in tariq.post("/refunds/check", **TYPED).text
    ended(levied)
    page = tariq.post("/refunds/check", **TYPED).text
    assert "KES 6.00" in page
    assert batches(levied) == []
    act, before = asked(tariq), levied.balance("Amina")
    assert tariq.post(f"/approve/refund/{act}", seen=seen(tariq, act) or "x").status_code == 409, "the maker"
    assert rita.post(f"/approve/refund/{act}", seen=seen(rita, act)).status_code == 303
    place = f"/refunds/{act}"
    assert "0 of 3 payments" in rita.get(place).text
    assert rita.last is not None
    assert rita.last.headers["Refresh"].endswith("turn=1")
    assert levied.balance("Amina") == before
    levied.work()
    assert levied.balance("Amina") == before + 6_00
    assert "3 of 3 payments" in tariq.get(place).text
    assert tariq.last is not None
    assert "Refresh" not in tariq.last.headers
    assert [(row.state, row.done, row.given) for row in batches(levied)] == [("paid", 3, 6_00)]
    assert sum("given back" in text for text in levied.phone("Amina").inbox()) == 3
    levied.work()
    assert levied.balance("Amina") == before + 6_00
    assert act in tariq.get("/refunds").text
    assert "there is nothing to give back" in tariq.post("/refunds/check", **TYPED).text
    assert levied.app.read(lambda unit: audit_all(unit, seal_key=levied.app.seal_key)).problems == ()


def test_K_07_a_batch_that_breaks_off_goes_on_where_it_was(levied: Town) -> None:
    """One payment in each commit, and a death behind the second one's posting: each is given back once."""
    ended(levied)
    tariq, rita = Browser(levied).log_in("tariq"), Browser(levied).log_in("rita")
    act, before = asked(tariq), levied.balance("Amina")
    rita.post(f"/approve/refund/{act}", seen=seen(rita, act))
    (number,) = levied.app.read(refunding)
    levied.app.transact(lambda unit: give_some(unit, number, limit=4))
    done = batches(levied)[0].done
    assert 0 < done < 3

    def dies(unit: Unit) -> None:
        give_some(unit, number, limit=4)
        raise Killed

    with pytest.raises(Killed):
        levied.app.transact(dies)
    assert batches(levied)[0].done == done
    assert f"{done} of 3 payments" in rita.get(f"/refunds/{act}").text
    levied.work()
    assert levied.balance("Amina") == before + 6_00
    assert batches(levied)[0].done == 3


def test_C_04_what_has_changed_since_it_was_shown_is_neither_proposed_nor_approved(levied: Town) -> None:
    """A payment was reversed meanwhile: its levy went back with it, and the batch is another."""
    ended(levied)
    tariq, rita = Browser(levied).log_in("tariq"), Browser(levied).log_in("rita")
    act = asked(tariq)
    wallet = wallet_of(levied.person("Amina"))
    entry = levied.app.read(lambda unit: unit.books.lines(wallet, before=None, limit=1))[0].entry
    made = levied.app.transact(lambda unit: propose(unit, act="reverse", values={"entry": entry}, maker="ann"))
    levied.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    assert rita.post(f"/approve/refund/{act}", seen=seen(rita, act)).status_code == 409
    assert tariq.post("/propose/refund", **TYPED, shown="3 600").status_code == 409
    assert batches(levied) == []


@pytest.mark.parametrize(
    "typed",
    [
        {"tax": "ke excise"},
        {"tax": "ke"},
        {"tax": "xx levy"},
        {"first": "2026-11-26"},
        {"last": "2027-01-01"},
        {"first": "25.11.2026"},
        {"last": ""},
        {"tax": "ke levy' OR 1=1"},
    ],
)
def test_I_14_what_is_no_batch_is_refused(typed: dict[str, str], levied: Town) -> None:
    """Taxes inside a charge, countries that there are not, days that are none, backwards, or still to come."""
    tariq = Browser(levied).log_in("tariq")
    assert tariq.post("/refunds/check", **{**TYPED, **typed}).status_code == 409
    assert tariq.post("/propose/refund", **{**TYPED, **typed}, shown="3 600").status_code == 409
    assert levied.app.read(lambda unit: unit.rows.find(Approval, act="refund")) == []


def test_a_page_looks_through_so_many_payments_and_no_more(levied: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither shown nor approved there: the terminal does it, whose approval the worker carries out as well."""
    ended(levied)
    tariq, rita = Browser(levied).log_in("tariq"), Browser(levied).log_in("rita")
    act = asked(tariq)
    monkeypatch.setattr("service.wallet.refund.PAGE", 2)
    monkeypatch.setattr("service.console.refunds.MOST_LOOKED_AT", 2)
    assert tariq.post("/refunds/check", **TYPED).status_code == 409
    assert "senti refund command" in tariq.reads()
    assert rita.post(f"/approve/refund/{act}", seen=seen(rita, act)).status_code == 409
    assert batches(levied) == []
    number = levied.app.house.references.read(act)
    assert number is not None
    levied.app.transact(lambda unit: approve(unit, approval_id=number, checker="bob"))
    levied.work()
    assert [row.state for row in batches(levied)] == ["paid"]


def test_C_02_what_goes_to_suspense_has_a_case_and_an_age_on_the_treasurys_page(levied: Town) -> None:
    """Amina has closed her wallet: her three levies wait, each with a case and its clock, and the page adds them up."""
    ended(levied)
    tariq, rita = Browser(levied).log_in("tariq"), Browser(levied).log_in("rita")
    assert "Nothing is in suspense." in tariq.get("/treasury").text
    act = asked(tariq)
    amina = levied.person("Amina")
    levied.app.transact(lambda unit: unit.rows.put(replace(amina, state="closed")))
    rita.post(f"/approve/refund/{act}", seen=seen(rita, act))
    levied.work()
    levied.wait(days=31)
    levied.app.transact(lambda unit: unit.rows.put(amina))
    cases = levied.app.read(lambda unit: unit.rows.find(Case, what="suspense"))
    assert sorted(case.values["amount"] for case in cases) == [1_00, 2_00, 3_00]
    assert {(case.opener, case.state) for case in cases} == {(amina.id, "open")}
    tariq = Browser(levied).log_in("tariq")
    page = tariq.get("/treasury").text
    assert "KES 6.00" in tariq.reads()
    assert "past its clock" in tariq.reads() or "late" in tariq.reads()
    assert page.count('<td class="sum">31</td>') == 3
    for case in cases:
        number = levied.app.house.references.write(case.id)
        assert number in page
        assert "Reverse" not in tariq.get(f"/cases/{number}").text


@pytest.mark.parametrize("name", NASTY)
def test_I_15_the_name_of_a_tax_is_text(name: str, town: Town) -> None:
    """Whatever a pack or a forged row calls it."""
    row = Refund(id=9, country="ke", tax=name, first="2026-11-01", last="2026-11-02", entries=1, amount=5, at=town.now)
    values = {"country": "ke", "tax": name, "from": row.first, "to": row.last, "entries": 1, "amount": 5}
    made = Approval(id=9, act="refund", values=values, maker="ann", checker="bob", state="approved", at=town.now)

    def work(unit: Unit) -> None:
        unit.rows.append(replace(row, state="paid"))
        unit.rows.append(made)

    town.app.transact(work)
    omar = Browser(town).log_in("omar")
    reference = town.app.house.references.write(9)
    for path in ("/refunds", f"/refunds/{reference}", f"/approvals/{reference}"):
        page = omar.get(path)
        assert page.status_code == 200
        assert not {"script", "img", "iframe", "object"} & set(Tags(page.text).tags)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", page.text)


def test_another_reference_is_no_batch(town: Town) -> None:
    omar = Browser(town).log_in("omar")
    assert omar.get("/refunds/QQQQQQQQQQ").status_code == 404
    assert "No tax was given back." in omar.get("/refunds").text
    assert "No country here takes a tax" in Browser(town).log_in("tariq").get("/refunds").text
