"""What rules decided, and what staff make of it: payments that wait are let go or sent back, cases get an outcome."""

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from service.app import make_app
from service.console.decisions import decisions_in
from service.demo import load_demo_staff
from service.wallet.logbook import every_note, note
from service.wallet.unit import Case, Pending, Person, Unit
from tests.conftest import DATABASES
from tests.console.conftest import Browser
from tests.console.test_approvals import made, seen
from tests.console.test_people import noted
from tests.phone import PINS, Town, demo_settings


def emptied(town: Town) -> str:
    """Let Amina empty a wallet that slept, so that the payment waits for staff; return the number of its case."""
    person = town.person("Amina")
    town.now += timedelta(days=200)
    town.app.transact(lambda unit: unit.rows.put(_awake(unit, person.id)))
    phone = town.phone("Amina").dial().press("1", "0722000002", "1850")
    while not phone.over and "PIN" not in phone.screen:
        phone.press("1")
    phone.press(PINS["Amina"]).end()
    (case,) = town.app.read(lambda unit: unit.rows.find(Case, what="pattern", state="open", newest=True))
    (row,) = town.app.read(lambda unit: unit.rows.find(Pending, payer=person.id, state="waiting"))
    assert case.about == row.id
    return town.app.house.references.write(case.id)


def _awake(unit: Unit, person_id: int) -> Person:
    person = unit.rows.lock(Person, person_id)
    assert person is not None
    return replace(person, used_at=unit.now - timedelta(days=1))


@pytest.mark.parametrize("engine", DATABASES)
def test_what_waits_for_staff_is_let_go_by_two(engine: str, request: pytest.FixtureRequest) -> None:
    """Released it has arrived, once, and nobody can send it back as if it still waited."""
    settings = demo_settings(database_url=request.getfixturevalue(f"{engine}_url"))
    town = Town(store=make_app(settings).store, settings=settings)
    load_demo_staff(town.app.transact)
    case, before = emptied(town), town.balance("Baraka")
    rita, ravi = Browser(town).log_in("rita"), Browser(town).log_in("ravi")
    assert case in rita.get("/risk").text
    page = rita.get(f"/cases/{case}").text
    about = re.search(r"propose/release\?reference=(\w+)", page)[1]  # type: ignore[index]
    place = made(rita, "release", reference=about)
    assert rita.post(f"/approve/release/{place}", seen=seen(ravi, place)).status_code == 409, "the maker"
    assert town.balance("Baraka") == before
    assert ravi.post(f"/approve/release/{place}", seen=seen(ravi, place)).status_code == 303
    assert town.balance("Baraka") == before + 1_850_00
    late = made(rita, "release", reference=about)
    assert ravi.post(f"/approve/release/{late}", seen=seen(ravi, late)).status_code == 409
    town.wait(hours=5)
    assert town.balance("Baraka") == before + 1_850_00
    assert "propose/release" not in rita.log_in("rita").get(f"/cases/{case}").text
    town.store.close()


def test_staff_read_the_words_that_the_person_heard(town: Town) -> None:
    """To the minute that was said: there is one sentence for each reason, and whoever calls has it in their ear."""
    amina, person = town.phone("Amina"), town.person("Amina")
    town.now += timedelta(days=200)
    town.app.transact(lambda unit: unit.rows.put(_awake(unit, person.id)))
    heard = amina.dial().press("1", "0722000002", "1850").screen.partition("\n")[0]
    assert heard.startswith("All of this wallet at once, after half a year: we look at it until "), heard
    amina.press("1", PINS["Amina"])
    rita = Browser(town).log_in("rita")
    (case,) = town.app.read(lambda unit: unit.rows.find(Case, what="pattern", state="open", newest=True))
    number = town.app.house.references.write(case.id)
    for path in (f"/cases/{number}", "/decisions", "/risk"):
        assert heard in rita.get(path).text, path
        assert "You have moved nothing here for half a year." in rita.get(path).text, "the rule beside it"


def test_what_waits_for_staff_is_sent_back_by_two(town: Town) -> None:
    case, before = emptied(town), town.balance("Baraka")
    rita, ravi = Browser(town).log_in("rita"), Browser(town).log_in("ravi")
    about = re.search(r"propose/release\?reference=(\w+)", rita.get(f"/cases/{case}").text)[1]  # type: ignore[index]
    place = made(Browser(town).log_in("sara"), "reverse", reference=about)
    late = made(rita, "release", reference=about)
    assert ravi.post(f"/approve/reverse/{place}", seen=seen(ravi, place)).status_code == 303
    assert ravi.post(f"/approve/release/{late}", seen=seen(ravi, late)).status_code == 409, "one of the two happens"
    town.wait(hours=5)
    assert town.balance("Baraka") == before
    assert "<td>returned</td>" in rita.log_in("rita").get("/decisions").text


def test_a_case_is_closed_with_what_it_turned_out_to_be(town: Town) -> None:
    """Once, by risk alone, with a reason; the list and the file say what was decided, why, and what it was."""
    case = emptied(town)
    rita = Browser(town).log_in("rita")
    assert rita.post(f"/cases/{case}/close", outcome="fraud", why="no").status_code == 409
    assert rita.post(f"/cases/{case}/close", outcome="perhaps", why="spoke to her").status_code == 409
    sara = Browser(town).log_in("sara")
    assert sara.post(f"/cases/{case}/close", outcome="fraud", why="spoke to her").status_code == 403
    assert rita.post(f"/cases/{case}/close", outcome="honest", why="=spoke to her").status_code == 303
    assert rita.post(f"/cases/{case}/close", outcome="fraud", why="spoke to her").status_code == 409, "once"
    (row,) = noted(town, "close case")
    assert (row.about, row.values) == (f"case {case}", {"outcome": "honest"})
    assert case not in rita.get("/decisions").text
    assert "honest" in rita.get("/decisions?state=closed").text
    (line,) = csv.DictReader(io.StringIO(rita.get("/decisions.csv?state=closed").text))
    assert (line["reasons"], line["done"], line["outcome"], line["by"]) == ("emptied woken", "review", "honest", "rita")
    assert (line["person"], line["amount"], line["currency"]) == ("AMINA O", "1850.00", "KES")
    assert "Amina Odhiambo" not in rita.get("/decisions.csv?state=closed").text
    assert [row.values for row in noted(town, "export decisions")] == [{"state": "closed"}] * 2
    assert rita.get("/decisions?state=x").status_code == 404


def test_an_export_keeps_nobody_waiting(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """That somebody takes a file is written down first; while ten thousand rows are read, others can write."""
    settings = demo_settings(database_url=sqlite_url)
    town = Town(store=make_app(settings).store, settings=settings)
    load_demo_staff(town.app.transact)
    rita = Browser(town).log_in("rita")

    def slow(unit: Unit, **asked: Any) -> list[dict[str, Any]]:
        with ThreadPoolExecutor(1) as pool:
            write = partial(note, staff="sara", role="support", act="log out")
            pool.submit(town.app.transact, write).result()
        return decisions_in(unit, **asked)

    monkeypatch.setattr("service.console.decisions.decisions_in", slow)
    assert rita.get("/decisions.csv").status_code == 200
    assert [row.act for row in town.app.read(lambda unit: list(every_note(unit)))][-2:] == [
        "export decisions",
        "log out",
    ]
