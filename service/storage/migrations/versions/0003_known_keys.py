"""Which secrets things were sealed under, so that a wrong one is noticed before anything is served."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "known_keys",
        sa.Column("mark", name, primary_key=True),
        sa.Column("purpose", name, nullable=False),
        sa.Column("at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("last_seal", number, nullable=True),
        sa.Column("seal_key", sa.LargeBinary(), nullable=True),
        sqlite_strict=True,
    )
