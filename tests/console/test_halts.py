"""The page of what stands still: one stops it there, and two let it go on."""

import re

import pytest

from service.wallet.halt import halts_on
from tests.console.conftest import Browser
from tests.console.test_approvals import made, seen
from tests.phone import Town


def test_C_07_one_form_stops_and_two_browsers_let_it_go_on(town: Town) -> None:
    """Tariq stops payments, proposes that they go on, and Rita approves what she sees: who stopped them and why."""
    tariq, rita = Browser(town).log_in("tariq"), Browser(town).log_in("rita")
    assert tariq.post("/halts", what="sends", country="ke", why="balances look wrong").status_code == 303
    assert "balances look wrong" in tariq.get("/halts").text
    assert town.phone("Amina").dial().press("1").screen.startswith("All payments stand still")
    found = re.search(r"propose/resume\?halt=(\w{10})", tariq.get("/halts").text)
    assert found
    reference = made(tariq, "resume", halt=found[1], why="a wrong report")
    version = seen(rita, reference)
    assert "balances look wrong" in rita.reads()
    assert "tariq" in rita.reads()
    assert tariq.post(f"/approve/resume/{reference}", seen=version).status_code == 409, "the maker"
    assert rita.post(f"/approve/resume/{reference}", seen=version).status_code == 303
    assert town.app.read(halts_on) == []
    assert "Nothing stands still." in rita.get("/halts").text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"what": "sends", "country": "ke", "why": ""}, 409),
        ({"what": "balance", "country": "ke", "why": "x"}, 404),
        ({"what": "sends", "country": "xx", "why": "x"}, 404),
        ({"what": "sends", "country": "all", "why": "y" * 300}, 409),
    ],
)
def test_what_nobody_can_mean_stops_nothing(town: Town, fields: dict[str, str], status: int) -> None:
    tariq = Browser(town).log_in("tariq")
    assert tariq.post("/halts", **fields).status_code == status
    assert town.app.read(halts_on) == []


def test_support_reads_what_stands_still_and_cannot_stop_it(town: Town) -> None:
    sara, ada = Browser(town).log_in("sara"), Browser(town).log_in("ada")
    ada.post("/halts", what="issuing", country="all", why="a drill")
    assert "a drill" in sara.get("/halts").text
    assert "<form method" not in sara.get("/halts").text.split("<main")[1].split("</main")[0]
    assert sara.post("/halts", what="sends", country="ke", why="x").status_code == 403


def test_an_old_link_to_let_it_go_on_is_refused_in_words(town: Town) -> None:
    tariq = Browser(town).log_in("tariq")
    assert tariq.post("/propose/resume", halt="QQQQQQQQQQ", why="x").status_code == 409
    assert "does not stand still" in tariq.reads()
