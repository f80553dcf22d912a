"""Phones in the hands of machines: any keys, any messages, any order, through both gateways.

Amina's PIN is never given, nor a code that was sent to her: whatever is typed, nothing may leave her wallet. Other
people's PINs are, so that what lies behind a PIN is read as well; then the books may change, and must add up.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote_plus, urlencode

from service.ledger.books import Recorded
from service.ledger.chart import Reason
from service.web.form import LARGEST
from tests.lab.fuzz import Tally
from tests.lab.fuzz.draw import Draw, pick, some, spoilt
from tests.lab.fuzz.world import CANARY, NUMBERS, PINS, World, assert_screen
from tests.phone import AGENTS_CODE, PEOPLE_CODE

TITLE = "Hops, messages, reports and ends of talks"

PEOPLE = tuple(NUMBERS)
KNOWN_PINS = tuple(pin for pin in PINS.values() if pin != CANARY)

KEYS = (
    *("1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "00", "98", "99", "10", ""),
    *("0722000002", "0711000001", "+254799000009", "0712345678", "100016", "100024", "500", "50", "1,000", "10.50"),
    *("250000", "999999999", "1234567", "8264", "1357", "Zawadi Wekesa", "Wanjikũ Ng'ang'a", "12345678", *KNOWN_PINS),
)
TEXTS = (
    *("BAL", "SALIO", "MINI", "LIMITS", "HELP", "STOP", "CHECK QK7M2X9TRD", "SEND 500 0722000002", "1234567"),
    *("SEND 1000 to 0711 000 001", "TUMA ksh500 0722000002", "ENVOYER 50,000 0722000002", "SEND 500 0722000002 1357"),
    *("bal\nsent from my phone", "ＢＡＬ", "ВAL", "SEND 500/= 0722000002", "STOP ALL", "solde", "pin 1357"),
)
PATHS = ("", "1", "1*0722000002*500", "1*1*500*1357", "2*100016*500", "1*100016", "5", "7*1", "98", "1**500", "#")
CODES = (PEOPLE_CODE, AGENTS_CODE, "*384#", "*1#", "*384*96*1#")
STATUSES = ("Success", "Incomplete", "Failed", "", "Sent", "Rejected", "success", "Expired")
BY_ITSELF = {Reason.PAY_COMMISSION}
"""What is paid because a month is over."""

ODD_FIELDS = (
    *("sessionId", "phoneNumber", "serviceCode", "networkCode", "text", "date", "status", "cost", "hopsCount", "id"),
    *("from", "to", "linkId", "input", "lastAppResponse", "durationInMillis", "failureReason", "retryCount"),
    *("session", "phone", "code", "shown", "updateType", "senderId", "shortCode", "errorMessage", ""),
)


def make(draw: Draw) -> list[list[Any]]:
    """Make up what a few phones do, one after another."""
    return [_step(draw) for _ in range(draw.number(1, 8))]


def _step(draw: Draw) -> list[Any]:
    kind = draw.number(0, 11)
    who, gateway = pick(draw, PEOPLE), pick(draw, ("africastalking", "simulator"))
    if kind <= 1:
        return ["dial", gateway, who, pick(draw, CODES), spoilt(draw, PATHS)]
    if kind <= 6:
        return ["press", [spoilt(draw, KEYS) for _ in range(draw.number(1, 4))], _odd(draw)]
    if kind == 7:
        return ["again", _odd(draw)]
    if kind == 8:
        return ["sms", gateway, who, spoilt(draw, TEXTS), _odd(draw)]
    if kind == 9:
        return ["end", pick(draw, STATUSES), _odd(draw)]
    if kind == 10:
        return ["report", gateway, who, pick(draw, STATUSES), _odd(draw)]
    return ["wait", pick(draw, (1, 61, 121, 181, 901, 3_601, 86_401, 2_700_000))]


def _odd(draw: Draw) -> list[list[str]]:
    """Make up fields that stand in a form besides its own, or once more."""
    if draw.number(0, 3):
        return []
    return some(draw, lambda: [pick(draw, ODD_FIELDS), spoilt(draw, (*PATHS, *TEXTS, *STATUSES))], 3)


class Hands:
    """What is remembered between the steps of one case: the phone in hand, and whose secrets were given."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.gateway, self.who, self.code, self.text, self.last = "africastalking", "Amina", PEOPLE_CODE, "", ""
        self.form: dict[str, str] = {}
        self.session = self.given = self.taken = 0
        self.secrets: set[str] = set()

    def step(self, what: str, *rest: Any) -> None:
        getattr(self, f"_{what}")(*rest)

    def _dial(self, gateway: str, who: str, code: str, path: str) -> None:
        self.session += 1
        self.gateway, self.who, self.code, self.text = gateway, who, code, path
        if gateway == "simulator":
            dialled = f"{code[:-1]}*{path}#" if path else code
            self._hop({"session": f"s{self.session}", "phone": NUMBERS[who], "code": dialled}, [])
        else:
            self._hop(self._full(), [])

    def _press(self, keys: list[str], odd: list[list[str]]) -> None:
        for key in keys:
            if self.gateway == "simulator":
                form = {"session": f"s{self.session}", "phone": NUMBERS[self.who], "code": self.code, "input": key}
            else:
                self.text = f"{self.text}*{key}" if self.text else key
                form = self._full()
            self._hop(form, odd)

    def _again(self, odd: list[list[str]]) -> None:
        self._hop(self.form or self._full(), odd)

    def _sms(self, gateway: str, who: str, text: str, odd: list[list[str]]) -> None:
        self.session += 1
        if gateway == "simulator":
            form = {"id": f"m{self.session}", "phone": NUMBERS[who], "text": text}
        else:
            date = f"{self.world.now:%Y-%m-%d %H:%M:%S}"
            form = {"id": f"m{self.session}", "from": NUMBERS[who], "to": "29844", "text": text, "date": date}
        self._post(gateway, "sms", form, odd)

    def _end(self, status: str, odd: list[list[str]]) -> None:
        shown = {"status": status, "shown": "1", "input": self.text, "lastAppResponse": self.last, "hopsCount": "5"}
        self._post(self.gateway, "ussd-end", (self.form or self._full()) | shown, odd)

    def _report(self, gateway: str, who: str, status: str, odd: list[list[str]]) -> None:
        number = {"phone": NUMBERS[who], "phoneNumber": NUMBERS[who]}
        for what in ("delivery", "opt-out"):
            self._post(gateway, what, {"id": "ATXid_1", "status": status, **number}, odd)

    def _wait(self, seconds: int) -> None:
        self.world.town.wait(seconds=seconds)

    def _full(self) -> dict[str, str]:
        session = {"sessionId": f"ATUid_{self.session:032x}", "phoneNumber": NUMBERS[self.who]}
        return {**session, "serviceCode": self.code, "networkCode": "63902", "text": self.text}

    def _hop(self, form: dict[str, str], odd: list[list[str]]) -> None:
        self.form = form
        answer = self._post(self.gateway, "ussd", form, odd)
        if answer is not None:
            self.last = assert_screen(*answer)
            self.taken += not self.last.startswith("END We could not read")

    def _post(
        self, gateway: str, what: str, form: dict[str, str], odd: list[list[str]]
    ) -> tuple[int, dict[str, str], bytes] | None:
        body = urlencode([*form.items(), *((name, value) for name, value in odd)], errors="surrogatepass").encode()
        plain = unquote_plus(body.decode(), errors="replace")
        if CANARY in plain:
            return None
        self.given += 1
        if len(body) <= LARGEST:
            self.secrets |= {pin for pin in KNOWN_PINS if pin in plain}
        answer = self.world.ask(f"/gateways/{gateway}/demo/{what}", body)
        if what != "ussd":
            status, headers, content = answer
            assert (status, content) == (200, b""), f"{what} was answered with {status}: {content[:80]!r}"
            assert headers["content-type"].startswith("text/plain")
            self.taken += 1
        return answer


def open_world() -> Callable[[list[list[Any]]], Tally]:
    world = World()
    wallet, before = world.wallet("Amina"), world.balances()
    first = {entry.id for entry in _entries(world)}

    def check(case: list[list[Any]]) -> Tally:
        with world.case():
            hands = Hands(world)
            for step in case:
                hands.step(*step)
            after = world.balances()
            assert after.get(wallet, 0) >= before[wallet], "money left Amina's wallet without her PIN"
            moved = {entry.reason for entry in _entries(world) if entry.id not in first}
            assert hands.secrets or moved <= BY_ITSELF, f"money moved, and nobody gave a PIN: {moved}"
            _assert_messages(world)
        return Tally(hands.given, hands.taken)

    return check


def _entries(world: World) -> Sequence[Recorded]:
    return world.town.app.read(lambda unit: unit.books.entries(limit=10_000))


def _assert_messages(world: World) -> None:
    """Assert that each message that waits can be written, and is one message, or two parts in letters outside GSM-7."""
    from service.gsm7 import septets, sms_parts
    from service.wallet.unit import Notice

    for notice in world.town.app.read(lambda unit: unit.rows.find(Notice, state="queued", limit=1_000)):
        text = world.town.app.render(notice)
        assert text, f"the message {notice.key} has no words"
        assert sms_parts(text) == 1 or (septets(text) is None and sms_parts(text) == 2), text
        assert not re.search(r"[{}]", text.replace("{}", "")), text


__all__ = ["TITLE", "make", "open_world"]
