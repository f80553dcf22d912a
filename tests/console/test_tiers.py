"""Tiers: papers taken down by one, approved by another, told to the person, or refused with a reason."""

import re
from dataclasses import replace
from functools import partial

import pytest

from service.wallet.application import Application
from service.wallet.logbook import every_note
from service.wallet.names import find_by_name
from service.wallet.operator import approve, propose
from service.wallet.sanctions import Hit, Listed, Sweep, Vetting
from service.wallet.tier import REFUSED, OwnPapers
from service.wallet.unit import Approval, Notice, Person, Unit
from service.wallet.vetting import Vetter
from tests.console.conftest import Browser
from tests.console.test_approvals import made, seen
from tests.console.test_text import NASTY, Tags
from tests.phone import Town

PDF = b"%PDF-1.7\n<script>alert(1)</script>"
PAPERS = {"tier": "2", "name": "Chebet Jepkosgei Rono", "paper": "K 3"}


@pytest.fixture(autouse=True)
def low(town: Town) -> None:
    """Let two people of the demo be in the lowest tier."""
    for name in ("Chebet", "Amina"):
        town.app.transact(partial(lowered, person=town.person(name)))


def lowered(unit: Unit, person: Person) -> None:
    unit.rows.put(replace(person, tier=1))


def document(town: Town, who: str) -> str:
    return town.person(who).id_number


def taken(town: Town, browser: Browser, who: str = "Chebet", *, paper: bool = True, **fields: str) -> str:
    """Take papers down and return the number of the application."""
    fields = {**PAPERS, "id_number": document(town, who), **fields}
    answer = browser.post(f"/people/{town.person(who).id}/tier", **fields)
    assert answer.status_code == 303, browser.reads()
    reference = answer.headers["Location"].split("/")[-1]
    if paper:
        assert browser.hand_in(f"/applications/{reference}/papers", PDF).status_code == 303
    return reference


def last(town: Town) -> Application:
    return town.app.read(lambda unit: unit.rows.find(Application, newest=True, limit=1))[0]


def test_C_01_a_tier_is_raised_by_two_and_the_person_reads_their_limits(town: Town) -> None:
    """Support takes the papers down and proposes; risk approves what it saw; the phone reads the new limits."""
    sara, rita = Browser(town).log_in("sara"), Browser(town).log_in("rita")
    chebet = town.person("Chebet")
    assert chebet.name == "Chebet Rono"
    reference = taken(town, sara)
    page = rita.get(f"/applications/{reference}").text
    assert "KES 250,000.00" in page
    assert "Jepkosgei" not in page
    assert "Jepkosgei" in rita.post(f"/applications/{reference}/reveal").text
    act = made(sara, "tier", application=reference)
    shown = rita.get(f"/approvals/{act}").text
    assert "CHEBET R" in shown
    assert sara.post(f"/approve/tier/{act}", seen=seen(rita, act)).status_code == 403
    assert town.person("Chebet").tier == 1
    assert rita.post(f"/approve/tier/{act}", seen=seen(rita, act)).status_code == 303
    after = town.person("Chebet")
    assert (after.tier, after.name) == (2, PAPERS["name"])
    told = town.phone("Chebet").inbox()[-1]
    assert "2" in told
    assert "250,000" in told
    assert "500,000" in told
    assert last(town).state == "granted"
    acts = [row.act for row in town.app.read(lambda unit: list(every_note(unit)))]
    assert {"take application", "add paper", "see paper", "make tier", "approve tier"} <= set(acts)


def test_a_person_is_told_in_their_language(town: Town) -> None:
    chebet = town.person("Chebet")
    town.app.transact(lambda unit: unit.rows.put(replace(chebet, language="sw")))
    sara, rita = Browser(town).log_in("sara"), Browser(town).log_in("rita")
    act = made(sara, "tier", application=taken(town, sara))
    rita.post(f"/approve/tier/{act}", seen=seen(rita, act))
    assert town.phone("Chebet").inbox()[-1].startswith("Ngazi yako ya Senti sasa ni 2")


def test_papers_are_refused_with_a_reason_that_the_person_reads(town: Town) -> None:
    """Nothing changes but what is told; without one of the reasons nothing is refused, and once is enough."""
    sara = Browser(town).log_in("sara")
    reference = taken(town, sara)
    for wrong in ("", "rude", "<script>"):
        assert sara.post(f"/applications/{reference}/refuse", why=wrong).status_code == 409
    rita = Browser(town).log_in("rita")
    assert "Refuse it" in rita.get(f"/applications/{reference}").text, "who would approve may refuse as well"
    assert rita.post(f"/applications/{reference}/refuse", why="expired").status_code == 303
    assert "expired" in town.phone("Chebet").inbox()[-1]
    assert (last(town).state, last(town).why, town.person("Chebet").tier) == ("refused", "expired", 1)
    assert "A document has expired." in sara.get(f"/applications/{reference}").text
    assert sara.post(f"/applications/{reference}/refuse", why="expired").status_code == 409
    assert taken(town, sara) != reference


def test_a_tier_is_lowered_without_papers_and_by_two(town: Town) -> None:
    """Whose papers are good no more keeps name and money, and pays less from then on."""
    sara, rita = Browser(town).log_in("sara"), Browser(town).log_in("rita")
    amina = town.person("Amina")
    town.app.transact(lambda unit: unit.rows.put(replace(amina, tier=2)))
    reference = taken(town, sara, "Amina", paper=False, tier="1", name="", id_number="")
    act = made(sara, "tier", application=reference)
    assert rita.post(f"/approve/tier/{act}", seen=seen(rita, act)).status_code == 303
    after = town.person("Amina")
    assert (after.tier, after.name) == (1, amina.name)
    assert "50,000" in town.phone("Amina").inbox()[-1]


def test_nobody_is_raised_without_a_paper_and_another_document_is_refused(town: Town) -> None:
    """A document of another number is refused and counted: with the third the right one is not taken either."""
    sara = Browser(town).log_in("sara")
    reference = taken(town, sara, paper=False)
    assert sara.post("/propose/tier", application=reference).status_code == 409
    assert "there must be a paper" in sara.reads()
    here = f"/people/{town.person('Amina').id}/tier"
    for _ in range(3):
        assert sara.post(here, **PAPERS, id_number="XX999999").status_code == 409
    assert sara.post(here, **PAPERS, id_number=document(town, "Amina")).status_code == 409


@pytest.mark.parametrize(
    "fields",
    [
        {"tier": "1"},
        {"tier": "9"},
        {"tier": ""},
        {"tier": "-2"},
        {"tier": "２"},
        {"name": ""},
        {"name": "=HYPERLINK(1)"},
        {"name": "\u202eKoech"},
        {"id_number": ""},
        {"paper": ""},
    ],
)
def test_I_14_what_is_no_tier_or_no_name_is_refused(fields: dict[str, str], town: Town) -> None:
    """Tiers that there are not, the tier of now, names that are formulas or turn the line, and what is missing."""
    sara = Browser(town).log_in("sara")
    typed = {**PAPERS, "id_number": document(town, "Chebet"), **fields}
    answer = sara.post(f"/people/{town.person('Chebet').id}/tier", **typed)
    if fields == {"name": "\u202eKoech"}:  # what is not seen is a blank, and the rest of it a name
        assert last(town).name == "Koech"
        return
    assert answer.status_code == 409, fields
    assert town.app.read(lambda unit: unit.rows.find(Application)) == []


def test_C_04_a_paper_that_came_since_is_another_version(town: Town) -> None:
    """What was shown had one paper: the yes is refused, and asked for again with two."""
    sara, rita = Browser(town).log_in("sara"), Browser(town).log_in("rita")
    reference = taken(town, sara)
    act = made(sara, "tier", application=reference)
    version = seen(rita, act)
    assert sara.hand_in(f"/applications/{reference}/papers", PDF + b"2").status_code == 303
    assert rita.post(f"/approve/tier/{act}", seen=version).status_code == 409
    assert town.person("Chebet").tier == 1
    assert rita.post(f"/approve/tier/{act}", seen=seen(rita, act)).status_code == 303


def test_C_01_who_took_the_papers_down_does_not_approve_them(town: Town) -> None:
    """Not even where another has proposed it, nor by the command: two people looked, or nothing happens."""
    sara = Browser(town).log_in("sara")
    number = town.app.house.references.read(taken(town, sara))
    act = town.app.transact(lambda unit: propose(unit, act="tier", values={"application": number}, maker="bob"))
    with pytest.raises(OwnPapers):
        town.app.transact(lambda unit: approve(unit, approval_id=act.id, checker="Sara"))
    assert town.person("Chebet").tier == 1
    town.app.transact(lambda unit: approve(unit, approval_id=act.id, checker="ann"))
    assert town.person("Chebet").tier == 2


def test_C_01_nobody_raises_themselves(town: Town) -> None:
    """The person's number is that of who takes it down, of who proposes, or of who approves."""
    sara, rita = Browser(town).log_in("sara"), Browser(town).log_in("rita")
    reference = taken(town, sara)
    chebet = town.person("Chebet")
    act = made(sara, "tier", application=reference)
    staff = {name: browser_phone(town, name) for name in ("sara", "rita")}
    town.app.transact(lambda unit: unit.rows.put(replace(chebet, phone=staff["rita"])))
    assert rita.post(f"/approve/tier/{act}", seen=seen(rita, act)).status_code == 409
    town.app.transact(lambda unit: unit.rows.put(replace(chebet, phone=staff["sara"])))
    assert sara.post("/propose/tier", application=reference).status_code == 409
    assert sara.post(f"/people/{chebet.id}/tier", **PAPERS, id_number="X1234567").status_code == 409
    town.app.transact(lambda unit: unit.rows.put(chebet))
    assert town.person("Chebet").tier == 1


def browser_phone(town: Town, name: str) -> str:
    from service.wallet.staff import Staff

    row = town.app.read(lambda unit: unit.rows.get(Staff, name))
    assert row is not None
    return row.phone


def test_nobody_is_raised_whose_money_is_held(town: Town) -> None:
    """Blocked since it was proposed: neither the yes nor a new proposal goes through."""
    sara, rita = Browser(town).log_in("sara"), Browser(town).log_in("rita")
    reference = taken(town, sara)
    act = made(sara, "tier", application=reference)
    assert sara.post(f"/people/{town.person('Chebet').id}/block").status_code == 303
    assert rita.post(f"/approve/tier/{act}", seen=seen(rita, act)).status_code == 409
    assert "settled first" in rita.reads()
    assert town.person("Chebet").tier == 1


def test_F_11_a_new_name_is_compared_with_the_lists_and_is_found_by_the_console(town: Town) -> None:
    """The papers spell a name that is on a list: the worker looks again, the money is held, search knows the name."""
    sara, rita = Browser(town).log_in("sara"), Browser(town).log_in("rita")
    vet = Vetter(town.app.read, town.app.transact)
    while vet():
        pass

    def listed(unit: object) -> None:
        row = Listed(list="un", number="1", names=("Ivan Koechov Petrenko",), digest="d", state="listed")
        unit.rows.append(row)  # type: ignore[attr-defined]
        unit.rows.put(Sweep(name="everybody", version=2, state="done"))  # type: ignore[attr-defined]

    town.app.transact(lambda unit: unit.rows.lock(Sweep, "everybody") or unit.rows.add(Sweep(name="everybody")))
    town.app.transact(listed)
    act = made(sara, "tier", application=taken(town, sara, name="Ivan Petrenko"))
    assert rita.post(f"/approve/tier/{act}", seen=seen(rita, act)).status_code == 303
    chebet = next(one for one in town.app.read(lambda unit: find_by_name(unit, "ivan petrenko"))[0])
    assert town.app.read(lambda unit: find_by_name(unit, "Chebet Rono"))[0] == []
    assert town.app.read(lambda unit: unit.rows.get(Vetting, chebet.id)).state == "waiting"  # type: ignore[union-attr]
    while vet():
        pass
    (hit,) = town.app.read(lambda unit: unit.rows.find(Hit))
    assert (hit.person, town.app.read(lambda unit: unit.rows.find(type(chebet), id=[chebet.id]))[0].state) == (
        chebet.id,
        "held",
    )


def test_the_queue_says_how_long_each_waits_and_the_oldest_stands_first(town: Town) -> None:
    sara = Browser(town).log_in("sara")
    first = taken(town, sara, "Chebet")
    town.wait(hours=49)
    sara = Browser(town).log_in("sara")
    second = taken(town, sara, "Amina", name="Amina Otieno")
    page = sara.get("/applications?kind=tier").text
    assert page.index(first) < page.index(second)
    assert "2 days" in page
    assert "0 days" in page
    assert first not in sara.get("/applications?kind=agent").text
    assert sara.get("/applications?kind=king").status_code == 404
    assert first in sara.get(f"/people/{town.person('Chebet').id}").text


def test_an_act_fits_what_was_asked_for(town: Town) -> None:
    """Papers for a tier open no shop, and an application of a shop raises nobody."""
    sara, aisha = Browser(town).log_in("sara"), Browser(town).log_in("aisha")
    reference = taken(town, sara)
    assert aisha.post("/propose/open_shop", application=reference).status_code == 409
    shop = aisha.post(
        "/applications", kind="agent", phone="0722000002", name="Baraka Stores", place="Thika", paper="A 17"
    )
    assert shop.status_code == 303
    assert sara.post("/propose/tier", application=shop.headers["Location"].split("/")[-1]).status_code == 409


@pytest.mark.parametrize("name", NASTY)
def test_I_15_a_stored_name_is_text_on_the_pages_of_tiers(name: str, town: Town) -> None:
    """Whoever is called by markup, a formula or marks that turn the line is shown by letters."""
    sara, rita = Browser(town).log_in("sara"), Browser(town).log_in("rita")
    reference = taken(town, sara)
    act = made(sara, "tier", application=reference)
    row = replace(last(town), name=name, paper=name)
    town.app.transact(lambda unit: unit.rows.put(row))
    pages = [rita.get(f"/applications/{reference}"), rita.post(f"/applications/{reference}/reveal")]
    pages += [rita.get("/applications?kind=tier"), rita.get(f"/approvals/{act}")]
    for page in pages:
        assert page.status_code == 200
        assert not {"script", "img", "iframe", "object"} & set(Tags(page.text).tags)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", page.text)


def test_every_reason_has_a_message_and_words(town: Town) -> None:
    """Each is told to the phone as it stands in the menus."""
    sara = Browser(town).log_in("sara")
    for why in REFUSED:
        reference = taken(town, sara)
        assert sara.post(f"/applications/{reference}/refuse", why=why).status_code == 303
        assert town.app.read(lambda unit: unit.rows.find(Notice, newest=True, limit=1))[0].key == f"tier_{why}"
    assert town.app.read(lambda unit: unit.rows.find(Approval, act="tier")) == []
