"""Standing orders, savings and groups. Their moves become legal with the guards, which `migrate` puts in force."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "standings",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("payer", number, nullable=False),
        sa.Column("payee", number, nullable=False),
        sa.Column("till", name, nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column("charge", number, nullable=False),
        sa.Column("every", name, nullable=False),
        sa.Column("month_day", number, nullable=False),
        sa.Column("due_on", name, nullable=False),
        sa.Column("entry", number, nullable=False),
        sa.Column("step", name, nullable=False),
        sa.Column("next_at", number, nullable=False),
        sa.Column("failed", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("standings_payer_state", "standings", ["payer", "state"])
    op.create_index("standings_state_next_at", "standings", ["state", "next_at"])
    op.create_table(
        "pots",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("person", number, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("goal", number, nullable=False),
        sa.Column("until", name, nullable=False),
        sa.Column("held", number, nullable=False),
        sa.Column("opened_at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("pots_person_state", "pots", ["person", "state"])
    op.create_table(
        "groups",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("country", name, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("needed", number, nullable=False),
        sa.Column("opened_at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "members",
        sa.Column("group", number, primary_key=True, autoincrement=False),
        sa.Column("person", number, primary_key=True, autoincrement=False),
        sa.Column("role", name, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("expires_at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("members_person_state", "members", ["person", "state"])
    op.create_index("members_group_state", "members", ["group", "state"])
    op.create_table(
        "payouts",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("group", number, nullable=False),
        sa.Column("proposer", number, nullable=False),
        sa.Column("payee", number, nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=False),
        sa.Column("agreed", sa.Text(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.Column("expires_at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("payouts_group_state", "payouts", ["group", "state"])
    op.create_index("payouts_state_expires_at", "payouts", ["state", "expires_at"])
