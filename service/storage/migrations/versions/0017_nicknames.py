"""What people call those whom they pay."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade():
    op.create_table(
        "nicknames",
        sa.Column(
            "person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
        ),
        sa.Column("names", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
