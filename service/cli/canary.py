"""A canary: one tiny payment there and back between two wallets of the operator's own, through the door of the gateway.

It is played before traffic comes to a release, and every few minutes afterwards. What comes of it is looked up in the
books, not believed; and more than there is must be refused, on the phone and by the books themselves.
"""

import re
import secrets
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import click

from service.cli.group import refuse, unusable
from service.cli.opened import as_json, known, opened, read_number

if TYPE_CHECKING:
    from service.app import App
    from service.ledger.books import Recorded
    from service.wallet.unit import Unit

PATIENCE_SECONDS = 10
REFERENCE = re.compile(r"\b[2-9A-HJ-NP-Z]{10}\b")


class Step(NamedTuple):
    """Something that was asked, and how long the answer took."""

    what: str
    milliseconds: int


class Phone:
    """A phone of the operator's, whose hops come as the gateway's do."""

    def __init__(self, app: "App", url: str, number: str, steps: list[Step]) -> None:
        (secret, *_) = app.settings.africastalking_webhook_secret
        self._door = f"{url}/gateways/africastalking/{secret.get_secret_value()}"
        self._number, self._code, self._steps = number, app.home.pack.people_code, steps

    def talk(self, what: str, *keys: str) -> str:
        """Dial, answer the screens until the talk is over or no key is left, and return the last screen."""
        form = {"sessionId": f"canary_{secrets.token_hex(16)}", "phoneNumber": self._number, "serviceCode": self._code}
        answer = ""
        for pressed in range(len(keys) + 1):
            form["text"] = "*".join(keys[:pressed])
            began = time.perf_counter()
            answer = self._post("ussd", form)
            self._steps.append(Step(f"{what}, hop {pressed + 1}", int((time.perf_counter() - began) * 1000)))
            if not answer.startswith("CON "):
                break
        self._post("ussd-end", form | {"status": "Success", "input": "", "lastAppResponse": answer[4:]})
        if not answer.startswith(("CON ", "END ")):
            raise refuse(f"{what}: the service answered what no gateway understands")
        return answer[4:]

    def _post(self, what: str, form: dict[str, str]) -> str:
        try:
            with urlopen(f"{self._door}/{what}", urlencode(form).encode(), timeout=PATIENCE_SECONDS) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            error.close()
            why = ": is this machine on SENTI_AFRICASTALKING_ALLOWED_ADDRESSES?" if error.code == 404 else ""
            raise refuse(f"the service did not answer a hop but with {error.code}{why}") from None
        except OSError as error:  # it is not shown as it is: the address has the secret in it
            raise refuse(f"the service did not answer a hop: {type(error).__name__}") from None


@click.command()
@click.argument("payer")
@click.argument("payee")
@click.option("--url", help="Where the service answers; http://SENTI_HOST:SENTI_PORT if missing.")
@as_json
def canary(payer: str, payee: str, url: str | None, as_json: bool) -> None:
    """Send the least amount there is from PAYER to PAYEE and back, both wallets of your own, and try to send more than
    there is.

    The PIN of PAYER and that of PAYEE are read from standard input, one a line. Exit status 1 says that something is
    wrong, and what; `senti_canary_age_seconds` in the metrics says when it last went well.
    """
    from service.cli.out import print_columns, print_json

    pins = [sys.stdin.readline().strip() for _ in range(2)]
    with opened() as app:
        numbers = read_number(app, payer), read_number(app, payee)
        if numbers[0] == numbers[1] or not all(re.fullmatch("[0-9]{4}", pin) for pin in pins):
            raise unusable("a canary needs two numbers, and a line with the PIN of each on standard input")
        steps: list[Step] = []
        address = (url or f"http://{app.settings.host}:{app.settings.port}").rstrip("/")
        one, other = (Phone(app, address, number, steps) for number in numbers)
        _send(app, one, numbers, pins[0], "there")
        _send(app, other, numbers[::-1], pins[1], "back")
        _overdraw(app, one, numbers, pins[0])
        _note(app)
    if as_json:
        return print_json({"sound": True, "steps": [step._asdict() for step in steps]})
    print_columns(["step", "ms"], steps, right=(1,))
    click.echo("The canary sings: paid there and back, and more than there is was refused.")


def _send(app: "App", phone: Phone, numbers: Sequence[str], pin: str, what: str) -> None:
    """Send the least that can be sent, and compare the books with what they were."""
    from service.ledger.chart import Kind
    from service.money import show_number

    before = _balances(app, numbers)
    pack = app.home.pack
    least = pack.smallest("send", app.now())
    typed = show_number(least, pack.currency).replace(",", "")
    screen = phone.talk(what, "1", numbers[1], typed, pin)
    after, entry = _balances(app, numbers), _entry(app, screen)
    if entry is None:
        raise refuse(f"{what}: not paid; the last screen was: {screen!r}")
    paid = sum(move.amount for move in entry.moves if str(move.source) == before[0][0])
    # Between two wallets that are new to each other the first payment is held for some minutes, whole.
    waits = [move for move in entry.moves if move.target.kind == Kind.HELD]
    arrived = 0 if waits else sum(move.amount for move in entry.moves if move.target.kind == Kind.WALLET)
    changes = (before[0][1] - after[0][1], after[1][1] - before[1][1])
    if (not waits and arrived != least) or changes != (paid, arrived):
        raise refuse(f"{what}: the balances changed by {changes}, the entry says {paid} and {arrived}")


def _overdraw(app: "App", phone: Phone, numbers: Sequence[str], pin: str) -> None:
    """Try to send more than there is, on the phone and at the books themselves; nothing may move."""
    before = _balances(app, numbers)
    screen = phone.talk("too much", "1", numbers[1], str(before[0][1] // 10**app.home.pack.currency.exponent + 1), pin)
    if _entry(app, screen) is not None or _balances(app, numbers) != before:
        raise refuse(f"more than there is was paid; the last screen was: {screen!r}")
    if not _refused_by_the_books(app, before[0][1] + 1, numbers):
        raise refuse("the books would post more than there is")


class _NotKept(Exception):
    """Undoes what was posted to see whether it would be."""


def _refused_by_the_books(app: "App", amount: int, numbers: Sequence[str]) -> bool:
    from service.ledger.chart import Reason
    from service.ledger.entry import Entry, Move, NotEnough
    from service.ledger.post import post
    from service.wallet.account import wallet_of
    from service.wallet.unit import Unit

    def work(unit: Unit) -> None:
        source, target = (wallet_of(known(unit, number)) for number in numbers)
        move = Move(source, target, amount, Reason.SEND)
        post(unit.books, Entry(id=unit.mint(), reason=Reason.SEND, at=unit.now, moves=(move,)))
        raise _NotKept

    try:
        app.transact(work)
    except NotEnough:
        return True
    except (_NotKept, AssertionError):  # posted, or stopped by the table alone
        return False
    return False


def _balances(app: "App", numbers: Sequence[str]) -> list[tuple[str, int]]:
    from service.wallet.account import wallet_of
    from service.wallet.unit import Unit

    def look(unit: Unit) -> list[tuple[str, int]]:
        wallets = [wallet_of(known(unit, number)) for number in numbers]
        return [(str(wallet), unit.books.balance(wallet)) for wallet in wallets]

    return app.read(look)


def _entry(app: "App", screen: str) -> "Recorded | None":
    """Return the entry whose reference a screen shows."""
    for said in REFERENCE.findall(screen):
        number = app.house.references.read(said)
        if number is not None:
            return app.read(partial(_look_up, number=number))
    return None


def _look_up(unit: "Unit", number: int) -> "Recorded | None":
    return unit.books.entry(number)


def _note(app: "App") -> None:
    """Write down that it went well just now."""
    from service.app import CANARY
    from service.wallet.unit import Timer, Unit

    def work(unit: Unit) -> None:
        now = Timer(name=CANARY, next_at=unit.now)
        if not unit.rows.add(now):
            unit.rows.put(now)

    app.transact(work)
