"""Requests for a new PIN, and the time after one in which little may go out."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("people", sa.Column("reset", number, nullable=True))
    op.add_column("people", sa.Column("careful_until", number, nullable=True))
    op.create_table(
        "pin_resets",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("person", number, nullable=False),
        sa.Column("at", number, nullable=False),
        sa.Column("opens_at", number, nullable=False),
        sa.Column("lapses_at", number, nullable=False),
        sa.Column("next_at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("agreed", sa.Text(), nullable=False),
        sa.Column("vouched", number, nullable=False),
        sqlite_strict=True,
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "pin_resets_person_waiting_unique",
        "pin_resets",
        ["person"],
        unique=True,
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
    op.create_index("pin_resets_state_next_at", "pin_resets", ["state", "next_at"])
