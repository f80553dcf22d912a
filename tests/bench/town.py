"""A whole town by COPY: people with wallets, and the moves of years between them, as if they had been posted.

Each person was paid in once and has sent money three times, each time to somebody else: ten moves each. What was left
after each move, balances and the list of whom somebody pays are as posting would have written them. Nothing is
sealed; under_a_seal() does that as if it were.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql

from service.ledger.chart import Kind, Reason
from service.ledger.entry import Account
from service.settings import Settings, derive
from service.storage.codec import Cipher, Codec, to_micros
from service.storage.records import BY_KIND
from service.wallet.names import NameKey, keys_of
from service.wallet.unit import Person
from tests.bench.phones import phone_of

FIRST_PERSON, FIRST_ENTRY = 2**38, 2**39
"""Identifiers that a store does not give out for a long time."""

SENDS, PAID_IN, SENT, FEE, EXCISE = 3, 1_000_000, 15_000, 609, 91
MOVES_EACH = 1 + 3 * SENDS
CHUNK = 2_000
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
TILL = Account("ke", Kind.FLOAT, "town")

Columns = Mapping[str, Any]
TABLES = ("people", "name_keys", "paid", "accounts", "entries", "moves")


def settle(url: str, people: int) -> None:
    """Fill a migrated PostgreSQL database, as a role that may switch triggers off."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '512MB'")
        with _without_indexes(connection):
            for table, lines in zip(TABLES, LINES, strict=True):
                _copy(connection, table, lines(people))
        for kind in (Kind.FEES, Kind.TAX, Kind.TRUST):
            house = str(Account("ke", kind))
            connection.execute("INSERT INTO accounts (id) VALUES (%s) ON CONFLICT DO NOTHING", (house,))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def under_a_seal(url: str, people: int) -> None:
    """Put all entries under one seal that has no stamps: nobody verifies them here, and a worker would take long."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for table, lines in (("sealed", _sealed), ("seals", _seals)):
            _copy(connection, table, lines(people))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE sealed")


def _copy(connection: psycopg.Connection[Any], table: str, lines: Iterator[str]) -> None:
    """Write lines, of which the first names the columns."""
    columns = sql.SQL(", ").join(map(sql.Identifier, next(lines).split()))
    with connection.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)) as copy:
        while chunk := list(islice(lines, CHUNK)):
            copy.write("\n".join(chunk) + "\n")


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Take the indexes away that are no constraints, and build them when everything is there: far sooner done."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY (%s) AND indexname NOT LIKE '%%_pkey'",
        (list(TABLES),),
    ).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    for _, definition in found:
        connection.execute(definition)


def wallet(person: int) -> Account:
    """Return the account of one of them, by their number from 0."""
    return Account("ke", Kind.WALLET, str(FIRST_PERSON + person))


def person_at(person: int) -> Person:
    """Return one of them."""
    return Person(
        id=FIRST_PERSON + person,
        country="ke",
        phone=phone_of(person),
        name=f"Wanjiku Kamau{'abcdefghij'[person % 10]}",
        id_number=str(10_000_000 + person),
        language="en",
        tier=2,
        pin=f"1$1024${person:032x}${person:064x}",
        registered_at=BEGAN,
    )


def _distance(turn: int, people: int) -> int:
    """Return how far from the payer the payee of a turn lives."""
    return 1 + turn * (people // 7)


def _at(entry: int) -> int:
    return to_micros(BEGAN + timedelta(seconds=entry))


def _codec(kind: type[Any]) -> Codec:
    secret = Settings(_env_file=None).secret_key[0].get_secret_value()  # type: ignore[call-arg]
    return Codec(BY_KIND[kind], Cipher([derive(secret, "personal fields")], [derive(secret, "blind index")]))


def _people(people: int) -> Iterator[str]:
    codec = _codec(Person)
    yield " ".join(codec.write(person_at(0)))
    for person in range(people):
        yield "\t".join(map(_text, codec.write(person_at(person)).values()))


def _name_keys(people: int) -> Iterator[str]:
    codec = _codec(NameKey)
    yield " ".join(codec.write(keys_of(person_at(0))[0]))
    for person in range(people):
        for key in keys_of(person_at(person)):
            yield "\t".join(map(_text, codec.write(key).values()))


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    return f"\\\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _sealed(people: int) -> Iterator[str]:
    yield "entry seal place digest"
    for place in range(1 + people * (1 + SENDS)):
        yield f"{FIRST_ENTRY + place}\t1\t{place}\t\\\\x"


def _seals(people: int) -> Iterator[str]:
    yield "number at previous totals mac entries reach low written_at"
    sends, last = people * SENDS, 1 + people * MOVES_EACH
    held = {Kind.TRUST: -people * PAID_IN, Kind.FEES: sends * FEE, Kind.TAX: sends * EXCISE}
    totals = json.dumps({str(Account("ke", kind)): much for kind, much in held.items()})
    at, entries = _at(people * (1 + SENDS)), 1 + people * (1 + SENDS)
    yield f"1\t{at}\t\\\\x\t{totals}\t\\\\x\t{entries}\t{last}\t{last}\t{at}"


def _paid(people: int) -> Iterator[str]:
    yield "payer payee times last_at"
    for payer in range(people):
        for turn in range(SENDS):
            payee = (payer + _distance(turn, people)) % people
            yield f"{FIRST_PERSON + payer}\t{FIRST_PERSON + payee}\t{1 + turn}\t{_at(payer)}"


def _accounts(people: int) -> Iterator[str]:
    yield "id balance"
    left = PAID_IN + SENDS * (SENT - SENT - FEE - EXCISE)
    yield f"{TILL}\t0"
    for person in range(people):
        yield f"{wallet(person)}\t{left}"


def _entries(people: int) -> Iterator[str]:
    yield "id reason at"
    yield f"{FIRST_ENTRY}\t{Reason.ISSUE}\t{_at(0)}"
    for number in range(people * (1 + SENDS)):
        reason = Reason.CASH_IN if number < people else Reason.SEND
        yield f"{FIRST_ENTRY + 1 + number}\t{reason}\t{_at(number)}"


def _moves(people: int) -> Iterator[str]:
    """Everybody is paid in, then everybody pays, then everybody pays again: a person's moves lie far apart."""
    yield "entry source target amount reason source_after target_after"
    trust, fees, tax = (Account("ke", kind) for kind in (Kind.TRUST, Kind.FEES, Kind.TAX))
    wallets = [str(wallet(person)) for person in range(people)]
    total = people * PAID_IN
    yield f"{FIRST_ENTRY}\t{trust}\t{TILL}\t{total}\t{Reason.ISSUE}\t\\N\t{total}"
    for person, mine in enumerate(wallets, 1):
        entry, left = FIRST_ENTRY + person, total - person * PAID_IN
        yield f"{entry}\t{TILL}\t{mine}\t{PAID_IN}\t{Reason.CASH_IN}\t{left}\t{PAID_IN}"
    balances, entry = [PAID_IN] * people, FIRST_ENTRY + people
    for turn in range(SENDS):
        for payer, source in enumerate(wallets):
            payee, entry = (payer + _distance(turn, people)) % people, entry + 1
            balances[payee] += SENT
            after = balances[payer] = balances[payer] - SENT - FEE - EXCISE
            yield (
                f"{entry}\t{source}\t{wallets[payee]}\t{SENT}\tsend\t{after + FEE + EXCISE}\t{balances[payee]}\n"
                f"{entry}\t{source}\t{fees}\t{FEE}\tfee\t{after + EXCISE}\t\\N\n"
                f"{entry}\t{source}\t{tax}\t{EXCISE}\texcise\t{after}\t\\N"
            )


LINES = (_people, _name_keys, _paid, _accounts, _entries, _moves)
