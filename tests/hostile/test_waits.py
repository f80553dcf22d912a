"""A phone is answered in time, whatever it has to wait for."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from pysqlite3 import dbapi2

from tests.phone import BEGINNING, DOOR, PINS, Town

PAY = ("1", "1", "500")
WRITTEN = {
    "date": f"{BEGINNING:%Y-%m-%d %H:%M:%S}",
    "id": "sms-that-waited",
    "linkId": "",
    "text": "SEND 50 0722000002",
    "to": "29844",
    "networkCode": "63902",
}


@contextmanager
def held_in_turn(*locks: Callable[[], Callable[[], object]], seconds: float) -> Iterator[None]:
    """Take all locks, and let go of one after the other."""
    with ExitStack() as last:
        let_go = [lock() for lock in locks]

        def release() -> None:
            for one in let_go:
                time.sleep(seconds)
                one()

        thread = threading.Thread(target=release)
        thread.start()
        last.callback(thread.join)
        yield


def row_lock(url: str, table: str) -> Callable[[], Callable[[], object]]:
    def lock() -> Callable[[], object]:
        connection = psycopg.connect(url)
        connection.execute(f"SELECT FROM {table} FOR UPDATE")
        return connection.close

    return lock


def file_lock(url: str) -> Callable[[], object]:
    bare: Any = dbapi2.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    bare.execute("BEGIN IMMEDIATE")
    return lambda: bare.close()


def turn_of(town: Town) -> Callable[[], Callable[[], object]]:
    def lock() -> Callable[[], object]:
        taken = town.store._turn.taken()  # type: ignore[attr-defined]
        taken.__enter__()
        return lambda: taken.__exit__(None, None, None)

    return lock


def test_W_08_waits_in_a_row_do_not_add_up(on_disk: Town, database: str) -> None:
    """Each lock is had in its time, both together are not: the phone reads that it is to dial again, and then why."""
    amina = on_disk.phone("Amina").dial().press(*PAY)

    if database.startswith("sqlite"):
        locks = [turn_of(on_disk), lambda: file_lock(database)]
    else:
        locks = [row_lock(database, "conversations"), row_lock(database, "people")]
    with held_in_turn(*locks, seconds=1.7):
        amina.press(PINS["Amina"])
    assert amina.over
    assert amina.screen.startswith("Still being checked")
    assert on_disk.balance("Amina") == 2000_00
    assert on_disk.phone("Amina").dial().screen.startswith("NOT")


def test_W_08_a_message_does_not_wait_longer_than_a_hop(on_disk: Town, database: str) -> None:
    """It is given up whole and holds up nobody; delivered again, it is answered as if it had never come."""
    amina = on_disk.phone("Amina")
    amina.sms("BAL")
    amina.new()
    if database.startswith("sqlite"):
        locks = [turn_of(on_disk), lambda: file_lock(database)]
    else:
        locks = [row_lock(database, "tallies"), row_lock(database, "people")]
    with held_in_turn(*locks, seconds=1.7):
        answer = on_disk.client.post(f"{DOOR}/sms", data=WRITTEN | {"from": amina.number})
    assert answer.status_code == 200
    assert amina.new() == []
    on_disk.client.post(f"{DOOR}/sms", data=WRITTEN | {"from": amina.number})
    (asked,) = amina.new()
    assert "KES 50.00" in asked
