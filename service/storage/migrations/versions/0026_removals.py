"""Members of a group whom the others let go, when the owner of a locked pot is told, and a person's last meters."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "removals",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("group", number, nullable=False),
        sa.Column("proposer", number, nullable=False),
        sa.Column("member", number, nullable=False),
        sa.Column("agreed", sa.Text(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.Column("expires_at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("removals_group_state", "removals", ["group", "state"])
    op.create_index("removals_state_expires_at", "removals", ["state", "expires_at"])
    op.add_column("pots", sa.Column("next_at", number))
    op.create_index("pots_state_next_at", "pots", ["state", "next_at"])
    op.create_index("meters_person_item_id", "meters", ["person", "item", "id"])
