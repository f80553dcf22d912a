import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from service.cli import main
from tests.cli.conftest import Senti

HEAVY = ("flask", "sqlalchemy", "pydantic", "granian", "alembic", "cryptography", "rich", "prometheus_client")


def every_command(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...], elsewhere: Callable[..., Senti]) -> None:
    said = elsewhere().says(*words, "--help")
    assert f"Usage: senti {' '.join(words)}" in said
    assert len(said.splitlines()) > 3


READS = ("books", "audit", "inbox", "statement", "entry show", "person show", "agent show", "agent list", "outbox list")


@pytest.mark.parametrize("words", [*READS, "tariff show"])
def test_what_reads_has_json(words: str, elsewhere: Callable[..., Senti]) -> None:
    assert "--json" in elsewhere().says(*words.split(), "--help")


def test_help_loads_nothing_heavy() -> None:
    """Help answers at once: nothing that a command needs is loaded before it runs."""
    code = f"import sys; import service.cli; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_O_02_wrong_settings_are_named_one_a_line(elsewhere: Callable[..., Senti]) -> None:
    """Each wrong or unknown setting is one line with its name, before anything is done."""
    senti = elsewhere(SENTI_PORT="none", SENTI_COUNTRIES="zz", SENTI_PROT="8000")
    lines = senti.no("books", status=2).splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["SENTI_PROT", "SENTI_COUNTRIES", "SENTI_PORT"]


def test_O_02_a_settings_file_is_named_with_its_line(tmp_path: Path, elsewhere: Callable[..., Senti]) -> None:
    """Where a wrong setting stands in a file, the file and the line are said."""
    (tmp_path / ".env").write_text("SENTI_MODE=demo\nSENTI_WORKERS=many\n")
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        assert "SENTI_WORKERS (.env, line 2)" in elsewhere().no("migrate", status=2)
    finally:
        os.chdir(here)


@pytest.mark.parametrize("words", [("books",), ("serve",), ("demo", "load"), ("dial", "0711000001")])
def test_C_10_unsafe_settings_stop_every_command(words: tuple[str, ...], elsewhere: Callable[..., Senti]) -> None:
    """In production nothing runs on the demo's secrets, with the cure in each line."""
    said = elsewhere(SENTI_MODE="production").no(*words, status=2)
    assert (
        "SENTI_SECRET_KEY is the demo's, which everybody knows: set it to the output of: openssl rand -hex 32" in said
    )
    assert "SENTI_AFRICASTALKING_USERNAME is the sandbox" in said


def test_the_demo_is_refused_where_its_people_do_not_live(elsewhere: Callable[..., Senti]) -> None:
    senti = elsewhere(SENTI_COUNTRIES="ug,ke")
    senti.says("migrate")
    assert "SENTI_COUNTRIES begins with ug" in senti.no("demo", "load", status=2)
    assert [book["accounts"] for book in senti.json("books")["books"]] == [[], []]


def test_C_10_the_trial_run_refuses_production(elsewhere: Callable[..., Senti]) -> None:
    """`senti run` loads people whose PINs everybody knows, and so never runs in production."""
    senti = elsewhere(SENTI_MODE="production")
    assert "for trying out" in senti.no("run", status=2)
    assert not senti.path.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("agent", "add", "0711000001", "--name", "Duka \udcff", "--place", "Kisii"),
        ("float", "issue", "100016", "5", "--bank-ref", "\udc80", "--by", "ann"),
        ("person", "unblock", "0711000001", "--by", "an\udce9"),
        ("sms", "0711000001", "BAL\udcff"),
    ],
)
def test_I_06_words_that_are_not_utf_8_are_refused(words: tuple[str, ...], senti: Senti) -> None:
    """Octets of another encoding on a command line are refused in words, and nothing is written."""
    before = senti.json("outbox", "list")
    assert "what was typed is not UTF-8" in senti.no(*words, status=2)
    assert senti.json("outbox", "list") == before


def test_a_database_that_is_not_set_up_is_told_how(elsewhere: Callable[..., Senti]) -> None:
    assert "run: senti migrate" in elsewhere().no("books", status=2)
    assert "`senti migrate` sets up a new one" in elsewhere("nowhere/at/all.db").no("books", status=2)


@pytest.mark.parametrize("words", [("migrate",), ("books",), ("serve",)])
def test_a_database_that_does_not_answer_is_said_in_one_line(
    words: tuple[str, ...], elsewhere: Callable[..., Senti]
) -> None:
    said = elsewhere(SENTI_DATABASE_URL="postgresql://somebody:hunter22@127.0.0.1:1/senti").no(*words, status=2)
    assert said.startswith("senti: the database does not answer")
    assert len(said.splitlines()) == 1
    assert "hunter22" not in said


def test_migrating_and_loading_twice_changes_nothing(senti: Senti) -> None:
    before = senti.json("books")
    senti.says("migrate")
    senti.says("demo", "load")
    assert senti.json("books") == before


def test_a_worker_of_its_own_is_refused_on_sqlite(senti: Senti) -> None:
    assert "`senti serve` does the worker's work already" in senti.no("worker", status=2)


def test_more_processes_are_refused_on_sqlite(senti: Senti) -> None:
    assert "SQLite has one process" in senti.no("serve", "--workers", "2", status=2)


def test_the_service_needs_a_role_of_its_own(tmp_path: Path) -> None:
    """Taking rights from the owner itself would lock everybody out."""
    owner = "postgresql://owner:x@127.0.0.1/senti"
    for mine in (owner, "postgresql://127.0.0.1/senti"):
        senti = Senti(tmp_path / "none.db", SENTI_DATABASE_URL=mine, SENTI_DATABASE_ADMIN_URL=owner)
        assert "SENTI_DATABASE_URL names no role of its own" in senti.no("migrate", status=2)
