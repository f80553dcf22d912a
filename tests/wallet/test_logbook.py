"""The logbook of the staff: written with the act, chained row to row, changed by nobody unnoticed."""

import hmac
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import psycopg
import pytest

from service.app import App, make_app
from service.refusal import Refusal
from service.wallet.audit import audit_all
from service.wallet.logbook import PAGE, TERMINAL, Noted, check_logbook, every_note, note
from service.wallet.operator import SamePerson, approve, decline, propose
from service.wallet.unit import Unit
from tests.conftest import DATABASES
from tests.phone import Town, demo_settings
from tests.wallet.village import NOON, SHOP, Overheard, Village

OLD_KEY = b"old" * 11


def acts(village: Village) -> list[tuple[str, str, str]]:
    return [(row.staff, row.role, row.act) for row in village.do(lambda unit: list(every_note(unit)))]


def test_each_act_is_written_down_with_it(village: Village) -> None:
    values = {"agent": SHOP.number, "amount": 100_00, "bank_ref": "B 1"}
    made = [
        village.do(lambda unit: propose(unit, act="issue", values=values, maker="ann", role="treasury"))
        for _ in range(2)
    ]
    with pytest.raises(SamePerson):
        village.do(lambda unit: approve(unit, approval_id=made[0].id, checker="ann"))
    village.do(lambda unit: approve(unit, approval_id=made[0].id, checker="Bob"))
    village.do(lambda unit: decline(unit, approval_id=made[1].id, by="ann", role="treasury"))
    assert acts(village) == [
        ("ann", "treasury", "make issue"),
        ("ann", "treasury", "make issue"),
        ("bob", TERMINAL, "approve issue"),
        ("ann", "treasury", "decline issue"),
    ]
    assert village.do(check_logbook).problems == []


def test_what_is_refused_leaves_no_row(village: Village) -> None:
    def work(unit: Unit) -> None:
        note(unit, staff="ann", role="risk", act="see person")
        raise Refusal

    with pytest.raises(Refusal):
        village.do(work)
    assert acts(village) == []


def write(village: Village, many: int, key: bytes | None = None) -> None:
    house = village.house
    if key:
        object.__setattr__(house, "log_key", key)
    for number in range(many):
        village.do(lambda unit, number=number: note(unit, staff="ann", role="risk", act=f"act {number}"))  # type: ignore[misc]


def test_rows_of_an_older_key_hold_until_the_new_one_is_used(village: Village) -> None:
    """A key that was put away writes nothing behind the new one's rows, even if somebody has it."""
    today = village.house.log_key
    write(village, 2, OLD_KEY)
    write(village, 2, today)
    assert village.do(lambda unit: check_logbook(unit, [OLD_KEY])).problems == []
    assert [where for where, _ in village.do(check_logbook).problems] == ["row 1", "row 2"]
    write(village, 1, OLD_KEY)
    object.__setattr__(village.house, "log_key", today)
    assert [where for where, _ in village.do(lambda unit: check_logbook(unit, [OLD_KEY])).problems] == ["row 5"]


@pytest.fixture
def app(engine: str, store_url: str) -> Iterator[App]:
    settings = demo_settings(database_url=store_url)
    town = Town(store=make_app(settings).store, settings=settings)
    yield town.app
    town.store.close()


def run(url: str, *statements: str) -> None:
    """Run statements past the guards, as the database's keeper could."""
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            for statement in ("SET session_replication_role = replica", *statements):
                connection.execute(statement)
        return
    file = sqlite3.connect(url.removeprefix("sqlite:///"))
    guards = [f"DROP TRIGGER logbook_{what}" for what in ("no_update", "no_delete", "no_replace")]
    for statement in (*guards, *statements):
        file.execute(statement)
    file.commit()
    file.close()


EDITS = {
    "UPDATE logbook SET staff = 'bob' WHERE number = 2": "row 2",
    "UPDATE logbook SET at = at + 1 WHERE number = 3": "row 3",
    "UPDATE logbook SET role = 'admin' WHERE number = 1": "row 1",
    "UPDATE logbook SET about = 'person 9' WHERE number = 2": "row 2",
    'UPDATE logbook SET "values" = \'{"why":"nothing"}\' WHERE number = 2': "row 2",
    "DELETE FROM logbook WHERE number = 2": "row 3",
    "UPDATE logbook SET stamp = (SELECT stamp FROM logbook WHERE number = 1) WHERE number = 2": "row 2",
}


@pytest.mark.tampers
@pytest.mark.parametrize("engine", DATABASES)
@pytest.mark.parametrize("edit", EDITS)
def test_C_08_an_edit_past_the_guards_is_found_and_located(app: App, store_url: str, edit: str) -> None:
    """Whoever owns the tables can change a row, and `senti audit` says which."""
    rows = app.transact(lambda unit: len(list(every_note(unit))))
    assert rows == 4, "the demo's two issues, made and approved"

    def problems() -> list[tuple[str, str]]:
        found = app.read(lambda unit: audit_all(unit, seal_key=app.seal_key)).problems
        return [(problem.check, problem.where) for problem in found]

    assert problems() == []
    run(store_url, edit)
    assert ("logbook_holds", EDITS[edit]) in problems()


@pytest.mark.parametrize("engine", DATABASES)
def test_C_08_two_who_write_at_once_get_a_number_each(app: App) -> None:
    """The chain has no fork and no gap, and no act is lost, when many are noted at one instant."""
    both = Barrier(4)

    def writes(name: str) -> None:
        both.wait()
        for _ in range(10):
            app.transact(lambda unit: note(unit, staff=name, role="risk", act="see person"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(writes, ("ann", "bob", "eve", "dan")))
    rows = app.read(lambda unit: list(every_note(unit)))
    assert [row.number for row in rows] == list(range(1, 45))
    assert app.read(check_logbook).problems == []


def stamped(row: Noted, before: str, key: bytes) -> str:
    """Reckon a stamp as it is described: a keyed digest over the row and the stamp before it."""
    at = row.at.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
    said = [row.number, at, row.staff, row.role, row.act, row.about, dict(row.values), before]
    text = json.dumps(["logbook", said], separators=(",", ":"), sort_keys=True)
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def test_C_08_a_stamp_covers_all_of_its_row_and_the_one_before(village: Village) -> None:
    """Its form is kept for ever: rows of years ago are checked by it. What was changed is found, and so is a gap."""
    village.later(hours=3, microseconds=7)
    for number in range(3):
        said = {"b": number, "a": "x"}
        village.do(partial(note, staff="ann", role="risk", act="see", about="1", values=said))
    rows, before = village.rows(Noted), ""
    assert [(row.about, row.values) for row in rows] == [("1", {"b": number, "a": "x"}) for number in range(3)]
    for row in rows:
        assert row.stamp == stamped(row, before, village.house.log_key)
        before = row.stamp
    found = village.do(check_logbook)
    assert (found.rows, found.last, found.problems) == (3, before, [])
    changed = "was changed, or does not follow the row before it"
    for name, other in (("about", "2"), ("at", NOON), ("staff", "bob"), ("role", "x"), ("act", "y"), ("values", {})):
        village.change(rows[1], **{name: other})
        assert village.do(check_logbook).problems == [("row 2", changed)], name
    village.change(rows[1])

    def without_the_second(unit: Unit) -> list[tuple[str, str]]:
        between = Overheard(unit)
        between.find = lambda kind, **asked: [  # type: ignore[method-assign]
            row for row in unit.rows.find(kind, **asked) if row.number != 2
        ]
        return list(check_logbook(between.unit).problems)

    assert village.do(without_the_second) == [("row 3", "the row before it is gone"), ("row 3", changed)]


def test_the_logbook_is_read_whole_in_the_order_in_which_it_was_written(village: Village) -> None:
    assert acts(village) == []
    write(village, PAGE + 1)
    assert acts(village) == [("ann", "risk", f"act {number}") for number in range(PAGE + 1)]
    assert village.rows(Noted)[0].about == ""
