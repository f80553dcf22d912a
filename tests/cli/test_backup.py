import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from tests.cli.conftest import Senti

AMINA = "+254711000001"


def test_O_06_a_backup_is_restored_whole_on_a_clean_machine(
    senti: Senti, tmp_path: Path, elsewhere: Callable[..., Senti]
) -> None:
    """What a backup holds comes back: books, people, seals and references, and the audit is content."""
    senti.sent(AMINA, "1", "1", "500", "4071")
    file, other = tmp_path / "backup", elsewhere("new/place/senti.db")
    senti.says("backup", str(file))
    senti.sent(AMINA, "1", "1", "100", "4071")
    assert "messages are parked" in other.says("restore", str(file))
    assert other.json("audit")["sound"]
    assert other.json("person", "show", AMINA)["balance"] == 149_300
    assert other.json("statement", AMINA) == {
        **senti.json("statement", AMINA),
        "balance": 149_300,
        "entries": senti.json("statement", AMINA)["entries"][1:],
    }
    assert "Sent KES 200" in other.sent(AMINA, "1", "1", "200", "4071")


def test_O_06_nothing_is_sent_again_after_a_restore(
    senti: Senti, tmp_path: Path, elsewhere: Callable[..., Senti]
) -> None:
    """What waited when the backup was made may have been sent since: it is parked and says why."""
    senti.tamper("UPDATE notices SET state = 'sent' WHERE key = 'welcome'")
    waiting = {row["id"] for row in senti.json("outbox", "list", "--state", "queued")}
    other = elsewhere()
    senti.says("backup", str(tmp_path / "backup"))
    other.says("restore", str(tmp_path / "backup"))
    parked = other.json("outbox", "list", "--state", "parked")
    assert {row["id"] for row in parked} == waiting
    assert {row["detail"] for row in parked} == {"restored from a backup: it may have been sent after that"}
    assert other.json("outbox", "list", "--state", "queued") == []
    assert len(other.json("outbox", "list", "--state", "sent")) == 5


def test_K_04_references_are_never_given_out_again_after_a_restore(
    senti: Senti, tmp_path: Path, elsewhere: Callable[..., Senti]
) -> None:
    """What the days after the backup gave out is passed over, so that an old receipt stays nobody else's."""
    senti.says("backup", str(tmp_path / "backup"))
    lost = {senti.says("float", "issue", "100016", "1", "--bank-ref", f"{n}", "--by", "ann") for n in range(3)}
    other = elsewhere()
    other.says("restore", str(tmp_path / "backup"))
    again = {other.says("float", "issue", "100016", "1", "--bank-ref", f"{n}", "--by", "ann") for n in range(3)}
    assert not lost & again


def test_a_backup_is_never_written_over(senti: Senti, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("precious")
    assert "is there already" in senti.no("backup", str(tmp_path / "backup"))
    assert (tmp_path / "backup").read_text() == "precious"
    assert "no such directory" in senti.no("backup", str(tmp_path / "no" / "backup"), status=2)


def test_a_backup_is_read_by_its_owner_alone(senti: Senti, tmp_path: Path) -> None:
    senti.says("backup", str(tmp_path / "backup"))
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


def test_a_database_that_holds_anything_is_not_replaced(senti: Senti, tmp_path: Path) -> None:
    senti.says("backup", str(tmp_path / "backup"))
    before = senti.json("books")
    assert "is not empty" in senti.no("restore", str(tmp_path / "backup"))
    assert senti.json("books") == before


def test_a_database_in_use_is_not_replaced(senti: Senti, tmp_path: Path, elsewhere: Callable[..., Senti]) -> None:
    senti.says("backup", str(tmp_path / "backup"))
    other = elsewhere()
    other.says("migrate")
    reader = dbapi2.connect(str(other.path))
    reader.execute("SELECT count(*) FROM people").fetchone()
    assert "is in use" in other.no("restore", str(tmp_path / "backup"))
    reader.close()
    other.says("restore", str(tmp_path / "backup"))
    assert other.json("audit")["sound"]


def test_O_07_D_13_what_is_no_whole_backup_is_noticed(
    senti: Senti, tmp_path: Path, elsewhere: Callable[..., Senti]
) -> None:
    """A damaged file, another program's file and none at all are refused, and nothing is left behind."""
    file, other = tmp_path / "backup", elsewhere()
    senti.says("backup", str(file))
    whole = file.read_bytes()
    file.chmod(0o600)
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text").write_text("hello" * 1000)
    dbapi2.connect(str(tmp_path / "strange")).execute("CREATE TABLE t (a)").connection.close()
    for name in ("half", "text", "strange", "none"):
        assert f"{name}: " in other.no("restore", str(tmp_path / name))
        assert list(tmp_path.glob("other*")) == []


def test_O_07_a_naive_copy_of_a_file_in_use_lacks_what_the_backup_has(senti: Senti, tmp_path: Path) -> None:
    """The newest commits stand in the journal beside the file: only the library's own copy has them."""
    keeper = dbapi2.connect(str(senti.path))
    keeper.execute("SELECT count(*) FROM people").fetchone()
    senti.sent(AMINA, "1", "1", "500", "4071")
    shutil.copyfile(senti.path, tmp_path / "naive")
    senti.says("backup", str(tmp_path / "backup"))
    keeper.close()
    entries = [
        dbapi2.connect(str(tmp_path / name)).execute("SELECT count(*) FROM entries").fetchone()[0]
        for name in ("naive", "backup")
    ]
    assert entries == [6, 7]


@pytest.fixture
def sealing(senti: Senti, tmp_path: Path) -> Path:
    """Let backups be sealed, and return the file of the key that opens them."""
    key = tmp_path / "key"
    name, public = senti.says("keys", "backup", str(key)).strip().split("=")
    senti.environment[name] = public
    return key


def test_V_07_a_stolen_backup_says_nothing_without_its_key(
    senti: Senti, tmp_path: Path, elsewhere: Callable[..., Senti], sealing: Path
) -> None:
    """Sealed for a key that the machine does not have; no readable copy is left, there or where it is put back."""
    file, other = tmp_path / "backup", elsewhere("new/place/senti.db")
    assert "sealed" in senti.says("backup", str(file))
    octets = file.read_bytes()
    assert not [word for word in (b"SQLite format", b"wallet", b"ke:", b"100016", b"Nakuru") if word in octets]
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} <= {"backup", "key", *_files(senti.path)}
    assert "--key" in other.no("restore", str(file))
    assert "messages are parked" in other.says("restore", str(file), "--key", str(sealing))
    assert {path.name for path in other.path.parent.iterdir()} <= _files(other.path)
    assert other.json("audit")["sound"]
    assert other.json("books") == senti.json("books")


def _files(path: Path) -> set[str]:
    return {f"{path.name}{rest}" for rest in ("", "-wal", "-shm", "-journal")}


def test_V_07_a_wrong_key_and_a_file_that_was_touched_are_refused(
    senti: Senti, tmp_path: Path, elsewhere: Callable[..., Senti], sealing: Path
) -> None:
    """Another key, no key at all, a changed octet anywhere, a cut at a piece or inside one: nothing is left behind."""
    file, other = tmp_path / "backup", elsewhere()
    senti.says("backup", str(file))
    senti.says("keys", "backup", str(tmp_path / "another"))
    assert "sealed for another key" in other.no("restore", str(file), "--key", str(tmp_path / "another"))
    (tmp_path / "nokey").write_text("hello")
    assert "is no key" in other.no("restore", str(file), "--key", str(tmp_path / "nokey"))
    whole = file.read_bytes()
    touched = {f"octet {at}": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in (0, 25, 60, 70, 9000, -1)
               if at >= 0} | {"last": whole[:-1] + bytes([whole[-1] ^ 1])}  # fmt: skip
    touched |= {f"cut {size}": whole[:size] for size in (40, 62, 78, len(whole) // 2, len(whole) - 1)}
    touched |= {"more": whole + b"x"}
    for name, octets in touched.items():
        (tmp_path / name).write_bytes(octets)
        assert f"{name}: " in other.no("restore", str(tmp_path / name), "--key", str(sealing))
        assert list(tmp_path.glob("other*")) == []
    assert "is there already" in senti.no("keys", "backup", str(sealing))
    assert sealing.stat().st_mode & 0o077 == 0
