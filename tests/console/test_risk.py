"""The risk queue: a list is handed in, money is held in the middle of a payment, and two people look."""

import io
import re

import pytest

from service.app import make_app
from service.demo import load_demo_staff
from service.wallet.sanctions import Hit
from tests.conftest import DATABASES
from tests.console.conftest import Browser
from tests.console.test_approvals import made, seen
from tests.console.test_people import noted
from tests.phone import PINS, Town, demo_settings

LIST = 'number,name,aliases\r\nQDi.7,"<script>alert(1)</script> \u202eFaraj",Odhiambo AMINA\r\n'


def hand_in(browser: Browser, text: str = LIST, name: str = "un") -> int:
    """Hand in a list as its form does."""
    sent = {"token": browser.token(), "list": name, "file": (io.BytesIO(text.encode()), "list.csv")}
    answer = browser.open("POST", "/console/risk/import", data=sent, content_type="multipart/form-data")
    return answer.status_code


def only_hit(town: Town) -> str:
    (hit,) = town.app.read(lambda unit: unit.rows.find(Hit))
    return town.app.house.references.write(hit.id)


@pytest.mark.parametrize("engine", DATABASES)
def test_F_11_a_list_that_changes_before_the_pin_holds_the_payment(engine: str, request: pytest.FixtureRequest) -> None:
    """Quoted and not paid: the PIN that comes after the list moves nothing, and no word on the phone says why."""
    settings = demo_settings(database_url=request.getfixturevalue(f"{engine}_url"))
    town = Town(store=make_app(settings).store, settings=settings)
    load_demo_staff(town.app.transact)
    before = [town.balance(who) for who in ("Amina", "Baraka")]
    amina = town.phone("Amina").dial().press("1", "0722000002", "100")
    rita, ravi = Browser(town).log_in("rita"), Browser(town).log_in("ravi")
    assert hand_in(rita) == 303
    town.work()
    amina.press(PINS["Amina"])
    assert "Your wallet is blocked: money can come in, but not go out." in amina.screen
    amina.end()
    assert [town.balance(who) for who in ("Amina", "Baraka")] == before
    town.phone("Baraka").dial().press("1", "0711000001", "20", PINS["Baraka"]).end()
    assert town.balance("Amina") == before[0] + 20_00, "what comes in comes in"
    reference = only_hit(town)
    place = made(rita, "clear_hit", hit=reference)
    assert rita.post(f"/approve/clear_hit/{place}", seen=seen(ravi, place)).status_code == 409, "the maker"
    assert ravi.post(f"/approve/clear_hit/{place}", seen=seen(ravi, place)).status_code == 303
    assert town.phone("Amina").dial().press("1", "0722000002", "100", PINS["Amina"]).screen.startswith("Sent KES 100")
    assert hand_in(rita) == 303
    town.work()
    assert town.person("Amina").state == "active", "what was cleared is not asked again"
    town.store.close()


def test_F_11_the_queue_shows_who_may_be_listed_masked_and_each_look_is_written_down(town: Town) -> None:
    """What a list says is text like any other, signs that turn it around included."""
    rita = Browser(town).log_in("rita")
    assert hand_in(rita) == 303
    town.work()
    page = rita.get("/risk").text
    assert "AMINA O" in page
    assert "Amina Odhiambo" not in page
    reference = only_hit(town)
    page = rita.get(f"/hits/{reference}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \ufffdFaraj" in page
    assert "<script>" not in page
    assert "Odhiambo AMINA" in page
    assert [row.about for row in noted(town, "see hit")] == [f"person {town.person('Amina').id}"]
    (row,) = noted(town, "import sanctions")
    assert (row.staff, row.role, row.about, row.values) == (
        "rita",
        "risk",
        "list un",
        {"listed": 1, "new": 1, "gone": 0},
    )
    assert rita.get("/hits/QQQQQQQQQQ").status_code == 404


def test_F_11_who_helps_callers_does_not_learn_why(town: Town) -> None:
    """Support sees that the wallet is held; the list, the queue and the acts are for those who look after risk."""
    hand_in(Browser(town).log_in("rita"))
    town.work()
    sara = Browser(town).log_in("sara")
    page = sara.get(f"/people/{town.person('Amina').id}").text
    assert "held" in page
    assert "un" not in re.findall(r"\w+", page.split("<main")[1])
    for place in ("/risk", f"/hits/{only_hit(town)}", f"/propose/clear_hit?hit={only_hit(town)}"):
        assert sara.get(place).status_code == 403


@pytest.mark.parametrize(
    ("text", "name"),
    [("name\nx\n", "un"), ("", "un"), (LIST, "U N!"), (LIST, ""), ("number,name,aliases\n1,Amina\n", "un")],
)
def test_what_is_no_list_is_refused_whole(text: str, name: str, town: Town) -> None:
    rita = Browser(town).log_in("rita")
    assert hand_in(rita, text, name) == 409
    assert noted(town, "import sanctions") == []


def test_a_list_may_be_long_and_other_forms_may_not(town: Town) -> None:
    """Some megabytes for a list; a page that only finds people takes what fits into one form."""
    rita = Browser(town).log_in("rita")
    assert hand_in(rita, LIST + "".join(f"X{n},Wekesa Barasa {n},\r\n" for n in range(5_000))) == 303
    sent = {"token": rita.token(), "sought": "x" * 40_000}
    assert rita.open("POST", "/console/find", data=sent).status_code == 409
