"""People ask for another KYC tier as others ask to be agents; why papers were refused is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade():
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("applications", sa.Column("tier", number, nullable=True))
    op.add_column("applications", sa.Column("why", name, nullable=False, server_default=""))
    op.create_index("applications_kind_state_id", "applications", ["kind", "state", "id"])
