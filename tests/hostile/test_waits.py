"""A phone is answered in time, whatever it has to wait for."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from pysqlite3 import dbapi2

from tests.phone import PINS, Town

PAY = ("1", "1", "500")


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


def test_W_08_waits_in_a_row_do_not_add_up(on_disk: Town, database: str) -> None:
    """Each lock is had in its time, both together are not: the phone reads that it is to dial again, and then why."""
    amina = on_disk.phone("Amina").dial().press(*PAY)

    def turn() -> Callable[[], object]:
        taken = on_disk.store._turn.taken()  # type: ignore[attr-defined]
        taken.__enter__()
        return lambda: taken.__exit__(None, None, None)

    if database.startswith("sqlite"):
        locks = [turn, lambda: file_lock(database)]
    else:
        locks = [row_lock(database, "conversations"), row_lock(database, "people")]
    with held_in_turn(*locks, seconds=1.7):
        amina.press(PINS["Amina"])
    assert amina.over
    assert amina.screen.startswith("Still being checked")
    assert on_disk.balance("Amina") == 2000_00
    assert on_disk.phone("Amina").dial().screen.startswith("NOT")
