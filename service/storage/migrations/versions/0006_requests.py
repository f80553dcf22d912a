"""What people ask of each other, and who has said yes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "requests",
        sa.Column("id", number, primary_key=True, autoincrement=False),
        sa.Column("kind", name, nullable=False),
        sa.Column("asker", number, nullable=False),
        sa.Column("payer", number, nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column(sa.sql.quoted_name("values", True), sa.Text(), nullable=False),
        sa.Column("expires_at", number, nullable=False),
        sa.Column("state", name, nullable=False),
        sa.Column("entry", number, nullable=True),
        sqlite_strict=True,
    )
    op.create_index("requests_payer_state", "requests", ["payer", "state"])
    op.create_index("requests_asker_kind_state_id", "requests", ["asker", "kind", "state", "id"])
    op.create_index("requests_state_expires_at", "requests", ["state", "expires_at"])
