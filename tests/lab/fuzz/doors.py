"""Raw requests: any method, any address, any header, any body, any length that is claimed.

What is not a gateway's request with the right secret is turned away below 500 and leaves nothing behind; what is one
gets 200 and a body of the gateway's dialect, however spoilt it is. No PIN is given, so no account may change.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote_plus

from tests.lab.fuzz import Tally
from tests.lab.fuzz.draw import LONG, STRANGE, Draw, pick, some, spoilt, spoilt_bytes
from tests.lab.fuzz.world import FORM, PINS, Rewound, World, assert_screen

TITLE = "Raw requests at every address"

AMINA = "sessionId=ATUid_1&phoneNumber=%2B254711000001&serviceCode=*384*96%23&networkCode=63902"
GOOD = {
    "ussd": f"{AMINA}&text=1*0722000002*500",
    "ussd-end": f"{AMINA}&status=Success&cost=0.8&durationInMillis=4&hopsCount=5&input=1&lastAppResponse=END+Sent",
    "sms": "date=2026-11-22+09%3A20%3A03&from=%2B254711000001&id=5b0c&linkId=&text=SEND 500 0722000002&to=29844",
    "delivery": "id=ATXid_1&phoneNumber=%2B254722000002&retryCount=0&status=Failed&failureReason=UserInBlackList",
    "opt-out": "senderId=SENTI&phoneNumber=%2B254711000001",
}
SIMULATED = {
    "ussd": "session=s1&phone=0711000001&code=*384*96*1*0722000002*500%23",
    "ussd-end": "session=s1&phone=0711000001&code=*384*96%23&shown=1",
    "sms": "id=m1&phone=0711000001&text=BAL",
    "delivery": "id=sim-1&phone=0711000001&status=delivered",
    "opt-out": "phone=0711000001",
}
TYPES = (FORM, f"{FORM}; charset=utf-8", f"{FORM}; charset=utf-16", "application/json", "multipart/form-data", "", "x")
LENGTHS = (None, "", "0", "-1", "1", "99999999999999999999", "8193", "abc", "1e3", " 7", "0x10", "\u0661")
HEADERS = (
    *("Content-Encoding", "Transfer-Encoding", "X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Host", "Referer"),
    *("Cookie", "Authorization", "Accept", "Expect", "Range", "If-None-Match", "X-HTTP-Method-Override", "User-Agent"),
)
VALUES = ("gzip", "chunked", "127.0.0.1, 10.0.0.1", "::1", "http://x/gateways/africastalking/demo/ussd", "100-continue")
METHODS = ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post", "CONNECT", "")
OPEN = ("/health/live", "/health/ready", "/metrics", "/simulator", "/simulator/state", "/", "/favicon.ico")


def make(draw: Draw) -> list[Any]:
    """Make up a request that is right in all but a few respects."""
    gateway = pick(draw, ("africastalking", "simulator"))
    what = pick(draw, tuple(GOOD))
    path, method, kind, length, headers = f"/gateways/{gateway}/demo/{what}", "POST", FORM, None, []
    body = (GOOD if gateway == "africastalking" else SIMULATED)[what].encode()
    where = draw.number(0, 9)
    if where <= 4:
        body = _spoilt_form(draw, body)
    elif where == 5:
        body = pick(draw, (draw.raw(), body + b"&text=" + b"1" * pick(draw, LONG), b"a&" * pick(draw, LONG)))
    elif where == 6:
        kind, length = spoilt(draw, TYPES), pick(draw, LENGTHS)
    elif where == 7:
        headers = some(draw, lambda: [pick(draw, HEADERS), spoilt(draw, VALUES)], 3)
    elif where == 8:
        path = spoilt(draw, (path, path.replace("demo", "other"), *OPEN))
    else:
        method = pick(draw, METHODS)
    return [method, path, kind, length, headers, body.decode("latin-1")]


def _spoilt_form(draw: Draw, body: bytes) -> bytes:
    """Leave fields out, double them, give them other values, or spoil a few octets."""
    pairs = [pair.split(b"=", 1) for pair in body.split(b"&")]
    for _ in range(draw.number(0, 2)):
        place = draw.number(0, len(pairs) - 1)
        what = draw.number(0, 3)
        if what == 0 and len(pairs) > 1:
            pairs.pop(place)
        elif what == 1:
            pairs.append(list(pairs[place]))
        else:
            value = spoilt(draw, (unquote_plus(pairs[place][-1].decode("latin-1")), "", STRANGE))
            pairs[place] = [pairs[place][0], quote(value, errors="surrogatepass").encode()]
    return spoilt_bytes(draw, b"&".join(b"=".join(pair) for pair in pairs))


def open_world() -> Callable[[list[Any]], Tally]:
    world = World()
    store = world.town.store
    assert isinstance(store, Rewound)
    before = world.balances()
    right = {f"/gateways/{gateway}/demo/{what}": what for gateway in ("africastalking", "simulator") for what in GOOD}

    def check(case: list[Any]) -> Tally:
        method, path, kind, length, headers, text = case
        body = text.encode("latin-1")
        if any(pin in unquote_plus(text) for pin in PINS.values()):
            return Tally(0, 0)
        with world.case():
            written = store.written()
            address = quote(path.encode("utf-8", "surrogatepass"), safe="/?")
            sent = [(name, value.encode("utf-8", "surrogatepass").decode("latin-1")) for name, value in headers]
            status, fields, content = world.ask(
                address, body, method=method, content_type=kind, length=length, headers=tuple(sent)
            )
            what = right.get(path.partition("?")[0]) if method.upper() == "POST" else None  # as WSGI has it
            if status == 400 and any(name == "Host" for name, _ in headers):
                what = None  # a Host that is no name of a host must be turned away so (RFC 9112, 3.2)
            if what == "ussd":
                screen = assert_screen(status, fields, content)
                taken = not screen.startswith("END We could not read")
            elif what is not None:
                assert (status, content) == (200, b""), f"{what} was answered with {status}"
                taken = store.written() > written
            else:
                assert status < 500, f"{method} {path} was answered with {status}"
                assert store.written() == written, "a request that is none of a gateway's was written down"
                taken = False
            assert world.balances() == before, "money moved, and nobody gave a PIN"
        return Tally(1, int(taken))

    return check
