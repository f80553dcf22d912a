import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from pysqlite3 import dbapi2
from sqlalchemy import make_url

from service.wallet.audit import audit_all
from tests.serving.conftest import AMINA, BARAKA, Machine, app_at, free_port, load, machine_at, messages, stop, wait_for


@pytest.fixture(scope="module")
def on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine that serves the demo from a file."""
    folder = tmp_path_factory.mktemp("serving")
    shutil.copy(sqlite_template, folder / "senti.db")
    with machine_at(folder, load(f"sqlite:///{folder}/senti.db")) as here:
        here.serve()
        yield here


@pytest.fixture(scope="module")
def on_postgres(
    new_database: Callable[..., str], postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """A machine that serves the demo from PostgreSQL with two processes and a worker."""
    url = load(new_database(postgres_template))
    settings = {"SENTI_WORKERS": "2", "SENTI_METRICS_PORT": str(free_port())}
    with machine_at(tmp_path_factory.mktemp("serving"), url, **settings) as here:
        here.begin("worker")
        here.serve()
        yield here


@pytest.fixture(params=["on_sqlite", "on_postgres"])
def served(request: pytest.FixtureRequest) -> Machine:
    here = request.getfixturevalue(request.param)
    assert isinstance(here, Machine)
    return here


def test_a_receipt_is_sent_within_two_seconds_of_its_commit(served: Machine) -> None:
    wait_for(lambda: not messages(served.url, state="queued"), seconds=20)
    screen = served.talk("1", "1", "500", "4071")
    reference = re.search(r"^END Sent KES 500 to BARAKA M\.\n.*\nRef ([2-9A-Z]{10})\.", screen)
    assert reference, screen

    def arrived() -> bool:
        newest = messages(served.url, phone=[AMINA, BARAKA], newest=True)[:2]
        with app_at(served.url) as app:
            assert all(app.render(notice).startswith(reference[1]) for notice in newest)
        return [notice.state for notice in newest] == ["sent", "sent"]

    wait_for(arrived, seconds=2)
    with app_at(served.url) as app:
        assert app.read(lambda unit: audit_all(unit, seal_key=app.seal_key)).problems == ()


def test_connections_that_a_gateway_keeps_open_shut_nobody_out(on_sqlite: Machine) -> None:
    with ExitStack() as lines:
        for number in range(200):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", on_sqlite.port), timeout=10))
            line.sendall(b"GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n")
            assert line.recv(4096).startswith(b"HTTP/1.1 200"), f"connection {number}"


def test_what_is_told_posted_and_sent_is_counted(on_sqlite: Machine) -> None:
    assert "Not an amount" in on_sqlite.talk("1", "1", "5e3")
    on_sqlite.talk("1", "1", "123", "4071")
    assert "Wrong PIN" in on_sqlite.talk("1", "1", "100", "1111")
    counted = on_sqlite.get("/metrics")[1]
    assert 'senti_refusals_total{code="bad_amount"} 1.0' in counted
    assert 'senti_refusals_total{code="wrong_pin"} 1.0' in counted
    assert re.search(r'senti_postings_total\{reason="send"\} [1-9]', counted)
    wait_for(lambda: 'senti_sms_out_total{outcome="accepted"}' in on_sqlite.get("/metrics")[1], seconds=5)


def test_the_log_is_json_without_pins_and_whole_numbers(on_sqlite: Machine) -> None:
    before = len(on_sqlite.logged())
    on_sqlite.talk("1", "1", "50", "4071")
    new = on_sqlite.logged()[before:]
    assert [(line["event"], line["outcome"]) for line in new] == [("hop", "continue")] * 4 + [("hop", "end")]
    text = on_sqlite.log.read_text()
    assert not [secret for secret in ("4071", AMINA, AMINA[1:]) if secret in text]


def test_a_port_that_is_taken_is_said(on_sqlite: Machine) -> None:
    again = on_sqlite.run("serve")
    assert again.returncode == 2
    taken = f"127.0.0.1:{on_sqlite.port} is taken by another program"
    assert again.stderr == f"senti: {taken}; choose another with SENTI_PORT or --port\n"


def test_several_processes_count_together_on_a_port_of_their_own(on_postgres: Machine) -> None:
    def hops() -> int:
        found = re.search(
            r'senti_hops_total\{gateway="africastalking",outcome="continue"\} (\d+)',
            on_postgres.get("/metrics", int(on_postgres.environment["SENTI_METRICS_PORT"]))[1],
        )
        return int(found[1]) if found else 0

    before = hops()
    for number in range(12):
        on_postgres.hop(f"ATUid_{number}")
    assert hops() == before + 12
    assert on_postgres.get("/metrics")[0] == 404


def test_readiness_is_lost_with_the_schema(on_postgres: Machine) -> None:
    assert on_postgres.get("/health/live")[0] == 200
    assert on_postgres.get("/health/ready")[0] == 200
    with psycopg.connect(on_postgres.url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0' || version_num")
    status, body = on_postgres.get("/health/ready")
    with psycopg.connect(on_postgres.url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = substr(version_num, 2)")
    assert status == 503
    assert '"schema":false' in body
    assert on_postgres.get("/health/ready")[0] == 200


@contextmanager
def blocked(url: str) -> Iterator[None]:
    """Keep hops waiting for the database until the block is left."""
    if url.startswith("sqlite"):
        connection = dbapi2.connect(str(make_url(url).database), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.rollback()
        connection.close()
    else:
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE")
            yield


def test_O_01_a_hop_in_hand_is_finished_when_the_service_is_stopped(
    database: str, machine: Callable[..., Machine]
) -> None:
    """SIGTERM in the middle of a hop: the phone gets its screen, and the service then ends cleanly."""
    here = machine(load(database))
    process = here.serve()
    screens: list[str] = []
    hop = threading.Thread(target=lambda: screens.append(here.hop("ATUid_slow")))
    with blocked(database):
        hop.start()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.3)
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        assert screens == []
    hop.join(timeout=10)
    assert [screen[:19] for screen in screens] == ["CON Senti\n1 Send mo"]
    assert process.wait(timeout=10) == 0
    assert not [line for line in here.logged() if line["level"] in ("error", "critical")]


def test_a_service_that_is_just_starting_hears_that_it_should_stop(
    sqlite_url: str, machine: Callable[..., Machine]
) -> None:
    process = machine(sqlite_url).begin("serve")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    wait_for(lambda: children.read_text(), seconds=30)
    assert stop(process) == 0


def test_D_01_web_processes_do_not_outlive_a_killed_service(sqlite_url: str, machine: Callable[..., Machine]) -> None:
    """Kill -9 to the process that watches the others: they end by themselves, and the port is free again."""
    here = machine(load(sqlite_url))
    process = here.serve()
    web = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
    process.kill()
    process.wait(timeout=10)
    wait_for(lambda: not Path(f"/proc/{web}").exists(), seconds=10)
    assert here.serve("serve").poll() is None


def test_D_01_a_killed_web_process_is_replaced(database: str, machine: Callable[..., Machine]) -> None:
    """Kill -9 to each process that serves, the replacements too: the service goes on, and ends well."""
    here = machine(load(database), SENTI_WORKERS="1" if database.startswith("sqlite") else "2")
    process = here.serve()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    killed: set[str] = set()

    def new() -> set[str]:
        return set(children.read_text().split()) - killed

    for _ in range(2):
        wait_for(new, seconds=10)
        for pid in new():
            killed.add(pid)
            os.kill(int(pid), signal.SIGKILL)
    wait_for(here.answers, seconds=10)
    assert here.hop("ATUid_after").startswith("CON Senti\n1 Send mo")
    assert stop(process) == 0


@pytest.mark.parametrize("limit", ["files", "file size"])
def test_D_09_what_the_machine_does_not_give_is_missed_only_for_as_long(
    limit: str, sqlite_url: str, machine: Callable[..., Machine]
) -> None:
    """No files are left, or none may grow: no payment is half made, and afterwards all goes on with nobody's help."""
    here = machine(load(sqlite_url))
    process = here.serve()
    web = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
    kind = resource.RLIMIT_NOFILE if limit == "files" else resource.RLIMIT_FSIZE
    before = resource.prlimit(web, kind)
    resource.prlimit(web, kind, (0, before[1]))
    heard: list[str] = []
    talk = threading.Thread(target=lambda: heard.append(here.talk("1", "1", "103", "4071")))
    talk.start()
    talk.join(2)
    assert limit == "files" or (heard and "Ref" not in heard[0]), heard
    resource.prlimit(web, kind, before)
    talk.join()
    wait_for(here.answers, seconds=10)
    assert "Sent KES 101" in here.talk("1", "1", "101", "4071")
    with app_at(here.url) as app:
        entries = app.read(lambda unit: unit.books.entries())
        done = [entry for entry in entries for move in entry.moves if move.amount == 103_00]
        assert len(done) == ("Ref" in heard[0])
        assert app.read(lambda unit: audit_all(unit, seal_key=app.seal_key)).problems == ()


def test_D_03_a_worker_waits_for_a_database_that_is_away(
    new_database: Callable[..., str], postgres_template: str, postgres_server: str, machine: Callable[..., Machine]
) -> None:
    """Started while the database is gone, it says so; when it is back what waits is sent; and it can be stopped."""
    here = machine(load(new_database(postgres_template)))
    name = make_url(here.url).database
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute(f"ALTER DATABASE {name} RENAME TO {name}_away")
        worker = here.begin("worker")
        wait_for(lambda: worker.poll() is not None or "does not answer" in here.log.read_text(), seconds=20)
        server.execute(f"ALTER DATABASE {name}_away RENAME TO {name}")
    assert worker.poll() is None, here.log.read_text()
    wait_for(lambda: not messages(here.url, state="queued"), seconds=20)
    assert stop(worker) == 0


def test_one_command_tries_it_out(tmp_path: Path, machine: Callable[..., Machine]) -> None:
    here = machine("sqlite:///var/senti.db")
    process = here.serve("run", "--port", str(here.port))
    address = f"http://127.0.0.1:{here.port}/simulator"
    wait_for(lambda: address in here.log.read_text(), seconds=5)
    assert here.get("/simulator")[0] == 200
    assert "You have KES 2,000." in here.talk("5")
    assert stop(process, signal.SIGINT) == 0
    assert "Traceback" not in here.log.read_text()
    assert [file.name for file in (tmp_path / "var").iterdir()] == ["senti.db"], "the file was not closed"
