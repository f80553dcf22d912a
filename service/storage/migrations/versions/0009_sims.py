"""When a SIM was changed, and what the network is asked about it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("people", sa.Column("swapped_at", number, nullable=True))
    op.add_column("people", sa.Column("swap_cleared", number, nullable=False, server_default="0"))
    op.add_column("people", sa.Column("sim_seen_at", number, nullable=True))
    op.create_table(
        "sim_checks",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("person", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("tries", number, nullable=False),
        sa.Column("next_at", number, nullable=False),
        sa.Column("asked_as", name, nullable=True),
        sqlite_strict=True,
    )
    queued = sa.text("state = 'queued'")
    op.create_index(
        "sim_checks_person_queued_unique",
        "sim_checks",
        ["person"],
        unique=True,
        postgresql_where=queued,
        sqlite_where=queued,
    )
    op.create_index("sim_checks_state_next_at", "sim_checks", ["state", "next_at"])
    op.create_index("sim_checks_asked_as", "sim_checks", ["asked_as"])
