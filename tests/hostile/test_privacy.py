"""Hostile cases of secrets: PINs and one-time codes are searched for wherever anything could have kept them."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from sqlalchemy import make_url

from service.storage.sqlite import SqliteStore
from service.storage.store import Store, Unsure
from service.wallet.operator import approve, propose
from service.wallet.unit import Tally, Unit
from tests.conftest import opened
from tests.hostile.conftest import living
from tests.hostile.faults import Faulty
from tests.hostile.test_webhooks import typed
from tests.phone import AGENTS_CODE, BEGINNING, DOOR, NUMBERS, PINS, Phone, Town

CANARIES = ("8264", "9375", "6049", "5827", "3916", "7158", "1637", *PINS.values())


@dataclass
class Life:
    """A town in which all is done that knows a secret, and the secrets that were about."""

    town: Town
    faulty: Faulty
    codes: list[str] = field(default_factory=list)

    def live(self) -> None:
        self.join()
        self.pay()
        self.take_cash()
        self.write_messages()
        self.break_things()
        self.say_pins_where_they_do_not_belong()
        self.town.wait(minutes=20)

    def phone(self, who: str) -> Phone:
        return self.town.phone(who)

    def join(self) -> None:
        self.phone("Zawadi").dial().press("1", "Zawadi Wekesa", "12345678", "1234", "6049", "9375", "8264", "8264")
        self.phone("Zawadi").dial().press("7", "4", "8264", "9375", "9375").end()

    def pay(self) -> None:
        amina = self.phone("Amina").dial().press("1", "1", "500", "5827", PINS["Amina"])
        amina.end()
        amina.dial(typed=f"1*0722000002*40*{PINS['Amina']}").press(PINS["Amina"])
        amina.hop()
        amina.end("Failed")
        for pin in ("3916", "7158", "1637"):
            self.phone("Baraka").dial().press("1", "1", "20", pin)
        self.phone("Njeri").dial(AGENTS_CODE).press("1", NUMBERS["Zawadi"], "300", PINS["Njeri"]).end()

    def take_cash(self) -> None:
        for paid in (True, False):
            amina = self.phone("Amina").dial().press("2", "100016", "200", PINS["Amina"])
            self.codes.append(amina.screen.split()[2])
            amina.dial()
            amina.end()
            if paid:
                njeri = self.phone("Njeri").dial(AGENTS_CODE).press("2", self.codes[-1], PINS["Njeri"])
                njeri.end()

    def write_messages(self) -> None:
        amina = self.phone("Amina")
        for amount in ("30", "35"):
            amina.sms(f"SEND {amount} 0722000002")
            self.codes.append(amina.inbox()[-1].split("Answer ")[1][:7])
        amina.sms(self.codes[-1])
        for text in ("SEND 50 0722000002 8264", "8264", "BAL 6049", "PIN 9375", "my PIN is 5827"):
            amina.sms(text)

    def break_things(self) -> None:
        for who, keys, secret in (
            ("Amina", ("1", "1", "20"), PINS["Amina"]),
            ("Amina", ("7", "4", PINS["Amina"], "6049"), "6049"),
            ("Zawadi", ("2", "100016", "50"), "9375"),
        ):
            phone = self.phone(who).dial().press(*keys)
            for at in range(1, 8):
                self.faulty.at, self.faulty.after = at, bool(at % 2)
                typed(phone, secret)
            self.faulty.at = 0
            self.faulty.commit = ("before", Unsure("lost"))
            typed(phone, secret)
            self.faulty.commit = None

    def say_pins_where_they_do_not_belong(self) -> None:
        form = {
            "sessionId": "ATUid_v",
            "phoneNumber": NUMBERS["Amina"],
            "serviceCode": "*384*96#",
            "text": "1*1*5*8264",
        }
        for change in (
            {"sessionId": "8264 9375"},
            {"text": "\0" + "8264"},
            {"phoneNumber": "8264"},
            {"serviceCode": "8264"},
        ):
            self.town.client.post(f"{DOOR}/ussd", data=form | change)
        self.town.client.post(f"{DOOR}/ussd", json=form)
        self.town.client.get(f"{DOOR}/ussd", query_string=form)
        self.town.client.post("/gateways/africastalking/wrong/ussd?text=8264", data=form)
        self.town.client.post(
            f"{DOOR}/ussd-end", data=form | {"status": "8264", "input": "1*8264", "errorMessage": "8264"}
        )


def canaries_in(text: str) -> set[str]:
    """Return the PINs that stand in a text by themselves: not inside a longer number or a digest."""
    return {pin for pin in CANARIES if re.search(rf"(?<![0-9A-Za-z]){pin}(?![0-9A-Za-z])", text)}


@contextmanager
def lived(url: str) -> Iterator[Life]:
    faulty = Faulty(opened(url))
    with living(Town(store=cast(Store, faulty))) as town:
        life = Life(town, faulty)
        life.live()
        assert len(life.codes) == 4
        yield life


def assert_clean(where: str, content: bytes, codes: list[str]) -> None:
    text = content.decode("latin-1")
    assert not canaries_in(text), where
    assert [code for code in codes if code in text] == [], where


def test_V_01_the_search_finds_what_is_planted(sqlite_url: str, tmp_path: Path) -> None:
    """The search itself: a PIN in one row and a code in another are found in the files."""
    store = opened(sqlite_url)
    store.transact(lambda tx: tx.rows.add(Tally(key="heard:1*1*500*8264", count=1, at=BEGINNING)))
    store.transact(lambda tx: tx.rows.add(Tally(key="code7654321", count=1, at=BEGINNING)))
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    store.close()
    assert canaries_in(files.decode("latin-1")) == {"8264"}
    with pytest.raises(AssertionError):
        assert_clean("files", files.replace(b"8264", b"----"), ["7654321"])


def test_V_01_no_secret_in_a_sqlite_file(sqlite_url: str, tmp_path: Path, diary: io.StringIO) -> None:
    """The file, its write-ahead log, every cell of every table, and the backup: no PIN and no code."""
    with lived(sqlite_url) as life:
        store = life.faulty.store
        assert isinstance(store, SqliteStore)
        store.backup(tmp_path / "backup.db")
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert {path.suffix for path in files} >= {".db", ".db-wal"}
        for path in files:
            assert_clean(path.name, path.read_bytes(), life.codes)
        with store._reader.connect() as connection:
            tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
            assert len(tables) > 12
            for table in tables:
                for row in connection.exec_driver_sql(f"SELECT * FROM {table}"):
                    for cell in row:
                        content = cell if isinstance(cell, bytes) else str(cell).encode()
                        assert str(cell) not in CANARIES, table
                        assert_clean(table, content, life.codes)
    assert_clean("log", diary.getvalue().encode(), life.codes)


def test_V_01_no_secret_in_postgresql(postgres_url: str, diary: io.StringIO) -> None:
    """All rows of all tables as text: no PIN and no code."""
    with lived(postgres_url) as life:
        address = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            assert len(tables) > 12
            for (table,) in tables:
                for (row,) in connection.execute(f'SELECT t::text FROM "{table}" t').fetchall():
                    assert_clean(table, row.encode(), life.codes)
    assert_clean("log", diary.getvalue().encode(), life.codes)


def test_V_01_no_pin_in_what_is_decrypted_and_no_secret_in_log_and_metrics(
    diary: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    """Rows as the service itself reads them, the log at DEBUG with all crashes, the metrics, the console: no PIN."""
    with lived("memory:") as life:
        kept = repr([list(rows.values()) for rows in cast(Any, life.faulty.store)._rows._rows.values()])
        assert "Conversation(" in kept
        assert not canaries_in(re.sub(r"datetime\.datetime\([^)]*\)", "", kept))
        assert_clean("metrics", life.town.client.get("/metrics").data, life.codes)
        notices = [notice for who in NUMBERS for notice in life.town.phone(who).notices()]
        assert len(notices) > 20
        assert_clean("outbox", repr([(notice.values, notice.detail) for notice in notices]).encode(), life.codes)
        sent = [text for who in NUMBERS for text in life.town.phone(who).inbox()]
        assert not canaries_in("\n".join(sent))
    log = diary.getvalue()
    assert '"error": "Broken"' in log
    assert_clean("log", log.encode(), life.codes)
    printed = capfd.readouterr()
    assert_clean("console", (printed.out + printed.err).encode(), life.codes)


def test_V_02_the_log_masks_numbers_and_tells_no_names_and_no_balances(diary: io.StringIO) -> None:
    """Through a whole life with crashes no line holds a phone number, a name, a balance or a typed word."""
    with lived("memory:"):
        pass
    log = diary.getvalue()
    assert len(log.splitlines()) > 50
    for number in NUMBERS.values():
        assert number not in log
        assert number[1:] not in log
        assert f"0{number[4:]}" not in log
    for word in ("Amina", "Odhiambo", "AMINA", "Wekesa", "KES", "2,000", "12345678", "*500"):
        assert word not in log, word


def test_V_05_receipts_mask_the_number_of_the_other_side() -> None:
    """In every message about somebody else there is a masked number, and never the whole one."""
    with lived("memory:") as life:
        reference = next(text.split()[0] for text in life.phone("Amina").inbox() if "Sent KES 500" in text)

        def undo(unit: Unit) -> None:
            entry = unit.house.references.read(reference)
            made = propose(unit, act="reverse", values={"entry": entry}, maker="one")
            approve(unit, approval_id=made.id, checker="two")

        life.town.app.transact(undo)
        masked = 0
        for who, own in NUMBERS.items():
            for text in life.town.phone(who).inbox():
                masked += "***" in text
                for other in NUMBERS.values():
                    if other != own and "Dial *384*96*1*" not in text and "SEND 500 0722000002" not in text:
                        assert other not in text
                        assert f"0{other[4:]}" not in text
        assert masked > 8


def test_V_05_screens_show_a_first_name_and_an_initial(town: Town) -> None:
    """Before and after paying, one sees no more of the other than the first name and an initial."""
    amina = town.phone("Amina").dial().press("1", "0722000002", "500")
    screens = [amina.screen, amina.press(PINS["Amina"]).screen, amina.dial().press("7", "1").screen]
    screens.append(amina.press("1").screen)
    for screen in screens:
        assert "BARAKA M" in screen
        assert "wangi" not in screen.lower()
        assert "0722000002" not in screen
