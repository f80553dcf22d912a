"""Proof of funds: what was published each day, and the pages that proofs are read from for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "funds",
        sa.Column("name", name, primary_key=True),
        sa.Column("country", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sa.Column("tree", number, nullable=False),
        sa.Column("depth", number, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("funds_country_at", "funds", ["country", "at"])
    op.create_table(
        "funds_pages",
        sa.Column("key", name, primary_key=True),
        sa.Column("at", number, nullable=False),
        sa.Column("body", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("funds_pages_at", "funds_pages", ["at"])
