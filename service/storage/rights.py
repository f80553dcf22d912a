"""What the service's own role may do in PostgreSQL, table by table: what its work needs, and nothing else.

The books are read and added to. Whoever has the service's password can still post what the chart allows, but cannot
change, remove or hide anything that was posted. The functions run with the rights of the caller (SECURITY INVOKER).
"""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, text

from service.storage.guards import APPEND_ONLY


class Rights(NamedTuple):
    """What may be done to one table besides reading it."""

    insert: bool = True
    update: tuple[str, ...] = ()
    """The columns that may be changed; `*` is all."""
    delete: bool = False


_KEPT = Rights(update=("*",))
_FORGOTTEN = Rights(update=("*",), delete=True)

RIGHTS: Mapping[str, Rights] = {
    **dict.fromkeys(APPEND_ONLY, Rights()),
    "accounts": Rights(update=("balance",)),
    "counters": Rights(update=("value",)),
    "people": _KEPT,
    "name_keys": _KEPT,
    "vettings": _KEPT,
    "listed": _KEPT,
    "sweeps": _KEPT,
    "hits": _KEPT,
    "pin_resets": _KEPT,
    "guardians": _KEPT,
    "erasures": _KEPT,
    "nicknames": _KEPT,
    "new_numbers": Rights(),
    "bulks": _KEPT,
    "bulk_lines": _KEPT,
    "sim_checks": _KEPT,
    "agents": Rights(update=("state",)),
    "merchants": _KEPT,
    "assistants": _KEPT,
    "items": _KEPT,
    "bought": Rights(update=("until",)),
    "access_codes": _KEPT,
    "tabs": _KEPT,
    "complaints": _KEPT,
    "subscriptions": _KEPT,
    "standings": _KEPT,
    "pots": _KEPT,
    "meters": _KEPT,
    "seller_keys": _KEPT,
    "groups": _KEPT,
    "members": _KEPT,
    "payouts": _KEPT,
    "removals": _KEPT,
    "seller_paydays": _KEPT,
    "paydays": _KEPT,
    "commission_runs": _KEPT,
    "applications": Rights(update=("state", "why")),
    "papers": Rights(),
    "tills": _KEPT,
    "reservations": _KEPT,
    "shortages": Rights(),
    "withdrawals": _KEPT,
    "pendings": _KEPT,
    "orders": _KEPT,
    "cases": _KEPT,
    "challenges": _KEPT,
    "requests": _KEPT,
    "vouchers": _KEPT,
    "approvals": _KEPT,
    "paid": _KEPT,
    "notices": _KEPT,
    "staff": _KEPT,
    "logins": _FORGOTTEN,
    "refunds": Rights(update=("state", "done", "given", "reach")),
    "halts": Rights(update=("state",)),
    "watched": _KEPT,
    "bank_statements": Rights(),
    "bank_lines": Rights(update=("state", "entry", "case_id", "why")),
    "funds": Rights(),
    "funds_pages": Rights(delete=True),
    "minutes": _FORGOTTEN,
    "boards": _KEPT,
    "seen": Rights(),
    "stops": _KEPT,
    "timers": _KEPT,
    "known_keys": _KEPT,
    "tallies": _FORGOTTEN,
    "conversations": _FORGOTTEN,
    "installation": Rights(insert=False),
    "alembic_version": Rights(insert=False),
    "mint": Rights(insert=False),
}
"""Every table of Senti; others in the same schema are nobody's business here."""

_WHOLE = text(
    "SELECT c.relname, r.said FROM pg_class c"
    " CROSS JOIN unnest(ARRAY['INSERT', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) r (said)"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY (CAST(:tables AS text[]))"
    " AND has_table_privilege(c.oid, r.said) ORDER BY 1, 2"
)
_COLUMNS = text(
    "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY (CAST(:tables AS text[]))"
    " AND NOT a.attisdropped AND has_column_privilege(c.oid, a.attnum, 'UPDATE') ORDER BY 1, a.attnum"
)


def grant(connection: Connection, role: str) -> None:
    """Give a role exactly the rights of the service, and take from everybody what could be used to get around them."""
    quote = connection.dialect.identifier_preparer.quote
    name = quote(role)
    database, schema = connection.exec_driver_sql("SELECT current_database(), current_schema()").one()
    statements = [
        # In a table of one's own making that is found first the triggers would look for the accounts of a move.
        f"REVOKE CREATE, TEMPORARY ON DATABASE {quote(database)} FROM PUBLIC, {name}",
        f"REVOKE CREATE ON SCHEMA {quote(schema)} FROM PUBLIC, {name}",
        f"GRANT CONNECT ON DATABASE {quote(database)} TO {name}",
        f"GRANT USAGE ON SCHEMA {quote(schema)} TO {name}",
        f"GRANT USAGE ON SEQUENCE ids TO {name}",
    ]
    for table, rights in RIGHTS.items():
        statements.append(f"REVOKE ALL ON {table} FROM PUBLIC, {name}")
        statements.append(f"GRANT {_granted(rights)} ON {table} TO {name}")
    for statement in statements:
        connection.exec_driver_sql(statement)


def _granted(rights: Rights) -> str:
    columns = "" if rights.update == ("*",) else f" ({', '.join(rights.update)})"
    said = ["SELECT", *["INSERT"] * rights.insert, *[f"UPDATE{columns}"] * bool(rights.update)]
    return ", ".join([*said, *["DELETE"] * rights.delete])


def beyond(connection: Connection) -> list[str]:
    """Return what the role of this connection may do to tables and should not, one phrase for each."""
    ours = {"tables": list(RIGHTS)}
    found = [f"{right} {table}" for table, right in connection.execute(_WHOLE, ours) if not _lawful(table, right)]
    changed: dict[str, list[str]] = {}
    for table, column in connection.execute(_COLUMNS, ours):
        if not {"*", column} & set(RIGHTS[table].update):
            changed.setdefault(table, []).append(column)
    return found + [f"UPDATE {table} ({', '.join(columns)})" for table, columns in changed.items()]


def _lawful(table: str, right: str) -> bool:
    rights = RIGHTS[table]
    return (right == "INSERT" and rights.insert) or (right == "DELETE" and rights.delete)
