"""What a withdrawal holds for a tax on its amount."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("withdrawals", sa.Column("levy", number, nullable=False, server_default="0"))
