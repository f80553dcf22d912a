"""The console on large books: how long staff wait for a page, over HTTP.

One of each role logs in, looks for somebody by phone and by name, and opens a page behind each link that leads to a
kind of page not seen yet. Nobody else asks for anything meanwhile.
"""

import re
import time
from contextlib import closing
from datetime import UTC, datetime
from html import unescape
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlencode

from service.console.page import ROOT
from service.demo import PASSWORD, STAFF, demo_secret, load_demo_staff
from service.wallet.staff import code_at
from tests.bench.phones import phone_of
from tests.bench.served import served
from tests.bench.stand import Figures, Measure, Stand
from tests.bench.town import person_at

NAMES = ("console, first page", "console, by name", "console, other pages")
TIMES = 7
LINK = re.compile(rf'href="({ROOT}/[^"#]*)"')
TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')
ONE_OF_EACH = {role: name for name, role, _ in STAFF}
SOMEBODY = 4_321
SPENT: dict[str, str] = {}


def prepare(stand: Stand) -> Measure:
    """Give the staff of the large books their accounts."""
    url, app = stand.large_town
    load_demo_staff(app.transact)

    def measure() -> Figures:
        with served(url, stand.folder, workers=1) as server:
            return _measure(stand, server.port)

    return measure


def _measure(stand: Stand, port: int) -> Figures:
    first: list[float] = []
    by_name: list[float] = []
    others: dict[str, float] = {}
    for name in ONE_OF_EACH.values():
        with closing(Browser(port)) as browser:
            browser.log_in(name)
            first.append(browser.clock("GET", ROOT))
            places = links(browser.page)
            for sought, into in ((phone_of(SOMEBODY), first), (person_at(SOMEBODY).name, by_name)):
                if browser.open("POST", f"{ROOT}/find", sought=sought) == 200:  # 404 to who may not see people
                    into.append(browser.clock("POST", f"{ROOT}/find", sought=sought))
                    places += links(browser.page)
            while new := [place for place in places if kind_of(place) not in others]:
                others[kind_of(new[0])] = browser.clock("GET", new[0])
                places += links(browser.page)
    slowest = max(others, key=lambda kind: others[kind])
    stand.notes[NAMES[2]] = f"the slowest of {len(others)} kinds of page: {slowest.removeprefix(ROOT)}"
    return dict(zip(NAMES, (max(first), max(by_name), others[slowest]), strict=True))


def links(page: str) -> list[str]:
    """Return where a page leads to in the console, but for its style and its scripts."""
    return [unescape(found) for found in LINK.findall(page) if not found.startswith(f"{ROOT}/static")]


def kind_of(path: str) -> str:
    """Return a path without what tells one page of a kind from another: numbers, references, pages of a list."""
    return re.sub(r"/[^/]*[0-9][^/]*", "/...", path.split("?")[0])


class Browser:
    """One of the staff, on one connection; it sends the `Secure` cookie over plain HTTP on this machine."""

    def __init__(self, port: int) -> None:
        self._line = HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        self.page = ""

    def close(self) -> None:
        self._line.close()

    def log_in(self, name: str) -> None:
        """Fill in the form with a code that was not used before."""
        while (spent := code_at(demo_secret(name), datetime.now(UTC))) == SPENT.get(name):
            time.sleep(1)
        SPENT[name] = spent
        self.open("GET", f"{ROOT}/login")
        self.open("POST", f"{ROOT}/login", name=name, password=PASSWORD, code=spent)
        assert f'action="{ROOT}/logout"' in self.page, f"{name} is not logged in"

    def clock(self, method: str, path: str, **fields: str) -> float:
        """Return how many milliseconds a page takes, from the request to its last octet."""
        took = []
        for _ in range(TIMES):
            began = time.perf_counter()
            assert self.open(method, path, **fields) == 200, path
            took.append(time.perf_counter() - began)
        return median(took) * 1000

    def open(self, method: str, path: str, **fields: str) -> int:
        """Open a page, following where it leads, and return the status."""
        token = TOKEN.search(self.page)
        body = urlencode({"token": token[1] if token else "", **fields}) if method == "POST" else None
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        head = {"Cookie": cookies, "User-Agent": "bench", "Content-Type": "application/x-www-form-urlencoded"}
        self._line.request(method, path, body, head)
        answer = self._line.getresponse()
        text = answer.read().decode(errors="replace")
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, value = line.split(";")[0].split("=", 1)
            self._cookies[name] = value
        if where := answer.headers["Location"]:
            return self.open("GET", where)
        if answer.headers.get_content_type() == "text/html" and answer.status == 200:
            self.page = text
        return answer.status
