"""What the dashboards show: what happened in each minute, and what the worker has reckoned."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "minutes",
        sa.Column("key", name, primary_key=True),
        sa.Column("at", number, nullable=False),
        sa.Column("theme", name, nullable=False),
        sa.Column("name", name, nullable=False),
        sa.Column("count", number, nullable=False),
        sa.Column("value", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("minutes_theme_at", "minutes", ["theme", "at"])
    op.create_index("minutes_theme_name_at", "minutes", ["theme", "name", "at"])
    op.create_index("minutes_at", "minutes", ["at"])
    op.create_table(
        "boards",
        sa.Column("name", name, primary_key=True),
        sa.Column("at", number, nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
