"""Towns on each engine: the whole service, whose books are audited when the test is over."""

import io
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog
from structlog.testing import capture_logs

from service import log
from tests.conftest import ENGINES, opened
from tests.phone import Town

DATABASES = ENGINES[1:]


@contextmanager
def living(town: Town) -> Iterator[Town]:
    """Lend a town to a test, and audit its books afterwards."""
    try:
        yield town
        town.assert_sound()
    finally:
        town.store.close()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep the log in memory: drawing what broke for a terminal takes longer than breaking it."""
    with capture_logs():
        yield


@pytest.fixture
def town() -> Iterator[Town]:
    """A town in memory."""
    with living(Town()) as town:
        yield town


@pytest.fixture
def anywhere(store_url: str) -> Iterator[Town]:
    """A town on each engine in turn."""
    with living(Town(store=opened(store_url))) as town:
        yield town


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """The address of an empty database of each kind in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def on_disk(database: str) -> Iterator[Town]:
    """A town on each database in turn."""
    with living(Town(store=opened(database))) as town:
        yield town


@pytest.fixture
def diary() -> Iterator[io.StringIO]:
    """The log as production writes it, at DEBUG."""
    root = logging.getLogger()
    kept = (root.handlers[:], root.level, sys.excepthook, threading.excepthook, logging.raiseExceptions)
    stream = io.StringIO()
    log.set_up(to=stream, level="debug")
    try:
        yield stream
    finally:
        root.handlers[:], sys.excepthook, threading.excepthook = kept[0], kept[2], kept[3]
        root.setLevel(kept[1])
        logging.raiseExceptions = kept[4]
        structlog.reset_defaults()
