"""What phones say on the wire: every request of a talk, as the bytes that a gateway would send.

Only the standard library is loaded here: the load generator begins in an instant, and owes nothing to what it measures.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

PATH = "/gateways/africastalking/demo/ussd"
CODE = "*384*96#"
PIN = "4071"
HOPS = ("dial", "1", "number", "amount", "PIN")

_FORM = "application/x-www-form-urlencoded"
_GOES_ON = re.compile(rb"\r\n\r\nCON ")
_PAID = re.compile(rb"\r\n\r\nEND [^\x00]*(Ref|Kumb) [2-9A-Z]{10}")
_RUN = secrets.token_hex(4)
"""Sets the sessions of this process apart from those of every other."""


class Step(NamedTuple):
    """One hop: what is sent, and what its answer must look like."""

    request: bytes
    answer: re.Pattern[bytes]


Talk = Sequence[Step]


def phone_of(number: int) -> str:
    """Return the phone number of one of the crowd."""
    return f"+254722{100_000 + number}"


FRIENDS = 5
"""So many others each of the crowd pays in turn, and has paid before: a stranger's payment waits and is questioned."""


def friends_of(number: int, people: int) -> list[int]:
    """Return whom one of the crowd pays, in turn."""
    return [(number + 1 + place) % people for place in range(min(FRIENDS, people - 1))]


def request(path: str, body: str, kind: str = _FORM) -> bytes:
    """Return a whole HTTP request."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body.encode())}"
    return f"{head}\r\n\r\n{body}".encode()


def _hops(number: int, payer: int, typed: Sequence[str], path: str = PATH) -> list[bytes]:
    """Return the requests of a talk: the gateway repeats all that was typed on each hop."""
    same = f"sessionId=ATUid_{_RUN}{number:024x}&phoneNumber={quote(phone_of(payer))}&networkCode=63902"
    same = f"{same}&serviceCode={quote(CODE)}&text="
    texts = ["*".join(typed[1 : place + 1]) for place in range(len(typed))]
    return [request(path, same + text) for text in texts]


def send(number: int, people: int) -> Talk:
    """Send money to somebody, some 500 shillings: no payment is the same as another within minutes (W-05)."""
    payer, turn = number % people, number // people
    payee = friends_of(payer, people)[turn % FRIENDS % (people - 1)]
    typed = ("", "1", f"0{phone_of(payee)[4:]}", str(60 + number * 31 % 900), PIN)
    answers = [_GOES_ON] * (len(HOPS) - 1) + [_PAID]
    return list(map(Step, _hops(number, payer, typed), answers))


MENU_KEYS = ("", "7", "0", "7")
"""Dial, open `My account`, go back, open it again: screens that only have to be shown."""


def menus(number: int, people: int) -> Talk:
    """Look at two menus, back and forth, and hang up."""
    return [Step(one, _GOES_ON) for one in _hops(number, number % people, MENU_KEYS)]


def cardisk(number: int, people: int) -> Talk:
    """Look at the same menus in cardisk, which numbers them by itself and speaks XML."""
    talk = []
    for place, (key, title) in enumerate((("", b"Senti"), ("4", b"My account"), ("5", b"Senti"), ("4", b"My account"))):
        body = f"<ussd><type>{2 if place else 1}</type><msisdn>{phone_of(number % people)}</msisdn>"
        body += f"<sessionid>{_RUN}{number}</sessionid><msg>{key}</msg></ussd>"
        talk.append(Step(request("/", body, "application/xml"), re.compile(title)))
    return talk


def cloey(number: int, people: int) -> Talk:
    """Look at the same menus in cloey, which speaks JSON and is told the last key only."""
    talk = []
    for key, title in zip(MENU_KEYS, (b"Senti", b"My account", b"Senti", b"My account"), strict=True):
        told = {"sessionId": f"{_RUN}{number}", "phoneNumber": phone_of(number % people), "networkCode": "63902"}
        body = json.dumps({**told, "serviceCode": CODE, "text": key})
        talk.append(Step(request("/", body, "application/json"), re.compile(title)))
    return talk


TALKS: Mapping[str, Callable[[int, int], Talk]] = {
    "send": send,
    "menus": menus,
    "cardisk": cardisk,
    "cloey": cloey,
}
"""Every talk that can be asked of the generator: from its number and the size of the crowd."""
