"""How far a tax that is given back has come."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "refunds",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("country", name, nullable=False),
        sa.Column("tax", name, nullable=False),
        sa.Column("first", name, nullable=False),
        sa.Column("last", name, nullable=False),
        sa.Column("entries", number, nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("done", number, nullable=False),
        sa.Column("given", number, nullable=False),
        sa.Column("reach", number, nullable=True),
        sa.Column("at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("refunds_state", "refunds", ["state"])
