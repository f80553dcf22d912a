"""The tables of the first release, and the key of this installation's references."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TEXT = sa.Text()
BYTES = sa.LargeBinary()
LARGEST = 10**15


def col(name, kind, *, key=False, null=False):
    name = sa.sql.quoted_name(name, True)
    return sa.Column(name, kind, primary_key=key, nullable=null, autoincrement=False)


def table(name, *parts):
    op.create_table(name, *parts, sqlite_strict=True)


def index(name, table_name, columns, *, unique=False, where=None):
    where = sa.text(where) if where else None
    op.create_index(name, table_name, columns, unique=unique, postgresql_where=where, sqlite_where=where)


def upgrade():
    installation()
    books()
    seals()
    people()
    money()
    messages()
    conversations()


def installation():
    table(
        "installation",
        col("id", NUMBER, key=True),
        col("reference_key", BYTES),
        sa.CheckConstraint("id = 1", name="one_installation"),
    )
    table("mint", col("id", NUMBER, key=True), col("last", NUMBER))
    rows = sa.table("installation", sa.column("id", NUMBER), sa.column("reference_key", BYTES))
    op.execute(sa.insert(rows).values(id=1, reference_key=secrets.token_bytes(32)))
    if op.get_bind().dialect.name == "postgresql":
        # In steps, so that a process can take a stretch of identifiers at once.
        op.execute("CREATE SEQUENCE ids INCREMENT BY 32 START WITH 1")
    else:
        op.execute("INSERT INTO mint (id, last) VALUES (1, 0)")


def books():
    table(
        "accounts",
        col("id", NAME, key=True),
        col("balance", NUMBER, null=True),
        sa.CheckConstraint(f"balance BETWEEN 0 AND {LARGEST}", name="balance_in_bounds"),
    )
    table(
        "entries",
        col("id", NUMBER, key=True),
        col("reason", NAME),
        col("at", NUMBER),
        col("once", NAME, null=True),
        sa.CheckConstraint("id > 0", name="entry_id_above_zero"),
    )
    index("entries_once", "entries", ["once"], unique=True, where="once IS NOT NULL")
    table(
        "moves",
        sa.Column("number", NUMBER, sa.Identity(always=True), primary_key=True),
        col("entry", NUMBER),
        col("source", NAME),
        col("target", NAME),
        col("amount", NUMBER),
        col("reason", NAME),
        col("source_after", NUMBER, null=True),
        col("target_after", NUMBER, null=True),
        sa.CheckConstraint(f"amount BETWEEN 1 AND {LARGEST}", name="amount_above_zero"),
        sa.CheckConstraint("source <> target", name="source_is_not_target"),
    )
    index("moves_entry", "moves", ["entry"])
    index("moves_source", "moves", ["source", "number"])
    index("moves_target", "moves", ["target", "number"])
    table(
        "counters",
        col("key", NAME, key=True),
        col("value", NUMBER),
        sa.CheckConstraint(f"value BETWEEN -{LARGEST} AND {LARGEST}", name="counter_in_bounds"),
    )


def seals():
    table(
        "seals",
        col("number", NUMBER, key=True),
        col("at", NUMBER),
        col("previous", BYTES),
        col("totals", TEXT),
        col("mac", BYTES),
        col("entries", NUMBER),
        col("reach", NUMBER),
        col("low", NUMBER),
        col("written_at", NUMBER),
    )
    table("sealed", col("entry", NUMBER, key=True), col("seal", NUMBER), col("place", NUMBER), col("digest", BYTES))
    index("sealed_seal", "sealed", ["seal", "place"], unique=True)


def people():
    table(
        "people",
        col("id", NUMBER, key=True),
        col("country", NAME),
        col("phone", BYTES),
        col("phone_index", BYTES),
        col("name", BYTES),
        col("id_number", BYTES),
        col("language", NAME),
        col("tier", NUMBER),
        col("state", NAME),
        col("pin", NAME),
        col("pin_tries", NUMBER),
        col("old_pins", TEXT),
        col("registered_at", NUMBER),
    )
    index("people_phone_unique", "people", ["phone_index"], unique=True)
    table(
        "agents",
        col("number", NAME, key=True),
        col("person", NUMBER),
        col("name", NAME),
        col("place", NAME),
        col("state", NAME),
    )
    index("agents_person_unique", "agents", ["person"], unique=True)
    table("stops", col("phone", BYTES), col("phone_index", BYTES, key=True), col("at", NUMBER))


def money():
    table(
        "withdrawals",
        col("id", NUMBER, key=True),
        col("person", NUMBER),
        col("agent", NAME),
        col("amount", NUMBER),
        col("fee", NUMBER),
        col("excise", NUMBER),
        col("expires_at", NUMBER),
        col("state", NAME),
    )
    index("withdrawals_person_state", "withdrawals", ["person", "state"])
    index("withdrawals_agent_state", "withdrawals", ["agent", "state"])
    index("withdrawals_state_expires_at", "withdrawals", ["state", "expires_at"])
    table(
        "challenges",
        col("id", NUMBER, key=True),
        col("person", NUMBER),
        col("quote", BYTES),
        col("expires_at", NUMBER),
        col("tries", NUMBER),
        col("state", NAME),
    )
    index("challenges_person_state", "challenges", ["person", "state"])
    index("challenges_state_expires_at", "challenges", ["state", "expires_at"])
    table(
        "approvals",
        col("id", NUMBER, key=True),
        col("act", NAME),
        col("values", TEXT),
        col("maker", NAME),
        col("checker", NAME, null=True),
        col("state", NAME),
        col("at", NUMBER),
        sa.CheckConstraint("maker <> checker", name="approvals_differ"),
    )
    index("approvals_state", "approvals", ["state"])
    paid = (
        col("payer", NUMBER, key=True),
        col("payee", NUMBER, key=True),
        col("times", NUMBER),
        col("last_at", NUMBER),
    )
    table("paid", *paid)
    index("paid_payer_times", "paid", ["payer", "times"])


def messages():
    table(
        "notices",
        col("id", NUMBER, key=True),
        col("person", NUMBER, null=True),
        col("phone", BYTES),
        col("phone_index", BYTES),
        col("key", NAME),
        col("values", BYTES),
        col("language", NAME),
        col("at", NUMBER),
        col("entry", NUMBER, null=True),
        col("state", NAME),
        col("tries", NUMBER),
        col("next_at", NUMBER),
        col("expires_at", NUMBER, null=True),
        col("provider_id", NAME, null=True),
        col("detail", NAME),
        col("link_id", NAME, null=True),
    )
    index("notices_state_next_at", "notices", ["state", "next_at"])
    index("notices_phone", "notices", ["phone_index"])
    index("notices_provider_id", "notices", ["provider_id"])
    table("seen", col("key", NAME, key=True), col("at", NUMBER))
    table("tallies", col("key", NAME, key=True), col("count", NUMBER), col("at", NUMBER))
    index("tallies_at", "tallies", ["at"])
    table("timers", col("name", NAME, key=True), col("next_at", NUMBER))


def conversations():
    table(
        "conversations",
        col("id", NAME, key=True),
        col("phone", BYTES),
        col("phone_index", BYTES),
        col("state", NAME),
        col("shown", NUMBER),
        col("session", BYTES),
        col("heard_length", NUMBER),
        col("heard_digest", NAME),
        col("replies", BYTES),
        col("started_at", NUMBER),
        col("heard_at", NUMBER),
    )
    live = "state = 'live'"
    index("conversations_phone_live_unique", "conversations", ["phone_index"], unique=True, where=live)
    index("conversations_phone_started_at", "conversations", ["phone_index", "started_at"])
    index("conversations_started_at", "conversations", ["started_at"])
