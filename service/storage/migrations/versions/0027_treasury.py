"""Standing still, the watch over the books, the bank's statements and the closes of days."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "halts",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("country", name, nullable=False),
        sa.Column("what", name, nullable=False),
        sa.Column("why", name, nullable=False),
        sa.Column("by", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("halts_state", "halts", ["state"])
    on = sa.text("state = 'on'")
    op.create_index(
        "halts_country_what_on_unique",
        "halts",
        ["country", "what"],
        unique=True,
        postgresql_where=on,
        sqlite_where=on,
    )
    op.create_table(
        "watched",
        sa.Column("name", name, primary_key=True),
        sa.Column("seal", number, nullable=False),
        sa.Column("mac", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "bank_statements",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("country", name, nullable=False),
        sa.Column("digest", name, nullable=False),
        sa.Column("name", name, nullable=False),
        sa.Column("first_day", name, nullable=False),
        sa.Column("last_day", name, nullable=False),
        sa.Column("opening", number, nullable=False),
        sa.Column("closing", number, nullable=False),
        sa.Column("balances", sa.Text(), nullable=False),
        sa.Column("lines", number, nullable=False),
        sa.Column("new", number, nullable=False),
        sa.Column("by", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("bank_statements_country_digest_unique", "bank_statements", ["country", "digest"], unique=True)
    op.create_index("bank_statements_country_last_day", "bank_statements", ["country", "last_day"])
    op.create_table(
        "bank_lines",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("country", name, nullable=False),
        sa.Column("mark", name, nullable=False),
        sa.Column("statement", number, nullable=False),
        sa.Column("booked_on", name, nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column("reference", name, nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("entry", number, nullable=True),
        sa.Column("case_id", number, nullable=True),
        sa.Column("why", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("bank_lines_country_mark_unique", "bank_lines", ["country", "mark"], unique=True)
    op.create_index("bank_lines_country_reference", "bank_lines", ["country", "reference"])
    op.create_index("bank_lines_country_state_id", "bank_lines", ["country", "state", "id"])
    op.create_index("bank_lines_entry", "bank_lines", ["entry"])
    matched = sa.text("state = 'matched'")
    op.create_index(
        "bank_lines_entry_matched_unique",
        "bank_lines",
        ["entry"],
        unique=True,
        postgresql_where=matched,
        sqlite_where=matched,
    )
    op.create_index("bank_lines_statement", "bank_lines", ["statement"])
    op.create_table(
        "day_closes",
        sa.Column("number", number, primary_key=True, autoincrement=False),
        sa.Column("country", name, nullable=False),
        sa.Column("day", name, nullable=False),
        sa.Column("said", name, nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("maker", name, nullable=False),
        sa.Column("checker", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sa.Column("signature", name, nullable=False),
        sa.Column("public_key", name, nullable=False),
        sa.Column("stamp", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("day_closes_country_day_unique", "day_closes", ["country", "day"], unique=True)
