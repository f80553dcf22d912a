"""A town that forgets each case: the whole service in memory, asked as a web server would ask it, its log listened to.

What a case did is undone behind it, so every case finds the demo as it was loaded, and fails again when tried alone.
"""

import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from service import log
from service.storage.memory import MemoryStore
from service.storage.store import Tx
from tests.phone import BEGINNING, NUMBERS, PINS, Town

T = TypeVar("T")

FORM = "application/x-www-form-urlencoded"
CANARY = PINS["Amina"]
"""Never given to the service: so nothing may ever leave Amina's wallet by a PIN."""

LONGEST_LINE = 2_000
ALARMS = (
    "many knocks without the secret",
    "a session came from another phone or code",
    "a gateway is silent",
    "nearly all talks of a gateway break off",
)
"""What may be loud: it tells of strangers and of gateways, and is counted over all cases."""


def assert_can_be_kept(value: object) -> None:
    """Assert that every database could keep this, and be asked for it: memory takes anything."""
    if isinstance(value, str):
        assert "\0" not in value, "PostgreSQL keeps no NUL"
        value.encode()
    elif isinstance(value, int):
        assert -(2**63) <= value < 2**63, f"{value} is more than 64 bits"
    elif isinstance(value, Mapping):
        for one in value.items():
            assert_can_be_kept(one)
    elif isinstance(value, list | tuple | set):
        for one in value:
            assert_can_be_kept(one)
    elif is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            assert_can_be_kept(getattr(value, part.name))


def _strictly(method: Callable[..., Any]) -> Callable[..., Any]:
    def strict(*given: Any, **sought: Any) -> Any:
        assert_can_be_kept(given)
        assert_can_be_kept(sought)
        return method(*given, **sought)

    return strict


class Rewound(MemoryStore):
    """A store in memory that can be taken back to a mark, and takes only what the databases take."""

    def __init__(self) -> None:
        super().__init__()
        for name in ("get", "lock", "find", "add", "put"):
            setattr(self._rows, name, _strictly(getattr(self._rows, name)))
        self._key = bytes(range(32))  # so that references are the same in every process
        self._undo.forget = lambda: None  # type: ignore[method-assign]  # what was done can always be undone

    def transact(self, work: Callable[[Tx], T]) -> T:
        with self._turn.taken(), self._savepoint():
            return work(Tx(self._books, self._rows, self._mint, self._savepoint))

    def written(self) -> int:
        """Count what was written since the store was made; what was undone counts no more."""
        return self._undo.mark()

    @contextmanager
    def rewinding(self) -> Iterator[None]:
        """Undo at the end whatever is done meanwhile."""
        mark, minted = self._undo.mark(), self._minted
        try:
            yield
        finally:
            self._undo.back_to(mark)
            self._minted = minted


class Lines(io.StringIO):
    """The log of one case, line by line."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def write(self, text: str) -> int:
        self.lines += text.splitlines()
        return len(text)


@dataclass
class World:
    """The demo, and what its log says."""

    town: Town = field(default_factory=lambda: Town(store=Rewound()))
    heard: Lines = field(default_factory=Lines)

    def __post_init__(self) -> None:
        self.web = self.town.client.application
        log.set_up(to=self.heard)

    @property
    def now(self) -> datetime:
        return self.town.now

    @contextmanager
    def case(self) -> Iterator[None]:
        """Run one case: its log must be plain and tell of nothing broken, the books must add up, all is undone."""
        store = self.town.store
        assert isinstance(store, Rewound), "the world of cases forgets them"
        self.heard.lines.clear()
        before = self.balances()
        with store.rewinding():
            try:
                yield
                if self.balances() != before:
                    self.town.assert_sound()
            finally:
                self.town.now = BEGINNING
        for line in self.heard.lines:
            said = json.loads(line)
            quiet = said["level"] not in ("error", "critical") or said["event"].startswith(ALARMS)
            assert quiet, f"the log has: {line}"
            assert "places" not in said, f"the log has: {line}"
            assert len(line) <= LONGEST_LINE, f"a line of {len(line)} in the log"
            assert line.isascii(), "the log is ASCII"

    def ask(
        self,
        path: str,
        body: bytes,
        *,
        method: str = "POST",
        content_type: str | None = FORM,
        length: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask the web application as its server would, and return status, headers and body."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path.partition("?")[0]).decode("latin-1"),
            "QUERY_STRING": path.partition("?")[2],
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)) if length is None else length,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers},
        }
        if content_type is not None:
            environ["CONTENT_TYPE"] = content_type
        told: list[tuple[str, list[tuple[str, str]]]] = []

        def begin(status: str, fields: list[tuple[str, str]], _: object = None) -> Callable[[bytes], object]:
            told.append((status, fields))
            return lambda _: None

        answer = self.web(environ, begin)
        try:
            content = b"".join(answer)
        finally:
            answer.close()  # type: ignore[attr-defined]
        status, fields = told[0]
        return int(status[:3]), {name.lower(): value for name, value in fields}, content

    def balances(self) -> dict[str, int]:
        """Return what every account holds that holds anything."""
        found = self.town.app.read(lambda unit: list(unit.books.balances()))
        return {str(account): balance for account, balance in found if balance}

    def wallet(self, who: str) -> str:
        return f"ke:wallet:{self.town.person(who).id}"


def assert_screen(status: int, headers: dict[str, str], content: bytes) -> str:
    """Assert that an answer to a hop is one that every network shows, and return its text."""
    assert status == 200, f"a hop was answered with {status}"
    assert headers["content-type"].startswith("text/plain"), headers["content-type"]
    text = content.decode("utf-8")
    assert text[:4] in ("CON ", "END "), f"a hop was answered with {text[:40]!r}"
    try:
        size, room = len(text.encode("gsm23.038")), 160
    except UnicodeEncodeError:
        size, room = len(text.encode("utf-16-be")) // 2, 80
    assert size <= room, f"a screen of {size} where there is room for {room}: {text!r}"
    return text


__all__ = ["CANARY", "FORM", "NUMBERS", "PINS", "Rewound", "World", "assert_screen"]
