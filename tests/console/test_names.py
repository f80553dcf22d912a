"""Finding a caller by name: masked, counted, written down, on every engine."""

import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.app import make_app
from service.demo import load_demo_staff
from service.wallet.names import NameKey
from tests.conftest import DATABASES, opened
from tests.console.conftest import Browser
from tests.console.test_people import noted
from tests.phone import Town, demo_settings


def test_a_caller_is_found_by_name_masked_and_it_is_written_down(town: Town) -> None:
    sara = Browser(town).log_in("sara")
    answer = sara.post("/find", sought="odhiambo amina")
    assert answer.status_code == 200
    assert "AMINA O" in sara.reads()
    assert "0711***001" in sara.reads()
    assert not {"Odhiambo", town.person("Amina").phone} & set(re.split(r"[^\w+]", answer.text))
    assert f'href="/console/people/{town.person("Amina").id}"' in answer.text
    (row,) = noted(town, "find names")
    assert (row.staff, row.about, row.values) == ("sara", "", {"found": 1}), "what was typed is not kept"


@pytest.mark.parametrize(
    "typed", ["Wekesa", "amin", "%", "' OR '1'='1", "Amina' OR 1=1", "Amina; DROP TABLE people", "*"]
)
def test_I_14_what_is_nobodys_name_is_not_found(typed: str, town: Town) -> None:
    """Signs that mean something to a database mean nothing here: a digest is compared."""
    assert Browser(town).log_in("sara").post("/find", sought=typed).status_code == 404


def test_who_may_not_see_people_finds_nobody_by_name(town: Town) -> None:
    """And is not told that there is somebody; whoever does look up a name never finds themselves."""
    assert Browser(town).log_in("tariq").post("/find", sought="Amina").status_code == 404
    assert noted(town, "find names") == []
    amina = town.person("Amina")
    town.app.transact(lambda unit: unit.rows.put(replace(amina, phone="+254700000001")))
    assert Browser(town).log_in("sara").post("/find", sought="Amina").status_code == 404
    assert Browser(town).log_in("samuel").post("/find", sought="Amina").status_code == 200


def test_V_06_whom_a_search_shows_counts_as_looked_at(town: Town) -> None:
    """A hundred looks in a day are said aloud, however they were come by."""
    sara = Browser(town).log_in("sara")
    token = sara.token()
    with capture_logs() as said:
        for _ in range(99):
            sara.open("POST", "/console/find", data={"token": token, "sought": "Amina"})
        assert said == []
        sara.get(f"/people/{town.person('Baraka').id}")
    assert [line["count"] for line in said] == [100]


@pytest.mark.parametrize("engine", DATABASES)
def test_who_registers_is_found_on_every_engine(engine: str, request: pytest.FixtureRequest) -> None:
    settings = demo_settings(database_url=request.getfixturevalue(f"{engine}_url"))
    town = Town(store=make_app(settings).store, settings=settings)
    load_demo_staff(town.app.transact)
    town.phone("+254799000009").dial().press("1", "Zawadi Ng'ang'a", "29874411", "5182", "5182").end()
    sara = Browser(town).log_in("sara")
    assert sara.post("/find", sought="nganga zawadi").status_code == 200
    assert "ZAWADI N" in sara.reads()
    town.store.close()


def test_V_01_no_name_is_in_the_file_and_equal_words_look_alike_to_a_thief_only(sqlite_url: str) -> None:
    """A digest says that two people share a word, and how many do: never which word it is."""
    store = opened(sqlite_url)
    store.transact(lambda tx: [tx.rows.add(NameKey(id=n, key="odhiambo")) for n in (16, 32)])
    store.close()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    assert not [file for file in path.parent.iterdir() if b"odhiambo" in file.read_bytes().lower()]
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT key, key_index FROM name_keys").fetchall()
    connection.close()
    assert len({row[0] for row in rows}) == 2
    assert len({row[1] for row in rows}) == 1
