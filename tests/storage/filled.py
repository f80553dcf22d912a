"""A database in use: the demo in the middle of a town, with the rows that some thousand people leave in every table."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from service.storage.codec import Cipher, Codec, to_micros
from service.storage.record import Record
from service.storage.records import BY_KIND
from service.storage.tables import TABLES
from service.wallet.unit import KnownKey, Paid, Person, Timer
from tests.phone import BEGINNING
from tests.storage.people import EVERYTHING

MANY = 10_000
YEAR = 365 * 86_400_000_000

OVER = {
    "vettings": "done",
    "listed": "gone",
    "hits": "cleared",
    "withdrawals": "paid",
    "challenges": "over",
    "approvals": "approved",
    "halts": "over",
    "bank_lines": "matched",
    "requests": "approved",
    "reservations": "used",
    "pendings": "settled",
    "orders": "done",
    "cases": "done",
    "standings": "over",
    "pots": "closed",
    "groups": "closed",
    "members": "out",
    "payouts": "paid",
    "removals": "done",
    "bulks": "paid",
    "refunds": "paid",
    "applications": "granted",
    "access_codes": "given",
    "subscriptions": "ended",
    "meters": "closed",
    "bulk_lines": "paid",
    "conversations": "ended",
}
"""What most rows have come to."""


def fill(url: str) -> None:
    """Fill the tables of a database in which a town has settled and the demo was loaded."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for example in EVERYTHING:
            if type(example) not in (Person, Paid, Timer, KnownKey):
                _multiply(connection, example)
        _seal(connection)


def _multiply(connection: psycopg.Connection[Any], example: Any) -> None:
    """Write a record many times over, with other keys, other people, and times that have not come yet."""
    record = BY_KIND[type(example)]
    columns = Codec(record, Cipher([bytes(32)], [bytes(32)])).write(example)
    if record.table in OVER:
        columns["state"] = OVER[record.table]
    varied = dict(_varied(record))
    if record.table == "notices":
        varied["state"] = f"CASE WHEN n < {MANY - 500} THEN 'sent' ELSE 'queued' END"
    values = [sql.SQL(varied[name]) if name in varied else sql.Literal(value) for name, value in columns.items()]
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM generate_series(1, {}) n").format(
            sql.Identifier(record.table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(values),
            MANY,
        )
    )


def _varied(record: Record) -> Iterator[tuple[str, str]]:
    """Yield the columns that are different in each row: keys, what is searched, and all times."""
    table = TABLES[record.kind]
    keys = {column.name for column in table.primary_key.columns}
    sought = keys | {column.name for index in table.indexes for column in index.columns}
    # An agent has paid out many withdrawals, and a state is shared by most rows.
    for name in (sought - {"state", "agent"}) | keys:
        if name in record.types:
            # What is sealed cannot be opened with the town's keys: it belongs to people whom the town does not have.
            first = 2**39 if record.sealed else 2**38
            yield name, {"number": f"{first} + n", "time": "", "text": "lpad(n::text, 12, '0')"}[record.types[name]]
        else:
            yield name, "sha256(n::text::bytea)"
    later = to_micros(BEGINNING) + 10 * YEAR  # the stories together last more than one
    yield from ((name, f"{later} + n") for name, kind in record.types.items() if kind == "time")


def _seal(connection: psycopg.Connection[Any]) -> None:
    """Let all entries be sealed, long ago, a few by each seal; and let many have a day's limit counted."""
    connection.execute("DELETE FROM sealed; DELETE FROM seals; DELETE FROM watched")
    connection.execute(
        "INSERT INTO seals (number, at, previous, totals, mac, entries, reach, low, written_at) "
        "SELECT n, 0, '', CASE n WHEN %s THEN totals ELSE '{}' END, '', 1, reach, reach, n "
        "FROM generate_series(1, %s) n, (SELECT max(number) AS reach FROM moves) m, "
        "(SELECT coalesce(json_object_agg(id, total), '{}')::text AS totals FROM ("
        "SELECT id, sum(amount) AS total FROM (SELECT source AS id, -amount AS amount FROM moves "
        "UNION ALL SELECT target, amount FROM moves) m "
        "JOIN accounts USING (id) WHERE balance IS NULL GROUP BY id) f) t",
        (MANY, MANY),
    )
    connection.execute(
        "INSERT INTO sealed (entry, seal, place, digest) "
        "SELECT id, 1 + place %% %s, place, '' "
        "FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM entries) e",
        (MANY,),
    )
    connection.execute(
        "INSERT INTO counters (key, value) SELECT 'out:' || n || ':2026-11-22', 1 FROM generate_series(1, %s) n",
        (MANY,),
    )
