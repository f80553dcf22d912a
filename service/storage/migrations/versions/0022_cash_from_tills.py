"""Cash out of a till: whose takings a withdrawal holds. `migrate` brings the guards of the moves."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade():
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("withdrawals", sa.Column("till", name, nullable=False, server_default=""))
