"""The pieces of the benchmark, as small as they go, so that they work on the day they are wanted; no time is judged."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from service.ledger.chart import Reason
from tests.bench import __main__ as command
from tests.bench import plan
from tests.bench.anatomy import dissect
from tests.bench.crowd import gather, payments
from tests.bench.limits import BareSqlite, TpcB
from tests.bench.machine import describe
from tests.bench.measure import NotRun, Row
from tests.bench.plan import Run, Size, opened, rows
from tests.bench.postings import FIRST_ID, Postings
from tests.bench.report import save, show
from tests.bench.servers import Postgres
from tests.bench.traffic import HOPS, Seen

TINY = Size(rounds=1, seconds=0.2, wallets=20, people=40, scale=1, talks=3, lines=2, workers=1)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'bench.db'}"


@pytest.fixture
def server(postgres_server: str) -> Postgres:
    return Postgres(postgres_server)


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


def test_postings_run_on_postgresql(server: Postgres) -> None:
    with server.database() as url, opened(url) as app:
        assert Postings(app, wallets=20).measure(0.1) > 0


@pytest.mark.parametrize("there", [True, False], ids=["pgbench", "psycopg"])
def test_tpc_b_runs_with_and_without_pgbench(server: Postgres, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not there:
        monkeypatch.setattr(Postgres, "pgbench", staticmethod(lambda: None))
    with server.database() as url:
        tpc_b = TpcB(server, url, scale=1)
        assert tpc_b.measure(1) > 0
        assert tpc_b.by.startswith("pgbench" if there else "no pgbench here")


def test_a_payment_that_the_books_do_not_hold_is_not_believed(url: str) -> None:
    with pytest.raises(AssertionError, match="the books hold 0"):
        plan._believe([Seen(seconds=1.0, sends=1)], 0)


def test_a_hop_is_taken_apart(server: Postgres) -> None:
    with server.database() as url:
        with opened(url) as app:
            gather(app, 20)
            assert payments(app) == 0
        steps = dissect(lambda: opened(url), talks=6)
    assert [step.hop for step in steps] == list(HOPS)
    assert all(step.commits == 1 and step.trips > 2 and step.cpu > 0 for step in steps)


def test_ratios_are_of_the_same_round() -> None:
    limit = Row("limit", figures=[10, 100, 1000])
    row = Row("ours", over="limit", mark=("ratio", 0.5), figures=[5, 60, 700])
    assert row.ratios([limit, row]) == [0.5, 0.6, 0.7]
    assert row.reached([limit, row])
    assert Row("slow", mark=("at most", 10), figures=[9, 11, 12]).reached([]) is False
    assert Row("no mark", figures=[1]).reached([]) is None


def nowhere() -> Postgres:
    raise NotRun("there is no PostgreSQL here", "pip install it")


def test_a_row_that_cannot_run_is_said_and_never_green(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "SHORT", TINY)
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(plan, "postgres", nowhere)
    assert command.main(["short"]) == 2
    said = capsys.readouterr().out
    assert "NOT RUN: postings, PostgreSQL" in said
    assert "pip install it" in said
    (written,) = tmp_path.glob("*.json")
    told = {row["name"]: row for row in json.loads(written.read_text("utf-8"))["rows"]}
    assert told["postings, PostgreSQL"]["figures"] == []
    assert told["postings, SQLite"]["figures"] != []


def test_a_complete_run_is_shown_and_saved(tmp_path: Path) -> None:
    run = Run(TINY, rows())
    for row in run.rows.values():
        row.figures = [100.0]
    console = Console(record=True, width=140)
    show(run, describe(), console)
    assert "NOT RUN" not in console.export_text()
    assert json.loads(save(run, describe(), tmp_path).read_text("utf-8"))["complete"]
