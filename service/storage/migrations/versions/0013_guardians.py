"""Who vouches for whom when a PIN is forgotten, and which agent has seen a document."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "guardians",
        sa.Column("person", number, primary_key=True, autoincrement=False),
        sa.Column("guardian", number, primary_key=True, autoincrement=False),
        sa.Column("state", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("guardians_guardian_state", "guardians", ["guardian", "state"])
    op.add_column("pin_resets", sa.Column("seen_by", name, nullable=True))
