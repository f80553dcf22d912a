"""No statement that the service sends reads rows in proportion to a table, however the books grow.

Stories are played on a PostgreSQL that a small town has used for long, and the server says which statements it was
sent. Each is explained while it is run again: it may read what it needs and little more. What functions and triggers
read inside is counted by the server's own statistics.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from psycopg import sql
from psycopg.pq import ExecStatus

from service.app import make_app
from service.console.decisions import decisions_in
from service.console.risk import IMPORTS, hits_in
from service.ledger.chart import Reason
from service.ledger.entry import Cap, Ceiling, Entry, Move
from service.storage.engines import connect_settings
from service.storage.migrate import migrate
from service.storage.tables import METADATA
from service.wallet.application import Application, about_application, attach, take_down, turn_down
from service.wallet.bank import import_statement, statements_of
from service.wallet.bank_file import read_csv
from service.wallet.bulk import hand_in, pay_some
from service.wallet.bulk_file import judge, read_rows
from service.wallet.buy import buy, quote_buy
from service.wallet.complaint import complain
from service.wallet.day_close import closes_of
from service.wallet.difference import differences_of
from service.wallet.item import KINDS, load_codes
from service.wallet.logbook import Noted
from service.wallet.merchant import Merchant
from service.wallet.meter import hear, new_seller_key, open_meter, quote_meter, till_of_key
from service.wallet.names import find_by_name
from service.wallet.operator import approve, propose, propose_renumber
from service.wallet.people import set_state
from service.wallet.sanctions import Hit, Line, Vetting, take_off, write_lines
from service.wallet.seller_payday import put_up
from service.wallet.sim import SimAsked, ask_about, ask_sims, note_answer
from service.wallet.subscription import ask_subscription, begin, end, quote_begin
from service.wallet.tier import take_tier
from service.wallet.unit import Approval, Unit
from service.wallet.vetting import Vetter
from tests.bench.town import settle, wallet
from tests.phone import NUMBERS, PINS, Town, demo_settings
from tests.storage.filled import fill
from tests.storage.sent import Values, listening
from tests.story import Teller, retell

STORIES = sorted((Path(__file__).parent.parent / "stories").glob("*.txt"))

PEOPLE, POSTED = 3_000, 40
MOST = 1_200
"""Rows that a statement may read of one table: the largest page or batch is a thousand, tables hold ten times that."""

SMALL = frozenset({"alembic_version", "installation", "known_keys", "mint", "sweeps", "timers"})
"""Tables that do not grow with people or time."""

EXCEPTIONS: Mapping[str, str] = {
    'FROM tills WHERE tills."next_at" <= $1 ORDER BY tills."next_at", tills."agent" LIMIT $2': (
        "the worker adds up the shops for a dashboard, four times an hour, beside all else"
    ),
}
"""Statements that do read a table, by a part of their text, and why they may."""


class Reads(NamedTuple):
    """A place in a plan that reads more than it should."""

    statement: str
    table: str
    how: str
    rows: float


class Unaudited(Town):
    """A town that nobody audits after each step: an audit reads everything, that is what it is for."""

    def assert_sound(self) -> None:
        pass


def opened(url: str) -> Town:
    settings = demo_settings(database_url=url)
    return Unaudited(store=make_app(settings).store, settings=settings)


@pytest.fixture(scope="module")
def url(new_database: Callable[..., str]) -> str:
    url = new_database()
    migrate(url)
    opened(url).store.close()
    settle(url, PEOPLE)
    fill(url)
    return url


def play(town: Town) -> None:
    """Play every story, one after the other, whatever is shown: whom one story locks out is let in for the next."""
    for path in STORIES:
        for _ in retell(path.read_text("utf-8"), Teller(town)):
            pass
        town.wait(hours=25)
        for who in PINS:
            town.app.transact(lambda unit, who=who: set_state(unit, town.person(who), "active"))  # type: ignore[misc]
    with suppress(InvalidTag):  # the messages that wait are nobody's, and cannot be read
        town.app.health()


class Network:
    """A network that takes a question about a SIM and answers later."""

    def ask_sim(self, phone: str) -> SimAsked:
        return SimAsked(asked_as=f"about {phone}")


def ask_the_network(town: Town) -> None:
    """Have a SIM asked about, which no story does: the demo has no network to ask."""
    amina = town.person("Amina")
    town.app.transact(lambda unit: ask_about(replace(unit, house=replace(unit.house, sim_feed=True)), amina))
    assert ask_sims(town.app.transact, Network())
    town.app.transact(lambda unit: note_answer(unit, f"about {amina.phone}", swapped=False, at=None))


def pay_wages(town: Town) -> None:
    """Have a file of wages paid, which no story does: it is nobody's talk."""
    pack, text = town.app.home.pack, "phone,amount,secret\n0722000002,100,\n0799000077,100,4821\n"

    def hand_in_file(unit: Unit) -> Approval:
        made = hand_in(unit, country="ke", name="ACME", lines=judge(unit, read_rows(text), pack)[0])
        assert made is not None
        return propose(unit, act="bulk", values={"bulk": made.id, "bank_ref": "R", "amount": made.total}, maker="ann")

    made = town.app.transact(hand_in_file)
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    assert town.app.transact(lambda unit: pay_some(unit, made.values["bulk"])).refused == 0


def give_another_number(town: Town) -> None:
    """Have a wallet put behind another number, which only staff do."""
    baraka = town.person("Baraka")
    made = town.app.transact(
        lambda unit: propose_renumber(unit, baraka, phone="+254799000078", id_number=baraka.id_number, maker="ann")
    )
    assert isinstance(made, Approval)
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))


def look_for_names(town: Town) -> None:
    """Look for people by one word and by two, which only staff do."""
    for typed in ("Wanjiku", "Kamaua Wanjiku", "Wanjiku Odhiambo"):
        found, more = town.app.read(lambda unit, typed=typed: find_by_name(unit, typed))  # type: ignore[misc]
        assert bool(found) == more == ("Odhiambo" not in typed), "many are called so here"


def compare_with_lists(town: Town) -> None:
    """Have everybody compared with a list, and what was found looked at, which only worker and staff do."""
    line = Line("QDi.1", ("Chebet Rono", "Wanjiku Odhiambo"))
    new = town.app.transact(lambda unit: write_lines(unit, "un", [line]))
    town.app.transact(lambda unit: take_off(unit, "un", [line], by="ann", new=new))
    vet = Vetter(town.app.read, town.app.transact)
    town.app.transact(lambda unit: unit.rows.add(Vetting(person=town.person("Chebet").id, next_at=unit.now)))
    while vet():
        pass
    (hit,) = town.app.read(lambda unit: unit.rows.find(Hit, state="open", newest=True))
    made = town.app.transact(lambda unit: propose(unit, act="clear_hit", values={"hit": hit.id}, maker="ann"))
    town.app.transact(lambda unit: approve(unit, approval_id=made.id, checker="bob"))
    assert town.person("Chebet").state == "active"
    town.app.read(lambda unit: [decisions_in(unit, state="open", limit=100), hits_in(unit, "open")])
    assert town.app.read(lambda unit: unit.rows.find(Noted, act="import sanctions", newest=True, limit=IMPORTS))


def keep_the_treasury(town: Town) -> None:
    """Take in the bank's statement, look at what differs, and at the days that are closed, which only staff do."""
    data = b"date,amount,balance,reference\n2026-11-22,5000,5000,FT 900\n"
    read = read_csv(data, town.app.home.pack.currency)
    town.app.transact(lambda unit: import_statement(unit, country="ke", name="a", data=data, read=read, by="ann"))
    found = town.app.read(lambda unit: [differences_of(unit, "ke"), statements_of(unit, "ke"), closes_of(unit, "ke")])
    assert [bool(rows) for rows in found] == [True, True, False]


def take_an_application(town: Town) -> None:
    """Take down who wants a till, with a paper, and turn it down, which only staff do."""
    about = {"kind": "merchant", "phone": NUMBERS["Amina"], "name": "Duka", "place": "", "under": None, "paper": "A 1"}
    made = town.app.transact(lambda unit: take_down(unit, by="ann", **about))  # type: ignore[arg-type]
    town.app.transact(lambda unit: attach(unit, made.id, b"%PDF-1.7"))
    assert town.app.read(lambda unit: about_application(unit, made.id))
    town.app.transact(lambda unit: turn_down(unit, made.id))
    amina = replace(town.person("Amina"), tier=1)
    papers = {"name": "Amina W Otieno", "id_number": amina.id_number, "paper": "K 1", "by": "ann"}
    town.app.transact(lambda unit: unit.rows.put(amina))
    asked = town.app.transact(lambda unit: take_tier(unit, amina, tier=2, **papers))
    assert isinstance(asked, Application)
    town.app.transact(lambda unit: attach(unit, asked.id, b"%PDF-1.7"))
    act = town.app.transact(lambda unit: propose(unit, act="tier", values={"application": asked.id}, maker="ann"))
    town.app.transact(lambda unit: approve(unit, approval_id=act.id, checker="bob"))
    assert town.person("Amina").tier == 2
    town.app.read(lambda unit: unit.rows.find(Application, state="asked", limit=100))
    town.app.read(lambda unit: unit.rows.find(Application, state="asked", kind="tier", limit=100))
    assert town.app.read(lambda unit: unit.rows.find(Application, person=amina.id, kind="tier", state="granted"))


def sell_content(town: Town) -> None:
    """Sell content of every kind, as the stories do in a town where a till can be opened."""
    baraka, amina = town.person("Baraka"), town.person("Amina")

    def work(unit: Unit) -> None:
        till = "500017"  # the newest of the many tills here is sealed under a key that this town has not
        unit.rows.add(Merchant(number=till, serial=50_001, person=baraka.id, name="Habari Leo", opened_at=unit.now))
        every = {"till": till, "price": 1_500_000, "days": 7}
        items = {kind: put_up(unit, kind=kind, title=kind, text="Rain.", **every) for kind in KINDS}  # type: ignore[arg-type]
        load_codes(unit, items["code"], ["AA-1", "BB-2"])
        for kind in ("text", "code"):
            buy(unit, buyer=amina, quote=quote_buy(unit, buyer=amina, code=items[kind].code))
            complain(unit, amina, items[kind].code)
        code = items["subscription"].code
        ask_subscription(unit, person=amina, quote=quote_buy(unit, buyer=amina, code=code))
        begin(unit, person=amina, quote=quote_begin(unit, person=amina, code=code))
        end(unit, person=amina, code=code)
        asked = quote_buy(unit, buyer=amina, code=items["metered"].code)
        quote = quote_meter(unit, quote=asked, cap=500, person=amina)
        meter, _ = open_meter(unit, person=amina, quote=quote)
        assert till_of_key(unit, new_seller_key(unit, till)) == till
        hear(unit, till=till, meter_id=meter.id, seq=1, total=3, stop=True)

    town.app.transact(work)
    town.wait(hours=25)


def test_no_plan_reads_in_proportion_to_a_table(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(url, monkeypatch) as heard:
        town = opened(url)
        play(town)
        ask_the_network(town)
        pay_wages(town)
        sell_content(town)
        give_another_number(town)
        look_for_names(town)
        compare_with_lists(town)
        keep_the_treasury(town)
        take_an_application(town)
        post(town, 2**41)
        town.store.close()
    sent = {statement: values for statement, values in heard.items() if _is_explained(statement)}
    # A young database has no statistics, and other plans than one that was analysed.
    found = set(explained(url, sent))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    found |= set(explained(url, sent))
    excused = {read: part for read in found for part in EXCEPTIONS if part in read.statement}
    assert not sorted(found - set(excused)), "\n".join(map(str, sorted(found - set(excused))))
    assert set(excused.values()) == set(EXCEPTIONS), "nothing to excuse any more"
    said = " ".join(sent)
    asked = set(re.findall(r"(?:FROM|INTO|UPDATE|JOIN) (\w+)", said))
    assert set(METADATA.tables) - asked <= SMALL, "not everything was asked"
    assert "post_entr" in said, "postings were not heard"


def test_what_posting_reads_inside_does_not_grow_with_the_tables(url: str) -> None:
    town, before = opened(url), _rows_read(url)
    post(town, 2**42)
    town.store.close()
    for _ in range(100):  # the server counts what a connection has done when it is closed
        after = _rows_read(url)
        if after["moves"] != before["moves"]:
            break
        time.sleep(0.05)
    read = {table: after[table] - before[table] for table in after}
    assert 0 < sum(read.values()) < 60 * POSTED, read


def _rows_read(url: str) -> dict[str, int]:
    """Return how many rows the server has read of each table that grows, with and without an index."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables")
        return {name: int(read) for name, read in rows if name not in SMALL}


def post(town: Town, first: int) -> None:
    """Post as the API does: one by one, and many at once."""
    entries = [
        Entry(
            id=first + n,
            reason=Reason.SEND,
            at=town.now,
            moves=(Move(wallet(n), wallet(n + 1), 100, Reason.SEND),),
            ceilings=(Ceiling(wallet(n + 1), 10**9),),
            caps=(Cap(f"out:{n}:plans", 100),),
        )
        for n in range(POSTED)
    ]
    for entry in entries[: POSTED // 2]:
        town.store.post_one(entry)
    town.store.post_many(entries[POSTED // 2 :])


def _is_explained(statement: str) -> bool:
    words = statement.split(None, 1)
    catalog = "pg_catalog" in statement or "pg_type" in statement
    return bool(words) and words[0].upper() in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH") and not catalog


def explained(url: str, sent: Mapping[str, Values]) -> Iterator[Reads]:
    """Yield every place that reads too much, on a connection as the service opens them."""
    with psycopg.connect(url, autocommit=True, **connect_settings()) as connection:
        for statement, values in sent.items():
            for node in _nodes(_plan(connection, statement, values)):
                table = node.get("Relation Name", "")
                if not table or table in SMALL or node["Node Type"] == "ModifyTable":
                    continue
                read = sum(node.get(f"{what} Rows" if what == "Actual" else what, 0) for what in _READ)
                rows = read * node.get("Actual Loops", 1)
                if node["Node Type"] == "Seq Scan" or rows > MOST:
                    yield Reads(" ".join(statement.split()), table, node["Node Type"], rows)


_READ = ("Actual", "Rows Removed by Filter", "Rows Removed by Index Recheck")


def _plan(connection: psycopg.Connection[Any], statement: str, values: Values) -> Mapping[str, Any]:
    """Return the plan of a statement that was really run, and taken back; of one that fails now, the plan alone.

    It is prepared, as the service does: the plan is made once for all values, or for these, as the settings say.
    """
    given = sql.SQL(", ").join(map(sql.Literal, values)).as_string(connection)
    execute = f"EXECUTE explained ({given})" if values else "EXECUTE explained"
    for how in ("ANALYZE, TIMING OFF, FORMAT JSON", "FORMAT JSON"):
        for command in ("BEGIN", f"PREPARE explained AS {statement}", f"EXPLAIN ({how}) {execute}"):
            result = connection.pgconn.exec_(command.encode())
            if result.status == ExecStatus.FATAL_ERROR:
                break
        connection.pgconn.exec_(b"ROLLBACK")
        connection.pgconn.exec_(b"DEALLOCATE ALL")
        if result.status == ExecStatus.TUPLES_OK:
            (root,) = json.loads(result.get_value(0, 0) or b"[]")
            return dict(root["Plan"])
    raise AssertionError(f"{result.error_message.decode()} {statement}")


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
