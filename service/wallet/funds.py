"""Proof of funds: each night all that Senti owes its customers is counted, and the sum is published and signed.

Anybody can check that their own money is in that sum. What one reads in a proof is one's own amount and the sums beside
the way up; the first of them is the balance of one other wallet, and nobody can say whose: places are shuffled each
night by a new salt, which is forgotten with the proofs (docs/decisions/funds.md).
"""

import base64
import hmac
import json
import secrets
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from service.clock import day
from service.ledger.books import Books
from service.ledger.chart import LOCKED, Kind
from service.ledger.entry import Account
from service.ledger.signature import public_key, sign
from service.ledger.sums import Node, Step, leaf, path, root
from service.reference import ALPHABET
from service.refusal import Refusal
from service.wallet.account import wallet_of
from service.wallet.unit import Person, Timer, Unit

T = TypeVar("T")

COUNTED = LOCKED | {Kind.TAKINGS}
"""What is owed to customers: leaves of the tree. All other kinds are the house's, and stated plainly."""

FORMAT = "senti funds 1"
CODE, AMOUNT, NONCE = 10, 8, 16
_LEAF = CODE + AMOUNT
_NODE = 32 + AMOUNT
PAGE_LEAVES = 1024
"""A page has so many leaves, more or less: what one proof reads, and digests again."""

PAGES_AT_ONCE = 16
"""So many are written in one commit: some ten milliseconds of SQLite's one writer."""

PROOFS_KEPT = timedelta(days=14)
"""For so long a proof can be fetched; the signed file is kept for ever, and a proof that was fetched stays good."""

AGAIN = timedelta(minutes=10)
"""A count that broke is begun again after this, by whichever worker comes first."""

LONGEST = 24
"""Signs of a code as people write it, with room for a few more dashes."""


@dataclass(frozen=True, kw_only=True)
class Funds:
    """One country's count of one day; `name` is its file's, `ke-2026-11-23`, and `file` what was signed."""

    name: str
    country: str
    at: datetime
    tree: int
    depth: int
    """The leaves stand on `2**depth` pages, by the first bits of their codes."""
    file: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class FundsPage:
    """A part of a tree, in Base64: leaves (code and amount) in the order of their codes; as `TREE:top` the roots of all
    pages, as `TREE:salt` what codes and nonces are made with.
    """

    key: str
    at: datetime
    body: str


class NotCounted(Refusal):
    """The wallet is in no count that can still be proven: it is younger than the last, or there was none of late."""


class Stock(NamedTuple):
    """What was counted at one moment, before it is written down."""

    at: datetime
    salt: bytes
    depth: int
    pages: Sequence[bytes]
    tops: Sequence[Node]
    wallets: int
    leaves: int
    house: Mapping[str, int]


class Proof(NamedTuple):
    """That an amount was counted, for whoever has its code."""

    funds: Funds
    nonce: bytes
    amount: int
    steps: Sequence[Step]


class Counted(NamedTuple):
    """What a person is told: when which amount of theirs was counted, and the code that fetches the proof."""

    at: datetime
    amount: int
    code: str


class Work(Protocol):
    """Runs work in one transaction; it may run it again from its beginning."""

    def __call__(self, work: Callable[[Unit], T]) -> T: ...


@dataclass(frozen=True)
class Press:
    """What a count works with: a look at one moment of the database, commits, and the key that signs."""

    read: Work
    transact: Work
    secret: bytes = field(repr=False)


def mind_funds(press: Press) -> int:
    """Count what no day has a count of yet, each country after its own midnight; return how many were published."""

    def due(unit: Unit) -> list[str]:
        return [country for country in unit.house.packs if _is_due(unit, country)]

    wanted = [country for country in press.read(due) if press.transact(partial(_claim, country=country))]
    for country in wanted:
        publish(press, country)
    return len(wanted)


def _is_due(unit: Unit, country: str) -> bool:
    if unit.rows.get(Funds, name_at(unit, country)) is not None:
        return False
    timer = unit.rows.get(Timer, f"funds {country}")
    # A time further ahead than one goes was set by a clock that has been put back since.
    return timer is None or not unit.now < timer.next_at <= unit.now + AGAIN


def _claim(unit: Unit, country: str) -> bool:
    """Keep other workers from beginning the same; say whether it is ours to do."""
    unit.rows.add(Timer(name=f"funds {country}", next_at=unit.now))
    timer = unit.rows.lock(Timer, f"funds {country}")
    if timer is None or not _is_due(unit, country):
        return False
    unit.rows.put(replace(timer, next_at=unit.now + AGAIN))
    return True


def name_at(unit: Unit, country: str) -> str:
    """Return the name of a country's count of this day."""
    return f"{country}-{day(unit.now, unit.house.packs[country].zone)}"


def publish(press: Press, country: str) -> Funds:
    """Count, sign and write down one country's funds; return the day's count, which may be another worker's."""
    stock = press.read(partial(count_all, country=country))
    tree = press.transact(lambda unit: unit.mint())
    for first in range(0, len(stock.pages), PAGES_AT_ONCE):
        press.transact(partial(_write_pages, tree=tree, stock=stock, first=first))
    return press.transact(partial(_write_head, tree=tree, stock=stock, country=country, secret=press.secret))


def _write_pages(unit: Unit, *, tree: int, stock: Stock, first: int) -> None:
    for place, body in enumerate(stock.pages[first : first + PAGES_AT_ONCE], start=first):
        unit.rows.append(_sheet(unit, f"{tree}:{place}", body))


def _sheet(unit: Unit, key: str, body: bytes) -> FundsPage:
    return FundsPage(key=key, at=unit.now, body=base64.b64encode(body).decode())


def _write_head(unit: Unit, *, tree: int, stock: Stock, country: str, secret: bytes) -> Funds:
    """Write what makes the pages count; they are nothing without it, and are forgotten in time."""
    tops = b"".join(top.digest + top.total.to_bytes(AMOUNT, "big") for top in stock.tops)
    for key, body in (("top", tops), ("salt", stock.salt)):
        unit.rows.append(_sheet(unit, f"{tree}:{key}", body))
    pack = unit.house.packs[country]
    whole = root(stock.tops)
    said = {
        "format": FORMAT,
        "country": country,
        "currency": pack.currency.code,
        "exponent": pack.currency.exponent,
        "as_of": stock.at.astimezone(pack.zone).isoformat(timespec="microseconds"),
        "day": str(day(stock.at, pack.zone)),
        "wallets": stock.wallets,
        "leaves": stock.leaves,
        "total": whole.total,
        "root": whole.digest.hex(),
        "house": {kind: held for kind, held in stock.house.items() if kind != Kind.TRUST},
        "issued": -stock.house.get(Kind.TRUST, 0),
    }
    file = {"public_key": public_key(secret).hex(), "signature": sign(secret, canonical(said)).hex(), "statement": said}
    name = f"{country}-{said['day']}"
    made = Funds(name=name, country=country, at=stock.at, tree=tree, depth=stock.depth, file=file)
    if not unit.rows.add(made):
        found = unit.rows.get(Funds, name)
        assert found is not None, "a row that cannot be added is there"
        return found
    return made


def canonical(said: Mapping[str, Any]) -> bytes:
    """Return the octets of a statement that are signed: JSON, names in order, no blanks, ASCII."""
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")


def count_all(unit: Unit, country: str) -> Stock:
    """Count what is owed to the customers of a country at one moment; call it in a transaction that reads.

    AssertionError if it and the house's accounts are not together all e-money that was issued.
    """
    salt = secrets.token_bytes(32)
    buckets = [bytearray() for _ in range(256)]
    house, wallets, total = _fill(unit.books, country, salt, buckets)
    much = total + sum(house.values())
    assert much == 0, f"{country}: customers and house hold {much} more than was issued"
    packed = b"".join(_sorted(bucket) for bucket in buckets)
    leaves = len(packed) // _LEAF
    depth = min(16, max(0, (leaves - 1) // PAGE_LEAVES).bit_length())
    pages = list(_cut(packed, depth))
    tops = [root(_nodes(salt, page)) for page in pages]
    return Stock(unit.now, salt, depth, pages, tops, wallets, leaves, {str(kind): held for kind, held in house.items()})


def _fill(books: Books, country: str, salt: bytes, buckets: Sequence[bytearray]) -> tuple[dict[Kind, int], int, int]:
    """Put each amount into the bucket of its code's first octet; return the house's, the wallets' number, the sum."""
    house: dict[Kind, int] = {}
    wallets = total = 0
    for account, balance in books.balances(country):
        if account.kind not in COUNTED:
            house[account.kind] = house.get(account.kind, 0) + balance
        elif balance or account.kind is Kind.WALLET:
            assert balance >= 0, f"{account} holds {balance}"
            wallets += account.kind is Kind.WALLET
            total += balance
            code = code_of(salt, account)
            buckets[code[0]] += code + balance.to_bytes(AMOUNT, "big")
    return house, wallets, total


def _sorted(bucket: bytearray) -> bytes:
    return b"".join(sorted(bytes(bucket[at : at + _LEAF]) for at in range(0, len(bucket), _LEAF)))


def _cut(packed: bytes, depth: int) -> Iterator[bytes]:
    places = range(len(packed) // _LEAF)
    ends = [
        bisect_left(places, page, key=lambda place: _page_of(packed[place * _LEAF :][:2], depth))
        for page in range(1, 1 << depth)
    ]
    for first, last in zip([0, *ends], [*ends, len(places)], strict=True):
        yield packed[first * _LEAF : last * _LEAF]


def _page_of(code: bytes, depth: int) -> int:
    return int.from_bytes(code[:2], "big") >> (16 - depth)


def code_of(salt: bytes, account: Account) -> bytes:
    """Return where an account stands in a tree: nobody can guess it, and it is another one each day."""
    return hmac.digest(salt, str(account).encode(), "sha256")[:CODE]


def _nonce(salt: bytes, code: bytes) -> bytes:
    return hmac.digest(salt, b"nonce" + code, "sha256")[:NONCE]


def _split(page: bytes) -> Iterator[tuple[bytes, int]]:
    for at in range(0, len(page), _LEAF):
        yield page[at : at + CODE], int.from_bytes(page[at + CODE : at + _LEAF], "big")


def _nodes(salt: bytes, page: bytes) -> list[Node]:
    return [leaf(_nonce(salt, code), amount) for code, amount in _split(page)]


def newest(unit: Unit, country: str) -> Funds | None:
    """Return a country's last count."""
    return next(iter(unit.rows.find(Funds, country=country, newest=True, limit=1)), None)


def counted(unit: Unit, person: Person) -> Counted:
    """Say what of a person's was counted last; raises NotCounted."""
    funds = newest(unit, person.country)
    if funds is None:
        raise NotCounted
    code = code_of(_body(unit, f"{funds.tree}:salt"), wallet_of(person))
    amount = dict(_split(_page(unit, funds, code))).get(code)
    if amount is None:
        raise NotCounted
    return Counted(funds.at, amount, written(code))


def proof(unit: Unit, name: str, typed: str) -> Proof | None:
    """Return the proof that a code fetches from a day's count, or None: there is no such code, or it is too old."""
    code, funds = read_code(typed), unit.rows.get(Funds, name)
    if code is None or funds is None:
        return None
    salt, page = _body(unit, f"{funds.tree}:salt"), _page(unit, funds, code)
    found = list(_split(page))
    place = next((place for place, (known, _) in enumerate(found) if hmac.compare_digest(known, code)), None)
    if place is None:
        return None
    top = _body(unit, f"{funds.tree}:top")
    tops = [
        Node(top[at : at + 32], int.from_bytes(top[at + 32 : at + _NODE], "big")) for at in range(0, len(top), _NODE)
    ]
    steps = [*path(_nodes(salt, page), place), *path(tops, _page_of(code, funds.depth))]
    return Proof(funds, _nonce(salt, code), found[place][1], steps)


def shown(found: Proof) -> dict[str, Any]:
    """Return a proof as its file says it."""
    steps = [{"side": step.side, "digest": step.digest.hex(), "total": step.total} for step in found.steps]
    return {"of": found.funds.name, "nonce": found.nonce.hex(), "amount": found.amount, "path": steps}


def _page(unit: Unit, funds: Funds, code: bytes) -> bytes:
    return _body(unit, f"{funds.tree}:{_page_of(code, funds.depth)}")


def _body(unit: Unit, key: str) -> bytes:
    row = unit.rows.get(FundsPage, key)
    return base64.b64decode(row.body) if row else b""


def written(code: bytes) -> str:
    """Return a code as people copy it: sixteen letters in groups of four."""
    number = int.from_bytes(code, "big")
    letters = "".join(ALPHABET[number >> (5 * place) & 31] for place in reversed(range(CODE * 8 // 5)))
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def read_code(typed: str) -> bytes | None:
    """Return the code that was copied, or None if it is none."""
    letters = "".join(sign for sign in typed.upper() if sign not in " -")
    if len(typed) > LONGEST or len(letters) != CODE * 8 // 5 or not set(letters) <= set(ALPHABET):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | ALPHABET.index(letter)
    return number.to_bytes(CODE, "big")
