"""The pieces of the benchmark, as small as they go, so that they work on the day they are wanted; no time is judged."""

import json
import os
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from rich.console import Console

from service.ledger.audit import audit
from service.ledger.chart import Reason
from service.wallet.known import whom_one_has_paid
from service.wallet.statement import balance_of, statement
from tests.bench import __main__ as command
from tests.bench import month, plan, stand
from tests.bench.anatomy import dissect
from tests.bench.cost import cpu_seconds, family
from tests.bench.crowd import gather, payments
from tests.bench.generator import Seen
from tests.bench.limits import BareSqlite, TpcB
from tests.bench.machine import describe
from tests.bench.measure import Mark, NotRun, Row
from tests.bench.phones import HOPS
from tests.bench.picture import draw
from tests.bench.postings import FIRST_ID, Postings
from tests.bench.report import save, show
from tests.bench.rows import rows
from tests.bench.served import served
from tests.bench.servers import Postgres
from tests.bench.stand import SHORT, Size, Stand, opened
from tests.bench.telling import likely
from tests.bench.town import SENDS, person_at, settle, under_a_seal, wallet
from tests.bench.traffic import believe

TINY = Size(
    rounds=1,
    seconds=0.2,
    wallets=200,
    people=300,  # more than talk at once, or a slow talk meets the next one of its own phone
    scale=1,
    many_people=60,
    few_people=30,
    bulk_lines=300,
    hops_early=50,
    hops_late=100,
    reads=3,
    checks=3,
    talks=3,
    workers=1,
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'bench.db'}"


@pytest.fixture
def server(postgres_server: str) -> Postgres:
    return Postgres(postgres_server)


def test_every_row_is_measured_by_one_part() -> None:
    measured = Counter(name for part in plan.PARTS for name in part.rows)
    assert set(measured) == set(rows())
    assert set(measured.values()) == {1}
    assert {row.over for row in rows().values()} - {None} <= set(rows())


def test_postings_are_whole_sends_and_bare_statements_are_the_same_rows(url: str, tmp_path: Path) -> None:
    with opened(url) as app:
        postings = Postings(app, wallets=20)
        assert postings.measure(0.1) > 0
        bare = BareSqlite(str(tmp_path / "bench.db"), [str(account) for account in postings.accounts], 2 * FIRST_ID)
        assert bare.measure(0.1) > 0
        bare.close()
        entries = app.read(lambda unit: unit.books.entries(after=FIRST_ID + 21))
        assert {entry.reason for entry in entries} == {Reason.SEND}
        assert {tuple(move.reason for move in entry.moves) for entry in entries} == {("send", "fee", "excise")}


@pytest.mark.parametrize("there", [True, False], ids=["pgbench", "psycopg"])
def test_tpc_b_runs_with_and_without_pgbench(server: Postgres, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not there:
        monkeypatch.setattr(Postgres, "pgbench", staticmethod(lambda: None))
    with server.database() as url:
        tpc_b = TpcB(server, url, scale=1)
        assert tpc_b.measure(1) > 0
        assert tpc_b.by.startswith("pgbench" if there else "no pgbench here")


def test_a_payment_that_the_books_do_not_hold_is_not_believed() -> None:
    with pytest.raises(AssertionError, match="the books hold 0"):
        believe([Seen(seconds=1.0, ended=1)], 0)


def test_a_hop_is_taken_apart(server: Postgres) -> None:
    with server.database() as url:
        with opened(url) as app:
            gather(app, 20)
        assert payments(url) == 0
        steps = dissect(lambda: opened(url), talks=6)
    assert [step.hop for step in steps] == list(HOPS)
    assert all(step.commits == 1 and step.trips >= 2 and step.cpu > 0 for step in steps)


def test_two_samples_are_told_apart_where_they_differ_and_only_there() -> None:
    """The critical value for two samples of 100 at 0.05 is 0.192, from any table; at 0.001 it is 0.276."""
    even = [float(value) for value in range(100)]
    assert likely(even, even) == 1.0
    assert likely(even, [value + 19.2 for value in even]) == pytest.approx(0.05, abs=0.015)
    assert likely(even, [value + 27.6 for value in even]) == pytest.approx(0.001, abs=0.0005)


def test_a_town_is_as_if_it_had_been_posted(server: Postgres) -> None:
    with server.database() as url, opened(url) as app:
        settle(url, 30)
        assert app.read(lambda unit: audit(unit.books, seal_key=app.seal_key)).sound
        somebody = person_at(7)
        items = app.read(lambda unit: statement(unit, wallet(7)))
        assert len(items) == 1 + 2 * SENDS
        assert items[0].balance == app.read(lambda unit: balance_of(unit, somebody))
        assert len(app.read(lambda unit: whom_one_has_paid(unit, somebody))) == SENDS
        held = app.read(lambda unit: dict(unit.books.balances()))
        under_a_seal(url, 30)
        assert app.read(lambda unit: dict(unit.books.balances())) == held
        assert app.read(lambda unit: unit.books.oldest_unsealed()) is None
        with psycopg.connect(url) as connection:
            built = connection.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'moves'").fetchone()
        assert built == (4,)


def test_the_time_of_all_processes_below_one_is_counted() -> None:
    assert os.getpid() in family(os.getppid())
    own = cpu_seconds(os.getpid())  # asked first: it grows
    assert cpu_seconds(os.getppid()) >= own > 0


@pytest.fixture
def on_this_server(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def this() -> Iterator[Postgres]:
        yield server

    monkeypatch.setattr(stand, "postgres", this)


@pytest.mark.usefixtures("on_this_server")
def test_the_parts_measure_what_they_say(capfd: pytest.CaptureFixture[str]) -> None:
    parts = ("bulk", "sends-keyed", "pins", "steady-keyed", "menus", "shared", "growth")
    done = plan.run(TINY, lambda _: None, parts)
    assert done.complete, capfd.readouterr().err
    assert all(row.figures[0] > 0 for row in done.rows.values())


@pytest.mark.usefixtures("on_this_server")
def test_people_with_keyed_digests_are_no_people_of_a_real_service(tmp_path: Path) -> None:
    with ExitStack() as stack:
        here = Stand(TINY, tmp_path, stack, lambda _: None)
        crowd = here.crowd(keyed_pins=True)
        with served(crowd.url, tmp_path, workers=1) as real, pytest.raises(AssertionError, match="went wrong"):
            crowd.traffic.run(real.port, talks=1)


def test_ratios_are_of_the_same_round_and_marks_judge_their_median() -> None:
    limit = Row("limit", figures=[10, 100, 1000])
    row = Row("ours", over="limit", mark=Mark("at least", 0.6, 0.8), figures=[5, 60, 700])
    assert row.ratios([limit, row]) == [0.5, 0.6, 0.7]
    assert row.verdict([limit, row]) == "reached"
    assert Row("slow", mark=Mark("at most", 10, 5), figures=[9, 11, 12]).verdict([]) == "missed"
    assert Row("quick", mark=Mark("at most", 10, 5), figures=[3, 4, 12]).verdict([]) == "aim reached"
    assert Row("no mark", figures=[1]).verdict([]) is None
    assert row.verdict([row]) is None


def nowhere() -> Postgres:
    raise NotRun("there is no PostgreSQL here", "pip install it")


def test_a_row_that_cannot_run_is_said_and_never_green(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "SHORT", TINY)
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(stand, "postgres", nowhere)
    assert command.main(["short", "--only", "postings", "sqlite"]) == 2
    said = capsys.readouterr().out
    assert "NOT RUN: postings, PostgreSQL" in said
    assert "pip install it" in said
    (written,) = tmp_path.glob("*.json")
    told = {row["name"]: row for row in json.loads(written.read_text("utf-8"))["rows"]}
    assert told["postings, PostgreSQL"]["figures"] == []
    assert told["postings, SQLite"]["figures"] != []
    assert "NOT RUN" in written.with_suffix(".svg").read_text("utf-8")


def test_a_part_that_breaks_off_is_no_figure_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Stand) -> stand.Measure:
        raise AssertionError("phones saw 2 payments, the books hold 1")

    one, other = (part for part in plan.PARTS if part.name in ("postings", "sqlite"))
    monkeypatch.setattr(plan, "PARTS", (one._replace(prepare=broken), other))
    done = plan.run(TINY, lambda _: None)
    assert not done.complete
    assert "the books hold 1" in str(done.rows["postings, PostgreSQL"].not_run)
    assert done.rows["postings, SQLite"].figures


def test_a_complete_run_is_shown_saved_and_drawn(tmp_path: Path) -> None:
    with ExitStack() as stack:
        run = plan.Run(SHORT, rows(), Stand(SHORT, tmp_path, stack, lambda _: None))
    for row in run.rows.values():
        row.figures = [90.0, 100.0, 120.0]
    console = Console(record=True, width=140)
    show(run, describe(), console)
    said = console.export_text()
    assert "NOT RUN" not in said
    assert "missed" in said
    assert "aim reached" in said
    assert json.loads(save(run, describe(), tmp_path).read_text("utf-8"))["complete"]
    picture = ET.fromstring(draw(list(run.rows.values()), describe()))
    bars = [one for one in picture.iter("{http://www.w3.org/2000/svg}rect") if one.get("height") == "12"]
    assert len(bars) == sum(row.mark is not None for row in run.rows.values())


def test_the_rules_catch_something_of_each_kind_of_fraud() -> None:
    """F-01 to F-03, F-07, F-09, F-10, F-12, F-13: in a month that plays again exactly; without rules, none is."""
    lived = month.month(1)
    assert all(caught for _, _, caught in month.by_kind(lived))
    assert lived.honest > 8_000
    again = month.District(1, rules=())
    month.plan(again)
    again.live()
    assert not again.caught
    assert again.honest > 8_000
