"""Batches of wages and grants, and numbers that wallets are to get. `migrate` brings the guards of their moves."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "bulks",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("country", name, nullable=False),
        sa.Column("name", name, nullable=False),
        sa.Column("digest", name, nullable=False),
        sa.Column("lines", number, nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column("charge", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("bulks_digest_unique", "bulks", ["digest"], unique=True)
    op.create_table(
        "new_numbers",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "bulk_lines",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("bulk", number, nullable=False),
        sa.Column("number", number, nullable=False),
        sa.Column("person", number, nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("secret", name, nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column("fee", number, nullable=False),
        sa.Column("excise", number, nullable=False),
        sa.Column("levy", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("why", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("bulk_lines_bulk_state", "bulk_lines", ["bulk", "state"])
