"""Helping a caller: what is found, what is masked, what is written down, and what is never shown."""

import re

import pytest

from service.app import make_app
from service.console.people import MOST_REVEALS
from service.demo import load_demo_staff
from service.wallet.logbook import Noted, every_note
from service.wallet.send import quote_send, send_money
from service.wallet.unit import Unit
from tests.console.conftest import Browser
from tests.phone import PINS, Town, demo_settings


def noted(town: Town, act: str) -> list[Noted]:
    return [row for row in town.app.read(lambda unit: list(every_note(unit))) if row.act == act]


def test_who_may_not_see_people_does_not_learn_who_has_a_wallet(town: Town) -> None:
    tariq = Browser(town).log_in("tariq")
    answers = [tariq.post("/find", sought=phone) for phone in ("0711000001", "0722999999")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert tariq.post("/find", sought="100016").status_code == 303


@pytest.mark.parametrize("typed", ["0711000001", "+254 711 000 001", "254711000001", "0711-000-001"])
def test_a_person_is_found_by_their_phone_which_stands_in_no_address(typed: str, town: Town) -> None:
    sara = Browser(town).log_in("sara")
    answer = sara.post("/find", sought=typed)
    assert answer.headers["Location"] == f"/console/people/{town.person('Amina').id}"
    assert sara.get(answer.headers["Location"].removeprefix("/console")).status_code == 200
    assert "AMINA O" in sara.reads()


def test_agents_entries_and_acts_are_found_by_their_numbers(town: Town) -> None:
    sara = Browser(town).log_in("sara")
    assert sara.post("/find", sought="100 016").headers["Location"] == "/console/agents/100016"
    page = sara.get(f"/people/{town.person('Amina').id}").text
    reference = re.search(r"/entries/(\w{10})", page)[1]  # type: ignore[index]
    spoken = f"{reference[:5].lower()} {reference[5:]}"
    assert sara.post("/find", sought=spoken).headers["Location"] == f"/console/entries/{reference}"
    made = sara.post("/propose/reverse", reference=reference).headers["Location"]
    assert sara.post("/find", sought=made.rsplit("/", 1)[-1]).headers["Location"] == made
    for nothing in ("0722999999", "100032", "QQQQQQQQQQ", "%", "' OR '1'='1", "0722 000002; DROP TABLE people", "\x00"):
        assert sara.post("/find", sought=nothing).status_code in (404, 409), nothing


def test_V_06_a_person_is_masked_until_a_reason_is_given(town: Town) -> None:
    """The page masks; a reveal asks why, is written down with the reason, and shows it once."""
    sara, person = Browser(town).log_in("sara"), town.person("Amina")
    for _ in range(2):
        page = sara.get(f"/people/{person.id}").text
        assert not {"Odhiambo", person.phone, person.id_number} & set(re.split(r"[^\w+]", page))
    assert sara.post(f"/people/{person.id}/reveal", why="no").status_code == 409
    assert noted(town, "reveal") == []
    page = sara.post(f"/people/{person.id}/reveal", why="caller asks for her document").text
    assert {"Odhiambo", person.phone, person.id_number} <= set(re.split(r"[^\w+]", page))
    (row,) = noted(town, "reveal")
    assert (row.staff, row.role, row.about) == ("sara", "support", f"person {person.id}")
    assert row.values == {"why": "caller asks for her document"}
    assert "Odhiambo" not in sara.get(f"/people/{person.id}").text


def test_V_06_every_look_is_written_down_and_many_reveals_are_refused(town: Town) -> None:
    """Fifty people behind the mask in a day are the last; each look before has its row."""
    sara, person = Browser(town).log_in("sara"), town.person("Amina").id
    sara.get(f"/people/{person}")
    sara.get(f"/people/{person}/talks")
    assert [row.about for act in ("see person", "see talks") for row in noted(town, act)] == [f"person {person}"] * 2
    token = sara.token()
    sent = {"data": {"token": token, "why": "curious about people"}}
    for _ in range(MOST_REVEALS):
        assert sara.open("POST", f"/console/people/{person}/reveal", **sent).status_code == 200
    assert sara.open("POST", f"/console/people/{person}/reveal", **sent).status_code == 409
    assert "Odhiambo" not in sara.reads()
    assert len(noted(town, "reveal")) == MOST_REVEALS


def test_talks_are_shown_screen_by_screen_without_what_was_typed_and_without_codes(town: Town) -> None:
    amina = town.phone("Amina").dial().press("2", "100016", "200", PINS["Amina"])
    code = re.search(r"\b\d{7}\b", amina.screen)
    assert code
    amina.end()
    town.work()
    sara = Browser(town).log_in("sara")
    page = sara.get(f"/people/{town.person('Amina').id}/talks").text
    assert code[0] not in page
    assert "*******" in page
    assert PINS["Amina"] not in page
    assert "Odhiambo" not in page, "the welcome said it"
    assert "Welcome to Senti, AMINA O." in page
    assert "1 Send money" in page
    assert page.index("1 Send money") < page.index("*******")


def test_a_statement_is_read_page_by_page_with_what_was_left(town: Town) -> None:
    """Each line's balance is the one before it and the line: over all pages, down to nothing."""
    amina = town.person("Amina")

    def pay(unit: Unit) -> None:
        quote = quote_send(unit, payer=amina, phone="+254722000002", amount=120_00)
        send_money(unit, payer=amina, quote=quote._replace(undo=0))

    for _ in range(12):
        town.app.transact(pay)
    sara, here = Browser(town).log_in("sara"), f"/people/{amina.id}"
    sums: list[tuple[int, int]] = []
    place, pages = here, 0
    while place:
        page = sara.get(place).text
        found = re.findall(r'class="sum">KES (-?[\d,]+\.\d\d)</td>', page)
        cents = [int(text.replace(",", "").replace(".", "")) for text in found]
        sums += zip(cents[::2], cents[1::2], strict=True)
        older = re.search(rf'href="/console{here}(\?before=\d+)"', page)
        place, pages = (here + older[1] if older else ""), pages + 1
    assert pages > 1
    assert sums[0][1] == town.balance("Amina")
    for (amount, balance), (_, before) in zip(sums, [*sums[1:], (0, 0)], strict=True):
        assert balance == before + amount


def test_cases_show_their_clock(town: Town) -> None:
    town.phone("Amina").dial().press("1", "0722000002", "100", PINS["Amina"]).end()
    town.wait(hours=2)
    page = Browser(town).log_in("sara").get("/cases")
    assert page.status_code == 200
    assert Browser(town).log_in("sara").get("/cases?state=x").status_code == 404


def test_V_06_that_a_number_has_a_wallet_is_not_found_out_unseen(town: Town) -> None:
    """The answer to a search says so already, and one need not follow it: the search itself is written down."""
    sara, person = Browser(town).log_in("sara"), town.person("Amina")
    assert sara.post("/find", sought=person.phone).status_code == 303
    assert [row.about for row in noted(town, "find person")] == [f"person {person.id}"]
    assert noted(town, "see person") == []


def test_I_14_a_number_that_no_database_can_hold_is_nobody_s(sqlite_url: str) -> None:
    """Twenty digits where a number is asked for: not found, and nothing breaks."""
    settings = demo_settings(database_url=sqlite_url)
    town = Town(store=make_app(settings).store, settings=settings)
    load_demo_staff(town.app.transact)
    sara, many = Browser(town).log_in("sara"), "9" * 20
    for path in (f"/people/{many}", f"/people/{many}/talks", f"/propose/unblock?person={many}"):
        assert sara.get(path).status_code == 404
    assert sara.post(f"/people/{many}/block").status_code == 404
    assert Browser(town).log_in("omar").get(f"/treasury/closes/{many}").status_code == 404
