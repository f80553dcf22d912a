"""From SQLite to PostgreSQL: the pilot is over, and nothing of it is lost."""

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from pysqlite3 import dbapi2

from tests.cli.conftest import Senti, _own_log

__all__ = ["_own_log"]

AMINA, BARAKA = "+254711000001", "+254722000002"


@pytest.fixture
def pilot(used: Path, tmp_path: Path) -> Senti:
    """A copy of a file that was in use."""
    return Senti(Path(shutil.copyfile(used, tmp_path / "pilot.db")))


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the demo, a payment, a code that waits for its cash, and sealed books."""
    senti = Senti(tmp_path_factory.mktemp("pilot") / "senti.db")
    senti.says("migrate")
    senti.says("demo", "load")
    senti.sent(AMINA, "1", "1", "500", "4071")
    senti.sent(AMINA, "2", "100016", "300", "4071")
    seal(senti)
    return senti.path


def seal(senti: Senti) -> None:
    """Close what is open in the books under a seal."""
    from service.app import make_app
    from service.ledger.seal import seal_batch
    from service.settings import Settings

    url = senti.environment["SENTI_DATABASE_URL"]
    app = make_app(Settings(_env_file=None, database_url=url, pin_memory_kib=8))  # type: ignore[call-arg, arg-type]
    app.transact(lambda unit: seal_batch(unit.books, app.seal_key, app.now()))
    app.store.close()


def everything(senti: Senti) -> object:
    """What a person, an auditor and a regulator can see."""
    reference = senti.json("statement", AMINA)["entries"][0]["reference"]
    return [
        senti.json("books"),
        senti.json("audit"),
        senti.json("statement", AMINA),
        senti.json("entry", "show", reference),
        senti.json("person", "show", BARAKA),
        senti.json("outbox", "list"),
    ]


def test_O_11_live_data_moves_to_postgresql_as_it_is(
    pilot: Senti, new_database: Callable[..., str], tmp_path: Path
) -> None:
    """Balances, the chain of seals, references, keys and what waits are identical, and life goes on."""
    before = everything(pilot)
    assert pilot.json("audit")["sealed"] > 0
    server = Senti(tmp_path / "unused.db", SENTI_DATABASE_URL=new_database())
    assert "entries are moved" in server.says("move", str(pilot.path))
    assert everything(server) == before
    assert not pilot.path.exists()
    assert "Sent KES 200" in server.sent(AMINA, "1", "1", "200", "4071")
    seal(server)
    assert server.json("audit")["sound"]
    assert "is not empty" in server.no("move", f"{pilot.path}.moved")


def test_O_11_a_file_that_is_served_or_strange_is_not_moved(
    pilot: Senti, new_database: Callable[..., str], tmp_path: Path
) -> None:
    """Nothing is taken from a file that others write to, from a damaged one, or into a file."""

    def refused(path: Path) -> str:
        return Senti(tmp_path / "unused.db", SENTI_DATABASE_URL=new_database()).no("move", str(path))

    reader = dbapi2.connect(str(pilot.path))
    reader.execute("SELECT count(*) FROM people").fetchone()
    assert "is in use" in refused(pilot.path)
    reader.close()
    (tmp_path / "text").write_text("hello" * 1000)
    assert "is no database of Senti" in refused(tmp_path / "text")
    assert "there is no such file" in refused(tmp_path / "none")
    assert "is where to move to" in pilot.no("move", str(pilot.path), status=2)
    assert pilot.json("audit")["sound"]


def test_O_11_a_row_that_arrives_otherwise_undoes_the_move(
    pilot: Senti, new_database: Callable[..., str], tmp_path: Path
) -> None:
    """Each row is read back before the commit: a balance that a trigger of somebody's changes is found."""
    from service.storage.backup import NotRestored
    from service.storage.migrate import migrate
    from service.storage.move import move_file

    url = new_database()
    migrate(url)
    body = "BEGIN NEW.balance := NEW.balance + 1; RETURN NEW; END"
    with psycopg.connect(url) as server:
        server.execute(f"CREATE FUNCTION thief() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        server.execute("CREATE TRIGGER thief BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION thief()")
    with pytest.raises(NotRestored, match="accounts: a row was not taken over"):
        move_file(pilot.path, url)
    with psycopg.connect(url) as server:
        assert server.execute("SELECT count(*) FROM entries").fetchone() == (0,)
    assert pilot.path.exists()
