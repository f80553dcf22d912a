"""What is still to be made unreadable of people who closed their wallets."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "erasures",
        sa.Column("person", number, primary_key=True, autoincrement=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", number, nullable=False),
        sa.Column("next_at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("erasures_state_next_at", "erasures", ["state", "next_at"])
