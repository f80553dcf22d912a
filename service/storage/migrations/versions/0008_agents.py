"""Who an agent belongs to, and when each is paid what was earned: at once for those who are there."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("agents", sa.Column("under", name, nullable=True))
    op.create_index("agents_under", "agents", ["under"])
    op.create_table(
        "paydays",
        sa.Column("agent", name, primary_key=True),
        sa.Column("next_at", number, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("paydays_next_at", "paydays", ["next_at"])
    op.execute("INSERT INTO paydays (agent, next_at) SELECT number, 0 FROM agents")
