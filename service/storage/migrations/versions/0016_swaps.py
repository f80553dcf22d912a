"""Which shop gets the cash that another keeps for it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade():
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("reservations", sa.Column("shop", name, nullable=False, server_default=""))
    op.create_index("reservations_shop_state", "reservations", ["shop", "state"])
