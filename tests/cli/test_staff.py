"""`senti staff` and `senti console`: accounts at the terminal, and the console's own port."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from pysqlite3 import dbapi2

from service.wallet.staff import code_at
from tests.cli.conftest import Senti

PASSWORD = "correct horse battery"
WHO = ("--role", "support", "--phone", "0700111222", "--by", "ann")


def add(senti: Senti, name: str = "joyce", *words: str) -> str:
    return senti.says("staff", "add", name, *(words or WHO), "--password-stdin", typed=f"{PASSWORD}\n").strip()


def test_an_account_is_opened_with_a_secret_that_is_shown_once(senti: Senti) -> None:
    """Standard output is what an authenticator reads; the picture of it is for people, on standard error."""
    uri = add(senti)
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/Senti:joyce")
    (secret,) = parse_qs(parts.query)["secret"]
    assert len(code_at(secret, datetime.now(UTC))) == 6
    assert [{**one, "since": ""} for one in senti.json("staff", "list") if one["name"] == "joyce"] == [
        {"name": "joyce", "role": "support", "state": "open", "since": ""}
    ]
    assert secret not in senti.says("staff", "list")
    stored = senti.path.read_bytes()
    assert PASSWORD.encode() not in stored
    assert secret.encode() not in stored


def test_the_password_is_asked_for_and_never_an_argument(senti: Senti) -> None:
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    assert "otpauth://" in senti.says("staff", "add", "joyce", *WHO, typed=typed)
    assert "differ" in senti.no("staff", "reset", "joyce", "--by", "ann", typed=f"{PASSWORD}\n{PASSWORD}x\n")
    assert "No such option" in senti.no("staff", "add", "x1", *WHO, "--password", PASSWORD, status=2)


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaa", "joyce likes horses", "x" * 129, ""])
def test_C_09_a_weak_password_is_refused(weak: str, senti: Senti) -> None:
    """Short, one letter over and over, with the name in it, endless, empty: refused with the rule."""
    said = senti.no("staff", "add", "joyce", *WHO, "--password-stdin", typed=f"{weak}\n")
    assert "12 to 128" in said


def test_C_01_one_person_has_one_account(senti: Senti) -> None:
    """A second account under another name needs another phone number; a name is given once."""
    add(senti)
    for name in ("joyce", "joy"):
        said = senti.no("staff", "add", name, *WHO, "--password-stdin", typed=f"{PASSWORD}\n")
        assert "belongs to one of the staff already" in said
    assert "--role" in senti.no("staff", "add", "x1", "--role", "owner", *WHO[2:], status=2)
    assert "small letters" in senti.no("staff", "add", "1x", *WHO, "--password-stdin", typed=f"{PASSWORD}\n")


def test_a_reset_makes_both_secrets_anew_and_a_lock_closes(senti: Senti) -> None:
    first = add(senti)
    assert "joyce is closed" in senti.says("staff", "lock", "joyce", "--by", "ann")
    assert [one["state"] for one in senti.json("staff", "list") if one["name"] == "joyce"] == ["locked"]
    again = senti.says("staff", "reset", "joyce", "--by", "ann", "--password-stdin", typed="another good password\n")
    assert again.strip() != first
    assert [one["state"] for one in senti.json("staff", "list") if one["name"] == "joyce"] == ["open"]
    assert "Nobody of the staff" in senti.no("staff", "lock", "nobody", "--by", "ann")


def test_C_08_what_is_done_at_the_terminal_stands_in_the_logbook(senti: Senti) -> None:
    """Commands are noted like clicks; an edit behind Senti's back is found by `senti audit`."""
    before = senti.json("staff", "stamp")
    add(senti)
    senti.says("staff", "lock", "joyce", "--by", "ann")
    after = senti.json("staff", "stamp")
    assert senti.json("audit")["sound"]
    assert after["rows"] == before["rows"] + 2
    assert after["stamp"] != before["stamp"]
    assert after["stamp"] in senti.says("staff", "stamp")
    with dbapi2.connect(str(senti.path)) as connection:
        rows = connection.execute("SELECT staff, role, act, about FROM logbook ORDER BY number DESC LIMIT 2").fetchall()
    connection.close()
    assert [tuple(row) for row in rows] == [
        ("ann", "terminal", "lock staff", "staff joyce"),
        ("ann", "terminal", "add staff", "staff joyce"),
    ]
    senti.tamper("UPDATE logbook SET staff = 'bob' WHERE act = 'lock staff'")
    assert "logbook_holds: row" in senti.no("audit")


def test_the_demo_prints_the_codes_of_its_staff(senti: Senti) -> None:
    said = senti.says("demo", "codes")
    assert "sara" in said
    assert "counting house 2026" in said


def test_O_02_without_a_port_of_its_own_there_is_no_console(senti: Senti) -> None:
    """The setting that is missing is named, with what to set it to."""
    assert "SENTI_CONSOLE_PORT is missing: set it" in senti.no("console", status=2)
